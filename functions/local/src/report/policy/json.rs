//! The verdict for programs.

use std::collections::BTreeMap;

use scrutineer_policy::{Verdict, catalogue::suppress_with};
use serde::Serialize;

use super::Shown;
use crate::cli::error::Error;

/// The verdict's own fields first, so that they stand at the top.
#[derive(Serialize)]
struct Document<'v> {
    #[serde(flatten)]
    verdict: &'v Verdict,
    bundle: &'v str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<BTreeMap<&'v str, Explanation>>,
}

#[derive(Serialize)]
struct Explanation {
    title: String,
    rationale: String,
    fix: String,
    references: Vec<String>,
    suppress_with: String,
}

pub(super) fn json(shown: &Shown<'_>) -> Result<String, Error> {
    let explanation = |id| {
        let rule = shown.policy.rule(id)?;
        let explanation = Explanation {
            title: rule.title.clone(),
            rationale: rule.rationale.clone(),
            fix: rule.fix.clone(),
            references: rule.references.clone(),
            suppress_with: suppress_with(id),
        };
        Some((id, explanation))
    };
    let rules = shown.explain.then(|| shown.rules_found().into_iter().filter_map(explanation).collect());
    let document = Document { verdict: shown.verdict, bundle: &shown.policy.bundle, rules };
    let mut text = serde_json::to_string_pretty(&document).map_err(|error| Error::caused(&error))?;
    text.push('\n');
    Ok(text)
}
