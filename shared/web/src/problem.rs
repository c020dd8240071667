//! What an API client reads when a request fails: problem+json (RFC 9457).
//!
//! [`TABLE`] is the only place where a failure's code becomes a status. Causes never reach the body: they travel beside
//! it to `context.rs`, which logs them once, with the request id.

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use scrutineer_core::{Failure, failure::Kind};
use scrutineer_service::{bundles::Refused, text};
use serde::Serialize;

/// `type` of every problem begins with this; the code follows.
pub(crate) const TYPE: &str = "urn:scrutineer:problem:";
/// Seconds after which a client may try again when a service was away.
const RETRY_SECONDS: i64 = 5;

/// Mistakes of a bundle that are told at once.
const MAX_ERRORS: usize = 100;

/// Codes, the status each is answered with, and a title.
pub(crate) const TABLE: &[(&str, StatusCode, &str)] = &[
    ("unauthorized", StatusCode::UNAUTHORIZED, "A token is needed"),
    ("webhook_unsigned", StatusCode::UNAUTHORIZED, "The delivery is not signed"),
    ("malformed_webhook", StatusCode::BAD_REQUEST, "The delivery cannot be read"),
    ("webhooks_off", StatusCode::SERVICE_UNAVAILABLE, "Deliveries cannot be accepted"),
    ("forbidden", StatusCode::FORBIDDEN, "The token does not allow this"),
    ("not_found", StatusCode::NOT_FOUND, "Not found"),
    ("no_route", StatusCode::NOT_FOUND, "No such endpoint"),
    ("wrong_method", StatusCode::METHOD_NOT_ALLOWED, "No such method here"),
    ("scan_active", StatusCode::CONFLICT, "Another scan is active"),
    ("scan_ended", StatusCode::CONFLICT, "The scan has ended"),
    ("scan_not_completed", StatusCode::CONFLICT, "The scan is not completed"),
    ("name_taken", StatusCode::CONFLICT, "The name is taken"),
    ("customer_in_use", StatusCode::CONFLICT, "The customer is in use"),
    ("profile_name_taken", StatusCode::CONFLICT, "The name is taken"),
    ("profile_built_in", StatusCode::CONFLICT, "The profile is built in"),
    ("conflict", StatusCode::CONFLICT, "Changed meanwhile"),
    ("credential_unreadable", StatusCode::CONFLICT, "The stored credential cannot be read"),
    ("credentials_unreadable", StatusCode::CONFLICT, "The stored credential cannot be read"),
    ("own_request", StatusCode::FORBIDDEN, "Nobody approves their own request"),
    ("version_published", StatusCode::CONFLICT, "The version is published"),
    ("bundle_invalid", StatusCode::CONFLICT, "The pinned bundle does not hold"),
    ("override_pending", StatusCode::CONFLICT, "Another request waits"),
    ("override_decided", StatusCode::CONFLICT, "The override is decided"),
    ("too_many_overrides", StatusCode::CONFLICT, "Too many overrides"),
    ("no_precondition", StatusCode::PRECONDITION_REQUIRED, "`If-Match` is needed"),
    ("version_mismatch", StatusCode::PRECONDITION_FAILED, "Not the latest version"),
    ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
    ("not_json", StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"),
    ("malformed_json", StatusCode::UNPROCESSABLE_ENTITY, "Malformed JSON"),
    ("too_large", StatusCode::UNPROCESSABLE_ENTITY, "Too large to be stored"),
    ("invalid_body", StatusCode::UNPROCESSABLE_ENTITY, "Invalid request body"),
    ("invalid_query", StatusCode::UNPROCESSABLE_ENTITY, "Invalid query parameter"),
    ("invalid_header", StatusCode::UNPROCESSABLE_ENTITY, "Invalid header"),
    ("invalid_cursor", StatusCode::UNPROCESSABLE_ENTITY, "Invalid cursor"),
    ("invalid_name", StatusCode::UNPROCESSABLE_ENTITY, "Invalid name"),
    ("invalid_organization", StatusCode::UNPROCESSABLE_ENTITY, "Invalid organization"),
    ("invalid_base_url", StatusCode::UNPROCESSABLE_ENTITY, "Invalid base URL"),
    ("invalid_credential", StatusCode::UNPROCESSABLE_ENTITY, "Invalid credential"),
    ("invalid_glob", StatusCode::UNPROCESSABLE_ENTITY, "Invalid glob"),
    ("invalid_category", StatusCode::UNPROCESSABLE_ENTITY, "Unknown category"),
    ("different_organizations", StatusCode::UNPROCESSABLE_ENTITY, "Scans of two organizations"),
    ("invalid_profile", StatusCode::UNPROCESSABLE_ENTITY, "Invalid profile"),
    ("invalid_bundle", StatusCode::UNPROCESSABLE_ENTITY, "Invalid bundle"),
    ("unknown_bundle", StatusCode::UNPROCESSABLE_ENTITY, "Unknown bundle"),
    ("invalid_override", StatusCode::UNPROCESSABLE_ENTITY, "Invalid override"),
    ("invalid_settings", StatusCode::UNPROCESSABLE_ENTITY, "Invalid settings"),
    ("invalid_token_request", StatusCode::UNPROCESSABLE_ENTITY, "Invalid token request"),
    ("idempotency_mismatch", StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key is used"),
    ("invalid_replay", StatusCode::UNPROCESSABLE_ENTITY, "Invalid replay"),
    ("invalid_rerun", StatusCode::UNPROCESSABLE_ENTITY, "Name what is to be verified"),
    ("github_app_off", StatusCode::CONFLICT, "No GitHub App is set up"),
    ("permission_missing", StatusCode::CONFLICT, "The GitHub App lacks a permission"),
    ("not_found_on_github", StatusCode::NOT_FOUND, "GitHub has no such thing"),
    ("refused_by_github", StatusCode::UNPROCESSABLE_ENTITY, "GitHub refused it"),
    ("credential_rejected", StatusCode::UNPROCESSABLE_ENTITY, "The platform rejected the credential"),
    ("organization_not_found", StatusCode::UNPROCESSABLE_ENTITY, "No such organization on the platform"),
    ("request_refused", StatusCode::UNPROCESSABLE_ENTITY, "The platform refused the request"),
    ("aws_access_denied", StatusCode::INTERNAL_SERVER_ERROR, "The service lacks a permission"),
    ("stored_data_unreadable", StatusCode::INTERNAL_SERVER_ERROR, "Stored data cannot be read"),
    ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable"),
    ("rate_limited", StatusCode::SERVICE_UNAVAILABLE, "The platform's rate limit is exhausted"),
];

/// A refusal on its way to the client. Rendered by `context.rs`, which knows the request.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    /// The active scan that stands in the way.
    scan: Option<String>,
    retry: Option<Retry>,
    /// `WWW-Authenticate`.
    challenge: Option<&'static str>,
    source: Option<anyhow::Error>,
}

/// When to try again.
#[derive(Clone, Copy, Debug)]
enum Retry {
    Soon,
    At(Timestamp),
}

/// A problem as the client reads it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Names the kind of problem: `urn:scrutineer:problem:` and its code.
    #[schema(format = "uri")]
    r#type: String,
    /// The kind of problem in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened and what to do.
    detail: String,
    /// The path of the request.
    instance: String,
    /// The code alone.
    code: &'static str,
    /// Names the request in the log, as does the header `x-request-id`.
    request_id: String,
    /// What does not hold, and where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// `scan_active` only: the scan that is still active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid", nullable = false)]
    scan: Option<String>,
}

