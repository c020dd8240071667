//! Pull requests, what they change, and comparisons.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::objects::{HTML, account};
use super::{Ctx, Reply, page, repos};
use crate::digest;
use crate::forge::diff::{FileDiff, diff};
use crate::forge::pull::Pull;
use crate::forge::{Forge, resolve};
use crate::world::Repo;

/// Most files in a pull request's list and in a comparison.
const MOST_FILES: usize = 3_000;
const MOST_COMPARED: usize = 300;

pub(crate) fn list(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let forge = ctx.forge();
    let wanted = ctx.query.get("state").map_or("open", String::as_str);
    let pulls = forge.repo(&repo.full_name()).into_iter().flat_map(|state| state.pulls.values());
    let pulls = pulls.filter(|pull| match wanted {
        "all" => true,
        "closed" => !pull.open,
        _ => pull.open,
    });
    let mut pulls: Vec<Value> = pulls.map(|pull| simple(ctx, repo, pull)).collect();
    if ctx.query.get("direction").is_none_or(|direction| direction == "desc") {
        pulls.reverse();
    }
    page::array(ctx, pulls)
}

pub(crate) fn one(ctx: &Ctx<'_>) -> Reply {
    with_pull(ctx, |forge, repo, pull| Reply::json(whole(ctx, forge, repo, pull)))
}

pub(crate) fn files(ctx: &Ctx<'_>) -> Reply {
    with_pull(ctx, |forge, repo, pull| {
        let files = changed(forge, repo, pull);
        let listed = files.iter().take(MOST_FILES).map(|file| file_json(ctx, repo, (file, &pull.head)));
        page::array(ctx, listed.collect())
    })
}

pub(crate) fn of_commit(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let forge = ctx.forge();
    let Some((sha, _)) = resolve(&forge, repo, ctx.param("commit_sha")) else {
        let message = format!("No commit found for SHA: {}", ctx.param("commit_sha"));
        return Reply::error(http::StatusCode::UNPROCESSABLE_ENTITY, &message);
    };
    let state = forge.repo(&repo.full_name());
    let pulls = state.into_iter().flat_map(|state| {
        // A pull request contains its head and what lies between it and the base.
        let contains = |pull: &&Pull| {
            state.line(&pull.head).iter().take_while(|at| **at != pull.base_sha).any(|at| *at == sha)
        };
        state.pulls.values().filter(contains).collect::<Vec<_>>()
    });
    page::array(ctx, pulls.map(|pull| simple(ctx, repo, pull)).collect())
}

pub(crate) fn compare(ctx: &Ctx<'_>) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let forge = ctx.forge();
    let (base, head) = ctx.param("basehead").split_once("...").unwrap_or_default();
    let (Some((base, _)), Some((head, head_tree))) =
        (resolve(&forge, repo, base), resolve(&forge, repo, head))
    else {
        return Reply::not_found();
    };
    let state = forge.repo(&repo.full_name());
    let merge_base = state.and_then(|state| state.merge_base(&base, &head)).unwrap_or_else(|| base.clone());
    let behind =
        state.map_or(0, |state| state.line(&base).iter().take_while(|at| **at != merge_base).count());
    let ahead = state.map_or(0, |state| state.line(&head).iter().take_while(|at| **at != merge_base).count());
    let Some((_, from)) = resolve(&forge, repo, &merge_base) else { return Reply::not_found() };
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let renames = state.map(|state| state.pulls.values().flat_map(|pull| pull.renames.clone()).collect());
    let files = diff(&from, &head_tree, &renames.unwrap_or_default());
    let files: Vec<Value> =
        files.iter().take(MOST_COMPARED).map(|file| file_json(ctx, repo, (file, &head))).collect();
    let url = format!("{}/repos/{}/compare/{base}...{head}", ctx.api, repo.full_name());
    let html = format!("{HTML}/{}/compare/{base}...{head}", repo.full_name());
    Reply::json(json!({
        "url": url, "html_url": html, "permalink_url": html, "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"), "base_commit": commit(ctx, repo, &base),
        "merge_base_commit": commit(ctx, repo, &merge_base), "status": status, "ahead_by": ahead,
        "behind_by": behind, "total_commits": ahead, "commits": [], "files": files,
    }))
}

fn with_pull(ctx: &Ctx<'_>, answer: impl FnOnce(&Forge, &Repo, &Pull) -> Reply) -> Reply {
    let Some(repo) = ctx.repo() else { return Reply::not_found() };
    let forge = ctx.forge();
    let number: Option<u64> = ctx.param("pull_number").parse().ok();
    match number.and_then(|number| forge.repo(&repo.full_name())?.pulls.get(&number)) {
        Some(pull) => answer(&forge, repo, pull),
        None => Reply::not_found(),
    }
}

/// The files a pull request changes compared with its merge base.
pub(crate) fn changed(forge: &Forge, repo: &Repo, pull: &Pull) -> Vec<FileDiff> {
    let head = resolve(forge, repo, &pull.head);
    head.map_or_else(Vec::new, |(_, tree)| diff(&pull.from, &tree, &pull.renames))
}

