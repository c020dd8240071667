//! What GitHub refuses before it executes anything, and what a query will cost.
//!
//! Cost: every connection counts once per parent it is asked for, parents multiplied by their `first`; the sum divided
//! by 100 and rounded is the points, at least one. At most 500,000 nodes.
//! <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>

use std::collections::HashMap;

use graphql_parser::Pos;
use graphql_parser::query::{
    Definition, Document, Field, FragmentDefinition, Selection, SelectionSet, TypeCondition,
};
use serde_json::{Map, Value, json};

use super::schema::{FieldDef, literal, schema};

/// What a query asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Connections resolved with every `first` reached.
    pub(crate) requests: u64,
    pub(crate) nodes: u64,
}

impl Cost {
    pub(crate) fn points(self) -> u64 {
        ((self.requests + 50) / 100).max(1)
    }
}

type Fragments<'a> = HashMap<&'a str, &'a FragmentDefinition<'static, String>>;

struct Checker<'a> {
    variables: &'a Map<String, Value>,
    fragments: Fragments<'a>,
    cost: Cost,
    errors: Vec<Value>,
}

const MOST_NODES: u64 = 500_000;

pub(crate) fn fragments<'a>(document: &'a Document<'static, String>) -> Fragments<'a> {
    let fragment = |definition: &'a Definition<'static, String>| match definition {
        Definition::Fragment(fragment) => Some((fragment.name.as_str(), fragment)),
        Definition::Operation(_) => None,
    };
    document.definitions.iter().filter_map(fragment).collect()
}

/// The cost of `selection`, or GitHub's errors.
pub(crate) fn check(
    document: &Document<'static, String>,
    selection: &SelectionSet<'static, String>,
    variables: &Map<String, Value>,
) -> Result<Cost, Vec<Value>> {
    let mut checker =
        Checker { variables, fragments: fragments(document), cost: Cost::default(), errors: vec![] };
    checker.set(selection, "Query", 1, 0);
    if checker.cost.nodes > MOST_NODES {
        let message = format!(
            "This query requests up to {} possible nodes which exceeds the maximum limit of 500,000.",
            checker.cost.nodes
        );
        checker.errors.push(json!({"type": "MAX_NODE_LIMIT_EXCEEDED", "message": message}));
    }
    if checker.errors.is_empty() { Ok(checker.cost) } else { Err(checker.errors) }
}

impl Checker<'_> {
    fn set(&mut self, set: &SelectionSet<'static, String>, ty: &str, times: u64, depth: u32) {
        if depth > 25 {
            return self.error("The query is nested too deeply", "depth", set.span.0);
        }
        for item in &set.items {
            match item {
                Selection::Field(field) => self.field(field, ty, times, depth),
                Selection::InlineFragment(fragment) => {
                    let on = condition(fragment.type_condition.as_ref()).unwrap_or(ty);
                    self.inside(&fragment.selection_set, on, (times, depth), fragment.position);
                }
                Selection::FragmentSpread(spread) => {
                    match self.fragments.get(spread.fragment_name.as_str()).copied() {
                        Some(fragment) => {
                            let TypeCondition::On(on) = &fragment.type_condition;
                            self.inside(&fragment.selection_set, on, (times, depth), fragment.position);
                        }
                        None => {
                            let message =
                                format!("Fragment {} was used, but not defined", spread.fragment_name);
                            self.error(&message, "useAndDefineFragment", spread.position);
                        }
                    }
                }
            }
        }
    }

    fn inside(
        &mut self,
        set: &SelectionSet<'static, String>,
        on: &str,
        (times, depth): (u64, u32),
        position: Pos,
    ) {
        if schema().knows(on) {
            self.set(set, on, times, depth + 1);
        } else {
            self.error(
                &format!("No such type {on}, so it can't be a fragment condition"),
                "undefinedType",
                position,
            );
        }
    }

    fn field(&mut self, field: &Field<'static, String>, ty: &str, times: u64, depth: u32) {
        if field.name == "__typename" {
            return;
        }
        let Some(definition) = schema().field(ty, &field.name) else {
            let message = format!("Field '{}' doesn't exist on type '{ty}'", field.name);
            return self.error(&message, "undefinedField", field.position);
        };
        self.arguments(field, definition, ty);
        let inner = definition.ty.name();
        if schema().is_composite(inner) == field.selection_set.items.is_empty() {
            let message =
                format!("Field '{}' of type '{inner}' has a wrong selection of subfields", field.name);
            return self.error(&message, "selectionMismatch", field.position);
        }
        let times = self.charge(field, definition, times);
        self.set(&field.selection_set, inner, times, depth + 1);
    }

    fn arguments(&mut self, field: &Field<'static, String>, definition: &FieldDef, ty: &str) {
        for (name, _) in &field.arguments {
            if !definition.args.contains_key(name) {
                let message = format!("Field '{}' doesn't accept argument '{name}'", field.name);
                self.error(&message, "argumentNotAccepted", field.position);
            }
        }
        let required = ["ids", "id", "login", "owner"];
        for name in definition.args.keys().filter(|name| required.contains(&name.as_str())) {
            if self.argument(field, name).is_none() {
                let message =
                    format!("Field '{}' is missing required arguments: {name} on type '{ty}'", field.name);
                self.error(&message, "missingRequiredArguments", field.position);
            }
        }
    }

    fn argument(&self, field: &Field<'static, String>, name: &str) -> Option<Value> {
        let (_, value) = field.arguments.iter().find(|(key, _)| key == name)?;
        Some(literal(value, self.variables)).filter(|value| !value.is_null())
    }

    /// How many objects the field stands for, given that there are `times` parents.
    fn charge(&mut self, field: &Field<'static, String>, definition: &FieldDef, times: u64) -> u64 {
        if field.name == "nodes" && definition.args.contains_key("ids") {
            let ids =
                self.argument(field, "ids").and_then(|ids| ids.as_array().map(Vec::len)).unwrap_or(1) as u64;
            if ids > 100 {
                let message = "You may not provide more than 100 node ids; you provided ";
                self.error(&format!("{message}{ids}."), "ARGUMENT_LIMIT", field.position);
            }
            self.cost.nodes += ids;
            return times * ids;
        }
        if !definition.ty.is_connection() {
            return times;
        }
        let size = self.argument(field, "first").or_else(|| self.argument(field, "last"));
        let Some(size) = size.and_then(|size| size.as_u64()) else {
            let message = format!(
                "You must provide a `first` or `last` value to properly paginate the `{}` connection.",
                field.name
            );
            self.error(&message, "MISSING_PAGINATION_BOUNDARIES", field.position);
            return times;
        };
        if !(1..=100).contains(&size) {
            let message = format!(
                "Requesting {size} records on the `{}` connection exceeds the `first` limit of 100 records.",
                field.name
            );
            self.error(&message, "EXCESSIVE_PAGINATION", field.position);
        }
        self.cost.requests += times;
        self.cost.nodes += times * size;
        times * size
    }

    fn error(&mut self, message: &str, code: &str, position: Pos) {
        self.errors.push(json!({
            "message": message,
            "locations": [{"line": position.line, "column": position.column}],
            "extensions": {"code": code},
        }));
    }
}

fn condition<'a>(condition: Option<&'a TypeCondition<'static, String>>) -> Option<&'a str> {
    condition.map(|TypeCondition::On(name)| name.as_str())
}
