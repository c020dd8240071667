//! Complete REST objects from a few lines of YAML.
//!
//! `templates.json` holds one valid object per kind. A fixture's item is laid over it; a key the template lacks is an
//! error, so a misspelt fixture is noticed. Keys starting with `$` steer the simulator and are never served.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::expand;

static TEMPLATES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("templates.json"))
        .expect("the templates are a JSON object, a test reads them")
});

/// Maps whose keys are free: what the fixture says replaces the template's value.
const OPEN: &[&str] = &["permissions", "organization", "repository", "$repositories", "$teams"];

/// Names that stand for something in the template's texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) org: &'a str,
    /// `owner/name`, empty for objects of the organization.
    pub(crate) repo: &'a str,
}

/// The items of one list, complete. `Err` names the key that no such object has.
pub(crate) fn complete(
    kind: &str,
    items: &[Value],
    names: Names<'_>,
    now: Timestamp,
) -> Result<Vec<Value>, String> {
    let template = TEMPLATES.get(kind).ok_or_else(|| format!("`{kind}` is not a kind of object"))?;
    items.iter().enumerate().map(|(index, item)| one(template, item, names, (index, now))).collect()
}

fn one(
    template: &Value,
    item: &Value,
    names: Names<'_>,
    (index, now): (usize, Timestamp),
) -> Result<Value, String> {
    let mut object = template.clone();
    lay_over(&mut object, item, "")?;
    name(&mut object, names, &(index + 1).to_string());
    Ok(expand::expand(object, now))
}

fn lay_over(base: &mut Value, patch: &Value, path: &str) -> Result<(), String> {
    match (base, patch) {
        (Value::Object(base), Value::String(login)) if base.contains_key("$user") => {
            base.insert("$user".into(), json!(login));
        }
        (Value::Object(base), Value::Object(patch)) => {
            for (key, value) in patch {
                let slot = base.get_mut(key).ok_or_else(|| format!("unknown key `{path}{key}`"))?;
                if OPEN.contains(&key.as_str()) {
                    *slot = value.clone();
                } else {
                    lay_over(slot, value, &format!("{path}{key}."))?;
                }
            }
        }
        (base, patch) => *base = patch.clone(),
    }
    Ok(())
}

fn name(value: &mut Value, names: Names<'_>, number: &str) {
    match value {
        Value::String(text) if text == "$n" => *value = json!(number.parse::<u64>().unwrap_or_default()),
        Value::String(text) if text.contains('{') => {
            let short = names.repo.rsplit('/').next().unwrap_or_default();
            *text = text
                .replace("{n}", number)
                .replace("{org}", names.org)
                .replace("{repo}", names.repo)
                .replace("{name}", short);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name(item, names, number)),
        Value::Object(map) => map.values_mut().for_each(|item| name(item, names, number)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_completed_and_a_misspelt_key_is_refused() {
        let names = Names { org: "acme", repo: "" };
        let now = Timestamp::UNIX_EPOCH;
        let hooks = complete("hooks", &[json!({"active": false})], names, now).unwrap();
        assert_eq!(hooks[0]["url"], "{api}/orgs/acme/hooks/1");
        assert_eq!(hooks[0]["active"], false);
        assert!(complete("hooks", &[json!({"actve": false})], names, now).unwrap_err().contains("actve"));
    }
}
