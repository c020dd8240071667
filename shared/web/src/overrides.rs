//! `/api/repos/{owner}/{repo}/override` and `/api/orgs/{org}/overrides`.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::ids::{Login, OverrideId, RepoName};
use scrutineer_service::{
    App,
    access::Action,
    overrides::{self, Decision, OverrideRequest},
    records::{Override, OverrideStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    extract::{At, Query, some},
    listing::{Limit, List, Paging, listed},
    orgs::{ActorView, OrgPath, RepoPath},
    problem::Problem,
    schema,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(request, of_repository))
        .routes(routes!(read, withdraw))
        .routes(routes!(approve))
        .routes(routes!(deny))
        .routes(routes!(of_org))
}

/// The override in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OverridePath {
    /// The organization's login.
    #[param(value_type = String)]
    owner: Login,
    /// The repository's name.
    repo: String,
    /// The override.
    #[param(value_type = String, format = "uuid")]
    override_id: OverrideId,
}

impl OverridePath {
    fn repository(&self) -> Result<RepoName, Problem> {
        format!("{}/{}", self.owner, self.repo).parse().map_err(|_| Problem::no_such_id())
    }
}

/// Which overrides.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// One status: `requested`, `granted`, `approved`, `denied`, `withdrawn`, `expired`.
    #[serde(default, deserialize_with = "some")]
    #[param(value_type = Option<String>)]
    status: Option<OverrideStatus>,
    /// Entries of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "some")]
    cursor: Option<String>,
}

/// What somebody says to their decision.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDecision {
    /// 1 to 1,000 characters.
    comment: Option<String>,
}

/// A repository's departure from its organization's bundle.
#[derive(Serialize, ToSchema)]
#[schema(as = Override)]
struct OverrideView {
    #[schema(value_type = String, format = "uuid")]
    id: OverrideId,
    /// `owner/name`.
    #[schema(value_type = String)]
    repository: RepoName,
    /// A pack or a rule.
    target: String,
    /// What shall hold instead: `off`, `evaluate`, `warn`, `block`.
    state: String,
    reason: String,
    #[schema(schema_with = schema::override_status)]
    status: OverrideStatus,
    requested_by: ActorView,
    #[schema(value_type = String, format = DateTime)]
    requested_at: Timestamp,
    /// How long it shall hold once it is granted; null for as long as nobody takes it back.
    expires_in_days: Option<u32>,
    /// Who decided; null while nobody did, and where nobody had to.
    decided_by: Option<ActorView>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    /// What they said.
    comment: Option<String>,
    /// When it ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// When it was denied, withdrawn, or over.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Override> for OverrideView {
    fn from(item: Override) -> Self {
        Self {
            id: item.id,
            repository: item.repository,
            target: item.target,
            state: item.state,
            reason: item.reason,
            status: item.status,
            requested_by: item.requested_by.into(),
            requested_at: item.requested_at,
            expires_in_days: item.days,
            decided_by: item.decided_by.map(ActorView::from),
            decided_at: item.decided_at,
            comment: item.comment,
            expires_at: item.expires_at,
            ended_at: item.ended_at,
        }
    }
}

/// Ask for an override of a repository
///
/// What is stricter than the bundle is `granted` at once; what is softer is `requested` and waits for the approval of
/// somebody else.
#[utoipa::path(
    post, path = "/api/repos/{owner}/{repo}/override", tag = "policy", operation_id = "request_override",
    params(RepoPath), request_body = OverrideRequest,
    responses(
        (status = 201, description = "Granted, or waiting", body = OverrideView,
            headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "Another request for the same target waits, or there are too many"),
    )
)]
async fn request(
    State(app): State<App>,
    caller: Caller,
    At(at): At<RepoPath>,
    body: Body,
) -> Result<Response, Problem> {
    let (repository, org) = at.repository()?;
    caller.may(Action::RequestOverride, org)?;
    let wanted: OverrideRequest = body.parse()?;
    let made = overrides::request(&app, &caller.by(), &repository, &wanted).await?;
    let location = format!("/api/repos/{repository}/override/{}", made.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(OverrideView::from(made))).into_response())
}

