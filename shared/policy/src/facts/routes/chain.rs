//! What stands around a route: names in its arguments, on its router, in the groups it is in, on its class.

use super::Code;
use crate::tree::{Id, Part, Shape};

/// Names in an expression, without those in function bodies.
pub(super) fn names(code: &Code<'_, '_>, id: Id) -> Vec<String> {
    let m = code.module;
    let mut found = Vec::new();
    let mut skip_until = 0;
    for node in std::iter::once(id).chain(m.below(id)).take(400) {
        if m.node(node).start < skip_until {
            continue;
        }
        match m.shape(node) {
            Shape::Function => skip_until = m.node(node).end,
            Shape::Name | Shape::Shorthand | Shape::Symbol | Shape::TypeName => {
                found.push(m.leaf(node).to_owned())
            }
            // Paths are no middleware: `/admin` is where, not who.
            Shape::Str if !m.string_text(node).contains('/') => found.push(m.string_text(node).to_owned()),
            _ => {}
        }
    }
    found
}

/// Calls that put middleware on a whole router.
const USES: &[&str] = &[
    "use",
    "Use",
    "UseMiddleware",
    "addHook",
    "register",
    "before",
    "layer",
    "route_layer",
    "wrap",
    "wrap_fn",
    "add_middleware",
    "pre",
    "Pre",
    "middleware",
    "RequireAuthorization",
    "RequireRateLimiting",
    "WithMiddleware",
    "group",
    "install",
    "before_request",
    "intercept",
    "plug",
    "filter",
];

/// Whether a call of this name puts middleware on a router.
pub(super) fn is_use(name: &str) -> bool {
    USES.contains(&name)
}

/// Names put on the router that a route is registered on, in the same file.
pub(super) fn on_router(code: &Code<'_, '_>, registration: Id) -> Vec<String> {
    let m = code.module;
    let router = router_name(code, registration);
    let mut found = Vec::new();
    // Laravel's routes all hang on one facade: what one chains, the others do not have.
    let facade = router == "Route";
    for call in code.router_uses().iter().copied().filter(|_| !facade) {
        if call != registration {
            let same = router_name(code, call) == router;
            let mounted = m.args(call).iter().any(|arg| m.leaf(*arg) == router && !router.is_empty());
            if (same || mounted) && !is_nested_group(code, call, registration) {
                for arg in m.args(call) {
                    found.extend(names(code, arg));
                    found.extend(in_ruby_block(code, arg));
                }
                found.push(m.call_name(call).to_owned());
            }
        }
    }
    for function in m.all(Shape::Function) {
        let hooks = m
            .annotations(*function)
            .into_iter()
            .any(|a| matches!(m.annotation_name(a), "before_request" | "before_app_request" | "middleware"));
        if hooks {
            found.push(m.function_name(*function).to_owned());
        }
    }
    for value in code.flow().values_of(router, registration) {
        found.extend(names(code, value));
    }
    found
}

/// Sinatra: `before do authenticate! end` stands before every route.
fn in_ruby_block(code: &Code<'_, '_>, arg: Id) -> Vec<String> {
    let m = code.module;
    if m.language != crate::lang::Language::Ruby || m.shape(arg) != Shape::Function {
        return Vec::new();
    }
    let named = m.below(arg).filter(|id| m.shape(*id) == Shape::Name).take(200);
    named.map(|id| m.leaf(id).to_owned()).collect()
}

/// A group's own routes see the group's arguments as an ancestor, not through the router.
fn is_nested_group(code: &Code<'_, '_>, call: Id, registration: Id) -> bool {
    let m = code.module;
    let (outer, inner) = (m.node(call), m.node(registration));
    outer.start <= inner.start && inner.end <= outer.end
}

/// Name of the router a call is on, following a chain to its start.
pub(super) fn router_name<'s>(code: &Code<'_, 's>, call: Id) -> &'s str {
    code.base_receiver(call).map_or("", |id| code.module.leaf(id))
}

