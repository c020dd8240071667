//! Limits: missing where passwords are tried, missing where work is dear, too weak, and silent about when to come back.

use crate::{
    facts::{Code, Route},
    lang::Language,
    rules::{Hit, Hits},
    tree::{Id, Shape},
    verdict::{Severity, Tier},
    vocabulary,
};

/// Whether the route is registered on an application that this file itself builds: then its chain is complete here.
pub(super) fn is_whole_app(code: &Code<'_, '_>, route: &Route) -> bool {
    let m = code.module;
    if m.shape(route.node) != Shape::Call {
        let Some(call) = m.children(route.node).next().filter(|id| m.shape(*id) == Shape::Call) else {
            return false;
        };
        return built_here(code, call);
    }
    built_here(code, route.node)
}

const APPS: &[&str] = &[
    "express",
    "fastify",
    "Fastify",
    "Koa",
    "Hono",
    "Default",
    "New",
    "NewServeMux",
    "Flask",
    "FastAPI",
    "CreateBuilder",
    "Build",
    "create",
    "App",
    "Elysia",
    "NewRouter",
];

fn built_here(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    let router = code.base_receiver(call);
    let name = router.map_or("", |id| m.leaf(id));
    let value = |value: &Id| {
        let value = m.unwrap(*value);
        let constructs =
            matches!(m.shape(value), Shape::Call | Shape::New) && APPS.contains(&m.call_name(value));
        // `new Koa()` around a router in the same file, `gin.New()`, `chi.NewRouter()`.
        constructs && m.call_name(value) != "Router"
    };
    let built = code.flow().values_of(name, call).iter().any(value);
    let mounted =
        code.calls().any(|c| matches!(m.call_name(c), "listen" | "serve" | "ListenAndServe" | "run" | "Run"));
    match m.language {
        Language::Go => built || name == "http" || mounted,
        Language::Rust | Language::Kotlin => {
            mounted || name == "App" || code.calls().any(|c| m.call_name(c) == "embeddedServer")
        }
        Language::Ruby => {
            code.imports().is_empty() && m.src.contains("sinatra") || m.src.contains("Sinatra::")
        }
        Language::Php => m.src.contains("AppFactory") || code.path.ends_with("web.php"),
        _ => built || (mounted && m.language.is_script()),
    }
}

fn is_sign_in(route: &Route) -> bool {
    const WHOLE: &[&str] = &[
        "login",
        "log-in",
        "signin",
        "sign-in",
        "sign_in",
        "signup",
        "sign-up",
        "sign_up",
        "register",
        "registration",
        "authenticate",
        "auth",
        "forgot-password",
        "reset-password",
        "password-reset",
        "forgot_password",
        "reset_password",
        "otp",
        "verify-otp",
        "2fa",
        "password",
        "sessions",
    ];
    let segments = route.segments();
    let last = segments.last().map_or("", String::as_str);
    WHOLE.contains(&last)
        || (matches!(last, "email" | "verify" | "reset" | "forgot" | "token")
            && segments.iter().rev().skip(1).any(|s| WHOLE.contains(&s.as_str())))
}

/// Changing one's password or ending a session asks for a session first: there is nothing to guess.
fn is_signed_in(code: &Code<'_, '_>, route: &Route) -> bool {
    let segments = route.segments();
    let last = segments.last().map_or("", String::as_str);
    matches!(last, "password" | "sessions" | "session") && route.has_auth(code)
}

fn sign_in_routes<'c>(code: &'c Code<'_, '_>) -> Vec<(&'c Route, bool)> {
    let routes = code.routes();
    let limited = routes.iter().any(|route| route.has_limit(code));
    routes
        .iter()
        .filter(|route| route.method.writes() && is_sign_in(route) && !route.has_limit(code))
        .filter(|route| !is_signed_in(code, route))
        .map(|route| (route, limited || is_whole_app(code, route)))
        .collect()
}

/// A limiter put on the application in another file cannot be seen: then the finding does not block.
fn push(code: &Code<'_, '_>, route: &Route, message: String, certain: bool, hits: &mut Hits) {
    let node = code.module.node(route.node);
    let hit = Hit::new(node.start, node.end, message);
    hits.push(if certain { hit } else { hit.at(Severity::Warning, Tier::SoftBlock) });
}

pub(super) fn auth_endpoint(code: &Code<'_, '_>, hits: &mut Hits) {
    for (route, certain) in sign_in_routes(code) {
        let message =
            format!("AUTH WITHOUT RATE LIMIT: Authentication endpoint {} lacks rate limiting", route.path);
        push(code, route, message, certain, hits);
    }
}

