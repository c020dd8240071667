//! Scores with their coverage, in exact arithmetic.
//!
//! Passed earns the weight (three quarters when a person answers for it), warning half of it, failed nothing; not_applicable and error stand outside the maximum.
//! A category's percentage is earned / maximum over all its results; the overall score is the mean of the active
//! categories' percentages by category weight. Coverage says how much of what should have been decided was:
//! (passed + warning + failed) / (those + error). A score without its coverage says nothing.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    category::{CATEGORIES, Category},
    finding::{Finding, Status},
    profile::Profile,
    registry,
};

/// What findings add up to. Small, exact and additive: stored beside a result, summed over repositories.
///
/// Serialized as category key → [`Tally`]; categories without any finding are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScoreVector(BTreeMap<String, Tally>);

/// Points and counts of one category. Points are counted in [`UNITS`]: a warning on a weight of 0.01 earns 0.005.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredTally", into = "StoredTally")]
pub struct Tally {
    earned: u64,
    max: u64,
    counts: Counts,
    attested: u64,
}

/// Units per point: weights have two decimals, and three quarters of one must still be whole.
const UNITS: u64 = 400;

/// A tally as it is stored. The first readers and writers counted quarter points.
#[derive(Default, Serialize, Deserialize)]
struct StoredTally {
    /// Quarter points earned; only read.
    #[serde(default, skip_serializing)]
    e: u64,
    /// Quarter points that could have been earned; only read.
    #[serde(default, skip_serializing)]
    m: u64,
    /// Units earned.
    #[serde(default)]
    p: u64,
    /// Units that could have been earned.
    #[serde(default)]
    q: u64,
    /// Findings by status.
    n: Counts,
    /// Of those, the ones that rest on an attestation.
    #[serde(default, skip_serializing_if = "is_zero")]
    a: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<StoredTally> for Tally {
    fn from(stored: StoredTally) -> Self {
        let units = |quarters: u64| quarters.saturating_mul(UNITS / 4);
        Self {
            earned: stored.p.saturating_add(units(stored.e)),
            max: stored.q.saturating_add(units(stored.m)),
            counts: stored.n,
            attested: stored.a,
        }
    }
}

impl From<Tally> for StoredTally {
    fn from(tally: Tally) -> Self {
        Self { p: tally.earned, q: tally.max, n: tally.counts, a: tally.attested, ..Self::default() }
    }
}

/// Findings by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 5]", into = "[u64; 5]")]
pub struct Counts {
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
}

/// The score of one category over everything scanned. Made for output; store the [`ScoreVector`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryScore {
    /// Key, e.g. `platform_arch`.
    pub category: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Weight in the overall score, 0 to 1.
    #[serde(serialize_with = "number")]
    pub weight: Decimal,
    /// Points earned.
    #[serde(serialize_with = "number")]
    pub score: Decimal,
    /// Points that could have been earned.
    #[serde(serialize_with = "number")]
    pub max_score: Decimal,
    /// `score / max_score` in percent, two decimals; none when nothing was decided.
    #[serde(serialize_with = "optional_number")]
    pub percentage: Option<Decimal>,
    /// Decided / (decided + error) in percent, two decimals; none when nothing applied.
    #[serde(serialize_with = "optional_number")]
    pub coverage: Option<Decimal>,
    /// Findings by status.
    #[serde(serialize_with = "named_counts")]
    pub counts: Counts,
    /// Of the passed and warned ones, those that rest on an attestation.
    pub attested: u64,
}

/// The score over all active categories. Made for output; store the [`ScoreVector`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overall {
    /// Percent, two decimals; none when nothing was decided.
    #[serde(serialize_with = "optional_number")]
    pub score: Option<Decimal>,
    /// Decided / (decided + error) in percent, two decimals; none when nothing applied.
    #[serde(serialize_with = "optional_number")]
    pub coverage: Option<Decimal>,
    /// Findings by status.
    #[serde(serialize_with = "named_counts")]
    pub counts: Counts,
    /// Of the passed and warned ones, those that rest on an attestation.
    pub attested: u64,
}

impl ScoreVector {
    /// What `findings` add up to under a profile. Findings of checks this build does not know are left out.
    pub fn of(findings: &[Finding], profile: &Profile) -> Self {
        let mut vector = Self::default();
        for finding in findings {
            if let Some((scanner, check)) = registry::find(&finding.check) {
                let tally = vector.0.entry(scanner.category.key.to_owned()).or_default();
                tally.count(finding.status, profile.weight(check), finding.is_attested());
            }
        }
        vector
    }

    /// Adds another vector, e.g. of the next repository. Order does not matter.
    pub fn add(&mut self, other: &Self) {
        for (category, tally) in &other.0 {
            self.0.entry(category.clone()).or_default().add(tally);
        }
    }

