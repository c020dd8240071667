//! The queues by name. A new queue is one variant here, its variable in the template and its consumer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A work queue. Each has a dead-letter queue of the same name with `-dead`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueName {
    /// One message per scan step that concerns the whole organization.
    Scans,
    /// Messages for repositories: collect evidence of a batch, scan one.
    RepositoryScans,
    /// What happened to installations and repositories, as GitHub told us.
    GitHubEvents,
    /// One change to be judged against its bundle.
    Verifications,
}

impl QueueName {
    /// Every queue.
    pub const ALL: [Self; 4] = [Self::Scans, Self::RepositoryScans, Self::GitHubEvents, Self::Verifications];

    /// The name as in the template, without its prefix.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scans => "scans",
            Self::RepositoryScans => "repository-scans",
            Self::GitHubEvents => "github-events",
            Self::Verifications => "verifications",
        }
    }

    /// The environment variable with the queue's URL.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Scans => "SCRUTINEER_QUEUE_SCANS",
            Self::RepositoryScans => "SCRUTINEER_QUEUE_REPOSITORY_SCANS",
            Self::GitHubEvents => "SCRUTINEER_QUEUE_GITHUB_EVENTS",
            Self::Verifications => "SCRUTINEER_QUEUE_VERIFICATIONS",
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
