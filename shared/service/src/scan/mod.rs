//! Posture scans: `pending → scanning → completed | failed | cancelled`.
//!
//! ```text
//! start ──CoordinateScan──▶ coordinate ──CollectEvidence (25 repositories)──▶ collect
//!                                                                               │ ScanTarget (one repository)
//!        finish ◀──FinishScan── whoever settles the last repository ◀── target ◀┘
//! ```
//!
//! A repository is queued while it stands in a batch and has no row of its own; its row is created once, in the
//! transaction that counts it. That is why a message may come twice, or a worker die half-way, and nothing is
//! counted twice or lost.

pub mod benchmarks;
pub mod collect;
pub mod compare;
pub mod coordinate;
pub mod end;
pub mod finish;
pub mod read;
pub mod reuse;
pub mod select;
pub mod settle;
pub mod start;
pub mod target;

use jiff::{SignedDuration, Timestamp};
use scrutineer_aws::{
    Packed,
    records::{Connection, OrgEvidence as OrgEvidenceRow, Scan, ScanStatus},
};
use scrutineer_core::{
    Fact, Failure,
    evidence::{OrgEvidence, snapshot::SnapshotSummary},
    ids::ScanId,
};
use scrutineer_scanners::{
    Finding, OrgDocs, Profile, ProfileSettings, RepoContribution, ScoreVector, Snapshot, SnapshotPass,
    benchmarks::Summary,
};
use serde::{Deserialize, Serialize};

use crate::{App, text};

/// How long evidence and batches are kept for a scan that stalls: two weeks, as long as its job.
const KEEP_EVIDENCE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What every repository of a scan needs to know about its organization.
#[derive(Serialize, Deserialize)]
pub(crate) struct Shared {
    pub(crate) org: OrgEvidence,
    pub(crate) docs: OrgDocs,
    /// The scan's profile, read once by the coordinator.
    #[serde(default)]
    pub(crate) profile: ProfileSettings,
}

impl Shared {
    /// The checks that a scan runs, and what they weigh.
    pub(crate) fn profile(&self, scan: &Scan) -> Result<Profile, Failure> {
        Ok(crate::profiles::compiled(&self.profile)?.narrowed(&scan.options.categories))
    }
}

/// What is packed into a repository's row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RepoResult {
    pub(crate) findings: Vec<Finding>,
    pub(crate) scores: ScoreVector,
    pub(crate) contribution: RepoContribution,
}

/// What is packed into the organization's row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrgResult {
    pub(crate) findings: Vec<Finding>,
    /// What the benchmarks need of the whole scan; absent from what earlier versions wrote.
    #[serde(default)]
    pub(crate) summary: Option<Summary>,
}

/// The scan with `id`.
///
/// # Errors
/// Permanent `not_found`.
pub async fn get(app: &App, id: ScanId) -> Result<Scan, Failure> {
    app.store.get(&Scan::key_of(id)).await?.ok_or_else(|| text::not_found("scan", id))
}

/// The scan, when there is still work to do on it. Messages of a scan that ended are dropped.
pub(crate) async fn active(app: &App, id: ScanId) -> Result<Option<Scan>, Failure> {
    let scan = app.store.get(&Scan::key_of(id)).await?;
    Ok(scan.filter(|scan| scan.status == ScanStatus::Scanning))
}

pub(crate) async fn connection_of(app: &App, scan: &Scan) -> Result<Connection, Failure> {
    crate::connections::get(app, scan.customer, scan.connection).await
}

/// What the coordinator read about the organization; `None` before it did.
pub(crate) async fn shared(app: &App, id: ScanId) -> Result<Option<Shared>, Failure> {
    let row = app.store.get(&OrgEvidenceRow::key_of(id)).await?;
    Ok(row.map(|row| row.evidence.unpack()).transpose()?)
}

/// The time that ages count from: the scan's start, so that a worker that runs twice decides the same.
pub(crate) fn observed_at(scan: &Scan) -> Timestamp {
    scan.started_at.unwrap_or(scan.created_at)
}

pub(crate) fn keep_until(app: &App) -> Timestamp {
    app.clock.now().checked_add(KEEP_EVIDENCE).unwrap_or(Timestamp::MAX)
}

/// Parses what a pass kept (workflows, manifests), on a blocking thread: it takes more than a few milliseconds.
pub(crate) async fn finish_pass(
    pass: SnapshotPass,
    summary: Fact<SnapshotSummary>,
) -> Result<Fact<Snapshot>, Failure> {
    match summary {
        Fact::Unknown(gap) => Ok(Fact::Unknown(gap)),
        Fact::Known(summary) => {
            let parsed = tokio::task::spawn_blocking(move || pass.finish(summary)).await;
            Ok(Fact::Known(parsed.map_err(Failure::transient)?))
        }
    }
}

pub(crate) fn pack<T: Serialize>(value: &T) -> Result<Packed, Failure> {
    Ok(Packed::pack(value)?)
}
