//! Bundles: which packs and rules apply, how strictly, under which check names.
//!
//! `schema.rs` is what people write, `effective.rs` what the engine uses; between them stands [`resolve`], which names
//! every mistake by its path.

mod builtin;
mod diff;
mod effective;
mod schema;

pub use builtin::{BUILT_IN, built_in};
pub use diff::{BundleDiff, Change, Effect, RuleChange, SettingChange, Standing, diff};
pub use effective::{EffectivePolicy, PackPolicy, RuleSetting, resolve};
pub use schema::{Bundle, Checks, PackConfig, Policies, RuleOverride, RuleState, Scope};

/// A mistake in a bundle or a custom rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// Where: a JSON-pointer-like path, `config.pii.ruleOverrides.pii/x`, or a custom rule's id.
    pub at: String,
    /// 1-based line, where the mistake is in a text.
    pub line: Option<u32>,
    /// 1-based column.
    pub column: Option<u32>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { at: at.into(), line: None, column: None, message: message.into() }
    }

    /// Where in the bundle's JSON: an RFC 6901 pointer.
    pub fn pointer(&self) -> String {
        let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
        let (path, _) = self.parts();
        // Names of packs and rules that are wrong may hold anything, a full stop too.
        match path.strip_prefix("config.") {
            Some(rest) => match (rest.split_once(".ruleOverrides."), rest.strip_suffix(".threshold")) {
                (Some((pack, rule)), _) => {
                    format!("/config/{}/ruleOverrides/{}", escaped(pack), escaped(rule))
                }
                (None, Some(pack)) => format!("/config/{}/threshold", escaped(pack)),
                (None, None) => format!("/config/{}", escaped(rest)),
            },
            None if path.is_empty() => String::new(),
            None => format!("/{}", path.replace(['.', '['], "/").replace(']', "")),
        }
    }

    /// What is wrong, with the line and column of a custom rule's text.
    pub fn detail(&self) -> String {
        let (_, inside) = self.parts();
        let mut text = String::new();
        if let (Some(line), Some(column)) = (self.line, self.column) {
            text.push_str(&format!("line {line}, column {column}: "));
        }
        if !inside.is_empty() {
            text.push_str(&format!("{inside}: "));
        }
        text + &self.message
    }

    /// The place in the bundle, and the place inside the custom rule that stands there.
    fn parts(&self) -> (&str, &str) {
        match self.at.split_once(' ') {
            Some(parts) if self.at.starts_with("rules[") => parts,
            _ => (&self.at, ""),
        }
    }
}

/// A repository's approved departure from its bundle.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Override {
    /// Its id, shown where it takes effect.
    pub id: String,
    /// A pack (`payments`) or a rule (`pii/console-in-production`).
    pub target: String,
    /// What holds instead. `off` on a pack is an opt-out; any other state on a pack that the bundle leaves out is an
    /// opt-in.
    pub state: RuleState,
    /// Last valid day, `YYYY-MM-DD`.
    pub expires: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_point_into_the_json() {
        let cases = [
            ("version", "/version", "no"),
            ("policies.required[2]", "/policies/required/2", "no"),
            ("config.p.x.threshold", "/config/p.x/threshold", "no"),
            ("config.pii.ruleOverrides.pii/x", "/config/pii/ruleOverrides/pii~1x", "no"),
            ("config.a/b", "/config/a~1b", "no"),
            ("rules[3] acme/x bad[0] in python", "/rules/3", "acme/x bad[0] in python: no"),
            ("rules[3]", "/rules/3", "no"),
        ];
        for (at, pointer, detail) in cases {
            let problem = Problem::new(at, "no");
            assert_eq!((problem.pointer().as_str(), problem.detail().as_str()), (pointer, detail));
        }
        let problem = Problem { line: Some(3), column: Some(1), ..Problem::new("rules[0]", "no") };
        assert_eq!(problem.detail(), "line 3, column 1: no");
    }
}
