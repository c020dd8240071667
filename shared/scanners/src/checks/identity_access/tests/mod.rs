//! Every status of every identity check, and both sides of every threshold.

mod access;
mod credentials;
mod people;

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
        people::factors(),
        people::sso(),
        people::owners(),
        access::outside_admins(),
        credentials::machines(),
        credentials::keys(),
        credentials::tokens(),
        access::admin_share(),
        access::by_team(),
        people::activity(),
        access::base_permission(),
        people::break_glass(),
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
