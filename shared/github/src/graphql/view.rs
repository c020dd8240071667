//! Reads facts out of an answer: a value together with the errors that lie on its path.

use std::collections::BTreeSet;

use scrutineer_core::{Fact, Gap, evidence::Page};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Answer, Fault};
use crate::permission;

/// A place in an answer.
#[derive(Clone)]
pub(crate) struct View<'a> {
    value: &'a Value,
    /// Errors at or below this place.
    faults: Vec<&'a Fault>,
    /// How many segments of their paths lead here.
    depth: usize,
    pruned: &'a BTreeSet<String>,
}

impl Answer {
    /// The whole answer.
    pub(crate) fn view(&self) -> View<'_> {
        View { value: &self.data, faults: self.errors.iter().collect(), depth: 0, pruned: &self.pruned }
    }
}

impl<'a> View<'a> {
    /// The place below a response key or list index.
    pub(crate) fn at(&self, key: &str) -> View<'a> {
        let value = match key.parse::<usize>() {
            Ok(index) => self.value.get(index),
            Err(_) => self.value.get(key),
        };
        let faults = self
            .faults
            .iter()
            .filter(|fault| fault.path.get(self.depth).is_some_and(|segment| segment == key));
        View {
            value: value.unwrap_or(&Value::Null),
            faults: faults.copied().collect(),
            depth: self.depth + 1,
            pruned: self.pruned,
        }
    }

    /// Items of the list at this place.
    pub(crate) fn items(&self) -> Vec<View<'a>> {
        let length = self.value.as_array().map_or(0, Vec::len);
        (0..length).map(|index| self.at(&index.to_string())).collect()
    }

    pub(crate) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    pub(crate) fn faults(&self) -> &[&'a Fault] {
        &self.faults
    }

    /// The value, whatever errors lie below it.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Gap> {
        T::deserialize(self.value).map_err(|_| Gap::unavailable("GitHub answered something unreadable"))
    }

    /// A field that is always there when it may be read.
    pub(crate) fn fact<T: DeserializeOwned>(&self, key: &str) -> Fact<T> {
        self.required(key, &[]).into()
    }

    /// As [`View::fact`], without regard to errors below the fields named: those are facts of their own.
    pub(crate) fn required<T: DeserializeOwned>(&self, key: &str, apart: &[&str]) -> Result<T, Gap> {
        self.optional(key, apart)?.ok_or_else(|| self.silence(key))
    }

    /// A field that may be null for good reason.
    pub(crate) fn optional<T: DeserializeOwned>(&self, key: &str, apart: &[&str]) -> Result<Option<T>, Gap> {
        if let Some(gap) = self.gap(key, apart) {
            return Err(gap);
        }
        let place = self.at(key);
        if place.is_null() {
            return Ok(None);
        }
        T::deserialize(place.value)
            .map(Some)
            .map_err(|_| Gap::unavailable(format!("GitHub answered something unreadable for {key}")))
    }

    /// Why the field cannot be known, if it cannot.
    pub(crate) fn gap(&self, key: &str, apart: &[&str]) -> Option<Gap> {
        if self.pruned.contains(key) {
            return Some(permission::of_field(key).map_or_else(|| self.silence(key), Gap::forbidden));
        }
        let place = self.at(key);
        let counts =
            |fault: &&&Fault| !fault.path[place.depth..].iter().any(|key| apart.contains(&key.as_str()));
        place.faults.iter().find(counts).map(|fault| gap_of(fault))
    }

    /// Why this place is null.
    pub(crate) fn own_gap(&self) -> Gap {
        self.faults.first().map_or_else(|| Gap::unavailable("GitHub answered nothing"), |fault| gap_of(fault))
    }

    fn silence(&self, key: &str) -> Gap {
        Gap::unavailable(format!("GitHub answered nothing for {key}"))
    }
}

/// What an error means for the field it nulled.
fn gap_of(fault: &Fault) -> Gap {
    let key = fault.field().and_then(permission::of_field);
    match key {
        Some(key) if fault.is_refusal() => Gap::forbidden(key),
        _ => Gap::unavailable(format!("GraphQL answered {}", fault.kind)),
    }
}

/// A connection: nodes or edges, and the total.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "T: Deserialize<'de>")]
pub(crate) struct Connection<T> {
    total_count: Option<u64>,
    page_info: Option<PageInfo>,
    #[serde(alias = "edges")]
    nodes: Option<Vec<Option<T>>>,
}

/// Where a connection goes on.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl PageInfo {
    /// The cursor of the next page.
    pub(crate) fn next(self) -> Option<String> {
        if self.has_next_page { self.end_cursor } else { None }
    }
}

impl<T> Connection<T> {
    /// The items; one that was hidden still counts, so that the page is seen to be incomplete.
    pub(crate) fn page(self) -> Page<T> {
        let nodes = self.nodes.unwrap_or_default();
        let total = self.total_count.unwrap_or_default().max(nodes.len() as u64);
        Page { items: nodes.into_iter().flatten().collect(), total }
    }

    /// The items alone.
    pub(crate) fn items(self) -> Vec<T> {
        self.page().items
    }

    /// The total alone.
    pub(crate) fn total(&self) -> u64 {
        self.total_count.unwrap_or_default()
    }

    /// The cursor of the next page.
    pub(crate) fn next(&self) -> Option<String> {
        self.page_info.clone().and_then(PageInfo::next)
    }
}

/// A page of evidence out of a page of the wire.
pub(crate) fn map_page<T, U>(page: Page<T>, f: impl FnMut(T) -> U) -> Page<U> {
    Page { items: page.items.into_iter().map(f).collect(), total: page.total }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Answer {
        serde_json::from_value(json!({
            "data": { "nodes": [{ "id": "R_1", "deployKeys": { "totalCount": 0, "nodes": null },
                "rulesets": { "totalCount": 3, "nodes": [{ "id": 1 }, null] }, "environments": null }] },
            "errors": [
                { "type": "FORBIDDEN", "path": ["nodes", 0, "deployKeys"] },
                { "type": "SERVICE_UNAVAILABLE", "path": ["nodes", 0, "environments"] },
                { "type": "FORBIDDEN", "path": ["nodes", 0, "rulesets", "nodes", 0, "bypassActors"] },
            ],
        }))
        .unwrap()
    }

    type Any = Connection<serde_json::Value>;

    #[test]
    fn a_refused_field_is_a_gap_even_when_it_has_a_value() {
        let answer = answer();
        let repo = answer.view().at("nodes").at("0");
        assert_eq!(repo.fact::<Any>("deployKeys").gap(), Some(&Gap::forbidden("administration")));
        assert!(matches!(repo.fact::<Any>("environments").gap(), Some(Gap::Unavailable { .. })));
        assert!(matches!(repo.fact::<Any>("labels").gap(), Some(Gap::Unavailable { .. })));
    }

    #[test]
    fn an_error_below_a_field_counts_unless_it_is_a_fact_of_its_own() {
        let answer = answer();
        let repo = answer.view().at("nodes").at("0");
        assert!(repo.fact::<Any>("rulesets").gap().is_some());
        let page = repo.required::<Any>("rulesets", &["bypassActors"]).unwrap().page();
        assert_eq!((page.items.len(), page.total, page.is_complete()), (1, 3, false));
    }
}
