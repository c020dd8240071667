//! The pause between two tries of *one* call that AWS answered in part (unprocessed items, transaction conflicts).
//!
//! Retrying a job is the queue's business and never happens here. These pauses are the ones the SDK makes itself for
//! whole-call failures; DynamoDB and SQS report partial failures inside a successful answer, which the SDK does not
//! look into. All tries of a call together wait for less than two seconds.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Tries of one call, the first included.
pub(crate) const ATTEMPTS: u32 = 6;

/// Upper bound of the first pause; doubles with every try.
const FIRST_MS: u64 = 25;

/// Waits between try `attempt` (from 0) and the next one: "full jitter", 0 to 25 ms · 2^attempt.
#[expect(
    clippy::disallowed_methods,
    reason = "bounded pause inside one AWS call, like the SDK's own retries"
)]
pub(crate) async fn pause(attempt: u32) {
    let ceiling = FIRST_MS << attempt.min(ATTEMPTS);
    tokio::time::sleep(Duration::from_millis(random() % (ceiling + 1))).await;
}

/// A random number good enough to spread retries: the key of a fresh hasher.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
