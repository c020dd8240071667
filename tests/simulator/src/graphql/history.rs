//! Branches, commits and the check suites on them.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::repo::{RepoObject, user};
use super::{repo_lists, rules};
use crate::digest;
use crate::rest::archive_url;
use crate::world::Repo;
use crate::world::repo_file::{Commit, Suite};

/// The default branch with its protection and its head.
pub(crate) fn default_branch(object: &RepoObject) -> Value {
    let repo = &object.repo;
    json!({
        "id": digest::node_id("REF", repo.id),
        "name": repo.file.branch(),
        "prefix": "refs/heads/",
        "target": head(object),
        "branchProtectionRule": rules::protection(repo),
        "refUpdateRule": rules::update_rule(repo),
        "rules": rules::branch_rules(object),
    })
}

/// The branch or tag of that name.
pub(crate) fn branch(object: &RepoObject, qualified: &str) -> Value {
    let name = qualified.trim_start_matches("refs/heads/");
    if !object.repo.is_empty() && name == object.repo.file.branch() {
        return default_branch(object);
    }
    let (prefix, name) = match qualified.strip_prefix("refs/tags/") {
        Some(tag) => ("refs/tags/", tag),
        None => ("refs/heads/", name),
    };
    let refs = repo_lists::refs(&object.repo, prefix);
    let found = refs.as_array().and_then(|refs| refs.iter().find(|item| item["name"] == name).cloned());
    found.unwrap_or(Value::Null)
}

/// The newest commit with the history behind it.
pub(crate) fn head(object: &RepoObject) -> Value {
    let commits: Vec<Value> = object
        .repo
        .file
        .commits
        .iter()
        .enumerate()
        .map(|(index, commit)| one(object, index, commit))
        .collect();
    let mut head = newest(object);
    head["history"] = Value::Array(commits);
    head
}

/// The newest commit alone.
pub(crate) fn newest(object: &RepoObject) -> Value {
    let commits = &object.repo.file.commits;
    commits.first().map_or_else(|| json!({"__typename": "Commit"}), |commit| one(object, 0, commit))
}

fn one(object: &RepoObject, index: usize, commit: &Commit) -> Value {
    let repo = &object.repo;
    let oid = repo.commit(index);
    let date = if index == 0 { repo.file.pushed.0 } else { commit.date.0 };
    let author =
        commit.author.clone().or_else(|| object.org.file.members.first().map(|member| member.login.clone()));
    let state =
        |(context, state): (&String, &String)| json!({"id": context, "context": context, "state": state});
    let message = commit.message.as_deref().unwrap_or("Change something");
    json!({
        "__typename": "Commit",
        "id": digest::node_id("C", index as u64),
        "oid": oid,
        "message": message,
        "messageHeadline": message.lines().next(),
        "committedDate": date,
        "tarballUrl": archive_url(&object.scope.codeload, repo, &oid),
        "author": {"date": date, "user": author.map(|login| user(&login))},
        "signature": commit.signed.then(signature),
        "status": (!commit.statuses.is_empty()).then(|| {
            json!({"id": oid, "contexts": commit.statuses.iter().map(state).collect::<Value>()})
        }),
        "checkSuites": commit.suites.iter().enumerate().map(|(at, item)| suite(repo, (index, at), (date, item))).collect::<Value>(),
        "associatedPullRequests": commit.pull_request.map(|number| repo_lists::pull_request(object, number)).into_iter().collect::<Value>(),
    })
}

fn signature() -> Value {
    json!({"__typename": "GpgSignature", "isValid": true, "state": "VALID", "wasSignedByGitHub": true})
}

fn suite(repo: &Repo, (commit, at): (usize, usize), (date, suite): (jiff::Timestamp, &Suite)) -> Value {
    let number = (commit * 16 + at) as u64;
    let end = date + SignedDuration::from_secs(suite.seconds);
    let runs = suite
        .runs
        .iter()
        .map(|name| json!({"id": name, "name": name, "title": null, "conclusion": suite.conclusion}));
    let workflow_run = (suite.app == "github-actions").then(|| {
        json!({
            "id": digest::node_id("WFR", number),
            "event": suite.event,
            "runNumber": 1000 - number.min(999),
            "createdAt": date,
            "updatedAt": end,
            "file": {"id": suite.path, "path": suite.path},
            "workflow": {"id": suite.workflow, "name": suite.workflow},
        })
    });
    json!({
        "id": digest::node_id("CS", repo.id ^ number),
        "status": suite.status,
        "conclusion": suite.conclusion,
        "createdAt": date,
        "updatedAt": end,
        "app": {"id": suite.app, "slug": suite.app, "name": suite.app},
        "checkRuns": runs.collect::<Value>(),
        "workflowRun": workflow_run,
    })
}
