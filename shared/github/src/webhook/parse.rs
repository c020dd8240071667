//! From bytes to [`Event`]: bounded, then read by `serde` into [`super::wire`], then turned into our own words.

use serde::de::DeserializeOwned;
use thiserror::Error;

use super::{
    AssociatedPull, CheckRunAction, CheckRunEvent, CheckSuiteAction, CheckSuiteEvent, DEEPEST, Event,
    InstallationAction, InstallationEvent, InstallationRepositoriesEvent, LONGEST_BODY, MergeGroupEvent,
    Origin, Ping, PullAction, PullRequestEvent, PushEvent, RepositoryAction, RepositoryEvent, RepositoryRef,
    Side, wire,
};

/// Why a payload cannot be read. The caller answers 400 (413 for [`EventError::TooLarge`]).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EventError {
    /// Longer than [`LONGEST_BODY`].
    #[error("the payload is longer than {LONGEST_BODY} bytes")]
    TooLarge,
    /// Nested deeper than [`DEEPEST`].
    #[error("the payload is nested deeper than {DEEPEST} levels")]
    TooDeep,
    /// No JSON, or without a field that GitHub always sends.
    #[error("the payload cannot be read at `{path}` (line {line}, column {column}): {reason}")]
    Unreadable {
        /// The field, from the root: `pull_request.head.sha`.
        path: String,
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// What is wrong, at most 200 characters.
        reason: String,
    },
}

/// Names are kept for the log, which no payload may flood.
const LONGEST_NAME: usize = 64;

const LONGEST_REASON: usize = 200;

impl Event {
    /// Reads the payload of `event` (`X-GitHub-Event`). Events and actions without meaning for the product are
    /// [`Event::Other`]; their payload must be JSON and nothing more.
    ///
    /// # Errors
    /// [`EventError`]: too long, too deep, no JSON, or without a field that the event always has.
    pub fn parse(event: &str, body: &[u8]) -> Result<Self, EventError> {
        if body.len() > LONGEST_BODY {
            return Err(EventError::TooLarge);
        }
        // serde_json bounds what it reads into a type, not what it skips.
        if is_deeper_than(body, DEEPEST) {
            return Err(EventError::TooDeep);
        }
        let wire::Action { action } = read(body)?;
        let payload = Payload { event, action: action.as_deref(), body };
        let known = match event {
            "ping" => payload.ping()?,
            "pull_request" => payload.pull_request()?,
            "push" => payload.push()?,
            "merge_group" => payload.merge_group()?,
            "check_suite" => payload.check_suite()?,
            "check_run" => payload.check_run()?,
            "installation" => payload.installation()?,
            "installation_repositories" => payload.installation_repositories()?,
            "repository" => payload.repository()?,
            _ => None,
        };
        Ok(known.unwrap_or_else(|| payload.other()))
    }
}

/// A payload whose action is known. Its readers return `None` for what the product does not act on.
struct Payload<'a> {
    event: &'a str,
    action: Option<&'a str>,
    body: &'a [u8],
}

type Known = Result<Option<Event>, EventError>;

