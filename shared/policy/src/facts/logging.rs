//! Calls that write to a log or a console, whoever the logger is.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use super::Code;
use crate::{
    tree::{Id, Shape},
    vocabulary,
};

/// Where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    /// `console.log`, `print`, `println!`: straight to the console.
    Console,
    /// A logger.
    Logger,
}

/// A call that logs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogCall {
    pub(crate) call: Id,
    pub(crate) sink: Sink,
}

/// Words that name a logger when they end an identifier.
const LOGGERS: &[&str] = &[
    "log",
    "logger",
    "logging",
    "logs",
    "winston",
    "pino",
    "bunyan",
    "slog",
    "zap",
    "logrus",
    "klog",
    "glog",
    "timber",
    "sugar",
    "loguru",
    "structlog",
    "log4js",
    "signale",
    "consola",
    "tracing",
    "zerolog",
    "monolog",
    "applog",
];
/// Methods of a logger, lower case.
const METHODS: &[&str] = &[
    "log",
    "info",
    "warn",
    "warning",
    "error",
    "debug",
    "trace",
    "fatal",
    "critical",
    "exception",
    "notice",
    "verbose",
    "silly",
    "infof",
    "warnf",
    "warningf",
    "errorf",
    "debugf",
    "tracef",
    "fatalf",
    "panicf",
    "print",
    "println",
    "printf",
    "panic",
    "fatalln",
    "panicln",
    "infow",
    "warnw",
    "errorw",
    "debugw",
    "infoln",
    "errorln",
    "loginformation",
    "logwarning",
    "logerror",
    "logdebug",
    "logcritical",
    "logtrace",
    "information",
    "write",
    "emergency",
    "alert",
    "unknown",
    "add",
    "err",
    "success",
    "wtf",
    "d",
    "e",
    "i",
    "w",
    "v",
    "msg",
    "msgf",
    "str",
    "any",
    "infocontext",
    "errorcontext",
    "warncontext",
    "debugcontext",
    "atinfo",
    "atdebug",
    "atwarn",
    "aterror",
    "progname",
    "dir",
    "table",
];
/// Functions that build a logger.
const FACTORIES: &[&str] = &[
    "getLogger",
    "get_logger",
    "createLogger",
    "getChildLogger",
    "pino",
    "bunyan",
    "winston",
    "With",
    "with",
    "child",
    "bind",
    "Default",
    "NewLogger",
    "newLogger",
    "Logger",
    "LoggerFactory",
    "NewProduction",
    "NewDevelopment",
    "Named",
    "Sugar",
    "LogManager",
    "KotlinLogging",
    "logger",
    "debug",
];
/// Functions and macros that print or log by themselves.
const PRINTS: &[&str] = &[
    "print", "println", "printf", "puts", "pp", "p", "echo", "print_r", "var_dump", "dump", "dd", "pprint",
    "eprintln", "eprint", "dbg",
];
const LOG_FUNCTIONS: &[&str] = &[
    "error_log",
    "syslog",
    "NSLog",
    "trigger_error",
    "info",
    "warn",
    "error",
    "debug",
    "trace",
    "event",
    "logger",
];

/// Whether a lower-case name is a method of a logger.
fn is_method(name: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| METHODS.iter().copied().collect());
    SET.contains(name)
}

pub(super) fn collect(code: &Code<'_, '_>) -> Vec<LogCall> {
    let m = code.module;
    let mut found = Vec::new();
    for shape in [Shape::Call, Shape::Macro, Shape::Print] {
        for call in m.all(shape) {
            if let Some(sink) = sink(code, *call) {
                found.push(LogCall { call: *call, sink });
            }
        }
    }
    found.sort_by_key(|log| log.call);
    found
}

fn sink(code: &Code<'_, '_>, call: Id) -> Option<Sink> {
    let m = code.module;
    let name = m.call_name(call);
    match m.shape(call) {
        Shape::Print => return Some(Sink::Console),
        Shape::Macro if PRINTS.contains(&name) => return Some(Sink::Console),
        Shape::Macro if LOG_FUNCTIONS.contains(&name) => return Some(Sink::Logger),
        Shape::Macro if matches!(name, "panic" | "todo" | "unreachable" | "log") => {
            return Some(Sink::Logger);
        }
        Shape::Macro => return None,
        _ => {}
    }
    let Some(receiver) = m.receiver(call) else {
        return alias_of_console(code, call, name).or_else(|| plain_function(code, call, name));
    };
    let owner = match m.shape(receiver) {
        Shape::Call => m.call_name(receiver),
        _ => m.leaf(receiver),
    };
    let lower: Cow<'_, str> = if name.bytes().any(|b| b.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    };
    match (owner, &*lower) {
        ("console" | "Console", _) if is_method(&lower) || lower == "writeline" => Some(Sink::Console),
        ("fmt", "println" | "printf" | "print") => Some(Sink::Console),
        ("fmt", "fprintf" | "fprintln" | "fprint") => {
            let target = m.args(call).first().map_or("", |first| m.leaf(*first));
            matches!(target, "Stdout" | "Stderr").then_some(Sink::Console)
        }
        ("out" | "err", "println" | "printf" | "print") => Some(Sink::Console),
        ("stdout" | "stderr" | "STDOUT" | "STDERR" | "$stdout" | "$stderr", "write" | "puts" | "print") => {
            Some(Sink::Console)
        }
        ("Debug" | "Trace", "writeline" | "write" | "print") => Some(Sink::Console),
        _ if is_method(&lower) && is_logger(code, call, receiver) => Some(Sink::Logger),
        _ => None,
    }
}

