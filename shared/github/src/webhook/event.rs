//! The events that concern the product, in its own words; everything else is [`Event::Other`].

use std::collections::BTreeMap;

use scrutineer_core::ids::{
    AccountName, AppId, CheckRunId, CheckSuiteId, InstallationId, Login, PullNumber, RepoId, RepoName, Sha,
};

/// A webhook delivery's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The webhook was set up.
    Ping(Ping),
    /// A pull request came, changed or went.
    PullRequest(PullRequestEvent),
    /// The default branch has a new head.
    Push(PushEvent),
    /// The merge queue wants to know about a group.
    MergeGroup(MergeGroupEvent),
    /// A commit wants its check runs.
    CheckSuite(CheckSuiteEvent),
    /// Somebody pressed a button on a check run.
    CheckRun(CheckRunEvent),
    /// The App was installed, suspended, removed, or granted more.
    Installation(InstallationEvent),
    /// The installation covers other repositories than before.
    InstallationRepositories(InstallationRepositoriesEvent),
    /// A repository has another name, owner or default branch.
    Repository(RepositoryEvent),
    /// Nothing for us: an event or action that the product does not act on.
    Other {
        /// `X-GitHub-Event`, at most 64 characters of it.
        event: String,
        /// The payload's `action`, at most 64 characters of it.
        action: Option<String>,
    },
}

/// Where an event comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The App's installation; `None` when a repository's or organization's own webhook sent it.
    pub installation: Option<InstallationId>,
    /// The repository it is about.
    pub repo: RepositoryRef,
    /// Who caused it.
    pub sender: Option<AccountName>,
}

/// A repository as payloads name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryRef {
    /// Stays through renames.
    pub id: RepoId,
    /// The name at the time of the event.
    pub name: RepoName,
    /// `None` where the payload does not say (installation events).
    pub default_branch: Option<String>,
    /// Whether it is archived; `None` where the payload does not say.
    pub archived: Option<bool>,
    /// Whether it is private or internal.
    pub private: bool,
}

/// The webhook was set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The App the webhook belongs to; `None` for a repository's or organization's own webhook.
    pub app_id: Option<AppId>,
}

/// One side of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The commit.
    pub sha: Sha,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The repository; `None` when a fork was deleted.
    pub repo: Option<RepositoryRef>,
}

/// What happened to a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullAction {
    /// It was opened.
    Opened,
    /// Its head moved.
    Synchronize,
    /// It was opened again.
    Reopened,
    /// It is no draft any more.
    ReadyForReview,
    /// Its base is another branch; edits of title and body are [`Event::Other`].
    BaseChanged,
    /// It was closed.
    Closed {
        /// By merging.
        merged: bool,
    },
}

/// `pull_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequestEvent {
    /// Where it comes from.
    pub origin: Origin,
    /// What happened.
    pub action: PullAction,
    /// The pull request.
    pub number: PullNumber,
    /// What is to be merged.
    pub head: Side,
    /// What it is to be merged into.
    pub base: Side,
    /// Whether it is a draft.
    pub draft: bool,
    /// Who wrote it; `None` when the account is gone.
    pub author: Option<AccountName>,
}

impl PullRequestEvent {
    /// Whether the head lies in another repository, or in one that is gone.
    pub fn is_fork(&self) -> bool {
        self.head.repo.as_ref().is_none_or(|repo| repo.id != self.origin.repo.id)
    }
}

/// `push` of commits to the default branch; others are [`Event::Other`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushEvent {
    /// Where it comes from.
    pub origin: Origin,
    /// The default branch, without `refs/heads/`.
    pub branch: String,
    /// Its head before; `None` when the branch is new.
    pub before: Option<Sha>,
    /// Its head now.
    pub after: Sha,
    /// Whether history was rewritten.
    pub forced: bool,
}

/// `merge_group` / `checks_requested`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeGroupEvent {
    /// Where it comes from.
    pub origin: Origin,
    /// The commit whose checks are awaited.
    pub head_sha: Sha,
    /// The queue's branch, with `refs/heads/`.
    pub head_ref: String,
    /// What the group is to be merged into.
    pub base_sha: Sha,
    /// The branch it is to be merged into, with `refs/heads/`.
    pub base_ref: String,
}

/// A pull request as check suites and check runs list it. The list is empty for pull requests from forks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociatedPull {
    /// The pull request.
    pub number: PullNumber,
    /// Its head at the time of the event.
    pub head_sha: Sha,
    /// The commit of its base branch.
    pub base_sha: Sha,
    /// Its base branch.
    pub base_branch: String,
}

