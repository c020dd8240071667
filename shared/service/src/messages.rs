//! What travels on the queues. A message is added here, with its queue, and gets one line in [`crate::consume`].

use scrutineer_aws::{Message, QueueName};
use scrutineer_core::ids::{
    DeliveryId, InstallationId, Login, PullNumber, ReplayId, RepoName, ScanId, Sha, VerificationId,
};
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

/// Judges a change against the policy that its organization pinned. What it names is looked up anew: the message may
/// be late, and the newest state counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifyChange {
    /// Who may read and write there.
    pub installation: InstallationId,
    /// The repository.
    pub repository: RepoName,
    /// What is to be judged.
    pub subject: Subject,
    /// Why.
    pub cause: Cause,
    /// The webhook delivery behind it, where there is one.
    pub delivery: Option<DeliveryId>,
    /// How often the same was given up before.
    #[serde(default)]
    pub round: u32,
}

/// What is to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A pull request as it is now.
    Pull(PullNumber),
    /// The pull requests whose head is this commit. `pulls` is what GitHub said; for forks it says none, and is asked.
    Head {
        /// The commit.
        sha: Sha,
        /// Pull requests that were named.
        pulls: Vec<PullNumber>,
    },
    /// What the merge queue tests.
    MergeGroup {
        /// The commit whose checks are awaited.
        sha: Sha,
        /// What the group is merged into.
        base: Sha,
        /// The queue's branch, with `refs/heads/`.
        reference: String,
    },
    /// A commit of the default branch.
    Branch {
        /// The branch, without `refs/heads/`.
        name: String,
        /// Its head.
        sha: Sha,
    },
}

/// Why a change is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It changed, or a check of it is awaited.
    Changed,
    /// The pull request was closed: what is under way ends.
    Closed,
    /// Somebody asked for it again.
    Rerun,
    /// The App was installed or the policy pinned: nothing may block.
    Evaluate,
    /// It was found unfinished.
    Recovered,
}

impl Message for VerifyChange {
    const QUEUE: QueueName = QueueName::Verifications;
    const KIND: &'static str = "verify_change";
}

/// Something happened to an installation or to a repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandleEvent {
    /// The installation.
    pub installation: InstallationId,
    /// The account it is on.
    pub account: Login,
    /// What happened.
    pub change: InstallationChange,
    /// The webhook delivery behind it, where there is one.
    pub delivery: Option<DeliveryId>,
}

/// What happened to an installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstallationChange {
    /// The App was installed.
    Created,
    /// The App was removed.
    Deleted,
    /// It may do nothing for the time being.
    Suspended,
    /// It may work again.
    Unsuspended,
    /// More permissions were granted.
    PermissionsAccepted,
    /// It covers other repositories than before; which ones is asked.
    RepositoriesChanged,
    /// A repository has another name or owner.
    RepositoryRenamed {
        /// Its name before.
        from: RepoName,
        /// Its name now.
        to: RepoName,
    },
    /// A repository is covered: its open pull requests are evaluated.
    RepositoryCovered {
        /// The repository.
        repository: RepoName,
    },
    /// Another branch of a repository is the default one.
    DefaultBranchChanged {
        /// The repository.
        repository: RepoName,
    },
}

impl Message for HandleEvent {
    const QUEUE: QueueName = QueueName::GitHubEvents;
    const KIND: &'static str = "handle_event";
}

/// Hands the findings of a verification to code scanning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadSarif {
    /// The repository.
    pub repository: RepoName,
    /// The verification.
    pub verification: VerificationId,
}

impl Message for UploadSarif {
    const QUEUE: QueueName = QueueName::Verifications;
    const KIND: &'static str = "upload_sarif";
}

/// Asks what became of an upload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PollSarif {
    /// The repository.
    pub repository: RepoName,
    /// The verification.
    pub verification: VerificationId,
    /// How often it was asked.
    pub asked: u32,
}

impl Message for PollSarif {
    const QUEUE: QueueName = QueueName::Verifications;
    const KIND: &'static str = "poll_sarif";
}

/// Tries a bundle on past pull requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReplay {
    /// The organization.
    pub org: Login,
    /// The replay.
    pub replay: ReplayId,
}

impl Message for RunReplay {
    const QUEUE: QueueName = QueueName::Verifications;
    const KIND: &'static str = "run_replay";
}
