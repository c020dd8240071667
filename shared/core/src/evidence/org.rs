//! Evidence about the organization itself, read once per scan.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;
use crate::{
    fact::Fact,
    ids::{Login, RepoName},
};

/// Everything read about one organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrgEvidence {
    /// When it was read; decisions about age count from here.
    pub observed_at: Timestamp,
    /// The organization.
    pub login: Login,
    /// The host that answered.
    pub platform: Fact<Platform>,
    /// `GET /versions` and the version we pin.
    pub api_versions: Fact<ApiVersions>,
    /// The kind of credential that read all this.
    pub credential: CredentialKind,
    /// `GET /orgs/{org}`; fields a credential may not see are absent there and unknown here.
    pub settings: OrgSettings,
    /// GraphQL `OrgSettings`.
    pub security: OrgSecurity,
    /// GraphQL `OrgMembers`, all pages.
    pub members: Fact<Page<Member>>,
    /// Logins without two-factor authentication (`filter=2fa_disabled`), members then outside collaborators.
    pub without_two_factor: Fact<Vec<Login>>,
    /// GraphQL `OrgTeams`, all pages.
    pub teams: Fact<Page<Team>>,
    /// `GET /orgs/{org}/actions/*`.
    pub actions: ActionsPolicy,
    /// Runners of the organization.
    pub runners: Runners,
    /// `GET /orgs/{org}/code-security/configurations`.
    pub security_configurations: Fact<Vec<SecurityConfiguration>>,
    /// `GET /orgs/{org}/secret-scanning/custom-patterns`.
    pub custom_secret_patterns: Fact<Vec<CustomPattern>>,
    /// `GET /orgs/{org}/custom-repository-roles`.
    pub repository_roles: Fact<Vec<CustomRole>>,
    /// `GET /orgs/{org}/organization-roles` with the teams that hold each.
    pub organization_roles: Fact<Vec<OrganizationRole>>,
    /// `GET /orgs/{org}/installations`.
    pub installations: Fact<Vec<Installation>>,
    /// `GET /orgs/{org}/hooks`.
    pub hooks: Fact<Vec<Hook>>,
    /// `GET /orgs/{org}/actions/secrets`: names and dates, never values.
    pub actions_secrets: Fact<Vec<OrgSecret>>,
    /// `GET /orgs/{org}/private-registries`: registry types.
    pub private_registries: Fact<Vec<String>>,
    /// `GET /orgs/{org}/properties/schema`: property names.
    pub property_schema: Fact<Vec<String>>,
    /// `GET /orgs/{org}/settings/immutable-releases#enforced_repositories`: `all`, `selected` or `none`.
    pub immutable_releases: Fact<String>,
    /// `GET /orgs/{org}/audit-log?per_page=1`: readable, and whether it holds any entry.
    pub audit_log: Fact<bool>,
    /// The same with `phrase=action:secret_scanning`: whether a secret-scanning event is on record.
    pub secret_audit_log: Fact<bool>,
    /// `GET /enterprises/{enterprise}/audit-log/streams`.
    pub audit_streams: Fact<Vec<AuditStream>>,
    /// `GET /orgs/{org}/personal-access-tokens` (GitHub Apps only).
    pub fine_grained_tokens: Fact<Vec<FineGrainedToken>>,
    /// `GET /orgs/{org}/credential-authorizations` (SAML organizations only).
    pub credential_authorizations: Fact<Vec<CredentialAuthorization>>,
    /// `GET /orgs/{org}/copilot/billing/seats`: last activity by login.
    pub copilot_seats: Fact<BTreeMap<String, Option<Timestamp>>>,
    /// `GET /orgs/{org}/migrations` (classic PAT only): creation dates.
    pub migrations: Fact<Vec<Timestamp>>,
}

/// The host behind the configured API address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Platform {
    /// github.com.
    GitHubCom,
    /// `<subdomain>.ghe.com`, data residency.
    GheCom {
        /// The tenant's subdomain.
        subdomain: String,
    },
    /// GitHub Enterprise Server.
    Ghes {
        /// The installed release, e.g. `3.17.2`.
        version: String,
    },
    /// A host that answers like GitHub but is none of the above.
    Unrecognised {
        /// The host name.
        host: String,
    },
}

/// The calendar versions of the REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiVersions {
    /// The version every request of ours carries.
    pub pinned: String,
    /// What the host offers, oldest first.
    pub offered: Vec<String>,
}

