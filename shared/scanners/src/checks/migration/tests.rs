//! Every status of every check, through the public evaluation.

use scrutineer_core::{
    Fact,
    evidence::{Page, activity::Tag, posture::Environment},
};

use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, forbidden},
};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

fn library() -> Tree {
    Tree::new().code().file("Cargo.toml", "[package]\nname = \"x\"\n")
}

fn api() -> Tree {
    Tree::new().code().file("openapi.yaml", "openapi: 3.1.0\npaths:\n  /pets: {}\n")
}

/// Code with a database dependency.
fn stores(name: &str) -> Tree {
    Tree::new()
        .code()
        .file("package.json", &format!("{{\"private\": true, \"dependencies\": {{\"{name}\": \"1\"}}}}"))
}

fn workflow(tree: Tree, job: &str) -> Tree {
    tree.file(
        ".github/workflows/ci.yml",
        &format!("on: push\njobs:\n  main:\n    runs-on: ubuntu-latest\n{job}"),
    )
}

fn runs(tree: Tree, command: &str) -> Tree {
    workflow(tree, &format!("    steps:\n      - run: {command}\n"))
}

fn tagged(world: &mut RepoWorld, tags: &[&str]) {
    if let Fact::Known(activity) = &mut world.repo.activity {
        let tag = |name: &&str| Tag { name: (*name).to_owned(), tagged_at: None };
        activity.tags = Fact::Known(Page::all(tags.iter().map(tag).collect()));
    }
}

fn prose(title: &str, sentence: &str) -> String {
    format!("# {title}\n\n{}", format!("{sentence}\n").repeat(8))
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = guides();
    all.extend(policies());
    all.extend(parity());
    all.extend(databases());
    all.extend(compatibility());
    all.extend(environments());
    all.extend(abstraction());
    for id in 1..=9 {
        let check: &'static str = format!("MIG-{id:03}").leak();
        all.push(Case::repo(check, Error, "lacks contents:read", RepoWorld::no_contents));
    }
    all
}

fn guides() -> Vec<Case> {
    let with = |text: &'static str| {
        move |w: &mut RepoWorld| {
            w.tree(library().file("docs/upgrading.md", text));
            tagged(w, &["v3.0.0", "v2.4.1", "v1.0.0"]);
        }
    };
    vec![
        Case::repo(
            "MIG-001",
            Passed,
            "docs/upgrading.md:1 covers version 3",
            with("# Upgrading\n\nFrom 2.x to 3.0\n"),
        ),
        Case::repo("MIG-001", Passed, "CHANGELOG.md:5", |w| {
            w.tree(
                library().file("CHANGELOG.md", "# Changelog\n\n## 2.0.0\n\n### Breaking changes\n\n- x\n"),
            );
            tagged(w, &["v2.0.0"]);
        }),
        Case::repo("MIG-001", Warning, "does not cover version 3", with("# Upgrading\n\nFrom 1.x to 2.0\n")),
        Case::repo("MIG-001", Failed, "Version 2 is out", |w| {
            w.tree(library());
            tagged(w, &["v2.0.0"]);
        }),
        Case::repo("MIG-001", NotApplicable, "newest: 1", |w| w.tree(library())),
        Case::repo("MIG-001", NotApplicable, "newest: 0", |w| {
            w.tree(library());
            tagged(w, &["2026.4.1"]);
        }),
        Case::repo("MIG-001", NotApplicable, "consumed by others", |w| w.tree(Tree::new().code())),
        Case::repo("MIG-001", Error, "truncated", |w| {
            w.tree(library().truncated("too many entries"));
            tagged(w, &["v2.0.0"]);
        }),
        Case::repo("MIG-002", Passed, "src/app.ts:1 carries a version", |w| {
            w.tree(api().file("src/app.ts", "app.get('/v1/pets', list)\n"));
        }),
        Case::repo("MIG-002", Warning, "docs/api-versioning.md", |w| {
            let text = prose("API versioning", "We publish a new major version when a field goes away.");
            w.tree(api().file("docs/api-versioning.md", &text));
        }),
        Case::repo("MIG-002", Failed, "openapi.yaml carries no version", |w| w.tree(api())),
        Case::repo("MIG-002", NotApplicable, "no network API", |w| w.tree(library())),
    ]
}

