//! Records as items: fields become attributes, the table's own attributes are added beside them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    attributes::{EXPIRES, GSI1PK, GSI1SK, KIND},
    key::{IndexKey, KeyOf},
};
use crate::error::AwsError;

/// An item as the SDK sees it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// How records are written that nobody is accountable for: [`Store::put`](super::Store::put) and its like.
#[derive(Debug)]
pub enum Unaudited {}

/// How configuration is written: together with its audit entry, by
/// [`Store::write_audited`](super::Store::write_audited) and nothing else.
#[derive(Debug)]
pub enum Audited {}

/// How the audit log itself is written: appended by [`Store::write_audited`](super::Store::write_audited), never
/// changed by anybody.
#[derive(Debug)]
pub enum Appended {}

/// A type that is stored in the table.
///
/// `impl Record for …` makes one that is written freely. `impl Record<Audited> for …` makes it configuration: it is
/// read like any other, and what writes does not accept it without an audit entry. No type is both.
///
/// Fields become attributes of their serde names; `None` is not written. Decimals are `rust_decimal` (a string),
/// times are `jiff::Timestamp` (an RFC 3339 string); binary floats do not occur.
#[diagnostic::on_unimplemented(
    note = "configuration records (`impl Record<Audited>`) are written with `Store::write_audited` only"
)]
pub trait Record<Writing = Unaudited>: Serialize + DeserializeOwned + Send + Sync {
    /// The value of the attribute `kind`; a stored kind is never reused for another type.
    const KIND: &'static str;
    /// The attribute that may grow beyond one item; it continues in items `…#2`, `…#3`.
    const PAYLOAD: Option<&'static str> = None;

    /// Where it stands.
    fn key(&self) -> KeyOf<Self>;

    /// Where it stands in the index, when it does.
    fn index(&self) -> Option<IndexKey> {
        None
    }

    /// When DynamoDB may delete it (within days after), when it may. Readers must not rely on the deletion.
    fn expires(&self) -> Option<Timestamp> {
        None
    }
}

/// A record that is written with its audit entry.
pub trait Configuration: Record<Audited> {}

impl<R: Record<Audited>> Configuration for R {}

/// The item of a record, payload not yet split.
pub(crate) fn encode<W, R: Record<W>>(record: &R) -> Result<Item, AwsError> {
    let mut item: Item =
        serde_dynamo::to_item(record).map_err(|error| AwsError::unwritable(R::KIND, error))?;
    item.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
    item.extend(record.key().attributes());
    item.insert(KIND.to_owned(), AttributeValue::S(R::KIND.to_owned()));
    if let Some(index) = record.index() {
        item.insert(GSI1PK.to_owned(), AttributeValue::S(index.pk));
        item.insert(GSI1SK.to_owned(), AttributeValue::S(index.sk));
    }
    if let Some(expires) = record.expires() {
        item.insert(EXPIRES.to_owned(), AttributeValue::N(expires.as_second().to_string()));
    }
    Ok(item)
}

/// The record of an item; its `kind` must be `R`'s.
pub(crate) fn decode<W, R: Record<W>>(item: Item) -> Result<R, AwsError> {
    match kind(&item) {
        Some(kind) if kind == R::KIND => {}
        other => {
            return Err(AwsError::malformed(
                R::KIND,
                format!("the item is a {}", other.unwrap_or("stranger")),
            ));
        }
    }
    serde_dynamo::from_item(item).map_err(|error| AwsError::malformed(R::KIND, error))
}

pub(crate) fn kind(item: &Item) -> Option<&str> {
    text(item, KIND)
}

pub(crate) fn text<'item>(item: &'item Item, name: &str) -> Option<&'item str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// Size as DynamoDB counts it, near enough for a guard (numbers are counted as text).
pub(crate) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
        AttributeValue::Ss(set) | AttributeValue::Ns(set) => set.iter().map(String::len).sum(),
        _ => 1,
    }
}
