//! No check is constant: over the fixture organizations each of them comes to at least two different verdicts.
//!
//! What does not count: `not_applicable`, which every archived repository gives, and `error`, which any missing
//! permission gives.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::collections::BTreeMap;

use scrutineer_scanners::{Status, registry};
use scrutineer_scenarios::{Opening, Story};
use scrutineer_simulator::{Simulator, World};

const ORGANIZATIONS: [&str; 4] = ["acme", "hardened", "startup", "on-prem"];

/// Which host answers is either recognised or cannot be told: there is no other verdict.
const PASSED_OR_ERROR: &[&str] = &["PLAT-001"];

/// Statuses of each check, and where each was seen first.
type Seen = BTreeMap<String, BTreeMap<Status, String>>;

/// Scans an organization as a token and as the App: each may read what the other may not.
async fn scan(org: &'static str, seen: &mut Seen) {
    for app in [false, true] {
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/orgs");
        let world = World::load(format!("{fixture}/{org}")).unwrap();
        let github = Simulator::start(world).await.unwrap();
        let token = if app { github.full_installation_token() } else { github.full_token() };
        let opening = Opening { org, token: Some(token), ..Opening::default() };
        let story = Story::over(github, opening).await.unwrap();
        let state = story.scan().await.unwrap();
        for finding in story.findings(&state.scan).await.unwrap() {
            let place = finding.repository.map_or_else(|| org.to_owned(), |repo| repo.to_string());
            seen.entry(finding.check).or_default().entry(finding.status).or_insert(place);
        }
    }
}

/// A check and its statuses, each with the first place that showed it.
fn line(check: &str, seen: &Seen) -> String {
    let statuses = seen.get(check).into_iter().flatten();
    let each: Vec<String> =
        statuses.map(|(status, place)| format!("{} ({place})", status.as_str())).collect();
    format!("{check:11} {}", each.join(", "))
}

fn counts(check: &str, status: Status) -> bool {
    match status {
        Status::Passed | Status::Warning | Status::Failed => true,
        Status::Error => PASSED_OR_ERROR.contains(&check),
        Status::NotApplicable => false,
    }
}

#[tokio::test]
async fn every_check_comes_to_at_least_two_verdicts_over_the_fixture_organizations() {
    let mut seen = Seen::new();
    for org in ORGANIZATIONS {
        scan(org, &mut seen).await;
    }
    let checks: Vec<&str> = registry::checks().map(|(_, check)| check.id).collect();
    assert_eq!(checks.len(), 169);
    let verdicts = |check: &str| {
        let statuses = seen.get(check).into_iter().flat_map(BTreeMap::keys);
        statuses.filter(|status| counts(check, **status)).count()
    };
    for check in &checks {
        println!("{}", line(check, &seen));
    }
    let constant: Vec<String> =
        checks.iter().filter(|check| verdicts(check) < 2).map(|check| line(check, &seen)).collect();
    assert!(constant.is_empty(), "{} checks are constant:\n{}", constant.len(), constant.join("\n"));
}
