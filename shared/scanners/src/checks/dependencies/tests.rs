//! The decisions, status by status.

use scrutineer_core::{
    Fact,
    evidence::{
        Page, RepoActivity, RepoPosture,
        activity::{Author, MergedPull, OpenPull, Release},
        repo::DependencyAlert,
    },
};

use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, days_ago, forbidden, merged_pull},
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

/// An npm application with these direct dependencies.
fn npm(dependencies: &str) -> Tree {
    let text = format!("{{\"name\":\"x\",\"private\":true,\"dependencies\":{{{dependencies}}}}}");
    Tree::new().code().file("package.json", &text)
}

fn app() -> Tree {
    npm("\"express\":\"^5.0.0\"")
}

fn lock(packages: &str) -> String {
    format!("{{\"lockfileVersion\":3,\"packages\":{{\"\":{{}},{packages}}}}}")
}

const EXPRESS: &str =
    "\"node_modules/express\":{\"resolved\":\"https://registry.npmjs.org/e.tgz\",\"integrity\":\"sha512-x\"}";

fn workflow(on: &str, steps: &str) -> String {
    format!("on: {on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}")
}

fn with_ci(tree: Tree, steps: &str) -> Tree {
    tree.file(".github/workflows/ci.yml", &workflow("push", steps))
}

fn dependabot(ecosystem: &str, more: &str) -> String {
    format!("version: 2\nupdates:\n  - package-ecosystem: {ecosystem}\n    directory: /\n{more}")
}

const DEPENDABOT: &str = ".github/dependabot.yml";

/// Alerts and security updates, on or off.
fn settings(world: &mut RepoWorld, alerts: bool, updates: bool) {
    posture(world).vulnerability_alerts_enabled = Fact::Known(alerts);
    if let Fact::Known(settings) = &mut world.repo.listing.security_and_analysis {
        settings.dependabot_security_updates = Some(updates);
    }
}

fn alerts(world: &mut RepoWorld, list: &[(&str, i64)]) {
    let alert = |(number, (severity, days)): (u64, &(&str, i64))| DependencyAlert {
        number,
        severity: (*severity).to_owned(),
        package: "jinja2".to_owned(),
        created_at: days_ago(*days),
    };
    world.repo.listing.dependency_alerts = Fact::Known((1..).zip(list).map(alert).collect());
}

fn bot() -> Option<Author> {
    Some(Author { login: "dependabot".into(), is_bot: true })
}

/// Pull requests of Dependabot: days since each open one was opened, and how long each merged one waited.
fn proposals(world: &mut RepoWorld, open: &[i64], waits: &[i64]) {
    let opened = |(number, days): (u64, &i64)| OpenPull {
        number,
        created_at: days_ago(*days),
        updated_at: days_ago(0),
        is_draft: false,
        head: "dependabot/npm/x".into(),
        author: bot(),
    };
    let merged = |(number, days): (u64, &i64)| MergedPull {
        created_at: days_ago(1 + days),
        merged_at: days_ago(1),
        author: bot(),
        ..merged_pull(number, "dependabot/npm/y")
    };
    activity(world).open = Fact::Known(Page::all((1..).zip(open).map(opened).collect()));
    activity(world).merged = Fact::Known(Page::all((50..).zip(waits).map(merged).collect()));
}

fn released(world: &mut RepoWorld, assets: &[&str]) {
    activity(world).releases = Fact::Known(Page::all(vec![Release {
        tag: "v1.0.0".into(),
        is_draft: false,
        is_prerelease: false,
        created_at: days_ago(5),
        published_at: Some(days_ago(5)),
        description_chars: 10,
        signed_commit: true,
        assets: Page::all(assets.iter().map(|name| (*name).to_owned()).collect()),
    }]));
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = bot_cases();
    all.extend(proposal_cases());
    all.extend(alert_cases());
    all.extend(lock_cases());
    all.extend(licence_cases());
    all.extend(sbom_cases());
    all.extend(package_cases());
    all
}

