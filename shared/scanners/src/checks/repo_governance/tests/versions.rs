//! REPO-008 to REPO-010.

use super::*;

pub(super) fn codeowners() -> Vec<Case> {
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
            posture(w).codeowners_errors = Fact::Known(Some(vec![error]));
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

pub(super) fn names() -> Vec<Case> {
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

pub(super) fn tags() -> Vec<Case> {
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
