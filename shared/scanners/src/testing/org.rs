//! A hardened organization: 12 members, 2 owners, single sign-on, everything readable.

use std::collections::BTreeMap;

use scrutineer_core::{
    Fact,
    evidence::{
        OrgEvidence, Page,
        org::{
            ActionsPolicy, ApiVersions, AuditStream, CredentialKind, CustomPattern, CustomRole,
            FineGrainedToken, Hook, IdentityProvider, Installation, IpAllowList, Member, OrgSecurity,
            OrgSettings, OrganizationRole, Platform, Runner, RunnerGroup, Runners, SecurityConfiguration,
            SelectedActions, Team,
        },
        posture::{Collaborator, DeployKey},
        repo::SecurityAndAnalysis,
    },
    ids::Login,
};

use super::{NOW, RepoContribution, days_ago};

fn login(name: &str) -> Login {
    name.parse().unwrap()
}

/// A member with two-factor authentication who contributed lately.
pub(crate) fn member(name: &str, is_owner: bool) -> Member {
    Member { login: login(name), is_owner, two_factor: Fact::Known(true), contributed: Fact::Known(true) }
}

/// A team with `(repository, permission)` grants.
pub(crate) fn team(slug: &str, grants: &[(&str, &str)]) -> Team {
    let repositories = grants.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect();
    Team {
        slug: slug.into(),
        members: 3,
        logins: vec![],
        review_delegation: true,
        notifications: Some(true),
        repositories: Page::all(repositories),
    }
}

/// A direct grant to a person, from the given sources.
pub(crate) fn direct(name: &str, permission: &str, sources: &[&str]) -> Collaborator {
    let sources = sources.iter().map(|s| (*s).to_owned()).collect();
    Collaborator { login: name.into(), permission: permission.into(), sources }
}

/// An outside collaborator.
pub(crate) fn outside(name: &str, permission: &str) -> Collaborator {
    direct(name, permission, &[])
}

/// An enabled deploy key created `age_days` ago.
pub(crate) fn deploy_key(title: &str, read_only: bool, age_days: i64) -> DeployKey {
    DeployKey { title: title.into(), read_only, created_at: days_ago(age_days), enabled: true }
}

/// What a hardened private repository contributes.
pub(crate) fn contribution(name: &str) -> RepoContribution {
    RepoContribution {
        name: format!("acme/{name}").parse().unwrap(),
        archived: false,
        visibility: "private".into(),
        security_and_analysis: Fact::Known(SecurityAndAnalysis {
            advanced_security: Some(true),
            code_security: Some(true),
            secret_scanning: Some(true),
            push_protection: Some(true),
            ..SecurityAndAnalysis::default()
        }),
        code_scanning: Fact::Known(true),
        outside_collaborators: Fact::Known(Page::all(vec![])),
        direct_collaborators: Fact::Known(Page::all(vec![direct("m1", "WRITE", &["Team"])])),
        deploy_keys: Fact::Known(Page::all(vec![deploy_key("reader", true, 30)])),
        runner_labels: Fact::Known(vec![]),
        audit_export: Fact::Known(None),
        authors: Fact::Known(vec![("m1".into(), 3, 5)]),
        delivery: Fact::Known(Default::default()),
        provenance: Fact::Known(crate::benchmarks::Provenance::NotShipping),
    }
}

