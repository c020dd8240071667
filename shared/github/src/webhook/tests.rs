//! Payloads: GitHub's own examples, and those that are no payloads.

use scrutineer_core::ids::{PullNumber, RepoName};
use serde_json::{Value, json};

use super::*;

/// Every example that Octokit publishes: event, payload.
fn examples() -> Vec<(String, Value)> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/simulator/contract/node_modules/@octokit/webhooks-examples"
    );
    let mut all = Vec::new();
    for version in ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"] {
        let file = format!("{folder}/{version}/index.json");
        let text =
            std::fs::read(&file).unwrap_or_else(|_| panic!("{file} is missing: run tests/setup.sh first"));
        let events: Vec<Value> = serde_json::from_slice(&text).unwrap();
        for event in events {
            let name = event["name"].as_str().unwrap();
            all.extend(
                event["examples"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|payload| (name.to_owned(), payload.clone())),
            );
        }
    }
    all
}

fn parse(event: &str, payload: &Value) -> Result<Event, EventError> {
    Event::parse(event, payload.to_string().as_bytes())
}

fn example(event: &str, action: &str) -> Value {
    let found = examples().into_iter().find(|(name, payload)| name == event && payload["action"] == action);
    found.unwrap().1
}

/// Events that the examples show in a form the product acts on.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::Ping(_) => "ping",
        Event::PullRequest(_) => "pull_request",
        Event::Push(_) => "push",
        Event::MergeGroup(_) => "merge_group",
        Event::CheckSuite(_) => "check_suite",
        Event::CheckRun(_) => "check_run",
        Event::Installation(_) => "installation",
        Event::InstallationRepositories(_) => "installation_repositories",
        Event::Repository(_) => "repository",
        Event::Other { .. } => "other",
    }
}

#[test]
fn every_published_example_is_read() {
    let examples = examples();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for (name, payload) in &examples {
        let event =
            parse(name, payload).unwrap_or_else(|error| panic!("{name} {}: {error}", payload["action"]));
        let read = kind(&event);
        assert!(read == "other" || read == name, "{name} was read as {read}");
        *counts.entry(read).or_default() += 1;
    }
    assert!(examples.len() > 500, "{}", examples.len());
    let kinds: Vec<_> = counts.keys().copied().collect();
    let all = [
        "check_run",
        "check_suite",
        "installation",
        "installation_repositories",
        "merge_group",
        "other",
        "ping",
        "pull_request",
        "push",
        "repository",
    ];
    assert_eq!(kinds, all, "each event that concerns us is among the examples");
}

#[test]
fn actions_that_do_not_concern_us_are_other() {
    for (event, action) in [
        ("pull_request", "labeled"),
        ("check_suite", "completed"),
        ("check_run", "created"),
        ("repository", "privatized"),
    ] {
        let other = Event::Other { event: event.to_owned(), action: Some(action.to_owned()) };
        assert_eq!(parse(event, &example(event, action)), Ok(other));
    }
    assert_eq!(
        parse("never_heard_of", &json!({"x": [1]})),
        Ok(Event::Other { event: "never_heard_of".to_owned(), action: None })
    );
}

#[test]
fn a_pull_request_is_read_whole() {
    let mut payload = example("pull_request", "opened");
    payload["installation"] = json!({"id": 7});
    let Ok(Event::PullRequest(event)) = parse("pull_request", &payload) else { panic!("not a pull request") };
    assert_eq!(event.action, PullAction::Opened);
    assert_eq!(event.number, PullNumber::new(2));
    assert_eq!(event.origin.repo.name, "codertocat/hello-world".parse::<RepoName>().unwrap());
    assert_eq!(event.head.sha.as_str(), "ec26c3e57ca3a959ca5aad62de7213c562f8c821");
    assert_eq!((event.head.branch.as_str(), event.base.branch.as_str()), ("changes", "master"));
    assert_eq!(event.author.clone().unwrap().as_str(), "Codertocat");
    assert!(!event.is_fork() && !event.draft);
    assert_eq!(Event::PullRequest(event).installation().unwrap().get(), 7);
}

#[test]
fn a_head_in_another_or_a_deleted_repository_is_a_fork() {
    let mut payload = example("pull_request", "synchronize");
    payload["pull_request"]["head"]["repo"]["id"] = json!(1);
    let mut deleted = payload.clone();
    deleted["pull_request"]["head"]["repo"] = Value::Null;
    for payload in [payload, deleted] {
        let Ok(Event::PullRequest(event)) = parse("pull_request", &payload) else {
            panic!("no pull request")
        };
        assert!(event.is_fork());
    }
}

