//! What a user sees when the token may not read something: an error that names the permission, and a lower coverage.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use scrutineer_core::Gap;
use scrutineer_scanners::Status;
use scrutineer_scenarios::{Opening, Story};
use scrutineer_simulator::{Simulator, World};

/// A scan with everything but `missing`.
async fn without(missing: &str) -> (Story, scrutineer_service::scan::read::ScanState) {
    let github = Simulator::start(World::embedded_demo().unwrap()).await.unwrap();
    let held = Simulator::all_permissions().into_iter().filter(|permission| *permission != missing);
    let token = github.installation_token(held);
    let story = Story::over(github, Opening { token: Some(token), ..Opening::default() }).await.unwrap();
    let state = story.scan().await.unwrap();
    (story, state)
}

async fn errors_name(missing: &str, checks: &[(&str, Option<&str>)]) {
    let (story, state) = without(missing).await;
    for (check, repository) in checks {
        let finding = story.finding(&state.scan, check, *repository).await.unwrap();
        assert_eq!(finding.status, Status::Error, "{finding:?}");
        match &finding.gap {
            Some(Gap::Forbidden { permission }) => assert_eq!(permission.key(), missing, "{finding:?}"),
            other => panic!("{check} names {other:?}, not {missing}"),
        }
        assert!(finding.detail.contains(&format!("{missing}:read")), "{}", finding.detail);
    }
    assert!(state.scan.overall.is_some(), "the rest is still scored");
    assert!(state.scan.coverage.unwrap() < 100.into(), "{:?}", state.scan.coverage);
}

#[tokio::test]
async fn without_contents_the_checks_of_files_are_errors() {
    let repo = Some("payments-api");
    errors_name("contents", &[("CICD-001", repo), ("CICD-004", repo), ("REPO-008", repo), ("SEC-007", repo)])
        .await;
}

#[tokio::test]
async fn without_contents_the_protection_of_a_branch_is_still_judged() {
    let (story, state) = without("contents").await;
    for check in ["REPO-001", "REPO-002", "REPO-006", "REPO-011"] {
        let finding = story.finding(&state.scan, check, Some("payments-api")).await.unwrap();
        assert_ne!(finding.status, Status::Error, "{finding:?}");
    }
}

#[tokio::test]
async fn without_members_the_checks_of_people_are_errors() {
    errors_name("members", &[("IAM-003", None), ("IAM-008", None), ("IAM-010", None)]).await;
}

#[tokio::test]
async fn without_organization_administration_its_settings_are_errors() {
    errors_name("organization_administration", &[("PLAT-004", None), ("PLAT-011", None), ("IAM-011", None)])
        .await;
}

#[tokio::test]
async fn without_administration_the_settings_of_repositories_are_errors() {
    let repo = Some("payments-api");
    errors_name("administration", &[("IAM-006", None), ("REPO-005", repo), ("SEC-003", repo)]).await;
}

#[tokio::test]
async fn without_alerts_leaked_secrets_are_unknown_not_absent() {
    errors_name("secret_scanning_alerts", &[("SEC-002", Some("payments-api"))]).await;
}
