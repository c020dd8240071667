//! The report for a terminal: scores, worst findings, what could not be read, one line of numbers.

use std::fmt::Write as _;

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width, presets,
};
use scrutineer_scanners::{
    Status,
    compare::{Delta, Direction},
};

use super::{
    FindingPart, Report, benchmarks, checks,
    compare::Comparison,
    decimal::{percent, points},
    groups::{self, Group},
    plain::plain,
    severity_name, status_name,
};

/// Checks listed among the worst; the rest is counted.
const WORST: usize = 10;
/// Repositories named per check; the rest is counted.
const NAMED: usize = 3;

/// The report in at most `width` columns.
pub fn table(report: &Report, width: u16) -> String {
    let mut text = String::new();
    if !report.scores.is_empty() {
        scores(&mut text, report, width);
    }
    worst(&mut text, report, width);
    benchmarked(&mut text, report, width);
    moved(&mut text, report, width);
    attested(&mut text, report);
    unread(&mut text, report);
    failed_repositories(&mut text, report);
    warnings(&mut text, report);
    if let Some(profile) = report.scan.profile.sentence() {
        let _ = writeln!(text, "\n{}", plain(&profile));
    }
    text.push('\n');
    text.push_str(&summary(report));
    text
}

/// Lines above, below and under the header only.
const PLAIN: TableStyle = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
/// A line between rows as well, for rows of several lines.
const RULED: TableStyle = presets::UTF8_HORIZONTAL_ONLY;

/// A table without outer borders, as wide as it needs and no wider than `width`.
pub(crate) fn frame(width: u16, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(PLAIN);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(40));
    table.set_header(header.iter().copied());
    table
}

