//! Filling a report from what is stored.

use scrutineer_aws::{
    Cursor,
    records::{FindingCounts, ScanProfile, ScanScore, ScanStatus},
};
use scrutineer_core::{Failure, Gap, ids::ScanId};
use scrutineer_scanners::{Finding, Standing, category::CATEGORIES, registry};
use scrutineer_service::{
    App,
    scan::{
        benchmarks,
        read::{self, FindingFilter, RepositoryState, ScanState},
    },
};

use super::{
    CountsPart, ErrorPart, FindingPart, FindingsPart, ProfilePart, Report, RepositoryPart, RequestsPart,
    ScanPart, ScorePart,
};

/// Entries read at a time.
const PAGE: usize = 1000;

/// The report of a scan, complete or not.
///
/// # Errors
/// Permanent `not_found`; Transient when the store does not answer.
pub async fn build(app: &App, id: ScanId) -> Result<Report, Failure> {
    let state = read::state(app, id).await?;
    let scores = read::scores(app, id).await?;
    let by_endpoint = read::requests(app, id).await?;
    let standing = scores.standing();
    let benchmarks = match state.scan.status {
        ScanStatus::Completed => Some(benchmarks::read(app, &state.scan).await?),
        _ => None,
    };
    Ok(Report {
        overall: scores.overall,
        coverage: scores.coverage,
        scores: scores.categories.into_iter().map(score).collect(),
        repositories: repositories(app, id).await?,
        findings: findings(app, id, &standing).await?,
        github_requests: RequestsPart {
            total: by_endpoint.values().sum(),
            by_endpoint,
            by_kind: state.progress.requests.clone(),
        },
        scan: scan(state),
        benchmarks,
        comparison: None,
    })
}

fn scan(ScanState { scan, progress }: ScanState) -> ScanPart {
    let seconds = match (scan.started_at, scan.completed_at) {
        (Some(start), Some(end)) => Some(end.duration_since(start).as_secs_f64()),
        _ => None,
    };
    ScanPart {
        id: scan.id.to_string(),
        organization: scan.organization.to_string(),
        status: scan.status.as_str(),
        created_at: scan.created_at,
        started_at: scan.started_at,
        completed_at: scan.completed_at,
        seconds,
        profile: profile(scan.profile),
        repositories: CountsPart {
            total: progress.total,
            done: progress.done,
            failed: progress.failed,
            unchanged: progress.unchanged,
        },
        warnings: scan.warnings,
        error: scan.error.map(|error| ErrorPart { code: error.code, message: error.message }),
    }
}

fn profile(pinned: ScanProfile) -> ProfilePart {
    ProfilePart {
        id: pinned.id.map_or_else(|| ScanProfile::DEFAULT.to_owned(), |id| id.to_string()),
        name: pinned.name,
        version: pinned.version,
        disabled_categories: pinned.disabled_categories,
        disabled_checks: pinned.disabled_checks,
        check_weights: pinned.check_weights,
    }
}

fn score(row: ScanScore) -> ScorePart {
    let known = CATEGORIES.iter().find(|category| category.key == row.category);
    ScorePart {
        // Every row was written by a scanner of some build; a category it dropped since keeps its key.
        name: known.map_or("(retired category)", |category| category.title),
        category: row.category,
        weight: row.weight,
        score: row.score,
        max_score: row.max_score,
        percentage: row.percentage,
        coverage: row.coverage,
        findings: counts(row.findings),
    }
}

async fn repositories(app: &App, id: ScanId) -> Result<Vec<RepositoryPart>, Failure> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = read::repositories(app, id, PAGE, cursor).await?;
        all.extend(page.items.into_iter().map(repository));
        cursor = page.next.map(Cursor::new);
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn repository(state: RepositoryState) -> RepositoryPart {
    RepositoryPart {
        name: state.name.to_string(),
        status: state.state.as_str(),
        reason: state.reason,
        head: state.head,
        findings: state.findings.map(counts),
    }
}

async fn findings(app: &App, id: ScanId, standing: &Standing) -> Result<Vec<FindingPart>, Failure> {
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = read::findings(app, id, &FindingFilter::default(), PAGE, cursor.as_deref()).await?;
        all.extend(page.items.into_iter().filter_map(|found| finding(found, standing)));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// `None` for a finding of a check that this build does not have; the scores leave it out as well.
fn finding(found: Finding, standing: &Standing) -> Option<FindingPart> {
    let (scanner, check) = registry::find(&found.check)?;
    let attested = found.is_attested();
    Some(FindingPart {
        check: check.id,
        name: check.title,
        category: scanner.category.key,
        repository: found.repository.map(|name| name.to_string()),
        status: found.status,
        severity: check.severity,
        attested,
        detail: found.detail,
        evidence: found.evidence,
        gain: standing.gain(check.id, [found.status]),
        missing: found.gap.as_ref().map(missing),
    })
}

/// What to do about a gap.
fn missing(gap: &Gap) -> String {
    match gap {
        Gap::Forbidden { permission } => format!("grant {permission}"),
        Gap::Unsupported { .. } | Gap::Truncated | Gap::Unavailable { .. } => gap.to_string(),
    }
}

fn counts(counts: FindingCounts) -> FindingsPart {
    let FindingCounts { passed, warning, failed, not_applicable, error, attested } = counts;
    FindingsPart { passed, warning, failed, not_applicable, error, attested }
}
