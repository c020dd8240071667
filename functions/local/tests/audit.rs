//! `scrutineer audit verify` on logs that somebody worked on: exports, and the table itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::{fs, path::Path};

use assert_cmd::Command;
use aws_sdk_dynamodb::types::AttributeValue;
use scrutineer_aws::records::{AuditAction, AuditEntry};
use scrutineer_local::{
    local_aws::{LocalAws, TABLE},
    runtime::{Data, Options, Runtime},
};
use scrutineer_service::audit::{
    self, By,
    read::{AuditFilter, Order},
};

/// A data directory with a log of nine entries; the log as exported.
async fn nine(dir: &Path) -> Vec<AuditEntry> {
    let runtime = Runtime::open(Options { data: Data::Dir(dir.to_owned()), ..Options::default() }).unwrap();
    let (app, org) = (runtime.app(), "acme".parse().unwrap());
    for number in 1..=9 {
        let subject = format!("number {number}");
        let draft = audit::draft(app, &org, &By::system("test"), AuditAction::POLICY_EVALUATED, subject);
        audit::append(app, draft).await.unwrap();
    }
    let all = AuditFilter::default();
    audit::read::page(app, &org, &all, Order::OldestFirst, (100, None)).await.unwrap().items
}

fn line(entry: &AuditEntry) -> String {
    serde_json::to_string(entry).unwrap()
}

/// Exit code and output.
fn verify(args: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("scrutineer").unwrap();
    let output = command.args(["audit", "verify"]).args(args).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn an_export_that_was_worked_on_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let log = nine(&dir.path().join("data")).await;
    let lines: Vec<String> = log.iter().map(line).collect();
    let head = format!("9:{}", log[8].hash);
    let file = dir.path().join("export.ndjson");
    let told = |lines: &[String], more: &[&str]| {
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        let file = file.display().to_string();
        verify(&[&[file.as_str()], more].concat())
    };
    let (code, text) = told(&lines, &[]);
    assert!(code == 0 && text.starts_with("the log is whole: 9 entries\nnot seen from here"), "{text}");
    assert_eq!(told(&lines, &["--head", &head]), (0, "the log is whole: 9 entries\n".to_owned()));

    let changed: Vec<String> = lines.iter().map(|line| line.replace("number 4", "number 5")).collect();
    let added: Vec<String> =
        lines.iter().map(|line| line.replace("{\"action\"", "{\"x\":1,\"action\"")).collect();
    let removed = [&lines[..3], &lines[4..]].concat();
    let mut swapped = lines.clone();
    swapped.swap(2, 5);
    for (what, lines, fault) in [
        ("changed", changed, "entry 4 was changed"),
        ("added to", added, "line 1 is not an entry"),
        ("removed", removed, "entry 4 is missing"),
        ("reordered", swapped, "entry 3 is out of order"),
    ] {
        let (code, text) = told(&lines, &[]);
        assert!(code == 11 && text.contains(fault), "{what}: {text}");
    }
    let (code, text) = told(&lines[..7], &["--head", &head]);
    assert!(code == 11 && text.contains("entries 8 to 9 are missing"), "{text}");
    assert_eq!(verify(&["/nowhere/at/all"]).0, 1);
    assert_eq!(verify(&[]).0, 2);
}

#[tokio::test]
async fn a_table_that_was_worked_on_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let log = nine(dir.path()).await;
    let check = || verify(&["--data", &data, "--org", "acme"]);
    assert_eq!(check(), (0, "the log is whole: 9 entries\n".to_owned()));
    let key = |sequence: u64| AttributeValue::S(format!("{sequence:020}"));
    let pk = || AttributeValue::S("ORG#acme#AUDIT".to_owned());
    {
        let aws = LocalAws::open(dir.path()).unwrap();
        let table = aws.clients().dynamodb;
        let subject = AttributeValue::S("something else".to_owned());
        let change = table.update_item().table_name(TABLE).key("PK", pk()).key("SK", key(4));
        let change = change.update_expression("SET subject = :s").expression_attribute_values(":s", subject);
        change.send().await.unwrap();
    }
    let (code, text) = check();
    assert!(code == 11 && text.contains("entry 4 was changed"), "{text}");
    {
        let aws = LocalAws::open(dir.path()).unwrap();
        let table = aws.clients().dynamodb;
        table.delete_item().table_name(TABLE).key("PK", pk()).key("SK", key(9)).send().await.unwrap();
    }
    let (code, text) = check();
    assert!(code == 11 && text.contains("entry 9 is missing"), "{text}");
    let noted = format!("3:{}", log[4].hash);
    let (_, text) = verify(&["--data", &data, "--org", "acme", "--head", &noted]);
    assert!(text.contains("entry 3 is not the one that was noted"), "{text}");
}
