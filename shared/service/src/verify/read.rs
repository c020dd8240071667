//! What a change is made of, read from GitHub: changed files, the base branch's settings, and what else tells what the
//! files mean.
//!
//! Five requests for up to 100 changed files: the pull request (before), its files, the base branch's tree, contents,
//! and once more contents of what the first ones turned out to need.

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_core::ids::{RepoName, Sha};
use scrutineer_github::{
    Error,
    app::{Blob, BlobAt, ChangedFile, ChangedFiles, Diff, FileStatus, PullReader},
};
use scrutineer_policy::{
    Base, Baseline, Changed, Content, Found, MAX_FILE_BYTES, RepoPath, RepositorySettings, Skipped,
    SourceFile, is_context, wanted,
};

use super::target::{Reading, Target};

/// Most bytes of changed files that are held at once.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Contents asked for in one request.
const AT_ONCE: usize = 100;
/// Most files that are read only for what they tell of others.
const MOST_CONTEXT: usize = 60;
/// A file without this word suppresses nothing, so what it said before does not matter.
const DIRECTIVE: &[u8] = b"isl-ignore";

/// A change, read.
pub(super) struct Change {
    pub(super) entries: Vec<Found>,
    pub(super) gone: Vec<RepoPath>,
    pub(super) base: Base,
    /// What could not be seen.
    pub(super) unseen: Vec<Skipped>,
}

/// Why there is no change to judge.
#[derive(Debug)]
pub(super) enum Unread {
    /// Somebody pushed while it was read.
    Moved,
    /// GitHub.
    GitHub(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::GitHub(error)
    }
}

/// Reads with one reader from one repository.
pub(super) struct Source<'a> {
    pub(super) reader: &'a PullReader,
    pub(super) repo: &'a RepoName,
}

impl Source<'_> {
    /// The change of a target that is not the whole repository.
    pub(super) async fn change(&self, target: &Target) -> Result<Change, Unread> {
        let changed = self.changed(target).await?;
        if changed.head.as_ref().is_some_and(|head| *head != target.head) {
            return Err(Unread::Moved);
        }
        let tree = self.tree(&target.base).await?;
        let mut unseen = Vec::new();
        if changed.truncated {
            let reason = format!("GitHub lists {} files of this change and no more", changed.files.len());
            unseen.push(Skipped { path: RepoPath::new(""), reason, incomplete: true });
        }
        let (settings, contents) = self.contents(target, &changed.files).await?;
        let more = self.more(target, &changed.files, &contents, &tree).await?;
        let entries = changed.files.iter().zip(contents).filter_map(|(file, content)| {
            let content = content?;
            let base = more.get(&at(&target.base, before(file))).and_then(bytes_of);
            Some(Found { path: RepoPath::new(&file.path), content, changed: lines(file), base })
        });
        let entries: Vec<Found> = entries.collect();
        let context = context(&entries, &more, target);
        let [own, baseline] = settings.map(|blob| bytes_of(&blob));
        Ok(Change {
            entries,
            gone: changed.files.iter().filter_map(gone).map(|path| RepoPath::new(&path)).collect(),
            base: Base { settings: own, baseline, context },
            unseen,
        })
    }

    /// What a commit says about the gate, without any change.
    pub(super) async fn base(&self, commit: &Sha) -> Result<Base, Error> {
        let tree = self.tree(commit).await?;
        let mut wanted = vec![at(commit, RepositorySettings::PATH), at(commit, Baseline::PATH)];
        wanted.extend(tree.iter().filter(|path| is_context(path)).map(|path| at(commit, path.as_str())));
        wanted.truncate(MOST_CONTEXT);
        let mut blobs = self.blobs(&wanted).await?.into_iter();
        let settings = blobs.next().as_ref().and_then(bytes_of);
        let baseline = blobs.next().as_ref().and_then(bytes_of);
        let context = wanted.iter().skip(2).zip(blobs);
        let context =
            context.filter_map(|(at, blob)| Some(SourceFile::new(&at.path, bytes_of(&blob)?))).collect();
        Ok(Base { settings, baseline, context })
    }

    async fn changed(&self, target: &Target) -> Result<ChangedFiles, Error> {
        match target.reading {
            Reading::Pull(number) => self.reader.changed_files(self.repo, number).await,
            Reading::Comparison | Reading::Whole => {
                Ok(self.reader.compare(self.repo, &target.base, &target.head).await?.changed)
            }
        }
    }

    /// The paths of a commit; a tree too large for one answer tells about its first 100,000 entries.
    async fn tree(&self, commit: &Sha) -> Result<BTreeSet<RepoPath>, Error> {
        let paths = self.reader.tree(self.repo, commit).await?;
        Ok(paths.iter().map(|path| RepoPath::new(path)).collect())
    }

    async fn blobs(&self, wanted: &[BlobAt]) -> Result<Vec<Blob>, Error> {
        self.reader.blobs(self.repo, wanted, MAX_FILE_BYTES as u64).await
    }

    /// Settings and baseline of the base branch, and the content of every changed file that is there; `None` for those
    /// that are gone. Beyond [`MOST_BYTES`] files are said to be unread.
    async fn contents(
        &self,
        target: &Target,
        files: &[ChangedFile],
    ) -> Result<([Blob; 2], Vec<Option<Content>>), Error> {
        let mut wanted = vec![at(&target.base, RepositorySettings::PATH), at(&target.base, Baseline::PATH)];
        wanted.extend(files.iter().filter(|file| is_read(file)).map(|file| at(&target.head, &file.path)));
        let mut blobs = Vec::with_capacity(wanted.len());
        let mut held = 0;
        for chunk in wanted.chunks(AT_ONCE + 2) {
            if held > MOST_BYTES {
                break;
            }
            let read = self.blobs(chunk).await?;
            held += read.iter().map(size).sum::<usize>();
            blobs.extend(read);
        }
        let mut blobs = blobs.into_iter();
        let settings = [blobs.next().unwrap_or(Blob::Missing), blobs.next().unwrap_or(Blob::Missing)];
        let content = |file: &ChangedFile| match (&file.status, &file.diff) {
            (FileStatus::Removed, _) => None,
            (_, Diff::Submodule) => Some(Content::Submodule),
            _ => Some(blobs.next().map_or_else(too_much, content_of)),
        };
        Ok((settings, files.iter().map(content).collect()))
    }

    /// What the first contents need: earlier versions of files with suppressions, modules they import, context.
    async fn more(
        &self,
        target: &Target,
        files: &[ChangedFile],
        contents: &[Option<Content>],
        tree: &BTreeSet<RepoPath>,
    ) -> Result<BTreeMap<BlobAt, Blob>, Error> {
        let changed: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let mut extra: BTreeSet<&RepoPath> = BTreeSet::new();
        let mut wanted_blobs: BTreeSet<BlobAt> = BTreeSet::new();
        for (file, content) in files.iter().zip(contents) {
            let Some(Content::Bytes(bytes)) = content else { continue };
            if file.status != FileStatus::Added && memchr::memmem::find(bytes, DIRECTIVE).is_some() {
                wanted_blobs.insert(at(&target.base, before(file)));
            }
            let modules = wanted(&RepoPath::new(&file.path), bytes);
            extra.extend(modules.iter().filter_map(|module| tree.get(module)));
        }
        extra.extend(tree.iter().filter(|path| is_context(path)));
        let context = extra.into_iter().filter(|path| !changed.contains(path.as_str())).take(MOST_CONTEXT);
        wanted_blobs.extend(context.map(|path| at(&target.base, path.as_str())));
        let wanted_blobs: Vec<BlobAt> = wanted_blobs.into_iter().collect();
        if wanted_blobs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let blobs = self.blobs(&wanted_blobs).await?;
        Ok(wanted_blobs.into_iter().zip(blobs).collect())
    }
}

