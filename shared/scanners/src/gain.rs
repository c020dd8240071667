//! What fixing a finding adds to the scores: the explanation of a score, and the order in which to work.
//!
//! A gain is what the *shown* percentage moves by: the score after the fix minus the score before, each rounded as it is
//! shown. So a reader who fixes one thing and scans again sees exactly the announced difference, as long as nothing
//! else moved. Computed when it is read: a gain depends on every other finding of the scan, so a stored one would be
//! wrong before the scan ends.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    finding::Status,
    profile::Profile,
    registry,
    score::{ScoreVector, number, percent},
};

/// What fixing something adds, in percentage points with two decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gain {
    /// To the percentage of the check's category. A category without a percentage counts from 0.
    #[serde(serialize_with = "number")]
    pub category: Decimal,
    /// To the overall score.
    #[serde(serialize_with = "number")]
    pub overall: Decimal,
    /// True for what could not be read: this much at most, if it turns out to be in place.
    pub at_most: bool,
}

/// Points of one category in a scan, as its stored score has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// Earned.
    pub score: Decimal,
    /// That could have been earned.
    pub max_score: Decimal,
    /// Weight of the category in the overall score.
    pub weight: Decimal,
}

/// The scores of a scan as they stand: what every gain is measured against.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    categories: BTreeMap<String, Points>,
    /// Sum of ratio × weight over the active categories.
    points: Decimal,
    /// Sum of the weights of the active categories.
    weights: Decimal,
    /// Weights of checks that the scan's profile set.
    check_weights: BTreeMap<String, Decimal>,
}

impl Standing {
    /// The standing of a scan whose categories have these points.
    pub fn new(categories: impl IntoIterator<Item = (String, Points)>) -> Self {
        let mut standing = Self { categories: categories.into_iter().collect(), ..Self::default() };
        for points in standing.categories.values() {
            if let Some(ratio) = points.ratio() {
                standing.points += ratio * points.weight;
                standing.weights += points.weight;
            }
        }
        standing
    }

    /// The same, where the scan's profile weighs some checks otherwise than the registry.
    #[must_use]
    pub fn weighing(self, check_weights: BTreeMap<String, Decimal>) -> Self {
        Self { check_weights, ..self }
    }

    /// The standing of findings that were just added up.
    pub fn of(vector: &ScoreVector, profile: &Profile) -> Self {
        let standing = Self::new(vector.categories(profile).into_iter().map(|score| {
            let points = Points { score: score.score, max_score: score.max_score, weight: score.weight };
            (score.category.to_owned(), points)
        }));
        standing.weighing(profile.check_weights())
    }

    /// What fixing findings of `check` with these statuses adds, all of them together.
    ///
    /// Passed and not applicable ones add nothing. `None` for a check that this build does not have, or whose
    /// category the scan did not score.
    pub fn gain(&self, check: &str, statuses: impl IntoIterator<Item = Status>) -> Option<Gain> {
        let (scanner, check) = registry::find(check)?;
        let weight = self.check_weights.get(check.id).copied();
        let weight = weight.unwrap_or_else(|| Decimal::new(i64::from(check.weight_halves) * 5, 1));
        let before = *self.categories.get(scanner.category.key)?;
        let mut after = before;
        let mut at_most = false;
        for status in statuses {
            match status {
                Status::Passed | Status::NotApplicable => {}
                Status::Warning => after.score += weight / Decimal::TWO,
                Status::Failed => after.score += weight,
                Status::Error => {
                    at_most = true;
                    after.score += weight;
                    after.max_score += weight;
                }
            }
        }
        Some(self.between(before, after, at_most))
    }

    fn between(&self, before: Points, after: Points, at_most: bool) -> Gain {
        if before == after {
            return Gain { at_most, ..Gain::default() };
        }
        let (old, new) = (before.ratio(), after.ratio());
        let moved = |ratio: Option<Decimal>| ratio.unwrap_or_default() * before.weight;
        let joined = if old.is_none() && new.is_some() { before.weight } else { Decimal::ZERO };
        let overall = shown((self.points - moved(old) + moved(new)).checked_div(self.weights + joined));
        Gain {
            category: shown(new) - shown(old),
            overall: overall - shown(self.points.checked_div(self.weights)),
            at_most,
        }
    }
}

impl Points {
    fn ratio(self) -> Option<Decimal> {
        self.score.checked_div(self.max_score)
    }
}

