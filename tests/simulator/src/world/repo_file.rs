//! A repository's YAML. Everything has a default: an empty file is a private repository with twenty quiet commits.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::archive::ArchiveFile;

/// A point in time. A newtype only because the defaults below need the world's now, see [`RepoFile::settle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Default for Moment {
    fn default() -> Self {
        Self(Timestamp::UNIX_EPOCH)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Visibility {
    #[default]
    Private,
    Internal,
    Public,
}

impl Visibility {
    pub(crate) fn rest(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

/// The repository's settings and everything around its files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RepoFile {
    pub(crate) id: Option<u64>,
    pub(crate) description: Option<String>,
    pub(crate) visibility: Visibility,
    pub(crate) archived: bool,
    pub(crate) empty: bool,
    pub(crate) fork_of: Option<String>,
    pub(crate) template: bool,
    pub(crate) mirror_url: Option<String>,
    pub(crate) default_branch: Option<String>,
    pub(crate) topics: Vec<String>,
    pub(crate) homepage: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) created: Moment,
    pub(crate) pushed: Moment,
    pub(crate) updated: Option<Moment>,
    /// Kilobytes; the size of the tree when absent.
    pub(crate) disk_usage: Option<u64>,
    pub(crate) features: Features,
    pub(crate) merge: Merge,
    pub(crate) web_commit_signoff: bool,
    pub(crate) allow_forking: bool,
    pub(crate) license: Option<String>,
    /// `security_and_analysis`: feature → enabled; a feature not named is disabled.
    pub(crate) security: BTreeMap<String, bool>,
    pub(crate) vulnerability_alerts: bool,
    pub(crate) custom_properties: Map<String, Value>,
    /// Fields of GraphQL's `BranchProtectionRule`.
    pub(crate) protection: Option<Map<String, Value>>,
    pub(crate) rulesets: Vec<Ruleset>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) deploy_keys: Vec<DeployKey>,
    pub(crate) collaborators: Vec<Collaborator>,
    /// Use the file tree of that repository folder instead of an own one.
    pub(crate) tree: Option<String>,
    pub(crate) links: BTreeMap<String, String>,
    pub(crate) modes: BTreeMap<String, u32>,
    pub(crate) archive: Option<ArchiveFile>,
    pub(crate) commits: Vec<Commit>,
    pub(crate) pull_requests: Vec<PullRequest>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) releases: Vec<Release>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) branches: Vec<String>,
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) discussions: Vec<Discussion>,
    pub(crate) labels: Vec<String>,
    pub(crate) projects: u32,
    pub(crate) secrets: Vec<Value>,
    pub(crate) secret_alerts: Vec<Value>,
    pub(crate) code_alerts: Vec<Value>,
    pub(crate) dependabot_alerts: Vec<Value>,
    pub(crate) code_scanning_default_setup: Option<Value>,
    pub(crate) rule_suites: Vec<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Features {
    pub(crate) wiki: bool,
    pub(crate) issues: bool,
    pub(crate) discussions: bool,
    pub(crate) projects: bool,
    pub(crate) pages: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self { wiki: false, issues: true, discussions: false, projects: true, pages: false }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Merge {
    pub(crate) merge_commit: bool,
    pub(crate) squash: bool,
    pub(crate) rebase: bool,
    pub(crate) auto_merge: bool,
    pub(crate) delete_branch: bool,
}

impl Default for Merge {
    fn default() -> Self {
        Self { merge_commit: true, squash: true, rebase: true, auto_merge: false, delete_branch: false }
    }
}

/// A repository or organization ruleset, in GraphQL's words.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ruleset {
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) enforcement: String,
    pub(crate) include: Vec<String>,
    pub(crate) exclude: Vec<String>,
    /// Only for organization rulesets: globs of repository names.
    pub(crate) repositories: Vec<String>,
    pub(crate) bypass: Vec<Map<String, Value>>,
    pub(crate) rules: Vec<Rule>,
}

