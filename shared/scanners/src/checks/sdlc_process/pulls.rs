//! SDLC-003 and SDLC-004: how pull requests are made and looked at.

use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::activity::MergedPull};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::history::{is_partial, merged_by_people, pull, reviews_by_others},
    share::Share,
};

fn too_few(count: usize) -> Outcome {
    Outcome::not_applicable(format!("Merged pull requests by people: {count}."))
}

/// Whether another person reviewed before the merge; `None` when that stands among reviews that were not read.
fn reviewed(pull: &MergedPull) -> Option<bool> {
    let before = |at: jiff::Timestamp| at <= pull.merged_at;
    if reviews_by_others(pull).any(|review| review.submitted_at.is_some_and(before)) {
        Some(true)
    } else if is_partial(&pull.reviews) {
        None
    } else {
        Some(false)
    }
}

/// SDLC-003.
pub(super) fn reviewed_before_merge(
    subject: &RepoSubject<'_>,
    limits: Thresholds<'_>,
) -> Result<Outcome, Gap> {
    let pulls = merged_by_people(subject)?;
    let judged: Vec<(&MergedPull, bool)> =
        pulls.into_iter().filter_map(|pull| Some((pull, reviewed(pull)?))).collect();
    if Decimal::from(judged.len()) < limits.get("min_pulls") {
        return Ok(too_few(judged.len()));
    }
    let good = judged.iter().filter(|(_, reviewed)| *reviewed).count();
    let share = Share::of(good, judged.len());
    let detail = format!("Reviewed by another person before the merge: {share} pull requests.");
    let missing = judged
        .iter()
        .filter(|(_, reviewed)| !*reviewed)
        .map(|(unseen, _)| pull(unseen, "merged without a review by another person"));
    Ok(if !share.at_most(limits.get("min_percent")) {
        Outcome::passed(detail, missing)
    } else if !share.at_most(limits.get("warn_percent")) {
        Outcome::warning(detail, missing)
    } else {
        Outcome::failed(detail, missing)
    })
}

fn lines(pull: &MergedPull) -> u64 {
    pull.additions.saturating_add(pull.deletions)
}

/// SDLC-004.
pub(super) fn small(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let mut pulls = merged_by_people(subject)?;
    if Decimal::from(pulls.len()) < limits.get("min_pulls") {
        return Ok(too_few(pulls.len()));
    }
    let total: Decimal = pulls.iter().map(|pull| Decimal::from(lines(pull))).sum();
    let count = Decimal::from(pulls.len());
    let mean = total.checked_div(count).unwrap_or_default().round();
    let detail = format!("{} merged pull requests change {mean} lines on average.", pulls.len());
    pulls.sort_by_key(|pull| std::cmp::Reverse((lines(pull), pull.number)));
    let largest = pulls.iter().take(5).map(|large| {
        pull(large, format!("+{} -{} in {} files", large.additions, large.deletions, large.changed_files))
    });
    Ok(if total < limits.get("max_lines") * count {
        Outcome::passed(detail, largest)
    } else if total < limits.get("warn_lines") * count {
        Outcome::warning(detail, largest)
    } else {
        Outcome::failed(detail, largest)
    })
}