/// How the provider authenticates; some evidence exists for some kinds only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A GitHub App installation token.
    AppInstallation,
    /// A fine-grained personal access token.
    FineGrainedPat,
    /// A classic personal access token.
    ClassicPat,
}

/// `GET /orgs/{org}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgSettings {
    /// `plan.name`: `free`, `team`, `business`, `business_plus`, `enterprise`.
    pub plan: Fact<String>,
    /// `two_factor_requirement_enabled`.
    pub two_factor_required: Fact<bool>,
    /// `default_repository_permission`: `none`, `read`, `write` or `admin`.
    pub default_repository_permission: Fact<String>,
    /// `members_can_create_public_repositories`.
    pub members_can_create_public_repositories: Fact<bool>,
    /// `members_allowed_repository_creation_type`: `all`, `private` or `none`.
    pub members_allowed_repository_creation_type: Fact<String>,
    /// `members_can_change_repo_visibility`.
    pub members_can_change_repo_visibility: Fact<bool>,
    /// `deploy_keys_enabled_for_repositories`.
    pub deploy_keys_enabled: Fact<bool>,
    /// Enterprise-managed users: logins carry the enterprise's short code.
    pub managed_users: Fact<bool>,
}

/// GraphQL `OrgSettings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgSecurity {
    /// The GraphQL node id.
    pub node_id: Fact<String>,
    /// `requiresTwoFactorAuthentication`; null for callers who may not see it.
    pub requires_two_factor: Fact<bool>,
    /// `ipAllowListEnabledSetting` and what belongs to it.
    pub ip_allow_list: Fact<IpAllowList>,
    /// `samlIdentityProvider`; `None` when there is none.
    pub saml: Fact<Option<IdentityProvider>>,
    /// `isVerified`.
    pub is_verified: Fact<bool>,
    /// `membersCanForkPrivateRepositories`.
    pub members_can_fork_private: Fact<bool>,
    /// `webCommitSignoffRequired`.
    pub web_commit_signoff: Fact<bool>,
    /// `projectsV2.totalCount`.
    pub projects: Fact<u64>,
    /// `domains`.
    pub domains: Fact<Vec<String>>,
    /// `rulesets`.
    pub rulesets: Fact<Vec<OrgRuleset>>,
    /// `.github`, when it exists.
    pub dot_github: Fact<Option<ProfileRepo>>,
    /// `.github-private`, when it exists.
    pub dot_github_private: Fact<Option<ProfileRepo>>,
}

/// The organization's IP allow list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpAllowList {
    /// `ipAllowListEnabledSetting == ENABLED`.
    pub enabled: bool,
    /// `ipAllowListForInstalledAppsEnabledSetting == ENABLED`.
    pub applies_to_apps: bool,
    /// `(allowListValue, isActive)`.
    pub entries: Vec<(String, bool)>,
}

/// A SAML identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// Single sign-on address.
    pub sso_url: Option<String>,
    /// Linked identities.
    pub external_identities: u64,
}

/// A ruleset of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgRuleset {
    /// Name.
    pub name: String,
    /// `BRANCH`, `TAG`, `PUSH`, …
    pub target: Option<String>,
    /// `ACTIVE`, `EVALUATE` or `DISABLED`.
    pub enforcement: String,
    /// Rule types, e.g. `PULL_REQUEST`.
    pub rules: Vec<String>,
}

/// The organization's profile repository (`.github`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRepo {
    /// Full name.
    pub name: RepoName,
    /// Its default branch head, when it has one.
    pub head: Option<super::snapshot::Head>,
}

/// A member of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Login.
    pub login: Login,
    /// Organization owner.
    pub is_owner: bool,
    /// `hasTwoFactorEnabled`; null when hidden.
    pub two_factor: Fact<bool>,
    /// `hasAnyContributions` or `hasAnyRestrictedContributions` in the last 180 days.
    pub contributed: Fact<bool>,
}

/// A team and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Slug.
    pub slug: String,
    /// `members.totalCount`.
    pub members: u64,
    /// Logins of its members, the first 100.
    #[serde(default)]
    pub logins: Vec<String>,
    /// `reviewRequestDelegationEnabled`.
    pub review_delegation: bool,
    /// `notificationSetting == NOTIFICATIONS_ENABLED`; `None` where the host does not say.
    pub notifications: Option<bool>,
    /// `(repository name without owner, permission)`, e.g. `("api", "ADMIN")`.
    pub repositories: Page<(String, String)>,
}

