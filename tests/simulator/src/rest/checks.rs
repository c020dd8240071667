//! Check runs and check suites.

use http::StatusCode;
use serde_json::{Value, json};

use super::objects::HTML;
use super::{Ctx, Reply, apps, events, page, repos};
use crate::digest;
use crate::forge::checks::{CheckRun, Suite};
use crate::forge::{Forge, resolve};
use crate::world::Repo;

pub(crate) fn create(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    if repo.file.archived {
        return Reply::error(StatusCode::FORBIDDEN, "Repository was archived so is read-only.");
    }
    let full = repo.full_name();
    let mut forge = ctx.forge();
    let sha = ctx.body["head_sha"].as_str().unwrap_or_default();
    let Some((sha, tree)) = resolve(&forge, repo, sha) else {
        return Reply::invalid("No commit found for SHA: head_sha", json!([]));
    };
    let (suite_id, state) = forge.fresh(&full);
    let suite = state.suite(&sha, suite_id);
    let id = forge.next_id();
    match CheckRun::create((id, suite), ctx.body, &tree) {
        Ok(run) => {
            forge.repo_mut(&full).runs.push(run.clone());
            Reply::made(StatusCode::CREATED, run_json(ctx, &forge, repo, &run))
        }
        Err((message, errors)) => Reply::invalid(&message, errors),
    }
}

pub(crate) fn update(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let full = repo.full_name();
    let mut forge = ctx.forge();
    let Some(run) = forge.repo(&full).and_then(|state| state.run(ctx.param("check_run_id"))).cloned() else {
        return Reply::not_found();
    };
    let Some((_, tree)) = resolve(&forge, repo, &run.head_sha) else { return Reply::not_found() };
    let state = forge.repo_mut(&full);
    let slot = state.index(run.id).and_then(|index| state.runs.get_mut(index));
    let Some(slot) = slot else { return Reply::not_found() };
    if let Err((message, errors)) = slot.update(ctx.body, &tree) {
        return Reply::invalid(&message, errors);
    }
    let run = slot.clone();
    Reply::json(run_json(ctx, &forge, repo, &run))
}

pub(crate) fn one(ctx: &Ctx<'_>) -> Reply {
    with_run(ctx, |forge, repo, run| Reply::json(run_json(ctx, forge, repo, run)))
}

pub(crate) fn annotations(ctx: &Ctx<'_>) -> Reply {
    with_run(ctx, |_, repo, run| {
        let complete = |annotation: &Value| {
            let field = |key: &str| annotation.get(key).cloned().unwrap_or_default();
            let path = annotation["path"].as_str().unwrap_or_default();
            json!({
                "path": path, "start_line": field("start_line"), "end_line": field("end_line"),
                "start_column": field("start_column"), "end_column": field("end_column"),
                "annotation_level": field("annotation_level"), "title": field("title"), "message": field("message"),
                "raw_details": field("raw_details"),
                "blob_href": format!("{HTML}/{}/blob/{}/{path}", repo.full_name(), run.head_sha),
            })
        };
        page::array(ctx, run.annotations.iter().map(complete).collect())
    })
}

pub(crate) fn of_commit(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let forge = ctx.forge();
    let Some((sha, _)) = resolve(&forge, repo, ctx.param("ref")) else {
        return Reply::invalid(&format!("No commit found for SHA: {}", ctx.param("ref")), json!([]));
    };
    let all = forge.repo(&repo.full_name()).map_or(&[][..], |state| state.runs.as_slice());
    let asked = |name: &str, value: &str| ctx.query.get(name).is_none_or(|wanted| wanted == value);
    let app = crate::rest::APP_ID.to_string();
    let mut runs: Vec<&CheckRun> = all.iter().filter(|run| run.head_sha == sha).collect();
    runs.retain(|run| {
        asked("check_name", &run.name) && asked("status", &run.status) && asked("app_id", &app)
    });
    if ctx.query.get("filter").is_none_or(|filter| filter == "latest") {
        let latest = |run: &&CheckRun| {
            !all.iter().any(|other| other.head_sha == sha && other.name == run.name && other.id > run.id)
        };
        runs.retain(latest);
    }
    runs.reverse();
    page::counted(ctx, "check_runs", runs.into_iter().map(|run| run_json(ctx, &forge, repo, run)).collect())
}

pub(crate) fn suites_of_commit(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let forge = ctx.forge();
    let Some((sha, _)) = resolve(&forge, repo, ctx.param("ref")) else {
        return Reply::invalid(&format!("No commit found for SHA: {}", ctx.param("ref")), json!([]));
    };
    let all = forge.repo(&repo.full_name()).map_or(&[][..], |state| state.suites.as_slice());
    let suites = all.iter().filter(|suite| suite.head_sha == sha);
    page::counted(ctx, "check_suites", suites.map(|suite| suite_json(ctx, &forge, repo, suite)).collect())
}

pub(crate) fn rerequest_run(ctx: &Ctx<'_>) -> Reply {
    let event = with_run(ctx, |forge, repo, run| {
        let payload = json!({"action": "rerequested", "check_run": run_json(ctx, forge, repo, run)});
        Reply::json(events::enveloped(ctx, repo, payload))
    });
    sent(ctx, "check_run", event)
}

