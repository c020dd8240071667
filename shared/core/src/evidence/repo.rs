//! One repository's evidence, assembled from the listing, the GraphQL documents and the few calls of its own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Assurance, RepoActivity, RepoPosture};
use crate::{fact::Fact, ids::RepoName};

/// Evidence about one repository, without its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepoEvidence {
    /// When it was read; decisions about age count from here.
    pub observed_at: Timestamp,
    /// The REST listing and the alerts of this repository.
    pub listing: RepoListing,
    /// GraphQL `RepoPosture`.
    pub posture: Fact<RepoPosture>,
    /// GraphQL `RepoActivity`.
    pub activity: Fact<RepoActivity>,
    /// Calls that only some repositories need.
    pub details: RepoDetails,
    /// GraphQL `RepoAssurance`; `None` where it was not asked, because the file is not there.
    #[serde(default)]
    pub assurance: Option<Fact<Assurance>>,
}

/// One entry of `GET /orgs/{org}/repos`, with what organization-wide listings say about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoListing {
    /// Full name.
    pub name: RepoName,
    /// GraphQL node id.
    pub node_id: String,
    /// `public`, `private` or `internal`.
    pub visibility: String,
    /// Archived.
    pub archived: bool,
    /// Fork.
    pub fork: bool,
    /// No commit yet.
    pub empty: bool,
    /// Disabled by GitHub.
    pub disabled: bool,
    /// Kilobytes on disk.
    pub size_kib: u64,
    /// Default branch name.
    pub default_branch: String,
    /// `has_pages`.
    pub has_pages: bool,
    /// `pushed_at`.
    pub pushed_at: Option<Timestamp>,
    /// `updated_at`.
    pub updated_at: Option<Timestamp>,
    /// `security_and_analysis`; needs `administration:read`.
    pub security_and_analysis: Fact<SecurityAndAnalysis>,
    /// `custom_properties`: names and values, sorted by name.
    pub custom_properties: Vec<(String, String)>,
    /// Open secret-scanning alerts.
    pub secret_alerts: Fact<Vec<SecretAlert>>,
    /// Open code-scanning alerts of severity critical and high, and dismissed ones.
    pub code_alerts: Fact<Vec<CodeAlert>>,
    /// Open Dependabot alerts of severity critical and high.
    pub dependency_alerts: Fact<Vec<DependencyAlert>>,
    /// Name of the attached code security configuration whose code-scanning default setup is enabled.
    pub default_setup_configuration: Option<String>,
}

/// `security_and_analysis`: status strings are `enabled` or `disabled`; `None` where the host does not send one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityAndAnalysis {
    /// `advanced_security`.
    pub advanced_security: Option<bool>,
    /// `code_security`.
    pub code_security: Option<bool>,
    /// `secret_scanning`.
    pub secret_scanning: Option<bool>,
    /// `secret_scanning_push_protection`.
    pub push_protection: Option<bool>,
    /// `secret_scanning_non_provider_patterns`.
    pub non_provider_patterns: Option<bool>,
    /// `secret_scanning_delegated_bypass`.
    pub delegated_bypass: Option<bool>,
    /// `dependabot_security_updates`.
    pub dependabot_security_updates: Option<bool>,
}

/// An open secret-scanning alert. The secret itself is never read (`hide_secret=true`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretAlert {
    /// Number.
    pub number: u64,
    /// `secret_type`, e.g. `aws_access_key_id`.
    pub secret_type: String,
    /// `validity`: `active`, `inactive` or `unknown`.
    pub validity: String,
    /// `publicly_leaked`.
    pub publicly_leaked: bool,
}

/// A code-scanning alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeAlert {
    /// Number.
    pub number: u64,
    /// `state`: `open`, `dismissed` or `fixed`.
    pub state: String,
    /// `rule.security_severity_level`.
    pub severity: Option<String>,
    /// `tool.name`.
    pub tool: String,
    /// `created_at`.
    pub created_at: Timestamp,
    /// `dismissed_reason`.
    pub dismissed_reason: Option<String>,
    /// A dismissal comment is present.
    pub has_dismissed_comment: bool,
}

/// An open Dependabot alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyAlert {
    /// Number.
    pub number: u64,
    /// `security_vulnerability.severity`.
    pub severity: String,
    /// `dependency.package.name`.
    pub package: String,
    /// `created_at`.
    pub created_at: Timestamp,
}

/// Answers of calls that are made for some repositories only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoDetails {
    /// `GET /repos/{owner}/{repo}/actions/secrets`: name and `updated_at`.
    /// Unknown with [`RepoDetails::not_asked`] until the snapshot says it is needed.
    pub actions_secrets: Fact<Vec<(String, Timestamp)>>,
    /// `GET /repos/{owner}/{repo}/code-scanning/default-setup`.
    pub default_setup: Fact<DefaultSetup>,
    /// `GET /repos/{owner}/{repo}/rulesets/rule-suites?rule_suite_result=bypass`: actor names of the month's bypasses.
    pub rule_bypasses: Fact<Vec<String>>,
}

/// Code scanning default setup of a repository. The default is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultSetup {
    /// `state == configured`.
    pub configured: bool,
    /// `languages`, as CodeQL names them, e.g. `javascript-typescript`.
    pub languages: Vec<String>,
    /// `query_suite`: `default` or `extended`; absent on hosts that do not say.
    pub query_suite: Option<String>,
}

impl RepoDetails {
    /// Before any of the calls was made.
    pub fn not_asked() -> Self {
        let gap = || crate::fact::Gap::unavailable("not asked for this repository");
        Self {
            actions_secrets: Fact::Unknown(gap()),
            default_setup: Fact::Unknown(gap()),
            rule_bypasses: Fact::Unknown(gap()),
        }
    }
}

/// Which of the calls in [`RepoDetails`] a repository needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetailNeeds {
    /// A workflow reads `secrets.*` other than `GITHUB_TOKEN`.
    pub actions_secrets: bool,
    /// No attached configuration, CodeQL workflow or `github-advanced-security` suite answers it, or default setup is
    /// on and which rules it runs decides.
    pub default_setup: bool,
    /// Protected by rulesets only, and the bypass list is hidden.
    pub rule_bypasses: bool,
}
