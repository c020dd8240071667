//! DR-006 and DR-010: whether restoring is practised, how often, and when it last was.

use std::sync::LazyLock;

use jiff::{civil::Date, tz::TimeZone};
use regex::Regex;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{keeps_nothing, shown};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{cicd, history::runs_of, papers::Papers},
    finding::Evidence,
    snapshot::{CiStep, Hit, Note, Says, Snapshot, TopicId},
};

static RESTORE_COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:\S*/)?(?:pg_restore|velero restore|wal-g backup-fetch|pgbackrest\b.*\brestore|restic (?:\S+ )*restore|borg extract|barman recover|mongorestore|aws rds restore-db-|aws dynamodb restore-table|aws backup start-restore-job|gcloud sql (?:backups restore|import)|etcdctl snapshot restore)|\b(?:restore|recovery|dr)[-_:](?:test|drill|check|verif\w*|exercise)",
    )
    .expect("a constant pattern")
});

/// Steps that restore a backup, with the command.
fn restores<'a>(files: &'a Snapshot, events: &'a [&'a str]) -> Vec<(CiStep<'a>, Hit)> {
    let command = |found: CiStep<'a>| {
        let command = found.step.commands.iter().find(|command| RESTORE_COMMAND.is_match(&command.text))?;
        Some((found, Hit::at(&command.path, command.line, &command.text)))
    };
    files.ci().steps_on(events).filter_map(command).collect()
}

/// DR-006.
pub(super) fn scheduled(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let files = papers.files;
    if let Some(outcome) = keeps_nothing(files)? {
        return Ok(outcome);
    }
    let id = TopicId::BackupTest;
    if let Some(topic) = papers.topic(id) {
        let cadence = papers.about(id).find_map(|d| d.says(Says::Schedule)).unwrap_or("a schedule");
        let detail = format!("{} sets a rhythm for restore tests: \"{cadence}\".", topic.hit.source());
        return Ok(Outcome::passed(detail, [topic.hit.evidence()]));
    }
    let job = restores(files, &["schedule"]).into_iter().map(|(_, hit)| hit).next();
    if let Some(hit) = job.or_else(|| files.notes(Note::RestoreSchedule).first().cloned()) {
        let detail = format!("{} restores a backup on a schedule: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    if let Some((_, hit)) = restores(files, &[]).into_iter().next() {
        let detail = format!("{} restores a backup, but only when something starts it.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    let named = papers.stub(id).map(|stub| &stub.hit);
    if let Some(hit) = named.or_else(|| papers.about(id).next().map(|d| &d.hit)) {
        let detail = format!("{} speaks of restore tests, but not of how often.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    cicd::absent(subject, files)?;
    let detail = "No document sets a rhythm for restore tests, and no scheduled job restores a backup.";
    Ok(Outcome::failed(detail, shown(files)))
}

/// A date as documents write it; a month or a quarter counts from its first day.
fn date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let number = |index: usize| parts.get(index).and_then(|part| part.parse::<i16>().ok());
    let small = |index: usize| number(index).and_then(|n| i8::try_from(n).ok());
    if let Some(quarter) = parts.first().and_then(|first| first.strip_prefix('Q')) {
        let quarter: i8 = quarter.parse().ok()?;
        return Date::new(number(1)?, 3 * quarter - 2, 1).ok();
    }
    if let Some(year) = number(0) {
        return Date::new(year, small(1)?, small(2).unwrap_or(1)).ok();
    }
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = names.iter().position(|name| parts[0].starts_with(name))?;
    Date::new(number(2)?, i8::try_from(month).ok()? + 1, small(1)?).ok()
}

/// The newest record of a drill that is not in the future, and its age in days.
fn newest_record(papers: Papers<'_>, today: Date) -> Option<(Date, i64, &Hit)> {
    let all = papers.about(TopicId::RestoreTested);
    let dates = all.flat_map(|d| d.all(Says::Dated).filter_map(date).map(move |date| (date, &d.hit)));
    let (newest, hit) = dates.filter(|(date, _)| *date <= today).max_by_key(|(date, _)| *date)?;
    let days = today.since(newest).map_or(0, |span| i64::from(span.get_days()));
    Some((newest, days, hit))
}

/// The restore that last succeeded, and how many days ago.
fn last_restore(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<(Hit, i64)>, Gap> {
    let mut last: Option<(Hit, i64)> = None;
    for (found, hit) in restores(files, &[]) {
        let runs = runs_of(subject, &found.workflow.path)?;
        let success = runs.iter().find(|(_, succeeded)| *succeeded).map(|(days, _)| *days);
        last = match (last, success) {
            (Some(known), Some(days)) if days < known.1 => Some((hit, days)),
            (None, Some(days)) => Some((hit, days)),
            (known, _) => known,
        };
    }
    Ok(last)
}

/// DR-010.
pub(super) fn tested(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let files = papers.files;
    if let Some(outcome) = keeps_nothing(files)? {
        return Ok(outcome);
    }
    let restored = last_restore(subject, files);
    let of_run = |(hit, days): &(Hit, i64)| {
        let seen = Evidence::new("WorkflowRun.createdAt", format!("{days} days ago"));
        (format!("{} restored a backup with success {days} days ago.", hit.source()), [hit.evidence(), seen])
    };
    let fresh = |days: i64, key: &str| Decimal::from(days) <= limits.get(key);
    if let Ok(Some(run)) = &restored
        && fresh(run.1, "max_run_age_days")
    {
        let (detail, seen) = of_run(run);
        return Ok(Outcome::passed(detail, seen));
    }
    let today = subject.repo.observed_at.to_zoned(TimeZone::UTC).date();
    let record = newest_record(papers, today);
    let of_record = |(date, days, hit): &(Date, i64, &Hit)| {
        let seen = Evidence::new(hit.source(), format!("drill of {date}"));
        (format!("{} records a drill of {date}, {days} days ago.", hit.source()), [seen])
    };
    if let Some(record) = record.as_ref().filter(|(_, days, _)| fresh(*days, "max_record_age_days")) {
        let (detail, seen) = of_record(record);
        return Ok(Outcome::passed(detail, seen));
    }
    if let Some(run) = restored? {
        let (detail, seen) = of_run(&run);
        return Ok(Outcome::warning(detail, seen));
    }
    if let Some(record) = &record {
        let (detail, seen) = of_record(record);
        return Ok(Outcome::warning(detail, seen));
    }
    papers.complete()?;
    cicd::absent(subject, files)?;
    let detail =
        "No successful run of a job that restores a backup and no dated record of a drill was found.";
    Ok(Outcome::failed(detail, shown(files)))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_read_as_documents_write_them() {
        for (text, expected) in [
            ("2026-05-14", "2026-05-14"),
            ("2026/5", "2026-05-01"),
            ("2026.05.14", "2026-05-14"),
            ("May 14, 2026", "2026-05-14"),
            ("Sept. 3 2025", "2025-09-03"),
            ("Q3 2025", "2025-07-01"),
        ] {
            assert_eq!(date(text).map(|d| d.to_string()).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(date("2026-13"), None);
    }
}
