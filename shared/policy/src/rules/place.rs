//! Where in a YAML text a path points: `match.all[1].ast.pattern` → line and column.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::Spanned;

/// A YAML text, reduced to where its parts stand.
enum Shape {
    Leaf,
    List(Vec<Spanned<Shape>>),
    Map(Vec<(String, Spanned<Shape>)>),
}

/// 1-based line and column of the part a path names, or of the nearest part around it. `None` when the text is no YAML.
pub(super) fn find(text: &str, path: &str) -> Option<(u32, u32)> {
    let root: Spanned<Shape> = serde_saphyr::from_str(text).ok()?;
    let mut at = &root;
    let keys = path.split(['.', '[', ']']).filter(|key| !key.is_empty());
    for key in keys {
        let inner = match &at.value {
            Shape::Map(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Shape::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            Shape::Leaf => None,
        };
        let Some(inner) = inner else { break };
        at = inner;
    }
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
    Some((number(at.referenced.line()), number(at.referenced.column())))
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shaping)
    }
}

struct Shaping;

macro_rules! leaves {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Shape, E> {
            Ok(Shape::Leaf)
        })*
    };
}

impl<'de> Visitor<'de> for Shaping {
    type Value = Shape;

    leaves! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Leaf)
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Leaf)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Shape, D::Error> {
        IgnoredAny::deserialize(inner).map(|_| Shape::Leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            pairs.push((key, map.next_value()?));
        }
        Ok(Shape::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_path_leads_to_a_line() {
        let text = "id: a/b\nmatch:\n  all:\n    - call: {name: [x]}\n    - not:\n        comment: '('\n";
        assert_eq!(find(text, "match.all[1].not.comment"), Some((6, 18)));
        assert_eq!(find(text, "match.all[0].call.arg"), Some((4, 13)));
        assert_eq!(find(text, "id"), Some((1, 5)));
        assert_eq!(find(text, ""), Some((1, 1)));
        assert_eq!(find("a: [", "a"), None);
    }
}
