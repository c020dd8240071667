//! A bundle tried on pull requests that were verified before: what would it have blocked? Nothing is written to GitHub,
//! because nothing that writes is in reach: [`evaluate`] gets a [`PullReader`].

use std::collections::BTreeSet;

use scrutineer_aws::{
    Packed,
    records::{Replay, ReplayState, Verification, VerificationState},
};
use scrutineer_core::{
    Failure,
    ids::{Login, ReplayId, RepoName},
};
use scrutineer_github::app::PullReader;
use scrutineer_policy::{Decision, EffectivePolicy, Override, Tier, Verdict, assemble, verify_on};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::{
    read::{Source, Unread},
    target::{Reading, Target},
};
use crate::{App, bundles, messages::RunReplay, orgs, outbox, overrides, policy, text};

/// Most pull requests of one replay: some 4 requests each.
const MOST: u32 = 50;
/// Verifications looked through for them.
const LOOKED_THROUGH: usize = 2_000;

/// What is to be tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// The bundle: a version the organization published, or `strict`, `default@1.0.0`, ….
    pub version: String,
    /// How many of the pull requests that were verified last.
    #[schema(minimum = 1, maximum = 50)]
    pub last: u32,
}

/// What a bundle would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReplayReport {
    /// Pull requests that were judged.
    pub judged: u32,
    /// Those that the bundle would block.
    pub would_block: u32,
    /// Those among them that were not blocked.
    pub newly_blocked: u32,
    /// Those that were blocked and would not be.
    pub newly_passed: u32,
    /// One by one, the latest first.
    pub pulls: Vec<ReplayedPull>,
}

/// What a bundle would have done to one pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReplayedPull {
    /// The repository.
    pub repository: String,
    /// The pull request.
    pub pull_request: u64,
    /// The commit.
    pub commit: String,
    /// What was said then: `SHIP` or `NO_SHIP`.
    pub before: Option<String>,
    /// What the bundle would say; none when it could not be judged.
    pub after: Option<String>,
    /// Rules that would block, with how often.
    pub blocking: Vec<RuleCount>,
    /// Why it could not be judged.
    pub error: Option<String>,
}

/// A rule and how often it was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleCount {
    /// The rule.
    pub rule: String,
    /// Violations.
    pub count: u32,
}

/// Begins a replay.
///
/// # Errors
/// Permanent `invalid_replay` or `not_found` (the bundle, or an organization without the App).
pub async fn start(app: &App, org: &Login, request: &ReplayRequest) -> Result<Replay, Failure> {
    if !(1..=MOST).contains(&request.last) {
        let why = format!("a replay is over 1 to {MOST} pull requests");
        return Err(text::invalid_field("invalid_replay", "/last", &why));
    }
    bundles::named(app, org, &request.version).await?;
    if orgs::settings(app, org).await?.installation.is_none() {
        return Err(text::not_found("installation of the App on", org));
    }
    let replay = Replay {
        id: ReplayId::new(&app.clock),
        org: org.clone(),
        version: request.version.clone(),
        last: request.last,
        state: ReplayState::Running,
        created_at: app.clock.now(),
        ended_at: None,
        error: None,
        report: None,
    };
    app.store.put_new(&replay).await?;
    outbox::send_all(app, &[RunReplay { org: org.clone(), replay: replay.id }]).await?;
    Ok(replay)
}

/// A replay, with its report once it is done.
///
/// # Errors
/// Permanent `not_found`.
pub async fn get(app: &App, org: &Login, id: ReplayId) -> Result<(Replay, Option<ReplayReport>), Failure> {
    let found = app.store.get(&Replay::key_of(org, id)).await?;
    let replay = found.ok_or_else(|| text::not_found("replay", id))?;
    let report = replay.report.as_ref().map(|report| report.unpack()).transpose()?;
    Ok((replay, report))
}

/// Does it. Run again it does it anew: nothing but the report is written.
pub(crate) async fn run(app: &App, message: &RunReplay) -> Result<(), Failure> {
    let (replay, report) = get(app, &message.org, message.replay).await?;
    if report.is_some() {
        return Ok(());
    }
    let installation = orgs::settings(app, &replay.org).await?.installation;
    let installation = installation.ok_or_else(policy::off)?;
    let reader = policy::installation(app, installation)?.reader();
    let mut report = ReplayReport::default();
    for known in latest(app, &replay).await? {
        let bundle = policy::of_version(app, &known.repository, &replay.version).await?;
        let (overrides, _) = overrides::in_force(app, &known.repository, &bundle).await?;
        let today = app.clock.now().strftime("%Y-%m-%d").to_string();
        let judged = evaluate(&reader, &known, (bundle, overrides), &today).await?;
        add(&mut report, &known, judged);
    }
    end(app, replay, ReplayState::Done, (Some(&report), None)).await
}

