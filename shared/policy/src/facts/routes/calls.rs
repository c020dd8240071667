//! Routes registered by calling a verb with a path.

use super::{Method, Route, chain, join};
use crate::{
    facts::Code,
    lang::Language,
    tree::{Id, Shape},
    vocabulary,
};

/// Words that name a router when they end an identifier.
const ROUTERS: &[&str] = &[
    "app",
    "router",
    "routes",
    "route",
    "server",
    "fastify",
    "instance",
    "r",
    "e",
    "g",
    "group",
    "mux",
    "engine",
    "blueprint",
    "bp",
    "v1",
    "v2",
    "v3",
    "koa",
    "hono",
    "express",
    "endpoints",
    "srv",
];
/// What a router is assigned from.
const FACTORIES: &[&str] = &[
    "express",
    "Router",
    "fastify",
    "Fastify",
    "Koa",
    "Hono",
    "Elysia",
    "Default",
    "New",
    "NewRouter",
    "NewServeMux",
    "Group",
    "Blueprint",
    "FastAPI",
    "APIRouter",
    "Flask",
    "MapGroup",
    "CreateApplication",
    "Subrouter",
    "PathPrefix",
    "App",
    "AppFactory",
    "OpenAPIHono",
    "With",
];
/// Owners that send requests instead of answering them.
const CLIENTS: &[&str] = &[
    "axios",
    "client",
    "http",
    "https",
    "request",
    "requests",
    "agent",
    "supertest",
    "got",
    "ky",
    "superagent",
    "fetch",
    "session",
    "nock",
    "mock",
    "api",
    "cy",
    "page",
    "$http",
    "rest",
    "webclient",
    "httpclient",
    "mockmvc",
    "test",
    "tester",
    "conn",
    "gateway",
];

pub(super) fn collect(code: &Code<'_, '_>) -> Vec<Route> {
    let m = code.module;
    let mut routes = Vec::new();
    for call in m.all(Shape::Call) {
        let name = m.call_name(*call);
        if let Some(method) = verb(code, name, *call) {
            routes.extend(verb_route(code, *call, method));
        } else if matches!(
            name,
            "HandleFunc" | "Handle" | "route" | "path" | "re_path" | "MapMethods" | "match" | "add_url_rule"
        ) {
            routes.extend(path_route(code, *call, name));
        }
    }
    routes
}

fn verb(code: &Code<'_, '_>, name: &str, call: Id) -> Option<Method> {
    let m = code.module;
    let plain = name.strip_prefix("Map").filter(|_| m.language == Language::CSharp).unwrap_or(name);
    if m.language == Language::CSharp && plain == name {
        return None;
    }
    // Rust's `post(handler)` is read where it is mounted: `.route("/path", post(handler))`.
    if matches!(m.language, Language::Rust | Language::Python | Language::Java) {
        return None;
    }
    let _ = call;
    Method::named(plain)
}

fn verb_route(code: &Code<'_, '_>, call: Id, method: Method) -> Option<Route> {
    let m = code.module;
    let args = m.args(call);
    let named = args.first().and_then(|first| m.string(*first)).filter(|path| is_path(path, m.language));
    let on_path = named.is_none().then(|| chained_path(code, call)).flatten();
    let path = named.or(on_path)?;
    let handlers = &args[usize::from(named.is_some())..];
    if !is_router(code, call, handlers) {
        return None;
    }
    Some(build(code, call, method, path, handlers))
}

/// `router.route('/x').post(handler)`
fn chained_path<'s>(code: &Code<'_, 's>, call: Id) -> Option<&'s str> {
    let m = code.module;
    let on = chain::chained(code, call).into_iter().skip(1).find(|on| m.call_name(*on) == "route")?;
    m.args(on).first().and_then(|arg| m.string(*arg)).filter(|path| path.starts_with('/'))
}

fn is_path(path: &str, language: Language) -> bool {
    let rooted = path.starts_with('/') || (path.is_empty() && language == Language::Go);
    let bare = matches!(language, Language::Ruby | Language::Php | Language::CSharp | Language::Kotlin);
    let fits = path.len() < 200 && !path.contains([' ', '\n']) && !path.starts_with("//");
    fits && (rooted || (bare && !path.contains(['.', '=']) && !path.is_empty()))
}

fn is_router(code: &Code<'_, '_>, call: Id, handlers: &[Id]) -> bool {
    let m = code.module;
    let Some(base) = code.base_receiver(call) else {
        return match m.language {
            // Sinatra and Rails routes, Ktor: no receiver, but a block or a target.
            Language::Ruby => !handlers.is_empty() && is_ruby_route(code, handlers),
            Language::Kotlin => handlers.iter().any(|arg| m.shape(*arg) == Shape::Function),
            _ => false,
        };
    };
    let direct = m.receiver(call).map_or("", |id| m.leaf(id));
    let name = if direct.is_empty() { m.leaf(base) } else { direct };
    let last = vocabulary::words(name).pop().unwrap_or_default();
    if m.language == Language::Php && matches!(name, "Route" | "app" | "router" | "group" | "r") {
        return true;
    }
    if m.language == Language::Kotlin || m.language == Language::Ruby {
        return false;
    }
    let serves = handlers.iter().any(|arg| is_server_function(code, *arg));
    if m.shape(base) == Shape::Call || CLIENTS.contains(&last.as_str()) {
        return serves || built_by_factory(code, m.leaf(base), call);
    }
    if handlers.is_empty() || handlers.iter().all(|arg| m.shape(*arg) == Shape::Object) {
        return false;
    }
    let known = ROUTERS.contains(&last.as_str()) || last.ends_with("router") || last.ends_with("routes");
    known || serves || built_by_factory(code, name, call)
}

