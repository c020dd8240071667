//! What resolvers hand to the executor.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

/// A value of the graph.
///
/// JSON objects are plain data: the executor reads the fields it needs. Three keys steer it: `__typename` (for
/// interfaces and unions), `$edge` (fields of the edge that leads to the object) and `$items` (the list of a
/// connection that has fields of its own, such as `totalSize`).
pub(crate) enum Node<'a> {
    Json(Cow<'a, Value>),
    Object(Arc<dyn Object>),
    List(Vec<Node<'a>>),
    Edge { fields: Value, node: Box<Node<'a>> },
}

/// An object whose fields are computed when asked for.
pub(crate) trait Object: Send + Sync {
    fn type_name(&self) -> &'static str;
    /// `Ok(None)`: the object has no data for the field, the type's default applies.
    fn field(&self, name: &str, args: &Args) -> Result<Option<Node<'static>>, Problem>;
}

/// Argument values, schema defaults included.
pub(crate) type Args = Map<String, Value>;

/// Why a field has no value.
pub(crate) struct Problem {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

impl<'a> Node<'a> {
    pub(crate) const NULL: Node<'static> = Node::Json(Cow::Owned(Value::Null));

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Json(value) if value.is_null())
    }

    pub(crate) fn borrowed(value: &'a Value) -> Self {
        Self::Json(Cow::Borrowed(value))
    }
}

impl From<Value> for Node<'static> {
    fn from(value: Value) -> Self {
        Self::Json(Cow::Owned(value))
    }
}

impl<T: Object + 'static> From<T> for Node<'static> {
    fn from(object: T) -> Self {
        Self::Object(Arc::new(object))
    }
}
