//! What is read, and with how many requests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, unreachable_pub, reason = "each test file uses its part of the support")]
mod support;

use scrutineer_core::{
    Fact, Gap,
    evidence::{org::CredentialKind, repo::DetailNeeds},
    provider::Provider,
};
use scrutineer_simulator::{Simulator, World};
use support::{Seen, login, target, with_token};

async fn demo() -> (Simulator, String) {
    let world = World::embedded_demo().unwrap();
    let org = world.logins().remove(0);
    (Simulator::start(world).await.unwrap(), org)
}

#[tokio::test]
async fn the_demo_organization_is_read_whole() {
    let (simulator, org) = demo().await;
    let github = with_token(&simulator, &simulator.full_installation_token());
    let name = login(&org);
    let reading = github.org_evidence(&name);
    assert!(size_of_val(&reading) < 4096, "futures stay small: {} bytes", size_of_val(&reading));
    let evidence = reading.await.unwrap();
    assert_eq!(evidence.credential, CredentialKind::AppInstallation);
    let json = serde_json::to_value(&evidence).unwrap();
    let unknown = gaps(&json, "");
    let expected = ["settings.managed_users", "audit_streams", "copilot_seats", "migrations"];
    let surprising: Vec<&String> = unknown
        .iter()
        .filter(|(path, gap)| {
            !expected.iter().any(|known| path.starts_with(known)) && !gap.contains("unsupported")
        })
        .map(|(path, _)| path)
        .collect();
    assert!(surprising.is_empty(), "{unknown:#?}");

    let listings = github.repositories(&evidence).await.unwrap();
    assert!(listings.len() >= 10, "{}", listings.len());
    assert!(listings.windows(2).all(|pair| pair[0].name < pair[1].name));
    let postures = github.posture(&listings).await.unwrap();
    let activities = github.activity(&listings).await.unwrap();
    for ((listing, posture), activity) in listings.iter().zip(&postures).zip(&activities) {
        let found = gaps(&serde_json::to_value((listing, posture, activity)).unwrap(), "");
        let surprising: Vec<_> = found.iter().filter(|(path, _)| !path.contains("bypass_actors")).collect();
        assert!(surprising.is_empty(), "{}: {surprising:#?}", listing.name);
        let branch = &posture.known().unwrap().default_branch;
        assert_eq!(branch.is_none(), listing.empty, "{}", listing.name);
        if branch.is_some() {
            let (seen, summary) = github.snapshot(&target(listing, posture), Seen::default()).await.unwrap();
            assert_eq!(summary.known().unwrap().entries, seen.0.len() as u64);
            assert!(!seen.0.is_empty() && summary.known().unwrap().truncated.is_none());
        }
    }
    let all = DetailNeeds { actions_secrets: true, default_setup: true, rule_bypasses: true };
    let details = github.details(&listings[0], all).await.unwrap();
    assert!(gaps(&serde_json::to_value(&details).unwrap(), "").is_empty(), "{details:?}");
    let requests = simulator.requests();
    assert!(
        requests.iter().all(|request| request.status < 300 || request.status == 302 || request.status == 404)
    );
}

/// Paths of unknown facts below a serialized value.
fn gaps(value: &serde_json::Value, path: &str) -> Vec<(String, String)> {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        serde_json::Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match key.as_str() {
                "unknown" => vec![(path.to_owned(), value.to_string())],
                "known" => gaps(value, path),
                key => gaps(value, &below(key)),
            })
            .collect(),
        serde_json::Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| gaps(item, &below(&index.to_string())))
            .collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn requests_are_counted_as_the_platform_counts_them() {
    let simulator = Simulator::synthetic("acme", 100).await.unwrap();
    let github = with_token(&simulator, &simulator.full_installation_token());
    assert_eq!(scan(&github, "acme").await, 100);
    let counts = github.take_requests();
    assert!(counts.total() <= 160, "{} {counts:#?}", counts.total());
    assert!(counts.downloads >= 90 && counts.graphql_points >= counts.graphql.values().sum());
    let log = simulator.requests();
    let logged = log.iter().filter(|entry| !entry.path.starts_with("/codeload")).count();
    assert_eq!(counts.total(), logged as u64, "{counts:#?}");
    assert_eq!(github.take_requests(), Default::default());
}

