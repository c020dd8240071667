//! The reference pages of the rules, the table of precision and the entries in the book's summary are generated from
//! the rules, their examples and the labels. Stale ones fail here; `UPDATE=1` rewrites them.

#![expect(clippy::panic, reason = "a test that cannot go on shall stop here")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use scrutineer_policy::{
    catalogue::{Precision, index, page},
    rules,
};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn labels() -> Precision {
    let path = docs().join("explanation/precision.csv");
    Precision::parse(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What should stand in each generated file.
fn wanted() -> BTreeMap<PathBuf, String> {
    let (docs, labels) = (docs(), labels());
    let folder = docs.join("reference/rules");
    let mut wanted = BTreeMap::from([(folder.join("index.md"), index(&labels))]);
    for rule in rules() {
        wanted.insert(folder.join(format!("{}.md", rule.id)), page(rule, labels.0.get(&rule.id)));
    }
    let precision = docs.join("explanation/precision.md");
    let text = replace(&read(&precision), |line| line.starts_with('|'), "| rule |", &labels.table());
    wanted.insert(precision, text);
    let summary = docs.join("SUMMARY.md");
    let lines: String =
        rules().iter().map(|rule| format!("  - [{}](reference/rules/{}.md)\n", rule.id, rule.id)).collect();
    let entries = format!("- [Rules](reference/rules/index.md)\n{lines}");
    let of_rules = |line: &str| line.contains("(reference/rules/");
    wanted.insert(summary.clone(), replace(&read(&summary), of_rules, "- [Rules](", &entries));
    wanted
}

/// `text` with the lines of one block, which begins with `first`, replaced.
fn replace(text: &str, in_block: impl Fn(&str) -> bool, first: &str, block: &str) -> String {
    let before: String = text.split_inclusive('\n').take_while(|line| !line.starts_with(first)).collect();
    assert!(before.len() < text.len(), "the block that begins with `{first}` is gone");
    let after: String =
        text[before.len()..].split_inclusive('\n').skip_while(|line| in_block(line)).collect();
    format!("{before}{block}{after}")
}

#[test]
fn generated_pages_are_current() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut stale = Vec::new();
    for (path, text) in wanted() {
        if read(&path) == text {
            continue;
        }
        if update {
            fs::create_dir_all(path.parent().expect("a file in a folder")).expect("writable");
            fs::write(&path, text).expect("writable");
        } else {
            stale.push(path.display().to_string());
        }
    }
    assert!(stale.is_empty(), "rewrite them with UPDATE=1:\n{}", stale.join("\n"));
}

#[test]
fn no_page_outlives_its_rule() {
    let folder = docs().join("reference/rules");
    for pack in fs::read_dir(&folder).expect("generated").flatten().filter(|entry| entry.path().is_dir()) {
        for page in fs::read_dir(pack.path()).expect("generated").flatten() {
            let path = page.path();
            let id = path.strip_prefix(&folder).expect("inside").with_extension("");
            let id = id.to_str().expect("plain names");
            assert!(rules().iter().any(|rule| rule.id == id), "{id} has a page and no rule");
        }
    }
}

#[test]
fn labels_name_rules_that_exist() {
    for rule in labels().0.keys() {
        assert!(
            rules().iter().any(|known| known.id == *rule),
            "precision.csv labels `{rule}`, which is no rule"
        );
    }
}
