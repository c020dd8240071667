//! Signing in: messages that tell accounts apart, passwords that are kept as they are.

use std::sync::LazyLock;

use regex::Regex;

use super::exposure::is_protected;
use crate::{
    facts::Code,
    lang::Language,
    rules::{Hit, Hits},
    tree::{Id, Shape},
    verdict::{Severity, Tier},
    vocabulary::{self, Class},
};

static NO_ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)\b(?:user(?:name)?|email|e-mail|account|login)\b(?: (?:with|address|name|for)\b[^.]{0,30})?[ _-]*(?:was |is |could )?(?:not[ _-](?:be )?(?:found|registered|exists?|recogni[sz]ed)|does(?: not|n'?t) exist|unknown|isn'?t registered|not[ _]found)|\bno (?:such )?(?:user|account)\b|\b(?:unknown|invalid|unregistered) (?:e-?mail|user(?:name)?|account)\b|\b(?:USER|EMAIL|ACCOUNT)_NOT_FOUND\b";
    Regex::new(pattern).expect("a constant that a test runs")
});
static WRONG_PASSWORD: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)\b(?:wrong|incorrect|invalid|bad)[ _]password\b|\bpassword(?: is| was)? (?:wrong|incorrect|invalid|does(?: not|n'?t) match|mismatch)|\bpasswords? (?:do not|don'?t) match\b|\b(?:WRONG|INCORRECT|BAD|INVALID)_PASSWORD\b";
    Regex::new(pattern).expect("a constant that a test runs")
});

/// Two messages in one function: one for "no such account", another for "wrong password".
pub(super) fn enumeration(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    let mut spoken: Vec<(Id, Id, bool)> = Vec::new();
    for id in m.all(Shape::Str).iter().chain(m.all(Shape::Symbol)) {
        let text = m.string_text(*id);
        if text.len() > 200 || !is_output(code, *id) {
            continue;
        }
        let (no_account, wrong) = (NO_ACCOUNT.is_match(text), WRONG_PASSWORD.is_match(text));
        if no_account != wrong {
            spoken.push((*id, outermost(code, *id), wrong));
        }
    }
    for (id, scope, wrong) in &spoken {
        if spoken.iter().any(|(_, other, kind)| other == scope && kind != wrong) {
            let what = if *wrong { "wrong-password" } else { "user-not-found" };
            hits.at(
                code,
                *id,
                format!("USER_ENUMERATION: Distinct error message for {what} reveals account existence"),
            );
        }
    }
}

/// The outermost function below the class or module: nested callbacks of one handler speak together.
fn outermost(code: &Code<'_, '_>, id: Id) -> Id {
    let m = code.module;
    let mut scope = m.node(id).scope;
    for _ in 0..16 {
        let outer = m.node(scope).scope;
        let named = !m.function_name(scope).is_empty();
        if outer == 0 || scope == 0 || named {
            break;
        }
        scope = outer;
    }
    scope
}

/// Whether a text leaves the function: thrown, returned, sent. Logs, comparisons, and validation schemas do not count.
fn is_output(code: &Code<'_, '_>, id: Id) -> bool {
    let m = code.module;
    if m.node(id).scope == 0 {
        return false;
    }
    for up in m.ancestors(id).take(10) {
        match m.shape(up) {
            Shape::Throw | Shape::Return => return true,
            Shape::Macro => {
                return matches!(m.call_name(up), "bail" | "anyhow" | "format" | "json" | "ensure");
            }
            Shape::Call | Shape::New if code.logs().iter().any(|log| log.call == up) => return false,
            Shape::Call | Shape::New if answers(m.call_name(up)) => return true,
            Shape::Binary if matches!(m.operator(up), "==" | "===" | "!=" | "!==") => return false,
            Shape::Function => {
                // The value of an expression-bodied function.
                return m.body(up).is_some_and(|body| m.shape(body) != Shape::Block)
                    || matches!(m.language, Language::Rust | Language::Ruby);
            }
            _ => {}
        }
    }
    false
}

fn answers(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "json",
        "send",
        "error",
        "exception",
        "response",
        "status",
        "fail",
        "done",
        "next",
        "abort",
        "halt",
        "render",
        "flash",
        "jsonify",
        "unauthorized",
        "err",
        "new",
        "httperror",
        "raise",
        "reject",
        "with",
        "badrequest",
        "notfound",
        "body",
        "add",
        "errorf",
        "redirect",
        "respond",
        "write",
        "callback",
        "cb",
        "problem",
        "forbidden",
        "errors",
        "message",
    ];
    vocabulary::words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

const RECORDS: &[&str] = &[
    "user", "users", "account", "customer", "member", "admin", "person", "record", "entity", "doc",
    "document", "model", "employee", "patient", "profile", "owner", "author", "u",
];

