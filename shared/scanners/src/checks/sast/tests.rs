//! The decisions, status by status.

use jiff::SignedDuration;
use scrutineer_core::{
    Fact,
    evidence::{
        RepoActivity, RepoPosture,
        activity::{Run, Suite},
        posture::{BranchRule, RuleParameters},
        repo::{CodeAlert, DefaultSetup},
    },
};

use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, days_ago, forbidden},
};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

fn posture(world: &mut RepoWorld) -> &mut RepoPosture {
    match &mut world.repo.posture {
        Fact::Known(posture) => posture,
        Fact::Unknown(_) => panic!("the default world knows its posture"),
    }
}

fn activity(world: &mut RepoWorld) -> &mut RepoActivity {
    match &mut world.repo.activity {
        Fact::Known(activity) => activity,
        Fact::Unknown(_) => panic!("the default world knows its activity"),
    }
}

/// Default setup is off.
fn off(world: &mut RepoWorld) {
    world.repo.listing.default_setup_configuration = None;
    world.repo.details.default_setup = Fact::Known(DefaultSetup::default());
}

/// Default setup is on, for the repository alone.
fn on(world: &mut RepoWorld) {
    off(world);
    world.repo.details.default_setup = setup("default", &[]);
}

/// Default setup as GitHub describes it; no languages stand for an answer without them.
fn setup(suite: &str, languages: &[&str]) -> Fact<DefaultSetup> {
    let languages = languages.iter().map(|name| (*name).to_owned()).collect();
    Fact::Known(DefaultSetup { configured: true, languages, query_suite: Some(suite.into()) })
}

fn hidden(world: &mut RepoWorld) {
    off(world);
    world.repo.details.default_setup = forbidden("administration");
}

fn languages(world: &mut RepoWorld, list: &[(&str, u64)]) {
    posture(world).languages = list.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect();
}

