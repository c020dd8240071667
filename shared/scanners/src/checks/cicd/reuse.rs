//! CICD-010 and CICD-011: shared work stands once, and downloads are cached.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::Regex;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::absent;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{CiStep, CiSystem, DetectorId, Hit, Snapshot, Step, Workflow},
};

/// CICD-010.
pub(super) fn workflows_reused(
    subject: &RepoSubject<'_>,
    thresholds: Thresholds<'_>,
) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(hit) = shared(files) {
        let detail = format!("{} calls {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    files.absent()?;
    let own: Vec<&Workflow> = files.ci().workflows.iter().filter(|w| w.system == CiSystem::GitHub).collect();
    let least = thresholds.get("min_workflows");
    if Decimal::from(own.len()) < least {
        return Ok(Outcome::not_applicable(format!("{} workflows, fewer than {least}.", own.len())));
    }
    let repeated = repeated(&own, least);
    if Decimal::from(repeated.len()) >= thresholds.get("min_identical_steps") {
        let detail = format!(
            "{} steps stand alike in {least} or more of {} workflows, and none is shared.",
            repeated.len(),
            own.len()
        );
        return Ok(Outcome::warning(detail, repeated));
    }
    let detail = format!("None of {} workflows calls a reusable workflow or a local action.", own.len());
    Ok(Outcome::failed(detail, own.iter().map(|w| Evidence::new(&w.path, "no shared part"))))
}

/// A job that calls a reusable workflow, or a step that uses a local action.
fn shared(files: &Snapshot) -> Option<Hit> {
    let call = files.ci().jobs().find_map(|(_, job)| Some(Hit::at(&job.path, job.line, job.calls.as_ref()?)));
    let local = |step: &&Step| step.uses.as_deref().is_some_and(|uses| uses.starts_with("./"));
    let action = || files.ci().jobs().flat_map(|(_, job)| &job.steps).find(local).map(Step::hit);
    call.or_else(action)
}

/// Steps with the same content in at least `least` workflows.
fn repeated(workflows: &[&Workflow], least: Decimal) -> Vec<Evidence> {
    let mut seen: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for workflow in workflows {
        for step in workflow.jobs.iter().flat_map(|job| &job.steps) {
            seen.entry(signature(step)).or_default().insert(&workflow.path);
        }
    }
    let often = seen.into_iter().filter(|(_, paths)| Decimal::from(paths.len()) >= least);
    often.map(|(step, paths)| Evidence::new(paths.into_iter().collect::<Vec<_>>().join(", "), step)).collect()
}

fn signature(step: &Step) -> String {
    let commands: Vec<&str> = step.commands.iter().map(|c| c.text.as_str()).collect();
    let with: Vec<String> = step.with.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let text =
        format!("{} {} {}", step.uses.as_deref().unwrap_or("run"), with.join(" "), commands.join("; "));
    Hit::at("", 0, text).what
}

/// CICD-011.
pub(super) fn caches(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(hit) = files.ci().steps_on(&[]).find_map(|found| cache(&found)).or_else(|| other_cache(files))
    {
        return Ok(Outcome::passed(format!("{} caches: {}.", hit.source(), hit.what), [hit.evidence()]));
    }
    let installs: Vec<Hit> = files.ci().steps_on(&[]).filter_map(|found| install(&found)).collect();
    absent(subject, files)?;
    Ok(match installs.first() {
        Some(first) => {
            let detail =
                format!("{} installs dependencies ({}), and nothing is cached.", first.source(), first.what);
            Outcome::failed(detail, installs.iter().map(Hit::evidence))
        }
        None => Outcome::not_applicable("No job installs dependencies."),
    })
}

/// Inputs that switch a cache on or describe one.
const CACHE_INPUTS: &[&str] = &[
    "cache",
    "enable-cache",
    "bundler-cache",
    "cache-dependency-path",
    "cache-from",
    "cache-to",
    "use-cache",
    "cache-binary",
    "package-manager-cache",
];

/// Actions that the detector lists because they can cache, but that do so only when told.
const ON_REQUEST: &[&str] = &["pnpm/action-setup", "ruby/setup-ruby"];

fn cache(found: &CiStep<'_>) -> Option<Hit> {
    let step = found.step;
    let inputs = || CACHE_INPUTS.iter().filter_map(|key| Some((*key, step.input(key)?)));
    if inputs().any(|(_, value)| value == "false") {
        return None;
    }
    if let Some((key, value)) = inputs().find(|(_, value)| !value.is_empty()) {
        return Some(Hit::at(&step.path, step.line, format!("{key}: {value}")));
    }
    let command =
        step.commands.iter().find(|c| c.text.contains("--cache-from") || c.text.contains("--cache-to"));
    if let Some(command) = command {
        return Some(Hit::at(&command.path, command.line, &command.text));
    }
    let by_default = step.uses.as_deref().is_some_and(|uses| !ON_REQUEST.contains(&uses));
    let (_, hit) = step.detectors.iter().find(|(id, _)| *id == DetectorId::Cache).filter(|_| by_default)?;
    Some(hit.clone())
}

/// Caches of other systems: the detector reads them from the file.
fn other_cache(files: &Snapshot) -> Option<Hit> {
    let mut other = files.detector(DetectorId::Cache).content.iter();
    let pipelines = &files.ci().workflows;
    let of_other = |hit: &&Hit| pipelines.iter().any(|w| w.path == hit.path && w.system != CiSystem::GitHub);
    other.find(of_other).cloned()
}

fn install(found: &CiStep<'_>) -> Option<Hit> {
    static INSTALL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:npm (?:ci|i|install)\b|yarn(?: install)?(?: --\S+)*$|(?:pnpm|bun) (?:i|install)\b|(?:python3? -m )?pip3? install",
            r"|poetry install|uv (?:sync|pip)|pipenv (?:install|sync)|pdm install|bundle install|gem install|composer install",
            r"|go (?:mod download|build|test|install)|cargo(?: \+\S+)? (?:build|test|check|clippy|nextest|install|fetch)",
            r"|(?:\./)?(?:mvnw?|gradlew?)\b|dotnet (?:restore|build|test|publish)|mix deps\.get|flutter pub get|dart pub get",
            r"|swift (?:build|test)|pod install|conda (?:install|env)|docker (?:buildx )?build)"
        ))
        .expect("a constant pattern")
    });
    let command = found.step.commands.iter().find(|command| INSTALL.is_match(&command.text))?;
    Some(Hit::at(&command.path, command.line, &command.text))
}
