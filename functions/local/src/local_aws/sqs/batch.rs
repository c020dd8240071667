//! Sending, deleting and postponing, one or up to ten at a time.

use std::collections::HashSet;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{
    Sqs,
    messages::{self, NewMessage},
    queues,
    wire::{Entry, Refusal, Request},
};

/// Most entries of a batch.
const MAX_ENTRIES: usize = 10;
/// Most bytes of a batch: 256 KiB.
const MAX_BYTES: usize = 262_144;

/// MD5 of a body, which clients compare; not a security measure.
pub(super) fn md5_of(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}

impl Sqs {
    pub(super) async fn send_message(&self, request: Request) -> Result<Value, Refusal> {
        let queue = queues::name_of(request.queue_url.as_deref())?;
        let message = NewMessage {
            id: uuid_of(self),
            body: request.message_body.unwrap_or_default(),
            attributes: request.message_attributes,
            delay_s: request.delay_seconds,
        };
        let answer = json!({ "MessageId": message.id, "MD5OfMessageBody": md5_of(&message.body) });
        let (name, now) = (queue.clone(), self.now());
        self.engine
            .run(move |connection| {
                messages::check(&message, &queues::find(connection, &name)?)?;
                messages::send(connection, &name, &[message], now)
            })
            .await?;
        self.bell(&queue).notify_waiters();
        Ok(answer)
    }

    pub(super) async fn send_batch(&self, request: Request) -> Result<Value, Refusal> {
        let queue = queues::name_of(request.queue_url.as_deref())?;
        check_entries(&request.entries)?;
        if request.entries.iter().map(|entry| entry.message_body.len()).sum::<usize>() > MAX_BYTES {
            return Err(Refusal::batch_too_long());
        }
        let messages: Vec<(String, NewMessage)> =
            request.entries.into_iter().map(|entry| new_message(self, entry)).collect();
        let (name, now) = (queue.clone(), self.now());
        let outcome = self
            .engine
            .run(move |connection| {
                let attributes = queues::find(connection, &name)?;
                let mut outcome = Outcome::default();
                for (id, message) in messages {
                    match messages::check(&message, &attributes) {
                        Ok(()) => {
                            messages::send(connection, &name, std::slice::from_ref(&message), now)?;
                            let md5 = md5_of(&message.body);
                            outcome.successful(
                                json!({ "Id": id, "MessageId": message.id, "MD5OfMessageBody": md5 }),
                            );
                        }
                        Err(refusal) => outcome.failed(&id, &refusal),
                    }
                }
                Ok(outcome)
            })
            .await?;
        self.bell(&queue).notify_waiters();
        Ok(outcome.into_answer())
    }

    pub(super) async fn delete_message(&self, request: Request) -> Result<Value, Refusal> {
        let handle = request.receipt_handle.clone().ok_or_else(|| Refusal::missing("ReceiptHandle"))?;
        self.on_queue(request, move |connection, queue| {
            queues::find(connection, queue)?;
            messages::delete(connection, queue, &handle)
        })
        .await
    }

    pub(super) async fn delete_batch(&self, request: Request) -> Result<Value, Refusal> {
        self.each_entry(request, |connection, queue, entry| {
            messages::delete(connection, queue, &entry.receipt_handle)
        })
        .await
    }

    pub(super) async fn change_visibility(&self, request: Request) -> Result<Value, Refusal> {
        let handle = request.receipt_handle.clone().ok_or_else(|| Refusal::missing("ReceiptHandle"))?;
        let timeout = request.visibility_timeout.ok_or_else(|| Refusal::missing("VisibilityTimeout"))?;
        let (now, queue) = (self.now(), queues::name_of(request.queue_url.as_deref())?);
        let done = self
            .on_queue(request, move |connection, queue| {
                queues::find(connection, queue)?;
                messages::change_visibility(connection, queue, &handle, timeout, now)
            })
            .await;
        self.bell(&queue).notify_waiters();
        done
    }

    pub(super) async fn change_visibility_batch(&self, request: Request) -> Result<Value, Refusal> {
        let (now, queue) = (self.now(), queues::name_of(request.queue_url.as_deref())?);
        let done = self
            .each_entry(request, move |connection, queue, entry| {
                let timeout = entry.visibility_timeout.unwrap_or_default();
                messages::change_visibility(connection, queue, &entry.receipt_handle, timeout, now)
            })
            .await;
        self.bell(&queue).notify_waiters();
        done
    }

    async fn each_entry(
        &self,
        request: Request,
        work: impl Fn(&Connection, &str, &Entry) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<Value, Refusal> {
        let queue = queues::name_of(request.queue_url.as_deref())?;
        check_entries(&request.entries)?;
        let outcome = self
            .engine
            .run(move |connection| {
                queues::find(connection, &queue)?;
                let mut outcome = Outcome::default();
                for entry in &request.entries {
                    match work(connection, &queue, entry) {
                        Ok(()) => outcome.successful(json!({ "Id": entry.id })),
                        Err(refusal) => outcome.failed(&entry.id, &refusal),
                    }
                }
                Ok(outcome)
            })
            .await?;
        Ok(outcome.into_answer())
    }
}

/// What became of a batch's entries.
#[derive(Default)]
struct Outcome {
    successful: Vec<Value>,
    failed: Vec<Value>,
}

impl Outcome {
    fn successful(&mut self, entry: Value) {
        self.successful.push(entry);
    }

    fn failed(&mut self, id: &str, refusal: &Refusal) {
        self.failed
            .push(json!({ "Id": id, "SenderFault": true, "Code": refusal.code, "Message": refusal.message }));
    }

    fn into_answer(self) -> Value {
        json!({ "Successful": self.successful, "Failed": self.failed })
    }
}

fn new_message(sqs: &Sqs, entry: Entry) -> (String, NewMessage) {
    let message = NewMessage {
        id: uuid_of(sqs),
        body: entry.message_body,
        attributes: entry.message_attributes,
        delay_s: entry.delay_seconds,
    };
    (entry.id, message)
}

fn uuid_of(sqs: &Sqs) -> String {
    sqs.clock.new_uuid().to_string()
}

fn check_entries(entries: &[Entry]) -> Result<(), Refusal> {
    if entries.is_empty() {
        return Err(Refusal::empty_batch());
    }
    if entries.len() > MAX_ENTRIES {
        return Err(Refusal::too_many_entries());
    }
    let fits = |id: &str| {
        (1..=80).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if !entries.iter().all(|entry| fits(&entry.id)) {
        return Err(Refusal::entry_id());
    }
    let distinct: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if distinct.len() == entries.len() { Ok(()) } else { Err(Refusal::ids_not_distinct()) }
}
