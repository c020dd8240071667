//! Scans: started once, read while they run, cancelled; findings, scores, repositories.

use serde_json::json;

use crate::world::{Tenant, World};

async fn world() -> (World, Tenant) {
    let world = World::new().await;
    let tenant = world.tenant("Acme").await;
    (world, tenant)
}

#[tokio::test]
async fn a_scan_is_started_once() {
    let (world, tenant) = world().await;
    let scans = format!("/api/customers/{}/scans", tenant.customer);
    let body =
        json!({"connection_id": tenant.idle, "repositories": {"include": ["pay-*"]}, "categories": ["cicd"]});
    let start = |key: &str| world.post(&scans, body.clone()).header("idempotency-key", key);
    let first = start("key-1").send().await.expect(201);
    assert_eq!(first.header("location"), format!("/api/scans/{}", first.json["id"].as_str().unwrap()));
    assert_eq!(first.json["status"], "pending");
    assert_eq!(first.json["options"]["repositories"]["include"], json!(["pay-*"]));
    let again = start("key-1").send().await.expect(201);
    assert_eq!(again.json["id"], first.json["id"]);
    let other = start("key-2").send().await.expect(409);
    assert_eq!((&other.json["code"], &other.json["scan"]), (&json!("scan_active"), &first.json["id"]));
    let changed = json!({"connection_id": tenant.idle});
    let mismatch = world.post(&scans, changed).header("idempotency-key", "key-1").send().await.expect(422);
    assert_eq!(mismatch.json["code"], "idempotency_mismatch");
    let key = world.post(&scans, body.clone()).header("idempotency-key", "a b").send().await.expect(422);
    assert_eq!(key.json["errors"][0]["header"], "Idempotency-Key");
    let listed = world.get(&scans).send().await.expect(200);
    assert_eq!(listed.json["items"][0]["id"], first.json["id"], "newest first");
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_scan_is_cancelled_once() {
    let (world, tenant) = world().await;
    let at = format!("/api/scans/{}", tenant.active);
    let running = world.get(&at).send().await.expect(200);
    assert_eq!(running.json["status"], "scanning");
    let progress = &running.json["progress"];
    assert_eq!(
        [&progress["total"], &progress["done"], &progress["failed"], &progress["queued"]],
        [3, 1, 1, 1]
    );
    let cancelled = world.call("POST", format!("{at}/cancel")).send().await.expect(200);
    assert_eq!(cancelled.json["status"], "cancelled");
    let again = world.call("DELETE", &at).send().await.expect(409);
    assert_eq!(again.json["code"], "scan_ended");
}

#[tokio::test]
async fn findings_are_filtered_and_paged() {
    let (world, tenant) = world().await;
    let at = format!("/api/scans/{}/findings", tenant.completed);
    let count = async |query: &str| {
        let page = world.get(format!("{at}?{query}")).send().await.expect(200);
        page.json["items"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 5);
    assert_eq!(count("status=failed,error").await, 2);
    assert_eq!(count("status=failed&status=error").await, 2);
    assert_eq!(count("category=cicd").await, 0);
    assert_eq!(count("category=platform_arch&severity=critical,high,medium,low,info").await, 5);
    assert_eq!(count("check=plat-001").await, 1);
    assert_eq!(count("repository=-").await, 5);
    assert_eq!(count("repository=acme/api").await, 0);
    let mut next = format!("{at}?limit=2&status=passed,failed,error");
    let mut seen = Vec::new();
    loop {
        let page = world.get(&next).send().await.expect(200);
        seen.extend(page.json["items"].as_array().unwrap().clone());
        let Some(cursor) = page.json["next"].as_str() else { break };
        next = format!("{at}?limit=2&status=passed,failed,error&cursor={cursor}");
    }
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2]["gap"]["permission"], "members:read");
    assert_eq!(seen[2]["status"], "error");
    assert_eq!(seen[0]["gain"], json!({"category": 0.0, "overall": 0.0, "at_most": false}));
    // PLAT-003 weighs 0.5 (of 3, of which 1.5 are earned); nothing else scores.
    assert_eq!(seen[1]["gain"], json!({"category": 16.67, "overall": 16.67, "at_most": false}));
    assert_eq!(seen[2]["gain"]["at_most"], true);
    let check = world.get(seen[0]["check_url"].as_str().unwrap()).send().await.expect(200);
    assert_eq!(check.json["name"], seen[0]["title"]);
    for query in ["category=x", "severity=huge", "status=ok", "cursor=%20", "limit=-1", "nope=1"] {
        let refused = world.get(format!("{at}?{query}")).send().await.expect(422);
        assert_eq!(
            refused.json["errors"][0]["parameter"],
            query.split('=').next().unwrap(),
            "{}",
            refused.text
        );
    }
}

#[tokio::test]
async fn scores_and_repositories_are_shown() {
    let (world, tenant) = world().await;
    let scores = world.get(format!("/api/scans/{}/scores", tenant.completed)).send().await.expect(200);
    assert_eq!((&scores.json["overall"], &scores.json["coverage"]), (&json!(81.25), &json!(97.5)));
    assert_eq!(scores.json["scores"][0]["percentage"], json!(50.0));
    assert_eq!(scores.json["scores"][0]["title"], "Platform & architecture");
    let at = format!("/api/scans/{}/repositories?limit=1", tenant.completed);
    let first = world.get(&at).send().await.expect(200);
    assert_eq!(first.json["items"][0]["name"], "acme/api");
    assert_eq!(first.json["items"][0]["status"], "failed");
    let second =
        world.get(format!("{at}&cursor={}", first.json["next"].as_str().unwrap())).send().await.expect(200);
    assert_eq!(second.json["items"][0]["name"], "acme/web");
}

#[tokio::test]
async fn wrong_requests_name_the_place() {
    let (world, tenant) = world().await;
    let scans = format!("/api/customers/{}/scans", tenant.customer);
    let id = tenant.idle;
    let cases = [
        (json!({}), "/connection_id"),
        (json!({"connection_id": "x"}), "/connection_id"),
        (json!({"connection_id": id, "repositories": {"include": ["ok", "[a"]}}), "/repositories/include/1"),
        (
            json!({"connection_id": id, "repositories": {"exclude": ["x".repeat(201)]}}),
            "/repositories/exclude/0",
        ),
        (json!({"connection_id": id, "repositories": {"include": vec!["a"; 101]}}), "/repositories/include"),
        (json!({"connection_id": id, "repositories": {"include": "a"}}), "/repositories/include"),
        (json!({"connection_id": id, "repositories": {"skip_forks": "yes"}}), "/repositories/skip_forks"),
        (json!({"connection_id": id, "categories": ["cicd", "nope"]}), "/categories/1"),
        (json!({"connection_id": id, "categories": vec!["cicd"; 100]}), "/categories"),
        (json!({"connection_id": id, "a/b~": 1}), "/a~1b~0"),
    ];
    for (body, pointer) in cases {
        let refused = world.post(&scans, body.clone()).send().await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{body} → {}", refused.text);
    }
    let foreign = world.tenant("Other").await.idle;
    world.post(&scans, json!({"connection_id": foreign})).send().await.expect(404);
    world.get("/api/scans/not-an-id").send().await.expect(404);
}
