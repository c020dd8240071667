//! GraphQL `RepoActivity`: pull requests, releases, deployments and recent commits; read when something moved.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;
use crate::fact::Fact;

/// What happened in a repository lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoActivity {
    /// The 30 most recently updated merged pull requests.
    pub merged: Fact<Page<MergedPull>>,
    /// The 30 oldest open pull requests.
    pub open: Fact<Page<OpenPull>>,
    /// Open issues: `updatedAt` of the five stalest, and the total.
    pub stale_issues: Fact<Page<Timestamp>>,
    /// Open issues with a technical-debt label.
    pub debt_issues: Fact<u64>,
    /// The five newest releases.
    pub releases: Fact<Page<Release>>,
    /// Tags, newest first.
    pub tags: Fact<Page<Tag>>,
    /// Names of branches, at most 100.
    pub branches: Fact<Page<String>>,
    /// The 20 newest deployments.
    pub deployments: Fact<Page<Deployment>>,
    /// Commit statuses of the head commit.
    pub head_statuses: Fact<Vec<HeadStatus>>,
    /// Check suites of the head commit.
    pub head_suites: Fact<Vec<HeadSuite>>,
    /// The last 20 commits of the default branch.
    pub commits: Fact<Page<Commit>>,
}

/// An author: a login, and whether GitHub calls it a bot. `None` where the account is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Login, without `[bot]`.
    pub login: String,
    /// `__typename == Bot`.
    pub is_bot: bool,
}

/// A merged pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedPull {
    /// Number.
    pub number: u64,
    /// Opened.
    pub created_at: Timestamp,
    /// Merged.
    pub merged_at: Timestamp,
    /// Added lines.
    pub additions: u64,
    /// Deleted lines.
    pub deletions: u64,
    /// Changed files.
    pub changed_files: u64,
    /// `baseRefName`.
    pub base: String,
    /// `headRefName`.
    pub head: String,
    /// Who opened it.
    pub author: Option<Author>,
    /// Who merged it.
    pub merged_by: Option<String>,
    /// `statusCheckRollup.state`, e.g. `SUCCESS`; `None` when nothing ran. Needs `checks:read`.
    pub checks: Fact<Option<String>>,
    /// The first five reviews, and the total.
    pub reviews: Page<Review>,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// `state`: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`.
    pub state: String,
    /// When.
    pub submitted_at: Option<Timestamp>,
    /// By whom.
    pub author: Option<Author>,
}

/// An open pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPull {
    /// Number.
    pub number: u64,
    /// Opened.
    pub created_at: Timestamp,
    /// Last touched.
    pub updated_at: Timestamp,
    /// Draft.
    pub is_draft: bool,
    /// `headRefName`.
    pub head: String,
    /// Who opened it.
    pub author: Option<Author>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Tag.
    pub tag: String,
    /// Draft.
    pub is_draft: bool,
    /// Pre-release.
    pub is_prerelease: bool,
    /// Created.
    pub created_at: Timestamp,
    /// Published.
    pub published_at: Option<Timestamp>,
    /// Length of the description in characters.
    pub description_chars: u64,
    /// Whether the tagged commit carries a valid signature.
    pub signed_commit: bool,
    /// Asset file names.
    pub assets: Page<String>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Name without `refs/tags/`.
    pub name: String,
    /// Tagger date of an annotated tag.
    pub tagged_at: Option<Timestamp>,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Environment name.
    pub environment: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// `task`, e.g. `deploy`.
    pub task: Option<String>,
    /// Branch or tag name.
    pub git_ref: Option<String>,
    /// `latestStatus.state`, e.g. `SUCCESS`, and its time.
    pub latest_status: Option<(String, Timestamp)>,
}

/// A commit status of the head commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HeadStatus {
    /// `context`, e.g. `codecov/project`.
    pub context: String,
    /// `state`, e.g. `SUCCESS`.
    pub state: String,
    /// `description`, e.g. `85.2% (+0.1%)`.
    pub description: Option<String>,
}

/// A check suite of the head commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadSuite {
    /// `app.slug`.
    pub app: Option<String>,
    /// `conclusion`.
    pub conclusion: Option<String>,
    /// `(name, title, conclusion)` of its check runs.
    pub runs: Vec<(String, Option<String>, Option<String>)>,
}

/// A commit of the default branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Object id.
    pub oid: String,
    /// Committed.
    pub committed_at: Timestamp,
    /// Author login, when known to GitHub.
    pub author: Option<String>,
    /// `signature.isValid`; false without a signature.
    pub signature_valid: bool,
    /// Check suites.
    pub suites: Fact<Vec<Suite>>,
}

/// A check suite of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// `status`, e.g. `COMPLETED`.
    pub status: String,
    /// `conclusion`, e.g. `SUCCESS`.
    pub conclusion: Option<String>,
    /// `app.slug`.
    pub app: Option<String>,
    /// Created.
    pub created_at: Timestamp,
    /// Last updated.
    pub updated_at: Timestamp,
    /// The workflow run behind it; needs `actions:read`. `None` for a suite of another App.
    pub run: Fact<Option<Run>>,
}

/// A workflow run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Triggering event, e.g. `push`.
    pub event: String,
    /// `file.path`.
    pub path: Option<String>,
    /// `workflow.name`.
    pub workflow: String,
    /// Created.
    pub created_at: Timestamp,
    /// Last updated.
    pub updated_at: Timestamp,
}
