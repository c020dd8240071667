//! What a file imports: module and names.

use crate::tree::{Id, Module, Shape};

/// One imported name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Import<'s> {
    pub(crate) node: Id,
    pub(crate) name: &'s str,
    pub(crate) from: &'s str,
}

/// Import statements are leaves of our tree; their few forms are read from the text.
pub(super) fn collect<'s>(m: &Module<'s>) -> Vec<Import<'s>> {
    let mut found = Vec::new();
    for node in m.all(Shape::Import) {
        let text = m.text(*node);
        let from = quoted(text).unwrap_or_else(|| python_module(text));
        // PHP's node is the clause alone: `App\\Auth\\Guard as G`.
        let php = m.language == crate::lang::Language::Php;
        let php = php.then(|| text.rsplit(['\\', ' ']).next().unwrap_or(text));
        for name in php.map_or_else(|| names(text), |name| vec![name]) {
            found.push(Import { node: *node, name, from });
        }
    }
    found
}

fn quoted(text: &str) -> Option<&str> {
    let open = text.find(['"', '\''])?;
    let quote = &text[open..=open];
    text[open + 1..].split(quote).next()
}

fn python_module(text: &str) -> &str {
    let mut words = text.split_whitespace();
    match words.next() {
        Some("from" | "import" | "use" | "using") => words.next().unwrap_or("").trim_end_matches(';'),
        _ => text.trim(),
    }
}

/// The local names an import binds.
fn names(text: &str) -> Vec<&str> {
    let clause = match (text.find('{'), text.find(" import ")) {
        (Some(open), _) => text[open + 1..].split('}').next().unwrap_or(""),
        (None, Some(at)) if text.starts_with("from ") => &text[at + 8..],
        _ => {
            let rest = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
            rest.split(" from ").next().unwrap_or("")
        }
    };
    let words = clause.split(',').map(|item| {
        item.trim().trim_end_matches(';').rsplit([' ', '.', ':', '\\', '/']).next().unwrap_or("")
    });
    words
        .map(|name| name.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|name| !name.is_empty())
        .collect()
}
