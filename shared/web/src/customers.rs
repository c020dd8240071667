//! `/api/customers`.

use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::ids::CustomerId;
use scrutineer_service::{App, access::Action, customers, records::Customer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::Caller,
    body::Body,
    extract::{At, Query},
    listing::{List, Paging, listed},
    problem::Problem,
    validators::{Version, expected_version},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(read, replace, change, delete))
}

/// The customer in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CustomerPath {
    /// The customer.
    #[param(value_type = String, format = "uuid")]
    pub(crate) customer_id: CustomerId,
}

/// A customer: a tenant that owns connections and scans.
#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
struct CustomerView {
    #[schema(value_type = String, format = "uuid")]
    id: CustomerId,
    /// Unique short name, made from the name.
    slug: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Counts changes.
    version: u64,
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        let Customer { id, slug, name, created_at, updated_at, version } = customer;
        Self { id, slug: slug.to_string(), name, created_at, updated_at, version }
    }
}

/// A customer to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomer {
    /// 1 to 100 characters, at least one letter or digit.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// Changes to a customer; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerPatch {
    /// A new name.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// Create a customer
#[utoipa::path(
    post, path = "/api/customers", tag = "customers", operation_id = "create_customer",
    request_body = NewCustomer,
    responses(
        (status = 201, description = "Created", body = CustomerView,
            headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "The short name is taken"),
    )
)]
async fn create(State(app): State<App>, caller: Caller, body: Body) -> Result<Response, Problem> {
    caller.may(Action::AdministerCustomers, None)?;
    let new: NewCustomer = body.parse()?;
    let customer = customers::create(&app, &new.name).await?;
    let location = format!("/api/customers/{}", customer.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], shown(customer)).into_response())
}

/// List customers, by name
#[utoipa::path(
    get, path = "/api/customers", tag = "customers", operation_id = "list_customers", params(Paging),
    responses((status = 200, description = "A page of customers", body = List<CustomerView>))
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.may(Action::AdministerCustomers, None)?;
    let page = customers::list(&app, paging.limit(), paging.cursor()).await?;
    Ok(listed(&uri, page.map(CustomerView::from)))
}

/// Read a customer
#[utoipa::path(
    get, path = "/api/customers/{customer_id}", tag = "customers", operation_id = "read_customer",
    params(CustomerPath),
    responses((status = 200, description = "The customer", body = CustomerView))
)]
async fn read(State(app): State<App>, caller: Caller, At(at): At<CustomerPath>) -> Result<Response, Problem> {
    caller.may(Action::ReadCustomer, Some(at.customer_id))?;
    Ok(shown(customers::get(&app, at.customer_id).await?))
}

/// Replace a customer
#[utoipa::path(
    put, path = "/api/customers/{customer_id}", tag = "customers", operation_id = "replace_customer",
    params(CustomerPath, ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is edited")),
    request_body = NewCustomer,
    responses(
        (status = 200, description = "The customer as it is now", body = CustomerView),
        (status = 409, description = "The short name is taken"),
        (status = 412, description = "It was changed meanwhile"),
    )
)]
async fn replace(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    let new: NewCustomer = body.parse()?;
    let expected = expected_version(&headers)?;
    Ok(shown(customers::rename(&app, at.customer_id, &new.name, expected).await?))
}

/// Change a customer
#[utoipa::path(
    patch, path = "/api/customers/{customer_id}", tag = "customers", operation_id = "change_customer",
    params(CustomerPath, ("If-Match" = Option<String>, Header, description = "`ETag` of the version that is edited")),
    request_body = CustomerPatch,
    responses(
        (status = 200, description = "The customer as it is now", body = CustomerView),
        (status = 409, description = "The short name is taken"),
        (status = 412, description = "It was changed meanwhile"),
    )
)]
async fn change(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Action::ManageCustomer, Some(at.customer_id))?;
    let patch: CustomerPatch = body.parse()?;
    let expected = expected_version(&headers)?;
    let name = match patch.name {
        Some(name) => name,
        None => customers::get(&app, at.customer_id).await?.name,
    };
    Ok(shown(customers::rename(&app, at.customer_id, &name, expected).await?))
}

/// Delete a customer that has no connections
#[utoipa::path(
    delete, path = "/api/customers/{customer_id}", tag = "customers", operation_id = "delete_customer",
    params(CustomerPath),
    responses((status = 204, description = "Deleted"), (status = 409, description = "It has connections"))
)]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    At(at): At<CustomerPath>,
) -> Result<StatusCode, Problem> {
    caller.may(Action::AdministerCustomers, Some(at.customer_id))?;
    customers::delete(&app, at.customer_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(customer: Customer) -> Response {
    let version = Version(customer.version);
    let mut response = Json(CustomerView::from(customer)).into_response();
    response.extensions_mut().insert(version);
    response
}
