//! What goes wrong, and what it means.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, unreachable_pub, reason = "each test file uses its part of the support")]
mod support;

use scrutineer_core::{
    Fact, Gap, Kind,
    evidence::{OrgEvidence, RepoListing},
    provider::Provider,
};
use scrutineer_github::GitHub;
use scrutineer_simulator::{Fault, Simulator};
use support::{Seen, login, target, with_token};

async fn small() -> (Simulator, GitHub) {
    let simulator = Simulator::synthetic("acme", 12).await.unwrap();
    let github = with_token(&simulator, &simulator.full_installation_token());
    (simulator, github)
}

async fn listed(github: &GitHub) -> (OrgEvidence, Vec<RepoListing>) {
    let evidence = github.org_evidence(&login("acme")).await.unwrap();
    let mut listings = github.repositories(&evidence).await.unwrap();
    listings.retain(|listing| !listing.empty);
    (evidence, listings)
}

/// Everything that was read, apart from when.
async fn everything(github: &GitHub) -> serde_json::Value {
    let (mut evidence, listings) = listed(github).await;
    evidence.observed_at = scrutineer_core::Timestamp::UNIX_EPOCH;
    let postures = github.posture(&listings).await.unwrap();
    let activities = github.activity(&listings).await.unwrap();
    let mut files = Vec::new();
    for (listing, posture) in listings.iter().zip(&postures) {
        let (seen, summary) = github.snapshot(&target(listing, posture), Seen::default()).await.unwrap();
        files.push((seen.0, summary));
    }
    serde_json::to_value((evidence, listings, postures, activities, files)).unwrap()
}

#[tokio::test]
async fn faults_that_pass_change_nothing_that_is_read() {
    let (simulator, github) = small().await;
    let undisturbed = everything(&github).await;
    assert_eq!(github.take_requests().retries, 0);
    let faults = [
        Fault::Latency { ms: 20 },
        Fault::ServerError { every: 5, status: 502 },
        Fault::ServerError { every: 4, status: 503 },
        Fault::Truncated { every: 6 },
        Fault::Reset { every: 5 },
        Fault::ArchiveGone { every: 3 },
        Fault::GraphqlPartial { every: 2 },
        Fault::GraphqlTimeout { above: 3 },
        Fault::GraphqlResourceLimit { above: 4 },
        Fault::Secondary { every: 20, status: 429, retry_after: Some(0) },
    ];
    for fault in faults {
        simulator.faults().clear();
        simulator.faults().set(fault.clone());
        let github = with_token(&simulator, &simulator.full_installation_token());
        let disturbed = everything(&github).await;
        assert!(disturbed == undisturbed, "{fault:?}: {}", difference(&undisturbed, &disturbed, ""));
        let is_quiet = matches!(fault, Fault::Latency { .. } | Fault::ArchiveGone { .. });
        assert!(is_quiet || github.take_requests().retries > 0, "{fault:?}");
    }
}

/// The first place where two values differ.
fn difference(a: &serde_json::Value, b: &serde_json::Value, path: &str) -> String {
    let keys: Vec<String> = match (a, b) {
        (serde_json::Value::Object(a), serde_json::Value::Object(_)) => a.keys().cloned().collect(),
        (serde_json::Value::Array(a), serde_json::Value::Array(_)) => {
            (0..a.len()).map(|n| n.to_string()).collect()
        }
        _ => return format!("{path}: {a} != {b}"),
    };
    let at = |value: &serde_json::Value, key: &str| {
        key.parse::<usize>()
            .ok()
            .and_then(|n| value.get(n))
            .or_else(|| value.get(key))
            .cloned()
            .unwrap_or_default()
    };
    let key = keys.into_iter().find(|key| at(a, key) != at(b, key));
    key.map_or_else(
        || path.to_owned(),
        |key| difference(&at(a, &key), &at(b, &key), &format!("{path}/{key}")),
    )
}

