//! Pull requests, check runs, SARIF, required checks and deliveries: what they do, and that every answer is one that
//! GitHub's OpenAPI description permits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod support;

use base64::Engine as _;
use http::Method;
use scrutineer_simulator::contract::{OpenApi, check_requests};
use scrutineer_simulator::{At, Change, Delivering, Fault, Opening, Simulator};
use serde_json::{Value, json};
use support::{Answer, Caller, fixture};

const REPO: &str = "acme/payments-api";

/// A caller whose every answer is held against the contract.
struct Held {
    sim: Simulator,
    caller: Caller,
    api: OpenApi,
}

impl Held {
    async fn new() -> Self {
        let sim = Simulator::start(fixture("acme")).await.unwrap();
        sim.grant_enforcement();
        let keys = [
            "metadata",
            "checks:write",
            "contents",
            "pull_requests",
            "security_events:write",
            "members",
            "administration:write",
        ];
        let caller = Caller::new(&sim.installation_token(keys));
        Self { sim, caller, api: OpenApi::load().unwrap() }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.sim.base_url());
        self.caller.send(method, &url, &[], body).await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.checked(Method::GET, path, (200, Value::Null)).await
    }

    /// Asks, expects the status and holds the answer against the contract.
    async fn checked(&self, method: Method, path: &str, (status, body): (u16, Value)) -> Value {
        let answer = self.ask(method.clone(), path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.json());
        let bare = path.split('?').next().unwrap();
        if let Err(reason) = self.api.check_response(method.as_str(), bare, (status, &answer.json())) {
            panic!("{reason}");
        }
        answer.json()
    }

    async fn create_run(&self, head: &str) -> Value {
        let body = json!({"name": "isl-pii-check", "head_sha": head, "status": "in_progress", "external_id": "v1",
            "output": {"title": "Working", "summary": "It runs"}});
        self.checked(Method::POST, &format!("/repos/{REPO}/check-runs"), (201, body)).await
    }
}

fn change() -> Change {
    Change::new().file("src/new.ts", "one\ntwo\nthree\n").remove("README.md").file("logo.png", b"\x89PNG\0\0")
}

#[tokio::test]
async fn a_pull_request_is_listed_with_its_files() {
    let held = Held::new().await;
    let repo = held.sim.repo(REPO);
    let ours = repo.open(Opening::new(change()).by("mona").draft());
    let theirs = repo.open(Opening::new(Change::new().file("x.ts", "1\n")).from_fork("mallory"));
    let pull = held.get(&format!("/repos/{REPO}/pulls/{}", ours.number)).await;
    assert_eq!((&pull["draft"], &pull["changed_files"]), (&json!(true), &json!(3)));
    let files = held.get(&format!("/repos/{REPO}/pulls/{}/files?per_page=100", ours.number)).await;
    let seen: Vec<_> =
        files.as_array().unwrap().iter().map(|file| (&file["filename"], &file["status"])).collect();
    assert_eq!(
        seen,
        [
            (&json!("README.md"), &json!("removed")),
            (&json!("logo.png"), &json!("added")),
            (&json!("src/new.ts"), &json!("added"))
        ]
    );
    assert_eq!((files[1].get("patch"), &files[1]["changes"]), (None, &json!(0)), "binary");
    let open = held.get(&format!("/repos/{REPO}/pulls?state=open&direction=asc")).await;
    assert_eq!(open.as_array().unwrap().len(), 2);
    assert_ne!(open[1]["head"]["repo"]["id"], open[1]["base"]["repo"]["id"]);
    let of_commit = held.get(&format!("/repos/{REPO}/commits/{}/pulls", theirs.head)).await;
    assert_eq!(of_commit[0]["number"], theirs.number);
    let base = &pull["base"]["sha"].as_str().unwrap();
    let compared = held.get(&format!("/repos/{REPO}/compare/{base}...{}", ours.head)).await;
    assert_eq!(
        (&compared["merge_base_commit"]["sha"], compared["files"].as_array().unwrap().len()),
        (&json!(base), 3)
    );
    check_requests(&held.sim.requests()).unwrap();
}

