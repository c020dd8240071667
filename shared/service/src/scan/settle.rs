//! A repository is accounted for: its row is created and counted in one transaction, once.

use scrutineer_aws::{
    Condition, Transaction, Update,
    records::{FindingCounts, RepoScan, RepoState, Scan, ScanCounters},
};
use scrutineer_core::{
    Failure,
    ids::{RepoName, ScanId},
    provider::RequestCounts,
};
use scrutineer_scanners::{Finding, Status};

use super::{RepoResult, pack};
use crate::{App, messages::FinishScan, outbox};

/// Longest reason kept, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Writes `row` and counts it, unless the repository was settled before; then sends what completes the scan.
///
/// A second run is harmless: the row's condition fails, nothing is counted, and completion is looked at again, which
/// is what a worker that died after counting left undone.
pub(crate) async fn settle(app: &App, row: &RepoScan, requests: &RequestCounts) -> Result<(), Failure> {
    let counter = match row.state {
        RepoState::Done | RepoState::Queued => "done",
        RepoState::Failed => "failed",
        RepoState::Unchanged => "unchanged",
    };
    let update = count_requests(Update::new().add(counter, 1).remove("waiting_until"), requests);
    let transaction =
        Transaction::new().put_new(row).update(&ScanCounters::key_of(row.scan), update, Condition::none());
    match app.store.transact(transaction).await {
        Ok(()) => {}
        Err(error) => {
            // Position 0 is the row: it exists. Anything else is a real failure.
            error.conflict().map_err(Failure::from)?;
        }
    }
    finish_when_complete(app, row.scan).await
}

/// Sends the job that completes the scan when every repository is accounted for. Sending it twice is harmless.
pub(crate) async fn finish_when_complete(app: &App, scan: ScanId) -> Result<(), Failure> {
    let counters = app.store.get(&ScanCounters::key_of(scan)).await?;
    if counters.is_some_and(|counters| counters.is_complete()) {
        outbox::send_all(app, &[FinishScan { scan }]).await?;
    }
    Ok(())
}

/// Adds requests to the scan's counters, by kind only: the item is written once per repository and must stay small.
pub(crate) fn count_requests(update: Update, requests: &RequestCounts) -> Update {
    let kinds = [
        ("rest", requests.rest.values().sum::<u64>()),
        ("graphql", requests.graphql.values().sum()),
        ("graphql_points", requests.graphql_points),
        ("downloads", requests.downloads),
        ("not_modified", requests.not_modified),
        ("retries", requests.retries),
    ];
    kinds.into_iter().filter(|(_, count)| *count > 0).fold(update, |update, (kind, count)| {
        update.add_in("requests", kind, i64::try_from(count).unwrap_or(i64::MAX))
    })
}

/// Requests by endpoint, REST and GraphQL in one map.
pub(crate) fn by_endpoint(requests: &RequestCounts) -> std::collections::BTreeMap<String, u64> {
    let graphql = requests.graphql.iter().map(|(name, count)| (format!("GraphQL {name}"), *count));
    requests.rest.iter().map(|(name, count)| (name.clone(), *count)).chain(graphql).collect()
}

/// The row of a repository that could not be scanned.
pub(crate) fn failed_row(app: &App, scan: ScanId, repository: RepoName, reason: &str) -> RepoScan {
    RepoScan {
        scan,
        repository,
        state: RepoState::Failed,
        reason: Some(reason.chars().take(MAX_REASON_CHARS).collect()),
        head: None,
        fingerprint: None,
        findings: None,
        requests: Default::default(),
        result: None,
        evaluated_at: app.clock.now(),
    }
}

/// The row of a repository that was scanned.
pub(crate) fn done_row(scan: &Scan, repository: RepoName, result: &RepoResult) -> Result<RepoScan, Failure> {
    Ok(RepoScan {
        scan: scan.id,
        repository,
        state: RepoState::Done,
        reason: None,
        head: None,
        fingerprint: None,
        findings: Some(counts(&result.findings)),
        requests: Default::default(),
        result: Some(pack(result)?),
        evaluated_at: super::observed_at(scan),
    })
}

/// Findings by status.
pub(crate) fn counts(findings: &[Finding]) -> FindingCounts {
    let mut counts = FindingCounts::default();
    for finding in findings {
        match finding.status {
            Status::Passed => counts.passed += 1,
            Status::Warning => counts.warning += 1,
            Status::Failed => counts.failed += 1,
            Status::NotApplicable => counts.not_applicable += 1,
            Status::Error => counts.error += 1,
        }
    }
    counts
}
