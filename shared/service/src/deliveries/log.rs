//! What became of deliveries: marked when their job is done, sent again when it was lost, counted for whoever asks.

use jiff::{SignedDuration, Timestamp};
use scrutineer_aws::{
    AwsError, Condition, Cursor, Update,
    records::{Delivery, DeliveryState},
};
use scrutineer_core::{Failure, ids::DeliveryId};
use scrutineer_github::app::FailedDelivery;
use serde::Serialize;

use crate::{App, page::Page};

/// A job that is not done by then was lost: longer than the longest delay (15 min) and run (5 min) together.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(25);
/// Times that the sweep sends a job again before it says that the delivery is lost.
const MOST_RESENDS: u32 = 5;

/// Counters of one UTC day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// Deliveries with a valid signature.
    pub received: u64,
    /// Those that concern the product and are done.
    pub processed: u64,
    /// Those that concern the product and are not done yet.
    pub pending: u64,
    /// Those that do not concern the product.
    pub ignored: u64,
    /// Those whose job failed for good; it is said on the pull request.
    pub failed: u64,
    /// Those that had to be asked for again, and came.
    pub recovered: u64,
    /// Those that could not be had again.
    pub lost: u64,
}

/// A page of the deliveries received on the UTC day of `at` that are not open, oldest first.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn of_day(
    app: &App,
    at: Timestamp,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<Delivery>, Failure> {
    Ok(app.store.query(&Delivery::of_day(at), limit, cursor.as_ref()).await?.into())
}

/// Counts the deliveries of the UTC day of `at`.
///
/// # Errors
/// When the store does not answer.
pub async fn summary(app: &App, at: Timestamp) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    let open = app.store.query_all(&Delivery::open()).await?;
    let today = |delivery: &Delivery| same_day(delivery.received_at, at);
    let ended = app.store.query_all(&Delivery::of_day(at)).await?;
    for delivery in open.into_iter().filter(today).chain(ended) {
        summary.received += 1;
        summary.recovered += u64::from(delivery.recovered);
        match delivery.state {
            DeliveryState::Requested | DeliveryState::Accepted => summary.pending += 1,
            DeliveryState::Processed => summary.processed += 1,
            DeliveryState::Ignored => summary.ignored += 1,
            DeliveryState::Failed => summary.failed += 1,
            DeliveryState::Lost => summary.lost += 1,
        }
    }
    Ok(summary)
}

fn same_day(a: Timestamp, b: Timestamp) -> bool {
    let day = |at: Timestamp| at.as_second().div_euclid(86_400);
    day(a) == day(b)
}

/// Writes down what became of a delivery. Harmless when it is written down or gone already.
///
/// # Errors
/// When the store does not answer.
pub(crate) async fn settled(app: &App, id: &DeliveryId, state: DeliveryState) -> Result<(), Failure> {
    let Some(row) = app.store.get(&Delivery::key_of(id)).await? else { return Ok(()) };
    end(app, row, state).await
}

async fn end(app: &App, row: Delivery, state: DeliveryState) -> Result<(), Failure> {
    let open = [DeliveryState::Requested, DeliveryState::Accepted, DeliveryState::Failed];
    let open = Condition::one_of("state", &open);
    let row = Delivery { state, queue: None, job: None, ..row };
    match app.store.put_if(&row, open).await {
        // Written down already, by another delivery of the same job.
        Ok(()) | Err(AwsError::ConditionFailed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sends the jobs of deliveries again that were accepted and never done. Returns how many.
pub(crate) async fn resend_unprocessed(app: &App) -> Result<u32, Failure> {
    let now = app.clock.now();
    let mut sent = 0;
    for delivery in app.store.query_all(&Delivery::open()).await? {
        if delivery.state == DeliveryState::Requested {
            continue;
        }
        let tries = i32::try_from(delivery.sent_again).unwrap_or(i32::MAX).saturating_add(1);
        if now.duration_since(delivery.received_at) >= LOST_AFTER.saturating_mul(tries) {
            sent += u32::from(resend(app, delivery).await?);
        }
    }
    Ok(sent)
}

async fn resend(app: &App, delivery: Delivery) -> Result<bool, Failure> {
    let envelope = delivery.envelope()?.filter(|_| delivery.sent_again < MOST_RESENDS);
    let Some(envelope) = envelope else {
        tracing::error!(delivery.id = %delivery.guid, "a delivery is lost");
        end(app, delivery, DeliveryState::Lost).await?;
        return Ok(false);
    };
    tracing::warn!(delivery.id = %delivery.guid, "the job of a delivery was lost; it is sent again");
    let update = Update::new().add("sent_again", 1).set("recovered", true);
    app.store.update(&Delivery::key_of(&delivery.guid), update, Condition::none()).await?;
    app.queue.send(vec![envelope]).await?;
    Ok(true)
}

/// Writes down that GitHub was asked for a delivery that never came. Harmless when it came meanwhile.
pub(crate) async fn requested(app: &App, failed: &FailedDelivery, lost: bool) -> Result<(), Failure> {
    let row = Delivery {
        guid: failed.id.clone(),
        event: failed.event.chars().take(64).collect(),
        action: None,
        repository: None,
        received_at: failed.delivered_at,
        state: if lost { DeliveryState::Lost } else { DeliveryState::Requested },
        recovered: false,
        sent_again: 0,
        queue: None,
        job: None,
    };
    let stands = Condition::absent();
    match app.store.put_if(&row, stands).await {
        Ok(()) | Err(AwsError::ConditionFailed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
