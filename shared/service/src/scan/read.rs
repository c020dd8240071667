//! Reading a scan while it runs and after: progress, findings, scores, repositories.

use std::collections::{BTreeMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_aws::{
    Cursor,
    records::{
        FindingCounts, OrgResult as OrgResultRow, RepoScan, RepoState, Scan, ScanBatch, ScanCounters,
        ScanPlan, ScanScore, ScanStatus,
    },
};
use scrutineer_core::{
    Failure,
    ids::{CustomerId, RepoName, ScanId},
};
use scrutineer_scanners::{Finding, Severity, Standing, Status, gain::Points, registry};
use serde::{Deserialize, Serialize};

use super::{OrgResult, settle};
use crate::{App, page::Page};

/// A scan with its progress.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanState {
    /// The scan.
    pub scan: Scan,
    /// How far it is.
    pub progress: Progress,
}

/// How far a scan is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Progress {
    /// Repositories to scan; none before they are listed.
    pub total: Option<u64>,
    /// Waiting or under way.
    pub queued: u64,
    /// Scanned.
    pub done: u64,
    /// Could not be scanned.
    pub failed: u64,
    /// Unchanged: the previous result was reused.
    pub unchanged: u64,
    /// Requests so far, by kind: `rest`, `graphql`, `graphql_points`, `downloads`, `not_modified`, `retries`.
    pub requests: BTreeMap<String, u64>,
    /// Set while the scan waits for the platform's rate limit: it goes on then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub waiting_until: Option<Timestamp>,
    /// When it should be done, judged by its pace so far.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub eta: Option<Timestamp>,
}

/// A scan and how far it is.
///
/// # Errors
/// Permanent `not_found`.
pub async fn state(app: &App, id: ScanId) -> Result<ScanState, Failure> {
    let scan = super::get(app, id).await?;
    with_progress(app, scan).await
}

/// Scans of a customer, newest first.
///
/// # Errors
/// Permanent `not_found` or `invalid_cursor`.
pub async fn list(
    app: &App,
    customer: CustomerId,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<ScanState>, Failure> {
    crate::customers::get(app, customer).await?;
    let page = app.store.query(&Scan::of_customer(customer).descending(), limit, cursor.as_ref()).await?;
    let mut items = Vec::with_capacity(page.records.len());
    for scan in page.records {
        items.push(with_progress(app, scan).await?);
    }
    Ok(Page { items, next: page.next.map(|cursor| cursor.as_str().to_owned()) })
}

async fn with_progress(app: &App, scan: Scan) -> Result<ScanState, Failure> {
    let counters = app.store.get(&ScanCounters::key_of(scan.id)).await?;
    let progress = counters.map(|counters| progress(app, &scan, &counters)).unwrap_or_default();
    Ok(ScanState { scan, progress })
}

fn progress(app: &App, scan: &Scan, counters: &ScanCounters) -> Progress {
    let now = app.clock.now();
    let running = !scan.status.is_final();
    Progress {
        total: counters.total,
        queued: counters.total.map_or(0, |total| total.saturating_sub(counters.settled())),
        done: counters.done,
        failed: counters.failed,
        unchanged: counters.unchanged,
        requests: counters.requests.clone(),
        waiting_until: counters.waiting_until.filter(|until| running && *until > now),
        eta: running.then(|| eta(scan, counters, now)).flatten(),
    }
}

/// By the pace so far once a tenth is settled, by the plan before.
fn eta(scan: &Scan, counters: &ScanCounters, now: Timestamp) -> Option<Timestamp> {
    let planned = scan.plan.as_ref().and_then(|plan: &ScanPlan| plan.eta);
    let (started, total, settled) = (scan.started_at?, counters.total?, counters.settled());
    if settled * 10 < total || settled == 0 {
        return planned;
    }
    let elapsed = now.duration_since(started);
    let factor = i32::try_from(total - settled.min(total)).ok()?;
    let remaining = (elapsed * factor) / i32::try_from(settled).ok()?;
    now.max(counters.waiting_until.unwrap_or(now)).checked_add(remaining).ok()
}

/// A repository in a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct RepositoryState {
    /// Full name.
    pub name: RepoName,
    /// Where it stands.
    pub state: RepoState,
    /// Why it failed or was reused.
    pub reason: Option<String>,
    /// Findings by status, when it was scanned.
    pub findings: Option<FindingCounts>,
    /// Head of the default branch that was scanned.
    pub head: Option<String>,
    /// When its result was evaluated.
    pub evaluated_at: Option<Timestamp>,
}

