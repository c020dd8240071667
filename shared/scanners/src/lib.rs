//! Scanners: evidence in, verdicts out. Pure: no I/O, no clock, no logging.
//!
//! A check is added in ONE place: a `Check { … }` entry in its category's file under `checks/`. The registry, the
//! catalogue, the API and the tests all read that entry. What a newcomer gets wrong: an unread fact ends in status
//! `error` by way of `?`; never turn it into a default to "keep going".

pub mod attestation;
pub mod benchmarks;
pub mod catalogue;
pub mod category;
pub mod check;
pub mod checks;
pub mod compare;
pub mod contribution;
pub mod decisions;
pub mod delivery;
pub mod evaluate;
pub mod finding;
pub mod gain;
mod permission;
pub mod profile;
pub mod registry;
pub mod score;
mod share;
pub mod snapshot;
#[cfg(test)]
mod testing;

pub use category::Category;
pub use check::{Check, OrgSubject, Outcome, RepoSubject, Scanner, Scope, Severity};
pub use contribution::RepoContribution;
pub use evaluate::{Tuning, evaluate_org, evaluate_repo};
pub use finding::{Evidence, EvidenceKind, Finding, Status};
pub use gain::{Gain, Standing};
pub use profile::{Profile, ProfileSettings};
pub use score::{CategoryScore, Overall, ScoreVector};
pub use snapshot::{OrgDocs, Snapshot, SnapshotPass};
