//! `scrutineer verify`, `baseline` and `rules` as a user runs them, on repositories made for each test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::{fs, path::Path, process};

use assert_cmd::Command;
use scrutineer_policy::{
    Base, Changed, Content, Found, RepoPath, assemble, built_in, changed_lines, resolve, verify,
};
use serde_json::Value;
use tempfile::TempDir;

fn scrutineer() -> Command {
    let mut command = Command::cargo_bin("scrutineer").unwrap();
    command.env_remove("SCRUTINEER_LOG").env("COLUMNS", "120");
    command
}

/// A repository on the branch `main`.
struct Repo(TempDir);

impl Repo {
    fn new() -> Self {
        let repo = Repo(tempfile::tempdir().unwrap());
        repo.git(&["init", "--quiet", "--initial-branch", "main"]);
        for (key, value) in
            [("user.name", "Test"), ("user.email", "test@example.org"), ("commit.gpgsign", "false")]
        {
            repo.git(&["config", key, value]);
        }
        repo
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, args: &[&str]) -> String {
        let output = process::Command::new("git").arg("-C").arg(self.path()).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let full = self.path().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, content).unwrap();
        self
    }

    fn commit(&self) -> &Self {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "a commit"]);
        self
    }

    fn verify(&self, args: &[&str]) -> Command {
        let mut command = scrutineer();
        command.arg("verify").arg(self.path()).args(args).arg("--quiet");
        command
    }

    /// The JSON of a verification that ends with this exit code.
    fn json(&self, args: &[&str], code: i32) -> Value {
        let output = self.verify(args).args(["--format", "json"]).assert().code(code).get_output().clone();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The JSON of a change since `main`.
    fn since_main(&self, args: &[&str], code: i32) -> Value {
        self.json(&[&["--base", "main"], args].concat(), code)
    }
}

/// `path:line rule` of each violation.
fn found(verdict: &Value) -> Vec<String> {
    let violation = |v: &Value| {
        format!("{}:{} {}", v["path"].as_str().unwrap(), v["start_line"], v["rule"].as_str().unwrap())
    };
    verdict["violations"].as_array().unwrap().iter().map(violation).collect()
}

/// The reason for which a path was skipped.
fn skipped<'v>(verdict: &'v Value, path: &str) -> &'v str {
    let all = verdict["skipped"].as_array().unwrap();
    let entry = all.iter().find(|skipped| skipped["path"] == path);
    entry.unwrap_or_else(|| unreachable!("{path} is not among {all:?}"))["reason"].as_str().unwrap()
}

fn noticed(verdict: &Value, part: &str) {
    let notices = verdict["notices"].as_array().unwrap();
    assert!(notices.iter().any(|notice| notice.as_str().unwrap().contains(part)), "{part}: {notices:?}");
}

const DEBUGGER: &str = "function f() {\n  debugger;\n}\n";
const CLEAN: &str = "export const x = 1;\n";

#[test]
fn a_tree_is_judged_and_ignored_files_are_not() {
    let repo = Repo::new();
    repo.write(".gitignore", "build/\n*.local.js\n")
        .write("src/a.js", DEBUGGER)
        .write("build/b.js", DEBUGGER);
    repo.write("tracked.local.js", DEBUGGER).commit();
    repo.git(&["rm", "--quiet", "--cached", "build/b.js"]);
    repo.write("new.js", DEBUGGER).write("other.local.js", DEBUGGER);
    let verdict = repo.json(&[], 11);
    assert_eq!(verdict["verdict"], "NO_SHIP");
    assert_eq!(
        found(&verdict),
        [
            "new.js:2 quality/no-debug-code",
            "src/a.js:2 quality/no-debug-code",
            "tracked.local.js:2 quality/no-debug-code"
        ]
    );
    let part = scrutineer()
        .args(["verify", "--quiet", "--format", "json"])
        .arg(repo.path().join("src"))
        .assert()
        .code(11)
        .get_output()
        .clone();
    assert_eq!(found(&serde_json::from_slice(&part.stdout).unwrap()), ["src/a.js:2 quality/no-debug-code"]);
}

#[test]
fn a_folder_that_is_no_repository_is_judged_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.js"), DEBUGGER).unwrap();
    fs::write(folder.path().join("b.js"), DEBUGGER).unwrap();
    fs::write(folder.path().join(".gitignore"), "b.js\n").unwrap();
    let output = scrutineer()
        .args(["verify", "--quiet", "--format", "json"])
        .arg(folder.path())
        .assert()
        .code(11)
        .get_output()
        .clone();
    assert_eq!(found(&serde_json::from_slice(&output.stdout).unwrap()), ["a.js:2 quality/no-debug-code"]);
}

