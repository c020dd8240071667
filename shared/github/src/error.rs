//! How the provider fails, and the one place that says what this means for the caller.
//!
//! No variant carries a body, a header or a token: whatever is logged from here is safe to log.

use http::StatusCode;
use jiff::Timestamp;
use scrutineer_core::{Failure, Gap};
use thiserror::Error;

use crate::permission;

/// Why a request did not yield what was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// 401: the credential is wrong, expired or revoked.
    #[error("the credential was rejected at {endpoint}")]
    CredentialRejected {
        /// `METHOD /path/{template}` or the GraphQL operation.
        endpoint: &'static str,
    },
    /// Any other 4xx that is not about rate limits.
    #[error("{endpoint} answered {status}")]
    Refused {
        /// The endpoint.
        endpoint: &'static str,
        /// The status.
        status: StatusCode,
    },
    /// A primary or secondary rate limit stands in the way.
    #[error("{endpoint} is rate limited until {until}")]
    RateLimited {
        /// The endpoint.
        endpoint: &'static str,
        /// When to come back, by the caller's clock.
        until: Timestamp,
    },
    /// 5xx, after all tries.
    #[error("{endpoint} answered {status} on every try")]
    ServerError {
        /// The endpoint.
        endpoint: &'static str,
        /// The last status.
        status: StatusCode,
    },
    /// No answer: connection refused or reset, broken off body, after all tries.
    #[error("{endpoint} did not answer")]
    NoAnswer {
        /// The endpoint.
        endpoint: &'static str,
        /// What the transport said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No complete answer within the deadline of a call.
    #[error("{endpoint} did not answer in time")]
    Deadline {
        /// The endpoint.
        endpoint: &'static str,
    },
    /// The answer is larger than any honest one.
    #[error("{endpoint} answered more than {limit} bytes")]
    TooLarge {
        /// The endpoint.
        endpoint: &'static str,
        /// The cap in bytes.
        limit: usize,
    },
    /// The answer is not what the API documents. The position is kept, the content is not.
    #[error("{endpoint} answered something unreadable (line {line}, column {column})")]
    Unreadable {
        /// The endpoint.
        endpoint: &'static str,
        /// 1-based; 0 when not a matter of JSON syntax.
        line: usize,
        /// 1-based.
        column: usize,
    },
    /// GraphQL reported errors and no data.
    #[error("GraphQL {operation} failed with {kind}")]
    GraphQl {
        /// The operation.
        operation: &'static str,
        /// The `type` of the first error, e.g. `NOT_FOUND`.
        kind: String,
    },
    /// 403: the installation lacks a permission.
    #[error("{endpoint} needs the permission {permission}")]
    Forbidden {
        /// The endpoint.
        endpoint: &'static str,
        /// `key:level`, e.g. `checks:write`.
        permission: String,
    },
    /// 404: there is no such thing, or none that the installation may see.
    #[error("{endpoint} found nothing")]
    NotFound {
        /// The endpoint.
        endpoint: &'static str,
    },
    /// 400 or 422: what was sent is not acceptable, which another try does not change.
    #[error("{endpoint} does not accept what was sent: {reason}")]
    Invalid {
        /// The endpoint.
        endpoint: &'static str,
        /// GitHub's own words, at most 300 characters.
        reason: String,
    },
    /// 401 on a write: its token was refused before anything was done. The next try has another.
    #[error("{endpoint} refused the installation token")]
    TokenRefused {
        /// The endpoint.
        endpoint: &'static str,
    },
    /// Whoever holds the App's private key did not sign.
    #[error("the GitHub App's key did not sign")]
    Signing {
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The App's private key cannot sign.
    #[error("the GitHub App's private key is not an RSA key in PEM format")]
    PrivateKey,
    /// The token contains characters no token has.
    #[error("the token contains characters that no token has")]
    MalformedToken,
    /// The receiver of a snapshot panicked and is lost.
    #[error("reading the files of a snapshot ended in a panic")]
    SinkPanicked,
    /// A redirect or link leads nowhere sensible.
    #[error("{endpoint} redirects to an unusable address")]
    BadRedirect {
        /// The endpoint.
        endpoint: &'static str,
    },
}

impl Error {
    /// Whether nothing more can be asked with this credential now; anything else is a gap in one piece of evidence.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::CredentialRejected { .. }
                | Self::RateLimited { .. }
                | Self::PrivateKey
                | Self::MalformedToken
        )
    }

    /// What this failure of one call means for the evidence it would have given. `holds` says whether the credential
    /// is known to hold the permission of the endpoint.
    pub(crate) fn gap(&self, holds: Option<bool>) -> Gap {
        match self {
            Self::Refused { endpoint, status } => refusal(endpoint, *status, holds),
            Self::GraphQl { kind, .. } => Gap::unavailable(format!("GraphQL answered {kind}")),
            other => Gap::unavailable(other.to_string()),
        }
    }
}

