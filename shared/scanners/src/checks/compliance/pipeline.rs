//! COMP-007, COMP-009 and COMP-011: what changed, what a pipeline checks, and what it keeps as evidence.

use std::sync::LazyLock;

use jiff::{Timestamp, civil::Date};
use regex::Regex;
use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::activity::Release};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{cicd, papers::Papers},
    finding::Evidence,
    snapshot::{CiStep, Described, DetectorId, Hit, Says, Snapshot, TopicId},
};

/// Releases whose notes are looked at, newest first.
const RELEASES: usize = 3;

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.]+)?").expect("a constant pattern"));
static DAY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"20\d\d-\d\d-\d\d").expect("a constant pattern"));

fn number(text: &str) -> Option<&str> {
    NUMBER.find(text).map(|found| found.as_str())
}

/// The changelog nearest to the root.
fn changelog(files: &Snapshot) -> Option<&Described> {
    let named = |d: &&Described| {
        let name = d.hit.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        d.hit.what == "document" && !name.contains("management") && !name.contains("rfc")
    };
    let depth = |d: &&Described| (d.hit.path.matches('/').count(), d.hit.path.clone());
    files.documents().about(TopicId::ChangeMgmt).filter(named).min_by_key(depth)
}

/// Days between the day an entry carries and the newest commit.
fn days_behind(entry: &str, newest: Option<Timestamp>) -> Option<i64> {
    let day: Date = DAY.find(entry)?.as_str().parse().ok()?;
    let head = newest?.to_zoned(jiff::tz::TimeZone::UTC).date();
    head.since(day).ok().map(|span| i64::from(span.get_days()))
}

/// COMP-007.
pub(super) fn changes(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let activity = subject.repo.activity.known()?;
    let (releases, tags) = (activity.releases.known()?, activity.tags.known()?);
    let published: Vec<&Release> = releases.items.iter().filter(|r| !r.is_draft).take(RELEASES).collect();
    let newest = published.first().map(|release| release.tag.as_str());
    let newest = newest.or_else(|| tags.items.first().map(|tag| tag.name.as_str()));
    if newest.is_none() && papers.files.ci().steps_with(DetectorId::Publish, &[]).next().is_none() {
        papers.files.absent()?;
        return Ok(Outcome::not_applicable("Nothing is released: no release, no tag, no publishing job."));
    }
    let log = changelog(papers.files);
    if let Some((log, entry)) = log.and_then(|log| Some((log, log.says(Says::Entry)?))) {
        let fresh = newest.and_then(number).is_some_and(|version| number(entry) == Some(version));
        let head = activity.commits.known()?.items.iter().map(|commit| commit.committed_at).max();
        let behind = days_behind(entry, head);
        let recent = behind.is_some_and(|days| Decimal::from(days) <= limits.get("max_behind_days"));
        if fresh || recent {
            let detail = format!("The newest entry of {} is current: {entry}.", log.hit.path);
            return Ok(Outcome::passed(detail, [Evidence::new(&log.hit.path, entry)]));
        }
    }
    let noted = |r: &&&Release| Decimal::from(r.description_chars) >= limits.get("min_note_chars");
    let notes = || {
        published.iter().map(|r| {
            Evidence::new(format!("release {}", r.tag), format!("{} characters", r.description_chars))
        })
    };
    let with_notes = published.iter().filter(noted).count();
    if !published.is_empty() && with_notes == published.len() {
        return Ok(Outcome::passed(format!("The newest {with_notes} releases have notes."), notes()));
    }
    if let Some(log) = log {
        let entry = log.says(Says::Entry).unwrap_or("none that names a version");
        let newest = newest.unwrap_or("the default branch");
        let detail = format!("The newest entry of {} ({entry}) is behind {newest}.", log.hit.path);
        return Ok(Outcome::warning(detail, [Evidence::new(&log.hit.path, entry)]));
    }
    let id = TopicId::ChangeMgmt;
    if let Some(found) = papers.topic(id).or_else(|| papers.stub(id)) {
        let detail =
            format!("{} speaks of changes, but none is recorded with its release.", found.hit.source());
        return Ok(Outcome::warning(detail, [found.hit.evidence()]));
    }
    papers.complete()?;
    Ok(Outcome::failed("There is no changelog, and the newest releases have no notes.", notes()))
}

/// Detectors of steps that judge against licences, policies or benchmarks.
const SCANS: &[DetectorId] = &[DetectorId::LicenseScan, DetectorId::PolicyAsCode, DetectorId::IacScan];

fn is_soft(found: &CiStep<'_>) -> bool {
    let soft = ["--soft-fail", "--exit-code 0", "--exit-zero", "--no-fail"];
    let command = found.step.commands.iter().any(|c| soft.iter().any(|flag| c.text.contains(flag)));
    let input = found.step.input("soft_fail").or_else(|| found.step.input("soft-fail")) == Some("true");
    found.ignores_failure() || command || input
}