#[test]
fn only_what_changed_since_the_base_is_judged() {
    let repo = Repo::new();
    repo.write("old.js", DEBUGGER)
        .write("gone.js", DEBUGGER)
        .write("moved.js", DEBUGGER)
        .write("same.js", CLEAN);
    repo.commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    fs::remove_file(repo.path().join("gone.js")).unwrap();
    repo.git(&["mv", "moved.js", "renamed.js"]);
    repo.write("added.js", DEBUGGER).commit();
    repo.write("untracked.js", DEBUGGER);
    let verdict = repo.since_main(&[], 11);
    assert_eq!(
        found(&verdict),
        [
            "added.js:2 quality/no-debug-code",
            "renamed.js:2 quality/no-debug-code",
            "untracked.js:2 quality/no-debug-code"
        ]
    );
    assert_eq!(verdict["files"], 3);
}

#[test]
fn what_main_did_since_is_not_the_changes_fault() {
    let repo = Repo::new();
    repo.write("a.js", CLEAN).commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("b.js", CLEAN).commit();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("a.js", DEBUGGER).commit();
    repo.git(&["checkout", "--quiet", "topic"]);
    assert_eq!(repo.since_main(&[], 0)["files"], 1);
}

#[test]
fn what_is_no_file_is_passed_over_with_its_reason() {
    let repo = Repo::new();
    repo.write("a.js", CLEAN).commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    let commit = repo.git(&["rev-parse", "HEAD"]);
    repo.write("logo.png", [0_u8, 1, 2]);
    repo.write("model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    repo.write("big.txt", "words\n".repeat(200_000));
    std::os::unix::fs::symlink("a.js", repo.path().join("link.js")).unwrap();
    fs::create_dir(repo.path().join("lib")).unwrap();
    repo.git(&["add", "--all"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},lib")]);
    repo.git(&["commit", "--quiet", "--message", "things"]);
    for verdict in [repo.since_main(&[], 0), repo.json(&[], 0)] {
        assert!(skipped(&verdict, "logo.png").contains("binary"));
        assert!(skipped(&verdict, "model.bin").contains("LFS"));
        assert!(skipped(&verdict, "big.txt").contains("1 MiB"));
        assert!(skipped(&verdict, "link.js").contains("symbolic link"));
        assert!(skipped(&verdict, "lib").contains("submodule"));
        assert_eq!(verdict["incomplete"], false);
    }
}

#[test]
fn code_that_cannot_be_analysed_leaves_the_verdict_incomplete() {
    let repo = Repo::new();
    repo.write("a.js", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    let verdict = repo.json(&[], 12);
    assert_eq!((verdict["incomplete"].as_bool(), &verdict["verdict"]), (Some(true), &Value::from("SHIP")));
    repo.write("b.js", DEBUGGER);
    repo.json(&[], 11);
}

/// `default` with one setting of its own.
fn bundle(repo: &Repo, extra: &str) -> String {
    let path = repo.path().join(".git/bundle.yml");
    let text = format!("version: 1.0.0\npolicies: {{ required: [quality, pii] }}\n{extra}\n");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn in_the_scope_of_changed_lines_old_lines_do_not_count() {
    let repo = Repo::new();
    repo.write("a.js", DEBUGGER).write("b.js", CLEAN).commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    let lines = bundle(&repo, "scope: changed_lines");
    repo.write("a.js", format!("const first = 1;\n{DEBUGGER}")).commit();
    assert!(found(&repo.since_main(&["--bundle", &lines], 0)).is_empty());
    // Attributes of the change cannot call its files binary and so without lines.
    repo.write(".gitattributes", "*.js -diff\n").write("b.js", DEBUGGER).commit();
    let verdict = repo.since_main(&["--bundle", &lines], 11);
    assert_eq!(found(&verdict), ["b.js:2 quality/no-debug-code"]);
}

#[test]
fn a_suppression_of_somebody_elses_finding_is_reported() {
    let repo = Repo::new();
    let comment = "  // isl-ignore quality/no-debug-code: not mine, and in my way\n";
    repo.write("a.js", DEBUGGER).commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("a.js", DEBUGGER.replacen("  debugger", &format!("{comment}  debugger"), 1)).commit();
    let verdict = repo.since_main(&[], 0);
    assert_eq!(verdict["suppressed"].as_array().unwrap().len(), 1);
    noticed(&verdict, "did not make");
    // `strict` does not take suppressions that a change brings along, but those of the base.
    repo.since_main(&["--bundle", "strict", "--packs", "quality"], 11);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "topic"]);
    repo.git(&["checkout", "--quiet", "-b", "next"]);
    repo.git(&["mv", "a.js", "b.js"]);
    let verdict = repo.since_main(&["--bundle", "strict", "--packs", "quality"], 0);
    assert_eq!(verdict["suppressed"].as_array().unwrap().len(), 1);
}

#[test]
fn the_gates_own_settings_come_from_the_base() {
    let repo = Repo::new();
    repo.write(".github/scrutineer.yml", "version: 1\nrules: { pii/console-in-production: block }\n")
        .commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write(".github/scrutineer.yml", "version: 1\n").write("a.js", "console.log('x');\n");
    scrutineer().args(["baseline", "create", "--quiet"]).arg(repo.path()).assert().success();
    repo.commit();
    let verdict = repo.since_main(&[], 11);
    assert_eq!(found(&verdict), ["a.js:1 pii/console-in-production"]);
    noticed(&verdict, ".github/scrutineer.yml: this change edits the gate's own settings");
    noticed(&verdict, ".scrutineer/baseline.json: this change edits the gate's own settings");
    fs::remove_file(repo.path().join(".github/scrutineer.yml")).unwrap();
    noticed(&repo.since_main(&[], 11), "removes the gate's own settings");
    // Without a base nothing is a change: what stands there holds, and nobody is told of edits.
    let verdict = repo.json(&[], 0);
    assert_eq!(verdict["suppressed"].as_array().unwrap().len(), 1);
    assert!(verdict["notices"].as_array().unwrap().is_empty(), "{verdict}");
}

#[test]
fn a_repository_opts_in_but_cannot_soften() {
    let repo = Repo::new();
    repo.write(
        ".github/scrutineer.yml",
        "version: 1\npacks: [security]\nrules: { quality/no-debug-code: off }\n",
    );
    repo.write("a.js", DEBUGGER);
    let verdict = repo.json(&["--packs", "quality"], 11);
    noticed(&verdict, "`security` runs");
    noticed(&verdict, "`quality/no-debug-code` stays");
    assert_eq!(verdict["packs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_baseline_covers_what_was_there_and_nothing_more() {
    let repo = Repo::new();
    repo.write("a.js", DEBUGGER);
    scrutineer().args(["baseline", "create"]).arg(repo.path()).assert().success();
    let file = fs::read_to_string(repo.path().join(".scrutineer/baseline.json")).unwrap();
    let baseline: Value = serde_json::from_str(&file).unwrap();
    let entry = &baseline["entries"][0];
    assert_eq!((&entry["rule"], &entry["count"]), (&"quality/no-debug-code".into(), &1.into()));
    repo.json(&[], 0);
    repo.write("a.js", format!("\n\n{DEBUGGER}"));
    repo.json(&[], 0);
    repo.write("a.js", format!("{DEBUGGER}{DEBUGGER}"));
    assert_eq!(repo.json(&[], 11)["violations"].as_array().unwrap().len(), 1);
}

#[test]
fn a_baseline_of_any_length_counts() {
    let repo = Repo::new();
    repo.write("a.js", DEBUGGER);
    scrutineer().args(["baseline", "create", "--quiet"]).arg(repo.path()).assert().success();
    let file = repo.path().join(".scrutineer/baseline.json");
    let short = fs::read_to_string(&file).unwrap();
    let old =
        "{ \"rule\": \"quality/no-debug-code\", \"fingerprint\": \"gone\", \"count\": 1 },\n".repeat(30_000);
    let long = short.replacen('[', &format!("[{old}"), 1);
    assert!(long.len() > 2 << 20);
    repo.write(".scrutineer/baseline.json", &long).commit();
    repo.json(&[], 0);
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("a.js", format!("{DEBUGGER}\n")).commit();
    let verdict = repo.since_main(&[], 0);
    assert_eq!(verdict["suppressed"].as_array().unwrap().len(), 1);
    assert!(verdict["notices"].as_array().unwrap().is_empty(), "{verdict}");
    repo.write(".scrutineer/baseline.json", format!("{long}\n")).commit();
    noticed(&repo.since_main(&[], 0), "baseline.json: this change edits the gate's own settings");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/null", &file).unwrap();
    one_line(&mut repo.verify(&[]), "not a regular file");
}

#[test]
fn modules_a_change_imports_are_looked_up_in_the_base() {
    let repo = Repo::new();
    repo.write("src/auth.js", "export function requireAuth() {}\n").commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    let routes = "import { requireAuth } from './auth';\nrouter.get('/orders', requireAuth, list);\n";
    repo.write("src/routes.js", routes).commit();
    let drift = |verdict: Value| found(&verdict).iter().filter(|f| f.contains("drift")).count();
    assert_eq!(drift(repo.since_main(&["--packs", "auth"], 0)), 0);
    // The change itself takes the guard away: its version counts.
    repo.write("src/auth.js", "export function other() {}\n").commit();
    assert_eq!(drift(repo.since_main(&["--packs", "auth"], 10)), 1);
    assert_eq!(drift(repo.json(&["--packs", "auth"], 10)), 1);
}

#[test]
fn exit_codes_say_what_was_found() {
    let repo = Repo::new();
    repo.write("a.js", CLEAN);
    repo.verify(&[]).assert().code(0);
    repo.write("a.js", "console.log('x');\n");
    repo.verify(&[]).assert().code(10);
    repo.verify(&["--fail-on", "warn"]).assert().code(11);
    repo.verify(&["--fail-on", "soft-block"]).assert().code(10);
    repo.verify(&["--fail-on", "never"]).assert().code(0);
    repo.write("a.js", "card('4539148803436467');\n");
    // `payments` does not decide in `default`.
    let verdict = repo.json(&["--packs", "payments"], 10);
    assert_eq!(verdict["violations"][0]["tier"], "hard_block");
    repo.verify(&["--packs", "payments", "--fail-on", "hard-block"]).assert().code(11);
    repo.verify(&["--bundle", "strict", "--packs", "payments"]).assert().code(11);
}

#[test]
fn wrong_input_is_one_line_and_exit_code_2() {
    let repo = Repo::new();
    repo.write("a.js", CLEAN).commit();
    let broken = bundle(&repo, "config: { pii: { treshold: 1 } }");
    let unknown = repo.path().join(".git/unknown.yml");
    fs::write(&unknown, "version: '1'\npolicies: { required: [nope] }\n").unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["--bundle", "nope"], "default, strict, permissive"),
        (&["--bundle", &broken], "line 3"),
        (&["--bundle", unknown.to_str().unwrap()], "policies.required[0]: unknown pack `nope`"),
        (&["--packs", "nope"], "unknown pack `nope`"),
        (&["--base", "nope"], "no such commit"),
        (&["--base=--help"], "hyphen"),
        (&["--output", "/nowhere/at/all.json"], "--output"),
    ];
    for (args, part) in cases {
        one_line(&mut repo.verify(args), part);
    }
    one_line(scrutineer().args(["verify", "/nowhere/at/all"]), "/nowhere/at/all");
    let folder = tempfile::tempdir().unwrap();
    one_line(scrutineer().args(["verify", "--base", "main"]).arg(folder.path()), "git repository");
    one_line(repo.verify(&["--stdin-files"]).write_stdin("../../etc/passwd\n"), "outside");
    repo.write(".github/scrutineer.yml", "version: 1\npacks: [nope]\n");
    one_line(&mut repo.verify(&[]), ".github/scrutineer.yml packs[0]: there is no pack `nope`");
    repo.write(".github/scrutineer.yml", "version: 1\n").write(".scrutineer/baseline.json", "{");
    one_line(&mut repo.verify(&[]), ".scrutineer/baseline.json");
    scrutineer().args(["verify", "--base", "main", "--stdin-files"]).assert().code(2);
}

fn one_line(command: &mut Command, part: &str) {
    let output = command.assert().code(2).get_output().clone();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("error: ") && error.contains(part), "{part}: {error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_list_of_paths_is_verified() {
    let repo = Repo::new();
    repo.write("a.js", DEBUGGER).write("b b.js", DEBUGGER).write("c.js", DEBUGGER);
    let output = repo
        .verify(&["--stdin-files", "--format", "json"])
        .write_stdin("./a.js\nb b.js\ndeleted.js\n")
        .assert()
        .code(11)
        .get_output()
        .clone();
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found(&verdict), ["a.js:2 quality/no-debug-code", "b b.js:2 quality/no-debug-code"]);
    noticed(&verdict, "deleted.js: not there");
    repo.verify(&["--stdin-files"]).write_stdin("a.js\0c.js\0").assert().code(11);
}

/// A tree with findings of several rules, files of every kind and notices.
fn mixed() -> Repo {
    let repo = Repo::new();
    repo.write("base.js", CLEAN).commit();
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    for at in 0..40 {
        repo.write(
            &format!("src/f{at:02}.js"),
            format!("{DEBUGGER}log.info(user.email);\nconsole.log({at});\n"),
        );
        repo.write(&format!("lib/g{at:02}.py"), "import logging\nlogging.info(user.email)\n");
    }
    repo.write("nul.js", "a\0").write("dist/x.js", DEBUGGER).write(".github/scrutineer.yml", "version: 1\n");
    repo.commit();
    repo
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let repo = mixed();
    for format in ["table", "json", "sarif", "github", "junit"] {
        for base in [&[][..], &["--base", "main"]] {
            let run = |threads: &str| {
                let args = [&["--format", format, "--explain", "--threads", threads][..], base].concat();
                repo.verify(&args).assert().code(11).get_output().stdout.clone()
            };
            let one = run("1");
            assert!(!one.is_empty());
            assert_eq!(one, run("4"), "{format}");
        }
    }
}

#[test]
fn the_same_change_given_to_the_library_gets_the_same_verdict() {
    let repo = mixed();
    let said = repo.since_main(&["--bundle", "strict"], 11);
    let listed = repo.git(&["diff", "--name-only", "main"]);
    let entries = listed.lines().map(|path| Found {
        path: RepoPath::new(path),
        content: Content::Bytes(fs::read(repo.path().join(path)).unwrap()),
        changed: Changed::Lines(changed_lines(&repo.git(&["diff", "main", "--", path]))),
        base: None,
    });
    let policy = resolve(&built_in("strict").unwrap()).unwrap();
    let (policy, change) = assemble(&policy, entries.collect(), &[], Base::default(), "2026-01-01").unwrap();
    let verdict = serde_json::to_value(verify(&policy, &change, &[])).unwrap();
    for field in ["verdict", "score", "violations", "skipped", "packs", "notices", "files"] {
        assert_eq!(said[field], verdict[field], "{field}");
    }
}

#[test]
fn every_format_is_written_to_a_file_too() {
    let repo = mixed();
    let folder = tempfile::tempdir().unwrap();
    for (format, part) in [
        ("table", "NO_SHIP"),
        ("json", "\"verdict\": \"NO_SHIP\""),
        ("sarif", "\"version\":\"2.1.0\""),
        ("github", "::error file=src/f00.js,line=2,"),
        ("junit", "<testsuite name=\"pii\""),
    ] {
        let file = folder.path().join(format);
        repo.verify(&["--format", format, "--output", file.to_str().unwrap()]).assert().code(11).stdout("");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(part), "{format}: {text}");
    }
    let sarif: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"].as_array().unwrap().len(), 8);
}

