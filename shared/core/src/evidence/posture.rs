//! GraphQL `RepoPosture`: settings, protection, access and environments of one repository, read on every scan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Page, snapshot::Head};
use crate::fact::Fact;

/// Settings of a repository. Plain fields need only `metadata:read`; the rest are facts of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepoPosture {
    /// Head of the default branch; `None` for an empty repository.
    pub default_branch: Option<DefaultBranch>,
    /// `primaryLanguage.name`.
    pub primary_language: Option<String>,
    /// `(language, bytes)`, largest first, at most 10.
    pub languages: Vec<(String, u64)>,
    /// `hasWikiEnabled`.
    pub has_wiki: bool,
    /// `hasDiscussionsEnabled`.
    pub has_discussions: bool,
    /// `hasProjectsEnabled`.
    pub has_projects: bool,
    /// `hasIssuesEnabled`.
    pub has_issues: bool,
    /// `hasVulnerabilityAlertsEnabled`.
    pub vulnerability_alerts_enabled: Fact<bool>,
    /// `vulnerabilityAlerts(states: OPEN).totalCount`.
    pub open_vulnerability_alerts: Fact<u64>,
    /// `isSecurityPolicyEnabled`.
    pub security_policy_enabled: Option<bool>,
    /// `securityPolicyUrl`.
    pub security_policy_url: Option<String>,
    /// `homepageUrl`.
    pub homepage_url: Option<String>,
    /// `mergeCommitAllowed`.
    pub merge_commit_allowed: bool,
    /// `squashMergeAllowed`.
    pub squash_merge_allowed: bool,
    /// `rebaseMergeAllowed`.
    pub rebase_merge_allowed: bool,
    /// `autoMergeAllowed`.
    pub auto_merge_allowed: bool,
    /// `deleteBranchOnMerge`.
    pub delete_branch_on_merge: bool,
    /// `forkingAllowed`.
    pub forking_allowed: bool,
    /// `webCommitSignoffRequired`.
    pub web_commit_signoff: bool,
    /// `mirrorUrl` is set.
    pub is_mirror: bool,
    /// `isTemplate`.
    pub is_template: bool,
    /// `licenseInfo.spdxId`; `NOASSERTION` for a licence GitHub does not know.
    pub license: Option<String>,
    /// `codeowners.errors`; `None` when the repository has no CODEOWNERS file.
    /// Needs `contents:read`.
    pub codeowners_errors: Fact<Option<Vec<CodeownersError>>>,
    /// Whether `.github/assurance.yml` is in the default branch (`object(expression:)`). Needs `contents:read`.
    pub has_assurance: Fact<bool>,
    /// `issueTemplates.filename`.
    pub issue_templates: Vec<String>,
    /// `pullRequestTemplates.filename`.
    pub pull_request_templates: Vec<String>,
    /// `contributingGuidelines.url`.
    pub contributing_url: Option<String>,
    /// `codeOfConduct.key`.
    pub code_of_conduct: Option<String>,
    /// `contactLinks.url`.
    pub contact_links: Vec<String>,
    /// `repositoryTopics`.
    pub topics: Vec<String>,
    /// `labels.name`, at most 100.
    pub labels: Vec<String>,
    /// `projectsV2.totalCount`.
    pub projects: Fact<u64>,
    /// `discussions.totalCount` and the newest's date.
    pub discussions: Fact<(u64, Option<Timestamp>)>,
    /// `rulesets(includeParents: true)`.
    pub rulesets: Fact<Page<Ruleset>>,
    /// `deployKeys`.
    pub deploy_keys: Fact<Page<DeployKey>>,
    /// `collaborators(affiliation: OUTSIDE)`.
    pub outside_collaborators: Fact<Page<Collaborator>>,
    /// `collaborators(affiliation: DIRECT)`.
    pub direct_collaborators: Fact<Page<Collaborator>>,
    /// `environments`.
    pub environments: Fact<Page<Environment>>,
}

