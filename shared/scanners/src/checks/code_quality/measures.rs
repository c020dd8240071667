//! CQ-003 to CQ-005, CQ-008 and CQ-009: coverage, README, complexity and debt.

use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{Judged, code};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd::absent,
    finding::Evidence,
    snapshot::{DetectorId, Hit, Note, Snapshot, TopicHit, TopicId, TopicKind},
};

macro_rules! pattern {
    ($name:ident, $source:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($source).expect("a constant pattern"));
    };
}

pattern!(SERVICE, r"(?i)codecov|coveralls|coverage|codacy|codeclimate|qlty|sonar");
pattern!(PERCENT, r"(\d{1,3}(?:\.\d+)?)\s?%");
pattern!(LAST_NUMBER, r"(\d*\.?\d+)\D*$");
pattern!(DEBT_LABEL, r"(?i)tech(?:nical)?[-_ ]?debt|refactor|\bdebt\b|cleanup");

/// `not_applicable` for repositories without code or tests.
fn tested(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    if let Judged::Decided(outcome) = code(files)? {
        return Ok(Some(outcome));
    }
    let tests = !files.detector(DetectorId::Test).is_empty();
    if tests || files.ci().steps_with(DetectorId::Test, &[]).next().is_some() {
        return Ok(None);
    }
    absent(subject, files)?;
    Ok(Some(Outcome::not_applicable("The repository has no test that could cover anything.")))
}

/// Statuses and check runs of coverage services on the head commit: name, and title or description.
fn reported(subject: &RepoSubject<'_>) -> Result<Vec<(String, Option<String>)>, Gap> {
    let activity = subject.repo.activity.known()?;
    let statuses = activity.head_statuses.known()?;
    let suites = activity.head_suites.known()?;
    let contexts = statuses.iter().map(|status| (status.context.clone(), status.description.clone()));
    let runs = suites.iter().flat_map(|s| &s.runs).map(|(name, title, _)| (name.clone(), title.clone()));
    let mut all: Vec<_> = contexts.chain(runs).filter(|(name, _)| SERVICE.is_match(name)).collect();
    all.sort();
    Ok(all)
}

/// CQ-003.
pub(super) fn coverage_tool(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = tested(subject, files)? {
        return Ok(outcome);
    }
    if let Some(found) = files.ci().steps_with(DetectorId::Coverage, &[]).next() {
        let hit = found.seen();
        return Ok(Outcome::passed(
            format!("{} measures coverage: {}.", hit.source(), hit.what),
            [hit.evidence()],
        ));
    }
    let reported = reported(subject);
    if let Some((name, _)) = reported.as_ref().ok().and_then(|all| all.first()) {
        let evidence = Evidence::new("status of the head commit", name);
        return Ok(Outcome::passed(format!("{name} reports coverage of the head commit."), [evidence]));
    }
    absent(subject, files)?;
    reported?;
    let local: Vec<&Hit> = files.detector(DetectorId::Coverage).all().collect();
    Ok(match local.first() {
        Some(hit) => {
            let detail = format!("{} configures coverage, but no CI job measures it.", hit.source());
            Outcome::warning(detail, local.iter().map(|hit| hit.evidence()))
        }
        None => Outcome::failed("Tests exist, but nothing measures what they cover.", []),
    })
}

/// Tracked reports, whose number is measured; anything else that names one is a gate.
const REPORTS: &[&str] =
    &["coverage.xml", "cobertura.xml", "coverage-summary.json", "clover.xml", "jacoco.xml", "lcov.info"];

/// The number in a hit of the detector for coverage numbers, in percent.
fn number(hit: &Hit) -> Option<Decimal> {
    let found = LAST_NUMBER.captures(&hit.what)?.get(1)?.as_str();
    let value: Decimal =
        format!("0{found}").trim_start_matches("00").parse().or_else(|_| found.parse()).ok()?;
    let fraction = hit.what.contains("line-rate") || found.contains('.') && value <= Decimal::ONE;
    let percent = if fraction { value * Decimal::ONE_HUNDRED } else { value };
    (percent <= Decimal::ONE_HUNDRED).then(|| percent.normalize())
}

