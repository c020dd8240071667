//! Scan profiles: which checks run, what they weigh, and the numbers they compare with.
//!
//! [`ProfileSettings`] is what a customer writes: only what differs from the registry. [`Profile`] is the same once it
//! is checked against the registry, and what evaluation and scoring use. Two settings that come to the same effect
//! have the same [`Profile::fingerprint`], however they are written.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    category::{CATEGORIES, Category},
    check::{Check, Scanner, Thresholds},
    evaluate::Tuning,
    registry,
};

mod number;
mod refusal;

pub use number::Number;
pub use refusal::Refusal;

/// What a customer sets. What is left out stays as the registry has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileSettings {
    /// By category key, e.g. `cicd`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, CategorySettings>,
    /// By check id, e.g. `CICD-003`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, CheckSettings>,
}

/// What is set for a category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategorySettings {
    /// Whether its checks run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Weight in the overall score, 0 to [`Profile::MAX_CATEGORY_WEIGHT`]; weights count relative to each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Number>,
}

/// What is set for a check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSettings {
    /// Whether it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Weight in its category, 0 to [`Profile::MAX_CHECK_WEIGHT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Number>,
    /// Numbers that it compares with, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub thresholds: BTreeMap<String, Number>,
}

/// Settings that hold, in their effect: what equals the registry or has none is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Checks that do not run.
    off: BTreeSet<&'static str>,
    /// Weights of checks, in hundredths.
    weights: BTreeMap<&'static str, u64>,
    /// Weights of categories, in hundredths.
    category_weights: BTreeMap<&'static str, u64>,
    tuning: Tuning,
}

/// What a profile leaves out, for people: a disabled category stands for its checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disabled {
    /// Keys of categories.
    pub categories: Vec<&'static str>,
    /// Ids of checks of the other categories.
    pub checks: Vec<&'static str>,
}

impl Profile {
    /// Largest weight of a check; the registry's are 0.5 to 2.
    pub const MAX_CHECK_WEIGHT: Decimal = Decimal::TEN;
    /// Largest weight of a category; the registry's sum to 1.
    pub const MAX_CATEGORY_WEIGHT: Decimal = Decimal::ONE;
    /// Fingerprint of a profile that changes nothing.
    pub const DEFAULT_FINGERPRINT: &'static str = "default";

    /// The registry's profile with other thresholds.
    pub fn tuned(tuning: Tuning) -> Self {
        Self { tuning, ..Self::default() }
    }

    /// Checks settings against the registry.
    ///
    /// # Errors
    /// The first thing that does not hold, with its JSON path.
    pub fn of(settings: &ProfileSettings) -> Result<Self, Refusal> {
        let mut profile = Self::default();
        for (key, set) in &settings.categories {
            profile.set_category(key, set)?;
        }
        for (id, set) in &settings.checks {
            profile.set_check(id, set)?;
        }
        profile.drop_without_effect();
        profile.counts_something()?;
        Ok(profile)
    }

    fn set_category(&mut self, key: &str, set: &CategorySettings) -> Result<(), Refusal> {
        let scanner = registry::SCANNERS.iter().find(|scanner| scanner.category.key == key);
        let Some(scanner) = scanner else {
            let why = "there is no such category; GET /api/checks lists them";
            return Err(Refusal::at(["categories", key], why));
        };
        if set.enabled == Some(false) {
            self.off.extend(scanner.checks.iter().map(|check| check.id));
        }
        if let Some(weight) = set.weight {
            let range = (Decimal::ZERO, Self::MAX_CATEGORY_WEIGHT);
            let weight = hundredths(weight, range, ["categories", key, "weight"])?;
            self.category_weights.insert(scanner.category.key, weight);
        }
        Ok(())
    }

    fn set_check(&mut self, id: &str, set: &CheckSettings) -> Result<(), Refusal> {
        let Some((_, check)) = registry::find(id) else {
            return Err(Refusal::at(["checks", id], "there is no such check; GET /api/checks lists them"));
        };
        if set.enabled == Some(false) {
            self.off.insert(check.id);
        }
        if let Some(weight) = set.weight {
            let range = (Decimal::ZERO, Self::MAX_CHECK_WEIGHT);
            self.weights.insert(check.id, hundredths(weight, range, ["checks", id, "weight"])?);
        }
        for (key, value) in &set.thresholds {
            let path = ["checks", id, "thresholds", key];
            let Some(threshold) = check.thresholds.iter().find(|threshold| threshold.key == key) else {
                return Err(Refusal::at(path, no_threshold(check)));
            };
            let (least, most) = threshold.range();
            let hundredths = hundredths(*value, (least.into(), most.into()), path)?;
            self.tuning.set(check.id, key, (Decimal::from(hundredths) / Decimal::ONE_HUNDRED).normalize());
        }
        Ok(())
    }

