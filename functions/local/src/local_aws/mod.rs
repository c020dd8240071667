//! AWS in one process: the SDK's HTTP client that answers DynamoDB, SQS and KMS itself.
//!
//! [`LocalAws`] is handed to `Clients::with_http_client`; from there on every use case runs the code of production.
//! Requests are routed on `x-amz-target`: DynamoDB to dynoxide, SQS to two tables of our own in the same SQLite file,
//! KMS to a key file. No port is opened.
//!
//! Durability: WAL; with [`Durability::Full`] an acknowledged write survives a power cut, with
//! [`Durability::Normal`] it survives `kill -9`. A write whose answer was lost may or may not have happened, as on AWS.

mod dynamodb;
mod file;
mod kms;
mod reply;
mod schedule;
mod sqs;

use std::{fmt, path::Path, sync::Arc};

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use scrutineer_aws::{Clients, QueueName, Settings};
use scrutineer_core::Clock;

pub use file::{Durability, OpenError};
pub use schedule::Sweeper;

use reply::Reply;

/// Name of the table in local mode.
pub const TABLE: &str = "scrutineer";
/// Alias of the key in local mode.
pub const KEY_ALIAS: &str = "alias/scrutineer";

/// Turns at writing. SQLite takes one writer at a time; without turns the two connections would meet in its busy
/// handler, which sleeps and knows no order.
type Turns = Arc<tokio::sync::Mutex<()>>;

/// AWS in one process on one data directory. Clones share it.
#[derive(Clone)]
pub struct LocalAws(Arc<Parts>);

struct Parts {
    dynamodb: dynamodb::DynamoDb,
    sqs: sqs::Sqs,
    kms: kms::Kms,
    /// Held as long as the directory is in use; dropped last.
    _lock: file::Lock,
}

/// How a data directory is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What an acknowledged write survives.
    pub durability: Durability,
    /// The time by which messages become visible.
    pub clock: Clock,
}

impl LocalAws {
    /// Opens the data directory `dir`, creating it, its table, queues and key on first use.
    ///
    /// Messages that were being worked on when the last process ended are ready again at once: the directory's lock
    /// proves that nobody works on them any more.
    ///
    /// # Errors
    /// See [`OpenError`]; an unusable data file is left as it is.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(dir, Options::default())
    }

    /// [`LocalAws::open`] with other than the default options.
    ///
    /// # Errors
    /// As for [`LocalAws::open`].
    pub fn open_with(dir: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let dir = dir.as_ref();
        let lock = file::Lock::take(dir)?;
        let data = file::prepare(dir)?;
        let kms = kms::Kms::open(dir, &data)?;
        let turns = Turns::default();
        let dynamodb = dynamodb::DynamoDb::open(&data, options.durability, Arc::clone(&turns))?;
        let sqs = sqs::Sqs::open(&data, &options, turns)?;
        Ok(Self(Arc::new(Parts { dynamodb, sqs, kms, _lock: lock })))
    }

    /// SDK clients that talk to it.
    pub fn clients(&self) -> Clients {
        Clients::with_http_client(self.clone())
    }

    /// The names under which its table, queues and key are found.
    pub fn settings() -> Settings {
        Settings {
            table: TABLE.to_owned(),
            queues: QueueName::ALL.into_iter().map(|queue| (queue, sqs::url_of(queue.as_str()))).collect(),
            key_id: KEY_ALIAS.to_owned(),
        }
    }

    /// DynamoDB write units consumed since it was opened, as AWS would bill them: 1 per started KB and index entry,
    /// double in transactions. Writes whose condition failed are not counted (AWS bills those too).
    pub fn write_units(&self) -> u64 {
        self.0.dynamodb.write_units()
    }

    async fn answer(self, request: HttpRequest) -> Reply {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let Some(body) = request.body().bytes().map(<[u8]>::to_vec) else {
            return Reply::error(400, "SerializationException", "streaming bodies are not supported");
        };
        match target.split_once('.') {
            Some(("DynamoDB_20120810", operation)) => self.0.dynamodb.answer(operation, body).await,
            Some(("AmazonSQS", operation)) => self.0.sqs.answer(operation, body).await,
            Some(("TrentService", operation)) => self.0.kms.answer(operation, &body),
            _ => Reply::error(400, "UnknownOperationException", &format!("no service for target `{target}`")),
        }
    }
}

impl fmt::Debug for LocalAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalAws")
    }
}

impl HttpConnector for LocalAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let local = self.clone();
        HttpConnectorFuture::new(async move { Ok(local.answer(request).await.into_response()) })
    }
}

impl HttpClient for LocalAws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
