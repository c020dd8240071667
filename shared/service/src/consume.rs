//! Deliveries: which handler a message goes to, and what its failure means for the queue.
//!
//! | failure | what happens |
//! |---|---|
//! | transient | the message becomes visible again after a pause; the last delivery gives up |
//! | deferred | a copy delayed by at most 15 minutes replaces it: nothing sleeps, no delivery is burnt |
//! | permanent | recorded on the message's subject at once |

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use scrutineer_aws::{
    Condition, Envelope, LONGEST_DELAY, Message, Received, Update,
    records::{DeliveryState, ScanCounters},
};
use scrutineer_core::{
    Failure, Kind,
    ids::{DeliveryId, ScanId},
};
use tracing::Instrument;

use crate::{
    App, deliveries, installations,
    messages::{
        CollectEvidence, CoordinateScan, FinishScan, HandleEvent, PollSarif, RunReplay, ScanTarget,
        UploadSarif, VerifyChange,
    },
    scan, verify,
};

/// Deliveries of a message before its subject is recorded as failed. The queues' `maxReceiveCount` is one more, so
/// that the dead-letter queue only sees messages that could not even be given up.
pub const MAX_DELIVERIES: u32 = 5;
/// Longest a job is postponed in all: 96 hops of 15 minutes are a day.
const MAX_HOPS: u32 = 96;

/// What the consumer does with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Acknowledge it.
    Done,
    /// Let it come again after the pause.
    Again(Duration),
}

/// Handles one delivery. Never fails: what goes wrong is settled here.
pub async fn consume(app: &App, received: &Received) -> Settled {
    let envelope = match received.envelope() {
        Ok(envelope) => envelope,
        Err(error) => {
            // Not one of ours; the dead-letter queue keeps it for somebody to look at.
            tracing::error!(queue = %received.queue, error = %error, "a message cannot be read");
            return Settled::Again(pause(received.receives));
        }
    };
    let span = tracing::info_span!(
        "message",
        message.id = %envelope.id(),
        message.kind = envelope.kind(),
        deliveries = received.receives
    );
    async {
        let handled = AssertUnwindSafe(dispatch(app, &envelope)).catch_unwind().await;
        match handled.unwrap_or_else(|_| Err(crashed())) {
            Ok(()) => {
                // The job is done; that this could not be written down costs a second run that changes nothing.
                if let Err(error) = processed(app, &envelope).await {
                    tracing::warn!(error = %error, "a delivery was not marked as processed");
                }
                Settled::Done
            }
            Err(failure) => settle_failure(app, &envelope, received.receives, failure).await,
        }
    }
    .instrument(span)
    .await
}

/// A handler that panicked is tried again like one that failed; its last delivery is recorded on its subject.
fn crashed() -> Failure {
    Failure::transient(anyhow::anyhow!("the handler panicked"))
}

/// One line per message type. Boxed: a handler's future is some 100 KiB, and unboxed it would be copied through every
/// frame between here and the worker's task.
async fn dispatch(app: &App, envelope: &Envelope) -> Result<(), Failure> {
    match envelope.kind() {
        CoordinateScan::KIND => Box::pin(scan::coordinate::coordinate(app, &open(envelope)?)).await,
        CollectEvidence::KIND => Box::pin(scan::collect::collect(app, &open(envelope)?)).await,
        ScanTarget::KIND => Box::pin(scan::target::scan(app, &open(envelope)?)).await,
        FinishScan::KIND => Box::pin(scan::finish::finish(app, &open(envelope)?)).await,
        VerifyChange::KIND => Box::pin(verify::verify(app, &open(envelope)?, envelope.id())).await,
        UploadSarif::KIND => Box::pin(verify::upload_sarif(app, &open(envelope)?)).await,
        PollSarif::KIND => Box::pin(verify::poll_sarif(app, &open(envelope)?)).await,
        RunReplay::KIND => Box::pin(verify::replay::run(app, &open(envelope)?)).await,
        HandleEvent::KIND => Box::pin(installations::handle(app, &open(envelope)?)).await,
        other => Err(Failure::permanent("unknown_message", format!("no handler for `{other}`"))),
    }
}

