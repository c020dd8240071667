//! REST: paths, parameters and bodies against the OpenAPI description of Enterprise Cloud, the largest of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{ContractError, package, read};

/// The OpenAPI description.
pub struct OpenApi {
    document: Value,
    /// Operation and status → its compiled schema: compiling one takes longer than a hundred validations.
    compiled: Mutex<BTreeMap<String, Arc<Validator>>>,
}

impl OpenApi {
    /// Reads the installed description.
    ///
    /// # Errors
    /// [`ContractError::Missing`] or [`ContractError::Unreadable`].
    pub fn load() -> Result<Self, ContractError> {
        let file = package("openapi", "generated/ghec.json");
        let text = read(&file)?;
        let mut document = serde_json::from_str(&text)
            .map_err(|error| ContractError::Unreadable { file, reason: error.to_string() })?;
        correct(&mut document);
        Ok(Self { document, compiled: Mutex::default() })
    }

    /// Whether the description knows the method, the path and every query parameter.
    ///
    /// # Errors
    /// What it does not know, in one line.
    pub fn check_request(&self, method: &str, path: &str, query: &str) -> Result<(), String> {
        let (template, operation) =
            self.operation(method, path).ok_or_else(|| format!("{method} {path}: no such operation"))?;
        let names = self.query_parameters(&template, operation);
        for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
            if !names.contains(name.as_ref()) {
                return Err(format!("{method} {template}: no query parameter `{name}`"));
            }
        }
        Ok(())
    }

    /// Whether the description permits this answer.
    ///
    /// # Errors
    /// The breaches, one per line.
    pub fn check_response(
        &self,
        method: &str,
        path: &str,
        (status, body): (u16, &Value),
    ) -> Result<(), String> {
        let (template, operation) =
            self.operation(method, path).ok_or_else(|| format!("{method} {path}: no such operation"))?;
        let place = format!("{method} {template} {status}");
        let response = operation["responses"].get(status.to_string());
        let response = self.resolve(response.ok_or_else(|| format!("{place}: no such status is described"))?);
        let Some(schema) = response.pointer("/content/application~1json/schema") else { return Ok(()) };
        let validator = self.validator(&place, schema)?;
        let errors: Vec<String> = validator
            .iter_errors(body)
            .take(10)
            .map(|error| format!("{place} at {}: {}", error.instance_path(), short(&error.to_string())))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
    }

    fn validator(&self, place: &str, schema: &Value) -> Result<Arc<Validator>, String> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(place) {
            return Ok(known.clone());
        }
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            .should_validate_formats(true)
            .build(&self.standalone(schema))
            .map_err(|error| format!("{place}: the schema cannot be used: {error}"))?;
        let validator = Arc::new(validator);
        compiled.insert(place.to_owned(), validator.clone());
        Ok(validator)
    }

    fn operation(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let path = path.trim_end_matches('/');
        let paths = self.document["paths"].as_object()?;
        let mut found: Vec<(&String, &Value)> = paths
            .iter()
            .filter(|(template, _)| matches(template, path))
            .filter_map(|(template, item)| Some((template, item.get(method.to_lowercase())?)))
            .collect();
        // `/commits/{ref}/check-runs` beats `/commits/{ref}` with a slash in its ref, and
        // `/orgs/{org}/…/defaults` beats `/orgs/{org}/…/{configuration_id}`.
        let longer = |template: &str| path.matches('/').count() - template.matches('/').count();
        found.sort_by_key(|(template, _)| (longer(template), template.matches('{').count()));
        found.first().map(|(template, operation)| ((*template).clone(), *operation))
    }

    fn query_parameters(&self, template: &str, operation: &Value) -> BTreeSet<String> {
        let shared = self.document["paths"][template].get("parameters");
        let lists = [operation.get("parameters"), shared].into_iter().flatten().filter_map(Value::as_array);
        let parameters = lists.flatten().map(|parameter| self.resolve(parameter));
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        query.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect()
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|link| self.document.pointer(link.trim_start_matches('#')))
        {
            Some(target) => self.resolve(target),
            None => value,
        }
    }

    /// The schema with every component it leads to, in the words of JSON Schema.
    fn standalone(&self, schema: &Value) -> Value {
        let mut definitions = Map::new();
        let mut wanted = BTreeSet::new();
        let mut root = json_schema(schema, &mut wanted);
        while let Some(name) = wanted.iter().find(|name| !definitions.contains_key(*name)).cloned() {
            let component = &self.document["components"]["schemas"][&name];
            let component = json_schema(component, &mut wanted);
            definitions.insert(name, component);
        }
        if root.get("$ref").is_some() {
            root = json!({"allOf": [root]});
        }
        root["definitions"] = Value::Object(definitions);
        root
    }
}

/// One published schema cannot be met: the inlined installations of this call have an account that is a user *and* an
/// enterprise (`allOf`), where the shared `installation` says one of the two (`anyOf`), as the API does.
fn correct(document: &mut Value) {
    let path = "/paths/~1app~1installations/get/responses/200/content/application~1json/schema/items";
    if let Some(items) = document.pointer_mut(path) {
        *items = json!({"$ref": "#/components/schemas/installation"});
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    // A ref or a path may hold slashes.
    let open = ["{ref}", "{path}"].iter().any(|end| template.ends_with(end));
    let same_length = wanted.len() == given.len() || (open && given.len() > wanted.len());
    same_length
        && wanted
            .iter()
            .zip(&given)
            .all(|(wanted, given)| wanted == given || (wanted.starts_with('{') && !given.is_empty()))
}

/// OpenAPI 3.0's `nullable` and component links, translated; the names of linked components are collected.
fn json_schema(value: &Value, wanted: &mut BTreeSet<String>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| json_schema(item, wanted)).collect(),
        Value::Object(map) => {
            if let Some(name) = map
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|link| link.strip_prefix("#/components/schemas/"))
            {
                wanted.insert(name.to_owned());
                return json!({"$ref": format!("#/definitions/{name}")});
            }
            let kept =
                map.iter().filter(|(key, _)| !["example", "examples", "nullable"].contains(&key.as_str()));
            let object: Map<String, Value> =
                kept.map(|(key, item)| (key.clone(), json_schema(item, wanted))).collect();
            match map.get("nullable") {
                Some(Value::Bool(true)) => json!({"anyOf": [{"type": "null"}, object]}),
                // A property that happens to be called `nullable`.
                Some(property @ Value::Object(_)) => {
                    let mut object = object;
                    object.insert("nullable".into(), json_schema(property, wanted));
                    Value::Object(object)
                }
                _ => Value::Object(object),
            }
        }
        other => other.clone(),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
