//! The HTTP API on axum: handlers, problem+json, OpenAPI.
//!
//! [`router`] is the whole of it; who serves it (hyper in one process, a Lambda) is not decided here. An endpoint is
//! added in ONE place: a handler with its `#[utoipa::path]`, named in its module's `routes!`. Authentication, the
//! OpenAPI entry, its error responses, request ids, ETags and security headers come with the router. What a newcomer
//! gets wrong: a handler decides who may (`caller.may(…)`) before it reads the body, and it never builds an error
//! text: a [`scrutineer_core::Failure`] becomes a problem in `problem.rs`, and only there.

mod audit_log;
mod auth;
mod benchmarks;
mod body;
mod bundles;
mod checks;
mod compare;
mod connections;
mod context;
mod customers;
mod docs;
mod extract;
mod findings;
mod health;
mod listing;
mod openapi;
mod orgs;
mod overrides;
mod problem;
mod profiles;
mod replay;
mod repositories;
mod scan_view;
mod scans;
mod schema;
mod scores;
mod tokens;
mod validators;
mod verifications;
mod webhooks;

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
    wrapped(routes.with_state(app.clone()).merge(docs::router(api)), app)
}

/// Puts around the routes what holds for every request.
fn wrapped(routes: Router, app: App) -> Router {
    routes
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(context::panicked))
        .layer(middleware::from_fn_with_state(app, context::around))
}

/// The handlers and what they say of themselves. What is merged into `members` asks for a token.
fn described(app: &App) -> (Router<App>, utoipa::openapi::OpenApi) {
    let members = OpenApiRouter::new()
        .merge(customers::routes())
        .merge(connections::routes())
        .merge(profiles::routes())
        .merge(scans::routes())
        .merge(findings::routes())
        .merge(scores::routes())
        .merge(repositories::routes())
        .merge(compare::routes())
        .merge(benchmarks::routes())
        .merge(checks::routes())
        .merge(tokens::routes())
        .merge(orgs::routes())
        .merge(bundles::routes())
        .merge(overrides::routes())
        .merge(audit_log::routes())
        .merge(webhooks::routes())
        .merge(verifications::routes())
        .merge(replay::routes())
        .route_layer(middleware::from_fn_with_state(app.clone(), auth::authenticate));
    let public = health::routes().merge(webhooks::public());
    openapi::assemble(public, members)
}

async fn no_route() -> impl IntoResponse {
    Problem::no_route()
}

async fn wrong_method() -> impl IntoResponse {
    Problem::wrong_method()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::to_bytes, extract::Request, routing::get};
    use scrutineer_core::Clock;
    use scrutineer_local::local_aws::LocalAws;
    use scrutineer_service::Settings;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn a_panic_is_an_internal_error_without_internals() {
        let dir = tempfile::tempdir().unwrap();
        let aws = LocalAws::open(dir.path()).unwrap();
        let (clients, names) = (aws.clients(), LocalAws::settings());
        let app = App {
            store: scrutineer_aws::Store::new(&clients, &names),
            queue: scrutineer_aws::Queue::new(&clients, &names),
            keys: scrutineer_aws::Keys::new(&clients, &names),
            providers: Default::default(),
            policies: Default::default(),
            github: None,
            webhooks: None,
            clock: Clock::system(),
            settings: Settings {
                github_api: scrutineer_github::BaseUrl::github_com(),
                allow_base_url: Vec::new(),
                concurrency: 1,
            }
            .into(),
        };
        async fn boom() {
            panic!("canary")
        }
        let routes = wrapped(Router::new().route("/boom", get(boom)), app);
        let response =
            routes.oneshot(Request::get("/boom").body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key("x-request-id"));
        let body = String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap();
        assert!(body.contains("urn:scrutineer:problem:internal") && !body.contains("canary"), "{body}");
    }
}
