//! Counts every try by endpoint, below the conditional requests so that a 304 is seen as one.

use std::{
    sync::Arc,
    task::{Context as Poller, Poll},
};

use http::{Request, Response};
use octocrab::OctoBody;
use tower::Service;

use super::{Answer, Body, Layered, endpoint_of};
use crate::{context::Context, error::Error};

/// Counts, and notes what the headers say about the budget.
#[derive(Clone)]
pub(crate) struct Count<S> {
    pub(crate) inner: S,
    pub(crate) context: Arc<Context>,
}

impl<S: Layered> Service<Request<OctoBody>> for Count<S> {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Poller<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<OctoBody>) -> Answer {
        let endpoint = endpoint_of(&request);
        let context = Arc::clone(&self.context);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let status = answer.as_ref().ok().map(Response::status);
            context.counter.count(&endpoint, status);
            if let Ok(response) = &answer {
                context.limits.note(endpoint.kind, response.headers(), context.clock.now());
                context.note_scopes(response.headers());
            }
            answer
        })
    }
}
