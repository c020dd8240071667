//! Sensitive values that leave: into logs, responses and stores.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    facts::Code,
    flow::Source,
    rules::Hits,
    tree::{Id, Shape},
    vocabulary::{self, Class},
};

/// Personal data and passwords in logs, and literal personal data in log texts.
pub(super) fn personal_logged(code: &Code<'_, '_>, hits: &mut Hits) {
    let classes =
        Class::PERSONAL.or(Class::IDENTITY).or(Class::PAYMENT).or(Class::PASSWORD).or(Class::RECORD);
    for (arg, source) in logged(code, classes) {
        hits.at(code, arg, format!("PII IN LOG: \"{}\" ({}) may be logged", source.name, source.term.label));
    }
    for log in code.logs() {
        for arg in code.module.args(log.call) {
            if let Some(what) = literal_personal_data(code, arg) {
                hits.at(
                    code,
                    arg,
                    format!("PII IN LOG: Sensitive data pattern detected in log statement ({what})"),
                );
            }
        }
    }
}

/// Everything sensitive in logs.
pub(super) fn any_logged(code: &Code<'_, '_>, hits: &mut Hits) {
    let classes =
        Class::PERSONAL.or(Class::IDENTITY).or(Class::PAYMENT).or(Class::PASSWORD).or(Class::SECRET);
    for (arg, source) in logged(code, classes) {
        hits.at(
            code,
            arg,
            format!("PII field \"{}\" logged - violates \"no PII in logs\" intent", source.name),
        );
    }
}

/// Passwords and secrets in logs, and whole request bodies where people sign in.
pub(super) fn password_logged(code: &Code<'_, '_>, hits: &mut Hits) {
    for (arg, source) in logged(code, Class::PASSWORD.or(Class::SECRET)) {
        let message = if source.derived {
            format!("PASSWORD_LOGGED: Derived variable holds \"{}\" and is logged", source.name)
        } else {
            format!("PASSWORD_LOGGED: \"{}\" ({}) found in log statement", source.name, source.term.label)
        };
        hits.at(code, arg, message);
    }
    for log in code.logs() {
        for arg in code.module.args(log.call) {
            if whole_body(code, arg) && signs_in(code, log.call) {
                hits.at(code, arg, "PASSWORD_LOGGED: the whole request body, with its password, is logged");
            }
        }
    }
}

fn logged<'s>(code: &Code<'_, 's>, classes: Class) -> Vec<(Id, Source<'s>)> {
    let mut found = Vec::new();
    for log in code.logs() {
        for arg in code.module.args(log.call) {
            found.extend(code.flow().reaches(arg, classes).map(|source| (arg, source)));
        }
    }
    found
}

static LITERAL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?P<mail>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,})|(?P<ssn>\b\d{3}-\d{2}-\d{4}\b)|(?P<phone>\(?\b\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b)";
    Regex::new(pattern).expect("a constant that a test runs")
});

fn literal_personal_data(code: &Code<'_, '_>, arg: Id) -> Option<&'static str> {
    let text = (code.module.shape(arg) == Shape::Str).then(|| code.module.string_text(arg))?;
    let found = LITERAL.captures(text.get(..text.len().min(2_048))?)?;
    if let Some(mail) = found.name("mail") {
        let mail = mail.as_str().to_ascii_lowercase();
        // Addresses of an office or a list are nobody's.
        const OFFICES: &[&str] = &[
            "noreply",
            "reply",
            "support",
            "info",
            "admin",
            "hello",
            "help",
            "git",
            "user",
            "users",
            "test",
            "list",
            "lists",
            "bugs",
            "dev",
            "team",
            "security",
            "contact",
            "sales",
            "feedback",
            "service",
            "bot",
            "postmaster",
            "webmaster",
            "abuse",
        ];
        let local = mail.split('@').next().unwrap_or("");
        let office = vocabulary::words(local).iter().any(|word| OFFICES.contains(&word.as_str()));
        return (!mail.contains("@example.") && !office).then_some("an e-mail address");
    }
    Some(if found.name("ssn").is_some() { "a social security number" } else { "a phone number" })
}

