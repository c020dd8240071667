//! Webhook deliveries. PK and SK `DELIVERY#guid`; listed by day through the index. Expires.
//!
//! The row is written when the delivery's job was sent, so a delivery without a row was not accepted: GitHub saw a
//! failure and can be asked to send it again. The job stays in the row until it is done, so that the sweep can send
//! it once more when the queue lost it.

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::ids::{DeliveryId, RepoName};
use serde::{Deserialize, Serialize};

use crate::{
    error::AwsError,
    queue::{Envelope, QueueName},
    store::{IndexKey, KeyOf, RangeOf, Record},
};

/// GitHub keeps its own list for 3 days; ours is for looking back over two sprints.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A delivery that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// GitHub's id of it, the same when it is sent again.
    pub guid: DeliveryId,
    /// `X-GitHub-Event`.
    pub event: String,
    /// The action, for events that have one.
    pub action: Option<String>,
    /// The repository it is about.
    pub repository: Option<RepoName>,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// What became of it.
    pub state: DeliveryState,
    /// Whether GitHub or the queue had to be asked for it again.
    #[serde(default)]
    pub recovered: bool,
    /// Times that the sweep sent its job again.
    #[serde(default)]
    pub sent_again: u32,
    /// The queue of its job; none where there is nothing to do.
    pub queue: Option<QueueName>,
    /// The body of its job.
    pub job: Option<String>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It never came; GitHub was asked for it again.
    Requested,
    /// Its job was sent.
    Accepted,
    /// Its job is done.
    Processed,
    /// It does not concern us.
    Ignored,
    /// Its job could not be done; said where it matters.
    Failed,
    /// Neither GitHub nor the queue could give it back.
    Lost,
}

impl Delivery {
    /// The delivery with this id.
    pub fn key_of(guid: &DeliveryId) -> KeyOf<Self> {
        KeyOf::new(format_args!("DELIVERY#{guid}"), format_args!("DELIVERY#{guid}"))
    }

    /// The deliveries whose job is not done, oldest first.
    pub fn open() -> RangeOf<Self> {
        RangeOf::index("DELIVERIES#open")
    }

    /// The other deliveries received on the UTC day of `at`, oldest first.
    pub fn of_day(at: Timestamp) -> RangeOf<Self> {
        RangeOf::index(format_args!("DELIVERIES#{}", day(at)))
    }

    /// Its job, ready to be sent again.
    ///
    /// # Errors
    /// [`AwsError::Malformed`].
    pub fn envelope(&self) -> Result<Option<Envelope>, AwsError> {
        match (self.queue, &self.job) {
            (Some(queue), Some(job)) => Envelope::read(queue, job).map(Some),
            _ => Ok(None),
        }
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

impl Record for Delivery {
    const KIND: &'static str = "Delivery";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.guid)
    }

    fn index(&self) -> Option<IndexKey> {
        // Open ones stand apart, so that the sweep reads what it looks for and nothing else.
        let partition = match self.state {
            DeliveryState::Requested | DeliveryState::Accepted => "open".to_owned(),
            _ => day(self.received_at),
        };
        Some(IndexKey::new(
            format_args!("DELIVERIES#{partition}"),
            format_args!("{:014}#{}", self.received_at.as_millisecond(), self.guid),
        ))
    }

    fn expires(&self) -> Option<Timestamp> {
        self.received_at.checked_add(KEEP).ok()
    }
}
