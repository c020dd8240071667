//! DynamoDB by dynoxide, in process: typed calls on its `Database`, no port.
//!
//! dynoxide runs SQLite on the calling thread, so every call goes to the blocking pool. Writes take turns with the
//! queue's connection. Write units come from dynoxide's own consumed-capacity figures, which are always asked for.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use dynoxide::{
    Database, DynoxideError,
    actions::{
        batch_get_item::BatchGetItemRequest, batch_write_item::BatchWriteItemRequest,
        create_table::CreateTableRequest, delete_item::DeleteItemRequest, delete_table::DeleteTableRequest,
        describe_table::DescribeTableRequest, describe_time_to_live::DescribeTimeToLiveRequest,
        get_item::GetItemRequest, list_tables::ListTablesRequest, put_item::PutItemRequest,
        query::QueryRequest, scan::ScanRequest, transact_get_items::TransactGetItemsRequest,
        transact_write_items::TransactWriteItemsRequest, update_item::UpdateItemRequest,
        update_time_to_live::UpdateTimeToLiveRequest,
    },
    types::ConsumedCapacity,
};
use scrutineer_aws::store::attributes::{EXPIRES, GSI1, GSI1PK, GSI1SK, PK, SK};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    TABLE, Turns,
    file::{Durability, OpenError},
    reply::Reply,
};

/// The embedded DynamoDB.
pub(super) struct DynamoDb {
    database: Database,
    turns: Turns,
    write_units: Arc<AtomicU64>,
}

impl DynamoDb {
    /// Opens the file and creates the table when it is not there.
    pub(super) fn open(data: &Path, durability: Durability, turns: Turns) -> Result<Self, OpenError> {
        let failed = |error: DynoxideError| OpenError::store(data, error);
        let path = data.to_str().ok_or_else(|| OpenError::store(data, "the path is not UTF-8"))?;
        let database = Database::new(path).map_err(failed)?;
        if durability == Durability::Normal {
            // dynoxide has no setter; leaving its bulk mode sets `synchronous=NORMAL`.
            database.disable_bulk_loading().map_err(failed)?;
        }
        create_table(&database).map_err(failed)?;
        Ok(Self { database, turns, write_units: Arc::default() })
    }

    pub(super) fn write_units(&self) -> u64 {
        self.write_units.load(Ordering::Relaxed)
    }

    /// Answers one request.
    pub(super) async fn answer(&self, operation: &str, body: Vec<u8>) -> Reply {
        let turn = if is_read(operation) { None } else { Some(Arc::clone(&self.turns).lock_owned().await) };
        let call = Call { database: self.database.clone(), write_units: Arc::clone(&self.write_units), body };
        let operation = operation.to_owned();
        let answer = tokio::task::spawn_blocking(move || {
            let reply = call.answer(&operation);
            drop(turn);
            reply
        });
        answer.await.unwrap_or_else(|_| Reply::error(500, "InternalServerError", "the store failed"))
    }

    /// Deletes expired items; DynamoDB does the same within days.
    pub(super) async fn sweep(&self) {
        let turn = Arc::clone(&self.turns).lock_owned().await;
        let database = self.database.clone();
        let swept = tokio::task::spawn_blocking(move || {
            let swept = database.sweep_ttl();
            drop(turn);
            swept
        });
        match swept.await {
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items swept"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be swept"),
            Err(error) => tracing::warn!(%error, "the sweep of expired items failed"),
        }
    }
}

fn is_read(operation: &str) -> bool {
    matches!(
        operation,
        "GetItem"
            | "BatchGetItem"
            | "Query"
            | "Scan"
            | "TransactGetItems"
            | "DescribeTable"
            | "DescribeTimeToLive"
            | "ListTables"
    )
}

/// One request on the blocking pool.
struct Call {
    database: Database,
    write_units: Arc<AtomicU64>,
    body: Vec<u8>,
}

impl Call {
    fn answer(&self, operation: &str) -> Reply {
        let db = &self.database;
        match operation {
            "GetItem" => self.run(|request: GetItemRequest| db.get_item(request)),
            "BatchGetItem" => self.run(|request: BatchGetItemRequest| db.batch_get_item(request)),
            "Query" => self.run(|request: QueryRequest| db.query(request)),
            "Scan" => self.run(|request: ScanRequest| db.scan(request)),
            "TransactGetItems" => self.run(|request: TransactGetItemsRequest| db.transact_get_items(request)),
            "CreateTable" => self.run(|request: CreateTableRequest| db.create_table(request)),
            "DeleteTable" => self.run(|request: DeleteTableRequest| db.delete_table(request)),
            "DescribeTable" => self.run(|request: DescribeTableRequest| db.describe_table(request)),
            "ListTables" => self.run(|request: ListTablesRequest| db.list_tables(request)),
            "UpdateTimeToLive" => {
                self.run(|request: UpdateTimeToLiveRequest| db.update_time_to_live(request))
            }
            "DescribeTimeToLive" => {
                self.run(|request: DescribeTimeToLiveRequest| db.describe_time_to_live(request))
            }
            _ => self.answer_write(operation),
        }
    }

