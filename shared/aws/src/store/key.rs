//! Keys that know their record. Built by the records' own constructors only.

use std::{fmt, marker::PhantomData};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    attributes::{PK, SK},
    item::Item,
};

/// The key of one `R`.
pub struct KeyOf<R> {
    pub(crate) pk: String,
    pub(crate) sk: String,
    record: PhantomData<fn() -> R>,
}

impl<R> KeyOf<R> {
    pub(crate) fn new(pk: impl fmt::Display, sk: impl fmt::Display) -> Self {
        Self { pk: pk.to_string(), sk: sk.to_string(), record: PhantomData }
    }

    /// The two key attributes.
    pub(crate) fn attributes(&self) -> Item {
        Item::from([
            (PK.to_owned(), AttributeValue::S(self.pk.clone())),
            (SK.to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

impl<R> Clone for KeyOf<R> {
    fn clone(&self) -> Self {
        Self { pk: self.pk.clone(), sk: self.sk.clone(), record: PhantomData }
    }
}

impl<R> PartialEq for KeyOf<R> {
    fn eq(&self, other: &Self) -> bool {
        self.pk == other.pk && self.sk == other.sk
    }
}

impl<R> Eq for KeyOf<R> {}

impl<R> fmt::Debug for KeyOf<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.pk, self.sk)
    }
}

/// Where a record stands in the index `GSI1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl IndexKey {
    pub(crate) fn new(pk: impl fmt::Display, sk: impl fmt::Display) -> Self {
        Self { pk: pk.to_string(), sk: sk.to_string() }
    }
}

/// Records under one partition, in the order of their sort keys.
pub struct RangeOf<R> {
    pub(crate) partition: String,
    pub(crate) prefix: String,
    /// First and last sort key, instead of a prefix.
    pub(crate) between: Option<(String, String)>,
    pub(crate) index: bool,
    pub(crate) descending: bool,
    record: PhantomData<fn() -> R>,
}

impl<R> RangeOf<R> {
    /// In the table: sort keys that begin with `prefix`.
    pub(crate) fn table(partition: impl fmt::Display, prefix: impl fmt::Display) -> Self {
        Self {
            partition: partition.to_string(),
            prefix: prefix.to_string(),
            between: None,
            index: false,
            descending: false,
            record: PhantomData,
        }
    }

    /// In the table: sort keys from `first` to `last`, both included.
    pub(crate) fn between(
        partition: impl fmt::Display,
        first: impl fmt::Display,
        last: impl fmt::Display,
    ) -> Self {
        let between = Some((first.to_string(), last.to_string()));
        Self { between, ..Self::table(partition, "") }
    }

    /// In the index: a whole partition. Eventually consistent.
    pub(crate) fn index(partition: impl fmt::Display) -> Self {
        Self { index: true, ..Self::table(partition, "") }
    }

    /// In the index: sort keys that begin with `prefix`. Eventually consistent.
    pub(crate) fn index_prefix(partition: impl fmt::Display, prefix: impl fmt::Display) -> Self {
        Self { index: true, ..Self::table(partition, prefix) }
    }

    /// Last sort key first (newest first, where ids are the sort key).
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }
}

impl<R> Clone for RangeOf<R> {
    fn clone(&self) -> Self {
        Self {
            partition: self.partition.clone(),
            prefix: self.prefix.clone(),
            between: self.between.clone(),
            index: self.index,
            descending: self.descending,
            record: PhantomData,
        }
    }
}

impl<R> fmt::Debug for RangeOf<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}*", self.partition, self.prefix)
    }
}
