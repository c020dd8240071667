//! Check runs: opened before anything is read, completed exactly once.
//!
//! GitHub does not say whether a request whose answer was lost was carried out. So whoever tries again looks first, by
//! the verification's id that every check run carries.

use std::collections::BTreeMap;

use scrutineer_aws::{
    AwsError, Condition, Update,
    records::{CheckRow, Verification, VerificationState},
};
use scrutineer_core::{Failure, ids::CheckRunId};
use scrutineer_github::app::{
    CheckAction, CheckOutput, CheckRun, CheckRunFilter, CheckRunUpdate, CheckState, CheckWriter, Conclusion,
    NewCheckRun,
};

use super::{outcome::CheckOutcome, text};
use crate::{App, deliveries::RERUN};

/// The check runs of a verification, as far as this process knows them.
pub(super) struct CheckRuns<'a> {
    app: &'a App,
    writer: &'a CheckWriter,
    /// Check runs that an earlier try left, by name.
    found: BTreeMap<String, CheckRun>,
}

impl<'a> CheckRuns<'a> {
    /// Looks what an earlier try left; the first try asks nothing.
    pub(super) async fn of(
        app: &'a App,
        writer: &'a CheckWriter,
        verification: &Verification,
    ) -> Result<Self, Failure> {
        let found = if verification.attempts > 1 {
            left_behind(writer, verification).await?
        } else {
            BTreeMap::new()
        };
        Ok(Self { app, writer, found })
    }

    /// Opens a check run for each name and pack that has none, and writes down which there are.
    ///
    /// Returns false when the verification was cancelled meanwhile; then every check run is completed as cancelled.
    pub(super) async fn open(
        &mut self,
        verification: &mut Verification,
        wanted: &[(String, String)],
    ) -> Result<bool, Failure> {
        let mut changed = false;
        for (name, pack) in wanted {
            if verification.checks.iter().any(|row| row.name == *name) {
                continue;
            }
            let id = match self.found.get(name) {
                Some(run) => run.id,
                None => self.create(verification, name).await?,
            };
            verification.checks.push(CheckRow {
                name: name.clone(),
                pack: pack.clone(),
                id,
                conclusion: None,
            });
            changed = true;
        }
        if !changed {
            return Ok(true);
        }
        let key = Verification::key_of(&verification.repository, verification.id);
        let update = Update::new().set("checks", &verification.checks);
        let running = Condition::is("state", VerificationState::Running);
        match self.app.store.update(&key, update, running).await {
            Ok(_) => Ok(true),
            Err(AwsError::ConditionFailed(_)) => {
                cancel_all(self.app, self.writer, verification).await?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn create(&self, verification: &Verification, name: &str) -> Result<CheckRunId, Failure> {
        let new = NewCheckRun {
            name: name.to_owned(),
            head_sha: verification.sha.clone(),
            external_id: verification.id.to_string(),
            state: CheckState::InProgress,
            started_at: Some(self.app.clock.now()),
            details_url: None,
            output: Some(text::running()),
        };
        Ok(self.writer.create_check_run(&verification.repository, &new).await?.id)
    }

    /// Completes the check run of an outcome. Done once more by a later try it changes nothing: only annotations that
    /// are missing are sent.
    pub(super) async fn complete(
        &self,
        verification: &mut Verification,
        outcome: CheckOutcome,
    ) -> Result<(), Failure> {
        let Some(row) = verification.checks.iter_mut().find(|row| row.name == outcome.name) else {
            return Ok(());
        };
        let found = self.found.get(&outcome.name);
        let state = CheckState::Completed { conclusion: outcome.conclusion, at: self.app.clock.now() };
        let update = CheckRunUpdate {
            annotations: outcome.annotations,
            already_annotated: found.map_or(0, |run| run.annotations),
            actions: vec![rerun()],
            ..CheckRunUpdate::new(state, outcome.output)
        };
        self.writer.update_check_run(&verification.repository, row.id, &update).await?;
        row.conclusion = Some(outcome.conclusion.as_str().to_owned());
        Ok(())
    }
}

/// The button that asks for everything again.
fn rerun() -> CheckAction {
    CheckAction {
        label: "Verify again".to_owned(),
        description: "Judge this commit once more".to_owned(),
        identifier: RERUN.to_owned(),
    }
}

/// Check runs on GitHub that carry the verification's id; the oldest of each name, should there be two.
async fn left_behind(
    writer: &CheckWriter,
    verification: &Verification,
) -> Result<BTreeMap<String, CheckRun>, Failure> {
    let reader = writer.reader();
    let all = CheckRunFilter::default();
    let runs = reader.check_runs(&verification.repository, &verification.sha, &all).await?;
    let id = verification.id.to_string();
    let mine = runs.into_iter().filter(|run| run.external_id.as_deref() == Some(id.as_str()));
    // Newest first: inserting in that order keeps the oldest.
    Ok(mine.map(|run| (run.name.clone(), run)).collect())
}

/// Completes what still runs of a verification that no longer counts.
pub(super) async fn cancel_all(
    app: &App,
    writer: &CheckWriter,
    verification: &Verification,
) -> Result<(), Failure> {
    end_all(app, writer, verification, (Conclusion::Cancelled, text::cancelled())).await
}

/// Completes what still runs of a verification with one conclusion.
pub(super) async fn end_all(
    app: &App,
    writer: &CheckWriter,
    verification: &Verification,
    (conclusion, output): (Conclusion, CheckOutput),
) -> Result<(), Failure> {
    for run in left_behind(writer, verification).await?.into_values().filter(|run| !run.completed) {
        let state = CheckState::Completed { conclusion, at: app.clock.now() };
        let update = CheckRunUpdate { actions: vec![rerun()], ..CheckRunUpdate::new(state, output.clone()) };
        writer.update_check_run(&verification.repository, run.id, &update).await?;
    }
    Ok(())
}
