//! `/api/health`: whether the process answers. Asks nothing of the store: anybody may call it.

use axum::Json;
use scrutineer_service::App;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read))
}

/// That the service answers.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    status: &'static str,
    /// Version of the service.
    version: &'static str,
}

/// Whether the service answers
#[utoipa::path(
    get, path = "/api/health", tag = "health", operation_id = "health",
    responses((status = 200, description = "It does", body = Health))
)]
async fn read() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
