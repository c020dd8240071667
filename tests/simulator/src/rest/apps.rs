//! The App that a client authenticates as, and its installation on every organization of the world.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::objects::{account, user};
use super::{Ctx, Mint, Reply, page, repos};
use crate::digest;
use crate::world::Org;

/// The App's id; what the JWT's `iss` has to say.
pub(crate) const APP_ID: u64 = 424_242;
const SLUG: &str = "scanner";
const EVENTS: [&str; 8] = [
    "check_run",
    "check_suite",
    "installation",
    "installation_repositories",
    "merge_group",
    "pull_request",
    "push",
    "repository",
];

/// The installation on an organization.
pub(crate) fn installation_id(org: &Org) -> u64 {
    digest::database_id("installation", &org.file.login)
}

fn granted(ctx: &Ctx<'_>) -> Value {
    let mut granted = Map::new();
    for key in ctx.installed {
        match key.split_once(':') {
            Some((key, level)) => granted.insert(key.into(), json!(level)),
            None => granted.insert(key.clone(), json!("read")),
        };
    }
    Value::Object(granted)
}

pub(crate) fn app(ctx: &Ctx<'_>) -> Reply {
    Reply::json(app_json(ctx))
}

/// The App, as its own call and as check runs show it.
pub(crate) fn app_json(ctx: &Ctx<'_>) -> Value {
    json!({
        "id": APP_ID, "slug": SLUG, "client_id": "Iv1.simulator", "node_id": digest::node_id("A", APP_ID),
        "owner": user(ctx.api, "octocat", "User"), "name": "Scanner", "description": "Reads everything, writes nothing",
        "external_url": "https://example.com", "html_url": format!("https://github.com/apps/{SLUG}"),
        "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
        "permissions": granted(ctx), "events": EVENTS, "installations_count": ctx.world.orgs.len(),
    })
}

pub(crate) fn installation(ctx: &Ctx<'_>, org: &Org) -> Value {
    let id = installation_id(org);
    let suspended = ctx.forge().suspended.contains(&org.file.login.to_lowercase());
    json!({
        "id": id, "account": account(ctx, &org.file.login), "repository_selection": "all",
        "access_tokens_url": format!("{}/app/installations/{id}/access_tokens", ctx.api),
        "repositories_url": format!("{}/installation/repositories", ctx.api),
        "html_url": format!("https://github.com/organizations/{}/settings/installations/{id}", org.file.login),
        "app_id": APP_ID, "app_slug": SLUG, "target_id": org.id, "target_type": "Organization",
        "permissions": granted(ctx), "events": EVENTS, "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z", "single_file_name": null, "has_multiple_single_files": false,
        "single_file_paths": [], "suspended_at": suspended.then_some("2026-01-01T00:00:00Z"),
        "suspended_by": suspended.then(|| user(ctx.api, "octocat", "User")),
    })
}

pub(crate) fn installations(ctx: &Ctx<'_>) -> Reply {
    page::array(ctx, ctx.world.orgs.values().map(|org| installation(ctx, org)).collect())
}

pub(crate) fn installation_by_id(ctx: &Ctx<'_>) -> Reply {
    let wanted = ctx.param("installation_id");
    let org = ctx.world.orgs.values().find(|org| installation_id(org).to_string() == wanted);
    org.map_or_else(Reply::not_found, |org| Reply::json(installation(ctx, org)))
}

pub(crate) fn org_installation(ctx: &Ctx<'_>) -> Reply {
    ctx.org().map_or_else(Reply::not_found, |org| Reply::json(installation(ctx, org)))
}

pub(crate) fn repo_installation(ctx: &Ctx<'_>) -> Reply {
    match (ctx.org(), ctx.repo()) {
        (Some(org), Some(_)) => Reply::json(installation(ctx, org)),
        _ => Reply::not_found(),
    }
}

pub(crate) fn repositories(ctx: &Ctx<'_>) -> Reply {
    let all = ctx.world.orgs.values().flat_map(|org| org.repos.values());
    page::counted(ctx, "repositories", all.map(|repo| repos::minimal(ctx, repo)).collect())
}

/// Checks what is asked for against what was granted; the server makes the token.
pub(crate) fn access_token(ctx: &Ctx<'_>) -> Reply {
    let wanted = ctx.param("installation_id");
    let org = ctx.world.orgs.values().find(|org| installation_id(org).to_string() == wanted);
    let Some(org) = org else { return Reply::not_found() };
    if ctx.forge().suspended.contains(&org.file.login.to_lowercase()) {
        return Reply::error(StatusCode::FORBIDDEN, "This installation has been suspended");
    }
    let permissions: BTreeSet<String> = match ctx.body.get("permissions").and_then(Value::as_object) {
        None => ctx.installed.clone(),
        Some(asked) => asked.iter().map(|(key, level)| key_of(key, level)).collect(),
    };
    let has = |key: &String| ctx.installed.contains(key) || ctx.installed.contains(&format!("{key}:write"));
    if let Some(missing) = permissions.iter().find(|key| !has(key)) {
        let message = format!("The permissions requested are not granted to this installation. ({missing})");
        return Reply::error(StatusCode::UNPROCESSABLE_ENTITY, &message);
    }
    let granted = permissions.iter().map(|key| {
        let (key, level) = key.split_once(':').unwrap_or((key, "read"));
        (key.to_owned(), json!(level))
    });
    let granted = granted.collect::<Map<String, Value>>();
    let mut reply = Reply::json(Value::Null);
    reply.status = StatusCode::CREATED;
    reply.mint = Some(Mint { permissions, granted: Value::Object(granted) });
    reply
}

fn key_of(key: &str, level: &Value) -> String {
    if level == "write" { format!("{key}:write") } else { key.to_owned() }
}
