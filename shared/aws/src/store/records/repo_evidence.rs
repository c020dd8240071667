//! Evidence of a repository that is too large to travel in a message. PK `SCAN#id`, SK `EVIDENCE#owner/name`. Expires.

use jiff::Timestamp;
use scrutineer_core::ids::{RepoName, ScanId};
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{KeyOf, Record},
};

/// What the platform's API says about a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoEvidence {
    /// The scan.
    pub scan: ScanId,
    /// The repository.
    pub repository: RepoName,
    /// The evidence.
    pub evidence: Packed,
    /// When it may go.
    pub expires_at: Timestamp,
}

impl RepoEvidence {
    /// The evidence of this repository in this scan.
    pub fn key_of(scan: ScanId, repository: &RepoName) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), format_args!("EVIDENCE#{}", repository.key()))
    }
}

impl Record for RepoEvidence {
    const KIND: &'static str = "RepoEvidence";
    const PAYLOAD: Option<&'static str> = Some("evidence");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan, &self.repository)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
