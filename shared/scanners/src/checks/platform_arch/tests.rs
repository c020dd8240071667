//! Every status of every platform check, and both sides of every threshold.

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page,
        org::{
            ApiVersions, AuditStream, Hook, OrganizationRole, Platform, Runner, RunnerGroup, SelectedActions,
        },
        repo::SecurityAndAnalysis,
    },
};

use crate::{
    finding::Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, OrgWorld, Tree, assert_cases, contribution, forbidden},
};

#[test]
fn every_case_holds() {
    assert_cases(&cases());
}

/// The cases of all platform checks.
pub(crate) fn cases() -> Vec<Case> {
    [host(), plan(), visibility(), network(), policy(), security(), audit(), roles(), runners(), actions()]
        .into_iter()
        .flatten()
        .collect()
}

fn server(world: &mut OrgWorld, version: &str) {
    world.org.platform = Fact::Known(Platform::Ghes { version: version.into() });
}

fn versions(world: &mut OrgWorld, pinned: &str, offered: &[&str]) {
    let offered = offered.iter().map(|v| (*v).to_owned()).collect();
    world.org.api_versions = Fact::Known(ApiVersions { pinned: pinned.into(), offered });
}

fn plan_named(world: &mut OrgWorld, plan: &str) {
    world.org.settings.plan = Fact::Known(plan.into());
}

/// Neither the plan nor anything that would prove it can be read.
fn plan_hidden(world: &mut OrgWorld) {
    world.org.settings.plan = forbidden("organization_plan");
    world.org.audit_log = forbidden("organization_administration");
    world.org.audit_streams = Fact::Unknown(Gap::unsupported("classic tokens only"));
    world.org.security.saml = forbidden("members");
}

fn host() -> Vec<Case> {
    vec![
        Case::org("PLAT-001", Passed, "GitHub.com answers for acme", |_| {}),
        Case::org("PLAT-001", Passed, "octo.ghe.com", |w| {
            w.org.platform = Fact::Known(Platform::GheCom { subdomain: "octo".into() });
        }),
        Case::org("PLAT-001", Passed, "Server 3.20.1", |w| server(w, "3.20.1")),
        Case::org("PLAT-001", Error, "gitea.example.com answers", |w| {
            w.org.platform = Fact::Known(Platform::Unrecognised { host: "gitea.example.com".into() });
        }),
        Case::org("PLAT-001", Error, "basic information", |w| {
            w.org.platform = Fact::Unknown(Gap::unavailable("no answer"));
        }),
        Case::org("PLAT-002", Passed, "offered and current", |_| {}),
        // Read on 2026-06-01: a version of 2025-06-01 is 365 days old, one of 2025-05-31 is 366.
        Case::org("PLAT-002", Passed, "current", |w| {
            versions(w, "2022-11-28", &["2022-11-28", "2025-06-01"])
        }),
        Case::org("PLAT-002", Warning, "2025-05-31", |w| {
            versions(w, "2022-11-28", &["2022-11-28", "2025-05-31"])
        }),
        Case::org("PLAT-002", Failed, "2022-11-28 is not offered", |w| {
            versions(w, "2022-11-28", &["2026-03-10"])
        }),
        Case::org("PLAT-002", Passed, "current", |w| server(w, "3.16.4")),
        Case::org("PLAT-002", Warning, "3.15 ended 2026-04-23", |w| server(w, "3.15.9")),
        Case::org("PLAT-002", Warning, "3.4 ended", |w| server(w, "3.4.0")),
        Case::org("PLAT-002", Passed, "current", |w| server(w, "3.99.0")),
        Case::org("PLAT-002", Error, "no answer", |w| {
            w.org.api_versions = Fact::Unknown(Gap::unavailable("no answer"));
        }),
    ]
}

fn plan() -> Vec<Case> {
    vec![
        Case::org("PLAT-003", Passed, "enterprise controls", |_| {}),
        Case::org("PLAT-003", Passed, "business_plus", |w| plan_named(w, "business_plus")),
        Case::org("PLAT-003", Warning, "team plan", |w| plan_named(w, "team")),
        Case::org("PLAT-003", Warning, "business", |w| plan_named(w, "business")),
        Case::org("PLAT-003", Failed, "free plan", |w| plan_named(w, "free")),
        Case::org("PLAT-003", Error, "not one this build knows", |w| plan_named(w, "platinum")),
        Case::org("PLAT-003", Passed, "3.20.0", |w| {
            plan_hidden(w);
            server(w, "3.20.0");
        }),
        Case::org("PLAT-003", Passed, "only Enterprise Cloud", |w| {
            w.org.settings.plan = forbidden("organization_plan");
        }),
        Case::org("PLAT-003", Error, "organization_plan:read", plan_hidden),
    ]
}

