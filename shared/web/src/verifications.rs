//! `/api/repos/{owner}/{repo}/checks`: what was verified, how it ended, once more, as SARIF; and required checks.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::ids::{Login, RepoName, VerificationId};
use scrutineer_service::{
    App,
    access::Action,
    records::{SarifState, Verification, VerificationState},
    required_checks::{self, Plan},
    text,
    verify::view::{self, RerunRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    extract::{At, Query},
    listing::{List, Paging, listed},
    problem::Problem,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(rerun))
        .routes(routes!(read_one))
        .routes(routes!(sarif))
        .routes(routes!(plan, apply))
}

/// The repository in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct RepoPath {
    /// The organization.
    owner: String,
    /// The repository's name.
    repo: String,
}

/// The verification in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct VerificationPath {
    /// The organization.
    owner: String,
    /// The repository's name.
    repo: String,
    /// The verification.
    #[param(value_type = String, format = "uuid")]
    id: VerificationId,
}

/// The repository, when the caller may do `action` to what belongs to its owner.
fn permitted(caller: &Caller, action: Action, owner: &str, repo: &str) -> Result<RepoName, Problem> {
    let org: Login = owner.parse().map_err(|_| Problem::no_such_id())?;
    caller.may(action, &org)?;
    format!("{owner}/{repo}").parse().map_err(|_| Problem::no_such_id())
}

/// A verification.
#[derive(Serialize, ToSchema)]
struct VerificationView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The repository.
    repository: String,
    /// The pull request, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pull_request: Option<u64>,
    /// The commit that was judged.
    commit: String,
    /// The git reference.
    reference: String,
    /// The bundle it was judged by, `id@version`.
    bundle: String,
    /// Whether nothing of it may block.
    evaluate: bool,
    /// `running`, `concluded`, `cancelled` or `gave_up`.
    state: &'static str,
    /// `SHIP` or `NO_SHIP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verdict: Option<String>,
    /// The lowest score of its packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    score: Option<u32>,
    /// Its check runs.
    checks: Vec<CheckView>,
    /// Why it could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
    /// What became of its SARIF report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sarif: Option<SarifView>,
    /// When it was begun.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "date-time", nullable = false)]
    concluded_at: Option<Timestamp>,
}

/// A check run.
#[derive(Serialize, ToSchema)]
struct CheckView {
    /// Its name on GitHub.
    name: String,
    /// The pack behind it.
    pack: String,
    /// GitHub's id of it.
    id: u64,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    conclusion: Option<String>,
}

/// What became of a SARIF report.
#[derive(Serialize, ToSchema)]
struct SarifView {
    /// `uploaded`, `processed`, `failed` or `unavailable`.
    state: &'static str,
    /// What stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    why: Option<String>,
}

impl From<SarifState> for SarifView {
    fn from(state: SarifState) -> Self {
        match state {
            SarifState::Uploaded { .. } => Self { state: "uploaded", why: None },
            SarifState::Processed { .. } => Self { state: "processed", why: None },
            SarifState::Failed { why } => Self { state: "failed", why: Some(why) },
            SarifState::Unavailable { why } => Self { state: "unavailable", why: Some(why) },
        }
    }
}

impl From<Verification> for VerificationView {
    fn from(known: Verification) -> Self {
        let check = |row: scrutineer_service::records::CheckRow| CheckView {
            name: row.name,
            pack: row.pack,
            id: row.id.get(),
            conclusion: row.conclusion,
        };
        Self {
            id: known.id.to_string(),
            repository: known.repository.to_string(),
            pull_request: known.pull.map(|number| number.get()),
            commit: known.sha.to_string(),
            reference: known.reference,
            bundle: known.bundle,
            evaluate: known.evaluate,
            state: match known.state {
                VerificationState::Running => "running",
                VerificationState::Concluded => "concluded",
                VerificationState::Cancelled => "cancelled",
                VerificationState::GaveUp => "gave_up",
            },
            verdict: known.verdict,
            score: known.score,
            checks: known.checks.into_iter().map(check).collect(),
            error: known.error,
            sarif: known.sarif.map(Into::into),
            created_at: known.created_at,
            concluded_at: known.concluded_at,
        }
    }
}

/// A verification and its reasons.
#[derive(Serialize, ToSchema)]
struct DetailView {
    /// The verification.
    #[serde(flatten)]
    verification: VerificationView,
    /// The verdict with violations, what was suppressed and what was not analysed; null while it runs.
    #[schema(value_type = Option<Object>)]
    result: Option<serde_json::Value>,
}

