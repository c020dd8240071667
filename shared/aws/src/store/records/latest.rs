//! The newest completed scan of a connection, so that unchanged repositories reuse its results.
//!
//! PK `CONNECTION#id`, SK `LATEST`. Replaced in the transaction that completes a scan.

use scrutineer_core::ids::{ConnectionId, ScanId};
use serde::{Deserialize, Serialize};

use crate::store::{KeyOf, Record};

/// The newest completed scan of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestScan {
    /// The connection.
    pub connection: ConnectionId,
    /// The scan.
    pub scan: ScanId,
}

impl LatestScan {
    /// The newest completed scan of this connection.
    pub fn key_of(connection: ConnectionId) -> KeyOf<Self> {
        KeyOf::new(format_args!("CONNECTION#{connection}"), "LATEST")
    }
}

impl Record for LatestScan {
    const KIND: &'static str = "LatestScan";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.connection)
    }
}
