//! What one repository contributes to the organization's checks: small enough to keep beside its result, so that
//! the organization can be judged after its repositories without reading them again.

use scrutineer_core::{
    Fact, Gap,
    evidence::{
        Page,
        posture::{Collaborator, DeployKey},
        repo::SecurityAndAnalysis,
    },
    ids::RepoName,
};
use serde::{Deserialize, Serialize};

use crate::{benchmarks::Provenance, delivery::Delivery};

/// One repository, as organization checks see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepoContribution {
    /// Full name.
    pub name: RepoName,
    /// Archived: most organization checks skip it.
    pub archived: bool,
    /// `public`, `private` or `internal`.
    pub visibility: String,
    /// `security_and_analysis` (PLAT-007).
    pub security_and_analysis: Fact<SecurityAndAnalysis>,
    /// Whether code scanning is on: default setup, a CodeQL workflow, or results on the head commit (PLAT-007).
    pub code_scanning: Fact<bool>,
    /// Outside collaborators (IAM-004, IAM-005).
    pub outside_collaborators: Fact<Page<Collaborator>>,
    /// Direct collaborators (IAM-005, IAM-008, IAM-009).
    pub direct_collaborators: Fact<Page<Collaborator>>,
    /// Deploy keys (IAM-006).
    pub deploy_keys: Fact<Page<DeployKey>>,
    /// `runs-on` labels and groups that are not GitHub-hosted images (PLAT-010).
    pub runner_labels: Fact<Vec<String>>,
    /// `path:line` of a scheduled workflow step that exports the audit log (PLAT-008).
    pub audit_export: Fact<Option<String>>,
    /// Accounts seen in pull requests: login, pull requests opened, reviews given, in the last 180 days (IAM-005).
    pub authors: Fact<Vec<(String, u64, u64)>>,
    /// Production deployments of the last 90 days (DORA metrics).
    #[serde(default = "not_kept")]
    pub delivery: Fact<Delivery>,
    /// How it attests what it publishes (SLSA).
    #[serde(default = "not_kept")]
    pub provenance: Fact<Provenance>,
}

/// Of a result that an earlier version wrote.
fn not_kept<T>() -> Fact<T> {
    Fact::Unknown(Gap::unavailable("the version that scanned this repository did not keep it"))
}

/// What was gathered over repositories, and the first gap on the way.
pub(crate) struct Gathered<'a, T> {
    /// Items with the repository they belong to, in order.
    pub(crate) items: Vec<(&'a RepoName, T)>,
    /// Why some repositories, or the rest of a listing, could not be read.
    pub(crate) gap: Option<Gap>,
}

impl<'a, T> Gathered<'a, T> {
    /// One fact of each repository.
    pub(crate) fn facts<U: 'a>(
        repositories: impl IntoIterator<Item = &'a RepoContribution>,
        field: fn(&'a RepoContribution) -> &'a Fact<U>,
        value: fn(&'a U) -> T,
    ) -> Self {
        let mut gathered = Self { items: vec![], gap: None };
        for repository in repositories {
            match field(repository).known() {
                Ok(known) => gathered.items.push((&repository.name, value(known))),
                Err(gap) => gathered.miss(gap),
            }
        }
        gathered
    }

    /// Allows a decision that more items could change.
    ///
    /// # Errors
    /// The first gap, when not everything was read.
    pub(crate) fn complete(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }

    fn miss(&mut self, gap: Gap) {
        self.gap.get_or_insert(gap);
    }
}

impl<'a, T> Gathered<'a, &'a T> {
    /// The items of one listing of each repository.
    pub(crate) fn pages(
        repositories: impl IntoIterator<Item = &'a RepoContribution>,
        field: fn(&'a RepoContribution) -> &'a Fact<Page<T>>,
    ) -> Self {
        let mut gathered = Self { items: vec![], gap: None };
        for repository in repositories {
            match field(repository).known() {
                Ok(page) => {
                    gathered.items.extend(page.items.iter().map(|item| (&repository.name, item)));
                    if !page.is_complete() {
                        gathered.miss(Gap::Truncated);
                    }
                }
                Err(gap) => gathered.miss(gap),
            }
        }
        gathered
    }
}
