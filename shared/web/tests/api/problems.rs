//! What clients read when something is refused.

use scrutineer_service::access::Scope;
use serde_json::json;

use crate::{exchange::Answer, world::World};

#[tokio::test]
async fn problems_read_well() {
    let world = World::new().await;
    let reader = world.token(&[Scope::Read], None).await;
    world.post("/api/customers", json!({"name": "Acme"})).send().await.expect(201);
    let tenant = world.tenant("Other").await;
    let malformed = world.call("POST", "/api/customers").raw("application/json", "{\"name\": \"x\",}");
    let answers = [
        world.get("/api/nothing").unchecked().send().await.expect(404),
        world.get("/api/tokens").token(&reader).send().await.expect(403),
        world.get("/api/scans/7").anonymous().send().await.expect(401),
        world.get("/api/scans/01a00000-0000-7000-8000-000000000000").send().await.expect(404),
        world.call("DELETE", format!("/api/scans/{}", tenant.completed)).send().await.expect(409),
        world.post("/api/customers", json!({"name": "Acme"})).send().await.expect(409),
        malformed.send().await.expect(422),
        world.post("/api/customers", json!({"name": ["x"]})).send().await.expect(422),
        world.post("/api/customers", json!({"name": "x", "plan": "gold"})).send().await.expect(422),
        world.post("/api/customers", json!({})).send().await.expect(422),
        world.get("/api/customers?limit=999").send().await.expect(422),
        world.call("POST", "/api/customers").raw("text/plain", "{}").send().await.expect(415),
    ];
    let texts: Vec<String> = answers.iter().map(Answer::told).collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    404 No such endpoint [no_route] there is no such endpoint; GET /api/openapi.json lists them
    403 The token does not allow this [forbidden] the token lacks the scope `operator`
    401 A token is needed [unauthorized] send an API token: `Authorization: Bearer scr_…`
    404 Not found [not_found] there is no scan 01a00000-0000-7000-8000-000000000000
    409 The scan has ended [scan_ended] the scan is completed
    409 The name is taken [name_taken] a customer with the short name `acme` exists already
    422 Malformed JSON [malformed_json] the body: line 1, column 14: trailing comma {"detail":"line 1, column 14: trailing comma","pointer":""}
    422 Invalid request body [invalid_body] `/name` of the body: expected a string {"detail":"expected a string","pointer":"/name"}
    422 Invalid request body [invalid_body] `/plan` of the body: unknown name; expected `name` {"detail":"unknown name; expected `name`","pointer":"/plan"}
    422 Invalid request body [invalid_body] `/name` of the body: missing field `name` {"detail":"missing field `name`","pointer":"/name"}
    422 Invalid query parameter [invalid_query] the parameter `limit`: a limit is a number from 1 to 200 {"detail":"a limit is a number from 1 to 200","parameter":"limit"}
    415 The body is not JSON [not_json] send the body as `Content-Type: application/json`
    "#);
}

#[tokio::test]
async fn a_problem_is_whole() {
    let world = World::new().await;
    let answer = world.get("/api/customers?limit=0").send().await.expect(422);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json["request_id"], answer.header("x-request-id"));
    let mut body = answer.json.clone();
    body["request_id"] = json!("[id]");
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @r#"
    {
      "code": "invalid_query",
      "detail": "the parameter `limit`: a limit is a number from 1 to 200",
      "errors": [
        {
          "detail": "a limit is a number from 1 to 200",
          "parameter": "limit"
        }
      ],
      "instance": "/api/customers",
      "request_id": "[id]",
      "status": 422,
      "title": "Invalid query parameter",
      "type": "urn:scrutineer:problem:invalid_query"
    }
    "#);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let world = World::new().await;
    let answer = world.call("DELETE", "/api/customers").unchecked().send().await.expect(405);
    assert_eq!(answer.json["code"], "wrong_method");
    assert!(answer.header("allow").contains("POST"), "{:?}", answer.headers);
    assert_eq!(world.call("POST", "/api/health").unchecked().send().await.expect(405).json["status"], 405);
}

#[tokio::test]
async fn heads_have_no_body() {
    let world = World::new().await;
    assert_eq!(world.call("HEAD", "/api/checks").unchecked().send().await.expect(200).text, "");
    assert_eq!(world.call("HEAD", "/api/checks").anonymous().unchecked().send().await.expect(401).text, "");
}

/// Deep nesting, huge numbers, broken UTF-8, NUL, duplicate names: refused, never a crash.
#[tokio::test]
async fn hostile_bodies_are_refused() {
    let world = World::new().await;
    let deep = format!("{{\"name\": {}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let bodies: [&[u8]; 7] = [
        deep.as_bytes(),
        b"\xff\xfe{}",
        b"{\"name\": \"\xff\"}",
        b"{\"name\": 1e400}",
        b"{\"name\": \"a\", \"name\": \"b\"}",
        b"{\"name\": \"a\\u0000b\"}",
        b"{\"name\": \"a\"} {}",
    ];
    for body in bodies {
        let answer =
            world.call("POST", "/api/customers").raw("application/json", body).send().await.expect(422);
        assert!(answer.json["errors"][0]["detail"].is_string(), "{}", answer.text);
    }
}