/// Repositories of a scan: settled ones first, by name, then the queued ones.
///
/// # Errors
/// Permanent `not_found` or `invalid_cursor`.
pub async fn repositories(
    app: &App,
    id: ScanId,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<RepositoryState>, Failure> {
    let scan = super::get(app, id).await?;
    let page = app.store.query(&RepoScan::of_scan(id), limit, cursor.as_ref()).await?;
    let mut items: Vec<_> = page.records.into_iter().map(settled).collect();
    if page.next.is_none() && scan.status != ScanStatus::Completed {
        items.extend(queued(app, id).await?);
    }
    Ok(Page { items, next: page.next.map(|cursor| cursor.as_str().to_owned()) })
}

fn settled(row: RepoScan) -> RepositoryState {
    RepositoryState {
        name: row.repository,
        state: row.state,
        reason: row.reason,
        findings: row.findings,
        head: row.head.map(|sha| sha.to_string()),
        evaluated_at: Some(row.evaluated_at),
    }
}

/// Repositories that stand in a batch and have no row.
async fn queued(app: &App, id: ScanId) -> Result<Vec<RepositoryState>, Failure> {
    let settled: HashSet<RepoName> =
        app.store.query_all(&RepoScan::of_scan(id)).await?.into_iter().map(|row| row.repository).collect();
    let batches = app.store.query_all(&ScanBatch::of_scan(id)).await?;
    let names = batches.into_iter().flat_map(|batch| batch.repositories);
    let waiting = |name| RepositoryState {
        name,
        state: RepoState::Queued,
        reason: None,
        findings: None,
        head: None,
        evaluated_at: None,
    };
    Ok(names.filter(|name| !settled.contains(name)).map(waiting).collect())
}

/// Scores by category, in the order of the registry, and overall.
///
/// # Errors
/// Permanent `not_found`.
pub async fn scores(app: &App, id: ScanId) -> Result<Scores, Failure> {
    let scan = super::get(app, id).await?;
    let mut categories = app.store.query_all(&ScanScore::of_scan(id)).await?;
    let position = |key: &str| registry::SCANNERS.iter().position(|scanner| scanner.category.key == key);
    categories.sort_by_key(|score| position(&score.category));
    Ok(Scores {
        categories,
        overall: scan.overall,
        coverage: scan.coverage,
        check_weights: scan.profile.check_weights,
    })
}

/// The scores of a scan; empty until it is completed.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// By category.
    pub categories: Vec<ScanScore>,
    /// Overall, in per cent.
    pub overall: Option<Decimal>,
    /// Share of checks that were decided, in per cent.
    pub coverage: Option<Decimal>,
    /// Weights of checks that the scan's profile set.
    pub check_weights: BTreeMap<String, Decimal>,
}

impl Scores {
    /// What the gain of fixing a finding is measured against.
    pub fn standing(&self) -> Standing {
        let standing = Standing::new(self.categories.iter().map(|row| {
            let points = Points { score: row.score, max_score: row.max_score, weight: row.weight };
            (row.category.clone(), points)
        }));
        standing.weighing(self.check_weights.clone())
    }
}

/// Which findings to list; each list is "any of these", empty = all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Category keys.
    pub categories: Vec<String>,
    /// Severities of the check.
    pub severities: Vec<Severity>,
    /// Statuses.
    pub statuses: Vec<Status>,
    /// Check ids.
    pub checks: Vec<String>,
    /// A repository, as `owner/name` or its name alone; `-` for the organization itself.
    pub repository: Option<String>,
}

impl FindingFilter {
    fn admits(&self, finding: &Finding) -> bool {
        let Some((scanner, check)) = registry::find(&finding.check) else { return false };
        admits(&self.categories, |key| key == scanner.category.key)
            && admits(&self.severities, |severity| *severity == check.severity)
            && admits(&self.statuses, |status| *status == finding.status)
            && admits(&self.checks, |id| id.eq_ignore_ascii_case(check.id))
    }

    fn admits_org(&self) -> bool {
        self.repository.as_deref().is_none_or(|name| name == "-")
    }

    fn admits_repository(&self, repository: &RepoName) -> bool {
        self.repository.as_deref().is_none_or(|name| {
            name.eq_ignore_ascii_case(repository.as_str()) || name.eq_ignore_ascii_case(repository.name())
        })
    }
}