fn visibility() -> Vec<Case> {
    vec![
        Case::org("PLAT-004", Passed, "neither", |_| {}),
        Case::org("PLAT-004", Warning, "admins can make one public", |w| {
            w.org.settings.members_can_change_repo_visibility = Fact::Known(true);
        }),
        Case::org("PLAT-004", Failed, "can create public", |w| {
            w.org.settings.members_can_create_public_repositories = Fact::Known(true);
        }),
        Case::org("PLAT-004", Failed, "all", |w| {
            w.org.settings.members_can_create_public_repositories =
                Fact::Unknown(Gap::unsupported("old host"));
            w.org.settings.members_allowed_repository_creation_type = Fact::Known("all".into());
        }),
        Case::org("PLAT-004", Error, "organization_administration:read", |w| {
            w.org.settings.members_can_change_repo_visibility = forbidden("organization_administration");
        }),
        Case::org("PLAT-004", Error, "organization_administration:read", |w| {
            w.org.settings.members_can_create_public_repositories = forbidden("organization_administration");
            w.org.settings.members_allowed_repository_creation_type =
                forbidden("organization_administration");
        }),
    ]
}

fn network() -> Vec<Case> {
    fn list(world: &mut OrgWorld, enabled: bool, applies_to_apps: bool, entries: &[(&str, bool)]) {
        let entries = entries.iter().map(|(range, active)| ((*range).to_owned(), *active)).collect();
        world.org.security.ip_allow_list =
            Fact::Known(scrutineer_core::evidence::org::IpAllowList { enabled, applies_to_apps, entries });
    }
    vec![
        Case::org("PLAT-005", Passed, "active entries: 1", |_| {}),
        Case::org("PLAT-005", Passed, "active entries: 3", |w| {
            list(w, true, true, &[("10.0.0.0/8", true), ("2001:db8::/32", true), ("203.0.113.7", true)]);
        }),
        Case::org("PLAT-005", Warning, "10.0.0.0/7", |w| list(w, true, true, &[("10.0.0.0/7", true)])),
        Case::org("PLAT-005", Warning, "2001:d00::/31", |w| list(w, true, true, &[("2001:d00::/31", true)])),
        Case::org("PLAT-005", Passed, "active entries: 1", |w| {
            list(w, true, true, &[("0.0.0.0/0", false), ("203.0.113.0/24", true)]);
        }),
        Case::org("PLAT-005", Warning, "Apps are exempt", |w| {
            list(w, true, false, &[("203.0.113.0/24", true)])
        }),
        Case::org("PLAT-005", Warning, "no active entry", |w| {
            list(w, true, true, &[("203.0.113.0/24", false)])
        }),
        Case::org("PLAT-005", Failed, "off", |w| list(w, false, false, &[])),
        Case::org("PLAT-005", NotApplicable, "plan has no IP allow list", |w| plan_named(w, "team")),
        Case::org("PLAT-005", NotApplicable, "server of one's own", |w| server(w, "3.20.0")),
        Case::org("PLAT-005", Error, "organization_administration:read", |w| {
            w.org.security.ip_allow_list = forbidden("organization_administration");
        }),
        Case::org("PLAT-005", Error, "organization_plan:read", |w| {
            plan_hidden(w);
            list(w, false, false, &[]);
        }),
    ]
}

fn policy() -> Vec<Case> {
    vec![
        Case::org("PLAT-006", Passed, "names a way to report", |_| {}),
        Case::org("PLAT-006", Warning, "names no way", |w| {
            w.profile =
                Fact::Known(Some(Tree::new().file("SECURITY.md", "# Security\n\nWe care about it a lot.\n")));
        }),
        Case::org("PLAT-006", Failed, "Neither", |w| w.profile = Fact::Known(None)),
        Case::org("PLAT-006", Failed, "Neither", |w| {
            w.profile = Fact::Known(Some(Tree::new().file("README.md", "# Hello\n")));
        }),
        Case::org("PLAT-006", Error, "contents:read", |w| w.profile = forbidden("contents")),
    ]
}