/// `req.body`, `JSON.stringify(req.body)`, `request.form`.
fn whole_body(code: &Code<'_, '_>, arg: Id) -> bool {
    let m = code.module;
    match m.shape(arg) {
        Shape::Member => {
            let owner = m.object(arg).map_or("", |object| m.leaf(object));
            matches!(m.leaf(arg), "body" | "form" | "json" | "Body" | "Form" | "data" | "POST" | "params")
                && matches!(owner, "req" | "request" | "ctx" | "Request" | "c")
        }
        Shape::Call => {
            let name = m.call_name(arg);
            let reads = matches!(name, "get_json" | "getBody" | "all")
                && matches!(m.receiver_name(arg), "request" | "req");
            reads
                || (matches!(name, "stringify" | "dumps" | "inspect" | "json_encode")
                    && m.args(arg).into_iter().any(|a| whole_body(code, a)))
        }
        Shape::Variable | Shape::Name => m.language == crate::lang::Language::Ruby && m.leaf(arg) == "params",
        Shape::Str => m.children(arg).any(|part| m.values(part).any(|inner| whole_body(code, inner))),
        Shape::Binary => m.values(arg).any(|inner| whole_body(code, m.unwrap(inner))),
        _ => false,
    }
}

const SIGN_IN: &[&str] =
    &["login", "signin", "signup", "register", "auth", "authenticate", "password", "passwd", "credentials"];

fn signs_in(code: &Code<'_, '_>, at: Id) -> bool {
    let m = code.module;
    let named = |text: &str| vocabulary::words(text).iter().any(|word| SIGN_IN.contains(&word.as_str()));
    let around = m.ancestors(at).any(|up| match m.shape(up) {
        Shape::Function => named(m.function_name(up)),
        Shape::Call => m.args(up).first().and_then(|arg| m.string(*arg)).is_some_and(named),
        _ => false,
    });
    around
        || code.path.rsplit('/').next().is_some_and(named)
        || m.annotations(m.node(at).scope).iter().any(|a| named(m.text(*a)))
}

/// Identity numbers, passwords and payment data in responses.
pub(super) fn in_response(code: &Code<'_, '_>, hits: &mut Hits) {
    let classes = Class::IDENTITY.or(Class::PASSWORD).or(Class::PAYMENT);
    let macros = code.module.all(Shape::Macro).iter().copied();
    for call in code.calls().chain(macros) {
        for arg in code.response_of(call).unwrap_or_default() {
            let source = code.flow().reaches(arg, classes).or_else(|| record(code, arg));
            if let Some(source) = source {
                hits.at(
                    code,
                    arg,
                    format!(
                        "UNMASKED PII: \"{}\" ({}) may be exposed in API response",
                        source.name, source.term.label
                    ),
                );
            }
        }
    }
    for (node, value) in returned(code) {
        if let Some(source) = code.flow().reaches(value, classes) {
            hits.at(
                code,
                node,
                format!(
                    "UNMASKED PII: \"{}\" ({}) may be exposed in API response",
                    source.name, source.term.label
                ),
            );
        }
    }
}

/// A whole user record, unless its query picked fields.
fn record<'s>(code: &Code<'_, 's>, arg: Id) -> Option<Source<'s>> {
    let m = code.module;
    let source = code.flow().reaches(arg, Class::RECORD)?;
    let picks = code.flow().values_of(source.name, arg).into_iter().any(|value| {
        m.below(value).chain([value]).filter(|id| m.is_pair(*id) || m.shape(*id) == Shape::Call).any(|id| {
            let name = if m.is_pair(id) { m.key(id) } else { m.call_name(id) };
            matches!(name, "select" | "attributes" | "projection" | "omit" | "pick" | "toJSON" | "exclude")
                || vocabulary::words(name).iter().any(|w| {
                    matches!(
                        w.as_str(),
                        "dto" | "serialize" | "public" | "safe" | "view" | "present" | "session"
                    )
                })
        })
    });
    (!picks).then_some(source)
}

