//! Every status of every check, through the public evaluation.

use scrutineer_core::{
    Fact,
    evidence::{
        Page, RepoActivity, RepoPosture,
        activity::{Author, Deployment, MergedPull, Release, Tag},
    },
};

use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, days_ago, forbidden, merged_pull, repo_files},
};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

fn activity(world: &mut RepoWorld) -> &mut RepoActivity {
    match &mut world.repo.activity {
        Fact::Known(activity) => activity,
        Fact::Unknown(_) => panic!("the default world knows its activity"),
    }
}

fn posture(world: &mut RepoWorld) -> &mut RepoPosture {
    match &mut world.repo.posture {
        Fact::Known(posture) => posture,
        Fact::Unknown(_) => panic!("the default world knows its posture"),
    }
}

/// The default files and these.
fn files(more: &[(&str, &str)]) -> Tree {
    more.iter().fold(repo_files(), |tree, (path, text)| tree.file(path, text))
}

/// A service with these files besides.
fn service(more: &[(&str, &str)]) -> Tree {
    files(more).file("Dockerfile", "FROM scratch\nCMD [\"/api\"]\n")
}

fn library(more: &[(&str, &str)]) -> Tree {
    files(more).file("package.json", r#"{"name":"x","version":"1.0.0"}"#)
}

/// Files of the organization's profile repository.
fn of_org(world: &mut RepoWorld, path: &str, text: &str) {
    world.profile = Fact::Known(Some(Tree::new().file(path, text)));
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = template_cases();
    all.extend(guide_cases());
    all.extend(pull_cases());
    all.extend(branching_cases());
    all.extend(release_cases());
    all.extend(version_cases());
    all.extend(flag_cases());
    all.extend(hotfix_cases());
    all.extend(done_cases());
    all.extend(record_cases());
    all.extend(api_cases());
    for id in [2, 5, 6, 8, 9, 10, 11, 12] {
        let check: &'static str = format!("SDLC-{id:03}").leak();
        all.push(Case::repo(check, Error, "lacks contents:read", RepoWorld::no_contents));
    }
    for id in [2, 8, 10, 12] {
        let check: &'static str = format!("SDLC-{id:03}").leak();
        all.push(Case::repo(check, Error, "truncated", |w| {
            w.tree(files(&[]).truncated("too many entries"));
        }));
    }
    all
}

const TEMPLATE: &str = ".github/PULL_REQUEST_TEMPLATE.md";

fn template_cases() -> Vec<Case> {
    vec![
        Case::repo("SDLC-001", Passed, "2 headings, 0 checklist items", |w| {
            w.tree(files(&[(TEMPLATE, "## What\n\nx\n\n## Why\n\ny\n")]));
        }),
        Case::repo("SDLC-001", Passed, ".github:.github/pull_request_template.md", |w| {
            of_org(w, ".github/pull_request_template.md", "- [ ] tests\n- [ ] docs\n");
        }),
        Case::repo("SDLC-001", Warning, "1 headings", |w| w.tree(files(&[(TEMPLATE, "## What\n")]))),
        Case::repo("SDLC-001", Warning, "not where it was looked for", |w| {
            posture(w).pull_request_templates = vec!["odd.md".into()];
        }),
        Case::repo("SDLC-001", Failed, "Neither the repository nor the organization", |_| {}),
        Case::repo("SDLC-001", Error, "lacks metadata:read", |w| w.repo.posture = forbidden("metadata")),
        Case::repo("SDLC-001", Error, "lacks contents:read", |w| w.profile = forbidden("contents")),
    ]
}

fn guide_cases() -> Vec<Case> {
    let guide = "# Contributing\n\nInstall the tools, run the tests, and open a pull request.\n";
    vec![
        Case::repo("SDLC-002", Passed, "CONTRIBUTING.md:1", move |w| {
            w.tree(files(&[("CONTRIBUTING.md", guide)]));
        }),
        Case::repo("SDLC-002", Passed, ".github:CONTRIBUTING.md", move |w| {
            of_org(w, "CONTRIBUTING.md", guide)
        }),
        Case::repo("SDLC-002", Warning, "does not tell setup nor tests", |w| {
            w.tree(files(&[("CONTRIBUTING.md", "# Contributing\n\nOpen a pull request.\n")]));
        }),
        Case::repo("SDLC-002", Warning, "how to submit", |w| {
            w.tree(files(&[("README.md", "# x\n\n## Contributing\n\nInstall the tools first.\n")]));
        }),
        Case::repo("SDLC-002", Warning, "whose text was not found", |w| {
            posture(w).contributing_url = Some("https://github.com/acme/api/contribute".into());
        }),
        Case::repo("SDLC-002", Failed, "contributing guide", |_| {}),
        Case::repo("SDLC-002", Error, "lacks contents:read", |w| w.profile = forbidden("contents")),
    ]
}

/// `good` reviewed pull requests and `bad` ones that nobody else looked at, changing `lines` lines each.
fn pulls(world: &mut RepoWorld, good: u64, bad: u64, lines: u64) {
    let one = |number: u64| {
        let mut pull = merged_pull(number, "feat/x");
        (pull.additions, pull.deletions) = (lines, 0);
        if number > good {
            pull.reviews = Page::all(vec![]);
        }
        pull
    };
    let pulls: Vec<MergedPull> = (1..=good + bad).map(one).collect();
    activity(world).merged = Fact::Known(Page::all(pulls));
}

fn first_pull(world: &mut RepoWorld, change: impl Fn(&mut MergedPull)) {
    if let Fact::Known(page) = &mut activity(world).merged {
        change(&mut page.items[0]);
    }
}

fn pull_cases() -> Vec<Case> {
    let forbid = |w: &mut RepoWorld| activity(w).merged = forbidden("pull_requests");
    vec![
        Case::repo("SDLC-003", Passed, "4 of 5 (80 %)", |w| pulls(w, 4, 1, 10)),
        Case::repo("SDLC-003", Warning, "3 of 4 (75 %)", |w| pulls(w, 3, 1, 10)),
        Case::repo("SDLC-003", Failed, "2 of 4 (50 %)", |w| pulls(w, 2, 2, 10)),
        Case::repo("SDLC-003", Failed, "pull request #3", |w| pulls(w, 1, 2, 10)),
        Case::repo("SDLC-003", Failed, "0 of 3", |w| {
            // The author's own review, a bot's, and one after the merge.
            pulls(w, 3, 0, 10);
            if let Fact::Known(page) = &mut activity(w).merged {
                page.items[0].reviews.items[0].author = page.items[0].author.clone();
                let bot = Author { login: "reviewer".into(), is_bot: true };
                page.items[1].reviews.items[0].author = Some(bot);
                page.items[2].reviews.items[0].submitted_at = Some(days_ago(1));
            }
        }),
        Case::repo("SDLC-003", NotApplicable, "people: 2", |w| pulls(w, 2, 0, 10)),
        Case::repo("SDLC-003", NotApplicable, "people: 2", |w| {
            pulls(w, 3, 0, 10);
            first_pull(w, |pull| pull.author = Some(Author { login: "renovate".into(), is_bot: true }));
        }),
        Case::repo("SDLC-003", NotApplicable, "people: 2", |w| {
            // Whether one of the unread reviews counts is not known.
            pulls(w, 2, 1, 10);
            if let Fact::Known(page) = &mut activity(w).merged {
                page.items[2].reviews.total = 6;
            }
        }),
        Case::repo("SDLC-003", Error, "lacks pull_requests:read", forbid),
        Case::repo("SDLC-004", Passed, "change 499 lines", |w| pulls(w, 3, 0, 499)),
        Case::repo("SDLC-004", Warning, "change 500 lines", |w| pulls(w, 3, 0, 500)),
        Case::repo("SDLC-004", Warning, "change 999 lines", |w| pulls(w, 3, 0, 999)),
        Case::repo("SDLC-004", Failed, "change 1000 lines", |w| pulls(w, 3, 0, 1_000)),
        Case::repo("SDLC-004", Passed, "3 merged", |w| {
            pulls(w, 4, 0, 100);
            first_pull(w, |pull| {
                pull.author = Some(Author { login: "dependabot".into(), is_bot: true });
                pull.additions = 90_000;
            });
        }),
        Case::repo("SDLC-004", NotApplicable, "people: 2", |w| pulls(w, 2, 0, 10)),
        Case::repo("SDLC-004", Error, "lacks pull_requests:read", forbid),
    ]
}

fn branching_cases() -> Vec<Case> {
    let model = "# Branching\n\nWork happens on short branches that are squashed into main.\n";
    vec![
        Case::repo("SDLC-005", Passed, "docs/branching.md:1", move |w| {
            w.tree(files(&[("docs/branching.md", model)]));
        }),
        Case::repo("SDLC-005", Passed, "CONTRIBUTING.md", |w| {
            w.tree(files(&[("CONTRIBUTING.md", "# Contributing\n\nBranch from main; we rebase.\n")]));
        }),
        Case::repo("SDLC-005", Passed, ".github:docs/branching.md", move |w| {
            of_org(w, "docs/branching.md", model);
        }),
        Case::repo("SDLC-005", Warning, "speaks of branches", |w| {
            w.tree(files(&[("README.md", "# x\n\n## Branch naming\n\nUse feature/x.\n")]));
            pulls_by(w, &["m1", "m2"]);
        }),
        Case::repo("SDLC-005", Failed, "2 people share", |w| pulls_by(w, &["m1", "m2"])),
        Case::repo("SDLC-005", NotApplicable, "within the year: 1", |_| {}),
        Case::repo("SDLC-005", Error, "lacks pull_requests:read", |w| {
            w.repo.activity = forbidden("pull_requests");
        }),
    ]
}

fn pulls_by(world: &mut RepoWorld, people: &[&str]) {
    let one = |(number, login): (u64, &&str)| {
        let mut pull = merged_pull(number, "feat/x");
        pull.author = Some(Author { login: (*login).into(), is_bot: false });
        pull
    };
    let list: Vec<MergedPull> = (1..).zip(people).map(one).collect();
    activity(world).merged = Fact::Known(Page::all(list));
}

fn released(world: &mut RepoWorld, tag: &str) {
    let release = Release {
        tag: tag.into(),
        is_draft: false,
        is_prerelease: false,
        created_at: days_ago(5),
        published_at: Some(days_ago(5)),
        description_chars: 100,
        signed_commit: true,
        assets: Page::all(vec![]),
    };
    activity(world).releases = Fact::Known(Page::all(vec![release]));
}

const RELEASE: &str = "on:\n  push:\n    tags: ['v*']\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm publish\n";

fn release_cases() -> Vec<Case> {
    let steps =
        "Bump the version, write the changelog, tag the commit and let the workflow publish. ".repeat(5);
    let workflow = || library(&[(".github/workflows/release.yml", RELEASE)]);
    vec![
        Case::repo("SDLC-006", Passed, "docs/releasing.md", move |w| {
            w.tree(files(&[("docs/releasing.md", &format!("# Releasing\n\n{steps}\n"))]));
        }),
        Case::repo("SDLC-006", Passed, "last v1.2.0", move |w| {
            w.tree(workflow());
            released(w, "v1.2.0");
        }),
        Case::repo("SDLC-006", Warning, "without describing", |w| {
            w.tree(library(&[("README.md", "# x\n\n## Release process\n\nTBD\n")]));
        }),
        Case::repo("SDLC-006", Failed, "there is no release", move |w| w.tree(workflow())),
        Case::repo("SDLC-006", Failed, "Dockerfile is shipped", |w| w.tree(service(&[]))),
        Case::repo("SDLC-006", Failed, "Repository.releases", |w| released(w, "v1.2.0")),
        Case::repo("SDLC-006", Failed, "Repository.deployments", |w| {
            let deployment = Deployment {
                environment: "production".into(),
                created_at: days_ago(3),
                task: None,
                git_ref: None,
                latest_status: None,
            };
            activity(w).deployments = Fact::Known(Page::all(vec![deployment]));
        }),
        Case::repo("SDLC-006", NotApplicable, "Nothing is released", |_| {}),
        Case::repo("SDLC-006", Error, "lacks contents:read", |w| w.repo.activity = forbidden("contents")),
    ]
}

fn tagged(world: &mut RepoWorld, names: &[&str]) {
    let tag = |name: &&str| Tag { name: (*name).into(), tagged_at: None };
    activity(world).tags = Fact::Known(Page::all(names.iter().map(tag).collect()));
}

/// `good` semantic versions, newest first, and `bad` others.
fn versions(world: &mut RepoWorld, good: usize, bad: usize) {
    let names: Vec<String> = (0..good)
        .rev()
        .map(|n| format!("v1.{n}.0"))
        .chain((0..bad).map(|n| format!("build-{n}.7")))
        .collect();
    tagged(world, &names.iter().map(String::as_str).collect::<Vec<_>>());
}

fn version_cases() -> Vec<Case> {
    vec![
        Case::repo("SDLC-007", Passed, "20 of 20", |w| versions(w, 20, 0)),
        Case::repo("SDLC-007", Passed, "19 of 20 (95 %)", |w| versions(w, 19, 1)),
        Case::repo("SDLC-007", Passed, "2 of 2", |w| tagged(w, &["core@1.2.3", "v1.0.0"])),
        Case::repo("SDLC-007", Warning, "18 of 20 (90 %)", |w| versions(w, 18, 2)),
        Case::repo("SDLC-007", Warning, "14 of 20 (70 %)", |w| versions(w, 14, 6)),
        Case::repo("SDLC-007", Warning, "v1.2.0 came after v1.2.1", |w| tagged(w, &["v1.2.0", "v1.2.1"])),
        Case::repo("SDLC-007", Warning, "Versions are dates", |w| {
            w.tree(files(&[("README.md", "# x\n\nWe use CalVer.\n")]));
            tagged(w, &["2026.05", "2026.04"]);
        }),
        Case::repo("SDLC-007", Failed, "no document explains", |w| tagged(w, &["2026.05", "2026.04"])),
        Case::repo("SDLC-007", Failed, "13 of 20 (65 %)", |w| versions(w, 13, 7)),
        Case::repo("SDLC-007", Failed, "No tag looks like a version", |w| tagged(w, &["stable"])),
        Case::repo("SDLC-007", NotApplicable, "no tag", |w| tagged(w, &[])),
        Case::repo("SDLC-007", Error, "lacks contents:read", |w| activity(w).tags = forbidden("contents")),
    ]
}

fn flag_cases() -> Vec<Case> {
    vec![
        Case::repo("SDLC-008", Passed, "@openfeature/server-sdk", |w| {
            w.tree(service(&[("package.json", r#"{"dependencies":{"@openfeature/server-sdk":"1"}}"#)]));
        }),
        Case::repo("SDLC-008", Passed, "src/feature_flags.py", |w| {
            w.tree(service(&[("src/feature_flags.py", "def on(x): return True\n")]));
        }),
        Case::repo("SDLC-008", Warning, "feature-flags.yaml", |w| {
            w.tree(service(&[("config/feature-flags.yaml", "search: true\n")]));
        }),
        Case::repo("SDLC-008", Warning, "FEATURE_SEARCH", |w| {
            w.tree(service(&[("src/app.py", "on = os.environ.get('FEATURE_SEARCH')\n")]));
        }),
        Case::repo("SDLC-008", Failed, "No flag framework", |w| w.tree(service(&[]))),
        Case::repo("SDLC-008", NotApplicable, "neither", |_| {}),
    ]
}

fn hotfix_cases() -> Vec<Case> {
    let path = "# Hotfix\n\nBranch from the tag, fix, get one approval of the on-call engineer, release, and merge \
        the same commit back into main the same day. Tell the incident channel before and after.\n\
        Nobody skips the tests; the second review may follow within a day.\n";
    vec![
        Case::repo("SDLC-009", Passed, "docs/hotfix.md:1 (document)", move |w| {
            w.tree(service(&[("docs/hotfix.md", path)]));
        }),
        Case::repo("SDLC-009", Passed, ".github:docs/hotfix.md", move |w| {
            w.tree(service(&[]));
            of_org(w, "docs/hotfix.md", path);
        }),
        Case::repo("SDLC-009", Warning, "names \"hotfix/*\"", |w| {
            let text = "# Branching\n\nmain and hotfix/* branches.\n";
            w.tree(service(&[("docs/branching.md", text)]));
        }),
        Case::repo("SDLC-009", Warning, "only points", |w| {
            let text = "# Hotfix\n\nhttps://acme.atlassian.net/wiki/hotfix\n";
            w.tree(service(&[("docs/hotfix.md", text)]));
        }),
        Case::repo("SDLC-009", Failed, "no document says", |w| w.tree(service(&[]))),
        Case::repo("SDLC-009", NotApplicable, "Nothing is released", |_| {}),
    ]
}

fn done_cases() -> Vec<Case> {
    let done = "# Definition of done\n\n- [ ] tests cover the change\n- [ ] documentation is updated\n\
        - [ ] a second person reviewed it\n- [ ] the changelog names it\n- [ ] alerts exist for it\n\
        - [ ] the flag has an owner\n";
    vec![
        Case::repo("SDLC-010", Passed, "definition-of-done.md", move |w| {
            w.tree(files(&[("docs/definition-of-done.md", done)]));
        }),
        Case::repo("SDLC-010", Passed, "has 3 items", |w| {
            w.tree(files(&[(TEMPLATE, "- [ ] tests\n- [ ] docs\n- [ ] flag\n")]));
        }),
        Case::repo("SDLC-010", Warning, "has 2 items", |w| {
            w.tree(files(&[(TEMPLATE, "- [ ] tests\n- [ ] docs\n")]));
        }),
        Case::repo("SDLC-010", Warning, "without tests", |w| {
            w.tree(files(&[(TEMPLATE, "- [ ] a\n- [ ] b\n- [ ] c\n- [ ] d\n")]));
        }),
        Case::repo("SDLC-010", Failed, "no template carries", |w| {
            w.tree(files(&[(TEMPLATE, "## What\n## Why\n")]));
        }),
    ]
}

/// `count` decision records of `date`, in a repository with 1,000 lines of code or more.
fn records(tree: Tree, count: usize, date: &str) -> Tree {
    (1..=count).fold(tree, |tree, n| {
        let why = "It is what the team knows and what the platform runs already. ".repeat(4);
        let text = format!("# {n}. Choose\n\n{date}\n\n## Status\n\nAccepted\n\n## Decision\n\n{why}\n");
        tree.file(&format!("docs/adr/{n:04}-choose.md"), &text)
    })
}

fn large() -> Tree {
    repo_files().file("src/large.rs", &"fn f() {}\n".repeat(1_000))
}

fn record_cases() -> Vec<Case> {
    vec![
        Case::repo("SDLC-011", Passed, "3 decision records", |w| {
            w.tree(records(large(), 3, "Date: 2025-01-10"));
        }),
        Case::repo("SDLC-011", Warning, "2 decision records", |w| {
            w.tree(records(large(), 2, "Date: 2026-01-10"));
        }),
        Case::repo("SDLC-011", Warning, "dated 2023-01-10", |w| {
            w.tree(records(large(), 3, "Date: 2023-01-10"));
        }),
        Case::repo("SDLC-011", Warning, "none of which carries a date", |w| w.tree(records(large(), 3, ""))),
        Case::repo("SDLC-011", Failed, "1060 lines of code", |w| w.tree(large())),
        Case::repo("SDLC-011", NotApplicable, "60 lines of code", |_| {}),
        Case::repo("SDLC-011", NotApplicable, "one maintainer", |w| {
            w.tree(large().file("package.json", r#"{"name":"x","version":"1.0.0"}"#));
        }),
    ]
}

const SPEC: (&str, &str) = ("api/openapi.yaml", "openapi: 3.1.0\npaths: {}\n");

fn api_cases() -> Vec<Case> {
    let lint = "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - run: vacuum lint api/openapi.yaml\n";
    let docs = "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - run: typedoc src\n";
    vec![
        Case::repo("SDLC-012", Passed, "README.md:3 refers to it", |w| {
            w.tree(service(&[SPEC, ("README.md", "# x\n\nSee api/openapi.yaml.\n")]));
        }),
        Case::repo("SDLC-012", Passed, "ci.yml", move |w| {
            w.tree(service(&[SPEC, (".github/workflows/ci.yml", lint)]));
        }),
        Case::repo("SDLC-012", Passed, "generated reference", move |w| {
            w.tree(library(&[(".github/workflows/docs.yml", docs)]));
        }),
        Case::repo("SDLC-012", Passed, "https://docs.rs/x", |w| {
            w.tree(library(&[("README.md", "# x\n\n## API\n\nSee https://docs.rs/x/1.0.0/x/.\n")]));
        }),
        Case::repo("SDLC-012", Warning, "not YAML", |w| {
            w.tree(service(&[("api/openapi.yaml", "openapi: [\n")]));
        }),
        Case::repo("SDLC-012", Warning, "no document or pipeline refers", |w| w.tree(service(&[SPEC]))),
        Case::repo("SDLC-012", Warning, "utoipa", |w| {
            w.tree(service(&[("Cargo.toml", "[dependencies]\nutoipa = \"5\"\naxum = \"0.8\"\n")]));
        }),
        Case::repo("SDLC-012", Failed, "The library has no", |w| w.tree(library(&[]))),
        Case::repo("SDLC-012", Failed, "The HTTP API has no", |w| {
            w.tree(service(&[("Cargo.toml", "[dependencies]\naxum = \"0.8\"\n")]));
        }),
        Case::repo("SDLC-012", NotApplicable, "no API", |_| {}),
    ]
}
