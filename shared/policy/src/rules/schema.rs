//! A rule as people write it (`apiVersion: 1`): built-in and custom rules share the format.

use serde::{Deserialize, Serialize};

use super::{Detector, Rule, matcher::MatchDoc, native};
use crate::{Role, Severity, Tier, bundle::Problem, lang::Language};

/// A mistake in a rule document: where (a path from the place that reports it) and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Fault { path: String::new(), message: message.into() }
    }

    /// The same, as seen from the place that holds `key`.
    pub(crate) fn under(self, key: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Fault { path: format!("{key}{joint}{}", self.path), message: self.message }
    }
}

/// A rule document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleDoc {
    /// Format, 1.
    pub api_version: u32,
    /// `pack/rule`, lower case.
    pub id: String,
    /// Says the good state.
    pub title: String,
    /// `error`, `warning` or `info`.
    pub severity: Severity,
    /// `hard_block`, `soft_block` or `warn`.
    pub tier: Tier,
    /// Why it matters: one consequence.
    pub rationale: String,
    /// How to fix it.
    pub fix: String,
    /// Primary sources, CWE numbers.
    #[serde(default)]
    pub references: Vec<String>,
    /// Languages it reads. `script` stands for javascript, typescript and tsx; `all` for every language. Left out, it
    /// reads text.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Literals without which it cannot fire: one of each group must be in the file, in any case.
    #[serde(default)]
    pub gate: Vec<Vec<String>>,
    /// Roles in which it is off.
    #[serde(default)]
    pub off: Vec<Role>,
    /// Roles in which it only informs.
    #[serde(default)]
    pub info: Vec<Role>,
    /// Text of a finding; `$NAME` is what was matched.
    #[serde(default)]
    pub message: String,
    /// Selectors. Left out in built-in rules that are written in Rust.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub(crate) matches: Option<MatchDoc>,
    /// Examples of custom rules; built-in ones have theirs in a second document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) examples: Option<super::example::Examples>,
}

impl RuleDoc {
    fn detector(&self, built_in: bool, languages: &[Language]) -> Result<Detector, Fault> {
        match (&self.matches, built_in) {
            (Some(doc), _) => doc.compile(languages).map(Detector::Matcher),
            (None, true) => {
                let found = native::find(&self.id).map(Detector::Native);
                found.ok_or_else(|| Fault::new("neither selectors nor a function are there"))
            }
            (None, false) => Err(Fault::new("selectors are missing")),
        }
    }

    /// Compile; `built_in` rules may be written in Rust.
    pub(crate) fn compile(&self, built_in: bool) -> Result<Rule, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut problem =
            |at: &str, message: String| problems.push(Problem::new(format!("{} {at}", self.id), message));
        if self.api_version != 1 {
            problem("apiVersion", format!("version {} is not known; this is version 1", self.api_version));
        }
        let (pack, name) = self.id.split_once('/').unwrap_or(("", ""));
        if !is_plain(pack) || !is_plain(name) {
            problem("id", "an id is `pack/rule` in lower-case letters, digits and hyphens".to_owned());
        }
        if !built_in
            && super::packs().any(|known| known == pack)
            && super::all().iter().any(|rule| rule.id == self.id)
        {
            problem("id", format!("`{}` is a built-in rule", self.id));
        }
        if !built_in && self.tier == Tier::Evaluate {
            problem(
                "tier",
                "a rule is `hard_block`, `soft_block` or `warn`; use the state `evaluate` in the bundle"
                    .to_owned(),
            );
        }
        let languages = languages(&self.languages).unwrap_or_else(|unknown| {
            problem("languages", format!("`{unknown}` is no language"));
            Vec::new()
        });
        let detector = self.detector(built_in, &languages).map_err(|fault| {
            let fault = fault.under("match");
            problem(&fault.path, fault.message);
        });
        let detector = detector.ok();
        let needs_language =
            detector.as_ref().is_some_and(|d| matches!(d, Detector::Matcher(m) if !m.is_text()));
        if needs_language && languages.is_empty() {
            problem("languages", "these selectors read code: say in which languages".to_owned());
        }
        let Some(detector) = detector.filter(|_| problems.is_empty()) else { return Err(problems) };
        let lower = |group: &Vec<String>| group.iter().map(|word| word.to_ascii_lowercase()).collect();
        let gate = self.gate.iter().map(lower).collect();
        Ok(Rule {
            id: self.id.clone(),
            title: self.title.clone(),
            severity: self.severity,
            tier: self.tier,
            rationale: self.rationale.clone(),
            fix: self.fix.clone(),
            references: self.references.clone(),
            languages,
            gate,
            off: self.off.clone(),
            info: self.info.clone(),
            message: self.message.clone(),
            custom: !built_in,
            detector,
        })
    }
}

fn is_plain(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(known)
}

pub(crate) fn languages(names: &[String]) -> Result<Vec<Language>, String> {
    let mut found = Vec::new();
    for name in names {
        match name.as_str() {
            "all" => found.extend(Language::all()),
            "script" => found.extend([Language::JavaScript, Language::TypeScript, Language::Tsx]),
            other => found.push(Language::from_key(other).ok_or_else(|| other.to_owned())?),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
