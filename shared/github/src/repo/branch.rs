//! The default branch and what protects it.
//!
//! What a newcomer gets wrong: callers without administration rights get null for a branch protection rule that
//! exists. `refUpdateRule` shows everyone that there is one, so null beside it is a missing permission.

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        posture::{BranchProtection, DefaultBranch, RefUpdateRule},
        snapshot::Head,
    },
};
use serde::Deserialize;

use super::rules;
use crate::{
    client::Client,
    graphql::view::{Connection, View},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    oid: String,
    tarball_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protection {
    pattern: String,
    requires_approving_reviews: bool,
    required_approving_review_count: Option<u64>,
    dismisses_stale_reviews: bool,
    requires_code_owner_reviews: bool,
    is_admin_enforced: bool,
    allows_force_pushes: bool,
    allows_deletions: bool,
    requires_commit_signatures: bool,
    requires_status_checks: bool,
    requires_strict_status_checks: bool,
    required_status_checks: Option<Vec<Context>>,
    requires_conversation_resolution: bool,
    requires_linear_history: bool,
    require_last_push_approval: bool,
    restricts_pushes: bool,
    lock_branch: bool,
    requires_deployments: bool,
    required_deployment_environments: Option<Vec<Option<String>>>,
    bypass_force_push_allowances: Option<super::posture::Counted>,
    bypass_pull_request_allowances: Option<super::posture::Counted>,
}

#[derive(Deserialize)]
struct Context {
    context: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateRule {
    allows_force_pushes: bool,
    allows_deletions: bool,
    required_approving_review_count: Option<u64>,
    requires_code_owner_reviews: bool,
    requires_signatures: bool,
    requires_linear_history: bool,
    requires_conversation_resolution: bool,
    required_status_check_contexts: Option<Vec<Option<String>>>,
}

/// Reads the default branch; `None` for an empty repository.
pub(super) fn read(repo: &View<'_>, client: &Client) -> Result<Option<DefaultBranch>, Gap> {
    let branch = repo.at("defaultBranchRef");
    if branch.is_null() {
        return match repo.gap("defaultBranchRef", &[]) {
            Some(gap) => Err(gap),
            None => Ok(None),
        };
    }
    let update_rule: Fact<Option<UpdateRule>> = branch.optional("refUpdateRule", &[]).into();
    let is_subject = matches!(&update_rule, Fact::Known(Some(_)));
    Ok(Some(DefaultBranch {
        name: branch.read::<super::posture::Name>()?.name,
        head: head(&branch).into(),
        protection: protection(&branch, is_subject && !administers(repo, client)),
        update_rule: update_rule.map(|rule| rule.map(ref_update_rule)),
        rules: branch.required("rules", &[]).map(|found: Connection<_>| rules::branch_rules(found)).into(),
    }))
}

/// Name, commit and archive link of a `Ref`.
pub(crate) fn head(branch: &View<'_>) -> Result<Head, Gap> {
    // Without `contents:read` GitHub shows the branch and hides its commit.
    let target = branch.optional::<Target>("target", &["status", "headSuites", "history"])?;
    let target = target.ok_or_else(|| Gap::forbidden("contents"))?;
    let name: super::posture::Name = branch.read()?;
    let oid = target.oid.parse().map_err(|_| Gap::unavailable("GitHub answered something unreadable"))?;
    Ok(Head { branch: name.name, oid, tarball_url: target.tarball_url })
}

/// Whether null for a protection rule may be believed.
fn administers(repo: &View<'_>, client: &Client) -> bool {
    let is_admin = repo.fact::<String>("viewerPermission").ok().is_some_and(|level| level == "ADMIN");
    let sees_keys = repo.gap("deployKeys", &[]).is_none();
    is_admin || sees_keys || client.context().holds("administration") == Some(true)
}

fn protection(branch: &View<'_>, null_hides_one: bool) -> Fact<Option<BranchProtection>> {
    match branch.optional::<Protection>("branchProtectionRule", &[]) {
        Err(gap) => Fact::Unknown(gap),
        Ok(None) if null_hides_one => Fact::Unknown(Gap::forbidden("administration")),
        Ok(rule) => Fact::Known(rule.map(branch_protection)),
    }
}

fn branch_protection(rule: Protection) -> BranchProtection {
    let environments = rule.required_deployment_environments.unwrap_or_default().into_iter().flatten();
    BranchProtection {
        pattern: rule.pattern,
        requires_approving_reviews: rule.requires_approving_reviews,
        required_approving_review_count: rule.required_approving_review_count.unwrap_or(0),
        dismisses_stale_reviews: rule.dismisses_stale_reviews,
        requires_code_owner_reviews: rule.requires_code_owner_reviews,
        is_admin_enforced: rule.is_admin_enforced,
        allows_force_pushes: rule.allows_force_pushes,
        allows_deletions: rule.allows_deletions,
        requires_commit_signatures: rule.requires_commit_signatures,
        requires_status_checks: rule.requires_status_checks,
        requires_strict_status_checks: rule.requires_strict_status_checks,
        required_status_checks: contexts(rule.required_status_checks),
        requires_conversation_resolution: rule.requires_conversation_resolution,
        requires_linear_history: rule.requires_linear_history,
        require_last_push_approval: rule.require_last_push_approval,
        restricts_pushes: rule.restricts_pushes,
        lock_branch: rule.lock_branch,
        required_deployment_environments: if rule.requires_deployments {
            environments.collect()
        } else {
            Vec::new()
        },
        bypass_force_push_allowances: rule
            .bypass_force_push_allowances
            .map_or(0, |allowances| allowances.total()),
        bypass_pull_request_allowances: rule
            .bypass_pull_request_allowances
            .map_or(0, |allowances| allowances.total()),
    }
}

fn contexts(checks: Option<Vec<Context>>) -> Vec<String> {
    checks.unwrap_or_default().into_iter().map(|check| check.context).collect()
}

fn ref_update_rule(rule: UpdateRule) -> RefUpdateRule {
    let contexts = rule.required_status_check_contexts.unwrap_or_default();
    RefUpdateRule {
        allows_force_pushes: rule.allows_force_pushes,
        allows_deletions: rule.allows_deletions,
        required_approving_review_count: rule.required_approving_review_count,
        requires_code_owner_reviews: rule.requires_code_owner_reviews,
        requires_signatures: rule.requires_signatures,
        requires_linear_history: rule.requires_linear_history,
        requires_conversation_resolution: rule.requires_conversation_resolution,
        required_status_check_contexts: contexts.into_iter().flatten().collect(),
    }
}
