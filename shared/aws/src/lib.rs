//! The only crate with the AWS SDK: client set-up, settings, [`Store`], [`Queue`], [`Keys`] and packed data.
//!
//! There is no storage, queue or key trait: the SDK is the port. In one process its HTTP client is `LocalAws`
//! (see [`Clients::with_http_client`]), so local mode and every test run the code of production to the last byte.

mod backoff;
pub mod clients;
pub mod error;
pub mod keys;
pub mod packed;
pub mod queue;
pub mod settings;
pub mod store;

pub use clients::Clients;
pub use error::{AwsError, Conflict};
pub use keys::{Keys, SealContext, Sealed};
pub use packed::Packed;
pub use queue::{Depth, Envelope, LONGEST_DELAY, Message, Queue, QueueName, Receipt, Received};
pub use settings::Settings;
pub use store::{
    Appended, Audited, AuditedWrite, Condition, Configuration, Cursor, KeyOf, Page, RangeOf, Record, Store,
    Transaction, Update, records,
};
