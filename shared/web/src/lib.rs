//! The HTTP API on axum: handlers, problem+json, OpenAPI.
//!
//! [`router`] is the whole of it; who serves it (hyper in one process, a Lambda) is not decided here. An endpoint is
//! added in ONE place: a handler with its `#[utoipa::path]`, named in its module's `routes!`. Authentication, the
//! OpenAPI entry, its error responses, request ids, ETags and security headers come with the router. What a newcomer
//! gets wrong: a handler decides who may (`caller.may(…)`) before it reads the body, and it never builds an error
//! text: a [`scrutineer_core::Failure`] becomes a problem in `problem.rs`, and only there.

mod auth;
mod body;
mod checks;
mod connections;
mod context;
mod customers;
mod docs;
mod extract;
mod findings;
mod health;
mod listing;
mod openapi;
mod problem;
mod repositories;
mod scan_view;
mod scans;
mod schema;
mod scores;
mod tokens;
mod validators;

use axum::{Router, extract::DefaultBodyLimit, middleware, response::IntoResponse};
use scrutineer_service::App;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use problem::Problem;

/// Largest request body: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The API over `app`, from `/api/health` to `/api/docs`.
pub fn router(app: App) -> Router {
    let (routes, api) = described(&app);
    let routes = routes
        .with_state(app.clone())
        .merge(docs::router(api))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method);
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(context::panicked))
        .layer(middleware::from_fn_with_state(app, context::around))
}

/// The handlers and what they say of themselves. What is merged into `members` asks for a token.
fn described(app: &App) -> (Router<App>, utoipa::openapi::OpenApi) {
    let members = OpenApiRouter::new()
        .merge(customers::routes())
        .merge(connections::routes())
        .merge(scans::routes())
        .merge(findings::routes())
        .merge(scores::routes())
        .merge(repositories::routes())
        .merge(checks::routes())
        .merge(tokens::routes())
        .route_layer(middleware::from_fn_with_state(app.clone(), auth::authenticate));
    let public = health::routes();
    openapi::assemble(public, members)
}

async fn no_route() -> impl IntoResponse {
    Problem::no_route()
}

async fn wrong_method() -> impl IntoResponse {
    Problem::wrong_method()
}
