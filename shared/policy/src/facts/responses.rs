//! Calls that answer a request: what they send to the client.

use super::Code;
use crate::{
    lang::Language,
    tree::{Id, Shape},
};

/// The payload of a response call.
pub(super) fn payload(code: &Code<'_, '_>, call: Id) -> Option<Vec<Id>> {
    let m = code.module;
    let name = m.call_name(call);
    let receiver = m.receiver_name(call);
    let base = code.base_receiver(call).map_or("", |id| m.leaf(id));
    let responder = matches!(
        base,
        "res" | "response" | "reply" | "ctx" | "c" | "h" | "Response" | "NextResponse" | "JsonResponse"
    );
    let args = m.args(call);
    let all = || Some(args.clone());
    match m.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match name {
            "json" | "send" | "jsonp" | "end" if responder || receiver == "status" => all(),
            _ => None,
        },
        Language::Python => match name {
            "jsonify" | "JsonResponse" | "JSONResponse" | "Response" | "make_response" | "HttpResponse" => {
                all()
            }
            _ => None,
        },
        Language::Go => match name {
            "JSON" | "IndentedJSON" | "PureJSON" | "String"
                if matches!(base, "c" | "ctx" | "e" | "context" | "render") =>
            {
                Some(args.iter().skip(1).copied().collect())
            }
            "Encode" if m.receiver_name(call) == "NewEncoder" || base == "json" => all(),
            _ => None,
        },
        Language::Java | Language::Kotlin => match name {
            "ok" | "body" if matches!(base, "ResponseEntity" | "Response" | "ServerResponse") => all(),
            "respond" | "respondText" if matches!(base, "call" | "") => all(),
            "entity" if base == "Response" => all(),
            _ => None,
        },
        _ => payload_more(code, call, (name, receiver, base), args),
    }
}

/// The frameworks of Ruby, PHP, C# and Rust.
fn payload_more(
    code: &Code<'_, '_>,
    call: Id,
    (name, receiver, base): (&str, &str, &str),
    args: Vec<Id>,
) -> Option<Vec<Id>> {
    let m = code.module;
    let all = || Some(args.clone());
    match m.language {
        Language::Ruby => match name {
            "render" => {
                Some(args.iter().filter(|arg| m.is_pair(**arg) && m.key(**arg) == "json").copied().collect())
            }
            "json" if receiver.is_empty() => all(),
            _ => None,
        },
        Language::Php => match name {
            "json" if matches!(receiver, "response" | "Response" | "this" | "") => all(),
            "JsonResponse" => all(),
            "json_encode" if m.ancestors(call).take(2).any(|up| m.shape(up) == Shape::Print) => all(),
            _ => None,
        },
        Language::CSharp => match name {
            "Ok" | "Json" | "Created" if matches!(receiver, "" | "this" | "Results" | "TypedResults") => {
                all()
            }
            "OkObjectResult" | "JsonResult" => all(),
            _ => None,
        },
        Language::Rust => match name {
            "Json" => all(),
            "json" if base == "HttpResponse" || receiver == "Ok" => all(),
            _ => None,
        },
        _ => None,
    }
}
