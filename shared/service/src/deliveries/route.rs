//! Which job an event is. An event or action gets its meaning here, and only here.

use scrutineer_core::ids::DeliveryId;
use scrutineer_github::webhook::{
    AssociatedPull, CheckRunAction, CheckSuiteAction, Event, InstallationAction, Origin, PullAction,
    RepositoryAction,
};

use super::Job;
use crate::messages::{Cause, HandleEvent, InstallationChange, Subject, VerifyChange};

/// The button that check runs of ours offer.
pub(crate) const RERUN: &str = "rerun";

/// The job of an event; none when nothing is to be done. An event without an installation comes from a repository's
/// own webhook: the App has no right to act on it.
pub(crate) fn job(event: &Event, delivery: &DeliveryId) -> Option<Job> {
    match event {
        Event::PullRequest(event) => {
            let cause = match event.action {
                PullAction::Closed { .. } => Cause::Closed,
                _ => Cause::Changed,
            };
            verify(&event.origin, Subject::Pull(event.number), cause, delivery)
        }
        Event::Push(event) => {
            let subject = Subject::Branch { name: event.branch.clone(), sha: event.after.clone() };
            verify(&event.origin, subject, Cause::Changed, delivery)
        }
        Event::MergeGroup(event) => {
            let subject = Subject::MergeGroup {
                sha: event.head_sha.clone(),
                base: event.base_sha.clone(),
                reference: event.head_ref.clone(),
            };
            verify(&event.origin, subject, Cause::Changed, delivery)
        }
        Event::CheckSuite(event) => {
            let cause = match event.action {
                CheckSuiteAction::Requested => Cause::Changed,
                CheckSuiteAction::Rerequested => Cause::Rerun,
            };
            let subject = Subject::Head { sha: event.head_sha.clone(), pulls: numbers(&event.pulls) };
            verify(&event.origin, subject, cause, delivery)
        }
        Event::CheckRun(event) => {
            if matches!(&event.action, CheckRunAction::RequestedAction { identifier } if identifier != RERUN)
            {
                return None;
            }
            let subject = Subject::Head { sha: event.head_sha.clone(), pulls: numbers(&event.pulls) };
            verify(&event.origin, subject, Cause::Rerun, delivery)
        }
        Event::Installation(_) | Event::InstallationRepositories(_) | Event::Repository(_) => {
            installation(event, delivery).map(Job::Event)
        }
        Event::Ping(_) | Event::Other { .. } => None,
    }
}

fn verify(origin: &Origin, subject: Subject, cause: Cause, delivery: &DeliveryId) -> Option<Job> {
    Some(Job::Verify(VerifyChange {
        installation: origin.installation?,
        repository: origin.repo.name.clone(),
        subject,
        cause,
        delivery: Some(delivery.clone()),
        round: 0,
    }))
}

fn installation(event: &Event, delivery: &DeliveryId) -> Option<HandleEvent> {
    let (account, change) = match event {
        Event::Installation(event) => {
            let change = match event.action {
                InstallationAction::Created => InstallationChange::Created,
                InstallationAction::Deleted => InstallationChange::Deleted,
                InstallationAction::Suspend => InstallationChange::Suspended,
                InstallationAction::Unsuspend => InstallationChange::Unsuspended,
                InstallationAction::NewPermissionsAccepted => InstallationChange::PermissionsAccepted,
            };
            (event.account.clone(), change)
        }
        Event::InstallationRepositories(event) => {
            (event.account.clone(), InstallationChange::RepositoriesChanged)
        }
        Event::Repository(event) => {
            let repository = event.origin.repo.name.clone();
            let account = repository.owner().parse().ok()?;
            let change = match &event.action {
                RepositoryAction::Renamed { from } => {
                    InstallationChange::RepositoryRenamed { from: from.clone(), to: repository }
                }
                RepositoryAction::Transferred { from } => {
                    let from = format!("{from}/{}", repository.name()).parse().ok()?;
                    InstallationChange::RepositoryRenamed { from, to: repository }
                }
                RepositoryAction::DefaultBranchChanged { .. } => {
                    InstallationChange::DefaultBranchChanged { repository }
                }
            };
            (account, change)
        }
        _ => return None,
    };
    let installation = event.installation()?;
    Some(HandleEvent { installation, account, change, delivery: Some(delivery.clone()) })
}

fn numbers(pulls: &[AssociatedPull]) -> Vec<scrutineer_core::ids::PullNumber> {
    pulls.iter().map(|pull| pull.number).collect()
}

/// The action of an event, for the log of deliveries.
pub(crate) fn action(event: &Event) -> Option<String> {
    let known = match event {
        Event::Other { action, .. } => return action.clone(),
        Event::PullRequest(event) => match event.action {
            PullAction::Opened => "opened",
            PullAction::Synchronize => "synchronize",
            PullAction::Reopened => "reopened",
            PullAction::ReadyForReview => "ready_for_review",
            PullAction::BaseChanged => "edited",
            PullAction::Closed { .. } => "closed",
        },
        Event::CheckSuite(event) => match event.action {
            CheckSuiteAction::Requested => "requested",
            CheckSuiteAction::Rerequested => "rerequested",
        },
        Event::CheckRun(event) => match event.action {
            CheckRunAction::Rerequested => "rerequested",
            CheckRunAction::RequestedAction { .. } => "requested_action",
        },
        Event::MergeGroup(_) => "checks_requested",
        Event::Installation(event) => match event.action {
            InstallationAction::Created => "created",
            InstallationAction::Deleted => "deleted",
            InstallationAction::Suspend => "suspend",
            InstallationAction::Unsuspend => "unsuspend",
            InstallationAction::NewPermissionsAccepted => "new_permissions_accepted",
        },
        Event::Repository(event) => match event.action {
            RepositoryAction::Renamed { .. } => "renamed",
            RepositoryAction::Transferred { .. } => "transferred",
            RepositoryAction::DefaultBranchChanged { .. } => "edited",
        },
        Event::Ping(_) | Event::Push(_) | Event::InstallationRepositories(_) => return None,
    };
    Some(known.to_owned())
}
