//! What a check is.

use rust_decimal::Decimal;
use scrutineer_core::{
    Fact, Gap,
    evidence::{OrgEvidence, RepoEvidence},
};
use serde::{Deserialize, Serialize};

use crate::{
    category::Category,
    contribution::RepoContribution,
    finding::{Evidence, Finding, shortened},
    snapshot::{OrgDocs, Snapshot},
};

/// How much a failed check matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Immediate exposure.
    Critical,
    /// Serious weakness.
    High,
    /// Weakness.
    Medium,
    /// Hygiene.
    Low,
    /// For information.
    Info,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The organization, once per scan.
    Org,
    /// Each repository.
    Repo,
}

/// What a check decided. An unread fact is not an outcome: it is the `Err(Gap)` of [`Check::evaluate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// In place.
    Passed(Verdict),
    /// Partly in place.
    Warning(Verdict),
    /// Not in place.
    Failed(Verdict),
    /// No object here.
    NotApplicable(Verdict),
}

/// The sentence and the evidence of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// One sentence naming the evidence ("only 62 % of runs succeed"), not the rule.
    pub detail: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// It rests on something not being there, and nothing speaks against it: see [`Outcome::by_absence`].
    pub(crate) absent: bool,
}

impl Outcome {
    /// In place.
    pub fn passed(detail: impl Into<String>, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        Self::Passed(Verdict::new(detail, evidence))
    }

    /// Partly in place.
    pub fn warning(detail: impl Into<String>, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        Self::Warning(Verdict::new(detail, evidence))
    }

    /// Not in place.
    pub fn failed(detail: impl Into<String>, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        Self::Failed(Verdict::new(detail, evidence))
    }

    /// No object here; the detail says why not.
    pub fn not_applicable(detail: impl Into<String>) -> Self {
        Self::NotApplicable(Verdict::new(detail, []))
    }
}

impl Outcome {
    /// Says that it failed or warned for want of evidence: what its evidence names is why the check applies, or a
    /// pointer to another place, not a contrary measurement. An outcome without any evidence is by absence anyway.
    #[must_use]
    pub(crate) fn by_absence(self) -> Self {
        self.map(|verdict| Verdict { absent: true, ..verdict })
    }

    /// Whether an attestation may take the place of the missing evidence.
    pub(crate) fn is_by_absence(&self) -> bool {
        match self {
            Self::Warning(verdict) | Self::Failed(verdict) => verdict.absent,
            Self::Passed(_) | Self::NotApplicable(_) => false,
        }
    }

    /// Failed or warned.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self, Self::Warning(_) | Self::Failed(_))
    }

    pub(crate) fn map(self, f: impl FnOnce(Verdict) -> Verdict) -> Self {
        match self {
            Self::Passed(verdict) => Self::Passed(f(verdict)),
            Self::Warning(verdict) => Self::Warning(f(verdict)),
            Self::Failed(verdict) => Self::Failed(f(verdict)),
            Self::NotApplicable(verdict) => Self::NotApplicable(f(verdict)),
        }
    }

    pub(crate) fn into_verdict(self) -> Verdict {
        match self {
            Self::Passed(verdict)
            | Self::Warning(verdict)
            | Self::Failed(verdict)
            | Self::NotApplicable(verdict) => verdict,
        }
    }
}

impl Verdict {
    /// A sentence and its evidence; [`Finding::MAX_EVIDENCE`] pieces are kept, the first ones.
    pub fn new(detail: impl Into<String>, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        let evidence: Vec<Evidence> = evidence.into_iter().take(Finding::MAX_EVIDENCE).collect();
        Self { detail: detail.into(), absent: evidence.is_empty(), evidence }
    }

    /// The verdict with a detail of at most [`Finding::MAX_DETAIL_CHARS`] characters.
    pub(crate) fn bounded(self) -> Self {
        Self { detail: shortened(&self.detail, Finding::MAX_DETAIL_CHARS), ..self }
    }
}

/// Thresholds of one check, by key: the customer's value where one is set, else the default.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds<'a> {
    /// Defaults of the check.
    pub defaults: &'a [Threshold],
    /// Overrides, sorted by key.
    pub overrides: &'a [(String, Decimal)],
}

