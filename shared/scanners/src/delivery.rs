//! What a repository's deployments and pull requests say about how it delivers: the raw material of the DORA metrics,
//! reduced when the repository is evaluated, because its activity is not kept.
//!
//! GitHub does not say which commit a deployment carried or which deployment broke production. So a change counts as
//! deployed by the first successful production deployment after its merge, and a deployment counts as failed when
//! GitHub says so, when a rollback follows it, or when a revert or hotfix was opened while it was live.

use jiff::{SignedDuration, Timestamp};
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        RepoEvidence,
        activity::{Deployment, MergedPull, RepoActivity},
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    benchmarks::Provenance,
    checks::cicd::is_production,
    snapshot::{DetectorId, Snapshot},
};

/// How far back deployments are looked at, in days.
pub const WINDOW_DAYS: i64 = 90;
const WINDOW: SignedDuration = SignedDuration::from_hours(WINDOW_DAYS * 24);
/// Shortest span that a frequency is computed over: a burst of deployments in an hour is no rate per day.
const SHORTEST: SignedDuration = SignedDuration::from_hours(24);

/// Production deployments of one repository in the last [`WINDOW_DAYS`] days. Times are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The span that was seen: the window, or less when the listing of deployments ends earlier.
    pub span: u64,
    /// Deployments that ended well.
    pub deployed: u64,
    /// Deployments that failed, or that had to be remedied.
    pub failed: u64,
    /// Per failed deployment that production recovered from: from the failure to the next good deployment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restored: Vec<u64>,
    /// Per deployed change: from opening the pull request to production.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lead: Vec<u64>,
    /// Per deployed change: from its merge to production.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wait: Vec<u64>,
}

impl Delivery {
    /// Deployments that ended, well or not.
    pub fn ended(&self) -> u64 {
        self.deployed + self.failed
    }

    /// What the activity of `repo` shows.
    ///
    /// # Errors
    /// The gap, when deployments or pull requests could not be read.
    pub fn of(repo: &RepoEvidence) -> Result<Self, Gap> {
        let activity = repo.activity.known()?;
        let page = activity.deployments.known()?;
        let since = oldest(activity, repo.observed_at)?;
        let mut live: Vec<Live<'_>> =
            page.items.iter().filter(|d| d.created_at >= since).filter_map(Live::of).collect();
        live.sort_by_key(|deployment| (deployment.row.created_at, deployment.ended));
        let span = seconds(since, repo.observed_at).max(SHORTEST.as_secs().unsigned_abs());
        if live.is_empty() {
            return Ok(Self { span, ..Self::default() });
        }
        let base = repo.posture.known()?.default_branch.as_ref().map(|branch| branch.name.as_str());
        let merged = activity.merged.known()?.items.iter();
        let pulls: Vec<_> = merged.filter(|pull| base.is_none_or(|base| pull.base == base)).collect();
        fail(&mut live, &pulls);
        let mut delivery = Self { span, ..Self::default() };
        delivery.count(&live);
        delivery.changes(&live, &pulls, since);
        Ok(delivery)
    }

    fn count(&mut self, live: &[Live<'_>]) {
        for (index, deployment) in live.iter().enumerate() {
            let Some(failure) = &deployment.failure else {
                self.deployed += 1;
                continue;
            };
            self.failed += 1;
            let recovers = |next: &&Live<'_>| {
                next.good
                    && next.row.created_at >= failure.fixed_from
                    && failure.place.is_none_or(|place| place == next.row.environment)
            };
            if let Some(next) = live[index + 1..].iter().find(recovers) {
                self.restored.push(seconds(deployment.ended, next.ended));
            }
        }
    }

    /// Changes merged before the oldest deployment that is seen may have been deployed by one that is not.
    fn changes(&mut self, live: &[Live<'_>], pulls: &[&MergedPull], since: Timestamp) {
        for pull in pulls.iter().filter(|pull| pull.merged_at >= since) {
            let deployed = live.iter().find(|next| next.good && next.row.created_at >= pull.merged_at);
            if let Some(next) = deployed {
                self.lead.push(seconds(pull.created_at, next.ended));
                self.wait.push(seconds(pull.merged_at, next.ended));
            }
        }
    }
}

/// The beginning of what is seen completely: the window's, or the oldest listed deployment when there are more.
fn oldest(activity: &RepoActivity, observed_at: Timestamp) -> Result<Timestamp, Gap> {
    let page = activity.deployments.known()?;
    let window = observed_at.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
    let listed = page.items.iter().map(|deployment| deployment.created_at).min();
    Ok(match listed {
        Some(oldest) if !page.is_complete() => oldest.max(window),
        _ => window,
    })
}

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

/// A production deployment that ended.
struct Live<'a> {
    row: &'a Deployment,
    ended: Timestamp,
    /// It went live.
    good: bool,
    failure: Option<Failure<'a>>,
}

