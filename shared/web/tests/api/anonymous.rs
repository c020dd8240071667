//! Nobody reads or changes anything without a valid token.

use scrutineer_service::access::Scope;

use crate::{exchange::operations, world::World};

/// What anybody may call. Whoever adds to it must have a reason.
const PUBLIC: &[&str] = &["/api/health"];
/// What carries a signature instead of a token.
const SIGNED: &[&str] = &["/api/webhooks/github"];

#[tokio::test]
async fn every_route_refuses_an_anonymous_caller() {
    let world = World::new().await;
    let operations = operations(&world.api);
    assert!(operations.len() > 25);
    for (method, path, operation) in operations {
        let address = path.replace(['{', '}'], "");
        if SIGNED.contains(&path.as_str()) {
            assert!(operation["security"].is_null());
            let answer = world.call(&method, address).anonymous().send().await.expect(401);
            assert_eq!(answer.json["code"], "webhook_unsigned");
            continue;
        }
        if PUBLIC.contains(&path.as_str()) {
            assert!(operation["security"].is_null());
            world.call(&method, address).anonymous().send().await.expect(200);
            continue;
        }
        assert!(operation["security"].is_array(), "{method} {path}");
        let answer = world.call(&method, &address).anonymous().send().await.expect(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"scrutineer\"");
        assert_eq!(answer.json["code"], "unauthorized");
        world.call(&method, &address).token("scr_wrong").send().await.expect(401);
    }
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked() {
    let world = World::new().await;
    let token = world.token(&[Scope::Read], None).await;
    world.get("/api/checks").token(&token).send().await.expect(200);
    let tokens = world.get("/api/tokens").send().await.expect(200);
    let id = tokens.json["items"][1]["id"].as_str().unwrap().to_owned();
    world.call("DELETE", format!("/api/tokens/{id}")).send().await.expect(204);
    world.call("DELETE", format!("/api/tokens/{id}")).send().await.expect(404);
    let refused = world.get("/api/checks").token(&token).send().await.expect(401);
    assert!(refused.header("www-authenticate").contains("invalid_token"));
}

#[tokio::test]
async fn other_schemes_are_anonymous() {
    let world = World::new().await;
    for header in ["Basic c2NyOg==", "scr_x", "Bearer", "Bearer \u{7f}"] {
        let call = world.get("/api/checks").anonymous();
        let value = header.replace('\u{7f}', "x y");
        call.header("authorization", value).send().await.expect(401);
    }
}
