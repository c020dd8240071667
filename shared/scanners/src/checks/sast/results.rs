//! SAST-003 to SAST-005 and SAST-010: results, what they found, and how findings are dismissed.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::repo::CodeAlert};

use super::nothing_to_scan;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    share::Share,
    snapshot::{DetectorId, Hit, Note, TopicHit, TopicId, TopicKind},
};

/// Parts of names of tools that upload to code scanning without analysing source code.
const OTHER_TOOLS: &[&str] = &[
    "zap",
    "stackhawk",
    "hawkscan",
    "nuclei",
    "burp",
    "dastardly",
    "trivy",
    "grype",
    "anchore",
    "scorecard",
    "gitleaks",
    "trufflehog",
    "checkov",
    "kics",
    "tfsec",
    "hadolint",
    "dockle",
    "zizmor",
    "osv",
];
/// Parts of names of apps that report analyses of source code.
const APPS: &[&str] = &["github-advanced-security", "github-code-scanning", "semgrep", "sonar"];

/// The newest results of an analysis of the default branch: when (unknown for alerts alone) and what shows them.
struct Results {
    at: Option<Timestamp>,
    seen: Evidence,
}

/// Whether an alert is about source code.
fn about_code(alert: &CodeAlert) -> bool {
    let tool = alert.tool.to_ascii_lowercase();
    !OTHER_TOOLS.iter().any(|other| tool.contains(other))
}

fn results(subject: &RepoSubject<'_>) -> Result<Option<Results>, Gap> {
    let activity = subject.repo.activity.known()?;
    let commits = activity.commits.known()?;
    let analyses = analysing_workflows(subject);
    let reports = |app: Option<&str>| app.is_some_and(|app| APPS.iter().any(|known| app.contains(known)));
    let mut newest: Option<(Timestamp, String)> = None;
    let mut unread = None;
    for commit in &commits.items {
        let Some(suites) = commit.suites.ok() else {
            unread = unread.or_else(|| commit.suites.gap().cloned());
            continue;
        };
        for suite in suites.iter().filter(|suite| suite.status == "COMPLETED") {
            unread = unread.or_else(|| suite.run.gap().cloned());
            let run = suite.run.ok().and_then(Option::as_ref);
            let path = run.and_then(|run| run.path.as_deref());
            let succeeded = suite.conclusion.as_deref() == Some("SUCCESS");
            let by_run = path.is_some_and(|path| {
                path.starts_with("dynamic/github-code-scanning") || analyses.contains(&path) && succeeded
            });
            if reports(suite.app.as_deref()) || by_run {
                let what = suite.app.as_deref().unwrap_or("workflow run").to_owned();
                newest = newest.max(Some((suite.updated_at, what)));
            }
        }
    }
    if let Some((at, what)) = newest {
        let seen = Evidence::new("CheckSuite.app", format!("{what} reported {}", at.strftime("%F")));
        return Ok(Some(Results { at: Some(at), seen }));
    }
    let head = activity.head_suites.known()?.iter().find(|suite| reports(suite.app.as_deref()));
    if let Some(suite) = head {
        let what = suite.app.as_deref().unwrap_or_default();
        let seen = Evidence::new("CheckSuite.app", format!("{what} reported on the head commit"));
        return Ok(Some(Results { at: commits.items.first().map(|commit| commit.committed_at), seen }));
    }
    let alerts = subject.repo.listing.code_alerts.known()?;
    if let Some(alert) = alerts.iter().find(|alert| about_code(alert)) {
        let seen = Evidence::new(
            format!("code-scanning alert #{}", alert.number),
            format!("found by {}", alert.tool),
        );
        return Ok(Some(Results { at: None, seen }));
    }
    unread.map_or(Ok(None), Err)
}

/// Workflow files with an analyser.
fn analysing_workflows<'a>(subject: &'a RepoSubject<'_>) -> Vec<&'a str> {
    let files = subject.files.ok();
    let steps = files.into_iter().flat_map(|files| files.ci().steps_with(DetectorId::Sast, &[]));
    steps.map(|found| found.workflow.path.as_str()).collect()
}

/// SAST-003.
pub(super) fn analysed(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    // The alerts are the results; that a suite ran is only how old they are.
    subject.repo.listing.code_alerts.known()?;
    let limit = limits.get("max_age_days");
    let Some(found) = results(subject)? else {
        let count = subject.repo.activity.known()?.commits.known()?.items.len();
        let seen = Evidence::new("CheckSuite.app", "no analysis");
        return Ok(Outcome::failed(format!("No analysis reported on the last {count} commits."), [seen]));
    };
    let Some(at) = found.at else {
        let detail =
            format!("Code scanning holds alerts ({}), but no recent analysis was seen.", found.seen.value);
        return Ok(Outcome::warning(detail, [found.seen]));
    };
    let age = subject.repo.observed_at.duration_since(at);
    let detail = format!("The newest analysis is {} days old.", age.as_hours() / 24);
    Ok(if within(age, limit) {
        Outcome::passed(detail, [found.seen])
    } else {
        Outcome::warning(detail, [found.seen])
    })
}

