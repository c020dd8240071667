//! `${{ … }}`: the secrets it reads, and matrix and input values filled in where the file tells them.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use crate::snapshot::yaml::Node;

/// A matrix beyond this is not written out.
const MAX_VALUES: usize = 64;

/// Names after `secrets.`, `GITHUB_TOKEN` left out; `toJSON(secrets)` reads all: `*`.
pub(super) fn secrets(text: &str) -> Vec<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?-u)\bsecrets(?:\.([A-Za-z_][A-Za-z0-9_-]*)|\[\s*['"]((?u:[^'"]+))['"]\s*\])"#)
            .expect("a constant pattern")
    });
    if !text.contains("secrets") {
        return Vec::new();
    }
    let names = NAME.captures_iter(text).filter_map(|c| c.get(1).or_else(|| c.get(2)));
    let mut found: Vec<String> =
        names.map(|m| m.as_str().to_owned()).filter(|n| n != "GITHUB_TOKEN").collect();
    if text.contains("toJSON(secrets)") || text.contains("toJson(secrets)") {
        found.push("*".to_owned());
    }
    found
}

/// The values of each matrix key.
pub(super) fn matrix(job: &Node) -> BTreeMap<String, Vec<String>> {
    let matrix = job.get("strategy").get("matrix");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, node) in matrix.entries() {
        if key == "exclude" {
            continue;
        }
        let rows = if key == "include" { node.items() } else { &[] };
        for (name, value) in rows.iter().flat_map(|row| row.entries()) {
            found.entry(name.clone()).or_default().extend(value.text().map(str::to_owned));
        }
        if key == "include" {
            continue;
        }
        for item in node.items() {
            found.entry(key.clone()).or_default().extend(item.text().map(str::to_owned));
            for (name, value) in item.entries() {
                found.entry(format!("{key}.{name}")).or_default().extend(value.text().map(str::to_owned));
            }
        }
    }
    found.values_mut().for_each(|values| {
        values.dedup();
        values.truncate(MAX_VALUES);
    });
    found
}

/// What expressions of a job can refer to.
pub(super) struct Values<'a> {
    pub(super) inputs: &'a BTreeMap<String, Vec<String>>,
    pub(super) matrix: BTreeMap<String, Vec<String>>,
}

impl Values<'_> {
    /// Every text that `text` can become; what is not known stays an expression.
    pub(super) fn fill(&self, text: &str) -> Vec<String> {
        let Some((before, rest)) = text.split_once("${{") else { return vec![text.to_owned()] };
        let Some((expression, after)) = rest.split_once("}}") else { return vec![text.to_owned()] };
        let known = self.values(expression.trim());
        if known.is_empty() {
            return vec![text.to_owned()];
        }
        known.iter().map(|value| format!("{before}{value}{after}")).collect()
    }

    /// Alternatives of `a || b` and quoted words are values too.
    fn values(&self, expression: &str) -> Vec<String> {
        let mut found = Vec::new();
        for part in expression.split("||").flat_map(|part| part.split("&&").last()) {
            let part = part.trim();
            let input =
                ["github.event.inputs.", "inputs."].iter().find_map(|prefix| part.strip_prefix(prefix));
            if let Some(values) = input.and_then(|name| self.inputs.get(name)) {
                found.extend(values.iter().cloned());
            } else if let Some(values) = part.strip_prefix("matrix.").and_then(|name| self.matrix.get(name)) {
                found.extend(values.iter().cloned());
            } else if let Some(word) = part.strip_prefix('\'').and_then(|p| p.strip_suffix('\'')) {
                found.push(word.to_owned());
            }
        }
        found.truncate(MAX_VALUES);
        found
    }
}
