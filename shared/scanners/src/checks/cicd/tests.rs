//! Every status of every check, through the public evaluation.

use scrutineer_core::{
    Fact,
    evidence::{
        Page,
        activity::{Deployment, HeadSuite, Release, Run, Suite},
        posture::{Environment, EnvironmentRule},
        repo::DefaultSetup,
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

/// A repository with code, one test file, and these workflows.
fn workflows(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new().code().file("tests/api.rs", "#[test]\nfn works() {}\n");
    files.iter().fold(tree, |tree, (name, text)| tree.file(&format!(".github/workflows/{name}.yml"), text))
}

/// One workflow: its triggers, and the steps of its only job.
fn ci(on: &str, job: &str) -> Tree {
    workflows(&[("ci", &format!("on: {on}\njobs:\n  main:\n    runs-on: ubuntu-latest\n{job}"))])
}

/// One workflow whose job runs one command.
fn runs(on: &str, command: &str) -> Tree {
    ci(on, &format!("    steps:\n      - run: {command}\n"))
}

fn activity(world: &mut RepoWorld) -> &mut scrutineer_core::evidence::RepoActivity {
    match &mut world.repo.activity {
        Fact::Known(activity) => activity,
        Fact::Unknown(_) => panic!("the default world knows its activity"),
    }
}

fn posture(world: &mut RepoWorld) -> &mut scrutineer_core::evidence::RepoPosture {
    match &mut world.repo.posture {
        Fact::Known(posture) => posture,
        Fact::Unknown(_) => panic!("the default world knows its posture"),
    }
}

fn environments(world: &mut RepoWorld, list: &[(&str, &[&str])]) {
    let rule = |kind: &&str| EnvironmentRule { rule_type: (*kind).to_owned(), prevent_self_review: true };
    let environment = |(name, rules): &(&str, &[&str])| Environment {
        name: (*name).to_owned(),
        rules: rules.iter().map(rule).collect(),
    };
    posture(world).environments = Fact::Known(Page::all(list.iter().map(environment).collect()));
}

fn deployed(world: &mut RepoWorld, list: &[&str]) {
    let deployment = |name: &&str| Deployment {
        environment: (*name).to_owned(),
        created_at: days_ago(10),
        task: Some("deploy".to_owned()),
        git_ref: Some("main".to_owned()),
        latest_status: Some(("SUCCESS".to_owned(), days_ago(10))),
    };
    activity(world).deployments = Fact::Known(Page::all(list.iter().map(deployment).collect()));
}

fn released(world: &mut RepoWorld, list: &[&[&str]]) {
    let release = |(number, assets): (usize, &&[&str])| Release {
        tag: format!("v1.{number}.0"),
        is_draft: false,
        is_prerelease: false,
        created_at: days_ago(5),
        published_at: Some(days_ago(5)),
        description_chars: 100,
        signed_commit: true,
        assets: Page::all(assets.iter().map(|name| (*name).to_owned()).collect()),
    };
    activity(world).releases = Fact::Known(Page::all(list.iter().enumerate().map(release).collect()));
}

/// One completed run per conclusion, on one commit each, taking `seconds`.
fn ran(world: &mut RepoWorld, conclusions: &[&str], seconds: i64) {
    let start = days_ago(1);
    let end = start + jiff::SignedDuration::from_secs(seconds);
    let suite = |conclusion: &str| Suite {
        status: "COMPLETED".to_owned(),
        conclusion: Some(conclusion.to_owned()),
        app: Some("github-actions".to_owned()),
        created_at: start,
        updated_at: end,
        run: Fact::Known(Some(Run {
            event: "push".to_owned(),
            path: Some(".github/workflows/ci.yml".to_owned()),
            workflow: "CI".to_owned(),
            created_at: start,
            updated_at: end,
        })),
    };
    if let Fact::Known(page) = &mut activity(world).commits {
        for (commit, conclusion) in page.items.iter_mut().zip(conclusions) {
            commit.suites = Fact::Known(vec![suite(conclusion)]);
        }
    }
}

const DEPLOY: &str = "    steps:\n      - run: kubectl apply -f k8s\n";

fn deploys(environment: &str) -> Tree {
    ci("push", &format!("    environment: {environment}\n{DEPLOY}"))
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = pipeline_cases();
    all.extend(scan_cases());
    all.extend(delivery_cases());
    all.extend(run_cases());
    all.extend(reuse_cases());
    all.extend(signing_cases());
    all.extend(rollback_cases());
    all.extend(environment_cases());
    for id in [1, 2, 3, 4, 5, 6, 10, 11, 12, 13] {
        let check: &'static str = format!("CICD-{id:03}").leak();
        all.push(Case::repo(check, Error, "lacks contents:read", RepoWorld::no_contents));
    }
    all
}

fn pipeline_cases() -> Vec<Case> {
    let docs = || Tree::new().file("README.md", "# Handbook\n");
    vec![
        Case::repo("CICD-001", Passed, "ci.yml defines 1 job", |w| w.tree(runs("push", "make"))),
        Case::repo("CICD-001", Passed, ".gitlab-ci.yml", |w| {
            w.tree(Tree::new().code().file(".gitlab-ci.yml", "build:\n  script: make\n"));
        }),
        Case::repo("CICD-001", Warning, "only by hand", |w| w.tree(runs("workflow_dispatch", "make"))),
        Case::repo("CICD-001", Warning, "not a pipeline that can run", |w| {
            w.tree(workflows(&[("ci", "on: [push\njobs")]))
        }),
        Case::repo("CICD-001", Failed, "No pipeline file", |_| {}),
        Case::repo("CICD-001", NotApplicable, "0 lines of code", move |w| w.tree(docs())),
        Case::repo("CICD-001", Error, "truncated", RepoWorld::truncate),
        Case::repo("CICD-002", Passed, "on pull_request: cargo test", |w| {
            w.tree(runs("[pull_request]", "cargo test"))
        }),
        Case::repo("CICD-002", Passed, "on merge_group", |w| w.tree(runs("merge_group", "cargo build"))),
        Case::repo("CICD-002", Passed, "on push", |w| w.tree(runs("push", "npm run lint"))),
        Case::repo("CICD-002", Warning, "only for some paths", |w| {
            w.tree(runs("{pull_request: {paths: [src/**]}}", "cargo test"));
        }),
        Case::repo("CICD-002", Warning, "only for some labels", |w| {
            w.tree(runs("{pull_request: {types: [labeled]}}", "cargo test"));
        }),
        Case::repo("CICD-002", Failed, "None of 1 pipeline files", |w| {
            w.tree(runs("{push: {branches: [main]}}", "cargo test"));
        }),
        Case::repo("CICD-002", Failed, "None of 1 pipeline files", |w| {
            w.tree(ci("pull_request", "    if: false\n    steps:\n      - run: cargo test\n"));
        }),
        Case::repo("CICD-003", Passed, "cargo test", |w| w.tree(runs("pull_request", "cargo test --all"))),
        Case::repo("CICD-003", Warning, "no test file", |w| {
            let text = "on: push\njobs:\n  main:\n    steps:\n      - run: cargo test\n";
            w.tree(Tree::new().code().file(".github/workflows/ci.yml", text));
        }),
        Case::repo("CICD-003", Warning, "not on pull requests or pushes", |w| {
            w.tree(runs("{schedule: [{cron: '0 3 * * *'}]}", "cargo test"));
        }),
        Case::repo("CICD-003", Passed, "runs tests on changes", |w| {
            w.tree(Tree::new().code().file("tests/api.rs", "#[test]\n"));
            activity(w).head_suites = Fact::Known(vec![HeadSuite {
                app: Some("jenkins".to_owned()),
                conclusion: Some("SUCCESS".to_owned()),
                runs: vec![("unit tests".to_owned(), None, None)],
            }]);
        }),
        Case::repo("CICD-003", Failed, "No job of 1 pipeline files", |w| w.tree(runs("push", "make"))),
        Case::repo("CICD-003", Error, "acme/ci/.github/workflows/rust.yml@v1", |w| {
            w.tree(ci("pull_request", "    uses: acme/ci/.github/workflows/rust.yml@v1\n"));
        }),
        Case::repo("CICD-003", NotApplicable, "lines of code", move |w| w.tree(docs())),
        Case::repo("CICD-004", Passed, "cargo clippy", |w| {
            w.tree(runs("push", "cargo clippy -- -D warnings"))
        }),
        Case::repo("CICD-004", Warning, "cannot fail", |w| {
            let steps = "    steps:\n      - run: cargo clippy\n        continue-on-error: true\n";
            w.tree(ci("push", steps));
        }),
        Case::repo("CICD-004", Warning, "no CI job runs it", |w| {
            w.tree(Tree::new().code().file(".pre-commit-config.yaml", "repos: []\n"));
        }),
        Case::repo("CICD-004", Failed, "none is configured", |w| w.tree(runs("push", "cargo test"))),
        Case::repo("CICD-004", NotApplicable, "lines of code", move |w| w.tree(docs())),
    ]
}

fn scan_cases() -> Vec<Case> {
    let off = |w: &mut RepoWorld| {
        w.repo.listing.default_setup_configuration = None;
        w.repo.details.default_setup = Fact::Known(DefaultSetup::default());
    };
    vec![
        Case::repo("CICD-005", Passed, "static analysis", |w| w.tree(runs("pull_request", "semgrep ci"))),
        Case::repo("CICD-005", Passed, "default setup is configured", move |w| {
            off(w);
            w.repo.details.default_setup =
                Fact::Known(DefaultSetup { configured: true, ..DefaultSetup::default() });
        }),
        Case::repo("CICD-005", Warning, "only when somebody starts it", move |w| {
            off(w);
            w.tree(runs("workflow_dispatch", "gitleaks detect"));
        }),
        Case::repo("CICD-005", Warning, "continue-on-error", move |w| {
            off(w);
            w.tree(ci("push", "    continue-on-error: true\n    steps:\n      - run: osv-scanner .\n"));
        }),
        Case::repo("CICD-005", Failed, "default setup is off", off),
        Case::repo("CICD-005", Error, "lacks administration:read", move |w| {
            off(w);
            w.repo.details.default_setup = forbidden("administration");
        }),
    ]
}

fn delivery_cases() -> Vec<Case> {
    let private = |tree: Tree| tree.file("Procfile", "web: ./api\n");
    vec![
        Case::repo("CICD-006", Passed, "kubectl apply", |w| w.tree(ci("push", DEPLOY))),
        Case::repo("CICD-006", Passed, "GitOps", |w| {
            w.tree(
                Tree::new()
                    .code()
                    .file("deploy/app.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"),
            );
        }),
        Case::repo("CICD-006", Passed, "A deployment to production", |w| deployed(w, &["production"])),
        Case::repo("CICD-006", Failed, "Procfile is shipped", move |w| w.tree(private(Tree::new().code()))),
        Case::repo("CICD-006", NotApplicable, "ships nothing", |w| {
            w.tree(Tree::new().file("README.md", "# Handbook\n"));
        }),
        Case::repo("CICD-006", Error, "lacks deployments:read", move |w| {
            w.tree(private(Tree::new().code()));
            activity(w).deployments = forbidden("deployments");
        }),
    ]
}

fn run_cases() -> Vec<Case> {
    let mixed = |good: usize, bad: usize| [vec!["SUCCESS"; good], vec!["FAILURE"; bad]].concat();
    vec![
        Case::repo("CICD-008", Passed, "20 of 20 (100 %)", move |w| ran(w, &mixed(20, 0), 60)),
        Case::repo("CICD-008", Warning, "17 of 20 (85 %)", move |w| ran(w, &mixed(17, 3), 60)),
        Case::repo("CICD-008", Failed, "3 of 5 (60 %)", move |w| ran(w, &mixed(3, 2), 60)),
        Case::repo("CICD-008", Passed, "5 of 5", move |w| {
            ran(
                w,
                &["SUCCESS", "SUCCESS", "CANCELLED", "SKIPPED", "SUCCESS", "NEUTRAL", "SUCCESS", "SUCCESS"],
                60,
            );
        }),
        Case::repo("CICD-008", Warning, "3 of 5", move |w| {
            ran(w, &mixed(3, 2), 60);
            w.tune("CICD-008", "warn_percent", 50);
        }),
        Case::repo("CICD-008", NotApplicable, "Only 4", move |w| ran(w, &mixed(4, 0), 60)),
        Case::repo("CICD-008", Error, "lacks checks:read", |w| {
            if let Fact::Known(page) = &mut activity(w).commits {
                page.items[0].suites = forbidden("checks");
            }
        }),
        Case::repo("CICD-009", Passed, "9 min 59 s", move |w| ran(w, &mixed(5, 0), 599)),
        Case::repo("CICD-009", Failed, "10 min 0 s", move |w| ran(w, &mixed(5, 1), 600)),
        Case::repo("CICD-009", NotApplicable, "Only 0", move |w| ran(w, &mixed(8, 0), 30_000)),
        Case::repo("CICD-009", Error, "lacks checks:read", |w| activity(w).commits = forbidden("checks")),
    ]
}

fn reuse_cases() -> Vec<Case> {
    let step = |name: &str| {
        format!(
            "on: push\njobs:\n  {name}:\n    steps:\n      - uses: a/x@v1\n      - uses: a/y@v1\n      - run: make\n"
        )
    };
    let three = move || workflows(&[("a", &step("a")), ("b", &step("b")), ("c", &step("c"))]);
    let apart = || {
        let text = |n: u8| format!("on: push\njobs:\n  j:\n    steps:\n      - run: make part{n}\n");
        workflows(&[("a", &text(1)), ("b", &text(2)), ("c", &text(3))])
    };
    vec![
        Case::repo("CICD-010", Passed, "./.github/workflows/shared.yml", |w| {
            w.tree(ci("push", "    uses: ./.github/workflows/shared.yml\n"));
        }),
        Case::repo("CICD-010", Passed, "./.github/actions/setup", |w| {
            w.tree(ci("push", "    steps:\n      - uses: ./.github/actions/setup\n"));
        }),
        Case::repo("CICD-010", Warning, "3 steps stand alike", move |w| w.tree(three())),
        Case::repo("CICD-010", Failed, "None of 3 workflows", move |w| w.tree(apart())),
        Case::repo("CICD-010", NotApplicable, "fewer than 3", |w| w.tree(runs("push", "make"))),
        Case::repo("CICD-011", Passed, "cache: npm", |w| {
            w.tree(ci("push", "    steps:\n      - uses: actions/setup-node@v4\n        with: {cache: npm}\n      - run: npm ci\n"));
        }),
        Case::repo("CICD-011", Passed, "Swatinem/rust-cache", |w| {
            w.tree(ci("push", "    steps:\n      - uses: Swatinem/rust-cache@v2\n      - run: cargo test\n"));
        }),
        Case::repo("CICD-011", Failed, "npm ci", |w| {
            w.tree(ci("push", "    steps:\n      - uses: actions/setup-go@v5\n        with: {cache: false}\n      - run: npm ci\n"));
        }),
        Case::repo("CICD-011", NotApplicable, "No job installs", |w| w.tree(runs("push", "echo hi"))),
    ]
}

fn signing_cases() -> Vec<Case> {
    let publish = |extra: &str| {
        ci("{push: {tags: ['v*']}}", &format!("    steps:\n      - run: gh release create x\n{extra}"))
    };
    vec![
        Case::repo("CICD-012", Passed, "actions/attest-build-provenance", move |w| {
            w.tree(publish("      - uses: actions/attest-build-provenance@v2\n"));
        }),
        Case::repo("CICD-012", Passed, "Each of the newest 2", |w| {
            released(w, &[&["a.zip", "a.zip.sig"], &["b.zip", "checksums.txt", "checksums.txt.asc"]]);
        }),
        Case::repo("CICD-012", Warning, "1 of the newest 2", |w| {
            released(w, &[&["a.zip", "a.zip.sig"], &["b.zip"]])
        }),
        Case::repo("CICD-012", Warning, "only part of the assets", |w| {
            released(w, &[&["a.zip", "a.zip.sig", "b.zip"]]);
        }),
        Case::repo("CICD-012", Failed, "neither signed nor attested", move |w| w.tree(publish(""))),
        Case::repo("CICD-012", Failed, "no signature", |w| released(w, &[&["a.zip"]])),
        Case::repo("CICD-012", NotApplicable, "No job publishes", |_| {}),
        Case::repo("CICD-012", Error, "contents:read", |w| activity(w).releases = forbidden("contents")),
    ]
}

fn rollback_cases() -> Vec<Case> {
    let runbook = format!(
        "# Runbook\n\n{}\n1. Look at the dashboard.\n2. Roll back with the previous image.\n3. Tell the team.\n",
        "Background of the service, its owners and its failure modes. ".repeat(8)
    );
    let of_org = runbook.clone();
    vec![
        Case::repo("CICD-013", Passed, "helm rollback", |w| {
            w.tree(ci("push", &format!("{DEPLOY}      - run: helm rollback api\n")));
        }),
        Case::repo("CICD-013", Passed, "kind: Rollout", |w| {
            w.tree(
                ci("push", DEPLOY).file("k8s/api.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n"),
            );
        }),
        Case::repo("CICD-013", Passed, "input image_tag", |w| {
            w.tree(ci("{workflow_dispatch: {inputs: {image_tag: {required: true}}}}", DEPLOY));
        }),
        Case::repo("CICD-013", Warning, "docs/runbook.md", move |w| {
            w.tree(ci("push", DEPLOY).file("docs/runbook.md", &runbook));
        }),
        Case::repo("CICD-013", Warning, ".github:docs/runbook.md", move |w| {
            w.tree(ci("push", DEPLOY));
            w.profile = Fact::Known(Some(Tree::new().file("docs/runbook.md", &of_org)));
        }),
        Case::repo("CICD-013", Failed, "no rollback command", |w| w.tree(ci("push", DEPLOY))),
        Case::repo("CICD-013", NotApplicable, "No job deploys", |_| {}),
    ]
}

fn environment_cases() -> Vec<Case> {
    let world = |environment: &'static str, list: &'static [(&'static str, &'static [&'static str])]| {
        move |w: &mut RepoWorld| {
            w.tree(deploys(environment));
            environments(w, list);
        }
    };
    let both = "jobs:\n  a:\n    environment: staging\n    steps:\n      - run: make deploy\n  b:\n    environment: {name: production}\n    steps:\n      - run: make deploy\n";
    let matrix = "    strategy: {matrix: {env: [dev, prod]}}\n    environment: ${{ matrix.env }}\n";
    vec![
        Case::repo(
            "CICD-007",
            Passed,
            "REQUIRED_REVIEWERS",
            world("production", &[("production", &["REQUIRED_REVIEWERS"])]),
        ),
        Case::repo("CICD-007", Passed, "custom", world("prod", &[("prod", &["BRANCH_POLICY", "custom"])])),
        Case::repo(
            "CICD-007",
            Warning,
            "BRANCH_POLICY",
            world("production", &[("production", &["BRANCH_POLICY"])]),
        ),
        Case::repo("CICD-007", Failed, "no protection rule", world("production", &[("production", &[])])),
        Case::repo("CICD-007", Failed, "only staging", world("staging", &[("staging", &[])])),
        Case::repo("CICD-007", Failed, "no environment", |w| w.tree(ci("push", DEPLOY))),
        Case::repo("CICD-007", NotApplicable, "No job deploys", |_| {}),
        Case::repo("CICD-007", Error, "lacks actions:read", |w| {
            w.tree(deploys("production"));
            posture(w).environments = forbidden("actions");
        }),
        Case::repo("CICD-014", Passed, "production, staging", move |w| {
            w.tree(workflows(&[("cd", &format!("on: push\n{both}"))]));
        }),
        Case::repo("CICD-014", Passed, "dev, prod", move |w| {
            w.tree(ci("push", &format!("{matrix}{DEPLOY}")))
        }),
        Case::repo("CICD-014", Passed, "live, test", |w| deployed(w, &["test", "live"])),
        Case::repo("CICD-014", Warning, "one environment only", world("production", &[])),
        Case::repo("CICD-014", Warning, "only as configuration", |w| {
            let text = "resources: []\n";
            w.tree(
                ci("push", DEPLOY)
                    .file("k8s/overlays/dev/kustomization.yaml", text)
                    .file("k8s/overlays/prod/kustomization.yaml", text),
            );
        }),
        Case::repo("CICD-014", Failed, "name no environment", |w| w.tree(ci("push", DEPLOY))),
        Case::repo("CICD-014", NotApplicable, "No job deploys", |_| {}),
        Case::repo("CICD-014", Error, "lacks actions:read", |w| {
            posture(w).environments = forbidden("actions")
        }),
    ]
}
