//! Pull requests.

use scrutineer_core::ids::{AccountName, PullNumber, RepoName, Sha};
use serde::Deserialize;

use super::PullReader;
use crate::{
    client::Call,
    error::Error,
    webhook::{RepositoryRef, Side, wire},
};

/// A pull request as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: PullNumber,
    /// Open, closed or merged.
    pub state: PullState,
    /// Whether it is a draft.
    pub draft: bool,
    /// What is to be merged.
    pub head: Side,
    /// What it is to be merged into.
    pub base: Side,
    /// Who wrote it; `None` when the account is gone.
    pub author: Option<AccountName>,
    /// The commit that merging made, or a trial merge while it is open.
    pub merge_commit: Option<Sha>,
    /// How many files it changes; `None` in listings.
    pub changed_files: Option<u64>,
    /// Its title.
    pub title: String,
}

impl Pull {
    /// Whether the head lies in another repository, or in one that is gone.
    pub fn is_fork(&self) -> bool {
        let id = |side: &Side| side.repo.as_ref().map(|repo: &RepositoryRef| repo.id);
        id(&self.head).is_none() || id(&self.head) != id(&self.base)
    }
}

/// Whether a pull request may still be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullState {
    /// It may.
    Open,
    /// It was closed without merging.
    Closed,
    /// It was merged.
    Merged,
}

#[derive(Deserialize)]
struct WirePull {
    number: PullNumber,
    state: String,
    #[serde(default)]
    draft: bool,
    head: wire::Side,
    base: wire::Side,
    user: Option<wire::Account>,
    merge_commit_sha: Option<Sha>,
    merged_at: Option<String>,
    changed_files: Option<u64>,
    title: String,
}

impl From<WirePull> for Pull {
    fn from(wire: WirePull) -> Self {
        let state = match (wire.state.as_str(), wire.merged_at) {
            (_, Some(_)) => PullState::Merged,
            ("open", None) => PullState::Open,
            _ => PullState::Closed,
        };
        Self {
            number: wire.number,
            state,
            draft: wire.draft,
            head: wire.head.into(),
            base: wire.base.into(),
            author: wire.user.and_then(wire::Account::name),
            merge_commit: wire.merge_commit_sha,
            changed_files: wire.changed_files,
            title: wire.title,
        }
    }
}

impl PullReader {
    /// One pull request.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; GitHub's trouble.
    pub async fn pull(&self, repo: &RepoName, number: PullNumber) -> Result<Pull, Error> {
        let number = number.to_string();
        let call =
            Call::to("GET /repos/{owner}/{repo}/pulls/{pull_number}", &[repo.owner(), repo.name(), &number]);
        self.client.ask::<WirePull>(&call).await.map(Into::into)
    }

    /// Open pull requests, the oldest first.
    ///
    /// # Errors
    /// As [`PullReader::pull`].
    pub async fn open_pulls(&self, repo: &RepoName) -> Result<Vec<Pull>, Error> {
        let call = Call::to("GET /repos/{owner}/{repo}/pulls", &[repo.owner(), repo.name()])
            .query("state=open&sort=created&direction=asc&per_page=100");
        self.pulls(&call).await
    }

    /// Pull requests whose head is this commit, those from forks too: a check suite does not list them. Closed ones are
    /// among them.
    ///
    /// # Errors
    /// As [`PullReader::pull`]; an unknown commit has no pull requests.
    pub async fn pulls_for_commit(&self, repo: &RepoName, commit: &Sha) -> Result<Vec<Pull>, Error> {
        let values = [repo.owner(), repo.name(), commit.as_str()];
        let call =
            Call::to("GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", &values).query("per_page=100");
        let unknown = |error: &Error| match error {
            Error::NotFound { .. } => true,
            // 409: an empty repository; 422: no commit with this id.
            Error::Refused { status, .. } => matches!(status.as_u16(), 409 | 422),
            _ => false,
        };
        match self.pulls(&call).await {
            Ok(mut pulls) => {
                // GitHub also lists pull requests that contain the commit below their head.
                pulls.retain(|pull| pull.head.sha == *commit);
                Ok(pulls)
            }
            Err(error) if unknown(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn pulls(&self, call: &Call) -> Result<Vec<Pull>, Error> {
        let pulls: Vec<WirePull> = self.client.pages(call).await.map_err(crate::error::named)?;
        Ok(pulls.into_iter().map(Into::into).collect())
    }
}
