//! SAST-006, SAST-007 and SAST-009: own rules, a gate, and every language.

use scrutineer_core::{Fact, Gap, evidence::posture::RuleParameters};

use super::{PULL, analysable, existence, nothing_to_scan};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{cicd, repo_governance::protection::Protection},
    finding::Evidence,
    share::Share,
    snapshot::{
        CiStep, DetectorId, Hit, Note, Snapshot, codeql_analyses, default_setup, default_setup_analyses,
        default_setup_evidence,
    },
};

/// SAST-006.
pub(super) fn own_rules(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let files = *subject.files.known()?;
    let rules = files.notes(Note::SastRule);
    if let Some(used) = rules.iter().find_map(|rule| used_by(files, rule).map(|by| (rule, by))) {
        let detail = format!("{} defines rules that {} uses.", used.0.source(), used.1.source());
        return Ok(Outcome::passed(detail, [used.0.evidence(), used.1.evidence()]));
    }
    if let Some(hit) = extended(files) {
        let detail =
            format!("{} adds rules beyond the default ({}), but none is its own.", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    cicd::absent(subject, files)?;
    if let Some(rule) = rules.first() {
        let detail = format!("{} defines rules, but no configuration names them.", rule.source());
        return Ok(Outcome::failed(detail, [rule.evidence()]));
    }
    let setup = default_setup(subject.repo, &subject.files);
    let piped = files.ci().steps_with(DetectorId::Sast, &[]).next().is_some();
    match setup {
        Fact::Known(true) if !piped => suite(subject),
        Fact::Unknown(gap) if !piped => Err(gap),
        _ => {
            let detail = "The analysers run with their default rules, and the repository defines none.";
            Ok(Outcome::failed(detail, existence::hits(files)))
        }
    }
}

/// The rules that default setup runs, where nothing else analyses.
fn suite(subject: &RepoSubject<'_>) -> Result<Outcome, Gap> {
    let setup = subject.repo.details.default_setup.known()?;
    let seen = |suite: &str| {
        Evidence::new("GET /repos/{owner}/{repo}/code-scanning/default-setup#query_suite", suite)
    };
    match setup.query_suite.as_deref() {
        Some(suite @ "default") => Ok(Outcome::failed(
            "Default setup runs its default rules, and the repository defines none.",
            [seen(suite)],
        )),
        Some(suite) => {
            let detail =
                format!("Default setup runs the {suite} suite, but no rule is the repository's own.");
            Ok(Outcome::warning(detail, [seen(suite)]))
        }
        None => Err(Gap::unavailable("the host does not say which query suite default setup uses")),
    }
}

/// What uses a rule: a command or input that names it or a folder of it, or a CodeQL configuration.
fn used_by(files: &Snapshot, rule: &Hit) -> Option<Hit> {
    if rule.path.starts_with("sgconfig.") {
        return Some(rule.clone());
    }
    let parent = rule.path.rsplit_once('/').map_or(rule.path.as_str(), |(parent, _)| parent);
    let top = rule.path.split('/').next().unwrap_or(parent);
    let folder = if top == ".github" { parent } else { top };
    let names = |text: &str| text.contains(folder);
    let mut steps = files.ci().steps_with(DetectorId::Sast, &[]);
    let by = steps.find(|found| {
        let step = found.step;
        step.commands.iter().any(|command| names(&command.text)) || step.with.iter().any(|(_, v)| names(v))
    });
    let query = rule.path.ends_with(".ql");
    by.map(|found| found.seen()).or_else(|| files.notes(Note::SastRuleUse).first().filter(|_| query).cloned())
}

/// An extended suite, or a pack of somebody else.
fn extended(files: &Snapshot) -> Option<Hit> {
    let is_extended = |text: &str| {
        ["security-extended", "security-and-quality", "p/", "r/"].iter().any(|mark| {
            text.split([' ', ',', '=', '\n', '"']).any(|word| word.trim_start_matches('+').starts_with(mark))
        })
    };
    let mut steps = files.ci().steps_with(DetectorId::Sast, &[]);
    let step = steps.find(|found| {
        let named = |(key, value): &(String, String)| {
            key == "packs" || matches!(key.as_str(), "queries" | "config") && is_extended(value)
        };
        found.step.with.iter().any(named) || found.step.commands.iter().any(|c| is_extended(&c.text))
    });
    files.notes(Note::SastExtended).first().cloned().or_else(|| step.map(|found| found.seen()))
}

/// Parts of names of check runs that report a static analysis.
const CHECK_RUNS: &[&str] = &["codeql", "code scanning", "semgrep", "sonarcloud", "sonarqube", "snyk code"];

/// SAST-007.
pub(super) fn blocks_merge(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let posture = subject.repo.posture.known()?;
    let Some(branch) = &posture.default_branch else {
        return Ok(Outcome::failed("No default branch is protected.", []));
    };
    let protection = Protection::of(branch);
    for rule in protection.rules() {
        // With the threshold `none` the tool must report, and whatever it reports may be merged.
        if let RuleParameters::CodeScanning { tools } = &rule.parameters
            && let Some((tool, threshold)) = tools.iter().find(|(_, threshold)| threshold != "none")
        {
            let detail = format!("A code scanning rule holds merges back: {tool}, alerts {threshold}.");
            let seen =
                Evidence::new("CodeScanningTool.securityAlertsThreshold", format!("{tool}: {threshold}"));
            return Ok(Outcome::passed(detail, [seen]));
        }
    }
    let named = |context: &&str| {
        let context = context.to_ascii_lowercase();
        CHECK_RUNS.iter().any(|name| context.contains(name))
    };
    let contexts = protection.required_checks();
    let files = subject.files.as_ref();
    let steps: Vec<CiStep<'_>> =
        files.ok().into_iter().flat_map(|files| files.ci().steps_with(DetectorId::Sast, PULL)).collect();
    let required: Vec<_> = steps.iter().filter(|found| protection.requires_run_of(found)).collect();
    if let Some(found) = required.iter().find(|found| !found.ignores_failure()) {
        let seen = found.seen();
        let detail = format!("A required check runs {} ({}).", seen.what, seen.source());
        return Ok(Outcome::passed(detail, [seen.evidence()]));
    }
    if let Some(found) = required.first() {
        let detail = format!(
            "A required check runs the analysis, but ignores its failure ({}).",
            found.seen().source()
        );
        return Ok(Outcome::warning(detail, [found.seen().evidence()]));
    }
    if let Some(context) = contexts.iter().find(|context| named(context)) {
        let seen = Evidence::new("required status check", context);
        return Ok(Outcome::passed(format!("The status check {context} must pass."), [seen]));
    }
    protection.complete()?;
    if protection.requires_checks() {
        files.known()?.absent()?;
    }
    let detail = format!("None of {} required checks is a static analysis.", contexts.len());
    Ok(Outcome::failed(
        detail,
        contexts.iter().map(|context| Evidence::new("required status check", context)),
    ))
}

/// SAST-009.
pub(super) fn languages(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(outcome) = nothing_to_scan(subject)? {
        return Ok(outcome);
    }
    let all = analysable(subject)?;
    let total: u64 = all.iter().map(|(_, bytes)| bytes).sum();
    let part = |bytes: u64| Share { part: bytes, whole: total };
    let counted: Vec<(&str, u64)> = all
        .into_iter()
        .filter(|(_, bytes)| part(*bytes).at_least(limits.get("min_language_percent")))
        .collect();
    let files = *subject.files.known()?;
    let steps: Vec<CiStep<'_>> = files.ci().steps_with(DetectorId::Sast, &[]).collect();
    let by_pipeline = |name: &str| steps.iter().any(|found| found.analyses(name));
    let setup = default_setup(subject.repo, &subject.files);
    let by_setup =
        |name: &str| matches!(setup, Fact::Known(true)) && default_setup_analyses(subject.repo, name);
    let missed: Vec<&(&str, u64)> =
        counted.iter().filter(|(name, _)| !by_pipeline(name) && !by_setup(name)).collect();
    let whole: u64 = counted.iter().map(|(_, bytes)| bytes).sum();
    let left: u64 = missed.iter().map(|(_, bytes)| bytes).sum();
    let share = Share { part: whole - left, whole };
    let evidence =
        std::iter::once(default_setup_seen(subject, &setup)).flatten().chain(existence::hits(files));
    if missed.is_empty() {
        let names: Vec<&str> = counted.iter().map(|(name, _)| *name).collect();
        return Ok(Outcome::passed(format!("All languages are analysed: {}.", names.join(", ")), evidence));
    }
    if !steps.iter().any(CiStep::is_codeql) && missed.iter().any(|(name, _)| codeql_analyses(name)) {
        setup.known()?;
    }
    cicd::absent(subject, files)?;
    let names: Vec<&str> = missed.iter().map(|(name, _)| *name).collect();
    let detail = format!("{share} bytes of code are analysed; nothing analyses {}.", names.join(", "));
    let evidence = missed
        .iter()
        .map(|(name, bytes)| Evidence::new("Repository.languages", format!("{name}: {bytes} bytes")));
    Ok(if share.at_least(limits.get("warn_percent")) {
        Outcome::warning(detail, evidence)
    } else {
        Outcome::failed(detail, evidence)
    })
}

fn default_setup_seen(subject: &RepoSubject<'_>, setup: &Fact<bool>) -> Option<Evidence> {
    matches!(setup, Fact::Known(true)).then(|| default_setup_evidence(subject.repo, true))
}
