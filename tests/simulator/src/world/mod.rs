//! The state that is served: organizations and their repositories.
//!
//! Everything hangs on `Arc`s, so that a request works on a cheap snapshot while a test changes the world.

pub(crate) mod archive;
pub(crate) mod expand;
pub(crate) mod load;
pub(crate) mod org_file;
pub(crate) mod overlay;
pub(crate) mod repo_file;
pub(crate) mod samples;
pub(crate) mod synthetic;
pub(crate) mod tree;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::digest;
use crate::forge::pull::Change;
use org_file::OrgFile;
use repo_file::{RepoFile, Visibility};
use tree::Tree;

/// One or more organizations at a fixed moment.
#[derive(Debug, Clone)]
pub struct World {
    pub(crate) now: Timestamp,
    pub(crate) orgs: BTreeMap<String, Arc<Org>>,
}

/// One organization and its repositories.
#[derive(Debug, Clone)]
pub struct Org {
    pub(crate) id: u64,
    pub(crate) file: OrgFile,
    /// Lower-cased name → repository.
    pub(crate) repos: BTreeMap<String, Arc<Repo>>,
    /// Database id → lower-cased name: batches name their repositories by id.
    ids: HashMap<u64, String>,
}

/// One repository: its settings and the tree of its default branch.
#[derive(Debug, Clone)]
pub struct Repo {
    pub(crate) id: u64,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) file: Arc<RepoFile>,
    pub(crate) tree: Arc<Tree>,
    /// How often something was pushed since the world was loaded; part of the head's id.
    pub(crate) pushes: u32,
    /// Served instead of the tree when set: hostile or broken archives.
    pub(crate) archive: Option<Bytes>,
}

impl World {
    /// The moment the world stands still at; relative dates of the fixtures are resolved against it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Logins of the organizations, sorted.
    pub fn logins(&self) -> Vec<String> {
        self.orgs.values().map(|org| org.file.login.clone()).collect()
    }

    /// Adds the organizations of another world to this one.
    pub fn merge(&mut self, other: World) {
        self.orgs.extend(other.orgs);
    }

    /// The organization, whatever the case of the login.
    pub fn org(&self, login: &str) -> Option<&Arc<Org>> {
        self.orgs.get(&login.to_lowercase())
    }

    /// The organization for changing it.
    pub fn org_mut(&mut self, login: &str) -> Option<&mut Org> {
        self.orgs.get_mut(&login.to_lowercase()).map(Arc::make_mut)
    }

    /// The repository, whatever the case of its name.
    pub fn repo(&self, owner: &str, name: &str) -> Option<&Arc<Repo>> {
        self.org(owner)?.repos.get(&name.to_lowercase())
    }

    /// The repository for changing it.
    pub fn repo_mut(&mut self, owner: &str, name: &str) -> Option<&mut Repo> {
        self.org_mut(owner)?.repo_mut(name)
    }

    /// Commits one file to the default branch: a new head, `pushed_at` and `updated_at` one minute later than before.
    /// Returns the new head, or `None` when there is no such repository.
    pub fn push(&mut self, owner: &str, name: &str, path: &str, content: &[u8]) -> Option<String> {
        let repo = self.repo_mut(owner, name)?;
        repo.write(path, content);
        Some(repo.head())
    }

    pub(crate) fn by_database_id(&self, id: u64) -> Option<&Arc<Repo>> {
        self.orgs.values().find_map(|org| org.by_id(id))
    }
}

impl Org {
    pub(crate) fn new(id: u64, file: OrgFile, repos: BTreeMap<String, Arc<Repo>>) -> Self {
        let ids = repos.iter().map(|(name, repo)| (repo.id, name.clone())).collect();
        Self { id, file, repos, ids }
    }

    pub(crate) fn by_id(&self, id: u64) -> Option<&Arc<Repo>> {
        self.repos.get(self.ids.get(&id)?)
    }

