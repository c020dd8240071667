//! Tokens: their text is shown once.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_token_is_shown_once_and_works() {
    let world = World::new().await;
    let request = json!({"name": "ci", "scopes": ["read", "scan"], "expires_in_days": 30});
    let made = world.post("/api/tokens", request).send().await.expect(201);
    let token = made.json["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("scr_") && token.len() > 40);
    world.get("/api/checks").token(&token).send().await.expect(200);
    let listed = world.get("/api/tokens").send().await.expect(200);
    assert!(!listed.text.contains(&token) && !listed.text.contains("\"token\""));
    assert_eq!(listed.json["items"][1]["id"], made.json["id"]);
}

#[tokio::test]
async fn wrong_requests_name_the_place() {
    let world = World::new().await;
    let cases = [
        (json!({"name": " ", "scopes": ["read"]}), "/name"),
        (json!({"name": "x", "scopes": []}), "/scopes"),
        (json!({"name": "x", "scopes": ["root"]}), "/scopes/0"),
        (json!({"name": "x", "scopes": ["read"], "expires_in_days": 0}), "/expires_in_days"),
        (json!({"name": "x", "scopes": ["read"], "expires_in_days": -1}), "/expires_in_days"),
    ];
    for (body, pointer) in cases {
        let refused = world.post("/api/tokens", body.clone()).send().await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{body} → {}", refused.text);
    }
}
