//! Deliveries, 64 at a time, in one process: how long an acknowledgement takes beside that of an empty handler, and that
//! nothing is lost. `cargo bench -p scrutineer-scenarios --bench deliveries`; the number of deliveries is its argument.

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::post};
use scrutineer_scenarios::{flood::flood, gate::Gate};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let empty = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/", empty.local_addr()?);
    let nothing = Router::new().route("/", post(|| async { StatusCode::ACCEPTED }));
    tokio::spawn(async move { axum::serve(empty, nothing).await });
    let gate = Gate::open().await?;
    let flood = flood(&gate, &url, 200, count).await?;
    let at = |took: &[Duration], percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    for (name, took) in [("product", &flood.product.took), ("empty handler", &flood.empty.took)] {
        println!("{name}: {} acknowledged, p50 {:?}, p99 {:?}", took.len(), at(took, 50), at(took, 99));
    }
    println!("worked in {:?}: {:?}", flood.worked, flood.summary);
    println!("{} check runs, {} completed exactly once", flood.check_runs.0, flood.check_runs.1);
    Ok(())
}
