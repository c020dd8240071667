//! Deliveries: only signed ones are read, each is accepted once, and none that was accepted is lost.

use aws_lc_rs::hmac;
use serde_json::json;

use crate::{exchange::Call, world::World};

const PATH: &str = "/api/webhooks/github";

/// What GitHub would send.
pub(crate) fn signed<'a>(world: &'a World, event: &str, delivery: &str, body: &[u8]) -> Call<'a> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"canary-webhook-secret");
    let signature = format!("sha256={}", hex::encode(hmac::sign(&key, body)));
    unsigned(world, event, delivery, body).header("x-hub-signature-256", signature)
}

fn unsigned<'a>(world: &'a World, event: &str, delivery: &str, body: &[u8]) -> Call<'a> {
    world
        .call("POST", PATH)
        .anonymous()
        .raw("application/json", body.to_vec())
        .header("x-github-event", event)
        .header("x-github-delivery", delivery)
}

fn pull_request() -> Vec<u8> {
    let repository = json!({"id": 1, "full_name": "acme/api", "name": "api", "private": true,
        "default_branch": "main", "archived": false});
    let side = |sha: &str, branch: &str| json!({"sha": sha.repeat(40), "ref": branch, "repo": repository});
    json!({
        "action": "opened",
        "number": 7,
        "pull_request": {"number": 7, "draft": false, "merged": false, "user": {"login": "mona"},
            "head": side("a", "topic"), "base": side("b", "main")},
        "repository": repository,
        "sender": {"login": "mona"},
        "installation": {"id": 11},
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn what_is_not_signed_is_not_read() {
    let world = World::new().await;
    let body = pull_request();
    for signature in ["", "sha256=", "sha1=0123", "sha256=zz", &format!("sha256={}", "0".repeat(64))] {
        let call = unsigned(&world, "pull_request", "g-1", &body).header("x-hub-signature-256", signature);
        assert_eq!(call.send().await.expect(401).json["code"], "webhook_unsigned", "{signature}");
    }
    let sha1 = unsigned(&world, "pull_request", "g-1", &body)
        .header("x-hub-signature", format!("sha1={}", "0".repeat(40)));
    sha1.send().await.expect(401);
    // Even a body that is no JSON at all: the signature comes first.
    unsigned(&world, "pull_request", "g-1", b"{").send().await.expect(401);
    assert_eq!(counted(&world).await["received"], 0);
}

#[tokio::test]
async fn signed_nonsense_is_a_bad_request() {
    let world = World::new().await;
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for body in ["", "{", "[]", "{\"action\":\"opened\"}", &deep] {
        let answer = signed(&world, "pull_request", "g-1", body.as_bytes()).send().await.expect(400);
        assert_eq!(answer.json["code"], "malformed_webhook", "{body}");
    }
    signed(&world, "ping", "not a guid!", b"{\"hook\":{}}").send().await.expect(400);
}

#[tokio::test]
async fn a_delivery_is_accepted_once() {
    let world = World::new().await;
    let body = pull_request();
    let first = signed(&world, "pull_request", "G-1", &body).send().await.expect(202);
    assert_eq!(first.json, json!({"delivery": "g-1", "state": "accepted", "repeated": false}));
    let again = signed(&world, "pull_request", "g-1", &body).send().await.expect(202);
    assert_eq!(again.json["repeated"], true);
    let depth = world.app.queue.depth(scrutineer_aws::QueueName::Verifications).await.unwrap();
    assert_eq!(depth.total(), 1);
    let counters = counted(&world).await;
    assert_eq!((&counters["received"], &counters["pending"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn what_does_not_concern_us_is_written_down_and_left() {
    let world = World::new().await;
    signed(&world, "star", "g-1", b"{\"action\":\"created\"}").send().await.expect(202);
    signed(&world, "ping", "g-2", b"{\"hook\":{}}").send().await.expect(202);
    let listed = world.get("/api/deliveries").send().await.expect(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 2);
    assert_eq!(listed.json["items"][0]["state"], "ignored");
    assert_eq!(counted(&world).await["ignored"], 2);
}

async fn counted(world: &World) -> serde_json::Value {
    world.get("/api/deliveries/counters").send().await.expect(200).json
}
