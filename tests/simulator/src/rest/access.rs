//! People, roles, tokens and the audit log.

use http::StatusCode;
use serde_json::{Value, json};

use super::objects::account;
use super::{Ctx, Reply, page};
use crate::digest;

pub(crate) fn members(ctx: &Ctx<'_>) -> Reply {
    let Some(org) = ctx.org() else { return Reply::not_found() };
    let (filter, role) =
        (ctx.query.get("filter").map(String::as_str), ctx.query.get("role").map(String::as_str));
    let members = org.file.members.iter().filter(|member| match filter {
        Some("2fa_disabled" | "2fa_insecure") => !member.two_factor,
        _ => true,
    });
    let members = members.filter(|member| match role {
        Some("admin") => member.admin,
        Some("member") => !member.admin,
        _ => true,
    });
    page::array(ctx, members.map(|member| account(ctx, &member.login)).collect())
}

pub(crate) fn membership(ctx: &Ctx<'_>) -> Reply {
    let Some(org) = ctx.org() else { return Reply::not_found() };
    let wanted = ctx.param("username");
    let Some(member) = org.file.members.iter().find(|member| member.login.eq_ignore_ascii_case(wanted))
    else {
        return Reply::not_found();
    };
    let url = format!("{}/orgs/{}", ctx.api, org.login());
    let organization = json!({
        "login": org.login(), "id": org.id, "node_id": org.node_id(), "url": url, "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events"), "hooks_url": format!("{url}/hooks"), "issues_url": format!("{url}/issues"),
        "members_url": format!("{url}/members{{/member}}"), "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": "https://avatars.githubusercontent.com/u/1?v=4", "description": null,
    });
    Reply::json(json!({
        "url": format!("{url}/memberships/{}", member.login), "state": "active",
        "role": if member.admin { "admin" } else { "member" }, "organization_url": url, "organization": organization,
        "user": account(ctx, &member.login),
    }))
}

pub(crate) fn outside_collaborators(ctx: &Ctx<'_>) -> Reply {
    let Some(org) = ctx.org() else { return Reply::not_found() };
    let without = &org.file.outside_without_two_factor;
    let everyone = org
        .repos
        .values()
        .flat_map(|repo| &repo.file.collaborators)
        .filter(|collaborator| collaborator.outside);
    let logins: std::collections::BTreeSet<&String> =
        everyone.map(|collaborator| &collaborator.login).collect();
    let only_without = ctx.query.get("filter").is_some_and(|filter| filter.starts_with("2fa_"));
    let wanted = logins.into_iter().filter(|login| !only_without || without.contains(login));
    page::array(ctx, wanted.map(|login| account(ctx, login)).collect())
}

pub(crate) fn repository_roles(ctx: &Ctx<'_>) -> Reply {
    if !ctx.is_enterprise() {
        return Reply::not_found();
    }
    let roles = ctx.list("repository_roles");
    Reply::json(json!({"total_count": roles.len(), "custom_roles": roles}))
}

pub(crate) fn organization_roles(ctx: &Ctx<'_>) -> Reply {
    let roles = ctx.list("organization_roles");
    Reply::json(json!({"total_count": roles.len(), "roles": roles}))
}

pub(crate) fn role_teams(ctx: &Ctx<'_>) -> Reply {
    let Some(org) = ctx.org() else { return Reply::not_found() };
    let roles = org.file.lists.get("organization_roles").map_or(&[][..], Vec::as_slice);
    let Some(role) = roles.iter().find(|role| ctx.names("role_id", &role["id"])) else {
        return Reply::not_found();
    };
    let slugs = role["$teams"].as_array().cloned().unwrap_or_default();
    page::array(ctx, slugs.iter().filter_map(Value::as_str).map(|slug| team(ctx, slug)).collect())
}

fn team(ctx: &Ctx<'_>, slug: &str) -> Value {
    let org = ctx.param("org");
    let id = digest::database_id("team", &format!("{org}/{slug}"));
    let url = format!("{}/teams/{id}", ctx.api);
    json!({
        "id": id, "node_id": digest::node_id("T", id), "url": url, "html_url": format!("https://github.com/orgs/{org}/teams/{slug}"),
        "name": slug, "slug": slug, "description": null, "privacy": "closed", "notification_setting": "notifications_enabled",
        "permission": "pull", "members_url": format!("{url}/members{{/member}}"), "repositories_url": format!("{url}/repos"),
        "parent": null, "assignment": "direct", "type": "organization",
    })
}

pub(crate) fn audit_log(ctx: &Ctx<'_>) -> Reply {
    if !ctx.org().is_some_and(|org| org.file.audit_log_readable.unwrap_or(ctx.is_enterprise())) {
        return Reply::not_found();
    }
    let wanted =
        ctx.query.get("phrase").and_then(|phrase| phrase.split("action:").nth(1)).unwrap_or_default();
    let wanted = wanted.split_whitespace().next().unwrap_or_default();
    let mut events = ctx.list("audit_events");
    events.retain(|event| event["action"].as_str().is_some_and(|action| action.starts_with(wanted)));
    page::cursors(ctx, events)
}

pub(crate) fn audit_streams(ctx: &Ctx<'_>) -> Reply {
    let wanted = ctx.param("enterprise");
    let org = ctx.world.orgs.values().find(|org| org.file.enterprise.as_deref() == Some(wanted));
    match org {
        Some(org) => {
            Reply::json(Value::Array(org.file.lists.get("audit_streams").cloned().unwrap_or_default()))
        }
        None => Reply::not_found(),
    }
}

pub(crate) fn copilot_seats(ctx: &Ctx<'_>) -> Reply {
    page::counted_as(ctx, ("total_seats", "seats"), ctx.list("copilot_seats"))
}

pub(crate) fn migrations(ctx: &Ctx<'_>) -> Reply {
    page::array(ctx, ctx.list("migrations"))
}

pub(crate) fn personal_access_tokens(ctx: &Ctx<'_>) -> Reply {
    page::array(ctx, ctx.list("tokens"))
}

pub(crate) fn credential_authorizations(ctx: &Ctx<'_>) -> Reply {
    let saml = ctx.org().is_some_and(|org| org.file.saml.is_some());
    match (ctx.is_enterprise(), saml) {
        (true, true) => page::array(ctx, ctx.list("credentials")),
        (true, false) => {
            Reply::error(StatusCode::NOT_FOUND, "SAML SSO is not enabled for this organization.")
        }
        (false, _) => Reply::not_found(),
    }
}
