//! The rules: what one is, where they come from, and how a file is asked.
//!
//! ADD A RULE: one file `packs/<pack>/<rule>.yml`. Where its selectors cannot say it, one function in a module here and
//! one line in [`native::NATIVE`]; a test complains when either half is missing.

mod ast;
mod custom;
mod example;
mod matcher;
mod native;
mod place;
mod schema;

use std::sync::{Arc, LazyLock};

pub use custom::compile_custom_report;
pub(crate) use custom::{compile_custom, syntax};
pub use example::{ExampleFailure, test_rules};
pub(crate) use native::AUTH_HELPERS;
pub use schema::RuleDoc;

use crate::{
    Role, Severity, Tier,
    facts::Code,
    lang::Language,
    role::Roles,
    rules::{matcher::Matcher, native::Native},
    text::Text,
};

mod files {
    include!(concat!(env!("OUT_DIR"), "/packs.rs"));
}

/// One rule, compiled.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `pack/rule`.
    pub id: String,
    /// Says the good state.
    pub title: String,
    /// Severity of a finding.
    pub severity: Severity,
    /// Tier of a finding.
    pub tier: Tier,
    /// Why it matters.
    pub rationale: String,
    /// How to fix it.
    pub fix: String,
    /// Primary sources, CWE numbers.
    pub references: Vec<String>,
    /// Languages it reads; empty = it reads text or configuration.
    pub languages: Vec<Language>,
    /// Every group must have a literal in the file, any case, or the rule cannot fire there.
    pub(crate) gate: Vec<Vec<String>>,
    /// Roles in which it is off.
    pub(crate) off: Vec<Role>,
    /// Roles in which it only informs.
    pub(crate) info: Vec<Role>,
    pub(crate) message: String,
    /// An organization's own: it runs on a budget of its own.
    pub(crate) custom: bool,
    pub(crate) detector: Detector,
}

/// How a rule looks.
#[derive(Clone, Debug)]
pub(crate) enum Detector {
    Native(Native),
    Matcher(Matcher),
}

/// What a rule found, before anything about policies is known.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) message: String,
    /// Where one finding is less certain than the rule.
    pub(crate) tier: Option<Tier>,
    pub(crate) severity: Option<Severity>,
    /// Stands for the code in the fingerprint, where the code must not (secrets).
    pub(crate) stand_in: Option<String>,
}

impl Hit {
    pub(crate) fn new(start: u32, end: u32, message: impl Into<String>) -> Self {
        Hit { start, end, message: message.into(), tier: None, severity: None, stand_in: None }
    }

    /// A finding less certain than its rule.
    pub(crate) fn at(self, severity: Severity, tier: Tier) -> Self {
        Hit { tier: Some(tier), severity: Some(severity), ..self }
    }
}

/// Findings of one rule in one file; stops at the cap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    pub(crate) hits: Vec<Hit>,
    pub(crate) capped: bool,
}

/// Findings per rule and file.
const MAX_HITS: usize = 100;

impl Hits {
    pub(crate) fn push(&mut self, hit: Hit) {
        if self.hits.iter().any(|known| known.start == hit.start && known.end == hit.end) {
            return;
        }
        if self.hits.len() < MAX_HITS {
            self.hits.push(hit);
        } else {
            self.capped = true;
        }
    }

    /// A finding at a node of the tree.
    pub(crate) fn at(&mut self, code: &Code<'_, '_>, id: crate::tree::Id, message: impl Into<String>) {
        let node = code.module.node(id);
        self.push(Hit::new(node.start, node.end, message));
    }
}

impl Rule {
    /// The pack of the rule.
    pub fn pack(&self) -> &str {
        self.id.split('/').next().unwrap_or("")
    }

    /// Whether it needs a syntax tree.
    pub(crate) fn needs_tree(&self) -> bool {
        match &self.detector {
            Detector::Native(native) => native.code.is_some(),
            Detector::Matcher(matcher) => !matcher.is_text(),
        }
    }

    /// Whether it needs the grammar's own tree.
    pub(crate) fn needs_syntax(&self) -> bool {
        matches!(&self.detector, Detector::Matcher(matcher) if matcher.reads_syntax())
    }

    /// Whether it reads files of this language; `None` = not code.
    pub(crate) fn reads(&self, language: Option<Language>) -> bool {
        let text = match &self.detector {
            Detector::Native(native) => native.text.is_some(),
            Detector::Matcher(matcher) => matcher.is_text() && self.languages.is_empty(),
        };
        text || language.is_some_and(|language| self.needs_tree() && self.languages.contains(&language))
    }

    /// `None` = off in a file of these roles; `Some(true)` = it only informs.
    pub(crate) fn in_roles(&self, roles: Roles) -> Option<bool> {
        if self.off.iter().any(|role| roles.has(*role)) {
            return None;
        }
        Some(self.info.iter().any(|role| roles.has(*role)))
    }

    pub(crate) fn run_code(&self, code: &Code<'_, '_>, hits: &mut Hits) {
        if !self.languages.contains(&code.module.language) {
            return;
        }
        match &self.detector {
            Detector::Native(native) => {
                if let Some(run) = native.code {
                    run(code, hits);
                }
            }
            Detector::Matcher(matcher) => matcher.run(code, &self.message, hits),
        }
    }

    pub(crate) fn run_text(&self, text: &Text<'_>, hits: &mut Hits) {
        match &self.detector {
            Detector::Native(native) => {
                if let Some(run) = native.text {
                    run(text, hits);
                }
            }
            Detector::Matcher(matcher) => matcher.run_text(text, &self.message, hits),
        }
    }
}

static RULES: LazyLock<Vec<Arc<Rule>>> = LazyLock::new(|| {
    let compile = |(path, text): &(&str, &str)| {
        let head = text.split("\n---\n").next().unwrap_or(text);
        let doc: RuleDoc =
            serde_saphyr::from_str(head).unwrap_or_else(|error| unreachable!("{path}: {error}"));
        Arc::new(doc.compile(true).unwrap_or_else(|problems| unreachable!("{path}: {problems:?}")))
    };
    let mut rules: Vec<Arc<Rule>> = files::FILES.iter().map(compile).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
});

/// The built-in rules, by id.
pub fn all() -> &'static [Arc<Rule>] {
    &RULES
}

/// The built-in packs, by id.
pub fn packs() -> impl Iterator<Item = &'static str> {
    let mut packs: Vec<&str> = all().iter().map(|rule| rule.pack()).collect();
    packs.dedup();
    packs.into_iter()
}

/// The files of the built-in rules: path under `packs/` and text.
pub fn sources() -> &'static [(&'static str, &'static str)] {
    files::FILES
}