async fn scan(github: &scrutineer_github::GitHub, org: &str) -> usize {
    let evidence = github.org_evidence(&login(org)).await.unwrap();
    let listings = github.repositories(&evidence).await.unwrap();
    for batch in listings.chunks(25) {
        let postures = github.posture(batch).await.unwrap();
        github.activity(batch).await.unwrap();
        for (listing, posture) in batch.iter().zip(&postures).filter(|(listing, _)| !listing.empty) {
            let (_, summary) = github.snapshot(&target(listing, posture), Seen::default()).await.unwrap();
            summary.known().unwrap();
        }
    }
    listings.len()
}

#[tokio::test]
async fn one_repository_takes_at_most_45_requests() {
    let simulator = Simulator::synthetic("solo", 1).await.unwrap();
    for token in [simulator.full_token(), simulator.full_installation_token()] {
        let github = with_token(&simulator, &token);
        github.validate(&login("solo")).await.unwrap();
        assert_eq!(scan(&github, "solo").await, 1);
        let counts = github.take_requests();
        // Three calls more at most, when the snapshot asks for them.
        assert!(counts.total() + 3 <= 45, "{} {counts:#?}", counts.total());
    }
}

#[tokio::test]
async fn a_warm_scan_asks_conditionally_even_with_another_token() {
    let (simulator, org) = demo().await;
    let cold = with_token(&simulator, &simulator.full_installation_token());
    let evidence = cold.org_evidence(&login(&org)).await.unwrap();
    let listings = cold.repositories(&evidence).await.unwrap();
    let packed = cold.save_cache().unwrap();
    let asked = cold.take_requests();
    let warm = with_token(&simulator, &simulator.full_installation_token()).with_cache(Some(packed));
    let again = warm.org_evidence(&login(&org)).await.unwrap();
    assert_eq!(warm.repositories(&again).await.unwrap(), listings);
    let counts = warm.take_requests();
    assert!(counts.not_modified > 20, "{counts:#?}");
    let rest: u64 = counts.rest.values().sum();
    assert!(rest <= 4, "{asked:#?} {counts:#?}");
    assert!(warm.save_cache().is_some() || rest <= 4);
    assert_eq!(again.hooks, evidence.hooks);
}

#[tokio::test]
async fn a_missing_permission_is_named_where_it_is_missed() {
    let (simulator, org) = demo().await;
    let keys: Vec<&str> = Simulator::all_permissions()
        .into_iter()
        .filter(|key| {
            !["organization_hooks", "secret_scanning_alerts", "administration", "checks"].contains(key)
        })
        .collect();
    let token = simulator.installation_token(keys.iter().copied());
    for token in [token, simulator.token(keys.iter().copied())] {
        let github = with_token(&simulator, &token);
        let evidence = github.org_evidence(&login(&org)).await.unwrap();
        assert_eq!(evidence.hooks.gap(), Some(&Gap::forbidden("organization_hooks")));
        let listings = github.repositories(&evidence).await.unwrap();
        let postures = github.posture(&listings).await.unwrap();
        let activities = github.activity(&listings).await.unwrap();
        for ((listing, posture), activity) in listings.iter().zip(&postures).zip(&activities) {
            assert_eq!(listing.secret_alerts.gap(), Some(&Gap::forbidden("secret_scanning_alerts")));
            assert_eq!(listing.security_and_analysis.gap(), Some(&Gap::forbidden("administration")));
            let posture = posture.known().unwrap();
            assert_eq!(posture.deploy_keys.gap(), Some(&Gap::forbidden("administration")));
            assert_eq!(posture.direct_collaborators.gap(), None, "listing people needs another permission");
            if let Some(branch) = &posture.default_branch {
                assert_eq!(branch.protection.gap(), Some(&Gap::forbidden("administration")));
                assert_eq!(activity.known().unwrap().head_suites.gap(), Some(&Gap::forbidden("checks")));
            }
        }
    }
}

