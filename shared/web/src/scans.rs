//! `/api/customers/{id}/scans` and `/api/scans/{id}`.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use scrutineer_core::ids::ScanId;
use scrutineer_service::{
    App,
    access::Action,
    records::Scan,
    scan::{
        self, end,
        read::{self, ScanState},
        start::{self, ScanRequest},
    },
    text,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    customers::CustomerPath,
    extract::{At, Query, idempotency_key},
    listing::{List, Paging, listed},
    problem::Problem,
    scan_view::ScanView,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read_one, delete))
        .routes(routes!(cancel))
}

/// The scan in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ScanPath {
    /// The scan.
    #[param(value_type = String, format = "uuid")]
    pub(crate) scan_id: ScanId,
}

/// The scan, when the caller may do `action` to it.
pub(crate) async fn permitted(
    app: &App,
    caller: &Caller,
    action: Action,
    id: ScanId,
) -> Result<Scan, Problem> {
    tracing::Span::current().record("scan.id", tracing::field::display(id));
    let scan = scan::get(app, id).await?;
    caller.may_with(action, scan.customer, || text::not_found("scan", id))?;
    Ok(scan)
}

/// Start a scan of a connection
///
/// With an `Idempotency-Key`, the same request within a day answers the same scan.
#[utoipa::path(
    post, path = "/api/customers/{customer_id}/scans", tag = "scans", operation_id = "start_scan",
    params(CustomerPath, ("Idempotency-Key" = Option<String>, Header, description = "Makes repeating it harmless")),
    request_body = ScanRequest,
    responses(
        (status = 201, description = "Started", body = ScanView,
            headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "Another scan of the connection is active; `scan` names it"),
    )
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::RunScan, Some(at.customer_id))?;
    let request: ScanRequest = body.parse()?;
    let key = idempotency_key(&headers)?;
    let scan = start::start(&app, at.customer_id, &request, key).await?;
    tracing::Span::current().record("scan.id", tracing::field::display(scan.id));
    let location = format!("/api/scans/{}", scan.id);
    let state = read::state(&app, scan.id).await?;
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(ScanView::from(state))).into_response())
}

/// List a customer's scans, newest first
#[utoipa::path(
    get, path = "/api/customers/{customer_id}/scans", tag = "scans", operation_id = "list_scans",
    params(CustomerPath, Paging),
    responses((status = 200, description = "A page of scans", body = List<ScanView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadScan, Some(at.customer_id))?;
    let page = read::list(&app, at.customer_id, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(ScanView::from)))
}

/// Read a scan and how far it is
#[utoipa::path(
    get, path = "/api/scans/{scan_id}", tag = "scans", operation_id = "read_scan", params(ScanPath),
    responses((status = 200, description = "The scan", body = ScanView))
)]
async fn read_one(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ScanPath>,
) -> Result<Json<ScanView>, Problem> {
    permitted(&app, &caller, Action::ReadScan, at.scan_id).await?;
    Ok(Json(read::state(&app, at.scan_id).await?.into()))
}

/// Cancel a scan; what it found so far stays readable
#[utoipa::path(
    delete, path = "/api/scans/{scan_id}", tag = "scans", operation_id = "delete_scan", params(ScanPath),
    responses(
        (status = 200, description = "The scan as it ended", body = ScanView),
        (status = 409, description = "It had ended already"),
    )
)]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ScanPath>,
) -> Result<Json<ScanView>, Problem> {
    Ok(Json(cancelled(&app, &caller, at.scan_id).await?.into()))
}

/// Cancel a scan; what it found so far stays readable
#[utoipa::path(
    post, path = "/api/scans/{scan_id}/cancel", tag = "scans", operation_id = "cancel_scan", params(ScanPath),
    responses(
        (status = 200, description = "The scan as it ended", body = ScanView),
        (status = 409, description = "It had ended already"),
    )
)]
async fn cancel(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ScanPath>,
) -> Result<Json<ScanView>, Problem> {
    Ok(Json(cancelled(&app, &caller, at.scan_id).await?.into()))
}

async fn cancelled(app: &App, caller: &Caller, id: ScanId) -> Result<ScanState, Problem> {
    permitted(app, caller, Action::RunScan, id).await?;
    end::cancel(app, id).await?;
    Ok(read::state(app, id).await?)
}
