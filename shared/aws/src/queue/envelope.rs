//! A message in its envelope: what the queue needs to know about any message.

use std::time::Duration;

use scrutineer_core::ids::MessageId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::QueueName;
use crate::error::AwsError;

/// Longest delay of a message: 900 s (`DelaySeconds`). Longer waits hop: see [`Envelope::hop`].
pub const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// A message type: it knows its queue and its name on the wire.
pub trait Message: Serialize + DeserializeOwned {
    /// Where it is sent.
    const QUEUE: QueueName;
    /// Its name on the wire; never reused for another meaning.
    const KIND: &'static str;
}

/// A message of any type, ready to be sent or just received.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    id: MessageId,
    queue: QueueName,
    kind: String,
    hops: u32,
    delay: Duration,
    message: Value,
}

/// The body of an SQS message.
#[derive(Serialize, Deserialize)]
struct Wire {
    id: MessageId,
    kind: String,
    #[serde(default)]
    hops: u32,
    message: Value,
}

impl Envelope {
    /// Wraps `message`. The `id` names the job: a copy that is sent again (outbox, delay) keeps it.
    ///
    /// # Errors
    /// [`AwsError::Unwritable`] when it does not serialize.
    pub fn new<M: Message>(id: MessageId, message: &M) -> Result<Self, AwsError> {
        let message =
            serde_json::to_value(message).map_err(|error| AwsError::unwritable("a message", error))?;
        Ok(Self { id, queue: M::QUEUE, kind: M::KIND.to_owned(), hops: 0, delay: Duration::ZERO, message })
    }

    /// The same message, to be delivered not before `delay`; more than [`LONGEST_DELAY`] becomes that.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay.min(LONGEST_DELAY);
        self
    }

    /// A copy that waits for `delay` instead of burning a delivery; counts one hop more.
    #[must_use]
    pub fn hop(mut self, delay: Duration) -> Self {
        self.hops += 1;
        self.delayed(delay)
    }

    /// The job's id; deliveries and copies of one job share it.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// Where it goes to or came from.
    pub fn queue(&self) -> QueueName {
        self.queue
    }

    /// The message type's [`Message::KIND`].
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// How often it was postponed by a delayed copy.
    pub fn hops(&self) -> u32 {
        self.hops
    }

    /// How long SQS holds it back when it is sent.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// The message, when it is an `M`; `None` for another kind.
    ///
    /// # Errors
    /// [`AwsError::Malformed`] when it says `M` and does not read as one.
    pub fn open<M: Message>(&self) -> Result<Option<M>, AwsError> {
        if self.kind != M::KIND {
            return Ok(None);
        }
        M::deserialize(&self.message).map(Some).map_err(|error| AwsError::malformed("a message", error))
    }

    /// The body of the SQS message.
    pub fn body(&self) -> String {
        serde_json::json!({ "id": self.id, "kind": self.kind, "hops": self.hops, "message": self.message })
            .to_string()
    }

    /// Reads a body that [`Envelope::body`] wrote.
    ///
    /// # Errors
    /// [`AwsError::Malformed`].
    pub fn read(queue: QueueName, body: &str) -> Result<Self, AwsError> {
        let wire: Wire =
            serde_json::from_str(body).map_err(|error| AwsError::malformed("a message", error))?;
        let Wire { id, kind, hops, message } = wire;
        Ok(Self { id, queue, kind, hops, delay: Duration::ZERO, message })
    }
}

#[cfg(test)]
mod tests {
    use scrutineer_core::Clock;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Ping {
        n: u8,
    }

    impl Message for Ping {
        const QUEUE: QueueName = QueueName::Scans;
        const KIND: &'static str = "ping";
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pong {
        n: String,
    }

    impl Message for Pong {
        const QUEUE: QueueName = QueueName::Scans;
        const KIND: &'static str = "pong";
    }

    #[test]
    fn a_body_reads_as_what_was_sent() {
        let id = MessageId::new(&Clock::system());
        let sent = Envelope::new(id, &Ping { n: 3 }).unwrap().hop(Duration::from_secs(5_000));
        assert_eq!(sent.delay(), LONGEST_DELAY);
        let read = Envelope::read(QueueName::Scans, &sent.body()).unwrap();
        assert_eq!((read.id(), read.hops(), read.kind()), (id, 1, "ping"));
        assert_eq!(read.open::<Ping>().unwrap(), Some(Ping { n: 3 }));
        assert_eq!(read.open::<Pong>().unwrap(), None);
    }

    #[test]
    fn foreign_bodies_are_errors() {
        for body in ["", "{}", "[1]", r#"{"id":"x","kind":"ping","message":{}}"#] {
            assert!(Envelope::read(QueueName::Scans, body).is_err(), "{body}");
        }
    }
}
