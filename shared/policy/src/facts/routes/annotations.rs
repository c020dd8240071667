//! Routes registered by an annotation, attribute or decorator on the handler.

use super::{Method, Route, chain, join};
use crate::{
    facts::Code,
    lang::Language,
    tree::{Id, Shape},
};

pub(super) fn collect(code: &Code<'_, '_>) -> Vec<Route> {
    let m = code.module;
    if m.all(Shape::Annotation).is_empty() {
        return Vec::new();
    }
    m.all(Shape::Function).iter().filter_map(|function| route(code, *function)).collect()
}

fn route(code: &Code<'_, '_>, function: Id) -> Option<Route> {
    let m = code.module;
    let annotations = m.annotations(function);
    let (annotation, method) = annotations.iter().find_map(|a| Some((*a, method(code, *a)?)))?;
    let placed = annotations.iter().filter(|a| is_prefix(m.annotation_name(**a)));
    let own = path(code, annotation).or_else(|| placed.copied().find_map(|a| path(code, a))).unwrap_or("");
    let class = chain::class_of(code, function);
    let on_class = class.map(|class| m.annotations(class)).unwrap_or_default();
    let prefix = on_class
        .iter()
        .filter(|a| is_prefix(m.annotation_name(**a)))
        .find_map(|a| path(code, *a))
        .unwrap_or("");
    let mut names: Vec<String> = Vec::new();
    for a in annotations.iter().chain(&on_class) {
        names.extend(chain::names(code, *a).into_iter().filter(|name| name != own && name != prefix));
    }
    names.extend(router_of(code, annotation));
    names.extend(class.map(|class| class_level(code, class)).unwrap_or_default());
    Some(Route { node: annotation, method, path: join(prefix, own), chain: names, handler: Some(function) })
}

fn method(code: &Code<'_, '_>, annotation: Id) -> Option<Method> {
    let m = code.module;
    let name = m.annotation_name(annotation);
    match m.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            capitalized(name).and_then(Method::named)
        }
        Language::Java | Language::Kotlin => match name {
            "RequestMapping" => Some(named_method(code, annotation).unwrap_or(Method::Any)),
            "GET" | "POST" | "PUT" | "PATCH" | "DELETE" => Method::named(name),
            _ => name.strip_suffix("Mapping").and_then(Method::named),
        },
        Language::CSharp => name.strip_prefix("Http").and_then(Method::named),
        Language::Python => match name {
            "route" => Some(named_method(code, annotation).unwrap_or(Method::Get)),
            "api_view" => named_method(code, annotation),
            _ => lower_with_path(code, annotation, name),
        },
        Language::Php => match name {
            "Route" => Some(named_method(code, annotation).unwrap_or(Method::Any)),
            _ => None,
        },
        Language::Rust => lower_with_path(code, annotation, name),
        _ => None,
    }
}

fn capitalized(name: &str) -> Option<&str> {
    name.starts_with(|c: char| c.is_ascii_uppercase()).then_some(name)
}

/// `@router.post("/x")`, `#[post("/x")]`; `@mock.patch("os.path")` is none.
fn lower_with_path(code: &Code<'_, '_>, annotation: Id, name: &str) -> Option<Method> {
    let rooted = path(code, annotation).is_some_and(|path| path.starts_with('/') || path.is_empty());
    Method::named(name).filter(|_| rooted && name.bytes().all(|b| b.is_ascii_lowercase()))
}

/// The verb named in an annotation's arguments: `methods=["POST"]`, `RequestMethod.POST`.
fn named_method(code: &Code<'_, '_>, annotation: Id) -> Option<Method> {
    let names = chain::names(code, annotation);
    names
        .iter()
        .rev()
        .find_map(|name| Method::named(name).filter(|_| name.bytes().all(|b| b.is_ascii_uppercase())))
}

fn is_prefix(name: &str) -> bool {
    matches!(name, "Controller" | "RequestMapping" | "Route" | "Path" | "RoutePrefix" | "JsonController")
}

fn path<'s>(code: &Code<'_, 's>, annotation: Id) -> Option<&'s str> {
    let m = code.module;
    if m.language == Language::Rust {
        // Tokens of an attribute are not an expression.
        let text = m.text(annotation);
        return text.split('"').nth(1);
    }
    let args = m.annotation_args(annotation);
    let named =
        args.iter().find(|arg| m.is_pair(**arg) && matches!(m.key(**arg), "value" | "path" | "Template"));
    let first = named.and_then(|pair| m.value(*pair)).or_else(|| args.first().copied())?;
    let first = if m.shape(first) == Shape::Array { m.values(first).next()? } else { first };
    m.string(m.unwrap(first))
}

/// FastAPI and Flask: what the router was built with and what it uses.
fn router_of(code: &Code<'_, '_>, annotation: Id) -> Vec<String> {
    let m = code.module;
    match m.children(annotation).next() {
        Some(call) if m.shape(call) == Shape::Call => chain::on_router(code, call),
        _ => Vec::new(),
    }
}

/// Constructor parameters and base classes say nothing about the chain; `before_action`-like calls in a class do.
fn class_level(code: &Code<'_, '_>, class: Id) -> Vec<String> {
    let m = code.module;
    let calls = code.calls_below(class).filter(|call| {
        m.ancestors(*call).find(|up| matches!(m.shape(*up), Shape::Function | Shape::Class)) == Some(class)
    });
    calls
        .flat_map(|call| m.args(call).into_iter().flat_map(|arg| chain::names(code, arg)).collect::<Vec<_>>())
        .collect()
}