/// Why a deployment counts as failed, and what can end it.
struct Failure<'a> {
    /// Only a deployment from then on can have fixed it.
    fixed_from: Timestamp,
    /// Only one to this environment can; none: any production environment.
    place: Option<&'a str>,
}

impl<'a> Live<'a> {
    /// `None` unless it is a deployment to production that ended.
    fn of(row: &'a Deployment) -> Option<Self> {
        let (state, at) = row.latest_status.as_ref().filter(|_| is_production(&row.environment))?;
        let (good, ended) = match state.as_str() {
            "SUCCESS" => (true, *at),
            // Superseded by a later one; the status says when that was, not when it went live.
            "INACTIVE" => (true, row.created_at),
            "FAILURE" | "ERROR" => (false, *at),
            _ => return None,
        };
        let place = Some(row.environment.as_str());
        let failure = (!good).then_some(Failure { fixed_from: row.created_at, place });
        Some(Self { row, ended, good, failure })
    }

    fn is_rollback(&self) -> bool {
        let task = self.row.task.as_deref().unwrap_or_default().to_ascii_lowercase();
        ["rollback", "roll-back", "revert"].iter().any(|word| task.contains(word))
    }
}

/// Marks deployments that were live and had to be remedied.
fn fail<'a>(live: &mut [Live<'a>], pulls: &[&'a MergedPull]) {
    for index in 1..live.len() {
        if live[index].is_rollback() {
            let (before, rollback) = live.split_at_mut(index);
            let (fixed_from, place) = (rollback[0].row.created_at, rollback[0].row.environment.as_str());
            let broken = before.iter_mut().rev().find(|d| d.row.environment == place);
            if let Some(broken) = broken.filter(|d| d.failure.is_none()) {
                broken.failure = Some(Failure { fixed_from, place: Some(place) });
            }
        }
    }
    for pull in pulls.iter().filter(|pull| is_remedy(&pull.head)) {
        let broken = live.iter_mut().rev().find(|d| d.good && d.ended <= pull.created_at);
        if let Some(broken) = broken.filter(|d| d.failure.is_none()) {
            broken.failure = Some(Failure { fixed_from: pull.merged_at, place: None });
        }
    }
}

/// Branches that GitHub's Revert button and common usage name.
fn is_remedy(head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    ["revert-", "revert/", "hotfix-", "hotfix/", "rollback-", "rollback/"]
        .iter()
        .any(|prefix| head.starts_with(prefix))
}

/// How a repository attests what it builds.
///
/// # Errors
/// The gap, when neither its releases nor its pipeline could be read.
pub(crate) fn provenance(repo: &RepoEvidence, files: &Fact<&Snapshot>) -> Result<Provenance, Gap> {
    let releases = repo.activity.known().and_then(|activity| activity.releases.known());
    let newest = releases
        .as_ref()
        .map(|page| page.items.iter().find(|release| !release.is_draft && release.assets.total > 0));
    let attests = |name: &String| {
        let name = name.to_ascii_lowercase();
        name.contains("intoto") || name.contains("provenance")
    };
    if let Ok(Some(release)) = &newest
        && release.assets.items.iter().any(attests)
    {
        return Ok(Provenance::Attached);
    }
    let has = |id| files.ok().is_some_and(|files| files.ci().steps_with(id, &[]).next().is_some());
    if has(DetectorId::Provenance) {
        return Ok(Provenance::Configured);
    }
    let released = newest.map_err(Gap::clone)?.is_some();
    let files = files.known()?;
    let publishes = files.ci().steps_with(DetectorId::Publish, &[]).next().is_some();
    Ok(if released || publishes { Provenance::Missing } else { Provenance::NotShipping })
}

#[cfg(test)]
mod tests;
