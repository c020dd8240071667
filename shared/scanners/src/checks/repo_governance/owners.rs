//! REPO-008: CODEOWNERS.

use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    share::Share,
};

/// REPO-008.
pub(super) fn codeowners(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = subject.files.known()?;
    let Some(file) = files.codeowners() else {
        files.absent()?;
        return Ok(Outcome::failed("No CODEOWNERS at the root, in .github/ or in docs/.", []));
    };
    let place = Evidence::new(&file.path, format!("{} rules", file.rules.len()));
    if file.rules.iter().all(|rule| rule.owners.is_empty()) {
        return Ok(Outcome::failed(format!("{} names no owner.", file.path), [place]));
    }
    let ours = file.errors.iter().map(|(line, why)| Evidence::new(format!("{}:{line}", file.path), why));
    let posture = subject.repo.posture.known()?;
    let theirs = posture.codeowners_errors.known()?.iter().flatten();
    let theirs = theirs.map(|error| Evidence::new(format!("{}:{}", error.path, error.line), &error.kind));
    // GitHub reports unknown owners and those without write access here, which the file alone does not show.
    let errors: Vec<Evidence> = theirs.chain(ours).collect();
    if let Some(first) = errors.first() {
        let detail =
            format!("{} has {} errors, e.g. {}: {}.", file.path, errors.len(), first.source, first.value);
        return Ok(Outcome::warning(detail, errors));
    }
    let everything = file.rules.iter().find(|rule| rule.pattern == "*" && !rule.owners.is_empty());
    if let Some(rule) = everything {
        let seen = Evidence::new(format!("{}:{}", file.path, rule.line), rule.owners.join(" "));
        return Ok(Outcome::passed(format!("{} gives every file an owner.", file.path), [seen]));
    }
    files.absent()?;
    let share = Share { part: file.covered, whole: file.tracked };
    let detail = format!("{} gives {share} tracked files an owner.", file.path);
    Ok(if share.at_least(limits.get("min_covered_percent")) {
        Outcome::passed(detail, [place])
    } else {
        Outcome::warning(detail, [place])
    })
}
