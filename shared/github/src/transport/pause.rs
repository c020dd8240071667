//! The one place that waits between two tries of a request, for at most [`BUDGET`] per request.

use std::time::Duration;

/// All pauses of one request together. Longer waits are the queue's business.
pub(crate) const BUDGET: Duration = Duration::from_secs(2);

const FIRST: Duration = Duration::from_millis(100);

/// The pause before try number `attempt + 1`: exponential with full jitter, so that concurrent requests that failed
/// together do not come back together.
pub(crate) fn before(attempt: u32) -> Duration {
    let ceiling = FIRST.saturating_mul(1 << attempt.min(4));
    let mut byte = [0];
    // Without randomness every request takes the longest pause, which is merely slower.
    let share = aws_lc_rs::rand::fill(&mut byte).map_or(255, |()| byte[0]);
    ceiling.mul_f32((f32::from(share) + 1.0) / 256.0)
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "a pause of at most two seconds is cheaper than a redelivery")]
pub(crate) async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_below_their_ceiling() {
        for (attempt, ceiling) in [(0, 100), (1, 200), (2, 400), (60, 1_600)] {
            assert!(before(attempt) <= Duration::from_millis(ceiling));
        }
    }
}
