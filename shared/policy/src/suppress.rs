//! `isl-ignore <rule>: <reason> [expires:YYYY-MM-DD] [ticket:X]` in a comment, on the line or the line above.
//!
//! A reason of at least ten characters is required; the stated day is still valid; whoever suppresses a finding that
//! was there before the change is reported.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// A suppression as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suppression {
    pub(crate) rule: String,
    pub(crate) reason: String,
    pub(crate) expires: Option<String>,
    pub(crate) ticket: Option<String>,
    /// 1-based line of the comment.
    pub(crate) line: u32,
}

/// What reading a comment gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Valid(Suppression),
    /// A directive that suppresses nothing, with what is wrong.
    Invalid {
        line: u32,
        problem: &'static str,
    },
}

const KEYWORD: &str = "isl-ignore";
static GATE: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build([KEYWORD]).expect("one word"));
const MIN_REASON: usize = 10;

/// Directives in a text; a line counts where a comment leader stands before the keyword.
pub(crate) fn scan(text: &str) -> Vec<Parsed> {
    if !GATE.is_match(text) {
        return Vec::new();
    }
    text.lines()
        .enumerate()
        .filter_map(|(at, line)| directive(line, u32::try_from(at + 1).unwrap_or(u32::MAX)))
        .collect()
}

fn directive(line: &str, number: u32) -> Option<Parsed> {
    let at = line.to_ascii_lowercase().find(KEYWORD)?;
    let before = line.get(..at)?.trim_end();
    let leads = ["//", "#", "/*", "*", "<!--", "--", ";", "{/*", "=begin"]
        .iter()
        .any(|leader| before.ends_with(leader));
    if !leads {
        return None;
    }
    let rest = line
        .get(at + KEYWORD.len()..)?
        .trim()
        .trim_end_matches("*/")
        .trim_end_matches("-->")
        .trim_end_matches("*/}")
        .trim();
    let invalid = |problem| Some(Parsed::Invalid { line: number, problem });
    let Some((rule, text)) = rest.split_once(':') else {
        return invalid("no reason is given (`isl-ignore <rule>: <reason>`)");
    };
    let rule = rule.trim();
    let named = rule.contains('/') && rule.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/".contains(&b));
    if !named {
        return invalid("the rule is not named");
    }
    let (mut reason, mut expires, mut ticket) = (Vec::new(), None, None);
    for word in text.split_whitespace() {
        let bare = word.trim_matches(['[', ']']);
        if let Some(day) = bare.strip_prefix("expires:") {
            expires = Some(day.to_owned());
        } else if let Some(id) = bare.strip_prefix("ticket:") {
            ticket = Some(id.to_owned());
        } else {
            reason.push(word);
        }
    }
    let reason = reason.join(" ");
    if reason.chars().count() < MIN_REASON {
        return invalid("the reason has fewer than 10 characters");
    }
    if expires.as_deref().is_some_and(|day| !is_day(day)) {
        return invalid("the expiry is not a day (YYYY-MM-DD)");
    }
    Some(Parsed::Valid(Suppression { rule: rule.to_owned(), reason, expires, ticket, line: number }))
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    bytes.len() == 10 && digits(0..4) && bytes[4] == b'-' && digits(5..7) && bytes[7] == b'-' && digits(8..10)
}

impl Suppression {
    /// Whether it has run out; the stated day is the last one.
    pub(crate) fn expired(&self, today: &str) -> bool {
        !today.is_empty() && self.expires.as_deref().is_some_and(|day| day < today)
    }

    /// Whether it answers a finding of `rule` on these lines.
    pub(crate) fn answers(&self, rule: &str, start_line: u32) -> bool {
        self.rule == rule && (self.line == start_line || self.line + 1 == start_line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Option<Parsed> {
        scan(line).pop()
    }

    #[test]
    fn every_comment_syntax_is_read() {
        for line in [
            "x(); // isl-ignore pii/x: known and accepted by legal",
            "# isl-ignore pii/x: known and accepted by legal",
            "/* isl-ignore pii/x: known and accepted by legal */",
            "<!-- isl-ignore pii/x: known and accepted by legal -->",
            "-- ISL-IGNORE pii/x: known and accepted by legal",
        ] {
            assert!(matches!(one(line), Some(Parsed::Valid(s)) if s.rule == "pii/x"), "{line}");
        }
    }

    #[test]
    fn a_directive_without_reason_or_rule_suppresses_nothing() {
        for line in [
            "// isl-ignore pii/x",
            "// isl-ignore pii/x: short",
            "// isl-ignore *: all of it, please do",
            "// isl-ignore pii/x: good long reason expires:soon",
        ] {
            assert!(matches!(one(line), Some(Parsed::Invalid { .. })), "{line}");
        }
        assert_eq!(one("const s = 'isl-ignore pii/x: in a string, not a comment'"), None);
    }

    #[test]
    fn the_stated_day_is_the_last_valid_one() {
        let Some(Parsed::Valid(s)) =
            one("// isl-ignore pii/x: known and accepted expires:2026-03-01 ticket:T-1")
        else {
            unreachable!("a valid directive")
        };
        assert_eq!(s.ticket.as_deref(), Some("T-1"));
        assert!(!s.expired("2026-03-01") && s.expired("2026-03-02") && !s.expired(""));
    }
}
