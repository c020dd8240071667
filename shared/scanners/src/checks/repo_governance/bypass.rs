//! REPO-005: do the rules bind administrators?

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        RepoPosture,
        posture::{BranchProtection, BypassActor, DefaultBranch, Ruleset},
    },
};

use super::{
    branch::{default_branch, no_branch},
    protection::Protection,
};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
};

/// REPO-005. Classic rule and rulesets each bind by themselves, so the better of the two counts.
pub(super) fn admins_bound(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let (posture, Some(branch)) = default_branch(subject)? else { return Ok(no_branch()) };
    let classic = branch.protection.known()?.as_ref().map(by_classic);
    if let Some(Outcome::Passed(_)) = classic {
        return classic.ok_or_else(|| Gap::unavailable("the protection rule was not returned"));
    }
    let ruled = by_rulesets(subject, posture, branch);
    match (classic, ruled) {
        // Calls about bypasses are made for repositories with rulesets only: the classic rule decides alone.
        (Some(classic), Err(_) | Ok(None)) => Ok(classic),
        (Some(Outcome::Warning(verdict)), Ok(Some(Outcome::Failed(_)))) => Ok(Outcome::Warning(verdict)),
        (_, Ok(Some(ruled))) => Ok(ruled),
        (None, Ok(None)) => {
            Ok(Outcome::failed("No rule protects the branch, so none binds administrators.", []))
        }
        (None, Err(gap)) => Err(gap),
    }
}

fn by_classic(rule: &BranchProtection) -> Outcome {
    let enforced = Evidence::new("BranchProtectionRule.isAdminEnforced", rule.is_admin_enforced);
    let allowances = rule.bypass_pull_request_allowances;
    let allowed = Evidence::new("BranchProtectionRule.bypassPullRequestAllowances", allowances);
    if !rule.is_admin_enforced {
        Outcome::failed("The branch protection rule does not bind administrators.", [enforced])
    } else if allowances > 0 {
        let detail = format!("Administrators are bound, but {allowances} actors may bypass pull requests.");
        Outcome::warning(detail, [enforced, allowed])
    } else {
        Outcome::passed(
            "The branch protection rule binds administrators, and nobody may bypass it.",
            [enforced],
        )
    }
}

/// The worst verdict over the active rulesets of the branch; none when there are none.
fn by_rulesets(
    subject: &RepoSubject<'_>,
    posture: &RepoPosture,
    branch: &DefaultBranch,
) -> Result<Option<Outcome>, Gap> {
    branch.rules.known()?;
    let protection = Protection::of(branch);
    if protection.rules().is_empty() {
        return Ok(None);
    }
    let page = posture.rulesets.known()?;
    let ids: Vec<Option<u64>> = protection.rules().iter().map(|rule| rule.ruleset_id).collect();
    let sets: Vec<&Ruleset> = page.items.iter().filter(|set| ids.contains(&set.id)).collect();
    let may_bypass = |mode: &'static [&'static str]| {
        let actors = sets.iter().filter_map(|set| Some((set, &set.bypass_actors.ok()?.items)));
        let actors = actors.flat_map(|(set, items)| items.iter().map(move |actor| (set, actor)));
        actors
            .filter(move |(_, actor)| is_admin(actor) && mode.contains(&actor.mode.as_str()))
            .map(|(set, actor)| Evidence::new(format!("ruleset \"{}\"", set.name), who(actor)))
            .collect::<Vec<_>>()
    };
    let always = may_bypass(&["ALWAYS", "EXEMPT"]);
    if let Some(first) = always.first() {
        let detail = format!("{} lets administrators bypass it at any time ({}).", first.source, first.value);
        return Ok(Some(Outcome::failed(detail, always)));
    }
    let hidden = sets.is_empty() || sets.iter().any(|set| !is_visible(set)) || !page.is_complete();
    if hidden && let Some(outcome) = by_rule_suites(&subject.repo.details.rule_bypasses)? {
        return Ok(Some(outcome));
    }
    let by_pull_request = may_bypass(&["PULL_REQUEST"]);
    Ok(Some(match by_pull_request.first() {
        Some(first) => {
            let detail = format!("{} lets administrators bypass it in pull requests.", first.source);
            Outcome::warning(detail, by_pull_request)
        }
        None if hidden => {
            let suites =
                Evidence::new("GET /repos/{owner}/{repo}/rulesets/rule-suites", "no bypass in a month");
            Outcome::warning("Who may bypass the rulesets is hidden; nobody did in a month.", [suites])
        }
        None => {
            let seen =
                sets.iter().map(|set| Evidence::new(format!("ruleset \"{}\"", set.name), "no admin bypass"));
            Outcome::passed("The rulesets bind administrators.", seen)
        }
    }))
}

fn is_visible(set: &Ruleset) -> bool {
    set.bypass_actors.ok().is_some_and(scrutineer_core::evidence::Page::is_complete)
}

/// What the month's bypasses show: failed when a person did.
fn by_rule_suites(bypasses: &Fact<Vec<String>>) -> Result<Option<Outcome>, Gap> {
    let people: Vec<&String> = bypasses.known()?.iter().filter(|name| !name.ends_with("[bot]")).collect();
    let Some(first) = people.first() else { return Ok(None) };
    let detail = format!("People bypassed the rules this month: {}, e.g. {first}.", people.len());
    let seen = people.iter().map(|name| {
        Evidence::new("GET /repos/{owner}/{repo}/rulesets/rule-suites", format!("bypass by {name}"))
    });
    Ok(Some(Outcome::failed(detail, seen)))
}

fn is_admin(actor: &BypassActor) -> bool {
    actor.is_owner || actor.repository_role.as_deref() == Some("admin")
}

fn who(actor: &BypassActor) -> String {
    let who = if actor.is_owner { "owners" } else { "role admin" };
    format!("{who}, {}", actor.mode)
}
