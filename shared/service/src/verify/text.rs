//! What the author of a pull request reads. Nothing here is trusted: names, messages and paths come from the code that
//! is judged, so everything that Markdown would read as more than text is escaped.

use std::collections::BTreeMap;

use jiff::Timestamp;
use scrutineer_github::app::{CheckOutput, Conclusion};
use scrutineer_policy::{Decision, PackVerdict, Problem, Tier, Violation};

use super::outcome::Judged;

/// Rules in the table of a summary.
const MOST_ROWS: usize = 40;
/// Entries of each list below the table.
const MOST_LISTED: usize = 50;

/// While it runs.
pub(super) fn running() -> CheckOutput {
    output("Verifying", "The change is read and judged against the organization's policy.")
}

/// A newer commit or the end of the pull request made it pointless.
pub(super) fn cancelled() -> CheckOutput {
    output("Superseded", "A newer commit is being verified, or the pull request was closed.")
}

/// It took too long.
pub(super) fn timed_out() -> CheckOutput {
    output(
        "Took too long",
        "The change could not be judged within the time limit. This says nothing about the code. \
         Split the change, or press “Verify again”.",
    )
}

/// The base branch's own settings cannot be used.
pub(super) fn misconfigured(problems: &[Problem]) -> CheckOutput {
    let mut summary = String::from(
        "The policy settings on the base branch cannot be used, so nothing was judged. Correct them there:\n\n",
    );
    for problem in problems.iter().take(MOST_LISTED) {
        let place = match (problem.line, problem.column) {
            (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
            (Some(line), None) => format!(" (line {line})"),
            _ => String::new(),
        };
        summary.push_str(&format!("- {}{place}: {}\n", code(&problem.at), plain(&problem.message)));
    }
    output("Settings cannot be used", &summary)
}

/// It could not be judged because of GitHub or because of us.
pub(super) fn trouble(cause: &str, next: Option<Timestamp>) -> CheckOutput {
    let next = match next {
        Some(at) => format!("It is tried again at {at}."),
        None => "Press “Verify again” once that is mended.".to_owned(),
    };
    let summary = format!(
        "The change was not judged, which says nothing about the code.\n\n{}\n\n{next}",
        plain(cause)
    );
    output("Could not be verified", &summary)
}

/// The result of a pack.
pub(super) fn of_pack(
    judged: &Judged<'_>,
    pack: &PackVerdict,
    violations: &[&Violation],
    conclusion: Conclusion,
) -> CheckOutput {
    let title = title(judged, pack);
    let mut summary = format!(
        "**{}** · score {} (at least {} is needed) · bundle {}\n\n",
        word(pack.verdict),
        pack.score,
        pack.threshold,
        code(&judged.policy.bundle)
    );
    summary.push_str(meaning(judged, pack, conclusion));
    summary.push_str("\n\n");
    table(&mut summary, violations);
    if conclusion == Conclusion::Failure {
        summary.push_str(
            "**What to do:** mend what blocks. A finding that is wrong or accepted is marked in the code with \
             `isl-ignore <rule>: <reason>`, or an owner of the organization approves an override for the \
             repository.\n",
        );
    }
    CheckOutput { title, summary, text: Some(more(judged)).filter(|text| !text.is_empty()) }
}

fn title(judged: &Judged<'_>, pack: &PackVerdict) -> String {
    let mut parts = Vec::new();
    for (count, word) in [(pack.hard, "blocking"), (pack.soft, "to review"), (pack.warn, "to note")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let counts = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
    let mode = if judged.evaluate { " (evaluate only)" } else { "" };
    format!("{}: {counts} · score {}{mode}", word(pack.verdict), pack.score)
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Ship => "SHIP",
        Decision::NoShip => "NO_SHIP",
    }
}

fn meaning(judged: &Judged<'_>, pack: &PackVerdict, conclusion: Conclusion) -> &'static str {
    let blocked = pack.verdict == Decision::NoShip;
    match conclusion {
        _ if judged.evaluate && blocked => "Evaluated only: under enforcement this would block the merge.",
        _ if judged.evaluate => "Evaluated only: under enforcement this would not block the merge.",
        Conclusion::Failure => "This blocks the merge where the check is required.",
        Conclusion::ActionRequired => {
            "Nothing that was analysed blocks, but not everything could be analysed (listed below), and a required \
             check does not pass what it has not seen."
        }
        Conclusion::Neutral if blocked => {
            "The pack is optional in the bundle: it reports and does not block."
        }
        Conclusion::Neutral => "Nothing blocks.",
        _ => "Nothing was found.",
    }
}

/// A row for each rule: how serious, how often, where first.
fn table(summary: &mut String, violations: &[&Violation]) {
    if violations.is_empty() {
        return;
    }
    let mut rules: BTreeMap<(std::cmp::Reverse<Tier>, &str), (usize, &Violation)> = BTreeMap::new();
    for violation in violations {
        let key = (std::cmp::Reverse(violation.tier), violation.rule.as_str());
        rules.entry(key).or_insert((0, violation)).0 += 1;
    }
    summary.push_str("| rule | effect | found | first at |\n|---|---|---|---|\n");
    for ((tier, rule), (count, first)) in rules.iter().take(MOST_ROWS) {
        let place = format!("{}:{}", first.path.as_str(), first.start_line);
        summary.push_str(&format!("| {} | {} | {count} | {} |\n", code(rule), effect(tier.0), code(&place)));
    }
    if rules.len() > MOST_ROWS {
        summary.push_str(&format!("\n{} more rules are not listed.\n", rules.len() - MOST_ROWS));
    }
    summary.push('\n');
}

fn effect(tier: Tier) -> &'static str {
    match tier {
        Tier::HardBlock => "blocks",
        Tier::SoftBlock => "to review",
        Tier::Warn => "to note",
        Tier::Evaluate => "evaluated",
    }
}

/// What else a reader should know: notices, what was not analysed, what was suppressed.
fn more(judged: &Judged<'_>) -> String {
    let verdict = judged.verdict;
    let mut text = String::new();
    list(&mut text, "Notices", verdict.notices.iter().map(|notice| plain(notice)));
    let unseen = verdict.skipped.iter().filter(|skipped| skipped.incomplete);
    let line = |skipped: &scrutineer_policy::Skipped| {
        format!("{}: {}", code(skipped.path.as_str()), plain(&skipped.reason))
    };
    list(&mut text, "Not analysed", unseen.map(line));
    list(&mut text, "Passed over", verdict.skipped.iter().filter(|skipped| !skipped.incomplete).map(line));
    let suppressed = verdict.suppressed.iter().map(|known| {
        let violation = &known.violation;
        let place = format!("{}:{}", violation.path.as_str(), violation.start_line);
        format!("{} at {}: {}", code(&violation.rule), code(&place), plain(&known.reason))
    });
    list(&mut text, "Suppressed", suppressed);
    text
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    text.push_str(&format!("### {title}\n\n"));
    let mut left = 0_usize;
    for (position, line) in lines.enumerate() {
        if position < MOST_LISTED {
            text.push_str(&format!("- {line}\n"));
        } else {
            left += 1;
        }
    }
    if left > 0 {
        text.push_str(&format!("- and {left} more\n"));
    }
    text.push('\n');
}

/// What an annotation says beneath its message.
pub(super) fn details(violation: &Violation) -> String {
    let severity = format!("{:?}", violation.severity).to_lowercase();
    format!(
        "Rule: {}\nSeverity: {severity}\nEffect: {}\nFingerprint: {}",
        violation.rule,
        effect(violation.tier),
        violation.fingerprint
    )
}

fn output(title: &str, summary: &str) -> CheckOutput {
    CheckOutput { title: title.to_owned(), summary: summary.to_owned(), text: None }
}

/// Text as it is: nothing of it is Markdown, HTML, a mention or a table's border.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other if other.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text in a code span that it cannot leave.
fn code(text: &str) -> String {
    let inner: String = text
        .chars()
        .filter(|character| !character.is_control())
        .map(|character| match character {
            '`' => '\'',
            '|' => '¦',
            other => other,
        })
        .collect();
    format!("`{inner}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_the_code_stays_text() {
        assert_eq!(plain("a|b\n<img> @team `x` [y](z)"), "a\\|b &lt;img&gt; &#64;team \\`x\\` \\[y\\](z)");
        assert_eq!(code("a`b|c\u{7}"), "`a'b¦c`");
    }

    #[test]
    fn trouble_says_when_it_goes_on() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert!(trouble("GitHub did not answer", Some(at)).summary.contains("2026-11-22T10:00:00Z"));
        assert!(trouble("no permission", None).summary.contains("Verify again"));
    }
}
