//! The runtime against the simulator: what is started is finished, in this process or the next.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::time::Duration;

use scrutineer_aws::records::ScanStatus;
use scrutineer_core::ids::ScanId;
use scrutineer_local::{
    local_aws::Durability,
    report::build::build,
    runtime::{Data, Harness, Options, Runtime},
};
use scrutineer_service::{
    App,
    connections::{self, CredentialInput, NewConnection},
    customers,
    scan::{
        self,
        start::{ScanRequest, start},
    },
};
use scrutineer_simulator::{Simulator, World};

/// Longest a scan of the demo organization may take.
const PATIENCE: Duration = Duration::from_secs(60);

async fn demo_world() -> Simulator {
    Simulator::start(World::embedded_demo().unwrap()).await.unwrap()
}

fn open(simulator: &Simulator, data: Data) -> Runtime {
    let github_api = Some(simulator.base_url());
    Runtime::open(Options { data, github_api, durability: Durability::Normal, ..Options::default() }).unwrap()
}

async fn started(app: &App, simulator: &Simulator) -> ScanId {
    let customer = customers::create(app, "Acme").await.unwrap().id;
    let new = NewConnection {
        name: None,
        organization: "acme".to_owned(),
        base_url: None,
        credential: CredentialInput::Token { token: simulator.full_token().into() },
    };
    let connection = connections::create(app, customer, new).await.unwrap().id;
    let request = ScanRequest {
        connection_id: connection,
        repositories: Default::default(),
        categories: Vec::new(),
        profile: None,
    };
    start(app, customer, &request, None).await.unwrap().id
}

async fn status(app: &App, scan: ScanId) -> ScanStatus {
    scan::get(app, scan).await.unwrap().status
}

/// Waits until a scan has ended.
async fn ended(app: &App, scan: ScanId) -> ScanStatus {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    let wait = async {
        loop {
            ticks.tick().await;
            let now = status(app, scan).await;
            if now.is_final() {
                return now;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the scan ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harness_settles_a_scan_without_workers() {
    let simulator = demo_world().await;
    let harness = Harness::new(open(&simulator, Data::Temporary));
    let scan = started(harness.app(), &simulator).await;
    assert_eq!(status(harness.app(), scan).await, ScanStatus::Pending);
    let held = harness.settle_patiently(Duration::from_secs(2)).await.unwrap();
    assert!(held.is_empty(), "{held:?}");
    assert_eq!(status(harness.app(), scan).await, ScanStatus::Completed);
    let report = build(harness.app(), scan).await.unwrap();
    assert_eq!(report.scan.repositories.total, Some(report.repositories.len() as u64));
    assert!(report.overall.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_stopped_goes_on_in_the_next_process() {
    let simulator = demo_world().await;
    let dir = tempfile::tempdir().unwrap();
    let data = Data::Dir(dir.path().to_owned());
    let scan = {
        let runtime = open(&simulator, data.clone());
        let scan = started(runtime.app(), &simulator).await;
        let workers = runtime.start();
        // Not even time for the coordinator: its message was claimed at most.
        assert!(workers.stop(PATIENCE).await);
        scan
    };
    let runtime = open(&simulator, data);
    let workers = runtime.start();
    assert_eq!(ended(runtime.app(), scan).await, ScanStatus::Completed);
    assert!(workers.stop(PATIENCE).await);
    let left = Harness::new(runtime).settle().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_directory_has_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options { data: Data::Dir(dir.path().to_owned()), ..Options::default() };
    let first = Runtime::open(options()).unwrap();
    let refused = Runtime::open(options()).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("in use"), "{refused}");
    drop(first);
    Runtime::open(options()).unwrap();
}
