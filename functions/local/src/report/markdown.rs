//! The report as Markdown, for a pull request, a wiki or a ticket.

use std::fmt::Write as _;

use scrutineer_scanners::Status;

use super::{
    Report, benchmarks,
    decimal::{percent, points},
    groups::{self, Group},
    plain::plain,
    severity_name, status_name, table,
};

/// Findings listed per check; the rest is counted. A comment on GitHub holds 65,536 characters.
const LISTED: usize = 20;
/// Moves listed since an earlier scan; the rest is counted.
const MOVES: usize = 100;

/// The report as GitHub-flavoured Markdown. Text from repositories is escaped: it can neither mark up nor mention.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("# Posture of {}\n\n", escape(&report.scan.organization));
    let _ = writeln!(
        text,
        "**Score {}, coverage {}.** A score says nothing without its coverage: what could not be read is \
         outside the score.\n",
        percent(report.overall),
        percent(report.coverage)
    );
    if let Some(profile) = report.scan.profile.sentence() {
        let _ = writeln!(text, "{}\n", escape(&profile));
    }
    if let Some(error) = &report.scan.error {
        let _ = writeln!(text, "> The scan failed: {}\n", escape(&error.message));
    }
    for warning in &report.scan.warnings {
        let _ = writeln!(text, "> {}\n", escape(warning));
    }
    scores(&mut text, report);
    moved(&mut text, report);
    findings(&mut text, report);
    attested(&mut text, report);
    benchmarked(&mut text, report);
    unread(&mut text, report);
    repositories(&mut text, report);
    let _ = writeln!(text, "\n---\n");
    for line in table::summary(report).lines() {
        let _ = writeln!(text, "{}  ", escape(line));
    }
    text
}

fn scores(text: &mut String, report: &Report) {
    text.push_str("## Scores\n\n");
    text.push_str("| Category | Score | Coverage | Points | Passed | Warning | Failed | N/A | Error |\n");
    text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for score in &report.scores {
        let n = score.findings;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} / {} | {} | {} | {} | {} | {} |",
            score.name,
            percent(score.percentage),
            percent(score.coverage),
            score.score,
            score.max_score,
            n.passed,
            n.warning,
            n.failed,
            n.not_applicable,
            n.error
        );
    }
}

fn moved(text: &mut String, report: &Report) {
    let Some(found) = &report.comparison else { return };
    let _ = writeln!(text, "\n## Since scan {}\n", escape(&found.scan));
    for line in table::compared_lines(found) {
        let _ = writeln!(text, "- {}", escape(&line));
    }
    if found.moves.is_empty() {
        return;
    }
    text.push_str("\n| Moved | Check | Where | Status | Was | Is |\n|---|---|---|---|---|---|\n");
    for entry in found.by_direction().into_iter().take(MOVES) {
        let [before, after] = entry.reasons().map(|reason| escape(reason.unwrap_or("–")));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {before} | {after} |",
            entry.moved.direction.as_str(),
            escape(&entry.moved.check),
            escape(entry.place()),
            entry.statuses()
        );
    }
    if found.moves.len() > MOVES {
        let _ = writeln!(text, "\n… and {} moved; the JSON has them all.", found.moves.len() - MOVES);
    }
}

fn findings(text: &mut String, report: &Report) {
    let worst = groups::worst(report);
    text.push_str("\n## Findings\n");
    if worst.is_empty() {
        text.push_str("\nNone: no check failed and none warned.\n");
    }
    for group in &worst {
        check(text, group);
    }
}

