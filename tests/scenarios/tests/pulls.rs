//! A pull request is verified, and merging waits for it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use scrutineer_aws::records::{SarifState, VerificationState};
use scrutineer_scenarios::gate::Gate;
use scrutineer_simulator::{At, Change, Delivering, Fault, Opening};

const REPO: &str = "acme/payments-api";

/// Logs a credential of its user: a hard block of the pack pii.
const LEAK: &str = "export function login(req, res) {\n  console.log(\"login\", req.body.password);\n}\n";

fn clean() -> Change {
    Change::new().file("src/sum.ts", "export const sum = (a: number, b: number): number => a + b;\n")
}

fn leaking() -> Change {
    Change::new().file("src/login.js", LEAK)
}

#[tokio::test]
async fn a_clean_change_passes_and_a_leak_blocks() {
    let gate = Gate::open().await.unwrap();
    let good = gate.repo(REPO).open(Opening::new(clean()));
    let bad = gate.repo(REPO).open(Opening::new(leaking()));
    gate.settle().await.unwrap();
    let passed = gate.check_run(REPO, &good.head, "isl-pii-check").unwrap();
    assert_eq!((passed.status.as_str(), passed.conclusion.as_deref()), ("completed", Some("success")));
    let failed = gate.check_run(REPO, &bad.head, "isl-pii-check").unwrap();
    assert_eq!(failed.conclusion.as_deref(), Some("failure"), "{:?}", failed.summary);
    let annotation = &failed.annotations[0];
    assert_eq!(
        (
            annotation["path"].as_str(),
            annotation["start_line"].as_u64(),
            annotation["annotation_level"].as_str()
        ),
        (Some("src/login.js"), Some(2), Some("failure")),
        "{annotation}"
    );
    assert!(failed.title.unwrap().starts_with("NO_SHIP: 1 blocking"), "the title says it");
    assert!(failed.summary.unwrap().contains("src/login.js:2"));
    for run in gate.repo(REPO).all_check_runs() {
        assert_eq!((run.status.as_str(), run.completions), ("completed", 1), "{}", run.name);
    }
}

#[tokio::test]
async fn findings_reach_code_scanning_and_are_said_to_be_unavailable_where_it_is_off() {
    let gate = Gate::open().await.unwrap();
    gate.repo(REPO).set_code_scanning(true);
    gate.repo(REPO).open(Opening::new(leaking()));
    gate.rest().await.unwrap();
    let known = gate.verifications(REPO).await.unwrap();
    assert!(matches!(known[0].sarif, Some(SarifState::Processed { .. })), "{:?}", known[0].sarif);
    assert_eq!(gate.repo(REPO).sarifs().len(), 1);

    gate.repo(REPO).set_code_scanning(false);
    gate.repo(REPO).open(Opening::new(clean()));
    gate.rest().await.unwrap();
    let known = gate.verifications(REPO).await.unwrap();
    assert!(matches!(known[0].sarif, Some(SarifState::Unavailable { .. })), "{:?}", known[0].sarif);
    assert_eq!(known[0].state, VerificationState::Concluded);
}

#[tokio::test]
async fn a_fork_is_verified_like_any_other() {
    let gate = Gate::open().await.unwrap();
    let fork = gate.repo(REPO).open(Opening::new(leaking()).from_fork("mallory"));
    gate.settle().await.unwrap();
    let run = gate.check_run(REPO, &fork.head, "isl-pii-check").unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
}

#[tokio::test]
async fn the_merge_queue_gets_an_answer() {
    let gate = Gate::open().await.unwrap();
    let one = gate.repo(REPO).open(Opening::new(clean()));
    gate.settle().await.unwrap();
    let group = gate.repo(REPO).queue(&[one.number]);
    gate.settle().await.unwrap();
    let run = gate.check_run(REPO, &group, "isl-pii-check").unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("success"));
}

