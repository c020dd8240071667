//! Authentication that is switched off, missing or lost.

use crate::{
    facts::{Code, Route},
    lang::Language,
    rules::{Hit, Hits},
    text::Text,
    tree::{Id, Shape},
    verdict::{Severity, Tier},
    vocabulary,
};

/// Whole identifiers that switch authentication off when true.
const OFF_WHEN_TRUE: &[&[&str]] = &[
    &["skip", "auth"],
    &["no", "auth"],
    &["bypass", "auth"],
    &["disable", "auth"],
    &["auth", "disabled"],
    &["skip", "authentication"],
    &["disable", "authentication"],
    &["bypass", "authentication"],
    &["auth", "bypass"],
    &["skip", "authorization"],
    &["disable", "authorization"],
    &["ignore", "auth"],
    &["skip", "login"],
    &["bypass", "login"],
    &["skip", "jwt"],
    &["auth", "skip"],
    &["skip", "auth", "check"],
    &["disable", "auth", "check"],
];
/// Whole identifiers that switch authentication off when false.
const OFF_WHEN_FALSE: &[&[&str]] = &[
    &["require", "auth"],
    &["requires", "auth"],
    &["require", "login"],
    &["requires", "login"],
    &["auth", "required"],
    &["auth", "enabled"],
    &["enable", "auth"],
    &["authentication", "required"],
    &["require", "authentication"],
    &["requires", "authentication"],
    &["authentication", "enabled"],
    &["verify", "signature"],
    &["validate", "token"],
    &["verify", "jwt"],
    &["enforce", "auth"],
    &["check", "auth"],
    &["use", "auth"],
    &["auth"],
];

fn switches_off(name: &str, value: bool) -> bool {
    let words = vocabulary::words(name);
    let list = if value { OFF_WHEN_TRUE } else { OFF_WHEN_FALSE };
    list.iter().any(|sequence| {
        words.len() == sequence.len() && words.iter().zip(*sequence).all(|(have, want)| have == want)
    })
}

fn bypass_message(pattern: &str) -> String {
    format!("AUTH BYPASS: Suspicious pattern \"{pattern}\" may disable authentication")
}

