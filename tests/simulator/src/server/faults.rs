//! Faults on demand. Each is independent; the counters of the "every nth" ones start when the fault is set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Every answer takes this much longer.
    Latency {
        /// Milliseconds.
        ms: u64,
    },
    /// Every nth request answers with this 5xx.
    ServerError {
        /// 1 = always.
        every: u64,
        /// 500, 502, 503 or 504.
        status: u16,
    },
    /// Every nth request meets the secondary rate limit.
    Secondary {
        /// 1 = always.
        every: u64,
        /// 403 or 429.
        status: u16,
        /// Seconds in `Retry-After`; no such header when absent.
        retry_after: Option<u64>,
    },
    /// The primary limit is used up for everyone.
    Exhausted {
        /// Seconds until it resets.
        reset_in: u64,
    },
    /// Every nth answer stops in the middle of its body.
    Truncated {
        /// 1 = always.
        every: u64,
    },
    /// Every nth request finds its connection closed without an answer.
    Reset {
        /// 1 = always.
        every: u64,
    },
    /// 451 for whatever concerns the repository, and its archive.
    Unavailable {
        /// `owner/name`.
        repo: String,
    },
    /// The repository's archive is no gzip.
    CorruptArchive {
        /// `owner/name`.
        repo: String,
    },
    /// The repository's archive is one file of that many zero bytes.
    HugeArchive {
        /// `owner/name`.
        repo: String,
        /// Bytes once unpacked.
        bytes: u64,
    },
    /// Every nth archive answers 404, as an expired link does.
    ArchiveGone {
        /// 1 = always.
        every: u64,
    },
    /// Every nth GraphQL answer has a repository replaced by null and an error beside it.
    GraphqlPartial {
        /// 1 = always.
        every: u64,
    },
    /// GraphQL answers 502 when more than this many ids are asked for at once.
    GraphqlTimeout {
        /// The largest batch that still works.
        above: u64,
    },
    /// GraphQL answers `RESOURCE_LIMITS_EXCEEDED` when more than this many ids are asked for at once.
    GraphqlResourceLimit {
        /// The largest batch that still works.
        above: u64,
    },
    /// Every nth request to one endpoint meets this.
    At {
        /// `METHOD /path/{template}`, or the name of a GraphQL operation.
        endpoint: String,
        /// 1 = always.
        every: u64,
        /// How often it happens in all; without end when absent.
        times: Option<u64>,
        /// What happens.
        what: At,
    },
    /// The organization does not see these permissions any more, whatever the token holds.
    Withdrawn {
        /// Permission keys.
        permissions: BTreeSet<String>,
    },
}

/// What one endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum At {
    /// It answers this status and does nothing.
    Status {
        /// Any.
        status: u16,
    },
    /// It meets the secondary rate limit.
    Secondary {
        /// Seconds in `Retry-After`.
        retry_after: Option<u64>,
    },
    /// It does what it is asked, this much later.
    Hang {
        /// Milliseconds.
        ms: u64,
    },
    /// It closes the connection and does nothing.
    Reset,
    /// It does what it is asked and closes the connection instead of answering.
    LostAnswer,
}

impl Fault {
    /// Two faults with the same key replace each other.
    fn key(&self) -> String {
        let name = format!("{self:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default();
        match self {
            Self::Unavailable { repo } | Self::CorruptArchive { repo } | Self::HugeArchive { repo, .. } => {
                format!("{name} {repo}")
            }
            Self::At { endpoint, .. } => format!("{name} {endpoint}"),
            _ => name.to_owned(),
        }
    }
}

/// The faults that are on.
#[derive(Debug, Default)]
pub struct Faults(Mutex<BTreeMap<String, (Fault, u64)>>);

/// What the faults make of one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) latency_ms: u64,
    pub(crate) reset: bool,
    pub(crate) truncated: bool,
    pub(crate) server_error: Option<u16>,
    pub(crate) secondary: Option<(u16, Option<u64>)>,
    pub(crate) partial: bool,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Fault, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Switches a fault on, in place of an earlier one of its kind.
    pub fn set(&self, fault: Fault) {
        self.lock().insert(fault.key(), (fault, 0));
    }

    /// Switches everything off.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What is on.
    pub fn active(&self) -> Vec<Fault> {
        self.lock().values().map(|(fault, _)| fault.clone()).collect()
    }

    /// Counts one request against every fault that strikes now and then.
    pub(crate) fn strike(&self, graphql: bool) -> Trouble {
        let mut trouble = Trouble::default();
        for (fault, count) in self.lock().values_mut() {
            let mut now = |every: u64| {
                *count += 1;
                *count % every.max(1) == 0
            };
            match fault {
                Fault::Latency { ms } => trouble.latency_ms = *ms,
                Fault::Reset { every } => trouble.reset = now(*every),
                Fault::Truncated { every } => trouble.truncated = now(*every),
                Fault::ServerError { every, status } => trouble.server_error = now(*every).then_some(*status),
                Fault::Secondary { every, status, retry_after } => {
                    trouble.secondary = now(*every).then_some((*status, *retry_after));
                }
                Fault::GraphqlPartial { every } if graphql => trouble.partial = now(*every),
                _ => {}
            }
        }
        trouble
    }

    /// Counts one request to an endpoint.
    pub(crate) fn strike_at(&self, asked: &str) -> Option<At> {
        self.lock().values_mut().find_map(|(fault, count)| match fault {
            Fault::At { endpoint, every, times, what } if endpoint == asked => {
                *count += 1;
                let (turn, every) = (*count, (*every).max(1));
                let struck = turn.is_multiple_of(every) && times.is_none_or(|times| turn / every <= times);
                struck.then_some(*what)
            }
            _ => None,
        })
    }

    /// Counts one archive.
    pub(crate) fn archive_gone(&self) -> bool {
        self.lock().values_mut().any(|(fault, count)| match fault {
            Fault::ArchiveGone { every } => {
                *count += 1;
                *count % (*every).max(1) == 0
            }
            _ => false,
        })
    }

    pub(crate) fn on_repo(&self, full: &str) -> Vec<Fault> {
        let same = |repo: &str| repo.eq_ignore_ascii_case(full);
        let hit = |fault: &Fault| match fault {
            Fault::Unavailable { repo }
            | Fault::CorruptArchive { repo }
            | Fault::HugeArchive { repo, .. } => same(repo),
            _ => false,
        };
        self.active().into_iter().filter(hit).collect()
    }

    pub(crate) fn withdrawn(&self) -> BTreeSet<String> {
        let active = self.active();
        active
            .into_iter()
            .filter_map(
                |fault| if let Fault::Withdrawn { permissions } = fault { Some(permissions) } else { None },
            )
            .flatten()
            .collect()
    }
}