#[tokio::test]
async fn an_exhausted_budget_is_deferred_to_its_reset_without_waiting_or_asking() {
    let (simulator, github) = small().await;
    let (evidence, listings) = listed(&github).await;
    simulator.faults().set(Fault::Exhausted { reset_in: 1_800 });
    let started = std::time::Instant::now();
    for kind in [
        github.org_evidence(&login("acme")).await.unwrap_err().kind,
        github.repositories(&evidence).await.unwrap_err().kind,
        github.posture(&listings).await.unwrap_err().kind,
        github.activity(&listings).await.unwrap_err().kind,
    ] {
        let Kind::Deferred { until } = kind else { unreachable!("{kind:?}") };
        let wait = until.duration_since(scrutineer_core::Clock::system().now()).as_secs();
        assert!((1_700..=1_810).contains(&wait), "{wait}");
    }
    assert!(started.elapsed().as_secs() < 2);
    let before = simulator.requests().len();
    github.org_evidence(&login("acme")).await.unwrap_err();
    assert_eq!(simulator.requests().len(), before, "a known exhausted budget is not asked");
    let budget = github.budget().await.unwrap();
    assert_eq!((budget.rest_remaining, budget.graphql_remaining), (0, 0));
}

#[tokio::test]
async fn a_secondary_limit_is_obeyed_with_and_without_a_time() {
    for (status, retry_after, seconds) in
        [(403, Some(90), 90), (429, Some(30), 30), (403, None, 60), (429, None, 60)]
    {
        let (simulator, github) = small().await;
        simulator.faults().set(Fault::Secondary { every: 1, status, retry_after });
        let kind = github.org_evidence(&login("acme")).await.unwrap_err().kind;
        let Kind::Deferred { until } = kind else { unreachable!("{kind:?}") };
        let wait = until.duration_since(scrutineer_core::Clock::system().now()).as_secs();
        assert!((seconds - 3..=seconds).contains(&wait), "{status} {retry_after:?}: {wait}");
    }
}

#[tokio::test]
async fn a_platform_that_is_down_is_transient() {
    let (simulator, github) = small().await;
    let (_, listings) = listed(&github).await;
    for fault in [Fault::ServerError { every: 1, status: 502 }, Fault::Reset { every: 1 }] {
        simulator.faults().clear();
        simulator.faults().set(fault);
        assert_eq!(github.org_evidence(&login("acme")).await.unwrap_err().kind, Kind::Transient);
        assert_eq!(github.posture(&listings).await.unwrap_err().kind, Kind::Transient);
    }
    drop(simulator);
    let nobody = with_token(&Simulator::synthetic("x", 1).await.unwrap(), "ghp_x");
    assert_eq!(nobody.validate(&login("acme")).await.unwrap_err().kind, Kind::Transient);
}

#[tokio::test]
async fn hostile_archives_end_in_gaps_and_limits() {
    let (simulator, github) = small().await;
    let (_, listings) = listed(&github).await;
    let postures = github.posture(&listings).await.unwrap();
    let first = target(&listings[0], &postures[0]);
    let repo = listings[0].name.to_string();
    simulator.faults().set(Fault::CorruptArchive { repo: repo.clone() });
    let (seen, summary) = github.snapshot(&first, Seen::default()).await.unwrap();
    assert!(
        matches!(summary.gap(), Some(Gap::Unavailable { why }) if why.contains("damaged")),
        "{summary:?}"
    );
    assert!(seen.0.is_empty());
    simulator.faults().clear();
    simulator.faults().set(Fault::Unavailable { repo });
    let (_, summary) = github.snapshot(&first, Seen::default()).await.unwrap();
    assert_eq!(summary.gap(), Some(&Gap::unavailable("blocked (451)")));
    simulator.faults().clear();
    assert!(matches!(github.snapshot(&first, Seen::default()).await.unwrap().1, Fact::Known(_)));
}

#[tokio::test]
async fn a_renamed_repository_is_followed_with_the_token_and_an_empty_one_is_said_to_be_empty() {
    let (simulator, github) = small().await;
    let (_, listings) = listed(&github).await;
    let postures = github.posture(&listings).await.unwrap();
    let mut moved = target(&listings[0], &postures[0]);
    let name = listings[0].name.name().to_owned();
    assert!(simulator.world().lock().org_mut("acme").unwrap().rename_repo(&name, "brand-new"));
    // The head's id names the repository in the simulator, so the branch stands in for it.
    moved.head = {
        let posture = github.posture(&listings[..1]).await.unwrap().remove(0);
        let mut head = target(&listings[0], &posture).head;
        head.tarball_url = None;
        head
    };
    let (seen, summary) = github.snapshot(&moved, Seen::default()).await.unwrap();
    assert!(summary.known().is_ok() && !seen.0.is_empty(), "{summary:?}");
    let statuses: Vec<u16> = simulator.requests().iter().rev().take(3).map(|entry| entry.status).collect();
    assert!(statuses.contains(&301), "{statuses:?}");
}
