//! Archives that are not an honest picture of a tree: for tests of readers that must not trust what they download.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

/// What a repository's `archive:` says instead of a file tree.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum ArchiveFile {
    /// Hand-written entries; names are taken as they are, with `..` and all.
    Entries(Vec<RawEntry>),
    /// Bytes that are no archive.
    Corrupt,
    /// A valid gzip that ends in the middle of an entry.
    Cut,
    /// One file of this many zero bytes: small to send, large to read.
    Zeros(u64),
}

/// One hand-written archive entry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEntry {
    /// The name, written into the header unchecked.
    path: String,
    #[serde(default)]
    kind: RawKind,
    /// Target of a link.
    #[serde(default)]
    target: String,
    #[serde(default)]
    content: String,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawKind {
    #[default]
    File,
    Directory,
    Symlink,
    Hardlink,
    Fifo,
    Device,
}

impl ArchiveFile {
    /// The bytes to serve.
    pub(crate) fn bytes(&self) -> std::io::Result<Bytes> {
        match self {
            Self::Entries(entries) => pack(entries),
            Self::Corrupt => Ok(Bytes::from_static(b"\x1f\x8b\x08\x00this is not a gzip stream")),
            Self::Cut => {
                let whole = zeros(4 << 20)?;
                Ok(whole.slice(..whole.len() / 2))
            }
            Self::Zeros(size) => zeros(*size),
        }
    }
}

/// An archive of one file with `size` zero bytes.
pub(crate) fn zeros(size: u64) -> std::io::Result<Bytes> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    tar.append_data(&mut header, "huge/zeros.bin", std::io::Read::take(std::io::repeat(0), size))?;
    tar.into_inner()?.finish().map(Bytes::from)
}

fn pack(entries: &[RawEntry]) -> std::io::Result<Bytes> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    for entry in entries {
        let mut header = tar::Header::new_old();
        raw_name(&mut header.as_old_mut().name, &entry.path);
        raw_name(&mut header.as_old_mut().linkname, &entry.target);
        header.set_entry_type(entry.kind.entry_type());
        header.set_mode(0o644);
        header.set_size(entry.content.len() as u64);
        header.set_cksum();
        gz.write_all(header.as_bytes())?;
        gz.write_all(entry.content.as_bytes())?;
        let padding = entry.content.len().next_multiple_of(512) - entry.content.len();
        gz.write_all(&[0; 512][..padding])?;
    }
    gz.write_all(&[0; 1024])?;
    gz.finish().map(Bytes::from)
}

fn raw_name(field: &mut [u8; 100], text: &str) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text.as_bytes()[..length]);
}

impl RawKind {
    fn entry_type(self) -> tar::EntryType {
        match self {
            Self::File => tar::EntryType::Regular,
            Self::Directory => tar::EntryType::Directory,
            Self::Symlink => tar::EntryType::Symlink,
            Self::Hardlink => tar::EntryType::Link,
            Self::Fifo => tar::EntryType::Fifo,
            Self::Device => tar::EntryType::Char,
        }
    }
}
