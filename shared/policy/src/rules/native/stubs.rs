//! Functions that are not written yet.

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

static STUB_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)^\W*(?:(?:this (?:method|function|feature) is |method |function |\w{1,30}:? )?not (?:yet )?implemented(?: yet)?|stub(?:bed)?|placeholder|(?:todo|fixme)\b.{0,80}|unimplemented|implement me)\W*$";
    Regex::new(pattern).expect("a constant that a test runs")
});
static POSTCONDITION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?is)(?:isl postconditions|@postcondition|postconditions to satisfy).{0,200}?\bTODO\b")
        .expect("a constant that a test runs")
});
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)\bimplementation goes here\b|^\W*(?:placeholder|stub|not implemented|your code here)(?: implementation)?\W*$|\bTODO:? implement\b|\bFIXME:? implement\b";
    Regex::new(pattern).expect("a constant that a test runs")
});

pub(super) fn stubbed(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    let throws = m.all(Shape::Throw).iter().copied();
    let raised = code.calls().chain(m.all(Shape::Macro).iter().copied()).filter(|call| raises(code, *call));
    for at in throws.chain(raised).collect::<Vec<_>>() {
        if let Some(what) = stub_error(code, at) {
            report(code, at, &what, hits);
        }
    }
    comments(code, hits);
    for function in m.all(Shape::Function) {
        if let Some(at) = says_yes(code, *function) {
            let name = m.function_name(*function);
            hits.at(
                code,
                at,
                format!("STUBBED HANDLER: {name}() accepts everything - implementation required before ship"),
            );
        }
    }
}

/// Calls that fail like a throw: `todo!()`, `TODO()`, `panic("not implemented")`.
fn raises(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    match (m.language, m.call_name(call)) {
        (Language::Rust, "todo" | "unimplemented" | "panic") => m.shape(call) == Shape::Macro,
        (Language::Kotlin, "TODO")
        | (Language::Go, "panic")
        | (Language::Ruby, "raise")
        | (Language::Php, "abort") => true,
        (Language::Go, "New" | "Errorf") => {
            matches!(m.receiver_name(call), "errors" | "fmt") && returned_alone(code, call)
        }
        _ => false,
    }
}

/// `return nil, errors.New("not implemented")` as the only statement.
fn returned_alone(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let Some(back) = m.ancestors(call).take(3).find(|up| m.shape(*up) == Shape::Return) else { return false };
    let scope = m.node(back).scope;
    m.body(scope).is_some_and(|body| {
        m.below(body)
            .filter(|id| matches!(m.shape(*id), Shape::Return | Shape::Statement | Shape::Assign | Shape::If))
            .count()
            == 1
    })
}

fn stub_error(code: &Code<'_, '_>, at: Id) -> Option<String> {
    let m = code.module;
    let name = m.call_name(at);
    if matches!((m.language, name), (Language::Rust, "todo" | "unimplemented") | (Language::Kotlin, "TODO")) {
        let explains =
            m.below(at).take(40).any(|id| m.shape(id) == Shape::Str && m.string_text(id).len() > 20);
        return Some(
            if explains && name == "unimplemented" {
                "a case that is not supported"
            } else {
                "Not implemented"
            }
            .to_owned(),
        );
    }
    let text = std::iter::once(at)
        .chain(m.below(at))
        .take(40)
        .filter_map(|id| m.string(id))
        .find(|text| STUB_TEXT.is_match(text));
    if let Some(text) = text {
        return Some(text.chars().take(60).collect());
    }
    let class = std::iter::once(at).chain(m.below(at)).take(12).any(|id| {
        let name = match m.shape(id) {
            Shape::Name | Shape::TypeName => m.leaf(id),
            _ => "",
        };
        matches!(name, "NotImplementedError" | "NotImplementedException" | "NotImplemented")
    });
    // With a text of its own, or a cause, it explains why it refuses.
    let explains = m.text(at).contains(" from _")
        || std::iter::once(at)
            .chain(m.below(at))
            .take(40)
            .any(|id| m.shape(id) == Shape::Str && m.string_text(id).len() >= 12)
        || std::iter::once(at)
            .chain(m.below(at))
            .take(12)
            .filter(|id| matches!(m.shape(*id), Shape::Call | Shape::New))
            .flat_map(|call| m.args(call))
            .any(|arg| m.shape(arg) == Shape::Name && !m.leaf(arg).starts_with("NotImplemented"));
    class.then(|| if explains { "a case that is not supported" } else { "Not implemented" }.to_owned())
}

