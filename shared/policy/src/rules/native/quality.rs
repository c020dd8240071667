//! Comments that say it is not done, and code that is there to debug.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    facts::Code,
    lang::Language,
    rules::{Hit, Hits},
    tree::{Id, Shape},
    verdict::{Severity, Tier},
    vocabulary,
};

static CRITICAL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?m)\b(?:(?:TODO|FIXME|HACK|XXX)\b(?:\([^)]{0,40}\))?\s*[:\-!]?\s*(?i:critical|blocker|must[ -]fix|do not ship|security hole|urgent)\b|XXX:)";
    Regex::new(pattern).expect("a constant that a test runs")
});
static TODO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:TODO|FIXME)\b").expect("a constant that a test runs"));
/// TODO comments a file may have.
const MAX_TODOS: usize = 5;

pub(super) fn todos(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    let mut todos: Vec<Id> = Vec::new();
    for comment in m.all(Shape::Comment) {
        let text = m.text(*comment);
        if let Some(found) = CRITICAL.find(text) {
            let start = m.node(*comment).start + u32::try_from(found.start()).unwrap_or(0);
            let rest = text
                .get(found.start()..)
                .unwrap_or("")
                .lines()
                .next()
                .unwrap_or("")
                .trim_end_matches("*/")
                .trim();
            let end = start + u32::try_from(rest.len()).unwrap_or(0);
            let hit =
                Hit::new(start, end, format!("CRITICAL TODO: {}", rest.chars().take(80).collect::<String>()));
            // `XXX:` alone marks anything from a doubt to a hole; with a word of urgency it blocks.
            let vague = found.as_str() == "XXX:";
            hits.push(if vague { hit.at(Severity::Warning, Tier::Warn) } else { hit });
        } else if TODO.is_match(text) {
            todos.push(*comment);
        }
    }
    if let Some(sixth) = todos.get(MAX_TODOS) {
        let node = m.node(*sixth);
        let message = format!(
            "HIGH TODO COUNT: {} TODO/FIXME comments found - more than {MAX_TODOS} in one file",
            todos.len()
        );
        hits.push(Hit::new(node.start, node.end, message).at(Severity::Warning, Tier::Warn));
    }
}

pub(super) fn debug_code(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for id in m.all(Shape::Debugger) {
        hits.at(code, *id, "DEBUG CODE: debugger statement cannot ship");
    }
    for call in code.calls().chain(m.all(Shape::Macro).iter().copied()) {
        if breaks(code, call) {
            let node = m.node(call);
            let hit =
                Hit::new(node.start, node.end, format!("DEBUG CODE: {} cannot ship", m.call_name(call)));
            hits.push(if offers_debugging(code, call) {
                hit.at(Severity::Warning, Tier::SoftBlock)
            } else {
                hit
            });
        }
    }
    if m.language == Language::Ruby {
        for id in m.all(Shape::Name) {
            let alone = m
                .parent(*id)
                .is_some_and(|up| matches!(m.shape(up), Shape::Block | Shape::Other | Shape::Function))
                && m.node(*id).part == crate::tree::Part::None;
            if alone && matches!(m.text(*id), "byebug" | "debugger") {
                hits.at(code, *id, "DEBUG CODE: debugger statement cannot ship");
            }
        }
    }
    for &(at, name, value) in code.bindings() {
        if m.boolean(value) == Some(true) && is_debug_flag(code, at, name) {
            let node = m.node(at);
            hits.push(
                Hit::new(node.start, node.end, "DEBUG FLAG: Debug flag enabled in code")
                    .at(Severity::Warning, Tier::SoftBlock),
            );
        }
    }
}

/// A function or class whose name says that stopping is its purpose: `set_break`, `Debugger.set_trace`.
fn offers_debugging(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    // A module of that name exists to start one.
    let file = code.path.rsplit('/').next().and_then(|name| name.split('.').next());
    if matches!(file, Some("debug" | "debugger" | "debugging" | "pdb")) {
        return true;
    }
    m.ancestors(call).any(|up| {
        let name = match m.shape(up) {
            Shape::Function => m.function_name(up),
            Shape::Class => m.class_name(up),
            _ => return false,
        };
        let purpose = |word: &String| {
            matches!(
                word.as_str(),
                "debug" | "debugger" | "break" | "breaker" | "pdb" | "breakpoint" | "trace"
            )
        };
        vocabulary::words(name).iter().any(purpose)
    })
}

/// Calls that stop in a debugger.
fn breaks(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let receiver = m.receiver_name(call);
    match (m.language, m.call_name(call)) {
        (Language::Python, "set_trace" | "post_mortem") => {
            matches!(receiver, "pdb" | "ipdb" | "pudb" | "wdb" | "Pdb" | "rpdb" | "remote_pdb" | "")
        }
        (Language::Python, "breakpoint") => receiver.is_empty(),
        (Language::Ruby, "pry" | "irb" | "break" | "b") => receiver == "binding",
        (Language::Ruby, "byebug" | "debugger") => receiver.is_empty(),
        (Language::Php, "dd" | "ddd" | "xdebug_break") => m.receiver(call).is_none(),
        (Language::CSharp, "Break" | "Launch") => receiver == "Debugger",
        (Language::Go, "Breakpoint") => receiver == "runtime",
        (Language::Rust, "dbg") => m.shape(call) == Shape::Macro,
        (Language::Java | Language::Kotlin, "dumpStack") => receiver == "Thread",
        _ => false,
    }
}

fn is_debug_flag(code: &Code<'_, '_>, at: Id, name: &str) -> bool {
    let words = vocabulary::words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let named = matches!(
        words.as_slice(),
        ["debug"]
            | ["enable", "debug"]
            | ["is", "debug"]
            | ["debug", "mode"]
            | ["app", "debug"]
            | ["debug", "enabled"]
    );
    // A default of a parameter or a variable that is switched later is no flag that ships on.
    named && code.module.shape(at) != Shape::Param
}
