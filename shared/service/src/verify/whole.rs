//! A whole commit, judged while it streams by: nothing of it is kept but what was found.

use scrutineer_core::evidence::snapshot::{Entry, EntryKind, SnapshotSink};
use scrutineer_policy::{
    Changed, Content, Desk, FileReport, Found, RepoPath, Skipped, Verdict, Verifier, take_in,
};

/// Judges the entries of a tree as they come.
pub(super) struct Whole {
    verifier: Verifier,
    desk: Desk,
    reports: Vec<FileReport>,
    passed_over: Vec<Skipped>,
}

impl Whole {
    /// Begins with a verifier whose change set has no files of its own.
    pub(super) fn new(verifier: Verifier) -> Self {
        Self { verifier, desk: Desk::default(), reports: Vec::new(), passed_over: Vec::new() }
    }

    /// The verdict over what was seen.
    pub(super) fn finish(self) -> Verdict {
        let mut verdict = self.verifier.finish(self.reports);
        verdict.incomplete |= self.passed_over.iter().any(|skipped| skipped.incomplete);
        verdict.skipped.extend(self.passed_over);
        verdict.skipped.sort();
        verdict
    }
}

impl SnapshotSink for Whole {
    fn entry(&mut self, entry: Entry<'_>) {
        let content = match (entry.kind, entry.content) {
            (EntryKind::Symlink, _) => Content::Symlink,
            (_, Some(bytes)) => Content::Bytes(bytes.to_vec()),
            (_, None) => Content::Large { head: Vec::new(), bytes: entry.size },
        };
        // Nothing is new here: what stands on the branch counts as it stands.
        let base = entry.content.map(<[u8]>::to_vec);
        let found = Found { path: RepoPath::new(entry.path), content, changed: Changed::All, base };
        match take_in(found) {
            Ok(file) => self.reports.push(self.verifier.file(&file, &mut self.desk)),
            Err(skipped) => self.passed_over.push(skipped),
        }
    }
}
