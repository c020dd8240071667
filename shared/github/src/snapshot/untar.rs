//! Reads a hostile tar.gz: bounded in every dimension, nothing leaves the root.
//!
//! The tar crate would read extension headers (long names) into memory as large as they claim to be, so it is used in
//! its raw mode and the two kinds GitHub writes are read here, with a bound.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use scrutineer_core::evidence::snapshot::{Entry, EntryKind, MAX_FILE_BYTES, SnapshotSink, SnapshotSummary};
use tar::{Archive, EntryType};

use super::path::{self, Unsafe};

/// Compressed size: 512 MiB.
const MOST_COMPRESSED: u64 = 512 * 1024 * 1024;
/// Inflated size: 2 GiB.
const MOST_INFLATED: u64 = 2 * 1024 * 1024 * 1024;
/// Headers in the archive, directories included.
const MOST_ENTRIES: u64 = 200_000;
/// An extension header: a path has at most 4,096 bytes on any system that could have written it.
const MOST_EXTENSION: u64 = 64 * 1024;

/// The bounds of one archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    compressed: u64,
    inflated: u64,
    entries: u64,
}

impl Limits {
    const STANDARD: Self =
        Self { compressed: MOST_COMPRESSED, inflated: MOST_INFLATED, entries: MOST_ENTRIES };
}

/// A pass over an archive; after a damaged one it goes on in a second where the first broke off.
pub(super) struct Walk<S> {
    sink: S,
    limits: Limits,
    /// Entries the sink has seen; archives of one commit list them in the same order.
    delivered: u64,
    buffer: Vec<u8>,
}

/// Names for the next entry, from the extension headers before it.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    is_too_long: bool,
}

impl<S: SnapshotSink> Walk<S> {
    pub(super) fn new(sink: S) -> Self {
        Self { sink, limits: Limits::STANDARD, delivered: 0, buffer: Vec::new() }
    }

    pub(super) fn into_sink(self) -> S {
        self.sink
    }

    /// Reads a whole archive.
    ///
    /// # Errors
    /// When it is damaged. A limit is not damage: it is named in the summary.
    pub(super) fn run(&mut self, compressed: impl Read) -> io::Result<SnapshotSummary> {
        let mut compressed = Counted::new(compressed, self.limits.compressed, "more than 512 MiB compressed");
        let mut inflated = Counted::new(
            MultiGzDecoder::new(&mut compressed),
            self.limits.inflated,
            "more than 2 GiB inflated",
        );
        let mut summary = SnapshotSummary::default();
        let walked = self.walk(&mut inflated, &mut summary);
        summary.bytes = inflated.count;
        let limit = inflated.hit.or(compressed.hit);
        match (limit, walked) {
            (Some(limit), _) => summary.truncated = Some(limit.to_owned()),
            (None, walked) => walked?,
        }
        Ok(summary)
    }

    fn walk(&mut self, inflated: &mut impl Read, summary: &mut SnapshotSummary) -> io::Result<()> {
        let mut archive = Archive::new(&mut *inflated);
        let mut extension = Extension::default();
        let mut headers = 0;
        for entry in archive.entries()?.raw(true) {
            let mut entry = entry?;
            headers += 1;
            if headers > self.limits.entries {
                summary.truncated = Some(format!("more than {} entries", self.limits.entries));
                return Ok(());
            }
            match entry.header().entry_type() {
                EntryType::XHeader => extension.read_pax(&mut entry)?,
                EntryType::GNULongName => extension.path = extension.read_name(&mut entry)?,
                EntryType::GNULongLink => extension.link = extension.read_name(&mut entry)?,
                EntryType::XGlobalHeader | EntryType::Directory => extension = Extension::default(),
                _ => self.one(&mut entry, std::mem::take(&mut extension), summary)?,
            }
        }
        // What follows the last entry holds the checksum that proves the archive whole.
        io::copy(inflated, &mut io::sink()).map(drop)
    }

    fn one<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        extension: Extension,
        summary: &mut SnapshotSummary,
    ) -> io::Result<()> {
        let Ok((path, kind)) = inspect(entry, &extension) else {
            summary.refused += 1;
            return Ok(());
        };
        summary.entries += 1;
        if summary.entries <= self.delivered {
            return Ok(());
        }
        let size = entry.header().size()?;
        let is_read = kind != EntryKind::Symlink && size <= MAX_FILE_BYTES;
        self.buffer.clear();
        if is_read {
            entry.read_to_end(&mut self.buffer)?;
            if self.buffer.len() as u64 != size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.delivered += 1;
        self.sink.entry(Entry {
            path: &path,
            kind,
            size,
            content: is_read.then_some(self.buffer.as_slice()),
        });
        Ok(())
    }
}

/// The safe path and kind of an entry.
fn inspect<R: Read>(entry: &tar::Entry<'_, R>, extension: &Extension) -> Result<(String, EntryKind), Unsafe> {
    if extension.is_too_long {
        return Err(Unsafe);
    }
    let header = entry.header();
    let raw = extension.path.clone().unwrap_or_else(|| header.path_bytes().into_owned());
    let path = path::below_root(&raw)?;
    let kind = match header.entry_type() {
        EntryType::Regular | EntryType::Continuous => {
            let is_executable = header.mode().is_ok_and(|mode| mode & 0o100 != 0);
            if is_executable { EntryKind::Executable } else { EntryKind::File }
        }
        EntryType::Symlink => {
            let target =
                extension.link.clone().or_else(|| header.link_name_bytes().map(Into::into)).ok_or(Unsafe)?;
            path::stays_inside(&path, &target)?;
            EntryKind::Symlink
        }
        // Hard links, devices, pipes: no commit holds one.
        _ => return Err(Unsafe),
    };
    Ok((path, kind))
}

impl Extension {
    /// The data of an extension header, unless it is too long to be honest.
    fn data<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> io::Result<Vec<u8>> {
        if entry.header().size()? > MOST_EXTENSION {
            self.is_too_long = true;
            return Ok(Vec::new());
        }
        let mut data = Vec::new();
        entry.take(MOST_EXTENSION).read_to_end(&mut data)?;
        Ok(data)
    }

    fn read_name<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> io::Result<Option<Vec<u8>>> {
        let mut name = self.data(entry)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(Some(name))
    }

    /// `<length> <key>=<value>\n` records; a record that changes the size would move every later header.
    fn read_pax<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> io::Result<()> {
        let data = self.data(entry)?;
        for record in tar::PaxExtensions::new(&data) {
            let record = record?;
            match record.key_bytes() {
                b"path" => self.path = Some(record.value_bytes().to_vec()),
                b"linkpath" => self.link = Some(record.value_bytes().to_vec()),
                b"size" => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a size in an extension header"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Counts what is read and ends at a limit.
struct Counted<R> {
    inner: R,
    count: u64,
    limit: u64,
    name: &'static str,
    hit: Option<&'static str>,
}

impl<R> Counted<R> {
    fn new(inner: R, limit: u64, name: &'static str) -> Self {
        Self { inner, count: 0, limit, name, hit: None }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.count += length as u64;
        if self.count > self.limit {
            self.hit = Some(self.name);
            return Err(io::Error::other(self.name));
        }
        Ok(length)
    }
}

#[cfg(test)]
#[path = "untar_tests.rs"]
mod tests;
