//! A scan's counters. PK `SCAN#id`, SK `COUNTERS`. One small item: it is written once per repository.

use std::collections::BTreeMap;

use jiff::Timestamp;
use scrutineer_core::ids::ScanId;
use serde::{Deserialize, Serialize};

use crate::store::{KeyOf, Record};

/// How far a scan is. `done + failed + unchanged == total` ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanCounters {
    /// The scan.
    pub scan: ScanId,
    /// Targets (repositories) of the scan; `None` until they are listed.
    pub total: Option<u64>,
    /// Targets scanned.
    #[serde(default)]
    pub done: u64,
    /// Targets that could not be scanned.
    #[serde(default)]
    pub failed: u64,
    /// Targets whose previous result was reused.
    #[serde(default)]
    pub unchanged: u64,
    /// GitHub requests by endpoint kind; change with [`Update::add_in`](crate::Update::add_in).
    #[serde(default)]
    pub requests: BTreeMap<String, u64>,
    /// Until when the scan waits for its rate limit, when it does.
    pub waiting_until: Option<Timestamp>,
}

impl ScanCounters {
    /// The counters of this scan.
    pub fn key_of(scan: ScanId) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), "COUNTERS")
    }

    /// All zero, total unknown.
    pub fn new(scan: ScanId) -> Self {
        Self {
            scan,
            total: None,
            done: 0,
            failed: 0,
            unchanged: 0,
            requests: BTreeMap::new(),
            waiting_until: None,
        }
    }

    /// Targets that are accounted for.
    pub fn settled(&self) -> u64 {
        self.done + self.failed + self.unchanged
    }

    /// Whether every target is accounted for.
    pub fn is_complete(&self) -> bool {
        self.total.is_some_and(|total| self.settled() >= total)
    }
}

impl Record for ScanCounters {
    const KIND: &'static str = "ScanCounters";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan)
    }
}
