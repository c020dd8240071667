//! CICD-008 and CICD-009: the GitHub Actions runs on the last 20 commits of the default branch.

use rust_decimal::Decimal;
use scrutineer_core::{
    Gap,
    evidence::activity::{Run, Suite},
};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    share::Share,
};

/// Completed suites of GitHub Actions with the commit they ran on, newest commit first; cancelled, skipped and neutral
/// ones left out.
fn completed<'a>(subject: &'a RepoSubject<'_>) -> Result<Vec<(&'a str, &'a Suite)>, Gap> {
    let commits = subject.repo.activity.known()?.commits.known()?;
    let mut found = Vec::new();
    for commit in commits.items.iter().take(20) {
        for suite in commit.suites.known()? {
            let own = suite.app.as_deref() == Some("github-actions") && suite.status == "COMPLETED";
            let conclusion = suite.conclusion.as_deref().unwrap_or("NEUTRAL");
            if own && !matches!(conclusion, "CANCELLED" | "SKIPPED" | "NEUTRAL") {
                found.push((commit.oid.as_str(), suite));
            }
        }
    }
    Ok(found)
}

fn too_few(count: usize, thresholds: &Thresholds<'_>) -> Option<Outcome> {
    let least = thresholds.get("min_runs");
    (Decimal::from(count) < least).then(|| {
        Outcome::not_applicable(format!(
            "Only {count} completed GitHub Actions runs on the last 20 commits, fewer than {least}."
        ))
    })
}

/// The run of a suite, where it may be read.
fn run(suite: &Suite) -> Option<&Run> {
    suite.run.ok().and_then(Option::as_ref)
}

fn name(suite: &Suite) -> &str {
    run(suite).map_or("check suite", |run| run.workflow.as_str())
}

/// CICD-008.
pub(super) fn success_rate(subject: &RepoSubject<'_>, thresholds: Thresholds<'_>) -> Result<Outcome, Gap> {
    let suites = completed(subject)?;
    if let Some(outcome) = too_few(suites.len(), &thresholds) {
        return Ok(outcome);
    }
    let failed: Vec<_> = suites.iter().filter(|(_, s)| s.conclusion.as_deref() != Some("SUCCESS")).collect();
    let rate = Share::of(suites.len() - failed.len(), suites.len());
    let detail = format!("{rate} completed runs on the last 20 commits succeeded.");
    let evidence = failed.iter().map(|(oid, suite)| {
        let conclusion = suite.conclusion.as_deref().unwrap_or_default();
        Evidence::new(format!("commit {}", short(oid)), format!("{}: {conclusion}", name(suite)))
    });
    Ok(if rate.at_least(thresholds.get("pass_percent")) {
        Outcome::passed(detail, evidence)
    } else if rate.at_least(thresholds.get("warn_percent")) {
        Outcome::warning(detail, evidence)
    } else {
        Outcome::failed(detail, evidence)
    })
}

fn short(oid: &str) -> &str {
    oid.get(..7).unwrap_or(oid)
}

/// Seconds of a suite: of its run where there is one, since a suite can wait for others.
fn seconds(suite: &Suite) -> i64 {
    let (from, to) =
        run(suite).map_or((suite.created_at, suite.updated_at), |r| (r.created_at, r.updated_at));
    to.duration_since(from).as_secs().max(0)
}

/// CICD-009.
pub(super) fn build_time(subject: &RepoSubject<'_>, thresholds: Thresholds<'_>) -> Result<Outcome, Gap> {
    let longest = thresholds.get("max_run_hours") * Decimal::from(3600);
    let mut suites = completed(subject)?;
    suites.retain(|(_, suite)| Decimal::from(seconds(suite)) <= longest);
    if let Some(outcome) = too_few(suites.len(), &thresholds) {
        return Ok(outcome);
    }
    let total: i64 = suites.iter().map(|(_, suite)| seconds(suite)).sum();
    let count = i64::try_from(suites.len()).unwrap_or(i64::MAX);
    let limit = thresholds.get("max_seconds");
    let mean = total / count;
    let detail = format!("{} runs took {} min {} s on average.", suites.len(), mean / 60, mean % 60);
    suites.sort_by_key(|(oid, suite)| (std::cmp::Reverse(seconds(suite)), *oid));
    let evidence = suites.iter().take(5).map(|(oid, suite)| {
        Evidence::new(format!("commit {}", short(oid)), format!("{}: {} s", name(suite), seconds(suite)))
    });
    // total / count < limit, compared without division.
    let quick = Decimal::from(total) < limit * Decimal::from(count);
    Ok(if quick { Outcome::passed(detail, evidence) } else { Outcome::failed(detail, evidence) })
}
