//! CICD-003 and CICD-004, and what counts as work of a pipeline.

use std::sync::LazyLock;

use regex::Regex;
use scrutineer_core::Gap;

use super::{ON_CHANGE, absent};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{CiStep, DetectorId, Hit, Snapshot},
};

macro_rules! pattern {
    ($name:ident, $source:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($source).expect("a constant pattern"));
    };
}

pattern!(
    BUILD,
    concat!(
        r"^(?:(?:npm|pnpm|yarn|bun)(?: run)? (?:build|compile|check|typecheck|validate)\S*|cargo(?: \+\S+)? (?:build|check|doc)",
        r"|go (?:build|vet|generate)|(?:\./)?(?:mvnw?|gradlew?)\b|dotnet (?:build|publish|restore)|docker (?:buildx )?build",
        r"|docker[ -]compose build|podman build|make\b|cmake\b|ninja\b|bazel(?:isk)? build|just \S|task \S|tsc\b|vite build",
        r"|webpack|rollup|esbuild|next build|nuxt build|ng build|terraform (?:validate|plan|fmt)|tofu (?:validate|plan|fmt)",
        r"|terragrunt|helm (?:lint|template)|kustomize build|cdk synth|mkdocs build|mdbook (?:build|test)|hugo\b",
        r"|jekyll build|sphinx-build|python3? -m build|poetry build|uv build|hatch build|swift build|xcodebuild|flutter build",
        r"|dart (?:compile|analyze)|mix compile|sbt compile|stack build|cabal build|zig build|ansible-lint|packer validate)"
    )
);
pattern!(JOB_NAME, r"(?i)(?:^|[-_/ ])(?:build|tests?|lint|check|ci|compile|verify)(?:$|[-_/ ])");
pattern!(TEST_NAME, r"(?i)(?:^|[-_/ ])tests?");
pattern!(TEST_CHECK, r"(?i)\btests?\b");

/// Detectors of steps that say something about a change.
const WORK: &[DetectorId] =
    &[DetectorId::Test, DetectorId::Lint, DetectorId::Typecheck, DetectorId::Coverage];

/// The step, marked with what it does, when it builds, tests or lints.
pub(super) fn builds_tests_or_lints(found: CiStep<'_>) -> Option<CiStep<'_>> {
    let detected = found.step.detectors.iter().find(|(id, _)| WORK.contains(id));
    if let Some((_, hit)) = detected {
        return Some(CiStep { hit: Some(hit), ..found });
    }
    let builds = found.step.commands.iter().any(|command| BUILD.is_match(&command.text));
    let image = found.step.uses.as_deref().is_some_and(|uses| uses == "docker/build-push-action");
    let named = !found.step.commands.is_empty() && JOB_NAME.is_match(&found.job.id);
    (builds || image || named).then_some(found)
}

/// `not_applicable` for repositories without code.
pub(super) fn without_code(files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    if files.profile().code {
        return Ok(None);
    }
    files.absent()?;
    let lines = files.profile().code_lines;
    Ok(Some(Outcome::not_applicable(format!("The repository holds {lines} lines of code, fewer than 50."))))
}

/// CICD-003.
pub(super) fn tests_run(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_code(files)? {
        return Ok(outcome);
    }
    let on_change = test_step(files, ON_CHANGE).or_else(|| test_check(subject));
    if let Some(hit) = on_change {
        let tests = files.detector(DetectorId::Test);
        let Some(test) = tests.files.first().or(tests.content.first()) else {
            files.absent()?;
            let detail =
                format!("{} runs tests ({}), but no test file is in the repository.", hit.source(), hit.what);
            return Ok(Outcome::warning(detail, [hit.evidence()]));
        };
        let detail = format!(
            "{} runs tests on changes ({}), and test files such as {} exist.",
            hit.source(),
            hit.what,
            test.path
        );
        return Ok(Outcome::passed(detail, [hit.evidence(), test.evidence()]));
    }
    if let Some(hit) = test_step(files, &[]) {
        let detail =
            format!("{} runs tests ({}), but not on pull requests or pushes.", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    absent(subject, files)?;
    let count = files.ci().workflows.len();
    let tests = files.detector(DetectorId::Test).files.iter().take(3).map(Hit::evidence);
    let detail = match count {
        0 => "There is no pipeline that could run tests.".to_owned(),
        _ => format!("No job of {count} pipeline files runs a test command."),
    };
    Ok(Outcome::failed(detail, tests))
}

fn test_step(files: &Snapshot, events: &[&str]) -> Option<Hit> {
    if let Some(found) = files.ci().steps_with(DetectorId::Test, events).next() {
        return Some(found.seen());
    }
    let mut steps = files.ci().steps_on(events).filter(|found| !found.step.commands.is_empty());
    let named = |found: &CiStep<'_>| {
        let id = found.job.id.rsplit('/').next().unwrap_or(&found.job.id);
        TEST_NAME.is_match(id) || found.job.name.as_deref().is_some_and(|name| TEST_NAME.is_match(name))
    };
    steps.find(named).map(|found| Hit::at(&found.job.path, found.job.line, format!("job {}", found.job.id)))
}

/// A check run with "test" in its name that another system than GitHub Actions reported for the head commit.
fn test_check(subject: &RepoSubject<'_>) -> Option<Hit> {
    let suites = subject.repo.activity.ok()?.head_suites.ok()?;
    let other = suites.iter().filter(|suite| suite.app.as_deref().is_some_and(|app| app != "github-actions"));
    let mut runs = other.flat_map(|suite| &suite.runs);
    runs.find(|(name, ..)| TEST_CHECK.is_match(name)).map(|(name, ..)| Hit::at("CheckRun.name", 0, name))
}

/// CICD-004.
pub(super) fn lint_runs(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_code(files)? {
        return Ok(outcome);
    }
    let mut ignored = None;
    for found in files.ci().steps_with(DetectorId::Lint, &[]) {
        let hit = found.seen();
        if !found.ignores_failure() {
            let detail = format!("{} runs {}.", hit.source(), hit.what);
            return Ok(Outcome::passed(detail, [hit.evidence()]));
        }
        ignored.get_or_insert(hit);
    }
    if let Some(hit) = ignored {
        let detail =
            format!("{} runs {}, but with continue-on-error: it cannot fail.", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    absent(subject, files)?;
    let configured: Vec<Evidence> = files.detector(DetectorId::Lint).all().map(Hit::evidence).collect();
    Ok(match configured.first() {
        Some(first) => {
            let detail = format!("Linting is configured ({}), but no CI job runs it.", first.source);
            Outcome::warning(detail, configured)
        }
        None => Outcome::failed("No CI job runs a linter or formatter check, and none is configured.", []),
    })
}
