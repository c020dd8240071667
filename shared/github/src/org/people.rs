//! Members, two-factor state and credentials of people.

use futures::try_join;
use jiff::{SignedDuration, Timestamp};
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page,
        org::{CredentialAuthorization, Member, OrgSecurity, Team},
    },
    ids::Login,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    ask::{Ask, unsupported},
    teams,
};
use crate::{
    error::Error,
    graphql::{
        MOST_PAGES, ORG_MEMBERS,
        view::{PageInfo, View},
    },
};

const MEMBERS: &str = "GET /orgs/{org}/members";
const OUTSIDE: &str = "GET /orgs/{org}/outside_collaborators";
const CREDENTIALS: &str = "GET /orgs/{org}/credential-authorizations";

/// Contributions count this far back; the API allows at most a year.
const CONTRIBUTIONS: SignedDuration = SignedDuration::from_hours(180 * 24);

#[derive(Deserialize)]
struct Account {
    login: Login,
}

#[derive(Deserialize)]
struct WireCredential {
    login: Login,
    credential_type: String,
    credential_accessed_at: Option<Timestamp>,
    authorized_credential_expires_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contributions {
    has_any_contributions: bool,
    has_any_restricted_contributions: bool,
}

/// What the calls of this module give.
pub(super) struct People {
    pub(super) members: Fact<Page<Member>>,
    pub(super) without_two_factor: Fact<Vec<Login>>,
    pub(super) teams: Fact<Page<Team>>,
}

/// Reads all of it.
pub(super) async fn read(ask: &Ask<'_>, now: Timestamp) -> Result<People, Error> {
    let (members, without_two_factor, teams) =
        try_join!(members(ask, now), without_two_factor(ask), ask.client.fact_of("teams", teams::read(ask)))?;
    Ok(People { members, without_two_factor, teams })
}

async fn without_two_factor(ask: &Ask<'_>) -> Result<Fact<Vec<Login>>, Error> {
    let query = "filter=2fa_disabled&per_page=100";
    let (members, outside) =
        try_join!(ask.list_where::<Account>(MEMBERS, query), ask.list_where::<Account>(OUTSIDE, query))?;
    Ok(match (members, outside) {
        (Fact::Known(members), Fact::Known(outside)) => {
            Fact::Known(members.into_iter().chain(outside).map(|account| account.login).collect())
        }
        (Fact::Unknown(gap), _) | (_, Fact::Unknown(gap)) => Fact::Unknown(gap),
    })
}

async fn members(ask: &Ask<'_>, now: Timestamp) -> Result<Fact<Page<Member>>, Error> {
    ask.client.fact_of("membersWithRole", all_members(ask, now)).await
}

async fn all_members(ask: &Ask<'_>, now: Timestamp) -> Result<Result<Page<Member>, Gap>, Error> {
    let mut members = Page::all(Vec::new());
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let variables =
            json!({ "org": ask.org, "orgId": ask.node_id, "from": now - CONTRIBUTIONS, "after": after });
        let answer = ask.client.query_at(&ORG_MEMBERS, variables, "/organization").await?;
        let org = answer.view().at("organization");
        if let Some(gap) = org.gap("membersWithRole", &["hasTwoFactorEnabled", "contributionsCollection"]) {
            return Ok(Err(gap));
        }
        let list = org.at("membersWithRole");
        if list.is_null() {
            return Ok(Err(org.own_gap()));
        }
        members.total = list.fact::<u64>("totalCount").ok().copied().unwrap_or(members.total);
        members.items.extend(list.at("edges").items().iter().filter_map(member));
        after = list.fact::<PageInfo>("pageInfo").ok().cloned().and_then(PageInfo::next);
        if after.is_none() {
            return Ok(Ok(members));
        }
    }
    Ok(Ok(members))
}

/// An edge whose account is hidden is left out; the total then shows that the page is incomplete.
fn member(edge: &View<'_>) -> Option<Member> {
    let account: Account = edge.at("node").read().ok()?;
    let role = edge.optional::<String>("role", &[]).ok().flatten();
    let two_factor = match edge.optional::<bool>("hasTwoFactorEnabled", &[]) {
        Ok(Some(enabled)) => Fact::Known(enabled),
        Ok(None) => {
            Fact::Unknown(Gap::unsupported("GitHub shows two-factor state to organization owners only"))
        }
        Err(gap) => Fact::Unknown(gap),
    };
    let contributed = edge.at("node").fact::<Contributions>("contributionsCollection");
    Some(Member {
        login: account.login,
        is_owner: role.as_deref() == Some("ADMIN"),
        two_factor,
        contributed: contributed
            .map(|found| found.has_any_contributions || found.has_any_restricted_contributions),
    })
}

/// Exists in organizations with SAML single sign-on only.
pub(super) async fn credential_authorizations(
    ask: &Ask<'_>,
    security: &OrgSecurity,
) -> Result<Fact<Vec<CredentialAuthorization>>, Error> {
    if !ask.may_be_enterprise() || matches!(security.saml, Fact::Known(None)) {
        return Ok(unsupported("the organization has no SAML single sign-on"));
    }
    let authorization = |wire: WireCredential| CredentialAuthorization {
        login: wire.login,
        credential_type: wire.credential_type,
        accessed_at: wire.credential_accessed_at,
        expires_at: wire.authorized_credential_expires_at,
    };
    let found = ask.list::<WireCredential>(CREDENTIALS).await?;
    Ok(found.map(|found| found.into_iter().map(authorization).collect()))
}
