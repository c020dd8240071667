//! Versions of an organization's bundles. PK `ORG#org`, SK `BUNDLE#version`; their documents, which can be large, beside
//! them under SK `BUNDLEDOC#name` (`#2`, …), so that listing versions does not read them. Configuration.
//!
//! A version is written once and never again. A built-in bundle that is pinned is kept the same way, as
//! `BUNDLEDOC#default@1.0.0`: an update of the product does not change what an organization pinned.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use scrutineer_core::{
    Actor,
    ids::{InvalidId, Login, SemVer},
};
use serde::{Deserialize, Serialize};

use crate::{
    packed::Packed,
    store::{Audited, KeyOf, RangeOf, Record},
};

/// Which bundle: a version of the organization's own (`1.2.0`) or of one that came with the product (`default@1.0.0`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BundleName {
    /// The id of a built-in bundle; none for the organization's own.
    pub built_in: Option<String>,
    /// The version.
    pub version: SemVer,
}

impl BundleName {
    /// A version of the organization's own bundle.
    pub fn own(version: SemVer) -> Self {
        Self { built_in: None, version }
    }
}

impl fmt::Display for BundleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.built_in {
            Some(id) => write!(f, "{id}@{}", self.version),
            None => self.version.fmt(f),
        }
    }
}

impl FromStr for BundleName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once('@') {
            None => Ok(Self::own(text.parse()?)),
            Some((id, version)) => {
                let fits = (1..=64).contains(&id.len())
                    && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                let version = version.parse()?;
                if fits {
                    Ok(Self { built_in: Some(id.to_owned()), version })
                } else {
                    Err(InvalidId::new(text, "a bundle (1.2.0 or default@1.0.0)"))
                }
            }
        }
    }
}

impl TryFrom<String> for BundleName {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<BundleName> for String {
    fn from(name: BundleName) -> Self {
        name.to_string()
    }
}

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleVersion {
    /// Whose it is.
    pub org: Login,
    /// The version.
    pub version: SemVer,
    /// The bundle's name for people.
    pub name: Option<String>,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: Actor,
}

impl BundleVersion {
    /// This version of this organization.
    pub fn key_of(org: &Login, version: &SemVer) -> KeyOf<Self> {
        KeyOf::new(format_args!("ORG#{}", org.key()), format_args!("BUNDLE#{}", version.key()))
    }

    /// All versions of an organization, lowest first.
    pub fn of_org(org: &Login) -> RangeOf<Self> {
        RangeOf::table(format_args!("ORG#{}", org.key()), "BUNDLE#")
    }
}

impl Record<Audited> for BundleVersion {
    const KIND: &'static str = "BundleVersion";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.org, &self.version)
    }
}

/// The document of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleDocument {
    /// Who keeps it.
    pub org: Login,
    /// Of which bundle.
    pub bundle: BundleName,
    /// Its JSON, as text.
    pub document: Packed,
}

impl BundleDocument {
    /// The document of this bundle.
    pub fn key_of(org: &Login, bundle: &BundleName) -> KeyOf<Self> {
        KeyOf::new(format_args!("ORG#{}", org.key()), format_args!("BUNDLEDOC#{bundle}"))
    }
}

impl Record<Audited> for BundleDocument {
    const KIND: &'static str = "BundleDocument";
    const PAYLOAD: Option<&'static str> = Some("document");

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.org, &self.bundle)
    }
}

/// Which bundle an organization pinned. PK `ORG#org`, SK `PIN#revision`: a row per pin, the last one holds.
///
/// A pin is written on the condition that its revision is not there yet, so of two that follow the same one, one fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Whose it is.
    pub org: Login,
    /// Counts pins, from 1; the optimistic lock of edits.
    pub revision: u64,
    /// What is pinned.
    pub bundle: BundleName,
    /// When it was pinned.
    pub pinned_at: Timestamp,
    /// By whom.
    pub pinned_by: Actor,
}

impl Pin {
    /// All pins of an organization, oldest first.
    pub fn of_org(org: &Login) -> RangeOf<Self> {
        RangeOf::table(format_args!("ORG#{}", org.key()), "PIN#")
    }
}

impl Record<Audited> for Pin {
    const KIND: &'static str = "Pin";

    fn key(&self) -> KeyOf<Self> {
        KeyOf::new(format_args!("ORG#{}", self.org.key()), format_args!("PIN#{:010}", self.revision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in ["1.2.0", "default@1.0.0", "1.0.0-rc.1"] {
            assert_eq!(text.parse::<BundleName>().unwrap().to_string(), text);
        }
        for text in ["", "default", "@1.0.0", "Default@1.0.0", "default@", "a#b@1.0.0"] {
            assert!(text.parse::<BundleName>().is_err(), "{text}");
        }
    }
}
