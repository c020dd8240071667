//! What was asked: the requests a test counts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

/// Which part of the API a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// REST v3.
    Rest,
    /// GraphQL.
    Graphql,
    /// An archive fetched from the archive host.
    Tarball,
}

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestLog {
    /// HTTP method.
    pub method: String,
    /// Path without the `/api/v3` prefix.
    pub path: String,
    /// Query string without the question mark.
    pub query: String,
    /// Status that was answered; 0 when the connection was cut instead.
    pub status: u16,
    /// The part of the API.
    pub kind: Kind,
    /// GraphQL: the operation's name. REST: the path template, as the OpenAPI description writes it.
    pub operation_name: Option<String>,
    /// GraphQL: the document, for checking it against the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// GraphQL: points charged.
    pub points: u64,
    /// Whether an `Authorization` header came with it; on the archive host none should.
    pub authorized: bool,
}

/// The log; every method locks for as long as it takes.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Vec<RequestLog>>);

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<RequestLog>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, entry: RequestLog) {
        self.lock().push(entry);
    }

    pub(crate) fn all(&self) -> Vec<RequestLog> {
        self.lock().clone()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Kind and operation → how often: `rest GET /orgs/{org}/repos`, `graphql RepoPosture`, `tarball`, and `total`.
    pub(crate) fn counters(&self) -> BTreeMap<String, u64> {
        let mut counters = BTreeMap::from([("total".to_owned(), 0)]);
        for entry in self.lock().iter() {
            let name = entry.operation_name.as_deref().unwrap_or(&entry.path);
            let key = match entry.kind {
                Kind::Rest => format!("rest {} {name}", entry.method),
                Kind::Graphql => {
                    format!("graphql {}", entry.operation_name.as_deref().unwrap_or("anonymous"))
                }
                Kind::Tarball => "tarball".to_owned(),
            };
            *counters.entry(key).or_default() += 1;
            *counters.entry("total".to_owned()).or_default() += 1;
        }
        counters
    }
}

/// The counters as JSON, for the admin port.
pub(crate) fn as_json(log: &Log) -> Value {
    serde_json::to_value(log.counters()).unwrap_or_default()
}
