//! `/api/checks`: the registry of checks.

use axum::Json;
use rust_decimal::Decimal;
use scrutineer_scanners::{
    Scope, Severity, Status,
    catalogue::{self, CheckDescription},
};
use scrutineer_service::{App, access::Action, text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::Caller, extract::At, problem::Problem, schema};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

/// The check in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CheckPath {
    /// Id of the check, e.g. `CICD-003`.
    check_id: String,
}

/// All checks.
#[derive(Serialize, ToSchema)]
#[schema(as = Checks)]
struct ChecksView {
    /// In display order.
    items: Vec<CheckView>,
}

/// A check.
#[derive(Serialize, ToSchema)]
#[schema(as = Check)]
struct CheckView {
    /// Id, e.g. `CICD-003`.
    id: &'static str,
    /// Says the good state.
    name: &'static str,
    #[schema(schema_with = schema::category)]
    category: &'static str,
    /// The organization, or each repository.
    #[schema(schema_with = schema::scope)]
    scope: Scope,
    /// Severity when it fails.
    #[schema(schema_with = schema::severity)]
    severity: Severity,
    /// Weight in its category.
    #[serde(serialize_with = "schema::number")]
    #[schema(value_type = f64)]
    weight: Decimal,
    /// Weight of the category in the overall score.
    #[serde(serialize_with = "schema::number")]
    #[schema(value_type = f64)]
    category_weight: Decimal,
    /// The statuses it can end in.
    #[schema(value_type = Vec<String>)]
    statuses: Vec<Status>,
    /// Whether an attestation counts as evidence.
    attestable: bool,
    /// What it asks.
    description: &'static str,
    /// When it passes, warns, fails and does not apply.
    decision: &'static str,
    /// Why it matters.
    rationale: &'static str,
    /// How to fix it.
    remediation: &'static str,
    /// Primary sources.
    references: &'static [&'static str],
    /// Permissions that it reads with.
    needs: Vec<NeedView>,
    /// Numbers that it compares with.
    thresholds: Vec<ThresholdView>,
}

/// A permission that a check reads with.
#[derive(Serialize, ToSchema)]
#[schema(as = Need)]
struct NeedView {
    /// Key of the GitHub App permission.
    key: &'static str,
    level: &'static str,
}

/// A number that a check compares with.
#[derive(Serialize, ToSchema)]
#[schema(as = Threshold)]
struct ThresholdView {
    key: &'static str,
    default: i64,
    unit: &'static str,
    /// Least value that a profile may set.
    minimum: i64,
    /// Largest value that a profile may set.
    maximum: i64,
    description: &'static str,
}

impl From<CheckDescription> for CheckView {
    fn from(check: CheckDescription) -> Self {
        let need = |need: &catalogue::Need| NeedView { key: need.key, level: need.level };
        let threshold = |threshold: &scrutineer_scanners::check::Threshold| ThresholdView {
            key: threshold.key,
            default: threshold.default,
            unit: threshold.unit,
            minimum: threshold.range().0,
            maximum: threshold.range().1,
            description: threshold.description,
        };
        Self {
            id: check.id,
            name: check.name,
            category: check.category,
            scope: check.scope,
            severity: check.severity,
            weight: check.weight,
            category_weight: check.category_weight,
            statuses: check.statuses,
            description: check.description,
            decision: check.decision,
            rationale: check.rationale,
            remediation: check.remediation,
            references: check.references,
            needs: check.needs.iter().map(need).collect(),
            attestable: check.attestable,
            thresholds: check.thresholds.iter().map(threshold).collect(),
        }
    }
}

/// List all checks
#[utoipa::path(
    get, path = "/api/checks", tag = "checks", operation_id = "list_checks",
    responses((status = 200, description = "All checks, in display order", body = ChecksView))
)]
async fn list(caller: Caller) -> Result<Json<ChecksView>, Problem> {
    caller.may(Action::ReadChecks, None)?;
    Ok(Json(ChecksView { items: catalogue::catalogue().into_iter().map(CheckView::from).collect() }))
}

/// Read a check
#[utoipa::path(
    get, path = "/api/checks/{check_id}", tag = "checks", operation_id = "read_check", params(CheckPath),
    responses((status = 200, description = "The check", body = CheckView))
)]
async fn read(caller: Caller, At(at): At<CheckPath>) -> Result<Json<CheckView>, Problem> {
    caller.may(Action::ReadChecks, None)?;
    let short: String = at.check_id.chars().take(20).collect();
    let check = catalogue::find(&short.to_ascii_uppercase());
    Ok(Json(check.ok_or_else(|| Problem::from(text::not_found("check", short)))?.into()))
}
