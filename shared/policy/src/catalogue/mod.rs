//! What people read about rules: facts of a rule that its file does not spell out, its examples, its page.

mod example;
mod page;
mod precision;

pub use example::{Example, examples};
pub use page::{index, page};
pub use precision::{Measured, Precision};

/// The comment that suppresses a finding of a rule.
pub fn suppress_with(rule: &str) -> String {
    format!("isl-ignore {rule}: <reason> [expires:YYYY-MM-DD] [ticket:ID]")
}

/// The number of a CWE reference.
pub(crate) fn cwe(reference: &str) -> Option<u32> {
    reference.strip_prefix("CWE-")?.parse().ok()
}
