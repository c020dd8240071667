//! Lists become pages: `first`/`after`, `last`/`before`, order, cursors, edges.

use serde_json::Value;

use super::node::{Args, Node};
use crate::digest;

/// One page of a list.
pub(crate) struct Page<'a> {
    pub(crate) total: usize,
    /// Index in the whole list → item.
    pub(crate) items: Vec<(usize, &'a Node<'a>)>,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
}

/// The page of `items` that the arguments ask for.
pub(crate) fn page<'a>(items: &'a [Node<'a>], args: &Args) -> Page<'a> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort(&mut order, items, args);
    let number =
        |name: &str| args.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    let index = |name: &str| args.get(name).and_then(Value::as_str).and_then(digest::cursor_index);
    let from = index("after").map_or(0, |index| index + 1).min(order.len());
    let until = index("before").unwrap_or(order.len()).clamp(from, order.len());
    let (from, until) = match (number("first"), number("last")) {
        (Some(first), _) => (from, until.min(from.saturating_add(first))),
        (None, Some(last)) => (from.max(until.saturating_sub(last)), until),
        (None, None) => (from, until),
    };
    let slice = (from..until).map(|position| (position, &items[order[position]]));
    Page { total: items.len(), items: slice.collect(), has_next: until < items.len(), has_previous: from > 0 }
}

fn sort(order: &mut [usize], items: &[Node<'_>], args: &Args) {
    let Some(by) = args.get("orderBy").filter(|by| by.is_object()) else { return };
    let key = camel(by["field"].as_str().unwrap_or_default());
    let keys: Vec<String> = items.iter().map(|item| sort_key(item, &key)).collect();
    // Equal items keep the fixture's order, whichever the direction.
    match by["direction"] == "DESC" {
        true => order.sort_by(|a, b| keys[*b].cmp(&keys[*a])),
        false => order.sort_by(|a, b| keys[*a].cmp(&keys[*b])),
    }
}

fn sort_key(item: &Node<'_>, key: &str) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.to_lowercase(),
        Value::Number(number) => format!("{:020}", number.as_u64().unwrap_or_default()),
        _ => String::new(),
    };
    match item {
        Node::Json(value) => {
            value.get(key).or_else(|| value.get("$edge")?.get(key)).map(text).unwrap_or_default()
        }
        Node::Object(object) => match object.field(key, &Args::new()) {
            Ok(Some(Node::Json(value))) => text(&value),
            _ => String::new(),
        },
        Node::Edge { node, .. } => sort_key(node, key),
        Node::List(_) => String::new(),
    }
}

/// `UPDATED_AT` → `updatedAt`; tags are ordered by the date of what they point at.
fn camel(field: &str) -> String {
    if field == "TAG_COMMIT_DATE" {
        return "$date".into();
    }
    let mut words = field.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |mut name, word| {
        let (head, tail) = word.split_at(1.min(word.len()));
        name.push_str(&head.to_uppercase());
        name.push_str(tail);
        name
    })
}