fn file_json(ctx: &Ctx<'_>, repo: &Repo, (file, head): (&FileDiff, &str)) -> Value {
    let full = repo.full_name();
    let path = escape(&file.path);
    let mut json = json!({
        "sha": file.oid, "filename": file.path, "status": file.status, "additions": file.additions,
        "deletions": file.deletions, "changes": file.additions + file.deletions,
        "blob_url": format!("{HTML}/{full}/blob/{head}/{path}"), "raw_url": format!("{HTML}/{full}/raw/{head}/{path}"),
        "contents_url": format!("{}/repos/{full}/contents/{path}?ref={head}", ctx.api),
    });
    if let Some(patch) = &file.patch {
        json["patch"] = json!(patch);
    }
    if let Some(previous) = &file.previous {
        json["previous_filename"] = json!(previous);
    }
    json
}

/// A path as it stands in an address.
fn escape(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn commit(ctx: &Ctx<'_>, repo: &Repo, sha: &str) -> Value {
    let url = format!("{}/repos/{}/commits/{sha}", ctx.api, repo.full_name());
    let person =
        json!({"name": "octocat", "email": "octocat@users.noreply.github.com", "date": repo.file.pushed.0});
    json!({
        "url": url, "sha": sha, "node_id": format!("C_{sha}"), "html_url": format!("{HTML}/{}/commit/{sha}", repo.full_name()),
        "comments_url": format!("{url}/comments"), "author": account(ctx, "octocat"), "committer": account(ctx, "octocat"),
        "parents": [], "commit": {
            "url": url, "author": person, "committer": person, "message": "A change", "comment_count": 0,
            "tree": {"sha": sha, "url": format!("{}/repos/{}/git/trees/{sha}", ctx.api, repo.full_name())},
            "verification": {"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null},
        },
    })
}

/// The repository a pull request comes from: a fork has its own id and name.
fn head_repo(ctx: &Ctx<'_>, repo: &Repo, pull: &Pull) -> Value {
    let mut json = repos::minimal(ctx, repo);
    if let Some(owner) = &pull.fork {
        let full = format!("{owner}/{}", repo.name);
        let id = digest::database_id("repo", &full);
        json["id"] = json!(id);
        json["node_id"] = json!(digest::node_id("R", id));
        json["full_name"] = json!(full);
        json["owner"] = account(ctx, owner);
        json["fork"] = json!(true);
    }
    json
}

/// As lists and webhooks show it.
pub(crate) fn simple(ctx: &Ctx<'_>, repo: &Repo, pull: &Pull) -> Value {
    let full = repo.full_name();
    let (url, html) = (
        format!("{}/repos/{full}/pulls/{}", ctx.api, pull.number),
        format!("{HTML}/{full}/pull/{}", pull.number),
    );
    let issue = format!("{}/repos/{full}/issues/{}", ctx.api, pull.number);
    let id = digest::database_id("pull", &format!("{full}#{}", pull.number));
    let closed = (!pull.open).then(|| pull.created_at.clone());
    let head_owner = pull.fork.as_deref().unwrap_or(&repo.owner);
    let link = |address: &str| json!({"href": address});
    let statuses = format!("{}/repos/{full}/statuses/{}", ctx.api, pull.head);
    json!({
        "url": url, "id": id, "node_id": digest::node_id("PR", id), "html_url": html,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "issue_url": issue,
        "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{}/repos/{full}/pulls/comments{{/number}}", ctx.api),
        "comments_url": format!("{issue}/comments"), "statuses_url": statuses,
        "number": pull.number, "state": if pull.open { "open" } else { "closed" }, "locked": false, "title": pull.title,
        "user": account(ctx, &pull.author), "body": null, "labels": [], "milestone": null, "active_lock_reason": null,
        "created_at": pull.created_at, "updated_at": pull.created_at, "closed_at": closed,
        "merged_at": pull.merged.then(|| pull.created_at.clone()),
        "merge_commit_sha": digest::oid(&["merge", &pull.head]), "assignee": null, "assignees": [],
        "requested_reviewers": [], "requested_teams": [],
        "head": {"label": format!("{head_owner}:{}", pull.branch), "ref": pull.branch, "sha": pull.head,
            "user": account(ctx, head_owner), "repo": head_repo(ctx, repo, pull)},
        "base": {"label": format!("{}:{}", repo.owner, pull.base), "ref": pull.base, "sha": pull.base_sha,
            "user": account(ctx, &repo.owner), "repo": repos::minimal(ctx, repo)},
        "_links": {"self": link(&url), "html": link(&html), "issue": link(&issue), "commits": link(&format!("{url}/commits")),
            "comments": link(&format!("{issue}/comments")), "review_comments": link(&format!("{url}/comments")),
            "review_comment": link(&format!("{url}/comments")), "statuses": link(&statuses)},
        "author_association": if pull.fork.is_some() { "NONE" } else { "MEMBER" }, "auto_merge": null, "draft": pull.draft,
    })
}

/// As the call for one shows it.
pub(crate) fn whole(ctx: &Ctx<'_>, forge: &Forge, repo: &Repo, pull: &Pull) -> Value {
    let files = changed(forge, repo, pull);
    let sum = |of: fn(&FileDiff) -> usize| files.iter().map(of).sum::<usize>();
    let mut json = simple(ctx, repo, pull);
    let more = BTreeMap::from([
        ("merged", json!(pull.merged)),
        ("mergeable", json!(true)),
        ("mergeable_state", json!("clean")),
        ("merged_by", Value::Null),
        ("comments", json!(0)),
        ("review_comments", json!(0)),
        ("maintainer_can_modify", json!(false)),
        ("commits", json!(1)),
        ("additions", json!(sum(|file| file.additions))),
        ("deletions", json!(sum(|file| file.deletions))),
        ("changed_files", json!(files.len())),
    ]);
    more.into_iter().for_each(|(key, value)| json[key] = value);
    json
}