fn bot_cases() -> Vec<Case> {
    vec![
        Case::repo("DEP-001", Passed, "covers every ecosystem", |w| {
            w.tree(app().file(DEPENDABOT, &dependabot("npm", "")));
        }),
        Case::repo("DEP-001", Passed, "renovate.json", |w| w.tree(app().file("renovate.json", "{}"))),
        Case::repo("DEP-001", Passed, "security updates are on", |w| w.tree(app())),
        Case::repo("DEP-001", Warning, "leaves out npm", |w| {
            settings(w, true, false);
            w.tree(app().file(DEPENDABOT, &dependabot("cargo", "")));
        }),
        Case::repo("DEP-001", Warning, "nothing proposes", |w| {
            settings(w, true, false);
            w.tree(app());
        }),
        Case::repo("DEP-001", Failed, "alerts are off", |w| {
            settings(w, false, true);
            w.tree(app());
        }),
        Case::repo("DEP-001", NotApplicable, "no manifest", |_| {}),
        Case::repo("DEP-001", Error, "administration", |w| {
            w.tree(app());
            w.repo.listing.security_and_analysis = forbidden("administration");
        }),
    ]
}

fn proposal_cases() -> Vec<Case> {
    vec![
        Case::repo("DEP-007", Passed, "pull request #1", |w| {
            w.tree(app());
            proposals(w, &[180], &[]);
        }),
        Case::repo("DEP-007", Warning, "none of its pull requests", |w| {
            w.tree(app().file(DEPENDABOT, &dependabot("npm", "")));
            proposals(w, &[181], &[]);
        }),
        Case::repo("DEP-007", Warning, "dependabot.yml:3", |w| {
            let muted = dependabot("npm", "    open-pull-requests-limit: 0\n");
            w.tree(app().file(DEPENDABOT, &muted));
        }),
        Case::repo("DEP-007", Failed, "No update bot", |w| w.tree(app())),
        Case::repo("DEP-007", NotApplicable, "no manifest", |_| {}),
        Case::repo("DEP-007", Error, "pull_requests", |w| {
            w.tree(app());
            activity(w).merged = forbidden("pull_requests");
        }),
        Case::repo("DEP-008", Passed, "0 of 1", |w| proposals(w, &[30], &[30, 30, 90])),
        Case::repo("DEP-008", Warning, "31 days (median)", |w| proposals(w, &[], &[31])),
        Case::repo("DEP-008", Warning, "1 of 4 (25 %)", |w| proposals(w, &[31, 2, 2, 2], &[])),
        Case::repo("DEP-008", Failed, "1 of 3 (33.3 %)", |w| proposals(w, &[31, 2, 2], &[])),
        Case::repo("DEP-008", NotApplicable, "No pull request", |_| {}),
        Case::repo("DEP-008", Error, "pull_requests", |w| activity(w).open = forbidden("pull_requests")),
    ]
}

fn alert_cases() -> Vec<Case> {
    let unlooked = |w: &mut RepoWorld| {
        settings(w, false, false);
        w.tree(app());
    };
    let audited = |w: &mut RepoWorld| {
        settings(w, false, false);
        w.tree(with_ci(app(), "      - run: npm audit\n"));
    };
    let mut all = Vec::new();
    for check in ["DEP-002", "DEP-003"] {
        all.extend([
            Case::repo(check, Passed, "one is open", |w| w.tree(app())),
            Case::repo(check, Warning, "npm audit", audited),
            Case::repo(check, Failed, "no job scans", unlooked),
            Case::repo(check, NotApplicable, "no manifest", |_| {}),
            Case::repo(check, Error, "vulnerability_alerts", |w| {
                w.tree(app());
                w.repo.listing.dependency_alerts = forbidden("vulnerability_alerts");
            }),
        ]);
    }
    all.extend([
        Case::repo("DEP-002", Failed, "alert #2", |w| {
            w.tree(app());
            alerts(w, &[("high", 1), ("critical", 1)]);
        }),
        Case::repo("DEP-003", Warning, "Open high alerts: 2", |w| {
            w.tree(app());
            alerts(w, &[("high", 29), ("high", 1)]);
        }),
        Case::repo("DEP-003", Failed, "30 days old", |w| {
            w.tree(app());
            alerts(w, &[("high", 30)]);
        }),
        Case::repo("DEP-003", Failed, "Open high alerts: 3", |w| {
            w.tree(app());
            alerts(w, &[("high", 1), ("high", 1), ("high", 1)]);
        }),
    ]);
    all
}

