//! What a scan costs: requests to GitHub and write units of the table, counted, not estimated.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use scrutineer_scenarios::Story;
use scrutineer_service::scan::read::{self, ScanState};
use scrutineer_simulator::Kind;

/// Requests that count against GitHub's limits.
async fn requests(story: &Story, state: &ScanState) -> u64 {
    read::requests(story.app(), state.scan.id).await.unwrap().values().sum()
}

/// Of what GitHub counted, the requests against its limits: no archives, no 304.
fn counted_by_github(story: &Story) -> u64 {
    story
        .github
        .requests()
        .iter()
        .filter(|request| {
            request.kind != Kind::Tarball && request.status != 304 && request.path != "/rate_limit"
        })
        .count() as u64
}

#[tokio::test]
async fn one_repository_needs_at_most_45_requests() {
    let story = Story::synthetic(1).await.unwrap();
    let state = story.scan().await.unwrap();
    assert!(requests(&story, &state).await <= 45, "{}", requests(&story, &state).await);
}

#[tokio::test]
async fn a_hundred_repositories_need_at_most_1_6_requests_each_and_8_write_units() {
    let story = Story::synthetic(100).await.unwrap();
    let units = story.harness.runtime().aws().write_units();
    let state = story.scan().await.unwrap();
    let units = story.harness.runtime().aws().write_units() - units;
    let cold = requests(&story, &state).await;
    assert_eq!(cold, counted_by_github(&story), "our count is GitHub's count");
    assert!(cold <= 160, "{cold} requests for 100 repositories");
    assert!(units <= 800, "{units} write units for 100 repositories");

    story.github.reset_counters();
    for repo in story.repositories(&state.scan).await.unwrap().iter().step_by(10) {
        let mut world = story.github.world().lock();
        world.push("acme", repo.name.name(), "CHANGED.md", b"changed\n");
    }
    let warm = story.scan().await.unwrap();
    let asked = requests(&story, &warm).await;
    assert!(asked <= 50, "{asked} requests for a warm scan with 10 of 100 changed");
    assert!(warm.progress.unchanged >= 89, "{:?}", warm.progress);
}

#[tokio::test]
async fn a_thousand_repositories_are_all_accounted_for_within_1_2_requests_each() {
    let story = Story::synthetic(1_000).await.unwrap();
    let units = story.harness.runtime().aws().write_units();
    let state = story.scan().await.unwrap();
    let units = story.harness.runtime().aws().write_units() - units;
    assert_eq!(state.progress.done, 1_000);
    let cold = requests(&story, &state).await;
    assert!(cold <= 1_200, "{cold} requests for 1,000 repositories");
    assert!(units <= 8_000, "{units} write units for 1,000 repositories");
}