fn security() -> Vec<Case> {
    fn spread(world: &mut OrgWorld, on: usize, off: usize) {
        let name = |n: usize| contribution(&format!("r{n:02}"));
        world.repositories = (0..on + off).map(name).collect();
        for repository in world.repositories.iter_mut().skip(on) {
            repository.security_and_analysis = Fact::Known(SecurityAndAnalysis::default());
        }
    }
    fn public(world: &mut OrgWorld, code_scanning: bool) {
        for repository in &mut world.repositories {
            let settings = SecurityAndAnalysis { secret_scanning: Some(true), ..Default::default() };
            repository.visibility = "public".into();
            repository.security_and_analysis = Fact::Known(settings);
            repository.code_scanning = Fact::Known(code_scanning);
        }
    }
    fn no_default(world: &mut OrgWorld) {
        world.org.security_configurations = Fact::Known(vec![]);
    }
    vec![
        Case::org("PLAT-007", Passed, "3 of 3 (100 %)", |_| {}),
        Case::org("PLAT-007", Passed, "9 of 10 (90 %)", |w| spread(w, 9, 1)),
        Case::org("PLAT-007", Warning, "8 of 10 (80 %)", |w| spread(w, 8, 2)),
        Case::org("PLAT-007", Warning, "5 of 10 (50 %)", |w| spread(w, 5, 5)),
        Case::org("PLAT-007", Failed, "4 of 10 (40 %)", |w| spread(w, 4, 6)),
        Case::org("PLAT-007", Warning, "no default configuration", no_default),
        Case::org("PLAT-007", Passed, "2 of 2", |w| {
            w.repository(0).archived = true;
            w.repository(0).security_and_analysis = Fact::Known(SecurityAndAnalysis::default());
        }),
        // Public repositories: the features themselves count.
        Case::org("PLAT-007", Passed, "3 of 3", |w| public(w, true)),
        Case::org("PLAT-007", Failed, "0 of 3", |w| public(w, false)),
        Case::org("PLAT-007", Warning, "missing permission administration:read", |w| {
            for repository in &mut w.repositories {
                repository.security_and_analysis = forbidden("administration");
            }
        }),
        // One of twenty unknown cannot change a failed or a passed share.
        Case::org("PLAT-007", Passed, "19 of 20", |w| {
            spread(w, 20, 0);
            w.repository(0).security_and_analysis = Fact::Unknown(Gap::unavailable("no answer"));
        }),
        Case::org("PLAT-007", Failed, "0 of 20", |w| {
            spread(w, 0, 20);
            w.repository(0).security_and_analysis = Fact::Unknown(Gap::unavailable("no answer"));
        }),
        Case::org("PLAT-007", Error, "no answer", |w| {
            spread(w, 9, 1);
            w.repository(0).security_and_analysis = Fact::Unknown(Gap::unavailable("no answer"));
        }),
        Case::org("PLAT-007", Error, "organization_administration:read", |w| {
            w.org.security_configurations = forbidden("organization_administration");
        }),
    ]
}

fn audit() -> Vec<Case> {
    fn no_stream(world: &mut OrgWorld) {
        world.org.audit_streams = Fact::Known(vec![]);
    }
    fn no_hook(world: &mut OrgWorld) {
        world.org.hooks = Fact::Known(vec![Hook { active: false, events: vec!["*".into()] }]);
    }
    vec![
        Case::org("PLAT-008", Passed, "Amazon S3", |_| {}),
        Case::org("PLAT-008", Warning, "webhook forwards", |w| {
            let paused = AuditStream { enabled: true, stream_type: "Splunk".into(), paused: true };
            w.org.audit_streams = Fact::Known(vec![paused]);
        }),
        Case::org("PLAT-008", Warning, "scheduled workflow", |w| {
            no_stream(w);
            no_hook(w);
            w.repository(1).audit_export = Fact::Known(Some(".github/workflows/export.yml:12".into()));
        }),
        Case::org("PLAT-008", Warning, "read:audit_log", |w| {
            w.org.audit_streams = Fact::Unknown(Gap::unsupported("classic tokens of enterprise owners only"));
        }),
        Case::org("PLAT-008", Failed, "No webhook", |w| {
            no_stream(w);
            no_hook(w);
        }),
        Case::org("PLAT-008", Failed, "read:audit_log", |w| {
            w.org.audit_streams = Fact::Unknown(Gap::unsupported("classic tokens of enterprise owners only"));
            no_hook(w);
        }),
        Case::org("PLAT-008", Error, "organization_hooks:read", |w| {
            no_stream(w);
            w.org.hooks = forbidden("organization_hooks");
        }),
        Case::org("PLAT-008", Error, "contents:read", |w| {
            no_stream(w);
            no_hook(w);
            w.repository(0).audit_export = forbidden("contents");
        }),
    ]
}