#[test]
fn an_edit_concerns_us_when_the_base_changed() {
    let mut payload = example("pull_request", "opened");
    payload["action"] = json!("edited");
    payload["changes"] = json!({"title": {"from": "x"}});
    assert!(matches!(parse("pull_request", &payload), Ok(Event::Other { .. })));
    payload["changes"] = json!({"base": {"ref": {"from": "develop"}, "sha": {"from": "0".repeat(40)}}});
    let Ok(Event::PullRequest(event)) = parse("pull_request", &payload) else { panic!("no pull request") };
    assert_eq!(event.action, PullAction::BaseChanged);
}

#[test]
fn only_pushes_to_the_default_branch_concern_us() {
    let pushes = examples()
        .into_iter()
        .filter(|(name, payload)| name == "push" && payload["ref"] == "refs/heads/master");
    let (_, mut payload) = pushes.into_iter().next().unwrap();
    payload["before"] = json!("a".repeat(40));
    let Ok(Event::Push(event)) = parse("push", &payload) else { panic!("no push") };
    assert_eq!((event.branch.as_str(), event.before.is_some()), ("master", true));
    payload["before"] = json!("0".repeat(40));
    let Ok(Event::Push(event)) = parse("push", &payload) else { panic!("no push") };
    assert_eq!(event.before, None);
    payload["repository"]["default_branch"] = json!("main");
    assert!(matches!(parse("push", &payload), Ok(Event::Other { .. })));
}

#[test]
fn buttons_renames_and_transfers_say_what_was_before() {
    let Ok(Event::CheckRun(event)) = parse("check_run", &example("check_run", "requested_action")) else {
        panic!("no check run")
    };
    assert_eq!(event.action, CheckRunAction::RequestedAction { identifier: "lgtm|26764".to_owned() });
    let Ok(Event::Repository(event)) = parse("repository", &example("repository", "renamed")) else {
        panic!("no repository")
    };
    let RepositoryAction::Renamed { from } = event.action else { panic!("not renamed") };
    assert_eq!(from.name(), "Hello-World");
    let Ok(Event::Repository(event)) = parse("repository", &example("repository", "transferred")) else {
        panic!("no repository")
    };
    assert_eq!(event.action, RepositoryAction::Transferred { from: "octocat".parse().unwrap() });
}

#[test]
fn a_missing_field_is_named() {
    let mut payload = example("pull_request", "opened");
    payload["pull_request"]["head"].as_object_mut().unwrap().remove("sha");
    let Err(EventError::Unreadable { path, reason, .. }) = parse("pull_request", &payload) else {
        panic!("read")
    };
    assert_eq!(path, "pull_request.head");
    assert!(reason.contains("`sha`"), "{reason}");
    payload["pull_request"]["head"]["sha"] = json!("main");
    let Err(EventError::Unreadable { path, .. }) = parse("pull_request", &payload) else { panic!("read") };
    assert_eq!(path, "pull_request.head.sha");
}

#[test]
fn what_is_no_payload_is_refused() {
    let deep = |levels: usize| format!("{{\"x\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(Event::parse("star", deep(DEEPEST - 1).as_bytes()).is_ok());
    assert_eq!(Event::parse("star", deep(DEEPEST).as_bytes()), Err(EventError::TooDeep));
    assert_eq!(Event::parse("star", "[".repeat(1_000_000).as_bytes()), Err(EventError::TooDeep));
    let brackets_in_text = format!("{{\"x\":\"{}\\\"\"}}", "[".repeat(500));
    assert!(Event::parse("star", brackets_in_text.as_bytes()).is_ok());
    assert_eq!(Event::parse("star", &vec![b' '; LONGEST_BODY + 1]), Err(EventError::TooLarge));
    for body in [
        &b""[..],
        b"{",
        b"null",
        b"[]",
        b"{} {}",
        b"\xff",
        b"{\"action\":1}",
        b"{\"action\":\"a\",\"action\":\"b\"}",
    ] {
        assert!(matches!(Event::parse("pull_request", body), Err(EventError::Unreadable { .. })), "{body:?}");
    }
}
