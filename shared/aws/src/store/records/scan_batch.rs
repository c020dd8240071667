//! A batch of repositories that are collected together. PK `SCAN#id`, SK `BATCH#number`. Expires.
//!
//! The queue of a scan: a repository that stands in a batch and has no [`RepoScan`](super::RepoScan) row yet is
//! queued. One packed row for 25 repositories instead of a row each saves a write unit per repository, and a result
//! row that is only ever created cannot be reset by a coordinator that runs twice.

use std::collections::BTreeMap;

use jiff::Timestamp;
use scrutineer_core::ids::{RepoName, ScanId};
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{KeyOf, RangeOf, Record},
};

/// Repositories of a scan, in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanBatch {
    /// The scan.
    pub scan: ScanId,
    /// Number of the batch, from 0.
    pub number: u32,
    /// Names of its repositories.
    pub repositories: Vec<RepoName>,
    /// What the listing says about each, in the same order.
    pub listings: Packed,
    /// Requests made while collecting, by endpoint.
    #[serde(default)]
    pub requests: BTreeMap<String, u64>,
    /// When it may go.
    pub expires_at: Timestamp,
}

impl ScanBatch {
    /// This batch of this scan.
    pub fn key_of(scan: ScanId, number: u32) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), format_args!("BATCH#{number:06}"))
    }

    /// All batches of a scan, in order.
    pub fn of_scan(scan: ScanId) -> RangeOf<Self> {
        RangeOf::table(format_args!("SCAN#{scan}"), "BATCH#")
    }
}

impl Record for ScanBatch {
    const KIND: &'static str = "ScanBatch";
    const PAYLOAD: Option<&'static str> = Some("listings");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan, self.number)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
