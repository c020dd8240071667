//! The audit log of an organization. PK `ORG#org#AUDIT`, SK sequence; its head apart, PK `ORG#org`, SK `AUDITHEAD`.
//!
//! Entries are numbered from 1 without a gap. The hash of an entry is the SHA-256 of its JSON without `hash`, keys in
//! alphabetical order, no white space; `previous` is the hash of the entry before it (64 zeros for the first). With `jq`:
//! `jq -cjS 'del(.hash)' | sha256sum`. So an entry that is changed, taken out or moved does not fit its neighbours, and
//! the head tells when the last ones are missing. Values are text only: no number has two spellings.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use scrutineer_core::{
    Actor,
    ids::{AuditId, InvalidId, Login, RepoName},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::{Appended, KeyOf, RangeOf, Record};

/// Longest subject and value, in characters: an entry of usual size stays below 1 KB, one write unit.
const MAX_TEXT_CHARS: usize = 300;

/// One thing that happened. The fields stand in the order of their names: they are hashed so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// What was done.
    pub action: AuditAction,
    /// Who did it.
    pub actor: Actor,
    /// When; never before the entry before it.
    pub at: Timestamp,
    /// More about it, by name.
    #[serde(default)]
    pub detail: BTreeMap<String, String>,
    /// SHA-256 over all other fields.
    pub hash: AuditHash,
    /// Its id; two entries are never the same.
    pub id: AuditId,
    /// Whose log it is.
    pub org: Login,
    /// Hash of the entry before it.
    pub previous: AuditHash,
    /// The repository it is about, when it is about one.
    pub repository: Option<RepoName>,
    /// The request that led to it, as in the service's log.
    pub request_id: Option<String>,
    /// Its number, from 1.
    pub sequence: u64,
    /// What it was done to.
    pub subject: String,
}

/// [`AuditEntry`] without its hash.
#[derive(Serialize)]
struct Hashed<'entry> {
    action: &'entry AuditAction,
    actor: &'entry Actor,
    at: &'entry Timestamp,
    detail: &'entry BTreeMap<String, String>,
    id: &'entry AuditId,
    org: &'entry Login,
    previous: &'entry AuditHash,
    repository: &'entry Option<RepoName>,
    request_id: &'entry Option<String>,
    sequence: u64,
    subject: &'entry str,
}

impl AuditEntry {
    /// The entry with this number.
    pub fn key_of(org: &Login, sequence: u64) -> KeyOf<Self> {
        KeyOf::new(partition(org), position(sequence))
    }

    /// Entries from `first` to `last`, both included, oldest first.
    pub fn between(org: &Login, first: u64, last: u64) -> RangeOf<Self> {
        RangeOf::between(partition(org), position(first), position(last))
    }

    /// The hash that this entry should have.
    pub fn computed_hash(&self) -> AuditHash {
        let hashed = Hashed {
            action: &self.action,
            actor: &self.actor,
            at: &self.at,
            detail: &self.detail,
            id: &self.id,
            org: &self.org,
            previous: &self.previous,
            repository: &self.repository,
            request_id: &self.request_id,
            sequence: self.sequence,
            subject: &self.subject,
        };
        let bytes = serde_json::to_vec(&hashed).expect("text and a number serialize");
        AuditHash::new(Sha256::digest(bytes).into())
    }
}

fn partition(org: &Login) -> String {
    format!("ORG#{}#AUDIT", org.key())
}

fn position(sequence: u64) -> String {
    format!("{sequence:020}")
}

impl Record<Appended> for AuditEntry {
    const KIND: &'static str = "AuditEntry";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.org, self.sequence)
    }
}

/// Where a log ends. Kept apart from the entries, so that cutting off the last ones does not go unnoticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Whose log it is.
    pub org: Login,
    /// Number of its last entry.
    pub sequence: u64,
    /// Hash of its last entry.
    pub hash: AuditHash,
    /// When that was written.
    pub at: Timestamp,
}

impl AuditHead {
    /// The head of this organization's log.
    pub fn key_of(org: &Login) -> KeyOf<Self> {
        KeyOf::new(format_args!("ORG#{}", org.key()), "AUDITHEAD")
    }
}

impl Record<Appended> for AuditHead {
    const KIND: &'static str = "AuditHead";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(&self.org)
    }
}

/// An entry that has no place in the log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditDraft {
    /// Its id.
    pub id: AuditId,
    /// Whose log it goes to.
    pub org: Login,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: AuditAction,
    /// What it was done to.
    pub subject: String,
    /// The repository it is about.
    pub repository: Option<RepoName>,
    /// More about it.
    pub detail: BTreeMap<String, String>,
    /// The request that led to it.
    pub request_id: Option<String>,
}

impl AuditDraft {
    /// It is about this repository.
    #[must_use]
    pub fn repository(mut self, repository: &RepoName) -> Self {
        self.repository = Some(repository.clone());
        self
    }

    /// More about it; the value is cut at 300 characters.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.detail.insert(name.to_owned(), cut(&value.to_string()));
        self
    }

    /// The entry that follows `head`; only [`Store::write_audited`](crate::Store::write_audited) writes it.
    pub fn after(&self, head: Option<&AuditHead>) -> AuditEntry {
        let mut entry = AuditEntry {
            action: self.action.clone(),
            actor: self.actor.clone(),
            at: head.map_or(self.at, |head| self.at.max(head.at)),
            detail: self.detail.clone(),
            hash: AuditHash::none(),
            id: self.id,
            org: self.org.clone(),
            previous: head.map_or_else(AuditHash::none, |head| head.hash.clone()),
            repository: self.repository.clone(),
            request_id: self.request_id.clone(),
            sequence: head.map_or(1, |head| head.sequence + 1),
            subject: cut(&self.subject),
        };
        entry.hash = entry.computed_hash();
        entry
    }
}

