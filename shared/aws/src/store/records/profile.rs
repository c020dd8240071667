//! Scan profiles. PK `CUSTOMER#id`, SK `PROFILE#id`; every version that ever was under SK `PROFILEVERSION#id#number`,
//! written once and kept when the profile is deleted, because scans refer to it. Configuration: written with its audit
//! entry, in the customer's own log.
//!
//! A name is unique within its customer because its guard (SK `PROFILENAME#slug`) is written in the same transaction,
//! only if absent.

use jiff::Timestamp;
use scrutineer_core::ids::{CustomerId, ProfileId};
use serde::{Deserialize, Serialize};

use super::Slug;
use crate::store::{Audited, KeyOf, RangeOf, Record};

/// A customer's scan profile, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id.
    pub id: ProfileId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Its short name, unique within the customer.
    pub slug: Slug,
    /// Its name as entered.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it sets, as JSON text: numbers stay as they were written.
    pub settings: String,
    /// Counts changes; the optimistic lock of edits.
    pub version: u64,
    /// When this version was written.
    pub changed_at: Timestamp,
    /// Who wrote it: the name of the caller.
    pub changed_by: String,
}

impl Profile {
    /// This profile of this customer.
    pub fn key_of(customer: CustomerId, id: ProfileId) -> KeyOf<Self> {
        KeyOf::new(format_args!("CUSTOMER#{customer}"), format_args!("PROFILE#{id}"))
    }

    /// The profiles of a customer, oldest first.
    pub fn of_customer(customer: CustomerId) -> RangeOf<Self> {
        RangeOf::table(format_args!("CUSTOMER#{customer}"), "PROFILE#")
    }
}

impl Record<Audited> for Profile {
    const KIND: &'static str = "Profile";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.customer, self.id)
    }
}

/// A profile as it was in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProfileVersion(pub Profile);

impl ProfileVersion {
    /// This version of this profile.
    pub fn key_of(customer: CustomerId, id: ProfileId, version: u64) -> KeyOf<Self> {
        // Padded, so that versions sort by number.
        KeyOf::new(format_args!("CUSTOMER#{customer}"), format_args!("PROFILEVERSION#{id}#{version:08}"))
    }

    /// All versions of a profile, oldest first.
    pub fn of_profile(customer: CustomerId, id: ProfileId) -> RangeOf<Self> {
        RangeOf::table(format_args!("CUSTOMER#{customer}"), format_args!("PROFILEVERSION#{id}#"))
    }
}

impl Record for ProfileVersion {
    const KIND: &'static str = "ProfileVersion";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.0.customer, self.0.id, self.0.version)
    }
}

/// Holds a name for its profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileName {
    /// Whose it is.
    pub customer: CustomerId,
    /// The short name.
    pub slug: Slug,
    /// The profile that has it.
    pub profile: ProfileId,
}

impl ProfileName {
    /// The guard of this name.
    pub fn key_of(customer: CustomerId, slug: &Slug) -> KeyOf<Self> {
        KeyOf::new(format_args!("CUSTOMER#{customer}"), format_args!("PROFILENAME#{slug}"))
    }
}

impl Record for ProfileName {
    const KIND: &'static str = "ProfileName";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.customer, &self.slug)
    }
}
