//! Many deliveries at once: what is acknowledged, how fast, and what comes of it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use scrutineer_service::deliveries::{self, Summary};
use scrutineer_simulator::{Change, Delivered, Delivering, Opening};

use crate::gate::{Gate, SECRET};

const REPO: &str = "acme/payments-api";

/// What a flood did.
pub struct Flood {
    /// Acknowledgements by the product.
    pub product: Delivered,
    /// Acknowledgements by a handler that does nothing, in the same run.
    pub empty: Delivered,
    /// How long the work took after the last acknowledgement.
    pub worked: Duration,
    /// What became of the deliveries.
    pub summary: Summary,
    /// Check runs on GitHub's side, and those of them that were completed exactly once.
    pub check_runs: (usize, usize),
}

/// Opens `pulls` pull requests, sends their deliveries again and again until there are `deliveries` of them, 64 at a
/// time, and works them all. `empty` answers 202 and does nothing.
///
/// # Errors
/// When a delivery is lost, or a check run is not completed exactly once.
pub async fn flood(gate: &Gate, empty: &str, pulls: usize, deliveries: usize) -> Result<Flood> {
    let change = Change::new().file("src/sum.ts", "export const sum = (a: number, b: number) => a + b;\n");
    for _ in 0..pulls {
        gate.repo(REPO).open(Opening::new(change.clone()));
    }
    let own = gate.github.pending_deliveries();
    let bodies = own
        .iter()
        .map(|pending| Ok((pending.event.clone(), serde_json::from_slice(pending.payload.as_ref())?)));
    let bodies: Vec<(String, serde_json::Value)> = bodies.collect::<Result<_>>()?;
    let again = |count: usize| {
        for (event, payload) in bodies.iter().cycle().take(count) {
            gate.github.queue_delivery(event, payload.clone());
        }
    };
    again(deliveries.saturating_sub(own.len()));
    let how = || Delivering { at_once: 64, ..Delivering::default() };
    let product = gate.deliver(how()).await?;
    let started = Instant::now();
    gate.rest().await?;
    let worked = started.elapsed();
    let summary = deliveries::summary(gate.app(), gate.clock.now()).await?;
    gate.github.hook(empty, SECRET);
    again(deliveries);
    let empty = gate.deliver(how()).await?;
    let runs = gate.repo(REPO).all_check_runs();
    let once = runs.iter().filter(|run| run.status == "completed" && run.completions == 1).count();
    ensure!(product.failed == 0 && product.accepted == deliveries.max(own.len()), "{product:?}");
    ensure!(summary.pending == 0 && summary.lost == 0 && summary.failed == 0, "{summary:?}");
    ensure!(once == runs.len() && !runs.is_empty(), "{once} of {} check runs", runs.len());
    Ok(Flood { product, empty, worked, summary, check_runs: (runs.len(), once) })
}
