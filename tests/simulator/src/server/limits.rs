//! Rate limits: one budget for REST and one for GraphQL per user or installation, refilled every hour.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The two primary limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Core,
    Graphql,
}

impl Resource {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Graphql => "graphql",
        }
    }
}

/// Where one budget stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) limit: u64,
    pub(crate) used: u64,
    pub(crate) reset: Timestamp,
}

impl Budget {
    pub(crate) fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    pub(crate) fn headers(&self, resource: Resource) -> [(&'static str, String); 5] {
        [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining().to_string()),
            ("x-ratelimit-used", self.used.to_string()),
            ("x-ratelimit-reset", self.reset.as_second().to_string()),
            ("x-ratelimit-resource", resource.name().to_owned()),
        ]
    }

    fn json(&self) -> Value {
        json!({"limit": self.limit, "used": self.used, "remaining": self.remaining(), "reset": self.reset.as_second()})
    }
}

/// All budgets.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) core: u64,
    pub(crate) graphql: u64,
    /// Until then nobody has anything left.
    exhausted: Option<Timestamp>,
    spent: BTreeMap<(String, Resource), (u64, Timestamp)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { core: 5_000, graphql: 5_000, exhausted: None, spent: BTreeMap::new() }
    }
}

impl Limits {
    /// Empties every budget until `reset`, or opens them again.
    pub(crate) fn exhaust(&mut self, reset: Option<Timestamp>) {
        self.exhausted = reset;
    }

    pub(crate) fn reset(&mut self) {
        self.spent.clear();
        self.exhausted = None;
    }

    pub(crate) fn look(&self, key: &str, resource: Resource, now: Timestamp) -> Budget {
        let limit = match resource {
            Resource::Core => self.core,
            Resource::Graphql => self.graphql,
        };
        if let Some(reset) = self.exhausted.filter(|reset| now < *reset) {
            return Budget { limit, used: limit, reset };
        }
        let fresh = now + SignedDuration::from_hours(1);
        match self.spent.get(&(key.to_owned(), resource)) {
            Some((used, reset)) if now < *reset => Budget { limit, used: (*used).min(limit), reset: *reset },
            _ => Budget { limit, used: 0, reset: fresh },
        }
    }

    /// Takes `points`; `Err` when they are not there, and nothing is taken.
    pub(crate) fn spend(
        &mut self,
        key: &str,
        resource: Resource,
        (points, now): (u64, Timestamp),
    ) -> Result<Budget, Budget> {
        let budget = self.look(key, resource, now);
        if budget.remaining() < points.max(1) {
            return Err(budget);
        }
        let used = budget.used + points;
        self.spent.insert((key.to_owned(), resource), (used, budget.reset));
        Ok(Budget { used, ..budget })
    }

    /// The body of `GET /rate_limit`.
    pub(crate) fn report(&self, key: &str, now: Timestamp) -> Value {
        let core = self.look(key, Resource::Core, now).json();
        let graphql = self.look(key, Resource::Graphql, now).json();
        let search = json!({"limit": 30, "used": 0, "remaining": 30, "reset": now.as_second() + 60});
        json!({"resources": {"core": core, "search": search, "graphql": graphql}, "rate": core})
    }
}
