//! The examples of the built-in rules, for readers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::rules;

/// Code that a rule finds something in, or does not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Example {
    /// Languages it holds for, as in rule files: `script`, `python`, `all`, `text`.
    pub languages: Vec<String>,
    /// Whether the rule finds something.
    pub bad: bool,
    /// Where the code stands, when that matters.
    pub path: Option<String>,
    /// The code.
    pub code: String,
    /// Other files of the repository that matter, by path.
    pub with: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Document {
    examples: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    languages: Vec<String>,
    #[serde(default)]
    bad: Vec<Item>,
    #[serde(default)]
    good: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Code(String),
    Placed {
        code: String,
        path: Option<String>,
        #[serde(default)]
        with: BTreeMap<String, String>,
    },
}

/// The examples of a built-in rule, in the order of its file; empty for any other id.
pub fn examples(rule: &str) -> Vec<Example> {
    let file = format!("{rule}.yml");
    let tail = rules::sources()
        .iter()
        .find(|(path, _)| *path == file)
        .and_then(|(_, text)| text.split_once("\n---\n"))
        .map_or("examples: []", |(_, tail)| tail);
    let document: Document =
        serde_saphyr::from_str(tail).expect("a test reads the examples of every built-in rule");
    document.examples.into_iter().flat_map(Group::examples).collect()
}

impl Group {
    fn examples(self) -> Vec<Example> {
        let languages = self.languages;
        let example = |bad: bool, item: Item| {
            let (code, path, with) = match item {
                Item::Code(code) => (code, None, BTreeMap::new()),
                Item::Placed { code, path, with } => (code, path, with),
            };
            Example { languages: languages.clone(), bad, path, code: code.trim_end().to_owned(), with }
        };
        let bad = self.bad.into_iter().map(|item| example(true, item));
        let good = self.good.into_iter().map(|item| example(false, item));
        bad.chain(good).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::examples;

    #[test]
    fn every_rule_has_examples_of_both_kinds() {
        for rule in crate::rules() {
            let examples = examples(&rule.id);
            assert!(examples.iter().any(|e| e.bad) && examples.iter().any(|e| !e.bad), "{}", rule.id);
        }
        assert!(examples("acme/nope").is_empty());
    }
}