fn report(code: &Code<'_, '_>, at: Id, what: &str, hits: &mut Hits) {
    let m = code.module;
    let todo = what.to_ascii_lowercase().trim_start().starts_with("todo")
        || what.to_ascii_lowercase().starts_with("fixme");
    let kind = if todo { "STUBBED FUNCTION" } else { "STUBBED HANDLER" };
    let message = format!("{kind}: \"{what}\" error cannot ship - implementation required");
    let node = m.node(at);
    let hit = Hit::new(node.start, node.end, message);
    if what == "a case that is not supported" {
        return;
    }
    let function = m.node(at).scope;
    if function != 0 && !only_statement(code, function, at) && m.call_name(at) != "todo" {
        // Among other statements it refuses one case. That it says TODO is worth a word, that it says no is not.
        if todo || (!what.eq_ignore_ascii_case("not implemented")) {
            hits.push(hit.at(Severity::Warning, Tier::Warn));
        }
        return;
    }
    // Rust's `todo!` says "later"; `unimplemented!` makes no such promise (std's words), and stands in probes,
    // platforms and documentation for good.
    let default = || {
        m.ancestors(at)
            .take(8)
            .any(|up| m.text(up).starts_with("trait ") || m.text(up).starts_with("pub trait "))
    };
    if m.language == Language::Rust && (m.call_name(at) == "unimplemented" || default()) {
        hits.push(hit.at(Severity::Warning, Tier::SoftBlock));
        return;
    }
    match method_kind(code, at) {
        MethodKind::Abstract => {}
        // A method of a class may be meant for a subclass in another file.
        MethodKind::MaybeAbstract => hits.push(hit.at(Severity::Warning, Tier::SoftBlock)),
        MethodKind::Concrete => hits.push(hit),
    }
}

enum MethodKind {
    Concrete,
    MaybeAbstract,
    Abstract,
}

/// `raise NotImplementedError` is how several languages write an abstract method.
fn method_kind(code: &Code<'_, '_>, at: Id) -> MethodKind {
    let m = code.module;
    let function = m.node(at).scope;
    if function == 0 || !only_statement(code, function, at) {
        return MethodKind::Concrete;
    }
    let around = m.ancestors(function).find(|up| matches!(m.shape(*up), Shape::Class | Shape::Function));
    let Some(class) = around.filter(|up| m.shape(*up) == Shape::Class) else { return MethodKind::Concrete };
    let name = m.class_name(class);
    let words = vocabulary::words(name);
    let base_name = words.iter().any(|word| {
        matches!(word.as_str(), "base" | "abstract" | "interface" | "mixin" | "protocol" | "template")
    }) || (name.starts_with('I') && name.chars().nth(1).is_some_and(char::is_uppercase));
    let head = m.text(class).lines().next().unwrap_or("");
    let marked = head.contains("abstract")
        || head.contains("ABC")
        || head.contains("Protocol")
        || head.contains("interface")
        || m.annotations(function).into_iter().any(|a| m.annotation_name(a).contains("abstract"));
    let extended = m
        .all(Shape::Class)
        .iter()
        .any(|other| *other != class && m.text(*other).lines().next().unwrap_or("").contains(name));
    if base_name || marked || extended {
        MethodKind::Abstract
    } else if matches!(m.language, Language::Python | Language::Ruby) {
        MethodKind::MaybeAbstract
    } else {
        MethodKind::Concrete
    }
}

fn only_statement(code: &Code<'_, '_>, function: Id, at: Id) -> bool {
    let m = code.module;
    let Some(body) = m.body(function) else { return false };
    m.values(body).all(|id| {
        let node = m.node(id);
        let holds = node.start <= m.node(at).start && m.node(at).end <= node.end;
        let prose = m.string(m.unwrap(id)).is_some();
        // A branch that fails is a case that is refused, not a function that is missing.
        let plain = matches!(
            m.shape(id),
            Shape::Throw | Shape::Return | Shape::Statement | Shape::Call | Shape::Macro
        );
        prose || (holds && plain)
    })
}

