//! Answers of the emulated services: a status, a JSON body, and the header that carries SQS error codes.

use aws_smithy_runtime_api::{client::orchestrator::HttpResponse, http::StatusCode};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// An answer before it becomes an HTTP response.
#[derive(Debug)]
pub(super) struct Reply {
    status: u16,
    body: String,
    query_error: Option<String>,
}

impl Reply {
    /// A successful answer.
    pub(super) fn ok(body: String) -> Self {
        Self { status: 200, body, query_error: None }
    }

    /// A successful answer from JSON.
    pub(super) fn json(body: &Value) -> Self {
        Self::ok(body.to_string())
    }

    /// An error whose body is already written.
    pub(super) fn raw_error(status: u16, body: String) -> Self {
        Self { status, body, query_error: None }
    }

    /// An error in the JSON protocol.
    pub(super) fn error(status: u16, kind: &str, message: &str) -> Self {
        Self { status, body: json!({ "__type": kind, "message": message }).to_string(), query_error: None }
    }

    /// Adds the code of the old query protocol, from which the SDK takes the code of an SQS error.
    pub(super) fn with_query_error(mut self, code: &str) -> Self {
        let fault = if self.status < 500 { "Sender" } else { "Receiver" };
        self.query_error = Some(format!("{code};{fault}"));
        self
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let status = StatusCode::try_from(self.status).expect("statuses are constants between 200 and 599");
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        if let Some(error) = self.query_error {
            response.headers_mut().insert("x-amzn-query-error", error);
        }
        response
    }
}