/// The default branch and what protects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultBranch {
    /// Name.
    pub name: String,
    /// Head commit; needs `contents:read`.
    pub head: Fact<Head>,
    /// `branchProtectionRule`: needs `administration:read`; `None` when there is no classic rule.
    pub protection: Fact<Option<BranchProtection>>,
    /// `refUpdateRule`: what applies to the caller, readable with `metadata:read`.
    pub update_rule: Fact<Option<RefUpdateRule>>,
    /// `rules`: ruleset rules that apply to the branch.
    pub rules: Fact<Vec<BranchRule>>,
}

/// GraphQL `BranchProtectionRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchProtection {
    /// `pattern`.
    pub pattern: String,
    /// `requiresApprovingReviews`.
    pub requires_approving_reviews: bool,
    /// `requiredApprovingReviewCount`.
    pub required_approving_review_count: u64,
    /// `dismissesStaleReviews`.
    pub dismisses_stale_reviews: bool,
    /// `requiresCodeOwnerReviews`.
    pub requires_code_owner_reviews: bool,
    /// `isAdminEnforced`.
    pub is_admin_enforced: bool,
    /// `allowsForcePushes`.
    pub allows_force_pushes: bool,
    /// `allowsDeletions`.
    pub allows_deletions: bool,
    /// `requiresCommitSignatures`.
    pub requires_commit_signatures: bool,
    /// `requiresStatusChecks`.
    pub requires_status_checks: bool,
    /// `requiresStrictStatusChecks`.
    pub requires_strict_status_checks: bool,
    /// `requiredStatusChecks.context`.
    pub required_status_checks: Vec<String>,
    /// `requiresConversationResolution`.
    pub requires_conversation_resolution: bool,
    /// `requiresLinearHistory`.
    pub requires_linear_history: bool,
    /// `requireLastPushApproval`.
    pub require_last_push_approval: bool,
    /// `restrictsPushes`.
    pub restricts_pushes: bool,
    /// `lockBranch`.
    pub lock_branch: bool,
    /// `requiredDeploymentEnvironments` when `requiresDeployments`.
    pub required_deployment_environments: Vec<String>,
    /// `bypassForcePushAllowances.totalCount`.
    pub bypass_force_push_allowances: u64,
    /// `bypassPullRequestAllowances.totalCount`.
    pub bypass_pull_request_allowances: u64,
}

/// GraphQL `RefUpdateRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefUpdateRule {
    /// `allowsForcePushes`.
    pub allows_force_pushes: bool,
    /// `allowsDeletions`.
    pub allows_deletions: bool,
    /// `requiredApprovingReviewCount`.
    pub required_approving_review_count: Option<u64>,
    /// `requiresCodeOwnerReviews`.
    pub requires_code_owner_reviews: bool,
    /// `requiresSignatures`.
    pub requires_signatures: bool,
    /// `requiresLinearHistory`.
    pub requires_linear_history: bool,
    /// `requiresConversationResolution`.
    pub requires_conversation_resolution: bool,
    /// `requiredStatusCheckContexts`.
    pub required_status_check_contexts: Vec<String>,
}

/// A ruleset rule that applies to the default branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchRule {
    /// GraphQL `RepositoryRuleType`, e.g. `PULL_REQUEST`.
    pub rule_type: String,
    /// `repositoryRuleset.enforcement`: `ACTIVE`, `EVALUATE` or `DISABLED`.
    pub enforcement: String,
    /// `repositoryRuleset.databaseId`.
    pub ruleset_id: Option<u64>,
    /// What the rule asks for.
    pub parameters: RuleParameters,
}

