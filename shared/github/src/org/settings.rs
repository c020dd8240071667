//! `GET /orgs/{org}`: the first call of a scan.

use http::HeaderMap;
use scrutineer_core::{
    Fact, Gap,
    evidence::org::{OrgSettings, Platform},
    ids::Login,
};
use serde::Deserialize;

use crate::{
    client::{Call, Client},
    error::Error,
};

pub(crate) const ORG: &str = "GET /orgs/{org}";

#[derive(Deserialize)]
struct WireOrg {
    node_id: String,
    plan: Option<Plan>,
    two_factor_requirement_enabled: Option<bool>,
    default_repository_permission: Option<String>,
    members_can_create_public_repositories: Option<bool>,
    members_allowed_repository_creation_type: Option<String>,
    members_can_change_repo_visibility: Option<bool>,
    deploy_keys_enabled_for_repositories: Option<bool>,
}

#[derive(Deserialize)]
struct Plan {
    name: String,
}

/// What the first call tells.
pub(super) struct First {
    pub(super) node_id: String,
    pub(super) settings: OrgSettings,
    pub(super) platform: Fact<Platform>,
}

/// Reads the settings, and learns what the credential may see.
pub(super) async fn read(client: &Client, org: &Login) -> Result<First, Error> {
    let call = Call::get(ORG, &[org.as_str()]).cached();
    let (wire, headers) = client.json_with_headers::<WireOrg>(&call).await?;
    if wire.two_factor_requirement_enabled.is_some() {
        client.context().note_owner();
    }
    let node_id = wire.node_id.clone();
    Ok(First { node_id, settings: settings(wire), platform: platform(client, &headers) })
}

fn settings(wire: WireOrg) -> OrgSettings {
    OrgSettings {
        plan: seen(wire.plan.map(|plan| plan.name), "organization_plan"),
        two_factor_required: administered(wire.two_factor_requirement_enabled),
        default_repository_permission: administered(wire.default_repository_permission),
        members_can_create_public_repositories: administered(wire.members_can_create_public_repositories),
        members_allowed_repository_creation_type: administered(wire.members_allowed_repository_creation_type),
        members_can_change_repo_visibility: administered(wire.members_can_change_repo_visibility),
        deploy_keys_enabled: administered(wire.deploy_keys_enabled_for_repositories),
        managed_users: Fact::Unknown(Gap::unsupported(
            "no API tells whether an organization has managed users",
        )),
    }
}

/// GitHub leaves out what the caller may not see.
fn seen<T>(value: Option<T>, permission: &'static str) -> Fact<T> {
    value.map_or_else(|| Fact::Unknown(Gap::forbidden(permission)), Fact::Known)
}

fn administered<T>(value: Option<T>) -> Fact<T> {
    seen(value, "organization_administration")
}

/// An Enterprise Server names its release in every answer.
fn platform(client: &Client, headers: &HeaderMap) -> Fact<Platform> {
    let host = client.context().base.host();
    let release = headers.get(crate::etag::RELEASE).and_then(|value| value.to_str().ok());
    Fact::Known(match (host, release) {
        ("api.github.com", _) => Platform::GitHubCom,
        (_, Some(release)) => {
            let version = release.trim_start_matches("enterprise-server@").to_owned();
            Platform::Ghes { version }
        }
        (host, None) => match host.strip_prefix("api.").and_then(|rest| rest.strip_suffix(".ghe.com")) {
            Some(subdomain) => Platform::GheCom { subdomain: subdomain.to_owned() },
            None => Platform::Unrecognised { host: host.to_owned() },
        },
    })
}
