//! REPO-002, REPO-003 and REPO-004: who must look at a change.

use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{
    branch::{default_branch, no_branch},
    protection::Protection,
};
use crate::check::{Outcome, RepoSubject, Thresholds};

/// REPO-002.
pub(super) fn required(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (_, Some(branch)) = default_branch(subject)? else { return Ok(no_branch()) };
    let protection = Protection::of(branch);
    let approvals = protection.approvals();
    if let Some((count, seen)) = &approvals
        && Decimal::from(*count) >= limits.get("min_approvals")
    {
        return Ok(Outcome::passed(format!("Required approvals: {count}."), [seen.clone()]));
    }
    protection.complete()?;
    Ok(match approvals {
        Some((count, seen)) => {
            Outcome::warning(format!("A pull request is required, with {count} approvals."), [seen])
        }
        None => Outcome::failed("No pull request and no approval is required.", []),
    })
}

/// REPO-003.
pub(super) fn two_approvals(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (_, Some(branch)) = default_branch(subject)? else { return Ok(no_branch()) };
    let protection = Protection::of(branch);
    let approvals = protection.approvals();
    let count = approvals.as_ref().map_or(0, |(count, _)| *count);
    let seen = approvals.into_iter().map(|(_, seen)| seen);
    if Decimal::from(count) >= limits.get("min_approvals") {
        return Ok(Outcome::passed(format!("Required approvals: {count}."), seen));
    }
    protection.complete()?;
    if count >= 1
        && let Some(owner) = protection.code_owner().known()?
        && let Some(last) = protection.last_push().known()?
    {
        let detail = format!("Required approvals: {count}, by a code owner and after the last push.");
        return Ok(Outcome::warning(detail, seen.chain([owner, last])));
    }
    Ok(Outcome::failed(format!("Required approvals: {count}."), seen))
}

/// REPO-004.
pub(super) fn stale_dismissed(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (_, Some(branch)) = default_branch(subject)? else { return Ok(no_branch()) };
    let protection = Protection::of(branch);
    let count = protection.approvals().map_or(0, |(count, _)| count);
    if count == 0 {
        protection.complete()?;
        return Ok(Outcome::failed("No approval is required that a push could dismiss.", []));
    }
    if let Some(seen) = protection.stale_dismissed().known()? {
        return Ok(Outcome::passed("Approvals end when new commits are pushed.", [seen]));
    }
    Ok(match protection.last_push().known()? {
        Some(seen) => Outcome::warning(
            "Approvals outlive a push, but somebody else must approve the last push.",
            [seen],
        ),
        None => Outcome::failed("Approvals outlive the push of other code.", []),
    })
}
