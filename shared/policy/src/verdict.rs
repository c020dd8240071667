//! What a verification says: violations, scores, and what was not looked at.

use serde::{Deserialize, Serialize};

use crate::change::RepoPath;

/// How serious a rule's finding is, as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For information.
    Info,
    /// Should be fixed.
    Warning,
    /// Must be fixed.
    Error,
}

/// What a finding does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Reported, costs nothing (evaluate mode, information).
    Evaluate,
    /// Costs score.
    Warn,
    /// Costs score; blocks where the pack fails on warnings.
    SoftBlock,
    /// Blocks.
    HardBlock,
}

/// SHIP or NO_SHIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Nothing blocks.
    #[serde(rename = "SHIP")]
    Ship,
    /// Something blocks, or a score is below its threshold.
    #[serde(rename = "NO_SHIP")]
    NoShip,
}

/// One occurrence of what a rule forbids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Rule id, e.g. `pii/logged-sensitive-data`.
    pub rule: String,
    /// Severity after overrides.
    pub severity: Severity,
    /// Tier after overrides and roles.
    pub tier: Tier,
    /// File.
    pub path: RepoPath,
    /// First line, from 1.
    pub start_line: u32,
    /// First column, in characters from 1.
    pub start_column: u32,
    /// Last line, from 1.
    pub end_line: u32,
    /// Column after the last character, from 1.
    pub end_column: u32,
    /// What was found; names the evidence, never a secret.
    pub message: String,
    /// 32 hex digits; the same finding keeps it when lines move. See `fingerprint.rs`.
    pub fingerprint: String,
}

/// Something that was not analysed, or only in part. Fails closed: a required pack with such a file cannot say SHIP for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// File.
    pub path: RepoPath,
    /// Why, in words.
    pub reason: String,
    /// Whether that leaves the verdict incomplete (a parser budget, an unreadable file) or is by design (vendored,
    /// minified, binary).
    pub incomplete: bool,
}

/// A violation that a comment in the code takes responsibility for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// What it would have been.
    pub violation: Violation,
    /// The reason given; for the baseline, `baseline`.
    pub reason: String,
    /// Ticket, where one was named.
    pub ticket: Option<String>,
    /// Last valid day, `YYYY-MM-DD`.
    pub expires: Option<String>,
}

/// One pack's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackVerdict {
    /// Pack id, e.g. `pii`.
    pub pack: String,
    /// Its decision.
    pub verdict: Decision,
    /// max(0, 100 − 25·hard − 5·(soft + warn)).
    pub score: u32,
    /// Below it the pack does not ship.
    pub threshold: u32,
    /// Whether the bundle requires it.
    pub required: bool,
    /// Findings that block.
    pub hard: u32,
    /// Soft blocks.
    pub soft: u32,
    /// Warnings.
    pub warn: u32,
    /// Findings in evaluate mode.
    pub evaluated: u32,
}

/// The result of a verification. Byte-identical for the same input on any machine and thread count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// NO_SHIP when any enabled required pack says so.
    pub verdict: Decision,
    /// The lowest score of the enabled packs; 100 when none is enabled.
    pub score: u32,
    /// By path, position and rule.
    pub violations: Vec<Violation>,
    /// By path.
    pub skipped: Vec<Skipped>,
    /// Per enabled pack, by id.
    pub packs: Vec<PackVerdict>,
    /// Findings answered by a comment or the baseline.
    pub suppressed: Vec<Suppressed>,
    /// What the reader should know about the verification itself: changed suppressions, expired ones, unknown rules.
    pub notices: Vec<String>,
    /// Something that should have been analysed was not: a required check must not pass on it.
    pub incomplete: bool,
    /// Files analysed.
    pub files: u32,
}

/// Score of a pack.
pub fn score(hard: u32, soft: u32, warn: u32) -> u32 {
    100_u32
        .saturating_sub(25_u32.saturating_mul(hard))
        .saturating_sub(5_u32.saturating_mul(soft.saturating_add(warn)))
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn score_is_linear_and_never_negative() {
        let cases = [
            ((0, 0, 1), 95),
            ((0, 0, 6), 70),
            ((0, 3, 4), 65),
            ((1, 0, 0), 75),
            ((4, 0, 0), 0),
            ((9, 9, 9), 0),
        ];
        for ((hard, soft, warn), want) in cases {
            assert_eq!(score(hard, soft, warn), want);
        }
    }
}
