//! Secrets by their own shape: gitleaks' patterns behind a keyword gate, and URLs with passwords.
//!
//! The one place for it: the packs (`auth/hardcoded-credentials`) and the scanners (SEC-007) ask here.
//!
//! The value never leaves: a finding shows kind, a few first characters and a hash. A keyword of a rule must be in the
//! text before its pattern is even compiled; a set of all patterns would be a hundred times slower.

mod patterns;
mod value;

use std::sync::LazyLock;

use regex::Regex;

pub use patterns::GENERIC;
pub use value::{entropy, is_placeholder, is_strong, short_hash};

/// Kind of a password in a URL.
pub const PASSWORD_IN_URL: &str = "password-in-url";

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What kind, e.g. `aws-access-token`.
    pub kind: String,
    /// Byte offset of the secret.
    pub start: usize,
    /// Byte offset after it.
    pub end: usize,
    /// First characters, at most four and at most a third, then `…`.
    pub preview: String,
    /// Eight hex digits of its SHA-256.
    pub hash: String,
    /// Whether a provider's own format gives it away; else it is a guess.
    pub certain: bool,
}

impl Secret {
    /// A secret at a place of a text.
    pub fn new(kind: &str, text: &str, range: (usize, usize), certain: bool) -> Self {
        let value = text.get(range.0..range.1).unwrap_or("");
        Secret {
            kind: kind.to_owned(),
            start: range.0,
            end: range.1,
            preview: preview(value),
            hash: short_hash(value.as_bytes()),
            certain,
        }
    }

    /// For a finding: kind, preview and hash.
    pub fn describe(&self) -> String {
        format!("{}, {} sha256:{}", self.kind, self.preview, self.hash)
    }
}

/// What of a secret may be shown.
fn preview(value: &str) -> String {
    let count = value.chars().count();
    let shown: String = value.chars().take(4.min(count / 3)).collect();
    format!("{shown}…")
}

/// Longest line that is looked at: beyond it stands data, not text.
const MAX_LINE: usize = 64 * 1024;

static URL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^/\s:@'"`<>${}]{1,60}:(?P<password>[^/\s:@'"`<>]{3,100})@(?P<host>[A-Za-z0-9.-]{1,200})"#;
    Regex::new(pattern).expect("a constant that a test runs")
});

/// Secrets of a text, by place.
pub fn find_secrets(path: &str, text: &str) -> Vec<Secret> {
    let mut found = patterns::find(path, text);
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if line.len() <= MAX_LINE && line.contains("://") && line.contains('@') {
            found.extend(URL.captures_iter(line).filter_map(|url| in_url(text, offset, &url)));
        }
        offset += line.len();
    }
    found.sort_by_key(|secret| (secret.start, !secret.certain));
    let mut end = 0;
    found.retain(|secret| {
        let fresh = secret.start >= end;
        end = end.max(secret.end);
        fresh
    });
    found
}

fn in_url(text: &str, offset: usize, url: &regex::Captures<'_>) -> Option<Secret> {
    let (password, host) = (url.name("password")?, url.name("host")?);
    let placeholder =
        is_placeholder(password.as_str()) || password.as_str().contains(['$', '{', '%', '*', '(']);
    let strong = is_strong(password.as_str()) && !is_local(host.as_str());
    let range = (offset + password.start(), offset + password.end());
    (!placeholder).then(|| Secret::new(PASSWORD_IN_URL, text, range, strong))
}

fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.starts_with("127.")
        || host.starts_with("example.")
        || host.contains(".example")
        || !host.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_not_in_what_is_shown() {
        let secret = Secret::new("x", "hunter2-hunter2", (0, 15), true);
        assert_eq!(secret.preview, "hunt…");
        assert_eq!(Secret::new("x", "abc", (0, 3), true).preview, "a…");
        assert!(!secret.describe().contains("hunter2"));
    }

    #[test]
    fn provider_formats_are_found_wherever_they_stand() {
        let key = format!("AKIA{}", "QYLPMN5HHHFPZAM2");
        let found = find_secrets("a.txt", &format!("id: {key}\n"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].certain && found[0].kind.contains("aws"));
        let token = format!("ghp_{}", "x8Kq2mVbT4wZ7yRn1LcJ9dPfA3sGh6UeQ0iW");
        assert!(find_secrets("a.md", &token).iter().any(|s| s.kind.contains("github")));
    }

    #[test]
    fn a_url_with_a_password_is_one() {
        assert!(
            find_secrets("a", "postgres://app:s3cr3tPass99@db.acme.io/x")
                .iter()
                .any(|s| s.kind == "password-in-url" && s.certain)
        );
        assert!(find_secrets("a", "postgres://app:${PASS}@db.acme.io/x").is_empty());
        assert!(find_secrets("a", "postgres://user:password@localhost/x").is_empty());
    }
}