#[test]
fn rules_are_listed_and_explained() {
    let output =
        scrutineer().args(["rules", "list", "--format", "json"]).assert().success().get_output().clone();
    let rules: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rules.len(), 36);
    let output = scrutineer()
        .args(["rules", "explain", "PII/logged-sensitive-data", "--format", "json"])
        .assert()
        .success()
        .get_output()
        .clone();
    let rule: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(rule["examples"].as_array().unwrap().len() > 9 && rule["fix"].is_string());
    scrutineer().args(["rules", "list"]).assert().success();
    scrutineer().args(["rules", "explain", "quality/no-debug-code"]).assert().success();
    one_line(scrutineer().args(["rules", "explain", "nope/nope"]), "nope/nope");
}

const RULE: &str = "apiVersion: 1
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
fn custom_rules_are_tested_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("legacy.yml");
    let test = |code: i32| {
        let output = scrutineer()
            .args(["rules", "test", "--format", "json"])
            .arg(folder.path())
            .assert()
            .code(code)
            .get_output()
            .clone();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    one_line(scrutineer().args(["rules", "test"]).arg(folder.path()), "no .yml");
    fs::write(&path, RULE).unwrap();
    assert_eq!(test(0)["files"], 1);
    fs::write(&path, RULE.replace("'fetch(x);'", "'legacyFetch(x);'")).unwrap();
    let failure = &test(11)["failures"][0];
    assert!(failure["at"].as_str().unwrap().contains("good[0]"), "{failure}");
    fs::write(&path, RULE.replace("title:", "titel:")).unwrap();
    let failure = &test(11)["failures"][0];
    assert_eq!((&failure["file"], &failure["line"]), (&"legacy.yml".into(), &3.into()), "{failure}");

    let repo = Repo::new();
    repo.write("a.js", "legacyFetch(url);\n");
    let indented = RULE.replace('\n', "\n    ");
    let own = bundle(&repo, &format!("rules:\n  - |\n    {indented}"));
    fs::write(&own, fs::read_to_string(&own).unwrap().replace("[quality, pii]", "[acme]")).unwrap();
    let verdict = repo.json(&["--bundle", &own, "--explain"], 11);
    assert_eq!(found(&verdict), ["a.js:1 acme/no-legacy-client"]);
    assert_eq!(verdict["rules"]["acme/no-legacy-client"]["fix"], "Use the new client.");
}