/// So many requirements of pip, of which one is open.
fn pip(count: usize) -> Tree {
    let firm: String = (1..count).map(|n| format!("p{n}~=1.0\n")).collect();
    Tree::new().code().file("requirements.txt", &format!("open\n{firm}"))
}

fn lock_cases() -> Vec<Case> {
    let library = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dependencies]\nserde = \"1\"\n";
    vec![
        Case::repo("DEP-004", Passed, "package.json: package-lock.json", |w| {
            w.tree(app().file("package-lock.json", &lock(EXPRESS)));
        }),
        Case::repo("DEP-004", Passed, "packages/a/package.json: yarn.lock", |w| {
            let text = "{\"dependencies\":{\"x\":\"1\"}}";
            w.tree(
                Tree::new()
                    .file("packages/a/package.json", text)
                    .file("yarn.lock", "\"x@1\":\n  version \"1\"\n"),
            );
        }),
        Case::repo("DEP-004", Passed, "exact versions", |w| {
            w.tree(Tree::new().file("requirements.txt", "flask==3.0.0\n"));
        }),
        Case::repo("DEP-004", Warning, "library", move |w| {
            w.tree(Tree::new().code().file("Cargo.toml", library))
        }),
        Case::repo("DEP-004", Failed, "of package.json", |w| w.tree(app())),
        Case::repo("DEP-004", NotApplicable, "names a dependency", |_| {}),
        Case::repo("DEP-004", Error, "truncated", |w| {
            w.tree(app());
            w.truncate();
        }),
        Case::repo("DEP-005", Passed, "None of 1", |w| w.tree(app())),
        Case::repo("DEP-005", Passed, "None of 1", |w| {
            w.tree(npm("\"express\":\"*\"").file("package-lock.json", &lock(EXPRESS)));
        }),
        Case::repo("DEP-005", Warning, "1 of 10 (10 %)", |w| w.tree(pip(10))),
        Case::repo("DEP-005", Failed, "1 of 9 (11.1 %)", |w| w.tree(pip(9))),
        Case::repo("DEP-005", Failed, "express: latest", |w| w.tree(npm("\"express\":\"latest\""))),
        Case::repo("DEP-005", NotApplicable, "names a dependency", |_| {}),
        Case::repo("DEP-005", Error, "contents", RepoWorld::no_contents),
    ]
}

fn licence_cases() -> Vec<Case> {
    let review = "      - uses: actions/dependency-review-action@v4\n        with: {allow-licenses: 'MIT, Apache-2.0'}\n";
    let deny = "      - run: cargo deny check\n";
    vec![
        Case::repo("DEP-006", Passed, "dependency-review-action", move |w| w.tree(with_ci(app(), review))),
        Case::repo("DEP-006", Passed, "cargo deny check", move |w| {
            w.tree(with_ci(app(), deny).file("deny.toml", "[licenses]\nallow = [\"MIT\"]\n"));
        }),
        Case::repo("DEP-006", Warning, "compares them with nothing", |w| {
            w.tree(with_ci(app(), "      - run: pip-licenses\n"));
        }),
        Case::repo("DEP-006", Warning, "no job checks them", |w| {
            w.tree(app().file(".fossa.yml", "version: 3\n"))
        }),
        Case::repo("DEP-006", Failed, "checks licences", |w| w.tree(app())),
        Case::repo("DEP-006", NotApplicable, "names a dependency", |_| {}),
        Case::repo("DEP-006", Error, "contents", RepoWorld::no_contents),
    ]
}

