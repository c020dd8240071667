//! What the code's own `@intent` tags promise, and handlers that read input unseen.

use super::exposure;
use crate::{
    facts::Code,
    rules::Hits,
    tree::{Id, Shape},
    vocabulary::{self, Class},
};

/// Whether a comment of the file carries `@intent <tag>`.
fn tagged(code: &Code<'_, '_>, tag: &str) -> bool {
    let m = code.module;
    m.all(Shape::Comment).iter().any(|id| {
        let text = m.text(*id);
        text.match_indices("@intent").any(|(at, _)| text[at + 7..].trim_start().starts_with(tag))
    })
}

pub(super) fn encryption(code: &Code<'_, '_>, hits: &mut Hits) {
    if !tagged(code, "encrypt-pii") {
        return;
    }
    for (node, source) in exposure::stored(code, Class::IDENTITY.or(Class::PAYMENT)) {
        hits.at(
            code,
            node,
            format!("PII stored without encryption (\"{}\") - violates \"encrypt-pii\" intent", source.name),
        );
    }
}

const ACTS: &[&str] = &[
    "delete", "remove", "destroy", "grant", "revoke", "assign", "update", "change", "set", "process",
    "charge", "refund", "promote", "demote", "disable", "enable", "ban", "suspend", "purge", "erase",
    "transfer", "add", "create",
];
const ON: &[&str] = &[
    "user",
    "users",
    "account",
    "accounts",
    "role",
    "roles",
    "permission",
    "permissions",
    "admin",
    "admins",
    "payment",
    "payments",
    "refund",
    "customer",
    "member",
    "password",
    "privilege",
    "privileges",
    "access",
];

pub(super) fn audit(code: &Code<'_, '_>, hits: &mut Hits) {
    if !tagged(code, "audit-sensitive") {
        return;
    }
    let m = code.module;
    for call in code.calls().filter(|call| m.shape(*call) == Shape::Call) {
        if is_sensitive(code, call) && !is_audited(code, call) {
            hits.at(code, call, format!("Sensitive operation {} without audit logging", m.call_name(call)));
        }
    }
}

/// `deleteUser(…)`, `users.delete(…)`, `revokeRole(…)`.
fn is_sensitive(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let words = vocabulary::words(m.call_name(call));
    let acts = words.first().is_some_and(|word| ACTS.contains(&word.as_str()));
    let on_name = words.iter().skip(1).any(|word| ON.contains(&word.as_str()));
    let strong = words.first().is_some_and(|word| {
        !matches!(
            word.as_str(),
            "set" | "add" | "create" | "update" | "change" | "process" | "assign" | "enable"
        )
    });
    let receiver = vocabulary::words(m.receiver_name(call));
    let on_store = words.len() <= 2 && strong && receiver.iter().any(|word| ON.contains(&word.as_str()));
    acts && (on_name || on_store)
}

fn is_audited(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let scope = m.node(call).scope;
    code.calls_below(scope).any(|other| {
        let named = |name: &str| vocabulary::words(name).iter().any(|word| word.starts_with("audit"));
        named(m.call_name(other))
            || named(m.receiver_name(other))
            || (m.call_name(other) == "emit" && m.text(other).contains("audit"))
    })
}

const VALIDATES: &[&[&str]] = &[
    &["validate"],
    &["validated"],
    &["validator"],
    &["validators"],
    &["validation"],
    &["schema"],
    &["parse"],
    &["zod"],
    &["yup"],
    &["joi"],
    &["ajv"],
    &["celebrate"],
    &["dto"],
    &["valid"],
    &["pipe"],
    &["form", "request"],
    &["serializer"],
    &["is", "valid"],
    &["bind"],
    &["should", "bind"],
    &["model", "validate"],
    &["permit"],
    &["check", "schema"],
    &["body", "validator"],
    &["sanitize"],
    &["coerce"],
    &["should", "bind", "json"],
    &["load"],
    &["contract"],
    &["rules"],
    &["assert"],
    &["ensure"],
    &["typebox"],
    &["valibot"],
    &["superstruct"],
    &["request", "validator"],
    &["safe", "parse"],
    &["api", "controller"],
    &["model", "state"],
    &["cast"],
];
/// Where a handler's input is.
const INPUTS: &[&str] = &[
    "body",
    "get_json",
    "POST",
    "FormValue",
    "PostForm",
    "getParameter",
    "Body",
    "getParsedBody",
    "form",
    "Form",
    "receive",
    "receiveText",
];

pub(super) fn validation(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for route in code.routes() {
        let Some(handler) = route.handler.filter(|_| route.method.writes()) else { continue };
        // ASP.NET asks a property: `ModelState.IsValid`.
        let by_state = || m.below(handler).any(|id| m.leaf(id) == "ModelState");
        if route.has(code, VALIDATES) || (m.language == crate::lang::Language::CSharp && by_state()) {
            continue;
        }
        if takes_body(code, handler) {
            hits.at(code, route.node, format!("Request handler of {} may lack input validation", route.path));
            continue;
        }
        let reads = m.below(handler).find(|id| {
            let on_request = |object: Id| {
                matches!(
                    m.leaf(object),
                    "req" | "request" | "ctx" | "r" | "c" | "Request" | "this" | "$request" | "call"
                ) || m.leaf(object).ends_with("request")
            };
            match m.shape(*id) {
                Shape::Member => {
                    (INPUTS.contains(&m.leaf(*id)) || matches!(m.leaf(*id), "json" | "data"))
                        && m.object(*id).is_some_and(on_request)
                        && !is_called(code, *id)
                }
                Shape::Call => {
                    let name = m.call_name(*id);
                    (INPUTS.contains(&name) || matches!(name, "json" | "input" | "all" | "get" | "formData"))
                        && m.receiver(*id).is_some_and(on_request)
                }
                _ => {
                    m.language == crate::lang::Language::Ruby
                        && m.shape(*id) == Shape::Index
                        && m.text(*id).starts_with("params[")
                }
            }
        });
        if reads.is_some() {
            hits.at(code, route.node, format!("Request handler of {} may lack input validation", route.path));
        }
    }
}

/// Frameworks that hand the body to the handler as a parameter: Spring, ASP.NET Core, axum, actix. A type says what
/// fields there are, not what they may hold.
fn takes_body(code: &Code<'_, '_>, handler: Id) -> bool {
    use crate::lang::Language::{CSharp, Java, Kotlin, Rust};
    let m = code.module;
    m.params(handler).into_iter().any(|param| {
        let text = m.text(param);
        let before = m.parent(param).map_or("", |list| {
            m.src.get(m.node(list).start as usize..m.node(param).start as usize).unwrap_or("")
        });
        // Kotlin's annotations stand beside the parameter.
        let own = before.rsplit(',').next().unwrap_or("");
        match m.language {
            Java => text.contains("@RequestBody"),
            Kotlin => text.contains("@RequestBody") || own.contains("@RequestBody"),
            CSharp => text.contains("[FromBody]") || text.contains("[FromForm]"),
            Rust => {
                let extracts =
                    ["Json<", "Form<", "Bytes", "Multipart"].iter().any(|name| text.contains(name));
                let checked = text.contains("Valid");
                (extracts || m.param_name(param) == "body") && !checked
            }
            _ => false,
        }
    })
}

fn is_called(code: &Code<'_, '_>, member: Id) -> bool {
    let m = code.module;
    m.node(member).part == crate::tree::Part::Callee
}
