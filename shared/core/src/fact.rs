//! Tri-state evidence: what was read, or why it could not be.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// A piece of evidence: known, or unknown for a stated reason. There is deliberately no `Default`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact<T> {
    /// Read from the platform.
    Known(T),
    /// Could not be read.
    Unknown(Gap),
}

/// Why a piece of evidence is missing. A gap ends in status `error`, never in `failed`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// The credential lacks a permission.
    Forbidden {
        /// The permission that would unlock it.
        permission: Permission,
    },
    /// The platform, plan or token kind does not offer this evidence.
    Unsupported {
        /// One clause, lower case, e.g. "only GitHub Apps can list fine-grained tokens".
        why: String,
    },
    /// A limit of ours was reached before everything was read (snapshot or listing).
    Truncated,
    /// The platform did not answer within the retry budget, or what it answered was unreadable.
    Unavailable {
        /// One clause, lower case.
        why: String,
    },
}

/// A GitHub App permission key with read level, e.g. `contents`. Displays as `contents:read`.
///
/// Source: schema `app-permissions` of GitHub's OpenAPI description.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permission(Cow<'static, str>);

impl Permission {
    /// A permission by its GitHub key.
    pub const fn new(key: &'static str) -> Self {
        Self(Cow::Borrowed(key))
    }

    /// The GitHub key, without the level.
    pub fn key(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:read", self.0)
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden { permission } => write!(f, "missing permission {permission}"),
            Self::Unsupported { why } => write!(f, "not available: {why}"),
            Self::Truncated => f.write_str("snapshot truncated: the repository exceeds a scan limit"),
            Self::Unavailable { why } => write!(f, "unavailable: {why}"),
        }
    }
}

impl Gap {
    /// A missing permission, by GitHub key.
    pub const fn forbidden(key: &'static str) -> Self {
        Self::Forbidden { permission: Permission::new(key) }
    }

    /// Evidence that did not arrive.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into() }
    }

    /// Evidence that this platform, plan or token kind does not offer.
    pub fn unsupported(why: impl Into<String>) -> Self {
        Self::Unsupported { why: why.into() }
    }
}

impl<T> Fact<T> {
    /// The value, or the gap: `let x = fact.known()?;` inside a check ends in status `error`.
    ///
    /// # Errors
    /// The gap, when the fact is unknown.
    pub fn known(&self) -> Result<&T, Gap> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unknown(gap) => Err(gap.clone()),
        }
    }

    /// The value when known. For evidence that may improve a decision but is not needed for it.
    pub fn ok(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The gap when unknown.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(gap) => Some(gap),
        }
    }

    /// Applies `f` to a known value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(f(value)),
            Self::Unknown(gap) => Fact::Unknown(gap),
        }
    }

    /// A view that borrows the value.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known(value) => Fact::Known(value),
            Self::Unknown(gap) => Fact::Unknown(gap.clone()),
        }
    }
}

impl<T> From<Result<T, Gap>> for Fact<T> {
    fn from(result: Result<T, Gap>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(gap) => Self::Unknown(gap),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_names_the_permission_that_would_unlock_it() {
        let fact: Fact<bool> = Fact::Unknown(Gap::forbidden("contents"));
        assert_eq!(fact.known().unwrap_err().to_string(), "missing permission contents:read");
    }

    #[test]
    fn facts_survive_storage() {
        let facts = [Fact::Known(3), Fact::Unknown(Gap::Truncated), Fact::Unknown(Gap::forbidden("members"))];
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Fact<i32>>>(&text).unwrap(), facts);
    }
}
