//! What moved between two scans of one organization, and why. Pure: both sides come in as values.
//!
//! A move is a change of *status* of one check on one subject; the sentences of both sides say why. Sentences that
//! merely changed ("3 of 20" became "3 of 21") are no move.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::{
    finding::{Finding, Status},
    registry,
    score::number,
};

/// What one side says of one check on a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Its status.
    pub status: Status,
    /// The sentence that names the evidence.
    pub detail: String,
}

/// One check whose status moved on one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Id of the check.
    pub check: String,
    /// Better, worse, or neither.
    pub direction: Direction,
    /// What was said before; none when the check was not asked then.
    pub before: Option<Verdict>,
    /// What is said now; none when the check is not asked any more.
    pub after: Option<Verdict>,
}

/// Which way a check moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards failed.
    Worsened,
    /// Towards passed.
    Improved,
    /// Into or out of "not applicable", "error" or not being asked: no better and no worse.
    Changed,
}

impl Direction {
    /// All of them, in display order.
    pub const ALL: [Self; 3] = [Self::Worsened, Self::Improved, Self::Changed];

    /// The direction as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worsened => "worsened",
            Self::Improved => "improved",
            Self::Changed => "changed",
        }
    }

    fn between(before: Option<Status>, after: Option<Status>) -> Self {
        let rank = |status: Option<Status>| match status? {
            Status::Failed => Some(0),
            Status::Warning => Some(1),
            Status::Passed => Some(2),
            Status::NotApplicable | Status::Error => None,
        };
        match (rank(before), rank(after)) {
            (Some(before), Some(after)) if after > before => Self::Improved,
            (Some(before), Some(after)) if after < before => Self::Worsened,
            _ => Self::Changed,
        }
    }
}

/// A number on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Then; none when there was no such number.
    pub before: Option<Decimal>,
    /// Now.
    pub after: Option<Decimal>,
}

impl Delta {
    /// How far it moved; none unless both sides have it.
    pub fn difference(self) -> Option<Decimal> {
        Some(self.after? - self.before?)
    }

    /// Whether both sides say the same.
    pub fn is_still(self) -> bool {
        self.before == self.after
    }
}

impl Serialize for Delta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown(#[serde(serialize_with = "number")] Decimal);
        let shown = |value: Option<Decimal>| value.map(Shown);
        let fields = [
            ("before", shown(self.before)),
            ("after", shown(self.after)),
            ("delta", shown(self.difference())),
        ];
        serializer.collect_map(fields)
    }
}

/// The percentage and coverage of a category, as one side has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Earned of possible, in per cent.
    pub percentage: Option<Decimal>,
    /// Decided of all, in per cent.
    pub coverage: Option<Decimal>,
}

/// A category on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CategoryDelta {
    /// Its key.
    pub category: String,
    /// Earned of possible, in per cent.
    pub percentage: Delta,
    /// Decided of all, in per cent.
    pub coverage: Delta,
}

/// The categories of both sides, in display order; those of neither list are left out.
pub fn categories(
    before: &BTreeMap<String, Standing>,
    after: &BTreeMap<String, Standing>,
) -> Vec<CategoryDelta> {
    let known = crate::category::CATEGORIES.iter().map(|category| category.key);
    let delta = |key: &str| {
        let (old, new) = (before.get(key).copied(), after.get(key).copied());
        (old.is_some() || new.is_some()).then(|| {
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            CategoryDelta {
                category: key.to_owned(),
                percentage: Delta { before: old.percentage, after: new.percentage },
                coverage: Delta { before: old.coverage, after: new.coverage },
            }
        })
    };
    known.filter_map(delta).collect()
}

/// One check's verdict on a subject: what [`moves`] compares.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Id of the check.
    pub check: &'a str,
    /// Its status.
    pub status: Status,
    /// The sentence that names the evidence.
    pub detail: &'a str,
}

impl<'a> From<&'a Finding> for Said<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self { check: &finding.check, status: finding.status, detail: &finding.detail }
    }
}

