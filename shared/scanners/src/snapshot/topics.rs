//! Documentation topics: a dedicated document, a section with substance, or a stub that points elsewhere.

use serde::{Deserialize, Serialize};

use super::Hit;

/// How a topic is met, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicKind {
    /// A dedicated document.
    Document,
    /// A section of another document.
    Section,
    /// A heading or file that only links to Confluence, Notion, Google Docs or SharePoint.
    Stub,
}

/// Where a topic is documented.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TopicHit {
    /// How.
    pub kind: TopicKind,
    /// Where: the heading, or line 1 of a dedicated document.
    pub hit: Hit,
}

impl TopicHit {
    /// The same hit, its path prefixed with the repository it stands in.
    pub(super) fn in_repository(&self, repository: &str) -> Self {
        let mut hit = self.hit.clone();
        hit.path = format!("{repository}:{}", hit.path);
        Self { kind: self.kind, hit }
    }
}
