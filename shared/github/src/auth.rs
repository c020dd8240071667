//! Who asks: personal access tokens as they are, App installations by tokens that live an hour.
//!
//! An installation token is kept until 5 minutes before it expires and minted with the read permissions of the
//! request plan that the installation holds, never more. After a 401 one more is minted, and the request repeated
//! only when it was an idempotent one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    task::{Context as Poller, Poll},
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use octocrab::{
    OctoBody,
    jsonwebtoken::{self, Algorithm, EncodingKey, Header},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt};

use crate::{
    context::Context,
    credential::Credential,
    error::Error,
    limits, permission,
    transport::{Answer, Body, Endpoint, Identity, Layered, copy, endpoint_of},
};

const INSTALLATION: &str = "GET /app/installations/{installation_id}";
const MINT: &str = "POST /app/installations/{installation_id}/access_tokens";

/// A token is renewed this long before it expires, so that none expires under way.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// GitHub allows a JWT 10 minutes; one minute is left for clocks that differ.
const JWT_LIFE: SignedDuration = SignedDuration::from_mins(9);

/// Holds the credential and the installation token minted with it.
pub(crate) struct Authenticator {
    credential: Credential,
    minted: Mutex<Option<Minted>>,
    /// One request mints, the others wait for its token.
    minting: Semaphore,
}

#[derive(Clone)]
struct Minted {
    header: HeaderValue,
    expires_at: Timestamp,
    permissions: Arc<BTreeSet<String>>,
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("credential", &self.credential).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct InstallationAnswer {
    permissions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: SecretString,
    expires_at: Timestamp,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
}

impl Authenticator {
    pub(crate) fn new(credential: Credential) -> Self {
        Self { credential, minted: Mutex::new(None), minting: Semaphore::new(1) }
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Permission keys of the installation token in use; `None` for personal access tokens and before the first one.
    pub(crate) fn granted(&self) -> Option<Arc<BTreeSet<String>>> {
        self.lock().as_ref().map(|minted| Arc::clone(&minted.permissions))
    }

    /// Whether the header changes from hour to hour.
    pub(crate) fn rotates(&self) -> bool {
        matches!(self.credential, Credential::App { .. })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Minted>> {
        self.minted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, now: Timestamp) -> Option<HeaderValue> {
        self.lock()
            .as_ref()
            .filter(|minted| minted.expires_at - EARLY > now)
            .map(|minted| minted.header.clone())
    }

    /// Forgets the token that was refused, unless a newer one has replaced it.
    fn forget(&self, refused: &HeaderValue) {
        let mut minted = self.lock();
        if minted.as_ref().is_some_and(|minted| minted.header == refused) {
            *minted = None;
        }
    }

    /// The JWT that speaks for the App itself.
    fn jwt(&self, now: Timestamp) -> Result<HeaderValue, Error> {
        let Credential::App { app_id, private_key, .. } = &self.credential else {
            return Err(Error::PrivateKey);
        };
        let key = EncodingKey::from_rsa_pem(private_key.expose_secret().as_bytes())
            .map_err(|_| Error::PrivateKey)?;
        // 60 s in the past, for a GitHub whose clock is behind ours.
        let claims = Claims { iss: app_id, iat: now.as_second() - 60, exp: (now + JWT_LIFE).as_second() };
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key)
            .map_err(|_| Error::PrivateKey)?;
        bearer(&jwt)
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Error::MalformedToken)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The layer that adds `Authorization`.
#[derive(Clone)]
pub(crate) struct Authorize<S> {
    pub(crate) inner: S,
    pub(crate) context: Arc<Context>,
}

impl<S: Layered> Service<Request<OctoBody>> for Authorize<S> {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Poller<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<OctoBody>) -> Answer {
        let ready = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, ready);
        let context = Arc::clone(&self.context);
        Box::pin(Authorized { inner, context }.send(request))
    }
}

/// One request on its way through the layer.
struct Authorized<S> {
    inner: S,
    context: Arc<Context>,
}

impl<S: Layered> Authorized<S> {
    async fn send(mut self, mut request: Request<OctoBody>) -> Result<Response<Body>, Error> {
        let endpoint = endpoint_of(&request);
        let Some(value) = self.authorization(endpoint.identity).await? else {
            return self.inner.ready().await?.call(request).await;
        };
        request.headers_mut().insert(header::AUTHORIZATION, value.clone());
        let renewable = endpoint.identity == Identity::Credential && self.context.auth.rotates();
        let again = (renewable && endpoint.tries > 1).then(|| copy(&request)).flatten();
        let answer = self.inner.ready().await?.call(request).await?;
        match again {
            Some(mut again) if answer.status() == StatusCode::UNAUTHORIZED => {
                self.context.auth.forget(&value);
                if let Some(value) = self.authorization(endpoint.identity).await? {
                    again.headers_mut().insert(header::AUTHORIZATION, value);
                }
                self.context.counter.count_retry();
                self.inner.ready().await?.call(again).await
            }
            _ => Ok(answer),
        }
    }

