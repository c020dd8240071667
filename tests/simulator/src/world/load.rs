//! Fixture folders become worlds.
//!
//! `org.yaml` holds the organization, `repos/<name>/` the tree of a repository's default branch, `repos/<name>.yaml`
//! its settings. Either of the two is enough for a repository to exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::org_file::{LISTS, OrgFile};
use super::overlay::{self, Names};
use super::repo_file::RepoFile;
use super::tree::{Entry, Tree};
use super::{Org, Repo, World, expand, samples};
use crate::digest;

/// Why a fixture is no world.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder could not be read.
    #[error("cannot read {path}")]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is not the YAML it should be.
    #[error("{path}: {reason}")]
    Yaml {
        /// The file, relative to the organization's folder.
        path: String,
        /// What is wrong, in the parser's words.
        reason: String,
    },
    /// The folder holds no `org.yaml`.
    #[error("no org.yaml in {0}")]
    NoOrganization(String),
}

/// Path relative to the organization's folder → content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

include!(concat!(env!("OUT_DIR"), "/demo.rs"));

impl World {
    /// Loads the organization in `dir`, relative dates counting from the present.
    ///
    /// # Errors
    /// [`LoadError`] when a file cannot be read or says something no fixture can say.
    pub fn load(dir: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::load_at(dir, present())
    }

    /// Loads the organization in `dir` as it is at `now`; an `org.yaml` with its own `now` wins.
    ///
    /// # Errors
    /// As [`World::load`].
    pub fn load_at(dir: impl AsRef<Path>, now: Timestamp) -> Result<Self, LoadError> {
        let mut files = Files::new();
        read_dir(dir.as_ref(), "", &mut files)?;
        Self::from_files(&files, now, &dir.as_ref().display().to_string())
    }

    /// The demo organization `acme`, which is compiled in.
    ///
    /// # Errors
    /// None in practice: a test loads it.
    pub fn embedded_demo() -> Result<Self, LoadError> {
        Self::embedded_demo_at(present())
    }

    /// The demo organization at a fixed moment.
    ///
    /// # Errors
    /// None in practice: a test loads it.
    pub fn embedded_demo_at(now: Timestamp) -> Result<Self, LoadError> {
        let files = DEMO.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec())).collect();
        Self::from_files(&files, now, "the embedded demo")
    }

    fn from_files(files: &Files, now: Timestamp, place: &str) -> Result<Self, LoadError> {
        let text = files.get("org.yaml").ok_or_else(|| LoadError::NoOrganization(place.to_owned()))?;
        let raw = yaml("org.yaml", text)?;
        let now = raw.get("now").and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(now);
        let org = Loader { files, now }.org(raw)?;
        Ok(Self { now, orgs: BTreeMap::from([(org.file.login.to_lowercase(), Arc::new(org))]) })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator stands for the outside world and has its own clock"
)]
pub(crate) fn present() -> Timestamp {
    let now = Timestamp::now();
    // Whole seconds, as GitHub writes them.
    now.round(jiff::Unit::Second).unwrap_or(now)
}

struct Loader<'a> {
    files: &'a Files,
    now: Timestamp,
}