/// Records on its subject that a message will never succeed.
async fn give_up(app: &App, envelope: &Envelope, failure: &Failure) -> Result<(), Failure> {
    let code = failure.code().unwrap_or("gave_up");
    let text = &crate::text::given_up(failure);
    match envelope.kind() {
        CoordinateScan::KIND => {
            let message: CoordinateScan = open(envelope)?;
            scan::end::fail(app, message.scan, code, text).await
        }
        FinishScan::KIND => {
            let message: FinishScan = open(envelope)?;
            scan::end::fail(app, message.scan, code, text).await
        }
        CollectEvidence::KIND => {
            let message: CollectEvidence = open(envelope)?;
            scan::end::fail_batch(app, message.scan, message.batch, text).await
        }
        ScanTarget::KIND => {
            let message: ScanTarget = open(envelope)?;
            scan::end::fail_repository(app, message.scan, message.repository, text).await
        }
        VerifyChange::KIND => verify::give_up(app, &open(envelope)?, envelope.id(), failure).await,
        UploadSarif::KIND => {
            let message: UploadSarif = open(envelope)?;
            verify::give_up_sarif(app, (&message.repository, message.verification), text).await
        }
        PollSarif::KIND => {
            let message: PollSarif = open(envelope)?;
            verify::give_up_sarif(app, (&message.repository, message.verification), text).await
        }
        RunReplay::KIND => verify::replay::give_up(app, &open(envelope)?, text).await,
        HandleEvent::KIND => {
            let message: HandleEvent = open(envelope)?;
            settle_delivery(app, message.delivery.as_ref(), DeliveryState::Failed).await
        }
        _ => Ok(()),
    }
}

/// Marks the webhook delivery behind a job, where there is one.
async fn processed(app: &App, envelope: &Envelope) -> Result<(), Failure> {
    let delivery = match envelope.kind() {
        VerifyChange::KIND => open::<VerifyChange>(envelope)?.delivery,
        HandleEvent::KIND => open::<HandleEvent>(envelope)?.delivery,
        _ => None,
    };
    settle_delivery(app, delivery.as_ref(), DeliveryState::Processed).await
}

async fn settle_delivery(
    app: &App,
    delivery: Option<&DeliveryId>,
    state: DeliveryState,
) -> Result<(), Failure> {
    match delivery {
        Some(delivery) => deliveries::settled(app, delivery, state).await,
        None => Ok(()),
    }
}

fn open<M: Message>(envelope: &Envelope) -> Result<M, Failure> {
    let unreadable = || Failure::permanent("unreadable_message", "the message cannot be read");
    envelope.open::<M>()?.ok_or_else(unreadable)
}

async fn settle_failure(app: &App, envelope: &Envelope, deliveries: u32, failure: Failure) -> Settled {
    match &failure.kind {
        Kind::Deferred { until } if envelope.hops() < MAX_HOPS => {
            match postpone(app, envelope, *until).await {
                Ok(()) => Settled::Done,
                Err(error) => {
                    tracing::warn!(error = %error, "the job could not be postponed; it comes again");
                    Settled::Again(pause(deliveries))
                }
            }
        }
        Kind::Transient if deliveries < MAX_DELIVERIES => {
            tracing::warn!(error = %failure, "the job failed for now");
            Settled::Again(pause(deliveries))
        }
        Kind::Transient | Kind::Deferred { .. } | Kind::Permanent { .. } => {
            tracing::error!(error = %failure, "the job failed for good");
            match give_up(app, envelope, &failure).await {
                Ok(()) => Settled::Done,
                Err(error) => {
                    tracing::error!(error = %error, "the failure could not be recorded");
                    Settled::Again(pause(deliveries))
                }
            }
        }
    }
}

/// Sends a delayed copy and says so in the scan's progress.
async fn postpone(app: &App, envelope: &Envelope, until: Timestamp) -> Result<(), Failure> {
    let wait = until.duration_since(app.clock.now());
    let wait = Duration::try_from(wait).unwrap_or_default() + Duration::from_secs(1);
    tracing::info!(until = %until, "the job waits for the rate limit");
    if let Some(scan) = scan_of(envelope) {
        let update = Update::new().set("waiting_until", until);
        if let Err(error) = app.store.update(&ScanCounters::key_of(scan), update, Condition::none()).await {
            tracing::warn!(error = %error, "the progress was not updated");
        }
    }
    Ok(app.queue.send(vec![envelope.clone().hop(wait.min(LONGEST_DELAY))]).await?)
}

fn scan_of(envelope: &Envelope) -> Option<ScanId> {
    match envelope.kind() {
        CoordinateScan::KIND => open::<CoordinateScan>(envelope).ok().map(|message| message.scan),
        CollectEvidence::KIND => open::<CollectEvidence>(envelope).ok().map(|message| message.scan),
        ScanTarget::KIND => open::<ScanTarget>(envelope).ok().map(|message| message.scan),
        FinishScan::KIND => open::<FinishScan>(envelope).ok().map(|message| message.scan),
        _ => None,
    }
}

/// 1, 4, 16, 60, 60 … seconds: long enough for a hiccup, short enough for somebody who watches.
fn pause(deliveries: u32) -> Duration {
    Duration::from_secs(4_u64.saturating_pow(deliveries.saturating_sub(1)).min(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let pauses: Vec<u64> = (0..8).map(|n| pause(n).as_secs()).collect();
        assert_eq!(pauses, [1, 1, 4, 16, 60, 60, 60, 60]);
    }
}
