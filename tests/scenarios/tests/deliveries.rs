//! Deliveries by the hundred, and every example that GitHub publishes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::{fs, path::Path};

use axum::{Router, http::StatusCode, routing::post};
use scrutineer_scenarios::{flood::flood, gate::Gate};
use scrutineer_simulator::Delivering;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deliveries_none_is_lost_and_each_commit_is_judged_once() {
    let empty = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", empty.local_addr().unwrap());
    let nothing = Router::new().route("/", post(|| async { StatusCode::ACCEPTED }));
    tokio::spawn(async move { axum::serve(empty, nothing).await });
    let gate = Gate::open().await.unwrap();
    let flood = flood(&gate, &url, 10, 500).await.unwrap();
    assert_eq!((flood.product.accepted, flood.summary.received), (500, 500));
    assert_eq!(flood.check_runs.0 % 10, 0, "as many for each pull request");
}

#[tokio::test]
async fn every_published_example_is_accepted_and_none_touches_what_is_not_ours() {
    let gate = Gate::open().await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../simulator/contract/node_modules/@octokit/webhooks-examples");
    let mut sent = 0;
    for version in ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"] {
        let text = fs::read_to_string(folder.join(version).join("index.json"));
        let text = text.expect("tests/setup.sh installs the examples");
        let events: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        for event in &events {
            for example in event["examples"].as_array().unwrap() {
                gate.github.queue_delivery(event["name"].as_str().unwrap(), example.clone()).unwrap();
                sent += 1;
            }
        }
    }
    assert!(sent > 500, "{sent} examples");
    let delivered = gate.deliver(Delivering { at_once: 8, ..Delivering::default() }).await.unwrap();
    assert_eq!((delivered.accepted, delivered.failed), (sent, 0));
    gate.rest().await.unwrap();
    assert!(gate.repo("acme/payments-api").all_check_runs().is_empty());
    let written = |request: &scrutineer_simulator::RequestLog| {
        request.method != "GET" && !request.path.contains("access_tokens")
    };
    let writes: Vec<_> = gate.github.requests().into_iter().filter(written).collect();
    assert!(writes.is_empty(), "{writes:#?}");
}
