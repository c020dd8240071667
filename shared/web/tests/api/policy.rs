//! Bundles, overrides and the audit log as a client sees them.

use scrutineer_service::{access::Scope, audit::chain::Chain, records::AuditEntry};
use serde_json::{Value, json};

use crate::{exchange::Answer, world::World};

const BUNDLE: &str = "/api/orgs/acme/policy-bundle";

fn document(version: &str, required: &[&str]) -> Value {
    json!({"version": version, "policies": {"required": required}})
}

async fn put(world: &World, body: Value, tag: &str) -> Answer {
    world.call("PUT", BUNDLE).json(body).header("if-match", tag).send().await
}

#[tokio::test]
async fn a_bundle_is_read_edited_and_pinned_by_its_tag() {
    let world = World::new().await;
    let first = world.get(BUNDLE).send().await.expect(200);
    assert_eq!((&first.json["id"], &first.json["org"]), (&json!("default"), &json!("acme")));
    assert!(first.json.get("pinnedAt").is_none());
    let edited = document("1.0.0", &["pii", "auth"]);
    world.call("PUT", BUNDLE).json(edited.clone()).send().await.expect(428);
    let pinned = put(&world, edited, first.header("etag")).await.expect(200);
    assert!(pinned.json["pinnedAt"].is_string() && pinned.json["pinnedBy"] == "token:first operator");
    let again = put(&world, document("1.1.0", &["pii"]), first.header("etag")).await.expect(412);
    assert_eq!(again.json["code"], "version_mismatch");
    // What is read can be sent back with the next version.
    let mut next = world.get(BUNDLE).send().await.expect(200);
    assert_eq!(next.header("etag"), pinned.header("etag"));
    next.json["version"] = json!("1.1.0");
    put(&world, next.json.clone(), next.header("etag")).await.expect(200);
    let known = world.get(BUNDLE).header("if-none-match", pinned.header("etag")).send().await.expect(200);
    world.get(BUNDLE).header("if-none-match", known.header("etag")).send().await.expect(304);
}

#[tokio::test]
async fn going_back_is_pinning_an_earlier_version() {
    let world = World::new().await;
    put(&world, document("1.0.0", &["pii"]), "*").await.expect(200);
    put(&world, document("2.0.0", &["auth"]), "*").await.expect(200);
    put(&world, json!({"version": "1.0.0"}), "*").await.expect(200);
    put(&world, json!({"id": "strict"}), "*").await.expect(200);
    let back = put(&world, json!({"version": "1.0.0"}), "*").await.expect(200);
    assert_eq!(back.json["policies"]["required"], json!(["pii"]));
    let history = world.get(format!("{BUNDLE}/history")).send().await.expect(200);
    let pins: Vec<_> = history.json["items"].as_array().unwrap().iter().map(|pin| &pin["bundle"]).collect();
    assert_eq!(pins, ["1.0.0", "strict@1.0.0", "1.0.0", "2.0.0", "1.0.0"]);
    let unknown = put(&world, json!({"version": "3.0.0"}), "*").await.expect(422);
    assert_eq!(unknown.json["errors"][0]["pointer"], "/version");
}

