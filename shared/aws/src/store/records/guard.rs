//! Guards: records whose presence forbids something.

use jiff::Timestamp;
use scrutineer_core::ids::{ConnectionId, CustomerId, ScanId};
use serde::{Deserialize, Serialize};

use crate::store::{KeyOf, Record};

/// The scan that runs on a connection; a second one is refused while it stands.
///
/// PK `CONNECTION#id`, SK `ACTIVE`. Deleted with the scan's last status, under the condition that it names that scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveScan {
    /// The connection.
    pub connection: ConnectionId,
    /// The scan that runs.
    pub scan: ScanId,
}

impl ActiveScan {
    /// The guard of this connection.
    pub fn key_of(connection: ConnectionId) -> KeyOf<Self> {
        KeyOf::new(format_args!("CONNECTION#{connection}"), "ACTIVE")
    }
}

impl Record for ActiveScan {
    const KIND: &'static str = "ActiveScan";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.connection)
    }
}

/// What an `Idempotency-Key` led to.
///
/// PK `CUSTOMER#id`, SK `IDEMPOTENCY#key`. Kept for a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyGuard {
    /// Who sent it.
    pub customer: CustomerId,
    /// The key as sent (at most 255 characters, checked at the edge).
    pub key: String,
    /// Fingerprint of the request; another one under the same key is refused.
    pub request: String,
    /// The scan that it started.
    pub scan: ScanId,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

impl IdempotencyGuard {
    /// The guard of this key.
    pub fn key_of(customer: CustomerId, key: &str) -> KeyOf<Self> {
        KeyOf::new(format_args!("CUSTOMER#{customer}"), format_args!("IDEMPOTENCY#{key}"))
    }
}

impl Record for IdempotencyGuard {
    const KIND: &'static str = "IdempotencyGuard";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.customer, &self.key)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