/// What is wanted of a check suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckSuiteAction {
    /// A commit was pushed.
    Requested,
    /// Somebody asked for all checks again.
    Rerequested,
}

/// `check_suite`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSuiteEvent {
    /// Where it comes from.
    pub origin: Origin,
    /// What is wanted.
    pub action: CheckSuiteAction,
    /// The suite.
    pub id: CheckSuiteId,
    /// The App it belongs to.
    pub app_id: Option<AppId>,
    /// The commit.
    pub head_sha: Sha,
    /// The branch, where there is one.
    pub head_branch: Option<String>,
    /// Pull requests of the same repository; see [`AssociatedPull`].
    pub pulls: Vec<AssociatedPull>,
}

/// What is wanted of a check run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckRunAction {
    /// Somebody asked for it again.
    Rerequested,
    /// Somebody pressed a button that the check run offers.
    RequestedAction {
        /// The button, as the check run named it.
        identifier: String,
    },
}

/// `check_run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRunEvent {
    /// Where it comes from.
    pub origin: Origin,
    /// What is wanted.
    pub action: CheckRunAction,
    /// The check run.
    pub id: CheckRunId,
    /// Its suite.
    pub suite: Option<CheckSuiteId>,
    /// The App it belongs to.
    pub app_id: Option<AppId>,
    /// Its name.
    pub name: String,
    /// The commit.
    pub head_sha: Sha,
    /// What its creator wrote there; `None` when empty.
    pub external_id: Option<String>,
    /// Pull requests of the same repository; see [`AssociatedPull`].
    pub pulls: Vec<AssociatedPull>,
}

/// What happened to an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallationAction {
    /// The App was installed.
    Created,
    /// The App was removed.
    Deleted,
    /// It may do nothing for the time being.
    Suspend,
    /// It may work again.
    Unsuspend,
    /// More permissions were granted.
    NewPermissionsAccepted,
}

/// `installation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationEvent {
    /// What happened.
    pub action: InstallationAction,
    /// The installation.
    pub id: InstallationId,
    /// The App.
    pub app_id: AppId,
    /// Where it is installed.
    pub account: Login,
    /// Whether that is an organization (else a user).
    pub is_organization: bool,
    /// Permission key → `read`, `write` or `admin`.
    pub permissions: BTreeMap<String, String>,
    /// Whether it covers every repository, the future ones too.
    pub covers_all: bool,
    /// Repositories the payload lists; may be fewer than it covers.
    pub repositories: Vec<RepositoryRef>,
    /// Who did it.
    pub sender: Option<AccountName>,
}

/// `installation_repositories`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationRepositoriesEvent {
    /// The installation.
    pub id: InstallationId,
    /// Where it is installed.
    pub account: Login,
    /// Whether it covers every repository now.
    pub covers_all: bool,
    /// Covered from now on.
    pub added: Vec<RepositoryRef>,
    /// No longer covered.
    pub removed: Vec<RepositoryRef>,
    /// Who did it.
    pub sender: Option<AccountName>,
}

/// What happened to a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryAction {
    /// It has another name.
    Renamed {
        /// Its name before.
        from: RepoName,
    },
    /// It has another owner.
    Transferred {
        /// Its owner before.
        from: Login,
    },
    /// Another branch is the default one; other edits are [`Event::Other`].
    DefaultBranchChanged {
        /// The default branch before.
        from: String,
    },
}

/// `repository`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryEvent {
    /// Where it comes from; the repository as it is now.
    pub origin: Origin,
    /// What happened.
    pub action: RepositoryAction,
}

impl Event {
    /// The installation it was delivered for.
    pub fn installation(&self) -> Option<InstallationId> {
        match self {
            Self::Installation(event) => Some(event.id),
            Self::InstallationRepositories(event) => Some(event.id),
            _ => self.origin().and_then(|origin| origin.installation),
        }
    }

    /// Where an event about one repository comes from.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::PullRequest(event) => Some(&event.origin),
            Self::Push(event) => Some(&event.origin),
            Self::MergeGroup(event) => Some(&event.origin),
            Self::CheckSuite(event) => Some(&event.origin),
            Self::CheckRun(event) => Some(&event.origin),
            Self::Repository(event) => Some(&event.origin),
            Self::Ping(_)
            | Self::Installation(_)
            | Self::InstallationRepositories(_)
            | Self::Other { .. } => None,
        }
    }
}
