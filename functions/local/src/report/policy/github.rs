//! Workflow commands of GitHub Actions: `::error file=…,line=…::message`.
//!
//! GitHub shows ten annotations of each level per step and fifty per job; the worst come first.

use std::fmt::Write as _;

use scrutineer_policy::{Tier, Violation};

use super::Shown;

pub(super) fn commands(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    let mut order: Vec<&Violation> = shown.verdict.violations.iter().collect();
    order.sort_by_key(|violation| std::cmp::Reverse(violation.tier));
    for violation in order {
        let Some(level) = level(violation.tier) else { continue };
        let _ = writeln!(text, "::{level} {}::{}", properties(violation), data(&message(shown, violation)));
    }
    for skipped in shown.verdict.skipped.iter().filter(|skipped| skipped.incomplete) {
        let file = property(skipped.path.as_str());
        let _ = writeln!(text, "::warning file={file},title=Not analysed::{}", data(&skipped.reason));
    }
    for notice in &shown.verdict.notices {
        let _ = writeln!(text, "::notice title=Policy packs::{}", data(notice));
    }
    let _ = writeln!(text, "{}", shown.summary());
    text
}

/// `None`: a finding that is only evaluated annotates nothing.
fn level(tier: Tier) -> Option<&'static str> {
    match tier {
        Tier::HardBlock => Some("error"),
        Tier::SoftBlock => Some("warning"),
        Tier::Warn => Some("notice"),
        Tier::Evaluate => None,
    }
}

fn properties(violation: &Violation) -> String {
    let mut text = format!(
        "file={},line={},endLine={}",
        property(violation.path.as_str()),
        violation.start_line,
        violation.end_line
    );
    if violation.start_line == violation.end_line {
        let _ = write!(text, ",col={},endColumn={}", violation.start_column, violation.end_column);
    }
    let _ = write!(text, ",title={}", property(&violation.rule));
    text
}

fn message(shown: &Shown<'_>, violation: &Violation) -> String {
    let rule = shown.policy.rule(&violation.rule).filter(|_| shown.explain);
    match rule {
        Some(rule) => format!("{}\n{}\nFix: {}", violation.message, rule.rationale, rule.fix),
        None => violation.message.clone(),
    }
}

/// What follows `::`.
fn data(text: &str) -> String {
    let escaped = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    escaped.chars().filter(|c| !c.is_control()).collect()
}

/// A value before `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
