//! The files of a default branch, and the archive GitHub would make of them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::digest;

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A file with its permission bits.
    File { content: Arc<[u8]>, mode: u32 },
    /// A symbolic link, wherever it points.
    Link { target: String },
    /// Another repository at a commit.
    Submodule { commit: String },
}

/// A file tree; cloning is cheap, contents are shared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    entries: BTreeMap<String, Entry>,
    oid: OnceLock<String>,
}

impl Tree {
    pub(crate) fn put(&mut self, path: &str, content: &[u8]) {
        self.put_entry(path, Entry::File { content: content.into(), mode: 0o644 });
    }

    pub(crate) fn put_entry(&mut self, path: &str, entry: Entry) {
        self.entries.insert(path.to_owned(), entry);
        self.oid = OnceLock::new();
    }

    pub(crate) fn remove(&mut self, path: &str) -> Option<Entry> {
        self.oid = OnceLock::new();
        self.entries.remove(path)
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    pub(crate) fn set_mode(&mut self, path: &str, bits: u32) -> bool {
        self.oid = OnceLock::new();
        match self.entries.get_mut(path) {
            Some(Entry::File { mode, .. }) => {
                *mode = bits;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn read(&self, path: &str) -> Option<&[u8]> {
        match self.entries.get(path)? {
            Entry::File { content, .. } => Some(content),
            Entry::Link { .. } | Entry::Submodule { .. } => None,
        }
    }

    /// Sum of the file sizes in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.files().map(|(_, content)| content.len() as u64).sum()
    }

    /// Files with their contents, links left out.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::File { content, .. } => Some((path.as_str(), content)),
            Entry::Link { .. } | Entry::Submodule { .. } => None,
        })
    }

    /// The tree's id: a digest over every path, mode and content.
    pub(crate) fn oid(&self) -> &str {
        self.oid.get_or_init(|| {
            let mut lines = String::new();
            for (path, entry) in &self.entries {
                let (mode, content): (u32, &[u8]) = match entry {
                    Entry::File { content, mode } => (*mode, content),
                    Entry::Link { target } => (0o120_000, target.as_bytes()),
                    Entry::Submodule { commit } => (0o160_000, commit.as_bytes()),
                };
                lines.push_str(&format!("{mode:o} {path} {}\n", hex::encode(digest::sha256(&[content]))));
            }
            digest::oid(&[&lines])
        })
    }

    /// A gzipped tar with `folder` on top, byte for byte the same for the same tree.
    pub(crate) fn tarball(&self, folder: &str) -> std::io::Result<Bytes> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        append_dir(&mut tar, &format!("{folder}/"))?;
        let mut made = String::new();
        for (path, entry) in &self.entries {
            if let Some((parent, _)) = path.rsplit_once('/')
                && parent != made
            {
                append_dir(&mut tar, &format!("{folder}/{parent}/"))?;
                parent.clone_into(&mut made);
            }
            append(&mut tar, &format!("{folder}/{path}"), entry)?;
        }
        let mut gz = tar.into_inner()?;
        gz.flush()?;
        gz.finish().map(Bytes::from)
    }
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(1_700_000_000);
    header
}

fn append_dir<W: std::io::Write>(tar: &mut tar::Builder<W>, path: &str) -> std::io::Result<()> {
    tar.append_data(&mut header(tar::EntryType::Directory, 0o755, 0), path, std::io::empty())
}

fn append<W: std::io::Write>(tar: &mut tar::Builder<W>, path: &str, entry: &Entry) -> std::io::Result<()> {
    match entry {
        Entry::File { content, mode } => {
            let mut header = header(tar::EntryType::Regular, *mode, content.len() as u64);
            tar.append_data(&mut header, path, &content[..])
        }
        Entry::Link { target } => {
            tar.append_link(&mut header(tar::EntryType::Symlink, 0o777, 0), path, target)
        }
        // An archive shows a submodule as an empty folder.
        Entry::Submodule { .. } => append_dir(tar, &format!("{path}/")),
    }
}
