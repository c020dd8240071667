//! Reading files of the working tree: bounded, and never through a link out of it.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use scrutineer_policy::{Content, MAX_FILE_BYTES, RepoPath};

use super::tree::Kind;
use crate::cli::error::Error;

/// First bytes of a file that is too large to be read.
const HEAD: u64 = 8_192;

/// What stands at a path.
pub(super) fn kind(root: &Path, path: &RepoPath) -> Kind {
    match root.join(path.as_str()).symlink_metadata() {
        Ok(found) if found.is_symlink() => Kind::Symlink,
        Ok(found) if found.is_file() => Kind::File,
        Ok(found) if found.is_dir() && root.join(path.as_str()).join(".git").exists() => Kind::Submodule,
        Ok(_) => Kind::Unreadable("not a regular file".to_owned()),
        Err(error) => Kind::Unreadable(format!("cannot be read: {}", error.kind())),
    }
}

/// The content of a file.
pub(super) fn content(root: &Path, path: &RepoPath) -> Content {
    read(root, path).unwrap_or_else(|error| Content::Unreadable(format!("cannot be read: {}", error.kind())))
}

/// The bytes of a file that is small enough; `None` for anything else.
pub(super) fn bytes(root: &Path, path: &RepoPath) -> Option<Vec<u8>> {
    match read(root, path) {
        Ok(Content::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

/// Bytes of a settings file or a baseline; a baseline of 100,000 findings has some 13 MiB.
pub(super) const MAX_SETTINGS_BYTES: u64 = 32 << 20;

/// A file that decides what the gate does; `None` where there is none.
///
/// # Errors
/// What is there and cannot be read is not passed over: nobody could tell what held.
pub(super) fn settings(root: &Path, path: &str) -> Result<Option<Vec<u8>>, Error> {
    let refused = |why: String| Error::usage(format!("{path}: {why}"));
    let full = root.join(path);
    let found = match full.symlink_metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error.to_string())),
    };
    if !found.is_file() {
        return Err(refused("not a regular file".to_owned()));
    }
    if found.len() > MAX_SETTINGS_BYTES {
        return Err(refused(format!("{} bytes; at most {MAX_SETTINGS_BYTES} are read", found.len())));
    }
    fs::read(&full).map(Some).map_err(|error| refused(error.to_string()))
}

fn read(root: &Path, path: &RepoPath) -> io::Result<Content> {
    let full = root.join(path.as_str());
    let found = full.symlink_metadata()?;
    if found.is_symlink() {
        return Ok(Content::Symlink);
    }
    if !found.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    // A folder on the way may be a link out of the tree.
    if !fs::canonicalize(&full)?.starts_with(root) {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied));
    }
    let (mut file, limit) = (File::open(&full)?, MAX_FILE_BYTES as u64);
    let mut bytes = Vec::new();
    if found.len() > limit {
        (&mut file).take(HEAD).read_to_end(&mut bytes)?;
        return Ok(Content::Large { head: bytes, bytes: found.len() });
    }
    (&mut file).take(limit + 1).read_to_end(&mut bytes)?;
    Ok(Content::Bytes(bytes))
}
