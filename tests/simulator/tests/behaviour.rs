//! How the simulator behaves where GitHub's documentation describes behaviour: refusals, limits, validators, faults.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod support;

use http::Method;
use scrutineer_simulator::{Fault, Kind, Simulator, World};
use serde_json::{Value, json};
use support::{Caller, NOW, fixture, node_ids};

const POSTURE: &str = include_str!("../../../shared/github/src/graphql/documents/repo_posture.graphql");
const ACTIVITY: &str = include_str!("../../../shared/github/src/graphql/documents/repo_activity.graphql");
const SETTINGS: &str = include_str!("../../../shared/github/src/graphql/documents/org_settings.graphql");

async fn acme() -> (Simulator, Caller) {
    let sim = Simulator::start(fixture("acme")).await.unwrap();
    let caller = Caller::new(&sim.full_token());
    (sim, caller)
}

fn jwt(expires_in: i64) -> String {
    use base64::Engine as _;
    let part = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    #[expect(clippy::disallowed_methods, reason = "a token expires in real time")]
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({"iat": now - 60, "exp": now + expires_in, "iss": "424242"});
    format!(
        "{}.{}.{}",
        part(json!({"alg": "RS256"}).to_string()),
        part(claims.to_string()),
        part("s".repeat(256))
    )
}

#[tokio::test]
async fn every_call_answers_below_the_enterprise_prefix_too() {
    let (sim, caller) = acme().await;
    let answer = caller.get(&format!("{}/api/v3/orgs/acme", sim.base_url())).await;
    assert_eq!(answer.json()["login"], "acme");
    let body = json!({"query": "{ viewer { login } }"});
    let answer = caller.post(&format!("{}/api/graphql", sim.base_url()), body).await;
    assert_eq!(answer.json()["data"]["viewer"]["login"], "octocat");
}

#[tokio::test]
async fn bad_credentials_and_unknown_addresses_are_told_apart() {
    let (sim, caller) = acme().await;
    let stranger = Caller::new("ghp_nobody").get(&format!("{}/orgs/acme", sim.base_url())).await;
    assert_eq!((stranger.status.as_u16(), &stranger.json()["message"]), (401, &json!("Bad credentials")));
    for path in ["/nothing", "/orgs/nobody", "/repos/acme/nothing", "/repos/acme/nothing/actions/secrets"] {
        let answer = caller.get(&format!("{}{path}", sim.base_url())).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["message"]), (404, &json!("Not Found")), "{path}");
    }
    sim.revoke_token(&caller.token);
    assert_eq!(caller.get(&format!("{}/orgs/acme", sim.base_url())).await.status, 401);
}