/// Writes down that it could not be done.
pub(crate) async fn give_up(app: &App, message: &RunReplay, why: &str) -> Result<(), Failure> {
    let (replay, _) = get(app, &message.org, message.replay).await?;
    end(app, replay, ReplayState::Failed, (None, Some(why.to_owned()))).await
}

async fn end(
    app: &App,
    replay: Replay,
    state: ReplayState,
    (report, error): (Option<&ReplayReport>, Option<String>),
) -> Result<(), Failure> {
    let report = report.map(Packed::pack).transpose()?;
    let ended = Replay { state, ended_at: Some(app.clock.now()), report, error, ..replay };
    Ok(app.store.put(&ended).await?)
}

/// The last verification of each of the pull requests that were verified last.
async fn latest(app: &App, replay: &Replay) -> Result<Vec<Verification>, Failure> {
    let range = Verification::of_org(&replay.org).descending();
    let page = app.store.query(&range, LOOKED_THROUGH, None).await?;
    let mut seen: BTreeSet<(RepoName, String)> = BTreeSet::new();
    let ended = page.records.into_iter().filter(|known| {
        known.pull.is_some() && known.state == VerificationState::Concluded && known.base.is_some()
    });
    let each = ended.filter(|known| seen.insert((known.repository.clone(), known.subject.clone())));
    Ok(each.take(replay.last as usize).collect())
}

/// Judges a pull request as it was verified, or says why that is not possible any more.
async fn evaluate(
    reader: &PullReader,
    known: &Verification,
    (policy, overrides): (EffectivePolicy, Vec<Override>),
    today: &str,
) -> Result<Result<Verdict, String>, Failure> {
    let (Some(number), Some(base)) = (known.pull, known.base.clone()) else {
        return Ok(Err("it is no pull request".to_owned()));
    };
    let target = Target {
        subject: known.subject.clone(),
        head: known.sha.clone(),
        base,
        reference: known.reference.clone(),
        reading: Reading::Pull(number),
    };
    let change = match (Source { reader, repo: &known.repository }).change(&target).await {
        Ok(change) => change,
        Err(Unread::Moved) => return Ok(Err("it has another head now".to_owned())),
        Err(Unread::GitHub(scrutineer_github::Error::NotFound { .. })) => {
            return Ok(Err("it is gone".to_owned()));
        }
        Err(Unread::GitHub(error)) => return Err(error.into()),
    };
    let (policy, set) = match assemble(&policy, change.entries, &change.gone, change.base, today) {
        Ok(assembled) => assembled,
        Err(_) => return Ok(Err("the settings on its base branch cannot be used".to_owned())),
    };
    let judged = spawn_blocking(move || verify_on(&policy, &set, &overrides, 2));
    judged.await.map(Ok).map_err(Failure::transient)
}

fn add(report: &mut ReplayReport, known: &Verification, judged: Result<Verdict, String>) {
    let (after, blocking, error) = match &judged {
        Ok(verdict) => (Some(word(verdict.verdict)), blocking(verdict), None),
        Err(why) => (None, Vec::new(), Some(why.clone())),
    };
    let blocked_before = known.verdict.as_deref() == Some("NO_SHIP");
    if let Some(after) = after {
        let blocks = after == "NO_SHIP";
        report.judged += 1;
        report.would_block += u32::from(blocks);
        report.newly_blocked += u32::from(blocks && !blocked_before);
        report.newly_passed += u32::from(!blocks && blocked_before);
    }
    report.pulls.push(ReplayedPull {
        repository: known.repository.to_string(),
        pull_request: known.pull.map_or(0, |number| number.get()),
        commit: known.sha.to_string(),
        before: known.verdict.clone(),
        after: after.map(str::to_owned),
        blocking,
        error,
    });
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Ship => "SHIP",
        Decision::NoShip => "NO_SHIP",
    }
}

fn blocking(verdict: &Verdict) -> Vec<RuleCount> {
    let mut counts: Vec<RuleCount> = Vec::new();
    for violation in verdict.violations.iter().filter(|violation| violation.tier == Tier::HardBlock) {
        match counts.iter_mut().find(|known| known.rule == violation.rule) {
            Some(known) => known.count += 1,
            None => counts.push(RuleCount { rule: violation.rule.clone(), count: 1 }),
        }
    }
    counts.sort_by(|a, b| a.rule.cmp(&b.rule));
    counts
}