/// A table's text, headed by a blank line, without trailing blanks.
pub(crate) fn push(text: &mut String, table: &Table) {
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn scores(text: &mut String, report: &Report, width: u16) {
    let mut table =
        frame(width, &["Category", "Score", "Coverage", "Passed", "Warning", "Failed", "N/A", "Error"]);
    for score in &report.scores {
        let counts = score.findings;
        let numbers = [counts.passed, counts.warning, counts.failed, counts.not_applicable, counts.error];
        let head = [score.name.to_owned(), percent(score.percentage), percent(score.coverage)];
        table.add_row(head.into_iter().chain(numbers.map(|number| number.to_string())));
    }
    let all = [Status::Passed, Status::Warning, Status::Failed, Status::NotApplicable, Status::Error]
        .map(|status| report.findings.iter().filter(|finding| finding.status == status).count().to_string());
    let head = ["Overall".to_owned(), percent(report.overall), percent(report.coverage)];
    table.add_row(head.into_iter().chain(all));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    push(text, &table);
}

fn worst(text: &mut String, report: &Report, width: u16) {
    let worst = groups::worst(report);
    if worst.is_empty() {
        return;
    }
    text.push_str("\nWorst findings, and what fixing each adds to the overall score\n");
    let mut table = frame(width, &["Severity", "Check", "Adds", "Finding", "Where"]);
    table.load_style(RULED);
    for group in worst.iter().take(WORST) {
        table.add_row([
            severity_name(group.check.severity).to_owned(),
            group.check.id.to_owned(),
            group.gain.map_or_else(|| "–".to_owned(), |gain| points(gain.overall)),
            finding_cell(group),
            places(group),
        ]);
    }
    let limits = [(0, 8), (1, 9), (2, 6)];
    for (index, least) in limits {
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    push(text, &table);
    if worst.len() > WORST {
        let _ = writeln!(text, "… and {} with findings", counted(worst.len() - WORST, "more check"));
    }
}

fn finding_cell(group: &Group<'_>) -> String {
    let example = group.problems.first().map(|finding| plain(&finding.detail)).unwrap_or_default();
    let status = status_name(group.status());
    format!("{} ({status})\n{example}", group.check.name)
}

fn places(group: &Group<'_>) -> String {
    let status = group.status();
    let concerned: Vec<&&FindingPart> =
        group.problems.iter().filter(|finding| finding.status == status).collect();
    let mut names: Vec<String> = concerned
        .iter()
        .take(NAMED)
        .map(|finding| plain(finding.place().rsplit('/').next().unwrap_or_default()))
        .collect();
    if concerned.len() > NAMED {
        names.push(format!("+ {} more", concerned.len() - NAMED));
    }
    names.join("\n")
}

fn benchmarked(text: &mut String, report: &Report, width: u16) {
    let Some(found) = &report.benchmarks else { return };
    let _ = writeln!(text, "\nBenchmarks: controls by state");
    let columns = ["Standard"].into_iter().chain(benchmarks::COLUMNS).collect::<Vec<_>>();
    let mut table = frame(width, &columns);
    for standard in &found.standards {
        let name = format!("{} {}", standard.title, standard.version);
        table.add_row([name].into_iter().chain(benchmarks::numbers(standard)));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    push(text, &table);
    let _ = writeln!(text, "DORA metrics, from {}", benchmarks::basis(found));
    for metric in &found.dora.metrics {
        let _ = writeln!(text, "  {}: {}", metric.title, benchmarks::measured(metric));
    }
}

/// Moves listed; the rest is counted.
const MOVES: usize = 20;

fn moved(text: &mut String, report: &Report, width: u16) {
    let Some(found) = &report.comparison else { return };
    let when = found.completed_at.map_or_else(String::new, |at| format!(" of {at}"));
    let _ = writeln!(text, "\nSince scan {}{when}", plain(&found.scan));
    for line in compared_lines(found) {
        let _ = writeln!(text, "  {}", plain(&line));
    }
    if found.moves.is_empty() {
        return;
    }
    let mut table = frame(width, &["Moved", "Check", "Status", "Why", "Where"]);
    table.load_style(RULED);
    for entry in found.by_direction().into_iter().take(MOVES) {
        let [before, after] = entry.reasons().map(|reason| plain(reason.unwrap_or("–")));
        table.add_row([
            entry.moved.direction.as_str().to_owned(),
            plain(&entry.moved.check),
            entry.statuses(),
            format!("was: {before}\nis: {after}"),
            plain(entry.place().rsplit('/').next().unwrap_or_default()),
        ]);
    }
    push(text, &table);
    if found.moves.len() > MOVES {
        let _ = writeln!(text, "… and {} moved; the JSON has them all", found.moves.len() - MOVES);
    }
}

/// Scores, categories, repositories and counts of a comparison: a line each, for any format.
pub(super) fn compared_lines(found: &Comparison) -> Vec<String> {
    let line = |name: &str, delta: Delta| {
        let by = delta.difference().map_or_else(String::new, |by| format!(" ({})", points(by)));
        format!("{name}: {} → {}{by}", percent(delta.before), percent(delta.after))
    };
    let mut lines = vec![line("Score", found.overall), line("Coverage", found.coverage)];
    lines.extend(found.profiles.iter().map(|[before, after]| format!("Profile: {before} → {after}")));
    for category in found.categories.iter().filter(|category| !category.percentage.is_still()) {
        lines.push(line(checks::category_name(&category.category), category.percentage));
    }
    let repositories = [
        ("New", &found.appeared),
        ("Gone", &found.vanished),
        ("Not scanned in one of the two", &found.unscanned),
    ];
    for (name, list) in repositories.into_iter().filter(|(_, list)| !list.is_empty()) {
        let named = list.iter().take(MOVES).cloned().collect::<Vec<_>>().join(", ");
        let more = list.len().saturating_sub(MOVES);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(format!("{name}: {named}{rest}"));
    }
    let counts = Direction::ALL.map(|way| format!("{} {}", found.count(way), way.as_str()));
    lines.push(format!("Findings: {}", counts.join(", ")));
    lines
}

fn attested(text: &mut String, report: &Report) {
    let found = groups::attested(report);
    if found.is_empty() {
        return;
    }
    text.push_str("\nAttested (a person answers for it; at most three quarters of the weight)\n");
    for finding in found {
        let (check, place) = (finding.check, plain(finding.place()));
        let _ =
            writeln!(text, "  {check} {place} ({}): {}", status_name(finding.status), plain(&finding.detail));
    }
}

fn unread(text: &mut String, report: &Report) {
    let missing = groups::missing(report);
    if missing.is_empty() {
        return;
    }
    text.push_str("\nNot decided (outside the score, inside the coverage)\n");
    for gap in &missing {
        let checks = gap.checks.iter().copied().collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  {}: {} of {checks}", plain(gap.what), counted(gap.findings, "finding"));
    }
}

/// `1 finding`, `2 findings`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn failed_repositories(text: &mut String, report: &Report) {
    let failed: Vec<_> = report.repositories.iter().filter(|repo| repo.status == "failed").collect();
    if failed.is_empty() {
        return;
    }
    text.push_str("\nRepositories that could not be scanned\n");
    for repo in failed {
        let why = plain(repo.reason.as_deref().unwrap_or("no reason was recorded"));
        let _ = writeln!(text, "  {}: {why}", plain(&repo.name));
    }
}

fn warnings(text: &mut String, report: &Report) {
    if let Some(error) = &report.scan.error {
        let _ = writeln!(text, "\nThe scan failed: {}", plain(&error.message));
    }
    if !report.scan.warnings.is_empty() {
        text.push_str("\nWarnings\n");
        for warning in &report.scan.warnings {
            let _ = writeln!(text, "  {}", plain(warning));
        }
    }
}

/// Repositories, requests by kind, seconds, score and coverage, in a few lines.
pub fn summary(report: &Report) -> String {
    let scan = &report.scan;
    let counts = scan.repositories;
    let total = counts.total.map_or_else(|| "?".to_owned(), |total| total.to_string());
    let kind = |name: &str| report.github_requests.by_kind.get(name).copied().unwrap_or_default();
    let mut text = format!(
        "Repositories: {total} – {} done, {} unchanged, {} failed\n",
        counts.done, counts.unchanged, counts.failed
    );
    let _ = writeln!(
        text,
        "GitHub requests: {} – {} REST, {} GraphQL ({} points); besides: {} downloads, {} not modified, {} retries",
        report.github_requests.total,
        kind("rest"),
        kind("graphql"),
        kind("graphql_points"),
        kind("downloads"),
        kind("not_modified"),
        kind("retries")
    );
    let seconds = scan.seconds.map_or_else(|| "not finished".to_owned(), |seconds| format!("{seconds:.1} s"));
    let _ = writeln!(
        text,
        "Scan {} of {}: {}, {seconds}; score {}, coverage {}",
        scan.id,
        plain(&scan.organization),
        scan.status,
        percent(report.overall),
        percent(report.coverage)
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{
        compare::{Earlier, compare},
        json::json,
        sample,
    };

    #[test]
    fn the_table_shows_scores_worst_findings_and_gaps() {
        insta::assert_snapshot!("table", table(&sample::report(), 100));
    }

    #[test]
    fn what_moved_is_listed_with_both_sentences() {
        let earlier = Earlier::parse(json(&sample::report()).as_bytes()).unwrap();
        let mut report = sample::later();
        report.comparison = Some(compare(&earlier, &report));
        let text = table(&report, 100);
        let (_, moved) = text.split_once("\nSince scan").unwrap();
        insta::assert_snapshot!("moved", moved.split_once("\nNot decided").unwrap().0);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let text = table(&sample::report(), 80);
        let scores = text.lines().take_while(|line| !line.is_empty());
        assert!(scores.into_iter().all(|line| line.chars().count() <= 80), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
