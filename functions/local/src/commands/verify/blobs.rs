//! Contents of objects, asked of one `git cat-file --batch`.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use scrutineer_policy::MAX_FILE_BYTES;

use super::{
    disk::MAX_SETTINGS_BYTES,
    git::{Oid, Repo, missing},
};
use crate::cli::error::Error;

/// A running `git cat-file --batch`.
pub(super) struct Blobs {
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl Blobs {
    pub(super) fn open(repo: &Repo) -> Result<Self, Error> {
        let mut command = repo.command();
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| missing(&error))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (ask, answer) = pipes.ok_or_else(|| Error::tool("git cannot be talked to"))?;
        Ok(Blobs { child, ask, answer: BufReader::new(answer) })
    }

    /// A blob by its name; `None` when it is missing, no blob, or larger than what is analysed.
    pub(super) fn read(&mut self, oid: &Oid) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.ask(oid.as_str(), MAX_FILE_BYTES as u64)?.bytes())
    }

    /// The file at a path of a commit, as [`Blobs::read`]. A path with a line break cannot be asked for.
    pub(super) fn at(&mut self, commit: &Oid, path: &str) -> Result<Option<Vec<u8>>, Error> {
        if path.contains('\n') {
            return Ok(None);
        }
        Ok(self.ask(&format!("{}:{path}", commit.as_str()), MAX_FILE_BYTES as u64)?.bytes())
    }

    /// A file that decides what the gate does, at its path in a commit; too large a one is not passed over.
    pub(super) fn settings(&mut self, commit: &Oid, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let limit = MAX_SETTINGS_BYTES;
        match self.ask(&format!("{}:{path}", commit.as_str()), limit)? {
            Answer::TooLarge(bytes) => {
                Err(Error::usage(format!("{path}: {bytes} bytes; at most {limit} are read")))
            }
            answer => Ok(answer.bytes()),
        }
    }

    fn ask(&mut self, name: &str, limit: u64) -> Result<Answer, Error> {
        self.ask.write_all(format!("{name}\n").as_bytes())?;
        self.ask.flush()?;
        let mut head = String::new();
        self.answer.read_line(&mut head)?;
        let mut words = head.trim_end().rsplit(' ');
        let (size, kind) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        // "<name> missing" and "<name> ambiguous" have no content behind them.
        let Ok(size) = size.parse::<u64>() else { return Ok(Answer::Missing) };
        let mut content = (&mut self.answer).take(size + 1);
        if kind == "blob" && size <= limit {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            bytes.pop();
            return Ok(Answer::Bytes(bytes));
        }
        std::io::copy(&mut content, &mut std::io::sink())?;
        Ok(if kind == "blob" { Answer::TooLarge(size) } else { Answer::Missing })
    }
}

/// What git says to a name.
enum Answer {
    Missing,
    TooLarge(u64),
    Bytes(Vec<u8>),
}

impl Answer {
    fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Answer::Bytes(bytes) => Some(bytes),
            Answer::Missing | Answer::TooLarge(_) => None,
        }
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // Nothing is lost: it only reads.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
