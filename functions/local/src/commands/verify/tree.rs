//! What is verified: the place, and the paths in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::Mutex,
};

use ignore::WalkBuilder;
use scrutineer_policy::{Base, Baseline, Changed, RepoPath, RepositorySettings};

use super::{
    disk,
    git::{Oid, Repo},
};
use crate::cli::error::Error;

/// Where the verification happens.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// What all paths are relative to: the top of the repository, or PATH where there is none.
    pub(crate) root: PathBuf,
    /// PATH, relative to the root; empty for all of it.
    pub(super) within: RepoPath,
    /// The repository.
    pub(super) repo: Option<Repo>,
}

impl Place {
    /// The place of PATH.
    pub(crate) fn find(path: &Path) -> Result<Self, Error> {
        let full =
            fs::canonicalize(path).map_err(|error| Error::usage(format!("{}: {error}", path.display())))?;
        let folder = if full.is_dir() { full.as_path() } else { full.parent().unwrap_or(&full) };
        let top = folder.ancestors().find(|folder| folder.join(".git").exists());
        let root = top.unwrap_or(folder).to_owned();
        let within = full.strip_prefix(&root).ok().and_then(Path::to_str);
        let within =
            within.ok_or_else(|| Error::usage(format!("{}: the path is not UTF-8", path.display())))?;
        Ok(Place { within: RepoPath::new(within), repo: top.map(Repo::new), root })
    }

    /// A path relative to PATH as one relative to the root; `None` outside of it.
    fn below(&self, path: &str) -> Option<RepoPath> {
        let mut full = PathBuf::new();
        for component in self.root.join(self.within.as_str()).join(path).components() {
            match component {
                Component::ParentDir => {
                    full.pop();
                }
                Component::CurDir => {}
                other => full.push(other),
            }
        }
        full.strip_prefix(&self.root).ok()?.to_str().map(RepoPath::new)
    }
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file, to be read from disk.
    File,
    /// A symbolic link.
    Symlink,
    /// A commit of another repository.
    Submodule,
    /// Something that cannot be read, with the reason.
    Unreadable(String),
}

/// How a file was before the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// There is no change: it is looked at as it is.
    Same,
    /// It was not there.
    Absent,
    /// It was this.
    Blob(Oid),
}

/// A path to judge.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) before: Before,
    pub(super) changed: Changed,
}

impl Item {
    /// Something that is looked at without a change.
    fn standing(kind: Kind) -> Self {
        Item { kind, before: Before::Same, changed: Changed::All }
    }
}

/// Everything to judge, and what is known besides.
pub(crate) struct Listing {
    /// By path, so that the order never depends on the file system.
    pub(super) items: BTreeMap<RepoPath, Item>,
    /// Paths that the change removed.
    pub(super) gone: Vec<RepoPath>,
    /// Settings, baseline and context as they hold.
    pub(super) base: Base,
    /// Where modules that a judged file imports are read, if not from disk.
    pub(super) revision: Option<super::change::Revision>,
    /// For the reader.
    pub(super) notices: Vec<String>,
}

impl Listing {
    /// Everything below PATH that git would track.
    pub(crate) fn of_tree(place: &Place) -> Result<Self, Error> {
        let mut listing = Self::standing(place)?;
        listing.walk(place);
        if let Some(repo) = &place.repo {
            match repo.tracked(&place.within) {
                Ok(tracked) => listing.add_tracked(place, tracked),
                Err(error) => listing.notices.push(format!(
                    "files that are tracked although they are ignored were not looked for: {}",
                    error.text()
                )),
            }
        }
        Ok(listing)
    }

    /// The paths of a list, relative to PATH.
    pub(crate) fn of_paths(place: &Place, paths: &[String]) -> Result<Self, Error> {
        let mut listing = Self::standing(place)?;
        for path in paths {
            let outside =
                || Error::usage(format!("--stdin-files: {path} is outside of {}", place.root.display()));
            let inside = place.below(path).ok_or_else(outside)?;
            if place.root.join(inside.as_str()).symlink_metadata().is_err() {
                listing.notices.push(format!("{path}: not there, so not verified"));
                continue;
            }
            let kind = disk::kind(&place.root, &inside);
            listing.items.insert(inside, Item::standing(kind));
        }
        Ok(listing)
    }

    /// Nothing yet, with the settings as they stand on disk.
    fn standing(place: &Place) -> Result<Self, Error> {
        let base = Base {
            settings: disk::settings(&place.root, RepositorySettings::PATH)?,
            baseline: disk::settings(&place.root, Baseline::PATH)?,
            context: Vec::new(),
        };
        Ok(Listing { items: BTreeMap::new(), gone: Vec::new(), base, revision: None, notices: Vec::new() })
    }

    /// Files that `.gitignore` does not exclude. Links are not followed; other repositories are not entered.
    fn walk(&mut self, place: &Place) {
        let nested: std::sync::Arc<Mutex<Vec<PathBuf>>> = std::sync::Arc::default();
        let found = std::sync::Arc::clone(&nested);
        let mut builder = WalkBuilder::new(place.root.join(place.within.as_str()));
        builder.hidden(false).ignore(false).require_git(false).follow_links(false).filter_entry(
            move |entry| {
                if entry.file_name() == ".git" {
                    return false;
                }
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let other = entry.depth() > 0 && is_folder && entry.path().join(".git").exists();
                if other && let Ok(mut found) = found.lock() {
                    found.push(entry.path().to_owned());
                }
                !other
            },
        );
        for entry in builder.build() {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
                Ok(entry) => {
                    let kind = entry.file_type().map_or(Kind::File, |kind| match () {
                        () if kind.is_symlink() => Kind::Symlink,
                        () if kind.is_file() => Kind::File,
                        () => Kind::Unreadable("not a regular file".to_owned()),
                    });
                    self.add(place, entry.path(), kind);
                }
                Err(error) => self.unreadable(place, &error),
            }
        }
        for folder in nested.lock().map(|found| found.clone()).unwrap_or_default() {
            self.add(place, &folder, Kind::Submodule);
        }
    }

    fn unreadable(&mut self, place: &Place, error: &ignore::Error) {
        match error {
            ignore::Error::WithPath { path, err } => {
                self.add(place, path, Kind::Unreadable(format!("cannot be read: {err}")));
            }
            ignore::Error::WithDepth { err, .. } => self.unreadable(place, err),
            other => self.notices.push(other.to_string()),
        }
    }

    fn add(&mut self, place: &Place, path: &Path, kind: Kind) {
        let relative = path.strip_prefix(&place.root).unwrap_or(path);
        let kind = match relative.to_str() {
            Some(_) => kind,
            None => Kind::Unreadable("the path is not UTF-8".to_owned()),
        };
        self.items.insert(RepoPath::new(&relative.to_string_lossy()), Item::standing(kind));
    }

    /// Tracked files that an ignore file names, and submodules that are not checked out.
    fn add_tracked(&mut self, place: &Place, tracked: Vec<(bool, String)>) {
        for (submodule, path) in tracked {
            let path = RepoPath::new(&path);
            if submodule {
                self.items.insert(path, Item::standing(Kind::Submodule));
            } else if !self.items.contains_key(&path)
                && place.root.join(path.as_str()).symlink_metadata().is_ok()
            {
                let kind = disk::kind(&place.root, &path);
                self.items.insert(path, Item::standing(kind));
            }
        }
    }
}
