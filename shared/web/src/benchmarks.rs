//! `/api/scans/{id}/benchmarks`.

use axum::{Json, extract::State};
use rust_decimal::Decimal;
use scrutineer_scanners::benchmarks::{
    Band, Benchmarks, CheckResult, Control, Dora, Group, Metric, Standard, State as ControlState, States,
};
use scrutineer_service::{App, access::Action, scan::benchmarks};
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
    OpenApiRouter::new().routes(routes!(read))
}

/// A completed scan against public standards, and the four DORA metrics.
#[derive(Serialize, ToSchema)]
#[schema(as = Benchmarks)]
struct BenchmarksView {
    /// OpenSSF Scorecard, SLSA, CIS Software Supply Chain Security Guide, OSPS Baseline.
    standards: Vec<StandardView>,
    dora: DoraView,
}

/// A standard, and how far the scan shows it to be met.
#[derive(Serialize, ToSchema)]
#[schema(as = Standard)]
struct StandardView {
    /// `scorecard`, `slsa`, `cis_ssc` or `osps`.
    key: &'static str,
    /// Name for people.
    title: &'static str,
    /// The edition that the controls are taken from.
    version: &'static str,
    #[schema(format = "uri")]
    url: &'static str,
    /// What is claimed, and why no more.
    claim: String,
    /// All controls by state.
    states: StatesView,
    /// Its levels, tracks or sections.
    groups: Vec<GroupView>,
    /// Its controls, in its own order.
    controls: Vec<ControlView>,
}

/// Controls by state.
#[derive(Serialize, ToSchema)]
#[schema(as = ControlStates)]
struct StatesView {
    met: u64,
    partly: u64,
    not_met: u64,
    unknown: u64,
    not_applicable: u64,
    not_assessed: u64,
}

/// A level, track or section.
#[derive(Serialize, ToSchema)]
#[schema(as = ControlGroup)]
struct GroupView {
    name: &'static str,
    states: StatesView,
}

/// A control of a standard.
#[derive(Serialize, ToSchema)]
#[schema(as = Control)]
struct ControlView {
    /// Its id in the standard.
    id: &'static str,
    /// What it asks for, in our words.
    title: &'static str,
    /// The level, track or section it belongs to.
    group: &'static str,
    /// `not_assessed`: no check of the scan is evidence for it. `unknown`: not everything could be read.
    #[schema(schema_with = schema::control_state)]
    state: ControlState,
    /// The findings behind the state, by check; `GET …/findings?check=…` lists them.
    checks: Vec<CheckResultView>,
    /// Why the state is what it is, where the findings alone do not say it.
    note: Option<String>,
}

/// The findings of one check, as evidence for a control.
#[derive(Serialize, ToSchema)]
#[schema(as = CheckResult)]
struct CheckResultView {
    /// Id of the check.
    check: &'static str,
    /// The check is evidence for a part of the control only.
    part: bool,
    counts: CountsView,
    /// The first few repositories where it failed or warned.
    worst: Vec<String>,
}

/// The four DORA metrics, and what they rest on.
#[derive(Serialize, ToSchema)]
#[schema(as = Dora)]
struct DoraView {
    /// Days looked back.
    window_days: i64,
    /// Production deployments that ended in the window, in all repositories.
    deployments: u64,
    /// Repositories with production deployments.
    repositories: u64,
    /// Repositories whose deployments could not be read.
    unread: u64,
    /// Why the first of them could not.
    missing: Option<String>,
    /// Repositories that deploy so often that only their newest deployments were seen.
    sampled: u64,
    /// Frequency, lead time, failure rate, time to restore.
    metrics: Vec<MetricView>,
}

/// A DORA metric.
#[derive(Serialize, ToSchema)]
#[schema(as = DoraMetric)]
struct MetricView {
    /// `deployment_frequency`, `lead_time_for_changes`, `change_failure_rate` or `time_to_restore`.
    key: &'static str,
    /// Name for people.
    title: &'static str,
    /// How it is computed here.
    definition: &'static str,
    /// Two decimals; null when there is not enough data.
    #[serde(serialize_with = "schema::maybe_number")]
    #[schema(value_type = Option<f64>)]
    value: Option<Decimal>,
    /// `per_day`, `hours` or `percent`.
    unit: &'static str,
    /// Deployments, changes or recoveries it rests on.
    samples: u64,
    /// `elite`, `high`, `medium` or `low`; null when there is not enough data.
    #[schema(value_type = Option<String>)]
    band: Option<Band>,
    /// Why there is no value, or what the value leaves out.
    note: Option<String>,
}

impl From<Benchmarks> for BenchmarksView {
    fn from(found: Benchmarks) -> Self {
        Self {
            standards: found.standards.into_iter().map(StandardView::from).collect(),
            dora: found.dora.into(),
        }
    }
}

impl From<Standard> for StandardView {
    fn from(found: Standard) -> Self {
        let Standard { key, title, version, url, claim, states, groups, controls } = found;
        let group = |Group { name, states }| GroupView { name, states: states.into() };
        Self {
            key,
            title,
            version,
            url,
            claim,
            states: states.into(),
            groups: groups.into_iter().map(group).collect(),
            controls: controls.into_iter().map(ControlView::from).collect(),
        }
    }
}

impl From<States> for StatesView {
    fn from(states: States) -> Self {
        Self {
            met: states.count(ControlState::Met),
            partly: states.count(ControlState::Partly),
            not_met: states.count(ControlState::NotMet),
            unknown: states.count(ControlState::Unknown),
            not_applicable: states.count(ControlState::NotApplicable),
            not_assessed: states.count(ControlState::NotAssessed),
        }
    }
}

impl From<Control> for ControlView {
    fn from(Control { id, title, group, state, checks, note }: Control) -> Self {
        let result = |CheckResult { check, part, counts, worst }| CheckResultView {
            check,
            part,
            counts: counts.into(),
            worst,
        };
        Self { id, title, group, state, checks: checks.into_iter().map(result).collect(), note }
    }
}

impl From<Dora> for DoraView {
    fn from(found: Dora) -> Self {
        let Dora { window_days, deployments, repositories, unread, missing, sampled, metrics } = found;
        let metrics = metrics.into_iter().map(MetricView::from).collect();
        Self { window_days, deployments, repositories, unread, missing, sampled, metrics }
    }
}

impl From<Metric> for MetricView {
    fn from(found: Metric) -> Self {
        let Metric { key, title, definition, value, unit, samples, band, note } = found;
        Self { key, title, definition, value, unit, samples, band, note }
    }
}

/// Hold a completed scan against public standards
///
/// Per control of OpenSSF Scorecard, SLSA, CIS Software Supply Chain Security Guide and OSPS Baseline: met, partly,
/// not met, unknown or not assessed, with the findings behind it. And the four DORA metrics.
#[utoipa::path(
    get, path = "/api/scans/{scan_id}/benchmarks", tag = "scans", operation_id = "read_benchmarks",
    params(ScanPath),
    responses(
        (status = 200, description = "The benchmarks", body = BenchmarksView),
        (status = 409, description = "The scan is not completed"),
    )
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ScanPath>,
) -> Result<Json<BenchmarksView>, Problem> {
    let scan = permitted(&app, &caller, Action::ReadScan, at.scan_id).await?;
    Ok(Json(benchmarks::read(&app, &scan).await?.into()))
}
