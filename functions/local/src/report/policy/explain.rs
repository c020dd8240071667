//! Rules, for readers.

use std::fmt::Write as _;

use scrutineer_policy::{Language, Rule, catalogue::suppress_with};

use super::tier_name;
use crate::report::table::{frame, push};

/// Everything about one rule.
pub(crate) fn explain(rule: &Rule) -> String {
    let mut text = format!("{}  {}\n\n", rule.id, rule.title);
    let _ = writeln!(text, "Tier:      {}", tier_name(rule.tier));
    let _ = writeln!(text, "Reads:     {}", languages(rule));
    for (title, body) in [
        ("Why", rule.rationale.as_str()),
        ("What to do", rule.fix.as_str()),
        ("To suppress one finding, in a comment on its line or the line above", &suppress_with(&rule.id)),
    ] {
        let _ = write!(text, "\n{title}\n  {body}\n");
    }
    if !rule.references.is_empty() {
        let _ = write!(text, "\nReferences\n  {}\n", rule.references.join(", "));
    }
    text
}

fn languages(rule: &Rule) -> String {
    if rule.languages.is_empty() {
        return "text and configuration".to_owned();
    }
    if Language::all().eq(rule.languages.iter().copied()) {
        return "every language".to_owned();
    }
    rule.languages.iter().map(|language| language.key()).collect::<Vec<_>>().join(", ")
}

/// The list of rules.
pub(crate) fn rules_table<'r>(rules: impl Iterator<Item = &'r Rule>, width: u16) -> String {
    let mut table = frame(width, &["Rule", "Tier", "Says"]);
    for rule in rules {
        table.add_row([rule.id.clone(), tier_name(rule.tier).to_owned(), rule.title.clone()]);
    }
    let mut text = String::new();
    push(&mut text, &table);
    text
}