/// One part of the request that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct FieldError {
    /// JSON pointer into the body (RFC 6901); `""` is the whole of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) parameter: Option<String>,
    /// Name of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) header: Option<&'static str>,
    /// Why it does not hold.
    pub(crate) detail: String,
}

impl FieldError {
    /// A place in the body.
    pub(crate) fn body(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, header: None, detail: detail.into() }
    }

    /// A query parameter.
    pub(crate) fn query(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: Some(parameter.into()), header: None, detail: detail.into() }
    }

    /// A header.
    pub(crate) fn header(name: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: None, header: Some(name), detail: detail.into() }
    }

    /// The place in words.
    fn place(&self) -> String {
        match (&self.pointer, &self.parameter, self.header) {
            (Some(pointer), ..) if pointer.is_empty() => "the body".to_owned(),
            (Some(pointer), ..) => format!("`{pointer}` of the body"),
            (_, Some(parameter), _) => format!("the parameter `{parameter}`"),
            (.., header) => format!("the header `{}`", header.unwrap_or_default()),
        }
    }
}

impl Problem {
    fn parts(code: &'static str, detail: impl Into<String>) -> Parts {
        Parts {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            scan: None,
            retry: None,
            challenge: None,
            source: None,
        }
    }

    /// No token was sent.
    pub(crate) fn anonymous() -> Self {
        let detail = "send an API token: `Authorization: Bearer scr_…`";
        Parts { challenge: Some("Bearer realm=\"scrutineer\""), ..Self::parts("unauthorized", detail) }.into()
    }

