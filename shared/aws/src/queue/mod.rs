//! Messages over SQS: send in batches, receive, acknowledge, postpone.
//!
//! Delivery is at least once and unordered: every handler may run twice. A message that fails is not re-sent by its
//! consumer; it becomes visible again after the visibility time-out, and after `maxReceiveCount` SQS moves it to the
//! dead-letter queue.

mod envelope;
mod name;
mod send;

use std::time::Duration;

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, MessageSystemAttributeName, QueueAttributeName};

pub use envelope::{Envelope, LONGEST_DELAY, Message};
pub use name::QueueName;

use crate::{
    Clients, Settings,
    error::{AwsError, Service, classify},
};

/// Entries of one batch call. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub(crate) const BATCH: usize = 10;

/// Sends to and receives from the queues of one deployment.
#[derive(Clone, Debug)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    urls: std::collections::BTreeMap<QueueName, String>,
}

/// The handle of one delivery; acknowledges or postpones exactly that delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub(crate) String);

impl Receipt {
    /// A handle as an SQS event carries it.
    pub fn new(handle: impl Into<String>) -> Self {
        Self(handle.into())
    }
}

/// One delivered message.
#[derive(Clone, Debug)]
pub struct Received {
    /// Where it came from.
    pub queue: QueueName,
    /// Acknowledges this delivery.
    pub receipt: Receipt,
    /// How often it was delivered, this time included.
    pub receives: u32,
    /// The body as received; [`Received::envelope`] reads it.
    pub body: String,
}

impl Received {
    /// The message.
    ///
    /// # Errors
    /// [`AwsError::Malformed`] when the body was not written by [`Queue::send`].
    pub fn envelope(&self) -> Result<Envelope, AwsError> {
        Envelope::read(self.queue, &self.body)
    }
}

/// How many messages stand in a queue; SQS counts approximately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be received.
    pub ready: u64,
    /// Received and not yet acknowledged.
    pub in_flight: u64,
    /// Waiting for their delay.
    pub delayed: u64,
}

impl Depth {
    /// All of them.
    pub fn total(self) -> u64 {
        self.ready + self.in_flight + self.delayed
    }
}

impl Queue {
    /// The queues named in `settings`.
    pub fn new(clients: &Clients, settings: &Settings) -> Self {
        Self { client: clients.sqs.clone(), urls: settings.queues.clone() }
    }

    fn url(&self, queue: QueueName) -> &str {
        // `Settings` has a URL for every name; an empty one is answered by SQS with "no such queue".
        self.urls.get(&queue).map_or("", String::as_str)
    }

    /// Receives up to `max` (1 to 10) messages, waiting up to `wait` (0 to 20 s) for the first one.
    ///
    /// # Errors
    /// What SQS answers.
    pub async fn receive(
        &self,
        queue: QueueName,
        max: u32,
        wait: Duration,
    ) -> Result<Vec<Received>, AwsError> {
        let answer = self
            .client
            .receive_message()
            .queue_url(self.url(queue))
            .max_number_of_messages(clamp(max.into(), 1, 10))
            .wait_time_seconds(clamp(wait.as_secs(), 0, 20))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(|error| classify(Service::Sqs, error))?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(|message| received(queue, message)).collect())
    }

    /// Acknowledges deliveries: the messages are gone. Acknowledging twice is harmless.
    ///
    /// # Errors
    /// What SQS answers for the whole call. Entries it failed to delete come back on their own, which every handler
    /// must bear anyway.
    pub async fn delete(&self, queue: QueueName, receipts: &[Receipt]) -> Result<(), AwsError> {
        for batch in receipts.chunks(BATCH) {
            let mut call = self.client.delete_message_batch().queue_url(self.url(queue));
            for (position, receipt) in batch.iter().enumerate() {
                let entry = DeleteMessageBatchRequestEntry::builder()
                    .id(position.to_string())
                    .receipt_handle(&receipt.0)
                    .build()
                    .map_err(|error| AwsError::unwritable("an acknowledgement", error))?;
                call = call.entries(entry);
            }
            let answer = call.send().await.map_err(|error| classify(Service::Sqs, error))?;
            for failed in answer.failed {
                tracing::warn!(queue = %queue, sqs.code = failed.code, "a message could not be acknowledged");
            }
        }
        Ok(())
    }

    /// Makes a received message visible again after `delay` (0 s: at once; at most 12 h).
    ///
    /// # Errors
    /// What SQS answers; `MessageNotInflight` when the delivery has expired already.
    pub async fn change_visibility(
        &self,
        queue: QueueName,
        receipt: &Receipt,
        delay: Duration,
    ) -> Result<(), AwsError> {
        self.client
            .change_message_visibility()
            .queue_url(self.url(queue))
            .receipt_handle(&receipt.0)
            .visibility_timeout(clamp(delay.as_secs(), 0, 43_200))
            .send()
            .await
            .map_err(|error| classify(Service::Sqs, error))?;
        Ok(())
    }

    /// How many messages stand in `queue`.
    ///
    /// # Errors
    /// What SQS answers.
    pub async fn depth(&self, queue: QueueName) -> Result<Depth, AwsError> {
        use QueueAttributeName::{
            ApproximateNumberOfMessages as Ready, ApproximateNumberOfMessagesDelayed as Delayed,
            ApproximateNumberOfMessagesNotVisible as InFlight,
        };
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(self.url(queue))
            .attribute_names(Ready)
            .attribute_names(InFlight)
            .attribute_names(Delayed)
            .send()
            .await
            .map_err(|error| classify(Service::Sqs, error))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name| attributes.get(&name).and_then(|text| text.parse().ok());
        match (count(Ready), count(InFlight), count(Delayed)) {
            (Some(ready), Some(in_flight), Some(delayed)) => Ok(Depth { ready, in_flight, delayed }),
            _ => Err(AwsError::malformed("the depth of a queue", "an attribute is missing")),
        }
    }
}

fn received(queue: QueueName, message: aws_sdk_sqs::types::Message) -> Received {
    let receives = message
        .attributes
        .as_ref()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|count| count.parse().ok())
        // SQS sends what was asked for; "first delivery" is the harmless reading should it not.
        .unwrap_or(1);
    Received {
        queue,
        receipt: Receipt(message.receipt_handle.unwrap_or_default()),
        receives,
        body: message.body.unwrap_or_default(),
    }
}

fn clamp(value: u64, least: i32, most: i32) -> i32 {
    i32::try_from(value).map_or(most, |value| value.clamp(least, most))
}