impl Loader<'_> {
    fn org(&self, raw: Value) -> Result<Org, LoadError> {
        let mut file: OrgFile = self.typed("org.yaml", raw)?;
        let bad = |reason: String| LoadError::Yaml { path: "org.yaml".into(), reason };
        if let Some(unknown) = file.lists.keys().find(|key| !LISTS.contains(&key.as_str())) {
            return Err(bad(format!("unknown key `{unknown}`")));
        }
        let names = Names { org: &file.login.clone(), repo: "" };
        for (kind, items) in &mut file.lists {
            *items = overlay::complete(kind, items, names, self.now)
                .map_err(|why| bad(format!("{kind}: {why}")))?;
        }
        let mut repos = BTreeMap::new();
        for name in self.repo_names() {
            repos.insert(name.to_lowercase(), Arc::new(self.repo(&file.login, &name)?));
        }
        let id = file.id.unwrap_or_else(|| digest::database_id("org", &file.login));
        Ok(Org::new(id, file, repos))
    }

    fn repo_names(&self) -> BTreeSet<String> {
        let inside = self.files.keys().filter_map(|path| path.strip_prefix("repos/"));
        inside
            .filter_map(|rest| match rest.split_once('/') {
                Some((name, _)) => Some(name),
                None => rest.strip_suffix(".yaml"),
            })
            .map(str::to_owned)
            .collect()
    }

    fn repo(&self, owner: &str, name: &str) -> Result<Repo, LoadError> {
        let path = format!("repos/{name}.yaml");
        let raw =
            self.files.get(&path).map_or(Ok(Value::Object(Default::default())), |text| yaml(&path, text))?;
        let mut file: RepoFile =
            self.typed(&path, if raw.is_null() { Value::Object(Default::default()) } else { raw })?;
        file.settle(self.now);
        let full = format!("{owner}/{name}");
        let bad = |reason: String| LoadError::Yaml { path: path.clone(), reason };
        complete_repo(&mut file, Names { org: owner, repo: &full }, self.now).map_err(bad)?;
        let tree = self.tree(name, &file).map_err(bad)?;
        let archive = file.archive.as_ref().map(|archive| archive.bytes()).transpose();
        let archive = archive.map_err(|source| LoadError::Read { path: path.clone().into(), source })?;
        let id = file.id.unwrap_or_else(|| digest::database_id("repo", &full));
        Ok(Repo {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            file: Arc::new(file),
            tree: Arc::new(tree),
            pushes: 0,
            archive,
        })
    }

    fn tree(&self, name: &str, file: &RepoFile) -> Result<Tree, String> {
        let folder = format!("repos/{}/", file.tree.as_deref().unwrap_or(name));
        let mut tree = Tree::default();
        for (path, content) in
            self.files.range(folder.clone()..).take_while(|(path, _)| path.starts_with(&folder))
        {
            let filled = std::str::from_utf8(content).ok().and_then(samples::fill);
            tree.put(&path[folder.len()..], filled.as_deref().map_or(content, str::as_bytes));
        }
        for (path, target) in &file.links {
            tree.put_entry(path, Entry::Link { target: target.clone() });
        }
        for (path, bits) in &file.modes {
            if !tree.set_mode(path, *bits) {
                return Err(format!("modes: no file `{path}`"));
            }
        }
        Ok(tree)
    }

    fn typed<T: DeserializeOwned>(&self, path: &str, raw: Value) -> Result<T, LoadError> {
        serde_json::from_value(expand::expand(raw, self.now))
            .map_err(|error| LoadError::Yaml { path: path.to_owned(), reason: error.to_string() })
    }
}

fn complete_repo(file: &mut RepoFile, names: Names<'_>, now: Timestamp) -> Result<(), String> {
    let lists = [
        ("repo_secrets", &mut file.secrets),
        ("secret_alerts", &mut file.secret_alerts),
        ("code_alerts", &mut file.code_alerts),
        ("dependabot_alerts", &mut file.dependabot_alerts),
        ("rule_suites", &mut file.rule_suites),
    ];
    for (kind, items) in lists {
        *items = overlay::complete(kind, items, names, now).map_err(|why| format!("{kind}: {why}"))?;
    }
    let setup = file.code_scanning_default_setup.take().unwrap_or(Value::Object(Default::default()));
    file.code_scanning_default_setup = overlay::complete("default_setup", &[setup], names, now)?.pop();
    Ok(())
}

fn yaml(path: &str, text: &[u8]) -> Result<Value, LoadError> {
    let bad = |reason: String| LoadError::Yaml { path: path.to_owned(), reason };
    let text = std::str::from_utf8(text).map_err(|error| bad(error.to_string()))?;
    if text.lines().all(|line| line.trim_start().starts_with('#') || line.trim().is_empty()) {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str(text).map_err(|error| bad(error.to_string()))
}

fn read_dir(dir: &Path, prefix: &str, files: &mut Files) -> Result<(), LoadError> {
    let fail = |source| LoadError::Read { path: dir.to_owned(), source };
    for entry in std::fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            read_dir(&path, &format!("{name}/"), files)?;
        } else {
            let content =
                std::fs::read(&path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
            files.insert(name, content);
        }
    }
    Ok(())
}
