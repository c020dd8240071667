//! The files of a repository, looked at once: [`SnapshotPass`] receives the entries, [`Snapshot`] answers questions.
//!
//! What a newcomer gets wrong: before deciding "failed by absence", call [`Snapshot::absent`]; a pass that ended
//! early proves nothing about what it did not see.

mod ci;
mod codeowners;
mod contribute;
mod hit;
mod ids;
mod needs;
mod org_docs;
mod pass;
mod profile;
mod secrets;
mod topics;

use std::collections::BTreeMap;

use scrutineer_core::Gap;

pub use ci::{CiModel, CiStep, CiSystem, Command, Job, Permissions, Step, Trigger, Workflow};
pub use codeowners::{Codeowners, OwnerRule};
pub use contribute::contribution;
pub use hit::Hit;
pub use ids::{DetectorId, TopicId};
pub use needs::detail_needs;
pub use org_docs::{OrgDocs, SecurityPolicy};
pub use pass::SnapshotPass;
pub use profile::Profile;
pub use secrets::{SecretHit, SecretKind};
pub use topics::{TopicHit, TopicKind};

/// What the files of a default branch say.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    truncated: Option<String>,
    paths: Vec<String>,
    detectors: BTreeMap<DetectorId, DetectorHits>,
    topics: BTreeMap<TopicId, TopicHit>,
    ci: CiModel,
    profile: Profile,
    codeowners: Option<Codeowners>,
    security_policy: Option<SecurityPolicy>,
    secret_hits: Vec<SecretHit>,
    plaintext_secret_files: Vec<Hit>,
    k8s_secret_manifests: Vec<Hit>,
    secret_uses: Vec<Hit>,
    own_secret_rules: Vec<Hit>,
    branch_name_checks: Vec<Hit>,
    dependencies: Vec<Dependency>,
}

/// What met a detector. Lists are sorted and bounded; paths that are not product code are left out where the
/// detector says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetectorHits {
    /// Files whose path meets it.
    pub files: Vec<Hit>,
    /// First match of each content pattern in each file.
    pub content: Vec<Hit>,
    /// Dependencies, at the manifest that names them.
    pub deps: Vec<Hit>,
}

impl DetectorHits {
    /// Whether nothing met it.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.content.is_empty() && self.deps.is_empty()
    }

    /// Everything that met it: files, then content, then dependencies.
    pub fn all(&self) -> impl Iterator<Item = &Hit> {
        self.files.iter().chain(&self.content).chain(&self.deps)
    }
}

/// A dependency that a manifest names directly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// `npm`, `cargo`, `go`, `maven`, `pypi`, `rubygems`, `composer`, `nuget`, `hex` or `pub`.
    pub ecosystem: &'static str,
    /// Name as written, Maven as `group:artifact`.
    pub name: String,
    /// The manifest.
    pub manifest: String,
}

impl Snapshot {
    /// The limit that ended the pass early, one clause.
    pub fn truncated(&self) -> Option<&str> {
        self.truncated.as_deref()
    }

    /// Allows a decision by absence: call it before "there is none".
    ///
    /// # Errors
    /// [`Gap::Truncated`] when the pass ended early.
    pub fn absent(&self) -> Result<(), Gap> {
        if self.truncated.is_some() { Err(Gap::Truncated) } else { Ok(()) }
    }

    /// What met a detector by file, content or dependency. For `uses` and `run` ask [`CiModel::steps_with`].
    pub fn detector(&self, id: DetectorId) -> &DetectorHits {
        static NONE: DetectorHits =
            DetectorHits { files: Vec::new(), content: Vec::new(), deps: Vec::new() };
        self.detectors.get(&id).unwrap_or(&NONE)
    }

    /// Where a topic is documented, the best hit.
    pub fn topic(&self, id: TopicId) -> Option<&TopicHit> {
        self.topics.get(&id)
    }

    /// Every topic that is documented.
    pub fn topics(&self) -> impl Iterator<Item = (TopicId, &TopicHit)> {
        self.topics.iter().map(|(id, hit)| (*id, hit))
    }

    /// The pipelines.
    pub fn ci(&self) -> &CiModel {
        &self.ci
    }

    /// What kind of repository it is.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The CODEOWNERS file that GitHub honours.
    pub fn codeowners(&self) -> Option<&Codeowners> {
        self.codeowners.as_ref()
    }

    /// SECURITY.md at the root, in `.github/` or in `docs/`.
    pub fn security_policy(&self) -> Option<&SecurityPolicy> {
        self.security_policy.as_ref()
    }

    /// Every path, sorted.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Credentials in files (SEC-007), without their values.
    pub fn secret_hits(&self) -> &[SecretHit] {
        &self.secret_hits
    }

    /// Tracked files that hold secrets in plain text: `.env`, `*.tfvars`, kubeconfig, private keys … (SEC-005).
    pub fn plaintext_secret_files(&self) -> &[Hit] {
        &self.plaintext_secret_files
    }

    /// Kubernetes `Secret` manifests with data (SEC-005).
    pub fn k8s_secret_manifests(&self) -> &[Hit] {
        &self.k8s_secret_manifests
    }

    /// Places that consume a secret at run time: CI `secrets.NAME`, `secretKeyRef`, environment variables with a
    /// credential name, secret managers (SEC-005, SEC-008: none = not applicable).
    pub fn secret_uses(&self) -> &[Hit] {
        &self.secret_uses
    }

    /// Own rules of secret scanners: gitleaks `[[rules]]`, trufflehog `detectors`, … (SEC-004).
    pub fn own_secret_rules(&self) -> &[Hit] {
        &self.own_secret_rules
    }

    /// Checks of branch names in CI or in a hook (REPO-009).
    pub fn branch_name_checks(&self) -> &[Hit] {
        &self.branch_name_checks
    }

    /// Direct dependencies of every manifest.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.dependencies
    }
}
