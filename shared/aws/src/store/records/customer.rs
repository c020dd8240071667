//! Customers. PK `CUSTOMER#id`, SK `CUSTOMER`; listed by name through the index.
//!
//! A slug is unique because its guard (PK `SLUG#slug`, SK `SLUG`) is written in the same transaction, only if absent.

use jiff::Timestamp;
use scrutineer_core::ids::CustomerId;
use serde::{Deserialize, Serialize};

use crate::store::{IndexKey, KeyOf, RangeOf, Record};

/// A customer: the tenant that owns connections and scans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Its unique short name.
    pub slug: Slug,
    /// Its name as entered.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Counts changes; the optimistic lock of edits.
    pub version: u64,
}

impl Customer {
    /// The customer with this id.
    pub fn key_of(id: CustomerId) -> KeyOf<Self> {
        KeyOf::new(format_args!("CUSTOMER#{id}"), "CUSTOMER")
    }

    /// All customers, by name.
    pub fn all() -> RangeOf<Self> {
        RangeOf::index("CUSTOMERS")
    }
}

impl Record for Customer {
    const KIND: &'static str = "Customer";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.id)
    }

    fn index(&self) -> Option<IndexKey> {
        // Cut: a sort key has at most 1,024 bytes.
        let name: String = self.name.to_lowercase().chars().take(100).collect();
        Some(IndexKey::new("CUSTOMERS", format_args!("{name}#{}", self.id)))
    }
}

/// A customer's unique short name: lower-case letters, digits and single inner hyphens, at most 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// The slug of a name; `None` when nothing of it is left.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for character in name.to_lowercase().chars() {
            if character.is_ascii_alphanumeric() {
                slug.push(character);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(63);
        let slug = slug.trim_end_matches('-');
        (!slug.is_empty()).then(|| Self(slug.to_owned()))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Holds a slug for its customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlugGuard {
    /// The slug.
    pub slug: Slug,
    /// Whose it is.
    pub customer: CustomerId,
}

impl SlugGuard {
    /// The guard of this slug.
    pub fn key_of(slug: &Slug) -> KeyOf<Self> {
        KeyOf::new(format_args!("SLUG#{slug}"), "SLUG")
    }
}

impl Record for SlugGuard {
    const KIND: &'static str = "SlugGuard";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_keep_letters_and_digits() {
        let slug = |name| Slug::from_name(name).map(|slug| slug.0);
        assert_eq!(slug("Acme, Inc.").as_deref(), Some("acme-inc"));
        assert_eq!(slug("  A--B  ").as_deref(), Some("a-b"));
        assert_eq!(slug("…"), None);
        assert_eq!(slug(&"x".repeat(200)).map(|slug| slug.len()), Some(63));
    }
}
