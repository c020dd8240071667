//! The headers every request carries; octocrab leaves some out on some calls.

use std::task::{Context as Poller, Poll};

use http::{HeaderName, HeaderValue, Request, Response, header};
use octocrab::OctoBody;
use tower::Service;

use super::{Body, Layered};
use crate::error::Error;

/// The calendar version our types are written for.
pub(crate) const API_VERSION: &str = "2022-11-28";

const VERSION_HEADER: HeaderName = HeaderName::from_static("x-github-api-version");
const ACCEPT: HeaderValue = HeaderValue::from_static("application/vnd.github+json");
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("scrutineer/", env!("CARGO_PKG_VERSION")));

/// Sets `Accept`, `X-GitHub-Api-Version` and `User-Agent`.
#[derive(Clone)]
pub(crate) struct Headers<S> {
    pub(crate) inner: S,
}

impl<S: Layered> Service<Request<OctoBody>> for Headers<S> {
    type Response = Response<Body>;
    type Error = Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Poller<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<OctoBody>) -> S::Future {
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, ACCEPT);
        headers.insert(header::USER_AGENT, USER_AGENT);
        headers.insert(VERSION_HEADER, HeaderValue::from_static(API_VERSION));
        self.inner.call(request)
    }
}
