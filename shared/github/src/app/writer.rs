//! What may write.

use scrutineer_core::ids::{CheckRunId, RepoName};

use super::{
    ANNOTATIONS_AT_ONCE, CheckRun, CheckRunUpdate, NewCheckRun, PullReader,
    check_wire::{self, WireRun},
};
use crate::{
    client::{Call, Client},
    error::Error,
};

/// Writes check runs, SARIF and required checks.
#[derive(Clone, Debug)]
pub struct CheckWriter {
    pub(super) client: Client,
}

impl CheckWriter {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// What reads with the same installation.
    pub fn reader(&self) -> PullReader {
        PullReader::new(self.client.clone())
    }

    /// Creates a check run. Sent once: when the answer is lost, look with [`PullReader::check_runs`] whether it is
    /// there before trying again.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission `checks:write`, [`Error::Invalid`] when the commit is not in the
    /// repository; GitHub's trouble.
    pub async fn create_check_run(&self, repo: &RepoName, new: &NewCheckRun) -> Result<CheckRun, Error> {
        let call = Call::to("POST /repos/{owner}/{repo}/check-runs", &[repo.owner(), repo.name()]);
        self.client.ask::<WireRun>(&call.carrying(&check_wire::creation(new))).await.map(Into::into)
    }

    /// Brings a check run to the state asked for: annotations in batches of [`ANNOTATIONS_AT_ONCE`], the last batch
    /// together with the state, so that a completed check run has all of them. One request for up to 50 annotations.
    ///
    /// Running it again with `already_annotated` as GitHub counts them sends only what is missing.
    ///
    /// # Errors
    /// As [`CheckWriter::create_check_run`], and [`Error::NotFound`] when the check run is gone.
    pub async fn update_check_run(
        &self,
        repo: &RepoName,
        id: CheckRunId,
        update: &CheckRunUpdate,
    ) -> Result<CheckRun, Error> {
        let id = id.to_string();
        let values = [repo.owner(), repo.name(), &id];
        let call = || Call::to("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", &values);
        let missing = update.annotations.get(update.already_annotated..).unwrap_or_default();
        let mut batches = missing.chunks(ANNOTATIONS_AT_ONCE).peekable();
        let mut last = &[][..];
        while let Some(batch) = batches.next() {
            if batches.peek().is_none() {
                last = batch;
                break;
            }
            self.client.tell(&call().carrying(&check_wire::annotating(update, batch))).await?;
        }
        let call = call().carrying(&check_wire::finishing(update, last));
        // Without annotations a second time changes nothing.
        let call = if last.is_empty() { call.repeatable() } else { call };
        self.client.ask::<WireRun>(&call).await.map(Into::into)
    }
}
