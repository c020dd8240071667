//! Asking git: the program itself, since it alone knows every setting of a repository.
//!
//! No setting of the repository may start a program or change what is printed: external diffs, text conversions, the
//! file-system monitor and hooks are off, paths are never quoted, revisions never read as options.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use scrutineer_policy::RepoPath;

use crate::cli::error::Error;

/// The name of an object: 40 or 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Oid(String);

impl Oid {
    /// `None` for anything but hex digits, and for the name of nothing (all zeros).
    pub(super) fn new(text: &str) -> Option<Self> {
        let hex = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        (hex && text.bytes().any(|byte| byte != b'0')).then(|| Oid(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A repository with a working tree.
#[derive(Clone, Debug)]
pub(crate) struct Repo {
    top: PathBuf,
}

/// Variables that would point git somewhere else or change what it prints.
const FOREIGN: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_TRACE",
];

/// Settings that hold whatever the repository says.
const SETTINGS: &[&str] = &[
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "diff.renames=true",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "color.ui=false",
];

impl Repo {
    pub(super) fn new(top: &Path) -> Self {
        Repo { top: top.to_owned() }
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.arg("--no-pager").arg("--literal-pathspecs").arg("-C").arg(&self.top);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
        command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    /// What a command prints.
    pub(super) fn output(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        let output = self.command().args(args).output().map_err(|error| missing(&error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(args, &output.stderr))
    }

    /// The commit of a revision.
    pub(super) fn commit(&self, revision: &str) -> Result<Oid, Error> {
        if revision.starts_with('-') {
            return Err(Error::usage(format!("--base {revision}: no revision begins with a hyphen")));
        }
        let wanted = format!("{revision}^{{commit}}");
        let mut command = self.command();
        command.args(["rev-parse", "--verify", "--quiet", &wanted]);
        let output = command.output().map_err(|error| missing(&error))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match Oid::new(text.trim()).filter(|_| output.status.success()) {
            Some(oid) => Ok(oid),
            None if output.stderr.is_empty() => {
                Err(Error::usage(format!("--base {revision}: there is no such commit in this repository")))
            }
            None => Err(failed(&["rev-parse"], &output.stderr)),
        }
    }

    /// The commit where the current one left `other`; `None` when they have no common history, or it was not fetched.
    pub(super) fn merge_base(&self, other: &Oid) -> Option<Oid> {
        let output = self.output(&["merge-base", other.as_str(), "HEAD"]).ok()?;
        Oid::new(String::from_utf8_lossy(&output).lines().next()?.trim())
    }

    /// Tracked paths, and whether each is a submodule.
    pub(super) fn tracked(&self, within: &RepoPath) -> Result<Vec<(bool, String)>, Error> {
        let mut args = vec!["ls-files", "-z", "--stage", "--"];
        args.extend(Some(within.as_str()).filter(|path| !path.is_empty()));
        let output = self.output(&args)?;
        let entry = |record: &[u8]| {
            let text = String::from_utf8_lossy(record);
            let (head, path) = text.split_once('\t')?;
            Some((head.starts_with("160000"), path.to_owned()))
        };
        Ok(output.split(|byte| *byte == 0).filter_map(entry).collect())
    }

    /// Paths that are neither tracked nor ignored.
    pub(super) fn untracked(&self, within: &RepoPath) -> Result<Vec<String>, Error> {
        let mut args = vec!["ls-files", "-z", "--others", "--exclude-standard", "--"];
        args.extend(Some(within.as_str()).filter(|path| !path.is_empty()));
        Ok(paths(&self.output(&args)?))
    }

    /// Paths of files in a commit.
    pub(super) fn files_of(&self, commit: &Oid) -> Result<Vec<String>, Error> {
        Ok(paths(&self.output(&["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit.as_str()])?))
    }
}

fn paths(output: &[u8]) -> Vec<String> {
    let records = output.split(|byte| *byte == 0).filter(|record| !record.is_empty());
    records.map(|record| String::from_utf8_lossy(record).into_owned()).collect()
}

pub(super) fn missing(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::tool("git is not installed"),
        _ => Error::tool(format!("git cannot be run: {error}")),
    }
}

/// What git complained about, on one line.
fn failed(args: &[&str], stderr: &[u8]) -> Error {
    let text = String::from_utf8_lossy(stderr);
    let why = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it failed without a word");
    Error::tool(format!("git {}: {}", args.first().unwrap_or(&""), why.trim()))
}
