//! `kill -9` at any moment of a scan: the next run on the same data directory finishes it, and the result is the one
//! of an undisturbed scan.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::{
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use scrutineer_simulator::{Simulator, World};
use serde_json::Value;

/// Moments of death.
const KILLS: u32 = 20;

fn scan(simulator: &Simulator, data: &Path, output: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_scrutineer"))
        .args(["scan", "acme", "--quiet", "--format", "json", "--github-api", &simulator.base_url()])
        .args(["--data".as_ref(), data.as_os_str(), "--output".as_ref(), output.as_os_str()])
        .env("GITHUB_TOKEN", simulator.full_token())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(output.with_extension("log")).unwrap())
        .spawn()
        .unwrap()
}

/// What a scan says, without ids, times and costs.
fn essence(output: &Path) -> Value {
    let mut report: Value = serde_json::from_slice(&std::fs::read(output).unwrap()).unwrap();
    let report = report.as_object_mut().unwrap();
    report.retain(|key, _| {
        ["repositories", "scores", "overall", "coverage", "findings"].contains(&key.as_str())
    });
    for repository in report["repositories"].as_array_mut().unwrap() {
        let fields = repository.as_object_mut().unwrap();
        fields.retain(|key, _| ["name", "status", "findings"].contains(&key.as_str()));
        // Killed after the scan was complete and before it was printed: the next run is a warm scan.
        if fields["status"] == "unchanged" {
            fields["status"] = "done".into();
        }
    }
    Value::Object(report.clone())
}

/// The demo organization as of an hour ago: no age in days changes between two scans of this test.
fn world() -> World {
    let now = scrutineer_core::Clock::system().now();
    World::embedded_demo_at(now - scrutineer_core::SignedDuration::from_hours(1)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_dies_twenty_times_ends_as_if_it_never_had() {
    let dir = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(world()).await.unwrap();
    let (calm, stormy) = (dir.path().join("calm.json"), dir.path().join("stormy.json"));
    let calm_data = dir.path().join("calm");
    finished(wait(&mut scan(&simulator, &calm_data, &calm)).await, &calm);

    let data = dir.path().join("stormy");
    let mut deaths = 0;
    for round in 0..KILLS {
        let mut child = scan(&simulator, &data, &stormy);
        // Spread over the scan: 15 ms, 60 ms, … a little later each time, so that every stage is met.
        let alive = Duration::from_millis(u64::from(15 + round * 45));
        if let Ok(status) = tokio::time::timeout(alive, wait(&mut child)).await {
            finished(status, &stormy);
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        deaths += 1;
    }
    assert!(deaths >= 5, "the scan was over after {deaths} deaths; the moments are too late");
    if !stormy.exists() {
        finished(wait(&mut scan(&simulator, &data, &stormy)).await, &stormy);
    }
    let (calm, stormy) = (essence(&calm), essence(&stormy));
    let names: Vec<_> = stormy["repositories"].as_array().unwrap().iter().map(|repo| &repo["name"]).collect();
    let mut once = names.clone();
    once.dedup();
    assert_eq!(once, names, "no repository twice");
    // Part by part, so that a difference can be read.
    for part in ["repositories", "scores", "findings"] {
        let of = |report: &Value| report[part].as_array().unwrap().clone();
        for (stormy, calm) in of(&stormy).iter().zip(of(&calm)) {
            assert_eq!(*stormy, calm);
        }
    }
    assert_eq!(stormy, calm);
}

/// Ends when the child does.
async fn wait(child: &mut Child) -> ExitStatus {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        ticks.tick().await;
    }
}

/// The program ended with a result, not with an error.
fn finished(status: ExitStatus, output: &Path) {
    let said = std::fs::read_to_string(output.with_extension("log")).unwrap();
    assert!(status.code().is_some_and(|code| [0, 10, 11, 12].contains(&code)), "{status}: {said}");
}
