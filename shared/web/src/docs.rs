//! `/api/openapi.json` and the page that shows it. Public: they describe the API, not what is in it.

use std::sync::Arc;

use axum::{
    Json, Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    },
    middleware::map_response,
    response::Response,
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Where the document is served.
const OPENAPI: &str = "/api/openapi.json";
/// The page runs its own scripts and asks this service, nobody else. It sets styles from script.
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The document and its page.
pub(crate) fn router(api: OpenApi) -> Router {
    let api = Arc::new(api);
    let document = get(move || async move { Json(api) });
    // Without a validator: it would send the document's address to a third party.
    let page = SwaggerUi::new("/api/docs").config(Config::from(OPENAPI).validator_url("none"));
    let page = Router::from(page).layer(map_response(for_page));
    Router::new().route(OPENAPI, document).merge(page)
}

async fn for_page(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, PAGE);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
