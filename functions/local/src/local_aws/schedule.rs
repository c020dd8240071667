//! What AWS does in the background: expired items and messages go.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::LocalAws;

/// Time between two sweeps.
const EVERY: Duration = Duration::from_secs(600);

/// Sweeps as long as it is held.
#[derive(Debug)]
pub struct Sweeper(JoinHandle<()>);

impl Sweeper {
    /// Ends it and waits until it has let go of the data directory.
    pub async fn stop(mut self) {
        self.0.abort();
        // Always an error: it was aborted.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl LocalAws {
    /// Starts the background sweep on the current tokio runtime.
    pub fn start_sweeper(&self) -> Sweeper {
        let local = self.clone();
        Sweeper(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(EVERY);
            loop {
                ticks.tick().await;
                local.sweep().await;
            }
        }))
    }

    /// Deletes expired items and messages older than their queue keeps them.
    pub async fn sweep(&self) {
        self.0.dynamodb.sweep().await;
        self.0.sqs.sweep().await;
    }
}
