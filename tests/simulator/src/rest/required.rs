//! Rulesets and classic protection.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::objects::{account, user};
use super::{Ctx, Reply, page};
use crate::forge::required::{RULE, applies, protection as current, rulesets};
use crate::world::Repo;

pub(crate) fn list(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let all = rulesets(&ctx.forge(), repo).into_iter().map(|mut ruleset| {
        if let Value::Object(ruleset) = &mut ruleset {
            for key in ["rules", "conditions", "bypass_actors"] {
                ruleset.remove(key);
            }
        }
        ruleset
    });
    page::array(ctx, all.collect())
}

pub(crate) fn one(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let all = rulesets(&ctx.forge(), repo);
    let mut found = all.into_iter().find(|ruleset| ctx.names("ruleset_id", &ruleset["id"]));
    // Bypass actors are shown to those who could change them.
    if let (Some(Value::Object(ruleset)), false) = (&mut found, ctx.caller.has("administration:write")) {
        ruleset.remove("bypass_actors");
    }
    found.map_or_else(Reply::not_found, Reply::json)
}

pub(crate) fn create(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let mut forge = ctx.forge();
    if let Some(objection) = objection(ctx.body) {
        return Reply::invalid("Validation Failed", json!([objection]));
    }
    if rulesets(&forge, repo).iter().any(|ruleset| ruleset["name"] == ctx.body["name"]) {
        return Reply::invalid("Validation Failed", json!(["Name must be unique"]));
    }
    let (id, state) = forge.fresh(&repo.full_name());
    let ruleset = stored(repo, id, ctx.body);
    state.rulesets.push(ruleset.clone());
    Reply::made(StatusCode::CREATED, ruleset)
}

pub(crate) fn update(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let mut forge = ctx.forge();
    let known = rulesets(&forge, repo).into_iter().find(|ruleset| ctx.names("ruleset_id", &ruleset["id"]));
    let Some(known) = known else { return Reply::not_found() };
    if let Some(objection) = objection(ctx.body) {
        return Reply::invalid("Validation Failed", json!([objection]));
    }
    let mut body = known.clone();
    if let (Value::Object(body), Value::Object(new)) = (&mut body, ctx.body) {
        body.extend(new.clone());
    }
    let ruleset = stored(repo, known["id"].as_u64().unwrap_or_default(), &body);
    let state = forge.repo_mut(&repo.full_name());
    state.rulesets.retain(|other| other["id"] != ruleset["id"]);
    state.rulesets.push(ruleset.clone());
    Reply::json(ruleset)
}

/// What GitHub has against a ruleset.
fn objection(body: &Value) -> Option<&'static str> {
    if body["name"].as_str().is_none_or(str::is_empty) {
        return Some("Name can't be blank");
    }
    if !["active", "evaluate", "disabled"].contains(&body["enforcement"].as_str().unwrap_or_default()) {
        return Some("Enforcement is not included in the list");
    }
    let named = |check: &Value| check["context"].as_str().is_some_and(|context| !context.is_empty());
    let complete = |rule: &&Value| {
        let parameters = &rule["parameters"];
        parameters["strict_required_status_checks_policy"].is_boolean()
            && parameters[RULE].as_array().is_some_and(|checks| checks.iter().all(named))
    };
    let mut rules = body["rules"].as_array().into_iter().flatten().filter(|rule| rule["type"] == RULE);
    (!rules.all(|rule| complete(&rule))).then_some("Invalid rule 'required_status_checks'")
}

