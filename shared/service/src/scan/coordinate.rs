//! Coordinating: read the organization, list its repositories, queue them in batches, fan out.

use scrutineer_aws::{
    Condition, Update,
    records::{
        HttpCache, OrgEvidence as OrgEvidenceRow, RepoScan, Scan, ScanBatch, ScanCounters, ScanPlan,
        ScanStatus,
    },
};
use scrutineer_core::{
    Fact, Failure, Gap, SignedDuration,
    evidence::{OrgEvidence, RepoListing, org::ProfileRepo, snapshot::SnapshotTarget},
    ids::{RepoName, ScanId},
    provider::{Budget, Provider, RequestCounts},
};
use scrutineer_github::GitHub;
use scrutineer_scanners::{OrgDocs, Snapshot, SnapshotPass};

use super::{Shared, keep_until, observed_at, pack, select::Selection, settle};
use crate::{
    App, connections,
    messages::{CollectEvidence, CoordinateScan},
    outbox, profiles,
};

/// Repositories that are collected together: the batch size of the posture document.
const BATCH: usize = 25;
/// Repositories per activity request.
const ACTIVITY_BATCH: u64 = 10;
/// The organization's repository for its members.
const ORG_REPOSITORY: &str = ".github-private";
/// How long a conditional-request cache is worth keeping.
const KEEP_CACHE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Takes a scan up, or takes it up again.
///
/// A second run is harmless: batches are created only if absent, and once they stand (`total` is known) only what
/// has no result yet is sent again.
///
/// # Errors
/// Permanent: `credential_rejected`, `organization_not_found` and the like end the scan as `failed`.
pub async fn coordinate(app: &App, message: &CoordinateScan) -> Result<(), Failure> {
    let Some(scan) = take_up(app, message.scan).await? else { return Ok(()) };
    let counters = app.store.get(&ScanCounters::key_of(scan.id)).await?;
    if counters.is_none_or(|counters| counters.total.is_none()) {
        plan_or_keep(app, &scan).await?;
    }
    fan_out(app, scan.id).await
}

/// `pending → scanning`; `None` for a scan that ended.
async fn take_up(app: &App, id: ScanId) -> Result<Option<Scan>, Failure> {
    let scan = super::get(app, id).await?;
    match scan.status {
        ScanStatus::Scanning => Ok(Some(scan)),
        ScanStatus::Pending => {
            let update = Update::new().set("status", ScanStatus::Scanning).set("started_at", app.clock.now());
            let pending = Condition::is("status", ScanStatus::Pending);
            match app.store.update(&Scan::key_of(id), update, pending).await {
                Ok(_) => {}
                // Taken up or cancelled by somebody else at this moment.
                Err(error) => {
                    error.conflict()?;
                }
            }
            super::active(app, id).await
        }
        ScanStatus::Completed | ScanStatus::Failed | ScanStatus::Cancelled => Ok(None),
    }
}

/// Plans; when GitHub cuts it short, keeps what was read, so that the next try goes on from there.
async fn plan_or_keep(app: &App, scan: &Scan) -> Result<(), Failure> {
    let connection = super::connection_of(app, scan).await?;
    let provider = app.providers.of(app, &connection).await?;
    provider.reuse_since(observed_at(scan));
    let planned = Box::pin(plan(app, scan, &provider)).await;
    if planned.is_ok() {
        connections::record_validated(app, &connection, app.clock.now()).await?;
    } else {
        save_cache(app, scan, &provider).await;
    }
    planned
}

/// Reads the organization and writes the batches.
async fn plan(app: &App, scan: &Scan, provider: &GitHub) -> Result<(), Failure> {
    Box::pin(provider.validate(&scan.organization)).await?;
    let budget = Box::pin(provider.budget()).await?;
    let mut org = Box::pin(provider.org_evidence(&scan.organization)).await?;
    org.observed_at = observed_at(scan);
    let listings = Box::pin(provider.repositories(&org)).await?;
    let selection = selection(scan).compile()?;
    let private = listings.iter().find(|repo| repo.name.name() == ORG_REPOSITORY).cloned();
    let covered: Vec<RepoListing> = listings.into_iter().filter(|repo| selection.covers(repo)).collect();
    let mut docs = Box::pin(org_docs(provider, &org)).await?;
    prove_assurance(provider, private, &mut docs).await?;
    let warnings = warnings(&org);
    let profile = profiles::settings_of(app, scan.customer, &scan.profile).await?;
    write_shared(app, scan, Shared { org, docs, profile }).await?;
    write_batches(app, scan, &covered).await?;
    save_cache(app, scan, provider).await;
    let requests = provider.take_requests();
    write_plan(app, scan, &plan_for(app, covered.len() as u64, &requests, budget), warnings, &requests).await
}

/// Sends a job for each batch that is not settled; completes an organization without repositories.
async fn fan_out(app: &App, scan: ScanId) -> Result<(), Failure> {
    let settled: std::collections::HashSet<RepoName> =
        app.store.query_all(&RepoScan::of_scan(scan)).await?.into_iter().map(|row| row.repository).collect();
    let batches = app.store.query_all(&ScanBatch::of_scan(scan)).await?;
    let open = batches.iter().filter(|batch| !batch.repositories.iter().all(|repo| settled.contains(repo)));
    let jobs: Vec<_> = open.map(|batch| CollectEvidence { scan, batch: batch.number }).collect();
    if jobs.is_empty() {
        return settle::finish_when_complete(app, scan).await;
    }
    outbox::send_all(app, &jobs).await
}

fn selection(scan: &Scan) -> Selection {
    let options = &scan.options;
    Selection {
        include: options.include.clone(),
        exclude: options.exclude.clone(),
        skip_archived: !options.archived,
        skip_forks: !options.forks,
    }
}

