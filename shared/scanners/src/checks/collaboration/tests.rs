//! Every status of every check, through the public evaluation.

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::{
    Fact,
    evidence::{
        Page, RepoActivity, RepoPosture,
        activity::{MergedPull, OpenPull},
        org::{Installation, Team},
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

pub(crate) fn cases() -> Vec<Case> {
    let mut all = issue_cases();
    all.extend(discussion_cases());
    all.extend(notification_cases());
    all.extend(board_cases());
    all.extend(site_cases());
    all.extend(response_cases());
    all.extend(stale_cases());
    for id in [1, 2, 4] {
        let check: &'static str = format!("COLLAB-{id:03}").leak();
        all.push(Case::repo(check, Error, "lacks metadata:read", |w| {
            w.repo.posture = forbidden("metadata");
        }));
    }
    all
}

fn issue_cases() -> Vec<Case> {
    let form = ".github/ISSUE_TEMPLATE/bug.yml";
    vec![
        Case::repo("COLLAB-001", Passed, "bug.yml", |w| posture(w).issue_templates = vec!["bug.yml".into()]),
        Case::repo("COLLAB-001", Passed, form, move |w| w.tree(files(&[(form, "name: Bug\n")]))),
        Case::repo("COLLAB-001", Passed, ".github:.github/ISSUE_TEMPLATE/bug.yml", move |w| {
            w.profile = Fact::Known(Some(Tree::new().file(form, "name: Bug\n")));
        }),
        Case::repo("COLLAB-001", Warning, "ISSUE_TEMPLATE.md", |w| {
            w.tree(files(&[(".github/ISSUE_TEMPLATE.md", "What happened?\n")]));
        }),
        Case::repo("COLLAB-001", Warning, "issue_template.md", |w| {
            posture(w).issue_templates = vec!["issue_template.md".into()];
        }),
        Case::repo("COLLAB-001", Failed, "no template", |w| {
            w.tree(files(&[(".github/ISSUE_TEMPLATE/config.yml", "blank_issues_enabled: false\n")]));
        }),
        Case::repo("COLLAB-001", Failed, "no template", RepoWorld::no_contents),
        Case::repo("COLLAB-001", NotApplicable, "disabled", |w| posture(w).has_issues = false),
        Case::repo("COLLAB-001", Error, "truncated", RepoWorld::truncate),
    ]
}

fn discussion_cases() -> Vec<Case> {
    let link = |w: &mut RepoWorld, url: &str| posture(w).contact_links = vec![url.into()];
    vec![
        Case::repo("COLLAB-002", Passed, "threads: 7", |w| {
            posture(w).has_discussions = true;
            posture(w).discussions = Fact::Known((7, None));
        }),
        Case::repo("COLLAB-002", Passed, "not counted", |w| {
            posture(w).has_discussions = true;
            posture(w).discussions = forbidden("discussions");
        }),
        Case::repo("COLLAB-002", Passed, "community's discussions", move |w| {
            link(w, "https://github.com/orgs/acme/discussions");
        }),
        Case::repo("COLLAB-002", Passed, "community's discussions", move |w| {
            link(w, "https://github.com/acme/community/discussions");
        }),
        Case::repo("COLLAB-002", Warning, "another channel", move |w| link(w, "https://forum.acme.example")),
        Case::repo("COLLAB-002", Warning, "README.md:3 links https://discord.gg/x", |w| {
            w.tree(files(&[("README.md", "# x\n\nTalk: https://discord.gg/x\n")]));
        }),
        Case::repo("COLLAB-002", Failed, "no other channel", |_| {}),
        Case::repo("COLLAB-002", NotApplicable, "archived", |w| w.repo.listing.archived = true),
        Case::repo("COLLAB-002", Error, "truncated", RepoWorld::truncate),
    ]
}

fn teams(world: &mut RepoWorld, change: impl Fn(&mut Team)) {
    if let Fact::Known(page) = &mut world.org.teams {
        page.items.iter_mut().for_each(change);
    }
}

fn notification_cases() -> Vec<Case> {
    let slack = "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: slackapi/slack-github-action@v2\n";
    let app = |w: &mut RepoWorld, suspended: bool| {
        let app = Installation { app_slug: "slack".into(), repository_selection: "all".into(), suspended };
        w.org.installations = Fact::Known(vec![app]);
    };
    vec![
        Case::repo("COLLAB-003", Passed, "Team core is notified", |_| {}),
        Case::repo("COLLAB-003", Passed, "reviewRequestDelegationEnabled", |w| {
            w.tree(Tree::new().code());
        }),
        Case::repo("COLLAB-003", Passed, "slackapi/slack-github-action", move |w| {
            w.tree(files(&[(".github/workflows/notify.yml", slack)]));
            w.org.teams = forbidden("members");
        }),
        Case::repo("COLLAB-003", Passed, "app_slug", move |w| {
            w.org.teams = Fact::Known(Page::all(vec![]));
            app(w, false);
        }),
        Case::repo("COLLAB-003", Warning, "only individual watchers", move |w| {
            w.org.teams = Fact::Known(Page::all(vec![]));
            app(w, true);
        }),
        Case::repo("COLLAB-003", Warning, "neither CODEOWNERS", |w| {
            w.tree(Tree::new().code().file(".github/CODEOWNERS", "* @somebody\n"));
            teams(w, |team| team.review_delegation = false);
        }),
        Case::repo("COLLAB-003", Failed, "2 teams with access", |w| {
            teams(w, |team| team.notifications = Some(false));
        }),
        Case::repo("COLLAB-003", Error, "lacks members:read", |w| w.org.teams = forbidden("members")),
        Case::repo("COLLAB-003", Error, "lacks contents:read", RepoWorld::no_contents),
        Case::repo("COLLAB-003", Error, "does not say", |w| teams(w, |team| team.notifications = None)),
        Case::repo("COLLAB-003", Error, "truncated", |w| {
            teams(w, |team| {
                team.notifications = Some(false);
                team.repositories.total = 500;
            });
        }),
    ]
}

fn board_cases() -> Vec<Case> {
    let heads = |w: &mut RepoWorld, heads: &[&str]| {
        let pulls = (1..).zip(heads).map(|(number, head)| merged_pull(number, head)).collect();
        activity(w).merged = Fact::Known(Page::all(pulls));
        w.org.security.projects = Fact::Known(0);
    };
    vec![
        Case::repo("COLLAB-004", Passed, "Linked projects: 2", |w| posture(w).projects = Fact::Known(2)),
        Case::repo("COLLAB-004", Passed, "1 of 2 (50 %)", move |w| {
            heads(w, &["feat/ABC-12-search", "fix/x"])
        }),
        Case::repo("COLLAB-004", Warning, "Only the organization has projects (1)", |_| {}),
        Case::repo("COLLAB-004", Failed, "3 merged pull requests", move |w| {
            heads(w, &["feat/ABC-12-search", "fix/x", "fix/utf-8"]);
        }),
        Case::repo("COLLAB-004", Error, "lacks repository_projects:read", move |w| {
            heads(w, &[]);
            posture(w).projects = forbidden("repository_projects");
        }),
        Case::repo("COLLAB-004", Error, "lacks organization_projects:read", |w| {
            w.org.security.projects = forbidden("organization_projects");
        }),
    ]
}

fn site_cases() -> Vec<Case> {
    let page = |n: usize| (0..n).fold(repo_files(), |tree, n| tree.file(&format!("docs/{n}.md"), "# x\n"));
    vec![
        Case::repo("COLLAB-005", Passed, "mkdocs.yml", |w| {
            w.tree(files(&[("mkdocs.yml", "site_name: x\n")]))
        }),
        Case::repo("COLLAB-005", Passed, "docs/book.toml", |w| {
            w.tree(files(&[("docs/book.toml", "[book]\n")]))
        }),
        Case::repo("COLLAB-005", Passed, "has_pages", |w| w.repo.listing.has_pages = true),
        Case::repo("COLLAB-005", Passed, "3 pages", move |w| w.tree(page(3))),
        Case::repo("COLLAB-005", Warning, "https://acme.example", |w| {
            posture(w).homepage_url = Some("https://acme.example".into());
        }),
        Case::repo("COLLAB-005", Warning, "wiki is switched on", |w| posture(w).has_wiki = true),
        Case::repo("COLLAB-005", Failed, "holds 2 pages", move |w| w.tree(page(2))),
        Case::repo("COLLAB-005", Error, "lacks contents:read", RepoWorld::no_contents),
        Case::repo("COLLAB-005", Error, "truncated", RepoWorld::truncate),
    ]
}

/// Pull requests opened on a Tuesday; the first review came after so many minutes, or never.
fn answered(world: &mut RepoWorld, minutes: &[Option<i64>]) {
    let opened: Timestamp = "2026-05-26T09:00:00Z".parse().unwrap();
    let one = |(number, wait): (u64, &Option<i64>)| {
        let mut pull: MergedPull = merged_pull(number, "feat/x");
        (pull.created_at, pull.merged_at) = (opened, opened + SignedDuration::from_hours(72));
        match wait {
            Some(wait) => {
                pull.reviews.items[0].submitted_at = Some(opened + SignedDuration::from_mins(*wait))
            }
            None => pull.reviews = Page::all(vec![]),
        }
        pull
    };
    activity(world).merged = Fact::Known(Page::all((1..).zip(minutes).map(one).collect()));
}

/// `good` answered in time, the rest a minute too late.
fn in_time(world: &mut RepoWorld, good: usize, all: usize) {
    let waits: Vec<Option<i64>> = (0..all).map(|n| Some(if n < good { 1_440 } else { 1_441 })).collect();
    answered(world, &waits);
}

fn response_cases() -> Vec<Case> {
    vec![
        Case::repo("COLLAB-006", Passed, "10 of 11 (90.9 %)", |w| in_time(w, 10, 11)),
        Case::repo("COLLAB-006", Warning, "9 of 10 (90 %)", |w| in_time(w, 9, 10)),
        Case::repo("COLLAB-006", Warning, "7 of 9", |w| in_time(w, 7, 9)),
        Case::repo("COLLAB-006", Failed, "3 of 4 (75 %)", |w| in_time(w, 3, 4)),
        Case::repo("COLLAB-006", Failed, "no review by another", |w| answered(w, &[None, Some(1), Some(1)])),
        Case::repo("COLLAB-006", NotApplicable, "people: 2", |w| in_time(w, 2, 2)),
        Case::repo("COLLAB-006", Error, "lacks pull_requests:read", |w| {
            activity(w).merged = forbidden("pull_requests");
        }),
    ]
}

/// Open issues last touched so many days ago, stalest first, of so many.
fn touched(world: &mut RepoWorld, days: &[i64], total: u64) {
    let items = days.iter().map(|days| days_ago(*days)).collect();
    activity(world).stale_issues = Fact::Known(Page { items, total });
}

/// Open pull requests opened and last touched so many days ago, of so many.
fn open(world: &mut RepoWorld, days: &[i64], total: u64) {
    let one = |(number, days): (u64, &i64)| OpenPull {
        number,
        created_at: days_ago(*days),
        updated_at: days_ago(*days),
        is_draft: false,
        head: "feat/x".into(),
        author: None,
    };
    let items = (1..).zip(days).map(one).collect();
    activity(world).open = Fact::Known(Page { items, total });
}

fn stale_cases() -> Vec<Case> {
    let workflow = "on:\n  schedule:\n    - cron: '0 0 * * *'\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/stale@v9\n";
    vec![
        Case::repo("COLLAB-007", Passed, "actions/stale", move |w| {
            w.tree(files(&[(".github/workflows/stale.yml", workflow)]));
        }),
        Case::repo("COLLAB-007", Passed, ".github/stale.yml", |w| {
            w.tree(files(&[(".github/stale.yml", "daysUntilStale: 60\n")]));
        }),
        Case::repo("COLLAB-007", Passed, "None of 3 open", |w| {
            touched(w, &[365, 10], 2);
            open(w, &[90], 1);
        }),
        Case::repo("COLLAB-007", Passed, "None of 40 open", |w| touched(w, &[300, 10], 40)),
        Case::repo("COLLAB-007", Warning, "1 of 5 (20 %)", |w| touched(w, &[366, 10, 9, 8, 7], 5)),
        Case::repo("COLLAB-007", Warning, "at least 5 of 100", |w| {
            touched(w, &[900, 800, 700, 600, 500], 100)
        }),
        Case::repo("COLLAB-007", Failed, "pull request #1", |w| open(w, &[91, 10, 9, 8], 4)),
        Case::repo("COLLAB-007", Failed, "1 of 4 (25 %)", |w| touched(w, &[366, 10, 9, 8], 4)),
        Case::repo("COLLAB-007", NotApplicable, "Nothing is open", |_| {}),
        Case::repo("COLLAB-007", Error, "lacks issues:read", |w| {
            activity(w).stale_issues = forbidden("issues");
        }),
        Case::repo("COLLAB-007", Error, "only the oldest", |w| {
            open(w, &[200], 2);
            if let Fact::Known(page) = &mut activity(w).open {
                page.items[0].updated_at = days_ago(1);
            }
        }),
    ]
}
