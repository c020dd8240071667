//! Messages that lead to more messages.

use scrutineer_aws::{
    AwsError, Condition, Update,
    records::{Verification, VerificationState},
};
use scrutineer_core::{Failure, ids::PullNumber};

use super::claim::STALLED_AFTER;
use crate::{
    App,
    messages::{Cause, Subject, VerifyChange},
    outbox,
};

/// A message for each pull request.
pub(super) async fn to_pulls(app: &App, message: &VerifyChange, pulls: &[PullNumber]) -> Result<(), Failure> {
    let each = |number: &PullNumber| VerifyChange { subject: Subject::Pull(*number), ..message.clone() };
    outbox::send_all(app, &pulls.iter().map(each).collect::<Vec<_>>()).await
}

/// Has verifications taken up again that nobody works on any more: their message was lost, or ended in the dead-letter
/// queue because not even its failure could be said. Returns how many.
pub(crate) async fn recover_stalled(app: &App) -> Result<u32, Failure> {
    let now = app.clock.now();
    let mut recovered = 0;
    for open in app.store.query_all(&Verification::open()).await? {
        let since = open.nudged_at.unwrap_or(open.created_at);
        // The index is behind; the condition below is not.
        if open.state != VerificationState::Running || now.duration_since(since) < STALLED_AFTER {
            continue;
        }
        tracing::warn!(repo = %open.repository, verification.id = %open.id, "a verification stands still");
        outbox::send_all(app, &[again(&open)]).await?;
        let key = Verification::key_of(&open.repository, open.id);
        let running = Condition::is("state", VerificationState::Running);
        match app.store.update(&key, Update::new().set("nudged_at", now), running).await {
            Ok(_) => recovered += 1,
            Err(AwsError::ConditionFailed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(recovered)
}

/// The message that would have led to this verification.
pub(super) fn again(known: &Verification) -> VerifyChange {
    let branch = known.reference.strip_prefix("refs/heads/");
    let subject = match (known.pull, branch, &known.base) {
        (Some(number), ..) => Subject::Pull(number),
        // The queue's branches are named so.
        (None, Some(name), base) if !name.starts_with("gh-readonly-queue/") || base.is_none() => {
            Subject::Branch { name: name.to_owned(), sha: known.sha.clone() }
        }
        (None, _, base) => Subject::MergeGroup {
            sha: known.sha.clone(),
            base: base.clone().unwrap_or_else(|| known.sha.clone()),
            reference: known.reference.clone(),
        },
    };
    VerifyChange {
        installation: known.installation,
        repository: known.repository.clone(),
        subject,
        cause: if known.evaluate { Cause::Evaluate } else { Cause::Recovered },
        delivery: known.delivery.clone(),
        round: 0,
    }
}
