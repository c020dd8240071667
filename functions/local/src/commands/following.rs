//! Watching a scan of this process until it ends.

use std::time::Duration;

use scrutineer_core::{Failure, ids::ScanId};
use scrutineer_service::{
    App,
    scan::read::{self, Progress as Numbers},
};
use tokio::time::{MissedTickBehavior, interval};

use crate::cli::progress::{Progress, Step};

/// Between two looks: fast enough for the eye, nothing for an embedded store.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Shows progress until the scan has ended.
pub(super) async fn follow(app: &App, scan: ScanId, progress: &mut Progress) -> Result<(), Failure> {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let state = read::state(app, scan).await?;
        progress.show(&step(&state.progress));
        if state.scan.status.is_final() {
            return Ok(());
        }
    }
}

fn step(numbers: &Numbers) -> Step {
    let kind = |name: &str| numbers.requests.get(name).copied().unwrap_or_default();
    Step {
        total: numbers.total,
        settled: numbers.done + numbers.failed + numbers.unchanged,
        requests: kind("rest") + kind("graphql"),
        waiting_until: numbers.waiting_until,
    }
}
