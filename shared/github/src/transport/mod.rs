//! The way of a request: octocrab on top, our tower layers below it, hyper at the bottom.
//!
//! From the outside in: repeat and rate limits ([`retry`]) → token ([`crate::auth`]) → conditional requests
//! ([`crate::etag`]) → headers ([`headers`]) → counting ([`count`]) → concurrency, deadline and size cap ([`send`]) →
//! hyper. What a newcomer gets wrong: octocrab's own retry, redirect and authorization are not used; they sleep, lose
//! the rate-limit headers and send no token to any host but api.github.com.

pub(crate) mod body;
mod connect;
mod count;
mod headers;
mod pause;
mod retry;
mod send;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use http::{Request, Response};
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use tower::{Service, ServiceBuilder, layer::layer_fn};

pub(crate) use body::Body;
pub(crate) use headers::API_VERSION;

use crate::{auth, context::Context, error::Error, etag};

/// What an endpoint costs and how it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// REST, against the core budget.
    Rest,
    /// GraphQL, against its point budget.
    GraphQl,
    /// REST that costs nothing: `GET /rate_limit`.
    Free,
    /// An archive from another host.
    Download,
}

/// Whose authorization a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The credential (installation token or personal access token).
    Credential,
    /// The App itself, by JWT.
    App,
    /// Nobody: another host must never see a token.
    Nobody,
}

/// What the layers need to know about a request; travels in its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    /// `METHOD /path/{template}`, a GraphQL operation, or `archive`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) identity: Identity,
    /// Kept for conditional requests.
    pub(crate) cached: bool,
    /// How often it may be tried in all; 1 for what must not be repeated.
    pub(crate) tries: u32,
    /// For one try, until the last byte (until the headers for an archive).
    pub(crate) deadline: Duration,
}

impl Endpoint {
    /// Tries of an idempotent request.
    pub(crate) const TRIES: u32 = 4;

    /// GitHub ends a request after 10 s; the rest is transfer.
    const REST_DEADLINE: Duration = Duration::from_secs(20);
    const GRAPHQL_DEADLINE: Duration = Duration::from_secs(30);

    /// A REST GET.
    pub(crate) const fn rest(name: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Rest,
            identity: Identity::Credential,
            cached: false,
            tries: Self::TRIES,
            deadline: Self::REST_DEADLINE,
        }
    }

    /// A GraphQL query: a POST, but idempotent.
    pub(crate) const fn graphql(name: &'static str) -> Self {
        let rest = Self::rest(name);
        Self { kind: Kind::GraphQl, deadline: Self::GRAPHQL_DEADLINE, ..rest }
    }
}

/// The boxed future all our layers return.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

/// What every layer of ours is: a cloneable service from request to answer.
pub(crate) trait Layered:
    Service<Request<OctoBody>, Response = Response<Body>, Error = Error, Future: Send> + Clone + Send + 'static
{
}

impl<S> Layered for S where
    S: Service<Request<OctoBody>, Response = Response<Body>, Error = Error, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// The endpoint of a request; every request of ours carries one.
pub(crate) fn endpoint_of<B>(request: &Request<B>) -> Endpoint {
    request.extensions().get().copied().unwrap_or(const { Endpoint::rest("unnamed") })
}

/// Builds the stack. Must be called within a tokio runtime: octocrab's buffer and hyper's pool live on it.
pub(crate) fn build(context: &Arc<Context>) -> Octocrab {
    let client = connect::client(context.base.reach().clone());
    let stack = ServiceBuilder::new()
        .layer(layer_fn(|inner| retry::Retry { inner, context: Arc::clone(context) }))
        .layer(layer_fn(|inner| auth::Authorize { inner, context: Arc::clone(context) }))
        .layer(layer_fn(|inner| headers::Headers { inner }))
        .layer(layer_fn(|inner| etag::Conditional { inner, context: Arc::clone(context) }))
        .layer(layer_fn(|inner| count::Count { inner, context: Arc::clone(context) }))
        .service(send::Send::new(client, context));
    match OctocrabBuilder::new_empty().with_service(stack).with_auth(AuthState::None).build() {
        Ok(octocrab) => octocrab,
        Err(impossible) => match impossible {},
    }
}

/// A second copy of a request; `None` when its body cannot be had twice.
pub(crate) fn copy(request: &Request<OctoBody>) -> Option<Request<OctoBody>> {
    let body = request.body();
    let body = body.try_clone().or_else(|| http_body::Body::is_end_stream(body).then(OctoBody::empty))?;
    let mut copy = Request::new(body);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}
