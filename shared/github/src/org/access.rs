//! Roles, Apps, webhooks, tokens and the audit log.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream, try_join};
use jiff::Timestamp;
use scrutineer_core::{
    Fact,
    evidence::org::{CredentialKind, CustomRole, FineGrainedToken, Hook, Installation, OrganizationRole},
    ids::Login,
};
use serde::{Deserialize, de::IgnoredAny};

use super::ask::{Ask, unsupported};
use crate::{client::Call, error::Error};

const REPOSITORY_ROLES: &str = "GET /orgs/{org}/custom-repository-roles";
const ORGANIZATION_ROLES: &str = "GET /orgs/{org}/organization-roles";
const ROLE_TEAMS: &str = "GET /orgs/{org}/organization-roles/{role_id}/teams";
const INSTALLATIONS: &str = "GET /orgs/{org}/installations";
const HOOKS: &str = "GET /orgs/{org}/hooks";
const PROPERTIES: &str = "GET /orgs/{org}/properties/schema";
const AUDIT_LOG: &str = "GET /orgs/{org}/audit-log";
const TOKENS: &str = "GET /orgs/{org}/personal-access-tokens";
const SEATS: &str = "GET /orgs/{org}/copilot/billing/seats";
const MIGRATIONS: &str = "GET /orgs/{org}/migrations";

/// Roles whose teams may write to every repository.
const ALL_REPOSITORY_ROLES: &[&str] = &["all_repo_admin", "all_repo_maintain", "all_repo_write"];

