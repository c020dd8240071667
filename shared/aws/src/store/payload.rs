//! Payloads that do not fit one item: split on write, joined on read.
//!
//! An item holds at most 400 KB. The first 380 KB of a payload stay on the record's item, the rest goes to items
//! `SK#2`, `SK#3`, … of kind `Part`, written in the same transaction. `#` sorts before every character of a repository
//! name, so parts follow their record.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};

use super::{
    attributes::{EXPIRES, KIND, PARTS, PK, SK},
    item::{self, Item, Record, text},
};
use crate::error::AwsError;

/// Payload bytes per item: 400 KB less 20 KB for the record's other fields.
const PART: usize = 380 * 1000;
/// Most parts: a transaction takes 4 MB in total.
const MAX_PARTS: usize = 10;
/// The kind of a continuation item.
pub(crate) const KIND_PART: &str = "Part";
/// Where a part holds its bytes.
const BYTES: &str = "bytes";
/// Most bytes of an item: 400 KB.
const MAX_ITEM: usize = 400 * 1024;

/// A record's item and its continuation.
pub(crate) struct Split {
    pub(crate) head: Item,
    pub(crate) parts: Vec<Item>,
}

/// Encodes a record and cuts its payload to size.
pub(crate) fn split<W, R: Record<W>>(record: &R) -> Result<Split, AwsError> {
    let mut head = item::encode(record)?;
    let mut parts = Vec::new();
    let payload = R::PAYLOAD.and_then(|name| Some((name, head.get(name)?.as_b().ok()?.clone().into_inner())));
    if let Some((name, bytes)) = payload.filter(|(_, bytes)| bytes.len() > PART) {
        let mut chunks = bytes.chunks(PART);
        let count = chunks.len();
        if count > MAX_PARTS {
            return Err(AwsError::TooLarge { what: R::KIND, bytes: bytes.len(), limit: MAX_PARTS * PART });
        }
        head.insert(name.to_owned(), blob(chunks.next().unwrap_or_default()));
        head.insert(PARTS.to_owned(), AttributeValue::N(count.to_string()));
        parts = chunks.zip(2..).map(|(chunk, number)| part(&head, number, chunk)).collect();
    }
    let bytes = item::size(&head);
    if bytes > MAX_ITEM {
        return Err(AwsError::TooLarge { what: R::KIND, bytes, limit: MAX_ITEM });
    }
    Ok(Split { head, parts })
}

/// The keys of the items that continue `head`; none for most.
pub(crate) fn part_keys(head: &Item) -> Vec<Item> {
    let count: usize = head.get(PARTS).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(1);
    (2..=count).map(|number| part_key(head, number)).collect()
}

/// Puts the parts, in any order, back behind their head.
pub(crate) fn join<W, R: Record<W>>(mut head: Item, parts: &[Item]) -> Result<Item, AwsError> {
    let keys = part_keys(&head);
    let Some(name) = R::PAYLOAD.filter(|_| !keys.is_empty()) else { return Ok(head) };
    let incomplete = || AwsError::malformed(R::KIND, "a part of its payload is missing");
    let mut bytes =
        head.get(name).and_then(|value| value.as_b().ok()).ok_or_else(incomplete)?.clone().into_inner();
    for key in keys {
        let part =
            parts.iter().find(|part| text(part, SK) == text(&key, SK) && text(part, PK) == text(&key, PK));
        let chunk = part.and_then(|part| part.get(BYTES)?.as_b().ok()).ok_or_else(incomplete)?;
        bytes.extend_from_slice(chunk.as_ref());
    }
    head.insert(name.to_owned(), AttributeValue::B(Blob::new(bytes)));
    Ok(head)
}

fn part(head: &Item, number: usize, chunk: &[u8]) -> Item {
    let mut part = part_key(head, number);
    part.insert(KIND.to_owned(), AttributeValue::S(KIND_PART.to_owned()));
    part.insert(BYTES.to_owned(), blob(chunk));
    if let Some(expires) = head.get(EXPIRES) {
        part.insert(EXPIRES.to_owned(), expires.clone());
    }
    part
}

fn part_key(head: &Item, number: usize) -> Item {
    let key = |name| text(head, name).unwrap_or_default();
    Item::from([
        (PK.to_owned(), AttributeValue::S(key(PK).to_owned())),
        (SK.to_owned(), AttributeValue::S(format!("{}#{number}", key(SK)))),
    ])
}

fn blob(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}
