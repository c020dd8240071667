//! Identifiers made from content: the same fixture always yields the same ids.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// SHA-256 of the parts, each followed by a NUL so that no two lists of parts collide.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().into()
}

/// A 40-digit object id, as Git writes them.
pub(crate) fn oid(parts: &[&str]) -> String {
    let bytes: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    hex::encode(&sha256(&bytes)[..20])
}

/// A database id: positive and below 2^31, because GraphQL's `Int` and several REST fields are 32 bits wide.
pub(crate) fn database_id(kind: &str, name: &str) -> u64 {
    let digest = sha256(&[kind.as_bytes(), name.to_lowercase().as_bytes()]);
    let mut head = [0; 8];
    head[4..].copy_from_slice(&digest[..4]);
    (u64::from_be_bytes(head) & 0x3fff_ffff) + 1_000
}

/// A global node id in the style of GitHub's new format: a type prefix and an opaque tail.
pub(crate) fn node_id(prefix: &str, id: u64) -> String {
    format!("{prefix}_kgDO{}", URL_SAFE_NO_PAD.encode(id.to_be_bytes()))
}

/// The database id inside a global node id.
pub(crate) fn number_of(node_id: &str) -> Option<u64> {
    let tail = node_id.split_once("_kgDO")?.1;
    Some(u64::from_be_bytes(URL_SAFE_NO_PAD.decode(tail).ok()?.try_into().ok()?))
}

/// An opaque cursor for the item at `index`.
pub(crate) fn cursor(index: usize) -> String {
    STANDARD.encode(format!("cursor:v2:{index}"))
}

/// The index a cursor stands for, if this simulator made it.
pub(crate) fn cursor_index(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("cursor:v2:")?.parse().ok()
}