#[tokio::test]
async fn files_are_read_at_any_commit() {
    let held = Held::new().await;
    let repo = held.sim.repo(REPO);
    let opened = repo.open(Opening::new(change()).from_fork("mallory"));
    let file = held.get(&format!("/repos/{REPO}/contents/src/new.ts?ref={}", opened.head)).await;
    assert_eq!((&file["type"], &file["size"]), (&json!("file"), &json!(14)));
    let blob = held.get(&format!("/repos/{REPO}/git/blobs/{}", file["sha"].as_str().unwrap())).await;
    assert_eq!(blob["content"], file["content"]);
    assert_eq!(
        held.ask(Method::GET, &format!("/repos/{REPO}/contents/src/new.ts"), Value::Null).await.status,
        404
    );
    let tree = held.get(&format!("/repos/{REPO}/git/trees/{}?recursive=1", opened.head)).await;
    assert!(tree["tree"].as_array().unwrap().iter().any(|entry| entry["path"] == "src/new.ts"));
    let before = repo.read("main", "README.md").unwrap();
    repo.push(&Change::new().file("README.md", "new"));
    let document = format!(
        "query Q {{ repository(owner: \"acme\", name: \"payments-api\") {{
        a: object(expression: \"{}:src/new.ts\") {{ __typename ... on Blob {{ text isBinary }} }}
        b: object(expression: \"{}:logo.png\") {{ ... on Blob {{ text isBinary }} }}
        c: object(expression: \"main:README.md\") {{ ... on Blob {{ text }} }}
        d: object(expression: \"main:src\") {{ __typename }}
        e: object(expression: \"main:none\") {{ __typename }} }} }}",
        opened.head, opened.head
    );
    let answer = held.caller.query(&held.sim, &document, json!({})).await.json();
    let expected = json!({"a": {"__typename": "Blob", "text": "one\ntwo\nthree\n", "isBinary": false},
        "b": {"text": null, "isBinary": true}, "c": {"text": "new"}, "d": {"__typename": "Tree"}, "e": null});
    assert_eq!(answer["data"]["repository"], expected, "{answer}");
    assert_ne!(before, b"new");
}

#[tokio::test]
async fn check_runs_are_created_updated_and_found() {
    let held = Held::new().await;
    let opened = held.sim.repo(REPO).open(Opening::new(change()));
    let run = held.create_run(&opened.head).await;
    let path = format!("/repos/{REPO}/check-runs/{}", run["id"]);
    let annotation = json!({"path": "src/new.ts", "start_line": 2, "end_line": 2, "start_column": 1, "end_column": 2,
        "annotation_level": "failure", "message": "no"});
    let body = json!({"status": "completed", "conclusion": "failure", "completed_at": "2026-09-01T12:00:00Z",
        "output": {"title": "t", "summary": "s", "annotations": [annotation]}});
    for count in 1..=2 {
        let done = held.checked(Method::PATCH, &path, (200, body.clone())).await;
        assert_eq!(
            (&done["conclusion"], &done["output"]["annotations_count"]),
            (&json!("failure"), &json!(count)),
            "GitHub appends"
        );
    }
    held.get(&path).await;
    assert_eq!(held.get(&format!("{path}/annotations")).await[0]["message"], "no");
    held.create_run(&opened.head).await;
    let at = format!("/repos/{REPO}/commits/{}/check-runs", opened.head);
    assert_eq!(held.get(&format!("{at}?filter=latest")).await["total_count"], 1);
    assert_eq!(
        held.get(&format!("{at}?filter=all&check_name=isl-pii-check&app_id=424242")).await["total_count"],
        2
    );
    assert_eq!(held.get(&format!("{at}?check_name=other")).await["total_count"], 0);
    let suites = held.get(&format!("/repos/{REPO}/commits/{}/check-suites", opened.head)).await;
    assert_eq!(suites["total_count"], 1);
    check_requests(&held.sim.requests()).unwrap();
}

#[tokio::test]
async fn what_breaks_a_limit_of_check_runs_changes_nothing() {
    let held = Held::new().await;
    let opened = held.sim.repo(REPO).open(Opening::new(change()));
    let run = held.create_run(&opened.head).await;
    let path = format!("/repos/{REPO}/check-runs/{}", run["id"]);
    let at = |path: &str, start: u64, end: u64| json!({"path": path, "start_line": start, "end_line": end, "annotation_level": "notice", "message": "m"});
    let with = |annotations: Vec<Value>| json!({"title": "t", "summary": "s", "annotations": annotations});
    let mut columns = at("src/new.ts", 1, 2);
    columns["start_column"] = json!(1);
    let outputs = [
        with(vec![at("src/new.ts", 1, 1); 51]),
        with(vec![at("nowhere.ts", 1, 1)]),
        with(vec![at("src/new.ts", 9, 9)]),
        with(vec![at("src/new.ts", 0, 1)]),
        with(vec![columns]),
        json!({"title": "t", "summary": "x".repeat(65_536)}),
        json!({"title": "t", "summary": ""}),
    ];
    for output in outputs {
        let answer = held.ask(Method::PATCH, &path, json!({"conclusion": "success", "output": output})).await;
        assert_eq!(answer.status, 422, "{}", answer.json());
    }
    let runs = held.sim.repo(REPO).check_runs(&opened.head);
    assert_eq!((runs[0].status.as_str(), runs[0].annotations.len()), ("in_progress", 0));
    let nowhere = json!({"name": "x", "head_sha": "f".repeat(40)});
    assert_eq!(held.ask(Method::POST, &format!("/repos/{REPO}/check-runs"), nowhere).await.status, 422);
    let reader = Caller::new(&held.sim.installation_token(["checks"]));
    let url = format!("{}/repos/{REPO}/check-runs", held.sim.base_url());
    assert_eq!(reader.post(&url, json!({"name": "x", "head_sha": opened.head})).await.status, 403);
}

#[tokio::test]
async fn sarif_is_taken_and_processed() {
    let held = Held::new().await;
    let repo = held.sim.repo(REPO);
    let opened = repo.open(Opening::new(change()));
    let pack = |document: &Value| {
        use std::io::Write as _;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(document.to_string().as_bytes()).unwrap();
        base64::engine::general_purpose::STANDARD.encode(gzip.finish().unwrap())
    };
    let good = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ISL Policy Packs"}}, "results": []}]});
    let body = |sarif: String| json!({"commit_sha": opened.head, "ref": format!("refs/pull/{}/head", opened.number), "sarif": sarif});
    let path = format!("/repos/{REPO}/code-scanning/sarifs");
    for (document, ends_in) in [(good.clone(), "complete"), (json!({"version": "2.0.0"}), "failed")] {
        let id = held.checked(Method::POST, &path, (202, body(pack(&document)))).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(held.get(&format!("{path}/{id}")).await["processing_status"], "pending");
        assert_eq!(held.get(&format!("{path}/{id}")).await["processing_status"], ends_in);
    }
    assert_eq!(repo.sarifs()[0].document, good);
    for bad in ["%%%".to_owned(), base64::engine::general_purpose::STANDARD.encode("{}")] {
        held.checked(Method::POST, &path, (400, body(bad))).await;
    }
    repo.set_code_scanning(false);
    held.checked(Method::POST, &path, (403, body(pack(&good)))).await;
}

#[tokio::test]
async fn a_required_check_stands_in_the_way_until_it_passes() {
    let held = Held::new().await;
    let repo = held.sim.repo("acme/acmectl");
    let opened = repo.open(Opening::new(Change::new().file("x.ts", "1\n")));
    let before = repo.required_checks("main");
    let rules = json!([{"type": "required_status_checks", "parameters": {"strict_required_status_checks_policy": false,
        "required_status_checks": [{"context": "isl-pii-check", "integration_id": 424_242}]}}]);
    let body = json!({"name": "ISL", "target": "branch", "enforcement": "active", "rules": rules,
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}});
    let path = "/repos/acme/acmectl/rulesets";
    let made = held.checked(Method::POST, path, (201, body.clone())).await;
    assert_eq!(held.ask(Method::POST, path, body.clone()).await.status, 422, "the name is taken");
    held.get(&format!("{path}?includes_parents=true")).await;
    held.get(&format!("{path}/{}", made["id"])).await;
    held.get("/repos/acme/acmectl/rules/branches/main").await;
    let blocking =
        |name: &str| repo.blockers(opened.number).into_iter().any(|blocker| blocker.starts_with(name));
    assert!(blocking("isl-pii-check: expected"));
    let run = json!({"name": "isl-pii-check", "head_sha": opened.head, "conclusion": "success"});
    held.checked(Method::POST, "/repos/acme/acmectl/check-runs", (201, run)).await;
    assert!(!blocking("isl-pii-check"));
    assert_eq!(repo.required_checks("main").len(), before.len() + 1);
    let mut off = body;
    off["enforcement"] = json!("disabled");
    held.checked(Method::PUT, &format!("{path}/{}", made["id"]), (200, off)).await;
    assert_eq!(repo.required_checks("main"), before);
}

#[tokio::test]
async fn protection_is_read_as_it_was_written() {
    let held = Held::new().await;
    let path = "/repos/acme/docs-site/branches/release%2F1/protection";
    assert_eq!(held.ask(Method::GET, path, Value::Null).await.status, 404);
    let body = json!({"required_status_checks": {"strict": true, "contexts": ["ci"]}, "enforce_admins": true,
        "required_pull_request_reviews": {"required_approving_review_count": 2, "dismissal_restrictions": {"users": ["alice"], "teams": [], "apps": []}},
        "restrictions": {"users": [], "teams": ["core"], "apps": []}, "required_linear_history": true});
    held.checked(Method::PUT, path, (200, body)).await;
    let more = json!({"checks": [{"context": "ci"}, {"context": "isl-pii-check", "app_id": 424_242}]});
    held.checked(Method::PATCH, &format!("{path}/required_status_checks"), (200, more)).await;
    let read = held.get(path).await;
    assert_eq!(read["required_status_checks"]["contexts"], json!(["ci", "isl-pii-check"]));
    assert_eq!(
        (&read["required_status_checks"]["strict"], &read["restrictions"]["teams"][0]["slug"]),
        (&json!(true), &json!("core"))
    );
    assert_eq!(held.sim.repo("acme/docs-site").required_checks("release/1"), ["ci", "isl-pii-check"]);
}

#[tokio::test]
async fn memberships_name_the_role() {
    let held = Held::new().await;
    let members = held.get("/orgs/acme/members?role=admin").await;
    let admin = members[0]["login"].as_str().unwrap().to_owned();
    assert_eq!(held.get(&format!("/orgs/acme/memberships/{admin}")).await["role"], "admin");
    assert_eq!(held.ask(Method::GET, "/orgs/acme/memberships/stranger", Value::Null).await.status, 404);
}

#[tokio::test]
async fn an_endpoint_may_do_its_work_and_lose_the_answer() {
    let held = Held::new().await;
    let opened = held.sim.repo(REPO).open(Opening::new(change()));
    let endpoint = "POST /repos/{owner}/{repo}/check-runs".to_owned();
    held.sim.faults().set(Fault::At { endpoint, every: 1, times: Some(1), what: At::LostAnswer });
    let url = format!("{}/repos/{REPO}/check-runs", held.sim.base_url());
    let body = json!({"name": "x", "head_sha": opened.head});
    assert!(held.caller.send(Method::POST, &url, &[], body.clone()).await.is_err());
    assert_eq!(held.sim.repo(REPO).check_runs(&opened.head).len(), 1);
    assert_eq!(held.caller.post(&url, body).await.status, 201);
}

/// Answers every delivery with what `status` says, and keeps them.
async fn receiver(
    status: impl Fn(usize) -> u16 + Send + Sync + 'static,
) -> (String, std::sync::Arc<std::sync::Mutex<Vec<(http::HeaderMap, bytes::Bytes)>>>) {
    use http_body_util::BodyExt as _;
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/webhooks/github", listener.local_addr().unwrap());
    let (kept, status) = (seen.clone(), std::sync::Arc::new(status));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (kept, status) = (kept.clone(), status.clone());
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let (kept, status) = (kept.clone(), status.clone());
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.unwrap().to_bytes();
                    let count = {
                        let mut kept = kept.lock().unwrap();
                        kept.push((parts.headers, body));
                        kept.len()
                    };
                    let answer = http::Response::builder().status(status(count));
                    answer.body(http_body_util::Full::new(bytes::Bytes::new()))
                }
            });
            let io = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
        }
    });
    (url, seen)
}