/// At most [`MAX_TEXT_CHARS`], the last of them an ellipsis when something is missing.
fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_TEXT_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_TEXT_CHARS - 1).chain(['…']).collect()
}

/// What was done: `noun.verb`. A new one is a constant here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuditAction(Cow<'static, str>);

impl AuditAction {
    /// A version of a bundle was published.
    pub const BUNDLE_PUBLISHED: Self = Self::of("bundle.published");
    /// A bundle was pinned, for the first time, anew, or back to an earlier version.
    pub const BUNDLE_PINNED: Self = Self::of("bundle.pinned");
    /// The organization's settings were changed.
    pub const SETTINGS_CHANGED: Self = Self::of("settings.changed");
    /// A repository asked to depart from the bundle.
    pub const OVERRIDE_REQUESTED: Self = Self::of("override.requested");
    /// A repository made its rules stricter, which needs nobody's approval.
    pub const OVERRIDE_GRANTED: Self = Self::of("override.granted");
    /// Somebody else approved it.
    pub const OVERRIDE_APPROVED: Self = Self::of("override.approved");
    /// Somebody else denied it.
    pub const OVERRIDE_DENIED: Self = Self::of("override.denied");
    /// It was taken back.
    pub const OVERRIDE_WITHDRAWN: Self = Self::of("override.withdrawn");
    /// Its time is over.
    pub const OVERRIDE_EXPIRED: Self = Self::of("override.expired");
    /// An override followed its repository to another name.
    pub const OVERRIDE_MOVED: Self = Self::of("override.moved");
    /// A commit was judged by the organization's policy.
    pub const POLICY_EVALUATED: Self = Self::of("policy.evaluated");
    /// A scan profile was changed.
    pub const PROFILE_CHANGED: Self = Self::of("profile.changed");
    /// An API token for this organization was made.
    pub const TOKEN_CREATED: Self = Self::of("token.created");
    /// An API token for this organization was revoked.
    pub const TOKEN_REVOKED: Self = Self::of("token.revoked");

    const fn of(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The action as stored and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SHA-256 as 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AuditHash(String);

impl AuditHash {
    fn new(sha256: [u8; 32]) -> Self {
        Self(sha256.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What the first entry follows: 64 zeros.
    pub fn none() -> Self {
        Self::new([0; 32])
    }

    /// The hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AuditHash {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId::new(text, "a SHA-256 in hex digits")) }
    }
}

impl TryFrom<String> for AuditHash {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<AuditHash> for String {
    fn from(hash: AuditHash) -> Self {
        hash.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrutineer_core::Clock;

    fn draft() -> AuditDraft {
        let at: Timestamp = "2026-01-01T00:00:00.5Z".parse().unwrap();
        AuditDraft {
            id: "01a00000-0000-7000-8000-000000000000".parse().unwrap(),
            org: "Acme".parse().unwrap(),
            at,
            actor: Actor::token("0123456789ab", "ci \"ü\""),
            action: AuditAction::BUNDLE_PINNED,
            subject: "acme@1.2.0".into(),
            repository: None,
            detail: BTreeMap::new(),
            request_id: None,
        }
        .detail("from", "default@1.0.0")
    }

    #[test]
    fn the_hash_is_that_of_the_sorted_json() {
        let entry = draft().after(None);
        let mut value = serde_json::to_value(&entry).unwrap();
        value.as_object_mut().unwrap().remove("hash");
        // The map of `serde_json` is sorted, unless a feature of it is turned on that nobody needs.
        let text = value.to_string();
        assert_eq!(AuditHash::new(Sha256::digest(text.as_bytes()).into()), entry.hash, "{text}");
        assert!(text.starts_with(r#"{"action":"bundle.pinned","actor":{"id":"0123456789ab","kind":"token""#));
    }

    #[test]
    fn the_hash_of_a_known_entry_never_changes() {
        let hash = draft().after(None).hash;
        assert_eq!(hash.as_str(), "8e2c18a151c399fc518635e5e336d84c3f84d506890e244cc2e0201c2e314cec");
    }

    #[test]
    fn every_field_is_hashed() {
        let entry = draft().after(None);
        let changes: [fn(&mut AuditEntry); 11] = [
            |e| e.action = AuditAction::BUNDLE_PUBLISHED,
            |e| e.actor.name.push('x'),
            |e| e.at = "2026-01-01T00:00:00.501Z".parse().unwrap(),
            |e| drop(e.detail.insert("to".into(), "x".into())),
            |e| e.id = AuditId::new(&Clock::system()),
            |e| e.org = "other".parse().unwrap(),
            |e| e.previous = e.hash.clone(),
            |e| e.repository = Some("acme/api".parse().unwrap()),
            |e| e.request_id = Some("r".into()),
            |e| e.sequence = 2,
            |e| e.subject.push('x'),
        ];
        for change in changes {
            let mut changed = entry.clone();
            change(&mut changed);
            assert_ne!(changed.computed_hash(), entry.hash, "{changed:?}");
        }
    }

    #[test]
    fn an_entry_follows_its_head_in_number_hash_and_time() {
        let first = draft().after(None);
        assert_eq!((first.sequence, &first.previous), (1, &AuditHash::none()));
        let later = "2026-01-02T00:00:00Z".parse().unwrap();
        let head = AuditHead { org: first.org.clone(), sequence: 1, hash: first.hash.clone(), at: later };
        let second = draft().after(Some(&head));
        assert_eq!((second.sequence, second.previous, second.at), (2, first.hash, later));
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let entry = draft().detail("reason", "ü".repeat(1000)).after(None);
        assert_eq!(entry.detail["reason"].chars().count(), MAX_TEXT_CHARS);
    }
}
