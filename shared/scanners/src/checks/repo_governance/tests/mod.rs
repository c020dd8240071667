//! Every status of every governance check, and both sides of every threshold.

mod branch;
mod reviews;
mod versions;

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page, RepoActivity, RepoPosture,
        activity::Tag,
        posture::{BranchProtection, BranchRule, DefaultBranch, RefUpdateRule, RuleParameters, Ruleset},
    },
};

use crate::{
    finding::Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, bypass, forbidden, merged_pull, ruleset},
};

#[test]
fn every_case_holds() {
    assert_cases(&cases());
}

/// The cases of all governance checks.
pub(crate) fn cases() -> Vec<Case> {
    [
        branch::protected(),
        reviews::reviews(),
        reviews::two_approvals(),
        reviews::stale(),
        reviews::admins(),
        branch::force_push(),
        branch::signed(),
        versions::codeowners(),
        versions::names(),
        versions::tags(),
        branch::deleted_on_merge(),
        branch::merge_methods(),
        branch::nothing_to_protect(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn posture(world: &mut RepoWorld) -> &mut RepoPosture {
    match &mut world.repo.posture {
        Fact::Known(posture) => posture,
        Fact::Unknown(_) => panic!("the world's posture is known"),
    }
}

fn activity(world: &mut RepoWorld) -> &mut RepoActivity {
    match &mut world.repo.activity {
        Fact::Known(activity) => activity,
        Fact::Unknown(_) => panic!("the world's activity is known"),
    }
}

fn branch(world: &mut RepoWorld) -> &mut DefaultBranch {
    posture(world).default_branch.as_mut().unwrap()
}

/// The classic rule as `change` leaves it.
fn classic(world: &mut RepoWorld, change: fn(&mut BranchProtection)) {
    match &mut branch(world).protection {
        Fact::Known(Some(rule)) => change(rule),
        _ => panic!("the world has a classic rule"),
    }
}

/// No classic rule and no ruleset.
fn bare(world: &mut RepoWorld) {
    branch(world).protection = Fact::Known(None);
    branch(world).update_rule = Fact::Known(None);
}

/// The classic rule is hidden; what `metadata:read` shows of it is as `change` leaves it.
fn hidden(world: &mut RepoWorld, change: fn(&mut RefUpdateRule)) {
    branch(world).protection = forbidden("administration");
    match &mut branch(world).update_rule {
        Fact::Known(Some(rule)) => change(rule),
        _ => panic!("the world has an update rule"),
    }
}

/// A rule of a ruleset instead of the classic rule.
fn ruled(world: &mut RepoWorld, rule_type: &str, parameters: RuleParameters) {
    bare(world);
    let rule = BranchRule {
        rule_type: rule_type.into(),
        enforcement: "ACTIVE".into(),
        ruleset_id: Some(9),
        parameters,
    };
    branch(world).rules = Fact::Known(vec![rule]);
    sets(world, vec![ruleset(9, "BRANCH", &["~DEFAULT_BRANCH"], &[(rule_type, RuleParameters::None)])]);
}

fn sets(world: &mut RepoWorld, sets: Vec<Ruleset>) {
    posture(world).rulesets = Fact::Known(Page::all(sets));
}

fn pull_request(approvals: u64) -> RuleParameters {
    RuleParameters::PullRequest {
        approvals,
        dismiss_stale: false,
        code_owner: false,
        last_push: false,
        threads: false,
        merge_methods: vec![],
    }
}

/// A mode in which rules are only rehearsed.
fn evaluate(mut set: Ruleset) -> Ruleset {
    set.enforcement = "EVALUATE".into();
    set
}
