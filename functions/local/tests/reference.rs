//! Generated files are what this build would generate. `UPDATE=1 cargo test --workspace --test reference` rewrites them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use scrutineer_local::report::{reference, schema};
use scrutineer_scanners::catalogue::catalogue;

fn book() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src"))
}

/// Fails when `path` is not `text`, unless it may be rewritten.
fn hold(path: &str, text: &str) -> Option<String> {
    let file = book().join(path);
    if fs::read_to_string(&file).is_ok_and(|found| found == text) {
        return None;
    }
    if updating() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        return None;
    }
    Some(path.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test, not a setting of the product")]
fn updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

#[track_caller]
fn none(stale: &[String]) {
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; run `UPDATE=1 cargo test --workspace --test reference` and commit what changed"
    );
}

#[test]
fn the_pages_of_the_checks_are_current() {
    let pages = reference::pages();
    let mut stale: Vec<_> = pages
        .iter()
        .filter_map(|(name, text)| hold(&format!("{}/{name}", reference::FOLDER), text))
        .collect();
    let folder = book().join(reference::FOLDER);
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !pages.contains_key(&name) {
            if updating() {
                fs::remove_file(folder.join(&name)).unwrap();
            } else {
                stale.push(format!("{name} (of no check)"));
            }
        }
    }
    none(&stale);
    assert_eq!(pages.keys().filter(|name| name.contains('-')).count(), catalogue().len());
}

#[test]
fn the_summary_of_the_book_lists_every_page() {
    let summary = fs::read_to_string(book().join("SUMMARY.md")).unwrap();
    let start = summary.find("- [Checks](").expect("the summary has the entry of the checks");
    let (before, rest) = summary.split_at(start);
    let mut lines = rest.split_inclusive('\n');
    let head = lines.next().unwrap().len();
    let length = head + lines.take_while(|line| line.starts_with("  ")).map(str::len).sum::<usize>();
    let text = format!("{before}{}{}", reference::summary(), &rest[length..]);
    none(&hold("SUMMARY.md", &text).into_iter().collect::<Vec<_>>());
}

#[test]
fn the_schema_is_current_and_a_schema() {
    let schema = schema::schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    none(&hold(schema::FILE, &text).into_iter().collect::<Vec<_>>());
}

#[test]
fn every_page_says_everything() {
    let pages = reference::pages();
    for check in catalogue() {
        let page = &pages[&format!("{}.md", check.id)];
        for part in [
            "## What it asks",
            "## How it is decided",
            "## Why it matters",
            "## How to fix it",
            "## References",
        ] {
            assert!(page.contains(part), "{part} of {}", check.id);
        }
        for threshold in check.thresholds {
            assert!(page.contains(&format!("`{}`", threshold.key)), "{} of {}", threshold.key, check.id);
        }
        let ids = check.references.iter().filter(|reference| !reference.starts_with("https://"));
        for reference in ids.collect::<BTreeSet<_>>() {
            assert!(page.contains(reference.split(' ').next_back().unwrap()), "{reference} of {}", check.id);
        }
        assert!(!check.needs.is_empty() && page.contains(&format!("`{}:read`", check.needs[0].key)));
    }
}
