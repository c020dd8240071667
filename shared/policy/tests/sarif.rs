//! SARIF reports, held against Microsoft's validator with GitHub's rules.

#![expect(clippy::panic, reason = "a test that cannot go on shall stop here")]

use std::{path::Path, path::PathBuf, process::Command};

use scrutineer_policy::{
    Bundle, ChangeSet, EffectivePolicy, SourceFile, Verdict, built_in, resolve,
    sarif::{Context, Log, MAX_RESULTS, pack_report, report},
    verify,
};
use serde_json::Value;

fn strict() -> Bundle {
    built_in("strict").expect("built in")
}

fn judged(bundle: &Bundle, change: &ChangeSet) -> (Verdict, EffectivePolicy) {
    let policy = resolve(bundle).expect("valid");
    (verify(&policy, change, &[]), policy)
}

fn change(files: &[(&str, &str)]) -> ChangeSet {
    ChangeSet {
        files: files.iter().map(|(path, text)| SourceFile::new(path, text.as_bytes())).collect(),
        today: "2026-06-01".to_owned(),
        ..ChangeSet::default()
    }
}

fn value(log: &Log) -> Value {
    serde_json::from_str(&log.to_json()).expect("JSON")
}

/// Where `tests/setup.sh` puts the validator.
fn validator() -> PathBuf {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/sarif/node_modules/@microsoft")
        .join(format!("sarif-multitool-{system}"))
        .join("Sarif.Multitool")
}

/// What the validator says about a document: `level rule: message`. Its exit code is 0 whatever it finds.
fn complaints(document: &Value) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, output) = (folder.path().join("report.sarif"), folder.path().join("said.sarif"));
    std::fs::write(&input, document.to_string()).expect("writable");
    let program = validator();
    let run = Command::new(&program)
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .arg("validate")
        .arg(&input)
        .args(["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--kind", "Fail"])
        .args(["--log", "ForceOverwrite", "--output"])
        .arg(&output)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}: run tests/setup.sh first", program.display()));
    let said = std::fs::read_to_string(&output)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&run.stdout)));
    let said: Value = serde_json::from_str(&said).expect("the validator writes SARIF");
    let run = &said["runs"][0];
    let mut complaints: Vec<String> = Vec::new();
    for result in run["results"].as_array().into_iter().flatten() {
        let level = result["level"].as_str().unwrap_or("warning");
        let place = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
        complaints.push(format!("{level} {}: {} {place}", result["ruleId"], result["message"]));
    }
    for list in ["toolConfigurationNotifications", "toolExecutionNotifications"] {
        for note in run["invocations"][0][list].as_array().into_iter().flatten() {
            complaints.push(format!("{list}: {}", note["message"]));
        }
    }
    complaints
}

