//! What a repository contributes to the organization's checks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::{
    Fact, Gap,
    evidence::{RepoEvidence, RepoPosture, activity::RepoActivity},
};

use super::{DetectorId, Snapshot, default_setup};
use crate::{
    contribution::RepoContribution,
    delivery::{self, Delivery},
};

/// Half a year of pull requests: 180 days.
const AUTHOR_WINDOW: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Reduces a repository to what organization checks ask about it.
pub fn contribution(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> RepoContribution {
    let posture = repo.posture.as_ref();
    RepoContribution {
        name: repo.listing.name.clone(),
        archived: repo.listing.archived,
        visibility: repo.listing.visibility.clone(),
        security_and_analysis: repo.listing.security_and_analysis.clone(),
        code_scanning: code_scanning(repo, files),
        outside_collaborators: flatten(&posture, |p| &p.outside_collaborators),
        direct_collaborators: flatten(&posture, |p| &p.direct_collaborators),
        deploy_keys: flatten(&posture, |p| &p.deploy_keys),
        runner_labels: files.clone().map(runner_labels),
        audit_export: files.clone().map(audit_export),
        authors: repo.activity.known().and_then(|activity| authors(activity, repo.observed_at)).into(),
        delivery: delivered(repo),
        provenance: delivery::provenance(repo, files).into(),
    }
}

/// An empty repository delivers nothing, whatever could be read of it.
fn delivered(repo: &RepoEvidence) -> Fact<Delivery> {
    if repo.listing.empty { Fact::Known(Delivery::default()) } else { Delivery::of(repo).into() }
}

/// Default setup, results on the head commit, or a pipeline that analyses the code.
fn code_scanning(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> Fact<bool> {
    let analysed =
        files.ok().is_some_and(|files| files.ci().steps_with(DetectorId::Sast, &[]).next().is_some());
    if analysed { Fact::Known(true) } else { default_setup(repo, files) }
}

fn flatten<T: Clone>(posture: &Fact<&RepoPosture>, field: impl Fn(&RepoPosture) -> &Fact<T>) -> Fact<T> {
    match posture {
        Fact::Known(posture) => field(posture).clone(),
        Fact::Unknown(gap) => Fact::Unknown(gap.clone()),
    }
}

fn runner_labels(files: &Snapshot) -> Vec<String> {
    let mut labels = BTreeSet::new();
    for (_, job) in files.ci().jobs() {
        labels.extend(job.runs_on.iter().filter(|label| !is_hosted_image(label)).cloned());
        labels.extend(job.runner_group.iter().map(|group| format!("group:{group}")));
    }
    labels.into_iter().collect()
}

/// Labels of shared GitHub-hosted runners, and expressions that only a run can fill in.
fn is_hosted_image(label: &str) -> bool {
    ["ubuntu-", "windows-", "macos-"].iter().any(|prefix| label.starts_with(prefix)) || label.contains("${{")
}

fn audit_export(files: &Snapshot) -> Option<String> {
    let mut steps = files.ci().steps_on(&["schedule"]);
    steps.find_map(|found| {
        let exports = |text: &str| text.contains("/audit-log") || text.contains("audit-log?");
        let command = found.step.commands.iter().find(|command| exports(&command.text))?;
        Some(format!("{}:{}", command.path, command.line))
    })
}

fn authors(activity: &RepoActivity, observed_at: Timestamp) -> Result<Vec<(String, u64, u64)>, Gap> {
    let mut seen: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let recent = |at: Timestamp| observed_at.duration_since(at) <= AUTHOR_WINDOW;
    for pull in &activity.merged.known()?.items {
        if let Some(author) = pull.author.as_ref().filter(|_| recent(pull.created_at)) {
            seen.entry(author.login.clone()).or_default().0 += 1;
        }
        for review in pull.reviews.items.iter().filter(|r| r.submitted_at.is_some_and(recent)) {
            if let Some(author) = &review.author {
                seen.entry(author.login.clone()).or_default().1 += 1;
            }
        }
    }
    for pull in &activity.open.known()?.items {
        if let Some(author) = pull.author.as_ref().filter(|_| recent(pull.created_at)) {
            seen.entry(author.login.clone()).or_default().0 += 1;
        }
    }
    Ok(seen.into_iter().map(|(login, (pulls, reviews))| (login, pulls, reviews)).collect())
}
