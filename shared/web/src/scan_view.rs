//! A scan as the API shows it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_core::ids::{ConnectionId, CustomerId, ScanId};
use scrutineer_scanners::score::Counts;
use scrutineer_service::{
    records::{FindingCounts, ScanError, ScanOptions, ScanPlan, ScanProfile, ScanStatus},
    scan::{
        read::{Progress, ScanState},
        select::Selection,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

/// A scan.
#[derive(Serialize, ToSchema)]
#[schema(as = Scan)]
pub(crate) struct ScanView {
    #[schema(value_type = String, format = "uuid")]
    id: ScanId,
    #[schema(value_type = String, format = "uuid")]
    customer_id: CustomerId,
    #[schema(value_type = String, format = "uuid")]
    connection_id: ConnectionId,
    /// The organization's login when the scan was started.
    organization: String,
    /// `pending → scanning → completed | failed | cancelled`.
    #[schema(schema_with = schema::scan_status)]
    status: ScanStatus,
    progress: Progress,
    options: OptionsView,
    profile: ProfileView,
    /// What it will take; null until the repositories are listed.
    plan: Option<PlanView>,
    /// The scan whose results unchanged repositories may reuse.
    #[schema(value_type = Option<String>, format = "uuid")]
    previous_scan_id: Option<ScanId>,
    /// What went wrong without ending the scan.
    warnings: Vec<String>,
    /// Why it failed.
    error: Option<ErrorView>,
    /// Overall score in per cent; null until it is completed.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    overall: Option<Decimal>,
    /// Share of checks that could be decided, in per cent; null until it is completed.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    coverage: Option<Decimal>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
}

/// What was asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = ScanOptions)]
pub(crate) struct OptionsView {
    repositories: Selection,
    /// Keys of categories; empty for all.
    categories: Vec<String>,
}

/// Which checks run and what they weigh: the version of a profile that the scan was started with.
#[derive(Serialize, ToSchema)]
#[schema(as = PinnedProfile)]
pub(crate) struct ProfileView {
    /// Its id; `default` for the built-in one.
    id: String,
    name: String,
    version: u64,
    /// Categories that do not run and are not counted.
    disabled_categories: Vec<String>,
    /// Checks of other categories that do not run and are not counted.
    disabled_checks: Vec<String>,
    /// Weights of checks that differ from the registry's.
    #[serde(serialize_with = "schema::numbers")]
    #[schema(value_type = BTreeMap<String, f64>)]
    check_weights: BTreeMap<String, Decimal>,
}

/// What a scan will take.
#[derive(Serialize, ToSchema)]
#[schema(as = ScanPlan)]
struct PlanView {
    /// Repositories to scan.
    repositories: u64,
    /// Requests to the platform at most.
    requests: u64,
    /// Requests left in the budget when the plan was made, where the platform says so.
    budget: Option<u64>,
    /// When the budget is full again.
    #[schema(value_type = Option<String>, format = DateTime)]
    budget_resets_at: Option<Timestamp>,
    /// When it should be done, as planned.
    #[schema(value_type = Option<String>, format = DateTime)]
    eta: Option<Timestamp>,
}

/// Why a scan failed.
#[derive(Serialize, ToSchema)]
#[schema(as = ScanError)]
struct ErrorView {
    code: String,
    message: String,
}

/// Findings by status.
#[derive(Serialize, ToSchema)]
#[schema(as = FindingCounts)]
pub(crate) struct CountsView {
    passed: u64,
    warning: u64,
    failed: u64,
    not_applicable: u64,
    error: u64,
    /// Of the passed and warned ones, those that rest on an attestation; left out where benchmarks count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    attested: Option<u64>,
}

impl From<FindingCounts> for CountsView {
    fn from(counts: FindingCounts) -> Self {
        let FindingCounts { passed, warning, failed, not_applicable, error, attested } = counts;
        Self { passed, warning, failed, not_applicable, error, attested: Some(attested) }
    }
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        let Counts { passed, warning, failed, not_applicable, error } = counts;
        Self { passed, warning, failed, not_applicable, error, attested: None }
    }
}

impl From<ScanState> for ScanView {
    fn from(ScanState { scan, progress }: ScanState) -> Self {
        Self {
            id: scan.id,
            customer_id: scan.customer,
            connection_id: scan.connection,
            organization: scan.organization.into(),
            status: scan.status,
            progress,
            options: scan.options.into(),
            profile: scan.profile.into(),
            plan: scan.plan.map(PlanView::from),
            previous_scan_id: scan.previous,
            warnings: scan.warnings,
            error: scan.error.map(ErrorView::from),
            overall: scan.overall,
            coverage: scan.coverage,
            created_at: scan.created_at,
            started_at: scan.started_at,
            completed_at: scan.completed_at,
        }
    }
}

impl From<ScanOptions> for OptionsView {
    fn from(options: ScanOptions) -> Self {
        let ScanOptions { include, exclude, categories, archived, forks } = options;
        let repositories = Selection { include, exclude, skip_archived: !archived, skip_forks: !forks };
        Self { repositories, categories }
    }
}

impl From<ScanProfile> for ProfileView {
    fn from(profile: ScanProfile) -> Self {
        Self {
            id: profile.id.map_or_else(|| ScanProfile::DEFAULT.to_owned(), |id| id.to_string()),
            name: profile.name,
            version: profile.version,
            disabled_categories: profile.disabled_categories,
            disabled_checks: profile.disabled_checks,
            check_weights: profile.check_weights,
        }
    }
}

impl From<ScanPlan> for PlanView {
    fn from(plan: ScanPlan) -> Self {
        let ScanPlan { repositories, requests, budget, budget_resets_at, eta } = plan;
        Self { repositories, requests, budget, budget_resets_at, eta }
    }
}

impl From<ScanError> for ErrorView {
    fn from(error: ScanError) -> Self {
        Self { code: error.code, message: error.message }
    }
}
