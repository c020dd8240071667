//! Two completed scans of one organization side by side: what moved, and why.
//!
//! Rows of repositories are small and read whole; findings are read only for repositories whose result differs, and
//! only as many as a page needs.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scrutineer_aws::records::{OrgResult as OrgResultRow, RepoScan, Scan, ScanScore, ScanStatus};
use scrutineer_core::{
    Failure,
    ids::{RepoName, ScanId},
};
use scrutineer_scanners::{
    Finding,
    compare::{self, CategoryDelta, Delta, Move, Said, Standing},
};
use serde::{Deserialize, Serialize};

use super::{OrgResult, RepoResult, settle};
use crate::{App, page::Page, text};

/// Repositories whose findings are read at a time.
const BATCH: usize = 20;
/// Most repositories named in a list; the rest is counted.
const NAMED: usize = 100;

/// Two scans side by side, and a page of what moved between them.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The scan it is compared with.
    pub before: Scan,
    /// The scan that is looked at.
    pub after: Scan,
    /// The overall score, in per cent.
    pub overall: Delta,
    /// Share of checks that could be decided, in per cent.
    pub coverage: Delta,
    /// By category, in display order.
    pub categories: Vec<CategoryDelta>,
    /// Repositories that only the later look has.
    pub appeared: Names,
    /// Repositories that only the earlier look has.
    pub vanished: Names,
    /// Repositories that one of the two could not scan.
    pub unscanned: Names,
    /// What moved: the organization's first, then by repository.
    pub moves: Page<SubjectMove>,
}

/// Repositories by name, at most 100, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Names {
    /// All of them.
    pub total: u64,
    /// The first ones by name, as `owner/name`.
    #[schema(value_type = Vec<String>)]
    pub names: Vec<RepoName>,
}

impl Names {
    fn add(&mut self, name: &RepoName) {
        self.total += 1;
        if self.names.len() < NAMED {
            self.names.push(name.clone());
        }
    }
}

/// One check that moved, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectMove {
    /// The repository; none for the organization itself.
    pub repository: Option<RepoName>,
    /// What moved.
    pub moved: Move,
}

/// Where a page begins: a subject (0 is the organization) and a move of it. Completed scans do not change, so
/// positions stay what they are.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Position {
    subject: usize,
    skip: usize,
}

