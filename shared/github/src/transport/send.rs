//! The innermost layer: bounded concurrency, a deadline, and a cap on what is read into memory.

use std::{
    sync::Arc,
    task::{Context as Poller, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use octocrab::OctoBody;
use tokio::sync::Semaphore;
use tower::Service;

use super::{Answer, Body, Endpoint, Kind, connect::Hyper, endpoint_of};
use crate::{context::Context, error::Error};

/// The largest answer read into memory. A page of 100 repositories is some 700 KB; a posture batch some 2 MB.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Archives that may arrive at once: each keeps a blocking thread busy.
const DOWNLOADS: usize = 16;

/// Sends requests to hyper.
#[derive(Clone)]
pub(crate) struct Send {
    client: Hyper,
    requests: Arc<Semaphore>,
    downloads: Arc<Semaphore>,
}

impl Send {
    pub(crate) fn new(client: Hyper, context: &Context) -> Self {
        Self {
            client,
            requests: Arc::new(Semaphore::new(context.concurrency)),
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
        }
    }

    async fn exchange(self, request: Request<OctoBody>) -> Result<Response<Body>, Error> {
        let endpoint = endpoint_of(&request);
        let gate = if endpoint.kind == Kind::Download { self.downloads } else { self.requests };
        let permit = gate.acquire_owned().await.expect("the semaphore is never closed");
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| no_answer(&endpoint, error))?;
            if endpoint.kind == Kind::Download && response.status().is_success() {
                return Ok(response.map(|incoming| Body::Stream {
                    incoming,
                    endpoint: endpoint.name,
                    _permit: permit,
                }));
            }
            let (parts, incoming) = response.into_parts();
            let bytes = collect(&endpoint, incoming).await?;
            Ok(Response::from_parts(parts, Body::from(bytes)))
        };
        let deadline = Error::Deadline { endpoint: endpoint.name };
        tokio::time::timeout(endpoint.deadline, answered).await.map_err(|_| deadline)?
    }
}

impl Service<Request<OctoBody>> for Send {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Poller<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Answer {
        Box::pin(self.clone().exchange(request))
    }
}

fn no_answer(
    endpoint: &Endpoint,
    error: impl Into<Box<dyn std::error::Error + std::marker::Send + Sync>>,
) -> Error {
    Error::NoAnswer { endpoint: endpoint.name, source: error.into() }
}

async fn collect(endpoint: &Endpoint, mut incoming: Incoming) -> Result<Bytes, Error> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| no_answer(endpoint, error))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > LARGEST_ANSWER {
            return Err(Error::TooLarge { endpoint: endpoint.name, limit: LARGEST_ANSWER });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}
