//! `scrutineer audit verify`: whether an organization's audit log is whole.
//!
//! An export is compared with its own hashes, a data directory also with the head that is stored apart. Exit code 0 when
//! it is whole, 11 when it is not.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use scrutineer_core::ids::Login;
use scrutineer_service::{
    audit::{
        self,
        chain::{Chain, Fault, Noted},
        read::{AuditFilter, Order},
    },
    records::AuditEntry,
};
use serde_json::Value;

use super::token::open;
use crate::{
    cli::{Outcome, error::Error, output::print},
    report::verdict::Verdict,
};

/// Entries read at a time.
const PAGE: usize = 1_000;
/// Longest line of an export; an entry has a few hundred bytes, and at most some thousand.
const MAX_LINE_BYTES: usize = 1024 * 1024;

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Find changed, removed, reordered and cut off entries.
    Verify {
        /// An export: `GET /api/orgs/ORG/audit-log` with `Accept: application/x-ndjson`, unfiltered.
        #[arg(required_unless_present = "data", conflicts_with = "data")]
        file: Option<PathBuf>,
        /// A data directory that is not in use, instead of an export.
        #[arg(long, value_name = "DIR", requires = "org")]
        data: Option<PathBuf>,
        /// The organization whose log is read from the data directory.
        #[arg(long, value_name = "ORG", requires = "data")]
        org: Option<Login>,
        /// An entry that was noted apart from the log; it must be there, unchanged.
        #[arg(long, value_name = "SEQUENCE:HASH")]
        head: Option<Noted>,
    },
}

/// Does what was asked.
pub(crate) async fn run(args: Args) -> Outcome {
    let Command::Verify { file, data, org, head } = args.command;
    let chain = head.iter().cloned().fold(Chain::default(), Chain::passing);
    let (chain, compared) = match (file, data, org) {
        (Some(file), ..) => (exported(&file, chain)?, head.is_some()),
        (None, Some(data), Some(org)) => (stored(&data, &org, chain).await?, true),
        _ => return Err(Error::usage("name an export, or --data DIR and --org ORG")),
    };
    let (entries, faults) = chain.end();
    print(&told(entries, &faults, compared))?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { Verdict::Blocking.into() })
}

fn exported(file: &Path, mut chain: Chain) -> Result<Chain, Error> {
    let unreadable = |error: std::io::Error| Error::tool(format!("{}: {error}", file.display()));
    let mut reader = BufReader::new(File::open(file).map_err(unreadable)?);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let mut bounded = std::io::Read::take(&mut reader, MAX_LINE_BYTES as u64);
        if bounded.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            break;
        }
        match entry_of(&line) {
            Some(entry) => chain.push(entry),
            None if line.trim_ascii().is_empty() => {}
            None => chain.unreadable(number),
        }
    }
    Ok(chain)
}

/// An entry that says nothing but what is hashed: what a reader would see and no hash covers is not part of it.
fn entry_of(line: &[u8]) -> Option<AuditEntry> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let entry: AuditEntry = serde_json::from_value(value.clone()).ok()?;
    (serde_json::to_value(&entry).ok()? == value).then_some(entry)
}

async fn stored(dir: &Path, org: &Login, mut chain: Chain) -> Result<Chain, Error> {
    let runtime = open(dir)?;
    let app = runtime.app();
    if let Some(head) = audit::head(app, org).await? {
        chain = chain.ending_at(Noted { sequence: head.sequence, hash: head.hash });
    }
    let everything = AuditFilter::default();
    let mut cursor: Option<String> = None;
    loop {
        let next = (PAGE, cursor.as_deref());
        let page = audit::read::page(app, org, &everything, Order::OldestFirst, next).await?;
        page.items.into_iter().for_each(|entry| chain.push(entry));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(chain);
        }
    }
}

fn told(entries: u64, faults: &[Fault], compared: bool) -> String {
    let mut text = String::new();
    for fault in faults {
        let _ = writeln!(text, "{fault}");
    }
    let verdict = match (faults.len(), entries) {
        (0, 0) => "the log is empty".to_owned(),
        (0, 1) => "the log is whole: 1 entry".to_owned(),
        (0, _) => format!("the log is whole: {entries} entries"),
        (1, _) => format!("the log is NOT whole: 1 fault in {entries} entries"),
        (count, _) => format!("the log is NOT whole: {count} faults in {entries} entries"),
    };
    let _ = writeln!(text, "{verdict}");
    if faults.is_empty() && !compared {
        text.push_str("not seen from here: whether later entries were cut off; give --head to compare\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_reads_well() {
        let faults = [Fault::Missing { first: 4, last: 6 }, Fault::Changed { sequence: 9 }];
        insta::assert_snapshot!(told(12, &faults, true), @r"
        entries 4 to 6 are missing
        entry 9 was changed: its hash is not that of its content
        the log is NOT whole: 2 faults in 12 entries
        ");
        insta::assert_snapshot!(told(2, &[], false), @r"
        the log is whole: 2 entries
        not seen from here: whether later entries were cut off; give --head to compare
        ");
    }
}
