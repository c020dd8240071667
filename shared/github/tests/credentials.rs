//! Tokens, Apps and what becomes of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, unreachable_pub, reason = "each test file uses its part of the support")]
mod support;

use scrutineer_core::{Fact, evidence::org::CredentialKind, provider::Provider};
use scrutineer_github::Credential;
use scrutineer_simulator::Simulator;
use support::{login, private_key, provider, with_token};

fn app(simulator: &Simulator) -> Credential {
    Credential::App {
        app_id: simulator.app_id().to_string(),
        installation_id: simulator.installation_id("acme").unwrap(),
        private_key: private_key().into(),
    }
}

async fn acme() -> Simulator {
    Simulator::synthetic("acme", 2).await.unwrap()
}

fn mints(simulator: &Simulator) -> usize {
    simulator.requests().iter().filter(|entry| entry.path.ends_with("/access_tokens")).count()
}

#[tokio::test]
async fn an_app_mints_one_token_with_read_permissions_only() {
    let simulator = acme().await;
    simulator.grant_installation([
        "metadata",
        "contents:write",
        "members",
        "checks:write",
        "organization_hooks",
        "pages",
    ]);
    let github = provider(&simulator, app(&simulator));
    let validation = github.validate(&login("acme")).await.unwrap();
    assert_eq!(validation.kind, CredentialKind::AppInstallation);
    assert_eq!(validation.actor, "scanner");
    let granted = validation.granted.unwrap();
    assert!(
        granted.contains(&"contents".to_owned()) && !granted.contains(&"pages".to_owned()),
        "{granted:?}"
    );
    assert!(
        validation.missing.iter().any(|missing| missing.key() == "administration"),
        "{:?}",
        validation.missing
    );
    let evidence = github.org_evidence(&login("acme")).await.unwrap();
    assert!(matches!(evidence.hooks, Fact::Known(_)));
    assert_eq!(mints(&simulator), 1);
    let secrets =
        simulator.requests().iter().filter(|entry| entry.path.ends_with("/actions/secrets")).count();
    assert_eq!(secrets, 0, "what the token is known to lack is not asked");
    assert!(simulator.requests().iter().all(|entry| entry.status < 400 || entry.status == 404));
}

#[tokio::test]
async fn a_token_with_less_than_five_minutes_to_live_is_not_used_again() {
    let simulator = acme().await;
    simulator.set_token_lifetime(299);
    let github = provider(&simulator, app(&simulator));
    for expected in 1..=3 {
        github.budget().await.unwrap();
        assert_eq!(mints(&simulator), expected);
    }
    simulator.set_token_lifetime(3_600);
    github.budget().await.unwrap();
    github.budget().await.unwrap();
    assert_eq!(mints(&simulator), 4);
}

#[tokio::test]
async fn a_key_that_is_none_is_a_rejected_credential() {
    let simulator = acme().await;
    for key in ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let credential =
            Credential::App { app_id: "1".into(), installation_id: 1, private_key: key.to_owned().into() };
        let failure = provider(&simulator, credential).validate(&login("acme")).await.unwrap_err();
        assert_eq!(failure.code(), Some("credential_rejected"));
    }
    let removed = match app(&simulator) {
        Credential::App { app_id, private_key, .. } => {
            Credential::App { app_id, installation_id: 1, private_key }
        }
        other => other,
    };
    let failure = provider(&simulator, removed).validate(&login("acme")).await.unwrap_err();
    assert_eq!(failure.code(), Some("credential_rejected"));
}

#[tokio::test]
async fn a_revoked_token_is_rejected_wherever_it_is_noticed() {
    let simulator = acme().await;
    let token = simulator.full_token();
    let github = with_token(&simulator, &token);
    let evidence = github.org_evidence(&login("acme")).await.unwrap();
    let listings = github.repositories(&evidence).await.unwrap();
    simulator.revoke_token(&token);
    let failures = [
        github.validate(&login("acme")).await.unwrap_err(),
        github.budget().await.unwrap_err(),
        github.org_evidence(&login("acme")).await.unwrap_err(),
        github.repositories(&evidence).await.unwrap_err(),
        github.posture(&listings).await.unwrap_err(),
        github.activity(&listings).await.unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(failure.code(), Some("credential_rejected"), "{failure}");
        assert!(!format!("{failure:?}").contains(&token));
    }
    let malformed = with_token(&simulator, "ghp_with\nnewline").validate(&login("acme")).await.unwrap_err();
    assert_eq!(malformed.code(), Some("credential_rejected"));
}

#[tokio::test]
async fn an_organization_that_is_not_there_is_said_so() {
    let simulator = acme().await;
    let github = with_token(&simulator, &simulator.full_token());
    let failure = github.validate(&login("nobody")).await.unwrap_err();
    assert_eq!(failure.code(), Some("organization_not_found"));
    let validation = github.validate(&login("acme")).await.unwrap();
    assert_eq!((validation.kind, validation.granted), (CredentialKind::FineGrainedPat, None));
    assert!(!validation.actor.is_empty());
}
