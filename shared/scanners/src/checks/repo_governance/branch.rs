//! REPO-001, REPO-006, REPO-007, REPO-011 and REPO-012: the default branch and its history.

use rust_decimal::Decimal;
use scrutineer_core::{
    Gap,
    evidence::{
        RepoPosture,
        posture::{DefaultBranch, RuleParameters},
    },
};

use super::{protection::Protection, rulesets};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
};

/// Rules that protect a branch by themselves.
const PROTECTING: [&str; 5] =
    ["PULL_REQUEST", "UPDATE", "NON_FAST_FORWARD", "DELETION", "REQUIRED_STATUS_CHECKS"];

/// The settings and the default branch; no default branch is nothing to protect.
pub(super) fn default_branch<'a>(
    subject: &RepoSubject<'a>,
) -> Result<(&'a RepoPosture, Option<&'a DefaultBranch>), Gap> {
    let posture = subject.repo.posture.known()?;
    Ok((posture, posture.default_branch.as_ref()))
}

/// The outcome where there is no default branch.
pub(super) fn no_branch() -> Outcome {
    Outcome::not_applicable("The repository has no default branch.")
}

/// REPO-001.
pub(super) fn protected(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (posture, Some(branch)) = default_branch(subject)? else { return Ok(no_branch()) };
    let name = &branch.name;
    let protection = Protection::of(branch);
    if let Some(seen) = protection.classic_seen().or_else(|| protection.rule(&PROTECTING)) {
        return Ok(Outcome::passed(
            format!("{name} is protected by {} ({}).", seen.source, seen.value),
            [seen],
        ));
    }
    protection.complete()?;
    let rehearsed = posture.rulesets.known()?.items.iter().filter(|set| {
        set.enforcement == "EVALUATE"
            && rulesets::applies(set, "BRANCH", &format!("refs/heads/{name}"), true)
            && set.rules.iter().any(|(kind, _)| PROTECTING.contains(&kind.as_str()))
    });
    let rehearsed: Vec<Evidence> =
        rehearsed.map(|set| Evidence::new(&set.name, "enforcement EVALUATE")).collect();
    Ok(match rehearsed.first() {
        Some(first) => {
            let detail =
                format!("{name} has rules in evaluate mode only (\"{}\"): they block nothing.", first.source);
            Outcome::warning(detail, rehearsed)
        }
        None => Outcome::failed(format!("{name} has no protection rule and no active ruleset."), []),
    })
}

/// REPO-006.
pub(super) fn no_force_push(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (_, Some(branch)) = default_branch(subject)? else { return Ok(no_branch()) };
    let name = &branch.name;
    let protection = Protection::of(branch);
    if let Some(rule) = protection.rule(&["NON_FAST_FORWARD"]) {
        return Ok(Outcome::passed(format!("A ruleset blocks force pushes to {name}."), [rule]));
    }
    let Some(seen) = protection.force_push_forbidden().known()? else {
        return Ok(Outcome::failed(format!("{name} may be force pushed."), protection.classic_seen()));
    };
    let allowances = protection.classic().map_or(0, |rule| rule.bypass_force_push_allowances);
    Ok(if allowances > 0 {
        let allowed = Evidence::new("BranchProtectionRule.bypassForcePushAllowances", allowances);
        let detail = format!("Force pushes to {name} are forbidden, except for {allowances} actors.");
        Outcome::warning(detail, [seen, allowed])
    } else {
        Outcome::passed(format!("Force pushes to {name} are forbidden for everyone."), [seen])
    })
}

