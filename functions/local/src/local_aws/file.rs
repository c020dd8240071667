//! The data directory: who may open it, and whether its file can be used.
//!
//! The checks read only. A file that is damaged, foreign or from a newer version is reported and left as it is.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

/// Name of the SQLite file.
const DATA: &str = "scrutineer.db";
/// Name of the lock file.
const LOCK: &str = "scrutineer.lock";
/// `application_id` of our files: "SCRU".
const APPLICATION: i32 = 0x5343_5255;
/// Format of the file's own tables (not of dynoxide's, which guards its own). Raise it when an older build could
/// no longer read the file.
const FORMAT: i32 = 1;

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A power cut: every commit waits for the disk.
    #[default]
    Full,
    /// `kill -9`, not a power cut: several times faster.
    Normal,
}

/// Why a data directory cannot be opened. The texts are for the operator.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be read or written.
    #[error("cannot use {path}")]
    Io {
        /// What cannot be used.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error(
        "{dir} is in use by another scrutineer process; stop that one or choose another --data directory"
    )]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
    /// The data file is damaged.
    #[error("{path} is damaged ({detail}); nothing was changed. Restore it from a backup or move it away")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// The data file belongs to another program.
    #[error("{path} was not made by scrutineer; nothing was changed")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The data file was written by a newer version.
    #[error(
        "{path} was written by a newer version of scrutineer ({detail}); nothing was changed. Upgrade to open it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Both versions.
        detail: String,
    },
    /// There is data but no key, or not the key that it was sealed with.
    #[error(
        "{path} is missing or is not the key of this data directory; stored credentials would be lost. Restore it"
    )]
    WrongKey {
        /// The key file.
        path: PathBuf,
    },
    /// The store could not be set up.
    #[error("cannot set up {path}: {detail}")]
    Store {
        /// The file.
        path: PathBuf,
        /// What the store says.
        detail: String,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn store(path: &Path, detail: impl ToString) -> Self {
        Self::Store { path: path.to_owned(), detail: detail.to_string() }
    }
}

/// Exclusive use of a directory; ends with the process at the latest.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "holds the lock until it is dropped")] File);

impl Lock {
    /// Creates the directory when needed and locks it.
    pub(super) fn take(dir: &Path) -> Result<Self, OpenError> {
        create_private_dir(dir).map_err(OpenError::io(dir))?;
        let path = dir.join(LOCK);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(OpenError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
        }
    }
}

#[cfg(unix)]
fn create_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn create_private_dir(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).create(dir)
}

/// Checks the data file, or creates an empty one; returns its path.
pub(super) fn prepare(dir: &Path) -> Result<PathBuf, OpenError> {
    let path = dir.join(DATA);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.len() > 0 => check(&path)?,
        Ok(_) => create(&path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path)?,
        Err(source) => return Err(OpenError::Io { path, source }),
    }
    Ok(path)
}

/// Makes the file under another name and moves it into place when it is whole: a process that dies in between leaves
/// nothing that looks like somebody else's data.
fn create(path: &Path) -> Result<(), OpenError> {
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(OpenError::Io { path: unfinished, source }),
    }
    let made = Connection::open(&unfinished).and_then(|connection| {
        connection.pragma_update(None, "application_id", APPLICATION)?;
        connection.pragma_update(None, "user_version", FORMAT)?;
        // From here on no write leaves a rollback journal, which a read-only check could not roll back.
        connection.pragma_update(None, "journal_mode", "WAL")
    });
    made.map_err(|error| OpenError::store(&unfinished, error))?;
    fs::rename(&unfinished, path).map_err(OpenError::io(path))
}

fn check(path: &Path) -> Result<(), OpenError> {
    let damaged =
        |error: rusqlite::Error| OpenError::Damaged { path: path.to_owned(), detail: error.to_string() };
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(damaged)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    if number("application_id").map_err(damaged)? != APPLICATION {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let format = number("user_version").map_err(damaged)?;
    if format > FORMAT {
        let detail = format!("format {format}, this version reads up to {FORMAT}");
        return Err(OpenError::Newer { path: path.to_owned(), detail });
    }
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(damaged)?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged { path: path.to_owned(), detail: verdict }) }
}
