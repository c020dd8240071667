//! A hardened repository `acme/api`, fully known.

use scrutineer_core::{
    Fact,
    evidence::{
        Page, RepoActivity, RepoDetails, RepoEvidence, RepoListing, RepoPosture,
        activity::{Author, Commit, MergedPull, Review, Tag},
        posture::{BranchProtection, BypassActor, DefaultBranch, RefUpdateRule, RuleParameters, Ruleset},
        repo::{DefaultSetup, SecurityAndAnalysis},
        snapshot::Head,
    },
};

use super::{NOW, Tree, days_ago};

/// A ruleset on the given refs, without bypass actors.
pub(crate) fn ruleset(id: u64, target: &str, include: &[&str], rules: &[(&str, RuleParameters)]) -> Ruleset {
    Ruleset {
        id: Some(id),
        name: format!("ruleset {id}"),
        target: Some(target.into()),
        enforcement: "ACTIVE".into(),
        source: "Repository".into(),
        include: include.iter().map(|s| (*s).to_owned()).collect(),
        exclude: vec![],
        bypass_actors: Fact::Known(Page::all(vec![])),
        rules: rules.iter().map(|(kind, parameters)| ((*kind).to_owned(), parameters.clone())).collect(),
    }
}

/// Someone with the repository role `role` who may bypass a ruleset.
pub(crate) fn bypass(mode: &str, role: &str) -> BypassActor {
    BypassActor {
        mode: mode.into(),
        is_owner: false,
        is_deploy_key: false,
        repository_role: Some(role.into()),
        actor: None,
    }
}

/// A signed commit.
fn commit(oid: &str) -> Commit {
    Commit {
        oid: oid.into(),
        committed_at: days_ago(1),
        author: Some("m1".into()),
        signature_valid: true,
        suites: Fact::Known(vec![]),
    }
}

/// A pull request that was reviewed and merged the day after it was opened.
pub(crate) fn merged_pull(number: u64, head: &str) -> MergedPull {
    MergedPull {
        number,
        created_at: days_ago(3),
        merged_at: days_ago(2),
        additions: 10,
        deletions: 2,
        changed_files: 2,
        base: "main".into(),
        head: head.into(),
        author: Some(Author { login: "m1".into(), is_bot: false }),
        merged_by: Some("m2".into()),
        checks: Fact::Known(Some("SUCCESS".into())),
        reviews: Page::all(vec![Review {
            state: "APPROVED".into(),
            submitted_at: Some(days_ago(2)),
            author: Some(Author { login: "m2".into(), is_bot: false }),
        }]),
    }
}

/// A hardened private repository, fully known.
pub(crate) fn repo_evidence() -> RepoEvidence {
    RepoEvidence {
        observed_at: NOW.parse().unwrap(),
        listing: listing(),
        posture: Fact::Known(posture()),
        activity: Fact::Known(activity()),
        details: RepoDetails {
            actions_secrets: Fact::Known(vec![]),
            default_setup: Fact::Known(DefaultSetup {
                configured: true,
                languages: vec![],
                query_suite: Some("default".into()),
            }),
            rule_bypasses: Fact::Known(vec![]),
        },
        assurance: None,
    }
}

/// The files of a hardened repository.
pub(crate) fn repo_files() -> Tree {
    Tree::new()
        .code()
        .file(".github/CODEOWNERS", "* @acme/core\n")
        .file("README.md", "# api\n\nAn example service.\n")
}

fn listing() -> RepoListing {
    RepoListing {
        name: "acme/api".parse().unwrap(),
        node_id: "R_1".into(),
        visibility: "private".into(),
        archived: false,
        fork: false,
        empty: false,
        disabled: false,
        size_kib: 100,
        default_branch: "main".into(),
        has_pages: false,
        pushed_at: Some(days_ago(1)),
        updated_at: Some(days_ago(1)),
        security_and_analysis: Fact::Known(SecurityAndAnalysis {
            advanced_security: Some(true),
            code_security: Some(true),
            secret_scanning: Some(true),
            push_protection: Some(true),
            non_provider_patterns: Some(true),
            delegated_bypass: Some(true),
            dependabot_security_updates: Some(true),
        }),
        custom_properties: vec![],
        secret_alerts: Fact::Known(vec![]),
        code_alerts: Fact::Known(vec![]),
        dependency_alerts: Fact::Known(vec![]),
        default_setup_configuration: Some("Baseline".into()),
    }
}