fn stored(repo: &Repo, id: u64, body: &Value) -> Value {
    let or = |key: &str, other: Value| body.get(key).cloned().unwrap_or(other);
    json!({
        "id": id, "name": body["name"], "target": or("target", json!("branch")), "source_type": "Repository",
        "source": repo.full_name(), "enforcement": body["enforcement"], "bypass_actors": or("bypass_actors", json!([])),
        "conditions": or("conditions", json!({"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}})),
        "rules": or("rules", json!([])), "node_id": format!("RRS_{id}"), "current_user_can_bypass": "never",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    })
}

pub(crate) fn rules_of_branch(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let branch = ctx.param("branch");
    let all = rulesets(&ctx.forge(), repo);
    let active = all.iter().filter(|ruleset| applies(ruleset, repo, branch));
    let rules = active.flat_map(|ruleset| {
        let rules = ruleset["rules"].as_array().cloned().unwrap_or_default();
        rules.into_iter().map(|mut rule| {
            rule["ruleset_source_type"] = json!("Repository");
            rule["ruleset_source"] = ruleset["source"].clone();
            rule["ruleset_id"] = ruleset["id"].clone();
            rule
        })
    });
    page::array(ctx, rules.collect())
}

pub(crate) fn protection(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    match current(&ctx.forge(), repo, ctx.param("branch")) {
        Some(written) => Reply::json(read(ctx, repo, &written)),
        None => Reply::error(StatusCode::NOT_FOUND, "Branch not protected"),
    }
}

pub(crate) fn protect(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let all = [RULE, "enforce_admins", "required_pull_request_reviews", "restrictions"];
    if let Some(missing) = all.iter().find(|key| ctx.body.get(**key).is_none()) {
        return Reply::invalid(&format!("Invalid request.\n\n\"{missing}\" wasn't supplied."), json!([]));
    }
    let mut written = ctx.body.clone();
    if written[RULE].is_object() {
        written[RULE]["checks"] = checks(&written[RULE]);
    }
    let full = repo.full_name();
    ctx.forge().repo_mut(&full).protection.insert(ctx.param("branch").to_owned(), written.clone());
    Reply::json(read(ctx, repo, &written))
}

pub(crate) fn require(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let mut forge = ctx.forge();
    let branch = ctx.param("branch").to_owned();
    let Some(mut written) = current(&forge, repo, &branch).filter(|written| written[RULE].is_object()) else {
        return Reply::error(StatusCode::NOT_FOUND, "Required status checks not enabled");
    };
    if ctx.body.get("checks").is_some() || ctx.body.get("contexts").is_some() {
        written[RULE]["checks"] = checks(ctx.body);
    }
    if let Some(strict) = ctx.body["strict"].as_bool() {
        written[RULE]["strict"] = json!(strict);
    }
    forge.repo_mut(&repo.full_name()).protection.insert(branch, written.clone());
    drop(forge);
    Reply::json(policy(ctx, repo, &written[RULE]))
}

/// `checks`, and `contexts` for what does not say which App.
fn checks(body: &Value) -> Value {
    let listed = body["checks"].as_array().cloned().unwrap_or_default().into_iter();
    let listed = listed.map(|check| json!({"context": check["context"], "app_id": check["app_id"]}));
    let contexts = body["contexts"].as_array().cloned().unwrap_or_default().into_iter();
    let mut all: Vec<Value> = Vec::new();
    for check in listed.chain(contexts.map(|context| json!({"context": context, "app_id": null}))) {
        if !all.iter().any(|known| known["context"] == check["context"]) {
            all.push(check);
        }
    }
    Value::Array(all)
}

fn address(ctx: &Ctx<'_>, repo: &Repo) -> String {
    format!("{}/repos/{}/branches/{}/protection", ctx.api, repo.full_name(), ctx.param("branch"))
}

fn policy(ctx: &Ctx<'_>, repo: &Repo, written: &Value) -> Value {
    let url = format!("{}/required_status_checks", address(ctx, repo));
    let checks = written["checks"].as_array().cloned().unwrap_or_default();
    let contexts: Vec<Value> = checks.iter().map(|check| check["context"].clone()).collect();
    json!({"url": url, "strict": written["strict"] == true, "contexts": contexts, "checks": checks,
        "contexts_url": format!("{url}/contexts")})
}

/// A protection as it was written, in the form it is read.
fn read(ctx: &Ctx<'_>, repo: &Repo, written: &Value) -> Value {
    let url = address(ctx, repo);
    let mut json = Map::new();
    json.insert("url".into(), json!(url));
    if written[RULE].is_object() {
        json.insert(RULE.into(), policy(ctx, repo, &written[RULE]));
    }
    let admins =
        json!({"url": format!("{url}/enforce_admins"), "enabled": written["enforce_admins"] == true});
    json.insert("enforce_admins".into(), admins);
    json.insert(
        "required_signatures".into(),
        json!({"url": format!("{url}/required_signatures"), "enabled": false}),
    );
    if let Some(reviews) = written["required_pull_request_reviews"].as_object() {
        let mut reviews = reviews.clone();
        for key in ["dismiss_stale_reviews", "require_code_owner_reviews"] {
            reviews.entry(key).or_insert(json!(false));
        }
        reviews.insert("url".into(), json!(format!("{url}/required_pull_request_reviews")));
        for key in ["dismissal_restrictions", "bypass_pull_request_allowances"] {
            if let Some(actors) = reviews.get(key).filter(|actors| actors.is_object()) {
                let actors = people(ctx, actors, &url);
                reviews.insert(key.into(), actors);
            }
        }
        json.insert("required_pull_request_reviews".into(), Value::Object(reviews));
    }
    if written["restrictions"].is_object() {
        json.insert("restrictions".into(), people(ctx, &written["restrictions"], &url));
    }
    let switches = [
        "required_linear_history",
        "allow_force_pushes",
        "allow_deletions",
        "block_creations",
        "required_conversation_resolution",
        "lock_branch",
        "allow_fork_syncing",
    ];
    for switch in switches {
        json.insert(switch.into(), json!({"enabled": written[switch] == true}));
    }
    Value::Object(json)
}

fn people(ctx: &Ctx<'_>, written: &Value, url: &str) -> Value {
    let names = |key: &str| -> Vec<String> {
        let names = written[key].as_array().cloned().unwrap_or_default();
        names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let users: Vec<Value> = names("users").iter().map(|login| account(ctx, login)).collect();
    let team = |slug: &String| {
        json!({"id": 1, "node_id": "T_1", "url": format!("{}/teams/1", ctx.api), "html_url": format!("https://github.com/orgs/x/teams/{slug}"),
            "name": slug, "slug": slug, "description": null, "privacy": "closed", "notification_setting": "notifications_enabled",
            "permission": "pull", "members_url": format!("{}/teams/1/members{{/member}}", ctx.api),
            "repositories_url": format!("{}/teams/1/repos", ctx.api), "parent": null, "assignment": "direct", "type": "organization"})
    };
    let teams: Vec<Value> = names("teams").iter().map(team).collect();
    let app = |slug: &String| {
        json!({"id": 7, "slug": slug, "node_id": "A_7", "owner": user(ctx.api, "octocat", "User"), "name": slug,
            "description": "", "external_url": "https://example.com", "html_url": format!("https://github.com/apps/{slug}"),
            "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z", "permissions": {}, "events": []})
    };
    let apps: Vec<Value> = names("apps").iter().map(app).collect();
    json!({"url": format!("{url}/restrictions"), "users_url": format!("{url}/restrictions/users"),
        "teams_url": format!("{url}/restrictions/teams"), "apps_url": format!("{url}/restrictions/apps"),
        "users": users, "teams": teams, "apps": apps})
}
