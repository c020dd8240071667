//! Bundles: which packs and rules apply, how strictly, under which check names.
//!
//! `schema.rs` is what people write, `effective.rs` what the engine uses; between them stands [`resolve`], which names
//! every mistake by its path.

mod builtin;
mod effective;
mod schema;

pub use builtin::{BUILT_IN, built_in};
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
