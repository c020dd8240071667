//! The organization's own result. PK `SCAN#id`, SK `ORG`.

use scrutineer_core::ids::ScanId;
use serde::{Deserialize, Serialize};

use super::FindingCounts;
use crate::{
    packed::Packed,
    store::{KeyOf, Record},
};

/// Findings of the organization scanners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgResult {
    /// The scan.
    pub scan: ScanId,
    /// Findings by status.
    pub findings: FindingCounts,
    /// Findings and score vectors.
    pub result: Packed,
}

impl OrgResult {
    /// The organization's result in this scan.
    pub fn key_of(scan: ScanId) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), "ORG")
    }
}

impl Record for OrgResult {
    const KIND: &'static str = "OrgResult";
    const PAYLOAD: Option<&'static str> = Some("result");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan)
    }
}
