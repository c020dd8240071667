//! The registry of checks, shown.

use std::fmt::Write as _;

use comfy_table::CellAlignment;
use scrutineer_scanners::{Scope, catalogue::CheckDescription, category::CATEGORIES};

use super::{markdown::escape, severity_name, status_name, table};

/// A check of the registry; its JSON is an entry of `scrutineer checks --format json`.
pub type Entry = CheckDescription;

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Org => "organization",
        Scope::Repo => "repository",
    }
}

pub(super) fn category_name(key: &str) -> &str {
    CATEGORIES.iter().find(|category| category.key == key).map_or(key, |category| category.title)
}

/// The checks as a table of at most `width` columns.
pub fn checks_table(checks: &[Entry], width: u16) -> String {
    let mut table = table::frame(width, &["Id", "Asks for", "Category", "Looks at", "Severity", "Weight"]);
    for check in checks {
        table.add_row([
            check.id,
            check.name,
            check.category,
            scope_name(check.scope),
            severity_name(check.severity),
            &check.weight.normalize().to_string(),
        ]);
    }
    if let Some(weight) = table.column_mut(5) {
        weight.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = String::new();
    table::push(&mut text, &table);
    let _ = writeln!(text, "{} checks; `scrutineer checks explain ID` says more about one", checks.len());
    text
}

/// The checks as Markdown, by category.
pub fn checks_markdown(checks: &[Entry]) -> String {
    let mut text = "# Checks\n".to_owned();
    let mut category = "";
    for check in checks {
        if check.category != category {
            category = check.category;
            let _ = write!(text, "\n## {}\n\n", category_name(category));
            text.push_str("| Id | Asks for | Looks at | Severity | Weight |\n|---|---|---|---|--:|\n");
        }
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            check.id,
            escape(check.name),
            scope_name(check.scope),
            severity_name(check.severity),
            check.weight.normalize()
        );
    }
    text
}

/// Everything about one check, for a reader.
pub fn explain(check: &Entry) -> String {
    let mut text = format!("{} {}\n\n", check.id, check.name);
    let _ = writeln!(text, "Category:  {} ({})", category_name(check.category), check.category);
    let _ = writeln!(text, "Looks at:  {}", scope_name(check.scope));
    let _ = writeln!(text, "Severity:  {}", severity_name(check.severity));
    let _ = writeln!(
        text,
        "Weight:    {} in its category, which weighs {} of the overall score",
        check.weight.normalize(),
        check.category_weight.normalize()
    );
    let needs = check.needs.iter().map(|need| format!("{}:{}", need.key, need.level)).collect::<Vec<_>>();
    let _ = writeln!(
        text,
        "Reads by:  {}",
        if needs.is_empty() { "metadata:read".into() } else { needs.join(", ") }
    );
    let statuses: Vec<_> = check.statuses.iter().map(|status| status_name(*status)).collect();
    let _ = writeln!(text, "Ends in:   {}", statuses.join(", "));
    let _ = writeln!(text, "Attested:  {}", if check.attestable { "accepted" } else { "not accepted" });
    for (title, body) in [
        ("What it asks", check.description),
        ("How it is decided", check.decision),
        ("Why", check.rationale),
        ("What to do", check.remediation),
    ] {
        let _ = write!(text, "\n{title}\n  {body}\n");
    }
    if !check.thresholds.is_empty() {
        text.push_str("\nThresholds\n");
        for threshold in check.thresholds {
            let _ = writeln!(
                text,
                "  {} = {} {}: {}",
                threshold.key, threshold.default, threshold.unit, threshold.description
            );
        }
    }
    text.push_str("\nReferences\n");
    for reference in check.references {
        let _ = writeln!(text, "  {reference}");
    }
    text
}