impl Payload<'_> {
    fn other(&self) -> Event {
        Event::Other {
            event: cut(self.event, LONGEST_NAME),
            action: self.action.map(|action| cut(action, LONGEST_NAME)),
        }
    }

    fn origin(&self) -> Result<Origin, EventError> {
        let wire::Common { installation, repository, sender } = read(self.body)?;
        Ok(Origin {
            installation: installation.map(|installation| installation.id),
            repo: repository.into(),
            sender: sender.and_then(wire::Account::name),
        })
    }

    fn ping(&self) -> Known {
        let wire::Ping { hook } = read(self.body)?;
        Ok(Some(Event::Ping(Ping { app_id: hook.app_id })))
    }

    fn pull_request(&self) -> Known {
        let Some(action) = self.action else { return Ok(None) };
        let known = ["opened", "synchronize", "reopened", "ready_for_review", "edited", "closed"];
        if !known.contains(&action) {
            return Ok(None);
        }
        let wire::PullRequest { number, pull_request: pull, changes } = read(self.body)?;
        let action = match action {
            "opened" => PullAction::Opened,
            "synchronize" => PullAction::Synchronize,
            "reopened" => PullAction::Reopened,
            "ready_for_review" => PullAction::ReadyForReview,
            "closed" => PullAction::Closed { merged: pull.merged == Some(true) },
            _ if changes.base.is_some() => PullAction::BaseChanged,
            _ => return Ok(None),
        };
        Ok(Some(Event::PullRequest(PullRequestEvent {
            origin: self.origin()?,
            action,
            number,
            head: pull.head.into(),
            base: pull.base.into(),
            draft: pull.draft,
            author: pull.user.and_then(wire::Account::name),
        })))
    }

    fn push(&self) -> Known {
        let wire::Push { reference, before, after, deleted, forced } = read(self.body)?;
        let origin = self.origin()?;
        let Some(branch) = reference.strip_prefix("refs/heads/") else { return Ok(None) };
        if deleted || origin.repo.default_branch.as_deref() != Some(branch) {
            return Ok(None);
        }
        let branch = branch.to_owned();
        let existed = before.as_str().bytes().any(|digit| digit != b'0');
        Ok(Some(Event::Push(PushEvent { origin, branch, before: existed.then_some(before), after, forced })))
    }

    fn merge_group(&self) -> Known {
        if self.action != Some("checks_requested") {
            return Ok(None);
        }
        let wire::MergeGroup { merge_group: group } = read(self.body)?;
        Ok(Some(Event::MergeGroup(MergeGroupEvent {
            origin: self.origin()?,
            head_sha: group.head_sha,
            head_ref: group.head_ref,
            base_sha: group.base_sha,
            base_ref: group.base_ref,
        })))
    }

    fn check_suite(&self) -> Known {
        let action = match self.action {
            Some("requested") => CheckSuiteAction::Requested,
            Some("rerequested") => CheckSuiteAction::Rerequested,
            _ => return Ok(None),
        };
        let wire::CheckSuite { check_suite: suite } = read(self.body)?;
        Ok(Some(Event::CheckSuite(CheckSuiteEvent {
            origin: self.origin()?,
            action,
            id: suite.id,
            app_id: suite.app.map(|app| app.id),
            head_sha: suite.head_sha,
            head_branch: suite.head_branch,
            pulls: suite.pull_requests.into_iter().map(Into::into).collect(),
        })))
    }

    fn check_run(&self) -> Known {
        if !matches!(self.action, Some("rerequested" | "requested_action")) {
            return Ok(None);
        }
        let wire::CheckRun { check_run: run, requested_action } = read(self.body)?;
        let action = match (self.action, requested_action) {
            (Some("requested_action"), Some(button)) => {
                CheckRunAction::RequestedAction { identifier: button.identifier }
            }
            (Some("requested_action"), None) => return Err(missing("requested_action")),
            _ => CheckRunAction::Rerequested,
        };
        Ok(Some(Event::CheckRun(CheckRunEvent {
            origin: self.origin()?,
            action,
            id: run.id,
            suite: run.check_suite.and_then(|suite| suite.id),
            app_id: run.app.map(|app| app.id),
            name: run.name,
            head_sha: run.head_sha,
            external_id: run.external_id.filter(|id| !id.is_empty()),
            pulls: run.pull_requests.into_iter().map(Into::into).collect(),
        })))
    }

    fn installation(&self) -> Known {
        let action = match self.action {
            Some("created") => InstallationAction::Created,
            Some("deleted") => InstallationAction::Deleted,
            Some("suspend") => InstallationAction::Suspend,
            Some("unsuspend") => InstallationAction::Unsuspend,
            Some("new_permissions_accepted") => InstallationAction::NewPermissionsAccepted,
            _ => return Ok(None),
        };
        let wire::Installation { installation, repositories, sender } = read(self.body)?;
        // An installation on an enterprise has no login and no repositories: nothing to verify there.
        let Some(login) = installation.account.login else { return Ok(None) };
        Ok(Some(Event::Installation(InstallationEvent {
            action,
            id: installation.id,
            app_id: installation.app_id,
            account: login.parse().map_err(|_| missing("installation.account.login"))?,
            is_organization: installation.account.kind.as_deref() == Some("Organization"),
            permissions: installation.permissions,
            covers_all: installation.repository_selection == "all",
            repositories: repositories.into_iter().flatten().map(Into::into).collect(),
            sender: sender.and_then(wire::Account::name),
        })))
    }

    fn installation_repositories(&self) -> Known {
        if !matches!(self.action, Some("added" | "removed")) {
            return Ok(None);
        }
        let payload: wire::InstallationRepositories = read(self.body)?;
        let Some(login) = payload.installation.account.login else { return Ok(None) };
        Ok(Some(Event::InstallationRepositories(InstallationRepositoriesEvent {
            id: payload.installation.id,
            account: login.parse().map_err(|_| missing("installation.account.login"))?,
            covers_all: payload.installation.repository_selection == "all",
            added: payload.repositories_added.into_iter().map(Into::into).collect(),
            removed: payload.repositories_removed.into_iter().map(Into::into).collect(),
            sender: payload.sender.and_then(wire::Account::name),
        })))
    }

    fn repository(&self) -> Known {
        if !matches!(self.action, Some("renamed" | "transferred" | "edited")) {
            return Ok(None);
        }
        let wire::Repository { changes } = read(self.body)?;
        let origin = self.origin()?;
        let action = match (self.action, changes) {
            (Some("renamed"), wire::RepositoryChanges { repository: Some(before), .. }) => {
                let from = format!("{}/{}", origin.repo.name.owner(), before.name.from);
                let from = from.parse().map_err(|_| missing("changes.repository.name.from"))?;
                RepositoryAction::Renamed { from }
            }
            (Some("renamed"), _) => return Err(missing("changes.repository.name.from")),
            (Some("transferred"), wire::RepositoryChanges { owner: Some(before), .. }) => {
                let owner = before.from.organization.or(before.from.user).and_then(|owner| owner.login);
                let owner = owner.and_then(|login| login.parse().ok());
                RepositoryAction::Transferred { from: owner.ok_or_else(|| missing("changes.owner.from"))? }
            }
            (Some("transferred"), _) => return Err(missing("changes.owner.from")),
            (_, wire::RepositoryChanges { default_branch: Some(before), .. }) => {
                RepositoryAction::DefaultBranchChanged { from: before.from }
            }
            _ => return Ok(None),
        };
        Ok(Some(Event::Repository(RepositoryEvent { origin, action })))
    }
}

