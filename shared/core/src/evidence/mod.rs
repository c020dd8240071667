//! What was read from the platform, as facts. Scanners see these values and nothing else.
//!
//! The shapes follow the request plan: organization settings once per scan ([`OrgEvidence`]), a REST listing of
//! every repository ([`RepoListing`]), two batched GraphQL documents ([`RepoPosture`], [`RepoActivity`]), a few
//! calls that only some repositories need ([`RepoDetails`]), and a streamed snapshot of the default branch
//! ([`snapshot`]). Enumerations that decisions only compare are kept as GitHub writes them (`"ADMIN"`), so that a
//! value GitHub adds later is evidence, not a parse error.

pub mod activity;
pub mod assurance;
mod order;
pub mod org;
pub mod posture;
pub mod repo;
pub mod snapshot;

pub use activity::RepoActivity;
pub use assurance::Assurance;
pub use org::OrgEvidence;
pub use posture::RepoPosture;
pub use repo::{RepoDetails, RepoEvidence, RepoListing};

use serde::{Deserialize, Serialize};

/// The first page of a listing together with the platform's total, so that truncation is always noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// What was read, in the platform's order.
    pub items: Vec<T>,
    /// How many there are.
    pub total: u64,
}

impl<T> Page<T> {
    /// A listing that is complete.
    pub fn all(items: Vec<T>) -> Self {
        let total = items.len() as u64;
        Self { items, total }
    }

    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.items.len() as u64 >= self.total
    }
}
