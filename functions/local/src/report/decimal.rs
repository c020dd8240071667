//! Exact decimals as JSON numbers and as text.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Serializer;

/// A number of a few digits: the nearest binary float prints as written.
pub(super) fn number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(value.to_f64().unwrap_or_default())
}

/// A number or null.
pub(super) fn optional<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// Numbers by name.
pub(super) fn map<S: Serializer>(
    values: &BTreeMap<String, Decimal>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, value)| (name, value.to_f64().unwrap_or_default())))
}

/// `62.5 %`, or a dash.
pub(crate) fn percent(value: Option<Decimal>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", value.round_dp(1)))
}

/// `+1.25`: what something adds, in percentage points. `up to` stands before what may turn out to be less.
pub(crate) fn points(value: Decimal) -> String {
    format!("{}{value:.2}", if value.is_sign_negative() { "" } else { "+" })
}
