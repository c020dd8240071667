//! Endpoint × role, and every documented refusal, for what belongs to an organization.

use std::collections::BTreeSet;

use scrutineer_core::Actor;
use scrutineer_service::{
    access::Scope,
    audit::By,
    overrides::{self, OverrideRequest},
};
use serde_json::{Value, json};

use crate::{exchange::operations, world::World};

/// Statuses for: operator, read, administer_policy, request_overrides, approve_overrides, all but operator of the
/// organization, the same of another organization, the same of a customer.
type Row = (&'static str, &'static str, Value, [u16; 8]);

const READ: [u16; 8] = [200, 200, 200, 200, 200, 200, 404, 404];
const AUDIT: [u16; 8] = [200, 200, 200, 403, 403, 200, 404, 404];

/// Whether an operation is of this table.
pub(crate) fn is_policy(path: &str) -> bool {
    path.starts_with("/api/orgs/") || path.starts_with("/api/bundles") || path.starts_with("/api/repos/")
}

/// `{o}` organization, `{d}` an override that is decided.
fn table() -> Vec<Row> {
    let none = Value::Null;
    let settings = json!({"on_trouble": "fail_open", "max_override_days": 10});
    let replay = json!({"version": "strict", "last": 0});
    let rerun = json!({"pull_request": 7});
    let bundle = "/api/orgs/{o}/policy-bundle";
    let versions = "/api/orgs/{o}/policy-bundle/versions";
    let overrides = "/api/repos/{o}/api/override";
    let one = "/api/repos/{o}/api/override/{d}";
    vec![
        ("GET", "/api/bundles", none.clone(), [200; 8]),
        ("GET", "/api/bundles/strict", none.clone(), [200; 8]),
        ("GET", bundle, none.clone(), READ),
        ("PUT", bundle, json!({"id": "strict"}), [428, 403, 428, 403, 403, 428, 404, 404]),
        ("GET", versions, none.clone(), READ),
        ("POST", versions, json!({"version": 1}), [422, 403, 422, 403, 403, 422, 404, 404]),
        ("GET", "/api/orgs/{o}/policy-bundle/versions/strict", none.clone(), READ),
        ("GET", "/api/orgs/{o}/policy-bundle/versions/default/diff/strict", none.clone(), READ),
        ("GET", "/api/orgs/{o}/policy-bundle/history", none.clone(), READ),
        ("GET", "/api/orgs/{o}/settings", none.clone(), READ),
        ("PUT", "/api/orgs/{o}/settings", settings, [428, 403, 428, 403, 403, 428, 404, 404]),
        ("GET", "/api/orgs/{o}/audit-log", none.clone(), AUDIT),
        ("GET", "/api/orgs/{o}/audit-log/head", none.clone(), AUDIT),
        ("GET", "/api/orgs/{o}/overrides", none.clone(), READ),
        ("POST", "/api/orgs/{o}/policy-bundle/replay", replay, [422, 403, 422, 403, 403, 422, 404, 404]),
        ("GET", "/api/orgs/{o}/policy-bundle/replay/{d}", none.clone(), [404; 8]),
        ("GET", "/api/repos/{o}/api/checks", none.clone(), READ),
        ("POST", "/api/repos/{o}/api/checks/rerun", rerun, [404, 403, 404, 404, 403, 404, 404, 404]),
        ("GET", "/api/repos/{o}/api/checks/{d}", none.clone(), [404; 8]),
        ("GET", "/api/repos/{o}/api/checks/{d}/sarif", none.clone(), [404; 8]),
        ("GET", "/api/repos/{o}/api/required-checks", none.clone(), [404; 8]),
        (
            "POST",
            "/api/repos/{o}/api/required-checks",
            none.clone(),
            [404, 403, 404, 403, 403, 404, 404, 404],
        ),
        ("POST", overrides, json!({"target": "pii"}), [422, 403, 403, 422, 403, 422, 404, 404]),
        ("GET", overrides, none.clone(), READ),
        ("GET", one, none.clone(), READ),
        ("DELETE", one, none, [409, 403, 403, 409, 403, 409, 404, 404]),
        (
            "POST",
            "/api/repos/{o}/api/override/{d}/approve",
            json!({}),
            [409, 403, 403, 403, 409, 409, 404, 404],
        ),
        ("POST", "/api/repos/{o}/api/override/{d}/deny", json!({}), [409, 403, 403, 403, 409, 409, 404, 404]),
    ]
}

async fn roles(world: &World) -> [String; 8] {
    let all = &Scope::ALL[1..];
    let customer = world.tenant("Other").await.customer;
    [
        world.operator.clone(),
        world.token(&[Scope::Read], None).await,
        world.token(&[Scope::AdministerPolicy], None).await,
        world.token(&[Scope::RequestOverrides], None).await,
        world.token(&[Scope::ApproveOverrides], None).await,
        world.token_of_org(all, "Acme").await,
        world.token_of_org(all, "other").await,
        world.token(all, Some(customer)).await,
    ]
}