    /// The categories that the profile runs or that the vector holds, in display order.
    pub fn categories(&self, profile: &Profile) -> Vec<CategoryScore> {
        CATEGORIES
            .iter()
            .filter(|category| profile.runs_category(category) || self.0.contains_key(category.key))
            .map(|category| self.tally(category).score(category, profile))
            .collect()
    }

    /// The overall score: the mean of the active categories' percentages by weight.
    pub fn overall(&self, profile: &Profile) -> Overall {
        let (mut points, mut weights) = (Decimal::ZERO, Decimal::ZERO);
        let (mut counts, mut attested) = (Counts::default(), 0);
        for category in &CATEGORIES {
            let tally = self.tally(category);
            attested += tally.attested;
            counts.add(&tally.counts);
            if let Some(ratio) = Decimal::from(tally.earned).checked_div(Decimal::from(tally.max)) {
                let weight = Decimal::from(profile.category_weight(category));
                points += ratio * weight;
                weights += weight;
            }
        }
        let score = points.checked_div(weights).map(percent);
        Overall { score, coverage: counts.coverage(), counts, attested }
    }

    fn tally(&self, category: &Category) -> Tally {
        self.0.get(category.key).copied().unwrap_or_default()
    }
}

impl Tally {
    fn count(&mut self, status: Status, weight_hundredths: u64, attested: bool) {
        let full = weight_hundredths * (UNITS / 100);
        let (earned, max) = match status {
            // An attestation is weaker than a measurement.
            Status::Passed if attested => (full / 4 * 3, full),
            Status::Passed => (full, full),
            Status::Warning => (full / 2, full),
            Status::Failed => (0, full),
            Status::NotApplicable | Status::Error => (0, 0),
        };
        self.earned += earned;
        self.max += max;
        self.counts.add_one(status);
        self.attested += u64::from(attested);
    }

    fn add(&mut self, other: &Self) {
        self.earned = self.earned.saturating_add(other.earned);
        self.max = self.max.saturating_add(other.max);
        self.counts.add(&other.counts);
        self.attested = self.attested.saturating_add(other.attested);
    }

    fn score(self, category: &Category, profile: &Profile) -> CategoryScore {
        let points = |n: u64| (Decimal::from(n) / Decimal::from(UNITS)).normalize();
        CategoryScore {
            category: category.key,
            title: category.title,
            weight: (Decimal::from(profile.category_weight(category)) / Decimal::ONE_HUNDRED).normalize(),
            score: points(self.earned),
            max_score: points(self.max),
            percentage: Decimal::from(self.earned).checked_div(Decimal::from(self.max)).map(percent),
            coverage: self.counts.coverage(),
            counts: self.counts,
            attested: self.attested,
        }
    }
}

impl Counts {
    /// Findings with `status`.
    pub fn of(self, status: Status) -> u64 {
        let mut counts = self;
        *counts.slot(status)
    }

    /// Passed, warning and failed: those that score.
    pub fn decided(self) -> u64 {
        self.passed + self.warning + self.failed
    }

    /// Decided / (decided + error) in percent, two decimals.
    pub fn coverage(self) -> Option<Decimal> {
        Decimal::from(self.decided()).checked_div(Decimal::from(self.decided() + self.error)).map(percent)
    }

    /// Counts one more finding.
    pub(crate) fn add_one(&mut self, status: Status) {
        *self.slot(status) += 1;
    }

    fn slot(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Passed => &mut self.passed,
            Status::Warning => &mut self.warning,
            Status::Failed => &mut self.failed,
            Status::NotApplicable => &mut self.not_applicable,
            Status::Error => &mut self.error,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for status in Status::ALL {
            let slot = self.slot(status);
            *slot = slot.saturating_add(other.of(status));
        }
    }
}

impl From<[u64; 5]> for Counts {
    fn from([passed, warning, failed, not_applicable, error]: [u64; 5]) -> Self {
        Self { passed, warning, failed, not_applicable, error }
    }
}

impl From<Counts> for [u64; 5] {
    fn from(counts: Counts) -> Self {
        [counts.passed, counts.warning, counts.failed, counts.not_applicable, counts.error]
    }
}

/// A ratio as percent with two decimals, half up. Rounded to 20 decimals first: a division cut at 28 digits can
/// fall a hair below an exact half, and must not be rounded down for it.
pub(crate) fn percent(ratio: Decimal) -> Decimal {
    (ratio * Decimal::ONE_HUNDRED)
        .round_dp_with_strategy(20, RoundingStrategy::MidpointAwayFromZero)
        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// A JSON number: at most a few digits after the point, so the nearest binary float prints as written.
pub(crate) fn number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(value.to_f64().unwrap_or_default())
}

