//! CQ-001, CQ-002, CQ-006 and CQ-007: linter, tests, formatter and type checker.

use scrutineer_core::Gap;

use super::{Judged, code};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd::absent,
    finding::Evidence,
    snapshot::{DetectorId, Hit, Snapshot},
};

/// The step that runs a tool, the one whose failure counts first.
fn step(files: &Snapshot, id: DetectorId) -> Option<Hit> {
    let steps = || files.ci().steps_with(id, &[]);
    let counts = steps().find(|found| !found.ignores_failure());
    counts.or_else(|| steps().next()).map(|found| found.seen())
}

/// Linters that do nothing without a configuration.
const CONFIGURED_ONLY: &[&str] =
    &["eslint", "tslint", "stylelint", "checkstyle", "spectral", "pre-commit", "vale"];

/// CQ-001.
pub(super) fn linter(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Judged::Decided(outcome) = code(files)? {
        return Ok(outcome);
    }
    let configured: Vec<&Hit> = files.detector(DetectorId::Lint).all().collect();
    let shown = || configured.iter().map(|hit| hit.evidence());
    match (step(files, DetectorId::Lint), configured.first()) {
        (Some(run), Some(config)) => {
            let detail =
                format!("{} runs the linter ({}), {} configures it.", run.source(), run.what, config.path);
            Ok(Outcome::passed(detail, std::iter::once(run.evidence()).chain(shown())))
        }
        (Some(run), None) if CONFIGURED_ONLY.iter().any(|tool| run.what.starts_with(tool)) => {
            files.absent()?;
            let detail =
                format!("{} runs {}, but no configuration is in the repository.", run.source(), run.what);
            Ok(Outcome::warning(detail, [run.evidence()]))
        }
        (Some(run), None) => {
            let detail = format!("{} runs {}, which needs no configuration.", run.source(), run.what);
            Ok(Outcome::passed(detail, [run.evidence()]))
        }
        (None, Some(config)) => {
            absent(subject, files)?;
            Ok(Outcome::warning(format!("{} configures a linter that no CI job runs.", config.path), shown()))
        }
        (None, None) => {
            absent(subject, files)?;
            Ok(Outcome::failed("No linter is configured, and no CI job runs one.", []))
        }
    }
}

/// CQ-002.
pub(super) fn tests(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Judged::Decided(outcome) = code(files)? {
        return Ok(outcome);
    }
    let tests = files.detector(DetectorId::Test);
    let declared = tests.deps.iter().chain(&tests.files).chain(&tests.content);
    let first = declared.clone().next();
    let shown: Vec<Evidence> = declared.take(5).map(Hit::evidence).collect();
    match (step(files, DetectorId::Test), first) {
        (Some(run), Some(test)) => {
            let detail = format!("{} runs the tests ({}), e.g. {}.", run.source(), run.what, test.path);
            Ok(Outcome::passed(detail, std::iter::once(run.evidence()).chain(shown)))
        }
        (Some(run), None) => {
            files.absent()?;
            let detail = format!("{} runs {}, but the repository has no test.", run.source(), run.what);
            Ok(Outcome::warning(detail, [run.evidence()]))
        }
        (None, Some(test)) => {
            absent(subject, files)?;
            let detail = format!("Tests exist ({}), but no CI job runs them.", test.path);
            Ok(Outcome::warning(detail, shown))
        }
        (None, None) => {
            absent(subject, files)?;
            Ok(Outcome::failed("No test framework is declared, and no test file is in the repository.", []))
        }
    }
}

/// Languages whose compiler checks types.
const STATIC: &[&str] =
    &["Rust", "Go", "Java", "Kotlin", "Scala", "C#", "C", "C++", "Swift", "Dart", "Haskell", "Zig"];
/// Languages for which a type checker exists.
const CHECKED: &[&str] = &["Python", "JavaScript", "Ruby", "PHP", "Elixir", "Lua"];

