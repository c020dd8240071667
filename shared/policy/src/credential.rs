//! Whether a literal that a credential's name is bound to looks like a credential.

use scrutineer_secrets::{is_placeholder, is_strong};

use crate::vocabulary::{self, Class, Term};

/// What a literal bound to a credential name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Nothing.
    No,
    /// Perhaps one.
    Weak,
    /// One.
    Strong,
}

/// Judge the literal `value` bound to the name of `term`.
pub(crate) fn judge(name: &str, term: &Term, value: &str) -> Guess {
    let least = if term.class == Class::PASSWORD { 4 } else { 8 };
    let plain = !value.contains([' ', '\n', '\t', '<', '{', '(', '[', ';', ',']) && value.is_ascii();
    if value.len() < least
        || value.len() > 500
        || !plain
        || is_placeholder(value)
        || is_reference(value)
        || speaks_of_itself(name, value)
    {
        return Guess::No;
    }
    if is_strong(value) && !is_readable(value) {
        return Guess::Strong;
    }
    let mixed = value.bytes().any(|b| b.is_ascii_digit() || b"!@#$%^&*+=?".contains(&b));
    if mixed && !is_readable(value) { Guess::Weak } else { Guess::No }
}

/// Paths, URLs, dotted names, MIME types, versions: they name where a secret is, not what it is.
fn is_reference(value: &str) -> bool {
    let dotted = value.contains('.')
        && value.split('.').all(|part| {
            !part.is_empty()
                && part.len() < 24
                && part.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-')
        });
    let path = value.starts_with(['/', '.', '~', '#', '@', ':', '$', '%', '^'])
        || value.contains("://")
        || value.contains(":\\");
    let version = value.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-' || b == b':');
    let validation = value.contains('|');
    let binary = value.matches("\\x").count() > 2;
    dotted || path || validation || binary || (version && value.len() < 8)
}

/// `PASSWORD: "password_field"`, `token: 'access_token'`: the value says what the name says.
fn speaks_of_itself(name: &str, value: &str) -> bool {
    let words = vocabulary::words(value);
    let names = vocabulary::words(name);
    let wordy = words.iter().all(|word| word.len() < 16);
    let spoken = |word: &String| {
        names.contains(word)
            || matches!(
                word.as_str(),
                "password"
                    | "passwd"
                    | "token"
                    | "secret"
                    | "credential"
                    | "credentials"
                    | "key"
                    | "pwd"
                    | "auth"
                    | "login"
                    | "passphrase"
            )
    };
    words.len() > 1 && wordy && words.iter().any(spoken)
}

/// Words with at most a number at the end: `oauth2-client`, `user_service_v2`.
fn is_readable(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['-', '_', '.', ':', '/']).collect();
    let word = |part: &&str| {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() - letters.len() <= 2 && letters.bytes().all(|b| b.is_ascii_lowercase())
            || letters.is_empty() && part.len() <= 2
            || letters.bytes().all(|b| b.is_ascii_uppercase()) && part.len() - letters.len() <= 1
    };
    parts.len() > 1 && parts.iter().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(name: &str, value: &str) -> Guess {
        judge(name, vocabulary::term(name, "").expect("a credential name"), value)
    }

    #[test]
    fn values_are_told_from_names_and_placeholders() {
        for value in [
            "password_field",
            "changeme",
            "your-api-key-here",
            "${DB_PASSWORD}",
            "secret",
            "app.secret.key",
            "/run/secrets/db",
            "string",
            "Invalid password",
            "test",
        ] {
            assert_eq!(guess("password", value), Guess::No, "{value}");
        }
        assert_eq!(guess("password", "hunter2"), Guess::Weak);
        assert_eq!(guess("apiKey", "9f8d7s6a5f4d3s2a1q"), Guess::Strong);
        assert_eq!(guess("password", "Tr0ub4dor&3"), Guess::Strong);
    }
}
