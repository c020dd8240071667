//! DAST-001 to DAST-003 and DAST-007: is there a scan, what starts it, does it know APIs, how often does it run.

use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::scans::{Scan, scans, serves_nothing};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{cicd, history::runs_of},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Snapshot},
};

/// Events that need nobody to start them.
const AUTOMATIC: &[&str] = &[
    "push",
    "pull_request",
    "pull_request_target",
    "merge_group",
    "deployment",
    "deployment_status",
    "workflow_run",
    "schedule",
    "release",
];

/// "Nothing scans", where that is certain.
pub(super) fn no_scan(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Outcome, Gap> {
    cicd::absent(subject, files)?;
    let count = files.ci().workflows.len();
    let seen = files.profile().because.iter().filter(|(kind, _)| matches!(*kind, "service" | "http"));
    let evidence = seen.map(|(kind, path)| Evidence::new(path, kind));
    let detail = format!("No job of {count} pipeline files scans the running service.");
    Ok(Outcome::failed(detail, evidence).by_absence())
}

/// DAST-001.
pub(super) fn configured(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    if let Some(scan) = scans(files, &[]).first() {
        let detail = format!("{} scans the running service: {}.", scan.seen().source(), scan.seen().what);
        return Ok(Outcome::passed(detail, [scan.evidence()]));
    }
    let configured = files.detector(DetectorId::Dast);
    if let Some(first) = configured.all().next() {
        let detail = format!("{} configures a dynamic scan.", first.source());
        return Ok(Outcome::passed(detail, configured.all().map(Hit::evidence)));
    }
    no_scan(subject, files)
}

/// DAST-002.
pub(super) fn runs_in_pipeline(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    if let Some(scan) = scans(files, AUTOMATIC).first() {
        let events = scan.found.job.events.join(", ");
        let detail = format!("{} scans on {events}: {}.", scan.seen().source(), scan.seen().what);
        return Ok(Outcome::passed(detail, [scan.evidence()]));
    }
    if let Some(scan) = scans(files, &[]).first() {
        let events = scan.found.job.events.join(", ");
        let detail = format!("{} scans only when somebody starts it ({events}).", scan.seen().source());
        return Ok(Outcome::warning(detail, [scan.evidence()]));
    }
    no_scan(subject, files)
}

/// DAST-003.
pub(super) fn api_testing(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    let all = scans(files, &[]);
    if let Some(scan) = all.iter().find(|scan| scan.api) {
        let detail =
            format!("{} tests the API by its description: {}.", scan.seen().source(), scan.seen().what);
        return Ok(Outcome::passed(detail, [scan.evidence()]));
    }
    let Some(scan) = all.first() else { return no_scan(subject, files) };
    cicd::absent(subject, files)?;
    Ok(match files.detector(DetectorId::ApiSpec).all().next() {
        Some(spec) => {
            let detail = format!("{} scans without reading {}.", scan.seen().source(), spec.source());
            Outcome::warning(detail, [scan.evidence(), spec.evidence()])
        }
        None => {
            let detail = format!("{} knows no API, and no description of it exists.", scan.seen().source());
            Outcome::failed(detail, [scan.evidence()])
        }
    })
}

/// Whether a cron expression starts at least once a month: no month is left out.
fn is_monthly(cron: &str) -> bool {
    matches!(cron.split_whitespace().nth(3), Some("*" | "*/1" | "1-12"))
}

/// A scan of every deployment needs no calendar.
fn per_deployment(scan: &Scan<'_>) -> bool {
    let deploys = |id: &DetectorId| *id == DetectorId::Deploy;
    let with_deploy = || {
        let mut steps = scan.found.workflow.jobs.iter().flat_map(|job| &job.steps);
        steps.any(|step| step.detectors.iter().any(|(id, _)| deploys(id)))
    };
    scan.found.job.runs_on_event(&["deployment_status", "deployment"])
        || scan.found.job.runs_on_event(&["push", "workflow_run", "release"]) && with_deploy()
}

/// What starts the scan again and again; none when nothing does.
fn rhythm(scan: &Scan<'_>) -> Option<(String, bool)> {
    if per_deployment(scan) {
        return Some(("each deployment".to_owned(), true));
    }
    if !scan.found.job.runs_on_event(&["schedule"]) {
        return None;
    }
    let crons: Vec<&String> =
        scan.found.workflow.triggers.iter().flat_map(|trigger| &trigger.crons).collect();
    let often = crons.is_empty() || crons.iter().any(|cron| is_monthly(cron));
    let shown = crons.first().map_or("a schedule".to_owned(), |cron| format!("cron {cron}"));
    Some((shown, often))
}

/// DAST-007.
pub(super) fn scheduled(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    let all = scans(files, &[]);
    let regular = all.iter().find_map(|scan| rhythm(scan).map(|rhythm| (scan, rhythm)));
    let Some((scan, (rhythm, often))) = regular else {
        let Some(scan) = all.first() else { return no_scan(subject, files) };
        cicd::absent(subject, files)?;
        let detail = format!("{} scans, but on no schedule.", scan.seen().source());
        return Ok(Outcome::failed(detail, [scan.evidence()]));
    };
    let source = scan.seen().source();
    if !often {
        let detail = format!("{source} scans less than once a month ({rhythm}).");
        return Ok(Outcome::warning(detail, [scan.evidence()]));
    }
    let Some((days, succeeded)) = runs_of(subject, &scan.found.workflow.path)?.first().copied() else {
        let detail = format!("{source} scans on {rhythm}; no run is on record for the last commits.");
        return Ok(Outcome::warning(detail, [scan.evidence()]));
    };
    let seen = Evidence::new("WorkflowRun.createdAt", format!("{days} days ago"));
    let detail = format!("{source} scans on {rhythm}; it last ran {days} days ago.");
    let recent = Decimal::from(days) <= limits.get("max_run_age_days");
    Ok(if recent && succeeded {
        Outcome::passed(detail, [scan.evidence(), seen])
    } else if recent {
        Outcome::warning(
            format!("{source} scans on {rhythm}, but its last run failed."),
            [scan.evidence(), seen],
        )
    } else {
        Outcome::warning(detail, [scan.evidence(), seen])
    })
}
