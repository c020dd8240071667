//! A file as text, and as keys with values where it is configuration.

use std::cell::OnceCell;

use crate::{config::KeyValue, lang::Language, role::Roles, tree::Meter};

/// One file for rules that need no syntax tree.
pub(crate) struct Text<'a> {
    pub(crate) path: &'a str,
    pub(crate) src: &'a str,
    pub(crate) language: Option<Language>,
    pub(crate) roles: Roles,
    /// What custom rules spend on reading it.
    pub(crate) meter: Meter,
    /// Byte ranges of comments and strings are only known for code that was parsed.
    pairs: OnceCell<Vec<KeyValue<'a>>>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(path: &'a str, src: &'a str, language: Option<Language>, roles: Roles) -> Self {
        Text { path, src, language, roles, meter: Meter::default(), pairs: OnceCell::new() }
    }

    /// Keys and values of YAML, JSON, TOML, properties and .env files; empty for anything else.
    pub(crate) fn pairs(&self) -> &[KeyValue<'a>] {
        self.pairs.get_or_init(|| crate::config::pairs(self.path, self.src))
    }
}