pub(super) fn required(code: &Code<'_, '_>, hits: &mut Hits) {
    for (route, certain) in sign_in_routes(code) {
        push(code, route, format!("Auth endpoint \"{}\" missing rate limiter", route.path), certain, hits);
    }
}

pub(super) fn declared(code: &Code<'_, '_>, hits: &mut Hits) {
    if code.project.endpoints.is_empty() {
        return;
    }
    for route in code.routes() {
        let limited =
            code.project.endpoint(route.method, &route.path).is_some_and(|endpoint| endpoint.limited);
        if limited && !route.has_limit(code) {
            hits.at(
                code,
                route.node,
                format!("MISSING RATE LIMIT: \"{}\" should have rate limiting", route.path),
            );
        }
    }
}

const DEAR: &[&str] = &[
    "upload", "uploads", "export", "exports", "import", "imports", "bulk", "batch", "download", "report",
    "reports", "generate",
];
const QUEUES: &[&[&str]] = &[
    &["queue"],
    &["enqueue"],
    &["job"],
    &["jobs"],
    &["worker"],
    &["background"],
    &["delay"],
    &["celery"],
    &["sidekiq"],
    &["dispatch"],
    &["publish"],
    &["perform", "later"],
    &["perform", "async"],
    &["apply", "async"],
    &["schedule"],
    &["bull"],
    &["add", "task"],
    &["send", "message"],
    &["submit"],
    &["spawn"],
    &["producer"],
];

pub(super) fn expensive(code: &Code<'_, '_>, hits: &mut Hits) {
    for route in code.routes() {
        let segments = route.segments();
        let dear =
            segments.iter().flat_map(|s| vocabulary::words(s)).find(|word| DEAR.contains(&word.as_str()));
        let Some(word) = dear else { continue };
        if !route.has_limit(code) && !route.has(code, QUEUES) {
            hits.at(
                code,
                route.node,
                format!("EXPENSIVE UNPROTECTED: \"{word}\" operation may need rate limiting or queueing"),
            );
        }
    }
}

/// Requests per window above which a limit is none.
const MAX_LIMIT: f64 = 10_000.0;
/// Milliseconds below which a window is none.
const MIN_WINDOW_MS: f64 = 1_000.0;

pub(super) fn weak(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for &(at, name, value) in code.bindings() {
        let Some(number) = m.number(value).filter(|number| *number > MAX_LIMIT || *number < MIN_WINDOW_MS)
        else {
            continue;
        };
        if !in_limiter(code, at) {
            continue;
        }
        let words = vocabulary::words(name);
        let word = words.join(" ");
        if matches!(word.as_str(), "window ms" | "time window ms" | "interval ms") && number < MIN_WINDOW_MS {
            hits.at(code, at, format!("WEAK LIMIT: Rate limit window of {number}ms may be too short"));
        } else if matches!(
            word.as_str(),
            "max"
                | "limit"
                | "max requests"
                | "points"
                | "permit limit"
                | "token limit"
                | "limit for period"
                | "requests"
                | "burst"
                | "capacity"
                | "max hits"
        ) && number > MAX_LIMIT
        {
            hits.at(code, at, too_high(number));
        }
    }
    for call in code.calls() {
        if !names_limiter(m.call_name(call))
            && !names_limiter(m.receiver_name(call))
            && !is_limiter_package(m.receiver_name(call))
            && m.call_name(call) != "limitForPeriod"
        {
            continue;
        }
        for arg in m.args(call) {
            let text = m.string(arg).and_then(limit_in_text);
            let positional = m.number(arg).or_else(|| {
                (m.shape(arg) == Shape::Call)
                    .then(|| m.args(arg).first().and_then(|a| m.number(*a)))
                    .flatten()
            });
            let number = text.or(positional.filter(|_| !m.is_pair(arg)));
            if let Some(number) = number.filter(|number| *number > MAX_LIMIT) {
                hits.at(code, arg, too_high(number));
            }
        }
    }
}

fn too_high(number: f64) -> String {
    format!("WEAK LIMIT: Rate limit of {number} requests may be too high")
}

fn is_limiter_package(name: &str) -> bool {
    matches!(name, "rate" | "tollbooth" | "Bandwidth" | "Limit" | "Rack")
}

