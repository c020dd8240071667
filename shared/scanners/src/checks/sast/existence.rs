//! SAST-001, SAST-002 and SAST-008: is there an analyser, when does it run, and over how much.

use rust_decimal::Decimal;
use scrutineer_core::{Fact, Gap};

use super::{PULL, nothing_to_scan};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd,
    finding::Evidence,
    snapshot::{CiStep, DetectorId, Hit, Snapshot, Trigger, default_setup, default_setup_evidence},
};

/// SAST-001.
pub(super) fn configured(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let setup = default_setup(subject.repo, &subject.files);
    if let Fact::Known(true) = setup {
        let seen = default_setup_evidence(subject.repo, true);
        return Ok(Outcome::passed(format!("Code scanning is set up: {}.", seen.value), [seen]));
    }
    let files = *subject.files.known()?;
    let steps: Vec<Hit> = files.ci().steps_with(DetectorId::Sast, &[]).map(|found| found.seen()).collect();
    if let Some(first) = steps.first() {
        let detail = format!("{} runs a static analyser: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, steps.iter().map(Hit::evidence)));
    }
    if let Some(first) = files.detector(DetectorId::Sast).all().next() {
        let seen = files.detector(DetectorId::Sast).all().map(Hit::evidence);
        return Ok(Outcome::passed(format!("{} configures a static analyser.", first.source()), seen));
    }
    cicd::absent(subject, files)?;
    setup.known()?;
    let pipelines = files.ci().workflows.len();
    let detail = format!(
        "No configuration file and none of {pipelines} pipeline files names a static analyser, and default setup is \
         off."
    );
    Ok(Outcome::failed(detail, [default_setup_evidence(subject.repo, false)]))
}

/// SAST-002.
pub(super) fn runs_in_pipeline(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let setup = default_setup(subject.repo, &subject.files);
    if let Fact::Known(true) = setup {
        let seen = default_setup_evidence(subject.repo, true);
        return Ok(Outcome::passed(format!("Code scanning runs: {}.", seen.value), [seen]));
    }
    let files = *subject.files.known()?;
    let branch = &subject.repo.listing.default_branch;
    let all: Vec<CiStep<'_>> = files.ci().steps_with(DetectorId::Sast, &[]).collect();
    let on_change: Vec<_> = all.iter().filter(|found| runs_on_change(found, branch)).collect();
    if let Some(found) = on_change.iter().find(|found| !found.ignores_failure()) {
        let seen = found.seen();
        let detail = format!("{} analyses changes: {}.", seen.source(), seen.what);
        return Ok(Outcome::passed(detail, [seen.evidence()]));
    }
    if let Some(found) = on_change.first() {
        let detail = format!("{} analyses changes, but with continue-on-error.", found.seen().source());
        return Ok(Outcome::warning(detail, [found.seen().evidence()]));
    }
    if let Some(found) = all.first() {
        let detail = format!(
            "{} runs on {} only, not on pull requests or pushes to {branch}.",
            found.seen().source(),
            found.job.events.join(", ")
        );
        return Ok(Outcome::warning(detail, [found.seen().evidence()]));
    }
    cicd::absent(subject, files)?;
    setup.known()?;
    let detail = format!("No job of {} pipeline files runs a static analyser.", files.ci().workflows.len());
    Ok(Outcome::failed(detail, [default_setup_evidence(subject.repo, false)]))
}

/// The job runs on a pull request, in a merge queue, or on pushes to the default branch.
fn runs_on_change(found: &CiStep<'_>, branch: &str) -> bool {
    let pushes = |trigger: &Trigger| trigger.event == "push" && reaches(trigger, branch);
    found.job.runs_on_event(PULL)
        || found.job.runs_on_event(&["push"]) && found.workflow.triggers.iter().any(pushes)
}

/// Whether a push to `branch` meets the trigger.
fn reaches(trigger: &Trigger, branch: &str) -> bool {
    let matches = |pattern: &String| {
        pattern.contains('$')
            || globset::Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(branch))
    };
    !trigger.tags_only && (trigger.branches.is_empty() || trigger.branches.iter().any(matches))
}

