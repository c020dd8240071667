//! Every example of every rule, read from the rule files as they stand on disk.

use std::{collections::BTreeSet, fs, path::Path};

use scrutineer_policy::{Language, rules, test_rules};

fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs");
    let mut found = Vec::new();
    for pack in fs::read_dir(&root).expect("the packs are beside this test") {
        for file in fs::read_dir(pack.expect("the packs are beside this test").path())
            .expect("the packs are beside this test")
        {
            let path = file.expect("the packs are beside this test").path();
            let name =
                path.strip_prefix(&root).expect("the packs are beside this test").display().to_string();
            found.push((name, fs::read_to_string(&path).expect("the packs are beside this test")));
        }
    }
    found.sort();
    found
}

#[test]
fn every_bad_example_is_found_and_no_good_one_is() {
    let files = files();
    let failures = test_rules(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let list: Vec<String> = failures
        .iter()
        .map(|f| format!("{} {}\n    {}", f.rule, f.example, f.what.replace('\n', "\n    ")))
        .collect();
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), list.join("\n"));
}

#[test]
fn every_rule_has_five_examples_of_each_kind_per_language() {
    let files = files();
    let mut thin = Vec::new();
    for rule in rules() {
        let text = &files.iter().find(|(path, _)| *path == format!("{}.yml", rule.id)).unwrap().1;
        let examples: serde_json::Value =
            serde_saphyr::from_str(text.split_once("\n---\n").unwrap().1).unwrap();
        let count = |language: &str, kind: &str| -> usize {
            let groups = examples["examples"].as_array().unwrap().iter();
            let covers = |group: &&serde_json::Value| {
                group["languages"].as_array().unwrap().iter().any(|name| {
                    let name = name.as_str().unwrap();
                    let script = name == "script" && ["javascript", "typescript", "tsx"].contains(&language);
                    name == language || script || (name == "all" && language != "text")
                })
            };
            groups.filter(covers).map(|group| group[kind].as_array().map_or(0, Vec::len)).sum()
        };
        let languages: Vec<&str> = if rule.languages.is_empty() {
            vec!["text"]
        } else {
            rule.languages.iter().map(|l: &Language| l.key()).collect()
        };
        for language in languages {
            for kind in ["bad", "good"] {
                let have = count(language, kind);
                if have < 5 {
                    thin.push(format!("{} {kind} in {language}: {have}", rule.id));
                }
            }
        }
    }
    assert!(thin.is_empty(), "{} gaps\n{}", thin.len(), thin.join("\n"));
}

#[test]
fn the_36_rules_of_the_8_packs_are_there() {
    let packs: BTreeSet<&str> = rules().iter().map(|rule| rule.pack()).collect();
    assert_eq!(packs.len(), 8, "{packs:?}");
    assert_eq!(rules().len(), 36);
}
