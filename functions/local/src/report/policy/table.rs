//! The verdict for a terminal: findings, worst first; packs; what was not analysed; notices; one line.

use std::fmt::Write as _;

use comfy_table::{ColumnConstraint, Width};

use super::{Shown, decision, explain, tier_name};
use crate::report::{
    plain::plain,
    table::{frame, push},
};

/// Findings that are listed; the rest is counted.
const LISTED: usize = 200;
/// Files and notices that are listed; the rest is counted.
const NAMED: usize = 20;

pub(super) fn table(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    findings(&mut text, shown);
    packs(&mut text, shown);
    unseen(&mut text, shown);
    list(&mut text, "Notices", shown.verdict.notices.iter().map(|notice| plain(notice)).collect());
    if shown.explain {
        for id in shown.rules_found() {
            if let Some(rule) = shown.policy.rule(id) {
                text.push('\n');
                text.push_str(&explain(&rule));
            }
        }
    }
    let _ = writeln!(text, "\n{}", shown.summary());
    text
}

fn findings(text: &mut String, shown: &Shown<'_>) {
    let mut order: Vec<_> = shown.verdict.violations.iter().collect();
    if order.is_empty() {
        return;
    }
    // Stable: within a tier the order stays by path and position.
    order.sort_by_key(|violation| std::cmp::Reverse(violation.tier));
    let mut table = frame(shown.width, &["Tier", "Rule", "Where", "Finding"]);
    for violation in order.iter().take(LISTED) {
        let place =
            format!("{}:{}:{}", plain(violation.path.as_str()), violation.start_line, violation.start_column);
        let tier = tier_name(violation.tier).to_owned();
        table.add_row([tier, violation.rule.clone(), place, plain(&violation.message)]);
    }
    for (index, least) in [(0, 10), (1, 16), (2, 20)] {
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    push(text, &table);
    if order.len() > LISTED {
        let _ = writeln!(text, "… and {} more findings; --format json has all", order.len() - LISTED);
    }
    text.push('\n');
}

fn packs(text: &mut String, shown: &Shown<'_>) {
    let mut table =
        frame(shown.width, &["Pack", "Verdict", "Score", "Threshold", "Hard", "Soft", "Warnings", "Decides"]);
    for pack in &shown.verdict.packs {
        table.add_row([
            pack.pack.clone(),
            decision(pack.verdict).to_owned(),
            pack.score.to_string(),
            pack.threshold.to_string(),
            pack.hard.to_string(),
            pack.soft.to_string(),
            pack.warn.to_string(),
            if pack.required { "yes" } else { "no" }.to_owned(),
        ]);
    }
    push(text, &table);
}

fn unseen(text: &mut String, shown: &Shown<'_>) {
    let (unseen, by_design): (Vec<_>, Vec<_>) =
        shown.verdict.skipped.iter().partition(|skipped| skipped.incomplete);
    let lines = unseen.iter().map(|s| format!("{}: {}", plain(s.path.as_str()), plain(&s.reason))).collect();
    list(text, "Not analysed, or only in part", lines);
    if !by_design.is_empty() {
        let _ = writeln!(
            text,
            "\n{} passed over by design (binary, vendored, generated …); --format json has all",
            by_design.len()
        );
    }
}

fn list(text: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    for line in lines.iter().take(NAMED) {
        let _ = writeln!(text, "  {line}");
    }
    if lines.len() > NAMED {
        let _ = writeln!(text, "  … and {} more", lines.len() - NAMED);
    }
}
