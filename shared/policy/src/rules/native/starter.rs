//! Endpoints and settings that nobody declared, and errors that vanish.

use crate::{
    facts::{Code, Method, same_path, segments},
    lang::Language,
    rules::{Hit, Hits},
    tree::{Id, Part, Shape},
    verdict::{Severity, Tier},
    vocabulary,
};

pub(super) fn fake_endpoints(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    let declared = &code.project.endpoints;
    if declared.is_empty() {
        return;
    }
    let roots: Vec<String> = declared.iter().filter_map(|e| segments(&e.path).into_iter().next()).collect();
    for call in code.calls() {
        let Some((method, path, at)) = request(code, call) else { continue };
        let asked = segments(&path);
        let known_root = asked.first().is_some_and(|first| roots.contains(first));
        let fits = |m: Method, p: &str| {
            (m == method || m == Method::Any || method == Method::Any) && same_path(p, &path)
        };
        let known = declared.iter().any(|e| fits(e.method, &e.path))
            || code.routes().iter().any(|r| fits(r.method, &r.path));
        if known_root && !known {
            let verb = if method == Method::Any {
                String::new()
            } else {
                format!("{} ", format!("{method:?}").to_ascii_uppercase())
            };
            hits.at(code, at, format!("FAKE ENDPOINT: {verb}{path} is declared nowhere"));
        }
    }
    let _ = m;
}

/// A request to a path of this application: method, path, and the argument that names it.
fn request(code: &Code<'_, '_>, call: Id) -> Option<(Method, String, Id)> {
    let m = code.module;
    let args = m.args(call);
    let first = *args.first()?;
    let text = (m.shape(first) == Shape::Str).then(|| m.string_text(first))?;
    let path = if text.starts_with('/') {
        text
    } else {
        text.split_once('}')
            .map(|(_, rest)| rest)
            .filter(|rest| text.starts_with("${") && rest.starts_with('/'))?
    };
    if path.starts_with("//") || path.contains(' ') {
        return None;
    }
    let name = m.call_name(call);
    let method = if name == "fetch" || name == "$fetch" || name == "useFetch" {
        let given = args
            .get(1)
            .and_then(|options| m.children(*options).find(|id| m.is_pair(*id) && m.key(*id) == "method"));
        let value = given.and_then(|pair| m.value(pair)).and_then(|value| m.string(value));
        value.map_or(Method::Get, |verb| Method::named(verb).unwrap_or(Method::Any))
    } else {
        let on = vocabulary::words(m.receiver_name(call)).pop().unwrap_or_default();
        let client = matches!(
            on.as_str(),
            "axios"
                | "http"
                | "client"
                | "api"
                | "ky"
                | "got"
                | "requests"
                | "request"
                | "httpx"
                | "session"
                | "superagent"
                | "instance"
        );
        let registers = code.routes().iter().any(|route| route.node == call);
        Method::named(name).filter(|_| client && !registers)?
    };
    Some((method, path.to_owned(), first))
}

/// Set by shells, runtimes and CI: nobody declares them.
const AMBIENT: &[&str] = &[
    "NODE_ENV",
    "HOME",
    "PATH",
    "PWD",
    "USER",
    "SHELL",
    "LANG",
    "TERM",
    "CI",
    "TMPDIR",
    "TEMP",
    "TMP",
    "HOSTNAME",
    "TZ",
    "EDITOR",
    "DEBUG",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "USERNAME",
    "USERPROFILE",
    "APPDATA",
    "MODE",
    "DEV",
    "PROD",
    "SSR",
    "BASE_URL",
    "GITHUB_ACTIONS",
    "VERCEL",
    "RAILS_ENV",
    "RACK_ENV",
    "PYTHONPATH",
    "GOPATH",
    "CARGO_MANIFEST_DIR",
    "OUT_DIR",
    "LOGNAME",
    "npm_package_version",
];

pub(super) fn missing_env(code: &Code<'_, '_>, hits: &mut Hits) {
    let Some(declared) = &code.project.env else { return };
    for (at, name) in env_reads(code) {
        let shaped =
            name.len() > 1 && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if shaped && !declared.contains(name) && !AMBIENT.contains(&name) && !has_default(code, at) {
            hits.at(code, at, format!("MISSING ENV VAR: {name} is read here and declared nowhere"));
        }
    }
}

fn env_reads<'s>(code: &Code<'_, 's>) -> Vec<(Id, &'s str)> {
    let m = code.module;
    let mut found = Vec::new();
    for id in m.all(Shape::Member).iter().chain(m.all(Shape::Index)) {
        let on = m.object(*id).map_or("", |object| m.leaf(object));
        let reads = match m.language {
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                on == "env" && is_env_object(m.text(m.object(*id).unwrap_or(*id)))
            }
            Language::Python => m.shape(*id) == Shape::Index && on == "environ",
            Language::Ruby => m.shape(*id) == Shape::Index && on == "ENV",
            Language::Php => m.shape(*id) == Shape::Index && on == "_ENV",
            _ => false,
        };
        if reads
            && m.parent(*id).is_none_or(|up| {
                m.shape(up) != Shape::Assign
                    || m.bindings(up).first().is_none_or(|(target, _)| *target != *id)
            })
        {
            found.push((*id, m.leaf(*id)));
        }
    }
    for call in code.calls().chain(m.all(Shape::Macro).iter().copied()) {
        let args = m.args(call);
        let (Some(first), 1) = (args.first(), args.len()) else { continue };
        let on = m.receiver_name(call);
        let reads = match m.call_name(call) {
            "getenv" | "Getenv" | "GetEnvironmentVariable" => true,
            "get" | "fetch" => matches!(on, "env" | "ENV" | "environ"),
            "env" => m.language == Language::Php,
            "var" => on == "env" && m.language == Language::Rust,
            _ => false,
        };
        if reads && let Some(name) = m.string(*first) {
            found.push((call, name));
        }
    }
    for assign in m.all(Shape::Assign).iter().filter(|_| m.language.is_script()) {
        for (target, value) in m.bindings(*assign) {
            if m.shape(target) == Shape::Object && is_env_object(m.text(value)) {
                found.extend(
                    m.children(target)
                        .filter(|id| matches!(m.shape(*id), Shape::Shorthand | Shape::Pair))
                        .map(|id| (id, m.key(id))),
                );
            }
        }
    }
    found
}