    /// A token was sent that is not one, or not any more.
    pub(crate) fn bad_token() -> Self {
        let detail = "the token is unknown, revoked or expired";
        let challenge = "Bearer realm=\"scrutineer\", error=\"invalid_token\"";
        Parts { challenge: Some(challenge), ..Self::parts("unauthorized", detail) }.into()
    }

    /// Nothing is served at this path.
    pub(crate) fn no_route() -> Self {
        Self::parts("no_route", "there is no such endpoint; GET /api/openapi.json lists them").into()
    }

    /// The path is served, with other methods.
    pub(crate) fn wrong_method() -> Self {
        Self::parts("wrong_method", "this endpoint has other methods; the header `Allow` lists them").into()
    }

    /// The path holds something that cannot be an id.
    pub(crate) fn no_such_id() -> Self {
        Self::parts("not_found", "there is nothing with this id").into()
    }

    /// The body is longer than is read.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::parts("body_too_large", format!("a request body has at most {limit} bytes")).into()
    }

    /// The body is of another type.
    pub(crate) fn not_json() -> Self {
        Self::parts("not_json", "send the body as `Content-Type: application/json`").into()
    }

    /// One part of the request does not hold.
    pub(crate) fn invalid(code: &'static str, error: FieldError) -> Self {
        let detail = format!("{}: {}", error.place(), error.detail);
        Parts { errors: vec![error], ..Self::parts(code, detail) }.into()
    }

    /// An edit that does not say what it edits.
    pub(crate) fn no_precondition() -> Self {
        let why = "send `If-Match` with the `ETag` of what is edited, or `*` for whatever stands there";
        let error = FieldError::header("If-Match", why);
        Parts { errors: vec![error], ..Self::parts("no_precondition", why) }.into()
    }

    /// A defect of ours. Says nothing about its cause.
    pub(crate) fn internal(source: anyhow::Error) -> Self {
        let detail = "something went wrong here; the request id names it in the log";
        Parts { source: Some(source), ..Self::parts("internal", detail) }.into()
    }

    /// The answer took too long.
    pub(crate) fn timed_out() -> Self {
        Failure::transient(anyhow::anyhow!("the request ran into its time limit")).into()
    }

    /// The problem of a status that was answered without one.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::no_route(),
            StatusCode::METHOD_NOT_ALLOWED => Self::wrong_method(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(crate::MAX_BODY_BYTES),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::not_json(),
            other => Self::internal(anyhow::anyhow!("answered {other} without a problem")),
        }
    }

    /// The status to answer with.
    pub(crate) fn status(&self) -> StatusCode {
        row(self.0.code).0
    }

    /// Its code.
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// The cause, for the log.
    pub(crate) fn source(&self) -> Option<&anyhow::Error> {
        self.0.source.as_ref()
    }

    /// `WWW-Authenticate`, when the client should show who it is.
    pub(crate) fn challenge(&self) -> Option<&'static str> {
        self.0.challenge
    }

    /// `Retry-After` in seconds, when trying again later makes sense.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<i64> {
        match self.0.retry? {
            Retry::Soon => Some(RETRY_SECONDS),
            Retry::At(until) => {
                Some((until.as_millisecond() - now.as_millisecond() + 999).div_euclid(1000).max(1))
            }
        }
    }

    /// The body.
    pub(crate) fn body(&self, instance: &str, request_id: &str) -> ProblemBody {
        let (status, title) = row(self.0.code);
        ProblemBody {
            r#type: format!("{TYPE}{}", self.0.code),
            title,
            status: status.as_u16(),
            detail: self.0.detail.clone(),
            instance: instance.to_owned(),
            code: self.0.code,
            request_id: request_id.to_owned(),
            errors: self.0.errors.clone(),
            scan: self.0.scan.clone(),
        }
    }
}

/// Status and title of a code; a permanent failure that is not in the table is still the caller's to mend.
fn row(code: &str) -> (StatusCode, &'static str) {
    let found = TABLE.iter().find(|(known, ..)| *known == code);
    found.map_or(
        (StatusCode::UNPROCESSABLE_ENTITY, "The request cannot be carried out"),
        |(_, status, title)| (*status, *title),
    )
}