/// An override of `acme/api` that was withdrawn.
async fn decided(world: &World) -> String {
    let by = By { actor: Actor::system("test"), request_id: None };
    let repository = "acme/api".parse().unwrap();
    let wanted = json!({"target": "auth", "state": "off", "reason": "r"});
    let wanted: OverrideRequest = serde_json::from_value(wanted).unwrap();
    let made = overrides::request(&world.app, &by, &repository, &wanted).await.unwrap();
    overrides::withdraw(&world.app, &by, &repository, made.id).await.unwrap().id.to_string()
}

fn template(api: &Value, method: &str, path: &str) -> String {
    let same = |template: &str| {
        let (a, b): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || a.starts_with('{'))
    };
    let mut found: Vec<_> =
        operations(api).into_iter().filter(|(m, t, _)| m == method && same(t)).map(|(_, t, _)| t).collect();
    found.sort_by_key(|template| template.matches('{').count());
    found.into_iter().next().unwrap_or_else(|| panic!("{method} {path} is not in the document"))
}

#[tokio::test]
async fn each_role_may_what_it_may() {
    let world = World::new().await;
    let decided = decided(&world).await;
    let roles = roles(&world).await;
    let mut missing: BTreeSet<_> = operations(&world.api)
        .into_iter()
        .filter(|(_, path, _)| is_policy(path))
        .map(|(method, path, _)| (method, path))
        .collect();
    for (method, path, body, expected) in table() {
        missing.remove(&(method.to_owned(), template(&world.api, method, path)));
        for (role, (token, expected)) in roles.iter().zip(expected).enumerate() {
            let address = path.replace("{o}", "acme").replace("{d}", &decided);
            let call = world.call(method, address).token(token);
            let call = if body.is_null() { call } else { call.json(body.clone()) };
            let answer = call.send().await;
            assert_eq!(answer.status.as_u16(), expected, "{method} {path} as role {role}: {}", answer.text);
        }
    }
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

/// What the document promises in 4xx is answered by something; 401 and 403 are in the test above.
#[tokio::test]
async fn every_documented_refusal_is_real() {
    let world = World::new().await;
    let decided = decided(&world).await;
    let mut open: BTreeSet<(String, String, String)> = BTreeSet::new();
    for (method, path, operation) in operations(&world.api).into_iter().filter(|(_, path, _)| is_policy(path))
    {
        let statuses = operation["responses"].as_object().unwrap().keys();
        let refused = statuses.filter(|s| s.starts_with('4') && !["401", "403"].contains(&s.as_str()));
        open.extend(refused.map(|status| (method.clone(), path.clone(), status.clone())));
    }
    let (bundle, versions) = ("/api/orgs/{o}/policy-bundle", "/api/orgs/{o}/policy-bundle/versions");
    let mut calls = Vec::new();
    for (method, path, body, _) in table() {
        let at = path.replace("{o}", "acme").replace("{d}", &decided);
        let call = || world.call(method, at.clone());
        let unknown = path.replace("{o}", "-").replace("{d}", "x").replace("strict", "nothing");
        calls.push((path, call().json(body.clone())));
        calls.push((path, world.call(method, unknown).json(body.clone())));
        calls.push((path, world.get(format!("{at}?limit=0"))));
        if !body.is_null() {
            calls.push((path, call().json(json!([]))));
            calls.push((path, call().raw("text/plain", "{}")));
            let long = vec![b' '; scrutineer_web::MAX_BODY_BYTES + 1];
            calls.push((path, call().raw("application/json", long)));
            calls.push((path, call().json(body.clone()).header("if-match", "\"v99-0\"")));
        }
    }
    let policies = |pack: &str| json!({"version": "1.0.0", "policies": {"required": [pack]}});
    let org = |path: &str| path.replace("{o}", "acme");
    calls.push((versions, world.post(org(versions), policies("pii"))));
    calls.push((versions, world.post(org(versions), policies("auth"))));
    let taken = world.call("PUT", org(bundle)).json(policies("auth")).header("if-match", "*");
    calls.push((bundle, taken));
    let overrides = "/api/repos/{o}/api/override";
    let wanted = json!({"target": "quality", "state": "off", "reason": "r"});
    calls.push((overrides, world.post(org(overrides), wanted.clone())));
    calls.push((overrides, world.post(org(overrides), wanted)));
    for (path, call) in calls {
        let method = call.method().to_owned();
        let answer = call.unchecked().send().await;
        if answer.status != 405 {
            let template = template(&world.api, &method, path);
            open.remove(&(method.clone(), template, answer.status.as_str().to_owned()));
        }
    }
    assert!(open.is_empty(), "documented, never seen: {open:#?}");
}
