//! Connections: credentials go in, are tried, and never come out.

use scrutineer_simulator::Simulator;
use serde_json::{Value, json};

use crate::world::World;

fn with_token(token: &str) -> Value {
    json!({"name": "main", "organization": "acme", "credential": {"kind": "token", "token": token}})
}

async fn customer(world: &World) -> String {
    let made = world.post("/api/customers", json!({"name": "Acme"})).send().await.expect(201);
    format!("{}/connections", made.header("location"))
}

#[tokio::test]
async fn a_connection_lives_and_hides_its_credential() {
    let world = World::new().await;
    let list = customer(&world).await;
    let made = world.post(&list, with_token("ghp_canary_1234")).send().await.expect(201);
    assert_eq!(made.json["credential"], json!({"kind": "classic_pat", "last4": "1234"}));
    let at = made.header("location").to_owned();
    let patch = json!({"credential": {"kind": "token", "token": "github_pat_canary_5678"}});
    let changed = world.call("PATCH", &at).json(patch).send().await.expect(200);
    assert_eq!(changed.json["credential"]["last4"], "5678");
    let shown =
        [world.get(&at).send().await.expect(200).text, world.get(&list).send().await.expect(200).text];
    assert!(!shown.concat().contains("canary"));
    world.call("DELETE", &at).send().await.expect(204);
    world.get(&at).send().await.expect(404);
}

#[tokio::test]
async fn a_credential_is_tried_at_the_platform() {
    let github = Simulator::synthetic("acme", 1).await.unwrap();
    let world = World::with_github(&github.base_url()).await;
    let list = customer(&world).await;
    let token = github.full_token();
    let made = world.post(&list, with_token(&token)).send().await.expect(201);
    let at = made.header("location").to_owned();
    let valid = world.call("POST", format!("{at}/validate")).send().await.expect(200);
    assert_eq!(valid.json["valid"], true);
    assert!(world.get(&at).send().await.json["last_validated_at"].is_string());
    let short = format!("/api/connections/{}/validate", made.json["id"].as_str().unwrap());
    world.call("POST", &short).send().await.expect(200);
    github.revoke_token(&token);
    let refused = world.call("POST", &short).send().await.expect(422);
    assert_eq!(refused.json["code"], "credential_rejected");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let world = World::new().await;
    let list = customer(&world).await;
    let with = |field: &str, value: Value| {
        let mut body = with_token("ghp_0123456789");
        body[field] = value;
        body
    };
    let cases = [
        (with("organization", json!("a/b")), "invalid_organization", "/organization"),
        (with("organization", json!("x".repeat(10_000))), "invalid_organization", "/organization"),
        (with("organization", json!(7)), "invalid_body", "/organization"),
        (with("name", json!("x".repeat(101))), "invalid_name", "/name"),
        (with("base_url", json!("https://127.0.0.1")), "invalid_base_url", "/base_url"),
        (with("base_url", json!("https://169.254.169.254/latest")), "invalid_base_url", "/base_url"),
        (with("base_url", json!("https://[::1]/")), "invalid_base_url", "/base_url"),
        (with("base_url", json!("http://example.com")), "invalid_base_url", "/base_url"),
        (with("credential", json!({"kind": "token", "token": "short"})), "invalid_credential", "/credential"),
        (
            with("credential", json!({"kind": "token", "token": "x".repeat(5000)})),
            "invalid_credential",
            "/credential",
        ),
        (with("credential", json!({"kind": "password"})), "invalid_body", "/credential/kind"),
        (with("extra", json!(1)), "invalid_body", "/extra"),
    ];
    for (body, code, pointer) in cases {
        let refused = world.post(&list, body.clone()).send().await.expect(422);
        let found = (&refused.json["code"], &refused.json["errors"][0]["pointer"]);
        assert_eq!(found, (&json!(code), &json!(pointer)), "{body} → {}", refused.text);
        assert!(refused.text.len() < 1500, "{}", refused.text);
    }
}
