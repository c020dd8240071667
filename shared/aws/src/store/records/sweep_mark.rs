//! How far the sweep is with what it does not do every time. PK `SWEEP`, SK what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{KeyOf, Record};

/// When something was last done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepMark {
    /// What.
    pub what: String,
    /// When.
    pub at: Timestamp,
}

impl SweepMark {
    /// Asking GitHub for deliveries that failed.
    pub const DELIVERIES: &'static str = "deliveries";

    /// The mark of this.
    pub fn key_of(what: &str) -> KeyOf<Self> {
        KeyOf::new("SWEEP", what)
    }
}

impl Record for SweepMark {
    const KIND: &'static str = "SweepMark";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.what)
    }
}
