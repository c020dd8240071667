//! Installations of the App: what happens when it comes, goes, or may do more.
//!
//! Every handler reads what holds now, so that events that come twice or out of order end in the same state.

use jiff::SignedDuration;
use scrutineer_aws::records::SweepMark;
use scrutineer_core::{
    Failure,
    ids::{InstallationId, Login, RepoName},
};
use scrutineer_github::app::{FailedDelivery, InstallationInfo};

use crate::{
    App,
    audit::By,
    deliveries,
    messages::{Cause, HandleEvent, InstallationChange, Subject, VerifyChange},
    orgs, outbox, overrides, policy, required_checks,
};

/// GitHub keeps deliveries for 3 days and redelivers none on its own.
const REDELIVER_WITHIN: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Between two questions about failed deliveries.
const REDELIVER_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Attempts of one delivery before it is left alone: what fails so often fails for a reason.
const MOST_ATTEMPTS: u32 = 8;

/// Does what an event asks for. Run again it finds everything done.
///
/// # Errors
/// GitHub's and the store's trouble.
pub(crate) async fn handle(app: &App, message: &HandleEvent) -> Result<(), Failure> {
    match &message.change {
        InstallationChange::Created
        | InstallationChange::Unsuspended
        | InstallationChange::RepositoriesChanged => came(app, message).await,
        InstallationChange::PermissionsAccepted => {
            policy::installation(app, message.installation)?.renew_token();
            came(app, message).await
        }
        InstallationChange::Deleted | InstallationChange::Suspended => {
            if let Some(github) = &app.github {
                github.forget(message.installation);
            }
            settle(app, message).await.map(drop)
        }
        InstallationChange::RepositoryRenamed { from, to } => {
            overrides::moved(app, from, to, &By::system("installation")).await?;
            open_pulls(app, message.installation, to, Cause::Changed).await
        }
        InstallationChange::DefaultBranchChanged { repository } => {
            require(app, message.installation, repository).await
        }
        InstallationChange::RepositoryCovered { repository } => {
            open_pulls(app, message.installation, repository, Cause::Evaluate).await?;
            require(app, message.installation, repository).await
        }
    }
}

/// The App may work for this account: its policy is pinned, and each of its repositories gets a message.
async fn came(app: &App, message: &HandleEvent) -> Result<(), Failure> {
    let Some(_) = settle(app, message).await?.filter(|info| info.suspended_at.is_none()) else {
        return Ok(());
    };
    policy::ensure_pinned(app, &message.account, &By::system("installation")).await?;
    let reader = policy::installation(app, message.installation)?.reader();
    let covered = reader.installation_repositories().await?;
    let each = |repository: RepoName| HandleEvent {
        change: InstallationChange::RepositoryCovered { repository },
        delivery: None,
        ..message.clone()
    };
    let alive = covered.into_iter().filter(|repo| repo.archived != Some(true));
    outbox::send_all(app, &alive.map(|repo| each(repo.name)).collect::<Vec<_>>()).await
}

/// Writes down which installation serves the organization now; what GitHub says of it, or none when it is gone.
async fn settle(app: &App, message: &HandleEvent) -> Result<Option<InstallationInfo>, Failure> {
    let github = app.github.as_ref().ok_or_else(policy::off)?;
    let info = github.installation_info(message.installation).await?;
    let serves = info.as_ref().filter(|info| info.suspended_at.is_none()).map(|info| info.id);
    let known = orgs::settings(app, &message.account).await?.installation;
    // A removed installation does not unset a newer one that took its place.
    if serves.is_some() || known == Some(message.installation) {
        let by = By::system("installation");
        match orgs::note_installation(app, &message.account, &by, serves).await {
            Err(failure) if failure.code() == Some("conflict") => {
                return Err(Failure::transient(failure));
            }
            other => other?,
        };
    }
    Ok(info)
}

/// A message for each open pull request.
async fn open_pulls(
    app: &App,
    installation: InstallationId,
    repository: &RepoName,
    cause: Cause,
) -> Result<(), Failure> {
    let reader = policy::installation(app, installation)?.reader();
    let pulls = reader.open_pulls(repository).await?;
    let each = |pull: &scrutineer_github::app::Pull| VerifyChange {
        installation,
        repository: repository.clone(),
        subject: Subject::Pull(pull.number),
        cause,
        delivery: None,
        round: 0,
    };
    outbox::send_all(app, &pulls.iter().map(each).collect::<Vec<_>>()).await
}

/// Required checks, where the organization granted the permission to set them up and asked for it.
async fn require(app: &App, installation: InstallationId, repository: &RepoName) -> Result<(), Failure> {
    let info = app.github.as_ref().ok_or_else(policy::off)?.installation_info(installation).await?;
    let level = info.as_ref().and_then(|info| info.permissions.get("administration"));
    if level.is_none_or(|level| level != "write") {
        return Ok(());
    }
    required_checks::apply(app, installation, repository, &By::system("installation")).await.map(drop)
}

/// Has every installed organization's open pull requests evaluated, without any effect on merging: after a new pin.
///
/// # Errors
/// When the queue does not answer.
pub async fn evaluate_open_pulls(app: &App, org: &Login) -> Result<(), Failure> {
    let Some(installation) = orgs::settings(app, org).await?.installation else { return Ok(()) };
    let message = HandleEvent {
        installation,
        account: org.clone(),
        change: InstallationChange::RepositoriesChanged,
        delivery: None,
    };
    outbox::send_all(app, &[message]).await
}

/// Asks GitHub for deliveries that we never accepted, and has them made again; every five minutes at most. Returns how
/// many.
///
/// # Errors
/// GitHub's trouble.
pub(crate) async fn redeliver_failed(app: &App) -> Result<u32, Failure> {
    let Some(github) = &app.github else { return Ok(0) };
    let now = app.clock.now();
    let mark = app.store.get(&SweepMark::key_of(SweepMark::DELIVERIES)).await?;
    if mark.as_ref().is_some_and(|mark| now.duration_since(mark.at) < REDELIVER_EVERY) {
        return Ok(0);
    }
    // An hour more than needed: attempts are counted within it, and a sweep may have been cut short.
    let since = mark.map_or(now - REDELIVER_WITHIN, |mark| mark.at - SignedDuration::from_hours(1));
    let failed: Vec<FailedDelivery> = github.failed_deliveries(since).await?;
    let mut asked = 0;
    for delivery in &failed {
        let lost = delivery.attempts >= MOST_ATTEMPTS;
        deliveries::requested(app, delivery, lost).await?;
        if lost {
            tracing::error!(delivery.id = %delivery.id, event = delivery.event, "a delivery is lost");
            continue;
        }
        github.redeliver(delivery.attempt).await?;
        tracing::info!(delivery.id = %delivery.id, event = delivery.event, "a failed delivery was asked for again");
        asked += 1;
    }
    app.store.put(&SweepMark { what: SweepMark::DELIVERIES.to_owned(), at: now }).await?;
    Ok(asked)
}

/// The installation that serves an organization.
///
/// # Errors
/// When the store does not answer.
pub async fn of_org(app: &App, org: &Login) -> Result<Option<InstallationId>, Failure> {
    Ok(orgs::settings(app, org).await?.installation)
}