#[tokio::test]
async fn a_published_version_never_changes() {
    let world = World::new().await;
    let versions = format!("{BUNDLE}/versions");
    let made = world.post(&versions, document("1.0.0", &["pii"])).send().await.expect(201);
    world.post(&versions, document("1.0.0", &["pii"])).send().await.expect(200);
    let other = world.post(&versions, document("1.0.0", &["auth"])).send().await.expect(409);
    assert_eq!(other.json["code"], "version_published");
    put(&world, document("1.0.0", &["auth"]), "*").await.expect(409);
    world.post(&versions, document("1.10.0-rc.1", &["pii"])).send().await.expect(201);
    world.post(&versions, document("1.9.0", &["pii"])).send().await.expect(201);
    let listed = world.get(&versions).send().await.expect(200);
    let order: Vec<_> =
        listed.json["items"].as_array().unwrap().iter().map(|item| &item["version"]).collect();
    assert_eq!(order, ["1.10.0-rc.1", "1.9.0", "1.0.0"]);
    let read = world.get(made.header("location")).send().await.expect(200);
    assert_eq!(read.header("cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(read.json["policies"]["required"], json!(["pii"]));
    let known = world.get(made.header("location")).header("if-none-match", read.header("etag")).send().await;
    assert_eq!(known.expect(304).header("cache-control"), "private, max-age=31536000, immutable");
    let moving = world.get(format!("{versions}/strict")).send().await.expect(200);
    assert_eq!(moving.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_large_bundle_continues_in_further_items() {
    let world = World::new().await;
    // Text that does not compress: the bundle stays larger than an item.
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(state >> 26) as usize],
        )
    };
    let mut bundle = document("1.0.0", &["acme"]);
    let rules: Vec<String> = (0..15)
        .map(|n| {
            let noise: String = (0..60_000).map(|_| noise()).collect();
            format!(
                "apiVersion: 1\nid: acme/own-{n}\ntitle: t\nseverity: error\ntier: hard_block\nrationale: 'r{noise}'\n\
                 fix: f\nlanguages: [script]\nmessage: m\nmatch:\n  call: {{ name: [danger{n}] }}\nexamples:\n  \
                 - languages: [script]\n    bad: ['danger{n}();']\n    good: ['safe();']\n",
            )
        })
        .collect();
    bundle["rules"] = json!(rules);
    let answer = world.post(format!("{BUNDLE}/versions"), bundle.clone()).send().await;
    assert_eq!(answer.status, 201, "{}", answer.told().chars().take(2_000).collect::<String>());
    let read = world.get(format!("{BUNDLE}/versions/1.0.0")).send().await.expect(200);
    assert_eq!(read.json["rules"], bundle["rules"]);
}

#[tokio::test]
async fn mistakes_are_named_by_their_paths() {
    let world = World::new().await;
    let mut bundle = document("one", &["pii", "piii"]);
    bundle["id"] = json!("strict");
    bundle["org"] = json!("other");
    bundle["config"] = json!({
        "auth": {"threshold": 101, "ruleOverrides": {"auth/nothing": {"state": "off"}}},
        "nothing": {},
    });
    bundle["checks"] = json!({"required": ["pii"]});
    bundle["rules"] = json!(["id: x"]);
    let refused = put(&world, bundle, "*").await.expect(422);
    let pointers: Vec<_> = refused.json["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
    for pointer in [
        "/version",
        "/id",
        "/org",
        "/policies/required/1",
        "/config/auth/threshold",
        "/config/auth/ruleOverrides/auth~1nothing",
        "/config/nothing",
        "/checks/required/0",
        "/rules/0",
    ] {
        assert!(pointers.iter().any(|found| *found == pointer), "{pointer}: {}", refused.text);
    }
    let shapes = [
        (json!({"policies": {}}), "/version"),
        (json!({"version": "1.0.0", "policies": {"required": 7}}), "/policies/required"),
        (json!({"version": "1.0.0", "policies": {}, "polices": {}}), "/polices"),
        (
            json!({"version": "1.0.0", "policies": {},
                   "config": {"pii": {"ruleOverrides": {"pii/x": {"severity": "fatal"}}}}}),
            "/config/pii/ruleOverrides/pii~1x/severity",
        ),
    ];
    for (body, pointer) in shapes {
        let refused = put(&world, body, "*").await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{}", refused.text);
    }
    assert_eq!(world.get(format!("{BUNDLE}/history")).send().await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn two_bundles_are_compared_for_people_and_for_programs() {
    let world = World::new().await;
    put(&world, document("1.0.0", &["pii", "auth"]), "*").await.expect(200);
    let mut next = document("1.1.0", &["pii"]);
    next["policies"]["optional"] = json!(["auth"]);
    next["config"] = json!({"pii": {"ruleOverrides": {"pii/logged-sensitive-data": {"state": "warn"}}}});
    put(&world, next, "*").await.expect(200);
    let path = format!("{BUNDLE}/versions/1.0.0/diff/1.1.0");
    let diff = world.get(&path).send().await.expect(200);
    let change = |rule: &str| {
        let rules = diff.json["rules"].as_array().unwrap();
        rules.iter().find(|change| change["rule"] == rule).map(|change| change["change"].clone())
    };
    assert_eq!(change("pii/logged-sensitive-data"), Some(json!("loosened")));
    assert_eq!(diff.json["before"], "acme@1.0.0");
    let text = world.get(&path).header("accept", "text/plain").unchecked().send().await.expect(200).text;
    assert!(text.starts_with("acme@1.0.0 → acme@1.1.0\nmoved      policies.auth"), "{text}");
    assert!(text.contains("blocks (required, error) → warns (required, error)"), "{text}");
    world.get(format!("{BUNDLE}/versions/1.0.0/diff/9.0.0")).send().await.expect(404);
}

#[tokio::test]
async fn an_override_is_decided_by_somebody_else() {
    let world = World::new().await;
    let asker = world.token_of_org(&[Scope::RequestOverrides, Scope::ApproveOverrides], "acme").await;
    let other = world.token_of_org(&[Scope::ApproveOverrides], "acme").await;
    let overrides = "/api/repos/acme/api/override";
    let wanted = json!({"target": "pii", "state": "evaluate", "reason": "legacy code", "expires_in_days": 5});
    let made = world.post(overrides, wanted).token(&asker).send().await.expect(201);
    assert_eq!(made.json["status"], "requested");
    let approve = format!("{}/approve", made.header("location"));
    let refused = world.call("POST", &approve).token(&asker).send().await.expect(403);
    assert_eq!(refused.json["code"], "own_request");
    let approved =
        world.post(&approve, json!({"comment": "until May"})).token(&other).send().await.expect(200);
    assert_eq!(
        (&approved.json["status"], &approved.json["comment"]),
        (&json!("approved"), &json!("until May"))
    );
    assert!(approved.json["expires_at"].is_string());
    world.call("POST", &approve).token(&other).send().await.expect(409);
    let listed = world.get("/api/orgs/acme/overrides?status=approved").token(&other).send().await.expect(200);
    assert_eq!(listed.json["items"][0]["id"], made.json["id"]);
    let granted = json!({"target": "pii", "state": "block", "reason": "we can"});
    let granted = world.post(overrides, granted).token(&asker).send().await.expect(201);
    assert_eq!((&granted.json["status"], &granted.json["expires_at"]), (&json!("granted"), &Value::Null));
    world.call("DELETE", granted.header("location")).token(&asker).send().await.expect(200);
    let log = world.get("/api/orgs/acme/audit-log?action=override").send().await.expect(200);
    let actions: Vec<_> =
        log.json["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(
        actions,
        ["override.withdrawn", "override.granted", "override.approved", "override.requested"]
    );
}

#[tokio::test]
async fn wrong_override_requests_name_the_place() {
    let world = World::new().await;
    let cases = [
        (json!({"target": "nothing", "state": "off", "reason": "r"}), "/target"),
        (json!({"target": "pii/nothing/x", "state": "off", "reason": "r"}), "/target"),
        (json!({"target": "pii", "state": "off", "reason": " "}), "/reason"),
        (json!({"target": "pii", "state": "on", "reason": "r"}), "/state"),
        (json!({"target": "pii", "state": "off", "reason": "r", "expires_in_days": 91}), "/expires_in_days"),
        (json!({"target": "pii", "state": "off", "reason": "r", "expires_in_days": 0}), "/expires_in_days"),
    ];
    for (body, pointer) in cases {
        let refused = world.post("/api/repos/acme/api/override", body.clone()).send().await.expect(422);
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{body} → {}", refused.text);
    }
}

#[tokio::test]
async fn the_log_is_listed_filtered_and_exported_whole() {
    let world = World::new().await;
    let log = "/api/orgs/acme/audit-log";
    assert_eq!(world.get(format!("{log}/head")).send().await.expect(200).json["sequence"], 0);
    world.token_of_org(&[Scope::Read], "acme").await;
    let settings = json!({"on_trouble": "fail_open", "max_override_days": 10});
    let put_settings = world.call("PUT", "/api/orgs/acme/settings").json(settings).header("if-match", "*");
    put_settings.header("x-request-id", "request-number-2").send().await.expect(200);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        put(&world, document(version, &["pii"]), "*").await.expect(200);
    }
    let listed = world.get(format!("{log}?limit=3")).send().await.expect(200);
    assert_eq!(listed.json["items"][0]["subject"], "acme@1.2.0");
    assert_eq!(listed.json["items"][0]["detail"]["from"], "acme@1.1.0");
    let next = listed.json["next"].as_str().unwrap();
    let more = world.get(format!("{log}?limit=50&cursor={next}")).send().await.expect(200);
    assert_eq!(more.json["items"].as_array().unwrap().len(), 5);
    let entry =
        &world.get(format!("{log}?action=settings.changed")).send().await.expect(200).json["items"][0];
    assert_eq!(
        (&entry["request_id"], &entry["actor"]["name"]),
        (&json!("request-number-2"), &json!("first operator"))
    );
    assert_eq!(entry["detail"]["max_override_days"], "90 → 10");
    world.get(format!("{log}?from=yesterday")).send().await.expect(422);

    let export = world.get(format!("{log}?limit=5")).header("accept", "application/x-ndjson").unchecked();
    let export = export.send().await.expect(200);
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    let link = export.header("link").strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
    let rest = world.get(link).header("accept", "application/x-ndjson").unchecked().send().await.expect(200);
    assert_eq!(rest.header("link"), "");
    let mut chain = Chain::default().ending_at(rest.header("audit-head").parse().unwrap());
    for line in export.text.lines().chain(rest.text.lines()) {
        chain.push(serde_json::from_str::<AuditEntry>(line).unwrap());
    }
    assert_eq!(chain.end(), (8, vec![]));
}
