//! Findings to code scanning: after the check runs, on its own, because merging does not wait for it.

use std::time::Duration;

use scrutineer_aws::{
    Condition, Envelope, Update,
    records::{SarifState, Verification},
};
use scrutineer_core::{
    Failure,
    ids::{MessageId, RepoName, VerificationId},
};
use scrutineer_github::app::{SarifId, SarifStatus, SarifUpload};
use scrutineer_policy::{Verdict, sarif};

use crate::{
    App,
    messages::{PollSarif, UploadSarif},
    policy, text,
};

/// Between two questions about an upload.
const POLL_EVERY: Duration = Duration::from_secs(30);
/// Questions about one upload: half an hour.
const MOST_QUESTIONS: u32 = 60;

/// Uploads the findings of a verification. A second run of an upload that was written down does nothing; one that was
/// not replaces the first, which GitHub takes as the same analysis.
pub(crate) async fn upload(app: &App, message: &UploadSarif) -> Result<(), Failure> {
    let Some(verification) = load(app, &message.repository, message.verification).await? else {
        return Ok(());
    };
    if verification.sarif.is_some() {
        return Ok(());
    }
    let Some(log) = log(app, &verification).await? else { return Ok(()) };
    let writer = policy::installation(app, verification.installation)?.writer();
    let place = (&verification.sha, verification.reference.as_str());
    let state = match writer.upload_sarif(&verification.repository, place, log.as_bytes()).await? {
        SarifUpload::Accepted(id) => SarifState::Uploaded { id: id.0 },
        SarifUpload::NotAvailable { lacks_permission: true } => {
            SarifState::Unavailable { why: "the App lacks the permission security_events:write".to_owned() }
        }
        SarifUpload::NotAvailable { lacks_permission: false } => SarifState::Unavailable {
            why: "code scanning is not enabled for the repository, or not part of its plan".to_owned(),
        },
        SarifUpload::TooLarge { bytes } => {
            SarifState::Failed { why: format!("the report has {bytes} bytes compressed; GitHub takes 10 MB") }
        }
    };
    let poll = matches!(state, SarifState::Uploaded { .. });
    save(app, &verification, &state).await?;
    if poll {
        let UploadSarif { repository, verification } = message.clone();
        ask_later(app, PollSarif { repository, verification, asked: 0 }).await?;
    }
    Ok(())
}

/// Asks what became of an upload, and again later while GitHub works on it.
pub(crate) async fn poll(app: &App, message: &PollSarif) -> Result<(), Failure> {
    let Some(verification) = load(app, &message.repository, message.verification).await? else {
        return Ok(());
    };
    let Some(SarifState::Uploaded { id }) = verification.sarif.clone() else { return Ok(()) };
    let reader = policy::installation(app, verification.installation)?.reader();
    let state = match reader.sarif_status(&verification.repository, &SarifId(id.clone())).await? {
        SarifStatus::Complete => SarifState::Processed { id },
        SarifStatus::Failed { errors } => SarifState::Failed { why: errors.join("; ") },
        SarifStatus::Pending if message.asked >= MOST_QUESTIONS => {
            SarifState::Failed { why: "GitHub did not process the report within half an hour".to_owned() }
        }
        SarifStatus::Pending => {
            return ask_later(app, PollSarif { asked: message.asked + 1, ..message.clone() }).await;
        }
    };
    save(app, &verification, &state).await
}

/// Writes down that the report could not be uploaded; the check runs stand.
pub(crate) async fn give_up(
    app: &App,
    (repository, id): (&RepoName, VerificationId),
    why: &str,
) -> Result<(), Failure> {
    let Some(verification) = load(app, repository, id).await? else { return Ok(()) };
    save(app, &verification, &SarifState::Failed { why: why.to_owned() }).await
}

/// The report of a verification as SARIF 2.1.0; `None` when nothing was judged. Made anew from what is stored: the
/// bundle that was judged by is immutable.
pub(crate) async fn log(app: &App, verification: &Verification) -> Result<Option<String>, Failure> {
    let Some(result) = &verification.result else { return Ok(None) };
    let verdict: Verdict = result.unpack()?;
    let policy = policy::of_version(app, &verification.repository, &verification.bundle).await?;
    let revision = verification.sha.as_str();
    let context = sarif::Context {
        revision: Some(revision),
        // GitHub opens an alert for a suppressed result too.
        suppressed: false,
        ..sarif::Context::default()
    };
    let log = sarif::report(&verdict, &policy, context);
    serde_json::to_string(&log).map(Some).map_err(Failure::transient)
}

async fn ask_later(app: &App, message: PollSarif) -> Result<(), Failure> {
    let envelope = Envelope::new(MessageId::new(&app.clock), &message)?.delayed(POLL_EVERY);
    Ok(app.queue.send(vec![envelope]).await?)
}

async fn load(app: &App, repo: &RepoName, id: VerificationId) -> Result<Option<Verification>, Failure> {
    Ok(app.store.get(&Verification::key_of(repo, id)).await?)
}

async fn save(app: &App, verification: &Verification, state: &SarifState) -> Result<(), Failure> {
    let key = Verification::key_of(&verification.repository, verification.id);
    app.store.update(&key, Update::new().set("sarif", state), Condition::none()).await?;
    Ok(())
}

/// Nothing by that id, or nothing was judged.
pub(crate) fn no_report(id: VerificationId) -> Failure {
    text::not_found("report of verification", id)
}