/// Names of calls around a node: `authenticate("jwt") { post("/x") {} }`, `Route::middleware('auth')->group(…)`.
pub(super) fn around(code: &Code<'_, '_>, node: Id) -> Vec<String> {
    let m = code.module;
    let mut found = Vec::new();
    for up in m.ancestors(node) {
        if m.shape(up) == Shape::Call {
            for call in chained(code, up) {
                found.push(m.call_name(call).to_owned());
                for arg in m.args(call) {
                    if m.shape(arg) != Shape::Function && !contains(code, arg, node) {
                        found.extend(names(code, arg));
                    }
                }
            }
        }
    }
    found
}

/// Prefixes of the groups a node is in, outermost first.
pub(super) fn prefix_around(code: &Code<'_, '_>, node: Id) -> String {
    let m = code.module;
    let mut prefixes = Vec::new();
    for up in m.ancestors(node).filter(|up| m.shape(*up) == Shape::Call) {
        for call in chained(code, up) {
            if matches!(
                m.call_name(call),
                "group"
                    | "Group"
                    | "Route"
                    | "route"
                    | "prefix"
                    | "namespace"
                    | "scope"
                    | "path"
                    | "MapGroup"
            ) {
                let path = m.args(call).first().and_then(|arg| m.string(*arg)).unwrap_or("");
                prefixes.push(path.to_owned());
            }
        }
    }
    prefixes.reverse();
    prefixes.iter().fold(String::new(), |path, next| super::join(&path, next))
}

/// A call and those it is chained on: `a.b().c()` → `c`, `b`.
pub(super) fn chained(code: &Code<'_, '_>, call: Id) -> Vec<Id> {
    let m = code.module;
    let mut calls = vec![call];
    let mut at = m.receiver(call);
    while let Some(next) = at
        && m.shape(next) == Shape::Call
        && calls.len() < 24
    {
        calls.push(next);
        at = m.receiver(next);
    }
    calls
}

/// Calls chained after a node: `Route::post(…)->middleware('throttle')`.
pub(super) fn after(code: &Code<'_, '_>, call: Id) -> Vec<String> {
    let m = code.module;
    let mut found = Vec::new();
    let mut at = call;
    for up in m.ancestors(call).take(48) {
        match m.shape(up) {
            Shape::Member | Shape::Group | Shape::Statement => {}
            Shape::Call if m.child(up, Part::Args) != Some(at) && m.shape(at) != Shape::Args => {
                found.push(m.call_name(up).to_owned());
                for arg in m.args(up) {
                    found.extend(names(code, arg));
                }
            }
            _ => break,
        }
        at = up;
    }
    found
}

/// Calls that a function, or its name, is handed to: `export default withAuth(handler)`.
pub(super) fn wrappers(code: &Code<'_, '_>, function: Id) -> Vec<String> {
    let m = code.module;
    let name = m.function_name(function);
    let wraps = |call: &Id| {
        m.args(*call)
            .iter()
            .any(|arg| contains(code, *arg, function) || (!name.is_empty() && m.leaf(*arg) == name))
    };
    code.calls().filter(wraps).take(8).map(|call| m.call_name(call).to_owned()).collect()
}

/// The function that an argument is or names.
pub(super) fn handler(code: &Code<'_, '_>, arg: Id) -> Option<Id> {
    let m = code.module;
    let arg = m.unwrap(arg);
    match m.shape(arg) {
        Shape::Function => Some(arg),
        Shape::Name | Shape::Member | Shape::Variable => {
            let name = m.leaf(arg);
            m.all(Shape::Function).iter().copied().find(|id| !name.is_empty() && m.function_name(*id) == name)
        }
        // asyncHandler(async (req, res) => …), http.HandlerFunc(login)
        Shape::Call => m.args(arg).into_iter().rev().find_map(|inner| handler(code, inner)),
        _ => None,
    }
}

/// The class a node stands in.
pub(super) fn class_of(code: &Code<'_, '_>, node: Id) -> Option<Id> {
    code.module.ancestors(node).find(|up| code.module.shape(*up) == Shape::Class)
}

fn contains(code: &Code<'_, '_>, outer: Id, inner: Id) -> bool {
    let (outer, inner) = (code.module.node(outer), code.module.node(inner));
    outer.start <= inner.start && inner.end <= outer.end
}

/// Names of the calls chained after a node, without their arguments.
pub(super) fn after_names(code: &Code<'_, '_>, call: Id) -> Vec<String> {
    after(code, call)
}
