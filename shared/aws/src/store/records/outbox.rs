//! Jobs that were decided but perhaps not sent. PK `OUTBOX#shard`, SK time#id. Expires.
//!
//! Written in the transaction that decides the job, sent after it, deleted after that. The sweeper sends what is
//! left over; a job that is sent twice carries the same id.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::ids::MessageId;
use serde::{Deserialize, Serialize};

use crate::{
    error::AwsError,
    queue::{Envelope, QueueName},
    store::{KeyOf, RangeOf, Record},
};

/// Partitions: one would be a hot key when many scans start at once.
const SHARDS: u8 = 4;
/// A job that could not be sent for two weeks is of no use to anybody.
const KEEP: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A job to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// The job's id.
    pub id: MessageId,
    /// Where it goes.
    pub queue: QueueName,
    /// The SQS body.
    pub body: String,
    /// Delay in seconds.
    pub delay_s: u64,
    /// When it was decided.
    pub at: Timestamp,
}

impl Outbox {
    /// The row of this job, decided `at`.
    pub fn new(envelope: &Envelope, at: Timestamp) -> Self {
        Self {
            id: envelope.id(),
            queue: envelope.queue(),
            body: envelope.body(),
            delay_s: envelope.delay().as_secs(),
            at,
        }
    }

    /// The job, ready to be sent.
    ///
    /// # Errors
    /// [`AwsError::Malformed`].
    pub fn envelope(&self) -> Result<Envelope, AwsError> {
        Ok(Envelope::read(self.queue, &self.body)?.delayed(Duration::from_secs(self.delay_s)))
    }

    /// All shards; together every unsent job, oldest first in each.
    pub fn shards() -> impl Iterator<Item = RangeOf<Self>> {
        (0..SHARDS).map(|shard| RangeOf::table(format_args!("OUTBOX#{shard}"), ""))
    }
}

impl Record for Outbox {
    const KIND: &'static str = "Outbox";

    fn key(&self) -> KeyOf<Self> {
        // The last byte of a UUIDv7 is random.
        let shard = self.id.uuid().as_bytes()[15] % SHARDS;
        KeyOf::new(
            format_args!("OUTBOX#{shard}"),
            format_args!("{:014}#{}", self.at.as_millisecond(), self.id),
        )
    }

    fn expires(&self) -> Option<Timestamp> {
        self.at.checked_add(KEEP).ok()
    }
}
