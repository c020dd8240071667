//! REPO-001, REPO-006, REPO-007, REPO-011 and REPO-012.

use super::*;

pub(super) fn protected() -> Vec<Case> {
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

pub(super) fn force_push() -> Vec<Case> {
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

pub(super) fn signed() -> Vec<Case> {
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

pub(super) fn deleted_on_merge() -> Vec<Case> {
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

pub(super) fn merge_methods() -> Vec<Case> {
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

pub(super) fn nothing_to_protect() -> Vec<Case> {
    let ids = ["REPO-001", "REPO-002", "REPO-003", "REPO-004", "REPO-005", "REPO-006", "REPO-007"];
    let no_branch = ids
        .map(|id| Case::repo(id, NotApplicable, "no default branch", |w| posture(w).default_branch = None));
    let unread = ids.map(|id| {
        Case::repo(id, Error, "no answer", |w| w.repo.posture = Fact::Unknown(Gap::unavailable("no answer")))
    });
    no_branch.into_iter().chain(unread).collect()
}