fn protection() -> BranchProtection {
    BranchProtection {
        pattern: "main".into(),
        requires_approving_reviews: true,
        required_approving_review_count: 2,
        dismisses_stale_reviews: true,
        requires_code_owner_reviews: true,
        is_admin_enforced: true,
        requires_commit_signatures: true,
        requires_status_checks: true,
        requires_strict_status_checks: true,
        required_status_checks: vec!["test".into()],
        requires_conversation_resolution: true,
        requires_linear_history: true,
        require_last_push_approval: true,
        ..BranchProtection::default()
    }
}

fn default_branch() -> DefaultBranch {
    DefaultBranch {
        name: "main".into(),
        head: Fact::Known(Head {
            branch: "main".into(),
            oid: "1".repeat(40).parse().unwrap(),
            tarball_url: None,
        }),
        protection: Fact::Known(Some(protection())),
        update_rule: Fact::Known(Some(RefUpdateRule {
            required_approving_review_count: Some(2),
            requires_code_owner_reviews: true,
            requires_signatures: true,
            requires_linear_history: true,
            requires_conversation_resolution: true,
            required_status_check_contexts: vec!["test".into()],
            ..RefUpdateRule::default()
        })),
        rules: Fact::Known(vec![]),
    }
}

fn posture() -> RepoPosture {
    let tags = ruleset(
        7,
        "TAG",
        &["refs/tags/v*"],
        &[("DELETION", RuleParameters::None), ("UPDATE", RuleParameters::None)],
    );
    RepoPosture {
        default_branch: Some(default_branch()),
        primary_language: Some("Rust".into()),
        languages: vec![("Rust".into(), 10_000)],
        has_wiki: false,
        has_discussions: false,
        has_projects: false,
        has_issues: true,
        vulnerability_alerts_enabled: Fact::Known(true),
        open_vulnerability_alerts: Fact::Known(0),
        security_policy_enabled: Some(true),
        security_policy_url: None,
        homepage_url: None,
        merge_commit_allowed: false,
        squash_merge_allowed: true,
        rebase_merge_allowed: false,
        auto_merge_allowed: true,
        delete_branch_on_merge: true,
        forking_allowed: false,
        web_commit_signoff: true,
        is_mirror: false,
        is_template: false,
        license: None,
        codeowners_errors: Fact::Known(Some(vec![])),
        has_assurance: Fact::Known(false),
        issue_templates: vec![],
        pull_request_templates: vec![],
        contributing_url: None,
        code_of_conduct: None,
        contact_links: vec![],
        topics: vec![],
        labels: vec![],
        projects: Fact::Known(0),
        discussions: Fact::Known((0, None)),
        rulesets: Fact::Known(Page::all(vec![tags])),
        deploy_keys: Fact::Known(Page::all(vec![])),
        outside_collaborators: Fact::Known(Page::all(vec![])),
        direct_collaborators: Fact::Known(Page::all(vec![])),
        environments: Fact::Known(Page::all(vec![])),
    }
}

fn activity() -> RepoActivity {
    let branches = ["main", "feat/search", "fix/crash"].map(str::to_owned);
    let commits = (0..20).map(|n| commit(&format!("{n:040}"))).collect();
    RepoActivity {
        merged: Fact::Known(Page::all(vec![merged_pull(1, "feat/login"), merged_pull(2, "fix/typo")])),
        open: Fact::Known(Page::all(vec![])),
        stale_issues: Fact::Known(Page::all(vec![])),
        debt_issues: Fact::Known(0),
        releases: Fact::Known(Page::all(vec![])),
        tags: Fact::Known(Page::all(vec![Tag { name: "v1.0.0".into(), tagged_at: Some(days_ago(30)) }])),
        branches: Fact::Known(Page::all(branches.into())),
        deployments: Fact::Known(Page::all(vec![])),
        head_statuses: Fact::Known(vec![]),
        head_suites: Fact::Known(vec![]),
        commits: Fact::Known(Page::all(commits)),
    }
}
