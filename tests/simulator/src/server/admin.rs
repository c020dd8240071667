//! The admin port: what tests in other processes and people at a shell use.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::Fault;
use super::forge::RepoHandle;
use super::http1::{Hangup, Out, whole};
use super::log;
use super::simulator::Shared;
use crate::forge::hook::{Delivering, Target};
use crate::forge::pull::{Change, Opening};

/// `POST /repos/{owner}/{repo}/push`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    path: String,
    #[serde(default)]
    content: String,
}

/// `PUT /hook`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HookTo {
    url: String,
    secret: String,
    /// Send deliveries as soon as they are there; else on `POST /deliver`.
    #[serde(default)]
    automatic: bool,
}

/// `POST /repos/{owner}/{repo}/pulls`, and `POST …/pulls/{number}/push`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PullRequest {
    /// Path → content; null removes the file.
    files: BTreeMap<String, Option<String>>,
    author: Option<String>,
    /// Owner of the fork it comes from.
    fork: Option<String>,
    #[serde(default)]
    draft: bool,
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
        (&Method::PUT, ["hook"]) => hook(&shared, &body),
        (&Method::POST, ["deliver"]) => {
            let report = shared.deliver(Delivering::default()).await;
            Ok(json!({"accepted": report.accepted, "failed": report.failed}))
        }
        (&Method::POST, ["repos", owner, repo, "pulls"]) => open(&shared, (owner, repo), &body),
        (&Method::POST, ["repos", owner, repo, "pulls", number, "push"]) => {
            push_to(&shared, (owner, repo, number), &body)
        }
        (&Method::GET, ["repos", owner, repo, "check-runs"]) => handle_of(&shared, (owner, repo))
            .map(|repo| serde_json::to_value(repo.all_check_runs()).unwrap_or_default()),
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

fn hook(shared: &Shared, body: &Bytes) -> Answer {
    let hook: HookTo = parse(body)?;
    let mut forge = shared.forge();
    forge.hook.target = Some(Target { url: hook.url, secret: hook.secret });
    forge.hook.automatic = hook.automatic;
    Ok(json!({}))
}

fn handle_of<'a>(
    shared: &'a Arc<Shared>,
    (owner, repo): (&str, &str),
) -> Result<RepoHandle<'a>, (StatusCode, String)> {
    let full = format!("{owner}/{repo}");
    RepoHandle::of(shared, &full).ok_or_else(|| (StatusCode::NOT_FOUND, format!("no repository {full}")))
}

fn change(files: &BTreeMap<String, Option<String>>) -> Change {
    files.iter().fold(Change::new(), |change, (path, content)| match content {
        Some(content) => change.file(path, content),
        None => change.remove(path),
    })
}

fn open(shared: &Arc<Shared>, repo: (&str, &str), body: &Bytes) -> Answer {
    let asked: PullRequest = parse(body)?;
    let mut opening = Opening::new(change(&asked.files)).by(asked.author.as_deref().unwrap_or("octocat"));
    if let Some(owner) = &asked.fork {
        opening = opening.from_fork(owner);
    }
    if asked.draft {
        opening = opening.draft();
    }
    let opened = handle_of(shared, repo)?.open(opening);
    Ok(json!({"number": opened.number, "head": opened.head}))
}

fn push_to(shared: &Arc<Shared>, (owner, repo, number): (&str, &str, &str), body: &Bytes) -> Answer {
    let asked: PullRequest = parse(body)?;
    let handle = handle_of(shared, (owner, repo))?;
    let number = number.parse().ok().filter(|number| handle.has_pull(*number));
    let number = number.ok_or((StatusCode::NOT_FOUND, "no such pull request".to_owned()))?;
    Ok(json!({"head": handle.push_to(number, &change(&asked.files))}))
}

fn push(shared: &Shared, (owner, repo): (&str, &str), body: &Bytes) -> Answer {
    let push: Push = parse(body)?;
    let head = shared.world().push(owner, repo, &push.path, push.content.as_bytes());
    let head = head.ok_or((StatusCode::NOT_FOUND, format!("no repository {owner}/{repo}")))?;
    Ok(json!({"head": head}))
}
