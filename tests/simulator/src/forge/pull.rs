//! Pull requests, and the changes they are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::world::tree::{Entry, Tree};

/// Edits to a tree, in the order they are made.
#[derive(Debug, Clone, Default)]
pub struct Change(Vec<Edit>);

#[derive(Debug, Clone)]
enum Edit {
    Put(String, Entry),
    Remove(String),
    Rename(String, String),
}

impl Change {
    /// No edit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a file.
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.with(Edit::Put(path.to_owned(), Entry::File { content: content.as_ref().into(), mode: 0o644 }))
    }

    /// Removes a file.
    #[must_use]
    pub fn remove(self, path: &str) -> Self {
        self.with(Edit::Remove(path.to_owned()))
    }

    /// Moves a file. Write it after that to change it as well.
    #[must_use]
    pub fn rename(self, from: &str, to: &str) -> Self {
        self.with(Edit::Rename(from.to_owned(), to.to_owned()))
    }

    /// Puts a submodule at a commit.
    #[must_use]
    pub fn submodule(self, path: &str, commit: &str) -> Self {
        self.with(Edit::Put(path.to_owned(), Entry::Submodule { commit: commit.to_owned() }))
    }

    /// Puts a symbolic link.
    #[must_use]
    pub fn link(self, path: &str, target: &str) -> Self {
        self.with(Edit::Put(path.to_owned(), Entry::Link { target: target.to_owned() }))
    }

    /// Puts a pointer of Git LFS to `size` bytes.
    #[must_use]
    pub fn lfs(self, path: &str, size: u64) -> Self {
        let oid = hex::encode(crate::digest::sha256(&[path.as_bytes()]));
        self.file(
            path,
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"),
        )
    }

    /// The edits that lead from one tree to another.
    pub(crate) fn between(from: &Tree, to: &Tree) -> Self {
        let paths: BTreeSet<&str> = from.paths().chain(to.paths()).collect();
        let edits = paths.into_iter().filter(|path| from.get(path) != to.get(path));
        let edit = |path: &str| match to.get(path) {
            Some(entry) => Edit::Put(path.to_owned(), entry.clone()),
            None => Edit::Remove(path.to_owned()),
        };
        Self(edits.map(edit).collect())
    }

    fn with(mut self, edit: Edit) -> Self {
        self.0.push(edit);
        self
    }

    /// The tree with the edits made; the renames among them are noted.
    pub(crate) fn apply(&self, tree: &Tree, renames: &mut BTreeMap<String, String>) -> Tree {
        let mut tree = tree.clone();
        for edit in &self.0 {
            match edit {
                Edit::Put(path, entry) => tree.put_entry(path, entry.clone()),
                Edit::Remove(path) => drop(tree.remove(path)),
                Edit::Rename(from, to) => {
                    if let Some(entry) = tree.remove(from) {
                        tree.put_entry(to, entry);
                        renames.insert(to.clone(), from.clone());
                    }
                }
            }
        }
        tree
    }
}

/// A pull request to open.
#[derive(Debug, Clone)]
pub struct Opening {
    pub(crate) change: Change,
    pub(crate) author: String,
    pub(crate) fork: Option<String>,
    pub(crate) draft: bool,
    pub(crate) base: Option<String>,
    pub(crate) title: String,
}

impl Opening {
    /// A pull request with this change, by `octocat`, to the default branch.
    pub fn new(change: Change) -> Self {
        Self {
            change,
            author: "octocat".to_owned(),
            fork: None,
            draft: false,
            base: None,
            title: "A change".to_owned(),
        }
    }

    /// Written by somebody else.
    #[must_use]
    pub fn by(mut self, author: &str) -> Self {
        author.clone_into(&mut self.author);
        self
    }

    /// From somebody's fork, and written by them.
    #[must_use]
    pub fn from_fork(mut self, owner: &str) -> Self {
        self.fork = Some(owner.to_owned());
        self.by(owner)
    }

    /// A draft.
    #[must_use]
    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// To another branch than the default one.
    #[must_use]
    pub fn into_branch(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// With this title.
    #[must_use]
    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }
}

/// One pull request.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) author: String,
    /// Owner of the fork the head is in.
    pub(crate) fork: Option<String>,
    pub(crate) branch: String,
    pub(crate) base: String,
    pub(crate) base_sha: String,
    pub(crate) head: String,
    pub(crate) draft: bool,
    pub(crate) open: bool,
    pub(crate) merged: bool,
    /// The tree its change is compared with: that of the merge base.
    pub(crate) from: Arc<Tree>,
    pub(crate) renames: BTreeMap<String, String>,
    pub(crate) created_at: String,
}
