//! What merging depends on holds when the process dies anywhere, and what it costs is counted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use scrutineer_aws::{QueueName, Received};
use scrutineer_scenarios::gate::Gate;
use scrutineer_service::consume::{Settled, consume};
use scrutineer_simulator::{Change, Delivering, Kind, Opening};

const REPO: &str = "acme/payments-api";

fn leaking() -> Change {
    let leak = "export function login(req, res) {\n  console.log(\"login\", req.body.password);\n}\n";
    Change::new().file("src/login.js", leak)
}

/// A future that dies when it is polled once too often: what a killed process looks like from outside.
struct Mortal<F> {
    inner: Pin<Box<F>>,
    polls_left: u32,
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        self.inner.as_mut().poll(context).map(Some)
    }
}

async fn received(gate: &Gate) -> Received {
    let mut found =
        gate.app().queue.receive(QueueName::Verifications, 1, Duration::from_secs(5)).await.unwrap();
    found.pop().expect("a message waits")
}

/// Annotations of the same pull request when nobody dies.
async fn undisturbed() -> usize {
    let gate = Gate::open().await.unwrap();
    let opened = gate.repo(REPO).open(Opening::new(leaking()));
    gate.settle().await.unwrap();
    gate.check_run(REPO, &opened.head, "isl-pii-check").unwrap().annotations.len()
}

#[tokio::test]
async fn a_verifier_killed_anywhere_leaves_one_completed_check_run_for_each_name() {
    let annotations = undisturbed().await;
    let mut kills = 0;
    for polls in (1_u32..).step_by(3) {
        let gate = Gate::open().await.unwrap();
        let opened = gate.repo(REPO).open(Opening::new(leaking()));
        // Only the pull request's own delivery: the check suite's would mend what this one leaves.
        gate.deliver(Delivering { lose_every: Some(2), ..Delivering::default() }).await.unwrap();
        let message = received(&gate).await;
        let dies = Mortal { inner: Box::pin(consume(gate.app(), &message)), polls_left: polls };
        let lived = match dies.await {
            Some(Settled::Done) => {
                gate.app().queue.delete(message.queue, std::slice::from_ref(&message.receipt)).await.unwrap();
                true
            }
            Some(Settled::Again(_)) | None => false,
        };
        kills += u32::from(!lived);
        // The message becomes visible again, and somebody else takes it.
        gate.app().queue.change_visibility(message.queue, &message.receipt, Duration::ZERO).await.ok();
        gate.rest().await.unwrap();
        let runs = gate.repo(REPO).check_runs(&opened.head);
        let mut names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
        names.sort_unstable();
        let mut once = names.clone();
        once.dedup();
        assert!(!names.is_empty(), "killed after {polls} polls: no check run");
        assert_eq!(names, once, "killed after {polls} polls");
        for run in &runs {
            assert_eq!(run.status, "completed", "killed after {polls} polls: {}", run.name);
        }
        let pii = runs.iter().find(|run| run.name == "isl-pii-check").unwrap();
        assert_eq!(
            (pii.conclusion.as_deref(), pii.annotations.len()),
            (Some("failure"), annotations),
            "killed after {polls} polls"
        );
        if lived {
            break;
        }
    }
    assert!(kills >= 5, "{kills} points were tried");
}

#[tokio::test]
async fn a_pull_request_of_a_hundred_files_costs_five_requests_and_two_for_each_check_run() {
    let gate = Gate::open().await.unwrap();
    let mut change = leaking();
    for number in 0..99 {
        change = change.file(&format!("src/part{number}.ts"), format!("export const part = {number};\n"));
    }
    // The token is not part of it.
    gate.repo(REPO).open(Opening::new(leaking()));
    gate.settle().await.unwrap();
    let opened = gate.repo(REPO).open(Opening::new(change));
    gate.deliver(Delivering { lose_every: Some(2), ..Delivering::default() }).await.unwrap();
    gate.github.reset_counters();
    let before = gate.github.requests().len();
    let units = gate.harness.runtime().aws().write_units();
    gate.harness.settle().await.unwrap();
    let units = gate.harness.runtime().aws().write_units() - units;
    let runs = gate.repo(REPO).check_runs(&opened.head);
    let requests = gate.github.requests();
    let mine = &requests[before.min(requests.len())..];
    let counted: Vec<_> = mine
        .iter()
        .filter(|request| request.kind != Kind::Tarball && !request.path.contains("sarifs"))
        .collect();
    let allowed = 5 + 2 * runs.len();
    assert!(counted.len() <= allowed, "{} requests, {allowed} allowed: {counted:#?}", counted.len());
    assert!(units <= 40, "{units} write units");
}