#[tokio::test]
async fn deliveries_are_signed_logged_and_made_again() {
    let held = Held::new().await;
    let (url, seen) = receiver(|count| if count == 1 { 503 } else { 202 }).await;
    held.sim.hook(&url, "secret");
    let repo = held.sim.repo(REPO);
    let opened = repo.open(Opening::new(change()).from_fork("mallory"));
    assert_eq!(held.sim.pending_deliveries().len(), 2);
    let report = held.sim.deliver(Delivering::default()).await;
    assert_eq!((report.failed, report.accepted), (1, 1));
    let (headers, body) = seen.lock().unwrap()[0].clone();
    assert_eq!(headers["x-github-event"], "pull_request");
    assert_eq!(headers["x-hub-signature-256"].to_str().unwrap(), scrutineer_simulator::sign("secret", &body));
    let suite: Value = serde_json::from_slice(&seen.lock().unwrap()[1].1).unwrap();
    assert_eq!(
        (&suite["check_suite"]["head_sha"], &suite["check_suite"]["pull_requests"]),
        (&json!(opened.head), &json!([]))
    );
    // GitHub knows which failed and makes it again, under the same name.
    let app = Caller::new(&jwt());
    let log = app.get(&format!("{}/app/hook/deliveries", held.sim.base_url())).await;
    held.api.check_response("GET", "/app/hook/deliveries", (200, &log.json())).unwrap();
    let failed =
        log.json().as_array().unwrap().iter().find(|attempt| attempt["status_code"] == 503).unwrap().clone();
    let again = app
        .post(&format!("{}/app/hook/deliveries/{}/attempts", held.sim.base_url(), failed["id"]), json!({}))
        .await;
    assert_eq!(again.status, 202);
    assert_eq!(held.sim.deliver(Delivering::default()).await.accepted, 1);
    assert_eq!(seen.lock().unwrap()[2].0["x-github-delivery"], failed["guid"].as_str().unwrap());
}

