//! A small HTTP client: the demo calls our own API with it, `doctor` asks a server for its time.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs::default_provider};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

/// Longest a call may take.
const DEADLINE: Duration = Duration::from_secs(15);
/// Longest a connection may take to open.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// Longest answer that is read.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// It could not be built or sent.
    #[error("{url} cannot be reached")]
    Unreachable {
        /// What was called.
        url: String,
        /// Why.
        #[source]
        source: anyhow::Error,
    },
    /// It took too long.
    #[error("{url} did not answer in time")]
    Late {
        /// What was called.
        url: String,
    },
    /// It was refused.
    #[error("{url} answered {status}: {detail}")]
    Refused {
        /// What was called.
        url: String,
        /// The status.
        status: StatusCode,
        /// The problem's text.
        detail: String,
    },
}

/// Whether something listens where `url` points: a wrong address is told at once, not after every retry.
pub(crate) async fn must_be_reachable(url: &str) -> Result<(), CallError> {
    let unreachable = |source: anyhow::Error| CallError::Unreachable { url: url.to_owned(), source };
    let address: http::Uri = url.parse().map_err(|error| unreachable(anyhow::Error::new(error)))?;
    let host = address.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let default = if address.scheme_str() == Some("http") { 80 } else { 443 };
    let connect = TcpStream::connect((host, address.port_u16().unwrap_or(default)));
    match timeout(CONNECT_DEADLINE, connect).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(unreachable(error.into())),
        Err(_) => Err(CallError::Late { url: url.to_owned() }),
    }
}

/// An HTTP client over TLS or in the clear.
pub(crate) struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl HttpClient {
    /// A client that trusts what the machine trusts; nobody, where it has no certificates: the demo needs none.
    pub(crate) fn new() -> Self {
        let schemes = match HttpsConnectorBuilder::new().with_provider_and_native_roots(default_provider()) {
            Ok(trusting) => trusting,
            Err(_) => HttpsConnectorBuilder::new().with_tls_config(trusting_nobody()),
        };
        let connector = schemes.https_or_http().enable_http1().build();
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// The headers that `url` answers with, whatever its status.
    pub(crate) async fn headers(&self, url: &str) -> Result<HeaderMap, CallError> {
        Ok(self.send(Method::GET, url, None, None).await?.headers)
    }

    /// Calls a JSON API; anything but 2xx is [`CallError::Refused`].
    pub(crate) async fn json(
        &self,
        method: Method,
        url: &str,
        token: &SecretString,
        body: Option<&Value>,
    ) -> Result<Value, CallError> {
        let answer = self.send(method, url, Some(token), body).await?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status.is_success() {
            return Ok(value);
        }
        let detail =
            value["detail"].as_str().or(value["title"].as_str()).unwrap_or("no explanation").to_owned();
        Err(CallError::Refused { url: url.to_owned(), status: answer.status, detail })
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        token: Option<&SecretString>,
        body: Option<&Value>,
    ) -> Result<Answer, CallError> {
        let call = self.exchange(method, url, token, body);
        match timeout(DEADLINE, call).await {
            Ok(answer) => answer.map_err(|source| CallError::Unreachable { url: url.to_owned(), source }),
            Err(_) => Err(CallError::Late { url: url.to_owned() }),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        url: &str,
        token: Option<&SecretString>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("scrutineer/", env!("CARGO_PKG_VERSION")));
        if let Some(token) = token {
            let mut bearer = header::HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))?;
            bearer.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, bearer);
        }
        let bytes = match body {
            Some(value) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(value)?)
            }
            None => Bytes::new(),
        };
        let (parts, body) = self.0.request(request.body(Full::new(bytes))?).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(anyhow::Error::from_boxed)?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider supports its own default versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}