/// Values that route handlers return: Python dicts, Spring and Nest objects.
fn returned(code: &Code<'_, '_>) -> Vec<(Id, Id)> {
    let m = code.module;
    let mut found = Vec::new();
    for route in code.routes() {
        let Some(handler) = route.handler else { continue };
        for id in m.below(handler).filter(|id| m.shape(*id) == Shape::Return && m.node(*id).scope == handler)
        {
            let value = m.values(id).next().map(|value| m.unwrap(value));
            found.extend(
                value.filter(|v| matches!(m.shape(*v), Shape::Object | Shape::Array)).map(|v| (id, v)),
            );
        }
    }
    found
}

/// Identity numbers that are stored without encryption.
pub(super) fn stored_plain(code: &Code<'_, '_>, hits: &mut Hits) {
    for (node, source) in stored(code, Class::IDENTITY) {
        hits.at(
            code,
            node,
            format!(
                "UNENCRYPTED PII: \"{}\" ({}) may be stored without encryption",
                source.name, source.term.label
            ),
        );
    }
}

/// Values of `classes` that reach a store without hashing or encryption.
pub(super) fn stored<'s>(code: &Code<'_, 's>, classes: Class) -> Vec<(Id, Source<'s>)> {
    let m = code.module;
    let protects = |name: &str| vocabulary::is_protection(name) || vocabulary::is_sanitizer(name);
    let mut found = Vec::new();
    for call in code.calls() {
        let Some(write) = code.write_of(call) else { continue };
        for value in write.values {
            let source = code.flow().reaches_unless(value, classes, &protects);
            let source = source.or_else(|| put_before(code, value, call, classes));
            if let Some(source) = source {
                let node = if m.shape(value) == Shape::Object || m.is_pair(value) { value } else { call };
                found.push((node, source));
                break;
            }
        }
    }
    found
}

/// `user.ssn = input.ssn; user.save()`
fn put_before<'s>(code: &Code<'_, 's>, object: Id, call: Id, classes: Class) -> Option<Source<'s>> {
    let m = code.module;
    if !matches!(m.shape(object), Shape::Name | Shape::Variable) {
        return None;
    }
    let name = m.leaf(object);
    let protects = |name: &str| vocabulary::is_protection(name) || vocabulary::is_sanitizer(name);
    m.all(Shape::Assign)
        .iter()
        .filter(|assign| **assign < call && m.node(**assign).scope == m.node(call).scope)
        .find_map(|assign| {
            let (target, value) = *m.bindings(*assign).first()?;
            let owner =
                m.object(target).filter(|_| matches!(m.shape(target), Shape::Member | Shape::Call))?;
            let term = vocabulary::term(m.leaf(target), name).filter(|term| classes.has(term.class))?;
            let kept = m.leaf(owner) == name && !is_protected(code, value, &protects);
            kept.then_some(Source { name: m.leaf(target), term, derived: false })
        })
}

/// Whether a value is a literal or went through one of these functions.
pub(super) fn is_protected(code: &Code<'_, '_>, value: Id, protects: &dyn Fn(&str) -> bool) -> bool {
    let m = code.module;
    let value = m.unwrap(value);
    match m.shape(value) {
        Shape::Call | Shape::New => {
            protects(m.call_name(value))
                || protects(m.receiver_name(value))
                || m.args(value)
                    .into_iter()
                    .any(|a| matches!(m.shape(a), Shape::Call) && is_protected(code, a, protects))
        }
        Shape::Name | Shape::Variable => {
            let values = code.flow().values_of(m.leaf(value), value);
            !values.is_empty() && values.into_iter().all(|v| v != value && is_protected(code, v, protects))
        }
        Shape::Str | Shape::Null | Shape::Number | Shape::True | Shape::False | Shape::Bool => true,
        _ => false,
    }
}