/// What makes an analyser look at the change instead of the whole tree.
const DIFF_AWARE: &[&str] = &[
    "semgrep ci",
    "sonar",
    "qodana",
    "reviewdog",
    "only-new-issues",
    "--diff",
    "--baseline",
    "--new-from",
    "--since",
    "changed-files",
    "changed_files",
    "snyk",
    "codacy",
    "deepsource",
];

/// SAST-008.
pub(super) fn incremental(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let files = *subject.files.known()?;
    let on_pull: Vec<CiStep<'_>> = files.ci().steps_with(DetectorId::Sast, PULL).collect();
    if let Some(found) = on_pull.iter().find(|found| is_diff_aware(found)) {
        let seen = found.seen();
        let detail = format!("{} looks at the change of a pull request: {}.", seen.source(), seen.what);
        return Ok(Outcome::passed(detail, [seen.evidence()]));
    }
    let setup = default_setup(subject.repo, &subject.files);
    if let Fact::Known(true) = setup {
        let seen = default_setup_evidence(subject.repo, true);
        let detail = format!("Code scanning looks at the change of a pull request: {}.", seen.value);
        return Ok(Outcome::passed(detail, [seen]));
    }
    if let Some(found) = on_pull.first() {
        return whole_tree(subject, found, limits);
    }
    cicd::absent(subject, files)?;
    if let Some(found) = files.ci().steps_with(DetectorId::Sast, &[]).next() {
        let events = found.job.events.join(", ");
        let detail = format!("{} runs on {events} only, not on pull requests.", found.seen().source());
        return Ok(Outcome::failed(detail, [found.seen().evidence()]));
    }
    setup.known()?;
    Ok(Outcome::failed("Nothing analyses pull requests.", [default_setup_evidence(subject.repo, false)]))
}

fn is_diff_aware(found: &CiStep<'_>) -> bool {
    let names = |text: &str| {
        let text = text.to_ascii_lowercase();
        DIFF_AWARE.iter().any(|mark| text.contains(mark))
    };
    let step = found.step;
    let inputs = step.with.iter().any(|(key, value)| names(key) || names(value));
    found.is_codeql()
        || inputs
        || step.uses.as_deref().is_some_and(names)
        || step.commands.iter().any(|command| names(&command.text))
}

/// An analysis of the whole tree is fine as long as it is quick.
fn whole_tree(subject: &RepoSubject<'_>, found: &CiStep<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let source = found.seen().source();
    let seconds = durations(subject, &found.workflow.path)?;
    let limit = limits.get("max_seconds");
    let count = seconds.len();
    let total: i64 = seconds.iter().sum();
    let evidence = [found.seen().evidence()];
    if count == 0 {
        let detail =
            format!("{source} analyses the whole tree on pull requests; no run shows how long it takes.");
        return Ok(Outcome::warning(detail, evidence));
    }
    let mean = total / i64::try_from(count).unwrap_or(i64::MAX);
    let detail =
        format!("{source} analyses the whole tree on pull requests; {count} runs took {mean} s on average.");
    let quick = Decimal::from(total) < limit * Decimal::from(count);
    Ok(if quick { Outcome::warning(detail, evidence) } else { Outcome::failed(detail, evidence) })
}

/// Seconds of the completed runs of a workflow on the last commits.
fn durations(subject: &RepoSubject<'_>, path: &str) -> Result<Vec<i64>, Gap> {
    let mut found = Vec::new();
    for commit in &subject.repo.activity.known()?.commits.known()?.items {
        for suite in commit.suites.known()? {
            let run = suite.run.known()?.as_ref().filter(|run| run.path.as_deref() == Some(path));
            found.extend(run.map(|run| run.updated_at.duration_since(run.created_at).as_secs().max(0)));
        }
    }
    Ok(found)
}

/// The source of an evidence, for sentences.
pub(super) fn hits(files: &Snapshot) -> Vec<Evidence> {
    files.ci().steps_with(DetectorId::Sast, &[]).map(|found| found.seen().evidence()).collect()
}
