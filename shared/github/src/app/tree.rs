//! What stands in a commit: the paths of its tree, and the files themselves, streamed.

use scrutineer_core::{
    Fact,
    evidence::snapshot::{SnapshotSink, SnapshotTarget},
    ids::{RepoName, Sha},
};
use serde::Deserialize;

use super::PullReader;
use crate::{client::Call, error::Error, snapshot};

#[derive(Deserialize)]
struct WireTree {
    tree: Vec<WireEntry>,
}

#[derive(Deserialize)]
struct WireEntry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl PullReader {
    /// The paths of every file of a commit, in one request; GitHub cuts the list at 100,000 entries or 7 MB. An empty
    /// repository has none.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] without the permission `contents`; GitHub's trouble.
    pub async fn tree(&self, repo: &RepoName, commit: &Sha) -> Result<Vec<String>, Error> {
        let values = [repo.owner(), repo.name(), commit.as_str()];
        let call = Call::to("GET /repos/{owner}/{repo}/git/trees/{tree_sha}", &values).query("recursive=1");
        let wire: WireTree = self.client.ask(&call).await?;
        let files = wire.tree.into_iter().filter(|entry| entry.kind == "blob");
        Ok(files.map(|entry| entry.path).collect())
    }

    /// Streams the files of a commit through `sink`; never to disk, never whole in memory. Says why not everything was
    /// seen, when it was not.
    ///
    /// # Errors
    /// GitHub's trouble. An archive that cannot be had is a reason, not an error.
    pub async fn snapshot<S: SnapshotSink>(
        &self,
        target: &SnapshotTarget,
        sink: S,
    ) -> Result<(S, Option<String>), Error> {
        let (sink, summary) = snapshot::read(&self.client, target, sink).await?;
        let cut = match summary {
            Fact::Known(summary) => summary.truncated,
            Fact::Unknown(gap) => Some(gap.to_string()),
        };
        Ok((sink, cut))
    }
}
