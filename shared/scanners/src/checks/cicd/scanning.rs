//! CICD-005: something looks for vulnerabilities.

use scrutineer_core::{Fact, Gap};

use super::absent;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    snapshot::{CiStep, DetectorId, Snapshot, default_setup, default_setup_evidence},
};

/// The five kinds of scanners.
const SCANNERS: &[(DetectorId, &str)] = &[
    (DetectorId::Sast, "static analysis"),
    (DetectorId::Sca, "dependency scanning"),
    (DetectorId::SecretScan, "secret scanning"),
    (DetectorId::ContainerScan, "container scanning"),
    (DetectorId::IacScan, "infrastructure scanning"),
];

/// Events that need nobody to start them.
const AUTOMATIC: &[&str] = &["push", "pull_request", "pull_request_target", "merge_group", "schedule"];

/// CICD-005.
pub(super) fn security_scan_runs(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let automatic = scans(files, AUTOMATIC);
    let blocking = |(_, found): &&(&str, CiStep<'_>)| !found.ignores_failure();
    if let Some((kind, found)) = automatic.iter().find(blocking) {
        let detail = format!("{} runs {kind}: {}.", found.seen().source(), found.seen().what);
        let evidence = automatic.iter().filter(blocking).map(|(_, found)| found.seen().evidence());
        return Ok(Outcome::passed(detail, evidence));
    }
    let setup = default_setup(subject.repo, &subject.files);
    if let Fact::Known(true) = setup {
        let evidence = default_setup_evidence(subject.repo, true);
        return Ok(Outcome::passed(format!("Code scanning runs: {}.", evidence.value), [evidence]));
    }
    if let Some((kind, found)) = automatic.first() {
        let detail = format!("{} runs {kind}, but with continue-on-error.", found.seen().source());
        return Ok(Outcome::warning(detail, [found.seen().evidence()]));
    }
    if let Some((kind, found)) = scans(files, &[]).first() {
        let detail = format!("{} runs {kind}, but only when somebody starts it.", found.seen().source());
        return Ok(Outcome::warning(detail, [found.seen().evidence()]));
    }
    absent(subject, files)?;
    setup.known()?;
    let count = files.ci().workflows.len();
    let detail =
        format!("No job of {count} pipeline files runs a scanner, and code scanning default setup is off.");
    Ok(Outcome::failed(detail, [default_setup_evidence(subject.repo, false)]))
}

fn scans<'a>(files: &'a Snapshot, events: &'a [&'a str]) -> Vec<(&'static str, CiStep<'a>)> {
    let of = |(id, kind): &(DetectorId, &'static str)| {
        let kind = *kind;
        files.ci().steps_with(*id, events).map(move |found| (kind, found))
    };
    SCANNERS.iter().flat_map(of).collect()
}
