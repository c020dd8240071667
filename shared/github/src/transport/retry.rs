//! Repeats what may be repeated and turns rate limits into an error that names the time.

use std::{
    sync::Arc,
    task::{Context as Poller, Poll},
    time::Duration,
};

use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use octocrab::OctoBody;
use serde::Deserialize;
use tower::{Service, ServiceExt};

use super::{Answer, Body, Endpoint, Kind, Layered, copy, endpoint_of, pause};
use crate::{context::Context, error::Error, limits};

/// The outermost of our layers.
#[derive(Clone)]
pub(crate) struct Retry<S> {
    pub(crate) inner: S,
    pub(crate) context: Arc<Context>,
}

impl<S: Layered> Service<Request<OctoBody>> for Retry<S> {
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
        Box::pin(async move {
            let endpoint = endpoint_of(&request);
            Tries { context, endpoint, paused: Duration::ZERO }.run(inner, request).await
        })
    }
}

/// The tries of one request.
struct Tries {
    context: Arc<Context>,
    endpoint: Endpoint,
    paused: Duration,
}

impl Tries {
    async fn run<S: Layered>(
        mut self,
        mut inner: S,
        request: Request<OctoBody>,
    ) -> Result<Response<Body>, Error> {
        let mut attempt = 0;
        let mut spare = copy(&request);
        let mut current = request;
        loop {
            self.wait_for_gate().await?;
            let result = inner.ready().await?.call(current).await;
            let last_try = attempt + 1 >= self.endpoint.tries;
            let error = match self.settle(result, last_try || spare.is_none()) {
                Settled::Answer(answer) => return answer,
                Settled::Again(error) => error,
            };
            // The gate at the top of the loop waits for a rate limit; everything else waits here.
            let waits_at_gate = matches!(error, Error::RateLimited { .. })
                && self.endpoint.kind != Kind::Download
                && self.endpoint.kind != Kind::Free;
            if !waits_at_gate && !self.pause(pause::before(attempt)).await {
                return Err(error);
            }
            let Some(next) = spare.take() else { return Err(error) };
            self.context.counter.count_retry();
            tracing::debug!(endpoint = self.endpoint.name, attempt, error = %error, "tried again");
            spare = copy(&next);
            current = next;
            attempt += 1;
        }
    }

    /// Waits for an exhausted budget when that is short, else says until when it is exhausted.
    async fn wait_for_gate(&mut self) -> Result<(), Error> {
        while let Some(until) = self.context.limits.closed_until(self.endpoint.kind, self.context.clock.now())
        {
            let wait = until.duration_since(self.context.clock.now());
            let wait = Duration::try_from(wait).unwrap_or_default().max(Duration::from_millis(10));
            if !self.pause(wait).await {
                return Err(Error::RateLimited { endpoint: self.endpoint.name, until });
            }
        }
        Ok(())
    }

    /// Pauses if the budget for pauses allows it.
    async fn pause(&mut self, length: Duration) -> bool {
        let affordable = self.paused + length <= pause::BUDGET;
        if affordable {
            self.paused += length;
            pause::wait(length).await;
        }
        affordable
    }

    fn settle(&self, result: Result<Response<Body>, Error>, is_last: bool) -> Settled {
        let error = match result {
            Ok(response) => match self.trouble_of(&response) {
                None => return Settled::Answer(Ok(response)),
                Some(error) => error,
            },
            Err(error @ (Error::NoAnswer { .. } | Error::Deadline { .. } | Error::ServerError { .. })) => {
                error
            }
            Err(Error::RateLimited { endpoint, until }) => {
                self.context.limits.block(self.endpoint.kind, until, self.context.clock.now());
                Error::RateLimited { endpoint, until }
            }
            Err(error) => return Settled::Answer(Err(error)),
        };
        if is_last { Settled::Answer(Err(error)) } else { Settled::Again(error) }
    }

    /// The error behind an answer that is worth another try.
    fn trouble_of(&self, response: &Response<Body>) -> Option<Error> {
        let (endpoint, status) = (self.endpoint.name, response.status());
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            return Some(Error::ServerError { endpoint, status });
        }
        let until = self.limited_until(response)?;
        self.context.limits.block(self.endpoint.kind, until, self.context.clock.now());
        Some(Error::RateLimited { endpoint, until })
    }

    fn limited_until(&self, response: &Response<Body>) -> Option<Timestamp> {
        let documentation = serde_json::from_slice::<Refusal>(response.body().peek()).ok();
        let documentation = documentation.as_ref().and_then(|refusal| refusal.documentation_url.as_deref());
        limits::limited_until(response.status(), response.headers(), documentation, self.context.clock.now())
    }
}

enum Settled {
    Answer(Result<Response<Body>, Error>),
    Again(Error),
}

#[derive(Deserialize)]
struct Refusal {
    documentation_url: Option<String>,
}
