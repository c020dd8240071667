//! Connections. PK `CUSTOMER#id`, SK `CONNECTION#id`; found by their own id through the index.

use jiff::Timestamp;
use scrutineer_core::{
    evidence::org::CredentialKind,
    ids::{ConnectionId, CustomerId, Login},
};
use serde::{Deserialize, Serialize};

use crate::{
    keys::Sealed,
    store::{IndexKey, KeyOf, RangeOf, Record},
};

/// One organization on one platform with one credential. The credential is sealed and never leaves the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Its name as entered.
    pub name: String,
    /// The organization that it scans.
    pub organization: Login,
    /// API root of a GitHub Enterprise Server; `None` for github.com.
    pub base_url: Option<String>,
    /// What kind of credential it is.
    pub credential_kind: CredentialKind,
    /// The credential, sealed for this customer and connection.
    pub credentials: Sealed,
    /// The credential's last four characters, to recognize it.
    pub last4: String,
    /// When the platform last accepted the credential.
    pub last_validated_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Counts changes; the optimistic lock of edits.
    pub version: u64,
}

impl Connection {
    /// This connection of this customer.
    pub fn key_of(customer: CustomerId, id: ConnectionId) -> KeyOf<Self> {
        KeyOf::new(format_args!("CUSTOMER#{customer}"), format_args!("CONNECTION#{id}"))
    }

    /// The connections of a customer, oldest first.
    pub fn of_customer(customer: CustomerId) -> RangeOf<Self> {
        RangeOf::table(format_args!("CUSTOMER#{customer}"), "CONNECTION#")
    }

    /// The connection with this id, whoever owns it: a range of at most one.
    pub fn by_id(id: ConnectionId) -> RangeOf<Self> {
        RangeOf::index(format_args!("CONNECTION#{id}"))
    }
}

impl Record for Connection {
    const KIND: &'static str = "Connection";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.customer, self.id)
    }

    fn index(&self) -> Option<IndexKey> {
        Some(IndexKey::new(format_args!("CONNECTION#{}", self.id), "CONNECTION"))
    }
}