fn is_ruby_route(code: &Code<'_, '_>, handlers: &[Id]) -> bool {
    let m = code.module;
    let targets =
        handlers.iter().any(|arg| m.is_pair(*arg) && (m.key(*arg) == "to" || m.text(*arg).contains("=>")));
    let block = handlers.iter().any(|arg| m.shape(*arg) == Shape::Function);
    let in_routes = code.path.ends_with("routes.rb");
    (targets && (in_routes || m.src.contains("routes.draw"))) || (block && !code.path.contains("spec/"))
}

/// A function whose parameters are a request and a response.
fn is_server_function(code: &Code<'_, '_>, arg: Id) -> bool {
    let m = code.module;
    let Some(function) = chain::handler(code, arg) else { return false };
    m.params(function).first().is_some_and(|param| {
        matches!(
            m.param_name(*param),
            "req" | "_req" | "request" | "_request" | "ctx" | "c" | "context" | "w" | "event" | "res"
        )
    })
}

fn built_by_factory(code: &Code<'_, '_>, name: &str, at: Id) -> bool {
    let m = code.module;
    code.flow().values_of(name, at).iter().any(|value| {
        let value = m.unwrap(*value);
        matches!(m.shape(value), Shape::Call | Shape::New) && FACTORIES.contains(&m.call_name(value))
    })
}

/// `http.HandleFunc("POST /x", h)`, `.route("/x", post(h))`, `path("x/", view)`.
fn path_route(code: &Code<'_, '_>, call: Id, name: &str) -> Option<Route> {
    let m = code.module;
    let args = m.args(call);
    let text = args.first().and_then(|first| m.string(*first))?;
    let (verb, path) = text.split_once(' ').map_or(("", text), |(verb, path)| (verb, path.trim()));
    let django = matches!(name, "path" | "re_path") && m.language == Language::Python;
    let fits = match m.language {
        Language::Go => path.contains('/') && matches!(name, "HandleFunc" | "Handle"),
        Language::Rust => path.starts_with('/') && name == "route",
        Language::Python => {
            (django && code.path.ends_with("urls.py") && !has_include(code, &args)) || name == "add_url_rule"
        }
        _ => false,
    };
    if !fits {
        return None;
    }
    let handlers = args.get(1..).unwrap_or_default();
    let chained_verb = chain::after_names(code, call).into_iter().find_map(|name| Method::named(&name));
    let method = match m.language {
        Language::Rust => handlers
            .iter()
            .flat_map(|arg| chain::chained(code, *arg))
            .find_map(|c| Method::named(m.call_name(c))),
        Language::Go if verb.is_empty() => methods_in(code, call).or(chained_verb),
        _ => Method::named(verb),
    };
    Some(build(code, call, method.unwrap_or(Method::Any), path, handlers))
}

fn has_include(code: &Code<'_, '_>, args: &[Id]) -> bool {
    args.iter().any(|arg| code.module.call_name(*arg) == "include" || code.module.leaf(*arg) == "urls")
}

/// gorilla/mux: `.Methods("POST")`.
fn methods_in(code: &Code<'_, '_>, call: Id) -> Option<Method> {
    chain::after(code, call)
        .iter()
        .find_map(|name| Method::named(name).filter(|_| name.bytes().all(|b| b.is_ascii_uppercase())))
}

fn build(code: &Code<'_, '_>, call: Id, method: Method, path: &str, handlers: &[Id]) -> Route {
    let m = code.module;
    let mut names: Vec<String> = handlers
        .iter()
        .enumerate()
        .filter(|(at, arg)| at + 1 < handlers.len() || !matches!(m.shape(**arg), Shape::Name | Shape::Member))
        .flat_map(|(_, arg)| chain::names(code, *arg))
        .collect();
    names.extend(chain::on_router(code, call));
    names.extend(chain::around(code, call));
    names.extend(chain::after(code, call));
    for on in chain::chained(code, call).into_iter().skip(1) {
        names.push(m.call_name(on).to_owned());
        for arg in m.args(on) {
            names.extend(chain::names(code, arg));
        }
    }
    let mut handler = handlers.iter().rev().find_map(|arg| chain::handler(code, *arg));
    if let Some(function) = handler {
        // Decorators on the handler itself (Flask, Django).
        for annotation in m.annotations(function) {
            names.extend(chain::names(code, annotation));
        }
    }
    if m.language == Language::Rust {
        handler = handlers
            .iter()
            .flat_map(|arg| m.args(*arg))
            .find_map(|arg| chain::handler(code, arg))
            .or(handler);
    }
    let prefix = join(&chain::prefix_around(code, call), &group_prefix(code, call));
    Route { node: call, method, path: join(&prefix, path), chain: names, handler }
}

/// `admin := r.Group("/admin", auth)`
fn group_prefix(code: &Code<'_, '_>, call: Id) -> String {
    let m = code.module;
    let router = chain::router_name(code, call);
    let values = code.flow().values_of(router, call);
    let group = values.into_iter().map(|value| m.unwrap(value)).find(|value| {
        m.shape(*value) == Shape::Call
            && matches!(m.call_name(*value), "Group" | "MapGroup" | "PathPrefix" | "basePath")
    });
    let path = group.and_then(|group| m.args(group).first().copied()).and_then(|arg| m.string(arg));
    path.unwrap_or("").to_owned()
}