#[derive(Deserialize)]
struct WireRole {
    id: u64,
    name: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Slug {
    slug: String,
}

#[derive(Deserialize)]
struct WireInstallation {
    app_slug: String,
    repository_selection: String,
    suspended_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Property {
    property_name: String,
}

#[derive(Deserialize)]
struct WireToken {
    owner: Owner,
    #[serde(default)]
    token_expired: bool,
    token_expires_at: Option<Timestamp>,
    token_last_used_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Owner {
    login: Login,
}

#[derive(Deserialize)]
struct Seat {
    last_activity_at: Option<Timestamp>,
    assignee: Option<Assignee>,
}

#[derive(Deserialize)]
struct Assignee {
    login: Option<String>,
}

#[derive(Deserialize)]
struct Migration {
    created_at: Timestamp,
}

/// What the calls of this module give.
pub(super) struct Access {
    pub(super) repository_roles: Fact<Vec<CustomRole>>,
    pub(super) organization_roles: Fact<Vec<OrganizationRole>>,
    pub(super) installations: Fact<Vec<Installation>>,
    pub(super) hooks: Fact<Vec<Hook>>,
    pub(super) property_schema: Fact<Vec<String>>,
    pub(super) audit_log: Fact<bool>,
    pub(super) secret_audit_log: Fact<bool>,
    pub(super) fine_grained_tokens: Fact<Vec<FineGrainedToken>>,
    pub(super) copilot_seats: Fact<BTreeMap<String, Option<Timestamp>>>,
    pub(super) migrations: Fact<Vec<Timestamp>>,
}

/// Reads all of it.
pub(super) async fn read(ask: &Ask<'_>) -> Result<Access, Error> {
    let (repository_roles, organization_roles, installations, hooks, property_schema) = try_join!(
        repository_roles(ask),
        organization_roles(ask),
        installations(ask),
        ask.list::<Hook>(HOOKS),
        property_schema(ask),
    )?;
    let (audit_log, secret_audit_log, fine_grained_tokens, copilot_seats, migrations) = try_join!(
        audit_log(ask, "per_page=1"),
        audit_log(ask, "per_page=1&phrase=action:secret_scanning"),
        fine_grained_tokens(ask),
        copilot_seats(ask),
        migrations(ask),
    )?;
    Ok(Access {
        repository_roles,
        organization_roles,
        installations,
        hooks,
        property_schema,
        audit_log,
        secret_audit_log,
        fine_grained_tokens,
        copilot_seats,
        migrations,
    })
}

async fn repository_roles(ask: &Ask<'_>) -> Result<Fact<Vec<CustomRole>>, Error> {
    if !ask.may_be_enterprise() {
        return Ok(unsupported("custom repository roles need GitHub Enterprise Cloud"));
    }
    ask.list_in(REPOSITORY_ROLES, "custom_roles").await
}

async fn organization_roles(ask: &Ask<'_>) -> Result<Fact<Vec<OrganizationRole>>, Error> {
    let roles = match ask.list_in::<WireRole>(ORGANIZATION_ROLES, "roles").await? {
        Fact::Known(roles) => roles,
        Fact::Unknown(gap) => return Ok(Fact::Unknown(gap)),
    };
    let with_teams = stream::iter(roles).map(|role| role_with_teams(ask, role)).buffered(4);
    Ok(Fact::Known(with_teams.try_collect().await?))
}

async fn role_with_teams(ask: &Ask<'_>, role: WireRole) -> Result<OrganizationRole, Error> {
    let teams = if ALL_REPOSITORY_ROLES.contains(&role.name.as_str()) {
        let call = Call::get(ROLE_TEAMS, &[ask.org, &role.id.to_string()]).query("per_page=100").cached();
        let teams = ask.client.fact(ROLE_TEAMS, ask.client.pages::<Slug>(&call)).await?;
        teams.map(|teams| teams.into_iter().map(|team| team.slug).collect())
    } else {
        unsupported("asked for the roles on all repositories only")
    };
    let source = role.source.unwrap_or_else(|| "Organization".to_owned());
    Ok(OrganizationRole { name: role.name, source, teams })
}

async fn installations(ask: &Ask<'_>) -> Result<Fact<Vec<Installation>>, Error> {
    let installation = |wire: WireInstallation| Installation {
        app_slug: wire.app_slug,
        repository_selection: wire.repository_selection,
        suspended: wire.suspended_at.is_some(),
    };
    let found = ask.list_in::<WireInstallation>(INSTALLATIONS, "installations").await?;
    Ok(found.map(|found| found.into_iter().map(installation).collect()))
}

async fn property_schema(ask: &Ask<'_>) -> Result<Fact<Vec<String>>, Error> {
    let found = ask.one::<Vec<Property>>(PROPERTIES).await?;
    Ok(found.map(|properties| properties.into_iter().map(|property| property.property_name).collect()))
}

/// Whether an entry is on record: the log is long, one entry is enough.
async fn audit_log(ask: &Ask<'_>, query: &str) -> Result<Fact<bool>, Error> {
    if !ask.may_be_enterprise() {
        return Ok(unsupported("the audit log API needs GitHub Enterprise Cloud"));
    }
    let call = Call::get(AUDIT_LOG, &[ask.org]).query(query);
    let found = ask.client.fact(AUDIT_LOG, ask.client.json::<Vec<IgnoredAny>>(&call)).await?;
    Ok(found.map(|entries| !entries.is_empty()))
}

async fn fine_grained_tokens(ask: &Ask<'_>) -> Result<Fact<Vec<FineGrainedToken>>, Error> {
    if ask.kind != CredentialKind::AppInstallation {
        return Ok(unsupported("only GitHub Apps can list fine-grained tokens"));
    }
    let token = |wire: WireToken| FineGrainedToken {
        owner: wire.owner.login,
        expired: wire.token_expired,
        expires_at: wire.token_expires_at,
        last_used_at: wire.token_last_used_at,
    };
    let found = ask.list::<WireToken>(TOKENS).await?;
    Ok(found.map(|tokens| tokens.into_iter().map(token).collect()))
}

/// Optional evidence: asked where the credential can answer it and the request plan has room for it.
async fn copilot_seats(ask: &Ask<'_>) -> Result<Fact<BTreeMap<String, Option<Timestamp>>>, Error> {
    if !is_classic_owner(ask) {
        return Ok(unsupported("Copilot seats are read with a classic token that holds admin:org"));
    }
    let seat = |seat: Seat| Some((seat.assignee?.login?, seat.last_activity_at));
    let found = ask.list_in::<Seat>(SEATS, "seats").await?;
    Ok(found.map(|seats| seats.into_iter().filter_map(seat).collect()))
}

async fn migrations(ask: &Ask<'_>) -> Result<Fact<Vec<Timestamp>>, Error> {
    if !is_classic_owner(ask) {
        return Ok(unsupported("only classic tokens that hold admin:org can list migrations"));
    }
    let found = ask.list::<Migration>(MIGRATIONS).await?;
    Ok(found.map(|migrations| migrations.into_iter().map(|migration| migration.created_at).collect()))
}

fn is_classic_owner(ask: &Ask<'_>) -> bool {
    ask.kind == CredentialKind::ClassicPat && ask.client.holds(MIGRATIONS) != Some(false)
}