    /// Leaves out what equals the registry, or belongs to a check that does not run.
    fn drop_without_effect(&mut self) {
        let off = &self.off;
        self.weights.retain(|id, weight| !off.contains(id) && registered_weight(id) != Some(*weight));
        self.tuning.retain(|id, key, value| {
            let default = registry::find(id)
                .and_then(|(_, check)| check.thresholds.iter().find(|threshold| threshold.key == key))
                .map(|threshold| Decimal::from(threshold.default));
            !off.contains(id) && default != Some(value)
        });
        let dead = |key: &str| scanner_of(key).is_none_or(|s| s.checks.iter().all(|c| off.contains(c.id)));
        self.category_weights.retain(|key, weight| {
            !dead(key)
                && !CATEGORIES.iter().any(|c| c.key == *key && u64::from(c.weight_hundredths) == *weight)
        });
    }

    /// A profile under which no finding could ever count says nothing.
    fn counts_something(&self) -> Result<(), Refusal> {
        let running: Vec<_> =
            registry::SCANNERS.iter().filter(|scanner| self.runs_category(&scanner.category)).collect();
        if running.is_empty() {
            return Err(Refusal::at(["categories"], "no check would run: leave at least one enabled"));
        }
        if running.iter().all(|scanner| self.category_weight(&scanner.category) == 0) {
            return Err(Refusal::at(["categories"], "the weights of all categories that run are zero"));
        }
        let counts = |scanner: &&&Scanner| {
            self.category_weight(&scanner.category) > 0
                && scanner.checks.iter().any(|check| self.runs(check) && self.weight(check) > 0)
        };
        if !running.iter().any(counts) {
            return Err(Refusal::at(["checks"], "the weights of all checks that run are zero"));
        }
        Ok(())
    }

    /// The same profile, running checks of these categories only; of all when none is named.
    #[must_use]
    pub fn narrowed(&self, categories: &[String]) -> Self {
        let mut profile = self.clone();
        if !categories.is_empty() {
            let others =
                registry::checks().filter(|(s, _)| !categories.iter().any(|key| key == s.category.key));
            profile.off.extend(others.map(|(_, check)| check.id));
        }
        profile
    }

    /// Whether a check runs.
    pub fn runs(&self, check: &Check) -> bool {
        !self.off.contains(check.id)
    }

    /// Whether any check of a category runs.
    pub fn runs_category(&self, category: &Category) -> bool {
        scanner_of(category.key).is_some_and(|scanner| scanner.checks.iter().any(|check| self.runs(check)))
    }

    /// Weight of a check in its category, in hundredths.
    pub fn weight(&self, check: &Check) -> u64 {
        self.weights.get(check.id).copied().unwrap_or(u64::from(check.weight_halves) * 50)
    }

    /// Weight of a category in the overall score, in hundredths.
    pub fn category_weight(&self, category: &Category) -> u64 {
        self.category_weights.get(category.key).copied().unwrap_or(category.weight_hundredths.into())
    }

    /// The numbers that a check compares with.
    pub fn thresholds<'a>(&'a self, check: &'a Check) -> Thresholds<'a> {
        self.tuning.of(check)
    }

    /// Weights of checks that differ from the registry's.
    pub fn check_weights(&self) -> BTreeMap<String, Decimal> {
        let weight = |hundredths: u64| (Decimal::from(hundredths) / Decimal::ONE_HUNDRED).normalize();
        self.weights.iter().map(|(id, hundredths)| ((*id).to_owned(), weight(*hundredths))).collect()
    }

    /// What does not run.
    pub fn disabled(&self) -> Disabled {
        let mut disabled = Disabled::default();
        for scanner in registry::SCANNERS {
            if self.runs_category(&scanner.category) {
                disabled.checks.extend(scanner.checks.iter().filter(|c| !self.runs(c)).map(|c| c.id));
            } else {
                disabled.categories.push(scanner.category.key);
            }
        }
        disabled
    }

    /// Stands for the effect: equal effects have equal fingerprints.
    pub fn fingerprint(&self) -> String {
        if *self == Self::default() {
            return Self::DEFAULT_FINGERPRINT.to_owned();
        }
        let effect = (&self.off, &self.weights, &self.category_weights, self.tuning.values());
        let text = serde_json::to_vec(&effect).expect("names and numbers always are JSON");
        hex(&Sha256::digest(text)[..16])
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn scanner_of(category: &str) -> Option<&'static Scanner> {
    registry::SCANNERS.iter().find(|scanner| scanner.category.key == category).copied()
}

fn registered_weight(id: &str) -> Option<u64> {
    registry::find(id).map(|(_, check)| u64::from(check.weight_halves) * 50)
}

fn no_threshold(check: &Check) -> String {
    let keys: Vec<_> = check.thresholds.iter().map(|threshold| threshold.key).collect();
    if keys.is_empty() {
        return format!("{} has no thresholds", check.id);
    }
    format!("there is no such threshold; {} has {}", check.id, keys.join(", "))
}

/// A number within its range, with at most two decimals.
fn hundredths<const N: usize>(
    value: Number,
    (least, most): (Decimal, Decimal),
    path: [&str; N],
) -> Result<u64, Refusal> {
    let value = value.0;
    if !(least..=most).contains(&value) {
        return Err(Refusal::at(path, format!("a number from {least} to {most} goes here")));
    }
    let exact = u64::try_from(value * Decimal::ONE_HUNDRED).ok();
    exact
        .filter(|n| Decimal::from(*n) == value * Decimal::ONE_HUNDRED)
        .ok_or_else(|| Refusal::at(path, "a number has at most two decimals here"))
}

#[cfg(test)]
mod tests;