fn roles() -> Vec<Case> {
    fn none(world: &mut OrgWorld) {
        world.org.repository_roles = Fact::Known(vec![]);
    }
    vec![
        Case::org("PLAT-009", Passed, "defined: 1", |_| {}),
        Case::org("PLAT-009", Passed, "auditor", |w| {
            none(w);
            let role = OrganizationRole {
                name: "auditor".into(),
                source: "Organization".into(),
                teams: Fact::Known(vec![]),
            };
            w.org.organization_roles = Fact::Known(vec![role]);
        }),
        Case::org("PLAT-009", Failed, "built-in roles", none),
        Case::org("PLAT-009", NotApplicable, "plan has no custom roles", |w| plan_named(w, "free")),
        Case::org("PLAT-009", Error, "organization_custom_roles:read", |w| {
            w.org.repository_roles = forbidden("organization_custom_roles");
        }),
        Case::org("PLAT-009", Error, "organization_custom_org_roles:read", |w| {
            none(w);
            w.org.organization_roles = forbidden("organization_custom_org_roles");
        }),
    ]
}

fn runners() -> Vec<Case> {
    fn registered(world: &mut OrgWorld, online: bool, ephemeral: bool) {
        let runner = Runner { name: "linux-1".into(), online, ephemeral, group: Some(1) };
        world.org.runners.self_hosted = Fact::Known(Page::all(vec![runner]));
    }
    fn none(world: &mut OrgWorld) {
        world.org.runners.self_hosted = Fact::Known(Page::all(vec![]));
    }
    fn open_group(world: &mut OrgWorld) {
        let group = RunnerGroup { id: 1, name: "Default".into(), allows_public_repositories: true };
        world.org.runners.groups = Fact::Known(vec![group]);
    }
    vec![
        Case::org("PLAT-010", Passed, "online: 1 of 1", |_| {}),
        Case::org("PLAT-010", Passed, "larger hosted runners: 2", |w| {
            none(w);
            w.org.runners.hosted = Fact::Known(2);
        }),
        Case::org("PLAT-010", Passed, "group:enterprise", |w| {
            none(w);
            w.repository(2).runner_labels = Fact::Known(vec!["group:enterprise".into()]);
        }),
        Case::org("PLAT-010", Passed, "online: 1", open_group),
        Case::org("PLAT-010", Warning, "not ephemeral", |w| {
            open_group(w);
            registered(w, true, false);
        }),
        Case::org("PLAT-010", Warning, "offline", |w| registered(w, false, true)),
        Case::org("PLAT-010", NotApplicable, "shared hosted runners", none),
        Case::org("PLAT-010", Failed, "No runner", |w| {
            none(w);
            w.tune("PLAT-010", "require_controlled_runners", 1);
        }),
        Case::org("PLAT-010", Error, "organization_self_hosted_runners:read", |w| {
            w.org.runners.self_hosted = forbidden("organization_self_hosted_runners");
        }),
        Case::org("PLAT-010", Error, "contents:read", |w| {
            none(w);
            w.repository(0).runner_labels = forbidden("contents");
        }),
    ]
}

fn actions() -> Vec<Case> {
    fn allowed(world: &mut OrgWorld, policy: &str, pinned: bool) {
        world.org.actions.allowed_actions = Fact::Known(Some(policy.into()));
        world.org.actions.sha_pinning_required = Fact::Known(pinned);
    }
    fn patterns(world: &mut OrgWorld, patterns: &[&str]) {
        let patterns = patterns.iter().map(|p| (*p).to_owned()).collect();
        world.org.actions.selected =
            Fact::Known(Some(SelectedActions { github_owned: true, verified: true, patterns }));
    }
    vec![
        Case::org("PLAT-011", Passed, "patterns: 1", |_| {}),
        Case::org("PLAT-011", Passed, "own actions", |w| allowed(w, "local_only", false)),
        Case::org("PLAT-011", Passed, "patterns: 2", |w| patterns(w, &["octo/lint@v1", "ACME/*", "!evil/*"])),
        Case::org("PLAT-011", Passed, "Actions is off", |w| {
            w.org.actions.allowed_actions = Fact::Known(None)
        }),
        Case::org("PLAT-011", Warning, "pinned", |w| allowed(w, "all", true)),
        Case::org("PLAT-011", Warning, "octo/*", |w| patterns(w, &["octo/*@v1"])),
        Case::org("PLAT-011", Warning, "Pattern *", |w| patterns(w, &["*"])),
        Case::org("PLAT-011", Failed, "any tag or branch", |w| allowed(w, "all", false)),
        Case::org("PLAT-011", Failed, "Pattern */*", |w| {
            allowed(w, "selected", false);
            patterns(w, &["*/*"]);
        }),
        Case::org("PLAT-011", Error, "organization_administration:read", |w| {
            w.org.actions.allowed_actions = forbidden("organization_administration");
        }),
        Case::org("PLAT-011", Error, "does not know", |w| allowed(w, "verified_only", false)),
        Case::org("PLAT-011", Error, "selected actions", |w| w.org.actions.selected = Fact::Known(None)),
    ]
}
