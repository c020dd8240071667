//! `/api/scans/{id}/repositories`.

use axum::{
    extract::{OriginalUri, State},
    response::Response,
};
use jiff::Timestamp;
use scrutineer_core::ids::RepoName;
use scrutineer_service::{
    App,
    access::Action,
    records::RepoState,
    scan::read::{self, RepositoryState},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    extract::{At, Query},
    listing::{List, Paging, listed},
    problem::Problem,
    scan_view::CountsView,
    scans::{ScanPath, permitted},
    schema,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A repository in a scan.
#[derive(Serialize, ToSchema)]
#[schema(as = RepositoryState)]
struct RepositoryView {
    /// `owner/name`.
    #[schema(value_type = String)]
    name: RepoName,
    #[schema(schema_with = schema::repo_state)]
    status: RepoState,
    /// Why it failed or was reused.
    reason: Option<String>,
    /// Findings by status; null until it is scanned.
    findings: Option<CountsView>,
    /// The commit that was scanned.
    head: Option<String>,
    /// When its result was evaluated.
    #[schema(value_type = Option<String>, format = DateTime)]
    evaluated_at: Option<Timestamp>,
}

impl From<RepositoryState> for RepositoryView {
    fn from(state: RepositoryState) -> Self {
        let RepositoryState { name, state, reason, findings, head, evaluated_at } = state;
        Self { name, status: state, reason, findings: findings.map(CountsView::from), head, evaluated_at }
    }
}

/// List a scan's repositories: settled ones by name, then the queued ones
#[utoipa::path(
    get, path = "/api/scans/{scan_id}/repositories", tag = "scans", operation_id = "list_repositories",
    params(ScanPath, Paging),
    responses((status = 200, description = "A page of repositories", body = List<RepositoryView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ScanPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    permitted(&app, &caller, Action::ReadScan, at.scan_id).await?;
    let page = read::repositories(&app, at.scan_id, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(RepositoryView::from)))
}
