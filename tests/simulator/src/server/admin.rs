//! The admin port: what tests in other processes and people at a shell use.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::Fault;
use super::http1::{Hangup, Out, whole};
use super::log;
use super::simulator::Shared;

/// `POST /repos/{owner}/{repo}/push`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    path: String,
    #[serde(default)]
    content: String,
}

/// Serves the admin port.
pub(crate) async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Out>, Hangup> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Hangup)?.to_bytes();
    let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    let answer = match (&parts.method, path.as_slice()) {
        (&Method::GET, ["requests"]) => Ok(serde_json::to_value(shared.log.all()).unwrap_or_default()),
        (&Method::GET, ["counters"]) => Ok(log::as_json(&shared.log)),
        (&Method::GET, ["faults"]) => Ok(serde_json::to_value(shared.faults.active()).unwrap_or_default()),
        (&Method::POST, ["reset"]) => {
            shared.log.clear();
            shared.limits().reset();
            shared.clear_faults();
            Ok(json!({}))
        }
        (&Method::PUT, ["faults"]) => set_faults(&shared, &body),
        (&Method::POST, ["repos", owner, repo, "push"]) => push(&shared, (owner, repo), &body),
        _ => Err((StatusCode::NOT_FOUND, "no such address".to_owned())),
    };
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err((status, message)) => (status, json!({"message": message})),
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    let response = response.body(whole(Bytes::from(body.to_string())));
    Ok(response.unwrap_or_else(|_| Response::new(whole(Bytes::new()))))
}

type Answer = Result<Value, (StatusCode, String)>;

fn parse<'b, T: Deserialize<'b>>(body: &'b Bytes) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
}

/// The list that comes replaces the faults that were on.
fn set_faults(shared: &Shared, body: &Bytes) -> Answer {
    let faults: Vec<Fault> = parse(body)?;
    shared.clear_faults();
    faults.into_iter().for_each(|fault| shared.set_fault(fault));
    Ok(serde_json::to_value(shared.faults.active()).unwrap_or_default())
}

fn push(shared: &Shared, (owner, repo): (&str, &str), body: &Bytes) -> Answer {
    let push: Push = parse(body)?;
    let head = shared.world().push(owner, repo, &push.path, push.content.as_bytes());
    let head = head.ok_or((StatusCode::NOT_FOUND, format!("no repository {owner}/{repo}")))?;
    Ok(json!({"head": head}))
}
