//! The files of a default branch, streamed once: the provider reads, a sink of the scanners looks.

use serde::{Deserialize, Serialize};

use crate::ids::{RepoName, Sha};

/// The tip of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Branch name.
    pub branch: String,
    /// Commit.
    pub oid: Sha,
    /// `Commit.tarballUrl`: a link that needs no API request; for private repositories it expires after 5 minutes.
    pub tarball_url: Option<String>,
}

/// Which tree to stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotTarget {
    /// Repository.
    pub repo: RepoName,
    /// Commit.
    pub head: Head,
}

/// One entry of the tree. Paths are relative, use `/`, contain no `..`, and are valid UTF-8 (lossy where not).
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Path from the repository root.
    pub path: &'a str,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes as the archive states it.
    pub size: u64,
    /// The bytes of a regular file of at most [`MAX_FILE_BYTES`]; `None` for anything else.
    pub content: Option<&'a [u8]>,
}

/// The kind of a tree entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// An executable file.
    Executable,
    /// A symbolic link; never followed.
    Symlink,
}

/// Files above 1 MiB are listed, not read.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Receives the entries of a snapshot, in archive order, exactly once each.
pub trait SnapshotSink: Send + 'static {
    /// Looks at one entry.
    fn entry(&mut self, entry: Entry<'_>);
}

/// How the streaming went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSummary {
    /// Entries seen.
    pub entries: u64,
    /// Bytes inflated.
    pub bytes: u64,
    /// The limit that ended the pass early, one clause; `None` when everything was seen.
    pub truncated: Option<String>,
    /// Entries refused (unsafe path, device, link out of the tree).
    pub refused: u64,
}
