//! API tokens. PK and SK `TOKEN#sha256`; listed through the index. Only the digest is stored.

use std::fmt;

use jiff::Timestamp;
use scrutineer_core::ids::{CustomerId, Login};
use serde::{Deserialize, Serialize};

use crate::store::{IndexKey, KeyOf, RangeOf, Record};

/// SHA-256 of a token, as lower-case hex.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenDigest(String);

impl TokenDigest {
    /// The digest with these bytes.
    pub fn new(sha256: [u8; 32]) -> Self {
        Self(sha256.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The first 12 digits: enough to name a token in a list, not enough to find it.
    pub fn short(&self) -> &str {
        &self.0[..12.min(self.0.len())]
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenDigest({}…)", self.short())
    }
}

/// An API token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Digest of the token.
    pub digest: TokenDigest,
    /// What it is for, as entered.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The only customer it sees; `None` for all.
    pub customer: Option<CustomerId>,
    /// The only organization it sees; `None` for all.
    pub organization: Option<Login>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl Token {
    /// The token with this digest.
    pub fn key_of(digest: &TokenDigest) -> KeyOf<Self> {
        KeyOf::new(format_args!("TOKEN#{}", digest.0), format_args!("TOKEN#{}", digest.0))
    }

    /// All tokens, oldest first.
    pub fn all() -> RangeOf<Self> {
        RangeOf::index("TOKENS")
    }
}

impl Record for Token {
    const KIND: &'static str = "Token";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.digest)
    }

    fn index(&self) -> Option<IndexKey> {
        let created = self.created_at.as_millisecond();
        Some(IndexKey::new("TOKENS", format_args!("{created:014}#{}", self.digest.short())))
    }

    fn expires(&self) -> Option<Timestamp> {
        self.expires_at
    }
}