/// `100000/minute`, `100000 per hour`, `throttle:100000,1`
fn limit_in_text(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = text
        .strip_prefix("throttle:")
        .map_or_else(|| text.split(['/', ' ']).next(), |rest| rest.split(',').next())?;
    let shaped = text.starts_with("throttle:") || text.contains('/') || text.contains(" per ");
    number.parse().ok().filter(|_| shaped)
}

fn names_limiter(name: &str) -> bool {
    let stem = |stem: &str| {
        name.as_bytes().windows(stem.len()).any(|window| window.eq_ignore_ascii_case(stem.as_bytes()))
    };
    if !(stem("limit") || stem("throttl") || stem("slow") || name == "middleware") {
        return false;
    }
    let words = vocabulary::words(name);
    let has = |sequence: &[&str]| vocabulary::contains_words(&words, sequence);
    has(&["rate", "limit"])
        || has(&["rate", "limiter"])
        || has(&["ratelimit"])
        || has(&["limiter"])
        || has(&["throttle"])
        || has(&["throttler"])
        || has(&["slow", "down"])
        || has(&["throttling"])
        || has(&["rate", "limiting"])
        || has(&["rate", "limits"])
        || has(&["ratelimiter"])
        || has(&["middleware"]) && name == "middleware"
}

fn in_limiter(code: &Code<'_, '_>, at: Id) -> bool {
    let m = code.module;
    m.ancestors(at).take(12).any(|up| match m.shape(up) {
        Shape::Call | Shape::New => names_limiter(m.call_name(up)) || names_limiter(m.receiver_name(up)),
        Shape::Assign => m.bindings(up).first().is_some_and(|(target, _)| names_limiter(m.leaf(*target))),
        Shape::Pair => names_limiter(m.key(up)),
        Shape::Annotation => names_limiter(m.annotation_name(up)),
        Shape::Group => m.children(up).next().is_some_and(|first| {
            names_limiter(m.leaf(first)) || names_limiter(m.text(first).rsplit('.').next().unwrap_or(""))
        }),
        _ => false,
    })
}

pub(super) fn retry_after(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for call in code.calls() {
        if !answers_429(code, call) {
            continue;
        }
        let scope = m.node(call).scope;
        let told = m.below(scope).any(|id| {
            let name = match m.shape(id) {
                Shape::Name | Shape::Shorthand | Shape::Symbol => m.leaf(id),
                Shape::Str => m.string_text(id),
                _ => return false,
            };
            name.len() < 80 && vocabulary::contains_words(&vocabulary::words(name), &["retry", "after"])
        });
        if !told {
            hits.at(code, call, "MISSING RETRY-AFTER: a 429 answer does not say when to come back");
        }
    }
}

/// Calls that answer with a status.
const ANSWERS: &[&str] = &[
    "status",
    "sendStatus",
    "code",
    "writeHead",
    "WriteHeader",
    "abort",
    "JSON",
    "AbortWithStatus",
    "AbortWithStatusJSON",
    "Error",
    "StatusCode",
    "HTTPException",
    "Response",
    "JsonResponse",
    "JSONResponse",
    "halt",
    "render",
    "head",
    "json",
    "String",
    "NoContent",
    "respond",
    "HttpException",
    "make_response",
    "jsonify",
    "HttpResponse",
    "ResponseStatusException",
    "NewHTTPError",
    "Json",
    "http_response_code",
    "response",
    "from",
    "setStatus",
    "sendError",
];

fn answers_429(code: &Code<'_, '_>, call: Id) -> bool {
    let m = code.module;
    if matches!(
        m.call_name(call),
        "TooManyRequestsException" | "TooManyRequests" | "TooManyRequestsError" | "ThrottlerException"
    ) {
        return m.shape(call) == Shape::New || m.receiver_name(call) == "HttpResponse";
    }
    ANSWERS.contains(&m.call_name(call))
        && m.args(call)
            .iter()
            .flat_map(
                |arg| if m.shape(*arg) == Shape::Object { m.children(*arg).collect() } else { vec![*arg] },
            )
            .any(|arg| {
                let arg = &arg;
                let arg = m.value(*arg).filter(|_| m.is_pair(*arg)).unwrap_or(*arg);
                let name = m.leaf(arg);
                m.number(arg) == Some(429.0)
                    || matches!(
                        name,
                        "TOO_MANY_REQUESTS"
                            | "StatusTooManyRequests"
                            | "HTTP_429_TOO_MANY_REQUESTS"
                            | "too_many_requests"
                            | "TooManyRequests"
                            | "HTTP_TOO_MANY_REQUESTS"
                            | "Status429TooManyRequests"
                    )
            })
}