/// Parameters of a rule, those that decisions read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleParameters {
    /// `PullRequestParameters`.
    PullRequest {
        /// `requiredApprovingReviewCount`.
        approvals: u64,
        /// `dismissStaleReviewsOnPush`.
        dismiss_stale: bool,
        /// `requireCodeOwnerReview`.
        code_owner: bool,
        /// `requireLastPushApproval`.
        last_push: bool,
        /// `requiredReviewThreadResolution`.
        threads: bool,
        /// `allowedMergeMethods`: `MERGE`, `SQUASH`, `REBASE`; empty = all.
        merge_methods: Vec<String>,
    },
    /// `RequiredStatusChecksParameters`.
    StatusChecks {
        /// `strictRequiredStatusChecksPolicy`.
        strict: bool,
        /// `requiredStatusChecks.context`.
        contexts: Vec<String>,
    },
    /// `CodeScanningParameters`.
    CodeScanning {
        /// `codeScanningTools`: `(tool, securityAlertsThreshold)`, the latter `none`, `critical`, `high_or_higher`,
        /// `medium_or_higher` or `all`.
        tools: Vec<(String, String)>,
    },
    /// `WorkflowsParameters`.
    Workflows {
        /// `workflows.path`.
        paths: Vec<String>,
    },
    /// `RequiredDeploymentsParameters`.
    Deployments {
        /// `requiredDeploymentEnvironments`.
        environments: Vec<String>,
    },
    /// `BranchNamePatternParameters`, `TagNamePatternParameters` or `CommitMessagePatternParameters`.
    Pattern {
        /// `operator`, e.g. `regex`, `starts_with`.
        operator: String,
        /// `pattern`.
        pattern: String,
        /// `negate`.
        negate: bool,
    },
    /// `FilePathRestrictionParameters`.
    FilePaths {
        /// `restrictedFilePaths`.
        paths: Vec<String>,
    },
    /// `MergeQueueParameters`, parameters we do not read, or none.
    None,
}

/// A ruleset of the repository or inherited from the organization or enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruleset {
    /// `databaseId`.
    pub id: Option<u64>,
    /// `name`.
    pub name: String,
    /// `target`: `BRANCH`, `TAG`, `PUSH`, …
    pub target: Option<String>,
    /// `enforcement`: `ACTIVE`, `EVALUATE` or `DISABLED`.
    pub enforcement: String,
    /// `source.__typename`: `Repository`, `Organization` or `Enterprise`.
    pub source: String,
    /// `conditions.refName.include`.
    pub include: Vec<String>,
    /// `conditions.refName.exclude`.
    pub exclude: Vec<String>,
    /// `bypassActors`; unknown to callers without write access to the ruleset.
    pub bypass_actors: Fact<Page<BypassActor>>,
    /// Types and parameters of its rules.
    pub rules: Vec<(String, RuleParameters)>,
}

/// Who may bypass a ruleset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BypassActor {
    /// `bypassMode`: `ALWAYS`, `PULL_REQUEST` or `EXEMPT`.
    pub mode: String,
    /// `organizationAdmin` or `enterpriseOwner`.
    pub is_owner: bool,
    /// `deployKey`.
    pub is_deploy_key: bool,
    /// `repositoryRoleName`, e.g. `admin`.
    pub repository_role: Option<String>,
    /// `actor.__typename`: `Team`, `User` or `App`.
    pub actor: Option<String>,
}

/// A deploy key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployKey {
    /// `title`.
    pub title: String,
    /// `readOnly`.
    pub read_only: bool,
    /// `createdAt`.
    pub created_at: Timestamp,
    /// `enabled`.
    pub enabled: bool,
}

/// A person's access to a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collaborator {
    /// Login.
    pub login: String,
    /// `permission`: `READ`, `TRIAGE`, `WRITE`, `MAINTAIN` or `ADMIN`.
    pub permission: String,
    /// `permissionSources.source.__typename`: `Repository`, `Team` or `Organization`; empty for outside collaborators.
    pub sources: Vec<String>,
}

/// A deployment environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Name.
    pub name: String,
    /// Its protection rules.
    pub rules: Vec<EnvironmentRule>,
}

/// A protection rule of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentRule {
    /// `type`: `REQUIRED_REVIEWERS`, `WAIT_TIMER`, `BRANCH_POLICY`; anything else is a custom gate.
    pub rule_type: String,
    /// `preventSelfReview`.
    pub prevent_self_review: bool,
}

/// An error GitHub found in CODEOWNERS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeownersError {
    /// `kind`, e.g. `Unknown owner`.
    pub kind: String,
    /// 1-based line.
    pub line: u64,
    /// Path of the file.
    pub path: String,
}
