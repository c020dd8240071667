//! A scan from its start to its end, and what a user sees of it on the way.

use scrutineer_aws::records::{RepoState, ScanStatus};
use scrutineer_scanners::{Status, registry};
use scrutineer_scenarios::{Opening, Story};
use scrutineer_service::scan::{end, read, start};
use scrutineer_simulator::{Simulator, World};

#[tokio::test]
async fn every_repository_is_accounted_for_once() {
    let story = Story::demo().await.unwrap();
    let state = story.scan().await.unwrap();
    let repositories = story.repositories(&state.scan).await.unwrap();
    let mut names: Vec<_> = repositories.iter().map(|repo| repo.name.to_string()).collect();
    assert!(repositories.iter().all(|repo| repo.state == RepoState::Done), "{repositories:?}");
    names.dedup();
    assert_eq!(names.len() as u64, state.progress.done);
    assert_eq!(state.progress.total, Some(state.progress.done));
    assert_eq!(state.progress.queued, 0);
}

#[tokio::test]
async fn every_check_of_a_repository_has_one_finding_and_every_status_occurs() {
    let story = Story::demo().await.unwrap();
    let state = story.scan().await.unwrap();
    let findings = story.findings(&state.scan).await.unwrap();
    let (org, repo): (Vec<_>, Vec<_>) =
        registry::checks().partition(|(_, check)| check.scope() == scrutineer_scanners::Scope::Org);
    assert_eq!(findings.len() as u64, org.len() as u64 + repo.len() as u64 * state.progress.done);
    for status in Status::ALL {
        assert!(findings.iter().any(|finding| finding.status == status), "no finding is {status:?}");
    }
    for finding in findings.iter().filter(|finding| finding.status == Status::Error) {
        assert!(finding.gap.is_some(), "{finding:?} does not say why");
    }
}

#[tokio::test]
async fn scores_say_how_much_was_looked_at() {
    let story = Story::demo().await.unwrap();
    let state = story.scan().await.unwrap();
    let scores = read::scores(story.app(), state.scan.id).await.unwrap();
    assert_eq!(scores.categories.len(), registry::SCANNERS.len());
    assert!(scores.overall.is_some() && scores.coverage.is_some());
    for score in scores.categories {
        assert!(score.score <= score.max_score, "{score:?}");
        assert!(score.coverage.is_some(), "{score:?}");
    }
}

#[tokio::test]
async fn an_empty_organization_is_a_completed_scan_of_nothing() {
    let story = Story::synthetic(0).await.unwrap();
    let state = story.scan().await.unwrap();
    assert_eq!(state.progress.total, Some(0));
}

#[tokio::test]
async fn a_second_scan_is_refused_while_the_first_runs_and_names_it() {
    let story = Story::demo().await.unwrap();
    let first = story.start().await.unwrap();
    let refused = story.start().await.unwrap_err();
    assert!(refused.to_string().contains(&first.id.to_string()), "{refused}");
    assert_eq!(story.finish(&first).await.unwrap().scan.status, ScanStatus::Completed);
    assert!(story.start().await.is_ok());
}

#[tokio::test]
async fn the_same_idempotency_key_answers_the_same_scan() {
    let story = Story::demo().await.unwrap();
    let request: start::ScanRequest =
        serde_json::from_value(serde_json::json!({ "connection_id": story.connection.id })).unwrap();
    let customer = story.customer.id;
    let first = start::start(story.app(), customer, &request, Some("k1")).await.unwrap();
    let second = start::start(story.app(), customer, &request, Some("k1")).await.unwrap();
    assert_eq!(first.id, second.id);
    let other = start::ScanRequest { categories: vec!["cicd".to_owned()], ..request };
    let refused = start::start(story.app(), customer, &other, Some("k1")).await.unwrap_err();
    assert_eq!(refused.code(), Some("idempotency_mismatch"));
}

#[tokio::test]
async fn a_cancelled_scan_stays_cancelled_and_a_new_one_may_start() {
    let story = Story::demo().await.unwrap();
    let scan = story.start().await.unwrap();
    end::cancel(story.app(), scan.id).await.unwrap();
    story.harness.settle().await.unwrap();
    let state = read::state(story.app(), scan.id).await.unwrap();
    assert_eq!(state.scan.status, ScanStatus::Cancelled);
    assert_eq!(end::cancel(story.app(), scan.id).await.unwrap_err().code(), Some("scan_ended"));
    assert!(story.scan().await.is_ok());
}

#[tokio::test]
async fn globs_and_options_choose_the_repositories() {
    let story = Story::demo().await.unwrap();
    let request: start::ScanRequest = serde_json::from_value(serde_json::json!({
        "connection_id": story.connection.id,
        "repositories": { "include": ["*-service", "payments-*"], "exclude": ["LEDGER-*"] },
        "categories": ["cicd"],
    }))
    .unwrap();
    let scan = start::start(story.app(), story.customer.id, &request, None).await.unwrap();
    story.finish(&scan).await.unwrap();
    let names: Vec<_> =
        story.repositories(&scan).await.unwrap().iter().map(|repo| repo.name.name().to_owned()).collect();
    assert_eq!(names, ["payments-api"]);
    let findings = story.findings(&scan).await.unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding.check.starts_with("CICD-")));
}

#[tokio::test]
async fn a_revoked_token_fails_the_scan_and_says_so() {
    let github = Simulator::start(World::embedded_demo().unwrap()).await.unwrap();
    let token = github.full_token();
    github.revoke_token(&token);
    let story = Story::over(github, Opening { token: Some(token), ..Opening::default() }).await.unwrap();
    let scan = story.start().await.unwrap();
    let state = story.finish(&scan).await.unwrap();
    assert_eq!(state.scan.status, ScanStatus::Failed);
    assert_eq!(state.scan.error.unwrap().code, "credential_rejected");
}

#[tokio::test]
async fn an_unknown_organization_fails_the_scan_and_says_so() {
    let github = Simulator::start(World::embedded_demo().unwrap()).await.unwrap();
    let story = Story::over(github, Opening { org: "nobody", ..Opening::default() }).await.unwrap();
    let scan = story.start().await.unwrap();
    let state = story.finish(&scan).await.unwrap();
    assert_eq!(state.scan.status, ScanStatus::Failed);
    assert_eq!(state.scan.error.unwrap().code, "organization_not_found");
}
