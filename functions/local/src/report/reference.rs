//! The reference pages of the checks, generated from the registry: one page a check, one index a category, one of all.

use std::{collections::BTreeMap, fmt::Write as _};

use scrutineer_scanners::{
    Scope,
    catalogue::{CheckDescription, catalogue},
    category::CATEGORIES,
};

use super::{checks::category_name, severity_name, status_name};

/// Where the pages stand, below the source folder of the book.
pub const FOLDER: &str = "reference/checks";

/// Every page by its name in [`FOLDER`].
pub fn pages() -> BTreeMap<String, String> {
    let checks = catalogue();
    let mut pages = BTreeMap::from([("index.md".to_owned(), index(&checks))]);
    for category in scanned(&checks) {
        let mine: Vec<_> = checks.iter().filter(|check| check.category == category).collect();
        pages.insert(format!("{category}.md"), category_page(category, &mine));
    }
    pages.extend(checks.iter().map(|check| (format!("{}.md", check.id), page(check))));
    pages
}

/// The entries of the book's summary: the index, and below it each category with its checks.
pub fn summary() -> String {
    let checks = catalogue();
    let mut text = format!("- [Checks]({FOLDER}/index.md)\n");
    for category in scanned(&checks) {
        let _ = writeln!(text, "  - [{}]({FOLDER}/{category}.md)", category_name(category));
        for check in checks.iter().filter(|check| check.category == category) {
            let _ = writeln!(text, "    - [{}]({FOLDER}/{}.md)", check.id, check.id);
        }
    }
    text
}

/// Categories with checks, in display order.
fn scanned(checks: &[CheckDescription]) -> Vec<&'static str> {
    let has = |key: &&str| checks.iter().any(|check| check.category == *key);
    CATEGORIES.iter().map(|category| category.key).filter(has).collect()
}

const GENERATED: &str =
    "<!-- Generated from the registry of checks; a test rewrites it under UPDATE=1. -->\n\n";

fn index(checks: &[CheckDescription]) -> String {
    let mut text = format!(
        "{GENERATED}# Checks\n\n{} checks in {} categories.\n\n",
        checks.len(),
        scanned(checks).len()
    );
    text.push_str("| Category | Looks at | Weight in the overall score | Checks |\n|---|---|--:|--:|\n");
    for category in scanned(checks) {
        let mine: Vec<_> = checks.iter().filter(|check| check.category == category).collect();
        let Some(first) = mine.first() else { continue };
        let _ = writeln!(
            text,
            "| [{}]({category}.md) | {} | {} % | {} |",
            category_name(category),
            scope_name(first.scope),
            (first.category_weight * rust_decimal::Decimal::ONE_HUNDRED).normalize(),
            mine.len()
        );
    }
    text.push_str(TERMS);
    text
}

/// Words that the decisions use.
const TERMS: &str = "
Every check ends, per subject, in `passed`, `warning`, `failed`, `not_applicable` or `error`; how these score is told in
[Scores and coverage](../../explanation/scoring.md). `error` means that the evidence could not be read; it names the
permission that is missing, and is never a verdict.

## Words that the decisions use

A **detector** is a set of patterns over file names, file contents, action names or commands, compiled into the program. A
**topic** is a kind of document: it is met by a dedicated document or a section with substance, in the repository, in the
organization's `.github` repositories or in a repository marked as handbook or runbooks.

A **profile** is what a repository is; it may be several things at once:

| profile | true when |
|---|---|
| code | at least 50 lines in a programming language outside tests, examples, vendored and generated files |
| service | a deployable server: a final Docker stage with a command, a Kubernetes workload, a serverless or platform manifest, or a production deployment in 180 days |
| http | a service with a web framework, an API description, an exposed port or route code |
| data | a database detector, a StatefulSet or volume claim, or a database in infrastructure code |
| infra | infrastructure code and no application code, or more than half of the files |
| library | a publishable manifest, and not a service |
| app | manifests of an end-user client: mobile, desktop or browser extension |
| ships | a job that publishes or deploys, releases, or a publishable manifest |
| docs | none of these |

Archived repositories are decided by SEC-001, SEC-002 and SEC-007 only. Empty repositories are not applicable throughout.
";

