//! Workers on the queues: receive, consume, acknowledge; the sweep beside them.
//!
//! One receiver per queue hands deliveries to as many workers as the queue may have, and one acknowledger deletes
//! what is done, as many at a time as have gathered: a commit of the data file per ten messages instead of per one.

use std::{num::NonZero, pin::pin, sync::Arc, time::Duration};

use scrutineer_aws::{QueueName, Receipt, Received};
use scrutineer_service::{
    App,
    consume::{Settled, consume},
    sweep,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::local_aws::{LocalAws, Sweeper};

/// Longest a receive waits for a message: SQS's own bound.
const LONG_POLL: Duration = Duration::from_secs(20);
/// Deliveries of one receive, and acknowledgements of one call: SQS's bound.
const BATCH: usize = 10;
/// Pause after a receive that failed.
const AFTER_ERROR: Duration = Duration::from_secs(2);
/// Pause before a message comes again whose handler crashed.
const AFTER_CRASH: Duration = Duration::from_secs(10);
/// Between two sweeps: as long as a job must be unsent before the sweep sends it.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// How many workers each queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// On the queue of scans: a coordinator is a few requests in a row.
    pub coordinators: usize,
    /// On the queue of repositories: mostly waiting for GitHub.
    pub repositories: usize,
    /// On the queue of GitHub's events: a few requests each.
    pub events: usize,
    /// On the queue of verifications: each holds the changed files of a pull request in memory.
    pub verifications: usize,
}

impl Plan {
    /// Two coordinators, and eight repository workers per core: they wait for the network most of the time, and
    /// what they compute runs on blocking threads. At most 32, so that the snapshots in memory stay few.
    pub fn for_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
        let verifications = (cores * 4).clamp(4, 16);
        Self { coordinators: 2, repositories: (cores * 8).clamp(8, 32), events: 4, verifications }
    }
}

/// Workers that run until they are stopped. Dropped without [`Workers::stop`] they take no more work either, but nobody
/// waits for what is under way.
pub struct Workers {
    /// No new work from here on.
    closing: CancellationToken,
    receivers: TaskTracker,
    acknowledgers: Vec<JoinHandle<()>>,
    sweep: JoinHandle<()>,
    /// Taken when stopping.
    sweeper: Option<Sweeper>,
}

impl Workers {
    /// Starts `plan` workers over `app`.
    pub(super) fn start(app: &App, aws: &LocalAws, plan: Plan) -> Self {
        let closing = CancellationToken::new();
        let receivers = TaskTracker::new();
        let mut acknowledgers = Vec::new();
        for (queue, workers) in [
            (QueueName::Scans, plan.coordinators),
            (QueueName::RepositoryScans, plan.repositories),
            (QueueName::GitHubEvents, plan.events),
            (QueueName::Verifications, plan.verifications),
        ] {
            let (done, finished) = mpsc::channel(workers.max(BATCH));
            let line = Line { app: app.clone(), queue, done, closing: closing.clone() };
            receivers.spawn(line.run(workers));
            acknowledgers.push(tokio::spawn(acknowledge(app.clone(), queue, finished)));
        }
        receivers.close();
        let sweep = tokio::spawn(sweep_on(app.clone()));
        Self { closing, receivers, acknowledgers, sweep, sweeper: Some(aws.start_sweeper()) }
    }

    /// Takes no more work, lets what is under way finish for at most `within`, and acknowledges it. True when
    /// everything finished, and the data directory is free once the runtime is dropped; what did not is taken up again when the data directory is next opened.
    pub async fn stop(mut self, within: Duration) -> bool {
        self.closing.cancel();
        let finish = async {
            self.receivers.wait().await;
            for acknowledger in &mut self.acknowledgers {
                let _ = acknowledger.await;
            }
        };
        let finished = timeout(within, finish).await.is_ok();
        self.sweep.abort();
        let _ = (&mut self.sweep).await;
        if let Some(sweeper) = self.sweeper.take() {
            sweeper.stop().await;
        }
        finished
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.closing.cancel();
        self.sweep.abort();
        self.acknowledgers.iter().for_each(JoinHandle::abort);
    }
}

