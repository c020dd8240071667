//! Routes a file registers, with everything that stands between the request and the handler.
//!
//! Four ways of registering cover the frameworks: a verb called with a path (`calls.rs`), an annotation on a handler
//! (`annotations.rs`), a file whose place is its path (Next, here), and a method router (axum, in `calls.rs`).

mod annotations;
mod calls;
mod chain;

use super::Code;
use crate::{
    tree::{Id, Shape},
    vocabulary,
};

/// What a route answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    /// Any method, or one that could not be read.
    Any,
}

impl Method {
    pub(crate) fn named(name: &str) -> Option<Method> {
        Some(match name.to_ascii_lowercase().as_str() {
            "get" => Method::Get,
            "post" => Method::Post,
            "put" => Method::Put,
            "patch" => Method::Patch,
            "delete" | "del" => Method::Delete,
            "all" | "any" => Method::Any,
            _ => return None,
        })
    }

    /// Whether it changes something.
    pub(crate) fn writes(self) -> bool {
        self != Method::Get
    }
}

/// One registered route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Where it is registered.
    pub(crate) node: Id,
    pub(crate) method: Method,
    /// As written, with the prefixes of its router, group or class: `/admin/users/:id`.
    pub(crate) path: String,
    /// Names in the chain: middleware, guards, decorators, dependencies, router-level `use`.
    pub(crate) chain: Vec<String>,
    /// The handler, when its code is in this file.
    pub(crate) handler: Option<Id>,
}

impl Route {
    /// The route with these names taken out of its chain.
    pub(crate) fn without(&self, names: &[&str]) -> Route {
        let mut route = self.clone();
        route.chain.retain(|name| !names.contains(&name.as_str()));
        route
    }

    /// Whether a name in the chain or a call in the handler has one of these word sequences.
    pub(crate) fn has(&self, code: &Code<'_, '_>, sequences: &[&[&str]]) -> bool {
        let fits = |name: &str| {
            let words = vocabulary::words(name);
            sequences.iter().any(|sequence| vocabulary::contains_words(&words, sequence))
        };
        if self.chain.iter().any(|name| fits(name)) {
            return true;
        }
        let Some(handler) = self.handler else { return false };
        let m = code.module;
        let params =
            m.params(handler).into_iter().flat_map(|param| m.below(param).chain([param]).collect::<Vec<_>>());
        let in_params = params
            .filter(|id| matches!(m.shape(*id), Shape::Name | Shape::TypeName))
            .any(|id| fits(m.leaf(id)));
        // Ruby calls without parentheses are names.
        let ruby = m.language == crate::lang::Language::Ruby;
        if ruby && m.below(handler).any(|id| m.shape(id) == Shape::Name && fits(m.leaf(id))) {
            return true;
        }
        // Kotlin's annotations are calls below the function; they are in the chain already.
        let body = m.body(handler).map_or(0, |body| m.node(body).start);
        let mut calls = code.calls_below(handler).filter(|call| m.node(*call).start >= body);
        in_params || calls.any(|call| fits(m.call_name(call)) || fits(m.receiver_name(call)))
    }

    /// Whether the chain takes someone's identity.
    pub(crate) fn has_auth(&self, code: &Code<'_, '_>) -> bool {
        self.has(code, AUTH)
    }

    /// Whether the chain limits the rate.
    pub(crate) fn has_limit(&self, code: &Code<'_, '_>) -> bool {
        self.has(code, LIMIT)
    }

    /// Path segments, lower case, parameters left out.
    pub(crate) fn segments(&self) -> Vec<String> {
        segments(&self.path).into_iter().filter(|s| s != "{}").collect()
    }
}

/// Word sequences that name authentication.
const AUTH: &[&[&str]] = &[
    &["auth"],
    &["authenticate"],
    &["authenticated"],
    &["authentication"],
    &["authorize"],
    &["authorized"],
    &["authorization"],
    &["authorise"],
    &["login", "required"],
    &["logged", "in"],
    &["signed", "in"],
    &["jwt"],
    &["passport"],
    &["current", "user"],
    &["session"],
    &["permission"],
    &["permissions"],
    &["permit"],
    &["role"],
    &["roles"],
    &["guard"],
    &["guards"],
    &["protect"],
    &["protected"],
    &["secured"],
    &["token"],
    &["oauth"],
    &["oauth2"],
    &["bearer"],
    &["verify", "user"],
    &["require", "user"],
    &["require", "login"],
    &["require", "admin"],
    &["is", "admin"],
    &["admin", "only"],
    &["only", "admin"],
    &["ensure", "admin"],
    &["admin", "required"],
    &["principal"],
    &["identity"],
    &["claims"],
    &["api", "key"],
    &["sanctum"],
    &["policy"],
    &["can"],
    &["gate"],
    &["acl"],
    &["rbac"],
    &["csrf", "protect"],
    &["signature"],
    &["hmac"],
    &["staff", "member", "required"],
    &["superuser"],
    &["get", "user"],
    &["authz"],
    &["authn"],
    &["clerk"],
    &["firewall"],
    &["grant"],
];