fn is_env_object(text: &str) -> bool {
    matches!(text, "process.env" | "import.meta.env" | "Bun.env")
}

/// `X ?? 'y'`, `X || 'y'`, `X or 'y'`, `if (X)`, `Boolean(X)`.
fn has_default(code: &Code<'_, '_>, at: Id) -> bool {
    let m = code.module;
    m.ancestors(at).take(3).any(|up| match m.shape(up) {
        Shape::Binary => {
            matches!(m.operator(up), "??" | "||" | "or" | "?:" | "===" | "==" | "!==" | "!=" | "&&")
        }
        Shape::Unary | Shape::If | Shape::Ternary => true,
        Shape::Call => matches!(
            m.call_name(up),
            "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "Boolean" | "ok" | "orElse" | "is_ok"
        ),
        Shape::Member => {
            matches!(m.leaf(up), "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "ok" | "is_ok")
        }
        _ => false,
    })
}

const EMPTY: &str = "SWALLOWED ERROR: Empty catch block silently discards errors";
const COMMENT: &str = "SWALLOWED ERROR: Catch block contains only a comment";

pub(super) fn swallowed(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for catch in m.all(Shape::Catch) {
        match body_kind(code, *catch) {
            Body::Empty => hits.at(code, *catch, EMPTY),
            Body::Comment => informs(code, *catch, COMMENT, hits),
            Body::Nothing => {
                informs(code, *catch, "SWALLOWED ERROR: Catch block returns nothing and tells nobody", hits)
            }
            Body::Handles => {}
        }
    }
    for call in code
        .calls()
        .filter(|call| m.call_name(*call) == "catch" && m.language.is_script() && m.receiver(*call).is_some())
    {
        let Some(handler) = m.args(call).first().copied() else { continue };
        let name = m.leaf(handler);
        let empty = m.shape(handler) == Shape::Function
            && m.body(handler)
                .is_some_and(|body| m.shape(body) == Shape::Block && m.children(body).next().is_none());
        if empty || matches!(name, "noop" | "_noop" | "undefined") || m.shape(handler) == Shape::Null {
            hits.at(code, call, EMPTY);
        }
    }
    if matches!(m.language, Language::Go | Language::Rust) {
        empty_branches(code, hits);
    }
}

enum Body {
    Empty,
    Comment,
    Nothing,
    Handles,
}

fn body_kind(code: &Code<'_, '_>, catch: Id) -> Body {
    let m = code.module;
    let own = m.body(catch).filter(|body| *body != catch);
    let Some(body) = own else {
        let inside = m.children(catch).any(|id| m.shape(id) == Shape::Comment);
        let other = m.values(catch).any(|id| {
            matches!(
                m.shape(id),
                Shape::Statement | Shape::Call | Shape::Throw | Shape::Return | Shape::If | Shape::Assign
            )
        });
        return match (other, inside) {
            (true, _) => Body::Handles,
            (false, true) => Body::Comment,
            (false, false) => Body::Empty,
        };
    };
    let mut statements =
        m.values(body).filter(|id| m.shape(*id) != Shape::Pass && m.shape(m.unwrap(*id)) != Shape::Pass);
    let commented = m.children(body).chain(m.children(catch)).any(|id| m.shape(id) == Shape::Comment);
    match (statements.next(), statements.next()) {
        (None, _) if commented => Body::Comment,
        (None, _) => Body::Empty,
        (Some(only), None) if m.shape(only) == Shape::Return && !commented => {
            let nothing = m.values(only).all(|value| m.is_null(value));
            if nothing { Body::Nothing } else { Body::Handles }
        }
        _ => Body::Handles,
    }
}

fn informs(code: &Code<'_, '_>, at: Id, message: &str, hits: &mut Hits) {
    let node = code.module.node(at);
    hits.push(Hit::new(node.start, node.end, message).at(Severity::Info, Tier::Warn));
}

/// `if err != nil { }`, `if let Err(_) = x { }`.
fn empty_branches(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for branch in m.all(Shape::If) {
        let Some(then) = m.child(*branch, Part::Then) else { continue };
        let Some(condition) = m.child(*branch, Part::Condition) else { continue };
        let text = m.text(condition);
        let fails = match m.language {
            Language::Go => {
                text.ends_with("!= nil")
                    && m.below(condition).chain([condition]).any(|id| {
                        vocabulary::words(m.leaf(id)).last().is_some_and(|w| w == "err" || w == "error")
                    })
            }
            _ => text.starts_with("let Err("),
        };
        let mut inside = m.children(then).flat_map(|id| {
            if m.shape(id) == Shape::Other { m.children(id).collect::<Vec<_>>() } else { vec![id] }
        });
        match (fails, inside.next(), inside.next()) {
            (true, None, _) => hits.at(code, *branch, EMPTY),
            (true, Some(only), None) if m.shape(only) == Shape::Comment => {
                informs(code, *branch, COMMENT, hits)
            }
            _ => {}
        }
    }
}