/// Compares `after` with `before`, a page of moves at a time.
///
/// # Errors
/// Permanent `not_found` (also for scans of two customers), `different_organizations`, `scan_not_completed` or
/// `invalid_cursor`.
pub async fn compare(
    app: &App,
    after: &Scan,
    before: ScanId,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Comparison, Failure> {
    let before = comparable(app, after, before).await?;
    let at = cursor.map(position).transpose()?.unwrap_or_default();
    let (old, new) = (rows(app, before.id).await?, rows(app, after.id).await?);
    let mut names = [const { Names { total: 0, names: Vec::new() } }; 3];
    let [appeared, vanished, unscanned] = &mut names;
    let mut pairs = Vec::new();
    for (key, row) in &new {
        match old.get(key) {
            None => appeared.add(&row.repository),
            Some(earlier) if earlier.findings_in.is_some() != row.findings_in.is_some() => {
                unscanned.add(&row.repository);
            }
            Some(earlier) if earlier.findings_in != row.findings_in => pairs.push((earlier, row)),
            Some(_) => {}
        }
    }
    old.iter().filter(|(key, _)| !new.contains_key(*key)).for_each(|(_, row)| vanished.add(&row.repository));
    let [appeared, vanished, unscanned] = names;
    Ok(Comparison {
        overall: Delta { before: before.overall, after: after.overall },
        coverage: Delta { before: before.coverage, after: after.coverage },
        categories: compare::categories(&standings(app, before.id).await?, &standings(app, after.id).await?),
        appeared,
        vanished,
        unscanned,
        moves: moves(app, [&before, after], &pairs, limit, at).await?,
        after: after.clone(),
        before,
    })
}

/// The earlier scan, when the two can be compared.
async fn comparable(app: &App, after: &Scan, before: ScanId) -> Result<Scan, Failure> {
    let found = super::get(app, before).await?;
    if found.customer != after.customer {
        return Err(text::not_found("scan", before));
    }
    if found.organization.key() != after.organization.key() {
        return Err(text::different_organizations(&found.organization, &after.organization));
    }
    for scan in [&found, after] {
        if scan.status != ScanStatus::Completed {
            return Err(text::not_completed(scan.id, scan.status));
        }
    }
    Ok(found)
}

async fn rows(app: &App, scan: ScanId) -> Result<BTreeMap<String, RepoScan>, Failure> {
    let rows = app.store.query_all(&RepoScan::of_scan(scan)).await?;
    Ok(rows.into_iter().map(|row| (row.repository.key(), row)).collect())
}

async fn standings(app: &App, scan: ScanId) -> Result<BTreeMap<String, Standing>, Failure> {
    let rows = app.store.query_all(&ScanScore::of_scan(scan)).await?;
    let standing =
        |row: ScanScore| (row.category, Standing { percentage: row.percentage, coverage: row.coverage });
    Ok(rows.into_iter().map(standing).collect())
}

async fn moves(
    app: &App,
    [before, after]: [&Scan; 2],
    pairs: &[(&RepoScan, &RepoScan)],
    limit: usize,
    mut at: Position,
) -> Result<Page<SubjectMove>, Failure> {
    let mut items = Vec::new();
    if at.subject == 0 {
        let (old, new) = (org_findings(app, before.id).await?, org_findings(app, after.id).await?);
        if let Some(next) = take(&mut items, None, moved(&old, &new), limit, at) {
            return page(items, next);
        }
        at = Position { subject: 1, skip: 0 };
    }
    while let Some(rest) = pairs.get(at.subject - 1..).filter(|rest| !rest.is_empty()) {
        let batch = &rest[..rest.len().min(BATCH)];
        for (repository, found) in differences(app, batch).await? {
            if let Some(next) = take(&mut items, Some(repository), found, limit, at) {
                return page(items, next);
            }
            at = Position { subject: at.subject + 1, skip: 0 };
        }
    }
    Ok(Page { items, next: None })
}

/// What moved in each repository of `pairs`, in their order.
async fn differences(
    app: &App,
    pairs: &[(&RepoScan, &RepoScan)],
) -> Result<Vec<(RepoName, Vec<Move>)>, Failure> {
    let side = |side: fn(&(&RepoScan, &RepoScan)) -> RepoScan| pairs.iter().map(side).collect::<Vec<_>>();
    let old = by_name(settle::results(app, &side(|(old, _)| (*old).clone())).await?);
    let new = by_name(settle::results(app, &side(|(_, new)| (*new).clone())).await?);
    let none = Vec::new();
    let findings = |of: &BTreeMap<String, Vec<Finding>>, name: &RepoName| of.get(&name.key()).cloned();
    Ok(pairs
        .iter()
        .map(|(_, row)| {
            let old = findings(&old, &row.repository).unwrap_or_else(|| none.clone());
            let new = findings(&new, &row.repository).unwrap_or_else(|| none.clone());
            (row.repository.clone(), moved(&old, &new))
        })
        .collect())
}

fn by_name(results: Vec<(RepoName, RepoResult)>) -> BTreeMap<String, Vec<Finding>> {
    results.into_iter().map(|(name, result)| (name.key(), result.findings)).collect()
}

fn moved(before: &[Finding], after: &[Finding]) -> Vec<Move> {
    compare::moves(before.iter().map(Said::from), after.iter().map(Said::from))
}

async fn org_findings(app: &App, scan: ScanId) -> Result<Vec<Finding>, Failure> {
    let Some(row) = app.store.get(&OrgResultRow::key_of(scan)).await? else { return Ok(Vec::new()) };
    let result: OrgResult = row.result.unpack()?;
    Ok(result.findings)
}

/// Moves what a subject has into `items` until there are `limit`; where the next page begins, if it does in this one.
fn take(
    items: &mut Vec<SubjectMove>,
    repository: Option<RepoName>,
    found: Vec<Move>,
    limit: usize,
    at: Position,
) -> Option<Position> {
    let room = limit - items.len();
    let rest = found.len().saturating_sub(at.skip);
    let next = (rest > room).then_some(Position { skip: at.skip + room, ..at });
    let shown = found.into_iter().skip(at.skip).take(room);
    items.extend(shown.map(|moved| SubjectMove { repository: repository.clone(), moved }));
    next
}

fn page(items: Vec<SubjectMove>, next: Position) -> Result<Page<SubjectMove>, Failure> {
    let text = serde_json::to_vec(&next).map_err(Failure::transient)?;
    Ok(Page { items, next: Some(URL_SAFE_NO_PAD.encode(text)) })
}

fn position(cursor: &str) -> Result<Position, Failure> {
    let invalid = || Failure::permanent("invalid_cursor", "the cursor does not belong to this list");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
    serde_json::from_slice(&bytes).map_err(|_| invalid())
}
