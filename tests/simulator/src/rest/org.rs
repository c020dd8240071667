//! Settings of the organization.

use serde_json::{Map, Value, json};

use super::objects::{HTML, account, finish, simple_repository};
use super::{Ctx, Reply, page};
use crate::world::Repo;

pub(crate) fn org(ctx: &Ctx<'_>) -> Reply {
    let Some(org) = ctx.org() else { return Reply::not_found() };
    let login = &org.file.login;
    let url = format!("{}/orgs/{login}", ctx.api);
    let public = org.repos.values().filter(|repo| repo.is_public()).count();
    let mut body = json!({
        "login": login, "id": org.id, "node_id": org.node_id(), "url": url, "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events"), "hooks_url": format!("{url}/hooks"), "issues_url": format!("{url}/issues"),
        "members_url": format!("{url}/members{{/member}}"), "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", org.id), "description": org.file.description,
        "name": org.file.name.as_ref().unwrap_or(login), "html_url": format!("{HTML}/{login}"),
        "is_verified": org.file.verified, "has_organization_projects": true, "has_repository_projects": true,
        "public_repos": public, "public_gists": 0, "followers": 0, "following": 0, "type": "Organization",
        "created_at": org.file.created.map_or(ctx.world.now, |created| created.0), "updated_at": ctx.world.now,
        "archived_at": null,
    });
    let Value::Object(object) = &mut body else { return Reply::not_found() };
    if ctx.caller.has("organization_administration") {
        object.extend(administration(ctx));
        object.insert("total_private_repos".into(), json!(org.repos.len() - public));
    }
    if ctx.caller.has("organization_plan") {
        let plan = org.file.plan.as_deref().unwrap_or("free");
        let seats = org.file.members.len();
        let plan = json!({"name": plan, "space": 976_562_499, "private_repos": 999_999, "filled_seats": seats, "seats": seats + 5});
        object.insert("plan".into(), plan);
    }
    Reply::json(body)
}

/// What only those see who may read the organization's administration.
fn administration(ctx: &Ctx<'_>) -> Map<String, Value> {
    let defaults = json!({
        "default_repository_permission": "read",
        "members_can_create_repositories": true,
        "two_factor_requirement_enabled": false,
        "members_allowed_repository_creation_type": "all",
        "members_can_create_public_repositories": true,
        "members_can_create_private_repositories": true,
        "members_can_create_internal_repositories": false,
        "members_can_create_pages": true,
        "members_can_create_public_pages": true,
        "members_can_create_private_pages": true,
        "members_can_fork_private_repositories": false,
        "members_can_delete_repositories": true,
        "members_can_change_repo_visibility": true,
        "members_can_invite_outside_collaborators": true,
        "members_can_delete_issues": false,
        "members_can_create_teams": true,
        "web_commit_signoff_required": false,
        "deploy_keys_enabled_for_repositories": true,
        "billing_email": "billing@example.com",
        "collaborators": 0,
    });
    let mut settings = defaults.as_object().cloned().unwrap_or_default();
    if let Some(org) = ctx.org() {
        settings.extend(org.file.settings.clone());
    }
    settings
}

fn laid_over(defaults: Value, patch: Option<&Map<String, Value>>) -> Value {
    let mut object = defaults.as_object().cloned().unwrap_or_default();
    object.extend(patch.cloned().unwrap_or_default());
    Value::Object(object)
}

pub(crate) fn actions_permissions(ctx: &Ctx<'_>) -> Reply {
    let url = format!("{}/orgs/{}/actions/permissions", ctx.api, ctx.param("org"));
    let defaults = json!({
        "enabled_repositories": "all", "allowed_actions": "all", "sha_pinning_required": false,
        "selected_actions_url": format!("{url}/selected-actions"),
    });
    Reply::json(laid_over(defaults, ctx.org().map(|org| &org.file.actions.permissions)))
}

pub(crate) fn selected_actions(ctx: &Ctx<'_>) -> Reply {
    let permissions = ctx.org().map(|org| &org.file.actions.permissions);
    if permissions.and_then(|permissions| permissions.get("allowed_actions")) != Some(&json!("selected")) {
        return Reply::error(http::StatusCode::CONFLICT, "All actions and reusable workflows are allowed");
    }
    let defaults = json!({"github_owned_allowed": true, "verified_allowed": false, "patterns_allowed": []});
    Reply::json(laid_over(defaults, ctx.org().map(|org| &org.file.actions.selected)))
}