/// A hardened organization, fully known.
pub(crate) fn org_evidence() -> OrgEvidence {
    let members = (1..=12).map(|n| member(&format!("m{n}"), n <= 2)).collect();
    let teams =
        vec![team("core", &[("api", "WRITE"), ("web", "WRITE")]), team("platform", &[("api", "MAINTAIN")])];
    OrgEvidence {
        observed_at: NOW.parse().unwrap(),
        login: login("acme"),
        platform: Fact::Known(Platform::GitHubCom),
        api_versions: Fact::Known(ApiVersions {
            pinned: "2026-03-10".into(),
            offered: vec!["2022-11-28".into(), "2026-03-10".into()],
        }),
        credential: CredentialKind::AppInstallation,
        settings: settings(),
        security: security(),
        members: Fact::Known(Page::all(members)),
        without_two_factor: Fact::Known(vec![]),
        teams: Fact::Known(Page::all(teams)),
        actions: actions(),
        runners: runners(),
        security_configurations: Fact::Known(vec![configuration()]),
        custom_secret_patterns: Fact::Known(vec![CustomPattern { published: true, push_protection: true }]),
        repository_roles: Fact::Known(vec![CustomRole {
            name: "triager".into(),
            base_role: "triage".into(),
        }]),
        organization_roles: Fact::Known(vec![OrganizationRole {
            name: "all_repo_admin".into(),
            source: "Predefined".into(),
            teams: Fact::Known(vec![]),
        }]),
        installations: Fact::Known(vec![Installation {
            app_slug: "renovate".into(),
            repository_selection: "all".into(),
            suspended: false,
        }]),
        hooks: Fact::Known(vec![Hook { active: true, events: vec!["*".into()] }]),
        actions_secrets: Fact::Known(vec![]),
        private_registries: Fact::Known(vec![]),
        property_schema: Fact::Known(vec!["tier".into()]),
        immutable_releases: Fact::Known("none".into()),
        audit_log: Fact::Known(true),
        secret_audit_log: Fact::Known(true),
        audit_streams: Fact::Known(vec![AuditStream {
            enabled: true,
            stream_type: "Amazon S3".into(),
            paused: false,
        }]),
        fine_grained_tokens: Fact::Known(vec![FineGrainedToken {
            owner: login("m3"),
            expired: false,
            expires_at: Some(days_ago(-90)),
            last_used_at: Some(days_ago(1)),
        }]),
        credential_authorizations: Fact::Known(vec![]),
        copilot_seats: Fact::Known(BTreeMap::new()),
        migrations: Fact::Known(vec![]),
    }
}

fn settings() -> OrgSettings {
    OrgSettings {
        plan: Fact::Known("enterprise".into()),
        two_factor_required: Fact::Known(true),
        default_repository_permission: Fact::Known("read".into()),
        members_can_create_public_repositories: Fact::Known(false),
        members_allowed_repository_creation_type: Fact::Known("private".into()),
        members_can_change_repo_visibility: Fact::Known(false),
        deploy_keys_enabled: Fact::Known(true),
        managed_users: Fact::Known(false),
    }
}

fn security() -> OrgSecurity {
    OrgSecurity {
        node_id: Fact::Known("O_1".into()),
        requires_two_factor: Fact::Known(true),
        ip_allow_list: Fact::Known(IpAllowList {
            enabled: true,
            applies_to_apps: true,
            entries: vec![("203.0.113.0/24".into(), true)],
        }),
        saml: Fact::Known(Some(IdentityProvider {
            sso_url: Some("https://idp.example.com/sso".into()),
            external_identities: 12,
        })),
        is_verified: Fact::Known(true),
        members_can_fork_private: Fact::Known(false),
        web_commit_signoff: Fact::Known(true),
        projects: Fact::Known(1),
        domains: Fact::Known(vec!["example.com".into()]),
        rulesets: Fact::Known(vec![]),
        dot_github: Fact::Known(None),
        dot_github_private: Fact::Known(None),
    }
}

fn actions() -> ActionsPolicy {
    ActionsPolicy {
        enabled_repositories: Fact::Known("all".into()),
        allowed_actions: Fact::Known(Some("selected".into())),
        sha_pinning_required: Fact::Known(true),
        selected: Fact::Known(Some(SelectedActions {
            github_owned: true,
            verified: true,
            patterns: vec!["acme/deploy@*".into()],
        })),
        default_workflow_permissions: Fact::Known("read".into()),
        retention_days: Fact::Known(90),
        fork_approval: Fact::Known("all_external_contributors".into()),
    }
}

fn runners() -> Runners {
    let runner = Runner { name: "linux-1".into(), online: true, ephemeral: true, group: Some(1) };
    let group = RunnerGroup { id: 1, name: "Default".into(), allows_public_repositories: false };
    Runners {
        self_hosted: Fact::Known(Page::all(vec![runner])),
        hosted: Fact::Known(0),
        groups: Fact::Known(vec![group]),
    }
}

fn configuration() -> SecurityConfiguration {
    SecurityConfiguration {
        id: 1,
        name: "Baseline".into(),
        advanced_security: "enabled".into(),
        secret_scanning: "enabled".into(),
        code_scanning_default_setup: "enabled".into(),
        default_for_new_repos: Some("all".into()),
        repositories: vec![],
    }
}
