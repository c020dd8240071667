//! A client just good enough to ask the simulator something.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use scrutineer_simulator::{Simulator, World};
use serde_json::{Value, json};

/// A moment for worlds that stand still.
pub(crate) const NOW: &str = "2026-09-01T12:00:00Z";

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) token: String,
}

impl Caller {
    pub(crate) fn new(token: &str) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), token: token.to_owned() }
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.send(Method::GET, url, &[], Value::Null).await.unwrap()
    }

    pub(crate) async fn get_if_changed(&self, url: &str, etag: &str) -> Answer {
        self.send(Method::GET, url, &[("if-none-match", etag)], Value::Null).await.unwrap()
    }

    pub(crate) async fn post(&self, url: &str, body: Value) -> Answer {
        self.send(Method::POST, url, &[], body).await.unwrap()
    }

    pub(crate) async fn query(&self, sim: &Simulator, document: &str, variables: Value) -> Answer {
        self.post(&format!("{}/graphql", sim.base_url()), json!({"query": document, "variables": variables}))
            .await
    }

    /// `Err` when the connection broke before or within the answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Result<Answer, Box<dyn std::error::Error>> {
        let mut request =
            Request::builder().method(method).uri(url).header("accept", "application/vnd.github+json");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let answer = self.client.request(request.body(Full::new(body))?).await?;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, bytes })
    }
}

pub(crate) fn fixture(org: &str) -> World {
    let dir = format!("{}/../fixtures/orgs/{org}", env!("CARGO_MANIFEST_DIR"));
    World::load_at(dir, NOW.parse().unwrap()).unwrap()
}

/// The three organizations on one server, and a caller who may read everything an installation may.
pub(crate) async fn everything() -> (Simulator, Caller) {
    let mut world = fixture("acme");
    world.merge(fixture("hardened"));
    world.merge(fixture("startup"));
    let sim = Simulator::start(world).await.unwrap();
    let caller = Caller::new(&sim.full_installation_token());
    (sim, caller)
}

/// Node ids of every repository, by the listing.
pub(crate) async fn node_ids(sim: &Simulator, caller: &Caller, org: &str) -> Vec<Value> {
    let repos = caller.get(&format!("{}/orgs/{org}/repos?per_page=100", sim.base_url())).await.json();
    repos.as_array().unwrap().iter().map(|repo| repo["node_id"].clone()).collect()
}