    async fn authorization(&mut self, identity: Identity) -> Result<Option<HeaderValue>, Error> {
        let now = self.context.clock.now();
        match (identity, self.context.auth.credential()) {
            (Identity::Nobody, _) => Ok(None),
            (Identity::App, _) => self.context.auth.jwt(now).map(Some),
            (Identity::Credential, Credential::Token(token)) => bearer(token.expose_secret()).map(Some),
            (Identity::Credential, Credential::App { installation_id, .. }) => {
                let installation = *installation_id;
                self.installation_token(installation).await.map(Some)
            }
        }
    }

    async fn installation_token(&mut self, installation: u64) -> Result<HeaderValue, Error> {
        let context = Arc::clone(&self.context);
        if let Some(value) = context.auth.fresh(context.clock.now()) {
            return Ok(value);
        }
        let _turn = context.auth.minting.acquire().await.expect("the semaphore is never closed");
        if let Some(value) = context.auth.fresh(context.clock.now()) {
            return Ok(value);
        }
        let held: InstallationAnswer = self.ask_as_app(INSTALLATION, installation, None).await?;
        let wanted: BTreeMap<&str, &str> = permission::PLAN
            .iter()
            .filter(|key| held.permissions.contains_key(**key))
            .map(|key| (*key, "read"))
            .collect();
        let body = serde_json::json!({ "permissions": wanted }).to_string();
        let answer: TokenAnswer = self.ask_as_app(MINT, installation, Some(body)).await?;
        let header = bearer(answer.token.expose_secret())?;
        let permissions = Arc::new(answer.permissions.into_keys().collect());
        *context.auth.lock() =
            Some(Minted { header: header.clone(), expires_at: answer.expires_at, permissions });
        Ok(header)
    }

    async fn ask_as_app<T: serde::de::DeserializeOwned>(
        &mut self,
        template: &'static str,
        installation: u64,
        body: Option<String>,
    ) -> Result<T, Error> {
        let (method, path) = template.split_once(' ').expect("a template is a method and a path");
        let path = path.replace("{installation_id}", &installation.to_string());
        let mut request = Request::new(body.map_or_else(OctoBody::empty, OctoBody::from));
        *request.method_mut() = if method == "POST" { Method::POST } else { Method::GET };
        *request.uri_mut() = format!("{}{path}", self.context.base.as_str())
            .parse()
            .map_err(|_| Error::BadRedirect { endpoint: template })?;
        let endpoint = Endpoint { identity: Identity::App, tries: 1, ..Endpoint::rest(template) };
        request.extensions_mut().insert(endpoint);
        request.headers_mut().insert(header::AUTHORIZATION, self.context.auth.jwt(self.context.clock.now())?);
        let answer = self.inner.ready().await?.call(request).await?;
        read_as_app(template, &answer, self.context.clock.now())
    }
}

/// Refusals of the App itself: a key or id that does not fit, or an installation that was removed, rejects the
/// credential as a whole; a 404 must not be mistaken for a missing organization.
fn read_as_app<T: serde::de::DeserializeOwned>(
    endpoint: &'static str,
    answer: &Response<Body>,
    now: Timestamp,
) -> Result<T, Error> {
    let status = answer.status();
    if let Some(until) = limits::limited_until(status, answer.headers(), None, now) {
        return Err(Error::RateLimited { endpoint, until });
    }
    if status.is_server_error() {
        return Err(Error::ServerError { endpoint, status });
    }
    if !status.is_success() {
        return Err(Error::CredentialRejected { endpoint });
    }
    serde_json::from_slice(answer.body().peek()).map_err(|error| Error::Unreadable {
        endpoint,
        line: error.line(),
        column: error.column(),
    })
}
