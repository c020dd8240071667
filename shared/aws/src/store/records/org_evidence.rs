//! Evidence about the organization, read once per scan and needed by every repository. PK `SCAN#id`, SK
//! `ORGEVIDENCE`. Expires.

use jiff::Timestamp;
use scrutineer_core::ids::ScanId;
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{KeyOf, Record},
};

/// What was read about the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgEvidence {
    /// The scan.
    pub scan: ScanId,
    /// The evidence and the organization's documents.
    pub evidence: Packed,
    /// When it may go.
    pub expires_at: Timestamp,
}

impl OrgEvidence {
    /// The evidence of this scan.
    pub fn key_of(scan: ScanId) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), "ORGEVIDENCE")
    }
}

impl Record for OrgEvidence {
    const KIND: &'static str = "OrgEvidence";
    const PAYLOAD: Option<&'static str> = Some("evidence");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
