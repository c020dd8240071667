//! REPO-002 to REPO-005.

use super::*;

pub(super) fn reviews() -> Vec<Case> {
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

pub(super) fn two_approvals() -> Vec<Case> {
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

pub(super) fn stale() -> Vec<Case> {
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

pub(super) fn admins() -> Vec<Case> {
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
