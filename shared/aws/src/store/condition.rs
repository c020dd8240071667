//! Conditions of writes.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::{attributes::PK, expression::Expression};
use crate::error::AwsError;

/// What must hold for a write to happen; all tests must hold.
#[derive(Debug, Default)]
pub struct Condition {
    tests: Vec<Test>,
    broken: Option<AwsError>,
}

#[derive(Debug)]
enum Test {
    Absent(&'static str),
    Present(&'static str),
    OneOf(&'static str, Vec<AttributeValue>),
    Less(&'static str, AttributeValue),
}

impl Condition {
    /// Always holds.
    pub fn none() -> Self {
        Self::default()
    }

    /// There is no record under the key.
    pub fn absent() -> Self {
        Self::none().and(Test::Absent(PK))
    }

    /// There is a record under the key.
    pub fn present() -> Self {
        Self::none().and(Test::Present(PK))
    }

    /// `field` has this value: an optimistic version, a status.
    pub fn is(field: &'static str, value: impl Serialize) -> Self {
        Self::none().and_is(field, value)
    }

    /// `field` has one of these values.
    pub fn one_of<V: Serialize>(field: &'static str, values: &[V]) -> Self {
        Self::none().and_one_of(field, values)
    }

    /// And `field` has this value.
    #[must_use]
    pub fn and_is(self, field: &'static str, value: impl Serialize) -> Self {
        self.and_one_of(field, &[value])
    }

    /// And `field` has one of these values (at most 100).
    #[must_use]
    pub fn and_one_of<V: Serialize>(mut self, field: &'static str, values: &[V]) -> Self {
        match values.iter().map(attribute).collect::<Result<Vec<_>, _>>() {
            Ok(values) => self.and(Test::OneOf(field, values)),
            Err(error) => {
                self.broken.get_or_insert(error);
                self
            }
        }
    }

    /// And `field` is not set.
    #[must_use]
    pub fn and_absent(self, field: &'static str) -> Self {
        self.and(Test::Absent(field))
    }

    /// And `field` is set.
    #[must_use]
    pub fn and_present(self, field: &'static str) -> Self {
        self.and(Test::Present(field))
    }

    /// And `field` is less than `value`; not so when it is not set. Times compare as text: equal precision only.
    #[must_use]
    pub fn and_less(mut self, field: &'static str, value: impl Serialize) -> Self {
        match attribute(&value) {
            Ok(value) => self.and(Test::Less(field, value)),
            Err(error) => {
                self.broken.get_or_insert(error);
                self
            }
        }
    }

    fn and(mut self, test: Test) -> Self {
        self.tests.push(test);
        self
    }

    /// The condition expression; `None` when it always holds.
    pub(crate) fn render(self, expression: &mut Expression) -> Result<Option<String>, AwsError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let tests: Vec<String> = self.tests.into_iter().map(|test| test.render(expression)).collect();
        Ok((!tests.is_empty()).then(|| tests.join(" AND ")))
    }
}

impl Test {
    fn render(self, expression: &mut Expression) -> String {
        match self {
            Self::Absent(field) => format!("attribute_not_exists({})", expression.name(field)),
            Self::Present(field) => format!("attribute_exists({})", expression.name(field)),
            Self::Less(field, value) => format!("{} < {}", expression.name(field), expression.value(value)),
            Self::OneOf(field, values) => {
                let name = expression.name(field);
                let values: Vec<String> = values.into_iter().map(|value| expression.value(value)).collect();
                format!("{name} IN ({})", values.join(", "))
            }
        }
    }
}

pub(crate) fn attribute(value: &impl Serialize) -> Result<AttributeValue, AwsError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| AwsError::unwritable("a value", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_joined_and_every_word_is_a_placeholder() {
        let mut expression = Expression::default();
        let condition = Condition::present().and_one_of("status", &["pending", "scanning"]).and_less("at", 5);
        let text = condition.render(&mut expression).unwrap().unwrap();
        assert_eq!(text, "attribute_exists(#n0) AND #n1 IN (:v0, :v1) AND #n2 < :v2");
        assert_eq!(Condition::none().render(&mut Expression::default()).unwrap(), None);
    }
}
