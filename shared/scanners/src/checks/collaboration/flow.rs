//! COLLAB-004, COLLAB-006 and COLLAB-007: is work planned, answered and closed?

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};
use regex::Regex;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use scrutineer_core::{Gap, evidence::activity::MergedPull};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::history::{is_partial, merged_by_people, pull, reviews_by_others},
    finding::Evidence,
    share::Share,
    snapshot::DetectorId,
};

static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^A-Za-z0-9])[A-Z]{2,10}-\d+(?:$|[^0-9])").expect("a constant pattern")
});

/// COLLAB-004.
pub(super) fn boards(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let posture = subject.repo.posture.known()?;
    let projects = &posture.projects;
    if let Some(count) = projects.ok().filter(|count| **count > 0) {
        let seen = Evidence::new("Repository.projectsV2.totalCount", count);
        return Ok(Outcome::passed(format!("Linked projects: {count}."), [seen]));
    }
    let merged = subject.repo.activity.known().and_then(|activity| activity.merged.known());
    if let Ok(page) = merged {
        let keyed: Vec<&MergedPull> = page.items.iter().filter(|pull| KEY.is_match(&pull.head)).collect();
        let share = Share::of(keyed.len(), page.items.len());
        if !keyed.is_empty() && share.at_least(limits.get("min_keyed_percent")) {
            let detail = format!("{share} merged pull requests carry the key of an external tracker.");
            return Ok(Outcome::passed(detail, keyed.into_iter().map(|keyed| pull(keyed, &keyed.head))));
        }
    }
    let of_org = &subject.org.security.projects;
    if let Some(count) = of_org.ok().filter(|count| **count > 0) {
        let seen = Evidence::new("Organization.projectsV2.totalCount", count);
        return Ok(Outcome::warning(
            format!("Only the organization has projects ({count}), none linked here."),
            [seen],
        ));
    }
    projects.known()?;
    let merged = merged?;
    of_org.known()?;
    let detail = format!(
        "No project is linked, and too few branches of {} merged pull requests carry a tracker key.",
        merged.items.len()
    );
    Ok(Outcome::failed(detail, [Evidence::new("Repository.projectsV2.totalCount", 0)]))
}

/// Longer spans are long past any limit that makes sense; counting their days one by one would be waste.
const LONGEST_DAYS: i64 = 60;

/// The time between two moments, Saturdays and Sundays (UTC) left out.
fn working_time(from: Timestamp, to: Timestamp) -> SignedDuration {
    let longest = SignedDuration::from_hours(24 * LONGEST_DAYS);
    let to = to.min(from.checked_add(longest).unwrap_or(to));
    let mut total = SignedDuration::ZERO;
    let mut at = from;
    while at < to {
        let day = at.to_zoned(TimeZone::UTC).date();
        let next = day.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC)).map(|zoned| zoned.timestamp());
        let end = next.unwrap_or(to).min(to);
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            total = total.saturating_add(end.duration_since(at));
        }
        at = end;
    }
    total
}

/// The first review by another person; `None` inside when nobody reviewed, outside when it stands among unread ones.
fn answered(pull: &MergedPull) -> Option<Option<SignedDuration>> {
    let first = reviews_by_others(pull).filter_map(|review| review.submitted_at).min();
    match first {
        Some(at) => Some(Some(working_time(pull.created_at, at))),
        None if is_partial(&pull.reviews) => None,
        None => Some(None),
    }
}

/// COLLAB-006.
pub(super) fn response_time(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let pulls = merged_by_people(subject)?;
    let judged: Vec<(&MergedPull, Option<SignedDuration>)> =
        pulls.into_iter().filter_map(|pull| Some((pull, answered(pull)?))).collect();
    if Decimal::from(judged.len()) < limits.get("min_pulls") {
        return Ok(Outcome::not_applicable(format!("Merged pull requests by people: {}.", judged.len())));
    }
    let hours = limits.get("max_hours");
    let in_time = |time: &SignedDuration| Decimal::from(time.as_secs()) <= hours * Decimal::from(3_600);
    let good = judged.iter().filter(|(_, time)| time.as_ref().is_some_and(in_time)).count();
    let share = Share::of(good, judged.len());
    let detail = format!("Reviewed by another person within {hours} working hours: {share} pull requests.");
    let late = judged.iter().filter(|(_, time)| !time.as_ref().is_some_and(in_time)).map(|(late, time)| {
        let value = match time {
            Some(time) => format!("first review after {} working hours", time.as_hours()),
            None => "no review by another person".to_owned(),
        };
        pull(late, value)
    });
    Ok(if !share.at_most(limits.get("min_percent")) {
        Outcome::passed(detail, late)
    } else if !share.at_most(limits.get("warn_percent")) {
        Outcome::warning(detail, late)
    } else {
        Outcome::failed(detail, late)
    })
}