impl From<Parts> for Problem {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let parts = match failure.kind {
            Kind::Transient => Parts {
                retry: Some(Retry::Soon),
                ..Self::parts(
                    "unavailable",
                    "a service that this needs did not answer; try again in a few seconds",
                )
            },
            Kind::Deferred { until } => Parts {
                retry: Some(Retry::At(until)),
                ..Self::parts(
                    "rate_limited",
                    format!("the platform's rate limit is exhausted; try again at {until}"),
                )
            },
            Kind::Permanent { code, public } => permanent(code, &public),
        };
        Parts { source: Some(failure.source), ..parts }.into()
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let problems = match refused {
            Refused::Invalid(problems) => problems,
            Refused::Failed(failure) => return failure.into(),
        };
        let errors: Vec<FieldError> = problems
            .iter()
            .take(MAX_ERRORS)
            .map(|problem| FieldError::body(problem.pointer(), problem.detail()))
            .collect();
        let first =
            errors.first().map_or_else(String::new, |error| format!("{}: {}", error.place(), error.detail));
        let detail = match problems.len() {
            0 | 1 => first,
            count => format!("{first} (and {} more)", count - 1),
        };
        Parts { errors, ..Self::parts("invalid_bundle", detail) }.into()
    }
}

fn permanent(code: &'static str, public: &str) -> Parts {
    if let Some((pointer, why)) = text::field_of(public) {
        return Parts { errors: vec![FieldError::body(pointer, why)], ..Problem::parts(code, why) };
    }
    let errors =
        if code == "invalid_cursor" { vec![FieldError::query("cursor", public)] } else { Vec::new() };
    let scan = (code == "scan_active").then(|| text::active_scan_of(public)).flatten();
    Parts { errors, scan: scan.map(|scan| scan.to_string()), ..Problem::parts(code, public) }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::RETRY_AFTER;

    /// Codes of permanent failures that end in messages on a queue, never in an answer.
    const OF_MESSAGES: &[&str] =
        &["evidence_expired", "internal_error", "profile_lost", "unknown_message", "unreadable_message"];

    #[test]
    fn every_code_of_the_use_cases_has_a_row() {
        let sources = [
            include_str!("../../service/src/access.rs"),
            include_str!("../../service/src/connections.rs"),
            include_str!("../../service/src/customers.rs"),
            include_str!("../../service/src/profiles/mod.rs"),
            include_str!("../../service/src/orgs.rs"),
            include_str!("../../service/src/overrides.rs"),
            include_str!("../../service/src/text.rs"),
            include_str!("../../service/src/scan/end.rs"),
            include_str!("../../service/src/scan/read.rs"),
            include_str!("../../service/src/scan/select.rs"),
            include_str!("../../service/src/scan/start.rs"),
            include_str!("../../github/src/error.rs"),
        ];
        let mut codes = Vec::new();
        for made in ["permanent(", "invalid_field("] {
            for source in sources {
                let parts = source.split(made).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
                codes.extend(parts.filter_map(|rest| rest.split('"').next()));
            }
        }
        let store = include_str!("../../aws/src/error.rs").split("for Failure").nth(1).unwrap();
        let store = store.split("#[cfg(test)]").next().unwrap();
        let is_code =
            |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        codes.extend(store.split('"').skip(1).step_by(2).filter(is_code));
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            let known = TABLE.iter().any(|(row, ..)| *row == code);
            assert!(known || OF_MESSAGES.contains(&code), "`{code}` has no row in TABLE");
        }
    }

    #[test]
    fn waiting_is_told_in_seconds_and_without_the_cause() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let until: Timestamp = "2026-01-01T00:00:59.5Z".parse().unwrap();
        let deferred = Problem::from(Failure::deferred(until, anyhow::anyhow!("canary")));
        assert_eq!((deferred.status().as_u16(), deferred.retry_after(now)), (503, Some(60)));
        assert_eq!(deferred.retry_after(until), Some(1), "{RETRY_AFTER} is never 0");
        let transient = Problem::from(Failure::transient(anyhow::anyhow!("canary")));
        assert_eq!((transient.status().as_u16(), transient.retry_after(now)), (503, Some(RETRY_SECONDS)));
        for problem in [deferred, transient, Problem::internal(anyhow::anyhow!("canary"))] {
            let body = serde_json::to_string(&problem.body("/", "1")).unwrap();
            assert!(!body.contains("canary") && problem.source().is_some(), "{body}");
        }
    }

    #[test]
    fn an_active_scan_is_named_in_a_member_of_its_own() {
        let id = "01a00000-0000-7000-8000-000000000000";
        let problem = Problem::from(text::scan_active(id));
        assert_eq!(problem.body("/", "1").scan.as_deref(), Some(id));
    }
}
