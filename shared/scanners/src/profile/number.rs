//! Numbers as people write them: `0.35`, not `"0.35"`.

use std::fmt;

use rust_decimal::{
    Decimal,
    prelude::{FromPrimitive, ToPrimitive},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An exact number that is read from and written as a JSON or YAML number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.into())
    }
}

impl Serialize for Number {
    /// What this product keeps has at most two decimals: the nearest binary float prints as it was written.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_i64().filter(|whole| Decimal::from(*whole) == self.0) {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(self.0.to_f64().unwrap_or_default()),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value.into()))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value.into()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Number, E> {
                let number = Decimal::from_f64(value).ok_or_else(|| E::custom("the number is too large"))?;
                Ok(Number(number.normalize()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_it_was_read() {
        for text in ["0.35", "1", "0", "-3", "99.99", "0.1"] {
            let number: Number = serde_json::from_str(text).unwrap();
            assert_eq!(number.0, text.parse().unwrap());
            assert_eq!(serde_json::to_string(&number).unwrap(), text);
        }
        for text in ["\"1\"", "true", "1e300", "null"] {
            assert!(serde_json::from_str::<Number>(text).is_err(), "{text}");
        }
    }
}
