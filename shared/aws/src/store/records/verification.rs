//! Verifications. PK `REPO#owner/name`, SK `VERIFY#id`; found by organization through the index, open ones apart.

use jiff::Timestamp;
use scrutineer_core::ids::{
    CheckRunId, DeliveryId, InstallationId, Login, MessageId, PullNumber, RepoName, Sha, VerificationId,
};
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{IndexKey, KeyOf, RangeOf, Record},
};

/// One commit judged against the policy of its organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Its id; the `external_id` of its check runs.
    pub id: VerificationId,
    /// The repository.
    pub repository: RepoName,
    /// Who may read and write there.
    pub installation: InstallationId,
    /// What is judged, as it stands in keys: `PR#7`, `REF#refs/heads/main`.
    pub subject: String,
    /// The pull request, when it is one.
    pub pull: Option<PullNumber>,
    /// The commit.
    pub sha: Sha,
    /// What it is compared with.
    pub base: Option<Sha>,
    /// The git reference that code scanning shows its results under.
    pub reference: String,
    /// The bundle, `id@version`.
    pub bundle: String,
    /// Fingerprint of everything that decides besides the code: bundle, overrides, whether it may block.
    pub policy: String,
    /// Whether nothing of it may block.
    pub evaluate: bool,
    /// How far it is.
    pub state: VerificationState,
    /// The message that works on it.
    pub job: MessageId,
    /// The delivery that asked for it.
    pub delivery: Option<DeliveryId>,
    /// Times it was begun.
    pub attempts: u32,
    /// The verification it took the place of.
    pub previous: Option<VerificationId>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When the sweep last asked after it.
    pub nudged_at: Option<Timestamp>,
    /// When it ended.
    pub concluded_at: Option<Timestamp>,
    /// Its check runs.
    #[serde(default)]
    pub checks: Vec<CheckRow>,
    /// `SHIP` or `NO_SHIP`, once it is known.
    pub verdict: Option<String>,
    /// The lowest score of its packs.
    pub score: Option<u32>,
    /// Why it could not be judged.
    pub error: Option<String>,
    /// What became of its SARIF.
    pub sarif: Option<SarifState>,
    /// The whole verdict.
    pub result: Option<Packed>,
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationState {
    /// Somebody works on it.
    Running,
    /// Its check runs say how it ended.
    Concluded,
    /// A newer one took its place, or the pull request was closed.
    Cancelled,
    /// It could not be judged; its check runs say why.
    GaveUp,
}

/// A check run of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRow {
    /// Its name.
    pub name: String,
    /// The pack behind it.
    pub pack: String,
    /// GitHub's id of it.
    pub id: CheckRunId,
    /// How it ended.
    pub conclusion: Option<String>,
}

/// What became of the SARIF of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SarifState {
    /// GitHub has it and works on it.
    Uploaded {
        /// GitHub's id of the upload.
        id: String,
    },
    /// GitHub shows it.
    Processed {
        /// GitHub's id of the upload.
        id: String,
    },
    /// GitHub did not take it.
    Failed {
        /// What GitHub says.
        why: String,
    },
    /// Code scanning is not available for the repository.
    Unavailable {
        /// What is missing.
        why: String,
    },
}

impl Verification {
    /// The verification with this id.
    pub fn key_of(repository: &RepoName, id: VerificationId) -> KeyOf<Self> {
        KeyOf::new(format_args!("REPO#{}", repository.key()), format_args!("VERIFY#{id}"))
    }

    /// Those of a repository, oldest first.
    pub fn of_repository(repository: &RepoName) -> RangeOf<Self> {
        RangeOf::table(format_args!("REPO#{}", repository.key()), "VERIFY#")
    }

    /// Those of an organization that ended, oldest first.
    pub fn of_org(org: &Login) -> RangeOf<Self> {
        RangeOf::index(format_args!("ORG#{}#VERIFY", org.key()))
    }

    /// Those that somebody works on, oldest first.
    pub fn open() -> RangeOf<Self> {
        RangeOf::index("VERIFYING")
    }
}

impl Record for Verification {
    const KIND: &'static str = "Verification";
    const PAYLOAD: Option<&'static str> = Some("result");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.repository, self.id)
    }

    fn index(&self) -> Option<IndexKey> {
        // Open ones stand apart, so that the sweep reads what it looks for and nothing else.
        if self.state == VerificationState::Running {
            return Some(IndexKey::new("VERIFYING", self.id));
        }
        let org = self.repository.owner().to_ascii_lowercase();
        Some(IndexKey::new(format_args!("ORG#{org}#VERIFY"), self.id))
    }
}

/// Which verification counts for a subject. PK `REPO#owner/name`, SK `HEAD#subject`. Expires with disuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedHead {
    /// The repository.
    pub repository: RepoName,
    /// `PR#7`, `REF#refs/heads/main`.
    pub subject: String,
    /// The commit.
    pub sha: Sha,
    /// As in [`Verification::policy`].
    pub policy: String,
    /// The verification.
    pub verification: VerificationId,
    /// When it was written.
    pub at: Timestamp,
}

impl VerifiedHead {
    /// The head of this subject.
    pub fn key_of(repository: &RepoName, subject: &str) -> KeyOf<Self> {
        // A sort key has at most 1,024 bytes; a git reference may be longer.
        let subject: String = subject.chars().take(200).collect();
        KeyOf::new(format_args!("REPO#{}", repository.key()), format_args!("HEAD#{subject}"))
    }
}

impl Record for VerifiedHead {
    const KIND: &'static str = "VerifiedHead";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.repository, &self.subject)
    }
}
