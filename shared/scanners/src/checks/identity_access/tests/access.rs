//! IAM-004, IAM-008, IAM-009 and IAM-011.

use super::*;

pub(super) fn outside_admins() -> Vec<Case> {
    vec![
        Case::org("IAM-004", Passed, "Outside collaborators: 0", |_| {}),
        Case::org("IAM-004", Passed, "Outside collaborators: 1", |w| {
            outsiders(w, vec![outside("guest", "WRITE")])
        }),
        Case::org("IAM-004", Warning, "guest: MAINTAIN", |w| {
            outsiders(w, vec![outside("guest", "MAINTAIN")])
        }),
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

pub(super) fn admin_share() -> Vec<Case> {
    /// One team with `admin` of `all` grants at ADMIN, over 100 repositories.
    fn grants(world: &mut OrgWorld, admin: usize, all: usize) {
        world.repositories = (0..100).map(|n| crate::testing::contribution(&format!("r{n:03}"))).collect();
        let names: Vec<String> = (0..all).map(|n| format!("r{n:03}")).collect();
        let role = |n: usize| if n < admin { "ADMIN" } else { "WRITE" };
        let pairs: Vec<(&str, &str)> =
            names.iter().enumerate().map(|(n, name)| (name.as_str(), role(n))).collect();
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
            direct_people(
                w,
                vec![direct("m1", "ADMIN", &["Repository"]), direct("m2", "ADMIN", &["Repository"])],
            );
        }),
        Case::org("IAM-008", Passed, "0 of 3", |w| {
            direct_people(w, vec![direct("m1", "ADMIN", &["Organization"])])
        }),
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

pub(super) fn by_team() -> Vec<Case> {
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
        Case::org("IAM-009", Passed, "0 of 9", |w| {
            direct_people(w, vec![direct("guest", "READ", &["Repository"])])
        }),
        Case::org("IAM-009", NotApplicable, "2 members", |w| people(w, 2, 2)),
        Case::org("IAM-009", Passed, "of 9", |w| people(w, 3, 2)),
        Case::org("IAM-009", Error, "members:read", |w| w.org.members = forbidden("members")),
        Case::org("IAM-009", Error, "metadata:read", |w| {
            w.repository(0).direct_collaborators = forbidden("metadata");
        }),
    ]
}

pub(super) fn base_permission() -> Vec<Case> {
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
