//! IAM-001 to IAM-003, IAM-010 and IAM-012.

use super::*;

pub(super) fn factors() -> Vec<Case> {
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

pub(super) fn sso() -> Vec<Case> {
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

pub(super) fn owners() -> Vec<Case> {
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

pub(super) fn activity() -> Vec<Case> {
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
        let credential = CredentialAuthorization {
            accessed_at: Some(days_ago(days)),
            ..credential(login, "SSH key", None)
        };
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

pub(super) fn break_glass() -> Vec<Case> {
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
