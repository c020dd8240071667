//! Collecting: one posture request for a whole batch, activity for those that changed, a job per repository.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use scrutineer_aws::{
    Condition, Packed, Update,
    records::{RepoEvidence as RepoEvidenceRow, Scan, ScanBatch, ScanCounters},
};
use scrutineer_core::{
    Fact, Failure,
    evidence::{Assurance, RepoActivity, RepoDetails, RepoEvidence, RepoListing, RepoPosture},
    ids::RepoName,
    provider::{Provider, RequestCounts},
};
use scrutineer_github::GitHub;

use super::{Shared, keep_until, observed_at, pack, reuse, settle};
use crate::{
    App,
    messages::{Carried, CollectEvidence, ScanTarget},
    outbox,
};

/// Largest evidence that travels in its message, in bytes of base64: SQS takes 256 KiB for a batch of messages.
const MAX_CARRIED: usize = 64 * 1024;

/// A repository that has to be scanned.
struct Changed {
    listing: RepoListing,
    posture: Fact<RepoPosture>,
    fingerprint: String,
}

/// Collects the evidence of a batch and sends one job per repository; unchanged ones are settled at once.
///
/// A second run is harmless: settled repositories are left out, and a repository that is scanned twice is counted
/// once.
///
/// # Errors
/// As the provider's; a batch that fails for good fails each of its repositories (see [`crate::consume`]).
pub async fn collect(app: &App, message: &CollectEvidence) -> Result<(), Failure> {
    let Some(scan) = super::active(app, message.scan).await? else { return Ok(()) };
    let Some(batch) = app.store.get(&ScanBatch::key_of(scan.id, message.batch)).await? else {
        return Ok(());
    };
    let Some(shared) = super::shared(app, scan.id).await? else {
        return Err(Failure::permanent("evidence_expired", "the scan's evidence expired before it was used"));
    };
    let connection = super::connection_of(app, &scan).await?;
    let provider = app.providers.of(app, &connection).await?;
    let open = open_listings(app, &scan, &batch).await?;
    let postures = Box::pin(provider.posture(&open)).await?;
    let changed = settle_unchanged(app, &scan, &shared, open.into_iter().zip(postures)).await?;
    let listings: Vec<RepoListing> = changed.iter().map(|repo| repo.listing.clone()).collect();
    let activities =
        if listings.is_empty() { Vec::new() } else { Box::pin(provider.activity(&listings)).await? };
    let assurances = assurances(&provider, &changed).await?;
    let jobs = jobs(app, &scan, changed, (activities, assurances)).await?;
    record_requests(app, &batch, &provider.take_requests()).await?;
    outbox::send_all(app, &jobs).await
}

/// Repositories of the batch without a result.
async fn open_listings(app: &App, scan: &Scan, batch: &ScanBatch) -> Result<Vec<RepoListing>, Failure> {
    let settled = reuse::rows_of(app, scan.id, &batch.repositories).await?;
    let settled: HashSet<_> = settled.into_iter().map(|row| row.repository).collect();
    let listings: Vec<RepoListing> = batch.listings.unpack()?;
    Ok(listings.into_iter().filter(|repo| !settled.contains(&repo.name)).collect())
}

async fn settle_unchanged(
    app: &App,
    scan: &Scan,
    shared: &Shared,
    repositories: impl Iterator<Item = (RepoListing, Fact<RepoPosture>)>,
) -> Result<Vec<Changed>, Failure> {
    let repositories: Vec<_> = repositories.collect();
    let names: Vec<_> = repositories.iter().map(|(listing, _)| listing.name.clone()).collect();
    let previous = reuse::previous(app, scan, &names).await?;
    let mut changed = Vec::new();
    for (listing, posture) in repositories {
        let fingerprint = reuse::fingerprint(scan, shared, &listing, &posture)?;
        match previous.get(&listing.name) {
            Some(row) if row.fingerprint.as_deref() == Some(&fingerprint) => {
                let row = reuse::unchanged_row(scan, row);
                settle::settle(app, &row, &RequestCounts::default()).await?;
            }
            _ => changed.push(Changed { listing, posture, fingerprint }),
        }
    }
    Ok(changed)
}

/// How attestations came to be, for the repositories that have some: one request for all of them.
async fn assurances(
    provider: &GitHub,
    changed: &[Changed],
) -> Result<HashMap<RepoName, Fact<Assurance>>, Failure> {
    let has = |repo: &&Changed| repo.posture.ok().is_some_and(|p| p.has_assurance.ok() == Some(&true));
    let listings: Vec<RepoListing> = changed.iter().filter(has).map(|repo| repo.listing.clone()).collect();
    if listings.is_empty() {
        return Ok(HashMap::new());
    }
    let facts = Box::pin(provider.assurance(&listings)).await?;
    Ok(listings.into_iter().map(|listing| listing.name).zip(facts).collect())
}

async fn jobs(
    app: &App,
    scan: &Scan,
    changed: Vec<Changed>,
    (activities, assurances): (Vec<Fact<RepoActivity>>, HashMap<RepoName, Fact<Assurance>>),
) -> Result<Vec<ScanTarget>, Failure> {
    let mut jobs = Vec::with_capacity(changed.len());
    for (repo, activity) in changed.into_iter().zip(activities) {
        let repository = repo.listing.name.clone();
        let evidence = RepoEvidence {
            observed_at: observed_at(scan),
            listing: repo.listing,
            posture: repo.posture,
            activity,
            details: RepoDetails::not_asked(),
            assurance: assurances.get(&repository).cloned(),
        };
        let packed = pack(&evidence)?;
        let evidence = carry(app, scan, &repository, packed).await?;
        jobs.push(ScanTarget { scan: scan.id, repository, fingerprint: repo.fingerprint, evidence });
    }
    Ok(jobs)
}

/// Into the message when it is small, else into a row that the message's reader finds.
async fn carry(app: &App, scan: &Scan, repository: &RepoName, evidence: Packed) -> Result<Carried, Failure> {
    let text = STANDARD.encode(evidence.as_bytes());
    if text.len() <= MAX_CARRIED {
        return Ok(Carried::Inline(text));
    }
    let row = RepoEvidenceRow {
        scan: scan.id,
        repository: repository.clone(),
        evidence,
        expires_at: keep_until(app),
    };
    app.store.put(&row).await?;
    Ok(Carried::Stored)
}

async fn record_requests(app: &App, batch: &ScanBatch, requests: &RequestCounts) -> Result<(), Failure> {
    let update = Update::new().set("requests", settle::by_endpoint(requests));
    app.store.update(&ScanBatch::key_of(batch.scan, batch.number), update, Condition::none()).await?;
    let update = settle::count_requests(Update::new().remove("waiting_until"), requests);
    app.store.update(&ScanCounters::key_of(batch.scan), update, Condition::none()).await?;
    Ok(())
}
