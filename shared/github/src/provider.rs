//! The port: what is asked, in terms of the house.

use scrutineer_core::{
    Fact, Failure,
    evidence::{
        OrgEvidence, RepoActivity, RepoDetails, RepoListing, RepoPosture,
        repo::DetailNeeds,
        snapshot::{SnapshotSink, SnapshotSummary, SnapshotTarget},
    },
    ids::Login,
    provider::{Budget, Provider, RequestCounts, Validation},
};

use crate::GitHub;

fn unready() -> Failure {
    Failure::transient(std::io::Error::other("under construction"))
}

impl Provider for GitHub {
    async fn validate(&self, _org: &Login) -> Result<Validation, Failure> {
        Err(unready())
    }

    async fn budget(&self) -> Result<Budget, Failure> {
        Err(unready())
    }

    async fn org_evidence(&self, _org: &Login) -> Result<OrgEvidence, Failure> {
        Err(unready())
    }

    async fn repositories(&self, _org: &OrgEvidence) -> Result<Vec<RepoListing>, Failure> {
        Err(unready())
    }

    async fn posture(&self, _repos: &[RepoListing]) -> Result<Vec<Fact<RepoPosture>>, Failure> {
        Err(unready())
    }

    async fn activity(&self, _repos: &[RepoListing]) -> Result<Vec<Fact<RepoActivity>>, Failure> {
        Err(unready())
    }

    async fn details(&self, _repo: &RepoListing, _needs: DetailNeeds) -> Result<RepoDetails, Failure> {
        Err(unready())
    }

    async fn snapshot<S: SnapshotSink>(
        &self,
        _target: &SnapshotTarget,
        _sink: S,
    ) -> Result<(S, Fact<SnapshotSummary>), Failure> {
        Err(unready())
    }

    fn take_requests(&self) -> RequestCounts {
        self.client.context().counter.take()
    }

    fn save_cache(&self) -> Option<Vec<u8>> {
        self.client.context().with_cache(crate::etag::Cache::pack)
    }
}
