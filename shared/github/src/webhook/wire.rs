//! Payloads as GitHub sends them, cut down to the fields that are read.

use std::collections::BTreeMap;

use scrutineer_core::ids::{
    AccountName, AppId, CheckRunId, CheckSuiteId, InstallationId, PullNumber, RepoId, RepoName, Sha,
};
use serde::Deserialize;

/// The `action`, which decides how the rest is read.
#[derive(Deserialize)]
pub(super) struct Action {
    pub(super) action: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Id<T> {
    pub(super) id: T,
}

#[derive(Deserialize)]
pub(super) struct Account {
    /// Text, not a name: an enterprise has none, and an odd one must not make the whole payload unreadable.
    pub(super) login: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Repo {
    pub(super) id: RepoId,
    pub(super) full_name: RepoName,
    pub(super) default_branch: Option<String>,
    pub(super) archived: Option<bool>,
    #[serde(default)]
    pub(super) private: bool,
}

/// What every payload about a repository has. Read by itself: flattening it into each payload would make serde keep
/// the rest of the payload in memory, and lose the place of an error.
#[derive(Deserialize)]
pub(super) struct Common {
    pub(super) installation: Option<Id<InstallationId>>,
    pub(super) repository: Repo,
    pub(super) sender: Option<Account>,
}

#[derive(Deserialize)]
pub(super) struct Ping {
    pub(super) hook: Hook,
}

#[derive(Deserialize)]
pub(super) struct Hook {
    pub(super) app_id: Option<AppId>,
}

#[derive(Deserialize)]
pub(super) struct Side {
    pub(super) sha: Sha,
    #[serde(rename = "ref")]
    pub(super) branch: String,
    pub(super) repo: Option<Repo>,
}

#[derive(Deserialize)]
pub(super) struct Pull {
    pub(super) head: Side,
    pub(super) base: Side,
    #[serde(default)]
    pub(super) draft: bool,
    #[serde(default)]
    pub(super) merged: Option<bool>,
    pub(super) user: Option<Account>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PullChanges {
    pub(super) base: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct PullRequest {
    pub(super) number: PullNumber,
    pub(super) pull_request: Pull,
    #[serde(default)]
    pub(super) changes: PullChanges,
}

#[derive(Deserialize)]
pub(super) struct Push {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    pub(super) before: Sha,
    pub(super) after: Sha,
    pub(super) deleted: bool,
    #[serde(default)]
    pub(super) forced: bool,
}

#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) head_sha: Sha,
    pub(super) head_ref: String,
    pub(super) base_sha: Sha,
    pub(super) base_ref: String,
}

#[derive(Deserialize)]
pub(super) struct MergeGroup {
    pub(super) merge_group: Group,
}

#[derive(Deserialize)]
pub(super) struct StubSide {
    pub(super) sha: Sha,
    #[serde(rename = "ref")]
    pub(super) branch: String,
}

#[derive(Deserialize)]
pub(super) struct PullStub {
    pub(super) number: PullNumber,
    pub(super) head: StubSide,
    pub(super) base: StubSide,
}

#[derive(Deserialize)]
pub(super) struct Suite {
    pub(super) id: CheckSuiteId,
    pub(super) head_sha: Sha,
    pub(super) head_branch: Option<String>,
    pub(super) app: Option<Id<AppId>>,
    #[serde(default)]
    pub(super) pull_requests: Vec<PullStub>,
}

#[derive(Deserialize)]
pub(super) struct CheckSuite {
    pub(super) check_suite: Suite,
}

#[derive(Deserialize)]
pub(super) struct Run {
    pub(super) id: CheckRunId,
    pub(super) name: String,
    pub(super) head_sha: Sha,
    pub(super) external_id: Option<String>,
    pub(super) app: Option<Id<AppId>>,
    pub(super) check_suite: Option<SuiteId>,
    #[serde(default)]
    pub(super) pull_requests: Vec<PullStub>,
}

#[derive(Deserialize)]
pub(super) struct SuiteId {
    pub(super) id: Option<CheckSuiteId>,
}

#[derive(Deserialize)]
pub(super) struct Button {
    pub(super) identifier: String,
}

#[derive(Deserialize)]
pub(super) struct CheckRun {
    pub(super) check_run: Run,
    pub(super) requested_action: Option<Button>,
}

#[derive(Deserialize)]
pub(super) struct Installed {
    pub(super) id: InstallationId,
    pub(super) app_id: AppId,
    pub(super) account: Account,
    pub(super) repository_selection: String,
    #[serde(default)]
    pub(super) permissions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct Installation {
    pub(super) installation: Installed,
    pub(super) repositories: Option<Vec<Repo>>,
    pub(super) sender: Option<Account>,
}

#[derive(Deserialize)]
pub(super) struct InstallationRepositories {
    pub(super) installation: Installed,
    pub(super) repositories_added: Vec<Repo>,
    pub(super) repositories_removed: Vec<Repo>,
    pub(super) sender: Option<Account>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RepositoryChanges {
    pub(super) repository: Option<Renamed>,
    pub(super) owner: Option<Moved>,
    pub(super) default_branch: Option<From>,
}

#[derive(Deserialize)]
pub(super) struct Renamed {
    pub(super) name: From,
}

#[derive(Deserialize)]
pub(super) struct From {
    pub(super) from: String,
}

#[derive(Deserialize)]
pub(super) struct Moved {
    pub(super) from: Owner,
}

#[derive(Deserialize)]
pub(super) struct Owner {
    pub(super) user: Option<Account>,
    pub(super) organization: Option<Account>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    #[serde(default)]
    pub(super) changes: RepositoryChanges,
}

impl Account {
    /// Its name, when it is one.
    pub(super) fn name(self) -> Option<AccountName> {
        self.login.and_then(|login| login.parse().ok())
    }
}
