//! One conformance suite per service, through the real SDK, against `LocalAws` and against the third-party
//! implementations that `tests/setup.sh` installed.
//!
//! Where an implementation is known to deviate from AWS, `third_party.rs` says so with the reason; an unlisted failure
//! fails the test, and so does a listed deviation that is gone.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a step that fails is a test that fails")]

mod dynamodb;
mod dynamodb_limits;
mod dynamodb_lists;
mod kill;
mod kms;
mod performance;
mod process;
mod sqs;
mod sqs_time;
mod store;
mod suite;
mod third_party;

use scrutineer_local::local_aws::LocalAws;
use suite::{Report, Target};
use tempfile::TempDir;

/// `LocalAws` on a directory of its own.
fn local() -> (TempDir, Target) {
    let dir = TempDir::new().unwrap();
    let local = LocalAws::open(dir.path()).unwrap();
    (dir, Target { clients: local.clients(), settings: LocalAws::settings() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_dynamodb_conforms() {
    let (_dir, target) = local();
    let mut report = Report::default();
    dynamodb::run(&target, &mut report).await;
    dynamodb_limits::run(&target, &mut report).await;
    dynamodb_lists::run(&target, &mut report).await;
    report.expect_only(&[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_sqs_conforms() {
    let (_dir, target) = local();
    let mut report = Report::default();
    sqs::run(&target, &mut report).await;
    sqs_time::run(&target, &mut report).await;
    report.expect_only(&[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_kms_conforms() {
    let (_dir, target) = local();
    let mut report = Report::default();
    kms::run(&target, &mut report).await;
    report.expect_only(&[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_keeps_its_promises_on_local_aws() {
    let (_dir, target) = local();
    let mut report = Report::default();
    store::run(&target, &mut report).await;
    report.expect_only(&[]);
}
