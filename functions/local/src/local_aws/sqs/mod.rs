//! SQS on two tables of the data file, spoken to through aws-sdk-sqs.
//!
//! Not on dynoxide: claims and acknowledgements are the hottest path of a scan, and plain SQL does ten of them in one
//! commit. Standard queues only. A waiting receive is woken by a send; the waiter is registered before it looks, or
//! a send in between would be lost.

mod batch;
mod engine;
mod messages;
mod queues;
mod receive;
mod wire;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use scrutineer_aws::QueueName;
use scrutineer_core::Clock;
use serde_json::{Value, json};
use tokio::sync::Notify;

use self::{
    engine::Engine,
    queues::Attributes,
    wire::{Refusal, Request},
};
use super::{OpenError, Options, Turns, reply::Reply};

/// How long a message may be worked on: six times the longest time-out of a function (150 s).
const VISIBILITY_S: i64 = 900;
/// Deliveries before a message goes to the dead-letter queue: one more than the consumer needs to give up.
const MAX_RECEIVES: i64 = scrutineer_service::consume::MAX_DELIVERIES as i64 + 1;
/// Dead letters are kept for 14 days, the longest SQS keeps anything.
const DEAD_RETENTION_S: i64 = 1_209_600;

/// The embedded SQS.
pub(super) struct Sqs {
    engine: Engine,
    clock: Clock,
    bells: Mutex<HashMap<String, Arc<Notify>>>,
}

/// The URL of a local queue; only its last part matters.
pub(super) fn url_of(name: &str) -> String {
    format!("http://localhost/000000000000/{name}")
}

impl Sqs {
    /// Opens the queue's tables and creates the product's queues, each with its dead-letter queue.
    pub(super) fn open(data: &Path, options: &Options, turns: Turns) -> Result<Self, OpenError> {
        let now = options.clock.now().as_millisecond();
        let failed = |error: &dyn std::fmt::Debug| OpenError::store(data, format!("{error:?}"));
        let connection = rusqlite::Connection::open(data).map_err(|error| failed(&error))?;
        connection.execute_batch(queues::SCHEMA).map_err(|error| failed(&error))?;
        create_queues(&connection, now).map_err(|error| failed(&error))?;
        let released = messages::release_all(&connection, now).map_err(|error| failed(&error))?;
        if released > 0 {
            tracing::info!(messages = released, "work of an earlier process is taken up again");
        }
        let engine = Engine::open(data, options.durability, turns)?;
        Ok(Self { engine, clock: options.clock.clone(), bells: Mutex::default() })
    }

    /// Answers one request.
    pub(super) async fn answer(&self, operation: &str, body: Vec<u8>) -> Reply {
        let request: Request = match serde_json::from_slice(&body) {
            Ok(request) => request,
            Err(error) => return Refusal::value(error.to_string()).into_reply(),
        };
        match self.dispatch(operation, request).await {
            Ok(answer) => Reply::json(&answer),
            Err(refusal) => refusal.into_reply(),
        }
    }

    async fn dispatch(&self, operation: &str, request: Request) -> Result<Value, Refusal> {
        match operation {
            "SendMessage" => self.send_message(request).await,
            "SendMessageBatch" => self.send_batch(request).await,
            "ReceiveMessage" => self.receive(request).await,
            "DeleteMessage" => self.delete_message(request).await,
            "DeleteMessageBatch" => self.delete_batch(request).await,
            "ChangeMessageVisibility" => self.change_visibility(request).await,
            "ChangeMessageVisibilityBatch" => self.change_visibility_batch(request).await,
            "CreateQueue" => self.create_queue(request).await,
            "DeleteQueue" => self.on_queue(request, queues::delete).await,
            "PurgeQueue" => self.on_queue(request, messages::purge).await,
            "GetQueueUrl" => self.get_queue_url(request).await,
            "ListQueues" => self.list_queues(request).await,
            "GetQueueAttributes" => self.get_attributes(request).await,
            "SetQueueAttributes" => self.set_attributes(request).await,
            _ => Err(Refusal::unsupported(operation)),
        }
    }

    /// Deletes messages that are older than their queue keeps them.
    pub(super) async fn sweep(&self) {
        let now = self.now();
        if let Err(refusal) = self.engine.run(move |connection| messages::sweep(connection, now)).await {
            tracing::warn!(reason = refusal.message, "old messages could not be swept");
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// What wakes the receivers that wait on `queue`.
    fn bell(&self, queue: &str) -> Arc<Notify> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bells.entry(queue.to_owned()).or_default())
    }

    async fn on_queue(
        &self,
        request: Request,
        work: impl FnOnce(&rusqlite::Connection, &str) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<Value, Refusal> {
        let queue = queues::name_of(request.queue_url.as_deref())?;
        self.engine.run(move |connection| work(connection, &queue)).await?;
        Ok(json!({}))
    }

    async fn create_queue(&self, request: Request) -> Result<Value, Refusal> {
        let name = request.queue_name.ok_or_else(|| Refusal::missing("QueueName"))?;
        let attributes = Attributes::parse(request.attributes)?;
        let (now, url) = (self.now(), url_of(&name));
        self.engine.run(move |connection| queues::create(connection, &name, &attributes, now)).await?;
        Ok(json!({ "QueueUrl": url }))
    }

    async fn get_queue_url(&self, request: Request) -> Result<Value, Refusal> {
        let name = request.queue_name.ok_or_else(|| Refusal::missing("QueueName"))?;
        let url = url_of(&name);
        self.engine.run(move |connection| queues::find(connection, &name)).await?;
        Ok(json!({ "QueueUrl": url }))
    }

    async fn list_queues(&self, request: Request) -> Result<Value, Refusal> {
        let prefix = request.queue_name_prefix.unwrap_or_default();
        let names = self.engine.run(move |connection| queues::list(connection, &prefix)).await?;
        Ok(json!({ "QueueUrls": names.iter().map(|name| url_of(name)).collect::<Vec<_>>() }))
    }

    async fn get_attributes(&self, request: Request) -> Result<Value, Refusal> {
        let queue = queues::name_of(request.queue_url.as_deref())?;
        let (wanted, now) = (request.attribute_names, self.now());
        let attributes =
            self.engine.run(move |connection| queues::describe(connection, &queue, &wanted, now)).await?;
        Ok(json!({ "Attributes": attributes }))
    }

    async fn set_attributes(&self, request: Request) -> Result<Value, Refusal> {
        let changes = Attributes::parse(request.attributes.clone())?;
        self.on_queue(request, move |connection, queue| queues::set(connection, queue, changes)).await
    }
}

/// The product's queues as the template declares them.
fn create_queues(connection: &rusqlite::Connection, now: i64) -> Result<(), Refusal> {
    for queue in QueueName::ALL {
        let dead = format!("{queue}-dead");
        let policy = json!({ "deadLetterTargetArn": queues::arn_of(&dead), "maxReceiveCount": MAX_RECEIVES });
        let attribute = |name: &str, value: String| (name.to_owned(), value);
        let dead_attributes = [attribute("MessageRetentionPeriod", DEAD_RETENTION_S.to_string())];
        let attributes = [
            attribute("VisibilityTimeout", VISIBILITY_S.to_string()),
            attribute("RedrivePolicy", policy.to_string()),
        ];
        queues::ensure(connection, &dead, Attributes::parse(dead_attributes.into())?, now)?;
        queues::ensure(connection, queue.as_str(), Attributes::parse(attributes.into())?, now)?;
    }
    Ok(())
}