pub(super) fn bypass(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for &(at, name, value) in code.bindings() {
        let value = m.boolean(value).or_else(|| m.string(value).and_then(truth));
        if let Some(value) = value.filter(|value| switches_off(name, *value)) {
            let node = m.node(at);
            let hit = Hit::new(node.start, node.end, bypass_message(&format!("{name} = {value}")));
            // `auth` alone is often a form's or a proxy's; a component sets what a person chose.
            let vague = vocabulary::words(name).len() < 2
                || code.path.ends_with(".vue")
                || code.path.ends_with(".svelte");
            hits.push(if vague { hit.at(Severity::Warning, Tier::SoftBlock) } else { hit });
        }
    }
    for function in m.all(Shape::Function) {
        if let Some(at) = lets_everyone_in(code, *function) {
            hits.at(code, at, bypass_message(&format!("{} lets everyone in", m.function_name(*function))));
        }
    }
    for route in code.routes() {
        open_by_annotation(code, route, hits);
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// An authentication middleware whose first statement is `next()`, a guard that only says yes.
fn lets_everyone_in(code: &Code<'_, '_>, function: Id) -> Option<Id> {
    let m = code.module;
    let name = m.function_name(function);
    let words = vocabulary::words(name);
    // `is_authenticated` of a user model and `offer_client_auth` decide nothing about a request.
    let told = |w: &String| {
        matches!(
            w.as_str(),
            "authenticate"
                | "authorize"
                | "auth"
                | "check"
                | "verify"
                | "require"
                | "ensure"
                | "can"
                | "validate"
                | "has"
                | "guard"
                | "enforce"
                | "jwt"
                | "user"
        )
    };
    if name != "isAdmin" && !words.first().is_some_and(told) {
        return None;
    }
    let guards = words.iter().any(|word| {
        matches!(word.as_str(), "auth" | "authenticate" | "authorize" | "authenticated" | "authorized")
    }) || matches!(
        name,
        "canActivate"
            | "has_permission"
            | "checkAuth"
            | "verifyToken"
            | "requireLogin"
            | "ensureLoggedIn"
            | "isAdmin"
    );
    if !guards || words.first().is_some_and(|w| w == "no" || w == "mock") {
        return None;
    }
    let body = m.body(function)?;
    let mut statements = m.values(body);
    let first = statements.next()?;
    let only = statements.next().is_none();
    let value = match m.shape(first) {
        Shape::Return => m.values(first).next().map(|value| m.unwrap(value)),
        _ => Some(m.unwrap(first)),
    }?;
    let calls_next = m.shape(value) == Shape::Call
        && m.call_name(value) == "next"
        && m.receiver(value).is_none()
        && m.args(value).is_empty();
    let says_yes = only
        && m.boolean(value) == Some(true)
        && (m.shape(first) == Shape::Return || m.language == Language::Rust || m.language == Language::Ruby);
    let is_middleware = m.params(function).iter().any(|param| m.param_name(*param) == "next");
    ((calls_next && is_middleware) || says_yes).then_some(first)
}

const OPEN: &[&str] = &[
    "login",
    "signin",
    "sign-in",
    "signup",
    "sign-up",
    "register",
    "auth",
    "oauth",
    "oauth2",
    "token",
    "refresh",
    "health",
    "healthz",
    "ping",
    "status",
    "webhook",
    "webhooks",
    "hook",
    "hooks",
    "callback",
    "public",
    "password",
    "forgot-password",
    "reset-password",
    "verify",
    "logout",
    "session",
    "sessions",
    "ready",
    "readyz",
    "live",
    "metrics",
    "version",
    "docs",
    "csp-report",
    "forgot",
    "reset",
    "contact",
    "subscribe",
    "newsletter",
    "signout",
    "authenticate",
    "accept-invite",
    "invite",
    "unsubscribe",
    "track",
    "search",
    "graphql",
    "confirm",
    "activate",
    "registration",
    "otp",
    "captcha",
    "feedback",
];

fn is_open(route: &Route) -> bool {
    route.segments().iter().any(|segment| {
        OPEN.contains(&segment.as_str())
            || vocabulary::words(segment).iter().any(|w| {
                matches!(
                    w.as_str(),
                    "login"
                        | "register"
                        | "signup"
                        | "webhook"
                        | "password"
                        | "public"
                        | "auth"
                        | "health"
                        | "token"
                        | "callback"
                )
            })
    })
}

/// `@Public()`, `[AllowAnonymous]`, `isPublic: true` on a route that changes something and is no way in.
fn open_by_annotation(code: &Code<'_, '_>, route: &Route, hits: &mut Hits) {
    let m = code.module;
    if !route.method.writes() || is_open(route) {
        return;
    }
    let opens = |name: &str| {
        matches!(
            name,
            "Public"
                | "AllowAnonymous"
                | "PermitAll"
                | "AnonymousAllowed"
                | "AllowAny"
                | "IsPublic"
                | "SkipAuth"
                | "NoAuth"
                | "csrf_exempt_public"
        )
    };
    let annotated = route.handler.map(|handler| m.annotations(handler)).unwrap_or_default();
    if let Some(at) = annotated.into_iter().find(|a| opens(m.annotation_name(*a))) {
        let message = bypass_message(&format!("@{} on {}", m.annotation_name(at), route.path));
        let node = m.node(at);
        hits.push(Hit::new(node.start, node.end, message).at(Severity::Warning, Tier::SoftBlock));
    }
    for id in m.below(route.node).filter(|id| m.is_pair(*id)) {
        let public = vocabulary::words(m.key(id)).join(" ") == "is public";
        if public && m.value(id).and_then(|value| m.boolean(value)) == Some(true) {
            hits.at(code, id, bypass_message("isPublic = true"));
        }
    }
}

pub(super) fn bypass_in_config(text: &Text<'_>, hits: &mut Hits) {
    for pair in text.pairs() {
        // `auth.enabled`: the last segments together are the name.
        let key = pair.key.rmatch_indices('.').nth(1).map_or(pair.key, |(at, _)| &pair.key[at + 1..]);
        let last = key.rsplit('.').next().unwrap_or(key);
        if let Some(value) = truth(pair.value)
            && (switches_off(key, value) || switches_off(last, value))
            && vocabulary::words(key).len() > 1
        {
            let end = pair.start + u32::try_from(pair.value.len()).unwrap_or(0);
            hits.push(Hit::new(pair.start, end, bypass_message(&format!("{key} = {value}"))));
        }
    }
}

pub(crate) const HELPERS: &[&str] = &[
    "authenticate",
    "authorize",
    "requireAuth",
    "isAuthenticated",
    "checkPermission",
    "requireRole",
    "verifyToken",
    "validateSession",
    "authMiddleware",
    "authGuard",
    "AuthGuard",
    "ensureAuthenticated",
    "requireLogin",
    "login_required",
    "require_auth",
    "get_current_user",
    "requires_auth",
    "permission_required",
    "protect",
    "verify_token",
    "RolesGuard",
    "ensureLoggedIn",
    "checkAuth",
    "require_login",
    "admin_required",
    "PreAuthorize",
    "Secured",
    "RolesAllowed",
    "Authenticate",
    "RequireAuth",
    "VerifyToken",
    "Authorize",
    "AuthUser",
];

/// An authentication helper that is imported and not there any more, or there and applied to no route.
pub(super) fn drift(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    for import in code.imports().iter().filter(|import| HELPERS.contains(&import.name)) {
        if let Some(text) = relative_module(code, import.from)
            && !defines(text, import.name)
        {
            hits.at(code, import.node, format!("AUTH DRIFT: Auth-related import not found: {}", import.name));
            continue;
        }
        let named = [Shape::Name, Shape::Shorthand, Shape::TypeName].into_iter().flat_map(|s| m.all(s));
        let used = named.copied().any(|id| m.leaf(id) == import.name);
        if !used && !code.routes().is_empty() {
            hits.at(
                code,
                import.node,
                format!("AUTH DRIFT: {} is imported but guards no route here", import.name),
            );
        }
    }
}

fn relative_module<'c>(code: &'c Code<'_, '_>, from: &str) -> Option<&'c str> {
    if !from.starts_with('.') {
        return None;
    }
    let folder = code.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let target = match code.module.language {
        Language::Python => {
            let ups = from.len() - from.trim_start_matches('.').len();
            format!(
                "{folder}/{}{}",
                "../".repeat(ups.saturating_sub(1)),
                from.trim_start_matches('.').replace('.', "/")
            )
        }
        _ => format!("{folder}/{}", from.trim_end_matches(".js").trim_end_matches(".ts")),
    };
    let stem = crate::change::RepoPath::new(&target);
    let modules = &code.project.modules;
    modules
        .get(stem.as_str())
        .or_else(|| modules.get(&format!("{}/index", stem.as_str())))
        .map(String::as_str)
}

