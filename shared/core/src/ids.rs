//! One newtype per noun. Constructors validate and normalise; past them a value is trusted.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::clock::Clock;

/// A value that is not a valid name or id.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{value}` is not {expected}")]
pub struct InvalidId {
    value: String,
    expected: &'static str,
}

impl InvalidId {
    /// `value` is not `expected` ("a UUID").
    pub fn new(value: &str, expected: &'static str) -> Self {
        // Long hostile input is cut so that an error text stays an error text.
        Self { value: value.chars().take(60).collect(), expected }
    }
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new time-ordered id (UUIDv7).
            pub fn new(clock: &Clock) -> Self {
                Self(clock.new_uuid())
            }

            /// The id as a UUID.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId::new(text, "a UUID"))
            }
        }
    )+};
}

uuid_ids! {
    /// A customer: the tenant that owns connections and scans.
    CustomerId,
    /// A connection: one organization on one platform with one credential.
    ConnectionId,
    /// One posture scan.
    ScanId,
    /// A customer's scan profile.
    ProfileId,
    /// One message on a queue; duplicates of a delivery carry the same id.
    MessageId,
    /// One verification of a change; the `external_id` of its check runs.
    VerificationId,
    /// A bundle tried on past pull requests.
    ReplayId,
    /// One entry of an organization's audit log.
    AuditId,
    /// One repository's request to depart from its bundle.
    OverrideId,
}

macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The number as GitHub gives it.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self).map_err(|_| InvalidId::new(text, "a number"))
            }
        }
    )+};
}

number_ids! {
    /// A GitHub App.
    AppId,
    /// An installation of a GitHub App on an account.
    InstallationId,
    /// A repository's database id: it stays when the repository is renamed or transferred.
    RepoId,
    /// A pull request's number within its repository.
    PullNumber,
    /// A check run.
    CheckRunId,
    /// A check suite: the check runs of one App on one commit.
    CheckSuiteId,
    /// A ruleset of a repository or an organization.
    RulesetId,
    /// One attempt to deliver a webhook; redeliveries of a [`DeliveryId`] have their own.
    DeliveryAttemptId,
}

/// A webhook delivery (`X-GitHub-Delivery`, a GUID); a redelivery carries the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeliveryId(String);

impl DeliveryId {
    /// The GUID in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeliveryId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidId::new(text, "a delivery GUID")) }
    }
}

/// The name of any account: a person, an organization or an App (`dependabot[bot]`). Compared without case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

impl AccountName {
    /// The name as GitHub writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it stands in keys.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Whether it is an App's account.
    pub fn is_bot(&self) -> bool {
        self.0.ends_with("[bot]")
    }

    /// The person or organization, unless it is an App's account.
    pub fn login(&self) -> Option<Login> {
        self.0.parse().ok()
    }
}

impl FromStr for AccountName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // Not as strict as `Login`: an App's name is its slug, and old accounts have hyphens at their ends.
        let name = text.strip_suffix("[bot]").unwrap_or(text);
        let fits = (1..=100).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId::new(text, "an account name")) }
    }
}

/// A GitHub organization or user login: 1 to 39 characters, letters, digits and single inner hyphens.
///
/// Compared without case, shown as written. (Enterprise-managed users add `_shortcode`, so `_` is allowed.)
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Login(String);

impl Login {
    /// The login as GitHub writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The login as it stands in keys.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for Login {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=39).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId::new(text, "a GitHub login (1 to 39 letters, digits and inner hyphens)"))
        }
    }
}

/// A repository as `owner/name`. Compared without case, shown as GitHub writes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName(String);

impl RepoName {
    /// `owner/name` as GitHub writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The owner part.
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// The name part.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// `owner/name` as it stands in keys.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for RepoName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new(text, "a repository (owner/name)");
        let (owner, name) = text.split_once('/').ok_or_else(invalid)?;
        let owner_fits = owner.parse::<Login>().is_ok();
        let name_fits = (1..=100).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            && name != "."
            && name != "..";
        if owner_fits && name_fits { Ok(Self(text.to_owned())) } else { Err(invalid()) }
    }
}

