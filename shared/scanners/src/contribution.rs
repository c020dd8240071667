//! What one repository contributes to the organization's checks: small enough to keep beside its result, so that
//! the organization can be judged after its repositories without reading them again.

use scrutineer_core::{
    Fact,
    evidence::{
        Page,
        posture::{Collaborator, DeployKey},
        repo::SecurityAndAnalysis,
    },
    ids::RepoName,
};
use serde::{Deserialize, Serialize};

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
}
