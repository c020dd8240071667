//! A scan under a profile: what is disabled does not run, what is weighed differently scores differently, and a result
//! is used again only for a profile of the same effect.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use scrutineer_scenarios::Story;
use scrutineer_service::{
    audit::{self, By},
    profiles::{self, ProfileInput, ProfileState},
    scan::{
        read::{self, ScanState},
        start::{self, ScanRequest},
    },
};
use serde_json::json;

fn input(value: serde_json::Value) -> ProfileInput {
    serde_json::from_value(value).unwrap()
}

async fn profile(story: &Story, value: serde_json::Value) -> ProfileState {
    profiles::create(story.app(), story.customer.id, input(value), &By::system("test")).await.unwrap()
}

async fn scan(story: &Story, profile: Option<&str>) -> ScanState {
    let request: ScanRequest =
        serde_json::from_value(json!({ "connection_id": story.connection.id, "profile": profile })).unwrap();
    let scan = start::start(story.app(), story.customer.id, &request, None).await.unwrap();
    story.finish(&scan).await.unwrap()
}

#[tokio::test]
async fn what_is_disabled_is_neither_run_nor_counted() {
    let story = Story::demo().await.unwrap();
    let all = scan(&story, None).await;
    let off = json!({
        "name": "Narrow",
        "categories": { "dast": { "enabled": false }, "identity_access": { "weight": 0 } },
        "checks": { "SEC-001": { "enabled": false }, "IAM-001": { "enabled": false }, "SEC-002": { "weight": 5 } },
    });
    profile(&story, off).await;
    let narrow = scan(&story, Some("narrow")).await;
    assert_eq!(narrow.scan.profile.version, 1);
    assert_eq!(narrow.scan.profile.disabled_categories, ["dast"]);
    assert_eq!(narrow.scan.profile.disabled_checks, ["IAM-001", "SEC-001"]);
    let is_off = |check: &str| check.starts_with("DAST-") || ["SEC-001", "IAM-001"].contains(&check);
    let findings = story.findings(&narrow.scan).await.unwrap();
    assert!(findings.iter().all(|finding| !is_off(&finding.check)));
    let expected = story.findings(&all.scan).await.unwrap();
    let expected: Vec<_> = expected.into_iter().filter(|finding| !is_off(&finding.check)).collect();
    assert_eq!(findings, expected, "nothing else is decided differently");
    let scores = read::scores(story.app(), narrow.scan.id).await.unwrap();
    assert!(scores.categories.iter().all(|score| score.category != "dast"));
    let max = |state: &ScanState, category: &'static str| {
        let id = state.scan.id;
        let app = story.app();
        async move {
            let scores = read::scores(app, id).await.unwrap();
            scores.categories.into_iter().find(|score| score.category == category).unwrap()
        }
    };
    assert_ne!(max(&all, "secrets_mgmt").await.max_score, max(&narrow, "secrets_mgmt").await.max_score);
    assert!(max(&narrow, "identity_access").await.weight.is_zero());
    assert_ne!(all.scan.overall, narrow.scan.overall);
}

#[tokio::test]
async fn results_are_used_again_only_under_a_profile_of_the_same_effect() {
    let story = Story::demo().await.unwrap();
    let first = scan(&story, None).await;
    let same = profile(&story, json!({ "name": "Same", "checks": { "SEC-001": { "enabled": true } } })).await;
    let again = scan(&story, Some("same")).await;
    assert_eq!(again.progress.unchanged, first.progress.done, "the same effect under another name");
    let id = same.row.unwrap().id.to_string();
    let other =
        input(json!({ "name": "Same", "checks": { "REPO-002": { "thresholds": { "min_approvals": 9 } } } }));
    let replaced = profiles::replace(story.app(), story.customer.id, &id, None, (other, &By::system("test")))
        .await
        .unwrap();
    assert_eq!(replaced.row.unwrap().version, 2);
    let log = audit::head(story.app(), &profiles::log_of(story.customer.id)).await.unwrap().unwrap();
    assert_eq!(log.sequence, 2, "created and replaced");
    let changed = scan(&story, Some(&id)).await;
    assert_eq!((changed.progress.unchanged, changed.progress.done), (0, first.progress.done));
    assert_eq!(changed.scan.profile.version, 2);
    let back = scan(&story, None).await;
    assert_eq!(back.progress.unchanged, 0, "the newest results are those of the other profile");
    assert_eq!(back.scan.overall, first.scan.overall);
}
