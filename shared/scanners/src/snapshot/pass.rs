//! The one pass: every entry is looked at once while it streams by.

use scrutineer_core::evidence::snapshot::{Entry, SnapshotSink, SnapshotSummary};

use super::Snapshot;

/// Collects what the checks need from the entries of one snapshot. Cheap to create: patterns are compiled once per
/// process.
#[derive(Debug, Default)]
pub struct SnapshotPass {
    pub(super) paths: Vec<String>,
}

impl SnapshotPass {
    /// A pass over one snapshot.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the pass.
    pub fn finish(self, summary: SnapshotSummary) -> Snapshot {
        Snapshot { truncated: summary.truncated, paths: self.paths, ..Snapshot::default() }
    }
}

impl SnapshotSink for SnapshotPass {
    fn entry(&mut self, entry: Entry<'_>) {
        self.paths.push(entry.path.to_owned());
    }
}