fn workflow(on: &str, steps: &str) -> Tree {
    let text = format!("on: {on}\njobs:\n  scan:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
    Tree::new().code().file(".github/workflows/scan.yml", &text)
}

fn runs(on: &str, command: &str) -> Tree {
    workflow(on, &format!("      - run: {command}\n"))
}

/// Off, and one workflow.
fn pipeline(world: &mut RepoWorld, on: &str, command: &str) {
    off(world);
    world.tree(runs(on, command));
}

/// The newest commit carries a suite of `app`, last updated `days` ago, that took `seconds`.
fn suite(world: &mut RepoWorld, app: &str, path: Option<&str>, days: i64, seconds: i64) {
    let at = days_ago(days);
    let run = path.map(|path| Run {
        event: "push".to_owned(),
        path: Some(path.to_owned()),
        workflow: "scan".to_owned(),
        created_at: at - SignedDuration::from_secs(seconds),
        updated_at: at,
    });
    let suite = Suite {
        status: "COMPLETED".to_owned(),
        conclusion: Some("SUCCESS".to_owned()),
        app: Some(app.to_owned()),
        created_at: at - SignedDuration::from_secs(seconds),
        updated_at: at,
        run: Fact::Known(run),
    };
    if let Fact::Known(commits) = &mut activity(world).commits {
        commits.items[0].suites = Fact::Known(vec![suite]);
    }
}

fn analysed(world: &mut RepoWorld) {
    suite(world, "github-advanced-security", None, 1, 60);
}

fn alert(number: u64, state: &str, severity: &str, days: i64) -> CodeAlert {
    CodeAlert {
        number,
        state: state.to_owned(),
        severity: Some(severity.to_owned()),
        tool: "CodeQL".to_owned(),
        created_at: days_ago(days),
        dismissed_reason: None,
        has_dismissed_comment: false,
    }
}

fn alerts(world: &mut RepoWorld, list: Vec<CodeAlert>) {
    world.repo.listing.code_alerts = Fact::Known(list);
}

/// Ten dismissed alerts, of which so many carry a comment.
fn dismissed(world: &mut RepoWorld, commented: u64) {
    let alert = |n| CodeAlert { has_dismissed_comment: n < commented, ..alert(n, "dismissed", "high", 5) };
    alerts(world, (0..10).map(alert).collect());
}

fn no_code(world: &mut RepoWorld) {
    languages(world, &[("HCL", 900)]);
}

fn rule(world: &mut RepoWorld, parameters: RuleParameters) {
    let branch = posture(world).default_branch.as_mut().unwrap();
    branch.rules = Fact::Known(vec![BranchRule {
        rule_type: "CODE_SCANNING".to_owned(),
        enforcement: "ACTIVE".to_owned(),
        ruleset_id: Some(1),
        parameters,
    }]);
}

fn required(world: &mut RepoWorld, context: &str) {
    rule(world, RuleParameters::StatusChecks { strict: true, contexts: vec![context.to_owned()] });
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = existence_cases();
    all.extend(result_cases());
    all.extend(dismissal_cases());
    all.extend(depth_cases());
    all.extend(gate_cases());
    all
}

fn existence_cases() -> Vec<Case> {
    vec![
        Case::repo("SAST-001", Passed, "configuration Baseline", |_| {}),
        Case::repo("SAST-001", Passed, "default setup is configured", on),
        Case::repo("SAST-001", Passed, "runs a static analyser", |w| pipeline(w, "push", "semgrep ci")),
        Case::repo("SAST-001", Passed, "sonar-project.properties", |w| {
            off(w);
            w.tree(Tree::new().code().file("sonar-project.properties", "sonar.projectKey=x\n"));
        }),
        Case::repo("SAST-001", Failed, "default setup is off", off),
        Case::repo("SAST-001", NotApplicable, "HCL", no_code),
        Case::repo("SAST-001", Error, "administration", hidden),
        Case::repo("SAST-001", Error, "truncated", |w| {
            off(w);
            w.truncate();
        }),
        Case::repo("SAST-002", Passed, "configuration Baseline", |_| {}),
        Case::repo("SAST-002", Passed, "semgrep ci", |w| pipeline(w, "pull_request", "semgrep ci")),
        Case::repo("SAST-002", Passed, "semgrep ci", |w| {
            pipeline(w, "{push: {branches: [main]}}", "semgrep ci")
        }),
        Case::repo("SAST-002", Warning, "not on pull requests", |w| {
            pipeline(w, "{push: {branches: [next]}}", "semgrep ci");
        }),
        Case::repo("SAST-002", Warning, "schedule", |w| {
            pipeline(w, "{schedule: [{cron: '0 1 * * 1'}]}", "semgrep ci");
        }),
        Case::repo("SAST-002", Warning, "continue-on-error", |w| {
            off(w);
            w.tree(workflow("push", "      - run: semgrep ci\n        continue-on-error: true\n"));
        }),
        Case::repo("SAST-002", Failed, "No job of 1 pipeline", |w| pipeline(w, "push", "cargo test")),
        Case::repo("SAST-002", NotApplicable, "HCL", no_code),
        Case::repo("SAST-002", Error, "administration", hidden),
        Case::repo("SAST-008", Passed, "semgrep ci", |w| pipeline(w, "pull_request", "semgrep ci")),
        Case::repo("SAST-008", Passed, "configuration Baseline", |_| {}),
        Case::repo("SAST-008", Warning, "no run shows", |w| pipeline(w, "pull_request", "bandit -r .")),
        Case::repo("SAST-008", Warning, "599 s", |w| {
            pipeline(w, "pull_request", "semgrep scan");
            suite(w, "github-actions", Some(".github/workflows/scan.yml"), 1, 599);
        }),
        Case::repo("SAST-008", Failed, "600 s", |w| {
            pipeline(w, "pull_request", "semgrep scan");
            suite(w, "github-actions", Some(".github/workflows/scan.yml"), 1, 600);
        }),
        Case::repo("SAST-008", Failed, "push only", |w| pipeline(w, "push", "semgrep ci")),
        Case::repo("SAST-008", Failed, "Nothing analyses", off),
        Case::repo("SAST-008", NotApplicable, "HCL", no_code),
        Case::repo("SAST-008", Error, "contents", RepoWorld::no_contents),
    ]
}

fn result_cases() -> Vec<Case> {
    vec![
        Case::repo("SAST-003", Passed, "github-advanced-security reported", analysed),
        Case::repo("SAST-003", Passed, "30 days old", |w| suite(w, "github-advanced-security", None, 30, 60)),
        Case::repo("SAST-003", Warning, "31 days old", |w| suite(w, "semgrep-app", None, 31, 60)),
        Case::repo("SAST-003", Passed, "github-actions", |w| {
            pipeline(w, "push", "semgrep ci");
            suite(w, "github-actions", Some(".github/workflows/scan.yml"), 2, 60);
        }),
        Case::repo("SAST-003", Warning, "found by CodeQL", |w| alerts(w, vec![alert(1, "open", "high", 90)])),
        Case::repo("SAST-003", Failed, "No analysis", |_| {}),
        Case::repo("SAST-003", NotApplicable, "HCL", no_code),
        Case::repo("SAST-003", Error, "security_events", |w| {
            w.repo.listing.code_alerts = forbidden("security_events");
        }),
        Case::repo("SAST-004", Passed, "no critical alert", analysed),
        Case::repo("SAST-004", Passed, "no critical alert", |w| {
            analysed(w);
            alerts(w, vec![CodeAlert { tool: "ZAP".into(), ..alert(1, "open", "critical", 3) }]);
        }),
        Case::repo("SAST-004", Failed, "alert #7", |w| {
            analysed(w);
            alerts(w, vec![alert(7, "open", "critical", 3), alert(8, "dismissed", "critical", 3)]);
        }),
        Case::repo("SAST-004", Failed, "nothing analyses", |_| {}),
        Case::repo("SAST-004", NotApplicable, "HCL", no_code),
        Case::repo("SAST-004", Error, "security_events", |w| {
            w.repo.listing.code_alerts = forbidden("security_events");
        }),
        Case::repo("SAST-005", Passed, "no high alert", analysed),
        Case::repo("SAST-005", Warning, "Open high alerts: 2", |w| {
            alerts(w, vec![alert(1, "open", "high", 29), alert(2, "open", "high", 1)]);
        }),
        Case::repo("SAST-005", Failed, "30 days old", |w| alerts(w, vec![alert(1, "open", "high", 30)])),
        Case::repo("SAST-005", Failed, "Open high alerts: 3", |w| {
            alerts(w, (1..=3).map(|n| alert(n, "open", "high", 1)).collect());
        }),
        Case::repo("SAST-005", Failed, "nothing analyses", |_| {}),
        Case::repo("SAST-005", NotApplicable, "HCL", no_code),
        Case::repo("SAST-005", Error, "security_events", |w| {
            w.repo.listing.code_alerts = forbidden("security_events");
        }),
    ]
}

const PROCESS: &str = "# False positives\n\nA finding may be dismissed by the owner of the service together with a member \
    of the security team. Say in the comment why it is no risk and for how long the decision holds; we look at all \
    dismissals again each quarter.\n";

fn dismissal_cases() -> Vec<Case> {
    vec![
        Case::repo("SAST-010", Passed, "8 of 10 (80 %)", |w| dismissed(w, 8)),
        Case::repo("SAST-010", Passed, "docs/false-positives.md", |w| {
            w.tree(Tree::new().code().file("docs/false-positives.md", PROCESS));
        }),
        Case::repo("SAST-010", Passed, ".github:docs/false-positives.md", |w| {
            w.profile = Fact::Known(Some(Tree::new().file("docs/false-positives.md", PROCESS)));
        }),
        Case::repo("SAST-010", Warning, "kept elsewhere", |w| {
            let stub = "# X\n\n## False positives\n\nSee https://acme.atlassian.net/wiki/x\n";
            w.tree(Tree::new().code().file("README.md", stub));
        }),
        Case::repo("SAST-010", Warning, "src/a.py:1", |w| {
            let text = "run(x)  # nosec B602 -- the argument is a constant\n";
            w.tree(Tree::new().code().file("src/a.py", text));
        }),
        Case::repo("SAST-010", Failed, "7 of 10 (70 %)", |w| dismissed(w, 7)),
        Case::repo("SAST-010", Failed, "no alert was dismissed", |_| {}),
        Case::repo("SAST-010", NotApplicable, "HCL", no_code),
        Case::repo("SAST-010", Error, "security_events", |w| {
            w.repo.listing.code_alerts = forbidden("security_events");
        }),
    ]
}

fn depth_cases() -> Vec<Case> {
    let own = |command: &str| runs("push", command).file(".semgrep/own.yml", "rules:\n  - id: x\n");
    let config = "name: own\nqueries:\n  - uses: ./.github/codeql/queries\n";
    let codeql = "      - uses: github/codeql-action/init@v3\n        with: {queries: security-extended}\n      \
        - uses: github/codeql-action/analyze@v3\n";
    vec![
        Case::repo("SAST-006", Passed, ".semgrep/own.yml:1", move |w| {
            w.tree(own("semgrep scan --config .semgrep"));
        }),
        Case::repo("SAST-006", Passed, "codeql-config.yml:3", move |w| {
            w.tree(
                Tree::new()
                    .file(".github/codeql/queries/x.ql", "import go\nfrom Call c\nselect c\n")
                    .file(".github/codeql/codeql-config.yml", config),
            );
        }),
        Case::repo("SAST-006", Warning, "beyond the default", move |w| w.tree(workflow("push", codeql))),
        Case::repo("SAST-006", Warning, "p/owasp-top-ten", |w| {
            w.tree(runs("push", "semgrep scan --config p/owasp-top-ten"));
        }),
        Case::repo("SAST-006", Failed, "no configuration names", move |w| w.tree(own("semgrep ci"))),
        Case::repo("SAST-006", Failed, "default rules", off),
        Case::repo("SAST-006", NotApplicable, "HCL", no_code),
        Case::repo("SAST-006", Failed, "default rules", on),
        Case::repo("SAST-006", Warning, "extended suite", |w| {
            w.repo.details.default_setup = setup("extended", &[]);
        }),
        Case::repo("SAST-006", Error, "administration", hidden),
        Case::repo("SAST-009", Failed, "nothing analyses Python", |w| {
            languages(w, &[("Go", 500), ("Python", 500)]);
            w.repo.details.default_setup = setup("default", &["go", "actions"]);
        }),
        Case::repo("SAST-009", Passed, "Go, Python", |w| {
            languages(w, &[("Go", 500), ("Python", 500)]);
            w.repo.details.default_setup = setup("default", &["go", "python"]);
        }),
        Case::repo("SAST-009", Passed, "Rust", |_| {}),
        Case::repo("SAST-009", Passed, "Go, Python", |w| {
            languages(w, &[("Go", 500), ("Python", 451), ("Ruby", 49)]);
            pipeline(w, "push", "gosec ./... && bandit -r .");
        }),
        Case::repo("SAST-009", Warning, "750 of 1000 (75 %)", |w| {
            languages(w, &[("Go", 750), ("PHP", 250)]);
            on(w);
        }),
        Case::repo("SAST-009", Failed, "749 of 1000 (74.9 %)", |w| {
            languages(w, &[("Go", 749), ("PHP", 251)]);
            on(w);
        }),
        Case::repo("SAST-009", Failed, "Ruby: 50 bytes", |w| {
            languages(w, &[("Go", 950), ("Ruby", 50)]);
            off(w);
        }),
        Case::repo("SAST-009", NotApplicable, "HCL", no_code),
        Case::repo("SAST-009", Error, "administration", hidden),
    ]
}

fn gate_cases() -> Vec<Case> {
    vec![
        Case::repo("SAST-007", Passed, "CodeQL", |w| {
            rule(w, RuleParameters::CodeScanning { tools: vec![("CodeQL".into(), "high_or_higher".into())] });
        }),
        Case::repo("SAST-007", Failed, "None of", |w| {
            rule(w, RuleParameters::CodeScanning { tools: vec![("CodeQL".into(), "none".into())] });
        }),
        Case::repo("SAST-007", Passed, "SonarCloud", |w| required(w, "SonarCloud Code Analysis")),
        Case::repo("SAST-007", Passed, "semgrep ci", |w| {
            pipeline(w, "pull_request", "semgrep ci");
            required(w, "scan");
        }),
        Case::repo("SAST-007", Warning, "ignores its failure", |w| {
            w.tree(workflow("pull_request", "      - run: semgrep ci\n        continue-on-error: true\n"));
            required(w, "scan");
        }),
        Case::repo("SAST-007", Failed, "None of 1 required", |_| {}),
        Case::repo("SAST-007", Error, "administration", |w| {
            let branch = posture(w).default_branch.as_mut().unwrap();
            branch.protection = forbidden("administration");
            branch.update_rule = forbidden("administration");
        }),
    ]
}
