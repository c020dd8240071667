//! GraphQL: documents, calls, and what an error beside data means.
//!
//! What a newcomer gets wrong: a 200 may carry data *and* errors. A field that is null because it was refused is a
//! gap, never a default; and a refused field that cannot be null takes its parent with it, so such fields are left
//! out and the call is made once more ([`Query::without`]).

pub(crate) mod batch;
pub(crate) mod prune;
pub(crate) mod view;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    client::{Client, parse},
    error::Error,
    permission,
    transport::{Endpoint, Kind},
};

/// No listing of ours is longer: 50 or 100 entries a page.
pub(crate) const MOST_PAGES: usize = 1_000;

/// A query document and the operation in it.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) operation: &'static str,
    text: &'static str,
}

macro_rules! documents {
    ($($name:ident = $operation:literal in $file:literal;)+) => {$(
        pub(crate) const $name: Document =
            Document { operation: $operation, text: include_str!(concat!("documents/", $file)) };
    )+};
}

documents! {
    ORG_SETTINGS = "OrgSettings" in "org_settings.graphql";
    ORG_MEMBERS = "OrgMembers" in "org_members.graphql";
    ORG_TEAMS = "OrgTeams" in "org_teams.graphql";
    TEAM_REPOSITORIES = "TeamRepositories" in "team_repositories.graphql";
    REPO_EMPTY = "RepoEmpty" in "repo_empty.graphql";
    REPO_POSTURE = "RepoPosture" in "repo_posture.graphql";
    REPO_ASSURANCE = "RepoAssurance" in "repo_assurance.graphql";
    REPO_ACTIVITY = "RepoActivity" in "repo_activity.graphql";
}

/// An error beside the data.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "WireFault")]
pub(crate) struct Fault {
    /// `type`, e.g. `FORBIDDEN`.
    pub(crate) kind: String,
    /// Response keys and list indexes from the root; empty when GitHub names no place.
    pub(crate) path: Vec<String>,
}

#[derive(Deserialize)]
struct WireFault {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    path: Option<Vec<Value>>,
}

impl From<WireFault> for Fault {
    fn from(wire: WireFault) -> Self {
        let segment = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self {
            kind: wire.kind.unwrap_or_else(|| "an error without a type".to_owned()),
            path: wire.path.unwrap_or_default().into_iter().map(segment).collect(),
        }
    }
}

impl Fault {
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.kind.as_str(), "FORBIDDEN" | "INSUFFICIENT_SCOPES")
    }

    /// Server-side limits that a smaller question passes under.
    pub(crate) fn is_too_much(&self) -> bool {
        matches!(self.kind.as_str(), "RESOURCE_LIMITS_EXCEEDED" | "MAX_NODE_LIMIT_EXCEEDED" | "TIMEOUT")
    }

    /// The innermost field of the path that the permission table knows.
    pub(crate) fn field(&self) -> Option<&str> {
        self.path.iter().rev().map(String::as_str).find(|key| permission::of_field(key).is_some())
    }
}

/// Data and the errors beside it.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    pub(crate) data: Value,
    #[serde(default)]
    pub(crate) errors: Vec<Fault>,
    /// Fields that were not asked because the credential lacks their permission.
    #[serde(skip)]
    pub(crate) pruned: BTreeSet<String>,
}

impl Client {
    /// Asks; a field known to be refused is not asked.
    ///
    /// # Errors
    /// As REST, and [`Error::GraphQl`] when there is no data at all.
    pub(crate) async fn query(
        &self,
        document: &Document,
        variables: Value,
        tries: u32,
    ) -> Result<Answer, Error> {
        let pruned = self.lacking(document);
        let query = prune::without(document.text, &pruned);
        let answer = self.query_text(document.operation, &query, (variables, tries)).await?;
        Ok(Answer { pruned, ..answer })
    }

    /// Asks a document that was made up as it is.
    pub(crate) async fn query_text(
        &self,
        operation: &'static str,
        text: &str,
        (variables, tries): (Value, u32),
    ) -> Result<Answer, Error> {
        let body = json!({ "query": text, "operationName": operation, "variables": variables });
        let endpoint = Endpoint { tries, ..Endpoint::graphql(operation) };
        let bytes = self.post_graphql(endpoint, body.to_string()).await?;
        let answer: Answer = parse(operation, &bytes)?;
        if let Some(cost) = answer.data.pointer("/rateLimit/cost").and_then(Value::as_u64) {
            self.context().counter.add_points(cost);
        }
        self.refuse_failed(operation, answer)
    }

    /// As [`Client::query`]; when refusals nulled what stands at `place`, asks again without the refused fields.
    pub(crate) async fn query_at(
        &self,
        document: &Document,
        variables: Value,
        place: &str,
    ) -> Result<Answer, Error> {
        loop {
            let answer = self.query(document, variables.clone(), Endpoint::TRIES).await?;
            let nulled = answer.data.pointer(place).is_none_or(Value::is_null);
            // Ends: each turn learns a permission that was not known to be refused.
            if !(nulled && self.learn_refused(&answer.errors)) {
                return Ok(answer);
            }
        }
    }

    /// Remembers refused permissions, so that their fields are not asked again; true when there was a new one.
    pub(crate) fn learn_refused(&self, faults: &[Fault]) -> bool {
        let refused = faults.iter().filter(|fault| fault.is_refusal());
        let keys: Vec<&'static str> =
            refused.filter_map(|fault| fault.field().and_then(permission::of_field)).collect();
        self.context().with_refused(|known| {
            let before = known.len();
            known.extend(keys);
            known.len() > before
        })
    }

    /// Fields of a document that the credential is known to lack the permission for.
    fn lacking(&self, document: &Document) -> BTreeSet<String> {
        let refused = self.context().with_refused(|known| known.clone());
        let lacking = prune::response_keys(document.text).into_iter().filter(|key| {
            permission::of_field(key)
                .is_some_and(|needed| refused.contains(needed) || self.context().holds(needed) == Some(false))
        });
        lacking.map(str::to_owned).collect()
    }

    fn refuse_failed(&self, operation: &'static str, answer: Answer) -> Result<Answer, Error> {
        if answer.errors.iter().any(|fault| fault.kind == "RATE_LIMITED") {
            let now = self.context().clock.now();
            let until = self.context().limits.closed_until(Kind::GraphQl, now);
            let until = until.unwrap_or(now + SignedDuration::from_secs(60));
            return Err(Error::RateLimited { endpoint: operation, until });
        }
        match answer.errors.first() {
            Some(fault) if answer.data.is_null() => {
                Err(Error::GraphQl { operation, kind: fault.kind.clone() })
            }
            None if answer.data.is_null() => {
                Err(Error::Unreadable { endpoint: operation, line: 0, column: 0 })
            }
            _ => Ok(answer),
        }
    }
}
