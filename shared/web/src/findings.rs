//! `/api/scans/{id}/findings`.

use axum::{
    extract::{OriginalUri, State},
    response::Response,
};
use rust_decimal::Decimal;
use scrutineer_core::{Gap, ids::RepoName};
use scrutineer_scanners::{
    Evidence, Finding, Gain, Severity, Standing, Status, category::CATEGORIES, registry,
};
use scrutineer_service::{
    App,
    access::Action,
    scan::read::{self, FindingFilter},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    extract::{self, At, Query, some},
    listing::{Limit, List, listed},
    problem::{FieldError, Problem},
    scans::{ScanPath, permitted},
    schema,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which findings. Each parameter takes several values, separated by commas or repeated.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Categories by key, e.g. `cicd,secrets_mgmt`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    category: extract::List<String>,
    /// Severities of the check: `critical`, `high`, `medium`, `low`, `info`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    severity: extract::List<Severity>,
    /// Statuses: `passed`, `warning`, `failed`, `not_applicable`, `error`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    status: extract::List<Status>,
    /// Ids of checks, e.g. `CICD-003`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    check: extract::List<String>,
    /// One repository, as `owner/name` or its name alone; `-` for the organization itself.
    #[serde(default, deserialize_with = "some")]
    repository: Option<String>,
    /// Entries of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "some")]
    cursor: Option<String>,
}

/// What a check says about the organization or a repository.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
struct FindingView {
    /// Id of the check, e.g. `CICD-003`.
    check: String,
    /// The good state that the check asks for.
    title: &'static str,
    #[schema(schema_with = schema::category)]
    category: &'static str,
    /// Severity of the check.
    #[schema(schema_with = schema::severity)]
    severity: Severity,
    /// The repository; null for the organization itself.
    #[schema(value_type = Option<String>)]
    repository: Option<RepoName>,
    #[schema(schema_with = schema::status)]
    status: Status,
    /// Whether it rests on an attestation: it earns three quarters of the weight at most.
    attested: bool,
    /// One sentence that names the evidence.
    detail: String,
    evidence: Vec<EvidenceView>,
    /// Status `error` only: why it could not be decided.
    gap: Option<GapView>,
    /// What fixing it adds to the scores; null until the scan is completed.
    gain: Option<GainView>,
    /// How to reach the good state.
    remediation: &'static str,
    /// Address of the check's description.
    #[schema(format = "uri-reference")]
    check_url: String,
}

/// What fixing a finding adds to the scores, in percentage points with two decimals; 0 for what passed or does not
/// apply.
#[derive(Serialize, ToSchema)]
#[schema(as = Gain)]
struct GainView {
    /// To the percentage of its category.
    #[serde(serialize_with = "schema::number")]
    #[schema(value_type = f64)]
    category: Decimal,
    /// To the overall score.
    #[serde(serialize_with = "schema::number")]
    #[schema(value_type = f64)]
    overall: Decimal,
    /// Status `error` only: this much at most, if it turns out to be in place.
    at_most: bool,
}

impl From<Gain> for GainView {
    fn from(Gain { category, overall, at_most }: Gain) -> Self {
        Self { category, overall, at_most }
    }
}

/// Where something was seen, and what.
#[derive(Serialize, ToSchema)]
#[schema(as = Evidence)]
struct EvidenceView {
    /// `path:line` in the repository, an API field, or a pull request.
    source: String,
    value: String,
    /// `measurement`, `attestation` (a person answers for it) or `rejected_attestation` (the value says why).
    #[schema(schema_with = schema::evidence_kind)]
    kind: &'static str,
}

/// Why evidence is missing.
#[derive(Serialize, ToSchema)]
#[schema(as = Gap)]
struct GapView {
    /// `forbidden`, `unsupported`, `truncated` or `unavailable`.
    reason: &'static str,
    /// `forbidden` only: the permission that would unlock it, e.g. `contents:read`.
    permission: Option<String>,
    detail: String,
}

impl From<Gap> for GapView {
    fn from(gap: Gap) -> Self {
        let detail = gap.to_string();
        let (reason, permission) = match gap {
            Gap::Forbidden { permission } => ("forbidden", Some(permission.to_string())),
            Gap::Unsupported { .. } => ("unsupported", None),
            Gap::Truncated => ("truncated", None),
            Gap::Unavailable { .. } => ("unavailable", None),
        };
        Self { reason, permission, detail }
    }
}

impl FindingView {
    /// `None` for a check that this build does not have; the use case lists none of those.
    fn of(finding: Finding, standing: &Standing) -> Option<Self> {
        let (scanner, check) = registry::find(&finding.check)?;
        let evidence = |Evidence { source, value, kind }| EvidenceView { source, value, kind: kind.as_str() };
        let attested = finding.is_attested();
        Some(Self {
            title: check.title,
            category: scanner.category.key,
            severity: check.severity,
            repository: finding.repository,
            status: finding.status,
            attested,
            detail: finding.detail,
            evidence: finding.evidence.into_iter().map(evidence).collect(),
            gap: finding.gap.map(GapView::from),
            gain: standing.gain(check.id, [finding.status]).map(GainView::from),
            remediation: check.remediation,
            check_url: format!("/api/checks/{}", finding.check),
            check: finding.check,
        })
    }
}

impl Filter {
    fn checked(self) -> Result<FindingFilter, Problem> {
        let known = |key: &String| CATEGORIES.iter().any(|category| category.key == key);
        if !self.category.0.iter().all(known) {
            let why = "there is no such category; GET /api/checks lists them";
            return Err(Problem::invalid("invalid_query", FieldError::query("category", why)));
        }
        Ok(FindingFilter {
            categories: self.category.0,
            severities: self.severity.0,
            statuses: self.status.0,
            checks: self.check.0,
            repository: self.repository,
        })
    }
}

/// List a scan's findings, also while it runs
///
/// The organization's first, then by repository, each in the order of the checks.
#[utoipa::path(
    get, path = "/api/scans/{scan_id}/findings", tag = "scans", operation_id = "list_findings",
    params(ScanPath, Filter),
    responses((status = 200, description = "A page of findings", body = List<FindingView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ScanPath>,
    OriginalUri(uri): OriginalUri,
    Query(mut filter): Query<Filter>,
) -> Result<Response, Problem> {
    permitted(&app, &caller, Action::ReadScan, at.scan_id).await?;
    let (limit, cursor) = (filter.limit.0, filter.cursor.take());
    let filter = filter.checked()?;
    let page = read::findings(&app, at.scan_id, &filter, limit, cursor.as_deref()).await?;
    let standing = read::scores(&app, at.scan_id).await?.standing();
    let shown = |finding| FindingView::of(finding, &standing);
    let items = page.items.into_iter().filter_map(shown).collect();
    Ok(listed(&uri, scrutineer_service::page::Page { items, next: page.next }))
}
