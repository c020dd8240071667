//! Departures of a repository from its organization's bundle. PK `REPO#owner/name`, SK `OVERRIDE#id`; listed by
//! organization through the index. Configuration. Rows of overrides that are over expire; the audit log keeps what was.

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::{
    Actor,
    ids::{Login, OverrideId, RepoName},
};
use serde::{Deserialize, Serialize};

use crate::store::{Audited, IndexKey, KeyOf, RangeOf, Record};

/// How long one that is over is still listed.
const KEEP: SignedDuration = SignedDuration::from_hours(180 * 24);

/// A departure that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Its id.
    pub id: OverrideId,
    /// The organization.
    pub org: Login,
    /// The repository.
    pub repository: RepoName,
    /// A pack (`payments`) or a rule (`pii/console-in-production`).
    pub target: String,
    /// What shall hold instead: `off`, `evaluate`, `warn`, `block`.
    pub state: String,
    /// Why, as entered.
    pub reason: String,
    /// How long it shall hold once it is granted; none for as long as nobody takes it back.
    pub days: Option<u32>,
    /// What became of it.
    pub status: OverrideStatus,
    /// Who asked.
    pub requested_by: Actor,
    /// When.
    pub requested_at: Timestamp,
    /// Who decided, when somebody had to.
    pub decided_by: Option<Actor>,
    /// What they said.
    pub comment: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it ended: denied, withdrawn, expired.
    pub ended_at: Option<Timestamp>,
    /// Counts changes; the optimistic lock of decisions.
    pub version: u64,
}

/// What became of an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideStatus {
    /// It waits for somebody's approval.
    Requested,
    /// It is stricter than the bundle and holds without approval.
    Granted,
    /// It was approved and holds.
    Approved,
    /// It was denied.
    Denied,
    /// It was taken back.
    Withdrawn,
    /// Its time is over.
    Expired,
}

impl OverrideStatus {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Requested, Self::Granted, Self::Approved, Self::Denied, Self::Withdrawn, Self::Expired];

    /// The status as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Granted => "granted",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// Whether it changes what holds for its repository.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Granted | Self::Approved)
    }
}

impl Override {
    /// The override of this repository with this id.
    pub fn key_of(repository: &RepoName, id: OverrideId) -> KeyOf<Self> {
        KeyOf::new(format_args!("REPO#{}", repository.key()), format_args!("OVERRIDE#{id}"))
    }

    /// All overrides of a repository, oldest first.
    pub fn of_repository(repository: &RepoName) -> RangeOf<Self> {
        RangeOf::table(format_args!("REPO#{}", repository.key()), "OVERRIDE#")
    }

    /// All overrides of an organization's repositories, by status; of one status only when one is given.
    pub fn of_org(org: &Login, status: Option<OverrideStatus>) -> RangeOf<Self> {
        let prefix = status.map_or_else(String::new, |status| format!("{}#", status.as_str()));
        RangeOf::index_prefix(format_args!("ORG#{}#OVERRIDES", org.key()), prefix)
    }
}

impl Record<Audited> for Override {
    const KIND: &'static str = "Override";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.repository, self.id)
    }

    fn index(&self) -> Option<IndexKey> {
        let status = self.status.as_str();
        Some(IndexKey::new(
            format_args!("ORG#{}#OVERRIDES", self.org.key()),
            format_args!("{status}#{}", self.id),
        ))
    }

    fn expires(&self) -> Option<Timestamp> {
        self.ended_at.and_then(|ended| ended.checked_add(KEEP).ok())
    }
}
