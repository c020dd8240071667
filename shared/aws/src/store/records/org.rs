//! What an organization decides for itself. PK `ORG#org`, SK `SETTINGS`. Configuration: written with its audit entry.
//!
//! An organization without this record has the defaults; that is no reason to write it.

use jiff::Timestamp;
use scrutineer_core::ids::{InstallationId, Login};
use serde::{Deserialize, Serialize};

use crate::store::{Audited, KeyOf, Record};

/// Settings of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// The organization.
    pub org: Login,
    /// What a check says while GitHub does not answer.
    pub on_trouble: OnTrouble,
    /// Longest life of an approved override, in days.
    pub max_override_days: u32,
    /// The installation of the App, when it is installed.
    pub installation: Option<InstallationId>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Counts changes, from 0 for the defaults; the optimistic lock of edits.
    pub version: u64,
}

/// What a check run says when GitHub itself keeps a verification from its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTrouble {
    /// `action_required`: nothing is merged unseen.
    #[default]
    FailClosed,
    /// `neutral`: nobody waits.
    FailOpen,
}

impl OnTrouble {
    /// The choice as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailClosed => "fail_closed",
            Self::FailOpen => "fail_open",
        }
    }
}

impl Org {
    /// Longest life of an override where the organization does not say.
    pub const MAX_OVERRIDE_DAYS: u32 = 90;

    /// The settings of an organization that decided nothing.
    pub fn defaults(org: Login) -> Self {
        Self {
            org,
            on_trouble: OnTrouble::default(),
            max_override_days: Self::MAX_OVERRIDE_DAYS,
            installation: None,
            updated_at: Timestamp::UNIX_EPOCH,
            version: 0,
        }
    }

    /// The settings of this organization.
    pub fn key_of(org: &Login) -> KeyOf<Self> {
        KeyOf::new(format_args!("ORG#{}", org.key()), "SETTINGS")
    }
}

impl Record<Audited> for Org {
    const KIND: &'static str = "Org";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.org)
    }
}