#[tokio::test]
async fn deliveries_get_lost_doubled_and_mixed_up_the_same_way_every_time() {
    let mut orders = Vec::new();
    for _ in 0..2 {
        let held = Held::new().await;
        let (url, seen) = receiver(|_| 202).await;
        held.sim.hook(&url, "secret");
        let repo = held.sim.repo(REPO);
        let opened = repo.open(Opening::new(change()));
        for round in 0..5 {
            repo.push_to(opened.number, &Change::new().file("src/new.ts", format!("{round}\n")));
        }
        repo.act(opened.number, "closed");
        let how = Delivering { lose_every: Some(5), duplicate_every: Some(4), shuffle: Some(7), at_once: 1 };
        let report = held.sim.deliver(how).await;
        assert_eq!((report.lost, report.accepted), (2, 14), "13 deliveries, 3 of them twice, 2 lost");
        let order: Vec<String> = seen
            .lock()
            .unwrap()
            .iter()
            .map(|(headers, _)| headers["x-github-delivery"].to_str().unwrap().to_owned())
            .collect();
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
}

#[tokio::test]
async fn a_merge_group_holds_the_changes_of_its_pull_requests() {
    let held = Held::new().await;
    let (url, seen) = receiver(|_| 202).await;
    let repo = held.sim.repo(REPO);
    let first = repo.open(Opening::new(Change::new().file("a.ts", "1\n")));
    let second = repo.open(Opening::new(Change::new().file("b.ts", "2\n").remove("README.md")));
    held.sim.hook(&url, "secret");
    let head = repo.queue(&[first.number, second.number]);
    assert_eq!(repo.read(&head, "a.ts").unwrap(), b"1\n");
    assert_eq!((repo.read(&head, "b.ts").unwrap(), repo.read(&head, "README.md")), (b"2\n".to_vec(), None));
    held.sim.deliver(Delivering::default()).await;
    let event: Value = serde_json::from_slice(&seen.lock().unwrap()[0].1).unwrap();
    assert_eq!(
        (&event["action"], &event["merge_group"]["head_sha"]),
        (&json!("checks_requested"), &json!(head))
    );
    let base = event["merge_group"]["base_sha"].as_str().unwrap();
    let compared = held.get(&format!("/repos/{REPO}/compare/{base}...{head}")).await;
    assert_eq!(compared["files"].as_array().unwrap().len(), 3);
}

fn jwt() -> String {
    let part = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    #[expect(clippy::disallowed_methods, reason = "a token expires in real time")]
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({"iat": now - 60, "exp": now + 300, "iss": 424_242});
    format!(
        "{}.{}.{}",
        part(json!({"alg": "RS256"}).to_string()),
        part(claims.to_string()),
        part("s".repeat(256))
    )
}

#[tokio::test]
async fn the_admin_port_opens_pull_requests_and_delivers() {
    let held = Held::new().await;
    let (url, seen) = receiver(|_| 202).await;
    let admin = |path: &str| format!("{}{path}", held.sim.admin_url());
    let caller = Caller::new("");
    let hook = json!({"url": url, "secret": "s"});
    assert_eq!(caller.send(Method::PUT, &admin("/hook"), &[], hook).await.unwrap().status, 200);
    let files = json!({"src/a.ts": "1\n", "README.md": null});
    let opened = caller
        .post(&admin(&format!("/repos/{REPO}/pulls")), json!({"files": files, "fork": "mallory"}))
        .await
        .json();
    let path = format!("/repos/{REPO}/pulls/{}/push", opened["number"]);
    assert_eq!(caller.post(&admin(&path), json!({"files": {"src/a.ts": "2\n"}})).await.status, 200);
    assert_eq!(caller.post(&admin("/deliver"), json!({})).await.json()["accepted"], 4);
    assert_eq!(seen.lock().unwrap().len(), 4);
    assert_eq!(caller.get(&admin(&format!("/repos/{REPO}/check-runs"))).await.json(), json!([]));
    for bad in ["/repos/acme/none/pulls", &format!("/repos/{REPO}/pulls/999/push")] {
        assert_eq!(caller.post(&admin(bad), json!({"files": {}})).await.status, 404, "{bad}");
    }
}