fn policies() -> Vec<Case> {
    let text =
        || prose("Deprecation policy", "A deprecated part is removed after 6 months and one major version.");
    vec![
        Case::repo("MIG-003", Passed, "docs/deprecation-policy.md", move |w| {
            w.tree(library().file("docs/deprecation-policy.md", &text()));
        }),
        Case::repo("MIG-003", Passed, ".github:docs/deprecation-policy.md", move |w| {
            w.tree(library());
            w.profile = Fact::Known(Some(Tree::new().file("docs/deprecation-policy.md", &text())));
        }),
        Case::repo("MIG-003", Warning, "names the removal", |w| {
            w.tree(library().file("src/a.ts", "/** @deprecated use b, removed in 3.0 */\n"));
        }),
        Case::repo("MIG-003", Warning, "only links", |w| {
            let text = "# Deprecation policy\n\nSee https://acme.atlassian.net/wiki/x\n";
            w.tree(library().file("docs/deprecation-policy.md", text));
        }),
        Case::repo("MIG-003", Failed, "no deprecation or support policy", |w| w.tree(library())),
        Case::repo("MIG-003", NotApplicable, "consumed by others", |w| w.tree(Tree::new().code())),
        Case::repo("MIG-003", Error, "contents:read", |w| {
            w.tree(library());
            w.profile = forbidden("contents");
        }),
    ]
}

fn parity() -> Vec<Case> {
    let matrix = |rows: usize| {
        let text = format!("# Feature matrix\n\n| a | b |\n|---|---|\n{}", "| 1 | yes |\n".repeat(rows));
        move |w: &mut RepoWorld| {
            w.tree(library().file("docs/feature-matrix.md", &text));
            tagged(w, &["v2.0.0", "v1.0.0"]);
        }
    };
    vec![
        Case::repo("MIG-005", Passed, "lists 5 rows", matrix(5)),
        Case::repo("MIG-005", Warning, "lists 4 rows", matrix(4)),
        Case::repo("MIG-005", Failed, "major versions 1, 2", |w| {
            w.tree(library());
            tagged(w, &["v2.0.0", "v1.0.0"]);
        }),
        Case::repo("MIG-005", Failed, "ubuntu, windows", |w| {
            w.tree(workflow(
                library(),
                "    steps: []\n  win:\n    runs-on: windows-latest\n    steps: [{run: x}]\n",
            ));
        }),
        Case::repo("MIG-005", NotApplicable, "Only one platform", |w| w.tree(library())),
    ]
}

fn databases() -> Vec<Case> {
    vec![
        Case::repo("MIG-004", Passed, "migrations/1.sql", |w| {
            w.tree(stores("pg").file("migrations/1.sql", "CREATE TABLE a (b int);\n"));
        }),
        Case::repo("MIG-004", Passed, "no schema of its own", |w| w.tree(stores("mongodb"))),
        Case::repo("MIG-004", Warning, "no migration exists", |w| w.tree(stores("knex"))),
        Case::repo("MIG-004", Warning, "stands nowhere", |w| w.tree(stores("pg"))),
        Case::repo("MIG-004", Failed, "schema.sql:1", |w| {
            w.tree(stores("pg").file("schema.sql", "CREATE TABLE a (b int);\n"));
        }),
        Case::repo("MIG-004", NotApplicable, "no database", |w| w.tree(library())),
        Case::repo("MIG-006", Passed, "src/a.py:1 exports", |w| {
            w.tree(stores("pg").file("src/a.py", "def export_csv(user): pass\n"));
        }),
        Case::repo("MIG-006", Passed, "docs/data-export.md", |w| {
            let text = prose("Data export", "Download your data as CSV through the API endpoint.");
            w.tree(stores("pg").file("docs/data-export.md", &text));
        }),
        Case::repo("MIG-006", Warning, "pg_dump", |w| w.tree(runs(stores("pg"), "pg_dump app"))),
        Case::repo("MIG-006", Failed, "nothing exports it", |w| w.tree(stores("pg"))),
        Case::repo("MIG-006", NotApplicable, "stores no data", |w| w.tree(library())),
    ]
}

