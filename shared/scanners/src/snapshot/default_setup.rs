//! Code scanning default setup: is it on, and must GitHub be asked? Every check that wants to know comes here.
//!
//! What a newcomer would get wrong: the call costs a request per repository, so it is made only where its answer can
//! change a verdict; everywhere else the answer follows from what was read before.

use scrutineer_core::{
    Fact, Gap,
    evidence::{RepoEvidence, activity::HeadSuite},
};

use super::{
    CiStep, DetectorId, Note, Snapshot,
    analysis::{codeql_analyses, codeql_names, is_analysable},
};
use crate::finding::Evidence;

/// Events on which a change is analysed before or when it reaches a branch.
const ON_CHANGE: &[&str] = &["pull_request", "pull_request_target", "merge_group", "push"];

/// The call and its field.
const CALL: &str = "GET /repos/{owner}/{repo}/code-scanning/default-setup#state";

/// What is known before GitHub is asked.
enum Known {
    On,
    Off,
    /// A pipeline already does what default setup would do.
    Moot,
    Nothing,
}

/// Whether code scanning analyses the repository without a pipeline of its own: default setup of the repository or of
/// its security configuration, or results on the head commit.
pub fn default_setup(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> Fact<bool> {
    match known(repo, files) {
        Known::On => Fact::Known(true),
        Known::Off => Fact::Known(false),
        Known::Moot => {
            Fact::Unknown(Gap::unavailable("not asked, since a pipeline already analyses every language"))
        }
        Known::Nothing => repo.details.default_setup.as_ref().map(|setup| setup.configured),
    }
}

/// Whether GitHub must be asked: whether it is on, or, where it is on, which rules it runs.
pub(super) fn must_ask(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> bool {
    match known(repo, files) {
        Known::Nothing => true,
        // Rules in files and pipelines answer the same question.
        Known::On => {
            files.ok().is_some_and(|f| f.notes(Note::SastRule).is_empty() && !runs(f, &[]))
                && !unlicensed(repo)
                && !without_language(repo)
        }
        Known::Off | Known::Moot => false,
    }
}

/// Whether default setup analyses a language, by GitHub's name of it, as far as GitHub was asked.
pub fn default_setup_analyses(repo: &RepoEvidence, language: &str) -> bool {
    match repo.details.default_setup.ok() {
        Some(setup) if setup.configured && !setup.languages.is_empty() => {
            setup.languages.iter().any(|name| codeql_names(name, language))
        }
        _ => codeql_analyses(language),
    }
}

/// What shows the answer of [`default_setup`].
pub fn default_setup_evidence(repo: &RepoEvidence, on: bool) -> Evidence {
    if let Some(name) = &repo.listing.default_setup_configuration {
        let source = "GET /orgs/{org}/code-security/configurations#[].code_scanning_default_setup";
        return Evidence::new(source, format!("configuration {name} enables default setup"));
    }
    if reported(repo) {
        return Evidence::new("CheckSuite.app", "github-advanced-security reported on the head commit");
    }
    if !on && repo.details.default_setup.ok().is_none() {
        let why =
            if unlicensed(repo) { "code scanning is not enabled" } else { "no language CodeQL analyses" };
        return Evidence::new("security_and_analysis and Repository.languages", why);
    }
    Evidence::new(CALL, if on { "default setup is configured" } else { "not configured" })
}

fn known(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> Known {
    let listing = &repo.listing;
    if listing.archived || listing.empty || listing.disabled {
        Known::Off
    } else if listing.default_setup_configuration.is_some()
        || reported(repo) && !files.ok().is_some_and(|f| runs(f, &[]))
    {
        Known::On
    } else if unlicensed(repo) || without_language(repo) {
        Known::Off
    } else if files.ok().is_some_and(|files| is_analysed(repo, files)) {
        Known::Moot
    } else {
        Known::Nothing
    }
}

/// A pipeline runs a static analyser, whose results code scanning may report.
fn runs(files: &Snapshot, events: &[&str]) -> bool {
    files.ci().steps_with(DetectorId::Sast, events).next().is_some()
}

/// GitHub's code scanning reported on the head commit.
fn reported(repo: &RepoEvidence) -> bool {
    let suites = repo.activity.ok().and_then(|activity| activity.head_suites.ok());
    let advanced = |suite: &HeadSuite| suite.app.as_deref() == Some("github-advanced-security");
    suites.is_some_and(|suites| suites.iter().any(advanced))
}

/// Code scanning is free of charge for public repositories; elsewhere a licence shows in the settings.
fn unlicensed(repo: &RepoEvidence) -> bool {
    repo.listing.visibility != "public"
        && repo.listing.security_and_analysis.ok().is_some_and(|settings| {
            settings.advanced_security != Some(true) && settings.code_security != Some(true)
        })
}

/// The listing of languages names none that CodeQL analyses.
fn without_language(repo: &RepoEvidence) -> bool {
    let posture = repo.posture.ok();
    posture.is_some_and(|posture| !posture.languages.iter().any(|(name, _)| codeql_analyses(name)))
}

/// CodeQL runs on changes, which excludes default setup, or other tools analyse every language there.
fn is_analysed(repo: &RepoEvidence, files: &Snapshot) -> bool {
    let runs = files.ci().steps_with(DetectorId::Sast, ON_CHANGE).filter(|found| !found.ignores_failure());
    let runs: Vec<CiStep<'_>> = runs.collect();
    let languages = repo.posture.ok().map_or(&[][..], |posture| &posture.languages);
    let mut analysable = languages.iter().filter(|(name, _)| is_analysable(name));
    runs.iter().any(CiStep::is_codeql)
        || !runs.is_empty() && analysable.all(|(name, _)| runs.iter().any(|found| found.analyses(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Tree, forbidden, repo_evidence};

    fn asks(change: impl Fn(&mut RepoEvidence), files: &Tree) -> bool {
        let mut repo = repo_evidence();
        repo.listing.default_setup_configuration = None;
        change(&mut repo);
        let files = files.snapshot();
        must_ask(&repo, &Fact::Known(&files))
    }

    fn languages(repo: &mut RepoEvidence, names: &[&str]) {
        if let Fact::Known(posture) = &mut repo.posture {
            posture.languages = names.iter().map(|name| ((*name).to_owned(), 1_000)).collect();
        }
    }

    fn runs(command: &str, on: &str) -> Tree {
        let text = format!("on: {on}\njobs: {{a: {{steps: [{{run: {command}}}]}}}}\n");
        Tree::new().file(".github/workflows/a.yml", &text)
    }

    #[test]
    fn github_is_asked_only_where_the_answer_decides() {
        let none = Tree::new();
        assert!(asks(|_| {}, &none));
        assert!(!asks(|r| r.listing.archived = true, &none));
        assert!(!asks(|r| r.listing.empty = true, &none));
        // On by configuration: which rules it runs is left to ask, unless a pipeline or the repository's rules say it.
        let configured =
            |r: &mut RepoEvidence| r.listing.default_setup_configuration = Some("Baseline".into());
        assert!(asks(configured, &none));
        assert!(!asks(configured, &runs("semgrep ci", "pull_request")));
        assert!(!asks(
            configured,
            &Tree::new().file(".semgrep/own.yml", "rules:\n  - id: a\n    pattern: b\n")
        ));
        assert!(!asks(|r| languages(r, &["HCL", "Shell"]), &none));
        assert!(asks(|r| languages(r, &["HCL", "Go"]), &none));
        let off = |r: &mut RepoEvidence| {
            if let Fact::Known(settings) = &mut r.listing.security_and_analysis {
                (settings.advanced_security, settings.code_security) = (Some(false), None);
            }
        };
        assert!(!asks(off, &none));
        assert!(asks(
            |r| {
                off(r);
                r.listing.visibility = "public".into();
            },
            &none
        ));
        assert!(asks(|r| r.listing.security_and_analysis = forbidden("administration"), &none));
    }

    #[test]
    fn a_pipeline_answers_when_it_analyses_everything_on_changes() {
        assert!(!asks(|_| {}, &runs("semgrep ci", "pull_request")));
        assert!(asks(|_| {}, &runs("semgrep ci", "workflow_dispatch")));
        assert!(!asks(|r| languages(r, &["Go", "Shell"]), &runs("gosec ./...", "push")));
        assert!(asks(|r| languages(r, &["Go", "Python"]), &runs("gosec ./...", "push")));
        let codeql = "on: push\njobs: {a: {steps: [{uses: github/codeql-action/analyze@v3}]}}\n";
        assert!(!asks(|_| {}, &Tree::new().file(".github/workflows/a.yml", codeql)));
    }

    #[test]
    fn what_is_known_before_is_not_unknown_after() {
        let mut repo = repo_evidence();
        repo.listing.default_setup_configuration = None;
        repo.details = scrutineer_core::evidence::RepoDetails::not_asked();
        languages(&mut repo, &["HCL"]);
        let files = Tree::new().snapshot();
        assert_eq!(default_setup(&repo, &Fact::Known(&files)), Fact::Known(false));
        languages(&mut repo, &["Go"]);
        assert!(default_setup(&repo, &Fact::Known(&files)).ok().is_none());
    }
}