fn valid(log: &Log) {
    let complaints = complaints(&value(log));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Findings of every tier, awkward paths, suppressions of both kinds, notices, files that were not analysed, a custom
/// rule.
fn everything() -> (Verdict, EffectivePolicy) {
    let mut bundle = built_in("default").expect("built in");
    bundle.rules.push(CUSTOM.to_owned());
    bundle.policies.required.push("acme".to_owned());
    let debugger = "debugger;\n";
    let known = judged(&bundle, &change(&[("old.js", debugger)])).0;
    let mut all = change(&[
        ("src/a b/ü:[id].ts", "log.info(user.email);\nconsole.log('x');\nlegacyFetch(url);\n"),
        (
            "a:b.js",
            "// isl-ignore quality/no-debug-code: agreed with the team ticket:T-1 expires:2027-01-01\ndebugger;\n",
        ),
        (
            "late.js",
            "// isl-ignore quality/no-debug-code: agreed with the team expires:2026-01-01\ndebugger;\n",
        ),
        ("old.js", debugger),
        ("src/auth.test.js", "const password = 'Tr0ub4dor&3';\n"),
        ("multi.py", "import logging\nlogging.info(\n    user.email,\n)\n"),
        (".github/scrutineer.yml", "version: 1\n"),
        ("nul.js", "a\0b"),
    ]);
    all.baseline = Some(scrutineer_policy::Baseline::create(&known));
    judged(&bundle, &all)
}

const CUSTOM: &str = r"
apiVersion: 1
id: acme/no-legacy-client
title: The legacy client is gone
severity: error
tier: hard_block
rationale: It signs with a retired key.
fix: Use the new client.
languages: [script]
message: legacy client $NAME
match:
  call: { name: [legacyFetch] }
examples:
  - languages: [script]
    bad: ['legacyFetch(x);']
    good: ['fetch(x);']
";

#[test]
fn a_report_with_everything_is_valid() {
    let (verdict, policy) = everything();
    let context = Context {
        repository: Some("https://github.com/acme/shop"),
        revision: Some("3f786850e387550fdab836ed7e6dc881de23001b"),
        branch: Some("main"),
        ..Context::default()
    };
    let log = report(&verdict, &policy, context);
    let document = value(&log);
    let results: Vec<&Value> = document["runs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|run| run["results"].as_array().unwrap())
        .collect();
    assert_eq!(results.len(), verdict.violations.len() + verdict.suppressed.len());
    let kinds: Vec<&str> =
        results.iter().filter_map(|result| result["suppressions"][0]["kind"].as_str()).collect();
    assert!(kinds.contains(&"inSource") && kinds.contains(&"external"), "{kinds:?}");
    for level in ["error", "warning", "note"] {
        assert!(
            results.iter().any(|result| result["level"] == level)
                || document.to_string().contains(&format!("\"level\":\"{level}\"")),
            "{level}"
        );
    }
    assert!(document.to_string().contains("NUL bytes"), "what was not analysed is said");
    valid(&log);
}

#[test]
fn a_report_without_results_is_valid_and_has_every_pack() {
    let (verdict, policy) = judged(&strict(), &change(&[("src/a.js", "export const x = 1;\n")]));
    let log = report(&verdict, &policy, Context::default());
    let document = value(&log);
    let categories: Vec<&str> = document["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["automationDetails"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(categories.len(), 8);
    assert!(categories.contains(&"isl-policy/rate-limit/"), "{categories:?}");
    assert_eq!(log.results(), 0);
    valid(&log);
}

#[test]
fn one_pack_is_one_run() {
    let (verdict, policy) = everything();
    let log = pack_report(&verdict, &policy, "acme", Context::default()).expect("enabled");
    let document = value(&log);
    let runs = document["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let rules = runs[0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert!(rules[0]["helpUri"].is_null(), "nobody wrote a page for it");
    assert_eq!(runs[0]["results"].as_array().unwrap().len(), 1);
    valid(&log);
    assert!(pack_report(&verdict, &policy, "nope", Context::default()).is_none());
}

#[test]
fn beyond_the_cap_the_most_serious_results_stay() {
    let mut files: Vec<(String, String)> =
        (0..52).map(|at| (format!("src/a{at:02}.js"), "console.log('x');\n".repeat(100))).collect();
    files.push(("src/z.js".to_owned(), "log.info(user.email);\n".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (verdict, policy) = judged(&strict(), &change(&files));
    let log = pack_report(&verdict, &policy, "pii", Context::default()).expect("enabled");
    assert_eq!(log.results(), MAX_RESULTS);
    let document = value(&log);
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "pii/logged-sensitive-data"));
    let note = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(note.as_str().unwrap().contains("not listed"), "{note}");
    valid(&log);
}

#[test]
fn more_packs_than_runs_share_the_last_run() {
    let mut bundle = strict();
    for at in 0..25 {
        bundle.rules.push(CUSTOM.replace("acme/", &format!("acme{at:02}/")));
        bundle.policies.optional.push(format!("acme{at:02}"));
    }
    let (verdict, policy) = judged(&bundle, &change(&[("a.js", "legacyFetch(x);\n")]));
    let log = report(&verdict, &policy, Context::default());
    let document = value(&log);
    assert_eq!(document["runs"].as_array().unwrap().len(), 20);
    assert_eq!(log.results(), verdict.violations.len());
    assert!(verdict.violations.len() >= 25);
    valid(&log);
}

#[test]
fn fingerprints_survive_moved_lines_and_regions_are_exact() {
    let result = |text: &str| {
        let (verdict, policy) = judged(&strict(), &change(&[("src/a.js", text)]));
        let document =
            value(&pack_report(&verdict, &policy, "quality", Context::default()).expect("enabled"));
        document["runs"][0]["results"][0].clone()
    };
    let before = result("function f() { debugger; }\n");
    let after = result("\n// é\n\nfunction f() {\n  debugger;\n}\n");
    assert_eq!(before["partialFingerprints"], after["partialFingerprints"]);
    assert!(before["partialFingerprints"]["primaryLocationLineHash"].is_string());
    let region = &before["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&1.into(), &16.into()));
    assert_ne!(region, &after["locations"][0]["physicalLocation"]["region"]);
}

#[test]
fn suppressed_findings_can_be_left_out() {
    let (verdict, policy) = everything();
    assert!(!verdict.suppressed.is_empty());
    let log = report(&verdict, &policy, Context { suppressed: false, ..Context::default() });
    assert_eq!(log.results(), verdict.violations.len());
}

#[test]
fn the_validator_finds_what_is_wrong() {
    let (verdict, policy) = everything();
    let mut document = value(&report(&verdict, &policy, Context::default()));
    let run = document["runs"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|run| !run["results"].as_array().unwrap().is_empty())
        .expect("there are results");
    run["results"][0]["locations"] = Value::Array(Vec::new());
    run["results"][0]["ruleIndex"] = 99.into();
    let complaints = complaints(&document);
    assert!(complaints.iter().any(|complaint| complaint.contains("\"GH10")), "{complaints:?}");
    assert!(complaints.iter().any(|complaint| complaint.contains("SARIF1009")), "{complaints:?}");
}
