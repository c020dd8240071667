//! The checks as data: what the API, the command line and the reference pages show.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    check::{Check, Scanner, Scope, Severity, Threshold},
    decisions,
    finding::Status,
    registry,
    score::number,
};

/// Everything there is to say about one check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckDescription {
    /// Id, e.g. `CICD-003`.
    pub id: &'static str,
    /// Says the good state.
    pub name: &'static str,
    /// Category key.
    pub category: &'static str,
    /// Organization or repository.
    pub scope: Scope,
    /// Severity when it fails.
    pub severity: Severity,
    /// Weight in its category.
    #[serde(serialize_with = "number")]
    pub weight: Decimal,
    /// Weight of the category in the overall score.
    #[serde(serialize_with = "number")]
    pub category_weight: Decimal,
    /// The statuses it can end in.
    pub statuses: Vec<Status>,
    /// Whether an attestation counts as evidence.
    pub attestable: bool,
    /// What it asks.
    pub description: &'static str,
    /// When it passes, warns, fails and does not apply.
    pub decision: &'static str,
    /// Why it matters.
    pub rationale: &'static str,
    /// How to fix it.
    pub remediation: &'static str,
    /// Primary sources.
    pub references: &'static [&'static str],
    /// Permissions it reads with; without the first it is `error`.
    pub needs: Vec<Need>,
    /// Numbers a profile may change.
    pub thresholds: &'static [Threshold],
}

/// A permission a check reads with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// GitHub App permission key.
    pub key: &'static str,
    /// Always `read`: scanning writes nothing.
    pub level: &'static str,
}

/// Every check of this build, in display order.
pub fn catalogue() -> Vec<CheckDescription> {
    registry::checks().map(|(scanner, check)| describe(scanner, check)).collect()
}

/// The check with `id`.
pub fn find(id: &str) -> Option<CheckDescription> {
    registry::find(id).map(|(scanner, check)| describe(scanner, check))
}

fn describe(scanner: &'static Scanner, check: &'static Check) -> CheckDescription {
    let decision = decisions::find(check.id);
    CheckDescription {
        id: check.id,
        name: check.title,
        category: scanner.category.key,
        scope: check.scope(),
        severity: check.severity,
        weight: Decimal::new(i64::from(check.weight_halves) * 5, 1),
        category_weight: Decimal::new(scanner.category.weight_hundredths.into(), 2),
        statuses: decision.map(|decision| decision.statuses().collect()).unwrap_or_default(),
        attestable: decision.is_some_and(|decision| decision.attestable),
        description: check.description,
        decision: decision.map_or("", |decision| &decision.decision),
        rationale: check.rationale,
        remediation: check.remediation,
        references: check.references,
        needs: check.needs.iter().map(|&key| Need { key, level: "read" }).collect(),
        thresholds: check.thresholds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_complete_as_json() {
        let value = serde_json::to_value(find("IAM-003").unwrap()).unwrap();
        assert_eq!(value["weight"], 1.0);
        assert_eq!(value["category_weight"], 0.1);
        assert_eq!(value["scope"], "org");
        assert_eq!(value["needs"][0], serde_json::json!({"key": "members", "level": "read"}));
        assert_eq!(value["thresholds"][0]["key"], "max_admin_ratio");
    }
}
