//! Where something was seen.

use serde::{Deserialize, Serialize};

use super::secrets::redacted;
use crate::finding::Evidence;

/// A place in the tree and what was seen there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hit {
    /// Path from the repository root.
    pub path: String,
    /// 1-based line; 0 = the file as a whole.
    pub line: u64,
    /// What was seen, shortened; never a secret.
    pub what: String,
}

impl Hit {
    /// Longest text kept.
    const MAX_CHARS: usize = 100;
    /// Longest text looked at.
    const MAX_READ: usize = 1_000;

    /// Something at a line; what looks like a credential is replaced.
    pub fn at(path: impl Into<String>, line: u64, what: impl AsRef<str>) -> Self {
        // Replaced before it is cut: half a token would not be recognised any more.
        let what: String = what.as_ref().trim().chars().take(Self::MAX_READ).collect();
        Self { path: path.into(), line, what: redacted(&what).chars().take(Self::MAX_CHARS).collect() }
    }

    /// A file as a whole.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), line: 0, what: "file".to_owned() }
    }

    /// `path:line`, or `path` for a file as a whole.
    pub fn source(&self) -> String {
        match self.line {
            0 => self.path.clone(),
            line => format!("{}:{line}", self.path),
        }
    }

    /// The hit as evidence of a finding.
    pub fn evidence(&self) -> Evidence {
        Evidence::new(self.source(), &self.what)
    }
}