impl Default for Ruleset {
    fn default() -> Self {
        Self {
            name: "ruleset".into(),
            target: "BRANCH".into(),
            enforcement: "ACTIVE".into(),
            include: vec!["~DEFAULT_BRANCH".into()],
            exclude: vec![],
            repositories: vec!["*".into()],
            bypass: vec![],
            rules: vec![],
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) parameters: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    pub(crate) name: String,
    /// GraphQL `DeploymentProtectionRule`s.
    #[serde(default)]
    pub(crate) protection: Vec<Map<String, Value>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeployKey {
    pub(crate) title: String,
    pub(crate) read_only: bool,
    pub(crate) enabled: bool,
    pub(crate) created: Moment,
}

impl Default for DeployKey {
    fn default() -> Self {
        Self { title: "deploy".into(), read_only: true, enabled: true, created: Moment::default() }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collaborator {
    pub(crate) login: String,
    /// READ, TRIAGE, WRITE, MAINTAIN or ADMIN.
    #[serde(default = "write")]
    pub(crate) permission: String,
    #[serde(default)]
    pub(crate) outside: bool,
}

fn write() -> String {
    "WRITE".into()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Commit {
    pub(crate) author: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) date: Moment,
    pub(crate) signed: bool,
    pub(crate) suites: Vec<Suite>,
    /// `context: STATE`, or `context: STATE description`.
    pub(crate) statuses: BTreeMap<String, String>,
    /// Number of the pull request that brought it.
    pub(crate) pull_request: Option<u64>,
    /// Paths it touched, where that matters.
    pub(crate) files: Vec<String>,
}

/// A check suite; with `path` it is a workflow run.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Suite {
    pub(crate) app: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) status: String,
    pub(crate) seconds: i64,
    pub(crate) event: String,
    pub(crate) workflow: String,
    pub(crate) path: String,
    pub(crate) runs: Vec<String>,
}

impl Default for Suite {
    fn default() -> Self {
        Self {
            app: "github-actions".into(),
            conclusion: Some("SUCCESS".into()),
            status: "COMPLETED".into(),
            seconds: 240,
            event: "push".into(),
            workflow: "ci".into(),
            path: ".github/workflows/ci.yml".into(),
            runs: vec!["build".into()],
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PullRequest {
    pub(crate) number: Option<u64>,
    pub(crate) title: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) created: Moment,
    pub(crate) merged: Option<Moment>,
    pub(crate) closed: bool,
    pub(crate) updated: Option<Moment>,
    pub(crate) draft: bool,
    pub(crate) additions: Option<u64>,
    pub(crate) deletions: u64,
    pub(crate) files: Option<u64>,
    pub(crate) branch: Option<String>,
    pub(crate) merged_by: Option<String>,
    pub(crate) checks: Option<String>,
    pub(crate) reviews: Vec<Review>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Review {
    pub(crate) author: String,
    #[serde(default = "approved")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) at: Option<Moment>,
}

fn approved() -> String {
    "APPROVED".into()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Issue {
    pub(crate) title: String,
    pub(crate) created: Moment,
    pub(crate) updated: Option<Moment>,
    pub(crate) closed: bool,
    pub(crate) labels: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Release {
    pub(crate) tag: String,
    pub(crate) published: Moment,
    pub(crate) description: Option<String>,
    pub(crate) assets: Vec<String>,
    pub(crate) draft: bool,
    pub(crate) prerelease: bool,
    pub(crate) signed: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) date: Moment,
    #[serde(default)]
    pub(crate) annotated: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deployment {
    pub(crate) environment: String,
    pub(crate) created: Moment,
    #[serde(default = "success")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) task: Option<String>,
}

fn success() -> String {
    "SUCCESS".into()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discussion {
    pub(crate) created: Moment,
}

impl RepoFile {
    /// Fills what defaults cannot know: dates relative to now, and a history for a repository that states none.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        let day = SignedDuration::from_hours(24);
        let or = |moment: &mut Moment, ago: i32| {
            if *moment == Moment::default() {
                *moment = Moment(now - day * ago);
            }
        };
        or(&mut self.created, 730);
        or(&mut self.pushed, 1);
        self.deploy_keys.iter_mut().for_each(|key| or(&mut key.created, 100));
        self.pull_requests.iter_mut().for_each(|pull| or(&mut pull.created, 3));
        self.issues.iter_mut().for_each(|issue| or(&mut issue.created, 30));
        self.releases.iter_mut().for_each(|release| or(&mut release.published, 30));
        if self.commits.is_empty() {
            self.commits = vec![Commit::default(); 20];
        }
        for (index, commit) in self.commits.iter_mut().enumerate() {
            if commit.date == Moment::default() {
                commit.date = Moment(self.pushed.0 - day * i32::try_from(index).unwrap_or(0));
            }
        }
    }

    pub(crate) fn branch(&self) -> &str {
        self.default_branch.as_deref().unwrap_or("main")
    }

    pub(crate) fn updated_at(&self) -> Timestamp {
        self.updated.unwrap_or(self.pushed).0
    }
}
