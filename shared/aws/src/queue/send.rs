//! Sending: batches by count and size, and the entries that SQS did not take.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};

use super::{BATCH, Envelope, Queue, QueueName};
use crate::{
    backoff,
    error::{AwsError, Service, classify},
};

/// Most bytes of one message and of one batch together: 256 KiB.
const BATCH_BYTES: usize = 256 * 1024;

/// One message of a batch, serialized.
struct Entry {
    envelope: Envelope,
    body: String,
}

impl Queue {
    /// Sends messages, each to its own queue; entries that SQS did not take are sent again a few times.
    ///
    /// Order is not kept. After an error some may have been sent; sending all of them again is what the outbox does.
    ///
    /// # Errors
    /// [`AwsError::TooLarge`] before anything is sent; [`AwsError::Unsent`] names what was left after the last try;
    /// [`AwsError::Rejected`] when SQS blames a message itself; else what SQS answers.
    pub async fn send(&self, envelopes: Vec<Envelope>) -> Result<(), AwsError> {
        let mut by_queue: BTreeMap<QueueName, Vec<Entry>> = BTreeMap::new();
        for envelope in envelopes {
            let body = envelope.body();
            if body.len() > BATCH_BYTES {
                return Err(AwsError::TooLarge { what: "a message", bytes: body.len(), limit: BATCH_BYTES });
            }
            by_queue.entry(envelope.queue()).or_default().push(Entry { envelope, body });
        }
        for (queue, entries) in by_queue {
            for batch in batches(entries) {
                self.send_batch(queue, batch).await?;
            }
        }
        Ok(())
    }

    async fn send_batch(&self, queue: QueueName, mut batch: Vec<Entry>) -> Result<(), AwsError> {
        for attempt in 0..backoff::ATTEMPTS {
            let failed = self.try_batch(queue, &batch).await?;
            if let Some(rejected) = failed.iter().find(|entry| entry.sender_fault) {
                let source = rejected.message.clone().unwrap_or_default().into();
                return Err(AwsError::Rejected {
                    service: Service::Sqs,
                    code: rejected.code.clone(),
                    source,
                });
            }
            let failed: Vec<usize> = failed.iter().filter_map(|entry| entry.id.parse().ok()).collect();
            let mut position = 0..;
            batch.retain(|_| position.next().is_some_and(|position| failed.contains(&position)));
            if batch.is_empty() {
                return Ok(());
            }
            backoff::pause(attempt).await;
        }
        Err(AwsError::Unsent(batch.iter().map(|entry| entry.envelope.id()).collect()))
    }

    async fn try_batch(
        &self,
        queue: QueueName,
        batch: &[Entry],
    ) -> Result<Vec<BatchResultErrorEntry>, AwsError> {
        let mut call = self.client.send_message_batch().queue_url(self.url(queue));
        for (position, entry) in batch.iter().enumerate() {
            let delay = i32::try_from(entry.envelope.delay().as_secs()).unwrap_or(900);
            let entry = SendMessageBatchRequestEntry::builder()
                .id(position.to_string())
                .message_body(&entry.body)
                .set_delay_seconds((delay > 0).then_some(delay))
                .build()
                .map_err(|error| AwsError::unwritable("a message", error))?;
            call = call.entries(entry);
        }
        let answer = call.send().await.map_err(|error| classify(Service::Sqs, error))?;
        Ok(answer.failed)
    }
}

/// Splits so that no batch has more than 10 entries or 256 KiB.
fn batches(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches: Vec<Vec<Entry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && bytes + size <= BATCH_BYTES => {
                bytes += size;
                batch.push(entry);
            }
            _ => {
                bytes = size;
                batches.push(vec![entry]);
            }
        }
    }
    batches
}
