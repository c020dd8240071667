//! Every status of every secrets check, and both sides of every threshold.

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        org::{AuditStream, CustomPattern, OrgSecret},
        repo::{SecretAlert, SecurityAndAnalysis},
    },
};

use crate::{
    finding::Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, days_ago, forbidden},
};

#[test]
fn every_case_holds() {
    assert_cases(&cases());
}

/// The cases of all secrets checks.
pub(crate) fn cases() -> Vec<Case> {
    [
        scanning(),
        alerts(),
        push_protection(),
        custom_patterns(),
        vault(),
        environments(),
        hardcoded(),
        rotation(),
        logins(),
        audit(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The settings as `change` leaves them.
fn settings(world: &mut RepoWorld, change: fn(&mut SecurityAndAnalysis)) {
    match &mut world.repo.listing.security_and_analysis {
        Fact::Known(settings) => change(settings),
        Fact::Unknown(_) => panic!("the world's settings are known"),
    }
}

/// One workflow with one job.
fn workflow(on: &str, job: &str) -> Tree {
    let text = format!("on: {on}\njobs:\n{job}");
    Tree::new().code().file(".github/workflows/ci.yml", &text)
}

const SCAN_JOB: &str =
    "  secrets:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: gitleaks/gitleaks-action@v2\n";

fn scanner(world: &mut RepoWorld, on: &str) {
    world.tree(workflow(on, SCAN_JOB));
}

fn alert(world: &mut RepoWorld, validity: &str, publicly_leaked: bool) {
    let alert = SecretAlert {
        number: 4,
        secret_type: "slack_token".into(),
        validity: validity.into(),
        publicly_leaked,
    };
    world.repo.listing.secret_alerts = Fact::Known(vec![alert]);
}

fn scanning() -> Vec<Case> {
    fn off(world: &mut RepoWorld) {
        settings(world, |s| s.secret_scanning = Some(false));
    }
    vec![
        Case::repo("SEC-001", Passed, "is on", |_| {}),
        Case::repo("SEC-001", Passed, "is on", |w| w.repo.listing.archived = true),
        Case::repo("SEC-001", Warning, "ci.yml", |w| {
            off(w);
            scanner(w, "[push]");
        }),
        Case::repo("SEC-001", Warning, "ci.yml", |w| {
            w.repo.listing.security_and_analysis = forbidden("administration");
            scanner(w, "[pull_request]");
        }),
        Case::repo("SEC-001", Failed, "Nothing scans", off),
        Case::repo("SEC-001", Failed, "not offered", |w| settings(w, |s| s.secret_scanning = None)),
        Case::repo("SEC-001", Failed, "Nothing scans", |w| {
            off(w);
            scanner(w, "{push: {branches: [main]}}");
        }),
        Case::repo("SEC-001", Failed, "Nothing scans", |w| {
            off(w);
            scanner(w, "{pull_request: {paths: ['src/**']}}");
        }),
        Case::repo("SEC-001", Failed, "Nothing scans", |w| {
            off(w);
            scanner(w, "workflow_dispatch");
        }),
        Case::repo("SEC-001", Error, "administration:read", |w| {
            w.repo.listing.security_and_analysis = forbidden("administration");
        }),
        Case::repo("SEC-001", Error, "contents:read", |w| {
            off(w);
            w.no_contents();
        }),
    ]
}

fn alerts() -> Vec<Case> {
    fn off(world: &mut RepoWorld) {
        settings(world, |s| s.secret_scanning = Some(false));
    }
    vec![
        Case::repo("SEC-002", Passed, "no alert is open", |_| {}),
        Case::repo("SEC-002", Warning, "revoked", |w| alert(w, "inactive", false)),
        Case::repo("SEC-002", Failed, "may still work: 1", |w| alert(w, "inactive", true)),
        Case::repo("SEC-002", Failed, "slack_token, unknown", |w| alert(w, "unknown", false)),
        Case::repo("SEC-002", Failed, "nothing scans", off),
        Case::repo("SEC-002", Warning, "only a scanner in CI", |w| {
            off(w);
            scanner(w, "[push]");
        }),
        Case::repo("SEC-002", Error, "secret_scanning_alerts:read", |w| {
            w.repo.listing.secret_alerts = forbidden("secret_scanning_alerts");
        }),
        Case::repo("SEC-002", Error, "administration:read", |w| {
            w.repo.listing.security_and_analysis = forbidden("administration");
        }),
    ]
}

fn push_protection() -> Vec<Case> {
    fn off(world: &mut RepoWorld) {
        settings(world, |s| s.push_protection = Some(false));
    }
    fn required(world: &mut RepoWorld, check: &str) {
        if let Fact::Known(posture) = &mut world.repo.posture
            && let Some(branch) = &mut posture.default_branch
            && let Fact::Known(Some(rule)) = &mut branch.protection
        {
            rule.required_status_checks = vec![check.into()];
        }
    }
    vec![
        Case::repo("SEC-003", Passed, "refused", |_| {}),
        Case::repo("SEC-003", Warning, "required check", |w| {
            off(w);
            scanner(w, "[pull_request]");
            required(w, "secrets");
        }),
        Case::repo("SEC-003", Failed, "Neither", |w| {
            off(w);
            scanner(w, "[pull_request]");
        }),
        Case::repo("SEC-003", Failed, "Neither", |w| {
            off(w);
            scanner(w, "[push]");
            required(w, "secrets");
        }),
        Case::repo("SEC-003", Failed, "Neither", |w| {
            off(w);
            let job = SCAN_JOB.replace("    runs-on", "    continue-on-error: true\n    runs-on");
            w.tree(workflow("[pull_request]", &job));
            required(w, "secrets");
        }),
        Case::repo("SEC-003", Failed, "Neither", off),
        Case::repo("SEC-003", Failed, "Neither", |w| {
            off(w);
            w.no_contents();
            if let Fact::Known(posture) = &mut w.repo.posture {
                posture.default_branch = None;
            }
        }),
        Case::repo("SEC-003", Error, "contents:read", |w| {
            off(w);
            w.no_contents();
        }),
        Case::repo("SEC-003", Error, "administration:read", |w| {
            w.repo.listing.security_and_analysis = forbidden("administration");
        }),
    ]
}

fn custom_patterns() -> Vec<Case> {
    fn patterns(world: &mut RepoWorld, published: &[bool]) {
        let pattern = |published: &bool| CustomPattern { published: *published, push_protection: false };
        world.org.custom_secret_patterns = Fact::Known(published.iter().map(pattern).collect());
    }
    fn plain(world: &mut RepoWorld) {
        patterns(world, &[]);
        settings(world, |s| s.non_provider_patterns = Some(false));
    }
    vec![
        Case::repo("SEC-004", Passed, "publishes 1", |_| {}),
        Case::repo("SEC-004", Passed, ".gitleaks.toml", |w| {
            plain(w);
            let rule = "[[rules]]\nid = \"acme-token\"\nregex = '''acme_[a-z0-9]{20}'''\n";
            w.tree(Tree::new().file(".gitleaks.toml", rule));
        }),
        Case::repo("SEC-004", Warning, "none is published", |w| patterns(w, &[false])),
        Case::repo("SEC-004", Warning, "Generic patterns", |w| patterns(w, &[])),
        Case::repo("SEC-004", Failed, "No custom pattern", plain),
        Case::repo("SEC-004", NotApplicable, "licensed", |w| {
            plain(w);
            w.org.settings.plan = Fact::Known("team".into());
            settings(w, |s| s.secret_scanning = Some(false));
        }),
        Case::repo("SEC-004", Failed, "No custom pattern", |w| {
            plain(w);
            w.org.settings.plan = Fact::Known("team".into());
            settings(w, |s| s.secret_scanning = Some(false));
            w.repo.listing.visibility = "public".into();
        }),
        Case::repo("SEC-004", Error, "organization_administration:read", |w| {
            w.org.custom_secret_patterns = forbidden("organization_administration");
        }),
        Case::repo("SEC-004", Error, "contents:read", |w| {
            plain(w);
            w.no_contents();
        }),
    ]
}

const READS_SECRET: &str = "  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n        env:\n          \
    API_KEY: ${{ secrets.API_KEY }}\n";

fn vault() -> Vec<Case> {
    fn managed() -> Tree {
        workflow(
            "[push]",
            "  x:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: hashicorp/vault-action@v3\n",
        )
    }
    vec![
        Case::repo("SEC-005", Passed, "from a manager", |w| w.tree(managed())),
        Case::repo("SEC-005", Warning, "without a manager", |w| w.tree(workflow("[push]", READS_SECRET))),
        Case::repo("SEC-005", Failed, ".env:1", |w| {
            w.tree(managed().file(".env", "DATABASE_PASSWORD=hunter2hunter2\n"));
        }),
        Case::repo("SEC-005", Failed, "plain text", |w| {
            let manifest = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: aHVudGVyMmh1bnRlcg==\n";
            w.tree(Tree::new().file("deploy/secret.yaml", manifest));
        }),
        Case::repo("SEC-005", NotApplicable, "consumes no secret", |_| {}),
        Case::repo("SEC-005", Error, "contents:read", RepoWorld::no_contents),
        Case::repo("SEC-005", Error, "truncated", RepoWorld::truncate),
    ]
}

const DEPLOY_STEPS: &str = "    steps:\n      - run: kubectl apply -f k8s/\n        env:\n          TOKEN: ${{ \
    secrets.DEPLOY_TOKEN }}\n";

fn environments() -> Vec<Case> {
    fn deploys(world: &mut RepoWorld, environment: &str) {
        let job = format!("  deploy:\n    runs-on: ubuntu-latest\n{environment}{DEPLOY_STEPS}");
        world.tree(workflow("[push]", &job));
    }
    const ENVIRONMENT: &str = "    environment: production\n";
    vec![
        Case::repo("SEC-006", Passed, "from their environments", |w| deploys(w, ENVIRONMENT)),
        Case::repo("SEC-006", Warning, "DEPLOY_TOKEN is a repository", |w| {
            deploys(w, ENVIRONMENT);
            w.repo.details.actions_secrets = Fact::Known(vec![("DEPLOY_TOKEN".into(), days_ago(1))]);
        }),
        Case::repo("SEC-006", Warning, "DEPLOY_TOKEN is a repository or organization", |w| {
            deploys(w, ENVIRONMENT);
            w.org.actions_secrets = Fact::Known(vec![OrgSecret {
                name: "DEPLOY_TOKEN".into(),
                visibility: "all".into(),
                updated_at: days_ago(1),
            }]);
        }),
        Case::repo("SEC-006", Warning, "secrets:read", |w| {
            deploys(w, ENVIRONMENT);
            w.repo.details.actions_secrets = forbidden("secrets");
        }),
        Case::repo("SEC-006", Failed, "without an environment", |w| deploys(w, "")),
        Case::repo("SEC-006", NotApplicable, "No deploy job", |_| {}),
        Case::repo("SEC-006", NotApplicable, "No deploy job", |w| {
            let job = format!("  deploy:\n    runs-on: ubuntu-latest\n{DEPLOY_STEPS}");
            w.tree(workflow("[push]", &job.replace("DEPLOY_TOKEN", "GITHUB_TOKEN")));
        }),
        Case::repo("SEC-006", Error, "contents:read", RepoWorld::no_contents),
        Case::repo("SEC-006", Error, "truncated", RepoWorld::truncate),
    ]
}

fn hardcoded() -> Vec<Case> {
    // Put together at run time, so that no scanner finds a token in this file.
    fn token() -> String {
        format!("{}_{}", "ghp", "wW1q8ZtYx3Rk7Lm2Pn5Sd9Fg4Hj6Kb0VcQeA")
    }
    fn generic(world: &mut RepoWorld, path: &str) {
        world.tree(Tree::new().file(path, "password = \"q7Rt9ZxLm3Kp8WvN2sYd\"\n"));
    }
    vec![
        Case::repo("SEC-007", Passed, "No credential in", |_| {}),
        Case::repo("SEC-007", Passed, "secret_scanning_alerts:read", |w| {
            w.repo.listing.secret_alerts = forbidden("secret_scanning_alerts");
        }),
        Case::repo("SEC-007", Warning, "config.py:1", |w| generic(w, "config.py")),
        Case::repo("SEC-007", Passed, "No credential", |w| generic(w, "tests/config.py")),
        Case::repo("SEC-007", Failed, "github pat at src/a.rs:2", |w| {
            w.tree(Tree::new().file("src/a.rs", &format!("// x\nconst T: &str = \"{}\";\n", token())));
        }),
        Case::repo("SEC-007", Failed, "open alerts: 1", |w| alert(w, "inactive", false)),
        Case::repo("SEC-007", Failed, "github pat", |w| {
            w.repo.listing.archived = true;
            w.tree(Tree::new().file("a.txt", &token()));
            w.truncate();
        }),
        Case::repo("SEC-007", Error, "contents:read", RepoWorld::no_contents),
        Case::repo("SEC-007", Error, "truncated", RepoWorld::truncate),
    ]
}

const ROTATION: &str = "# Secret rotation\n\nEvery credential has an owner and an interval, and a calendar entry \
    reminds the owner a week before.\n\n- API keys of providers: every 90 days.\n- Signing keys: yearly, and \
    immediately on compromise.\n- Everything else uses OIDC and needs no rotation.\n\nThe steps are the same for all.\n";

const OIDC_JOB: &str = "  login:\n    runs-on: ubuntu-latest\n    permissions:\n      id-token: write\n    steps:\n      - \
    uses: aws-actions/configure-aws-credentials@v4\n        with:\n          role-to-assume: \
    arn:aws:iam::123456789012:role/ci\n          aws-region: eu-central-1\n";

/// Repository secrets of the given ages.
fn ages(world: &mut RepoWorld, ages: &[i64]) {
    let secret = |(n, days): (usize, &i64)| (format!("KEY_{n}"), days_ago(*days));
    world.repo.details.actions_secrets = Fact::Known(ages.iter().enumerate().map(secret).collect());
    world.tree(workflow("[push]", READS_SECRET));
}

fn documented(world: &mut RepoWorld) {
    if let Fact::Known(tree) = &world.files {
        world.files = Fact::Known(tree.clone().file("docs/secret-rotation.md", ROTATION));
    }
}

fn rotation() -> Vec<Case> {
    vec![
        Case::repo("SEC-008", Passed, "0 of 1", |w| {
            ages(w, &[365]);
            documented(w);
        }),
        Case::repo("SEC-008", Passed, ".github:docs/secret-rotation.md", |w| {
            ages(w, &[10]);
            w.profile = Fact::Known(Some(Tree::new().file("docs/secret-rotation.md", ROTATION)));
        }),
        Case::repo("SEC-008", Warning, "described nowhere", |w| ages(w, &[10])),
        Case::repo(
            "SEC-008",
            Warning,
            "organization were not read (missing permission organization_secrets",
            |w| {
                ages(w, &[10]);
                documented(w);
                w.org.actions_secrets = forbidden("organization_secrets");
            },
        ),
        Case::repo("SEC-008", Error, "organization_secrets:read", |w| {
            ages(w, &[]);
            w.org.actions_secrets = forbidden("organization_secrets");
        }),
        Case::repo("SEC-008", Warning, "1 of 5 (20 %)", |w| {
            ages(w, &[366, 1, 1, 1, 1]);
            documented(w);
        }),
        Case::repo("SEC-008", Failed, "1 of 4 (25 %)", |w| {
            ages(w, &[366, 1, 1, 1]);
            documented(w);
        }),
        Case::repo("SEC-008", Failed, "1 of 5 (20 %)", |w| ages(w, &[366, 1, 1, 1, 1])),
        Case::repo("SEC-008", Failed, "API_KEY", |w| {
            ages(w, &[]);
            w.org.actions_secrets = Fact::Known(vec![
                OrgSecret { name: "API_KEY".into(), visibility: "all".into(), updated_at: days_ago(900) },
                OrgSecret { name: "OTHER".into(), visibility: "all".into(), updated_at: days_ago(1) },
            ]);
        }),
        Case::repo("SEC-008", Passed, "OIDC", |w| {
            w.tree(workflow("[push]", OIDC_JOB));
            documented(w);
        }),
        Case::repo("SEC-008", Warning, "OIDC", |w| w.tree(workflow("[push]", OIDC_JOB))),
        Case::repo("SEC-008", NotApplicable, "no Actions secret", |_| {}),
        Case::repo("SEC-008", Error, "secrets:read", |w| {
            ages(w, &[]);
            w.repo.details.actions_secrets = forbidden("secrets");
        }),
        Case::repo("SEC-008", Error, "environment secrets", |w| ages(w, &[])),
        Case::repo("SEC-008", Error, "contents:read", RepoWorld::no_contents),
    ]
}

fn logins() -> Vec<Case> {
    const STORED: &str = "  push:\n    runs-on: ubuntu-latest\n    steps:\n      - run: aws s3 sync . s3://b\n        env:\n          \
        AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n";
    const KEYED_LOGIN: &str = "  login:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: \
        google-github-actions/auth@v2\n        with:\n          credentials_json: ${{ secrets.DEPLOYER_JSON }}\n";
    const TRUSTED: &str = "  publish:\n    runs-on: ubuntu-latest\n    permissions:\n      id-token: write\n    steps:\n      - \
        uses: pypa/gh-action-pypi-publish@release/v1\n";
    vec![
        Case::repo("SEC-009", Passed, "Short-lived logins: 1", |w| w.tree(workflow("[push]", OIDC_JOB))),
        Case::repo("SEC-009", Passed, "Short-lived logins: 1", |w| w.tree(workflow("[push]", TRUSTED))),
        Case::repo("SEC-009", Warning, "Both styles", |w| {
            w.tree(workflow("[push]", &format!("{OIDC_JOB}{STORED}")));
        }),
        Case::repo("SEC-009", Failed, "stored keys only", |w| w.tree(workflow("[push]", STORED))),
        Case::repo("SEC-009", Failed, "stored keys only", |w| w.tree(workflow("[push]", KEYED_LOGIN))),
        Case::repo("SEC-009", NotApplicable, "No pipeline logs in", |_| {}),
        Case::repo("SEC-009", Error, "contents:read", RepoWorld::no_contents),
        Case::repo("SEC-009", Error, "truncated", RepoWorld::truncate),
    ]
}

fn audit() -> Vec<Case> {
    fn no_stream(world: &mut RepoWorld) {
        world.org.audit_streams =
            Fact::Known(vec![AuditStream { enabled: false, stream_type: "Splunk".into(), paused: false }]);
    }
    fn trail(world: &mut RepoWorld) {
        no_stream(world);
        let resource = "resource \"aws_cloudtrail\" \"main\" {\n  name = \"trail\"\n}\n";
        world.tree(Tree::new().file("audit.tf", resource));
    }
    fn unreadable(world: &mut RepoWorld) {
        world.org.audit_log = forbidden("organization_administration");
    }
    vec![
        Case::repo("SEC-010", Passed, "audit-log/streams", |_| {}),
        Case::repo("SEC-010", Passed, "audit.tf", trail),
        Case::repo("SEC-010", Warning, "no auditing of a secret manager", no_stream),
        Case::repo("SEC-010", Warning, "organization_administration:read", |w| {
            trail(w);
            unreadable(w);
        }),
        Case::repo("SEC-010", Failed, "organization_administration:read", |w| {
            no_stream(w);
            unreadable(w);
        }),
        Case::repo("SEC-010", Failed, "not readable", |w| {
            no_stream(w);
            w.org.audit_log = Fact::Unknown(Gap::unsupported("the plan has no audit-log interface"));
        }),
        Case::repo("SEC-010", Error, "contents:read", |w| {
            no_stream(w);
            w.no_contents();
        }),
        Case::repo("SEC-010", Error, "truncated", |w| {
            no_stream(w);
            w.truncate();
        }),
    ]
}