/// The number of the service, else of a report, else of a gate that a CI job enforces.
fn coverage_number(subject: &RepoSubject<'_>, files: &Snapshot) -> Option<(Decimal, Evidence)> {
    let services = reported(subject).unwrap_or_default();
    let percent = |title: &str| PERCENT.captures(title)?.get(1)?.as_str().parse::<Decimal>().ok();
    let whole = services.iter().filter(|(name, _)| !name.contains("patch"));
    let mut titled =
        whole.filter_map(|(name, title)| Some((name, percent(title.as_deref()?)?, title.clone()?)));
    if let Some((name, value, title)) = titled.next() {
        return Some((value, Evidence::new(format!("check {name}"), title)));
    }
    let hits = &files.detector(DetectorId::CoverageNumber).content;
    let is_report = |hit: &&Hit| REPORTS.iter().any(|name| hit.path.ends_with(name));
    let measured = |hit: &Hit| Some((number(hit)?, hit.evidence()));
    let report = hits.iter().filter(is_report).find_map(measured);
    let enforced = [DetectorId::Coverage, DetectorId::Test]
        .iter()
        .any(|id| files.ci().steps_with(*id, &[]).next().is_some());
    report.or_else(|| hits.iter().filter(|hit| enforced && !is_report(hit)).find_map(measured))
}

/// CQ-004.
pub(super) fn coverage(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = tested(subject, files)? {
        return Ok(outcome);
    }
    if let Some((value, evidence)) = coverage_number(subject, files) {
        let detail = format!("Coverage is {value} % according to {}.", evidence.source);
        return Ok(if value >= limits.get("min_coverage_pct") {
            Outcome::passed(detail, [evidence])
        } else if value >= limits.get("warn_coverage_pct") {
            Outcome::warning(detail, [evidence])
        } else {
            Outcome::failed(detail, [evidence])
        });
    }
    absent(subject, files)?;
    let reported = reported(subject)?;
    let mut steps = files.ci().steps_with(DetectorId::Coverage, &[]);
    let measured = steps.next().map(|found| found.seen().evidence());
    let named = reported.first().map(|(name, _)| Evidence::new("status of the head commit", name));
    Ok(match measured.or(named) {
        Some(seen) => {
            let detail = format!("Coverage is measured ({}), but no number is on record.", seen.source);
            Outcome::warning(detail, [seen])
        }
        None => Outcome::failed("Tests exist, but nothing measures what they cover.", []),
    })
}

/// CQ-005.
pub(super) fn readme(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let Some(readme) = &files.code().readme else {
        let named = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
            let place = matches!(path.rsplit_once('/').map_or("", |(d, _)| d), "" | ".github" | "docs");
            place && (name == "readme" || name.starts_with("readme."))
        };
        if let Some(path) = files.paths().iter().find(named) {
            let detail = format!("{path} is a link, too large or no text, and was not read.");
            return Ok(Outcome::warning(detail, [Hit::file(path).evidence()]));
        }
        files.absent()?;
        return Ok(Outcome::failed("No README is at the root, in .github/ or in docs/.", []));
    };
    let says = format!("{} characters, {} words, {} sections", readme.chars, readme.words, readme.sections);
    let evidence = [Evidence::new(readme.hit.source(), &says)];
    let at_least = |value: u64, key: Decimal| Decimal::from(value) >= key;
    let long = at_least(readme.chars, limits.get("min_chars"));
    let structured = at_least(readme.sections, limits.get("min_sections"));
    let wordy = at_least(readme.words, limits.get("min_words"));
    let path = &readme.hit.path;
    Ok(match readme.template {
        Some(sentence) => {
            Outcome::warning(format!("{path} still holds the text of a generator: {sentence}."), evidence)
        }
        None if long && (structured || wordy) => Outcome::passed(format!("{path} holds {says}."), evidence),
        None => Outcome::warning(format!("{path} holds only {says}."), evidence),
    })
}

/// A limit of complexity in a linter's configuration that a CI job enforces.
fn enforced_limit(files: &Snapshot) -> Option<(Decimal, Hit)> {
    let mut steps = [DetectorId::Lint, DetectorId::Complexity]
        .into_iter()
        .flat_map(|id| files.ci().steps_with(id, &[]))
        .filter(|found| !found.ignores_failure());
    steps.next()?;
    let limit = |hit: &Hit| {
        Some((LAST_NUMBER.captures(&hit.what)?.get(1)?.as_str().parse::<Decimal>().ok()?, hit.clone()))
    };
    files.notes(Note::ComplexityLimit).iter().filter_map(limit).max_by(|a, b| a.0.cmp(&b.0))
}