/// The checks whose status differs on one subject (the organization, or a repository), in the order of the registry.
/// Checks that this build does not have come last, by id.
pub fn moves<'a>(
    before: impl IntoIterator<Item = Said<'a>>,
    after: impl IntoIterator<Item = Said<'a>>,
) -> Vec<Move> {
    let mut sides: BTreeMap<(usize, &str), [Option<Said<'a>>; 2]> = BTreeMap::new();
    for (side, said) in
        before.into_iter().map(|said| (0, said)).chain(after.into_iter().map(|said| (1, said)))
    {
        sides.entry((position(said.check), said.check)).or_default()[side] = Some(said);
    }
    let differs = |[before, after]: &[Option<Said<'_>>; 2]| {
        before.map(|said| said.status) != after.map(|said| said.status)
    };
    let verdict = |said: Said<'_>| Verdict { status: said.status, detail: said.detail.to_owned() };
    let moved = sides.into_iter().filter(|(_, sides)| differs(sides));
    moved
        .map(|((_, check), [before, after])| Move {
            check: check.to_owned(),
            direction: Direction::between(before.map(|s| s.status), after.map(|s| s.status)),
            before: before.map(verdict),
            after: after.map(verdict),
        })
        .collect()
}

fn position(check: &str) -> usize {
    registry::checks().position(|(_, known)| known.id == check).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(check: &'static str, status: Status, detail: &'static str) -> Said<'static> {
        Said { check, status, detail }
    }

    #[test]
    fn only_a_changed_status_is_a_move_and_both_sentences_are_kept() {
        let before = [
            said("CICD-001", Status::Passed, "2 workflows"),
            said("REPO-001", Status::Failed, "not protected"),
            said("OLD-001", Status::Passed, "retired"),
            said("SEC-001", Status::Error, "not read"),
        ];
        let after = [
            said("SEC-001", Status::Failed, "off"),
            said("CICD-001", Status::Passed, "3 workflows"),
            said("REPO-001", Status::Warning, "protected, not for administrators"),
        ];
        let moves = moves(before, after);
        let short: Vec<_> = moves.iter().map(|moved| (moved.check.as_str(), moved.direction)).collect();
        assert_eq!(
            short,
            [
                ("REPO-001", Direction::Improved),
                ("SEC-001", Direction::Changed),
                ("OLD-001", Direction::Changed)
            ]
        );
        assert_eq!(moves[0].before.as_ref().unwrap().detail, "not protected");
        assert_eq!(moves[0].after.as_ref().unwrap().detail, "protected, not for administrators");
        assert!(moves[2].after.is_none());
    }

    #[test]
    fn a_move_back_is_the_opposite() {
        for before in Status::ALL {
            for after in Status::ALL {
                let there = Direction::between(Some(before), Some(after));
                let back = Direction::between(Some(after), Some(before));
                let opposite = match there {
                    Direction::Improved => Direction::Worsened,
                    Direction::Worsened => Direction::Improved,
                    Direction::Changed => Direction::Changed,
                };
                assert_eq!(back, opposite, "{before:?} and {after:?}");
            }
        }
    }

    #[test]
    fn a_difference_needs_both_sides() {
        let number = |text: &str| Some(text.parse::<Decimal>().unwrap());
        let delta = Delta { before: number("58.33"), after: number("57.10") };
        assert_eq!(
            serde_json::to_value(delta).unwrap(),
            serde_json::json!({"before": 58.33, "after": 57.1, "delta": -1.23})
        );
        assert_eq!(Delta { before: None, ..delta }.difference(), None);
    }

    #[test]
    fn categories_of_either_side_are_listed_in_display_order() {
        let one = |key: &str, percent: i64| {
            let standing = Standing { percentage: Some(percent.into()), coverage: None };
            BTreeMap::from([(key.to_owned(), standing)])
        };
        let deltas = categories(&one("secrets_mgmt", 10), &one("cicd", 20));
        let keys: Vec<_> = deltas.iter().map(|delta| delta.category.as_str()).collect();
        assert_eq!(keys, ["cicd", "secrets_mgmt"]);
        assert_eq!(deltas[0].percentage, Delta { before: None, after: Some(20.into()) });
    }
}
