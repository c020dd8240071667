//! Makes a dictionary for packed results: the plain bytes of some typical ones, written to the file named.
//!
//! `cargo run -p scrutineer-scenarios --example dictionary -- FILE`. A dictionary is never changed once results were
//! stored with it: a new one gets a new number in `shared/aws/src/packed.rs`.

#![expect(clippy::unwrap_used, reason = "a tool that cannot go on shall stop")]

use scrutineer_aws::records::RepoFindings;
use scrutineer_scenarios::{Opening, Story};
use scrutineer_simulator::Simulator;

/// Of the bundled organization: different in what they are, so that most sentences occur.
const TYPICAL: [&str; 7] = [
    "sandbox-empty",
    "old-intranet",
    "docs-site",
    "infra-live",
    "platform-monorepo",
    "ledger-service",
    "payments-api",
];

#[tokio::main]
async fn main() {
    let file = std::env::args().nth(1).expect("the file to write");
    let mut bytes = Vec::new();
    let demo = Story::demo().await.unwrap();
    let state = demo.scan().await.unwrap();
    for repository in demo.repositories(&state.scan).await.unwrap() {
        if TYPICAL.contains(&repository.name.name()) {
            let key = RepoFindings::key_of(state.scan.id, &repository.name);
            bytes.extend(demo.app().store.get(&key).await.unwrap().unwrap().result.plain().unwrap());
        }
    }
    // Small generated repositories last: what is nearest is found first.
    let small = Simulator::synthetic("acme", 12).await.unwrap();
    let small = Story::over(small, Opening::default()).await.unwrap();
    let state = small.scan().await.unwrap();
    for repository in small.repositories(&state.scan).await.unwrap() {
        let key = RepoFindings::key_of(state.scan.id, &repository.name);
        bytes.extend(small.app().store.get(&key).await.unwrap().unwrap().result.plain().unwrap());
    }
    std::fs::write(&file, &bytes).unwrap();
    println!("{} bytes", bytes.len());
}