/// At most `days`.
fn within(age: SignedDuration, days: Decimal) -> bool {
    Decimal::from(age.as_secs()) <= days * Decimal::from(86_400)
}

/// Open alerts about code of one severity.
fn open<'a>(subject: &'a RepoSubject<'_>, severity: &str) -> Result<Vec<&'a CodeAlert>, Gap> {
    let alerts = subject.repo.listing.code_alerts.known()?;
    let meets = |alert: &&CodeAlert| {
        alert.state == "open" && alert.severity.as_deref() == Some(severity) && about_code(alert)
    };
    Ok(alerts.iter().filter(meets).collect())
}

fn listed(alerts: &[&CodeAlert]) -> Vec<Evidence> {
    let seen = |alert: &&CodeAlert| {
        let value = format!("{}, since {}", alert.tool, alert.created_at.strftime("%F"));
        Evidence::new(format!("code-scanning alert #{}", alert.number), value)
    };
    alerts.iter().map(seen).collect()
}

fn none_open(subject: &RepoSubject<'_>, severity: &str) -> Result<Outcome, Gap> {
    Ok(match results(subject)? {
        Some(found) => {
            Outcome::passed(format!("The code is analysed and no {severity} alert is open."), [found.seen])
        }
        None => {
            let seen = Evidence::new("CheckSuite.app", "no analysis");
            Outcome::failed(
                format!("No {severity} alert is open, because nothing analyses the code."),
                [seen],
            )
        }
    })
}

/// SAST-004.
pub(super) fn no_critical(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let critical = open(subject, "critical")?;
    if critical.is_empty() {
        return none_open(subject, "critical");
    }
    Ok(Outcome::failed(format!("Open critical alerts: {}.", critical.len()), listed(&critical)))
}

/// SAST-005.
pub(super) fn no_high(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let high = open(subject, "high")?;
    if high.is_empty() {
        return none_open(subject, "high");
    }
    let limit = limits.get("max_age_days") * Decimal::from(86_400);
    let age = |alert: &CodeAlert| subject.repo.observed_at.duration_since(alert.created_at);
    let oldest = high.iter().map(|alert| age(alert)).max().unwrap_or_default();
    let young = Decimal::from(oldest.as_secs()) < limit;
    let few = Decimal::from(high.len()) <= limits.get("max_alerts");
    let detail = format!("Open high alerts: {}, the oldest {} days old.", high.len(), oldest.as_hours() / 24);
    Ok(if young && few {
        Outcome::warning(detail, listed(&high))
    } else {
        Outcome::failed(detail, listed(&high))
    })
}

/// SAST-010.
pub(super) fn dismissals(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let files = *subject.files.known()?;
    let alerts = subject.repo.listing.code_alerts.known()?;
    let dismissed: Vec<&CodeAlert> = alerts.iter().filter(|alert| alert.state == "dismissed").collect();
    let commented = dismissed.iter().filter(|alert| alert.has_dismissed_comment).count();
    let share = Share::of(commented, dismissed.len());
    let counts = Evidence::new(
        "GET /orgs/{org}/code-scanning/alerts?state=dismissed#[].dismissed_comment",
        format!("{commented} of {} carry a comment", dismissed.len()),
    );
    if !dismissed.is_empty() && share.at_least(limits.get("min_commented_percent")) {
        return Ok(Outcome::passed(format!("{share} dismissed alerts carry a comment."), [counts]));
    }
    let of_org = subject.docs.topic(TopicId::FpProcess);
    let own = files.topic(TopicId::FpProcess);
    let documented: Vec<&TopicHit> = own.into_iter().chain(of_org.ok().copied().flatten()).collect();
    if let Some(found) = documented.iter().find(|found| found.kind != TopicKind::Stub) {
        let detail = format!("{} describes how findings are dismissed.", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence(), counts]));
    }
    of_org.known()?;
    files.absent()?;
    if !dismissed.is_empty() {
        let detail = format!("Only {share} dismissed alerts carry a comment, and no process is described.");
        return Ok(Outcome::failed(detail, [counts]));
    }
    if let Some(stub) = documented.first() {
        let detail = format!("{} only points to a process kept elsewhere.", stub.hit.source());
        return Ok(Outcome::warning(detail, [stub.hit.evidence()]));
    }
    let reasons = files.notes(Note::SuppressionReason);
    if let Some(first) = reasons.first() {
        let detail = format!("Only suppressions in code carry a reason, e.g. {}.", first.source());
        return Ok(Outcome::warning(detail, reasons.iter().map(Hit::evidence)));
    }
    Ok(Outcome::failed("No process for false positives is described, and no alert was dismissed.", [counts]))
}
