//! What was asked, by endpoint: the request plan is only worth something when it is counted.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use scrutineer_core::provider::RequestCounts;

use crate::transport::{Endpoint, Kind};

/// Counts since the last [`Counter::take`].
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<RequestCounts>);

impl Counter {
    /// Counts one try; `status` is `None` when there was no answer.
    pub(crate) fn count(&self, endpoint: &Endpoint, status: Option<StatusCode>) {
        self.with(|counts| match endpoint.kind {
            Kind::Download => counts.downloads += 1,
            Kind::Free => {}
            Kind::Rest if status == Some(StatusCode::NOT_MODIFIED) => counts.not_modified += 1,
            Kind::Rest => *counts.rest.entry(endpoint.name.to_owned()).or_default() += 1,
            Kind::GraphQl => *counts.graphql.entry(endpoint.name.to_owned()).or_default() += 1,
        });
    }

    /// Counts a try that is repeated.
    pub(crate) fn count_retry(&self) {
        self.with(|counts| counts.retries += 1);
    }

    /// Adds the cost of a GraphQL call, as `rateLimit.cost` states it.
    pub(crate) fn add_points(&self, points: u64) {
        self.with(|counts| counts.graphql_points += points);
    }

    /// The counts, which start again at zero.
    pub(crate) fn take(&self) -> RequestCounts {
        self.with(std::mem::take)
    }

    fn with<T>(&self, change: impl FnOnce(&mut RequestCounts) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