/// List a repository's overrides, newest first
#[utoipa::path(
    get, path = "/api/repos/{owner}/{repo}/override", tag = "policy", operation_id = "list_overrides",
    params(RepoPath, Paging),
    responses((status = 200, description = "A page of overrides", body = List<OverrideView>))
)]
async fn of_repository(
    State(app): State<App>,
    caller: Caller,
    At(at): At<RepoPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    let (repository, org) = at.repository()?;
    caller.may(Action::ReadPolicy, org)?;
    let page = overrides::of_repository(&app, &repository, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(OverrideView::from)))
}

/// Read an override
#[utoipa::path(
    get, path = "/api/repos/{owner}/{repo}/override/{override_id}", tag = "policy",
    operation_id = "read_override", params(OverridePath),
    responses((status = 200, description = "The override", body = OverrideView))
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OverridePath>,
) -> Result<Json<OverrideView>, Problem> {
    caller.may(Action::ReadPolicy, &at.owner)?;
    Ok(Json(overrides::get(&app, &at.repository()?, at.override_id).await?.into()))
}

/// Take an override back
#[utoipa::path(
    delete, path = "/api/repos/{owner}/{repo}/override/{override_id}", tag = "policy",
    operation_id = "withdraw_override", params(OverridePath),
    responses(
        (status = 200, description = "The override as it ended", body = OverrideView),
        (status = 409, description = "It is over already"),
    )
)]
async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OverridePath>,
) -> Result<Json<OverrideView>, Problem> {
    caller.may(Action::RequestOverride, &at.owner)?;
    Ok(Json(overrides::withdraw(&app, &caller.by(), &at.repository()?, at.override_id).await?.into()))
}

/// Approve an override that somebody else asked for
#[utoipa::path(
    post, path = "/api/repos/{owner}/{repo}/override/{override_id}/approve", tag = "policy",
    operation_id = "approve_override", params(OverridePath), request_body = NewDecision,
    responses(
        (status = 200, description = "The override; it holds now", body = OverrideView),
        (status = 403, description = "The token lacks the scope, or asked for it itself"),
        (status = 409, description = "It was decided already"),
    )
)]
async fn approve(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OverridePath>,
    body: Body,
) -> Result<Json<OverrideView>, Problem> {
    decided(&app, &caller, &at, &body, Decision::Approve).await
}

/// Deny an override that somebody else asked for
#[utoipa::path(
    post, path = "/api/repos/{owner}/{repo}/override/{override_id}/deny", tag = "policy",
    operation_id = "deny_override", params(OverridePath), request_body = NewDecision,
    responses(
        (status = 200, description = "The override as it ended", body = OverrideView),
        (status = 403, description = "The token lacks the scope, or asked for it itself"),
        (status = 409, description = "It was decided already"),
    )
)]
async fn deny(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OverridePath>,
    body: Body,
) -> Result<Json<OverrideView>, Problem> {
    decided(&app, &caller, &at, &body, Decision::Deny).await
}

async fn decided(
    app: &App,
    caller: &Caller,
    at: &OverridePath,
    body: &Body,
    decision: Decision,
) -> Result<Json<OverrideView>, Problem> {
    caller.may(Action::DecideOverride, &at.owner)?;
    let NewDecision { comment } = body.parse_or_default()?;
    let repository = at.repository()?;
    let which = (&repository, at.override_id);
    Ok(Json(overrides::decide(app, &caller.by(), which, decision, comment.as_deref()).await?.into()))
}

/// List the overrides of an organization's repositories: by status, newest first in each
#[utoipa::path(
    get, path = "/api/orgs/{org}/overrides", tag = "policy", operation_id = "list_org_overrides",
    params(OrgPath, Filter),
    responses((status = 200, description = "A page of overrides", body = List<OverrideView>))
)]
async fn of_org(
    State(app): State<App>,
    caller: Caller,
    At(at): At<OrgPath>,
    OriginalUri(uri): OriginalUri,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadPolicy, &at.org)?;
    let cursor = filter.cursor.map(scrutineer_service::Cursor::new);
    let page = overrides::of_org(&app, &at.org, filter.status, filter.limit.0, cursor).await?;
    Ok(listed(&uri, page.map(OverrideView::from)))
}
