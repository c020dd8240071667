//! Scan profiles: created, versioned, named by a scan; what does not hold is refused with its place.

use serde_json::{Value, json};

use crate::world::{Tenant, World};

async fn world() -> (World, Tenant, String) {
    let world = World::new().await;
    let tenant = world.tenant("Acme").await;
    let at = format!("/api/customers/{}/profiles", tenant.customer);
    (world, tenant, at)
}

fn strict() -> Value {
    json!({
        "name": "Strict payments",
        "description": "For everything that touches cards",
        "categories": {"dast": {"enabled": false}, "secrets_mgmt": {"weight": 0.25}},
        "checks": {
            "CICD-003": {"enabled": false},
            "IAM-003": {"weight": 1.75, "thresholds": {"max_admin_ratio": 3}},
        },
    })
}

#[tokio::test]
async fn a_profile_lives_in_versions() {
    let (world, tenant, profiles) = world().await;
    let made = world.post(&profiles, strict()).send().await.expect(201);
    let at = made.header("location").to_owned();
    assert!(made.header("etag").starts_with("\"v1-"), "{}", made.header("etag"));
    for (key, value) in strict().as_object().unwrap() {
        assert_eq!(&made.json[key], value, "as it was written");
    }
    assert_eq!(world.get(&at).send().await.expect(200).json, made.json);
    let same = world.call("PUT", &at).json(strict()).send().await.expect(200);
    assert_eq!(same.json["version"], 1, "nothing is different");
    let mut other = strict();
    other["name"] = json!("Stricter");
    let tag = made.header("etag").to_owned();
    let put = || world.call("PUT", &at).json(other.clone()).header("if-match", tag.clone());
    let replaced = put().send().await.expect(200);
    assert_eq!((&replaced.json["version"], &replaced.json["name"]), (&json!(2), &json!("Stricter")));
    let late = put().send().await.expect(412);
    assert_eq!(late.json["code"], "version_mismatch");
    // The name of before is free again.
    world.post(&profiles, json!({"name": "strict PAYMENTS"})).send().await.expect(201);
    let versions = world.get(format!("{at}/versions")).send().await.expect(200);
    let numbers: Vec<_> = versions.json["items"].as_array().unwrap().iter().map(|v| &v["version"]).collect();
    assert_eq!(numbers, [2, 1]);
    let listed = world.get(&profiles).send().await.expect(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 3);
    world.call("DELETE", &at).send().await.expect(204);
    world.get(&at).send().await.expect(404);
    let first = world.get(format!("{at}/versions/1")).send().await.expect(200);
    assert_eq!(first.json["name"], "Strict payments");
    world.get(format!("{at}/versions/3")).send().await.expect(404);
    let foreign = world.tenant("Other").await.customer.to_string();
    world.get(at.replace(&tenant.customer.to_string(), &foreign)).send().await.expect(404);
}

#[tokio::test]
async fn the_built_in_profile_is_read_only() {
    let (world, _, profiles) = world().await;
    let default = world.get(format!("{profiles}/default")).send().await.expect(200);
    assert_eq!((&default.json["built_in"], &default.json["checks"]), (&json!(true), &json!({})));
    let put = world.call("PUT", format!("{profiles}/default")).json(strict()).send().await.expect(409);
    assert_eq!(put.json["code"], "profile_built_in");
    world.get(format!("{profiles}/default/versions")).send().await.expect(200);
    world.get(format!("{profiles}/default/versions/1")).send().await.expect(200);
    world.get(format!("{profiles}/default/versions/2")).send().await.expect(404);
}

#[tokio::test]
async fn what_does_not_hold_is_named() {
    let (world, _, profiles) = world().await;
    let cases = [
        (json!({}), "/name"),
        (json!({"name": "…"}), "/name"),
        (json!({"name": "Default"}), "/name"),
        (json!({"name": "x".repeat(101)}), "/name"),
        (json!({"name": "0197a000-0000-7000-8000-000000000001"}), "/name"),
        (json!({"name": "a", "description": "x".repeat(1001)}), "/description"),
        (json!({"name": "a", "weights": {}}), "/weights"),
        (json!({"name": "a", "categories": {"nope": {}}}), "/categories/nope"),
        (json!({"name": "a", "categories": {"cicd": {"weight": 2}}}), "/categories/cicd/weight"),
        (json!({"name": "a", "categories": {"cicd": {"weight": "0.1"}}}), "/categories/cicd/weight"),
        (json!({"name": "a", "checks": {"X-1": {}}}), "/checks/X-1"),
        (json!({"name": "a", "checks": {"CICD-003": {"on": true}}}), "/checks/CICD-003/on"),
        (
            json!({"name": "a", "checks": {"IAM-003": {"thresholds": {"max_admin_ratio": 500}}}}),
            "/checks/IAM-003/thresholds/max_admin_ratio",
        ),
    ];
    for (body, pointer) in cases {
        let refused = world.post(&profiles, body.clone()).send().await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{body} → {}", refused.text);
    }
}

#[tokio::test]
async fn a_scan_pins_the_version_that_it_was_started_with() {
    let (world, tenant, profiles) = world().await;
    let made = world.post(&profiles, strict()).send().await.expect(201);
    let scans = format!("/api/customers/{}/scans", tenant.customer);
    let body = json!({"connection_id": tenant.idle, "profile": "strict payments"});
    let scan = world.post(&scans, body).send().await.expect(201);
    let pinned = json!({
        "id": made.json["id"], "name": "Strict payments", "version": 1,
        "disabled_categories": ["dast"], "disabled_checks": ["CICD-003"],
        "check_weights": {"IAM-003": 1.75},
    });
    assert_eq!(scan.json["profile"], pinned);
    let changed = json!({"name": "Strict payments"});
    world.call("PUT", made.header("location")).json(changed).send().await.expect(200);
    world.call("DELETE", made.header("location")).send().await.expect(204);
    let read = world.get(scan.header("location")).send().await.expect(200);
    assert_eq!(read.json["profile"], pinned);
    let running = world.get(format!("/api/scans/{}", tenant.active)).send().await.expect(200);
    assert_eq!(running.json["profile"]["id"], "default");
    world.call("DELETE", scan.header("location")).send().await.expect(200);
    for (body, pointer) in [
        (json!({"connection_id": tenant.idle, "profile": "nobody"}), "/profile"),
        (json!({"connection_id": tenant.idle, "profile": "…"}), "/profile"),
        (json!({"connection_id": tenant.idle, "profile": tenant.idle}), "/profile"),
    ] {
        let refused = world.post(&scans, body).send().await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{}", refused.text);
    }
    world.post(&profiles, strict()).send().await.expect(201);
    let off = json!({"connection_id": tenant.idle, "profile": "strict-payments", "categories": ["dast"]});
    let refused = world.post(&scans, off).send().await.expect(422);
    assert_eq!(refused.json["errors"][0]["pointer"], "/categories", "{}", refused.text);
}