/// Organization-wide policy for GitHub Actions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionsPolicy {
    /// `enabled_repositories`: `all`, `none` or `selected`.
    pub enabled_repositories: Fact<String>,
    /// `allowed_actions`: `all`, `local_only` or `selected`; `None` when Actions is off.
    pub allowed_actions: Fact<Option<String>>,
    /// `sha_pinning_required`; false on hosts that do not know it.
    pub sha_pinning_required: Fact<bool>,
    /// `selected-actions`: `None` unless `allowed_actions` is `selected`.
    pub selected: Fact<Option<SelectedActions>>,
    /// `default_workflow_permissions`: `read` or `write`.
    pub default_workflow_permissions: Fact<String>,
    /// `artifact-and-log-retention#days`.
    pub retention_days: Fact<u64>,
    /// `fork-pr-contributor-approval#approval_policy`.
    pub fork_approval: Fact<String>,
}

/// Which third-party actions may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectedActions {
    /// `github_owned_allowed`.
    pub github_owned: bool,
    /// `verified_allowed`.
    pub verified: bool,
    /// `patterns_allowed`.
    pub patterns: Vec<String>,
}

/// Runners registered at the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runners {
    /// Self-hosted runners.
    pub self_hosted: Fact<Page<Runner>>,
    /// `hosted-runners#total_count`: larger runners.
    pub hosted: Fact<u64>,
    /// Runner groups.
    pub groups: Fact<Vec<RunnerGroup>>,
}

/// A self-hosted runner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// Name.
    pub name: String,
    /// `status == online`.
    pub online: bool,
    /// `ephemeral`.
    pub ephemeral: bool,
    /// `runner_group_id`.
    pub group: Option<u64>,
}

/// A runner group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunnerGroup {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// `allows_public_repositories`.
    pub allows_public_repositories: bool,
}

/// A code security configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityConfiguration {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// `advanced_security`: `enabled`, `disabled`, `code_security`, `secret_protection`.
    pub advanced_security: String,
    /// `secret_scanning`: `enabled`, `disabled`, `not_set`.
    pub secret_scanning: String,
    /// `code_scanning_default_setup`.
    pub code_scanning_default_setup: String,
    /// `defaults#default_for_new_repos`: `public`, `private_and_internal`, `all`, or none.
    pub default_for_new_repos: Option<String>,
    /// Full names of attached repositories.
    pub repositories: Vec<RepoName>,
}

/// A custom secret-scanning pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomPattern {
    /// `state`: `published` or `unpublished`.
    pub published: bool,
    /// `push_protection_enabled`.
    pub push_protection: bool,
}

/// A custom repository role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomRole {
    /// Name.
    pub name: String,
    /// `base_role`.
    pub base_role: String,
}

/// An organization role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationRole {
    /// Name.
    pub name: String,
    /// `source`: `Organization`, `Enterprise` or `Predefined`.
    pub source: String,
    /// Slugs of teams that hold it; asked for the three all-repository roles only.
    pub teams: Fact<Vec<String>>,
}

/// An installed GitHub App.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// `app_slug`.
    pub app_slug: String,
    /// `repository_selection`: `all` or `selected`.
    pub repository_selection: String,
    /// Whether it is suspended.
    pub suspended: bool,
}

/// An organization webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Active.
    pub active: bool,
    /// Subscribed events; `*` is all.
    pub events: Vec<String>,
}

/// An Actions secret of the organization: its name, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgSecret {
    /// Name.
    pub name: String,
    /// `visibility`: `all`, `private` or `selected`.
    pub visibility: String,
    /// `updated_at`.
    pub updated_at: Timestamp,
}

/// An audit-log stream of the enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditStream {
    /// `enabled`.
    pub enabled: bool,
    /// `stream_type`.
    pub stream_type: String,
    /// `paused_at` is set.
    pub paused: bool,
}

/// A fine-grained personal access token with access to the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FineGrainedToken {
    /// `owner.login`.
    pub owner: Login,
    /// `token_expired`.
    pub expired: bool,
    /// `token_expires_at`; none = never.
    pub expires_at: Option<Timestamp>,
    /// `token_last_used_at`.
    pub last_used_at: Option<Timestamp>,
}

/// A credential authorized for single sign-on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialAuthorization {
    /// `login`.
    pub login: Login,
    /// `credential_type`: `personal access token`, `SSH key`, …
    pub credential_type: String,
    /// `credential_accessed_at`.
    pub accessed_at: Option<Timestamp>,
    /// `authorized_credential_expires_at`; none = never.
    pub expires_at: Option<Timestamp>,
}
