//! Policy bundles, packs and the rule engine: a change set in, a verdict out.
//!
//! Pure and CPU-bound: no I/O, no clock, no randomness; budgets are counted in steps, so the same input gives the same
//! bytes on any machine. The way of a file: gate (literals) → parse → neutral tree (`tree`) → facts (`facts`, `flow`) →
//! rules (`rules`, `packs/`) → suppressions, baseline, settings → [`Verdict`].
//!
//! What a newcomer would get wrong: rules never see a grammar (a language is one file in `lang`), a name counts only
//! when its last words say so (`vocabulary`), and a finding is demoted, not hidden, where a role makes it less serious.

mod baseline;
mod bundle;
pub mod catalogue;
mod change;
mod checks;
mod config;
mod credential;
mod engine;
mod facts;
mod fingerprint;
mod flow;
mod gate;
mod intake;
mod lang;
mod limits;
mod project;
mod repository;
mod role;
mod rules;
pub mod sarif;
mod suppress;
mod text;
mod tree;
mod verdict;
mod verify;
mod vocabulary;

pub use baseline::{Baseline, Entry};
pub use bundle::{
    BUILT_IN, Bundle, BundleDiff, Change, Checks, Effect, EffectivePolicy, Override, PackConfig, PackPolicy,
    Policies, Problem, RuleChange, RuleOverride, RuleSetting, RuleState, Scope, SettingChange, Standing,
    built_in, diff, resolve,
};
pub use change::{ChangeSet, Changed, RepoPath, SourceFile};
pub use intake::{
    Base, Content, Found, MAX_FILE_BYTES, PatchLines, assemble, changed_lines, describes, is_context,
    take_in, wanted,
};
pub use lang::Language;
pub use limits::Limits;
pub use repository::RepositorySettings;
pub use role::{Role, Roles};
pub use rules::{
    ExampleFailure, Rule, RuleDoc, all as rules, compile_custom_report as check_custom_rule, packs, sources,
    test_rules,
};
pub use verdict::{Decision, PackVerdict, Severity, Skipped, Suppressed, Tier, Verdict, Violation, score};
pub use verify::{Desk, FileReport, Verifier, verify, verify_on, verify_within};
