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
    /// What it is; left out in JSON where it is a measurement.
    #[serde(default, skip_serializing_if = "EvidenceKind::is_measurement")]
    pub kind: EvidenceKind,
}

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// Read from the platform or from files.
    #[default]
    Measurement,
    /// What a person answers for: weaker than a measurement.
    Attestation,
    /// What a person answers for, and why it does not count.
    RejectedAttestation,
}

impl EvidenceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Measurement, Self::Attestation, Self::RejectedAttestation];

    /// The kind as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measurement => "measurement",
            Self::Attestation => "attestation",
            Self::RejectedAttestation => "rejected_attestation",
        }
    }

    fn is_measurement(&self) -> bool {
        *self == Self::Measurement
    }
}

impl Evidence {
    /// Longest value kept, in characters.
    pub const MAX_VALUE_CHARS: usize = 160;

    /// Longest source kept, in characters: the deepest sensible path, and a line number.
    pub const MAX_SOURCE_CHARS: usize = 300;

    /// Evidence cut to [`Evidence::MAX_SOURCE_CHARS`] and [`Evidence::MAX_VALUE_CHARS`].
    pub fn new(source: impl AsRef<str>, value: impl ToString) -> Self {
        let source = shortened(source.as_ref(), Self::MAX_SOURCE_CHARS);
        let value = shortened(&value.to_string(), Self::MAX_VALUE_CHARS);
        Self { source, value, kind: EvidenceKind::Measurement }
    }

    /// The same as evidence of another kind.
    #[must_use]
    pub(crate) fn of(self, kind: EvidenceKind) -> Self {
        Self { kind, ..self }
    }
}

/// At most `max` characters of `text` on one line, an ellipsis where something was cut. Control characters become
/// spaces: names and file contents come from outside and end up in terminals and reports.
pub(crate) fn shortened(text: &str, max: usize) -> String {
    let mut kept: String = text.chars().take(max).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(max).is_some() {
        kept.push('…');
    }
    kept
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

impl Finding {
    /// Most pieces of evidence kept.
    pub const MAX_EVIDENCE: usize = 10;
    /// Longest detail kept, in characters.
    pub const MAX_DETAIL_CHARS: usize = 400;

    /// Whether it rests on what a person answers for: it earns less and is counted apart.
    pub fn is_attested(&self) -> bool {
        matches!(self.status, Status::Passed | Status::Warning)
            && self.evidence.iter().any(|evidence| evidence.kind == EvidenceKind::Attestation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_cut_at_characters_and_kept_on_one_line() {
        let evidence = Evidence::new("a.txt:1", format!("é\n\u{1b}[2J{}", "ü".repeat(500)));
        assert_eq!(evidence.value.chars().count(), Evidence::MAX_VALUE_CHARS + 1);
        assert!(evidence.value.starts_with("é  [2J") && evidence.value.ends_with('…'));
    }
}
