//! A connection's conditional-request cache between scans. PK `CONNECTION#id`, SK `HTTPCACHE`. Expires.

use jiff::Timestamp;
use scrutineer_core::ids::ConnectionId;
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{KeyOf, Record},
};

/// Bodies of organization-wide listings with their validators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCache {
    /// The connection.
    pub connection: ConnectionId,
    /// The cache as its provider packs it.
    pub cache: Packed,
    /// When it may go.
    pub expires_at: Timestamp,
}

impl HttpCache {
    /// The cache of this connection.
    pub fn key_of(connection: ConnectionId) -> KeyOf<Self> {
        KeyOf::new(format_args!("CONNECTION#{connection}"), "HTTPCACHE")
    }
}

impl Record for HttpCache {
    const KIND: &'static str = "HttpCache";
    const PAYLOAD: Option<&'static str> = Some("cache");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.connection)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