pub(crate) fn workflow_permissions(ctx: &Ctx<'_>) -> Reply {
    let defaults = json!({"default_workflow_permissions": "write", "can_approve_pull_request_reviews": true});
    Reply::json(laid_over(defaults, ctx.org().map(|org| &org.file.actions.workflow)))
}

pub(crate) fn retention(ctx: &Ctx<'_>) -> Reply {
    let days = ctx.org().and_then(|org| org.file.actions.retention_days).unwrap_or(90);
    Reply::json(json!({"days": days, "maximum_allowed_days": 400}))
}

pub(crate) fn fork_approval(ctx: &Ctx<'_>) -> Reply {
    let policy = ctx.org().and_then(|org| org.file.actions.fork_approval.clone());
    Reply::json(json!({"approval_policy": policy.unwrap_or_else(|| "first_time_contributors".into())}))
}

pub(crate) fn runners(ctx: &Ctx<'_>) -> Reply {
    page::counted(ctx, "runners", ctx.list("runners"))
}

pub(crate) fn runner_groups(ctx: &Ctx<'_>) -> Reply {
    page::counted(ctx, "runner_groups", ctx.list("runner_groups"))
}

pub(crate) fn hosted_runners(ctx: &Ctx<'_>) -> Reply {
    page::counted(ctx, "runners", ctx.list("hosted_runners"))
}

pub(crate) fn secrets(ctx: &Ctx<'_>) -> Reply {
    page::counted(ctx, "secrets", ctx.list("secrets"))
}

pub(crate) fn private_registries(ctx: &Ctx<'_>) -> Reply {
    page::counted(ctx, "configurations", ctx.list("private_registries"))
}

pub(crate) fn configurations(ctx: &Ctx<'_>) -> Reply {
    page::array(ctx, ctx.list("code_security_configurations"))
}

fn raw_configurations<'a>(ctx: &'a Ctx<'_>) -> &'a [Value] {
    ctx.org().and_then(|org| org.file.lists.get("code_security_configurations")).map_or(&[], Vec::as_slice)
}

pub(crate) fn configuration_defaults(ctx: &Ctx<'_>) -> Reply {
    let defaults = raw_configurations(ctx).iter().filter(|item| item["$default_for"] != "none");
    let items = defaults.map(|item| {
        json!({"default_for_new_repos": item["$default_for"], "configuration": finish(ctx, item.clone())})
    });
    Reply::json(items.collect())
}

pub(crate) fn configuration_repositories(ctx: &Ctx<'_>) -> Reply {
    let Some(found) = raw_configurations(ctx).iter().find(|item| ctx.names("configuration_id", &item["id"]))
    else {
        return Reply::not_found();
    };
    let repos = ctx.org().into_iter().flat_map(|org| org.repos.values());
    let attached = repos.filter(|repo| is_attached(found, repo));
    let items =
        attached.map(|repo| json!({"status": "enforced", "repository": simple_repository(ctx, repo)}));
    page::cursors(ctx, items.collect())
}

/// `*` in the world stands for every repository.
fn is_attached(configuration: &Value, repo: &Repo) -> bool {
    let named = configuration["$repositories"].as_array().map_or(&[][..], Vec::as_slice);
    named.iter().any(|name| *name == "*" || *name == *repo.name)
}

/// Whether a configuration attached to the repository enables default setup.
pub(super) fn configures_default_setup(ctx: &Ctx<'_>, repo: &Repo) -> bool {
    let enables = |item: &&Value| item["code_scanning_default_setup"] == "enabled";
    raw_configurations(ctx).iter().filter(enables).any(|item| is_attached(item, repo))
}

pub(crate) fn secret_patterns(ctx: &Ctx<'_>) -> Reply {
    page::array(ctx, ctx.list("secret_patterns"))
}

pub(crate) fn installations(ctx: &Ctx<'_>) -> Reply {
    let account = account(ctx, ctx.param("org"));
    let mut items = ctx.list("installations");
    items.iter_mut().for_each(|item| item["target_id"] = account["id"].clone());
    page::counted(ctx, "installations", items)
}

pub(crate) fn hooks(ctx: &Ctx<'_>) -> Reply {
    page::array(ctx, ctx.list("hooks"))
}

pub(crate) fn properties(ctx: &Ctx<'_>) -> Reply {
    Reply::json(Value::Array(ctx.list("properties")))
}

pub(crate) fn immutable_releases(ctx: &Ctx<'_>) -> Reply {
    let policy =
        ctx.org().and_then(|org| org.file.immutable_releases.clone()).unwrap_or_else(|| "none".into());
    Reply::json(json!({"enforced_repositories": policy}))
}