#[tokio::test]
async fn without_actions_the_check_suites_are_known_and_their_runs_are_not() {
    let (simulator, org) = demo().await;
    let keys = Simulator::all_permissions().into_iter().filter(|key| *key != "actions");
    let github = with_token(&simulator, &simulator.installation_token(keys));
    let evidence = github.org_evidence(&login(&org)).await.unwrap();
    let listings = github.repositories(&evidence).await.unwrap();
    // Asked twice: once refused, once left out because the refusal is known.
    for _ in 0..2 {
        let activities = github.activity(&listings).await.unwrap();
        let commits = activities.iter().filter_map(|found| found.ok()?.commits.ok());
        let suites: Vec<_> = commits.flat_map(|page| &page.items).map(|commit| &commit.suites).collect();
        assert!(suites.iter().any(|found| !found.known().unwrap().is_empty()));
        for suite in suites.iter().flat_map(|found| found.known().unwrap()) {
            assert_eq!(suite.run.gap(), Some(&Gap::forbidden("actions")));
        }
    }
}

#[tokio::test]
async fn a_token_that_may_read_nothing_much_ends_in_gaps_not_in_errors() {
    let (simulator, org) = demo().await;
    let github = with_token(&simulator, &simulator.token(["metadata"]));
    let evidence = github.org_evidence(&login(&org)).await.unwrap();
    assert_eq!(evidence.members.gap(), Some(&Gap::forbidden("members")));
    assert_eq!(evidence.teams.gap(), Some(&Gap::forbidden("members")));
    assert_eq!(evidence.security.ip_allow_list.gap(), Some(&Gap::forbidden("organization_administration")));
    assert!(matches!(evidence.security.is_verified, Fact::Known(_)), "{:?}", evidence.security);
    assert_eq!(evidence.settings.plan.gap(), Some(&Gap::forbidden("organization_plan")));
    assert!(matches!(evidence.fine_grained_tokens.gap(), Some(Gap::Unsupported { .. })));
    let listings = github.repositories(&evidence).await.unwrap();
    let postures = github.posture(&listings).await.unwrap();
    for (listing, posture) in listings.iter().zip(&postures) {
        match listing.empty {
            true => assert!(posture.known().is_ok()),
            // The settings are known all the same; only the head commit is not.
            false => {
                let branch = posture.known().unwrap().default_branch.as_ref().unwrap();
                assert_eq!(branch.head.gap(), Some(&Gap::forbidden("contents")), "{}", listing.name);
            }
        }
    }
}

#[tokio::test]
async fn a_snapshot_without_permission_names_it() {
    let (simulator, org) = demo().await;
    let full = with_token(&simulator, &simulator.full_token());
    let evidence = full.org_evidence(&login(&org)).await.unwrap();
    let listings = full.repositories(&evidence).await.unwrap();
    let private = listings.iter().find(|listing| listing.visibility == "private" && !listing.empty).unwrap();
    let posture = full.posture(std::slice::from_ref(private)).await.unwrap().remove(0);
    let mut target = target(private, &posture);
    target.head.tarball_url = None;
    let poor = with_token(&simulator, &simulator.token(["metadata"]));
    let (_, summary) = poor.snapshot(&target, Seen::default()).await.unwrap();
    assert_eq!(summary.gap(), Some(&Gap::forbidden("contents")));
    let (seen, summary) = full.snapshot(&target, Seen::default()).await.unwrap();
    assert!(summary.known().unwrap().entries > 0 && !seen.0.is_empty());
    let archive = simulator.requests().into_iter().filter(|entry| entry.path.contains("codeload"));
    assert!(
        archive.clone().count() > 0 && archive.clone().all(|entry| !entry.authorized),
        "no token leaves the API"
    );
}
