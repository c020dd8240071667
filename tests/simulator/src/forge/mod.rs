//! What happens on top of the world: commits, pull requests, check runs, SARIF uploads, required checks, deliveries.
//!
//! The world stands still while a request is answered; this is the part that requests themselves change, behind one
//! lock. A commit of the default branch is known once something was opened or pushed on top of it.

pub(crate) mod checks;
pub(crate) mod diff;
pub(crate) mod hook;
pub(crate) mod pull;
pub(crate) mod required;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::digest;
use crate::world::Repo;
use crate::world::tree::{Entry, Tree};
use checks::{CheckRun, Suite};
use hook::Hook;
use pull::Pull;

/// Everything that changes.
#[derive(Debug, Default)]
pub(crate) struct Forge {
    repos: BTreeMap<String, RepoForge>,
    pub(crate) hook: Hook,
    /// Organizations whose installation may do nothing.
    pub(crate) suspended: std::collections::BTreeSet<String>,
    last_id: u64,
}

/// One repository's part of it.
#[derive(Debug, Default)]
pub(crate) struct RepoForge {
    pub(crate) commits: BTreeMap<String, Commit>,
    pub(crate) pulls: BTreeMap<u64, Pull>,
    pub(crate) runs: Vec<CheckRun>,
    pub(crate) suites: Vec<Suite>,
    pub(crate) sarifs: Vec<Sarif>,
    pub(crate) code_scanning_off: bool,
    pub(crate) rulesets: Vec<Value>,
    /// Branch → the protection as it is written, with `required_status_checks` and the rest.
    pub(crate) protection: BTreeMap<String, Value>,
    /// Heads of merge groups → the pull requests in them.
    pub(crate) groups: BTreeMap<String, Vec<u64>>,
}

/// A commit that can be read.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) tree: Arc<Tree>,
    pub(crate) parent: Option<String>,
}

/// One SARIF upload.
#[derive(Debug, Clone, PartialEq)]
pub struct Sarif {
    /// Its id.
    pub id: String,
    /// The commit it is for.
    pub commit: String,
    /// The ref it is for.
    pub reference: String,
    /// What was uploaded, unpacked.
    pub document: Value,
    /// How often its status was asked for: the first time it is pending.
    pub(crate) asked: u32,
    /// What is wrong with it.
    pub errors: Vec<String>,
}

impl Forge {
    /// An id no other object has; below 2^31.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        10_000_000 + self.last_id
    }

    pub(crate) fn repo(&self, full: &str) -> Option<&RepoForge> {
        self.repos.get(&full.to_lowercase())
    }

    pub(crate) fn repo_mut(&mut self, full: &str) -> &mut RepoForge {
        self.repos.entry(full.to_lowercase()).or_default()
    }

    /// A repository has another name; what happened in it stays.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        if let Some(state) = self.repos.remove(&from.to_lowercase()) {
            self.repos.insert(to.to_lowercase(), state);
        }
    }

    /// Both at once: the repository, and an id for something new in it.
    pub(crate) fn fresh(&mut self, full: &str) -> (u64, &mut RepoForge) {
        let id = self.next_id();
        (id, self.repo_mut(full))
    }
}

impl RepoForge {
    /// Remembers the default branch's head, so that it can be read when the branch moves on.
    pub(crate) fn note_head(&mut self, repo: &Repo) -> String {
        let head = repo.head();
        self.commits
            .entry(head.clone())
            .or_insert_with(|| Commit { tree: repo.tree.clone(), parent: Some(repo.commit(1)) });
        head
    }

    /// Commits a tree on top of `parent`.
    pub(crate) fn commit(&mut self, full: &str, tree: Tree, parent: &str) -> String {
        let count = self.commits.len().to_string();
        let sha = digest::oid(&[full, parent, tree.oid(), &count]);
        self.commits.insert(sha.clone(), Commit { tree: Arc::new(tree), parent: Some(parent.to_owned()) });
        sha
    }

    /// The commit and its ancestors, the nearest first.
    pub(crate) fn line(&self, sha: &str) -> Vec<String> {
        let mut line = vec![sha.to_owned()];
        while let Some(parent) = line.last().and_then(|sha| self.commits.get(sha)?.parent.clone()) {
            line.push(parent);
        }
        line
    }

    /// The latest common ancestor.
    pub(crate) fn merge_base(&self, base: &str, head: &str) -> Option<String> {
        let bases = self.line(base);
        self.line(head).into_iter().find(|sha| bases.contains(sha))
    }
}

/// The commit a branch, tag, `refs/…`, or commit id stands for, and its tree.
pub(crate) fn resolve(forge: &Forge, repo: &Repo, reference: &str) -> Option<(String, Arc<Tree>)> {
    let name = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    if reference == repo.head() || name == repo.file.branch() || reference == "HEAD" {
        return Some((repo.head(), repo.tree.clone())).filter(|_| !repo.is_empty());
    }
    let state = forge.repo(&repo.full_name())?;
    // Most references are commits, and there may be thousands of pull requests to look through for a branch.
    if let Some(commit) = state.commits.get(reference) {
        return Some((reference.to_owned(), commit.tree.clone()));
    }
    let pull = |number: &str| state.pulls.get(&number.parse().ok()?).map(|pull| pull.head.clone());
    let by_pull = reference.strip_prefix("refs/pull/").and_then(|rest| pull(rest.split('/').next()?));
    let by_branch = || {
        state
            .pulls
            .values()
            .find(|pull| pull.fork.is_none() && pull.branch == name)
            .map(|pull| pull.head.clone())
    };
    let sha = by_pull.or_else(by_branch).unwrap_or_else(|| reference.to_owned());
    state.commits.get(&sha).map(|commit| (sha, commit.tree.clone()))
}

/// The object id of a file's content.
pub(crate) fn blob_oid(content: &[u8]) -> String {
    digest::oid(&["blob", &hex::encode(digest::sha256(&[content]))])
}

/// The object id of an entry: content, link target, or a submodule's commit.
pub(crate) fn entry_oid(entry: &Entry) -> String {
    match entry {
        Entry::File { content, .. } => blob_oid(content),
        Entry::Link { target } => blob_oid(target.as_bytes()),
        Entry::Submodule { commit } => commit.clone(),
    }
}
