//! What may only read.

use scrutineer_core::{
    ids::{Login, RepoName, Sha},
    provider::RequestCounts,
};
use serde::Deserialize;

use super::{
    CheckRun, CheckRunFilter, CheckSuite,
    check_wire::{WireRun, WireSuite},
};
use crate::{
    client::{Call, Client},
    error::{self, Error},
    webhook::{RepositoryRef, wire},
};

/// Reads pull requests, files and settings. There is no way from here to anything that writes.
#[derive(Clone, Debug)]
pub struct PullReader {
    pub(super) client: Client,
}

/// What somebody is in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// An owner.
    Admin,
    /// A member.
    Member,
    /// No active member: a stranger, an outside collaborator, or invited and not yet come.
    None,
}

#[derive(Deserialize)]
struct WireMembership {
    state: String,
    role: String,
}

impl PullReader {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// A repository by its name; after a rename under its new one.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the installation does not cover it; GitHub's trouble.
    pub async fn repository(&self, repo: &RepoName) -> Result<RepositoryRef, Error> {
        let call = Call::to("GET /repos/{owner}/{repo}", &[repo.owner(), repo.name()]);
        self.client.ask::<wire::Repo>(&call).await.map(Into::into)
    }

    /// Every repository the installation covers.
    ///
    /// # Errors
    /// GitHub's trouble.
    pub async fn installation_repositories(&self) -> Result<Vec<RepositoryRef>, Error> {
        let call = Call::get("GET /installation/repositories", &[]).query("per_page=100");
        let all: Vec<wire::Repo> = self.client.pages_in(&call, "repositories").await.map_err(error::named)?;
        Ok(all.into_iter().map(Into::into).collect())
    }

    /// What a person is in an organization.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission `members`; GitHub's trouble.
    pub async fn membership(&self, org: &Login, person: &Login) -> Result<Membership, Error> {
        let call = Call::to("GET /orgs/{org}/memberships/{username}", &[org.as_str(), person.as_str()]);
        match self.client.ask::<WireMembership>(&call).await {
            Ok(membership) if membership.state != "active" => Ok(Membership::None),
            Ok(membership) if membership.role == "admin" => Ok(Membership::Admin),
            Ok(_) => Ok(Membership::Member),
            Err(Error::NotFound { .. }) => Ok(Membership::None),
            Err(error) => Err(error),
        }
    }

    /// Check runs on a commit, the newest first; superseded ones of the same name are among them.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission `checks`; GitHub's trouble.
    pub async fn check_runs(
        &self,
        repo: &RepoName,
        commit: &Sha,
        filter: &CheckRunFilter,
    ) -> Result<Vec<CheckRun>, Error> {
        let values = [repo.owner(), repo.name(), commit.as_str()];
        let call = Call::to("GET /repos/{owner}/{repo}/commits/{ref}/check-runs", &values);
        let call = call.query(&filter.query());
        let runs: Vec<WireRun> = self.client.pages_in(&call, "check_runs").await.map_err(error::named)?;
        let mut runs: Vec<CheckRun> = runs.into_iter().map(Into::into).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.id));
        Ok(runs)
    }

    /// Check suites on a commit.
    ///
    /// # Errors
    /// As [`PullReader::check_runs`].
    pub async fn check_suites(&self, repo: &RepoName, commit: &Sha) -> Result<Vec<CheckSuite>, Error> {
        let values = [repo.owner(), repo.name(), commit.as_str()];
        let call = Call::to("GET /repos/{owner}/{repo}/commits/{ref}/check-suites", &values);
        let call = call.query("per_page=100");
        let suites: Vec<WireSuite> =
            self.client.pages_in(&call, "check_suites").await.map_err(error::named)?;
        Ok(suites.into_iter().map(Into::into).collect())
    }

    /// What was asked for this installation since the last call of this function.
    pub fn take_requests(&self) -> RequestCounts {
        self.client.context().counter.take()
    }
}