#[tokio::test]
async fn missing_permissions_hide_fields_and_refuse_calls() {
    let (sim, _) = acme().await;
    let poor = Caller::new(&sim.token(["metadata"]));
    let org = poor.get(&format!("{}/orgs/acme", sim.base_url())).await.json();
    for field in ["plan", "two_factor_requirement_enabled", "default_repository_permission"] {
        assert_eq!(org.get(field), None, "{field}");
    }
    let repos = poor.get(&format!("{}/orgs/acme/repos", sim.base_url())).await.json();
    assert_eq!(repos[0].get("security_and_analysis"), None);
    let hooks = poor.get(&format!("{}/orgs/acme/hooks", sim.base_url())).await;
    assert_eq!(hooks.status, 403);
    assert_eq!(hooks.json()["message"], "Resource not accessible by personal access token");
    let tarball = poor.get(&format!("{}/repos/acme/payments-api/tarball/main", sim.base_url())).await;
    assert_eq!(tarball.status, 404);
    // Only an App may list tokens.
    let (full, app) = (Caller::new(&sim.full_token()), Caller::new(&sim.full_installation_token()));
    let tokens = format!("{}/orgs/acme/personal-access-tokens", sim.base_url());
    assert_eq!(full.get(&tokens).await.status, 403);
    assert_eq!(app.get(&tokens).await.json().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn graphql_refuses_field_by_field() {
    let (sim, full) = acme().await;
    let ids = node_ids(&sim, &full, "acme").await;
    let poor = Caller::new(&sim.installation_token(["metadata", "contents"]));
    let answer = poor.query(&sim, POSTURE, json!({"ids": ids})).await.json();
    let errors = answer["errors"].as_array().unwrap();
    assert!(errors.iter().all(|error| error["type"] == "FORBIDDEN"));
    assert_eq!(errors[0]["message"], "Resource not accessible by integration");
    let refused = |path: Value| errors.iter().any(|error| error["path"] == path);
    assert!(refused(json!(["nodes", 0, "defaultBranchRef", "branchProtectionRule"])));
    assert!(refused(json!(["nodes", 0, "deployKeys"])));
    let first = &answer["data"]["nodes"][0];
    assert_eq!(first["name"], Value::Null);
    assert_eq!(first["nameWithOwner"], "acme/.github");
    assert_eq!(first["defaultBranchRef"]["branchProtectionRule"], Value::Null);
    // A connection that cannot be null stands there without its items.
    assert_eq!(first["deployKeys"], json!({"totalCount": 0, "nodes": null}));
}

#[tokio::test]
async fn bypass_lists_are_shown_to_those_who_could_change_them() {
    let (sim, reader) = acme().await;
    let ids = node_ids(&sim, &reader, "acme").await;
    let payments = ids[10].clone();
    let writer =
        Caller::new(&sim.token(Simulator::all_permissions().into_iter().chain(["administration:write"])));
    for (caller, shown) in [(&reader, false), (&writer, true)] {
        let answer = caller.query(&sim, POSTURE, json!({"ids": [payments]})).await.json();
        let node = &answer["data"]["nodes"][0];
        assert_eq!(node["nameWithOwner"], "acme/payments-api");
        assert_eq!(node["rulesets"]["nodes"][0]["bypassActors"].is_object(), shown);
    }
}

#[tokio::test]
async fn graphql_is_charged_by_the_published_rule() {
    let (sim, caller) = acme().await;
    let ids = node_ids(&sim, &caller, "acme").await;
    let batch = |size: usize| -> Vec<Value> { ids.iter().cycle().take(size).cloned().collect() };
    let posture = caller.query(&sim, POSTURE, json!({"ids": batch(25)})).await.json();
    assert_eq!(posture["data"]["rateLimit"]["cost"], 14);
    assert_eq!(posture["data"]["rateLimit"]["nodeCount"], 22_275);
    assert_eq!(posture["data"]["rateLimit"]["remaining"], 4_986);
    let activity = caller.query(&sim, ACTIVITY, json!({"ids": batch(10)})).await;
    assert_eq!(activity.json()["data"]["rateLimit"]["nodeCount"], 11_570);
    assert_eq!(activity.header("x-ratelimit-remaining"), "4978");
    assert_eq!(activity.header("x-ratelimit-resource"), "graphql");
}

#[tokio::test]
async fn graphql_refuses_what_its_schema_lacks() {
    let (sim, caller) = acme().await;
    for (document, message) in [
        (
            "{ organization(login: \"acme\") { mascot } }",
            "Field 'mascot' doesn't exist on type 'Organization'",
        ),
        ("{ organization(name: \"acme\") { login } }", "Field 'organization' doesn't accept argument 'name'"),
        (
            "{ organization(login: \"acme\") { repositories { totalCount } } }",
            "You must provide a `first` or `last` value to properly paginate the `repositories` connection.",
        ),
        (
            "{ organization(login: \"acme\") { repositories(first: 101) { totalCount } } }",
            "Requesting 101 records on the `repositories` connection exceeds the `first` limit of 100 records.",
        ),
    ] {
        let answer = caller.query(&sim, document, json!({})).await.json();
        assert_eq!(answer["errors"][0]["message"], message);
        assert_eq!(answer.get("data"), None);
    }
    let answer = caller.query(&sim, "{ organization(login: \"nobody\") { login } }", json!({})).await.json();
    assert_eq!(answer["errors"][0]["type"], "NOT_FOUND");
    assert_eq!(answer["data"]["organization"], Value::Null);
}

#[tokio::test]
async fn connections_are_walked_by_cursor() {
    let (sim, caller) = acme().await;
    let document = "query Names($after: String) { organization(login: \"acme\") { repositories(first: 5, after: $after, orderBy: {field: NAME, direction: ASC}) { totalCount pageInfo { hasNextPage endCursor } nodes { name } } } }";
    let (mut names, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = caller.query(&sim, document, json!({"after": after})).await.json();
        let page = &answer["data"]["organization"]["repositories"];
        names.extend(
            page["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap().to_owned()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], names.len());
            break;
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(names, sorted);
}

#[tokio::test]
async fn lists_lead_on_by_absolute_links_only() {
    let (sim, caller) = acme().await;
    let mut url = format!("{}/orgs/acme/repos?type=all&per_page=5", sim.base_url());
    let mut names = Vec::new();
    loop {
        let answer = caller.get(&url).await;
        names.extend(answer.json().as_array().unwrap().iter().map(|repo| repo["name"].clone()));
        let Some(next) = answer.header("link").split('>').next().and_then(|link| link.strip_prefix('<'))
        else {
            break;
        };
        assert!(next.starts_with(&format!("{}/organizations/", sim.base_url())), "{next}");
        url = next.to_owned();
    }
    assert_eq!(names.len(), 13);
}

#[tokio::test]
async fn a_known_body_is_not_sent_again_and_costs_nothing() {
    let (sim, caller) = acme().await;
    let url = format!("{}/orgs/acme/hooks", sim.base_url());
    let first = caller.get(&url).await;
    let etag = first.header("etag").to_owned();
    let second = caller.get_if_changed(&url, &etag).await;
    assert_eq!((second.status.as_u16(), second.bytes.len()), (304, 0));
    assert_eq!(second.header("x-ratelimit-used"), first.header("x-ratelimit-used"));
    // Another token, another validator: a cached one dies with the token.
    let other = Caller::new(&sim.full_token()).get_if_changed(&url, &etag).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_push_changes_the_head_and_the_archive() {
    let (sim, caller) = acme().await;
    let probe = include_str!("documents/repo_probe.graphql");
    let heads = || async {
        let answer = caller.query(&sim, probe, json!({"org": "acme"})).await.json();
        answer["data"]["organization"]["repositories"]["nodes"].clone()
    };
    let before = heads().await;
    sim.world().lock().push("acme", "docs-site", "docs/new.md", b"# New\n").unwrap();
    let after = heads().await;
    let changed: Vec<_> = (0..13).filter(|index| before[index] != after[index]).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(after[changed[0]]["name"], "docs-site");
    assert!(after[changed[0]]["pushedAt"].as_str() > before[changed[0]]["pushedAt"].as_str());
}

#[tokio::test]
async fn an_archive_comes_from_another_origin_without_authorization() {
    let (sim, caller) = acme().await;
    let answer = caller.get(&format!("{}/repos/acme/payments-api/tarball/main", sim.base_url())).await;
    assert_eq!(answer.status, 302);
    let link = answer.header("location").to_owned();
    assert!(link.starts_with(&sim.archive_url()));
    let archive = Caller::new("").get(&link).await;
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&archive.bytes[..]));
    let paths: Vec<String> =
        tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    assert!(paths.iter().all(|path| path.starts_with("acme-payments-api-")));
    assert!(paths.iter().any(|path| path.ends_with("/src/app.js")));
    assert!(!sim.requests().last().unwrap().authorized);
    let without = link.split('?').next().unwrap();
    assert_eq!(Caller::new("").get(without).await.status, 404);
    assert_eq!(
        caller.get(&format!("{}/repos/acme/sandbox-empty/tarball/main", sim.base_url())).await.status,
        409
    );
}

#[tokio::test]
async fn sample_credentials_exist_only_in_the_served_archive() {
    let (sim, caller) = acme().await;
    let answer = caller.get(&format!("{}/repos/acme/legacy-billing/tarball/master", sim.base_url())).await;
    let archive = Caller::new("").get(answer.header("location")).await;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&archive.bytes[..]), &mut text).unwrap();
    assert!(text.contains(&["AK", "IA"].concat()) && !text.contains("{{sim:"));
}

#[tokio::test]
async fn the_app_mints_tokens_that_expire() {
    let (sim, _) = acme().await;
    let app = Caller::new(&jwt(300));
    let installation = app.get(&format!("{}/orgs/acme/installation", sim.base_url())).await.json();
    assert_eq!(installation["id"], sim.installation_id("acme").unwrap());
    let url = installation["access_tokens_url"].as_str().unwrap().to_owned();
    let minted = app.post(&url, json!({"permissions": {"metadata": "read", "members": "read"}})).await;
    assert_eq!(minted.status, 201);
    let token = minted.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(minted.json()["permissions"], json!({"metadata": "read", "members": "read"}));
    let caller = Caller::new(&token);
    assert_eq!(caller.get(&format!("{}/orgs/acme/members", sim.base_url())).await.status, 200);
    assert_eq!(caller.get(&format!("{}/orgs/acme/hooks", sim.base_url())).await.status, 403);
    assert_eq!(app.post(&url, json!({"permissions": {"contents": "write"}})).await.status, 422);
    sim.set_token_lifetime(-1);
    let stale = app.post(&url, json!({})).await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(Caller::new(&stale).get(&format!("{}/orgs/acme", sim.base_url())).await.status, 401);
    for bad in [jwt(-10), jwt(3600), "a.b.c".to_owned(), sim.full_token()] {
        assert_eq!(Caller::new(&bad).get(&format!("{}/app", sim.base_url())).await.status, 401);
    }
}

#[tokio::test]
async fn budgets_are_spent_and_reported() {
    let (sim, caller) = acme().await;
    sim.set_limits(3, 20);
    let url = format!("{}/orgs/acme", sim.base_url());
    for left in ["2", "1", "0"] {
        assert_eq!(caller.get(&url).await.header("x-ratelimit-remaining"), left);
    }
    let refused = caller.get(&url).await;
    assert_eq!((refused.status.as_u16(), refused.header("x-ratelimit-remaining")), (403, "0"));
    assert!(refused.json()["message"].as_str().unwrap().starts_with("API rate limit exceeded"));
    let report = caller.get(&format!("{}/rate_limit", sim.base_url())).await;
    assert_eq!(report.json()["resources"]["core"]["remaining"], 0);
    assert_eq!(report.json()["resources"]["graphql"]["remaining"], 20);
    let ids = vec![json!("R_x"); 100];
    let answer = caller.query(&sim, POSTURE, json!({"ids": ids})).await.json();
    assert_eq!(answer["errors"][0]["type"], "RATE_LIMITED");
}

#[tokio::test]
async fn faults_strike_every_nth_time() {
    let (sim, caller) = acme().await;
    let url = format!("{}/orgs/acme", sim.base_url());
    let statuses = || async {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            let answer = caller.send(Method::GET, &url, &[], Value::Null).await;
            statuses.push(answer.map_or(0, |answer| answer.status.as_u16()));
        }
        statuses
    };
    sim.faults().set(Fault::ServerError { every: 2, status: 502 });
    assert_eq!(statuses().await, [200, 502, 200, 502]);
    sim.faults().clear();
    sim.faults().set(Fault::Secondary { every: 3, status: 429, retry_after: Some(7) });
    assert_eq!(statuses().await, [200, 200, 429, 200]);
    sim.faults().clear();
    for fault in [Fault::Reset { every: 2 }, Fault::Truncated { every: 2 }] {
        sim.faults().set(fault);
        assert_eq!(statuses().await, [200, 0, 200, 0]);
        sim.faults().clear();
    }
    sim.faults().set(Fault::Exhausted { reset_in: 60 });
    assert_eq!(statuses().await, [403; 4]);
    sim.faults().clear();
    assert_eq!(statuses().await, [200; 4]);
}

#[tokio::test]
async fn faults_of_repositories_and_of_graphql() {
    let (sim, caller) = acme().await;
    let ids = node_ids(&sim, &caller, "acme").await;
    sim.faults().set(Fault::Unavailable { repo: "acme/acmectl".into() });
    sim.faults().set(Fault::CorruptArchive { repo: "acme/docs-site".into() });
    assert_eq!(caller.get(&format!("{}/repos/acme/acmectl", sim.base_url())).await.status, 451);
    let answer = caller.get(&format!("{}/repos/acme/docs-site/tarball/main", sim.base_url())).await;
    let archive = Caller::new("").get(answer.header("location")).await;
    assert!(
        std::io::copy(&mut flate2::read::GzDecoder::new(&archive.bytes[..]), &mut std::io::sink()).is_err()
    );
    sim.faults().clear();
    sim.faults().set(Fault::GraphqlTimeout { above: 10 });
    assert_eq!(caller.query(&sim, POSTURE, json!({"ids": ids})).await.status, 502);
    assert_eq!(caller.query(&sim, POSTURE, json!({"ids": ids[..10]})).await.status, 200);
    sim.faults().clear();
    sim.faults().set(Fault::GraphqlResourceLimit { above: 5 });
    let answer = caller.query(&sim, POSTURE, json!({"ids": ids})).await.json();
    assert_eq!(answer["errors"][0]["type"], "RESOURCE_LIMITS_EXCEEDED");
    sim.faults().clear();
    sim.faults().set(Fault::GraphqlPartial { every: 1 });
    let answer = caller.query(&sim, POSTURE, json!({"ids": ids})).await.json();
    assert_eq!(answer["data"]["nodes"][12], Value::Null);
    assert_eq!(answer["errors"][0]["path"], json!(["nodes", 12]));
}

#[tokio::test]
async fn a_renamed_repository_moves_permanently() {
    let (sim, caller) = acme().await;
    sim.world().lock().org_mut("acme").unwrap().rename_repo("docs-site", "docs");
    let answer = caller.get(&format!("{}/repos/acme/docs-site", sim.base_url())).await;
    assert_eq!(answer.status, 301);
    let moved = caller.get(answer.header("location")).await;
    assert_eq!(moved.json()["full_name"], "acme/docs");
}

#[tokio::test]
async fn the_admin_port_shows_counts_and_sets_faults() {
    let (sim, caller) = acme().await;
    caller.query(&sim, SETTINGS, json!({"org": "acme"})).await;
    caller.get(&format!("{}/orgs/acme/repos", sim.base_url())).await;
    let admin = Caller::new("");
    let counters = admin.get(&format!("{}/counters", sim.admin_url())).await.json();
    assert_eq!(counters, json!({"graphql OrgSettings": 1, "rest GET /orgs/{org}/repos": 1, "total": 2}));
    let requests = admin.get(&format!("{}/requests", sim.admin_url())).await.json();
    assert_eq!(requests[0]["kind"], "graphql");
    assert_eq!(sim.requests()[1].kind, Kind::Rest);
    let faults = json!([{"fault": "latency", "ms": 1}, {"fault": "unavailable", "repo": "acme/acmectl"}]);
    let set =
        admin.send(Method::PUT, &format!("{}/faults", sim.admin_url()), &[], faults.clone()).await.unwrap();
    assert_eq!(set.json(), faults);
    let pushed =
        admin.post(&format!("{}/repos/acme/acmectl/push", sim.admin_url()), json!({"path": "a.txt"})).await;
    assert_eq!(pushed.json()["head"], sim.world().lock().repo("acme", "acmectl").unwrap().head());
    admin.post(&format!("{}/reset", sim.admin_url()), json!({})).await;
    assert_eq!(sim.counters(), std::collections::BTreeMap::from([("total".to_owned(), 0)]));
    assert!(sim.faults().active().is_empty());
}

#[tokio::test]
async fn the_same_fixture_is_the_same_world() {
    let heads = |world: World| -> Vec<String> {
        let org = world.org("acme").unwrap();
        org.repo_names().iter().map(|name| world.repo("acme", name).unwrap().head()).collect()
    };
    let embedded = World::embedded_demo_at(NOW.parse().unwrap()).unwrap();
    assert_eq!(heads(embedded), heads(fixture("acme")));
}

#[tokio::test]
async fn a_generated_organization_has_the_size_that_was_asked_for() {
    let sim = Simulator::synthetic("synthetic", 250).await.unwrap();
    let caller = Caller::new(&sim.full_token());
    let answer = caller.query(&sim, SETTINGS, json!({"org": "synthetic"})).await.json();
    assert_eq!(answer["data"]["organization"]["repositories"]["totalCount"], 250);
    let ids = node_ids(&sim, &caller, "synthetic").await;
    let answer = caller.query(&sim, POSTURE, json!({"ids": ids[..25]})).await.json();
    assert_eq!(answer.get("errors"), None);
}

#[tokio::test]
async fn a_hostile_archive_is_served_as_written() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("repos")).unwrap();
    std::fs::write(dir.path().join("org.yaml"), "login: evil").unwrap();
    let yaml = "archive:\n  entries:\n    - { path: ../../etc/passwd, content: root }\n    - { path: link, kind: symlink, target: /etc }\n";
    std::fs::write(dir.path().join("repos/traversal.yaml"), yaml).unwrap();
    let sim = Simulator::start(World::load(dir.path()).unwrap()).await.unwrap();
    let caller = Caller::new(&sim.full_token());
    let answer = caller.get(&format!("{}/repos/evil/traversal/tarball/main", sim.base_url())).await;
    let archive = caller.get(answer.header("location")).await;
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&archive.bytes[..]));
    let paths: Vec<Vec<u8>> =
        tar.entries().unwrap().map(|entry| entry.unwrap().path_bytes().to_vec()).collect();
    assert_eq!(paths, [b"../../etc/passwd".to_vec(), b"link".to_vec()]);
}

#[tokio::test]
async fn an_enterprise_server_says_which_release_it_is() {
    let sim = Simulator::start(fixture("on-prem")).await.unwrap();
    let caller = Caller::new(&sim.full_token());
    let answer = caller.get(&format!("{}/api/v3/orgs/on-prem", sim.base_url())).await;
    assert_eq!(answer.header("x-github-enterprise-version"), "3.20.1");
    let (sim, caller) = acme().await;
    let answer = caller.get(&format!("{}/orgs/acme", sim.base_url())).await;
    assert_eq!(answer.header("x-github-enterprise-version"), "");
}

#[test]
fn a_fixture_with_a_misspelt_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (yaml, word) in [("login: a\nmembres: []", "membres"), ("login: a\nhooks: [{ evnts: [] }]", "evnts")]
    {
        std::fs::write(dir.path().join("org.yaml"), yaml).unwrap();
        assert!(World::load(dir.path()).unwrap_err().to_string().contains(word), "{word}");
    }
}