fn admits<T>(list: &[T], mut test: impl FnMut(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(&mut test)
}

/// Where a page of findings begins: a page of rows, a row of it, a finding of that row.
#[derive(Default, Serialize, Deserialize)]
struct Position {
    /// The organization's findings are behind.
    repos: bool,
    /// Cursor of the page of rows.
    page: Option<String>,
    row: usize,
    finding: usize,
}

/// Rows read at a time: a row holds about 150 findings, so one page of them usually fills an answer.
const ROWS: usize = 20;

/// Findings of a scan: the organization's first, then by repository, each in the order of the registry. Readable
/// while the scan runs; organization findings come last of all, when it completes.
///
/// # Errors
/// Permanent `not_found` or `invalid_cursor`.
pub async fn findings(
    app: &App,
    id: ScanId,
    filter: &FindingFilter,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Page<Finding>, Failure> {
    super::get(app, id).await?;
    let mut at = cursor.map(position).transpose()?.unwrap_or_default();
    let mut items = Vec::new();
    if !at.repos {
        let org = org_findings(app, id, filter).await?;
        if let Some(next) = take(&mut items, &org, limit, at.finding) {
            return page_at(items, Position { finding: next, ..Position::default() });
        }
        at = Position { repos: true, ..Position::default() };
    }
    loop {
        let start = at.page.clone().map(Cursor::new);
        let page = app.store.query(&RepoScan::of_scan(id), ROWS, start.as_ref()).await?;
        let rows: Vec<RepoScan> =
            page.records.into_iter().filter(|row| filter.admits_repository(&row.repository)).collect();
        for (index, (_, result)) in settle::results(app, &rows).await?.into_iter().enumerate().skip(at.row) {
            let found: Vec<_> =
                result.findings.into_iter().filter(|finding| filter.admits(finding)).collect();
            let skip = if index == at.row { at.finding } else { 0 };
            if let Some(next) = take(&mut items, &found, limit, skip) {
                return page_at(items, Position { row: index, finding: next, ..at });
            }
        }
        match page.next {
            Some(next) => {
                at = Position { page: Some(next.as_str().to_owned()), row: 0, finding: 0, repos: true };
            }
            None => return Ok(Page { items, next: None }),
        }
    }
}

/// Moves findings into `items` until there are `limit`; where the next page begins in `found`, if it does there.
fn take(items: &mut Vec<Finding>, found: &[Finding], limit: usize, skip: usize) -> Option<usize> {
    let room = limit - items.len();
    let rest = found.get(skip..).unwrap_or_default();
    items.extend(rest.iter().take(room).cloned());
    (rest.len() > room).then_some(skip + room)
}

async fn org_findings(app: &App, id: ScanId, filter: &FindingFilter) -> Result<Vec<Finding>, Failure> {
    if !filter.admits_org() {
        return Ok(Vec::new());
    }
    let Some(row) = app.store.get(&OrgResultRow::key_of(id)).await? else { return Ok(Vec::new()) };
    let result: OrgResult = row.result.unpack()?;
    Ok(result.findings.into_iter().filter(|finding| filter.admits(finding)).collect())
}

fn page_at(items: Vec<Finding>, next: Position) -> Result<Page<Finding>, Failure> {
    let text = serde_json::to_vec(&next).map_err(Failure::transient)?;
    Ok(Page { items, next: Some(URL_SAFE_NO_PAD.encode(text)) })
}

fn position(cursor: &str) -> Result<Position, Failure> {
    let invalid = || Failure::permanent("invalid_cursor", "the cursor does not belong to this list");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
    serde_json::from_slice(&bytes).map_err(|_| invalid())
}

/// Requests of a whole scan by endpoint: the organization's, the batches' and each repository's own.
///
/// # Errors
/// Permanent `not_found`.
pub async fn requests(app: &App, id: ScanId) -> Result<BTreeMap<String, u64>, Failure> {
    let mut sum = super::get(app, id).await?.requests;
    let batches = app.store.query_all(&ScanBatch::of_scan(id)).await?;
    let rows = app.store.query_all(&RepoScan::of_scan(id)).await?;
    let parts =
        batches.into_iter().map(|batch| batch.requests).chain(rows.into_iter().map(|row| row.requests));
    for (endpoint, count) in parts.flatten() {
        *sum.entry(endpoint).or_default() += count;
    }
    Ok(sum)
}
