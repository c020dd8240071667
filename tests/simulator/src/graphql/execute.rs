//! The executor: selections meet values, nulls travel as far as the types say, refusals become errors.

use std::collections::HashMap;

use graphql_parser::query::{Document, Field, FragmentDefinition, Selection, SelectionSet, TypeCondition};
use serde_json::{Map, Value, json};

use super::check::fragments;
use super::connection::{self, Page};
use super::node::{Args, Node, Problem};
use super::root::Root;
use super::schema::{FieldDef, Ty, literal, schema};
use super::{Scope, permissions, values};
use crate::digest;

struct Executor<'a> {
    scope: &'a Scope,
    variables: &'a Map<String, Value>,
    fragments: HashMap<&'a str, &'a FragmentDefinition<'static, String>>,
    errors: Vec<Value>,
}

type AstField = Field<'static, String>;

/// A null where the type allows none: the nearest nullable parent becomes null.
struct Nulled;

/// Where a field stands: its definition, the selections merged into it, its arguments.
struct Place<'p, 'a> {
    definition: &'p FieldDef,
    fields: &'p [&'a AstField],
    args: &'p Args,
}

/// Executes `selection` on the root.
pub(crate) fn run(
    document: &Document<'static, String>,
    selection: &SelectionSet<'static, String>,
    variables: &Map<String, Value>,
    (scope, root): (&Scope, Root),
) -> Value {
    let mut executor = Executor { scope, variables, fragments: fragments(document), errors: vec![] };
    let root: Node<'static> = root.into();
    let data = executor.object(&root, "Query", &[selection], &mut vec![]).unwrap_or(Value::Null);
    if executor.errors.is_empty() {
        json!({"data": data})
    } else {
        json!({"data": data, "errors": executor.errors})
    }
}

impl<'a> Executor<'a> {
    fn object(
        &mut self,
        node: &Node<'_>,
        ty: &str,
        sets: &[&'a SelectionSet<'static, String>],
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let mut fields = Vec::new();
        sets.iter().for_each(|set| self.collect(set, ty, &mut fields));
        let mut object = Map::new();
        for (key, merged) in fields {
            path.push(json!(key));
            let value = self.field(node, ty, &merged, path);
            path.pop();
            object.insert(key.to_owned(), value?);
        }
        Ok(Value::Object(object))
    }