/// CQ-008.
pub(super) fn complexity(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let limit = enforced_limit(files);
    if let Some((value, hit)) = limit.as_ref().filter(|(value, _)| *value <= limits.get("max_limit")) {
        let detail = format!("{} limits complexity to {value}, and a CI job enforces it.", hit.source());
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    // A pass that ended early saw some functions only.
    files.absent()?;
    let measured = &files.code().complexity;
    let Some((most, worst)) = measured.worst() else {
        return Ok(Outcome::not_applicable("No function in a language that is measured."));
    };
    let (p95, most) = (Decimal::from(measured.p95()), Decimal::from(*most));
    let detail = format!(
        "95 % of {} functions have a complexity of at most {p95}; the most complex has {most} ({}).",
        measured.functions(),
        worst.source()
    );
    let evidence = [worst.evidence()];
    if p95 <= limits.get("pass_p95") && most <= limits.get("max_function") {
        return Ok(Outcome::passed(detail, evidence));
    }
    if p95 <= limits.get("warn_p95") {
        return Ok(Outcome::warning(detail, evidence));
    }
    Ok(match limit {
        Some((value, hit)) => {
            let detail = format!("{} enforces a limit of {value} only. {detail}", hit.source());
            Outcome::warning(detail, [hit.evidence(), worst.evidence()])
        }
        None => Outcome::failed(detail, evidence),
    })
}

/// A document about technical debt in the repository, else in the organization's profile repository.
fn register<'a>(subject: &'a RepoSubject<'_>, files: &'a Snapshot) -> Result<Option<&'a TopicHit>, Gap> {
    match files.topic(TopicId::TechDebt).filter(|hit| hit.kind != TopicKind::Stub) {
        Some(hit) => Ok(Some(hit)),
        None => Ok(subject.docs.topic(TopicId::TechDebt).known()?.filter(|hit| hit.kind != TopicKind::Stub)),
    }
}

/// CQ-009.
pub(super) fn debt(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let steps = files.ci().steps_with(DetectorId::Debt, &[]).map(|found| found.seen());
    let mut tools = steps.chain(files.detector(DetectorId::Debt).files.iter().cloned());
    if let Some(hit) = tools.next() {
        let detail = format!("Technical debt is tracked: {} ({}).", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let register = register(subject, files);
    if let Ok(Some(topic)) = &register {
        let detail = format!("A register of technical debt stands at {}.", topic.hit.source());
        return Ok(Outcome::passed(detail, [topic.hit.evidence()]));
    }
    let issues = subject.repo.activity.known().and_then(|activity| activity.debt_issues.known());
    if let Some(count) = issues.as_ref().ok().filter(|count| ***count > 0) {
        let evidence = Evidence::new("Repository.issues", format!("{count} open issues with a debt label"));
        return Ok(Outcome::passed(format!("{count} open issues carry a debt label."), [evidence]));
    }
    files.absent()?;
    let code = files.code();
    let lines = files.profile().code_lines;
    let per_kloc = (Decimal::from(code.marks) * Decimal::from(1000))
        .checked_div(Decimal::from(lines))
        .unwrap_or_default();
    let density = per_kloc.round_dp(1).normalize();
    let counted = format!("{} TODO marks in {lines} lines of code ({density} per 1,000)", code.marks);
    let shown = || code.mark_hits.iter().map(Hit::evidence);
    if per_kloc < limits.get("low_density_tenths") / Decimal::TEN {
        return Ok(Outcome::passed(format!("{counted}."), shown()));
    }
    register?;
    issues?;
    let labels = &subject.repo.posture.known()?.labels;
    if let Some(label) = labels.iter().find(|label| DEBT_LABEL.is_match(label)) {
        let evidence = Evidence::new("Repository.labels", label);
        return Ok(Outcome::warning(
            format!("The label {label} exists, but no issue carries it; {counted}."),
            [evidence],
        ));
    }
    if code.referenced > 0 {
        let detail =
            format!("{counted}, {} name an issue; no tool, register or label tracks them.", code.referenced);
        return Ok(Outcome::warning(detail, shown()));
    }
    let detail = format!("{counted}, and nothing tracks them.");
    Ok(if per_kloc > limits.get("high_density") {
        Outcome::failed(detail, shown())
    } else {
        Outcome::warning(detail, shown())
    })
}
