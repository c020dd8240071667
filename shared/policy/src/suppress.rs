//! `isl-ignore <rule>: <reason> [expires:YYYY-MM-DD] [ticket:X]` in a comment, on the line or the line above.
//!
//! A reason of at least ten characters is required; the stated day is still valid; whoever suppresses a finding that
//! was there before the change is reported.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::{
    lang::Language,
    tree::{Lines, Module, Parsers, Shape},
};

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

/// Directives of a file. Where it was parsed, only its comments can hold one: a string that looks like one is code.
///
/// `script` is the text that was parsed: of a component file its scripts, everything else blank.
pub(crate) fn scan(
    text: &str,
    script: &str,
    language: Option<Language>,
    module: Option<&Module<'_>>,
    parsers: &mut Parsers,
) -> Vec<Parsed> {
    if !GATE.is_match(text) {
        return Vec::new();
    }
    let Some(language) = language else { return in_lines(text) };
    let parsed = match module {
        Some(_) => None,
        None => parsers.module(language, script, false).ok(),
    };
    let Some(module) = module.or(parsed.as_ref()) else { return in_lines(text) };
    let mut found = in_comments(module);
    if text.len() == script.len() && text != script {
        let markup = text
            .lines()
            .zip(script.lines())
            .map(|(line, script)| if script.trim().is_empty() { line } else { "" });
        found.extend(in_lines(&markup.collect::<Vec<_>>().join("\n")));
    }
    found
}

/// Directives of a file that is read for them alone.
pub(crate) fn of_file(path: &str, text: &str, parsers: &mut Parsers) -> Vec<Parsed> {
    let script = crate::engine::only_script(path, text);
    scan(text, &script, Language::of_path(path), None, parsers)
}

fn in_comments(module: &Module<'_>) -> Vec<Parsed> {
    module.meter.allow(u64::MAX);
    let lines = Lines::new(module.src);
    let mut found = Vec::new();
    for comment in module.all(Shape::Comment) {
        let text = module.text(*comment);
        if !GATE.is_match(text) {
            continue;
        }
        let first = lines.line(module.node(*comment).start);
        for (at, line) in (0..).zip(text.lines()) {
            // Inside a block, a line needs no leader of its own.
            found.extend(directive(line, first + at, at > 0));
        }
    }
    found.sort_by_key(|parsed| match parsed {
        Parsed::Valid(suppression) => suppression.line,
        Parsed::Invalid { line, .. } => *line,
    });
    found
}

/// Directives of a text without a grammar: a line counts where a comment leader stands before the keyword.
fn in_lines(text: &str) -> Vec<Parsed> {
    let lines = (1..).zip(text.lines());
    lines.filter_map(|(number, line)| directive(line, number, false)).collect()
}

fn directive(line: &str, number: u32, block: bool) -> Option<Parsed> {
    let at = line.to_ascii_lowercase().find(KEYWORD)?;
    let before = line.get(..at)?.trim_end();
    let leads = ["//", "#", "/*", "*", "<!--", "--", ";", "{/*", "=begin"]
        .iter()
        .any(|leader| before.ends_with(leader));
    if !(leads || block && before.is_empty()) {
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
        in_lines(line).pop()
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

    #[test]
    fn a_directive_counts_in_comments_of_every_language_and_nowhere_else() {
        let cases = [
            ("a.js", "/*\n isl-ignore R\n*/", "s = `\n// isl-ignore R\n`;"),
            ("a.tsx", "x = <a>{/* isl-ignore R */}</a>;", "x = <a>\n// isl-ignore R\n</a>;"),
            ("a.py", "# isl-ignore R", "s = \"\"\"\n# isl-ignore R\n\"\"\""),
            ("a.go", "package a // isl-ignore R", "package a\nvar s = `\n// isl-ignore R\n`"),
            ("A.java", "/** isl-ignore R */", "class A { String s = \"// isl-ignore R\"; }"),
            ("a.rb", "=begin\nisl-ignore R\n=end", "s = <<X\n# isl-ignore R\nX\n"),
            ("a.php", "<?php # isl-ignore R", "<?php $s = '\n// isl-ignore R\n';"),
            ("A.cs", "/// isl-ignore R", "class A { string s = @\"\n// isl-ignore R\n\"; }"),
            ("a.rs", "fn f() { /* isl-ignore R */ }", "const S: &str = \"\n// isl-ignore R\n\";"),
            ("a.kt", "// isl-ignore R", "val s = \"\"\"\n// isl-ignore R\n\"\"\""),
            (
                "a.vue",
                "<!-- isl-ignore R -->\n<script>\nx = 1\n</script>",
                "<script>\ns = `\n// isl-ignore R\n`\n</script>",
            ),
            ("a.yml", "a: b # isl-ignore R", "a: isl-ignore R"),
            ("a.sql", "-- isl-ignore R", "select 'isl-ignore R'"),
        ];
        for (path, comment, string) in cases {
            let count = |text: &str| {
                let text = text.replace(" R", " pii/x: known and accepted by legal");
                let found = of_file(path, &text, &mut Parsers::default());
                found.iter().filter(|parsed| matches!(parsed, Parsed::Valid(_))).count()
            };
            assert_eq!((count(comment), count(string)), (1, 0), "{path}");
        }
    }
}