fn comments(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for comment in m.all(Shape::Comment) {
        let node = m.node(*comment);
        let mut end = (node.start as usize + 300).min(m.src.len());
        while !m.src.is_char_boundary(end) {
            end -= 1;
        }
        let near = m.src.get(node.start as usize..end).unwrap_or("");
        let own = m.text(*comment);
        if POSTCONDITION.find(near).is_some_and(|found| found.start() < own.len()) {
            hits.at(code, *comment, "TODO POSTCONDITION: postconditions are not implemented");
        } else if is_placeholder(code, *comment, own) {
            hits.at(code, *comment, "PLACEHOLDER CODE: Placeholder implementation cannot ship");
        }
    }
}

/// A placeholder comment counts where the function around it does nothing yet.
fn is_placeholder(code: &Code<'_, '_>, comment: Id, text: &str) -> bool {
    let m = code.module;
    let inner = text.trim_start_matches(['/', '*', '#', ' ', '!']).trim_end_matches(['/', '*', ' ']);
    let says = PLACEHOLDER.is_match(inner);
    let todo_only = inner.len() < 60 && inner.trim_end_matches(['.', '!']).eq_ignore_ascii_case("todo");
    // Doc comments show examples.
    if text.starts_with("///") || text.starts_with("//!") {
        return false;
    }
    if inner.to_ascii_lowercase().contains("implementation goes here") {
        return true;
    }
    let function = m.node(comment).scope;
    if function == 0 || !(says || todo_only) {
        return false;
    }
    let Some(body) = m.body(function) else { return m.language == Language::Ruby };
    {
        let statements: Vec<Id> = m
            .values(body)
            .filter(|id| m.shape(*id) != Shape::Pass && m.string(m.unwrap(*id)).is_none())
            .collect();
        match statements[..] {
            [] => true,
            [only] => m.shape(only) == Shape::Return && is_trivial(code, only),
            _ => false,
        }
    }
}

/// `return`, `return null`, `return {}`, `return []`.
fn is_trivial(code: &Code<'_, '_>, back: Id) -> bool {
    let m = code.module;
    m.values(back).all(|value| {
        let value = m.unwrap(value);
        match m.shape(value) {
            Shape::Null | Shape::True | Shape::False | Shape::Bool | Shape::Number => true,
            Shape::Name => m.is_null(value),
            Shape::Object | Shape::Array => m.children(value).next().is_none(),
            Shape::Str => m.string(value).is_some_and(|text| text.len() < 12),
            _ => false,
        }
    })
}

const DECIDES: &[&str] = &[
    "login",
    "userLogin",
    "handleLogin",
    "authenticate",
    "authorize",
    "checkAuth",
    "verifyPassword",
    "checkPassword",
    "verifyToken",
    "validateToken",
    "verify_password",
    "check_password",
    "verify_token",
    "validate_token",
    "check_auth",
    "processPayment",
    "chargeCard",
    "Login",
    "Authenticate",
    "Authorize",
    "VerifyPassword",
    "VerifyToken",
    "process_payment",
    "validateCredentials",
    "validate_credentials",
];

/// A function that must decide and only says yes: `login() { return { ok: true } }`.
fn says_yes(code: &Code<'_, '_>, function: Id) -> Option<Id> {
    let m = code.module;
    if !DECIDES.contains(&m.function_name(function)) {
        return None;
    }
    let body = m.body(function)?;
    let statements: Vec<Id> = m.values(body).filter(|id| m.string(m.unwrap(*id)).is_none()).collect();
    let [only] = statements[..] else { return None };
    let value =
        if m.shape(only) == Shape::Return { m.unwrap(m.values(only).next()?) } else { m.unwrap(only) };
    // Go returns `true, nil`.
    let value = if m.shape(value) == Shape::List { m.values(value).next()? } else { value };
    let yes = match m.shape(value) {
        Shape::Object | Shape::Array => {
            let mut pairs = m.children(value).filter(|id| m.is_pair(*id)).peekable();
            pairs.peek().is_some()
                && pairs.all(|pair| {
                    let value = m.value(pair);
                    matches!(m.key(pair), "ok" | "success" | "valid" | "authenticated" | "status")
                        && value.is_some_and(|v| m.boolean(v) == Some(true) || m.string(v) == Some("ok"))
                })
        }
        _ => m.boolean(value) == Some(true),
    };
    let returns = m.shape(only) == Shape::Return
        || matches!(m.language, Language::Rust | Language::Ruby | Language::Kotlin);
    (yes && returns).then_some(only)
}