fn check(text: &mut String, group: &Group<'_>) {
    let check = &group.check;
    let _ = writeln!(text, "\n### {} {} ({})\n", check.id, escape(check.name), severity_name(check.severity));
    let _ = writeln!(text, "{}\n", escape(check.rationale));
    let found = group.problems.iter().filter(|finding| finding.status != Status::Error);
    let mut hidden = 0;
    for (index, finding) in found.enumerate() {
        if index >= LISTED {
            hidden += 1;
            continue;
        }
        let _ = writeln!(
            text,
            "- **{}** {}: {}",
            status_name(finding.status),
            escape(finding.place()),
            escape(&finding.detail)
        );
        for evidence in &finding.evidence {
            let _ = writeln!(text, "  - {}: {}", escape(&evidence.source), escape(&evidence.value));
        }
    }
    if hidden > 0 {
        let _ = writeln!(text, "- … and {hidden} more");
    }
    let _ = writeln!(text, "\n**What to do:** {}", escape(check.remediation));
    if let Some(gain) = &group.gain {
        let (category, overall) = (points(gain.category), points(gain.overall));
        let _ = writeln!(
            text,
            "\nFixing all of it adds {category} to the category and {overall} to the overall score."
        );
    }
}

fn benchmarked(text: &mut String, report: &Report) {
    let Some(found) = &report.benchmarks else { return };
    text.push_str("\n## Benchmarks\n\n");
    let _ = writeln!(text, "| Standard | {} |", benchmarks::COLUMNS.join(" | "));
    text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
    for standard in &found.standards {
        let numbers = benchmarks::numbers(standard).join(" | ");
        let _ = writeln!(text, "| [{} {}]({}) | {numbers} |", standard.title, standard.version, standard.url);
    }
    for standard in &found.standards {
        let _ = writeln!(text, "\n**{}.** {}", standard.title, escape(&standard.claim));
    }
    let _ = writeln!(text, "\n### DORA metrics\n\nFrom {}.\n", benchmarks::basis(found));
    for metric in &found.dora.metrics {
        let _ = writeln!(text, "- **{}:** {}", metric.title, escape(&benchmarks::measured(metric)));
    }
}

fn attested(text: &mut String, report: &Report) {
    let found = groups::attested(report);
    if found.is_empty() {
        return;
    }
    text.push_str(
        "\n## Attested\n\nA person answers for these; each earns at most three quarters of its weight.\n\n",
    );
    for finding in found {
        let (status, place) = (status_name(finding.status), escape(finding.place()));
        let _ = writeln!(text, "- **{}** {place} ({status}): {}", finding.check, escape(&finding.detail));
        for evidence in &finding.evidence {
            let _ = writeln!(text, "  - {}: {}", escape(&evidence.source), escape(&evidence.value));
        }
    }
}

fn unread(text: &mut String, report: &Report) {
    let missing = groups::missing(report);
    if missing.is_empty() {
        return;
    }
    text.push_str("\n## Not decided\n\n| What is missing | Findings | Checks |\n|---|--:|---|\n");
    for gap in &missing {
        let checks = gap.checks.iter().copied().collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| {} | {} | {checks} |", escape(gap.what), gap.findings);
    }
}

fn repositories(text: &mut String, report: &Report) {
    let failed: Vec<_> = report.repositories.iter().filter(|repo| repo.status == "failed").collect();
    if failed.is_empty() {
        return;
    }
    text.push_str("\n## Repositories that could not be scanned\n\n");
    for repo in failed {
        let why = escape(repo.reason.as_deref().unwrap_or("no reason was recorded"));
        let _ = writeln!(text, "- {}: {why}", escape(&repo.name));
    }
}

/// Text that stays text: no markup, no HTML, no link, no mention of a user or an issue.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => escaped.extend(['\\', c]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // GitHub looks for mentions in the rendered text, where neither a backslash nor an entity is left; a
            // comment keeps the two halves apart. `#` at the start of a line is a heading besides.
            '@' => escaped.push_str("@<!-- -->"),
            '#' => escaped.push_str("\\#<!-- -->"),
            _ => escaped.push(c),
        }
    }
    // Bare addresses become links of themselves.
    escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn markdown_shows_findings_with_evidence_and_remediation() {
        insta::assert_snapshot!("markdown", markdown(&sample::report()));
    }

    #[test]
    fn text_of_a_repository_stays_text() {
        assert_eq!(
            escape("@octocat <img> [x](http://e) |\n#1 `c`"),
            "@<!-- -->octocat &lt;img&gt; \\[x\\](http:&#47;&#47;e) \\| \\#<!-- -->1 \\`c\\`"
        );
    }
}
