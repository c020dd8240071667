//! Where results go: standard output or a file, in the format that was asked for.

use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use super::{error::Error, settings};
use crate::report::{Report, html::html, json::json, markdown::markdown, table::table};

/// Columns where nobody says how many there are.
const DEFAULT_WIDTH: u16 = 100;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    #[default]
    Table,
    /// Everything, for programs.
    Json,
    /// For a ticket or a wiki.
    Markdown,
    /// One self-contained page.
    Html,
}

/// Where and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Output {
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl Output {
    /// Whether the result could be written there, as far as that can be known before there is one.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_file(self.output.as_deref())
    }

    /// Writes the report.
    pub(crate) fn write(&self, report: &Report) -> Result<(), Error> {
        let text = match self.format {
            Format::Table => table(report, if self.output.is_some() { DEFAULT_WIDTH } else { width() }),
            Format::Json => json(report),
            Format::Markdown => markdown(report),
            Format::Html => html(report),
        };
        write_text(self.output.as_deref(), &text)
    }
}

/// Whether a file could be written, as far as that can be known before there is something to write.
pub(crate) fn check_file(path: Option<&Path>) -> Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if path.is_dir() || parent.is_some_and(|parent| !parent.is_dir()) {
        return Err(Error::usage(format!("--output: {} cannot be a file", path.display())));
    }
    Ok(())
}

/// Writes to a file, or to standard output.
pub(crate) fn write_text(path: Option<&Path>, text: &str) -> Result<(), Error> {
    match path {
        None => print(text),
        Some(path) => replace(path, text)
            .map_err(|error| Error::tool(format!("cannot write {}: {error}", path.display()))),
    }
}

/// Writes a file in one step: a reader sees the old one or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        // A pipe or a device such as /dev/stdout.
        return fs::write(path, text);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".scrutineer-").tempfile_in(parent)?;
    file.write_all(text.as_bytes())?;
    set_ordinary_permissions(file.path())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file is private; a report is an ordinary file.
#[cfg(unix)]
fn set_ordinary_permissions(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_ordinary_permissions(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes `text` to standard output.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Writes a line to standard error, where progress goes.
pub(crate) fn say(text: &str) {
    // Nobody listening is no reason to stop.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Columns of the terminal.
pub(crate) fn width() -> u16 {
    let terminal = || terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns);
    let known = if io::stdout().is_terminal() { terminal() } else { None };
    settings::columns().or(known).unwrap_or(DEFAULT_WIDTH).max(60)
}