/// List the verifications of a repository, newest first
#[utoipa::path(
    get, path = "/api/repos/{owner}/{repo}/checks", tag = "verifications", operation_id = "list_verifications",
    params(RepoPath, Paging),
    responses((status = 200, description = "A page of verifications", body = List<VerificationView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    At(at): At<RepoPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    let repo = permitted(&caller, Action::ReadPolicy, &at.owner, &at.repo)?;
    let page = view::list(&app, &repo, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(VerificationView::from)))
}

/// Verify a pull request or commit once more
#[utoipa::path(
    post, path = "/api/repos/{owner}/{repo}/checks/rerun", tag = "verifications",
    operation_id = "rerun_verification", params(RepoPath), request_body = RerunRequest,
    responses((status = 202, description = "Asked for; the verification that is repeated", body = VerificationView))
)]
async fn rerun(
    State(app): State<App>,
    caller: Caller,
    At(at): At<RepoPath>,
    body: Body,
) -> Result<Response, Problem> {
    let repo = permitted(&caller, Action::RerunVerification, &at.owner, &at.repo)?;
    let request: RerunRequest = body.parse()?;
    let known = view::rerun(&app, &repo, &request).await?;
    Ok((StatusCode::ACCEPTED, Json(VerificationView::from(known))).into_response())
}

/// Read a verification and its reasons
#[utoipa::path(
    get, path = "/api/repos/{owner}/{repo}/checks/{id}", tag = "verifications",
    operation_id = "read_verification", params(VerificationPath),
    responses((status = 200, description = "The verification", body = DetailView))
)]
async fn read_one(
    State(app): State<App>,
    caller: Caller,
    At(at): At<VerificationPath>,
) -> Result<Json<DetailView>, Problem> {
    let repo = permitted(&caller, Action::ReadPolicy, &at.owner, &at.repo)?;
    let (verification, verdict) = view::one(&app, &repo, at.id).await?;
    let result = verdict.map(serde_json::to_value).transpose();
    let result = result.map_err(|error| Problem::internal(error.into()))?;
    Ok(Json(DetailView { verification: verification.into(), result }))
}

/// Download the findings of a verification as SARIF 2.1.0
#[utoipa::path(
    get, path = "/api/repos/{owner}/{repo}/checks/{id}/sarif", tag = "verifications",
    operation_id = "read_verification_sarif", params(VerificationPath),
    responses((status = 200, description = "The report", content_type = "application/sarif+json"))
)]
async fn sarif(
    State(app): State<App>,
    caller: Caller,
    At(at): At<VerificationPath>,
) -> Result<Response, Problem> {
    let repo = permitted(&caller, Action::ReadPolicy, &at.owner, &at.repo)?;
    let log = view::sarif_of(&app, &repo, at.id).await?;
    let name = format!("attachment; filename=\"{}-{}.sarif\"", repo.name(), at.id);
    Ok(([(CONTENT_TYPE, "application/sarif+json".to_owned()), (CONTENT_DISPOSITION, name)], log)
        .into_response())
}

/// Show what setting up required checks would change
#[utoipa::path(
    get, path = "/api/repos/{owner}/{repo}/required-checks", tag = "verifications",
    operation_id = "plan_required_checks", params(RepoPath),
    responses((status = 200, description = "What would change; nothing was changed", body = Plan))
)]
async fn plan(State(app): State<App>, caller: Caller, At(at): At<RepoPath>) -> Result<Json<Plan>, Problem> {
    let repo = permitted(&caller, Action::ReadPolicy, &at.owner, &at.repo)?;
    let installation = installation(&app, &repo).await?;
    Ok(Json(required_checks::plan(&app, installation, &repo).await?))
}

/// Set up required checks on the default branch
///
/// A ruleset is created, or the classic protection of the branch extended; nothing that is there is taken away.
#[utoipa::path(
    post, path = "/api/repos/{owner}/{repo}/required-checks", tag = "verifications",
    operation_id = "apply_required_checks", params(RepoPath),
    responses((status = 200, description = "What was changed", body = Plan))
)]
async fn apply(State(app): State<App>, caller: Caller, At(at): At<RepoPath>) -> Result<Json<Plan>, Problem> {
    let repo = permitted(&caller, Action::AdministerPolicy, &at.owner, &at.repo)?;
    let installation = installation(&app, &repo).await?;
    Ok(Json(required_checks::apply(&app, installation, &repo, &caller.by()).await?))
}

async fn installation(app: &App, repo: &RepoName) -> Result<scrutineer_core::ids::InstallationId, Problem> {
    let org: Login = repo.owner().parse().map_err(|_| Problem::no_such_id())?;
    let known = scrutineer_service::installations::of_org(app, &org).await?;
    known.ok_or_else(|| text::not_found("installation of the App on", &org).into())
}
