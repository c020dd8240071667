//! The report as one HTML page: no script, no external asset, readable without a mouse, light and dark.
//!
//! The template escapes everything that is put into it. Filters are check boxes and CSS.

use askama::Template;
use scrutineer_scanners::{Severity, Status};

use super::{
    Report, RepositoryPart, ScorePart, benchmarks,
    decimal::{percent, points},
    groups::{self, Group, Missing},
    severity_name, status_name, table,
};

/// Findings written out per check; the rest is counted, so that a page of a thousand repositories stays a page.
const LISTED: usize = 200;

/// The report as a page.
///
/// # Panics
/// Never: the template only formats text into a string.
pub fn html(report: &Report) -> String {
    Page::of(report).render().expect("formatting into a string does not fail")
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    categories: Vec<Category<'a>>,
    missing: Vec<Missing<'a>>,
    attested: Vec<&'a super::FindingPart>,
    failed_repositories: Vec<&'a RepositoryPart>,
    critical: usize,
    high: usize,
    /// Of the comparison with an earlier scan.
    compared: Vec<String>,
    seconds: String,
    version: &'static str,
}

/// A category with its score and the checks that have findings.
struct Category<'a> {
    key: &'a str,
    score: &'a ScorePart,
    checks: Vec<Group<'a>>,
}

impl<'a> Page<'a> {
    fn of(report: &'a Report) -> Self {
        let mut groups = groups::by_check(report);
        let mut categories: Vec<Category<'a>> = report
            .scores
            .iter()
            .map(|score| {
                let (mine, rest) = std::mem::take(&mut groups)
                    .into_iter()
                    .partition(|group| group.check.category == score.category);
                groups = rest;
                Category { key: &score.category, score, checks: mine }
            })
            .collect();
        for category in &mut categories {
            category.checks.sort_by_key(|group| (order(group.status()), group.check.severity));
        }
        Self {
            report,
            categories,
            missing: groups::missing(report),
            attested: groups::attested(report),
            failed_repositories: report.repositories.iter().filter(|repo| repo.status == "failed").collect(),
            critical: groups::failed_at(report, Severity::Critical),
            high: groups::failed_at(report, Severity::High),
            compared: report.comparison.as_ref().map(table::compared_lines).unwrap_or_default(),
            seconds: report.scan.seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.1} s")),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Findings while the scan is not complete have no scores yet; they are shown all the same.
    fn is_complete(&self) -> bool {
        self.report.scan.status == "completed"
    }
}

/// What needs attention first.
fn order(status: Status) -> u8 {
    match status {
        Status::Failed => 0,
        Status::Warning => 1,
        Status::Error => 2,
        Status::Passed => 3,
        Status::NotApplicable => 4,
    }
}

impl Group<'_> {
    /// CSS classes that the filters act on.
    fn classes(&self) -> String {
        let has = Status::ALL.into_iter().filter(|status| self.count(*status) > 0);
        let mut classes = format!("v-{}", severity_name(self.check.severity));
        for status in has {
            classes.push_str(" has-");
            classes.push_str(status.as_str());
        }
        classes
    }

    fn severity(&self) -> &'static str {
        severity_name(self.check.severity)
    }

    fn status_key(&self) -> &'static str {
        self.status().as_str()
    }

    /// `3 failed, 1 warning, 20 passed`.
    fn counted(&self) -> String {
        let part = |status: Status| {
            let count = self.count(status);
            (count > 0).then(|| format!("{count} {}", status_name(status)))
        };
        let order = [Status::Failed, Status::Warning, Status::Error, Status::Passed, Status::NotApplicable];
        order.into_iter().filter_map(part).collect::<Vec<_>>().join(", ")
    }

    /// What fixing all of it adds to the overall score.
    fn adds(&self) -> Option<String> {
        let gain = self.gain.filter(|gain| !gain.overall.is_zero())?;
        Some(points(gain.overall))
    }

    fn listed(&self) -> &[&super::FindingPart] {
        &self.problems[..self.problems.len().min(LISTED)]
    }

    fn hidden(&self) -> usize {
        self.problems.len().saturating_sub(LISTED)
    }

    fn names(findings: &[&super::FindingPart]) -> String {
        findings.iter().map(|finding| finding.place()).collect::<Vec<_>>().join(", ")
    }
}

impl super::FindingPart {
    fn status_key(&self) -> &'static str {
        self.status.as_str()
    }

    fn status_text(&self) -> &'static str {
        status_name(self.status)
    }

    /// What fixing it adds, in words.
    fn adds(&self) -> Option<String> {
        let gain = self.gain?;
        let (category, overall) = (points(gain.category), points(gain.overall));
        Some(if gain.at_most {
            format!("Were it in place, it would add {category} to the category, {overall} overall.")
        } else {
            format!("Fixing it adds {category} to the category, {overall} overall.")
        })
    }
}

impl ScorePart {
    /// The percentage for a `<meter>`, 0 to 100.
    fn meter(&self) -> String {
        self.percentage.map_or_else(String::new, |value| value.normalize().to_string())
    }
}

fn is_link(reference: &str) -> bool {
    reference.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_page_holds_what_a_reader_needs() {
        let page = html(&sample::report());
        let (_, body) = page.split_once("</style>").unwrap();
        insta::assert_snapshot!("html", body);
    }

    #[test]
    fn text_of_a_repository_cannot_become_markup() {
        let page = html(&sample::report());
        assert!(page.contains("&#60;img src=x onerror=alert(1)&#62;"), "escaped evidence is shown");
        assert!(!page.contains("<img") && !page.contains("<script"));
        for asset in ["src=\"", "url(", "@import", "<link"] {
            assert!(!page.contains(asset), "{asset}");
        }
    }
}