#[tokio::test]
async fn a_newer_head_takes_the_place_of_an_older_one() {
    let gate = Gate::open().await.unwrap();
    let opened = gate.repo(REPO).open(Opening::new(leaking()));
    gate.settle().await.unwrap();
    let mended =
        gate.repo(REPO).push_to(opened.number, &Change::new().remove("src/login.js").file("a.ts", "1;\n"));
    gate.settle().await.unwrap();
    let run = gate.check_run(REPO, &mended, "isl-pii-check").unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("success"));
    assert_eq!(
        gate.check_run(REPO, &opened.head, "isl-pii-check").unwrap().conclusion.as_deref(),
        Some("failure")
    );
}

#[tokio::test]
async fn any_order_duplicates_and_losses_end_in_the_same_state() {
    for seed in 1..=6 {
        let gate = Gate::open().await.unwrap();
        let opened = gate.repo(REPO).open(Opening::new(leaking()));
        gate.repo(REPO).push_to(opened.number, &clean());
        gate.repo(REPO).act(opened.number, "closed");
        gate.repo(REPO).act(opened.number, "reopened");
        let head = gate.repo(REPO).push_to(opened.number, &Change::new().remove("src/login.js"));
        let how =
            Delivering { shuffle: Some(seed), duplicate_every: Some(2), lose_every: Some(3), at_once: 4 };
        gate.deliver(how).await.unwrap();
        gate.harness.settle().await.unwrap();
        // What was lost is had again: the sweep asks GitHub.
        scrutineer_service::sweep::sweep(gate.app()).await.unwrap();
        gate.rest().await.unwrap();
        let run = gate.check_run(REPO, &head, "isl-pii-check").unwrap();
        assert_eq!(run.conclusion.as_deref(), Some("success"), "seed {seed}");
        for run in gate.repo(REPO).all_check_runs() {
            assert_eq!(run.status, "completed", "seed {seed}: {} on {}", run.name, run.head_sha);
        }
    }
}

fn at(endpoint: &str, times: Option<u64>, what: At) -> Fault {
    Fault::At { endpoint: endpoint.to_owned(), every: 1, times, what }
}

#[tokio::test]
async fn trouble_of_github_is_never_a_failure_of_the_code() {
    let faults = [
        Fault::ServerError { every: 1, status: 502 },
        Fault::Secondary { every: 1, status: 403, retry_after: Some(60) },
        Fault::Exhausted { reset_in: 600 },
        Fault::Reset { every: 1 },
        Fault::ServerError { every: 3, status: 503 },
        at("GET /repos/{owner}/{repo}/pulls/{pull_number}", Some(3), At::Status { status: 404 }),
        at("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", None, At::Status { status: 504 }),
        at("POST /repos/{owner}/{repo}/check-runs", Some(2), At::LostAnswer),
        at("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", Some(2), At::LostAnswer),
    ];
    for fault in faults {
        let gate = Gate::open().await.unwrap();
        // A token first: GitHub, whose clock is the machine's, gives none to an App from the future.
        gate.repo(REPO).open(Opening::new(clean()));
        gate.settle().await.unwrap();
        let opened = gate.repo(REPO).open(Opening::new(leaking()));
        gate.deliver(Delivering::default()).await.unwrap();
        gate.github.faults().set(fault.clone());
        gate.harness.settle().await.unwrap();
        for run in gate.repo(REPO).check_runs(&opened.head) {
            if run.conclusion.as_deref() == Some("failure") {
                assert!(!run.annotations.is_empty(), "{fault:?}: it was judged, not broken");
            }
        }
        gate.github.faults().clear();
        gate.clock.advance(scrutineer_core::SignedDuration::from_mins(16));
        gate.rest().await.unwrap();
        let run = gate.check_run(REPO, &opened.head, "isl-pii-check");
        let run = run.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(
            run.conclusion.as_deref(),
            Some("failure"),
            "{fault:?}: once GitHub answers, it is judged"
        );
    }
}

