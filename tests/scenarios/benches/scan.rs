//! How a scan grows: seconds, requests, write units and memory at 100, 1,000 and 3,000 repositories, and the ratios
//! that should stay near the ratio of repositories. Prints, judges nothing: machines are noisy.
//!
//! `cargo bench -p scrutineer-scenarios` (the simulator runs in the same process, so memory includes it).

#![expect(clippy::unwrap_used, reason = "a bench program that cannot go on shall stop")]

use std::time::Instant;

use scrutineer_scenarios::Story;
use scrutineer_service::scan::read;

struct Row {
    repositories: usize,
    seconds: f64,
    requests: u64,
    units: u64,
    peak_mib: u64,
}

#[tokio::main]
async fn main() {
    let mut rows = Vec::new();
    for repositories in [100, 1_000, 3_000] {
        rows.push(measure(repositories).await);
    }
    println!("repositories  seconds  ratio  requests/repo  write units/repo  peak MiB (with the simulator)");
    let mut before: Option<&Row> = None;
    for row in &rows {
        let count = row.repositories as f64;
        let ratio = before.map_or("-".to_owned(), |before| {
            let growth = row.seconds / before.seconds;
            format!("{:.2}", growth / (count / before.repositories as f64))
        });
        println!(
            "{:>12}  {:>7.1}  {:>5}  {:>13.2}  {:>16.2}  {:>8}",
            row.repositories,
            row.seconds,
            ratio,
            row.requests as f64 / count,
            row.units as f64 / count,
            row.peak_mib
        );
        before = Some(row);
    }
    println!("ratio: growth of time over growth of repositories; 1.00 is linear");
}

async fn measure(repositories: usize) -> Row {
    let story = Story::synthetic(repositories).await.unwrap();
    let units = story.harness.runtime().aws().write_units();
    let started = Instant::now();
    let state = story.scan().await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(state.progress.done, repositories as u64, "every repository is accounted for");
    let requests = read::requests(story.app(), state.scan.id).await.unwrap().values().sum();
    let units = story.harness.runtime().aws().write_units() - units;
    Row { repositories, seconds, requests, units, peak_mib: peak_mib() }
}

/// `VmHWM` of this process.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