/// REPO-007.
pub(super) fn signed(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (_, Some(branch)) = default_branch(subject)? else { return Ok(no_branch()) };
    let name = &branch.name;
    if let Some(seen) = Protection::of(branch).signatures().known()? {
        return Ok(Outcome::passed(format!("Commits on {name} must be signed."), [seen]));
    }
    let commits = &subject.repo.activity.known()?.commits.known()?.items;
    let unsigned: Vec<_> = commits.iter().filter(|commit| !commit.signature_valid).collect();
    let seen =
        |oid: &str| Evidence::new(format!("commit {}", oid.get(..12).unwrap_or(oid)), "no valid signature");
    Ok(match unsigned.first() {
        None if !commits.is_empty() => {
            let detail =
                format!("Signatures are not required, but the last {} commits are signed.", commits.len());
            Outcome::warning(detail, [])
        }
        _ => {
            let detail = format!(
                "Signatures are not required, and {} of the last {} commits are not validly signed.",
                unsigned.len(),
                commits.len()
            );
            Outcome::failed(detail, unsigned.iter().map(|commit| seen(&commit.oid)))
        }
    })
}

/// REPO-011.
pub(super) fn deleted_on_merge(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let posture = subject.repo.posture.known()?;
    let setting = Evidence::new("Repository.deleteBranchOnMerge", posture.delete_branch_on_merge);
    if posture.delete_branch_on_merge {
        return Ok(Outcome::passed("Branches are deleted when they are merged.", [setting]));
    }
    let activity = subject.repo.activity.known()?;
    let (merged, branches) = (activity.merged.known()?, activity.branches.known()?);
    let mut left: Vec<&str> = merged.items.iter().map(|pull| pull.head.as_str()).collect();
    left.sort_unstable();
    left.dedup();
    let lasting = |name: &str| {
        merged.items.iter().any(|pull| pull.base == name) || name == subject.repo.listing.default_branch
    };
    left.retain(|name| branches.items.iter().any(|branch| branch == name) && !lasting(name));
    let detail = format!("Branches are not deleted on merge; merged ones left over: {}.", left.len());
    let seen = left.iter().map(|name| Evidence::new("merged branch", name));
    let seen = std::iter::once(setting).chain(seen);
    if Decimal::from(left.len()) >= limits.get("max_merged_left") {
        return Ok(Outcome::failed(detail, seen));
    }
    if !branches.is_complete() {
        return Err(Gap::unavailable(format!(
            "only {} of {} branches were listed",
            branches.items.len(),
            branches.total
        )));
    }
    Ok(Outcome::warning(detail, seen))
}

/// REPO-012.
pub(super) fn merge_methods(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (posture, branch) = default_branch(subject)?;
    let settings = [
        ("MERGE", posture.merge_commit_allowed),
        ("SQUASH", posture.squash_merge_allowed),
        ("REBASE", posture.rebase_merge_allowed),
    ];
    let allowed: Vec<&str> = settings.iter().filter(|(_, on)| *on).map(|(method, _)| *method).collect();
    let limit = limits.get("max_methods");
    let verdict = |left: &[&str]| format!("Merge methods open: {}.", left.join(", "));
    let few = |left: &[&str]| Decimal::from(left.len()) <= limit;
    if few(&allowed) {
        let seen = Evidence::new("Repository merge settings", allowed.join(", "));
        return Ok(Outcome::passed(verdict(&allowed), [seen]));
    }
    let Some(branch) = branch else { return Ok(Outcome::failed(verdict(&allowed), [])) };
    let protection = Protection::of(branch);
    let left = ruled(&protection, allowed);
    if few(&left) {
        let seen = protection.rule(&["PULL_REQUEST"]);
        return Ok(Outcome::passed(verdict(&left), seen));
    }
    Ok(match protection.linear_history().known()? {
        Some(seen) => Outcome::passed("Linear history is required.", [seen]),
        None => {
            Outcome::failed(verdict(&left), [Evidence::new("Repository merge settings", left.join(", "))])
        }
    })
}

/// The methods that every active pull-request rule leaves; an empty list in a rule limits nothing.
fn ruled<'m>(protection: &Protection<'_>, mut methods: Vec<&'m str>) -> Vec<&'m str> {
    for rule in protection.rules() {
        if let RuleParameters::PullRequest { merge_methods, .. } = &rule.parameters {
            methods.retain(|method| merge_methods.is_empty() || merge_methods.iter().any(|m| m == method));
        }
    }
    methods
}
