//! Who asks: personal access tokens as they are, App installations by tokens that live an hour.
//!
//! An installation token is kept until 5 minutes before it expires and minted with the permissions of its purpose
//! ([`permission::PLAN`], [`permission::ENFORCEMENT`]) that the installation holds, never more. After a 401 one more
//! is minted, and the request repeated only when it was an idempotent one.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    task::{Context as Poller, Poll},
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use octocrab::OctoBody;
use scrutineer_core::{evidence::org::CredentialKind, ids::InstallationId};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt};

use crate::{
    app::AppKey,
    context::Context,
    credential::{self, Credential},
    error::Error,
    limits, permission,
    transport::{Answer, Body, Endpoint, Identity, Layered, copy, endpoint_of},
};

const INSTALLATION: &str = "GET /app/installations/{installation_id}";
const MINT: &str = "POST /app/installations/{installation_id}/access_tokens";

/// A token is renewed this long before it expires, so that none expires under way.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// Holds the credential and the installation token minted with it.
pub(crate) struct Authenticator {
    source: Source,
    minted: Mutex<Option<Minted>>,
    /// One request mints, the others wait for its token.
    minting: Semaphore,
}

/// Whose requests these are.
enum Source {
    /// A token as the customer gave it.
    Token(SecretString),
    /// A GitHub App itself.
    App(AppKey),
    /// An installation of a GitHub App.
    Installation { key: AppKey, id: InstallationId, wanted: permission::Wanted },
}

#[derive(Clone)]
struct Minted {
    header: HeaderValue,
    expires_at: Timestamp,
    permissions: Arc<BTreeMap<String, String>>,
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("kind", &self.kind()).finish_non_exhaustive()
    }
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
    /// Reads as a customer's credential allows.
    pub(crate) fn of(credential: Credential) -> Self {
        Self::new(match credential {
            Credential::Token(token) => Source::Token(token),
            Credential::App { app_id, installation_id, private_key } => Source::Installation {
                key: AppKey::pem(&app_id, private_key),
                id: InstallationId::new(installation_id),
                wanted: permission::PLAN_READ,
            },
        })
    }

    /// Speaks for the App itself.
    pub(crate) fn app(key: AppKey) -> Self {
        Self::new(Source::App(key))
    }

    /// Verifies pull requests for one installation.
    pub(crate) fn enforcing(key: AppKey, id: InstallationId) -> Self {
        Self::new(Source::Installation { key, id, wanted: permission::ENFORCEMENT })
    }

    fn new(source: Source) -> Self {
        Self { source, minted: Mutex::new(None), minting: Semaphore::new(1) }
    }

    /// The kind, as far as the credential itself tells.
    pub(crate) fn kind(&self) -> CredentialKind {
        match &self.source {
            Source::Token(token) => credential::kind_of(token),
            Source::App(_) | Source::Installation { .. } => CredentialKind::AppInstallation,
        }
    }

    /// Whether GitHub's prefix tells the kind.
    pub(crate) fn has_known_prefix(&self) -> bool {
        match &self.source {
            Source::Token(token) => credential::has_known_prefix(token),
            Source::App(_) | Source::Installation { .. } => true,
        }
    }

    /// The App behind it, where there is one.
    pub(crate) fn is_app(&self) -> bool {
        !matches!(self.source, Source::Token(_))
    }

    /// Permissions of the installation token in use, with their levels; `None` for personal access tokens and before
    /// the first one.
    pub(crate) fn granted(&self) -> Option<Arc<BTreeMap<String, String>>> {
        self.lock().as_ref().map(|minted| Arc::clone(&minted.permissions))
    }

    /// Whether the header changes from hour to hour.
    pub(crate) fn rotates(&self) -> bool {
        matches!(self.source, Source::Installation { .. })
    }

    /// Forgets the token in use: the next request mints one, with the permissions of that time.
    pub(crate) fn renew(&self) {
        *self.lock() = None;
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
    async fn jwt(&self, now: Timestamp) -> Result<HeaderValue, Error> {
        match &self.source {
            Source::App(key) | Source::Installation { key, .. } => key.jwt(now).await,
            Source::Token(_) => Err(Error::PrivateKey),
        }
    }
}

pub(crate) fn bearer(token: &str) -> Result<HeaderValue, Error> {
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
            None if renewable && answer.status() == StatusCode::UNAUTHORIZED => {
                self.context.auth.forget(&value);
                Err(Error::TokenRefused { endpoint: endpoint.name })
            }
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
        let context = Arc::clone(&self.context);
        let now = context.clock.now();
        match (identity, &context.auth.source) {
            (Identity::Nobody, _) => Ok(None),
            (Identity::App, _) | (Identity::Credential, Source::App(_)) => {
                context.auth.jwt(now).await.map(Some)
            }
            (Identity::Credential, Source::Token(token)) => bearer(token.expose_secret()).map(Some),
            (Identity::Credential, Source::Installation { id, wanted, .. }) => {
                self.installation_token(*id, wanted).await.map(Some)
            }
        }
    }

    async fn installation_token(
        &mut self,
        installation: InstallationId,
        wanted: permission::Wanted,
    ) -> Result<HeaderValue, Error> {
        let context = Arc::clone(&self.context);
        if let Some(value) = context.auth.fresh(context.clock.now()) {
            return Ok(value);
        }
        let _turn = context.auth.minting.acquire().await.expect("the semaphore is never closed");
        if let Some(value) = context.auth.fresh(context.clock.now()) {
            return Ok(value);
        }
        let held: InstallationAnswer = self.ask_as_app(INSTALLATION, installation, None).await?;
        let wanted = permission::within(wanted, &held.permissions);
        let body = serde_json::json!({ "permissions": wanted }).to_string();
        let answer: TokenAnswer = self.ask_as_app(MINT, installation, Some(body)).await?;
        let header = bearer(answer.token.expose_secret())?;
        let permissions = Arc::new(answer.permissions);
        *context.auth.lock() =
            Some(Minted { header: header.clone(), expires_at: answer.expires_at, permissions });
        Ok(header)
    }

    async fn ask_as_app<T: serde::de::DeserializeOwned>(
        &mut self,
        template: &'static str,
        installation: InstallationId,
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
        let jwt = self.context.auth.jwt(self.context.clock.now()).await?;
        request.headers_mut().insert(header::AUTHORIZATION, jwt);
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
