//! Findings that were there before the gate: rule, fingerprint and how often.
//!
//! Read from the base branch only, so that a pull request cannot widen it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::verdict::{Verdict, Violation};

/// A baseline file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Format, 1.
    pub version: u32,
    /// Sorted by rule and fingerprint.
    pub entries: Vec<Entry>,
}

/// A finding that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Rule id.
    pub rule: String,
    /// Fingerprint.
    pub fingerprint: String,
    /// How many findings carry it.
    pub count: u32,
}

impl Baseline {
    /// Where it stands in a repository.
    pub const PATH: &'static str = ".scrutineer/baseline.json";

    /// A baseline of everything a verdict found.
    pub fn create(verdict: &Verdict) -> Self {
        let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for violation in &verdict.violations {
            *counts.entry((&violation.rule, &violation.fingerprint)).or_default() += 1;
        }
        let entries = counts
            .into_iter()
            .map(|((rule, print), count)| Entry {
                rule: rule.to_owned(),
                fingerprint: print.to_owned(),
                count,
            })
            .collect();
        Baseline { version: 1, entries }
    }

    /// Read a baseline file.
    ///
    /// # Errors
    /// When it is not JSON of this format.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub(crate) fn allowance(&self) -> Allowance {
        let mut left: BTreeMap<(String, String), u32> = BTreeMap::new();
        for entry in &self.entries {
            *left.entry((entry.rule.clone(), entry.fingerprint.clone())).or_default() += entry.count;
        }
        Allowance { left }
    }
}

/// What a baseline still covers while findings are taken off it.
pub(crate) struct Allowance {
    left: BTreeMap<(String, String), u32>,
}

impl Allowance {
    pub(crate) fn covers(&mut self, violation: &Violation) -> bool {
        match self.left.get_mut(&(violation.rule.clone(), violation.fingerprint.clone())) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}