    /// Flattens fragments: response key → the fields that share it, in the order they were written.
    fn collect(
        &self,
        set: &'a SelectionSet<'static, String>,
        ty: &str,
        into: &mut Vec<(&'a str, Vec<&'a AstField>)>,
    ) {
        for item in &set.items {
            match item {
                Selection::Field(field) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    match into.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => into.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let applies = match &fragment.type_condition {
                        Some(TypeCondition::On(on)) => schema().is_a(ty, on),
                        None => true,
                    };
                    if applies {
                        self.collect(&fragment.selection_set, ty, into);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()).copied() {
                        let TypeCondition::On(on) = &fragment.type_condition;
                        if schema().is_a(ty, on) {
                            self.collect(&fragment.selection_set, ty, into);
                        }
                    }
                }
            }
        }
    }

    fn field(
        &mut self,
        node: &Node<'_>,
        ty: &str,
        fields: &[&'a AstField],
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let name = fields[0].name.as_str();
        if name == "__typename" {
            return Ok(json!(ty));
        }
        let definition = schema().field(ty, name).ok_or(Nulled)?;
        let args = self.args(fields[0], definition);
        let place = Place { definition, fields, args: &args };
        if let Some(key) = permissions::required(ty, name)
            && !self.scope.permissions.contains(key)
        {
            return self.refuse(&place, path);
        }
        match read(node, name, &args) {
            Ok(Some(value)) => self.complete(&definition.ty, &value, &place, path),
            Ok(None) => {
                let default = values::default(&definition.ty, &self.scope.world);
                self.complete(&definition.ty, &default, &place, path)
            }
            Err(problem) => {
                self.error(&problem, path, fields[0]);
                if definition.ty.is_non_null() { Err(Nulled) } else { Ok(Value::Null) }
            }
        }
    }

    /// A missing permission: null plus an error. A connection that cannot be null is there, without its items.
    fn refuse(&mut self, place: &Place<'_, 'a>, path: &[Value]) -> Result<Value, Nulled> {
        let message = format!("Resource not accessible by {}", self.scope.refusal);
        self.error(&Problem { kind: "FORBIDDEN", message }, path, place.fields[0]);
        match (&place.definition.ty, place.definition.ty.is_connection()) {
            (Ty::NonNull(_), true) => {
                let sets = place.fields.iter().flat_map(|field| &field.selection_set.items);
                let keys = sets.filter_map(|item| match item {
                    Selection::Field(field) => Some(field),
                    _ => None,
                });
                Ok(keys
                    .map(|field| (field.alias.clone().unwrap_or(field.name.clone()), empty_part(&field.name)))
                    .collect())
            }
            (Ty::NonNull(_), false) => Err(Nulled),
            _ => Ok(Value::Null),
        }
    }

    fn args(&self, field: &AstField, definition: &FieldDef) -> Args {
        let mut args = Args::new();
        for (name, default) in &definition.args {
            let given = field
                .arguments
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| literal(value, self.variables));
            if let Some(value) = given.filter(|value| !value.is_null()).or_else(|| default.clone()) {
                args.insert(name.clone(), value);
            }
        }
        args
    }

    fn complete(
        &mut self,
        ty: &Ty,
        node: &Node<'_>,
        place: &Place<'_, 'a>,
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let inner = match ty {
            Ty::NonNull(inner) => {
                let filled = if node.is_null() { Some(values::default(ty, &self.scope.world)) } else { None };
                let value = self.present(inner, filled.as_ref().unwrap_or(node), place, path)?;
                return if value.is_null() { Err(Nulled) } else { Ok(value) };
            }
            inner => inner,
        };
        if node.is_null() {
            return Ok(Value::Null);
        }
        Ok(self.present(inner, node, place, path).unwrap_or(Value::Null))
    }

    fn present(
        &mut self,
        ty: &Ty,
        node: &Node<'_>,
        place: &Place<'_, 'a>,
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        match ty {
            Ty::List(inner) => self.list(inner, node, place, path),
            Ty::Named(name) if ty.is_connection() => self.connection(name, node, place, path),
            Ty::Named(name) if schema().is_composite(name) => {
                let concrete = concrete(node, name);
                let sets: Vec<_> = place.fields.iter().map(|field| &field.selection_set).collect();
                self.object(node, &concrete, &sets, path)
            }
            Ty::Named(_) => match node {
                Node::Json(value) => Ok(value.as_ref().clone()),
                _ => Err(Nulled),
            },
            Ty::NonNull(_) => self.complete(ty, node, place, path),
        }
    }

    fn list(
        &mut self,
        inner: &Ty,
        node: &Node<'_>,
        place: &Place<'_, 'a>,
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let mut list = Vec::new();
        for (index, item) in items(node).iter().enumerate() {
            path.push(json!(index));
            let value = match item {
                Node::Json(value) if value.get("$problem").is_some() => {
                    self.missing(value, path, place.fields[0])
                }
                item => self.complete(inner, item, place, path),
            };
            path.pop();
            list.push(value?);
        }
        Ok(Value::Array(list))
    }

    fn missing(&mut self, value: &Value, path: &[Value], field: &AstField) -> Result<Value, Nulled> {
        let message = value["$problem"].as_str().unwrap_or_default().to_owned();
        self.error(&Problem { kind: "NOT_FOUND", message }, path, field);
        Ok(Value::Null)
    }

    fn connection(
        &mut self,
        ty: &str,
        node: &Node<'_>,
        place: &Place<'_, 'a>,
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let items = items(node);
        let page = connection::page(&items, place.args);
        let sets: Vec<_> = place.fields.iter().map(|field| &field.selection_set).collect();
        let mut fields = Vec::new();
        sets.iter().for_each(|set| self.collect(set, ty, &mut fields));
        let mut object = Map::new();
        for (key, merged) in fields {
            path.push(json!(key));
            let value = self.connection_field(ty, &merged, (node, &page), path);
            path.pop();
            object.insert(key.to_owned(), value?);
        }
        Ok(Value::Object(object))
    }

    fn connection_field(
        &mut self,
        ty: &str,
        fields: &[&'a AstField],
        (node, page): (&Node<'_>, &Page<'_>),
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let name = fields[0].name.as_str();
        if name == "__typename" {
            return Ok(json!(ty));
        }
        let definition = schema().field(ty, name).ok_or(Nulled)?;
        let extra = match node {
            Node::Json(value) => value.get(name).cloned(),
            _ => None,
        };
        let value = match (name, extra) {
            (_, Some(extra)) => Node::from(extra),
            ("totalCount", None) => json!(page.total).into(),
            ("pageInfo", None) => values::page_info(page).into(),
            ("nodes", None) => Node::List(page.items.iter().map(|(_, item)| values::item(item)).collect()),
            ("edges", None) => {
                Node::List(page.items.iter().map(|(at, item)| values::edge(*at, item)).collect())
            }
            _ => values::default(&definition.ty, &self.scope.world),
        };
        let args = Args::new();
        let place = Place { definition, fields, args: &args };
        self.complete(&definition.ty, &value, &place, path)
    }

    fn error(&mut self, problem: &Problem, path: &[Value], field: &AstField) {
        self.errors.push(json!({
            "type": problem.kind,
            "path": path,
            "locations": [{"line": field.position.line, "column": field.position.column}],
            "message": problem.message,
        }));
    }
}

fn empty_part(name: &str) -> Value {
    match name {
        "totalCount" => json!(0),
        "pageInfo" => {
            json!({"hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null})
        }
        _ => Value::Null,
    }
}

fn read<'n>(node: &'n Node<'_>, name: &str, args: &Args) -> Result<Option<Node<'n>>, Problem> {
    match node {
        Node::Json(value) => Ok(value.get(name).map(Node::borrowed)),
        Node::Object(object) => object.field(name, args),
        Node::Edge { fields, node } => match name {
            "node" => Ok(Some(values::item(node))),
            _ => Ok(fields.get(name).map(Node::borrowed)),
        },
        Node::List(_) => Ok(None),
    }
}

fn items<'n>(node: &'n Node<'_>) -> Vec<Node<'n>> {
    match node {
        Node::Json(value) => {
            let list = value.get("$items").unwrap_or(value);
            list.as_array().map(|list| list.iter().map(Node::borrowed).collect()).unwrap_or_default()
        }
        Node::List(list) => list.iter().map(values::same).collect(),
        _ => vec![],
    }
}

fn concrete(node: &Node<'_>, declared: &str) -> String {
    match node {
        Node::Object(object) => object.type_name().to_owned(),
        Node::Json(value) => value.get("__typename").and_then(Value::as_str).unwrap_or(declared).to_owned(),
        _ => declared.to_owned(),
    }
}

/// Keeps the cursor's form in one place.
pub(crate) fn cursor(at: usize) -> Value {
    json!(digest::cursor(at))
}
