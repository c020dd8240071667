//! What travels on the queues. A message is added here, with its queue, and gets one line in [`crate::consume`].

use scrutineer_aws::{Message, QueueName};
use scrutineer_core::ids::{RepoName, ScanId};
use serde::{Deserialize, Serialize};

/// Reads the organization, lists its repositories and fans out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoordinateScan {
    /// The scan.
    pub scan: ScanId,
}

impl Message for CoordinateScan {
    const QUEUE: QueueName = QueueName::Scans;
    const KIND: &'static str = "coordinate_scan";
}

/// Judges the organization, sums up and completes; sent by whoever settles the last repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishScan {
    /// The scan.
    pub scan: ScanId,
}

impl Message for FinishScan {
    const QUEUE: QueueName = QueueName::Scans;
    const KIND: &'static str = "finish_scan";
}

/// Asks the platform once for a whole batch of repositories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectEvidence {
    /// The scan.
    pub scan: ScanId,
    /// Number of the batch.
    pub batch: u32,
}

impl Message for CollectEvidence {
    const QUEUE: QueueName = QueueName::RepositoryScans;
    const KIND: &'static str = "collect_evidence";
}

/// Judges one repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanTarget {
    /// The scan.
    pub scan: ScanId,
    /// The repository.
    pub repository: RepoName,
    /// What it is compared with on the next scan.
    pub fingerprint: String,
    /// Its evidence as collected ([`scrutineer_core::evidence::RepoEvidence`]).
    pub evidence: Carried,
}

/// How a repository's evidence reaches its worker. It travels with the message where it fits, because a stored row
/// per repository would cost two write units for something that is read once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carried {
    /// Packed, base64.
    Inline(String),
    /// In the row [`scrutineer_aws::records::RepoEvidence`].
    Stored,
}

impl Message for ScanTarget {
    const QUEUE: QueueName = QueueName::RepositoryScans;
    const KIND: &'static str = "scan_target";
}
