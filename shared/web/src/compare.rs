//! `/api/scans/{id}/compare/{other}`.

use axum::{
    Json,
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_core::ids::{RepoName, ScanId};
use scrutineer_scanners::{
    Severity, Status,
    category::CATEGORIES,
    compare::{CategoryDelta, Delta, Direction, Verdict},
    registry,
};
use scrutineer_service::{
    App,
    access::Action,
    records::Scan,
    scan::compare::{self, Comparison, Names, SubjectMove},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    extract::{At, Query},
    listing::{Paging, linked},
    problem::Problem,
    scan_view::{OptionsView, ProfileView},
    scans::permitted,
    schema,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read))
}

/// The two scans in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PairPath {
    /// The scan that is looked at: the "after" of the answer.
    #[param(value_type = String, format = "uuid")]
    scan_id: ScanId,
    /// The scan it is compared with, usually an earlier one: the "before" of the answer.
    #[param(value_type = String, format = "uuid")]
    other_id: ScanId,
}

/// Two completed scans of one organization side by side, and a page of what moved between them.
#[derive(Serialize, ToSchema)]
#[schema(as = Comparison)]
struct ComparisonView {
    before: SideView,
    after: SideView,
    /// The overall score, in per cent.
    overall: DeltaView,
    /// Share of checks that could be decided, in per cent.
    coverage: DeltaView,
    /// By category, in display order.
    categories: Vec<CategoryDeltaView>,
    repositories: RepositoryDeltaView,
    /// What moved: the organization's first, then by repository, each in the order of the checks.
    items: Vec<MoveView>,
    /// Pass it as `cursor` for the next page; null on the last one.
    next: Option<String>,
}

/// One of the two scans.
#[derive(Serialize, ToSchema)]
#[schema(as = ComparedScan)]
struct SideView {
    #[schema(value_type = String, format = "uuid")]
    id: ScanId,
    /// What was asked for: other options see other repositories and categories.
    options: OptionsView,
    /// The profile: other weights and other checks give another score for the same evidence.
    profile: ProfileView,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
}

/// A number in both scans.
#[derive(Serialize, ToSchema)]
#[schema(as = Delta)]
struct DeltaView {
    /// Null when there was none.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    before: Option<Decimal>,
    /// Null when there is none.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    after: Option<Decimal>,
    /// After minus before; null unless both are there.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    delta: Option<Decimal>,
}

/// A category in both scans.
#[derive(Serialize, ToSchema)]
#[schema(as = CategoryDelta)]
struct CategoryDeltaView {
    #[schema(schema_with = schema::category)]
    category: String,
    /// Name for people.
    title: &'static str,
    /// Earned of possible, in per cent.
    percentage: DeltaView,
    /// Share of checks that could be decided, in per cent.
    coverage: DeltaView,
}

/// Repositories that are not in both scans; what moved lists only those that are.
#[derive(Serialize, ToSchema)]
#[schema(as = RepositoryDelta)]
struct RepositoryDeltaView {
    /// New in the later look.
    appeared: Names,
    /// Gone since.
    vanished: Names,
    /// One of the two scans could not scan them.
    unscanned: Names,
}

/// A check whose status moved on one subject.
#[derive(Serialize, ToSchema)]
#[schema(as = Move)]
struct MoveView {
    /// Id of the check, e.g. `CICD-003`.
    check: String,
    /// The good state that the check asks for; null for a check that this version does not have.
    title: Option<&'static str>,
    /// Null for a check that this version does not have.
    category: Option<&'static str>,
    /// Severity of the check; null for one that this version does not have.
    #[schema(value_type = Option<String>)]
    severity: Option<Severity>,
    /// The repository; null for the organization itself.
    #[schema(value_type = Option<String>)]
    repository: Option<RepoName>,
    /// `improved`, `worsened`, or `changed` for into or out of `not_applicable`, `error` or not being asked.
    #[schema(schema_with = schema::direction)]
    direction: Direction,
    /// Null when the check was not asked.
    before: Option<VerdictView>,
    /// Null when the check is not asked any more.
    after: Option<VerdictView>,
}

/// What a check said, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = Verdict)]
struct VerdictView {
    #[schema(schema_with = schema::status)]
    status: Status,
    /// One sentence that names the evidence.
    detail: String,
}

impl From<Comparison> for ComparisonView {
    fn from(found: Comparison) -> Self {
        Self {
            before: found.before.into(),
            after: found.after.into(),
            overall: found.overall.into(),
            coverage: found.coverage.into(),
            categories: found.categories.into_iter().map(CategoryDeltaView::from).collect(),
            repositories: RepositoryDeltaView {
                appeared: found.appeared,
                vanished: found.vanished,
                unscanned: found.unscanned,
            },
            items: found.moves.items.into_iter().map(MoveView::from).collect(),
            next: found.moves.next,
        }
    }
}

impl From<Scan> for SideView {
    fn from(scan: Scan) -> Self {
        Self {
            id: scan.id,
            options: scan.options.into(),
            profile: scan.profile.into(),
            completed_at: scan.completed_at,
        }
    }
}

impl From<Delta> for DeltaView {
    fn from(delta: Delta) -> Self {
        Self { before: delta.before, after: delta.after, delta: delta.difference() }
    }
}

impl From<CategoryDelta> for CategoryDeltaView {
    fn from(CategoryDelta { category, percentage, coverage }: CategoryDelta) -> Self {
        let known = CATEGORIES.iter().find(|known| known.key == category);
        Self {
            title: known.map_or("", |known| known.title),
            category,
            percentage: percentage.into(),
            coverage: coverage.into(),
        }
    }
}

impl From<SubjectMove> for MoveView {
    fn from(SubjectMove { repository, moved }: SubjectMove) -> Self {
        let known = registry::find(&moved.check);
        let verdict = |Verdict { status, detail }| VerdictView { status, detail };
        Self {
            title: known.map(|(_, check)| check.title),
            category: known.map(|(scanner, _)| scanner.category.key),
            severity: known.map(|(_, check)| check.severity),
            check: moved.check,
            repository,
            direction: moved.direction,
            before: moved.before.map(verdict),
            after: moved.after.map(verdict),
        }
    }
}

/// Compare a scan with another one of the same organization
///
/// What moved per check and repository, and why; the scores of both; repositories that came and went.
#[utoipa::path(
    get, path = "/api/scans/{scan_id}/compare/{other_id}", tag = "scans", operation_id = "compare_scans",
    params(PairPath, Paging),
    responses(
        (status = 200, description = "The comparison, with a page of what moved", body = ComparisonView),
        (status = 409, description = "One of the scans is not completed"),
        (status = 422, description = "The scans are of two organizations, or a parameter does not hold"),
    )
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    At(at): At<PairPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    let scan = permitted(&app, &caller, Action::ReadScan, at.scan_id).await?;
    let (limit, cursor) = (paging.limit(), paging.cursor());
    let cursor = cursor.as_ref().map(scrutineer_service::Cursor::as_str);
    let found: ComparisonView = compare::compare(&app, &scan, at.other_id, limit, cursor).await?.into();
    let next = found.next.clone();
    Ok(linked(&uri, next.as_deref(), Json(found).into_response()))
}
