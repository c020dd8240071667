//! The decisions, status by status.

use scrutineer_core::{
    Fact,
    evidence::{
        Page,
        activity::{Deployment, Run, Suite},
        repo::CodeAlert,
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

/// A service that listens.
fn service() -> Tree {
    Tree::new().code().file("Dockerfile", "FROM scratch\nEXPOSE 8080\nCMD [\"/api\"]\n")
}

/// A service with a job that has these steps.
fn scanned(on: &str, steps: &str) -> Tree {
    let text = format!("on: {on}\njobs:\n  dast:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
    service().file(".github/workflows/dast.yml", &text)
}

const BASELINE: &str =
    "      - uses: zaproxy/action-baseline@v0.14.0\n        with: {target: https://staging.example}\n";
const FULL: &str =
    "      - uses: zaproxy/action-full-scan@v0.12.0\n        with: {target: https://staging.example}\n";
const API: &str = "      - uses: zaproxy/action-api-scan@v0.9.0\n        with: {target: openapi.yaml}\n";
const NUCLEI: &str = "      - run: nuclei -u https://staging.example -tags owasp-top-10\n";
const LOGIN: &str = "        env: {ZAP_AUTH_HEADER_VALUE: '${{ secrets.SCAN_LOGIN }}'}\n";
const SARIF: &str = "      - uses: github/codeql-action/upload-sarif@v3\n";
const SPEC: &str = "openapi: 3.1.0\npaths: {}\n";

fn step(steps: &[&str]) -> Tree {
    scanned("push", &steps.concat())
}

fn alert(tool: &str, severity: &str) -> CodeAlert {
    CodeAlert {
        number: 3,
        state: "open".into(),
        severity: Some(severity.into()),
        tool: tool.into(),
        created_at: days_ago(3),
        dismissed_reason: None,
        has_dismissed_comment: false,
    }
}

fn ran(world: &mut RepoWorld, days: i64, conclusion: &str) {
    let at = days_ago(days);
    let run = Run {
        event: "schedule".into(),
        path: Some(".github/workflows/dast.yml".into()),
        workflow: "dast".into(),
        created_at: at,
        updated_at: at,
    };
    let suite = Suite {
        status: "COMPLETED".into(),
        conclusion: Some(conclusion.into()),
        app: Some("github-actions".into()),
        created_at: at,
        updated_at: at,
        run: Fact::Known(Some(run)),
    };
    let Fact::Known(activity) = &mut world.repo.activity else { return };
    if let Fact::Known(commits) = &mut activity.commits {
        commits.items[0].suites = Fact::Known(vec![suite]);
    }
}

fn weekly(world: &mut RepoWorld) {
    world.tree(scanned("{schedule: [{cron: '0 3 * * 1'}]}", FULL));
}

fn deployed(world: &mut RepoWorld, days: i64) {
    world.tree(Tree::new().code().file("openapi.yaml", SPEC));
    let Fact::Known(activity) = &mut world.repo.activity else { return };
    activity.deployments = Fact::Known(Page::all(vec![Deployment {
        environment: "production".into(),
        created_at: days_ago(days),
        task: None,
        git_ref: None,
        latest_status: None,
    }]));
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = running_cases();
    all.extend(schedule_cases());
    all.extend(depth_cases());
    all.extend(result_cases());
    all
}

fn running_cases() -> Vec<Case> {
    vec![
        Case::repo("DAST-001", Passed, "action-baseline", |w| w.tree(step(&[BASELINE]))),
        Case::repo("DAST-001", Passed, "stackhawk.yml", |w| {
            w.tree(service().file("stackhawk.yml", "app: {}\n"))
        }),
        Case::repo("DAST-001", Failed, "No job of 0 pipeline", |w| w.tree(service())),
        Case::repo("DAST-001", Failed, "No job of 0 pipeline", |w| deployed(w, 180)),
        Case::repo("DAST-001", NotApplicable, "speaks HTTP", |w| deployed(w, 181)),
        Case::repo("DAST-001", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-001", Error, "truncated", |w| {
            w.tree(service());
            w.truncate();
        }),
        Case::repo("DAST-002", Passed, "scans on push", |w| w.tree(step(&[FULL]))),
        Case::repo("DAST-002", Passed, "deployment_status", |w| w.tree(scanned("deployment_status", FULL))),
        Case::repo("DAST-002", Warning, "somebody starts it", |w| w.tree(scanned("workflow_dispatch", FULL))),
        Case::repo("DAST-002", Failed, "No job", |w| w.tree(service())),
        Case::repo("DAST-002", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-002", Error, "contents", RepoWorld::no_contents),
        Case::repo("DAST-003", Passed, "action-api-scan", |w| w.tree(step(&[API]))),
        Case::repo("DAST-003", Passed, "hawkscan", |w| {
            let hawk = "      - uses: stackhawk/hawkscan-action@v2\n";
            w.tree(step(&[hawk]).file("stackhawk.yml", "app:\n  openApiConf:\n    path: x\n"));
        }),
        Case::repo("DAST-003", Warning, "openapi.yaml", |w| w.tree(step(&[FULL]).file("openapi.yaml", SPEC))),
        Case::repo("DAST-003", Failed, "knows no API", |w| w.tree(step(&[FULL]))),
        Case::repo("DAST-003", Failed, "No job", |w| w.tree(service())),
        Case::repo("DAST-003", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-003", Error, "contents", RepoWorld::no_contents),
    ]
}

fn schedule_cases() -> Vec<Case> {
    vec![
        Case::repo("DAST-007", Passed, "31 days ago", |w| {
            weekly(w);
            ran(w, 31, "SUCCESS");
        }),
        Case::repo("DAST-007", Passed, "each deployment", |w| {
            w.tree(scanned("deployment_status", FULL));
            ran(w, 2, "SUCCESS");
        }),
        Case::repo("DAST-007", Warning, "32 days ago", |w| {
            weekly(w);
            ran(w, 32, "SUCCESS");
        }),
        Case::repo("DAST-007", Warning, "last run failed", |w| {
            weekly(w);
            ran(w, 2, "FAILURE");
        }),
        Case::repo("DAST-007", Warning, "no run is on record", weekly),
        Case::repo("DAST-007", Warning, "less than once a month", |w| {
            w.tree(scanned("{schedule: [{cron: '0 3 1 */3 *'}]}", FULL));
        }),
        Case::repo("DAST-007", Failed, "no schedule", |w| w.tree(step(&[FULL]))),
        Case::repo("DAST-007", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-007", Error, "checks", |w| {
            weekly(w);
            w.repo.activity = forbidden("checks");
        }),
    ]
}

fn depth_cases() -> Vec<Case> {
    vec![
        Case::repo("DAST-005", Passed, "1 of 1", |w| w.tree(step(&[FULL, LOGIN]))),
        Case::repo("DAST-005", Passed, "stackhawk.yml:2", |w| {
            w.tree(step(&[FULL]).file("stackhawk.yml", "app:\n  authentication:\n    cookie: x\n"));
        }),
        Case::repo("DAST-005", Warning, "Only 1 of 2", |w| w.tree(step(&[FULL, LOGIN, NUCLEI]))),
        Case::repo("DAST-005", Failed, "as a stranger", |w| w.tree(step(&[FULL]))),
        Case::repo("DAST-005", Failed, "No job", |w| w.tree(service())),
        Case::repo("DAST-005", NotApplicable, "no security scheme", |w| {
            w.tree(step(&[FULL]).file("openapi.yaml", SPEC));
        }),
        Case::repo("DAST-005", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-005", Error, "contents", RepoWorld::no_contents),
        Case::repo("DAST-006", Passed, "action-full-scan", |w| w.tree(step(&[BASELINE, FULL]))),
        Case::repo("DAST-006", Passed, "nuclei", |w| w.tree(step(&[NUCLEI]))),
        Case::repo("DAST-006", Passed, "action-af", |w| {
            let plan = "jobs:\n  - type: activeScan\n";
            w.tree(step(&["      - uses: zaproxy/action-af@v0.2.0\n"]).file("zap.yaml", plan));
        }),
        Case::repo("DAST-006", Warning, "only looks", |w| w.tree(step(&[BASELINE]))),
        Case::repo("DAST-006", Warning, "leaves kinds of attacks out", |w| {
            w.tree(step(&[FULL]).file(".zap/rules.tsv", "40018\tIGNORE\t(SQL Injection)\n"));
        }),
        Case::repo("DAST-006", Failed, "No job", |w| w.tree(service())),
        Case::repo("DAST-006", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-006", Error, "contents", RepoWorld::no_contents),
    ]
}

fn result_cases() -> Vec<Case> {
    let quiet =
        "      - uses: zaproxy/action-full-scan@v0.12.0\n        with: {allow_issue_writing: 'false'}\n";
    let artifact = "      - uses: actions/upload-artifact@v4\n";
    vec![
        Case::repo("DAST-004", Passed, "ZAP reports", |w| {
            w.tree(service());
            w.repo.listing.code_alerts = Fact::Known(vec![alert("ZAP", "high"), alert("CodeQL", "critical")]);
        }),
        Case::repo("DAST-004", Passed, "uploads the results", |w| w.tree(step(&[NUCLEI, SARIF]))),
        Case::repo("DAST-004", Failed, "alert #3", |w| {
            w.tree(service());
            w.repo.listing.code_alerts = Fact::Known(vec![alert("OWASP ZAP", "critical")]);
        }),
        Case::repo("DAST-004", Failed, "No job", |w| w.tree(service())),
        Case::repo("DAST-004", Failed, "nothing shows its results", |w| w.tree(step(&[NUCLEI]))),
        Case::repo("DAST-004", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-004", Error, "titles were not read", |w| w.tree(step(&[FULL]))),
        Case::repo("DAST-004", Error, "security_events", |w| {
            w.tree(service());
            w.repo.listing.code_alerts = forbidden("security_events");
        }),
        Case::repo("DAST-008", Passed, "action-full-scan", |w| w.tree(step(&[FULL]))),
        Case::repo("DAST-008", Passed, "upload-sarif", |w| w.tree(step(&[NUCLEI, SARIF]))),
        Case::repo("DAST-008", Passed, "gh issue create", |w| {
            w.tree(step(&[NUCLEI, "      - run: gh issue create --title dast --body-file out.txt\n"]));
        }),
        Case::repo("DAST-008", Warning, "as an artifact", move |w| w.tree(step(&[quiet, artifact]))),
        Case::repo("DAST-008", Failed, "stay in its log", move |w| w.tree(step(&[quiet]))),
        Case::repo("DAST-008", Failed, "No job", |w| w.tree(service())),
        Case::repo("DAST-008", NotApplicable, "speaks HTTP", |_| {}),
        Case::repo("DAST-008", Error, "contents", RepoWorld::no_contents),
    ]
}
