//! What a repository was found to be. PK `SCAN#id`, SK `FINDINGS#owner/name` (`#2`, `#3`, … for large ones).
//!
//! Written once, before the small row that counts it ([`RepoScan`](super::RepoScan)): inside that row's transaction
//! it would cost twice its write units. A later scan of an unchanged repository refers to it and writes none.

use scrutineer_core::ids::{RepoName, ScanId};
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{KeyOf, Record},
};

/// The packed result of one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoFindings {
    /// The scan that evaluated it.
    pub scan: ScanId,
    /// The repository.
    pub repository: RepoName,
    /// Findings, score vectors and contribution.
    pub result: Packed,
}

impl RepoFindings {
    /// What this repository was found to be in this scan.
    pub fn key_of(scan: ScanId, repository: &RepoName) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), format_args!("FINDINGS#{}", repository.key()))
    }
}

impl Record for RepoFindings {
    const KIND: &'static str = "RepoFindings";
    const PAYLOAD: Option<&'static str> = Some("result");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan, &self.repository)
    }
}