/// The documents of `.github` and `.github-private`.
async fn org_docs(provider: &GitHub, org: &OrgEvidence) -> Result<OrgDocs, Failure> {
    let public = profile_snapshot(provider, &org.security.dot_github).await?;
    let private = profile_snapshot(provider, &org.security.dot_github_private).await?;
    Ok(OrgDocs::from_snapshots(borrowed(&public), borrowed(&private)))
}

/// Asks how the organization's attestations came to be, where there are some.
async fn prove_assurance(
    provider: &GitHub,
    private: Option<RepoListing>,
    docs: &mut OrgDocs,
) -> Result<(), Failure> {
    let Some(listing) = private.filter(|_| docs.has_assurance()) else { return Ok(()) };
    let mut histories = Box::pin(provider.assurance(std::slice::from_ref(&listing))).await?;
    if let Some(history) = histories.pop() {
        docs.prove_assurance(listing.name, history);
    }
    Ok(())
}

fn borrowed(fact: &Fact<Option<Snapshot>>) -> Fact<Option<&Snapshot>> {
    fact.as_ref().map(Option::as_ref)
}

async fn profile_snapshot(
    provider: &GitHub,
    repo: &Fact<Option<ProfileRepo>>,
) -> Result<Fact<Option<Snapshot>>, Failure> {
    match repo {
        Fact::Unknown(gap) => Ok(Fact::Unknown(gap.clone())),
        Fact::Known(None) => Ok(Fact::Known(None)),
        Fact::Known(Some(ProfileRepo { head: None, .. })) => Ok(Fact::Known(None)),
        Fact::Known(Some(ProfileRepo { name, head: Some(head) })) => {
            let target = SnapshotTarget { repo: name.clone(), head: head.clone() };
            let (pass, summary) = Box::pin(provider.snapshot(&target, SnapshotPass::new())).await?;
            Ok(super::finish_pass(pass, summary).await?.map(Some))
        }
    }
}

/// What the user should know although the scan goes on.
fn warnings(org: &OrgEvidence) -> Vec<String> {
    let mut gaps: Vec<&Gap> = [
        org.members.gap(),
        org.teams.gap(),
        org.settings.default_repository_permission.gap(),
        org.actions.allowed_actions.gap(),
        org.security_configurations.gap(),
    ]
    .into_iter()
    .flatten()
    .collect();
    gaps.sort();
    gaps.dedup();
    gaps.into_iter().map(|gap| format!("part of the organization could not be read: {gap}")).collect()
}

async fn write_shared(app: &App, scan: &Scan, shared: Shared) -> Result<(), Failure> {
    let row = OrgEvidenceRow { scan: scan.id, evidence: pack(&shared)?, expires_at: keep_until(app) };
    Ok(app.store.put(&row).await?)
}

async fn write_batches(app: &App, scan: &Scan, listings: &[RepoListing]) -> Result<(), Failure> {
    for (number, batch) in (0_u32..).zip(listings.chunks(BATCH)) {
        let row = ScanBatch {
            scan: scan.id,
            number,
            repositories: batch.iter().map(|repo| repo.name.clone()).collect(),
            listings: pack(&batch)?,
            requests: Default::default(),
            expires_at: keep_until(app),
        };
        app.store.put(&row).await?;
    }
    Ok(())
}

/// Stores the request cache. It only saves requests, so a failure is told and nothing more.
async fn save_cache(app: &App, scan: &Scan, provider: &GitHub) {
    let Some(bytes) = provider.save_cache() else { return };
    let expires_at = app.clock.now().checked_add(KEEP_CACHE).unwrap_or(scan.created_at);
    let stored = match pack(&bytes) {
        Ok(cache) => app
            .store
            .put(&HttpCache { connection: scan.connection, cache, expires_at })
            .await
            .map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = stored {
        tracing::warn!(scan.id = %scan.id, error = %failure, "the request cache was not saved");
    }
}

/// What is still to come: a posture request per batch, an activity request per ten repositories, and about 0.8 calls
/// of its own per repository (secrets names, default setup, rule suites).
fn plan_for(app: &App, repositories: u64, used: &RequestCounts, budget: Budget) -> ScanPlan {
    let to_come =
        repositories.div_ceil(BATCH as u64) + repositories.div_ceil(ACTIVITY_BATCH) + repositories * 4 / 5;
    let fits = budget.rest_remaining.min(budget.graphql_remaining) >= to_come;
    // Measured: one worker settles a few repositories a second; a scan beyond its budget waits for the reset.
    let seconds = i64::try_from(repositories / 4).unwrap_or(i64::MAX / 2).saturating_add(5);
    let from = if fits { app.clock.now() } else { budget.rest_resets_at.max(budget.graphql_resets_at) };
    ScanPlan {
        repositories,
        requests: used.total() + to_come,
        budget: Some(budget.rest_remaining),
        budget_resets_at: Some(budget.rest_resets_at),
        eta: from.checked_add(SignedDuration::from_secs(seconds)).ok(),
    }
}

/// The last write of planning: from `total` on, a second coordinator only sends.
async fn write_plan(
    app: &App,
    scan: &Scan,
    plan: &ScanPlan,
    warnings: Vec<String>,
    requests: &RequestCounts,
) -> Result<(), Failure> {
    let update = Update::new()
        .set("plan", plan)
        .set("warnings", warnings)
        .set("requests", settle::by_endpoint(requests));
    app.store.update(&Scan::key_of(scan.id), update, Condition::none()).await?;
    let update = settle::count_requests(Update::new().set("total", plan.repositories), requests)
        .remove("waiting_until");
    app.store.update(&ScanCounters::key_of(scan.id), update, Condition::none()).await?;
    Ok(())
}