/// COMP-009.
pub(super) fn scanned(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let steps = || SCANS.iter().flat_map(|id| files.ci().steps_with(*id, &[]));
    if let Some(found) = steps().find(|found| !is_soft(found)) {
        let hit = found.seen();
        let detail = format!("{} runs {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let configured: Vec<&Hit> = SCANS.iter().flat_map(|id| files.detector(*id).all()).collect();
    // Rules in the file of a workflow stand in the step that runs them.
    if let Some(hit) =
        configured.iter().find(|hit| hit.path.starts_with(".github/workflows/") && hit.line > 0)
    {
        let detail = format!("{} checks dependencies or configuration: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    if let Some(found) = steps().next() {
        let hit = found.seen();
        let detail = format!("{} runs {}, but cannot fail.", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    cicd::absent(subject, files)?;
    if let Some(first) = configured.first() {
        let detail = format!("{} configures a scan that no CI job runs.", first.source());
        return Ok(Outcome::warning(detail, configured.into_iter().map(Hit::evidence)));
    }
    let bare = !files.profile().code && files.dependencies().is_empty();
    if bare && files.detector(DetectorId::Iac).is_empty() {
        return Ok(Outcome::not_applicable("There is no code, no dependency and no infrastructure to scan."));
    }
    Ok(Outcome::failed("No CI job checks licences, policies or benchmarks.", []))
}

/// What a step keeps.
enum Kept {
    /// Attestations, a transparency log or object storage.
    Durable(Hit),
    /// An artifact for so many days; none = the organization's default.
    Artifact(Hit, Option<Decimal>),
    /// Results that the next run replaces.
    Fleeting(Hit),
}

static REPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)evidence|compliance|audit|attestation|report|sarif|results?|coverage|junit|sbom|bom\b")
        .expect("a constant pattern")
});
static FORMAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)evidence|compliance|audit|attestation").expect("a constant pattern"));

fn kept(found: &CiStep<'_>) -> Option<Kept> {
    let uses = found.step.uses.as_deref().unwrap_or_default();
    let met = |id: DetectorId| {
        found.step.detectors.iter().find(|(known, _)| *known == id).map(|(_, hit)| hit.clone())
    };
    if uses == "actions/upload-artifact" {
        let words = [found.step.input("name"), found.step.input("path")];
        let named = |pattern: &Regex| words.iter().flatten().any(|words| pattern.is_match(words));
        let hit = Hit::at(
            &found.step.path,
            found.step.line,
            format!("artifact {}", words[0].or(words[1]).unwrap_or("")),
        );
        if named(&FORMAL) {
            let days = found.step.input("retention-days").and_then(|days| days.parse().ok());
            return Some(Kept::Artifact(hit, days));
        }
        return named(&REPORT).then_some(Kept::Fleeting(hit));
    }
    let results = uses.ends_with("/upload-sarif") || uses == "ossf/scorecard-action";
    if let Some(hit) = met(DetectorId::EvidenceCollection).or_else(|| met(DetectorId::Provenance)) {
        return Some(if results { Kept::Fleeting(hit) } else { Kept::Durable(hit) });
    }
    met(DetectorId::Sbom).map(Kept::Fleeting)
}

/// COMP-011.
pub(super) fn evidence(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let default = subject.org.actions.retention_days.ok().map(|days| Decimal::from(*days));
    let least = limits.get("min_retention_days");
    let mut short: Option<(Hit, String)> = None;
    for found in files.ci().steps_on(&[]) {
        match kept(&found) {
            Some(Kept::Durable(hit)) => {
                let detail = format!("{} keeps evidence: {}.", hit.source(), hit.what);
                return Ok(Outcome::passed(detail, [hit.evidence()]));
            }
            Some(Kept::Artifact(hit, days)) => match days.or(default) {
                Some(days) if days >= least => {
                    let detail = format!("{} keeps the {} for {days} days.", hit.source(), hit.what);
                    return Ok(Outcome::passed(detail, [hit.evidence()]));
                }
                days => {
                    let time =
                        days.map_or_else(|| "an unknown time".to_owned(), |days| format!("{days} days"));
                    short.get_or_insert((hit, time));
                }
            },
            Some(Kept::Fleeting(hit)) => {
                short.get_or_insert((hit, "a short time".to_owned()));
            }
            None => {}
        }
    }
    if let Some((hit, time)) = short {
        let detail = format!("{} keeps only {}, for {time}.", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    cicd::absent(subject, files)?;
    let count = files.ci().workflows.len();
    Ok(match count {
        0 => Outcome::not_applicable("The repository has no pipeline."),
        _ => Outcome::failed(
            format!("No job of {count} pipeline files keeps evidence of what it checked."),
            [],
        ),
    })
}
