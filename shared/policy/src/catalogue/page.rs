//! The reference page of a rule, and the list of all of them, in Markdown.

use std::fmt::Write as _;

use super::{Example, Measured, Precision, cwe, examples, suppress_with};
use crate::{
    Language, Role, Rule, rules,
    verdict::{Severity, Tier},
};

/// Examples of each kind that are shown per group of languages.
const SHOWN: usize = 2;

/// The page of a built-in rule.
pub fn page(rule: &Rule, measured: Option<&Measured>) -> String {
    let mut text = format!("# {}\n\n{}.\n\n| | |\n|---|---|\n", rule.id, rule.title);
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "| {name} | {} |", value.replace('|', "\\|"));
        }
    };
    fact("Pack", format!("`{}`", rule.pack()));
    fact("Tier", tier(rule.tier).to_owned());
    fact("Severity", severity(rule.severity).to_owned());
    fact("Reads", reads(rule));
    fact("Off in", roles(&rule.off));
    fact("Only informs in", roles(&rule.info));
    fact("References", rule.references.iter().map(|r| reference(r)).collect::<Vec<_>>().join(", "));
    let _ = write!(text, "\n## Why\n\n{}\n\n## Fix\n\n{}\n", rule.rationale, rule.fix);
    let examples = examples(&rule.id);
    shown(&mut text, "Found", &examples, true);
    shown(&mut text, "Not found", &examples, false);
    let _ = write!(text, "\n## Suppress\n\nIn a comment on the line, or on the line above it:\n\n");
    let _ = write!(text, "```text\n{}\n```\n\n", suppress_with(&rule.id));
    text.push_str(
        "A reason of at least ten characters is required. How that is checked, and how to take on many findings at\nonce: [baseline and suppressions](../../../how-to/suppress.md).\n",
    );
    text.push_str("\n## Precision\n\n");
    text.push_str(&precision(measured));
    text
}

/// The list of all rules.
pub fn index(labels: &Precision) -> String {
    let mut text = String::from(
        "# Rules\n\nEvery built-in rule, by pack. *Hard blocks* block a merge where the pack is required; *soft blocks* do where the pack\nfails on warnings; *warnings* cost score. Precision is the share of labelled hard blocks on foreign code that were\nright, and how many there were: [how it was measured](../../explanation/precision.md).\n",
    );
    for pack in rules::packs() {
        let _ = write!(text, "\n## {pack}\n\n| rule | says | tier | precision |\n|---|---|---|---|\n");
        for rule in rules::all().iter().filter(|rule| rule.pack() == pack) {
            let measured =
                labels.0.get(&rule.id).and_then(|m| Some(format!("{} % of {}", m.percent()?, m.count())));
            let _ = writeln!(
                text,
                "| [`{}`]({}.md) | {} | {} | {} |",
                rule.id,
                rule.id,
                rule.title,
                short_tier(rule.tier),
                measured.as_deref().unwrap_or("–")
            );
        }
    }
    text
}

fn precision(measured: Option<&Measured>) -> String {
    let link = "[how it was measured](../../../explanation/precision.md)";
    let Some((measured, percent)) = measured.and_then(|m| Some((m, m.percent()?))) else {
        return format!(
            "No finding of this rule on foreign code has been labelled: only its examples speak for it ({link}).\n"
        );
    };
    let mut text = format!(
        "{} of {} labelled findings on foreign code were right ({percent} %; {link}).\n",
        measured.right,
        measured.count()
    );
    if !measured.reasons.is_empty() {
        let reasons: Vec<&str> = measured.reasons.iter().map(String::as_str).collect();
        let _ = writeln!(text, "Wrong were: {}.", reasons.join("; "));
    }
    text
}

fn shown(text: &mut String, title: &str, examples: &[Example], bad: bool) {
    let _ = write!(text, "\n## {title}\n");
    let mut groups: Vec<&[String]> = Vec::new();
    for example in examples.iter().filter(|example| example.bad == bad) {
        if !groups.contains(&example.languages.as_slice()) {
            groups.push(&example.languages);
        }
    }
    for group in groups {
        let _ = write!(text, "\n{}:\n", group.iter().map(|name| spoken(name)).collect::<Vec<_>>().join(", "));
        let mine = examples.iter().filter(|e| e.bad == bad && e.languages == group);
        for example in mine.take(SHOWN) {
            block(text, example);
        }
    }
}

fn block(text: &mut String, example: &Example) {
    if let Some(path) = &example.path {
        let _ = write!(text, "\nat `{path}`:\n");
    }
    let fence = if example.code.contains("```") { "````" } else { "```" };
    let tongue = example.languages.first().map_or("text", |name| highlighted(name));
    let _ = write!(text, "\n{fence}{tongue}\n{}\n{fence}\n", example.code);
    for (path, code) in &example.with {
        let _ = write!(text, "\nwith `{path}`:\n\n{fence}text\n{}\n{fence}\n", code.trim_end());
    }
}

fn reads(rule: &Rule) -> String {
    if rule.languages.is_empty() {
        return "text and configuration of any kind".to_owned();
    }
    if Language::all().eq(rule.languages.iter().copied()) {
        return "every language".to_owned();
    }
    rule.languages.iter().map(|language| spoken(language.key())).collect::<Vec<_>>().join(", ")
}

fn roles(roles: &[Role]) -> String {
    roles.iter().map(|role| role_name(*role)).collect::<Vec<_>>().join(", ")
}

fn reference(text: &str) -> String {
    match cwe(text) {
        Some(number) => format!("[{text}](https://cwe.mitre.org/data/definitions/{number}.html)"),
        None => text.to_owned(),
    }
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::HardBlock => "hard block: blocks where its pack is required, and costs 25 of 100",
        Tier::SoftBlock => "soft block: costs 5 of 100, and blocks where its pack fails on warnings",
        Tier::Warn => "warning: costs 5 of 100",
        Tier::Evaluate => "evaluated: reported without effect",
    }
}

fn short_tier(tier: Tier) -> &'static str {
    match tier {
        Tier::HardBlock => "hard block",
        Tier::SoftBlock => "soft block",
        Tier::Warn => "warning",
        Tier::Evaluate => "evaluated",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Test => "tests",
        Role::Fixture => "fixtures",
        Role::Generated => "generated files",
        Role::Vendored => "vendored files",
        Role::Example => "examples",
        Role::Cli => "command-line tools",
        Role::Migration => "migrations",
        Role::Docs => "documentation",
        Role::Types => "type declarations",
    }
}

/// A language of a rule file, as people call it.
fn spoken(key: &str) -> &str {
    match key {
        "script" => "JavaScript and TypeScript",
        "all" => "Every language",
        "text" => "Text",
        "javascript" => "JavaScript",
        "typescript" => "TypeScript",
        "tsx" => "TSX",
        "python" => "Python",
        "go" => "Go",
        "java" => "Java",
        "ruby" => "Ruby",
        "php" => "PHP",
        "csharp" => "C#",
        "rust" => "Rust",
        "kotlin" => "Kotlin",
        other => other,
    }
}

/// What a code block is highlighted as.
fn highlighted(key: &str) -> &str {
    match key {
        "script" | "javascript" => "js",
        "typescript" => "ts",
        // Not doctests: examples are not meant to compile.
        "rust" => "rust,ignore",
        "all" => "text",
        other => other,
    }
}