/// Word sequences that name a rate limiter.
const LIMIT: &[&[&str]] = &[
    &["rate", "limit"],
    &["ratelimit"],
    &["rate", "limiter"],
    &["ratelimiter"],
    &["rate", "limited"],
    &["ratelimited"],
    &["rate", "limits"],
    &["limiter"],
    &["throttle"],
    &["throttled"],
    &["throttler"],
    &["throttling"],
    &["slow", "down"],
    &["brute"],
    &["bruteforce"],
    &["bucket"],
    &["tollbooth"],
    &["governor"],
    &["slowapi"],
    &["request", "limit"],
    &["api", "limit"],
    &["enable", "rate", "limiting"],
    &["require", "rate", "limiting"],
    &["rate", "limiting"],
    &["lockout"],
    &["axes"],
    &["rack", "attack"],
    &["limit", "req"],
    &["limits"],
    &["limit", "requests"],
    &["captcha"],
    &["limit", "login"],
];

pub(super) fn uses(code: &Code<'_, '_>) -> Vec<Id> {
    code.calls().filter(|call| chain::is_use(code.module.call_name(*call))).collect()
}

pub(super) fn collect(code: &Code<'_, '_>) -> Vec<Route> {
    let mut routes = calls::collect(code);
    routes.extend(annotations::collect(code));
    routes.extend(next_files(code));
    routes.sort_by_key(|route| route.node);
    routes.dedup_by_key(|route| (route.node, route.method));
    routes
}

/// Next: `app/api/login/route.ts` exports `POST`; `pages/api/login.ts` exports a default handler.
fn next_files(code: &Code<'_, '_>) -> Vec<Route> {
    let m = code.module;
    if !m.language.is_script() {
        return Vec::new();
    }
    let stem = code.path.rsplit_once('.').map_or(code.path, |(stem, _)| stem);
    if let Some(folder) = stem.strip_suffix("/route").and_then(|folder| after(folder, "app/")) {
        let named = m.all(Shape::Function).iter().copied().filter(|id| m.node(*id).scope == 0);
        return named
            .filter_map(|function| {
                let name = m.function_name(function);
                let method = Method::named(name).filter(|_| name.bytes().all(|b| b.is_ascii_uppercase()))?;
                Some(Route {
                    node: function,
                    method,
                    path: format!("/{folder}"),
                    chain: Vec::new(),
                    handler: Some(function),
                })
            })
            .collect();
    }
    let Some(page) = after(stem, "pages/api/") else { return Vec::new() };
    let handler = m.all(Shape::Function).iter().copied().find(|id| {
        let first = m.params(*id).first().map_or("", |param| m.param_name(*param));
        m.node(*id).scope == 0 && matches!(first, "req" | "request" | "_req")
    });
    let route = handler.map(|function| Route {
        node: function,
        method: Method::Any,
        path: format!("/api/{page}"),
        chain: chain::wrappers(code, function),
        handler: Some(function),
    });
    route.into_iter().collect()
}

fn after<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let at = path.rfind(folder)?;
    let whole = at == 0 || path.as_bytes()[at - 1] == b'/';
    whole.then(|| &path[at + folder.len()..])
}

/// Segments with parameters as `{}`: `/users/:id`, `/users/{id}`, `/users/[id]`, `/users/<int:id>`.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    path.split('/')
        .filter(|segment| {
            let group = segment.starts_with('(') && segment.ends_with(')');
            !segment.is_empty() && !group
        })
        .map(|segment| {
            let parameter = segment.starts_with([':', '{', '[', '<', '*', '$']) || segment.contains("${");
            if parameter { "{}".to_owned() } else { segment.to_ascii_lowercase() }
        })
        .collect()
}

/// Whether two paths are the same after parameters are made alike; either may have a base path in front.
pub(crate) fn same_path(one: &str, other: &str) -> bool {
    let (one, other) = (segments(one), segments(other));
    let (short, long) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    let tail = &long[long.len() - short.len()..];
    let alike = short.iter().zip(tail).all(|(a, b)| a == b || a == "{}" || b == "{}");
    let named = short.iter().zip(tail).any(|(a, b)| a == b && a != "{}");
    alike && named && long.len() - short.len() <= 2
}

fn join(prefix: &str, path: &str) -> String {
    let (prefix, path) = (prefix.trim_matches('/'), path.trim_matches('/'));
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => format!("/{path}"),
        (false, true) => format!("/{prefix}"),
        (false, false) => format!("/{prefix}/{path}"),
    }
}
