//! A repository is accounted for: its row is created and counted in one transaction, once.

use std::collections::HashMap;

use scrutineer_aws::{
    Condition, Transaction, Update,
    records::{FindingCounts, RepoFindings, RepoScan, RepoState, Scan, ScanCounters},
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
    // A counter has the name of the state it counts.
    let update = count_requests(Update::new().add(row.state.as_str(), 1).remove("waiting_until"), requests);
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
        findings_in: None,
        evaluated_at: app.clock.now(),
    }
}

/// Writes what was found and gives the row that refers to it.
///
/// A worker that died after this write left findings behind: they stay, so that row and findings always agree.
pub(crate) async fn done_row(
    app: &App,
    scan: &Scan,
    repository: RepoName,
    result: RepoResult,
) -> Result<RepoScan, Failure> {
    let row = RepoFindings { scan: scan.id, repository: repository.clone(), result: pack(&result)? };
    let result = match app.store.put_new(&row).await {
        Ok(()) => result,
        Err(error) => match error.conflict()?.existing::<RepoFindings>()? {
            Some(written) => written.result.unpack()?,
            None => result,
        },
    };
    Ok(RepoScan {
        scan: scan.id,
        repository,
        state: RepoState::Done,
        reason: None,
        head: None,
        fingerprint: None,
        findings: Some(counts(&result.findings)),
        requests: Default::default(),
        findings_in: Some(scan.id),
        evaluated_at: super::observed_at(scan),
    })
}

/// What was found in each of `rows` that has findings, in their order.
pub(crate) async fn results(app: &App, rows: &[RepoScan]) -> Result<Vec<(RepoName, RepoResult)>, Failure> {
    let keys: Vec<_> =
        rows.iter().filter_map(|row| Some(RepoFindings::key_of(row.findings_in?, &row.repository))).collect();
    let mut found: HashMap<RepoName, RepoFindings> = app
        .store
        .get_many(&keys)
        .await?
        .into_iter()
        .map(|findings| (findings.repository.clone(), findings))
        .collect();
    let mut results = Vec::with_capacity(keys.len());
    for row in rows {
        if let Some(findings) = found.remove(&row.repository) {
            results.push((row.repository.clone(), findings.result.unpack()?));
        }
    }
    Ok(results)
}

/// Findings by status.
pub(crate) fn counts(findings: &[Finding]) -> FindingCounts {
    let mut counts = FindingCounts::default();
    for finding in findings {
        counts.attested += u64::from(finding.is_attested());
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
