//! An organization's YAML. Lists that GitHub's REST API returns are written in its own field names and laid over a
//! complete default object ([`super::overlay`]); only what has no such form is typed here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::repo_file::{Moment, Ruleset};

/// The organization and everything that hangs on it rather than on a repository.
///
/// Unknown keys end up in `lists`, where the loader refuses them: serde cannot flatten and deny at once.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OrgFile {
    pub(crate) login: String,
    pub(crate) id: Option<u64>,
    /// Freezes the world's clock (RFC 3339), so that two runs see the same ages.
    pub(crate) now: Option<jiff::Timestamp>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    /// `free`, `team` or `enterprise`.
    pub(crate) plan: Option<String>,
    pub(crate) created: Option<Moment>,
    pub(crate) verified: bool,
    /// Fields of `GET /orgs/{org}`.
    pub(crate) settings: Map<String, Value>,
    pub(crate) ip_allow_list: IpAllowList,
    pub(crate) saml: Option<Saml>,
    pub(crate) notifications_restricted: bool,
    pub(crate) domains: Vec<Map<String, Value>>,
    pub(crate) projects: u32,
    pub(crate) members: Vec<Member>,
    pub(crate) outside_without_two_factor: Vec<String>,
    pub(crate) teams: Vec<Team>,
    pub(crate) rulesets: Vec<Ruleset>,
    pub(crate) actions: Actions,
    /// The lists named in [`LISTS`], as `templates.json` names them.
    #[serde(flatten)]
    pub(crate) lists: BTreeMap<String, Vec<Value>>,
    /// `none`, `all` or `selected`.
    pub(crate) immutable_releases: Option<String>,
    /// False where the plan has no audit log API.
    pub(crate) audit_log_readable: Option<bool>,
    /// Makes the server an Enterprise Server of that release (`3.20.1`).
    pub(crate) server_version: Option<String>,
    /// What `GET /versions` of the server answers; the first organization that says something decides.
    pub(crate) api_versions: Vec<String>,
    /// Slug of the enterprise the organization belongs to.
    pub(crate) enterprise: Option<String>,
    /// Old name → new name.
    pub(crate) renamed: BTreeMap<String, String>,
}

/// What [`OrgFile::lists`] may hold.
pub(crate) const LISTS: &[&str] = &[
    "runners",
    "runner_groups",
    "hosted_runners",
    "code_security_configurations",
    "secret_patterns",
    "repository_roles",
    "organization_roles",
    "installations",
    "hooks",
    "secrets",
    "private_registries",
    "properties",
    "audit_events",
    "audit_streams",
    "tokens",
    "credentials",
    "copilot_seats",
    "migrations",
];

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IpAllowList {
    pub(crate) enabled: bool,
    pub(crate) apps: bool,
    /// Active entries.
    pub(crate) entries: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saml {
    pub(crate) sso_url: String,
    pub(crate) issuer: String,
    /// Members with a linked identity; all of them when absent.
    #[serde(default)]
    pub(crate) identities: Option<usize>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) login: String,
    #[serde(default)]
    pub(crate) admin: bool,
    #[serde(default = "yes")]
    pub(crate) two_factor: bool,
    #[serde(default = "yes")]
    pub(crate) active: bool,
    #[serde(default)]
    pub(crate) created: Option<Moment>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Team {
    pub(crate) slug: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) secret: bool,
    #[serde(default)]
    pub(crate) members: Vec<String>,
    /// Repository name (or `*` for all) → READ, TRIAGE, WRITE, MAINTAIN or ADMIN.
    #[serde(default)]
    pub(crate) repositories: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) parent: Option<String>,
    #[serde(default)]
    pub(crate) review_delegation: bool,
    #[serde(default)]
    pub(crate) notifications_disabled: bool,
}

/// Actions settings of the organization, in REST field names.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Actions {
    pub(crate) permissions: Map<String, Value>,
    pub(crate) selected: Map<String, Value>,
    pub(crate) workflow: Map<String, Value>,
    pub(crate) retention_days: Option<u64>,
    pub(crate) fork_approval: Option<String>,
}
