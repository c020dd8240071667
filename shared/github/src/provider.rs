//! The port: what is asked, in terms of the house.

use scrutineer_core::{
    Fact, Failure, Timestamp,
    evidence::{
        Assurance, OrgEvidence, RepoActivity, RepoDetails, RepoListing, RepoPosture,
        repo::DetailNeeds,
        snapshot::{SnapshotSink, SnapshotSummary, SnapshotTarget},
    },
    ids::Login,
    provider::{Budget, Provider, RequestCounts, Validation},
};

use crate::{
    GitHub, etag,
    graphql::{REPO_ACTIVITY, REPO_ASSURANCE, REPO_POSTURE, batch},
    org,
    repo::{activity, assurance, details, listing, posture},
    snapshot, validate,
};

impl Provider for GitHub {
    async fn validate(&self, org: &Login) -> Result<Validation, Failure> {
        Ok(Box::pin(validate::read(&self.client, org)).await?)
    }

    async fn budget(&self) -> Result<Budget, Failure> {
        Ok(validate::budget(&self.client).await?)
    }

    async fn org_evidence(&self, org: &Login) -> Result<OrgEvidence, Failure> {
        Ok(Box::pin(org::read(&self.client, org)).await?.in_order())
    }

    async fn repositories(&self, org: &OrgEvidence) -> Result<Vec<RepoListing>, Failure> {
        let found = Box::pin(listing::read(&self.client, org)).await?;
        Ok(found.into_iter().map(RepoListing::in_order).collect())
    }

    async fn posture(&self, repos: &[RepoListing]) -> Result<Vec<Fact<RepoPosture>>, Failure> {
        let size = &self.client.context().posture_batch;
        let found =
            Box::pin(batch::ask(&self.client, &REPO_POSTURE, size, &ids(repos), posture::read)).await?;
        Ok(found.into_iter().map(|posture| posture.map(RepoPosture::in_order)).collect())
    }

    async fn activity(&self, repos: &[RepoListing]) -> Result<Vec<Fact<RepoActivity>>, Failure> {
        let size = &self.client.context().activity_batch;
        let found =
            Box::pin(batch::ask(&self.client, &REPO_ACTIVITY, size, &ids(repos), activity::read)).await?;
        Ok(found.into_iter().map(|activity| activity.map(RepoActivity::in_order)).collect())
    }

    async fn assurance(&self, repos: &[RepoListing]) -> Result<Vec<Fact<Assurance>>, Failure> {
        let size = &self.client.context().assurance_batch;
        Ok(Box::pin(batch::ask(&self.client, &REPO_ASSURANCE, size, &ids(repos), assurance::read)).await?)
    }

    async fn details(&self, repo: &RepoListing, needs: DetailNeeds) -> Result<RepoDetails, Failure> {
        Ok(Box::pin(details::read(&self.client, repo, needs)).await?)
    }

    async fn snapshot<S: SnapshotSink>(
        &self,
        target: &SnapshotTarget,
        sink: S,
    ) -> Result<(S, Fact<SnapshotSummary>), Failure> {
        Ok(Box::pin(snapshot::read(&self.client, target, sink)).await?)
    }

    fn take_requests(&self) -> RequestCounts {
        self.client.context().counter.take()
    }

    fn reuse_since(&self, at: Timestamp) {
        self.client.context().reuse_since(at);
    }

    fn save_cache(&self) -> Option<Vec<u8>> {
        self.client.context().with_cache(etag::Cache::pack)
    }
}

fn ids(repos: &[RepoListing]) -> Vec<&str> {
    repos.iter().map(|repo| repo.node_id.as_str()).collect()
}
