//! Branches, commits and the check suites on them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::node::{Args, Node, Object, Problem};
use super::repo::{RepoObject, user};
use super::{repo_lists, rules};
use crate::digest;
use crate::rest::archive_url;
use crate::world::Repo;
use crate::world::repo_file::{Commit, Suite};

/// The default branch with its protection and its head.
pub(crate) struct DefaultBranch(pub(crate) RepoObject);

impl Object for DefaultBranch {
    fn type_name(&self) -> &'static str {
        "Ref"
    }

    fn field(&self, name: &str, _: &Args) -> Result<Option<Node<'static>>, Problem> {
        let repo = &self.0.repo;
        let value = match name {
            "id" => json!(digest::node_id("REF", repo.id)),
            "name" => json!(repo.file.branch()),
            "prefix" => json!("refs/heads/"),
            "branchProtectionRule" => json!(rules::protection(repo)),
            "refUpdateRule" => rules::update_rule(repo),
            "rules" => rules::branch_rules(&self.0),
            "target" => return Ok(Some(CommitObject::head(&self.0))),
            _ => return Ok(None),
        };
        Ok(Some(value.into()))
    }
}

/// The branch or tag of that name.
pub(crate) fn branch(object: &RepoObject, qualified: &str) -> Node<'static> {
    let name = qualified.trim_start_matches("refs/heads/");
    if !object.repo.is_empty() && name == object.repo.file.branch() {
        return DefaultBranch(object.clone()).into();
    }
    let (prefix, name) = match qualified.strip_prefix("refs/tags/") {
        Some(tag) => ("refs/tags/", tag),
        None => ("refs/heads/", name),
    };
    let refs = repo_lists::refs(&object.repo, prefix);
    let found = refs.as_array().and_then(|refs| refs.iter().find(|item| item["name"] == name).cloned());
    found.unwrap_or(Value::Null).into()
}

/// One commit of the default branch, 0 being the head.
pub(crate) struct CommitObject {
    object: RepoObject,
    index: usize,
}

impl CommitObject {
    /// The newest commit.
    pub(crate) fn head(object: &RepoObject) -> Node<'static> {
        Self { object: object.clone(), index: 0 }.into()
    }

    fn date(&self) -> Timestamp {
        let file = &self.object.repo.file;
        match self.index {
            0 => file.pushed.0,
            index => file.commits.get(index).map_or(file.pushed.0, |commit| commit.date.0),
        }
    }

    /// With `path` only commits that touched it: those that name it, or else the oldest, which brought everything.
    fn history(&self, path: Option<&str>) -> Node<'static> {
        let repo = &self.object.repo;
        let commits = &repo.file.commits;
        let touched: Vec<usize> = match path {
            None => (self.index..commits.len()).collect(),
            Some(path) if repo.tree.read(path).is_none() => Vec::new(),
            Some(path) => {
                let named = |at: &usize| commits[*at].files.iter().any(|file| file == path);
                let found: Vec<usize> = (self.index..commits.len()).filter(named).collect();
                if found.is_empty() { vec![commits.len().saturating_sub(1)] } else { found }
            }
        };
        let commits = touched.into_iter().map(|index| Self { object: self.object.clone(), index }.into());
        Node::List(commits.collect())
    }

    fn author(&self, commit: &Commit) -> Value {
        let first = || self.object.org.file.members.first().map(|member| member.login.clone());
        let login = commit.author.clone().or_else(first);
        json!({"date": self.date(), "user": login.map(|login| user(&login))})
    }

    fn suites(&self, commit: &Commit) -> Value {
        let suites = commit.suites.iter().enumerate();
        suites.map(|(at, item)| suite(&self.object.repo, (self.index, at), (self.date(), item))).collect()
    }

    fn status(&self, commit: &Commit) -> Value {
        // A state may be followed by its description: `SUCCESS 85.2% (+0.1%)`.
        let context = |(context, said): (&String, &String)| {
            let (state, description) =
                said.split_once(' ').map_or((said.as_str(), None), |(s, d)| (s, Some(d)));
            json!({"id": context, "context": context, "state": state, "description": description})
        };
        let contexts: Value = commit.statuses.iter().map(context).collect();
        if commit.statuses.is_empty() { Value::Null } else { json!({"id": "S_1", "contexts": contexts}) }
    }
}

impl Object for CommitObject {
    fn type_name(&self) -> &'static str {
        "Commit"
    }

    fn field(&self, name: &str, args: &Args) -> Result<Option<Node<'static>>, Problem> {
        let repo = &self.object.repo;
        let none = Commit::default();
        let commit = repo.file.commits.get(self.index).unwrap_or(&none);
        let message = commit.message.as_deref().unwrap_or("Change something");
        let value = match name {
            "id" => json!(digest::node_id("C", self.index as u64)),
            "oid" => json!(repo.commit(self.index)),
            "message" => json!(message),
            "messageHeadline" => json!(message.lines().next()),
            "committedDate" => json!(self.date()),
            "tarballUrl" => {
                json!(archive_url(&self.object.scope.codeload, repo, &repo.commit(self.index)))
            }
            "author" => self.author(commit),
            "signature" => json!(commit.signed.then(signature)),
            "status" => self.status(commit),
            "checkSuites" => self.suites(commit),
            "associatedPullRequests" => {
                let pull = commit.pull_request.map(|number| repo_lists::pull_request(&self.object, number));
                pull.into_iter().collect()
            }
            "history" => return Ok(Some(self.history(args.get("path").and_then(Value::as_str)))),
            _ => return Ok(None),
        };
        Ok(Some(value.into()))
    }
}

/// What a release's tag points at.
pub(crate) fn tagged(object: &RepoObject, tag: &str, signed: bool) -> Value {
    let oid = digest::oid(&[&object.repo.full_name(), tag]);
    json!({
        "__typename": "Commit",
        "id": oid,
        "oid": oid,
        "message": tag,
        "messageHeadline": tag,
        "tarballUrl": archive_url(&object.scope.codeload, &object.repo, &oid),
        "signature": signed.then(signature),
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