    fn answer_write(&self, operation: &str) -> Reply {
        let db = &self.database;
        match operation {
            "PutItem" => self.run(|mut request: PutItemRequest| {
                let asked = self.ask(&mut request.return_consumed_capacity);
                let mut answer = db.put_item(request)?;
                self.count_one(asked, &mut answer.consumed_capacity);
                Ok(answer)
            }),
            "UpdateItem" => self.run(|mut request: UpdateItemRequest| {
                let asked = self.ask(&mut request.return_consumed_capacity);
                let mut answer = db.update_item(request)?;
                self.count_one(asked, &mut answer.consumed_capacity);
                Ok(answer)
            }),
            "DeleteItem" => self.run(|mut request: DeleteItemRequest| {
                let asked = self.ask(&mut request.return_consumed_capacity);
                let mut answer = db.delete_item(request)?;
                self.count_one(asked, &mut answer.consumed_capacity);
                Ok(answer)
            }),
            "BatchWriteItem" => self.run(|mut request: BatchWriteItemRequest| {
                let asked = self.ask(&mut request.return_consumed_capacity);
                let mut answer = db.batch_write_item(request)?;
                self.count_all(asked, &mut answer.consumed_capacity);
                Ok(answer)
            }),
            "TransactWriteItems" => self.run(|mut request: TransactWriteItemsRequest| {
                let asked = self.ask(&mut request.return_consumed_capacity);
                let mut answer = db.transact_write_items(request)?;
                self.count_all(asked, &mut answer.consumed_capacity);
                Ok(answer)
            }),
            _ => {
                let message = format!("{operation} is not supported locally");
                Reply::error(400, "com.amazon.coral.service#UnknownOperationException", &message)
            }
        }
    }

    fn run<Q: DeserializeOwned, A: Serialize>(&self, call: impl FnOnce(Q) -> dynoxide::Result<A>) -> Reply {
        let answer = serde_json::from_slice(&self.body).map_err(|error| unreadable(&error)).and_then(call);
        match answer {
            Ok(answer) => match serde_json::to_string(&answer) {
                Ok(body) => Reply::ok(body),
                Err(error) => Reply::error(500, "InternalServerError", &error.to_string()),
            },
            Err(error) => Reply::raw_error(error.status_code(), error.to_json()),
        }
    }

    /// Asks for consumed capacity; returns whether the caller had asked too.
    fn ask(&self, field: &mut Option<String>) -> bool {
        let asked = field.as_deref().is_some_and(|mode| mode != "NONE");
        if !asked {
            *field = Some("TOTAL".to_owned());
        }
        asked
    }

    fn count_one(&self, asked: bool, capacity: &mut Option<ConsumedCapacity>) {
        self.count(capacity.iter());
        if !asked {
            *capacity = None;
        }
    }

    fn count_all(&self, asked: bool, capacity: &mut Option<Vec<ConsumedCapacity>>) {
        self.count(capacity.iter().flatten());
        if !asked {
            *capacity = None;
        }
    }

    fn count<'a>(&self, capacities: impl Iterator<Item = &'a ConsumedCapacity>) {
        // Writes are billed in whole units.
        let units: f64 = capacities.map(|capacity| capacity.capacity_units).sum();
        self.write_units.fetch_add(units as u64, Ordering::Relaxed);
    }
}

/// dynoxide's readers mark refusals that are not plain syntax with a prefix; its HTTP server, which is not used here,
/// turns them into errors the same way.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    if let Some(message) = text.strip_prefix("VALIDATION:") {
        DynoxideError::ValidationException(message.to_owned())
    } else if let Some(message) = text.strip_prefix("VALIDATION_REQUEST:") {
        DynoxideError::ValidationException(format!("1 validation error detected: {message}"))
    } else if let Some(message) = text.strip_prefix("SERIALIZATION:") {
        DynoxideError::SerializationException(message.to_owned())
    } else if ["missing field", "unknown variant", "invalid type: null", "AttributeValue"]
        .iter()
        .any(|part| text.contains(part))
    {
        DynoxideError::ValidationException(text.to_owned())
    } else {
        DynoxideError::SerializationException(text.to_owned())
    }
}

/// The table as the template declares it.
fn create_table(database: &Database) -> dynoxide::Result<()> {
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let table = json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [text(PK), text(SK), text(GSI1PK), text(GSI1SK)],
        "KeySchema": [key(PK, "HASH"), key(SK, "RANGE")],
        "GlobalSecondaryIndexes": [{
            "IndexName": GSI1,
            "KeySchema": [key(GSI1PK, "HASH"), key(GSI1SK, "RANGE")],
            "Projection": { "ProjectionType": "ALL" },
        }],
    });
    let ttl = json!({
        "TableName": TABLE,
        "TimeToLiveSpecification": { "AttributeName": EXPIRES, "Enabled": true },
    });
    let request = serde_json::from_value(table).map_err(|error| unreadable(&error))?;
    match database.create_table(request) {
        Err(DynoxideError::ResourceInUseException(_)) => return Ok(()),
        created => created?,
    };
    let request = serde_json::from_value(ttl).map_err(|error| unreadable(&error))?;
    database.update_time_to_live(request).map(drop)
}