fn compatibility() -> Vec<Case> {
    vec![
        Case::repo("MIG-007", Passed, "cargo semver-checks", |w| {
            w.tree(runs(library(), "cargo semver-checks"))
        }),
        Case::repo("MIG-007", Passed, "several versions", |w| {
            w.tree(workflow(
                library(),
                "    strategy:\n      matrix:\n        node-version: [20, 22]\n    steps: [{run: x}]\n",
            ));
        }),
        Case::repo("MIG-007", Warning, "buf.yaml", |w| w.tree(library().file("buf.yaml", "version: v2\n"))),
        Case::repo("MIG-007", Failed, "nothing checks compatibility", |w| w.tree(library())),
        Case::repo("MIG-007", NotApplicable, "consumed by others", |w| w.tree(Tree::new().code())),
    ]
}

fn environments() -> Vec<Case> {
    let deploys = || runs(Tree::new().code(), "kubectl apply -f k8s");
    vec![
        Case::repo("MIG-008", Passed, "production, staging", |w| {
            w.tree(
                Tree::new()
                    .code()
                    .file("deploy/values-prod.yaml", "a: 1\n")
                    .file("deploy/values-staging.yaml", "a: 1\n"),
            );
        }),
        Case::repo("MIG-008", Passed, "deploys the same to", |w| {
            let jobs = "    environment: staging\n    steps: [{run: x}]\n  b:\n    environment: production\n    steps: [{run: x}]\n";
            w.tree(workflow(Tree::new().code(), jobs));
        }),
        Case::repo("MIG-008", Warning, "compose.yaml describes one", move |w| {
            w.tree(deploys().file("compose.yaml", "services:\n  a: { image: b }\n"));
        }),
        Case::repo("MIG-008", Failed, "no environment is defined", move |w| w.tree(deploys())),
        Case::repo("MIG-008", Failed, "Repository.environments", |w| {
            w.tree(Tree::new().code());
            if let Fact::Known(posture) = &mut w.repo.posture {
                posture.environments =
                    Fact::Known(Page::all(vec![Environment { name: "production".into(), rules: vec![] }]));
            }
        }),
        Case::repo("MIG-008", NotApplicable, "is deployed", |w| w.tree(library())),
        Case::repo("MIG-008", Error, "actions:read", |w| {
            w.tree(library());
            if let Fact::Known(posture) = &mut w.repo.posture {
                posture.environments = forbidden("actions");
            }
        }),
    ]
}

/// So many modules that import a provider's SDK.
fn modules(count: usize) -> Tree {
    (0..count).fold(Tree::new().code(), |tree, n| tree.file(&format!("src/m{n}.py"), "import boto3\n"))
}

fn abstraction() -> Vec<Case> {
    vec![
        Case::repo("MIG-009", Passed, "src/adapters holds 2", |w| {
            w.tree(modules(9).file("src/adapters/s3.py", "x\n").file("src/adapters/memory.py", "x\n"));
        }),
        Case::repo("MIG-009", Passed, "portability layer knex", |w| w.tree(stores("knex"))),
        Case::repo("MIG-009", Warning, "only implementation", |w| {
            w.tree(modules(5).file("src/adapters/s3.py", "x\n").file("src/adapters/__init__.py", "x\n"));
        }),
        Case::repo("MIG-009", Warning, "5 modules import", |w| w.tree(modules(5))),
        Case::repo("MIG-009", Failed, "6 modules call", |w| w.tree(modules(6))),
        Case::repo("MIG-009", NotApplicable, "no storage", |w| w.tree(library())),
    ]
}
