//! What a check says about a subject: a status, a sentence, and the evidence behind it.

use scrutineer_core::{Gap, ids::RepoName};
use serde::{Deserialize, Serialize};

/// The status of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The control is in place.
    Passed,
    /// Partly in place, or in place with a reservation.
    Warning,
    /// Not in place.
    Failed,
    /// The control has no object here. Never "could not look".
    NotApplicable,
    /// Evidence could not be read; outside the score, inside coverage.
    Error,
}

impl Status {
    /// Every status, in display order.
    pub const ALL: [Self; 5] = [Self::Passed, Self::Warning, Self::Failed, Self::NotApplicable, Self::Error];

    /// The status as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotApplicable => "not_applicable",
            Self::Error => "error",
        }
    }
}

/// One piece of evidence: where it was seen and what was seen there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `path:line` in the repository, an API field (`GET /orgs/{org}#plan.name`), or `pull request #12`.
    pub source: String,
    /// The value seen, shortened; never a secret.
    pub value: String,
}

impl Evidence {
    /// Longest value kept, in characters.
    pub const MAX_VALUE_CHARS: usize = 160;

    /// Evidence with its value cut to [`Evidence::MAX_VALUE_CHARS`].
    pub fn new(source: impl Into<String>, value: impl ToString) -> Self {
        let value = value.to_string();
        let value = match value.char_indices().nth(Self::MAX_VALUE_CHARS) {
            Some((cut, _)) => format!("{}…", &value[..cut]),
            None => value,
        };
        Self { source: source.into(), value }
    }
}

/// The result of one check on one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Check id, e.g. `CICD-003`.
    pub check: String,
    /// The repository; none for organization checks.
    pub repository: Option<RepoName>,
    /// Verdict.
    pub status: Status,
    /// One sentence that names the evidence.
    pub detail: String,
    /// At most 10 pieces, in a stable order.
    pub evidence: Vec<Evidence>,
    /// Why the status is `error`; names the permission that would unlock it.
    pub gap: Option<Gap>,
}
