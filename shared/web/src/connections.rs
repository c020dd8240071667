//! `/api/customers/{id}/connections` and `/api/connections/{id}/validate`. Credentials go in and never come out.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::{
    evidence::org::CredentialKind,
    ids::{ConnectionId, CustomerId},
    provider::Validation,
};
use scrutineer_service::{
    App,
    access::Action,
    connections::{self, ConnectionPatch, NewConnection},
    records::Connection,
    text,
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
        .routes(routes!(read, change, delete))
        .routes(routes!(validate))
        .routes(routes!(validate_by_id))
}

/// A customer's connection in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ConnectionPath {
    /// The customer.
    #[param(value_type = String, format = "uuid")]
    customer_id: CustomerId,
    /// The connection.
    #[param(value_type = String, format = "uuid")]
    connection_id: ConnectionId,
}

/// A connection in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ConnectionIdPath {
    /// The connection.
    #[param(value_type = String, format = "uuid")]
    connection_id: ConnectionId,
}

/// One organization on one platform with one credential, which is not shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
struct ConnectionView {
    #[schema(value_type = String, format = "uuid")]
    id: ConnectionId,
    #[schema(value_type = String, format = "uuid")]
    customer_id: CustomerId,
    name: String,
    /// The organization's login.
    organization: String,
    /// API root of a GitHub Enterprise Server; null for github.com.
    base_url: Option<String>,
    credential: CredentialView,
    /// When the platform last accepted the credential.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_validated_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Counts changes.
    version: u64,
}

/// To recognize a credential by.
#[derive(Serialize, ToSchema)]
#[schema(as = Credential)]
struct CredentialView {
    /// `app_installation`, `fine_grained_pat` or `classic_pat`.
    #[schema(value_type = String)]
    kind: CredentialKind,
    /// Last four characters of the token, or of the installation's id.
    last4: String,
}

impl From<Connection> for ConnectionView {
    fn from(connection: Connection) -> Self {
        Self {
            id: connection.id,
            customer_id: connection.customer,
            name: connection.name,
            organization: connection.organization.into(),
            base_url: connection.base_url,
            credential: CredentialView { kind: connection.credential_kind, last4: connection.last4 },
            last_validated_at: connection.last_validated_at,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            version: connection.version,
        }
    }
}

/// What a credential proved to be.
#[derive(Serialize, ToSchema)]
#[schema(as = Validation)]
struct ValidationView {
    /// Always true: a credential that is rejected is a problem, `credential_rejected`.
    valid: bool,
    /// `app_installation`, `fine_grained_pat` or `classic_pat`.
    #[schema(value_type = String)]
    kind: CredentialKind,
    /// The account or App behind it.
    actor: String,
    /// Permissions it holds, where the platform says so.
    granted: Option<Vec<String>>,
    /// Permissions that it lacks for a full scan, where that can be known, e.g. `contents:read`.
    missing: Vec<String>,
}

impl From<Validation> for ValidationView {
    fn from(validation: Validation) -> Self {
        let Validation { kind, actor, granted, missing } = validation;
        let missing = missing.iter().map(ToString::to_string).collect();
        Self { valid: true, kind, actor, granted, missing }
    }
}

/// Create a connection
///
/// The credential is sealed; nothing is asked of the platform yet.
#[utoipa::path(
    post, path = "/api/customers/{customer_id}/connections", tag = "connections",
    operation_id = "create_connection", params(CustomerPath), request_body = NewConnection,
    responses((status = 201, description = "Created", body = ConnectionView,
        headers(("Location" = String, description = "Its address"))))
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    let connection = connections::create(&app, at.customer_id, body.parse::<NewConnection>()?).await?;
    let location = format!("/api/customers/{}/connections/{}", at.customer_id, connection.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], shown(connection)).into_response())
}

/// List a customer's connections, oldest first
#[utoipa::path(
    get, path = "/api/customers/{customer_id}/connections", tag = "connections",
    operation_id = "list_connections", params(CustomerPath, Paging),
    responses((status = 200, description = "A page of connections", body = List<ConnectionView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadCustomer, Some(at.customer_id))?;
    let page = connections::list(&app, at.customer_id, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(ConnectionView::from)))
}

/// Read a connection
#[utoipa::path(
    get, path = "/api/customers/{customer_id}/connections/{connection_id}", tag = "connections",
    operation_id = "read_connection", params(ConnectionPath),
    responses((status = 200, description = "The connection", body = ConnectionView))
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ConnectionPath>,
) -> Result<Response, Problem> {
    caller.may(Action::ReadCustomer, Some(at.customer_id))?;
    Ok(shown(connections::get(&app, at.customer_id, at.connection_id).await?))
}

/// Change a connection's name or credential
#[utoipa::path(
    patch, path = "/api/customers/{customer_id}/connections/{connection_id}", tag = "connections",
    operation_id = "change_connection",
    params(ConnectionPath, ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is edited")),
    request_body = ConnectionPatch,
    responses(
        (status = 200, description = "The connection as it is now", body = ConnectionView),
        (status = 412, description = "It was changed meanwhile"),
    )
)]
async fn change(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ConnectionPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    let patch: ConnectionPatch = body.parse()?;
    let expected = expected_version(&headers)?;
    Ok(shown(connections::change(&app, at.customer_id, at.connection_id, patch, expected).await?))
}

/// Delete a connection that no scan runs on
#[utoipa::path(
    delete, path = "/api/customers/{customer_id}/connections/{connection_id}", tag = "connections",
    operation_id = "delete_connection", params(ConnectionPath),
    responses((status = 204, description = "Deleted"), (status = 409, description = "A scan runs on it"))
)]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ConnectionPath>,
) -> Result<StatusCode, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    connections::delete(&app, at.customer_id, at.connection_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask the platform whether the credential works
#[utoipa::path(
    post, path = "/api/customers/{customer_id}/connections/{connection_id}/validate", tag = "connections",
    operation_id = "validate_connection", params(ConnectionPath),
    responses(
        (status = 200, description = "It does", body = ValidationView),
        (status = 422, description = "The platform rejects the credential, or knows no such organization"),
    )
)]
async fn validate(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ConnectionPath>,
) -> Result<Json<ValidationView>, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    Ok(Json(connections::validate(&app, at.customer_id, at.connection_id).await?.into()))
}

/// Ask the platform whether the credential works, by the connection's id alone
#[utoipa::path(
    post, path = "/api/connections/{connection_id}/validate", tag = "connections",
    operation_id = "validate_connection_by_id", params(ConnectionIdPath),
    responses(
        (status = 200, description = "It does", body = ValidationView),
        (status = 422, description = "The platform rejects the credential, or knows no such organization"),
    )
)]
async fn validate_by_id(
    State(app): State<App>,
    caller: Caller,
    At(at): At<ConnectionIdPath>,
) -> Result<Json<ValidationView>, Problem> {
    let id = at.connection_id;
    let customer = connections::by_id(&app, id).await?.customer;
    caller.may_with(Action::ManageCustomer, customer, || text::not_found("connection", id))?;
    Ok(Json(connections::validate(&app, customer, id).await?.into()))
}

fn shown(connection: Connection) -> Response {
    let version = Version(connection.version);
    let mut response = Json(ConnectionView::from(connection)).into_response();
    response.extensions_mut().insert(version);
    response
}