/// A number that a decision compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Threshold {
    /// Key, `snake_case`, unique within the check.
    pub key: &'static str,
    /// Default value.
    pub default: i64,
    /// Unit, e.g. `percent`, `days`, `count`.
    pub unit: &'static str,
    /// What it limits.
    pub description: &'static str,
}

impl Threshold {
    /// Least and most value that a profile may set, by unit.
    pub fn range(&self) -> (i64, i64) {
        let most = match self.unit {
            "switch" => 1,
            "percent" => 100,
            "bits" => 128,
            "seconds" => 24 * 60 * 60,
            "hours" => 366 * 24,
            "days" => 10 * 366,
            "months" => 120,
            _ => 1_000_000,
        };
        (0, most)
    }
}

impl Thresholds<'_> {
    /// The value for `key`; a key the check does not declare is a defect caught by the registry test.
    pub fn get(&self, key: &str) -> Decimal {
        let over = self.overrides.iter().find(|(name, _)| name == key).map(|(_, value)| *value);
        let default = self.defaults.iter().find(|t| t.key == key).map(|t| Decimal::from(t.default));
        over.or(default).unwrap_or_default()
    }
}

/// A permission a check uses, by GitHub App key; the first is the one without which it is `error`.
pub type Needs = &'static [&'static str];

/// Decides about the organization. `Err` = a fact it needs is unknown → status `error`.
pub type EvaluateOrg = for<'a, 'b, 'c> fn(&'a OrgSubject<'b>, Thresholds<'c>) -> Result<Outcome, Gap>;

/// Decides about one repository. `Err` = a fact it needs is unknown → status `error`.
pub type EvaluateRepo = for<'a, 'b, 'c> fn(&'a RepoSubject<'b>, Thresholds<'c>) -> Result<Outcome, Gap>;

/// The decision of a check, by what it looks at.
#[derive(Clone, Copy)]
pub enum Evaluate {
    /// Once per scan.
    Org(EvaluateOrg),
    /// Once per repository.
    Repo(EvaluateRepo),
}

/// One check. Everything the product knows about it stands here.
pub struct Check {
    /// Id, never reused, e.g. `CICD-003`.
    pub id: &'static str,
    /// Says the good state, e.g. "Default branch protected".
    pub title: &'static str,
    /// Severity when it fails.
    pub severity: Severity,
    /// Weight in its category, in halves: 1 = 0.5, 2 = 1.0, 3 = 1.5, 4 = 2.0.
    pub weight_halves: u8,
    /// What it asks, one or two sentences.
    pub description: &'static str,
    /// Why it matters: one consequence, at most two lines.
    pub rationale: &'static str,
    /// How to fix it: the settings path, file or command.
    pub remediation: &'static str,
    /// Primary sources: URLs, and ids such as `CIS 1.1.3`, `OSPS-AC-03.01`, `Scorecard Branch-Protection`.
    pub references: &'static [&'static str],
    /// Permissions it reads with, main one first.
    pub needs: Needs,
    /// Numbers the decision compares with.
    pub thresholds: &'static [Threshold],
    /// Decided for archived repositories too (only SEC-001, SEC-002 and SEC-007 are).
    pub on_archived: bool,
    /// The decision.
    pub evaluate: Evaluate,
}

/// A scanner: a category and its checks.
pub struct Scanner {
    /// The category it scores.
    pub category: Category,
    /// Its checks, by id.
    pub checks: &'static [Check],
}

/// What an organization check sees.
#[derive(Clone, Copy, Debug)]
pub struct OrgSubject<'a> {
    /// The organization.
    pub org: &'a OrgEvidence,
    /// Documents of the organization's profile repositories.
    pub docs: &'a OrgDocs,
    /// What each repository contributes, sorted by name.
    pub repositories: &'a [RepoContribution],
}

/// What a repository check sees.
#[derive(Clone, Debug)]
pub struct RepoSubject<'a> {
    /// The repository as the platform describes it.
    pub repo: &'a RepoEvidence,
    /// Its files, or why they could not be read.
    pub files: Fact<&'a Snapshot>,
    /// The organization it belongs to.
    pub org: &'a OrgEvidence,
    /// Documents of the organization's profile repositories.
    pub docs: &'a OrgDocs,
}
