//! API descriptions: can they be parsed, and does a document point to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use super::{Hit, file::File, file::line_at, patterns::Pattern, yaml};

/// Descriptions and references kept.
const MAX_KEPT: usize = 100;
/// Larger descriptions are taken to be well-formed: reading them would cost more than it tells.
const MAX_PARSED: usize = 1024 * 1024;

/// A description of an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiDescription {
    /// The file.
    pub hit: Hit,
    /// Why it is not a description, one clause.
    pub problem: Option<String>,
}

/// The descriptions of a repository and the documents that name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Api {
    descriptions: BTreeSet<ApiDescription>,
    references: BTreeMap<String, Hit>,
}

fn names() -> &'static Pattern {
    static NAMES: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r"(?i)[\w./-]*(?:openapi|swagger|asyncapi)[\w.-]*\.(?:ya?ml|json)\b|[\w./-]*\.(?:proto|graphqls?|gql|smithy|tsp|raml|wsdl|apib)\b",
        )
    });
    &NAMES
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Api {
    /// Looks at a product file that meets detector `api-spec`.
    pub(super) fn description(&mut self, file: &File<'_>) {
        // The configuration of a generator, not a description.
        if file.name == "openapitools.json" {
            return;
        }
        let problem = if file.text.len() > MAX_PARSED { None } else { problem(file) };
        self.descriptions.insert(ApiDescription { hit: Hit::file(file.path), problem });
        if self.descriptions.len() > MAX_KEPT {
            self.descriptions.pop_last();
        }
    }

    /// Looks for names of descriptions in a document.
    pub(super) fn document(&mut self, file: &File<'_>) {
        let Some(regex) = names().regex() else { return };
        let text = &file.text[..file.text.len().min(MAX_PARSED)];
        for found in regex.find_iter(text).take(MAX_KEPT) {
            let name = String::from_utf8_lossy(found.as_bytes()).into_owned();
            let hit = Hit::at(file.path, line_at(text, found.start()), &name);
            let key = base(&name).to_ascii_lowercase();
            let known = self.references.get(&key).is_some_and(|known| *known <= hit);
            if !known {
                self.references.insert(key, hit);
            }
            if self.references.len() > MAX_KEPT {
                self.references.pop_last();
            }
        }
    }

    /// The descriptions, by path.
    pub fn descriptions(&self) -> impl Iterator<Item = &ApiDescription> {
        self.descriptions.iter()
    }

    /// The document that names this description.
    pub fn reference(&self, description: &ApiDescription) -> Option<&Hit> {
        self.references.get(&base(&description.hit.path).to_ascii_lowercase())
    }
}

fn problem(file: &File<'_>) -> Option<String> {
    let Ok(text) = std::str::from_utf8(file.text) else { return Some("it is not UTF-8".to_owned()) };
    match file.extension.to_ascii_lowercase().as_str() {
        "json" => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => kind(&|key| json.get(key).is_some()),
            Err(error) => Some(format!("not JSON: {error}")),
        },
        "yml" | "yaml" => match yaml::parse(text) {
            Ok(node) => kind(&|key| !node.get(key).is_null()),
            // Beyond the limits of the reader: it may well be fine.
            Err(yaml::Unreadable::Limit) => None,
            Err(error) => Some(format!("not YAML: {error}")),
        },
        "graphql" | "graphqls" | "gql" | "proto" | "smithy" | "tsp" => unbalanced(text),
        _ => None,
    }
}

/// OpenAPI, Swagger and AsyncAPI name themselves and list paths, channels, operations or components.
fn kind(has: &dyn Fn(&str) -> bool) -> Option<String> {
    let named = ["openapi", "swagger", "asyncapi"].iter().any(|key| has(key));
    let content = ["paths", "webhooks", "channels", "operations", "components"].iter().any(|key| has(key));
    if !named {
        Some("it names no version of OpenAPI or AsyncAPI".to_owned())
    } else if !content {
        Some("it describes no path or channel".to_owned())
    } else {
        None
    }
}

/// Braces outside comments and strings.
fn unbalanced(text: &str) -> Option<String> {
    let mut depth = 0_i64;
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or(line).split('#').next().unwrap_or(line);
        let mut quoted = false;
        for sign in code.chars() {
            match sign {
                '"' => quoted = !quoted,
                '{' if !quoted => depth += 1,
                '}' if !quoted => depth -= 1,
                _ => {}
            }
        }
        if depth < 0 {
            break;
        }
    }
    (depth != 0).then(|| "its braces are not balanced".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::testing::Tree;

    fn of(path: &str, text: &str) -> Option<String> {
        let files = Tree::new().file(path, text).snapshot();
        let found = files.api().descriptions().next().cloned();
        found.expect("a description").problem
    }

    #[test]
    fn descriptions_are_parsed() {
        assert_eq!(of("openapi.yaml", "openapi: 3.1.0\npaths: {}\n"), None);
        assert_eq!(of("openapi.json", r#"{"openapi":"3.1.0","paths":{}}"#), None);
        assert!(of("openapi.yaml", "openapi: [3\n").unwrap().starts_with("not YAML"));
        assert!(of("openapi.json", "{").unwrap().starts_with("not JSON"));
        assert!(of("openapi.yaml", "openapi: 3.1.0\n").unwrap().contains("no path"));
        assert!(of("api/swagger.yml", "paths: {}\n").unwrap().contains("no version"));
        assert_eq!(of("a.proto", "service A {\n  // {\n  rpc B (C) returns (D) {}\n}\n"), None);
        assert!(of("schema.graphql", "type Query {\n").unwrap().contains("balanced"));
    }

    #[test]
    fn what_exceeds_the_reader_is_no_problem() {
        let deep: String = (0..60).map(|n| format!("{}k:\n", " ".repeat(n))).collect();
        assert_eq!(of("openapi.yaml", &format!("openapi: 3.1.0\npaths:\n{deep}")), None);
    }

    #[test]
    fn documents_refer_to_descriptions() {
        let files = Tree::new()
            .file("api/openapi.yaml", "openapi: 3.1.0\npaths: {}\n")
            .file("README.md", "# x\n\nSee [the API](api/openapi.yaml).\n")
            .snapshot();
        let description = files.api().descriptions().next().unwrap();
        assert_eq!(files.api().reference(description).unwrap().source(), "README.md:3");
    }
}
