//! For tests: works the queues by hand, so that a test knows when everything has happened.

use std::time::Duration;

use scrutineer_aws::{AwsError, QueueName, Received};
use scrutineer_service::{
    App,
    consume::{Settled, consume},
};
use tokio::task::JoinSet;

use super::Runtime;

/// Deliveries handled at once.
const AT_ONCE: usize = 16;

/// Messages that are held back: postponed by a delay, or pausing after a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Sent with a delay that is not over.
    pub delayed: u64,
    /// Received, failed for now, and not visible again yet.
    pub pausing: u64,
}

impl Held {
    /// Whether nothing is left at all.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// A runtime without workers, whose queues are worked on demand.
pub struct Harness {
    runtime: Runtime,
}

impl Harness {
    /// A harness over a runtime that was not started.
    pub fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }

    /// The runtime.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The use cases.
    pub fn app(&self) -> &App {
        self.runtime.app()
    }

    /// Works until no message is ready; returns those that are held back. With a clock that is moved by hand,
    /// advance it and settle again.
    ///
    /// # Errors
    /// When the embedded queue does not answer.
    pub async fn settle(&self) -> Result<Held, AwsError> {
        self.work(Duration::ZERO).await?;
        self.held().await
    }

    /// As [`Harness::settle`], waiting for held-back messages as well, each for at most `patience` (1 to 20 s).
    ///
    /// # Errors
    /// As [`Harness::settle`].
    pub async fn settle_patiently(&self, patience: Duration) -> Result<Held, AwsError> {
        loop {
            self.work(Duration::ZERO).await?;
            let held = self.held().await?;
            if held.is_empty() || !self.work(patience).await? {
                return Ok(held);
            }
        }
    }

    /// Works every ready message, and what they bring about; false when there was none.
    async fn work(&self, patience: Duration) -> Result<bool, AwsError> {
        let mut under_way = JoinSet::new();
        let mut worked = false;
        loop {
            let found = self.receive(&mut under_way, patience, worked).await?;
            worked |= found;
            if found && under_way.len() < AT_ONCE {
                continue;
            }
            match under_way.join_next().await {
                // A panic of a handler is the test's to see.
                Some(Err(crash)) if crash.is_panic() => std::panic::resume_unwind(crash.into_panic()),
                Some(_) => {}
                None if found => {}
                None => return Ok(worked),
            }
        }
    }

    /// Takes what is ready; waits for it only when nothing is under way.
    async fn receive(
        &self,
        under_way: &mut JoinSet<()>,
        patience: Duration,
        worked: bool,
    ) -> Result<bool, AwsError> {
        let wait = if under_way.is_empty() && !worked { patience } else { Duration::ZERO };
        let queue = &self.app().queue;
        let (scans, repositories, events, verifications) = tokio::join!(
            queue.receive(QueueName::Scans, 2, wait),
            queue.receive(QueueName::RepositoryScans, 10, wait),
            queue.receive(QueueName::GitHubEvents, 10, wait),
            queue.receive(QueueName::Verifications, 10, wait)
        );
        let found = [scans?, repositories?, events?, verifications?].concat();
        let any = !found.is_empty();
        for received in found {
            under_way.spawn(handle(self.app().clone(), received));
        }
        Ok(any)
    }

    async fn held(&self) -> Result<Held, AwsError> {
        let mut held = Held::default();
        for queue in QueueName::ALL {
            let depth = self.app().queue.depth(queue).await?;
            held.delayed += depth.delayed;
            held.pausing += depth.in_flight;
        }
        Ok(held)
    }
}

async fn handle(app: App, received: Received) {
    let (queue, receipt) = (received.queue, received.receipt.clone());
    let put_back = match consume(&app, &received).await {
        Settled::Done => app.queue.delete(queue, &[receipt]).await,
        Settled::Again(pause) => app.queue.change_visibility(queue, &receipt, pause).await,
    };
    if let Err(error) = put_back {
        tracing::warn!(error = %error, "a delivery was not settled");
    }
}