pub(crate) fn rerequest_suite(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let payload = {
        let forge = ctx.forge();
        let suites = forge.repo(&repo.full_name()).map_or(&[][..], |state| state.suites.as_slice());
        let suite = suites.iter().find(|suite| ctx.names("check_suite_id", &json!(suite.id)));
        suite.map(
            |suite| json!({"action": "rerequested", "check_suite": suite_json(ctx, &forge, repo, suite)}),
        )
    };
    match payload {
        Some(payload) => sent(ctx, "check_suite", Reply::json(events::enveloped(ctx, repo, payload))),
        None => Reply::not_found(),
    }
}

/// Queues what an answer holds as a delivery.
fn sent(ctx: &Ctx<'_>, event: &str, reply: Reply) -> Reply {
    match reply.body {
        super::Body::Json(payload) if reply.status == StatusCode::OK => {
            ctx.forge().enqueue(event, payload);
            Reply::made(StatusCode::CREATED, json!({}))
        }
        _ => reply,
    }
}

fn with_run(ctx: &Ctx<'_>, answer: impl FnOnce(&Forge, &Repo, &CheckRun) -> Reply) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let forge = ctx.forge();
    match forge.repo(&repo.full_name()).and_then(|state| state.run(ctx.param("check_run_id"))) {
        Some(run) => answer(&forge, repo, run),
        None => Reply::not_found(),
    }
}

/// Pull requests of the same repository; those from forks are not listed.
fn pulls(ctx: &Ctx<'_>, forge: &Forge, repo: &Repo, sha: &str) -> Value {
    let full = repo.full_name();
    let side = |name: &str, sha: &str| {
        let url = format!("{}/repos/{full}", ctx.api);
        json!({"ref": name, "sha": sha, "repo": {"id": repo.id, "url": url, "name": repo.name}})
    };
    let listed = forge.repo(&full).into_iter().flat_map(|state| state.pulls.values());
    let listed = listed.filter(|pull| pull.open && pull.head == sha && pull.fork.is_none());
    listed
        .map(|pull| {
            json!({
                "id": digest::database_id("pull", &format!("{full}#{}", pull.number)), "number": pull.number,
                "url": format!("{}/repos/{full}/pulls/{}", ctx.api, pull.number),
                "head": side(&pull.branch, &pull.head), "base": side(&pull.base, &pull.base_sha),
            })
        })
        .collect()
}

pub(crate) fn run_json(ctx: &Ctx<'_>, forge: &Forge, repo: &Repo, run: &CheckRun) -> Value {
    let full = repo.full_name();
    let url = format!("{}/repos/{full}/check-runs/{}", ctx.api, run.id);
    json!({
        "id": run.id, "name": run.name, "node_id": digest::node_id("CR", run.id), "head_sha": run.head_sha,
        "external_id": run.external_id, "url": url, "html_url": format!("{HTML}/{full}/runs/{}", run.id),
        "details_url": run.details_url, "status": run.status, "conclusion": run.conclusion,
        "started_at": run.started_at, "completed_at": run.completed_at,
        "output": {"title": run.title, "summary": run.summary, "text": run.text,
            "annotations_count": run.annotations.len(), "annotations_url": format!("{url}/annotations")},
        "check_suite": {"id": run.suite}, "app": apps::app_json(ctx), "pull_requests": pulls(ctx, forge, repo, &run.head_sha),
    })
}

pub(crate) fn suite_json(ctx: &Ctx<'_>, forge: &Forge, repo: &Repo, suite: &Suite) -> Value {
    let full = repo.full_name();
    let runs = forge.repo(&full).map_or(&[][..], |state| state.runs.as_slice());
    let runs: Vec<&CheckRun> = runs.iter().filter(|run| run.suite == suite.id).collect();
    let done = !runs.is_empty() && runs.iter().all(|run| run.status == "completed");
    let failed = runs.iter().any(|run| run.conclusion.as_deref() == Some("failure"));
    let url = format!("{}/repos/{full}/check-suites/{}", ctx.api, suite.id);
    let person = json!({"name": "octocat", "email": "octocat@users.noreply.github.com"});
    json!({
        "id": suite.id, "node_id": digest::node_id("CS", suite.id), "head_branch": suite.head_branch,
        "head_sha": suite.head_sha, "status": if done { "completed" } else { "queued" },
        "conclusion": done.then_some(if failed { "failure" } else { "success" }), "url": url,
        "before": "0".repeat(40), "after": suite.head_sha, "pull_requests": pulls(ctx, forge, repo, &suite.head_sha),
        "app": apps::app_json(ctx), "repository": repos::minimal(ctx, repo), "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z", "latest_check_runs_count": runs.len(),
        "check_runs_url": format!("{url}/check-runs"),
        "head_commit": {"id": suite.head_sha, "tree_id": suite.head_sha, "message": "A change",
            "timestamp": "2026-01-01T00:00:00Z", "author": person, "committer": person},
    })
}
