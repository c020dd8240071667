//! The single table: typed keys, records, conditions, transactions.
//!
//! Every record type lives in one file under [`records`] and knows its own keys; a key knows its record
//! ([`KeyOf`]), so a wrong pair does not compile and nothing is concatenated at a call site. Reads are strongly
//! consistent except on the index.

mod audited;
mod batch;
mod condition;
mod cursor;
mod expression;
pub(crate) mod item;
mod key;
mod payload;
mod query;
mod read;
pub mod records;
mod transact;
mod update;
mod write;

pub use audited::AuditedWrite;
pub use condition::Condition;
pub use cursor::Cursor;
pub use item::{Appended, Audited, Configuration, Record, Unaudited};
pub use key::{IndexKey, KeyOf, RangeOf};
pub use query::Page;
pub use transact::Transaction;
pub use update::Update;

use crate::{Clients, Settings};

/// Attribute names of the table's own fields; records must not use them.
pub mod attributes {
    /// Partition key.
    pub const PK: &str = "PK";
    /// Sort key.
    pub const SK: &str = "SK";
    /// Partition key of the index `GSI1`.
    pub const GSI1PK: &str = "GSI1PK";
    /// Sort key of the index `GSI1`.
    pub const GSI1SK: &str = "GSI1SK";
    /// Name of the index.
    pub const GSI1: &str = "GSI1";
    /// Time to live, seconds since the epoch.
    pub const EXPIRES: &str = "expires";
    /// The record type.
    pub const KIND: &str = "kind";
    /// Number of items that hold a record's payload, when it is more than one.
    pub const PARTS: &str = "parts";
}

/// The table of one deployment.
#[derive(Clone, Debug)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: String,
    audit_turns: std::sync::Arc<audited::Turns>,
}

impl Store {
    /// The table named in `settings`.
    pub fn new(clients: &Clients, settings: &Settings) -> Self {
        Self {
            client: clients.dynamodb.clone(),
            table: settings.table.clone(),
            audit_turns: Default::default(),
        }
    }
}
