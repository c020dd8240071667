//! Every status of every governance check, and both sides of every threshold.

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page, RepoActivity, RepoPosture,
        activity::Tag,
        posture::{BranchProtection, BranchRule, DefaultBranch, RefUpdateRule, RuleParameters, Ruleset},
    },
};

use crate::{
    finding::Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, bypass, forbidden, merged_pull, ruleset},
};

#[test]
fn every_case_holds() {
    assert_cases(&cases());
}

/// The cases of all governance checks.
pub(crate) fn cases() -> Vec<Case> {
    [
        protected(),
        reviews(),
        two_approvals(),
        stale(),
        admins(),
        force_push(),
        signed(),
        codeowners(),
        names(),
        tags(),
        deleted_on_merge(),
        merge_methods(),
        nothing_to_protect(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn posture(world: &mut RepoWorld) -> &mut RepoPosture {
    match &mut world.repo.posture {
        Fact::Known(posture) => posture,
        Fact::Unknown(_) => panic!("the world's posture is known"),
    }
}

fn activity(world: &mut RepoWorld) -> &mut RepoActivity {
    match &mut world.repo.activity {
        Fact::Known(activity) => activity,
        Fact::Unknown(_) => panic!("the world's activity is known"),
    }
}

fn branch(world: &mut RepoWorld) -> &mut DefaultBranch {
    posture(world).default_branch.as_mut().unwrap()
}

/// The classic rule as `change` leaves it.
fn classic(world: &mut RepoWorld, change: fn(&mut BranchProtection)) {
    match &mut branch(world).protection {
        Fact::Known(Some(rule)) => change(rule),
        _ => panic!("the world has a classic rule"),
    }
}

/// No classic rule and no ruleset.
fn bare(world: &mut RepoWorld) {
    branch(world).protection = Fact::Known(None);
    branch(world).update_rule = Fact::Known(None);
}

/// The classic rule is hidden; what `metadata:read` shows of it is as `change` leaves it.
fn hidden(world: &mut RepoWorld, change: fn(&mut RefUpdateRule)) {
    branch(world).protection = forbidden("administration");
    match &mut branch(world).update_rule {
        Fact::Known(Some(rule)) => change(rule),
        _ => panic!("the world has an update rule"),
    }
}

/// A rule of a ruleset instead of the classic rule.
fn ruled(world: &mut RepoWorld, rule_type: &str, parameters: RuleParameters) {
    bare(world);
    let rule = BranchRule {
        rule_type: rule_type.into(),
        enforcement: "ACTIVE".into(),
        ruleset_id: Some(9),
        parameters,
    };
    branch(world).rules = Fact::Known(vec![rule]);
    sets(world, vec![ruleset(9, "BRANCH", &["~DEFAULT_BRANCH"], &[(rule_type, RuleParameters::None)])]);
}

fn sets(world: &mut RepoWorld, sets: Vec<Ruleset>) {
    posture(world).rulesets = Fact::Known(Page::all(sets));
}

fn pull_request(approvals: u64) -> RuleParameters {
    RuleParameters::PullRequest {
        approvals,
        dismiss_stale: false,
        code_owner: false,
        last_push: false,
        threads: false,
        merge_methods: vec![],
    }
}

/// A mode in which rules are only rehearsed.
fn evaluate(mut set: Ruleset) -> Ruleset {
    set.enforcement = "EVALUATE".into();
    set
}

fn nothing_to_protect() -> Vec<Case> {
    let ids = ["REPO-001", "REPO-002", "REPO-003", "REPO-004", "REPO-005", "REPO-006", "REPO-007"];
    let no_branch = ids
        .map(|id| Case::repo(id, NotApplicable, "no default branch", |w| posture(w).default_branch = None));
    let unread = ids.map(|id| {
        Case::repo(id, Error, "no answer", |w| w.repo.posture = Fact::Unknown(Gap::unavailable("no answer")))
    });
    no_branch.into_iter().chain(unread).collect()
}

fn protected() -> Vec<Case> {
    vec![
        Case::repo("REPO-001", Passed, "main is protected", |_| {}),
        Case::repo("REPO-001", Passed, "ruleset 9", |w| ruled(w, "DELETION", RuleParameters::None)),
        Case::repo("REPO-001", Failed, "no protection rule", |w| ruled(w, "CREATION", RuleParameters::None)),
        Case::repo("REPO-001", Passed, "protection rule", |w| hidden(w, |_| {})),
        Case::repo("REPO-001", Warning, "evaluate mode", |w| {
            bare(w);
            let rules = [("PULL_REQUEST", pull_request(2))];
            sets(w, vec![evaluate(ruleset(9, "BRANCH", &["~ALL"], &rules))]);
        }),
        Case::repo("REPO-001", Failed, "no protection rule", |w| {
            bare(w);
            let rules = [("PULL_REQUEST", pull_request(2))];
            sets(w, vec![evaluate(ruleset(9, "BRANCH", &["refs/heads/dev"], &rules))]);
        }),
        Case::repo("REPO-001", Failed, "no protection rule", bare),
        Case::repo("REPO-001", Failed, "no protection rule", |w| {
            branch(w).protection = forbidden("administration");
            branch(w).update_rule = Fact::Known(None);
        }),
        Case::repo("REPO-001", Error, "administration:read", |w| {
            branch(w).protection = forbidden("administration");
            branch(w).update_rule = Fact::Unknown(Gap::unavailable("no answer"));
        }),
        Case::repo("REPO-001", Error, "no answer", |w| {
            bare(w);
            branch(w).rules = Fact::Unknown(Gap::unavailable("no answer"));
        }),
    ]
}

fn reviews() -> Vec<Case> {
    vec![
        Case::repo("REPO-002", Passed, "approvals: 2", |_| {}),
        Case::repo("REPO-002", Passed, "approvals: 1", |w| {
            classic(w, |rule| rule.required_approving_review_count = 1);
        }),
        Case::repo("REPO-002", Warning, "0 approvals", |w| {
            classic(w, |rule| rule.required_approving_review_count = 0);
        }),
        Case::repo("REPO-002", Warning, "0 approvals", |w| ruled(w, "PULL_REQUEST", pull_request(0))),
        Case::repo("REPO-002", Passed, "approvals: 3", |w| {
            ruled(w, "PULL_REQUEST", pull_request(3));
            branch(w).protection = Fact::Known(Some(BranchProtection {
                requires_approving_reviews: true,
                ..Default::default()
            }));
        }),
        Case::repo("REPO-002", Passed, "approvals: 2", |w| hidden(w, |_| {})),
        Case::repo("REPO-002", Failed, "No pull request", |w| {
            hidden(w, |rule| rule.required_approving_review_count = None);
        }),
        Case::repo("REPO-002", Failed, "No pull request", |w| {
            classic(w, |rule| rule.requires_approving_reviews = false);
        }),
        Case::repo("REPO-002", Failed, "No pull request", |w| {
            ruled(w, "PULL_REQUEST", pull_request(2));
            if let Fact::Known(rules) = &mut branch(w).rules {
                rules[0].enforcement = "EVALUATE".into();
            }
        }),
        Case::repo("REPO-002", Error, "administration:read", |w| {
            branch(w).protection = forbidden("administration");
            branch(w).update_rule = Fact::Unknown(Gap::unavailable("no answer"));
        }),
    ]
}

fn two_approvals() -> Vec<Case> {
    vec![
        Case::repo("REPO-003", Passed, "approvals: 2", |_| {}),
        Case::repo("REPO-003", Passed, "approvals: 2", |w| ruled(w, "PULL_REQUEST", pull_request(2))),
        Case::repo("REPO-003", Warning, "by a code owner", |w| {
            classic(w, |rule| rule.required_approving_review_count = 1);
        }),
        Case::repo("REPO-003", Failed, "approvals: 1", |w| {
            classic(w, |rule| {
                rule.required_approving_review_count = 1;
                rule.require_last_push_approval = false;
            });
        }),
        Case::repo("REPO-003", Failed, "approvals: 1", |w| ruled(w, "PULL_REQUEST", pull_request(1))),
        Case::repo("REPO-003", Failed, "approvals: 0", bare),
        Case::repo("REPO-003", Passed, "approvals: 2", |w| hidden(w, |_| {})),
        // One approval by a code owner: whether the last push counts is not carried.
        Case::repo("REPO-003", Error, "administration:read", |w| {
            hidden(w, |rule| rule.required_approving_review_count = Some(1));
        }),
        Case::repo("REPO-003", Failed, "approvals: 1", |w| {
            hidden(w, |rule| {
                rule.required_approving_review_count = Some(1);
                rule.requires_code_owner_reviews = false;
            });
        }),
    ]
}

fn stale() -> Vec<Case> {
    vec![
        Case::repo("REPO-004", Passed, "Approvals end", |_| {}),
        Case::repo("REPO-004", Warning, "last push", |w| {
            classic(w, |rule| rule.dismisses_stale_reviews = false)
        }),
        Case::repo("REPO-004", Failed, "outlive", |w| {
            classic(w, |rule| {
                rule.dismisses_stale_reviews = false;
                rule.require_last_push_approval = false;
            });
        }),
        Case::repo("REPO-004", Failed, "No approval", |w| {
            classic(w, |rule| rule.requires_approving_reviews = false)
        }),
        Case::repo("REPO-004", Failed, "No approval", bare),
        Case::repo("REPO-004", Error, "administration:read", |w| hidden(w, |_| {})),
        Case::repo("REPO-004", Failed, "No approval", |w| {
            hidden(w, |rule| rule.required_approving_review_count = None);
        }),
        Case::repo("REPO-004", Passed, "Approvals end", |w| {
            let parameters = RuleParameters::PullRequest {
                approvals: 1,
                dismiss_stale: true,
                code_owner: false,
                last_push: false,
                threads: false,
                merge_methods: vec![],
            };
            ruled(w, "PULL_REQUEST", parameters);
        }),
    ]
}

fn admins() -> Vec<Case> {
    fn actors(world: &mut RepoWorld, actors: Vec<scrutineer_core::evidence::posture::BypassActor>) {
        ruled(world, "PULL_REQUEST", pull_request(2));
        if let Fact::Known(page) = &mut posture(world).rulesets {
            page.items[0].bypass_actors = Fact::Known(Page::all(actors));
        }
    }
    fn unseen(world: &mut RepoWorld) {
        ruled(world, "PULL_REQUEST", pull_request(2));
        if let Fact::Known(page) = &mut posture(world).rulesets {
            page.items[0].bypass_actors = Fact::Unknown(Gap::unsupported("needs write access"));
        }
    }
    vec![
        Case::repo("REPO-005", Passed, "binds administrators", |_| {}),
        Case::repo("REPO-005", Failed, "does not bind", |w| {
            classic(w, |rule| rule.is_admin_enforced = false)
        }),
        Case::repo("REPO-005", Warning, "2 actors", |w| {
            classic(w, |rule| rule.bypass_pull_request_allowances = 2);
        }),
        Case::repo("REPO-005", Passed, "rulesets bind", |w| actors(w, vec![])),
        Case::repo("REPO-005", Passed, "rulesets bind", |w| actors(w, vec![bypass("ALWAYS", "maintain")])),
        Case::repo("REPO-005", Failed, "role admin, ALWAYS", |w| actors(w, vec![bypass("ALWAYS", "admin")])),
        Case::repo("REPO-005", Failed, "owners, ALWAYS", |w| {
            let mut owner = bypass("ALWAYS", "");
            owner.is_owner = true;
            actors(w, vec![owner]);
        }),
        Case::repo("REPO-005", Warning, "in pull requests", |w| {
            actors(w, vec![bypass("PULL_REQUEST", "admin")])
        }),
        Case::repo("REPO-005", Warning, "hidden", unseen),
        Case::repo("REPO-005", Warning, "hidden", |w| {
            unseen(w);
            w.repo.details.rule_bypasses = Fact::Known(vec!["renovate[bot]".into()]);
        }),
        Case::repo("REPO-005", Failed, "m1", |w| {
            unseen(w);
            w.repo.details.rule_bypasses = Fact::Known(vec!["m1".into()]);
        }),
        Case::repo("REPO-005", Failed, "No rule", bare),
        // The better of the two counts.
        Case::repo("REPO-005", Passed, "rulesets bind", |w| {
            actors(w, vec![]);
            branch(w).protection = Fact::Known(Some(BranchProtection::default()));
        }),
        Case::repo("REPO-005", Error, "administration:read", |w| {
            unseen(w);
            w.repo.details.rule_bypasses = forbidden("administration");
        }),
        Case::repo("REPO-005", Error, "administration:read", |w| {
            branch(w).protection = forbidden("administration");
        }),
    ]
}

fn force_push() -> Vec<Case> {
    vec![
        Case::repo("REPO-006", Passed, "forbidden for everyone", |_| {}),
        Case::repo("REPO-006", Passed, "ruleset blocks", |w| {
            ruled(w, "NON_FAST_FORWARD", RuleParameters::None)
        }),
        Case::repo("REPO-006", Warning, "except for 1 actors", |w| {
            classic(w, |rule| rule.bypass_force_push_allowances = 1);
        }),
        Case::repo("REPO-006", Failed, "may be force pushed", |w| {
            classic(w, |rule| rule.allows_force_pushes = true)
        }),
        Case::repo("REPO-006", Failed, "may be force pushed", bare),
        Case::repo("REPO-006", Failed, "may be force pushed", |w| {
            hidden(w, |rule| rule.allows_force_pushes = true)
        }),
        Case::repo("REPO-006", Error, "administration:read", |w| hidden(w, |_| {})),
        Case::repo("REPO-006", Passed, "ruleset blocks", |w| {
            ruled(w, "NON_FAST_FORWARD", RuleParameters::None);
            branch(w).protection = forbidden("administration");
        }),
    ]
}

fn signed() -> Vec<Case> {
    fn optional(world: &mut RepoWorld) {
        classic(world, |rule| rule.requires_commit_signatures = false);
    }
    vec![
        Case::repo("REPO-007", Passed, "must be signed", |_| {}),
        Case::repo("REPO-007", Passed, "must be signed", |w| {
            ruled(w, "REQUIRED_SIGNATURES", RuleParameters::None)
        }),
        Case::repo("REPO-007", Passed, "must be signed", |w| hidden(w, |_| {})),
        Case::repo("REPO-007", Warning, "last 20 commits", optional),
        Case::repo("REPO-007", Failed, "1 of the last 20", |w| {
            optional(w);
            if let Fact::Known(page) = &mut activity(w).commits {
                page.items[19].signature_valid = false;
            }
        }),
        Case::repo("REPO-007", Failed, "0 of the last 0", |w| {
            optional(w);
            activity(w).commits = Fact::Known(Page::all(vec![]));
        }),
        Case::repo("REPO-007", Warning, "last 20 commits", |w| {
            hidden(w, |rule| rule.requires_signatures = false)
        }),
        Case::repo("REPO-007", Error, "contents:read", |w| {
            optional(w);
            activity(w).commits = forbidden("contents");
        }),
    ]
}

fn codeowners() -> Vec<Case> {
    fn owned(world: &mut RepoWorld, rules: &str) {
        let tree = Tree::new().file("CODEOWNERS", rules).file("a/1.rs", "\n").file("b/1.rs", "\n");
        world.tree(tree.file("b/2.rs", "\n"));
    }
    vec![
        Case::repo("REPO-008", Passed, "every file", |_| {}),
        Case::repo("REPO-008", Passed, "2 of 4 (50 %)", |w| owned(w, "/b/ @acme/core\n")),
        Case::repo("REPO-008", Warning, "1 of 4 (25 %)", |w| owned(w, "/a/ @acme/core\n")),
        Case::repo("REPO-008", Warning, "has 1 errors", |w| owned(w, "* @acme/core\n/a/ nobody\n")),
        Case::repo("REPO-008", Warning, "Unknown owner", |w| {
            let error = scrutineer_core::evidence::posture::CodeownersError {
                kind: "Unknown owner".into(),
                line: 1,
                path: ".github/CODEOWNERS".into(),
            };
            posture(w).codeowners_errors = Some(vec![error]);
        }),
        Case::repo("REPO-008", Failed, "No CODEOWNERS", |w| w.tree(Tree::new().code())),
        Case::repo("REPO-008", Failed, "names no owner", |w| owned(w, "# later\n/a/\n")),
        Case::repo("REPO-008", Error, "contents:read", RepoWorld::no_contents),
        Case::repo("REPO-008", Error, "truncated", |w| {
            w.tree(Tree::new().code());
            w.truncate();
        }),
        Case::repo("REPO-008", Passed, "every file", RepoWorld::truncate),
    ]
}

fn names() -> Vec<Case> {
    fn branches(world: &mut RepoWorld, good: usize, odd: usize) {
        let good = (0..good).map(|n| format!("feat/x{n}"));
        let all = good.chain((0..odd).map(|n| format!("stuff{n}"))).collect();
        activity(world).branches = Fact::Known(Page::all(all));
    }
    fn pattern() -> Ruleset {
        let pattern = RuleParameters::Pattern {
            operator: "REGEX".into(),
            pattern: "^(feat|fix)/".into(),
            negate: false,
        };
        ruleset(4, "BRANCH", &["~ALL"], &[("BRANCH_NAME_PATTERN", pattern)])
    }
    vec![
        Case::repo("REPO-009", Passed, "^(feat|fix)/", |w| sets(w, vec![pattern()])),
        Case::repo("REPO-009", Warning, "3 of 3", |w| sets(w, vec![evaluate(pattern())])),
        Case::repo("REPO-009", Warning, "9 of 10 (90 %)", |w| branches(w, 9, 1)),
        Case::repo("REPO-009", Failed, "8 of 9 (88.9 %)", |w| branches(w, 8, 1)),
        Case::repo("REPO-009", Warning, "describes branches", |w| {
            branches(w, 1, 9);
            let text = "# Contributing\n\n## Branching strategy\n\nWork happens on feature branches that start at main \
                and are merged back by pull request. A release branch is cut from main for every version, and a \
                hotfix starts at the release branch it repairs and is merged into main as well.\n";
            w.tree(Tree::new().code().file("CONTRIBUTING.md", text));
        }),
        Case::repo("REPO-009", Failed, "neither enforced", |w| branches(w, 0, 3)),
        Case::repo("REPO-009", NotApplicable, "2 branches", |w| branches(w, 0, 2)),
        Case::repo("REPO-009", Error, "contents:read", RepoWorld::no_contents),
        Case::repo("REPO-009", Error, "contents:read", |w| activity(w).branches = forbidden("contents")),
        Case::repo("REPO-009", Error, "truncated", |w| {
            branches(w, 0, 3);
            w.truncate();
        }),
    ]
}

fn tags() -> Vec<Case> {
    fn rules(world: &mut RepoWorld, kinds: &[&str]) {
        let rules: Vec<_> = kinds.iter().map(|kind| (*kind, RuleParameters::None)).collect();
        sets(world, vec![ruleset(7, "TAG", &["refs/tags/v*"], &rules)]);
    }
    fn no_tags(world: &mut RepoWorld) {
        rules(world, &[]);
        activity(world).tags = Fact::Known(Page::all(vec![]));
    }
    vec![
        Case::repo("REPO-010", Passed, "neither be deleted nor moved", |_| {}),
        Case::repo("REPO-010", Passed, "neither be deleted nor moved", |w| {
            let deletion = ruleset(1, "TAG", &["~ALL"], &[("DELETION", RuleParameters::None)]);
            sets(
                w,
                vec![deletion, ruleset(2, "TAG", &["refs/tags/*.*.*"], &[("UPDATE", RuleParameters::None)])],
            );
        }),
        Case::repo("REPO-010", Passed, "Immutable releases", |w| {
            rules(w, &[]);
            w.org.immutable_releases = Fact::Known("all".into());
        }),
        Case::repo("REPO-010", Warning, "cannot be deleted, but moved", |w| rules(w, &["DELETION"])),
        Case::repo("REPO-010", Warning, "cannot be moved", |w| rules(w, &["UPDATE"])),
        Case::repo("REPO-010", Warning, "evaluate mode", |w| {
            let both = [("DELETION", RuleParameters::None), ("UPDATE", RuleParameters::None)];
            sets(w, vec![evaluate(ruleset(7, "TAG", &["~ALL"], &both))]);
        }),
        Case::repo("REPO-010", Failed, "No active ruleset", |w| rules(w, &["CREATION"])),
        Case::repo("REPO-010", Failed, "No active ruleset", |w| {
            let both = [("DELETION", RuleParameters::None), ("UPDATE", RuleParameters::None)];
            sets(w, vec![ruleset(7, "TAG", &["refs/tags/nightly"], &both)]);
        }),
        Case::repo("REPO-010", NotApplicable, "no tag and no release workflow", no_tags),
        Case::repo("REPO-010", Failed, "No active ruleset", |w| {
            no_tags(w);
            let workflow = "on:\n  push:\n    tags: ['v*']\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - \
                run: make\n";
            w.tree(Tree::new().file(".github/workflows/release.yml", workflow));
        }),
        Case::repo("REPO-010", Error, "selected repositories", |w| {
            rules(w, &[]);
            w.org.immutable_releases = Fact::Known("selected".into());
        }),
        Case::repo("REPO-010", Failed, "No active ruleset", |w| {
            rules(w, &[]);
            w.org.immutable_releases = Fact::Unknown(Gap::unsupported("the host does not know it"));
        }),
        Case::repo("REPO-010", Error, "administration:read", |w| {
            rules(w, &[]);
            w.org.immutable_releases = forbidden("administration");
        }),
        Case::repo("REPO-010", Error, "contents:read", |w| {
            no_tags(w);
            w.no_contents();
        }),
        Case::repo("REPO-010", Failed, "No active ruleset", |w| {
            rules(w, &[]);
            activity(w).tags = Fact::Known(Page::all(vec![Tag { name: "v1".into(), tagged_at: None }]));
            w.no_contents();
        }),
    ]
}

fn deleted_on_merge() -> Vec<Case> {
    fn left(world: &mut RepoWorld, count: u64) {
        posture(world).delete_branch_on_merge = false;
        let heads: Vec<String> = (0..count).map(|n| format!("feat/{n:02}")).collect();
        let pulls = heads.iter().zip(1..).map(|(head, n)| merged_pull(n, head)).collect();
        activity(world).merged = Fact::Known(Page::all(pulls));
        let branches = std::iter::once("main".to_owned()).chain(heads).collect();
        activity(world).branches = Fact::Known(Page::all(branches));
    }
    fn more_branches(world: &mut RepoWorld) {
        if let Fact::Known(page) = &mut activity(world).branches {
            page.total = 300;
        }
    }
    vec![
        Case::repo("REPO-011", Passed, "deleted when they are merged", |_| {}),
        Case::repo("REPO-011", Warning, "left over: 0", |w| left(w, 0)),
        Case::repo("REPO-011", Warning, "left over: 9", |w| left(w, 9)),
        Case::repo("REPO-011", Failed, "left over: 10", |w| left(w, 10)),
        Case::repo("REPO-011", Failed, "left over: 10", |w| {
            left(w, 10);
            more_branches(w);
        }),
        Case::repo("REPO-011", Error, "of 300 branches", |w| {
            left(w, 2);
            more_branches(w);
        }),
        Case::repo("REPO-011", Error, "no answer", |w| {
            w.repo.posture = Fact::Unknown(Gap::unavailable("no answer"))
        }),
    ]
}

fn merge_methods() -> Vec<Case> {
    fn all_open(world: &mut RepoWorld) {
        posture(world).merge_commit_allowed = true;
        posture(world).squash_merge_allowed = true;
        posture(world).rebase_merge_allowed = true;
        classic(world, |rule| rule.requires_linear_history = false);
    }
    fn limited(world: &mut RepoWorld, methods: &[&str]) {
        all_open(world);
        let merge_methods = methods.iter().map(|m| (*m).to_owned()).collect();
        let parameters = RuleParameters::PullRequest {
            approvals: 1,
            dismiss_stale: false,
            code_owner: false,
            last_push: false,
            threads: false,
            merge_methods,
        };
        ruled(world, "PULL_REQUEST", parameters);
    }
    vec![
        Case::repo("REPO-012", Passed, "open: SQUASH", |_| {}),
        Case::repo("REPO-012", Passed, "open: MERGE, SQUASH", |w| posture(w).merge_commit_allowed = true),
        Case::repo("REPO-012", Failed, "open: MERGE, SQUASH, REBASE", all_open),
        Case::repo("REPO-012", Passed, "open: SQUASH, REBASE", |w| limited(w, &["SQUASH", "REBASE"])),
        Case::repo("REPO-012", Failed, "MERGE, SQUASH, REBASE", |w| limited(w, &[])),
        Case::repo("REPO-012", Passed, "Linear history", |w| {
            all_open(w);
            classic(w, |rule| rule.requires_linear_history = true);
        }),
        Case::repo("REPO-012", Passed, "Linear history", |w| {
            all_open(w);
            hidden(w, |_| {});
        }),
        Case::repo("REPO-012", Failed, "MERGE, SQUASH, REBASE", |w| {
            all_open(w);
            posture(w).default_branch = None;
        }),
        Case::repo("REPO-012", Error, "no answer", |w| {
            all_open(w);
            branch(w).rules = Fact::Unknown(Gap::unavailable("no answer"));
        }),
        Case::repo("REPO-012", Error, "no answer", |w| {
            w.repo.posture = Fact::Unknown(Gap::unavailable("no answer"))
        }),
    ]
}