/// `const log = console.log; log(x)`
fn alias_of_console(code: &Code<'_, '_>, call: Id, name: &str) -> Option<Sink> {
    let m = code.module;
    if !m.language.is_script() || !is_method(name) {
        return None;
    }
    let aliases = |value: &Id| {
        let value = m.unwrap(*value);
        let of_console = m.shape(value) == Shape::Member
            && m.object(value).is_some_and(|object| m.text(object) == "console");
        of_console || m.text(value) == "console"
    };
    code.flow().values_of(name, call).iter().any(aliases).then_some(Sink::Console)
}

fn plain_function(code: &Code<'_, '_>, call: Id, name: &str) -> Option<Sink> {
    use crate::lang::Language::{Go, Java, JavaScript, Kotlin, Php, Python, Ruby, Tsx, TypeScript};
    let language = code.module.language;
    let prints = match language {
        Python => matches!(name, "print" | "pprint"),
        Ruby => matches!(name, "puts" | "pp" | "p" | "print" | "printf"),
        Php => matches!(name, "print_r" | "var_dump" | "dump" | "dd" | "printf"),
        Kotlin => matches!(name, "print" | "println"),
        Go => matches!(name, "print" | "println"),
        _ => false,
    };
    if prints {
        return Some(Sink::Console);
    }
    let logs = match language {
        Php => matches!(name, "error_log" | "syslog" | "trigger_error" | "logger"),
        JavaScript | TypeScript | Tsx | Java => {
            matches!(name, "log" | "debug" | "trace" | "logger")
                && code.flow().values_of(name, call).iter().any(|value| builds_logger(code, *value))
        }
        _ => false,
    };
    logs.then_some(Sink::Logger)
}

/// A logger by its name, by the chain it starts, or by what it was assigned from.
fn is_logger(code: &Code<'_, '_>, call: Id, receiver: Id) -> bool {
    let m = code.module;
    let mut at = receiver;
    for _ in 0..8 {
        let named = match m.shape(at) {
            Shape::Call | Shape::New => m.call_name(at),
            _ => m.leaf(at),
        };
        if ends_in_logger(named) {
            return true;
        }
        match m.shape(at) {
            Shape::Call => match m.receiver(at) {
                Some(next) => at = next,
                None => break,
            },
            _ => break,
        }
    }
    if !matches!(m.shape(at), Shape::Name | Shape::Variable) {
        return false;
    }
    code.flow().values_of(m.leaf(at), call).iter().any(|value| builds_logger(code, *value))
}

fn builds_logger(code: &Code<'_, '_>, value: Id) -> bool {
    let m = code.module;
    let value = m.unwrap(value);
    if !matches!(m.shape(value), Shape::Call | Shape::New | Shape::Member) {
        return false;
    }
    let name = if m.shape(value) == Shape::Member { m.leaf(value) } else { m.call_name(value) };
    let on_logger = m.receiver(value).is_some_and(|on| ends_in_logger(m.leaf(on)));
    if name == "require" {
        return m.args(value).first().and_then(|arg| m.string(*arg)).is_some_and(ends_in_logger);
    }
    let debug_module =
        name.is_empty() && m.callee(value).is_some_and(|callee| m.shape(m.unwrap(callee)) == Shape::Call);
    debug_module
        || ends_in_logger(name)
        || (FACTORIES.contains(&name)
            && (on_logger || name.to_ascii_lowercase().contains("log") || name == "pino"))
}

fn ends_in_logger(identifier: &str) -> bool {
    if identifier.len() > 60 || identifier.is_empty() {
        return false;
    }
    let words = vocabulary::words(identifier);
    // A TLS key log is made for secrets.
    let key_log = words.len() > 1 && words[words.len() - 2] == "key";
    !key_log && words.last().is_some_and(|word| LOGGERS.contains(&word.as_str()))
}
