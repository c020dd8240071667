//! The simulator's answers against what GitHub publishes about its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod support;

use scrutineer_simulator::Simulator;
use scrutineer_simulator::contract::{GraphqlContract, OpenApi, check_requests, served, served_schema};
use serde_json::{Value, json};
use support::{Caller, everything, node_ids};

const ORGS: [&str; 3] = ["acme", "hardened", "startup"];

/// Every concrete path of a template.
fn paths(sim: &Simulator, template: &str) -> Vec<String> {
    let world = sim.world().lock().clone();
    let mut paths = Vec::new();
    for org in ORGS {
        let installation = sim.installation_id(org).unwrap().to_string();
        let named = template
            .replace("{org}", org)
            .replace("{owner}", org)
            .replace("{installation_id}", &installation)
            .replace("{configuration_id}", "1")
            .replace("{role_id}", "1")
            .replace("{enterprise}", if org == "acme" { "acme-holding" } else { "hardened-group" })
            .replace("{branch}", "main")
            .replace("{username}", "octocat")
            .replace("{ref}", "main");
        match named.contains("{repo}") {
            false => paths.push(named),
            true => {
                let names = world.org(org).unwrap().repo_names();
                paths.extend(names.iter().map(|name| named.replace("{repo}", name)));
            }
        }
    }
    paths.dedup();
    // What is about one pull request, check run or file is asked by the tests of those.
    paths.retain(|path| !path.contains('{'));
    paths
}

/// A well-formed App token; the simulator does not check signatures.
fn jwt() -> String {
    use base64::Engine as _;
    let part = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    #[expect(clippy::disallowed_methods, reason = "a token expires in real time")]
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({"iat": now - 60, "exp": now + 300, "iss": 424_242});
    format!(
        "{}.{}.{}",
        part(json!({"alg": "RS256", "typ": "JWT"}).to_string()),
        part(claims.to_string()),
        part("s".repeat(256))
    )
}

#[tokio::test]
async fn rest_answers_are_what_openapi_describes() {
    let api = OpenApi::load().unwrap();
    let (sim, installation) = everything().await;
    let app = Caller::new(&jwt());
    let person = Caller::new(&sim.token(["admin:org", "read:audit_log", "metadata"]));
    let mut broken = Vec::new();
    let mut answered = 0;
    let asked = served()
        .into_iter()
        .filter(|(method, template)| method == "GET" || template.ends_with("/access_tokens"));
    for (method, template) in asked {
        let caller = match template {
            "/user" | "/orgs/{org}/migrations" | "/enterprises/{enterprise}/audit-log/streams" => &person,
            template if template.starts_with("/app") || template.ends_with("/installation") => &app,
            _ => &installation,
        };
        for path in paths(&sim, template) {
            let url = format!("{}{path}", sim.base_url());
            let answer = caller.send(method.parse().unwrap(), &url, &[], Value::Null).await.unwrap();
            let status = answer.status.as_u16();
            assert!(![401, 403, 500].contains(&status), "{path} answered {status}");
            // Plans without the feature, organizations without the item, repositories without commits.
            if [404, 409, 422].contains(&status) {
                continue;
            }
            answered += 1;
            if let Err(reason) = api.check_response(&method, &path, (status, &answer.json())) {
                broken.push(reason);
            }
        }
    }
    broken.dedup();
    broken.truncate(40);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(answered > 100, "only {answered} answers were checked");
}

/// The documents the client sends, read where it keeps them, and those that only the simulator answers so far.
fn documents() -> Vec<std::path::PathBuf> {
    let folder = |path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let sent = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/github/src/graphql/documents");
    folder(sent).chain(folder(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documents"))).collect()
}

#[tokio::test]
async fn graphql_answers_are_what_the_schema_promises() {
    let contract = GraphqlContract::load().unwrap();
    let (sim, caller) = everything().await;
    for org in ORGS {
        let ids = node_ids(&sim, &caller, org).await;
        for path in documents() {
            let document = std::fs::read_to_string(&path).unwrap();
            let variables = json!({"org": org, "orgId": "O_x", "from": "2026-03-01T00:00:00Z", "ids": ids, "slug": "security"});
            let answer = caller.query(&sim, &document, variables).await.json();
            assert_eq!(answer.get("errors"), None, "{}", path.display());
            if let Err(reason) = contract.check_response(&document, &answer) {
                panic!("{} for {org}:\n{reason}", path.display());
            }
        }
    }
    check_requests(&sim.requests()).unwrap();
}

#[test]
fn the_served_schema_is_a_part_of_the_published_one() {
    if let Err(reason) = GraphqlContract::load().unwrap().check_subset(served_schema()) {
        panic!("{reason}");
    }
}

#[tokio::test]
async fn requests_that_github_would_not_understand_are_found() {
    let (sim, caller) = everything().await;
    caller.get(&format!("{}/orgs/acme/repos?sizes=100", sim.base_url())).await;
    caller.get(&format!("{}/orgs/acme/repositories-of-mine", sim.base_url())).await;
    caller.query(&sim, "query Bad { viewer { loggin } }", json!({})).await;
    let reasons = check_requests(&sim.requests()).unwrap_err().to_string();
    for wanted in ["sizes", "repositories-of-mine", "loggin"] {
        assert!(reasons.contains(wanted), "{reasons}");
    }
}
