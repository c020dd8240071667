//! One pattern: its regex, compiled when it is first needed, and the literals behind which it waits.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use crate::snapshot::gates::required_literals;

/// A regex that is compiled when it is first needed. ASCII classes: `unicode(false)` compiles about 80 times faster,
/// and the patterns were written for ASCII.
#[derive(Debug)]
pub(in crate::snapshot) struct Pattern {
    pub(super) source: String,
    fold: bool,
    compiled: OnceLock<Option<Regex>>,
    /// See [`required_literals`].
    pub(in crate::snapshot) literals: Option<Vec<Vec<u8>>>,
}

impl Pattern {
    pub(in crate::snapshot) fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            fold: false,
            compiled: OnceLock::new(),
            literals: required_literals(source),
        }
    }

    /// The same, compared without case throughout.
    pub(in crate::snapshot) fn folded(source: &str) -> Self {
        Self { fold: true, ..Self::new(source) }
    }

    /// The regex; `None` only for a pattern that does not compile, which a test excludes.
    pub(in crate::snapshot) fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                RegexBuilder::new(&self.source).unicode(false).case_insensitive(self.fold).build().ok()
            })
            .as_ref()
    }

    /// Whether it occurs in `text`.
    pub(in crate::snapshot) fn is_match(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}