/// A ratio as it is shown; none is 0, where a first score starts from.
fn shown(ratio: Option<Decimal>) -> Decimal {
    ratio.map_or(Decimal::ZERO, percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;

    fn finding(check: &str, status: Status) -> Finding {
        Finding {
            check: check.into(),
            repository: None,
            status,
            detail: String::new(),
            evidence: vec![],
            gap: None,
        }
    }

    fn standing(findings: &[Finding]) -> Standing {
        Standing::of(&ScoreVector::of(findings, &Profile::default()), &Profile::default())
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// What the whole score says of one category and overall; nothing decided counts as 0.
    fn scores(findings: &[Finding], category: &str) -> (Decimal, Decimal) {
        let vector = ScoreVector::of(findings, &Profile::default());
        let score = vector
            .categories(&Profile::default())
            .into_iter()
            .find(|score| score.category == category)
            .unwrap();
        (score.percentage.unwrap_or_default(), vector.overall(&Profile::default()).score.unwrap_or_default())
    }

    #[test]
    fn a_gain_is_the_difference_the_reader_will_see() {
        // PLAT-001 weighs 0.5, PLAT-004 1.5, PLAT-005 1.0: 1.75 of 3 is 58.33 %, all of 3 but a warning is 91.67 %.
        let findings = [
            finding("PLAT-001", Status::Warning),
            finding("PLAT-004", Status::Passed),
            finding("PLAT-005", Status::Failed),
            finding("IAM-001", Status::Failed),
        ];
        let standing = standing(&findings);
        let gain = standing.gain("PLAT-005", [Status::Failed]).unwrap();
        // Overall: 0.06 of 0.16 is platform, so 21.88 % becomes 34.38 %.
        assert_eq!((gain.category, gain.overall), (decimal("33.34"), decimal("12.50")));
        assert!(!gain.at_most);
        let both = standing.gain("PLAT-001", [Status::Warning, Status::Passed]).unwrap();
        assert_eq!(both.category, decimal("8.34"));
    }

    #[test]
    fn weights_of_the_profile_count() {
        let settings = serde_json::from_str(r#"{"checks":{"PLAT-005":{"weight":4.5}}}"#).unwrap();
        let profile = Profile::of(&settings).unwrap();
        let findings = [finding("PLAT-004", Status::Passed), finding("PLAT-005", Status::Failed)];
        let standing = Standing::of(&ScoreVector::of(&findings, &profile), &profile);
        // 1.5 of 6 becomes 6 of 6.
        assert_eq!(standing.gain("PLAT-005", [Status::Failed]).unwrap().category, decimal("75.00"));
    }

    #[test]
    fn what_is_in_place_adds_nothing_and_what_was_not_read_adds_at_most() {
        let findings = [finding("PLAT-004", Status::Failed), finding("PLAT-005", Status::Error)];
        let standing = standing(&findings);
        for status in [Status::Passed, Status::NotApplicable] {
            assert_eq!(standing.gain("PLAT-004", [status]).unwrap(), Gain::default());
        }
        // 0 of 1.5 becomes 1 of 2.5.
        let gain = standing.gain("PLAT-005", [Status::Error]).unwrap();
        assert_eq!((gain.category, gain.at_most), (decimal("40.00"), true));
        assert!(standing.gain("NONE-001", [Status::Failed]).is_none());
    }

    #[test]
    fn a_category_that_was_not_decided_counts_from_zero_and_joins_the_overall_score() {
        let findings = [finding("PLAT-001", Status::Error), finding("IAM-001", Status::Failed)];
        let standing = standing(&findings);
        let gain = standing.gain("PLAT-001", [Status::Error]).unwrap();
        assert_eq!((gain.category, gain.overall), (decimal("100.00"), decimal("37.50")));
        assert!(Standing::default().gain("PLAT-001", [Status::Error]).is_none());
    }

    /// Numbers without meaning, the same every time (a linear congruential generator).
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % n
        }
    }

    #[test]
    fn every_gain_equals_recomputing_the_whole_score() {
        let checks: Vec<_> = registry::checks().collect();
        let mut chance = Chance(7);
        for _ in 0..300 {
            let size = 1 + chance.below(60);
            let findings: Vec<_> = (0..size)
                .map(|_| {
                    let (_, check) = checks[chance.below(checks.len())];
                    finding(check.id, Status::ALL[chance.below(5)])
                })
                .collect();
            let standing = standing(&findings);
            for index in 0..findings.len() {
                let (scanner, _) = registry::find(&findings[index].check).unwrap();
                let before = scores(&findings, scanner.category.key);
                let mut fixed = findings.clone();
                if fixed[index].status != Status::NotApplicable {
                    fixed[index].status = Status::Passed;
                }
                let after = scores(&fixed, scanner.category.key);
                let gain = standing.gain(&findings[index].check, [findings[index].status]).unwrap();
                let expected = (after.0 - before.0, after.1 - before.1);
                assert_eq!((gain.category, gain.overall), expected, "{:?}", findings[index]);
            }
        }
    }
}
