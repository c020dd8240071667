//! Payloads as GitHub sends them, cut down to the fields that are read.

use std::collections::BTreeMap;

use scrutineer_core::ids::{
    AccountName, AppId, CheckRunId, CheckSuiteId, InstallationId, PullNumber, RepoId, RepoName, Sha,
};
use serde::Deserialize;

/// The `action`, which decides how the rest is read.
#[derive(Deserialize)]
pub(crate) struct Action {
    pub(crate) action: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Id<T> {
    pub(crate) id: T,
}

#[derive(Deserialize)]
pub(crate) struct Account {
    /// Text, not a name: an enterprise has none, and an odd one must not make the whole payload unreadable.
    pub(crate) login: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Repo {
    pub(crate) id: RepoId,
    pub(crate) full_name: RepoName,
    pub(crate) default_branch: Option<String>,
    pub(crate) archived: Option<bool>,
    #[serde(default)]
    pub(crate) private: bool,
}

/// What every payload about a repository has. Read by itself: flattening it into each payload would make serde keep
/// the rest of the payload in memory, and lose the place of an error.
#[derive(Deserialize)]
pub(crate) struct Common {
    pub(crate) installation: Option<Id<InstallationId>>,
    pub(crate) repository: Repo,
    pub(crate) sender: Option<Account>,
}

#[derive(Deserialize)]
pub(crate) struct Ping {
    pub(crate) hook: Hook,
}

#[derive(Deserialize)]
pub(crate) struct Hook {
    pub(crate) app_id: Option<AppId>,
}

#[derive(Deserialize)]
pub(crate) struct Side {
    pub(crate) sha: Sha,
    #[serde(rename = "ref")]
    pub(crate) branch: String,
    pub(crate) repo: Option<Repo>,
}

#[derive(Deserialize)]
pub(crate) struct Pull {
    pub(crate) head: Side,
    pub(crate) base: Side,
    #[serde(default)]
    pub(crate) draft: bool,
    #[serde(default)]
    pub(crate) merged: Option<bool>,
    pub(crate) user: Option<Account>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct PullChanges {
    pub(crate) base: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(crate) struct PullRequest {
    pub(crate) number: PullNumber,
    pub(crate) pull_request: Pull,
    #[serde(default)]
    pub(crate) changes: PullChanges,
}

#[derive(Deserialize)]
pub(crate) struct Push {
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    pub(crate) before: Sha,
    pub(crate) after: Sha,
    pub(crate) deleted: bool,
    #[serde(default)]
    pub(crate) forced: bool,
}

#[derive(Deserialize)]
pub(crate) struct Group {
    pub(crate) head_sha: Sha,
    pub(crate) head_ref: String,
    pub(crate) base_sha: Sha,
    pub(crate) base_ref: String,
}

#[derive(Deserialize)]
pub(crate) struct MergeGroup {
    pub(crate) merge_group: Group,
}

#[derive(Deserialize)]
pub(crate) struct StubSide {
    pub(crate) sha: Sha,
    #[serde(rename = "ref")]
    pub(crate) branch: String,
}

#[derive(Deserialize)]
pub(crate) struct PullStub {
    pub(crate) number: PullNumber,
    pub(crate) head: StubSide,
    pub(crate) base: StubSide,
}

#[derive(Deserialize)]
pub(crate) struct Suite {
    pub(crate) id: CheckSuiteId,
    pub(crate) head_sha: Sha,
    pub(crate) head_branch: Option<String>,
    pub(crate) app: Option<Id<AppId>>,
    #[serde(default)]
    pub(crate) pull_requests: Vec<PullStub>,
}

#[derive(Deserialize)]
pub(crate) struct CheckSuite {
    pub(crate) check_suite: Suite,
}

#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) id: CheckRunId,
    pub(crate) name: String,
    pub(crate) head_sha: Sha,
    pub(crate) external_id: Option<String>,
    pub(crate) app: Option<Id<AppId>>,
    pub(crate) check_suite: Option<SuiteId>,
    #[serde(default)]
    pub(crate) pull_requests: Vec<PullStub>,
}

#[derive(Deserialize)]
pub(crate) struct SuiteId {
    pub(crate) id: Option<CheckSuiteId>,
}

#[derive(Deserialize)]
pub(crate) struct Button {
    pub(crate) identifier: String,
}

#[derive(Deserialize)]
pub(crate) struct CheckRun {
    pub(crate) check_run: Run,
    pub(crate) requested_action: Option<Button>,
}

#[derive(Deserialize)]
pub(crate) struct Installed {
    pub(crate) id: InstallationId,
    pub(crate) app_id: AppId,
    pub(crate) account: Account,
    pub(crate) repository_selection: String,
    #[serde(default)]
    pub(crate) permissions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(crate) struct Installation {
    pub(crate) installation: Installed,
    pub(crate) repositories: Option<Vec<Repo>>,
    pub(crate) sender: Option<Account>,
}

#[derive(Deserialize)]
pub(crate) struct InstallationRepositories {
    pub(crate) installation: Installed,
    pub(crate) repositories_added: Vec<Repo>,
    pub(crate) repositories_removed: Vec<Repo>,
    pub(crate) sender: Option<Account>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct RepositoryChanges {
    pub(crate) repository: Option<Renamed>,
    pub(crate) owner: Option<Moved>,
    pub(crate) default_branch: Option<From>,
}

#[derive(Deserialize)]
pub(crate) struct Renamed {
    pub(crate) name: From,
}

#[derive(Deserialize)]
pub(crate) struct From {
    pub(crate) from: String,
}

#[derive(Deserialize)]
pub(crate) struct Moved {
    pub(crate) from: Owner,
}

#[derive(Deserialize)]
pub(crate) struct Owner {
    pub(crate) user: Option<Account>,
    pub(crate) organization: Option<Account>,
}

#[derive(Deserialize)]
pub(crate) struct Repository {
    #[serde(default)]
    pub(crate) changes: RepositoryChanges,
}

impl Account {
    /// Its name, when it is one.
    pub(crate) fn name(self) -> Option<AccountName> {
        self.login.and_then(|login| login.parse().ok())
    }
}