/// CQ-007.
pub(super) fn types(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Judged::Decided(outcome) = code(files)? {
        return Ok(outcome);
    }
    files.absent()?;
    let (language, lines) = files.code().main_language().unwrap_or(("unknown", 0));
    let main = Evidence::new("lines of code", format!("{language}: {lines}"));
    let found = files.detector(DetectorId::Typecheck);
    let strict = found.content.iter().find(|hit| hit.path.ends_with(".json") && hit.what.contains("strict"));
    if STATIC.contains(&language) {
        return Ok(Outcome::passed(format!("The main language, {language}, is statically typed."), [main]));
    }
    if language == "TypeScript" {
        return Ok(match strict {
            Some(hit) => Outcome::passed(
                format!("{} checks TypeScript strictly.", hit.source()),
                [main, hit.evidence()],
            ),
            None => Outcome::warning("The main language is TypeScript, but no tsconfig sets strict.", [main]),
        });
    }
    if !CHECKED.contains(&language) {
        let detail = format!("The main language, {language}, has no type checker.");
        return Ok(Outcome::not_applicable(detail));
    }
    match (step(files, DetectorId::Typecheck), found.all().next()) {
        (Some(run), _) => {
            let detail = format!("{} checks the types of {language} ({}).", run.source(), run.what);
            Ok(Outcome::passed(detail, [main, run.evidence()]))
        }
        (None, Some(config)) => {
            absent(subject, files)?;
            let detail =
                format!("{} configures a type checker for {language} that no CI job runs.", config.path);
            Ok(Outcome::warning(detail, [main, config.evidence()]))
        }
        (None, None) => {
            absent(subject, files)?;
            Ok(Outcome::failed(format!("Nothing checks the types of {lines} lines of {language}."), [main]))
        }
    }
}

/// Configurations of formatters and what they format; anything else formats several languages.
const FORMATTERS: &[(&str, &[&str])] = &[
    ("prettier", &["JavaScript", "TypeScript"]),
    ("package.json", &["JavaScript", "TypeScript"]),
    ("biome.json", &["JavaScript", "TypeScript"]),
    ("rustfmt.toml", &["Rust"]),
    (".clang-format", &["C", "C++", "Java", "JavaScript", "C#"]),
    (".scalafmt", &["Scala"]),
    (".swiftformat", &["Swift"]),
    (".php-cs-fixer", &["PHP"]),
    ("pint.json", &["PHP"]),
    ("stylua.toml", &["Lua"]),
    ("yapf", &["Python"]),
    ("pyproject.toml", &["Python"]),
];
/// Commands of formatters that come with a language.
const BUILT_IN: &[&str] = &[
    "cargo fmt",
    "rustfmt",
    "gofmt",
    "gofumpt",
    "zig fmt",
    "dart format",
    "mix format",
    "deno fmt",
    "ruff format",
    "black",
    "dotnet format",
    "npm run format:check",
    "npm run fmt:check",
    "prettier",
    "biome",
];

/// CQ-006.
pub(super) fn formatting(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Judged::Decided(outcome) = code(files)? {
        return Ok(outcome);
    }
    let (language, _) = files.code().main_language().unwrap_or(("unknown", 0));
    let found = files.detector(DetectorId::FormatConfig);
    let configs: Vec<&Hit> = found.all().filter(|hit| !hit.path.ends_with(".editorconfig")).collect();
    let applies = |hit: &&&Hit| {
        let known = FORMATTERS.iter().find(|(name, _)| hit.path.contains(name));
        known.is_none_or(|(_, languages)| languages.contains(&language))
    };
    if let Some(hit) = configs.iter().find(applies) {
        let detail = format!("{} configures the formatter of {language}.", hit.path);
        return Ok(Outcome::passed(detail, configs.iter().map(|hit| hit.evidence())));
    }
    let editor = &files.code().editorconfigs;
    if let Some((hit, _)) = editor.iter().find(|(_, ruled)| *ruled) {
        let detail = format!("{} rules line ends or indentation.", hit.path);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let mut lints = files.ci().steps_with(DetectorId::Lint, &[]).map(|found| found.seen());
    if let Some(run) = lints.find(|hit| BUILT_IN.iter().any(|command| hit.what.starts_with(command))) {
        let detail = format!("{} checks the format with {}.", run.source(), run.what);
        return Ok(Outcome::passed(detail, [run.evidence()]));
    }
    if let Some((hit, _)) = editor.first() {
        let detail = format!("{} rules neither line ends nor indentation.", hit.path);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    if let Some(hit) = configs.first() {
        let detail = format!("{} does not format {language}, the main language.", hit.path);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    absent(subject, files)?;
    Ok(Outcome::failed("No formatter or EditorConfig file, and no CI job checks the format.", []))
}
