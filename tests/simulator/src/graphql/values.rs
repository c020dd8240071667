//! Values the executor makes up itself: defaults of types, pages, edges.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::connection::Page;
use super::execute::cursor;
use super::node::Node;
use super::schema::{Ty, schema};
use crate::world::World;

/// What a field is when the fixture says nothing: null where that is allowed, otherwise false, 0, empty.
/// A connection is empty rather than null, because a fixture that names no items means that there are none.
pub(crate) fn default(ty: &Ty, world: &World) -> Node<'static> {
    match ty {
        Ty::NonNull(inner) => match inner.as_ref() {
            Ty::List(_) => json!([]).into(),
            Ty::Named(name) => scalar(name, world).into(),
            Ty::NonNull(_) => Node::NULL,
        },
        ty if ty.is_connection() => json!([]).into(),
        _ => Node::NULL,
    }
}

fn scalar(name: &str, world: &World) -> Value {
    match name {
        "Boolean" => json!(false),
        "Int" => json!(0),
        "String" => json!(""),
        "ID" => json!(format!("N_{name}")),
        "DateTime" | "GitTimestamp" => json!(world.now.to_string()),
        "URI" => json!("https://github.com"),
        name if name.ends_with("Connection") => json!([]),
        name if schema().is_object(name) => json!({}),
        _ => Value::Null,
    }
}

pub(crate) fn page_info(page: &Page<'_>) -> Value {
    let at = |entry: Option<&(usize, &Node<'_>)>| entry.map_or(Value::Null, |(at, _)| cursor(*at));
    json!({
        "hasNextPage": page.has_next,
        "hasPreviousPage": page.has_previous,
        "startCursor": at(page.items.first()),
        "endCursor": at(page.items.last()),
    })
}

/// The object itself, without the edge that leads to it.
pub(crate) fn item<'n>(node: &'n Node<'_>) -> Node<'n> {
    match node {
        Node::Edge { node, .. } => same(node),
        node => same(node),
    }
}

pub(crate) fn edge<'n>(at: usize, node: &'n Node<'_>) -> Node<'n> {
    let mut fields = match node {
        Node::Edge { fields, .. } => fields.clone(),
        Node::Json(value) => value.get("$edge").cloned().unwrap_or_else(|| json!({})),
        _ => json!({}),
    };
    fields["cursor"] = cursor(at);
    Node::Edge { fields, node: Box::new(item(node)) }
}

/// The same node, borrowed.
pub(crate) fn same<'n>(node: &'n Node<'_>) -> Node<'n> {
    match node {
        Node::Json(value) => Node::Json(Cow::Borrowed(value.as_ref())),
        Node::Object(object) => Node::Object(object.clone()),
        Node::List(list) => Node::List(list.iter().map(same).collect()),
        Node::Edge { fields, node } => Node::Edge { fields: fields.clone(), node: Box::new(same(node)) },
    }
}