/// Whether a text defines or passes on a name; `export *` passes everything on.
fn defines(text: &str, name: &str) -> bool {
    let word = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        !part(before) && !part(after)
    };
    text.contains("export *") || text.contains("import *") || text.match_indices(name).any(|(at, _)| word(at))
}

pub(super) fn unprotected(code: &Code<'_, '_>, hits: &mut Hits) {
    let routes = code.routes();
    let protected: Vec<bool> = routes.iter().map(|route| route.has_auth(code)).collect();
    let guarded = protected.iter().filter(|has| **has).count();
    for (route, has) in routes.iter().zip(&protected) {
        if *has {
            continue;
        }
        let declared = code.project.endpoint(route.method, &route.path);
        let admin = route.segments().iter().any(|segment| segment == "admin");
        let majority = routes.len() >= 3 && guarded * 10 >= routes.len() * 6 && route.method.writes();
        let message = format!("UNPROTECTED ROUTE: \"{}\" should require authentication", route.path);
        let node = code.module.node(route.node);
        let hit = Hit::new(node.start, node.end, message);
        let chain_known = guarded > 0 || super::rate_limit::is_whole_app(code, route);
        match declared {
            Some(endpoint) if endpoint.auth && chain_known => hits.push(hit),
            Some(endpoint) if endpoint.auth => hits.push(hit.at(Severity::Warning, Tier::SoftBlock)),
            Some(_) => {}
            None if is_open(route) => {}
            None if admin && chain_known => hits.push(hit),
            None if majority => hits.push(hit.at(Severity::Warning, Tier::SoftBlock)),
            None => {}
        }
    }
}

/// Names that speak of authorization and ask only whether somebody is signed in, unless they say more.
fn only_signed_in(code: &Code<'_, '_>) -> Vec<&'static str> {
    match code.module.language {
        Language::Java | Language::Kotlin => vec!["PreAuthorize", "PostAuthorize"],
        Language::CSharp => vec!["Authorize", "RequireAuthorization"],
        _ => Vec::new(),
    }
}

const ROLE_WORDS: &[&[&str]] = &[
    &["role"],
    &["roles"],
    &["permission"],
    &["permissions"],
    &["admin"],
    &["is", "admin"],
    &["scope"],
    &["scopes"],
    &["policy"],
    &["can"],
    &["ability"],
    &["rbac"],
    &["acl"],
    &["superuser"],
    &["staff"],
    &["owner"],
    &["grants"],
    &["privilege"],
    &["authority"],
    &["authorize"],
    &["authorise"],
    &["gate"],
    &["has", "role"],
    &["permit"],
    &["claims"],
];

pub(super) fn missing_role(code: &Code<'_, '_>, hits: &mut Hits) {
    for route in code.routes() {
        let declared =
            code.project.endpoint(route.method, &route.path).filter(|endpoint| !endpoint.roles.is_empty());
        let admin = declared.is_none()
            && route.segments().iter().any(|s| s == "admin")
            && route.method.writes()
            && route.has_auth(code);
        let roles = match declared {
            Some(endpoint) => endpoint.roles.join(", "),
            None if admin => "admin".to_owned(),
            None => continue,
        };
        // The path itself speaks of admins; only what stands in the chain counts.
        let checks = route.without(&only_signed_in(code)).has(code, ROLE_WORDS);
        if !checks {
            hits.at(
                code,
                route.node,
                format!("MISSING ROLE CHECK: \"{}\" requires roles {roles}", route.path),
            );
        }
    }
}