fn sbom_cases() -> Vec<Case> {
    let cyclone = |name: &str| {
        format!("{{\"bomFormat\":\"CycloneDX\",\"metadata\":{{\"component\":{{\"name\":\"{name}\"}}}}}}")
    };
    let (own, other) = (cyclone("api"), cyclone("shop"));
    vec![
        Case::repo("DEP-009", Passed, "sbom-action", |w| {
            let steps = "      - uses: anchore/sbom-action@v0\n      - run: npm publish\n";
            w.tree(with_ci(app(), steps));
        }),
        Case::repo("DEP-009", Passed, "api.spdx.json", |w| released(w, &["api.tgz", "api.spdx.json"])),
        Case::repo("DEP-009", Passed, "describes the project", move |w| {
            released(w, &[]);
            w.tree(Tree::new().file("sbom.json", &own));
        }),
        Case::repo("DEP-009", Warning, "does not name", move |w| {
            released(w, &[]);
            w.tree(Tree::new().file("sbom.json", &other));
        }),
        Case::repo("DEP-009", Warning, "no job that ships", |w| {
            released(w, &[]);
            w.tree(with_ci(app(), "      - run: syft .\n"));
        }),
        Case::repo("DEP-009", Failed, "carries none", |w| released(w, &["api.tgz"])),
        Case::repo("DEP-009", NotApplicable, "publishes and deploys nothing", |_| {}),
        Case::repo("DEP-009", Error, "contents", RepoWorld::no_contents),
    ]
}

fn package_cases() -> Vec<Case> {
    let old = "\"node_modules/x\":{\"resolved\":\"https://registry.npmjs.org/x\",\"integrity\":\"s\",\"deprecated\":\"use y\"}";
    let from = |host: &str| {
        lock(&format!(
            "\"node_modules/@acme/ui\":{{\"resolved\":\"https://{host}/ui.tgz\",\"integrity\":\"s\"}}"
        ))
    };
    let (inside, outside) = (from("npm.pkg.github.com"), from("registry.npmjs.org"));
    let own = || npm("\"@acme/ui\":\"^1\"");
    vec![
        Case::repo("DEP-010", Passed, "None of 1", |w| w.tree(app())),
        Case::repo("DEP-010", Warning, "x: use y", move |w| {
            w.tree(npm("\"x\":\"1\"").file("package-lock.json", &lock(old)));
        }),
        Case::repo("DEP-010", Warning, "authors: 2", |w| w.tree(npm("\"node-sass\":\"1\",\"tslint\":\"1\""))),
        Case::repo("DEP-010", Failed, "authors: 3", |w| {
            w.tree(npm("\"node-sass\":\"1\",\"tslint\":\"1\",\"istanbul\":\"1\""));
        }),
        Case::repo("DEP-010", Failed, "security-relevant", |w| w.tree(npm("\"request\":\"2\""))),
        Case::repo("DEP-010", NotApplicable, "names a dependency", |_| {}),
        Case::repo("DEP-010", NotApplicable, "abandoned packages of pub", |w| {
            w.tree(Tree::new().file("pubspec.yaml", "dependencies:\n  http: ^1.0.0\n"));
        }),
        Case::repo("DEP-010", Error, "contents", RepoWorld::no_contents),
        Case::repo("DEP-011", Passed, "npm.pkg.github.com", move |w| {
            w.tree(own().file("package-lock.json", &inside));
        }),
        Case::repo("DEP-011", Warning, ".npmrc", move |w| {
            w.tree(own().file(".npmrc", "@acme:registry=https://npm.pkg.github.com\n"));
            w.org.private_registries = Fact::Known(vec![]);
        }),
        Case::repo("DEP-011", Warning, "1 registries", move |w| {
            w.tree(own());
            w.org.private_registries = Fact::Known(vec!["npm_registry".into()]);
        }),
        Case::repo("DEP-011", Failed, "registry.npmjs.org", move |w| {
            w.tree(own().file("package-lock.json", &outside));
        }),
        Case::repo("DEP-011", Failed, "whoever publishes", move |w| {
            w.tree(own());
            w.org.private_registries = Fact::Known(vec![]);
        }),
        Case::repo("DEP-011", Error, "organization_private_registries:read", move |w| {
            w.tree(own());
            w.org.private_registries = forbidden("organization_private_registries");
        }),
        Case::repo("DEP-011", NotApplicable, "named after the organization", |_| {}),
        Case::repo("DEP-011", Error, "contents", RepoWorld::no_contents),
    ]
}
