//! `/api/customers/{id}/profiles`.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::ids::CustomerId;
use scrutineer_scanners::profile::{CategorySettings, CheckSettings};
use scrutineer_service::{
    App,
    access::Action,
    profiles::{self, ProfileInput, ProfileState, schema},
    records::ScanProfile,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    customers::CustomerPath,
    extract::{At, Query},
    listing::{List, Paging, listed},
    problem::Problem,
    validators::{Version, expected_version},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, replace, delete))
        .routes(routes!(list_versions))
        .routes(routes!(read_version))
}

/// The profile in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ProfilePath {
    /// The customer.
    #[param(value_type = String, format = "uuid")]
    customer_id: CustomerId,
    /// The profile; `default` for the built-in one.
    profile_id: String,
}

/// The version in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct VersionPath {
    /// The customer.
    #[param(value_type = String, format = "uuid")]
    customer_id: CustomerId,
    /// The profile; `default` for the built-in one.
    profile_id: String,
    /// Number of the version, from 1.
    version: u64,
}

/// A scan profile: what differs from the registry of checks.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
struct ProfileView {
    /// Its id; `default` for the built-in one.
    id: String,
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Counts changes.
    version: u64,
    /// Whether it comes with the program and cannot be changed.
    built_in: bool,
    #[schema(schema_with = schema::categories)]
    categories: BTreeMap<String, CategorySettings>,
    #[schema(schema_with = schema::checks)]
    checks: BTreeMap<String, CheckSettings>,
    /// When this version was written; null for the built-in profile.
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    /// Name of the token that wrote this version; null for the built-in profile.
    changed_by: Option<String>,
}

impl From<ProfileState> for ProfileView {
    fn from(ProfileState { row, settings }: ProfileState) -> Self {
        let built_in = ScanProfile::default();
        Self {
            built_in: row.is_none(),
            id: row.as_ref().map_or(built_in.name.clone(), |row| row.id.to_string()),
            name: row.as_ref().map_or(built_in.name, |row| row.name.clone()),
            version: row.as_ref().map_or(built_in.version, |row| row.version),
            changed_at: row.as_ref().map(|row| row.changed_at),
            changed_by: row.as_ref().map(|row| row.changed_by.clone()),
            description: row.and_then(|row| row.description),
            categories: settings.categories,
            checks: settings.checks,
        }
    }
}

/// Create a scan profile
///
/// A scan uses it when `POST …/scans` names it.
#[utoipa::path(
    post, path = "/api/customers/{customer_id}/profiles", tag = "profiles", operation_id = "create_profile",
    params(CustomerPath), request_body = ProfileInput,
    responses(
        (status = 201, description = "Created", body = ProfileView,
            headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "The name is taken"),
    )
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    let state = profiles::create(&app, at.customer_id, body.parse()?, &caller.by()).await?;
    let id = state.row.as_ref().map(|row| row.id.to_string()).unwrap_or_default();
    let location = format!("/api/customers/{}/profiles/{id}", at.customer_id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], shown(state)).into_response())
}

/// List a customer's scan profiles, oldest first
///
/// The built-in profile is not in the list; read it as `default`.
#[utoipa::path(
    get, path = "/api/customers/{customer_id}/profiles", tag = "profiles", operation_id = "list_profiles",
    params(CustomerPath, Paging),
    responses((status = 200, description = "A page of profiles", body = List<ProfileView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadCustomer, Some(at.customer_id))?;
    let page = profiles::list(&app, at.customer_id, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(ProfileView::from)))
}

/// Read a scan profile
#[utoipa::path(
    get, path = "/api/customers/{customer_id}/profiles/{profile_id}", tag = "profiles",
    operation_id = "read_profile", params(ProfilePath),
    responses((status = 200, description = "The profile as it is now", body = ProfileView))
)]
async fn read(State(app): State<App>, caller: Caller, At(at): At<ProfilePath>) -> Result<Response, Problem> {
    caller.may(Action::ReadCustomer, Some(at.customer_id))?;
    Ok(shown(profiles::get(&app, at.customer_id, &at.profile_id).await?))
}

/// Replace a scan profile
///
/// Writes a new version; scans keep the version that they were started with.
#[utoipa::path(
    put, path = "/api/customers/{customer_id}/profiles/{profile_id}", tag = "profiles",
    operation_id = "replace_profile",
    params(ProfilePath, ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is edited")),
    request_body = ProfileInput,
    responses(
        (status = 200, description = "The profile as it is now", body = ProfileView),
        (status = 409, description = "The name is taken, or the profile is built in"),
        (status = 412, description = "It was changed meanwhile"),
    )
)]
async fn replace(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ProfilePath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    let (input, expected) = (body.parse()?, expected_version(&headers)?);
    let by = caller.by();
    let change = (input, &by);
    Ok(shown(profiles::replace(&app, at.customer_id, &at.profile_id, expected, change).await?))
}

/// Delete a scan profile
///
/// Its versions stay readable, because scans refer to them.
#[utoipa::path(
    delete, path = "/api/customers/{customer_id}/profiles/{profile_id}", tag = "profiles",
    operation_id = "delete_profile",
    params(ProfilePath, ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is deleted")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 409, description = "The profile is built in"),
        (status = 412, description = "It was changed meanwhile"),
    )
)]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ProfilePath>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    let expected = expected_version(&headers)?;
    profiles::delete(&app, at.customer_id, &at.profile_id, expected, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the versions of a scan profile, newest first
#[utoipa::path(
    get, path = "/api/customers/{customer_id}/profiles/{profile_id}/versions", tag = "profiles",
    operation_id = "list_profile_versions", params(ProfilePath, Paging),
    responses((status = 200, description = "A page of versions", body = List<ProfileView>))
)]
async fn list_versions(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ProfilePath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadCustomer, Some(at.customer_id))?;
    let (limit, cursor) = (paging.limit(), paging.cursor());
    let page = profiles::versions(&app, at.customer_id, &at.profile_id, limit, cursor).await?;
    Ok(listed(&uri, page.map(ProfileView::from)))
}

/// Read one version of a scan profile, also of a deleted one
#[utoipa::path(
    get, path = "/api/customers/{customer_id}/profiles/{profile_id}/versions/{version}", tag = "profiles",
    operation_id = "read_profile_version", params(VersionPath),
    responses((status = 200, description = "The profile as it was", body = ProfileView))
)]
async fn read_version(
    State(app): State<App>,
    caller: Caller,
    At(at): At<VersionPath>,
) -> Result<Json<ProfileView>, Problem> {
    caller.may(Action::ReadCustomer, Some(at.customer_id))?;
    Ok(Json(profiles::version(&app, at.customer_id, &at.profile_id, at.version).await?.into()))
}

fn shown(state: ProfileState) -> Response {
    let view = ProfileView::from(state);
    let version = Version(view.version);
    let mut response = Json(view).into_response();
    response.extensions_mut().insert(version);
    response
}
