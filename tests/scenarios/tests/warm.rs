//! A second scan asks only for what changed, and says what it reused.

use scrutineer_aws::records::RepoState;
use scrutineer_core::SignedDuration;
use scrutineer_scenarios::Story;

#[tokio::test]
async fn unchanged_repositories_reuse_their_results_and_say_so() {
    let story = Story::demo().await.unwrap();
    let first = story.scan().await.unwrap();
    story.clock.advance(SignedDuration::from_hours(1));
    let second = story.scan().await.unwrap();
    assert_eq!(second.progress.unchanged, first.progress.done);
    assert_eq!(second.scan.overall, first.scan.overall);
    let repositories = story.repositories(&second.scan).await.unwrap();
    assert!(repositories.iter().all(|repo| repo.state == RepoState::Unchanged && repo.reason.is_some()));
    assert_eq!(story.findings(&first.scan).await.unwrap(), story.findings(&second.scan).await.unwrap());
}

#[tokio::test]
async fn a_push_makes_its_repository_scanned_anew() {
    let story = Story::demo().await.unwrap();
    story.scan().await.unwrap();
    story.github.world().lock().push("acme", "payments-api", "README.md", b"# Changed\n").unwrap();
    let second = story.scan().await.unwrap();
    assert_eq!(second.progress.done, 1);
    let changed: Vec<_> = story.repositories(&second.scan).await.unwrap();
    let done = changed.iter().find(|repo| repo.state == RepoState::Done).unwrap();
    assert_eq!(done.name.name(), "payments-api");
}

#[tokio::test]
async fn a_changed_setting_makes_its_repository_scanned_anew() {
    let story = Story::demo().await.unwrap();
    story.scan().await.unwrap();
    // A later scan begins later; what was read since its beginning is not asked for again.
    story.clock.advance(SignedDuration::from_mins(1));
    story
        .github
        .world()
        .lock()
        .repo_mut("acme", "payments-api")
        .unwrap()
        .set_security("secret_scanning", false);
    let second = story.scan().await.unwrap();
    assert_eq!(second.progress.done, 1);
    let finding = story.finding(&second.scan, "SEC-001", Some("payments-api")).await.unwrap();
    assert_ne!(finding.status, scrutineer_scanners::Status::Passed);
}

#[tokio::test]
async fn a_result_older_than_a_week_is_evaluated_anew() {
    let story = Story::demo().await.unwrap();
    let first = story.scan().await.unwrap();
    story.clock.advance(SignedDuration::from_hours(8 * 24));
    let second = story.scan().await.unwrap();
    assert_eq!(second.progress.done, first.progress.done);
}
