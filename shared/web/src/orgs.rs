//! `/api/orgs/{org}/settings`, and what the endpoints of an organization's policy share: paths, and who did something.

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::{
    Actor,
    ids::{InstallationId, Login, RepoName},
};
use scrutineer_service::{
    App,
    access::Action,
    orgs::{self, NewSettings},
    records::{OnTrouble, Org},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    extract::At,
    problem::Problem,
    validators::{Version, required_version},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read, replace))
}

/// The organization in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OrgPath {
    /// The organization's login.
    #[param(value_type = String)]
    pub(crate) org: Login,
}

/// The repository in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RepoPath {
    /// The organization's login.
    #[param(value_type = String)]
    owner: Login,
    /// The repository's name.
    repo: String,
}

impl RepoPath {
    /// The repository, and its organization.
    pub(crate) fn repository(&self) -> Result<(RepoName, &Login), Problem> {
        let name = format!("{}/{}", self.owner, self.repo).parse().map_err(|_| Problem::no_such_id())?;
        Ok((name, &self.owner))
    }
}

/// Who did something.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct ActorView {
    /// `token`, `user` or `system`.
    kind: &'static str,
    /// What people call it; names may repeat.
    name: String,
    /// Tells actors of one kind apart: the id of a token as listed, the number of a GitHub account.
    id: String,
}

impl From<Actor> for ActorView {
    fn from(actor: Actor) -> Self {
        let Actor { id, kind, name } = actor;
        Self { kind: kind.as_str(), name, id }
    }
}

/// What an organization decides for itself.
#[derive(Serialize, ToSchema)]
#[schema(as = OrgSettings)]
struct SettingsView {
    #[schema(value_type = String)]
    org: Login,
    /// What a check says while GitHub keeps a verification from its end: `fail_closed` (action required) or `fail_open`
    /// (neutral).
    #[schema(value_type = String)]
    on_trouble: OnTrouble,
    /// Longest life of an override that needs approval, in days.
    max_override_days: u32,
    /// The installation of the App; null where it is not installed.
    #[schema(value_type = Option<u64>)]
    installation: Option<InstallationId>,
    /// When they were last changed; null while they are the defaults.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

impl From<Org> for SettingsView {
    fn from(org: Org) -> Self {
        Self {
            on_trouble: org.on_trouble,
            max_override_days: org.max_override_days,
            installation: org.installation,
            updated_at: (org.version > 0).then_some(org.updated_at),
            org: org.org,
        }
    }
}

/// Read an organization's settings
#[utoipa::path(
    get, path = "/api/orgs/{org}/settings", tag = "policy", operation_id = "read_settings", params(OrgPath),
    responses((status = 200, description = "The settings", body = SettingsView))
)]
async fn read(State(app): State<App>, caller: Caller, At(at): At<OrgPath>) -> Result<Response, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    Ok(shown(orgs::settings(&app, &at.org).await?))
}

/// Replace an organization's settings
#[utoipa::path(
    put, path = "/api/orgs/{org}/settings", tag = "policy", operation_id = "replace_settings",
    params(OrgPath, ("If-Match" = String, Header, description = "`ETag` of the settings that are edited, or `*`")),
    request_body = NewSettings,
    responses(
        (status = 200, description = "The settings as they are now", body = SettingsView),
        (status = 412, description = "They were changed meanwhile"),
        (status = 428, description = "`If-Match` is missing"),
    )
)]
async fn replace(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::AdministerPolicy, &at.org)?;
    let new: NewSettings = body.parse()?;
    let expected = required_version(&headers)?;
    Ok(shown(orgs::change(&app, &at.org, &caller.by(), &new, expected).await?))
}

fn shown(org: Org) -> Response {
    let version = Version(org.version);
    let mut response = Json(SettingsView::from(org)).into_response();
    response.extensions_mut().insert(version);
    response
}
