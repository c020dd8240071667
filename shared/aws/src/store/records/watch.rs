//! Scans that are under way, for the sweeper. PK `WATCH`, SK scan id.
//!
//! Written with the scan, deleted after it ended. One partition is enough: it holds active scans only.

use jiff::Timestamp;
use scrutineer_core::ids::ScanId;
use serde::{Deserialize, Serialize};

use crate::store::{KeyOf, RangeOf, Record};

/// The progress of a scan as the sweeper saw it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The scan.
    pub scan: ScanId,
    /// Repositories accounted for at that time.
    pub settled: u64,
    /// When it was looked at.
    pub since: Timestamp,
}

impl Watch {
    /// Every scan that is under way.
    pub fn all() -> RangeOf<Self> {
        RangeOf::table("WATCH", "")
    }

    /// The watch of this scan.
    pub fn key_of(scan: ScanId) -> KeyOf<Self> {
        KeyOf::new("WATCH", scan)
    }
}

impl Record for Watch {
    const KIND: &'static str = "Watch";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan)
    }
}
