//! Page cursors: opaque to the client, bound to the query that made them.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    attributes::{GSI1PK, GSI1SK, PK, SK},
    item::{Item, text},
    key::RangeOf,
};
use crate::error::AwsError;

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor as a client sends it back; whether it fits is seen when it is used.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Text for the client, safe in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The cursor that continues `range` after `last`.
    pub(crate) fn after<R>(range: &RangeOf<R>, last: &Item) -> Option<Self> {
        let mut parts = vec![fingerprint(range), text(last, PK)?.to_owned(), text(last, SK)?.to_owned()];
        if range.index {
            parts.push(text(last, GSI1SK)?.to_owned());
        }
        Some(Self(URL_SAFE_NO_PAD.encode(parts.join("\n"))))
    }

    /// The start key for `range`.
    pub(crate) fn start<R>(&self, range: &RangeOf<R>) -> Result<Item, AwsError> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| AwsError::InvalidCursor)?;
        let joined = String::from_utf8(bytes).map_err(|_| AwsError::InvalidCursor)?;
        let parts: Vec<&str> = joined.split('\n').collect();
        let named: Vec<(&str, &str)> = match (range.index, parts.as_slice()) {
            (false, [print, pk, sk]) if *print == fingerprint(range) && *pk == range.partition => {
                vec![(PK, pk), (SK, sk)]
            }
            (true, [print, pk, sk, index_sk]) if *print == fingerprint(range) => {
                vec![(PK, pk), (SK, sk), (GSI1PK, &range.partition), (GSI1SK, index_sk)]
            }
            _ => return Err(AwsError::InvalidCursor),
        };
        Ok(named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
            .collect())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// FNV-1a over what the query is. Not a secret: a forged cursor only skips rows of the forger's own list.
fn fingerprint<R>(range: &RangeOf<R>) -> String {
    let mut text = format!("{}\n{}\n{}\n{}", range.partition, range.prefix, range.index, range.descending);
    if let Some((first, last)) = &range.between {
        text.push_str(&format!("\n{first}\n{last}"));
    }
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(names: &[(&str, &str)]) -> Item {
        names
            .iter()
            .map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())))
            .collect()
    }

    #[test]
    fn a_cursor_fits_only_the_query_that_made_it() {
        let range: RangeOf<()> = RangeOf::table("SCAN#1", "REPO#");
        let last = item(&[(PK, "SCAN#1"), (SK, "REPO#a/b")]);
        let cursor = Cursor::after(&range, &last).unwrap();
        assert_eq!(cursor.start(&range).unwrap(), last);
        assert!(cursor.start(&RangeOf::<()>::table("SCAN#2", "REPO#")).is_err());
        assert!(cursor.start(&range.clone().descending()).is_err());
        for forged in ["", "x", "ü", &URL_SAFE_NO_PAD.encode("a\nb\nc")] {
            assert!(Cursor::new(forged).start(&range).is_err(), "{forged}");
        }
    }

    #[test]
    fn an_index_cursor_carries_both_keys() {
        let range: RangeOf<()> = RangeOf::index("CUSTOMERS");
        let last = item(&[(PK, "CUSTOMER#1"), (SK, "CUSTOMER"), (GSI1PK, "CUSTOMERS"), (GSI1SK, "acme")]);
        assert_eq!(Cursor::after(&range, &last).unwrap().start(&range).unwrap(), last);
    }
}
