//! Scanning one repository: its files once, the few calls of its own, the checks, one result.

use base64::{Engine, engine::general_purpose::STANDARD};
use scrutineer_aws::{
    Packed,
    records::{RepoEvidence as RepoEvidenceRow, RepoScan, Scan},
};
use scrutineer_core::{
    Fact, Failure, Gap,
    evidence::{RepoEvidence, snapshot::SnapshotTarget},
    ids::Sha,
    provider::Provider,
};
use scrutineer_github::GitHub;
use scrutineer_scanners::{RepoSubject, ScoreVector, Snapshot, SnapshotPass, evaluate, snapshot as files};

use super::{RepoResult, Shared, settle};
use crate::{
    App,
    messages::{Carried, ScanTarget},
};

/// Scans one repository and settles it.
///
/// A second run is harmless: a repository that has a row is not scanned again, and the row is created only once.
///
/// # Errors
/// As the provider's; a repository that fails for good gets a `failed` row (see [`crate::consume`]).
pub async fn scan(app: &App, message: &ScanTarget) -> Result<(), Failure> {
    let Some(scan) = super::active(app, message.scan).await? else { return Ok(()) };
    let key = RepoScan::key_of(scan.id, &message.repository);
    if app.store.get(&key).await?.is_some() {
        return settle::finish_when_complete(app, scan.id).await;
    }
    let Some(shared) = super::shared(app, scan.id).await? else {
        return Err(Failure::permanent("evidence_expired", "the scan's evidence expired before it was used"));
    };
    let evidence = evidence_of(app, message).await?;
    let connection = super::connection_of(app, &scan).await?;
    let provider = app.providers.of(app, &connection).await?;
    let (evidence, snapshot) = read_repository(&provider, evidence).await?;
    let requests = provider.take_requests();
    let head = head_of(&evidence);
    let result = judge(&scan, shared, evidence, snapshot).await?;
    let row = settle::done_row(app, &scan, message.repository.clone(), result).await?;
    let fingerprint = Some(message.fingerprint.clone());
    let row = RepoScan { head, fingerprint, requests: settle::by_endpoint(&requests), ..row };
    settle::settle(app, &row, &requests).await
}

async fn evidence_of(app: &App, message: &ScanTarget) -> Result<RepoEvidence, Failure> {
    let lost =
        || Failure::permanent("evidence_expired", "the repository's evidence expired before it was used");
    match &message.evidence {
        Carried::Inline(text) => {
            let bytes = STANDARD.decode(text).map_err(|error| lost().caused_by(error))?;
            Ok(Packed::from_bytes(bytes).unpack()?)
        }
        Carried::Stored => {
            let key = RepoEvidenceRow::key_of(message.scan, &message.repository);
            let row = app.store.get(&key).await?.ok_or_else(lost)?;
            Ok(row.evidence.unpack()?)
        }
    }
}

/// The files, then the calls that they show to be needed.
async fn read_repository(
    provider: &GitHub,
    mut evidence: RepoEvidence,
) -> Result<(RepoEvidence, Fact<Snapshot>), Failure> {
    let snapshot = match target_of(&evidence) {
        Ok(target) => {
            let (pass, summary) = Box::pin(provider.snapshot(&target, SnapshotPass::new())).await?;
            super::finish_pass(pass, summary).await?
        }
        Err(gap) => Fact::Unknown(gap),
    };
    let needs = files::detail_needs(&evidence, &snapshot.as_ref());
    evidence.details = Box::pin(provider.details(&evidence.listing, needs)).await?;
    Ok((evidence, snapshot))
}

fn target_of(evidence: &RepoEvidence) -> Result<SnapshotTarget, Gap> {
    let branch = evidence.posture.known()?.default_branch.as_ref();
    let branch = branch.ok_or_else(|| Gap::unsupported("the repository is empty"))?;
    Ok(SnapshotTarget { repo: evidence.listing.name.clone(), head: branch.head.known()?.clone() })
}

fn head_of(evidence: &RepoEvidence) -> Option<Sha> {
    evidence.posture.ok()?.default_branch.as_ref()?.head.ok().map(|head| head.oid.clone())
}

/// Runs the checks on a blocking thread: they take more than a few milliseconds.
async fn judge(
    scan: &Scan,
    shared: Shared,
    evidence: RepoEvidence,
    snapshot: Fact<Snapshot>,
) -> Result<RepoResult, Failure> {
    let profile = shared.profile(scan)?;
    let judged = tokio::task::spawn_blocking(move || {
        let subject =
            RepoSubject { repo: &evidence, files: snapshot.as_ref(), org: &shared.org, docs: &shared.docs };
        let findings = evaluate::evaluate_repo(&subject, &profile);
        RepoResult {
            scores: ScoreVector::of(&findings, &profile),
            contribution: files::contribution(subject.repo, &subject.files),
            findings,
        }
    });
    judged.await.map_err(Failure::transient)
}