/// What is open, and what of it nobody touched for long; `hidden` = there may be more.
struct Untouched {
    open: u64,
    stale: u64,
    hidden: bool,
    seen: Vec<Evidence>,
}

fn older(subject: &RepoSubject<'_>, at: Timestamp, days: Decimal) -> bool {
    let days = days.to_i64().unwrap_or(0).clamp(0, 36_500);
    subject.repo.observed_at.duration_since(at) > SignedDuration::from_hours(24 * days)
}

fn issues(subject: &RepoSubject<'_>, days: Decimal) -> Result<Untouched, Gap> {
    let page = subject.repo.activity.known()?.stale_issues.known()?;
    let stale: Vec<&Timestamp> = page.items.iter().filter(|at| older(subject, **at, days)).collect();
    let seen = stale.iter().map(|at| Evidence::new("Issue.updatedAt", at)).collect();
    // The stalest stand first: where one of them is fresh, so is all that was not read.
    let hidden = is_partial(page) && stale.len() == page.items.len();
    Ok(Untouched { open: page.total, stale: stale.len() as u64, hidden, seen })
}

fn open_pulls(subject: &RepoSubject<'_>, days: Decimal) -> Result<Untouched, Gap> {
    let page = subject.repo.activity.known()?.open.known()?;
    let stale: Vec<_> = page.items.iter().filter(|pull| older(subject, pull.updated_at, days)).collect();
    let value = |at: Timestamp| format!("untouched since {}", at.strftime("%Y-%m-%d"));
    let seen = stale
        .iter()
        .map(|p| Evidence::new(format!("pull request #{}", p.number), value(p.updated_at)))
        .collect();
    // The oldest stand first: what was opened lately cannot have been left alone for long.
    let hidden =
        is_partial(page) && page.items.last().is_none_or(|newest| older(subject, newest.created_at, days));
    Ok(Untouched { open: page.total, stale: stale.len() as u64, hidden, seen })
}

/// COLLAB-007.
pub(super) fn stale(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(files) = subject.files.ok() {
        let step = files.ci().steps_with(DetectorId::Stale, &[]).next().map(|found| found.seen());
        let found = step.or_else(|| files.detector(DetectorId::Stale).files.first().cloned());
        if let Some(hit) = found {
            let detail = format!("{} closes or marks what nobody touches ({}).", hit.source(), hit.what);
            return Ok(Outcome::passed(detail, [hit.evidence()]));
        }
    }
    let issues = issues(subject, limits.get("max_issue_days"))?;
    let pulls = open_pulls(subject, limits.get("max_pull_days"))?;
    let (open, stale) = (issues.open + pulls.open, issues.stale + pulls.stale);
    if open == 0 {
        subject.files.known()?.absent()?;
        return Ok(Outcome::not_applicable("Nothing is open, and nothing closes what is stale."));
    }
    let hidden = issues.hidden || pulls.hidden;
    let seen = || issues.seen.iter().chain(&pulls.seen).cloned();
    if stale == 0 {
        if hidden {
            return Err(Gap::unavailable(format!(
                "only the oldest of {open} open issues and pull requests were listed"
            )));
        }
        return Ok(Outcome::passed(format!("None of {open} open issues and pull requests is stale."), []));
    }
    let share = Share { part: stale, whole: open };
    let least = if hidden { "at least " } else { "" };
    let detail =
        format!("Stale without anything that closes them: {least}{share} open issues and pull requests.");
    Ok(if share.at_most(limits.get("max_stale_percent")) {
        Outcome::warning(detail, seen())
    } else {
        Outcome::failed(detail, seen())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_do_not_count() {
        let hours =
            |from: &str, to: &str| working_time(from.parse().unwrap(), to.parse().unwrap()).as_hours();
        // 2026-05-29 is a Friday.
        assert_eq!(hours("2026-05-29T12:00:00Z", "2026-06-01T12:00:00Z"), 24);
        assert_eq!(hours("2026-05-30T00:00:00Z", "2026-05-31T23:00:00Z"), 0);
        assert_eq!(hours("2026-05-26T09:00:00Z", "2026-05-27T10:00:00Z"), 25);
        assert_eq!(hours("2026-05-27T10:00:00Z", "2026-05-26T09:00:00Z"), 0);
        assert!(hours("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z") > 24 * 30);
    }
}