#[tokio::test]
async fn rerunning_judges_once_more() {
    let gate = Gate::open().await.unwrap();
    let opened = gate.repo(REPO).open(Opening::new(clean()));
    gate.settle().await.unwrap();
    let run = gate.check_run(REPO, &opened.head, "isl-pii-check").unwrap();
    gate.repo(REPO).rerun(run.id);
    gate.settle().await.unwrap();
    assert_eq!(gate.verifications(REPO).await.unwrap().len(), 2);
    // The same delivery once more changes nothing.
    gate.settle().await.unwrap();
    assert_eq!(gate.verifications(REPO).await.unwrap().len(), 2);
}

#[tokio::test]
async fn installing_pins_the_default_and_evaluates_what_is_open() {
    let gate = Gate::open().await.unwrap();
    let opened = gate.repo(REPO).open(Opening::new(leaking()));
    // GitHub sends nothing for what happened before the App was there.
    gate.deliver(Delivering { lose_every: Some(1), ..Delivering::default() }).await.unwrap();
    gate.github.installation_event("acme", "created");
    gate.settle().await.unwrap();
    let run = gate.check_run(REPO, &opened.head, "isl-pii-check").unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("neutral"), "nothing blocks on the first day");
    assert!(run.title.unwrap().contains("evaluate only"));
    assert!(gate.repo(REPO).required_checks("main").contains(&"isl-pii-check".to_owned()));
}

#[tokio::test]
async fn a_bundle_is_tried_on_past_pull_requests_without_a_trace_on_github() {
    use scrutineer_service::verify::replay::{self, ReplayRequest};
    let gate = Gate::open().await.unwrap();
    gate.github.installation_event("acme", "created");
    gate.rest().await.unwrap();
    gate.repo(REPO).open(Opening::new(leaking()));
    gate.repo(REPO).open(Opening::new(clean()));
    gate.rest().await.unwrap();
    let runs = gate.repo(REPO).all_check_runs().len();
    let org = "acme".parse().unwrap();
    let request = ReplayRequest { version: "strict".into(), last: 10 };
    let begun = replay::start(gate.app(), &org, &request).await.unwrap();
    gate.github.reset_counters();
    let before = gate.github.requests().len();
    gate.harness.settle().await.unwrap();
    let (_, report) = replay::get(gate.app(), &org, begun.id).await.unwrap();
    let report = report.expect("it is done");
    assert_eq!((report.judged, report.would_block), (2, 1), "{report:?}");
    let blocked = report.pulls.iter().find(|pull| pull.after.as_deref() == Some("NO_SHIP")).unwrap();
    assert!(blocked.blocking.iter().any(|rule| rule.rule.starts_with("pii/")), "{report:?}");
    assert_eq!(gate.repo(REPO).all_check_runs().len(), runs);
    let written = |request: &&scrutineer_simulator::RequestLog| {
        request.method != "GET"
            && !request.path.contains("graphql")
            && !request.path.contains("access_tokens")
    };
    let requests = gate.github.requests();
    let writes: Vec<_> = requests[before.min(requests.len())..].iter().filter(written).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn a_new_pin_is_tried_on_open_pull_requests_and_lets_nothing_through() {
    use scrutineer_service::{audit::By, bundles};
    let gate = Gate::open().await.unwrap();
    gate.github.installation_event("acme", "created");
    gate.settle().await.unwrap();
    let opened = gate.repo(REPO).open(Opening::new(leaking()));
    gate.settle().await.unwrap();
    let before = gate.repo(REPO).check_runs(&opened.head).len();
    let wanted = bundles::Wanted::BuiltIn("permissive".to_owned());
    let by = By::system("test");
    bundles::put(gate.app(), &"acme".parse().unwrap(), &by, wanted, None).await.unwrap();
    gate.settle().await.unwrap();
    let known = gate.verifications(REPO).await.unwrap();
    let tried = known.iter().find(|known| known.evaluate).expect("the new pin was tried");
    assert!(tried.bundle.starts_with("permissive"), "{tried:?}");
    assert_eq!(tried.state, VerificationState::Concluded);
    assert_eq!(gate.repo(REPO).check_runs(&opened.head).len(), before);
    let run = gate.check_run(REPO, &opened.head, "isl-pii-check").unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("failure"), "it is judged again when it changes, not before");
}