/// A 403 or 404 of an endpoint whose permission is held means that the feature is off; without it, or when that is
/// not known, GitHub hides what the caller may not see.
fn refusal(endpoint: &'static str, status: StatusCode, holds: Option<bool>) -> Gap {
    match (permission::of_endpoint(endpoint), status) {
        (_, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) if holds == Some(true) => {
            Gap::unsupported("the feature is off or not part of the plan")
        }
        (Some(key), StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => Gap::forbidden(key),
        (_, StatusCode::GONE) => Gap::unsupported("the platform no longer offers it"),
        (_, StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS) => Gap::unavailable("blocked (451)"),
        (_, status) => Gap::unavailable(format!("{endpoint} answered {status}")),
    }
}

/// Refusals in the words of pull-request verification: 403 names the permission, 404 is an outcome of its own.
pub(crate) fn named(error: Error) -> Error {
    match error {
        Error::Refused { endpoint, status: StatusCode::FORBIDDEN } => {
            let level = if endpoint.starts_with("GET ") { "read" } else { "write" };
            let key = permission::of_endpoint(endpoint).unwrap_or("metadata");
            Error::Forbidden { endpoint, permission: format!("{key}:{level}") }
        }
        Error::Refused { endpoint, status: StatusCode::NOT_FOUND | StatusCode::GONE } => {
            Error::NotFound { endpoint }
        }
        other => other,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let permanent = |code, public: &str| Self::permanent(code, public);
        match &error {
            Error::RateLimited { until, .. } => Self::deferred(*until, error),
            Error::CredentialRejected { .. } => permanent(
                "credential_rejected",
                "GitHub rejected the credential: it is wrong, expired or revoked. Store a new one on the connection.",
            )
            .caused_by(error),
            Error::PrivateKey => permanent(
                "credential_rejected",
                "The GitHub App's private key is not an RSA key in PEM format. Store the key that GitHub generated.",
            )
            .caused_by(error),
            Error::MalformedToken => permanent(
                "credential_rejected",
                "The token contains characters that no token has. Store the token again, without spaces or quotes.",
            )
            .caused_by(error),
            Error::Refused { status, .. } if *status == StatusCode::NOT_FOUND => permanent(
                "organization_not_found",
                "GitHub shows this credential no such organization. Check the name and what the credential may see.",
            )
            .caused_by(error),
            Error::Refused { status, .. } => {
                let public = format!("GitHub refused the request ({status}). Check the credential's permissions.");
                Self::permanent("request_refused", public).caused_by(error)
            }
            Error::GraphQl { kind, .. } if kind == "NOT_FOUND" => permanent(
                "organization_not_found",
                "GitHub shows this credential no such organization. Check the name and what the credential may see.",
            )
            .caused_by(error),
            Error::Forbidden { permission, .. } => {
                let public = format!(
                    "The GitHub App lacks the permission {permission}. Grant it in the App's settings and accept it for the organization."
                );
                Self::permanent("permission_missing", public).caused_by(error)
            }
            Error::NotFound { .. } => permanent(
                "not_found_on_github",
                "GitHub shows the App no such thing: it is gone, or the installation does not cover it.",
            )
            .caused_by(error),
            Error::Invalid { reason, .. } => {
                let public = format!("GitHub does not accept what was sent: {reason}");
                Self::permanent("refused_by_github", public).caused_by(error)
            }
            Error::SinkPanicked => {
                permanent("internal_error", "Reading the repository's files failed; this is a bug of the scanner.")
                    .caused_by(error)
            }
            _ => Self::transient(error),
        }
    }
}
