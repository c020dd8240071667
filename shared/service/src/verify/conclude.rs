//! How a verification ends in the store: with its audit entry, in one transaction.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use scrutineer_aws::{
    AuditedWrite, AwsError, Condition, Envelope, Packed, Transaction,
    records::{AuditAction, DeliveryState, OnTrouble, Verification, VerificationState},
};
use scrutineer_core::{
    Failure, Kind,
    ids::{Login, MessageId},
};
use scrutineer_github::app::Conclusion;
use scrutineer_policy::{Decision, Verdict};

use super::{checks, claim, target, text};
use crate::{
    App,
    audit::{self, By},
    deliveries,
    messages::{Cause, Subject, UploadSarif, VerifyChange},
    outbox::{self, Job},
    policy,
};

/// Between giving up and trying anew: the longest delay of a message.
const NEXT_ROUND: SignedDuration = SignedDuration::from_mins(15);
/// Rounds before nobody tries any more: eight hours, longer than any outage GitHub has had.
const MOST_ROUNDS: u32 = 32;

/// As it stands when it is over.
fn ended(app: &App, verification: Verification, verdict: Option<&Verdict>) -> Result<Verification, Failure> {
    Ok(Verification {
        state: VerificationState::Concluded,
        concluded_at: Some(app.clock.now()),
        verdict: verdict.map(|verdict| word(verdict.verdict).to_owned()),
        score: verdict.map(|verdict| verdict.score),
        result: verdict.map(Packed::pack).transpose()?,
        ..verification
    })
}

/// Writes down what a policy would say, and nothing else.
pub(super) async fn aside(
    app: &App,
    verification: Verification,
    verdict: Option<&Verdict>,
) -> Result<(), Failure> {
    let ended = ended(app, verification, verdict)?;
    let changes = Transaction::new().put_new(&ended);
    app.store.write_audited(AuditedWrite::new(entry(app, &ended)?).with(changes)).await?;
    Ok(())
}

/// Writes down how it ended, and has the findings handed to code scanning.
pub(super) async fn conclude(
    app: &App,
    verification: Verification,
    verdict: Option<&Verdict>,
) -> Result<(), Failure> {
    let ended = ended(app, verification, verdict)?;
    let upload = UploadSarif { repository: ended.repository.clone(), verification: ended.id };
    let job = match verdict {
        Some(_) => Some(Job::new(app, &upload)?),
        None => None,
    };
    let running = Condition::is("state", VerificationState::Running);
    let mut changes = Transaction::new().put(&ended, running);
    if let Some(job) = &job {
        changes = changes.put_new(&job.row);
    }
    match app.store.write_audited(AuditedWrite::new(entry(app, &ended)?).with(changes)).await {
        Ok(_) => {}
        // Cancelled a moment ago, or written down by an earlier try.
        Err(AwsError::ConditionFailed(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    match job {
        Some(job) => outbox::send(app, job).await,
        None => Ok(()),
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Ship => "SHIP",
        Decision::NoShip => "NO_SHIP",
    }
}

fn entry(app: &App, ended: &Verification) -> Result<scrutineer_aws::records::AuditDraft, Failure> {
    let org = owner(ended)?;
    let action = AuditAction::POLICY_EVALUATED;
    let mut draft = audit::draft(app, &org, &By::system("verifier"), action, ended.subject.clone())
        .repository(&ended.repository)
        .detail("verification", ended.id)
        .detail("commit", &ended.sha)
        .detail("bundle", &ended.bundle)
        .detail("mode", if ended.evaluate { "evaluate" } else { "enforce" });
    if let (Some(verdict), Some(score)) = (&ended.verdict, ended.score) {
        draft = draft.detail("verdict", verdict).detail("score", score);
    }
    if let Some(error) = &ended.error {
        draft = draft.detail("error", error);
    }
    Ok(draft)
}

fn owner(verification: &Verification) -> Result<Login, Failure> {
    verification.repository.owner().parse().map_err(Failure::transient)
}

/// Says on the check runs that the change was not judged, and when it is tried again. Never a `failure`: nothing is
/// known about the code.
///
/// Run again it says the same again.
pub(crate) async fn give_up(
    app: &App,
    message: &VerifyChange,
    job: MessageId,
    failure: &Failure,
) -> Result<(), Failure> {
    let again = !matches!(failure.kind, Kind::Permanent { .. }) && message.round < MOST_ROUNDS;
    let next = again.then(|| app.clock.now().checked_add(NEXT_ROUND).ok()).flatten();
    if let Some(running) = running_of(app, message, job).await? {
        say(app, &running, failure, next).await?;
    }
    if again {
        let anew = VerifyChange { cause: anew(message.cause), round: message.round + 1, ..message.clone() };
        let wait = Duration::try_from(NEXT_ROUND).unwrap_or_default();
        let envelope = Envelope::new(MessageId::new(&app.clock), &anew)?.delayed(wait);
        app.queue.send(vec![envelope]).await?;
    } else if let Some(delivery) = &message.delivery {
        deliveries::settled(app, delivery, DeliveryState::Failed).await?;
    }
    Ok(())
}

/// What asked for evaluation or for a rerun stays that; the rest recovers.
fn anew(cause: Cause) -> Cause {
    match cause {
        Cause::Evaluate | Cause::Rerun => cause,
        _ => Cause::Recovered,
    }
}

/// The verification that this message works on.
async fn running_of(
    app: &App,
    message: &VerifyChange,
    job: MessageId,
) -> Result<Option<Verification>, Failure> {
    let subject = match &message.subject {
        Subject::Pull(number) => target::subject_of(*number),
        Subject::MergeGroup { reference, .. } => format!("REF#{reference}"),
        Subject::Branch { name, .. } => format!("REF#refs/heads/{name}"),
        Subject::Head { .. } => return Ok(None),
    };
    let Some(id) = claim::current(app, &message.repository, &subject).await? else { return Ok(None) };
    let known = app.store.get(&Verification::key_of(&message.repository, id)).await?;
    Ok(known.filter(|known| known.state == VerificationState::Running && known.job == job))
}

async fn say(
    app: &App,
    running: &Verification,
    failure: &Failure,
    next: Option<Timestamp>,
) -> Result<(), Failure> {
    let on_trouble = policy::on_trouble(app, &owner(running)?).await?;
    let conclusion = match (running.evaluate, on_trouble) {
        (true, _) | (_, OnTrouble::FailOpen) => Conclusion::Neutral,
        (false, OnTrouble::FailClosed) => Conclusion::ActionRequired,
    };
    let cause = failure.public_text();
    let installation = policy::installation(app, running.installation)?;
    checks::end_all(app, &installation.writer(), running, (conclusion, text::trouble(&cause, next))).await?;
    let ended = Verification {
        state: VerificationState::GaveUp,
        concluded_at: Some(app.clock.now()),
        error: Some(cause),
        ..running.clone()
    };
    let still = Condition::is("state", VerificationState::Running);
    let write = AuditedWrite::new(entry(app, &ended)?).with(Transaction::new().put(&ended, still));
    match app.store.write_audited(write).await {
        Ok(_) | Err(AwsError::ConditionFailed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