/// Context: files of the base branch that are not part of the change, and changed ones as they are now.
fn context(entries: &[Found], more: &BTreeMap<BlobAt, Blob>, target: &Target) -> Vec<SourceFile> {
    let changed: BTreeSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let own = entries.iter().filter_map(|entry| match &entry.content {
        Content::Bytes(bytes) => Some(SourceFile::new(entry.path.as_str(), bytes.clone())),
        _ => None,
    });
    let named = more.iter().filter(|(at, _)| at.commit == target.base && !changed.contains(at.path.as_str()));
    let others = named.filter_map(|(at, blob)| Some(SourceFile::new(&at.path, bytes_of(blob)?)));
    own.filter(|file| is_context(&file.path)).chain(others).collect()
}

fn at(commit: &Sha, path: &str) -> BlobAt {
    BlobAt { commit: commit.clone(), path: path.to_owned() }
}

/// Whether there is a content to read.
fn is_read(file: &ChangedFile) -> bool {
    file.status != FileStatus::Removed && file.diff != Diff::Submodule
}

/// Where the file was before the change.
fn before(file: &ChangedFile) -> &str {
    match &file.status {
        FileStatus::Renamed { from } | FileStatus::Copied { from } => from,
        _ => &file.path,
    }
}

/// A path that is not there any more.
fn gone(file: &ChangedFile) -> Option<String> {
    match &file.status {
        FileStatus::Removed => Some(file.path.clone()),
        FileStatus::Renamed { from } => Some(from.clone()),
        _ => None,
    }
}

fn lines(file: &ChangedFile) -> Changed {
    match (&file.status, &file.diff) {
        (FileStatus::Added, _) | (_, Diff::TooLarge | Diff::Submodule) => Changed::All,
        (_, Diff::Lines(ranges)) => Changed::Lines(ranges.clone()),
        (_, Diff::None) => Changed::Lines(Vec::new()),
    }
}

fn size(blob: &Blob) -> usize {
    match blob {
        Blob::File(bytes) => bytes.len(),
        _ => 0,
    }
}

fn bytes_of(blob: &Blob) -> Option<Vec<u8>> {
    match blob {
        Blob::File(bytes) => Some(bytes.clone()),
        _ => None,
    }
}

fn content_of(blob: Blob) -> Content {
    match blob {
        Blob::File(bytes) => Content::Bytes(bytes),
        // A NUL tells the engine that it is binary.
        Blob::Binary { size } => Content::Large { head: vec![0], bytes: size },
        Blob::Lfs { oid, size } => Content::Bytes(
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
                .into_bytes(),
        ),
        Blob::TooLarge { size } => Content::Large { head: Vec::new(), bytes: size },
        Blob::NotAFile => Content::Submodule,
        Blob::Missing => Content::Unreadable("GitHub has no such file at this commit".to_owned()),
    }
}

fn too_much() -> Content {
    let most = MOST_BYTES / 1024 / 1024;
    Content::Unreadable(format!("the changed files have more than {most} MiB together"))
}
