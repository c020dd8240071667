//! Receiving, with long polling.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    Sqs,
    messages::{self, Claim, Claimed},
    queues,
    wire::{Refusal, Request},
};

/// Longest sleep of a waiting receive: a clock that is moved by hand wakes nobody.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Sqs {
    pub(super) async fn receive(&self, request: Request) -> Result<Value, Refusal> {
        let queue = queues::name_of(request.queue_url.as_deref())?;
        let max = in_range("MaxNumberOfMessages", request.max_number_of_messages.unwrap_or(1), 1..=10)?;
        let timeout_s = request
            .visibility_timeout
            .map(|timeout| in_range("VisibilityTimeout", timeout, 0..=43_200))
            .transpose()?;
        let wait = match request.wait_time_seconds {
            Some(wait) => in_range("WaitTimeSeconds", wait, 0..=20)?,
            None => self.default_wait(&queue).await?,
        };
        let deadline = Instant::now() + Duration::from_secs(wait.unsigned_abs());
        let claimed = self.claim_until(&queue, max, timeout_s, deadline).await?;
        let wanted = [request.attribute_names, request.message_system_attribute_names].concat();
        let shown: Vec<Value> =
            claimed.iter().map(|message| show(message, &wanted, &request.message_attribute_names)).collect();
        Ok(if shown.is_empty() { json!({}) } else { json!({ "Messages": shown }) })
    }

    async fn default_wait(&self, queue: &str) -> Result<i64, Refusal> {
        let queue = queue.to_owned();
        let attributes = self.engine.run(move |connection| queues::find(connection, &queue)).await?;
        Ok(attributes.number("ReceiveMessageWaitTimeSeconds"))
    }

    async fn claim_until(
        &self,
        queue: &str,
        max: i64,
        timeout_s: Option<i64>,
        deadline: Instant,
    ) -> Result<Vec<Claimed>, Refusal> {
        let bell = self.bell(queue);
        loop {
            let rung = bell.notified();
            tokio::pin!(rung);
            // Registered before looking: a send after the look finds the waiter.
            rung.as_mut().enable();
            let claim = self.claim(queue, max, timeout_s).await?;
            if !claim.messages.is_empty() || Instant::now() >= deadline {
                return Ok(claim.messages);
            }
            let until_next =
                claim.next_at.map(|at| Duration::from_millis((at - self.now()).max(1).unsigned_abs()));
            let wake = Instant::now() + until_next.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN);
            let _ = tokio::time::timeout_at(wake.min(deadline), rung).await;
        }
    }

    async fn claim(&self, queue: &str, max: i64, timeout_s: Option<i64>) -> Result<Claim, Refusal> {
        let (name, now) = (queue.to_owned(), self.now());
        let claim = self
            .engine
            .run(move |connection| messages::claim(connection, &name, max, timeout_s, now))
            .await?;
        if let Some(dead) = &claim.moved_to {
            tracing::warn!(queue, dead_letter_queue = dead, "a message was received too often");
            self.bell(dead).notify_waiters();
        }
        Ok(claim)
    }
}

fn in_range(name: &str, value: i64, range: std::ops::RangeInclusive<i64>) -> Result<i64, Refusal> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    let reason = format!("Must be >= {least} and <= {most}");
    Err(Refusal::value(format!(
        "Value {value} for parameter {name} is invalid. Reason: {reason}, if provided."
    )))
}

fn show(message: &Claimed, wanted: &[String], wanted_custom: &[String]) -> Value {
    let mut shown = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": super::batch::md5_of(&message.body),
        "Body": message.body,
    });
    let system: Map<String, Value> = [
        ("SenderId", Some("local".to_owned())),
        ("SentTimestamp", Some(message.sent_at.to_string())),
        ("ApproximateReceiveCount", Some(message.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", Some(message.first_received_at.to_string())),
        ("DeadLetterQueueSourceArn", message.dead_source.as_deref().map(queues::arn_of)),
    ]
    .into_iter()
    .filter(|(name, _)| wanted.iter().any(|wanted| wanted == name || wanted == "All"))
    .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))))
    .collect();
    if !system.is_empty() {
        shown["Attributes"] = Value::Object(system);
    }
    if let Some(Value::Object(custom)) = &message.attributes {
        let custom: Map<String, Value> = custom
            .iter()
            .filter(|(name, _)| {
                wanted_custom.iter().any(|wanted| wanted == *name || wanted == "All" || wanted == ".*")
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !custom.is_empty() {
            shown["MessageAttributes"] = Value::Object(custom);
        }
    }
    shown
}
