//! The port to a platform. One crate beside `github` and one arm in `service/src/providers.rs` add another.

use std::{collections::BTreeMap, future::Future};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::{
        Assurance, OrgEvidence, RepoActivity, RepoDetails, RepoListing, RepoPosture,
        org::CredentialKind,
        repo::DetailNeeds,
        snapshot::{SnapshotSink, SnapshotSummary, SnapshotTarget},
    },
    fact::{Fact, Permission},
    failure::Failure,
    ids::Login,
};

/// Reads evidence from a platform. A setting that cannot be read is a [`crate::Gap`] inside the evidence; an `Err`
/// means that nothing more can be done now (revoked credential, exhausted budget, platform down).
pub trait Provider: Send + Sync {
    /// Proves that the credential works for `org` and says what it may read.
    ///
    /// # Errors
    /// Permanent: `credential_rejected` (401), `organization_not_found` (404). Transient or Deferred otherwise.
    fn validate(&self, org: &Login) -> impl Future<Output = Result<Validation, Failure>> + Send;

    /// The request budget left in this hour; costs no budget itself.
    ///
    /// # Errors
    /// Transient when the platform does not answer.
    fn budget(&self) -> impl Future<Output = Result<Budget, Failure>> + Send;

    /// Reads the organization once per scan.
    ///
    /// # Errors
    /// Only when the organization itself cannot be read.
    fn org_evidence(&self, org: &Login) -> impl Future<Output = Result<OrgEvidence, Failure>> + Send;

    /// Lists every repository the credential can see, sorted by name, with organization-wide alerts attached.
    ///
    /// # Errors
    /// When the listing cannot be completed; a partial listing is never returned as if it were whole.
    fn repositories(
        &self,
        org: &OrgEvidence,
    ) -> impl Future<Output = Result<Vec<RepoListing>, Failure>> + Send;

    /// Posture of a batch of repositories, in the order asked.
    ///
    /// # Errors
    /// When the batch could not be asked at all; a repository that alone failed is a gap.
    fn posture(
        &self,
        repos: &[RepoListing],
    ) -> impl Future<Output = Result<Vec<Fact<RepoPosture>>, Failure>> + Send;

    /// Activity of a batch of repositories, in the order asked.
    ///
    /// # Errors
    /// As [`Provider::posture`].
    fn activity(
        &self,
        repos: &[RepoListing],
    ) -> impl Future<Output = Result<Vec<Fact<RepoActivity>>, Failure>> + Send;

    /// How the assurance files of a batch of repositories came to be, in the order asked. Ask only for those that have
    /// one.
    ///
    /// # Errors
    /// As [`Provider::posture`].
    fn assurance(
        &self,
        repos: &[RepoListing],
    ) -> impl Future<Output = Result<Vec<Fact<Assurance>>, Failure>> + Send;

    /// Makes the calls that only this repository needs; the rest stays as [`RepoDetails::not_asked`].
    ///
    /// # Errors
    /// Transient or Deferred; a refused call is a gap.
    fn details(
        &self,
        repo: &RepoListing,
        needs: DetailNeeds,
    ) -> impl Future<Output = Result<RepoDetails, Failure>> + Send;

    /// Streams the files of `target` through `sink` once and gives it back.
    ///
    /// # Errors
    /// Transient or Deferred; a snapshot that cannot be had (no permission, corrupt archive, 451) is a gap.
    fn snapshot<S: SnapshotSink>(
        &self,
        target: &SnapshotTarget,
        sink: S,
    ) -> impl Future<Output = Result<(S, Fact<SnapshotSummary>), Failure>> + Send;

    /// What was asked since the last call of this function, and resets the count.
    fn take_requests(&self) -> RequestCounts;

    /// Listings read at or after `at` are used again without asking, so that a job that was cut short by a limit goes
    /// on where it was instead of starting over.
    fn reuse_since(&self, at: Timestamp);

    /// The conditional-request cache, packed for storage; `None` when nothing in it changed.
    fn save_cache(&self) -> Option<Vec<u8>>;
}

/// What a credential proved to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// Its kind.
    pub kind: CredentialKind,
    /// The account or App behind it.
    pub actor: String,
    /// Permissions it holds, where the platform says so (App installations: `permissions`; classic PAT: scopes).
    pub granted: Option<Vec<String>>,
    /// Permissions of the request plan that it lacks, where that can be known.
    pub missing: Vec<Permission>,
}

/// Requests left in the current window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// REST requests left.
    pub rest_remaining: u64,
    /// When the REST window resets.
    pub rest_resets_at: Timestamp,
    /// GraphQL points left.
    pub graphql_remaining: u64,
    /// When the GraphQL window resets.
    pub graphql_resets_at: Timestamp,
}

/// How many requests were made, by endpoint. Conditional requests answered 304 cost nothing and are counted apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    /// REST requests that count against the limit, by `METHOD /path/{template}`.
    pub rest: BTreeMap<String, u64>,
    /// GraphQL calls by operation name.
    pub graphql: BTreeMap<String, u64>,
    /// GraphQL points spent.
    pub graphql_points: u64,
    /// Archive downloads; they go to another host and no budget.
    pub downloads: u64,
    /// REST requests answered 304.
    pub not_modified: u64,
    /// Tries that were repeated after a failure.
    pub retries: u64,
}

impl RequestCounts {
    /// Requests that count against a limit: REST (without 304) plus GraphQL calls.
    pub fn total(&self) -> u64 {
        self.rest.values().sum::<u64>() + self.graphql.values().sum::<u64>()
    }

    /// Adds `other` to this.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.rest, &other.rest), (&mut self.graphql, &other.graphql)] {
            for (endpoint, count) in theirs {
                *mine.entry(endpoint.clone()).or_default() += count;
            }
        }
        self.graphql_points += other.graphql_points;
        self.downloads += other.downloads;
        self.not_modified += other.not_modified;
        self.retries += other.retries;
    }
}
