//! `assurance.yml` as it is written: a strict schema within bounds.

use jiff::civil::Date;
use serde::Deserialize;

/// Largest file that is read.
pub(crate) const MAX_FILE_BYTES: usize = 64 * 1024;
/// Most attestations of a file.
const MAX_ATTESTATIONS: usize = 100;
/// Shortest and longest statement, in characters.
const STATEMENT_CHARS: std::ops::RangeInclusive<usize> = 10..=1_000;
/// Longest address, in characters.
const MAX_URL_CHARS: usize = 2_000;
/// Most globs of an attestation, and the longest of them.
const MAX_GLOBS: usize = 100;
const MAX_GLOB_CHARS: usize = 200;

/// A file of attestations.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    version: u32,
    pub(crate) attestations: Vec<Entry>,
}

/// One attestation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Check id.
    pub(crate) check: String,
    /// What is claimed.
    pub(crate) statement: String,
    /// Where the proof is; shown, never fetched.
    pub(crate) evidence: String,
    /// `@org/team` or `@login`.
    pub(crate) owner: String,
    /// First day.
    pub(crate) issued: Date,
    /// Last day.
    pub(crate) expires: Date,
    /// Globs of repository names without the owner; only in the organization's file.
    pub(crate) repositories: Option<Vec<String>>,
}

/// Reads a file.
///
/// # Errors
/// One clause saying what does not hold, and where.
pub(crate) fn parse(text: &str) -> Result<File, String> {
    if text.len() > MAX_FILE_BYTES {
        return Err(format!("it is larger than {} KiB", MAX_FILE_BYTES / 1024));
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        budget: serde_saphyr::budget! {
            max_events: 20_000,
            max_nodes: 10_000,
            max_depth: 8,
            flow_nesting_limit: 8,
            max_aliases: 100,
            max_anchors: 100,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
        with_snippet: false,
    };
    let file: File = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let message = error.to_string();
        message.lines().next().unwrap_or("it is not YAML").chars().take(160).collect::<String>()
    })?;
    if file.version != 1 {
        return Err(format!("its version is {}, not 1", file.version));
    }
    if file.attestations.len() > MAX_ATTESTATIONS {
        return Err(format!("it has more than {MAX_ATTESTATIONS} attestations"));
    }
    for (index, entry) in file.attestations.iter().enumerate() {
        entry.check().map_err(|why| format!("attestations[{index}].{why}"))?;
    }
    Ok(file)
}

impl Entry {
    fn check(&self) -> Result<(), String> {
        let least = *STATEMENT_CHARS.start();
        let most = *STATEMENT_CHARS.end();
        if !STATEMENT_CHARS.contains(&self.statement.trim().chars().count()) {
            return Err(format!("statement: it has {least} to {most} characters"));
        }
        if !is_https(&self.evidence) {
            return Err("evidence: an https address goes here".to_owned());
        }
        if !self.owner.starts_with('@') || self.owner.matches('/').count() > 1 || self.owner.len() > 150 {
            return Err("owner: @organization/team or @login goes here".to_owned());
        }
        if self.expires <= self.issued {
            return Err("expires: it is not after `issued`".to_owned());
        }
        let globs = self.repositories.as_deref().unwrap_or_default();
        if globs.len() > MAX_GLOBS || self.repositories.as_ref().is_some_and(Vec::is_empty) {
            return Err(format!("repositories: 1 to {MAX_GLOBS} globs go here"));
        }
        let wrong = globs.iter().find(|glob| {
            glob.chars().count() > MAX_GLOB_CHARS || globset::Glob::new(&glob.to_ascii_lowercase()).is_err()
        });
        wrong.map_or(Ok(()), |_| Err("repositories: one of them is not a glob".to_owned()))
    }
}

/// `https://host…` without credentials, spaces or control characters.
fn is_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    url.chars().count() <= MAX_URL_CHARS
        && !url.chars().any(|c| c.is_whitespace() || c.is_control())
        && !host.is_empty()
        && !host.contains('@')
}