/// One queue and its workers.
#[derive(Clone)]
struct Line {
    app: App,
    queue: QueueName,
    done: mpsc::Sender<Receipt>,
    closing: CancellationToken,
}

impl Line {
    /// Receives as many messages as there are idle workers, until closing; then waits for those under way.
    async fn run(self, workers: usize) {
        let idle = Arc::new(Semaphore::new(workers));
        let busy = TaskTracker::new();
        while let Some(permits) = self.idle_workers(&idle).await {
            for (received, permit) in self.receive(permits).await {
                let line = self.clone();
                busy.spawn(async move {
                    line.work(received).await;
                    drop(permit);
                });
            }
        }
        busy.close();
        busy.wait().await;
    }

    /// At least one idle worker, at most a batch; `None` when closing.
    async fn idle_workers(&self, idle: &Arc<Semaphore>) -> Option<Vec<OwnedSemaphorePermit>> {
        let first = self.closing.run_until_cancelled(Arc::clone(idle).acquire_owned()).await?.ok()?;
        let mut permits = vec![first];
        while permits.len() < BATCH
            && let Ok(permit) = Arc::clone(idle).try_acquire_owned()
        {
            permits.push(permit);
        }
        Some(permits)
    }

    async fn receive(&self, permits: Vec<OwnedSemaphorePermit>) -> Vec<(Received, OwnedSemaphorePermit)> {
        let most = u32::try_from(permits.len()).unwrap_or(1);
        let receive = pin!(self.app.queue.receive(self.queue, most, LONG_POLL));
        match self.closing.run_until_cancelled(receive).await {
            Some(Ok(messages)) => messages.into_iter().zip(permits).collect(),
            Some(Err(error)) => {
                tracing::error!(queue = %self.queue, error = %error, "messages cannot be received");
                let _ = timeout(AFTER_ERROR, self.closing.cancelled()).await;
                Vec::new()
            }
            // Claimed and not received: ready again when the data directory is next opened.
            None => Vec::new(),
        }
    }

    /// Handles one delivery. A handler that panics takes no other work with it; its message comes again.
    async fn work(&self, received: Received) {
        let (app, receipt) = (self.app.clone(), received.receipt.clone());
        let settled = tokio::spawn(async move { consume(&app, &received).await }).await;
        let again = match settled {
            Ok(Settled::Done) => {
                // The acknowledger ends after the last worker.
                let _ = self.done.send(receipt).await;
                return;
            }
            Ok(Settled::Again(pause)) => pause,
            Err(crash) => {
                tracing::error!(queue = %self.queue, error = %crash, "a handler crashed");
                AFTER_CRASH
            }
        };
        if let Err(error) = self.app.queue.change_visibility(self.queue, &receipt, again).await {
            // It comes again by itself when its visibility time-out ends.
            tracing::warn!(queue = %self.queue, error = %error, "a message was not put back");
        }
    }
}

/// Deletes what is done, everything that has gathered in one call. Ends when the last worker is gone.
async fn acknowledge(app: App, queue: QueueName, mut finished: mpsc::Receiver<Receipt>) {
    let mut receipts = Vec::with_capacity(BATCH);
    while finished.recv_many(&mut receipts, BATCH).await > 0 {
        if let Err(error) = app.queue.delete(queue, &receipts).await {
            // They come again, and their handlers find nothing left to do.
            tracing::warn!(queue = %queue, error = %error, "messages were not acknowledged");
        }
        receipts.clear();
    }
}

async fn sweep_on(app: App) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match sweep::sweep(&app).await {
            Ok(swept) if swept != sweep::Swept::default() => {
                tracing::info!(sent = swept.sent, resumed = swept.resumed, "lost work was found again");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "the sweep failed; the next one tries again"),
        }
    }
}
