//! DR-001 and DR-002: copies of the data, and of the repository itself.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::keeps_nothing;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{cicd, history::runs_of, papers::Papers},
    finding::Evidence,
    snapshot::{Described, DetectorId, Hit, Note, Says, Snapshot, TopicId},
};

static BACKUP_COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:\S*/)?(?:pg_dump(?:all)?|mysqldump|mongodump|wal-g backup-push|pgbackrest .*backup|restic (?:\S+ )*backup|borg create|borgmatic|velero (?:backup|schedule) create|aws (?:rds create-db-\S*snapshot|backup start-backup-job|dynamodb create-backup)|gcloud sql (?:backups create|export)|etcdctl snapshot save)\b",
    )
    .expect("a constant pattern")
});

/// A backup in configuration, or one that a pipeline makes on a schedule.
fn configured(files: &Snapshot) -> Option<Hit> {
    let scheduled = || {
        let commands = files.ci().steps_on(&["schedule"]).flat_map(|found| &found.step.commands);
        let mut backups = commands.filter(|command| BACKUP_COMMAND.is_match(&command.text));
        backups.next().map(|command| Hit::at(&command.path, command.line, &command.text))
    };
    files.notes(Note::Backup).first().cloned().or_else(scheduled)
}

/// DR-001.
pub(super) fn documented(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(outcome) = keeps_nothing(papers.files)? {
        return Ok(outcome);
    }
    if let Some(hit) = configured(papers.files) {
        let more = papers.files.notes(Note::Backup).iter().filter(|other| **other != hit);
        let detail = format!("{} configures backups: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [&hit].into_iter().chain(more).map(Hit::evidence)));
    }
    let id = TopicId::Backup;
    let whole = papers.about(id).find_map(|d| Some((d, d.says(Says::Schedule)?, d.says(Says::Retained)?)));
    if let Some((found, schedule, retained)) = whole {
        let detail = format!(
            "{} says when backups are made (\"{schedule}\") and how long they are kept (\"{retained}\").",
            found.hit.source()
        );
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let partly = |d: &&Described| d.says(Says::Schedule).is_some() || d.says(Says::Retained).is_some();
    if let Some(found) = papers.about(id).find(partly) {
        let lacks = if found.says(Says::Schedule).is_some() {
            "how long they are kept"
        } else {
            "when they are made"
        };
        let detail = format!("{} speaks of backups, but not of {lacks}.", found.hit.source());
        return Ok(Outcome::warning(detail, [found.hit.evidence()]));
    }
    if let Some(topic) = papers.topic(id).or_else(|| papers.stub(id)) {
        let detail = format!("{} names backups, but neither a schedule nor a retention.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence()]));
    }
    papers.complete()?;
    cicd::absent(subject, papers.files)?;
    let detail =
        "Data or infrastructure is kept here, and neither code nor a document says how it is backed up.";
    Ok(Outcome::failed(detail, super::shown(papers.files)))
}

/// Slugs of Apps that back repositories up.
const BACKUP_APPS: &[&str] = &["rewind", "gitprotect", "cloudback", "backhub", "github-backup"];

/// A copy that something outside the repository makes: the outcome, and whether all could be read.
fn copied_from_outside(subject: &RepoSubject<'_>, limits: &Thresholds<'_>) -> (Vec<Outcome>, bool) {
    let mut found = Vec::new();
    if subject.repo.posture.ok().is_some_and(|posture| posture.is_mirror) {
        let seen = Evidence::new("Repository.isMirror", true);
        found.push(Outcome::passed("The repository is itself a mirror of another.", [seen]));
    }
    let known = |slug: &str| BACKUP_APPS.iter().any(|app| slug.contains(app));
    let installations = subject.org.installations.ok().into_iter().flatten();
    for app in installations.filter(|app| !app.suspended && known(&app.app_slug)) {
        let seen = Evidence::new(format!("App {}", app.app_slug), &app.repository_selection);
        found.push(if app.repository_selection == "all" {
            Outcome::passed(format!("The App {} backs up all repositories.", app.app_slug), [seen])
        } else {
            let detail = format!(
                "The App {} backs up selected repositories; whether this is one of them is not shown.",
                app.app_slug
            );
            Outcome::warning(detail, [seen])
        });
    }
    let exports = subject.org.migrations.ok();
    if let Some(newest) = exports.into_iter().flatten().max() {
        let days = subject.repo.observed_at.duration_since(*newest).as_hours() / 24;
        let seen = Evidence::new("GET /orgs/{org}/migrations#[].created_at", newest);
        let detail = format!("The organization was last exported {days} days ago.");
        found.push(if Decimal::from(days) < limits.get("max_export_age_days") {
            Outcome::passed(detail, [seen])
        } else {
            Outcome::warning(detail, [seen])
        });
    }
    (found, subject.org.installations.ok().is_some())
}

/// What the jobs that copy the repository are worth.
fn jobs(subject: &RepoSubject<'_>, files: &Snapshot, limits: &Thresholds<'_>) -> Vec<Outcome> {
    let mut found = Vec::new();
    for id in [DetectorId::Mirror, DetectorId::BackupRepo] {
        for step in files.ci().steps_with(id, &[]) {
            let hit = step.seen();
            let says = |how: &str| format!("{} copies the repository ({}), {how}.", hit.source(), hit.what);
            let seen = [hit.evidence()];
            found.push(match runs_of(subject, &step.workflow.path) {
                Err(_) => Outcome::warning(says("but its runs could not be read"), seen),
                Ok(runs) => match runs.iter().find(|(_, succeeded)| *succeeded) {
                    None => Outcome::warning(says("but no successful run of it is on record"), seen),
                    Some((days, _)) if Decimal::from(*days) <= limits.get("max_run_age_days") => {
                        Outcome::passed(says(&format!("last with success {days} days ago")), seen)
                    }
                    Some((days, _)) => {
                        Outcome::warning(says(&format!("but last with success {days} days ago")), seen)
                    }
                },
            });
        }
    }
    found
}

/// DR-002. The list of Apps is optional: where it cannot be read, the repository's own evidence decides.
pub(super) fn mirrored(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let (mut found, apps_read) = copied_from_outside(subject, &limits);
    found.extend(jobs(subject, files, &limits));
    let best = found.iter().position(|outcome| matches!(outcome, Outcome::Passed(_)));
    if !found.is_empty() {
        return Ok(found.swap_remove(best.unwrap_or(0)));
    }
    cicd::absent(subject, files)?;
    let apps = if apps_read { "no backup App is installed" } else { "the list of Apps could not be read" };
    let count = files.ci().workflows.len();
    let detail = format!("No job of {count} pipeline files copies the repository elsewhere, and {apps}.");
    Ok(Outcome::failed(detail, []))
}
