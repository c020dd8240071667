//! What a verification looks at: files, which lines of them changed, and what else the repository says.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{baseline::Baseline, verdict::Skipped};

/// A path inside the repository: `/` between segments, no leading `/` or `./`, no `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepoPath(String);

impl RepoPath {
    /// Normalise: `\` becomes `/`, `.` and empty segments go, `..` goes with the segment before it.
    pub fn new(path: &str) -> Self {
        let mut kept: Vec<&str> = Vec::new();
        for segment in path.split(['/', '\\']) {
            match segment {
                "" | "." => {}
                ".." => {
                    kept.pop();
                }
                _ => kept.push(segment),
            }
        }
        Self(kept.join("/"))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which lines of a file the change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// All of them: a new file, or no base to compare with.
    All,
    /// These 1-based line ranges of the new text, sorted.
    Lines(Vec<RangeInclusive<u32>>),
}

impl Changed {
    /// Whether a line range touches a changed line.
    pub fn touches(&self, start: u32, end: u32) -> bool {
        match self {
            Changed::All => true,
            Changed::Lines(ranges) => {
                ranges.iter().any(|range| *range.start() <= end && start <= *range.end())
            }
        }
    }
}

/// One file of the change, as it is after the change.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Where it is.
    pub path: RepoPath,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What of it changed.
    pub changed: Changed,
    /// Its bytes before the change; `None` when it is new or the caller does not know.
    pub base: Option<Vec<u8>>,
}

impl SourceFile {
    /// A file of which every line counts as changed.
    pub fn new(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: RepoPath::new(path), bytes: bytes.into(), changed: Changed::All, base: None }
    }

    /// A file that is looked at without a change: all of it counts, and nothing in it is new.
    pub fn unchanged(path: RepoPath, bytes: Vec<u8>) -> Self {
        Self { path, base: Some(bytes.clone()), bytes, changed: Changed::All }
    }
}

/// A change to judge. Pure data: whoever builds it has read everything already.
#[derive(Clone, Debug, Default)]
pub struct ChangeSet {
    /// Changed (or all) files; those deleted by the change are left out.
    pub files: Vec<SourceFile>,
    /// Files of the repository that are not judged but tell what it means: OpenAPI and ISL files, `.env.example`,
    /// modules that changed files import. Taken from the base branch.
    pub context: Vec<SourceFile>,
    /// The baseline of the base branch.
    pub baseline: Option<Baseline>,
    /// The day of the verification, `YYYY-MM-DD`; suppressions and overrides expire by it. Empty = nothing expires.
    pub today: String,
    /// Files the caller could not read, with its reason; they are reported as skipped.
    pub unread: Vec<(RepoPath, String)>,
    /// Paths that are not judged, with the reason; see [`crate::take_in`].
    pub passed_over: Vec<Skipped>,
    /// What the reader should know about the change itself.
    pub notices: Vec<String>,
}
