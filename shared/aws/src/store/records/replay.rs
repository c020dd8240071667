//! Replays of bundles over past pull requests. PK `ORG#org`, SK `REPLAY#id`. Expires.

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::ids::{Login, ReplayId};
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{KeyOf, Record},
};

/// How long a report is kept.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A bundle tried on pull requests that were verified before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// The organization.
    pub org: Login,
    /// The bundle, as it was named.
    pub version: String,
    /// How many pull requests were asked for.
    pub last: u32,
    /// How far it is.
    pub state: ReplayState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
    /// The report, once it is done.
    pub report: Option<Packed>,
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayState {
    /// It waits or runs.
    Running,
    /// The report is there.
    Done,
    /// It could not be done.
    Failed,
}

impl Replay {
    /// The replay with this id.
    pub fn key_of(org: &Login, id: ReplayId) -> KeyOf<Self> {
        KeyOf::new(format_args!("ORG#{}", org.key()), format_args!("REPLAY#{id}"))
    }
}

impl Record for Replay {
    const KIND: &'static str = "Replay";
    const PAYLOAD: Option<&'static str> = Some("report");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.org, self.id)
    }

    fn expires(&self) -> Option<Timestamp> {
        self.created_at.checked_add(KEEP).ok()
    }
}
