//! Every status of every identity check, and both sides of every threshold.

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page,
        org::{CredentialAuthorization, FineGrainedToken, IdentityProvider, OrganizationRole},
        posture::{Collaborator, DeployKey},
    },
};

use crate::{
    finding::Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{
        Case, OrgWorld, Tree, assert_cases, days_ago, deploy_key, direct, forbidden, member, outside, team,
    },
};

#[test]
fn every_case_holds() {
    assert_cases(&cases());
}

/// The cases of all identity checks.
pub(crate) fn cases() -> Vec<Case> {
    [
        factors(),
        sso(),
        owners(),
        outside_admins(),
        machines(),
        keys(),
        tokens(),
        admin_share(),
        by_team(),
        activity(),
        base_permission(),
        break_glass(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `count` members, the first `owners` of them owners.
fn people(world: &mut OrgWorld, count: usize, owners: usize) {
    let members = (0..count).map(|n| member(&format!("m{n}"), n < owners)).collect();
    world.org.members = Fact::Known(Page::all(members));
}

fn credential(login: &str, kind: &str, expires_in: Option<i64>) -> CredentialAuthorization {
    CredentialAuthorization {
        login: login.parse().unwrap(),
        credential_type: kind.into(),
        accessed_at: Some(days_ago(1)),
        expires_at: expires_in.map(|days| days_ago(-days)),
    }
}

fn token(owner: &str, expires_in: Option<i64>) -> FineGrainedToken {
    FineGrainedToken {
        owner: owner.parse().unwrap(),
        expired: false,
        expires_at: expires_in.map(|days| days_ago(-days)),
        last_used_at: Some(days_ago(1)),
    }
}

fn no_saml_listing(world: &mut OrgWorld) {
    world.org.credential_authorizations = Fact::Unknown(Gap::unsupported("the organization has no SAML"));
}

fn outsiders(world: &mut OrgWorld, people: Vec<Collaborator>) {
    world.repository(1).outside_collaborators = Fact::Known(Page::all(people));
}

fn direct_people(world: &mut OrgWorld, people: Vec<Collaborator>) {
    world.repository(0).direct_collaborators = Fact::Known(Page::all(people));
}

fn factors() -> Vec<Case> {
    fn off(world: &mut OrgWorld) {
        world.org.settings.two_factor_required = Fact::Known(false);
    }
    fn unlisted(world: &mut OrgWorld) {
        off(world);
        world.org.without_two_factor = Fact::Unknown(Gap::unsupported("owners only"));
    }
    fn lacking(world: &mut OrgWorld) {
        if let Fact::Known(page) = &mut world.org.members {
            page.items[3].two_factor = Fact::Known(false);
        }
    }
    vec![
        Case::org("IAM-001", Passed, "required", |_| {}),
        Case::org("IAM-001", Passed, "required", |w| {
            w.org.settings.two_factor_required = forbidden("organization_administration");
        }),
        Case::org("IAM-001", Warning, "everyone has it", off),
        Case::org("IAM-001", Warning, "everyone has it", unlisted),
        Case::org("IAM-001", Warning, "managed", |w| {
            off(w);
            w.org.settings.managed_users = Fact::Known(true);
            w.org.without_two_factor = Fact::Known(vec!["m4".parse().unwrap()]);
        }),
        Case::org("IAM-001", Failed, "m4", |w| {
            off(w);
            w.org.without_two_factor = Fact::Known(vec!["m4".parse().unwrap()]);
        }),
        Case::org("IAM-001", Failed, "without a second factor: 1", |w| {
            unlisted(w);
            lacking(w);
        }),
        Case::org("IAM-001", Error, "owners only", |w| {
            unlisted(w);
            outsiders(w, vec![outside("guest", "READ")]);
        }),
        Case::org("IAM-001", Error, "organization_administration:read", |w| {
            w.org.settings.two_factor_required = forbidden("organization_administration");
            w.org.security.requires_two_factor = forbidden("organization_administration");
        }),
    ]
}

fn sso() -> Vec<Case> {
    fn linked(world: &mut OrgWorld, members: usize, linked: u64) {
        people(world, members, 2);
        let provider = IdentityProvider { sso_url: None, external_identities: linked };
        world.org.security.saml = Fact::Known(Some(provider));
    }
    fn none(world: &mut OrgWorld) {
        world.org.security.saml = Fact::Known(None);
    }
    vec![
        Case::org("IAM-002", Passed, "12 of 12 (100 %)", |_| {}),
        Case::org("IAM-002", Passed, "95 of 100", |w| linked(w, 100, 95)),
        Case::org("IAM-002", Warning, "94 of 100", |w| linked(w, 100, 94)),
        Case::org("IAM-002", Passed, "managed", |w| {
            none(w);
            w.org.settings.managed_users = Fact::Known(true);
        }),
        Case::org("IAM-002", Warning, "enterprise has single sign-on", |w| {
            none(w);
            let listed = credential("m1", "personal access token", Some(10));
            w.org.credential_authorizations = Fact::Known(vec![listed]);
        }),
        Case::org("IAM-002", Failed, "No identity provider", none),
        Case::org("IAM-002", NotApplicable, "no single sign-on", |w| {
            w.org.settings.plan = Fact::Known("team".into());
        }),
        Case::org("IAM-002", Error, "members:read", |w| w.org.security.saml = forbidden("members")),
        Case::org("IAM-002", Error, "members:read", |w| w.org.members = forbidden("members")),
        Case::org("IAM-002", Error, "whole server", |w| {
            let version = "3.20.0".into();
            w.org.platform = Fact::Known(scrutineer_core::evidence::org::Platform::Ghes { version });
        }),
    ]
}

fn owners() -> Vec<Case> {
    vec![
        Case::org("IAM-003", Passed, "2 of 12 (16.7 %)", |_| {}),
        Case::org("IAM-003", Passed, "3 of 59", |w| people(w, 59, 3)),
        Case::org("IAM-003", Failed, "4 of 30 (13.3 %)", |w| people(w, 30, 4)),
        Case::org("IAM-003", Passed, "3 of 60 (5 %)", |w| people(w, 60, 3)),
        Case::org("IAM-003", Warning, "4 of 60 (6.7 %)", |w| people(w, 60, 4)),
        Case::org("IAM-003", Warning, "6 of 60 (10 %)", |w| people(w, 60, 6)),
        Case::org("IAM-003", Failed, "7 of 60 (11.7 %)", |w| people(w, 60, 7)),
        Case::org("IAM-003", Warning, "single owner", |w| people(w, 40, 1)),
        Case::org("IAM-003", Error, "members:read", |w| people(w, 40, 0)),
        Case::org("IAM-003", Error, "members:read", |w| w.org.members = forbidden("members")),
        Case::org("IAM-003", Error, "truncated", |w| {
            if let Fact::Known(page) = &mut w.org.members {
                page.total = 500;
            }
        }),
    ]
}

fn outside_admins() -> Vec<Case> {
    vec![
        Case::org("IAM-004", Passed, "Outside collaborators: 0", |_| {}),
        Case::org("IAM-004", Passed, "Outside collaborators: 1", |w| outsiders(w, vec![outside("guest", "WRITE")])),
        Case::org("IAM-004", Warning, "guest: MAINTAIN", |w| outsiders(w, vec![outside("guest", "MAINTAIN")])),
        Case::org("IAM-004", Failed, "acme/infra", |w| outsiders(w, vec![outside("guest", "ADMIN")])),
        // What could not be read cannot make a failure better.
        Case::org("IAM-004", Failed, "guest: ADMIN", |w| {
            outsiders(w, vec![outside("guest", "ADMIN")]);
            w.repository(0).outside_collaborators = forbidden("members");
        }),
        Case::org("IAM-004", Error, "members:read", |w| {
            w.repository(0).outside_collaborators = forbidden("members");
        }),
        Case::org("IAM-004", Error, "truncated", |w| {
            w.repository(0).outside_collaborators = Fact::Known(Page { items: vec![], total: 70 });
        }),
    ]
}

fn machines() -> Vec<Case> {
    fn bot(world: &mut OrgWorld) {
        if let Fact::Known(page) = &mut world.org.members {
            page.items.push(member("deploy-bot", false));
            page.total += 1;
        }
    }
    fn busy(world: &mut OrgWorld, pulls: u64, reviews: u64) {
        let half = pulls / 2;
        world.repository(0).authors = Fact::Known(vec![("m5".into(), half, 0)]);
        world.repository(1).authors = Fact::Known(vec![("M5".into(), pulls - half, reviews)]);
    }
    fn holds(world: &mut OrgWorld, credentials: Vec<CredentialAuthorization>) {
        world.org.credential_authorizations = Fact::Known(credentials);
    }
    vec![
        Case::org("IAM-005", Passed, "No machine account", |_| {}),
        Case::org("IAM-005", Passed, "Machine accounts: 1", |w| {
            bot(w);
            w.org.fine_grained_tokens = Fact::Known(vec![token("deploy-bot", Some(30))]);
        }),
        Case::org("IAM-005", Passed, "No machine account", |w| busy(w, 19, 0)),
        Case::org("IAM-005", Passed, "No machine account", |w| busy(w, 40, 1)),
        Case::org("IAM-005", Warning, "20 pull requests", |w| {
            busy(w, 20, 0);
            no_saml_listing(w);
        }),
        Case::org("IAM-005", Warning, "cannot be seen", |w| {
            outsiders(w, vec![outside("acme-ci", "WRITE")]);
            no_saml_listing(w);
        }),
        Case::org("IAM-005", Failed, "classic personal access token", |w| {
            bot(w);
            holds(w, vec![credential("deploy-bot", "personal access token", Some(30))]);
        }),
        Case::org("IAM-005", Failed, "SSH key without expiry", |w| {
            bot(w);
            holds(w, vec![credential("deploy-bot", "SSH key", None)]);
        }),
        Case::org("IAM-005", Failed, "fine-grained token without expiry", |w| {
            bot(w);
            no_saml_listing(w);
            w.org.fine_grained_tokens = Fact::Known(vec![token("deploy-bot", None)]);
        }),
        Case::org("IAM-005", Passed, "No machine account", |w| holds(w, vec![credential("m3", "SSH key", None)])),
        Case::org("IAM-005", Error, "members:read", |w| w.org.members = forbidden("members")),
        Case::org("IAM-005", Error, "pull_requests:read", |w| w.repository(0).authors = forbidden("pull_requests")),
    ]
}

fn keys() -> Vec<Case> {
    fn keys(world: &mut OrgWorld, keys: Vec<DeployKey>) {
        for repository in &mut world.repositories {
            repository.deploy_keys = Fact::Known(Page::all(vec![]));
        }
        world.repository(0).deploy_keys = Fact::Known(Page::all(keys));
    }
    fn mixed(world: &mut OrgWorld, writable: usize, read_only: usize) {
        let key = |n: usize| deploy_key(&format!("k{n:03}"), n >= writable, 30);
        keys(world, (0..writable + read_only).map(key).collect());
    }
    vec![
        Case::org("IAM-006", Passed, "all read-only", |_| {}),
        Case::org("IAM-006", Passed, "disabled by policy", |w| {
            mixed(w, 3, 0);
            w.org.settings.deploy_keys_enabled = Fact::Known(false);
        }),
        Case::org("IAM-006", Passed, "old ones: 0", |w| keys(w, vec![deploy_key("ci", true, 730)])),
        Case::org("IAM-006", Warning, "old ones: 1", |w| keys(w, vec![deploy_key("ci", true, 731)])),
        Case::org("IAM-006", Warning, "1 of 100 (1 %)", |w| mixed(w, 1, 99)),
        Case::org("IAM-006", Failed, "1 of 99 (1 %)", |w| mixed(w, 1, 98)),
        Case::org("IAM-006", Failed, "writable", |w| mixed(w, 1, 0)),
        Case::org("IAM-006", Passed, "Enabled deploy keys: 0", |w| {
            keys(w, vec![DeployKey { enabled: false, ..deploy_key("old", false, 10) }]);
        }),
        Case::org("IAM-006", NotApplicable, "No repository", |w| mixed(w, 0, 0)),
        Case::org("IAM-006", NotApplicable, "No repository", |w| {
            mixed(w, 1, 0);
            w.repository(0).archived = true;
        }),
        Case::org("IAM-006", Error, "administration:read", |w| {
            w.repository(2).deploy_keys = forbidden("administration");
        }),
    ]
}

fn tokens() -> Vec<Case> {
    fn fine(world: &mut OrgWorld, tokens: Vec<FineGrainedToken>) {
        world.org.fine_grained_tokens = Fact::Known(tokens);
    }
    vec![
        Case::org("IAM-007", Passed, "All 1 tokens expire", |_| {}),
        Case::org("IAM-007", Passed, "All 1 tokens expire", |w| fine(w, vec![token("m1", Some(366))])),
        Case::org("IAM-007", Warning, "only in more than 366 days", |w| fine(w, vec![token("m1", Some(367))])),
        Case::org("IAM-007", Warning, "classic tokens were not listed", no_saml_listing),
        Case::org("IAM-007", Warning, "expire in time: 0", |w| {
            fine(w, vec![]);
            no_saml_listing(w);
        }),
        Case::org("IAM-007", Failed, "without expiry: 1 of 1", |w| fine(w, vec![token("m1", None)])),
        Case::org("IAM-007", Failed, "classic token, expires never", |w| {
            let classic = credential("m2", "personal access token", None);
            w.org.credential_authorizations = Fact::Known(vec![classic, credential("m3", "SSH key", None)]);
        }),
        Case::org("IAM-007", NotApplicable, "No personal access token", |w| fine(w, vec![])),
        Case::org("IAM-007", NotApplicable, "No personal access token", |w| {
            fine(w, vec![FineGrainedToken { expired: true, ..token("m1", None) }, token("m2", Some(-1))]);
        }),
        Case::org("IAM-007", Error, "organization_personal_access_tokens:read", |w| {
            w.org.fine_grained_tokens = forbidden("organization_personal_access_tokens");
        }),
    ]
}

fn admin_share() -> Vec<Case> {
    /// One team with `admin` of `all` grants at ADMIN, over 100 repositories.
    fn grants(world: &mut OrgWorld, admin: usize, all: usize) {
        world.repositories = (0..100).map(|n| crate::testing::contribution(&format!("r{n:03}"))).collect();
        let names: Vec<String> = (0..all).map(|n| format!("r{n:03}")).collect();
        let role = |n: usize| if n < admin { "ADMIN" } else { "WRITE" };
        let pairs: Vec<(&str, &str)> = names.iter().enumerate().map(|(n, name)| (name.as_str(), role(n))).collect();
        world.org.teams = Fact::Known(Page::all(vec![team("core", &pairs)]));
    }
    fn base(world: &mut OrgWorld, permission: &str) {
        world.org.settings.default_repository_permission = Fact::Known(permission.into());
    }
    vec![
        Case::org("IAM-008", Passed, "0 of 3 (0 %)", |_| {}),
        Case::org("IAM-008", Passed, "10 of 100", |w| grants(w, 10, 100)),
        Case::org("IAM-008", Warning, "11 of 100", |w| grants(w, 11, 100)),
        Case::org("IAM-008", Warning, "25 of 100", |w| grants(w, 25, 100)),
        Case::org("IAM-008", Failed, "26 of 100", |w| grants(w, 26, 100)),
        Case::org("IAM-008", Failed, "m1: ADMIN", |w| {
            direct_people(w, vec![direct("m1", "ADMIN", &["Repository"]), direct("m2", "ADMIN", &["Repository"])]);
        }),
        Case::org("IAM-008", Passed, "0 of 3", |w| direct_people(w, vec![direct("m1", "ADMIN", &["Organization"])])),
        Case::org("IAM-008", Failed, "write on every repository", |w| base(w, "write")),
        Case::org("IAM-008", Failed, "admin on every repository", |w| base(w, "admin")),
        // 1 of 11 grants is admin, but by a team that administers one of its two repositories and by more than half.
        Case::org("IAM-008", Warning, "team ops administers 2 of 3", |w| {
            let mut teams = vec![team("ops", &[("api", "ADMIN"), ("web", "ADMIN")])];
            teams.extend((0..9).map(|n| team(&format!("t{n}"), &[("api", "READ"), ("web", "READ")])));
            w.org.teams = Fact::Known(Page::all(teams));
        }),
        Case::org("IAM-008", Passed, "2 of 20 (10 %)", |w| {
            w.repositories.push(crate::testing::contribution("zoo"));
            let mut teams = vec![team("ops", &[("api", "ADMIN"), ("web", "ADMIN")])];
            teams.extend((0..9).map(|n| team(&format!("t{n}"), &[("api", "READ"), ("web", "READ")])));
            w.org.teams = Fact::Known(Page::all(teams));
        }),
        Case::org("IAM-008", Warning, "organization role", |w| {
            w.org.organization_roles = Fact::Known(vec![OrganizationRole {
                name: "all_repo_admin".into(),
                source: "Predefined".into(),
                teams: Fact::Known(vec!["ops".into()]),
            }]);
        }),
        Case::org("IAM-008", Error, "members:read", |w| w.org.teams = forbidden("members")),
        Case::org("IAM-008", Error, "organization_administration:read", |w| {
            w.org.settings.default_repository_permission = forbidden("organization_administration");
        }),
        Case::org("IAM-008", Error, "metadata:read", |w| {
            w.repository(0).direct_collaborators = forbidden("metadata");
        }),
    ]
}

fn by_team() -> Vec<Case> {
    /// `individual` personal grants beside `teams` grants by team.
    fn grants(world: &mut OrgWorld, individual: usize, by_team: u64) {
        people(world, 30, 2);
        let person = |n: usize| direct(&format!("m{n}"), "WRITE", &["Repository"]);
        direct_people(world, (0..individual).map(person).collect());
        for repository in world.repositories.iter_mut().skip(1) {
            repository.direct_collaborators = Fact::Known(Page::all(vec![]));
        }
        let mut team = team("core", &[("api", "WRITE")]);
        team.members = by_team;
        world.org.teams = Fact::Known(Page::all(vec![team]));
    }
    vec![
        Case::org("IAM-009", Passed, "0 of 9 (0 %)", |_| {}),
        Case::org("IAM-009", Passed, "1 of 20 (5 %)", |w| grants(w, 1, 19)),
        Case::org("IAM-009", Warning, "1 of 19 (5.3 %)", |w| grants(w, 1, 18)),
        Case::org("IAM-009", Warning, "4 of 20 (20 %)", |w| grants(w, 4, 16)),
        Case::org("IAM-009", Failed, "5 of 20 (25 %)", |w| grants(w, 5, 15)),
        // Outside collaborators are not members.
        Case::org("IAM-009", Passed, "0 of 9", |w| direct_people(w, vec![direct("guest", "READ", &["Repository"])])),
        Case::org("IAM-009", NotApplicable, "2 members", |w| people(w, 2, 2)),
        Case::org("IAM-009", Passed, "of 9", |w| people(w, 3, 2)),
        Case::org("IAM-009", Error, "members:read", |w| w.org.members = forbidden("members")),
        Case::org("IAM-009", Error, "metadata:read", |w| {
            w.repository(0).direct_collaborators = forbidden("metadata");
        }),
    ]
}

fn activity() -> Vec<Case> {
    /// The last `idle` of `count` members contributed nothing.
    fn idle(world: &mut OrgWorld, count: usize, idle: usize) {
        people(world, count, 2);
        world.org.fine_grained_tokens = Fact::Known(vec![]);
        if let Fact::Known(page) = &mut world.org.members {
            for member in page.items.iter_mut().rev().take(idle) {
                member.contributed = Fact::Known(false);
            }
        }
    }
    fn only_contributions(world: &mut OrgWorld) {
        no_saml_listing(world);
        world.org.copilot_seats = Fact::Unknown(Gap::unsupported("no Copilot"));
        world.org.fine_grained_tokens = forbidden("organization_personal_access_tokens");
    }
    fn used(world: &mut OrgWorld, login: &str, days: i64) {
        let credential =
            CredentialAuthorization { accessed_at: Some(days_ago(days)), ..credential(login, "SSH key", None) };
        world.org.credential_authorizations = Fact::Known(vec![credential]);
    }
    vec![
        Case::org("IAM-010", Passed, "0 of 12", |_| {}),
        Case::org("IAM-010", Passed, "1 of 50 (2 %)", |w| idle(w, 50, 1)),
        Case::org("IAM-010", Warning, "1 of 49", |w| idle(w, 49, 1)),
        Case::org("IAM-010", Warning, "5 of 50 (10 %)", |w| idle(w, 50, 5)),
        Case::org("IAM-010", Failed, "6 of 50 (12 %)", |w| idle(w, 50, 6)),
        Case::org("IAM-010", Failed, "owners among them: 2", |w| idle(w, 12, 12)),
        Case::org("IAM-010", Passed, "0 of 12", |w| {
            idle(w, 12, 1);
            used(w, "m11", 180);
        }),
        Case::org("IAM-010", Warning, "1 of 12", |w| {
            idle(w, 12, 1);
            used(w, "m11", 181);
        }),
        Case::org("IAM-010", Passed, "0 of 12", |w| {
            idle(w, 12, 1);
            w.org.copilot_seats = Fact::Known([("m11".to_owned(), Some(days_ago(3)))].into());
        }),
        Case::org("IAM-010", Warning, "Only contributions", |w| {
            idle(w, 50, 20);
            only_contributions(w);
        }),
        Case::org("IAM-010", Error, "members:read", |w| w.org.members = forbidden("members")),
        Case::org("IAM-010", Error, "contributions are private", |w| {
            if let Fact::Known(page) = &mut w.org.members {
                page.items[5].contributed = Fact::Unknown(Gap::unavailable("contributions are private"));
            }
        }),
    ]
}

fn base_permission() -> Vec<Case> {
    fn base(world: &mut OrgWorld, permission: &str) {
        world.org.settings.default_repository_permission = Fact::Known(permission.into());
    }
    vec![
        Case::org("IAM-011", Passed, "read", |_| {}),
        Case::org("IAM-011", Passed, "none", |w| base(w, "none")),
        Case::org("IAM-011", Failed, "write", |w| base(w, "write")),
        Case::org("IAM-011", Failed, "admin", |w| base(w, "admin")),
        Case::org("IAM-011", Error, "does not know", |w| base(w, "push")),
        Case::org("IAM-011", Error, "organization_administration:read", |w| {
            w.org.settings.default_repository_permission = forbidden("organization_administration");
        }),
    ]
}

fn break_glass() -> Vec<Case> {
    fn nothing_written(world: &mut OrgWorld) {
        world.profile = Fact::Known(None);
    }
    fn no_sso(world: &mut OrgWorld) {
        world.org.settings.plan = Fact::Known("free".into());
    }
    vec![
        Case::org("IAM-012", Passed, "Owners: 2", |_| {}),
        Case::org("IAM-012", Passed, "Owners: 5", |w| people(w, 100, 5)),
        Case::org("IAM-012", Warning, "Owners: 6", |w| people(w, 100, 6)),
        Case::org("IAM-012", Warning, "Owners: 10", |w| people(w, 200, 10)),
        Case::org("IAM-012", Failed, "11 owners", |w| people(w, 200, 11)),
        Case::org("IAM-012", Warning, "nowhere", nothing_written),
        Case::org("IAM-012", Warning, "only linked to", |w| {
            let link = "# Break-glass access\n\nSee https://acme.atlassian.net/wiki/spaces/SEC/pages/1\n";
            w.profile = Fact::Known(Some(Tree::new().file("docs/break-glass.md", link)));
        }),
        Case::org("IAM-012", Warning, "Owners: 1", |w| people(w, 12, 1)),
        Case::org("IAM-012", Failed, "Owners: 1", |w| {
            people(w, 12, 1);
            nothing_written(w);
        }),
        Case::org("IAM-012", NotApplicable, "2 owners", no_sso),
        Case::org("IAM-012", Warning, "Owners: 1", |w| {
            people(w, 12, 1);
            no_sso(w);
        }),
        Case::org("IAM-012", Error, "contents:read", |w| w.profile = forbidden("contents")),
        Case::org("IAM-012", Error, "members:read", |w| w.org.members = forbidden("members")),
    ]
}
