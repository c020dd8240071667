//! CODEOWNERS: the first of the three files that GitHub honours.

/// The CODEOWNERS file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codeowners {
    /// Path.
    pub path: String,
    /// Rules in file order.
    pub rules: Vec<OwnerRule>,
    /// Lines that GitHub would skip: 1-based line and why.
    pub errors: Vec<(u64, String)>,
    /// Tracked files whose last matching rule names an owner.
    pub covered: u64,
    /// Tracked files.
    pub tracked: u64,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRule {
    /// 1-based line.
    pub line: u64,
    /// Pattern, as written.
    pub pattern: String,
    /// `@user`, `@org/team` or an address; empty = explicitly unowned.
    pub owners: Vec<String>,
}

impl Codeowners {
    /// Share of tracked files that have an owner, in percent, rounded down.
    pub fn coverage_percent(&self) -> u64 {
        if self.tracked == 0 { 0 } else { self.covered * 100 / self.tracked }
    }
}
