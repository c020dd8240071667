//! Repositories: the list with its settings, and the few calls per repository.

use serde_json::{Map, Value, json};

use super::objects::{HTML, account, finish, language, simple_repository};
use super::{Ctx, Reply, org, page};
use crate::world::Repo;
use crate::world::repo_file::Visibility;

pub(crate) fn list(ctx: &Ctx<'_>) -> Reply {
    let Some(org) = ctx.org() else { return Reply::not_found() };
    let kind = ctx.query.get("type").map_or("all", String::as_str);
    let wanted = |repo: &&std::sync::Arc<Repo>| match kind {
        "public" => repo.is_public(),
        "private" => !repo.is_public(),
        "forks" => repo.file.fork_of.is_some(),
        "sources" => repo.file.fork_of.is_none(),
        _ => true,
    };
    let repos: Vec<&std::sync::Arc<Repo>> = org.repos.values().filter(wanted).collect();
    // Only the page that is sent is built: organizations of the benches have thousands of repositories.
    let names = repos.iter().map(|repo| json!(repo.name)).collect();
    let mut reply = page::array(ctx, names);
    if let super::Body::Json(Value::Array(items)) = &mut reply.body {
        for item in items {
            let repo = item.as_str().and_then(|name| org.repos.get(&name.to_lowercase()));
            *item = repo.map_or(Value::Null, |repo| minimal(ctx, repo));
        }
    }
    reply
}

pub(crate) fn one(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let mut body = minimal(ctx, repo);
    if let Value::Object(object) = &mut body {
        object.extend([
            ("allow_merge_commit".into(), json!(repo.file.merge.merge_commit)),
            ("allow_squash_merge".into(), json!(repo.file.merge.squash)),
            ("allow_rebase_merge".into(), json!(repo.file.merge.rebase)),
            ("allow_auto_merge".into(), json!(repo.file.merge.auto_merge)),
            ("organization".into(), account(ctx, &repo.owner)),
            ("network_count".into(), json!(0)),
            ("subscribers_count".into(), json!(0)),
        ]);
    }
    Reply::json(body)
}

/// A repository as lists carry it.
pub(crate) fn minimal(ctx: &Ctx<'_>, repo: &Repo) -> Value {
    let mut body = simple_repository(ctx, repo);
    let Value::Object(object) = &mut body else { return body };
    object.extend(settings(repo));
    object.extend(links(repo));
    let has = |key: &str| ctx.caller.has(key);
    object.insert(
        "permissions".into(),
        json!({"admin": false, "maintain": false, "push": false, "triage": false, "pull": true}),
    );
    if has("administration") {
        object.insert("security_and_analysis".into(), security(repo));
    }
    object.insert("custom_properties".into(), Value::Object(repo.file.custom_properties.clone()));
    body
}

fn settings(repo: &Repo) -> Map<String, Value> {
    let file = &repo.file;
    let settings = json!({
        "language": language(repo),
        "forks_count": 0, "stargazers_count": 0, "watchers_count": 0, "open_issues_count": 0,
        "forks": 0, "watchers": 0, "open_issues": 0,
        "size": file.disk_usage.unwrap_or_else(|| repo.tree.size().div_ceil(1024)),
        "default_branch": file.branch(),
        "is_template": file.template,
        "topics": file.topics,
        "has_issues": file.features.issues,
        "has_projects": file.features.projects,
        "has_wiki": file.features.wiki,
        "has_pages": file.features.pages,
        "has_downloads": true,
        "has_discussions": file.features.discussions,
        "archived": file.archived,
        "disabled": false,
        "visibility": file.visibility.rest(),
        "pushed_at": file.pushed.0,
        "created_at": file.created.0,
        "updated_at": file.updated_at(),
        "allow_forking": file.allow_forking,
        "delete_branch_on_merge": file.merge.delete_branch,
        "web_commit_signoff_required": file.web_commit_signoff,
        "license": file.license.as_ref().map(|spdx| json!({
            "key": spdx.to_lowercase(), "name": spdx, "spdx_id": spdx, "node_id": "L_1",
            "url": format!("https://api.github.com/licenses/{}", spdx.to_lowercase()),
        })),
    });
    settings.as_object().cloned().unwrap_or_default()
}

fn links(repo: &Repo) -> Map<String, Value> {
    let full = repo.full_name();
    let links = json!({
        "git_url": format!("git://github.com/{full}.git"),
        "ssh_url": format!("git@github.com:{full}.git"),
        "clone_url": format!("{HTML}/{full}.git"),
        "svn_url": format!("{HTML}/{full}"),
        "mirror_url": repo.file.mirror_url,
        "homepage": repo.file.homepage,
    });
    links.as_object().cloned().unwrap_or_default()
}

/// Feature → `{status}`. Public repositories have Advanced Security without a switch for it.
fn security(repo: &Repo) -> Value {
    let features = [
        "advanced_security",
        "code_security",
        "dependabot_security_updates",
        "secret_scanning",
        "secret_scanning_push_protection",
        "secret_scanning_non_provider_patterns",
        "secret_scanning_ai_detection",
        "secret_scanning_delegated_bypass",
        "secret_scanning_validity_checks",
    ];
    let mut object = Map::new();
    for feature in features {
        if repo.file.visibility == Visibility::Public
            && ["advanced_security", "code_security"].contains(&feature)
        {
            continue;
        }
        let enabled = repo.file.security.get(feature).copied().unwrap_or(false);
        object.insert(feature.into(), json!({"status": if enabled { "enabled" } else { "disabled" }}));
    }
    Value::Object(object)
}

pub(crate) fn secrets(ctx: &Ctx<'_>) -> Reply {
    match ctx.repo() {
        Some(repo) => page::counted(
            ctx,
            "secrets",
            repo.file.secrets.iter().map(|item| finish(ctx, item.clone())).collect(),
        ),
        None => Reply::not_found(),
    }
}

/// A configuration that enables default setup sets it up in every repository it is attached to.
pub(crate) fn default_setup(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let Some(mut setup) = repo.file.code_scanning_default_setup.clone() else { return Reply::not_found() };
    if setup["state"] == "not-configured" && org::configures_default_setup(ctx, repo) {
        setup["state"] = json!("configured");
    }
    Reply::json(setup)
}

pub(crate) fn rule_suites(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let wanted = ctx.query.get("rule_suite_result").filter(|wanted| *wanted != "all");
    let suites =
        repo.file.rule_suites.iter().filter(|suite| wanted.is_none_or(|wanted| suite["result"] == *wanted));
    page::array(ctx, suites.map(|suite| finish(ctx, suite.clone())).collect())
}
