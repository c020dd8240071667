//! The program as a user runs it: usage errors, exit codes, outputs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::{fs, path::Path};

use assert_cmd::Command;
use scrutineer_simulator::{Simulator, World};
use serde_json::Value;

/// The program with an environment of our own.
fn scrutineer() -> Command {
    let mut command = Command::cargo_bin("scrutineer").unwrap();
    command.env_remove("GITHUB_TOKEN").env_remove("SCRUTINEER_LOG").env("COLUMNS", "100");
    command
}

/// A scan of the simulator's organization.
fn scan(simulator: &Simulator, token: &str) -> Command {
    let mut command = scrutineer();
    command.args(["scan", "acme", "--github-api", &simulator.base_url()]).env("GITHUB_TOKEN", token);
    command
}

async fn demo_world() -> Simulator {
    Simulator::start(World::embedded_demo().unwrap()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn one_line_error(command: &mut Command, code: i32, part: &str) {
    let output = command.assert().code(code).get_output().clone();
    let error = text(&output.stderr);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("error: ") && error.contains(part), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn wrong_usage_is_exit_code_2() {
    scrutineer().assert().code(2);
    scrutineer().args(["scan"]).assert().code(2);
    scrutineer().args(["scan", "acme", "--token", "ghp_x"]).assert().code(2);
    scrutineer().args(["scan", "acme", "--concurrency", "101"]).assert().code(2);
    scrutineer().args(["serve"]).assert().code(2);
    one_line_error(scrutineer().args(["scan", "acme"]), 2, "GITHUB_TOKEN");
    one_line_error(scrutineer().args(["scan", "acme", "--token-file", "/nowhere"]), 2, "--token-file");
    one_line_error(
        scrutineer().args(["scan", "not an org"]).env("GITHUB_TOKEN", "ghp_12345678"),
        2,
        "not an org",
    );
    one_line_error(
        scrutineer().args(["scan", "acme", "--github-api", "nonsense"]).env("GITHUB_TOKEN", "ghp_12345678"),
        2,
        "--github-api",
    );
    one_line_error(scrutineer().args(["checks", "explain", "NOPE-1"]), 2, "NOPE-1");
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("profile.yml");
    fs::write(&profile, "checks: {CICD-003: {weight: 11}}").unwrap();
    one_line_error(
        scrutineer().args(["scan", "acme", "--profile", profile.to_str().unwrap()]),
        2,
        "/checks/CICD-003/weight: a number from 0 to 10",
    );
}

#[test]
fn a_data_directory_that_cannot_be_used_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scrutineer.db");
    fs::write(&file, "not a database, but somebody's").unwrap();
    let data = dir.path().to_str().unwrap();
    one_line_error(scrutineer().args(["serve", "--port", "0", "--data", data]), 1, "scrutineer.db");
    one_line_error(scrutineer().args(["token", "list", "--data", data]), 1, "scrutineer.db");
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a database, but somebody's");
    one_line_error(scrutineer().args(["token", "list", "--data", "/nowhere/at/all"]), 1, "/nowhere/at/all");
}

#[test]
fn an_unreachable_api_is_said_at_once() {
    let mut command = scrutineer();
    command
        .args(["scan", "acme", "--quiet", "--github-api", "http://127.0.0.1:9"])
        .env("GITHUB_TOKEN", "ghp_12345678");
    one_line_error(&mut command, 1, "http://127.0.0.1:9 cannot be reached");
}

#[test]
fn the_checks_are_an_array_with_the_promised_fields() {
    let output = scrutineer().args(["checks", "--format", "json"]).assert().success().get_output().clone();
    let checks: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(checks.len() >= 59);
    for check in &checks {
        for field in ["id", "name", "category", "scope", "severity", "weight"] {
            assert!(!check[field].is_null(), "{field} of {check}");
        }
        assert!(check["weight"].is_number());
    }
    scrutineer().args(["checks", "explain", "iam-001"]).assert().success();
    scrutineer().args(["checks", "--format", "markdown"]).assert().success();
    scrutineer().args(["completions", "bash"]).assert().success();
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let run = |args: &[&str]| {
        text(
            &scrutineer()
                .arg("token")
                .args(args)
                .args(["--data", data])
                .assert()
                .success()
                .get_output()
                .stdout,
        )
    };
    let token =
        run(&["create", "--name", "ci", "--scope", "scan", "--scope", "read", "--expires-in-days", "7"]);
    assert!(token.starts_with("scr_"));
    let listed = run(&["list"]);
    assert!(listed.contains("scan,read") && listed.contains("ci"), "{listed}");
    assert!(!listed.contains(token.trim()));
    let id = listed.split_whitespace().next().unwrap();
    run(&["revoke", id]);
    assert_eq!(run(&["list"]), "");
}

#[test]
fn the_demo_ends_in_the_score_table() {
    let output = scrutineer().args(["demo", "--quiet"]).assert().success().get_output().clone();
    let shown = text(&output.stdout);
    for part in ["Category", "Coverage", "Overall", "Worst findings", "GitHub requests:"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(text(&output.stderr).is_empty());
    assert!(!shown.contains('\u{1b}'), "no colour where there is no terminal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_writes_the_promised_json_and_a_second_one_is_warm() {
    let simulator = demo_world().await;
    let token = simulator.full_token();
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("report.json"));
    let run = || {
        let mut command = scan(&simulator, &token);
        command.args(["--format", "json", "--data"]).arg(&data).arg("--output").arg(&file);
        let output = command.assert().code(11).get_output().clone();
        (read_json(&file), text(&output.stderr))
    };
    let (cold, said) = run();
    assert!(said.contains("GitHub requests:") && said.contains("13 done"), "{said}");
    the_promised_fields(&cold);
    let (warm, said) = run();
    assert!(said.contains("13 unchanged"), "{said}");
    assert_eq!(warm["findings"], cold["findings"]);
    assert!(warm["github_requests"]["total"].as_u64() < cold["github_requests"]["total"].as_u64());
    assert!(!warm.to_string().contains(&token) && !said.contains(&token));

    simulator.world().lock().repo_mut("acme", "payments-api").unwrap().set_security("secret_scanning", false);
    let mut command = scan(&simulator, &token);
    command.args(["--format", "json", "--quiet", "--compare"]).arg(&file);
    let later: Value = serde_json::from_slice(&command.assert().code(11).get_output().stdout).unwrap();
    let moves = later["comparison"]["moves"].as_array().unwrap();
    let moved = moves.iter().find(|moved| moved["check"] == "SEC-001").unwrap();
    assert_eq!((&moved["direction"], &moved["before"]["status"]), (&"worsened".into(), &"passed".into()));
    assert_eq!(later["comparison"]["scan"], warm["scan"]["id"]);
    fits_the_schema(&later);
    assert!(later["benchmarks"]["dora"]["deployments"].as_u64().unwrap() >= 10);
    let mut command = scan(&simulator, &token);
    command.args(["--quiet", "--compare"]).arg(&file);
    let shown = text(&command.assert().code(11).get_output().stdout);
    assert!(shown.contains("Since scan") && shown.contains("passed → "), "{shown}");

    let other = dir.path().join("other.json");
    fs::write(&other, fs::read_to_string(&file).unwrap().replace("\"acme\"", "\"umbrella\"")).unwrap();
    let mut command = scan(&simulator, &token);
    command.args(["--quiet", "--compare"]).arg(&other);
    one_line_error(&mut command, 2, "another organization");
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The published schema admits what the program writes.
fn fits_the_schema(report: &Value) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/reference/finding.schema.json");
    let schema = read_json(Path::new(file));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{:#?}", &errors[..errors.len().min(5)]);
}

fn the_promised_fields(report: &Value) {
    fits_the_schema(report);
    assert_eq!(report["scan"]["status"], "completed");
    assert!(report["overall"].is_number() && report["coverage"].is_number());
    let repository = &report["repositories"][0];
    assert!(repository["name"].is_string() && repository["findings"]["passed"].is_number());
    assert_eq!(repository["status"], "done");
    for score in report["scores"].as_array().unwrap() {
        for field in ["score", "max_score", "percentage", "coverage"] {
            assert!(score[field].is_number(), "{field} of {score}");
        }
    }
    let findings = report["findings"].as_array().unwrap();
    for status in ["passed", "warning", "failed", "not_applicable", "error"] {
        assert!(findings.iter().any(|finding| finding["status"] == status), "{status}");
    }
    let of_org = findings.iter().find(|finding| finding["repository"].is_null()).unwrap();
    for field in ["check", "severity", "detail"] {
        assert!(of_org[field].is_string(), "{field}");
    }
    assert!(of_org["evidence"].is_array());
    let by_endpoint = report["github_requests"]["by_endpoint"].as_object().unwrap();
    let sum: u64 = by_endpoint.values().filter_map(Value::as_u64).sum();
    assert_eq!(report["github_requests"]["total"], sum);
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_follow_the_findings() {
    let simulator = demo_world().await;
    let token = simulator.full_token();
    scan(&simulator, &token).args(["--quiet", "--fail-on", "never"]).assert().code(0);
    scan(&simulator, &token)
        .args(["--quiet", "--exclude", "legacy-*", "--fail-on", "never"])
        .assert()
        .code(0);
    scan(&simulator, "ghp_revoked_0123456789").args(["--quiet"]).assert().code(12);
    let narrow = simulator.token(["metadata:read"]);
    scan(&simulator, &narrow).args(["--quiet", "--fail-on", "never"]).assert().code(12);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_a_missing_permission_costs() {
    let simulator = demo_world().await;
    let token = simulator.installation_token(["metadata:read", "contents:read"]);
    let mut command = scrutineer();
    command.args(["doctor", "acme", "--github-api", &simulator.base_url()]).env("GITHUB_TOKEN", token);
    let said = text(&command.assert().code(12).get_output().stdout);
    for part in
        ["ok       API", "ok       credential", "ok       budget", "missing  administration:read: would let"]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    let mut command = scrutineer();
    command
        .args(["doctor", "acme", "--github-api", &simulator.base_url()])
        .env("GITHUB_TOKEN", "ghp_nonsense1");
    assert!(text(&command.assert().code(1).get_output().stdout).contains("broken   credential"));
}
