//! What happens around every request: its id and span, its time limit, problems rendered, entity tags, security
//! headers, one line in the log.

use std::{any::Any, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY,
            RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use scrutineer_service::App;
use tokio::time::Instant;
use tracing::Instrument;

use crate::{
    problem::Problem,
    validators::{self, Version},
};

/// Names a request in answers and logs.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A request ends after this: below the 30 s of API Gateway.
const TIME_LIMIT: Duration = Duration::from_secs(28);
/// Nothing of a JSON answer is to be run or framed.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The request's id, in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// What is known about a request when its answer is finished.
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    id: String,
}

/// Wraps every request.
pub(crate) async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let asked = Asked {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        headers: request.headers().clone(),
        id: request_id(&app, request.headers()),
    };
    request.extensions_mut().insert(RequestId(asked.id.clone()));
    let span = span(&request, &asked.id);
    async move {
        let began = Instant::now();
        let response = match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::timed_out().into_response(),
        };
        let response = finished(&app, &asked, response).await;
        let duration = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(http.status = response.status().as_u16(), duration_ms = duration, "answered");
        response
    }
    .instrument(span)
    .await
}

/// The answer to a handler that panicked. The panic hook wrote where; what it said stays out of our log.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::internal(anyhow::anyhow!("a handler panicked")).into_response()
}

/// The route instead of the path: a path that is not ours could hold anything.
fn span(request: &Request, id: &str) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    tracing::info_span!(
        "request",
        http.method = %request.method(),
        http.route = route,
        request.id = id,
        caller = tracing::field::Empty,
        customer.id = tracing::field::Empty,
        scan.id = tracing::field::Empty,
        delivery.id = tracing::field::Empty,
        org = tracing::field::Empty,
    )
}

/// The client's id when it is a sane one, else a new one.
fn request_id(app: &App, headers: &HeaderMap) -> String {
    let sane = |id: &&str| {
        (8..=100).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let sent = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok()).filter(sane);
    sent.map_or_else(|| app.clock.new_uuid().to_string(), str::to_owned)
}

async fn finished(app: &App, asked: &Asked, response: Response) -> Response {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let mut response = if failed { problem(app, asked, response) } else { tagged(asked, response).await };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&asked.id) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The response with the body of its problem; what axum or a library answered on its own becomes one too.
fn problem(app: &App, asked: &Asked, response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        None => Problem::of_status(parts.status),
    };
    parts.status = problem.status();
    log(&problem);
    let body = serde_json::to_vec(&problem.body(&asked.path, &asked.id)).unwrap_or_default();
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    if let Some(challenge) = problem.challenge() {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(seconds) = problem.retry_after(app.clock.now()) {
        parts.headers.insert(RETRY_AFTER, seconds.into());
    }
    let body = if asked.method == Method::HEAD { Body::empty() } else { Body::from(body) };
    Response::from_parts(parts, body)
}

/// The one place where a failed request is logged.
fn log(problem: &Problem) {
    let (code, status) = (problem.code(), problem.status().as_u16());
    match problem.source() {
        Some(source) if status == 500 => {
            tracing::error!(code, error = format!("{source:#}"), "request failed")
        }
        Some(source) if status > 500 => tracing::warn!(code, error = format!("{source:#}"), "request failed"),
        _ => tracing::debug!(code, "request refused"),
    }
}

/// A JSON answer to a GET with its entity tag; without its body when the client has it.
async fn tagged(asked: &Asked, response: Response) -> Response {
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
    if !is_json || asked.method == Method::HEAD {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes: Bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Problem::internal(error.into()).into_response(),
    };
    let tag = validators::tag(&bytes, parts.extensions.get::<Version>().copied());
    let known = asked.method == Method::GET
        && parts.status == StatusCode::OK
        && validators::is_known(&asked.headers, &tag);
    if asked.method == Method::GET || parts.extensions.get::<Version>().is_some() {
        parts.headers.insert(ETAG, tag);
    }
    if known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}
