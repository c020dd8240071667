//! One message from beginning to end.

use std::time::Duration;

use scrutineer_aws::records::{CheckRow, Verification};
use scrutineer_core::{
    Failure,
    evidence::snapshot::{Head, SnapshotTarget},
    ids::MessageId,
};
use scrutineer_github::{
    Error,
    app::{CheckWriter, Conclusion, Installation, PullReader},
};
use scrutineer_policy::{
    ChangeSet, EffectivePolicy, Override, Problem, Skipped, Verdict, Verifier, assemble, verify_on,
};
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    checks::{self, CheckRuns},
    claim::{self, Asking, Claim},
    conclude, fan_out,
    outcome::{self, CheckOutcome, Judged},
    read::{Source, Unread},
    target::{self, Found, Reading, Target},
    text,
    whole::Whole,
};
use crate::{App, effective::Effective, messages::VerifyChange, policy};

/// Longest a change is judged: well below the time a message stays invisible.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// Threads that judge one change; a Lambda of 1,769 MB has one core, a larger one two.
const THREADS: usize = 2;

/// Judges what the message names, as it is now.
///
/// Run again it goes on where it stopped: the claim is found by the message's id, check runs by the verification's,
/// annotations by how many GitHub has; a verification that ended is left alone.
///
/// # Errors
/// Transient and deferred for GitHub's and the store's trouble; permanent when the App may not do what it takes.
pub(crate) async fn verify(app: &App, message: &VerifyChange, job: MessageId) -> Result<(), Failure> {
    let installation = policy::installation(app, message.installation)?;
    let reader = installation.reader();
    match target::find(&reader, &message.repository, &message.subject).await {
        Ok(Found::Target(target)) => {
            let asking = Asking { message, job };
            Box::pin(on(app, &installation, asking, &target)).await
        }
        Ok(Found::Pulls(pulls)) => fan_out::to_pulls(app, message, &pulls).await,
        Ok(Found::Ended { subject }) => ended(app, &installation, message, &subject).await,
        // A pull request may not be there yet for every one of GitHub's servers. What is not there a quarter of an hour
        // later is gone.
        Err(error @ Error::NotFound { .. }) if message.round == 0 => Err(Failure::transient(error)),
        Err(Error::NotFound { .. }) => {
            tracing::info!(repo = %message.repository, "what was to be verified is gone");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// A pull request that is not open: what still runs for it ends.
async fn ended(
    app: &App,
    installation: &Installation,
    message: &VerifyChange,
    subject: &str,
) -> Result<(), Failure> {
    let repo = &message.repository;
    let Some(id) = claim::current(app, repo, subject).await? else { return Ok(()) };
    if let Some(known) = claim::cancel(app, repo, id).await? {
        checks::cancel_all(app, &installation.writer(), &known).await?;
        // Opened again with the same commit, it is judged again.
        claim::forget(app, repo, subject).await?;
    }
    Ok(())
}

async fn on(
    app: &App,
    installation: &Installation,
    asking: Asking<'_>,
    target: &Target,
) -> Result<(), Failure> {
    let effective = policy::effective(app, &asking.message.repository).await?;
    let mut verification = match claim::claim(app, asking, target, &effective).await? {
        Claim::Mine(verification) => *verification,
        Claim::Aside(verification) => {
            let reader = installation.reader();
            let judgement = judge(app, &reader, &verification, target, &effective).await?;
            return conclude::aside(app, *verification, judgement.verdict()).await;
        }
        Claim::Settled => return Ok(()),
    };
    let writer = installation.writer();
    end_previous(app, &writer, &verification).await?;
    let mut runs = CheckRuns::of(app, &writer, &verification).await?;
    let expected: Vec<(String, String)> =
        effective.policy.packs.iter().map(|(pack, policy)| (policy.check.clone(), pack.clone())).collect();
    if !runs.open(&mut verification, &expected).await? {
        return Ok(());
    }
    let judgement = judge(app, &installation.reader(), &verification, target, &effective).await?;
    let outcomes = judgement.outcomes(&effective.policy, verification.evaluate);
    // Settings of the repository and overrides may run packs that the bundle leaves out.
    let all: Vec<(String, String)> =
        outcomes.iter().map(|outcome| (outcome.name.clone(), outcome.pack.clone())).collect();
    if !runs.open(&mut verification, &all).await? {
        return Ok(());
    }
    if !claim::is_current(app, &verification).await? {
        claim::cancel(app, &verification.repository, verification.id).await?;
        return checks::cancel_all(app, &writer, &verification).await;
    }
    for outcome in outcomes {
        runs.complete(&mut verification, outcome).await?;
    }
    conclude::conclude(app, verification, judgement.verdict()).await
}

/// Ends the verification that this one took the place of.
async fn end_previous(app: &App, writer: &CheckWriter, verification: &Verification) -> Result<(), Failure> {
    let Some(previous) = verification.previous else { return Ok(()) };
    match claim::cancel(app, &verification.repository, previous).await? {
        Some(known) if has_open_checks(&known.checks) => checks::cancel_all(app, writer, &known).await,
        _ => Ok(()),
    }
}

/// A verification without written check runs may have some all the same: it was cut short before it wrote them down.
fn has_open_checks(rows: &[CheckRow]) -> bool {
    rows.is_empty() || rows.iter().any(|row| row.conclusion.is_none())
}

/// How judging ended.
enum Judgement {
    Judged(Box<EffectivePolicy>, Box<Verdict>),
    Misconfigured(Vec<Problem>),
    TimedOut,
}

impl Judgement {
    fn outcomes(&self, policy: &EffectivePolicy, evaluate: bool) -> Vec<CheckOutcome> {
        match self {
            Self::Judged(policy, verdict) => outcome::of_verdict(&Judged { policy, verdict, evaluate }),
            Self::Misconfigured(problems) => outcome::of_problems(policy, problems),
            Self::TimedOut => outcome::all(policy, Conclusion::TimedOut, &text::timed_out()),
        }
    }

    fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::Judged(_, verdict) => Some(verdict),
            Self::Misconfigured(_) | Self::TimedOut => None,
        }
    }
}

async fn judge(
    app: &App,
    reader: &PullReader,
    verification: &Verification,
    target: &Target,
    effective: &Effective,
) -> Result<Judgement, Failure> {
    let source = Source { reader, repo: &verification.repository };
    let today = app.clock.now().strftime("%Y-%m-%d").to_string();
    if target.reading == Reading::Whole {
        return whole(&source, target, effective, &today).await;
    }
    let change = match source.change(target).await {
        Ok(change) => change,
        Err(Unread::Moved) => {
            return Err(Failure::transient(anyhow::anyhow!("the head moved while it was read")));
        }
        Err(Unread::GitHub(error)) => return Err(error.into()),
    };
    let assembled = assemble(&effective.policy, change.entries, &change.gone, change.base, &today);
    let (policy, mut set) = match assembled {
        Ok(assembled) => assembled,
        Err(problems) => return Ok(Judgement::Misconfigured(problems)),
    };
    set.passed_over.extend(change.unseen);
    set.notices.extend(effective.notices());
    let overrides = effective.overrides.clone();
    Ok(match within_time(policy, set, overrides).await? {
        Some((policy, verdict)) => Judgement::Judged(policy, verdict),
        None => Judgement::TimedOut,
    })
}

/// The verdict, unless it takes too long. The engine has budgets of its own for each file; this is the last resort.
async fn within_time(
    policy: EffectivePolicy,
    change: ChangeSet,
    overrides: Vec<Override>,
) -> Result<Option<(Box<EffectivePolicy>, Box<Verdict>)>, Failure> {
    let work = spawn_blocking(move || {
        let verdict = verify_on(&policy, &change, &overrides, THREADS);
        (Box::new(policy), Box::new(verdict))
    });
    match timeout(TIME_LIMIT, work).await {
        Ok(Ok(judged)) => Ok(Some(judged)),
        Ok(Err(error)) => Err(Failure::transient(error)),
        Err(_) => Ok(None),
    }
}

/// The whole of a branch, streamed.
async fn whole(
    source: &Source<'_>,
    target: &Target,
    effective: &Effective,
    today: &str,
) -> Result<Judgement, Failure> {
    let base = source.base(&target.head).await?;
    let (policy, mut set) = match assemble(&effective.policy, Vec::new(), &[], base, today) {
        Ok(assembled) => assembled,
        Err(problems) => return Ok(Judgement::Misconfigured(problems)),
    };
    set.notices.extend(effective.notices());
    let sink = Whole::new(Verifier::new(&policy, &set, &effective.overrides));
    let branch = target.reference.trim_start_matches("refs/heads/").to_owned();
    let head = Head { branch, oid: target.head.clone(), tarball_url: None };
    let tree = SnapshotTarget { repo: source.repo.clone(), head };
    let (sink, summary) = source.reader.snapshot(&tree, sink).await?;
    let mut verdict = sink.finish();
    if let Some(reason) = summary {
        verdict.incomplete = true;
        let path = scrutineer_policy::RepoPath::new("");
        verdict.skipped.insert(0, Skipped { path, reason, incomplete: true });
    }
    Ok(Judgement::Judged(Box::new(policy), Box::new(verdict)))
}
