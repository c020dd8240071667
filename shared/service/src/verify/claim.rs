//! Who works on a commit: one verification counts for each subject, and one message works on it.

use jiff::SignedDuration;
use scrutineer_aws::{
    AwsError, Condition, Record, Transaction,
    records::{Verification, VerificationState, VerifiedHead},
};
use scrutineer_core::{
    Failure,
    ids::{MessageId, RepoName, VerificationId},
};

use super::target::Target;
use crate::{
    App,
    effective::Effective,
    messages::{Cause, VerifyChange},
    policy,
};

/// Whoever has not ended by then was lost: longer than a message's visibility and its retries.
pub(super) const STALLED_AFTER: SignedDuration = SignedDuration::from_mins(25);

/// Whether this message works on the target.
pub(super) enum Claim {
    /// It does, on this verification.
    Mine(Box<Verification>),
    /// The commit is judged already, under another policy that may block: what this one would say is written down, and
    /// the check runs stay as they are. Evaluating must not let through what is blocked.
    Aside(Box<Verification>),
    /// Another message does, or it is done.
    Settled,
}

/// The message that asks.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) message: &'a VerifyChange,
    pub(super) job: MessageId,
}

/// Takes the target, goes on with what an earlier delivery of the same message began, or leaves it. A second run finds
/// what the first one wrote.
pub(super) async fn claim(
    app: &App,
    asking: Asking<'_>,
    target: &Target,
    policy: &Effective,
) -> Result<Claim, Failure> {
    let repo = &asking.message.repository;
    let evaluate = asking.message.cause == Cause::Evaluate;
    let print = policy::fingerprint(policy, evaluate);
    let head = app.store.get(&VerifiedHead::key_of(repo, &target.subject)).await?;
    let known = match &head {
        Some(head) => app.store.get(&Verification::key_of(repo, head.verification)).await?,
        None => None,
    };
    if let (Some(head), Some(known)) = (&head, known.clone()) {
        if evaluate && head.sha == target.head && !known.evaluate && !known_under(&known, policy) {
            return aside(app, begin(app, asking, target, (policy, print), None)).await;
        }
        let same = head.sha == target.head && (head.policy == print || (evaluate && !known.evaluate));
        if same {
            match standing(app, asking, &known) {
                Standing::Mine => return resume(app, asking.job, known).await,
                Standing::Settled => return Ok(Claim::Settled),
                Standing::Anew => {}
            }
        }
    }
    let new = begin(app, asking, target, (policy, print), known.as_ref());
    match write(app, &new, head.as_ref()).await {
        Ok(()) => Ok(Claim::Mine(Box::new(new))),
        // Somebody was faster; the next delivery sees what they wrote.
        Err(AwsError::ConditionFailed(_)) => {
            Err(Failure::transient(anyhow::anyhow!("another message took the same commit")))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a verification that may block was made under this policy.
fn known_under(known: &Verification, policy: &Effective) -> bool {
    known.policy == policy::fingerprint(policy, false)
}

/// Verifications looked through for one that an earlier delivery of the same message wrote.
const LOOKED_THROUGH: usize = 50;

async fn aside(app: &App, new: Verification) -> Result<Claim, Failure> {
    let range = Verification::of_repository(&new.repository).descending();
    let latest = app.store.query(&range, LOOKED_THROUGH, None).await?.records;
    let done = latest.iter().any(|known| known.job == new.job && known.subject == new.subject);
    Ok(if done { Claim::Settled } else { Claim::Aside(Box::new(new)) })
}

enum Standing {
    Mine,
    Settled,
    Anew,
}

/// What a message does about a verification of the same commit under the same policy.
fn standing(app: &App, asking: Asking<'_>, known: &Verification) -> Standing {
    let asked_for_this = known.delivery.is_some() && known.delivery == asking.message.delivery;
    match known.state {
        VerificationState::Running if known.job == asking.job => Standing::Mine,
        VerificationState::Running => {
            let since = known.nudged_at.unwrap_or(known.created_at);
            let lost = app.clock.now().duration_since(since) >= STALLED_AFTER;
            let recovers = asking.message.cause == Cause::Recovered;
            if lost || recovers { Standing::Mine } else { Standing::Settled }
        }
        // The message that gave up comes again; another one goes on where it stopped.
        VerificationState::GaveUp if known.job == asking.job => Standing::Settled,
        VerificationState::GaveUp => Standing::Mine,
        VerificationState::Cancelled => Standing::Anew,
        VerificationState::Concluded if known.job == asking.job => Standing::Settled,
        VerificationState::Concluded if asking.message.cause == Cause::Rerun && !asked_for_this => {
            Standing::Anew
        }
        VerificationState::Concluded => Standing::Settled,
    }
}

/// Goes on with what another try began; its check runs are found by its id.
async fn resume(app: &App, job: MessageId, known: Verification) -> Result<Claim, Failure> {
    let unchanged = Condition::is("state", known.state).and_is("attempts", known.attempts);
    let mine = Verification {
        job,
        attempts: known.attempts + 1,
        state: VerificationState::Running,
        error: None,
        concluded_at: None,
        ..known
    };
    match app.store.put_if(&mine, unchanged).await {
        Ok(()) => Ok(Claim::Mine(Box::new(mine))),
        Err(AwsError::ConditionFailed(_)) => Ok(Claim::Settled),
        Err(error) => Err(error.into()),
    }
}

fn begin(
    app: &App,
    asking: Asking<'_>,
    target: &Target,
    (policy, print): (&Effective, String),
    known: Option<&Verification>,
) -> Verification {
    let VerifyChange { installation, repository, cause, delivery, .. } = asking.message;
    Verification {
        id: VerificationId::new(&app.clock),
        repository: repository.clone(),
        installation: *installation,
        subject: target.subject.clone(),
        pull: target.pull(),
        sha: target.head.clone(),
        base: Some(target.base.clone()),
        reference: target.reference.clone(),
        bundle: policy.policy.bundle.clone(),
        policy: print,
        evaluate: *cause == Cause::Evaluate,
        state: VerificationState::Running,
        job: asking.job,
        delivery: delivery.clone(),
        attempts: 1,
        previous: known.map(|known| known.id),
        created_at: app.clock.now(),
        nudged_at: None,
        concluded_at: None,
        checks: Vec::new(),
        verdict: None,
        score: None,
        error: None,
        sarif: None,
        result: None,
    }
}

async fn write(app: &App, new: &Verification, head: Option<&VerifiedHead>) -> Result<(), AwsError> {
    let pointer = VerifiedHead {
        repository: new.repository.clone(),
        subject: new.subject.clone(),
        sha: new.sha.clone(),
        policy: new.policy.clone(),
        verification: new.id,
        at: new.created_at,
    };
    let unchanged = match head {
        Some(head) => Condition::is("verification", head.verification),
        None => Condition::absent(),
    };
    app.store.transact(Transaction::new().put_new(new).put(&pointer, unchanged)).await
}

/// Whether a verification still counts for its subject.
pub(super) async fn is_current(app: &App, verification: &Verification) -> Result<bool, Failure> {
    let key = VerifiedHead::key_of(&verification.repository, &verification.subject);
    Ok(app.store.get(&key).await?.is_some_and(|head| head.verification == verification.id))
}

/// Marks the verification that counted before as cancelled. Returns it when it has check runs that still run.
pub(super) async fn cancel(
    app: &App,
    repo: &RepoName,
    id: VerificationId,
) -> Result<Option<Verification>, Failure> {
    let Some(known) = app.store.get(&Verification::key_of(repo, id)).await? else { return Ok(None) };
    match known.state {
        VerificationState::Running => {
            let cancelled = Verification {
                state: VerificationState::Cancelled,
                concluded_at: Some(app.clock.now()),
                ..known
            };
            let running = Condition::is("state", VerificationState::Running);
            match app.store.put_if(&cancelled, running).await {
                Ok(()) => Ok(Some(cancelled)),
                // It ended by itself a moment ago.
                Err(AwsError::ConditionFailed(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }
        // Marked by an earlier try of ours, whose check runs may not be completed yet.
        VerificationState::Cancelled => Ok(Some(known)),
        VerificationState::Concluded | VerificationState::GaveUp => Ok(None),
    }
}

/// The verification that counts for a subject, when there is one.
pub(super) async fn current(
    app: &App,
    repo: &RepoName,
    subject: &str,
) -> Result<Option<VerificationId>, Failure> {
    let head = app.store.get(&VerifiedHead::key_of(repo, subject)).await?;
    Ok(head.map(|head| head.verification))
}

/// Forgets a subject that is closed, so that opening it again begins anew.
pub(super) async fn forget(app: &App, repo: &RepoName, subject: &str) -> Result<(), Failure> {
    let key = VerifiedHead::key_of(repo, subject);
    let Some(head) = app.store.get(&key).await? else { return Ok(()) };
    match app.store.delete_if(&head.key(), Condition::is("verification", head.verification)).await {
        Ok(()) | Err(AwsError::ConditionFailed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
