//! What the repository says about itself: endpoints of its OpenAPI and ISL files, declared environment, exports.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    change::{ChangeSet, SourceFile},
    facts::Method,
};

/// An endpoint that a specification declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) auth: bool,
    pub(crate) roles: Vec<String>,
    pub(crate) limited: bool,
}

/// Facts that no single file holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Project {
    /// Declared endpoints; empty when no specification was found.
    pub(crate) endpoints: Vec<Endpoint>,
    /// Declared environment variables; `None` when nothing declares any.
    pub(crate) env: Option<BTreeSet<String>>,
    /// Source text by path without extension, for imports of relative modules.
    pub(crate) modules: BTreeMap<String, String>,
}

/// A specification larger than this is not read.
const MAX_SPEC: usize = 2 << 20;

impl Project {
    pub(crate) fn of(change: &ChangeSet) -> Self {
        let mut project = Project::default();
        let mut seen = BTreeSet::new();
        for file in change.files.iter().chain(&change.context) {
            if seen.insert(file.path.as_str()) {
                project.add(file);
            }
        }
        project
    }

    fn add(&mut self, file: &SourceFile) {
        let path = file.path.as_str();
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        if file.bytes.len() > MAX_SPEC {
            return;
        }
        let Ok(text) = std::str::from_utf8(&file.bytes) else { return };
        if name.ends_with(".isl") {
            self.endpoints.extend(isl_endpoints(text));
        } else if (name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".json"))
            && is_openapi(&name, text)
        {
            self.endpoints.extend(openapi_endpoints(text));
        } else if is_env_example(&name) {
            let env = self.env.get_or_insert_default();
            env.extend(text.lines().filter_map(env_name));
        } else if crate::lang::Language::of_path(path).is_some() && text.len() < 200_000 {
            let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
            self.modules.insert(stem.to_owned(), text.to_owned());
        }
    }

    /// The declared endpoint of a route.
    pub(crate) fn endpoint(&self, method: Method, path: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| {
            let verb = endpoint.method == method || method == Method::Any || endpoint.method == Method::Any;
            verb && crate::facts::same_path(&endpoint.path, path)
        })
    }
}

pub(crate) fn is_env_example(name: &str) -> bool {
    name.starts_with(".env.")
        && (name.ends_with("example")
            || name.ends_with("sample")
            || name.ends_with("template")
            || name.ends_with("dist"))
}

fn env_name(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("export ").trim_start_matches('#').trim();
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    let fits =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    fits.then(|| name.to_owned())
}

pub(crate) fn is_openapi(name: &str, text: &str) -> bool {
    let head = text.get(..400.min(text.len())).unwrap_or("");
    name.contains("openapi")
        || name.contains("swagger")
        || head.contains("openapi:")
        || head.contains("\"openapi\"")
}

fn openapi_endpoints(text: &str) -> Vec<Endpoint> {
    let parsed: Option<Value> = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).ok(),
        false => serde_saphyr::from_str(text).ok(),
    };
    let Some(document) = parsed else { return Vec::new() };
    let global = document.get("security").is_some_and(|s| s.as_array().is_some_and(|list| !list.is_empty()));
    let base = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or("");
    let base = base.split("://").nth(1).map_or(base, |rest| rest.find('/').map_or("", |at| &rest[at..]));
    let Some(paths) = document.get("paths").and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for (path, item) in paths {
        let Some(item) = item.as_object() else { continue };
        for (verb, operation) in item {
            let Some(method) = Method::named(verb).filter(|m| *m != Method::Any) else { continue };
            found.push(operation_endpoint(
                method,
                &format!("{}{path}", base.trim_end_matches('/')),
                operation,
                global,
            ));
        }
    }
    found
}

fn operation_endpoint(method: Method, path: &str, operation: &Value, global: bool) -> Endpoint {
    let security = operation.get("security").and_then(Value::as_array);
    let auth =
        security.map_or(global, |list| list.iter().any(|s| s.as_object().is_some_and(|o| !o.is_empty())));
    let listed =
        operation.get("x-roles").or_else(|| operation.get("x-required-roles")).and_then(Value::as_array);
    let roles = listed
        .map(|roles| roles.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let limited =
        ["x-rate-limit", "x-ratelimit", "x-rateLimit"].iter().any(|key| operation.get(key).is_some())
            || operation.pointer("/responses/429").is_some();
    Endpoint { method, path: path.to_owned(), auth, roles, limited }
}

/// Endpoints of `api` blocks: `POST /login -> Login { auth: required, rate_limit: … }`. The ISL crate reads the
/// language in full; here only these lines matter, so they are read by shape.
fn isl_endpoints(text: &str) -> Vec<Endpoint> {
    let mut found: Vec<Endpoint> = Vec::new();
    let mut base = String::new();
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("endpoint ").unwrap_or(line);
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or("");
        if let Some(rest) = line.strip_prefix("base:").or_else(|| line.strip_prefix("basePath:")) {
            base = rest.trim().trim_matches(['"', ',']).trim_end_matches('/').to_owned();
        } else if let Some(method) =
            Method::named(first).filter(|_| first.bytes().all(|b| b.is_ascii_uppercase()))
        {
            let path = words.next().unwrap_or("").trim_matches('"');
            if path.starts_with('/') {
                let path = format!("{base}{path}");
                found.push(Endpoint { method, path, auth: false, roles: Vec::new(), limited: false });
            }
        }
        if let Some(endpoint) = found.last_mut() {
            endpoint.auth |=
                line.contains("auth:") && !line.contains("auth: none") && !line.contains("auth: public");
            endpoint.auth |= line.contains("requires authentication") || line.contains("authenticated");
            endpoint.limited |= line.contains("rate_limit");
            if let Some(role) = line.split("role ==").nth(1).or_else(|| line.split("role:").nth(1)) {
                let role: String =
                    role.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                endpoint.roles.push(role);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_an_openapi_file_know_their_security() {
        let text = "openapi: 3.1.0\nsecurity:\n  - bearer: []\npaths:\n  /users/{id}:\n    get:\n      security: []\n    delete:\n      x-roles: [admin]\n";
        let endpoints = openapi_endpoints(text);
        assert_eq!(endpoints.len(), 2);
        let delete = endpoints.iter().find(|e| e.method == Method::Delete).expect("declared");
        assert!(delete.auth && delete.roles == ["admin"]);
        assert!(endpoints.iter().any(|e| e.method == Method::Get && !e.auth));
    }

    #[test]
    fn endpoints_of_an_isl_file_know_their_auth() {
        let endpoints = isl_endpoints(
            "api {\n  base: \"/api\"\n  POST /orders -> CreateOrder { auth: required }\n  GET /health -> Health\n}",
        );
        assert_eq!(endpoints[0].path, "/api/orders");
        assert!(endpoints[0].auth && !endpoints[1].auth);
    }
}
