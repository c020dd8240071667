//! GraphQL `RepoAssurance`: how a repository's `.github/assurance.yml` came to be what it is. Asked only where the file
//! exists.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Page,
    activity::{Author, Review},
};

/// Where attestations stand, in the repository itself or in the organization's `.github-private`.
pub const ASSURANCE_PATH: &str = ".github/assurance.yml";

/// The history of the file on the default branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// Name of the default branch.
    pub default_branch: String,
    /// The last commit that touched the file: `history(first: 1, path: …)`.
    pub commit: Option<AssuranceCommit>,
}

/// A commit that touched the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssuranceCommit {
    /// Full hash.
    pub oid: String,
    /// `committedDate`.
    pub committed_at: Timestamp,
    /// `author.user.login`; `None` for an address that belongs to no account.
    pub author: Option<String>,
    /// `signature.isValid`; false without a signature.
    pub signature_valid: bool,
    /// `associatedPullRequests(first: 1)`: the one that brought it.
    pub pull: Option<AssurancePull>,
}

/// The pull request that brought the commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssurancePull {
    /// Number.
    pub number: u64,
    /// `merged`.
    pub merged: bool,
    /// `baseRefName`.
    pub base: String,
    /// Who opened it; `None` for a deleted account.
    pub author: Option<Author>,
    /// Its last reviews, oldest first.
    pub reviews: Page<Review>,
}
