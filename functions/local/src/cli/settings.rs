//! The environment, read in this one place of the program.

use secrecy::SecretString;

/// A variable that is set and not blank.
#[expect(clippy::disallowed_methods, reason = "this is where the program reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// What is logged: `SCRUTINEER_LOG`.
pub(crate) fn log_filter() -> Option<String> {
    variable("SCRUTINEER_LOG")
}

/// The token to scan with: `GITHUB_TOKEN`.
pub(crate) fn github_token() -> Option<SecretString> {
    variable("GITHUB_TOKEN").map(SecretString::from)
}

/// Columns that the caller asks for: `COLUMNS`.
pub(crate) fn columns() -> Option<u16> {
    variable("COLUMNS").and_then(|text| text.trim().parse().ok())
}
