//! `/api/orgs/{org}/policy-bundle/replay`: a bundle tried on past pull requests.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::ids::{Login, ReplayId};
use scrutineer_service::{
    App,
    access::Action,
    records::{Replay, ReplayState},
    verify::replay::{self, ReplayReport, ReplayRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::Caller, body::Body, extract::At, problem::Problem};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(read_one))
}

/// The organization in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OrgPath {
    /// The organization.
    #[param(value_type = String)]
    org: Login,
}

/// The replay in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ReplayPath {
    /// The organization.
    #[param(value_type = String)]
    org: Login,
    /// The replay.
    #[param(value_type = String, format = "uuid")]
    id: ReplayId,
}

/// A replay.
#[derive(Serialize, ToSchema)]
struct ReplayView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The bundle that is tried.
    version: String,
    /// How many pull requests were asked for.
    last: u32,
    /// `running`, `done` or `failed`.
    state: &'static str,
    /// When it was asked for.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
    /// What the bundle would have done, once it is done.
    report: Option<ReplayReport>,
}

impl ReplayView {
    fn of(replay: Replay, report: Option<ReplayReport>) -> Self {
        Self {
            id: replay.id.to_string(),
            version: replay.version,
            last: replay.last,
            state: match replay.state {
                ReplayState::Running => "running",
                ReplayState::Done => "done",
                ReplayState::Failed => "failed",
            },
            created_at: replay.created_at,
            error: replay.error,
            report,
        }
    }
}

/// Try a bundle on the pull requests that were verified last
///
/// Nothing is written to GitHub. The report is read at the address in `Location`.
#[utoipa::path(
    post, path = "/api/orgs/{org}/policy-bundle/replay", tag = "policy", operation_id = "start_replay",
    params(OrgPath), request_body = ReplayRequest,
    responses((status = 202, description = "Begun", body = ReplayView,
        headers(("Location" = String, description = "Its address"))))
)]
async fn start(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::AdministerPolicy, &at.org)?;
    let request: ReplayRequest = body.parse()?;
    let begun = replay::start(&app, &at.org, &request).await?;
    let location = format!("/api/orgs/{}/policy-bundle/replay/{}", at.org, begun.id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(ReplayView::of(begun, None))).into_response())
}

/// Read a replay
#[utoipa::path(
    get, path = "/api/orgs/{org}/policy-bundle/replay/{id}", tag = "policy", operation_id = "read_replay",
    params(ReplayPath),
    responses((status = 200, description = "The replay", body = ReplayView))
)]
async fn read_one(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ReplayPath>,
) -> Result<Json<ReplayView>, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    let (known, report) = replay::get(&app, &at.org, at.id).await?;
    Ok(Json(ReplayView::of(known, report)))
}