macro_rules! caseless {
    ($($name:ident),+) => {$(
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.key().hash(state);
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.key().cmp(&other.key())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )+};
}

caseless!(AccountName, Login, RepoName);

/// A git object id: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha(String);

impl Sha {
    /// The hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sha {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidId::new(text, "a git object id")) }
    }
}

macro_rules! text_ids {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

text_ids!(DeliveryId, Sha);

/// A semantic version (<https://semver.org>) without build metadata, at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SemVer(semver::Version);

impl SemVer {
    /// Text that sorts like the versions themselves, so far as their numbers go; several pre-releases of one version sort
    /// as text.
    pub fn key(&self) -> String {
        let semver::Version { major, minor, patch, pre, .. } = &self.0;
        // `~` comes after `-`: a release after its pre-releases.
        let end = if pre.is_empty() { "~".to_owned() } else { format!("-{pre}") };
        format!("{major:010}.{minor:010}.{patch:010}{end}")
    }
}

impl FromStr for SemVer {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        const MAX_NUMBER: u64 = 9_999_999_999;
        let invalid = || InvalidId::new(text, "a semantic version (1.2.3 or 1.2.3-rc.1)");
        let version: semver::Version = text.parse().ok().filter(|_| text.len() <= 64).ok_or_else(invalid)?;
        let numbers = [version.major, version.minor, version.patch];
        let fits = version.build.is_empty() && numbers.iter().all(|number| *number <= MAX_NUMBER);
        if fits { Ok(Self(version)) } else { Err(invalid()) }
    }
}

impl fmt::Display for SemVer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for SemVer {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<SemVer> for String {
    fn from(version: SemVer) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_follow_githubs_rules() {
        for good in ["a", "acme", "Acme-Corp", "x1", "user_corp"] {
            assert!(good.parse::<Login>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "a/b", "ü", &"x".repeat(40)] {
            assert!(bad.parse::<Login>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_account_may_be_an_app_and_a_login_may_not() {
        let bot: AccountName = "Dependabot[bot]".parse().unwrap();
        assert!(bot.is_bot() && bot.login().is_none());
        assert_eq!(bot, "dependabot[bot]".parse().unwrap());
        assert_eq!("octocat".parse::<AccountName>().unwrap().login(), "Octocat".parse().ok());
        for bad in ["", "[bot]", "a b", "a/b", "x[bot]y"] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_delivery_is_the_same_in_either_case() {
        let upper: DeliveryId = "72D3162E-CC78-11E3-81AB-4C9367DC0958".parse().unwrap();
        assert_eq!(upper, "72d3162e-cc78-11e3-81ab-4c9367dc0958".parse().unwrap());
        for bad in ["", "a b", "../x", &"x".repeat(65)] {
            assert!(bad.parse::<DeliveryId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn repository_names_compare_without_case_and_keep_their_spelling() {
        let name: RepoName = "Acme/Payments.API".parse().unwrap();
        assert_eq!(name, "acme/payments.api".parse().unwrap());
        assert_eq!(name.to_string(), "Acme/Payments.API");
        for bad in ["acme", "acme/..", "acme/a/b", "/x", "acme/"] {
            assert!(bad.parse::<RepoName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_text_does_not_repeat_hostile_input_whole() {
        let error = "x".repeat(10_000).parse::<Login>().unwrap_err();
        assert!(error.to_string().len() < 200);
    }

    #[test]
    fn versions_sort_by_their_keys_as_by_themselves() {
        let sorted = ["0.9.0", "0.10.0-alpha", "0.10.0-rc.1", "0.10.0", "0.10.1", "2.0.0", "10.0.0"];
        let versions: Vec<SemVer> = sorted.iter().map(|text| text.parse().unwrap()).collect();
        assert!(versions.is_sorted() && versions.iter().map(SemVer::key).is_sorted());
        for bad in ["", "1", "1.2", "v1.2.3", "1.2.3+build", "1.2.03", "99999999999.0.0", "1.2.3-ü"] {
            assert!(bad.parse::<SemVer>().is_err(), "{bad}");
        }
    }
}
