//! One repository in one scan. PK `SCAN#id`, SK `REPO#owner/name`.
//!
//! Written once, when the repository is settled, in the transaction that counts it; so it is small, and what was
//! found stands in [`RepoFindings`](super::RepoFindings).

use jiff::Timestamp;
use scrutineer_core::ids::{RepoName, ScanId, Sha};
use serde::{Deserialize, Serialize};

use crate::store::{KeyOf, RangeOf, Record};

/// One repository in one scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoScan {
    /// The scan.
    pub scan: ScanId,
    /// The repository.
    pub repository: RepoName,
    /// Where it stands.
    pub state: RepoState,
    /// Why it failed, or was reused; safe text.
    pub reason: Option<String>,
    /// Head of the default branch; `None` until read and for an empty repository.
    pub head: Option<Sha>,
    /// Fingerprint of the settings and evidence that the result was computed from.
    pub fingerprint: Option<String>,
    /// Findings by status; `None` for a repository that failed.
    pub findings: Option<FindingCounts>,
    /// Requests made for this repository alone, by endpoint.
    #[serde(default)]
    pub requests: std::collections::BTreeMap<String, u64>,
    /// The scan under which its [`RepoFindings`](super::RepoFindings) stand: this one, or the one that is reused;
    /// `None` for a repository that failed.
    pub findings_in: Option<ScanId>,
    /// When it was evaluated; a reused result keeps the time of its evaluation.
    pub evaluated_at: Timestamp,
}

/// Where a repository stands in a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepoState {
    /// Listed, no result yet. Never stored: it stands in a [`ScanBatch`](super::ScanBatch) and has no row.
    Queued,
    /// Scanned.
    Done,
    /// Could not be scanned; the reason says why.
    Failed,
    /// Nothing changed since the previous scan, whose result was reused.
    Unchanged,
}

impl RepoState {
    /// The name as in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unchanged => "unchanged",
        }
    }

    /// Whether it is accounted for.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Unchanged)
    }
}

impl std::fmt::Display for RepoState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Findings by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCounts {
    /// Good.
    pub passed: u64,
    /// Half good.
    pub warning: u64,
    /// Bad.
    pub failed: u64,
    /// Does not concern this target.
    pub not_applicable: u64,
    /// Could not be decided.
    pub error: u64,
    /// Of the good and half good ones, those that rest on an attestation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attested: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl RepoScan {
    /// This repository in this scan.
    pub fn key_of(scan: ScanId, repository: &RepoName) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), format_args!("REPO#{}", repository.key()))
    }

    /// All repositories of a scan, by name.
    pub fn of_scan(scan: ScanId) -> RangeOf<Self> {
        RangeOf::table(format_args!("SCAN#{scan}"), "REPO#")
    }
}

impl Record for RepoScan {
    const KIND: &'static str = "RepoScan";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan, &self.repository)
    }
}
