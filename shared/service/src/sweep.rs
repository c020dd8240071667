//! What was lost is found again: jobs that were decided and not sent, scans that stand still.

use jiff::SignedDuration;
use scrutineer_aws::{
    Record,
    records::{Outbox, Scan, ScanCounters, ScanStatus, Watch},
};
use scrutineer_core::Failure;

use crate::{App, deliveries, installations, messages::CoordinateScan, outbox, verify};

/// A job this old was not sent by the request that decided it.
const UNSENT_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// A scan without progress for this long is coordinated again. Longer than the longest delay of a message (15 min)
/// plus the longest run of a worker (5 min), so that work under way is not repeated.
const STALLED_AFTER: SignedDuration = SignedDuration::from_mins(25);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Jobs sent that had not been.
    pub sent: u32,
    /// Scans coordinated again.
    pub resumed: u32,
    /// Jobs of webhook deliveries sent again.
    pub redelivered: u32,
    /// Verifications taken up again.
    pub recovered: u32,
    /// Deliveries that GitHub was asked for again.
    pub requested: u32,
}

/// Sends what was left unsent and resumes what stands still. Harmless at any time, also twice at once.
///
/// # Errors
/// When the store or the queue does not answer.
pub async fn sweep(app: &App) -> Result<Swept, Failure> {
    Ok(Swept {
        sent: send_unsent(app).await?,
        resumed: resume_stalled(app).await?,
        redelivered: deliveries::resend_unprocessed(app).await?,
        recovered: verify::recover_stalled(app).await?,
        // Last: GitHub's trouble must not keep the rest from being done.
        requested: installations::redeliver_failed(app).await?,
    })
}

async fn send_unsent(app: &App) -> Result<u32, Failure> {
    let mut sent = 0;
    for shard in Outbox::shards() {
        for row in app.store.query_all(&shard).await? {
            if app.clock.now().duration_since(row.at) < UNSENT_AFTER {
                break;
            }
            app.queue.send(vec![row.envelope()?]).await?;
            app.store.delete(&row.key()).await?;
            sent += 1;
        }
    }
    Ok(sent)
}

/// A watch stands for each scan from its start to its end; it remembers the progress it saw last.
async fn resume_stalled(app: &App) -> Result<u32, Failure> {
    let mut resumed = 0;
    for watch in app.store.query_all(&Watch::all()).await? {
        if app.clock.now().duration_since(watch.since) < STALLED_AFTER {
            continue;
        }
        resumed += u32::from(look(app, watch).await?);
    }
    Ok(resumed)
}

async fn look(app: &App, watch: Watch) -> Result<bool, Failure> {
    let scan = app.store.get(&Scan::key_of(watch.scan)).await?;
    let open = |scan: &Scan| matches!(scan.status, ScanStatus::Pending | ScanStatus::Scanning);
    if !scan.as_ref().is_some_and(open) {
        app.store.delete(&watch.key()).await?;
        return Ok(false);
    }
    let now = app.clock.now();
    let counters = app.store.get(&ScanCounters::key_of(watch.scan)).await?;
    let waiting =
        counters.as_ref().and_then(|counters| counters.waiting_until).is_some_and(|until| until > now);
    let settled = counters.map_or(0, |counters| counters.settled());
    let stalled = settled == watch.settled && !waiting;
    if stalled {
        tracing::warn!(scan.id = %watch.scan, settled, "the scan stands still; it is coordinated again");
        outbox::send_all(app, &[CoordinateScan { scan: watch.scan }]).await?;
    }
    app.store.put(&Watch { settled, since: now, ..watch }).await?;
    Ok(stalled)
}