impl From<wire::Repo> for RepositoryRef {
    fn from(repo: wire::Repo) -> Self {
        Self {
            id: repo.id,
            name: repo.full_name,
            default_branch: repo.default_branch,
            archived: repo.archived,
            private: repo.private,
        }
    }
}

impl From<wire::Side> for Side {
    fn from(side: wire::Side) -> Self {
        Self { sha: side.sha, branch: side.branch, repo: side.repo.map(Into::into) }
    }
}

impl From<wire::PullStub> for AssociatedPull {
    fn from(pull: wire::PullStub) -> Self {
        Self {
            number: pull.number,
            head_sha: pull.head.sha,
            base_sha: pull.base.sha,
            base_branch: pull.base.branch,
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, EventError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let unreadable = |path: String, error: &serde_json::Error| EventError::Unreadable {
        path: cut(&path, LONGEST_REASON),
        line: error.line(),
        column: error.column(),
        reason: cut(&error.to_string(), LONGEST_REASON),
    };
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| unreadable(error.path().to_string(), error.inner()))?;
    json.end().map_err(|error| unreadable(".".to_owned(), &error))?;
    Ok(value)
}

/// A field that only some actions have, so that its type cannot demand it.
fn missing(path: &str) -> EventError {
    EventError::Unreadable {
        path: path.to_owned(),
        line: 0,
        column: 0,
        reason: "missing or unusable".to_owned(),
    }
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

/// Whether arrays and objects are nested deeper than this. What is no JSON is left to the parser.
fn is_deeper_than(body: &[u8], deepest: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > deepest {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}
