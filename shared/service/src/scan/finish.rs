//! Finishing: judge the organization with what its repositories contributed, sum up, complete.

use rust_decimal::Decimal;
use scrutineer_aws::{
    Condition, Transaction, Update,
    records::{
        ActiveScan, FindingCounts, LatestScan, OrgResult as OrgResultRow, RepoScan, RepoState, Scan,
        ScanCounters, ScanScore, ScanStatus, Watch,
    },
};
use scrutineer_core::{Failure, ids::ScanId};
use scrutineer_scanners::{
    CategoryScore, OrgSubject, Overall, RepoContribution, ScoreVector, benchmarks::Summary, evaluate,
};

use super::{OrgResult, pack, settle};
use crate::{App, messages::FinishScan};

/// Rows read at a time, so that a large organization is summed in bounded memory.
const PAGE: usize = 100;

/// Sums up a scan whose repositories are all accounted for.
///
/// A second run is harmless: every row is a pure function of the repositories' rows, and only the first completes.
///
/// # Errors
/// Transient when the store does not answer.
pub async fn finish(app: &App, message: &FinishScan) -> Result<(), Failure> {
    let Some(scan) = super::active(app, message.scan).await? else { return Ok(()) };
    let counters = app.store.get(&ScanCounters::key_of(scan.id)).await?;
    if !counters.is_some_and(|counters| counters.is_complete()) {
        return Ok(());
    }
    let mut sum = sum(app, scan.id).await?;
    let Some(shared) = super::shared(app, scan.id).await? else {
        return Err(Failure::permanent("evidence_expired", "the scan's evidence expired before it was used"));
    };
    let profile = shared.profile(&scan)?;
    let subject = OrgSubject { org: &shared.org, docs: &shared.docs, repositories: &sum.contributions };
    let findings = evaluate::evaluate_org(&subject, &profile);
    sum.summary.add(&findings);
    let row = OrgResultRow {
        scan: scan.id,
        findings: settle::counts(&findings),
        result: pack(&OrgResult { findings: findings.clone(), summary: Some(sum.summary) })?,
    };
    app.store.put(&row).await?;
    let mut scores = sum.scores;
    scores.add(&ScoreVector::of(&findings, &profile));
    let rows: Vec<ScanScore> =
        scores.categories(&profile).iter().map(|score| score_row(scan.id, score)).collect();
    app.store.put_all(&rows).await?;
    complete(app, &scan, &scores.overall(&profile), sum.failed).await
}

/// What the repositories' rows add up to.
#[derive(Default)]
pub(crate) struct Sum {
    scores: ScoreVector,
    contributions: Vec<RepoContribution>,
    /// Of the repositories; the organization's own findings are still to be added.
    pub(crate) summary: Summary,
    failed: u64,
}

pub(crate) async fn sum(app: &App, scan: ScanId) -> Result<Sum, Failure> {
    let mut sum = Sum::default();
    let mut cursor = None;
    loop {
        let page = app.store.query(&RepoScan::of_scan(scan), PAGE, cursor.as_ref()).await?;
        sum.failed += page.records.iter().filter(|row| row.state == RepoState::Failed).count() as u64;
        for (_, result) in settle::results(app, &page.records).await? {
            sum.scores.add(&result.scores);
            sum.summary.add(&result.findings);
            sum.contributions.push(result.contribution);
        }
        cursor = page.next;
        if cursor.is_none() {
            sum.summary.contributions(&sum.contributions);
            return Ok(sum);
        }
    }
}

fn score_row(scan: ScanId, score: &CategoryScore) -> ScanScore {
    ScanScore {
        scan,
        category: score.category.to_string(),
        score: score.score,
        max_score: score.max_score,
        percentage: score.percentage,
        coverage: score.coverage,
        weight: score.weight,
        findings: FindingCounts {
            passed: score.counts.passed,
            warning: score.counts.warning,
            failed: score.counts.failed,
            not_applicable: score.counts.not_applicable,
            error: score.counts.error,
            attested: score.attested,
        },
    }
}

/// A scan whose coverage is below this many per cent is incomplete.
pub const INCOMPLETE_BELOW: u32 = 95;

async fn complete(app: &App, scan: &Scan, overall: &Overall, failed: u64) -> Result<(), Failure> {
    let mut warnings = scan.warnings.clone();
    if overall.coverage.is_some_and(|coverage| coverage < Decimal::from(INCOMPLETE_BELOW)) {
        let coverage = overall.coverage.unwrap_or_default();
        warnings.push(format!("incomplete: only {coverage} % of the checks could be decided"));
    }
    if failed > 0 {
        warnings.push(format!("{failed} repositories could not be scanned; their rows say why"));
    }
    let update = Update::new()
        .set("status", ScanStatus::Completed)
        .set("completed_at", app.clock.now())
        .set("overall", overall.score)
        .set("coverage", overall.coverage)
        .set("warnings", warnings);
    let transaction = Transaction::new()
        .update(&Scan::key_of(scan.id), update, Condition::is("status", ScanStatus::Scanning))
        .put(&LatestScan { connection: scan.connection, scan: scan.id }, Condition::none())
        .delete(&Watch::key_of(scan.id), Condition::none())
        .delete(&ActiveScan::key_of(scan.connection), Condition::is("scan", scan.id));
    match app.store.transact(transaction).await {
        Ok(()) => {
            tracing::info!(scan.id = %scan.id, "scan completed");
            Ok(())
        }
        // Completed or cancelled by somebody else at this moment.
        Err(error) => Ok(error.conflict().map(|_| ())?),
    }
}