/// A password that reaches a record or a store without a hash.
pub(super) fn plaintext(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    let hashes = |name: &str| vocabulary::is_protection(name) || vocabulary::is_sanitizer(name);
    if hooks_hash(code) {
        return;
    }
    for (node, source) in super::exposure::stored(code, Class::PASSWORD) {
        if !(m.language == Language::Ruby && hashes_by_itself(code, node)) {
            push(code, node, message(source.name), hits);
        }
    }
    for assign in m.all(Shape::Assign) {
        for (target, value) in m.bindings(*assign) {
            if m.shape(target) != Shape::Member {
                continue;
            }
            let owner = m.object(target).map_or("", |object| m.leaf(object));
            let on_record =
                vocabulary::words(owner).last().is_some_and(|word| RECORDS.contains(&word.as_str()));
            let names =
                vocabulary::term(m.leaf(target), "").is_some_and(|term| term.class == Class::PASSWORD);
            let takes = || {
                code.flow().reaches_unless(value, Class::PASSWORD, &hashes).is_some()
                    && !is_protected(code, value, &hashes)
            };
            if on_record && names && m.language != Language::Ruby && takes() {
                push(code, *assign, message(m.leaf(target)), hits);
            }
        }
    }
    setters(code, hits);
}

/// `has_secure_password` hashes what Rails assigns; SQL, bulk writes and other stores go past it.
fn hashes_by_itself(code: &Code<'_, '_>, node: Id) -> bool {
    let m = code.module;
    let text = m.text(node);
    let past =
        ["INSERT", "UPDATE", "encrypted_password", "password_digest"].iter().any(|word| text.contains(word));
    let call = std::iter::once(node).chain(m.ancestors(node).take(5)).find(|id| m.shape(*id) == Shape::Call);
    let raw = call.is_some_and(|call| {
        matches!(
            m.call_name(call),
            "insert"
                | "insert_one"
                | "insert_many"
                | "insert_all"
                | "insert_all!"
                | "update_column"
                | "update_columns"
        )
    });
    !(past || raw)
}

fn message(name: &str) -> String {
    format!("PLAINTEXT_PASSWORD: Password \"{name}\" may be stored without hashing")
}

/// SQL and document drivers store what they get. An object mapper may hash in a hook of a model that stands elsewhere:
/// there the finding does not block.
fn push(code: &Code<'_, '_>, node: Id, message: String, hits: &mut Hits) {
    let m = code.module;
    let text = m.text(node).to_ascii_lowercase();
    let direct =
        ["insert into", "update ", "insertone", "insert_one", "insertmany", "insert_many", ".insert("]
            .iter()
            .any(|word| text.contains(word));
    let call = m.ancestors(node).take(3).find(|up| m.shape(*up) == Shape::Call);
    let driver = call.is_some_and(|call| {
        matches!(
            m.call_name(call),
            "insertOne" | "insert_one" | "InsertOne" | "InsertOneAsync" | "insertMany" | "insert"
        )
    });
    let at = m.node(node);
    let hit = Hit::new(at.start, at.end, message);
    hits.push(if direct || driver { hit } else { hit.at(Severity::Warning, Tier::SoftBlock) });
}

/// `user.setPassword(request.getPassword())`
fn setters(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    if !matches!(m.language, Language::Java | Language::Kotlin | Language::Php) {
        return;
    }
    let hashes = |name: &str| vocabulary::is_protection(name) || vocabulary::is_sanitizer(name);
    for call in code.calls() {
        let on_record = vocabulary::words(m.receiver_name(call))
            .last()
            .is_some_and(|word| RECORDS.contains(&word.as_str()));
        if m.call_name(call) != "setPassword" || !on_record {
            continue;
        }
        let plain = m.args(call).iter().any(|arg| {
            code.flow().reaches_unless(*arg, Class::PASSWORD, &hashes).is_some()
                && !is_protected(code, *arg, &hashes)
        });
        if plain {
            push(code, call, message("password"), hits);
        }
    }
}

/// A model that hashes before it saves: `schema.pre('save', …hash…)`, `@BeforeInsert`, a `has_secure_password` class.
fn hooks_hash(code: &Code<'_, '_>) -> bool {
    let m = code.module;
    let hashes_in = |id: Id| {
        code.calls_below(id).any(|call| {
            vocabulary::is_protection(m.call_name(call)) || vocabulary::is_protection(m.receiver_name(call))
        })
    };
    let by_call = code.calls().any(|call| {
        matches!(m.call_name(call), "pre" | "beforeCreate" | "beforeSave" | "addHook" | "before_save")
            && hashes_in(call)
    });
    let by_annotation = m.all(Shape::Function).iter().any(|function| {
        let hooked = m
            .annotations(*function)
            .into_iter()
            .any(|a| matches!(m.annotation_name(a), "BeforeInsert" | "BeforeUpdate" | "PrePersist"));
        hooked && hashes_in(*function)
    });
    by_call || by_annotation
}
