//! What a scan found, as one value; and the pure functions that show it.
//!
//! [`build::build`] fills a [`Report`] from the service's read functions; a renderer takes `&Report` and returns text.
//! What a newcomer gets wrong: names, details and evidence come from repositories, so every renderer escapes them
//! for its format, and a score never stands without its coverage.

mod benchmarks;
pub mod build;
mod checks;
pub mod compare;
mod decimal;
mod groups;
pub mod html;
pub mod json;
pub mod markdown;
mod plain;
pub(crate) mod policy;
pub mod reference;
pub mod schema;
pub mod table;
pub mod verdict;

#[cfg(test)]
mod sample;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_scanners::{
    Gain, Severity, Standing, Status, benchmarks::Benchmarks, finding::Evidence, gain::Points,
};
use scrutineer_service::records::ScanProfile;
use serde::Serialize;

pub use checks::{Entry, checks_markdown, checks_table, explain};

/// A scan, as every format shows it. Its JSON is what `scrutineer scan --format json` writes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The scan itself.
    pub scan: ScanPart,
    /// Overall score in per cent; none when nothing was decided.
    #[serde(serialize_with = "decimal::optional")]
    pub overall: Option<Decimal>,
    /// Share of checks that could be decided, in per cent.
    #[serde(serialize_with = "decimal::optional")]
    pub coverage: Option<Decimal>,
    /// By category, in display order.
    pub scores: Vec<ScorePart>,
    /// By name.
    pub repositories: Vec<RepositoryPart>,
    /// The organization's first, then by repository, each in the order of the registry.
    pub findings: Vec<FindingPart>,
    /// What GitHub was asked.
    pub github_requests: RequestsPart,
    /// The scan against public standards, and the DORA metrics; none until it is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmarks: Option<Benchmarks>,
    /// What moved since an earlier scan, when one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<compare::Comparison>,
}

/// The scan itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScanPart {
    /// Its id.
    pub id: String,
    /// The organization's login.
    pub organization: String,
    /// `pending`, `scanning`, `completed`, `failed` or `cancelled`.
    pub status: &'static str,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was taken up.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// From being taken up to its end, in seconds.
    pub seconds: Option<f64>,
    /// Which checks ran and what they weighed.
    pub profile: ProfilePart,
    /// Repositories by how they ended.
    pub repositories: CountsPart,
    /// What went wrong without ending it.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub error: Option<ErrorPart>,
}

/// The profile that a scan used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfilePart {
    /// Its id; `default` for the built-in one.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// Categories that did not run and are not counted.
    pub disabled_categories: Vec<String>,
    /// Checks of other categories that did not run and are not counted.
    pub disabled_checks: Vec<String>,
    /// Weights of checks that differ from the registry's.
    #[serde(serialize_with = "decimal::map", skip_serializing_if = "BTreeMap::is_empty")]
    pub check_weights: BTreeMap<String, Decimal>,
}

/// Repositories by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CountsPart {
    /// All of them; none when they were not listed.
    pub total: Option<u64>,
    /// Scanned.
    pub done: u64,
    /// Could not be scanned.
    pub failed: u64,
    /// Unchanged: the previous result was used again.
    pub unchanged: u64,
}

/// Why a scan failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorPart {
    /// A stable code.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// The score of a category.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScorePart {
    /// Key, e.g. `cicd`.
    pub category: String,
    /// Name for people.
    pub name: &'static str,
    /// Weight in the overall score, 0 to 1.
    #[serde(serialize_with = "decimal::number")]
    pub weight: Decimal,
    /// Points earned.
    #[serde(serialize_with = "decimal::number")]
    pub score: Decimal,
    /// Points that could be earned.
    #[serde(serialize_with = "decimal::number")]
    pub max_score: Decimal,
    /// Earned of possible, in per cent.
    #[serde(serialize_with = "decimal::optional")]
    pub percentage: Option<Decimal>,
    /// Decided of all, in per cent.
    #[serde(serialize_with = "decimal::optional")]
    pub coverage: Option<Decimal>,
    /// Findings by status.
    pub findings: FindingsPart,
}

/// Findings by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FindingsPart {
    /// In place.
    pub passed: u64,
    /// Partly in place.
    pub warning: u64,
    /// Not in place.
    pub failed: u64,
    /// No object.
    pub not_applicable: u64,
    /// Not read.
    pub error: u64,
    /// Of those in place or partly so, the ones that rest on an attestation.
    pub attested: u64,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RepositoryPart {
    /// `owner/name`.
    pub name: String,
    /// `queued`, `done`, `failed` or `unchanged`.
    pub status: &'static str,
    /// Why it failed, or was used again.
    pub reason: Option<String>,
    /// The commit that was looked at.
    pub head: Option<String>,
    /// Findings by status; none when it was not scanned.
    pub findings: Option<FindingsPart>,
}

/// The result of a check on the organization or a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingPart {
    /// Check id.
    pub check: &'static str,
    /// What the check asks for.
    pub name: &'static str,
    /// Category key.
    pub category: &'static str,
    /// The repository; none for the organization itself.
    pub repository: Option<String>,
    /// Verdict.
    pub status: Status,
    /// How much it matters when it fails.
    pub severity: Severity,
    /// Whether it rests on an attestation.
    pub attested: bool,
    /// One sentence that names the evidence.
    pub detail: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What fixing it adds to the scores; none while the scan has none.
    pub gain: Option<Gain>,
    /// With status `error`: what could not be read, and the permission that would unlock it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// What GitHub was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestsPart {
    /// REST requests and GraphQL calls that count against a limit.
    pub total: u64,
    /// The same by `METHOD /path/{template}` and `GraphQL operation`.
    pub by_endpoint: BTreeMap<String, u64>,
    /// By kind: `rest`, `graphql`, `graphql_points`, `downloads`, `not_modified`, `retries`.
    pub by_kind: BTreeMap<String, u64>,
}

impl Report {
    /// What the gain of a fix is measured against.
    pub(crate) fn standing(&self) -> Standing {
        let standing = Standing::new(self.scores.iter().map(|score| {
            let points = Points { score: score.score, max_score: score.max_score, weight: score.weight };
            (score.category.clone(), points)
        }));
        standing.weighing(self.scan.profile.check_weights.clone())
    }
}

impl ProfilePart {
    /// What a reader should know about it; nothing about the built-in one.
    pub fn sentence(&self) -> Option<String> {
        if self.id == ScanProfile::DEFAULT {
            return None;
        }
        let head = format!("Profile {} (version {})", self.name, self.version);
        let off = [("categories", &self.disabled_categories), ("checks", &self.disabled_checks)];
        let off = off.iter().filter(|(_, keys)| !keys.is_empty());
        let off: Vec<_> = off.map(|(noun, keys)| format!("{noun} {}", keys.join(", "))).collect();
        Some(match off.is_empty() {
            true => format!("{head}: every check ran."),
            false => format!("{head}: disabled, not run and not counted: {}.", off.join("; ")),
        })
    }
}

impl FindingPart {
    /// Where it was found, for people.
    pub fn place(&self) -> &str {
        self.repository.as_deref().unwrap_or("(organization)")
    }
}

/// Statuses in words.
pub(crate) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Warning => "warning",
        Status::Failed => "failed",
        Status::NotApplicable => "not applicable",
        Status::Error => "error",
    }
}

/// Severities as they stand in JSON.
pub(crate) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}