/// A text of the registry as Markdown: what stands between backticks is code, the rest is no markup.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    let mut shown = String::with_capacity(text.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            shown.push_str(if paired { "`" } else { "\\`" });
        }
        if paired && index % 2 == 1 {
            shown.push_str(part);
            continue;
        }
        for c in part.chars() {
            match c {
                '*' | '_' | '[' | ']' | '|' | '~' | '\\' | '#' => shown.extend(['\\', c]),
                '<' => shown.push_str("&lt;"),
                '>' => shown.push_str("&gt;"),
                '&' => shown.push_str("&amp;"),
                _ => shown.push(c),
            }
        }
    }
    shown
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Org => "the organization",
        Scope::Repo => "each repository",
    }
}

fn category_page(category: &str, checks: &[&CheckDescription]) -> String {
    let mut text = format!("{GENERATED}# {}\n\n", category_name(category));
    if let Some(first) = checks.first() {
        let _ = writeln!(
            text,
            "{} checks on {}; the category weighs {} % of the overall score.\n",
            checks.len(),
            scope_name(first.scope),
            (first.category_weight * rust_decimal::Decimal::ONE_HUNDRED).normalize()
        );
    }
    text.push_str("| Check | Asks for | Severity | Weight |\n|---|---|---|--:|\n");
    for check in checks {
        let _ = writeln!(
            text,
            "| [{id}]({id}.md) | {} | {} | {} |",
            prose(check.name),
            severity_name(check.severity),
            check.weight.normalize(),
            id = check.id
        );
    }
    text
}

fn page(check: &CheckDescription) -> String {
    let mut text = format!("{GENERATED}# {} {}\n\n", check.id, prose(check.name));
    let statuses: Vec<_> = check.statuses.iter().map(|status| status_name(*status)).collect();
    let rows = [
        ("Category", format!("[{}]({}.md)", category_name(check.category), check.category)),
        ("Looks at", scope_name(check.scope).to_owned()),
        ("Severity", severity_name(check.severity).to_owned()),
        ("Weight", format!("{} in its category", check.weight.normalize())),
        ("Ends in", statuses.join(", ")),
        ("Permission", permissions(check)),
        ("Attestation", attestation(check).to_owned()),
    ];
    text.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    for (title, body) in [
        ("What it asks", check.description),
        ("How it is decided", check.decision),
        ("Why it matters", check.rationale),
        ("How to fix it", check.remediation),
    ] {
        let _ = write!(text, "\n## {title}\n\n{}\n", prose(body));
    }
    thresholds(&mut text, check);
    text.push_str("\n## References\n\n");
    for reference in check.references {
        let link = reference.starts_with("https://");
        let _ =
            if link { writeln!(text, "- <{reference}>") } else { writeln!(text, "- {}", prose(reference)) };
    }
    text
}

fn permissions(check: &CheckDescription) -> String {
    let names: Vec<_> = check.needs.iter().map(|need| format!("`{}:{}`", need.key, need.level)).collect();
    match names.as_slice() {
        [] => "`metadata:read`".to_owned(),
        [one] => format!("{one}; without it: error"),
        [first, rest @ ..] => format!("{first}; without it: error. Also reads with {}", rest.join(", ")),
    }
}

fn attestation(check: &CheckDescription) -> &'static str {
    if check.attestable {
        "accepted: the control may live outside GitHub"
    } else {
        "not accepted: the control can be measured"
    }
}

fn thresholds(text: &mut String, check: &CheckDescription) {
    if check.thresholds.is_empty() {
        return;
    }
    text.push_str("\n## Thresholds\n\n| Key | Default | Limits |\n|---|--:|---|\n");
    for threshold in check.thresholds {
        let _ = writeln!(
            text,
            "| `{}` | {} {} | {} |",
            threshold.key,
            threshold.default,
            prose(threshold.unit),
            prose(threshold.description)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn code_stays_code_and_the_rest_is_no_markup() {
        assert_eq!(prose("run `a_b <c>` on x_y <z>"), "run `a_b <c>` on x\\_y &lt;z&gt;");
        assert_eq!(prose("a ` alone"), "a \\` alone");
    }
}
