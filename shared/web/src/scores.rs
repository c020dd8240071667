//! `/api/scans/{id}/scores`.

use axum::{Json, extract::State};
use rust_decimal::Decimal;
use scrutineer_scanners::category::CATEGORIES;
use scrutineer_service::{
    App,
    access::Action,
    records::ScanScore,
    scan::read::{self, Scores},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    extract::At,
    problem::Problem,
    scan_view::CountsView,
    scans::{ScanPath, permitted},
    schema,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read_all))
}

/// The scores of a scan; empty until it is completed.
#[derive(Serialize, ToSchema)]
#[schema(as = Scores)]
struct ScoresView {
    /// Overall score in per cent.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    overall: Option<Decimal>,
    /// Share of checks that could be decided, in per cent.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    coverage: Option<Decimal>,
    /// By category, in display order.
    scores: Vec<ScoreView>,
}

/// The score of one category.
#[derive(Serialize, ToSchema)]
#[schema(as = Score)]
struct ScoreView {
    #[schema(schema_with = schema::category)]
    category: String,
    /// Name for people.
    title: &'static str,
    /// Points earned.
    #[serde(serialize_with = "schema::number")]
    #[schema(value_type = f64)]
    score: Decimal,
    /// Points that could be earned.
    #[serde(serialize_with = "schema::number")]
    #[schema(value_type = f64)]
    max_score: Decimal,
    /// Earned of possible; null when nothing could be earned.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    percentage: Option<Decimal>,
    /// Share of checks that could be decided, in per cent; null when there were none.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    coverage: Option<Decimal>,
    /// Weight in the overall score.
    #[serde(serialize_with = "schema::number")]
    #[schema(value_type = f64)]
    weight: Decimal,
    findings: CountsView,
}

impl From<Scores> for ScoresView {
    fn from(Scores { categories, overall, coverage, .. }: Scores) -> Self {
        Self { overall, coverage, scores: categories.into_iter().map(ScoreView::from).collect() }
    }
}

impl From<ScanScore> for ScoreView {
    fn from(score: ScanScore) -> Self {
        let category = CATEGORIES.iter().find(|category| category.key == score.category);
        Self {
            title: category.map_or("", |category| category.title),
            category: score.category,
            score: score.score,
            max_score: score.max_score,
            percentage: score.percentage,
            coverage: score.coverage,
            weight: score.weight,
            findings: score.findings.into(),
        }
    }
}

/// Read a scan's scores
#[utoipa::path(
    get, path = "/api/scans/{scan_id}/scores", tag = "scans", operation_id = "read_scores", params(ScanPath),
    responses((status = 200, description = "The scores", body = ScoresView))
)]
async fn read_all(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ScanPath>,
) -> Result<Json<ScoresView>, Problem> {
    permitted(&app, &caller, Action::ReadScan, at.scan_id).await?;
    Ok(Json(read::scores(&app, at.scan_id).await?.into()))
}
