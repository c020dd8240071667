//! The bundle as people write it: the shape of the ordered document, plus id, name, states, scope and custom rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A bundle document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    /// Semantic version; immutable once published.
    pub version: String,
    /// Id, e.g. `default`; `[a-z0-9-]`, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Organization it is pinned in; set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// When it was pinned; set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<String>,
    /// Who pinned it; set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_by: Option<String>,
    /// Packs that run.
    pub policies: Policies,
    /// Per pack.
    #[serde(default)]
    pub config: BTreeMap<String, PackConfig>,
    /// Check-run names.
    #[serde(default)]
    pub checks: Checks,
    /// What of a change is judged.
    #[serde(default)]
    pub scope: Scope,
    /// Whether suppression comments that the change itself adds count. Those on the base branch always do.
    #[serde(default = "yes")]
    pub allow_new_suppressions: bool,
    /// The organization's own rules, each a YAML document in the rule format.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

impl Bundle {
    /// Read a bundle in YAML or JSON. Whether it makes sense is [`crate::resolve`]'s to say.
    ///
    /// # Errors
    /// When it is not a document of this form, with line and column.
    pub fn parse(text: &str) -> Result<Self, super::Problem> {
        serde_saphyr::from_str(text).map_err(|error| crate::rules::syntax(&error, ""))
    }
}

fn yes() -> bool {
    true
}

/// Which packs run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BundlePolicies)]
pub struct Policies {
    /// These decide.
    #[serde(default)]
    pub required: Vec<String>,
    /// These report.
    #[serde(default)]
    pub optional: Vec<String>,
}

/// Settings of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackConfig {
    /// Switches the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether soft blocks and warnings block too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_on_warning: Option<bool>,
    /// Score below which the pack does not ship, 0 to 100; 70 unless stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// State of every rule of the pack that has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RuleState>,
    /// By rule id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rule_overrides: BTreeMap<String, RuleOverride>,
}

/// Settings of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleOverride {
    /// Shown severity: `error`, `warning` or `info`. `info` also takes the finding out of the score; `warning` keeps it
    /// from blocking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub severity: Option<crate::Severity>,
    /// State.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RuleState>,
    /// `false` is `state: off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// What a rule's findings do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// Not run.
    Off,
    /// Reported, without effect.
    Evaluate,
    /// Cost score.
    Warn,
    /// Block.
    Block,
}

/// Check-run names, one per pack: `isl-<pack>-check`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BundleChecks)]
pub struct Checks {
    /// Must pass to merge.
    #[serde(default)]
    pub required: Vec<String>,
    /// Shown only.
    #[serde(default)]
    pub optional: Vec<String>,
}

/// What of a changed file is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BundleScope)]
pub enum Scope {
    /// The whole of every changed file.
    #[default]
    ChangedFiles,
    /// Findings that touch a changed line.
    ChangedLines,
}
