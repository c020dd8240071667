//! DAST-004 to DAST-006 and DAST-008: what the scan found, how deep it goes, and where its results end up.

use scrutineer_core::{Gap, evidence::repo::CodeAlert};

use super::{
    running::no_scan,
    scans::{Scan, scans, serves_nothing},
};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd,
    finding::Evidence,
    share::Share,
    snapshot::{DetectorId, Hit, Note, Snapshot, Step},
};

/// Parts of names of dynamic scanners, as they upload to code scanning.
const TOOLS: &[&str] = &[
    "zap",
    "stackhawk",
    "hawkscan",
    "nuclei",
    "burp",
    "dastardly",
    "wapiti",
    "nikto",
    "invicti",
    "acunetix",
    "bright",
    "probely",
    "appscan",
    "insightappsec",
    "schemathesis",
    "escape",
    "42crunch",
];

/// DAST-004.
pub(super) fn no_critical(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    let alerts = subject.repo.listing.code_alerts.known()?;
    let dynamic = |alert: &&CodeAlert| {
        let tool = alert.tool.to_ascii_lowercase();
        TOOLS.iter().any(|name| tool.contains(name))
    };
    let found: Vec<&CodeAlert> = alerts.iter().filter(dynamic).collect();
    let seen =
        |alert: &&CodeAlert| Evidence::new(format!("code-scanning alert #{}", alert.number), &alert.tool);
    let critical =
        |alert: &&&CodeAlert| alert.state == "open" && alert.severity.as_deref() == Some("critical");
    let open: Vec<Evidence> = found.iter().filter(critical).map(seen).collect();
    if !open.is_empty() {
        return Ok(Outcome::failed(format!("Open critical alerts of dynamic scans: {}.", open.len()), open));
    }
    if let Some(alert) = found.first() {
        let detail = format!("{} reports to code scanning, and no critical alert is open.", alert.tool);
        return Ok(Outcome::passed(detail, [seen(alert)]));
    }
    let all = scans(files, &[]);
    let Some(scan) = all.first() else { return no_scan(subject, files) };
    if let Some(upload) = all.iter().find_map(|scan| sarif(scan)) {
        let detail = format!("{} uploads the results, and no critical alert is open.", upload.source());
        return Ok(Outcome::passed(detail, [scan.evidence(), upload.evidence()]));
    }
    if all.iter().any(|scan| files_issues(scan).is_some()) {
        return Err(Gap::unavailable("the scan reports to issues, whose titles were not read"));
    }
    cicd::absent(subject, files)?;
    let detail = format!("{} scans, but nothing shows its results.", scan.seen().source());
    Ok(Outcome::failed(detail, [scan.evidence()]))
}

fn later<'a>(scan: &Scan<'a>, meets: impl Fn(&Step) -> bool) -> Option<Hit> {
    scan.found.job.steps.iter().find(|step| meets(step)).map(Step::hit)
}

/// The job uploads SARIF, or its action does.
fn sarif(scan: &Scan<'_>) -> Option<Hit> {
    later(scan, |step| step.uses.as_deref() == Some("github/codeql-action/upload-sarif"))
}

/// The scan, or a step of its job, files issues or imports the results into a tracker.
fn files_issues(scan: &Scan<'_>) -> Option<Hit> {
    let step = scan.found.step;
    let zap = step.uses.as_deref().is_some_and(|uses| uses.starts_with("zaproxy/action-"));
    if zap && step.input("allow_issue_writing") != Some("false") {
        return Some(scan.seen());
    }
    let trackers =
        ["gh issue create", "defectdojo", "import-scan", "atlassian.net", "linear.app", "/rest/api/2/issue"];
    later(scan, |step| {
        let uses = step.uses.as_deref().unwrap_or_default().to_ascii_lowercase();
        let action = ["defectdojo", "gajira", "create-an-issue", "create-issue", "jira"];
        action.iter().any(|name| uses.contains(name))
            || step.commands.iter().any(|command| {
                let text = command.text.to_ascii_lowercase();
                trackers.iter().any(|mark| text.contains(mark))
            })
    })
}

/// DAST-005.
pub(super) fn authenticated(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    if let Some(spec) = open_api(files) {
        files.absent()?;
        let detail = format!("{} declares no security scheme.", spec.source());
        return Ok(Outcome::not_applicable(detail));
    }
    let all = scans(files, &[]);
    if all.is_empty() {
        return no_scan(subject, files);
    }
    let configured = files.notes(Note::DastAuth).first();
    let inside = all.iter().filter(|scan| configured.is_some() || scan.logs_in()).count();
    let share = Share::of(inside, all.len());
    let evidence = configured.map(Hit::evidence).into_iter().chain(all.iter().map(Scan::evidence));
    if inside == all.len() {
        let source = configured.map_or_else(|| all[0].seen().source(), Hit::source);
        return Ok(Outcome::passed(format!("{share} scans log in, e.g. by {source}."), evidence));
    }
    if inside > 0 {
        return Ok(Outcome::warning(format!("Only {share} scans log in."), evidence));
    }
    cicd::absent(subject, files)?;
    let detail = format!("{} scans as a stranger: no step or file gives it a login.", all[0].seen().source());
    Ok(Outcome::failed(detail, evidence))
}

/// An API description when none declares a security scheme.
fn open_api(files: &Snapshot) -> Option<&Hit> {
    let described = |hit: &&Hit| hit.path.contains("openapi") || hit.path.contains("swagger");
    let spec = files.detector(DetectorId::ApiSpec).files.iter().find(described);
    spec.filter(|_| files.notes(Note::ApiAuth).is_empty())
}

/// DAST-006.
pub(super) fn owasp(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    let all = scans(files, &[]);
    let Some(first) = all.first() else { return no_scan(subject, files) };
    let active: Vec<&Scan<'_>> = all.iter().filter(|scan| scan.is_active(files)).collect();
    let whole = active.iter().find(|scan| scan.disabled(files).is_none());
    if let Some(scan) = whole {
        let detail =
            format!("{} attacks with the whole policy of {}.", scan.seen().source(), scan.seen().what);
        return Ok(Outcome::passed(detail, [scan.evidence()]));
    }
    if let Some((scan, off)) = active.first().and_then(|scan| Some((scan, scan.disabled(files)?))) {
        let detail =
            format!("{} attacks, but {} leaves kinds of attacks out.", scan.seen().source(), off.source());
        return Ok(Outcome::warning(detail, [scan.evidence(), off.evidence()]));
    }
    let detail = format!("{} only looks ({}); nothing attacks.", first.seen().source(), first.seen().what);
    Ok(Outcome::warning(detail, [first.evidence()]))
}

/// DAST-008.
pub(super) fn tracked(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    let all = scans(files, &[]);
    let Some(first) = all.first() else { return no_scan(subject, files) };
    if let Some(hit) = all.iter().find_map(|scan| files_issues(scan).or_else(|| sarif(scan))) {
        let detail = format!("{} hands the results to a tracker: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let artifact = |step: &Step| step.uses.as_deref() == Some("actions/upload-artifact");
    if let Some(hit) = all.iter().find_map(|scan| later(scan, artifact)) {
        let detail = format!("{} only keeps the results as an artifact.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    cicd::absent(subject, files)?;
    let detail = format!("The results of {} stay in its log.", first.seen().source());
    Ok(Outcome::failed(detail, [first.evidence()]))
}