    /// The login as written in the fixture.
    pub fn login(&self) -> &str {
        &self.file.login
    }

    /// Names of the repositories, sorted.
    pub fn repo_names(&self) -> Vec<String> {
        self.repos.values().map(|repo| repo.name.clone()).collect()
    }

    /// The repository for changing it.
    pub fn repo_mut(&mut self, name: &str) -> Option<&mut Repo> {
        self.repos.get_mut(&name.to_lowercase()).map(Arc::make_mut)
    }

    /// Overrides a field of `GET /orgs/{org}`, for instance `two_factor_requirement_enabled`.
    pub fn set(&mut self, field: &str, value: serde_json::Value) {
        self.file.settings.insert(field.to_owned(), value);
    }

    /// Takes a repository away; true when it was there.
    pub fn remove_repo(&mut self, name: &str) -> bool {
        self.repos.remove(&name.to_lowercase()).is_some()
    }

    /// Renames a repository: its id stays, the old name answers 301 by id.
    pub fn rename_repo(&mut self, from: &str, to: &str) -> bool {
        let Some(mut repo) = self.repos.remove(&from.to_lowercase()) else { return false };
        Arc::make_mut(&mut repo).name = to.to_owned();
        self.ids.insert(repo.id, to.to_lowercase());
        self.file.renamed.insert(from.to_lowercase(), to.to_owned());
        self.repos.insert(to.to_lowercase(), repo);
        true
    }

    pub(crate) fn node_id(&self) -> String {
        digest::node_id("O", self.id)
    }
}

impl Repo {
    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The head commit of the default branch; changes with the tree and with every push.
    pub fn head(&self) -> String {
        self.commit(0)
    }

    /// The global node id.
    pub fn node_id(&self) -> String {
        digest::node_id("R", self.id)
    }

    /// Writes one file as a new commit on the default branch.
    pub fn write(&mut self, path: &str, content: &[u8]) {
        Arc::make_mut(&mut self.tree).put(path, content);
        self.moved_on();
    }

    /// Makes several edits as one commit on the default branch.
    pub(crate) fn commit_change(&mut self, change: &Change) {
        self.tree = Arc::new(change.apply(&self.tree, &mut BTreeMap::new()));
        self.moved_on();
    }

    fn moved_on(&mut self) {
        self.pushes += 1;
        let file = Arc::make_mut(&mut self.file);
        file.empty = false;
        let later = file.pushed.0 + jiff::SignedDuration::from_mins(1);
        file.pushed = repo_file::Moment(later);
        file.updated = Some(repo_file::Moment(later));
    }

    /// Makes another branch the default one.
    pub(crate) fn set_default_branch(&mut self, to: &str) {
        Arc::make_mut(&mut self.file).default_branch = Some(to.to_owned());
    }

    /// Serves these bytes as the repository's archive, whatever they are.
    pub fn serve_archive(&mut self, bytes: impl Into<Bytes>) {
        self.archive = Some(bytes.into());
    }

    /// Switches a `security_and_analysis` feature, for instance `secret_scanning`.
    pub fn set_security(&mut self, feature: &str, enabled: bool) {
        let file = Arc::make_mut(&mut self.file);
        file.security.insert(feature.to_owned(), enabled);
        file.updated = Some(repo_file::Moment(file.updated_at() + jiff::SignedDuration::from_mins(1)));
    }

    /// The `n`th commit of the default branch, 0 being the head.
    pub(crate) fn commit(&self, n: usize) -> String {
        let pushes = self.pushes.to_string();
        match n {
            0 => digest::oid(&[&self.full_name(), self.tree.oid(), &pushes]),
            n => digest::oid(&[&self.full_name(), "ancestor", &n.to_string()]),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.file.empty || (self.tree.is_empty() && self.archive.is_none())
    }

    pub(crate) fn is_public(&self) -> bool {
        self.file.visibility == Visibility::Public
    }
}
