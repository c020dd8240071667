//! Changes to single fields of a record.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::{condition::attribute, expression::Expression};
use crate::error::AwsError;

/// Changes to a record's fields, applied together.
#[derive(Debug, Default)]
pub struct Update {
    changes: Vec<Change>,
    broken: Option<AwsError>,
}

#[derive(Debug)]
enum Change {
    Set(&'static str, AttributeValue),
    Append(&'static str, AttributeValue),
    Add(&'static str, i64),
    AddIn(&'static str, String, i64),
    Remove(&'static str),
}

impl Update {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `field`; a value that serializes to nothing (`None`) removes it.
    #[must_use]
    pub fn set(mut self, field: &'static str, value: impl Serialize) -> Self {
        match attribute(&value) {
            Ok(AttributeValue::Null(_)) => self.remove(field),
            Ok(value) => self.with(Change::Set(field, value)),
            Err(error) => {
                self.broken.get_or_insert(error);
                self
            }
        }
    }

    /// Appends to the list `field`, which may not exist yet.
    #[must_use]
    pub fn append<V: Serialize>(mut self, field: &'static str, values: &[V]) -> Self {
        match attribute(&values) {
            Ok(values) => self.with(Change::Append(field, values)),
            Err(error) => {
                self.broken.get_or_insert(error);
                self
            }
        }
    }

    /// Adds to the number `field`; a missing one counts as 0.
    #[must_use]
    pub fn add(self, field: &'static str, amount: i64) -> Self {
        self.with(Change::Add(field, amount))
    }

    /// Adds to the number `key` inside the map `field`; the map must exist, a missing key counts as 0.
    #[must_use]
    pub fn add_in(self, field: &'static str, key: impl Into<String>, amount: i64) -> Self {
        self.with(Change::AddIn(field, key.into(), amount))
    }

    /// Removes `field`.
    #[must_use]
    pub fn remove(self, field: &'static str) -> Self {
        self.with(Change::Remove(field))
    }

    fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// The update expression.
    pub(crate) fn render(self, expression: &mut Expression) -> Result<String, AwsError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let (mut set, mut add, mut remove) = (Vec::new(), Vec::new(), Vec::new());
        for change in self.changes {
            match change {
                Change::Set(field, value) => {
                    set.push(format!("{} = {}", expression.name(field), expression.value(value)));
                }
                Change::Append(field, values) => {
                    let (name, values) = (expression.name(field), expression.value(values));
                    let empty = expression.value(AttributeValue::L(Vec::new()));
                    set.push(format!("{name} = list_append(if_not_exists({name}, {empty}), {values})"));
                }
                Change::Add(field, amount) => {
                    add.push(format!("{} {}", expression.name(field), expression.value(number(amount))));
                }
                Change::AddIn(field, key, amount) => {
                    let path = format!("{}.{}", expression.name(field), expression.name(&key));
                    let (zero, amount) = (expression.value(number(0)), expression.value(number(amount)));
                    set.push(format!("{path} = if_not_exists({path}, {zero}) + {amount}"));
                }
                Change::Remove(field) => remove.push(expression.name(field)),
            }
        }
        let clauses = [("SET", set), ("ADD", add), ("REMOVE", remove)];
        let clauses = clauses.iter().filter(|(_, parts)| !parts.is_empty());
        Ok(clauses.map(|(verb, parts)| format!("{verb} {}", parts.join(", "))).collect::<Vec<_>>().join(" "))
    }
}

fn number(amount: i64) -> AttributeValue {
    AttributeValue::N(amount.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_grouped_by_verb() {
        let mut expression = Expression::default();
        let update = Update::new()
            .set("status", "done")
            .add("done", 1)
            .set("error", None::<String>)
            .add_in("requests", "rest", 2);
        let text = update.render(&mut expression).unwrap();
        assert_eq!(text, "SET #n0 = :v0, #n3.#n4 = if_not_exists(#n3.#n4, :v2) + :v3 ADD #n1 :v1 REMOVE #n2");
    }
}