pub(crate) fn optional_number<S: Serializer>(
    value: &Option<Decimal>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}

pub(crate) fn named_counts<S: Serializer>(counts: &Counts, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Status::ALL.map(|status| (status.as_str(), counts.of(status))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: &str, status: Status) -> Finding {
        Finding {
            check: check.into(),
            repository: None,
            status,
            detail: String::new(),
            evidence: vec![],
            gap: None,
        }
    }

    fn scored(findings: &[Finding]) -> ScoreVector {
        ScoreVector::of(findings, &Profile::default())
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_warning_earns_half_and_what_was_not_decided_earns_and_costs_nothing() {
        // PLAT-001 weighs 0.5, PLAT-004 1.5, PLAT-005 1.0.
        let vector = scored(&[
            found("PLAT-001", Status::Warning),
            found("PLAT-004", Status::Passed),
            found("PLAT-005", Status::Failed),
            found("PLAT-006", Status::NotApplicable),
            found("PLAT-007", Status::Error),
        ]);
        let score = &vector.categories(&Profile::default())[0];
        assert_eq!((score.category, score.weight), ("platform_arch", decimal("0.06")));
        assert_eq!((score.score, score.max_score), (decimal("1.75"), decimal("3")));
        assert_eq!(score.percentage, Some(decimal("58.33")));
        assert_eq!(score.coverage, Some(decimal("75.00")));
        assert_eq!(score.counts, Counts { passed: 1, warning: 1, failed: 1, not_applicable: 1, error: 1 });
    }

    #[test]
    fn the_overall_score_weighs_active_categories_only() {
        // platform 100 % at 0.06, identity 0 % at 0.10: 6 / 16.
        let vector = scored(&[found("PLAT-001", Status::Passed), found("IAM-001", Status::Failed)]);
        assert_eq!(vector.overall(&Profile::default()).score, Some(decimal("37.50")));
        assert_eq!(vector.overall(&Profile::default()).coverage, Some(decimal("100.00")));
    }

    #[test]
    fn nothing_decided_is_no_score_and_not_zero() {
        let vector = scored(&[found("PLAT-001", Status::Error), found("IAM-001", Status::NotApplicable)]);
        let categories = vector.categories(&Profile::default());
        assert_eq!((categories[0].percentage, categories[0].coverage), (None, Some(decimal("0.00"))));
        assert_eq!((categories[1].percentage, categories[1].coverage), (None, None));
        assert_eq!(
            (vector.overall(&Profile::default()).score, vector.overall(&Profile::default()).coverage),
            (None, Some(decimal("0.00")))
        );
    }

    #[test]
    fn halves_are_rounded_up_even_after_a_division_that_was_cut() {
        assert_eq!(percent(decimal("0.00125")), decimal("0.13"));
        let thirds = (Decimal::ONE / Decimal::from(3)) * Decimal::from(3) * decimal("0.00125");
        assert_eq!(percent(thirds), decimal("0.13"));
    }

    #[test]
    fn adding_in_any_order_gives_the_same_and_storage_keeps_it() {
        let a = scored(&[found("SEC-001", Status::Passed), found("REPO-001", Status::Warning)]);
        let b = scored(&[found("SEC-001", Status::Failed)]);
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.add(&b);
        ba.add(&a);
        assert_eq!(ab, ba);
        let stored = serde_json::to_string(&ab).unwrap();
        assert_eq!(
            stored,
            r#"{"repo_governance":{"p":400,"q":800,"n":[0,1,0,0,0]},"secrets_mgmt":{"p":800,"q":1600,"n":[1,0,1,0,0]}}"#
        );
        assert_eq!(serde_json::from_str::<ScoreVector>(&stored).unwrap(), ab);
        // As the first version wrote it.
        let quarters = r#"{"repo_governance":{"e":4,"m":8,"n":[0,1,0,0,0]},"secrets_mgmt":{"e":8,"m":16,"n":[1,0,1,0,0]}}"#;
        assert_eq!(serde_json::from_str::<ScoreVector>(quarters).unwrap(), ab);
    }

    #[test]
    fn output_carries_numbers_and_names() {
        let vector = scored(&[found("PLAT-001", Status::Warning)]);
        assert_eq!(
            serde_json::to_value(&vector.categories(&Profile::default())[0]).unwrap(),
            serde_json::json!({
                "category": "platform_arch", "title": "Platform & architecture", "weight": 0.06, "score": 0.25,
                "max_score": 0.5, "percentage": 50.0, "coverage": 100.0,
                "counts": {"passed": 0, "warning": 1, "failed": 0, "not_applicable": 0, "error": 0},
                "attested": 0
            })
        );
    }
}
