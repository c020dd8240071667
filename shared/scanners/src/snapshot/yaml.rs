//! YAML 1.2 as a tree with lines, within a budget against bombs and depth.
//!
//! Keys stay strings (`on` is not `true`), and a file that exceeds the budget is an error, not a hang.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::Spanned;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// 1-based line.
    pub(super) line: u64,
    pub(super) value: Value,
}

/// A YAML value. Numbers and booleans are kept as text; decisions compare them as such.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Scalar(String),
    Seq(Vec<Node>),
    Map(Vec<(String, Node)>),
}

static NULL: Node = Node { line: 0, value: Value::Null };

/// Documents of a pipeline file are small: far below what a bomb expands to.
const MAX_NODES: usize = 100_000;
/// What aliases may expand to: a pipeline that shares its steps a hundred times over. Replaying costs more than reading.
const MAX_REPLAYED: usize = 20_000;
/// Deeper than any pipeline. A level costs the parser up to 36 KiB of stack in an unoptimized build, and a thread
/// has 2 MiB.
const MAX_DEPTH: usize = 24;

/// Why a text cannot be read; displays as one clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is larger, deeper or more repetitive than a scan reads; others may well read it, so absence proves nothing.
    Limit,
    /// It is not YAML.
    Syntax(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit => f.write_str("larger or deeper than a scan reads"),
            Self::Syntax(why) => f.write_str(why),
        }
    }
}

impl From<serde_saphyr::Error> for Unreadable {
    fn from(error: serde_saphyr::Error) -> Self {
        use serde_saphyr::Error;
        match error {
            Error::Budget { .. }
            | Error::AliasReplayCounterOverflow { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. } => Self::Limit,
            Error::AliasError { error, .. } => Self::from(*error),
            error => {
                let message = error.to_string();
                let first: String = message.lines().next().unwrap_or("not YAML").chars().take(160).collect();
                // The scanner beneath has no variant of its own for this.
                if first.to_ascii_lowercase().contains("recursion limit") {
                    Self::Limit
                } else {
                    Self::Syntax(first)
                }
            }
        }
    }
}

/// Reads one document.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn parse(text: &str) -> Result<Node, Unreadable> {
    parse_all(text).map(|documents| documents.into_iter().next().unwrap_or_else(|| NULL.clone()))
}

/// Reads every document of a stream.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn parse_all(text: &str) -> Result<Vec<Node>, Unreadable> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::FirstWins,
        budget: serde_saphyr::budget! {
            max_events: 4 * MAX_NODES,
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_total_scalar_bytes: 4 * 1024 * 1024,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED },
        with_snippet: false,
    };
    serde_saphyr::from_multiple_with_options(text, options).map_err(Unreadable::from)
}

impl Node {
    /// The value of a key; a null node when there is none.
    pub(super) fn get(&self, key: &str) -> &Self {
        self.entries().iter().find(|(name, _)| name == key).map_or(&NULL, |(_, node)| node)
    }

    /// The first of these keys that is present.
    pub(super) fn first(&self, keys: &[&str]) -> &Self {
        keys.iter().map(|key| self.get(key)).find(|node| !node.is_null()).unwrap_or(&NULL)
    }

    pub(super) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The scalar as text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        self.text() == Some("true")
    }

    /// The entries of a mapping; none for anything else.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; a scalar or mapping is a sequence of one, null is empty.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::Seq(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The scalars among [`Node::items`].
    pub(super) fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(Self::text).map(str::to_owned).collect()
    }

    /// Every scalar below, with its line.
    pub(super) fn scalars<'a>(&'a self, found: &mut Vec<(&'a str, u64)>) {
        match &self.value {
            Value::Null => {}
            Value::Scalar(text) => found.push((text, self.line)),
            Value::Seq(items) => items.iter().for_each(|item| item.scalars(found)),
            Value::Map(entries) => entries.iter().for_each(|(_, node)| node.scalars(found)),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { line: spanned.referenced.line(), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Build)
    }
}

struct Build;

impl<'de> Visitor<'de> for Build {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_owned()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Scalar(String::from_utf8_lossy(value).into_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Value>()? {
            let value = access.next_value()?;
            if let Value::Scalar(key) = key {
                entries.push((key, value));
            }
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_strings_and_values_have_lines() {
        let node = parse("on:\n  push:\n    branches: [main]\nyes: no\nn: 3.10\n").unwrap();
        assert_eq!(node.get("on").get("push").get("branches").texts(), ["main"]);
        assert_eq!(node.get("on").get("push").get("branches").line, 3);
        assert_eq!(node.get("yes").text(), Some("no"));
        assert!(parse("on: true").unwrap().get("on").is_true());
    }

    #[test]
    fn bombs_and_depth_are_errors() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let refs = vec![format!("*a{}", n - 1); 9].join(", ");
            bomb.push_str(&format!("a{n}: &a{n} [{refs}]\n"));
        }
        let deep: String = (0..500).map(|n| format!("{}k:\n", " ".repeat(n))).collect();
        let text = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(400_000), "*a, ".repeat(900));
        for text in [&bomb, &"[".repeat(100_000), &deep, &text] {
            assert_eq!(parse(text), Err(Unreadable::Limit), "{}", &text[..30]);
        }
        assert!(matches!(parse("a: [b"), Err(Unreadable::Syntax(_))));
    }

    #[test]
    fn streams_and_anchors_are_read() {
        let all = parse_all("a: &x {k: 1}\nb: *x\n---\nc: 2\n").unwrap();
        assert_eq!(all[0].get("b").get("k").text(), Some("1"));
        assert_eq!(all[1].get("c").text(), Some("2"));
    }
}
