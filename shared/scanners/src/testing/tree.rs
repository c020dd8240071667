//! A tree of files, written in a test and read by the real pass.

use scrutineer_core::evidence::snapshot::{Entry, EntryKind, SnapshotSink, SnapshotSummary};

use crate::snapshot::{Snapshot, SnapshotPass};

/// A tree of files: `Tree::new().file("src/main.rs", "fn main() {}").snapshot()`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    files: Vec<(String, Vec<u8>)>,
    truncated: Option<String>,
}

impl Tree {
    /// No files.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.bytes(path, text.as_bytes())
    }

    /// Adds a file that need not be text.
    pub(crate) fn bytes(mut self, path: &str, bytes: &[u8]) -> Self {
        self.files.push((path.to_owned(), bytes.to_vec()));
        self
    }

    /// Sixty lines of Rust and a manifest: enough to have the profile `code`.
    pub(crate) fn code(self) -> Self {
        let lines: String = (0..60).map(|n| format!("pub fn f{n}() -> u32 {{ {n} }}\n")).collect();
        self.file("src/lib.rs", &lines)
    }

    /// The pass ends early.
    pub(crate) fn truncated(mut self, why: &str) -> Self {
        self.truncated = Some(why.to_owned());
        self
    }

    /// What the pass makes of it.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut pass = SnapshotPass::new();
        for (path, bytes) in &self.files {
            pass.entry(Entry { path, kind: EntryKind::File, size: bytes.len() as u64, content: Some(bytes) });
        }
        let bytes = self.files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let entries = self.files.len() as u64;
        pass.finish(SnapshotSummary { entries, bytes, truncated: self.truncated.clone(), refused: 0 })
    }
}
