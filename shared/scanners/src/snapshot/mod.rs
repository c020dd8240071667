//! The files of a repository, looked at once: [`SnapshotPass`] receives the entries, [`Snapshot`] answers questions.
//!
//! What a newcomer gets wrong: before deciding "failed by absence", call [`Snapshot::absent`]; a pass that ended
//! early proves nothing about what it did not see.

mod analysis;
mod api;
mod ci;
mod code;
mod codeowners;
mod contribute;
mod default_setup;
mod dependencies;
mod docker;
mod documents;
mod evolution;
mod file;
mod gates;
mod headings;
mod hit;
#[cfg(test)]
mod hostile;
mod ids;
mod licences;
mod links;
mod lockfiles;
mod manifests;
mod needs;
mod notes;
mod operations;
mod org_docs;
mod pass;
mod patterns;
mod profile;
mod secrets;
mod supply;
#[cfg(test)]
mod tests;
mod topics;
mod workloads;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_core::Gap;

use crate::attestation::AssuranceFile;

pub use analysis::{codeql_analyses, is_analysable};
pub use api::{Api, ApiDescription};
pub use ci::{CiModel, CiStep, CiSystem, Command, Job, Permissions, Step, Trigger, Workflow};
pub use code::{Code, Complexity, Readme};
pub use codeowners::{Codeowners, OwnerRule};
pub use contribute::contribution;
pub use default_setup::{default_setup, default_setup_analyses, default_setup_evidence};
pub use docker::{Dockerfile, Instruction, Stage};
pub use documents::{DecisionRecords, Described, Documents, Says};
pub use evolution::{Evolution, Guide};
pub use hit::Hit;
pub use ids::{DetectorId, TopicId};
pub use licences::Licences;
pub use lockfiles::{Locked, Lockfile};
pub use manifests::{ManifestFile, Requirement};
pub use needs::detail_needs;
pub use notes::Note;
pub use operations::recovery_topics;
pub use org_docs::{OrgDocs, SecurityPolicy};
pub use pass::SnapshotPass;
pub use patterns::{NameKind, name_matches};
pub use profile::Profile;
pub use secrets::{SecretHit, SecretKind};
pub use supply::{Dependabot, Sbom, Supply, Update};
pub use topics::{TopicHit, TopicKind};
pub use workloads::{Container, Containers, Platform, Policy, RunAs, Workload};

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
    assurance: Option<AssuranceFile>,
    security_policy: Option<SecurityPolicy>,
    rollback_doc: Option<Hit>,
    documents: Documents,
    licences: Licences,
    api: Api,
    secret_hits: Vec<SecretHit>,
    plaintext_secret_files: Vec<Hit>,
    k8s_secret_manifests: Vec<Hit>,
    secret_uses: Vec<Hit>,
    own_secret_rules: Vec<Hit>,
    branch_name_checks: Vec<Hit>,
    dependencies: Vec<Dependency>,
    notes: BTreeMap<Note, Vec<Hit>>,
    supply: Supply,
    containers: Containers,
    code: Code,
    evolution: Evolution,
    infrastructure_repositories: Vec<Hit>,
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

/// A tool for branch names, or a comparison of the head branch with a pattern.
fn checks_branch_name(command: &str) -> bool {
    let tool =
        ["validate-branch-name", "branch-name-lint", "branchlint"].iter().any(|tool| command.contains(tool));
    let head =
        ["GITHUB_HEAD_REF", "github.head_ref", "GITHUB_REF_NAME"].iter().any(|name| command.contains(name));
    tool || head && (command.contains("=~") || command.starts_with("grep"))
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
        static NONE: DetectorHits = DetectorHits { files: Vec::new(), content: Vec::new(), deps: Vec::new() };
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

    /// `.github/assurance.yml`.
    pub fn assurance(&self) -> Option<&AssuranceFile> {
        self.assurance.as_ref()
    }

    /// SECURITY.md at the root, in `.github/` or in `docs/`.
    pub fn security_policy(&self) -> Option<&SecurityPolicy> {
        self.security_policy.as_ref()
    }

    /// Adds what only the pipelines tell.
    fn add_from_ci(&mut self, mut uses: BTreeSet<Hit>) {
        for (_, job) in self.ci.jobs().filter(|(_, job)| !job.secrets.is_empty()) {
            let names: Vec<&str> = job.secrets.iter().map(String::as_str).collect();
            uses.insert(Hit::at(&job.path, job.line, format!("secrets {}", names.join(", "))));
        }
        uses.extend(self.detector(DetectorId::Vault).all().take(5).cloned());
        uses.extend(self.plaintext_secret_files.iter().chain(&self.k8s_secret_manifests).take(5).cloned());
        self.secret_uses = uses.into_iter().collect();
        let checks = self.ci.steps_on(&[]).filter_map(|found| {
            let action = found
                .step
                .uses
                .as_deref()
                .is_some_and(|uses| uses.contains("branch-name") || uses.contains("branchlint"));
            let command = found.step.commands.iter().find(|command| checks_branch_name(&command.text));
            command.map(|c| Hit::at(&c.path, c.line, &c.text)).or_else(|| action.then(|| found.step.hit()))
        });
        let checks: Vec<Hit> = checks.take(10).collect();
        self.branch_name_checks.extend(checks);
    }

    /// A hotfix procedure or runbook that says how to roll back (CICD-013).
    pub fn rollback_doc(&self) -> Option<&Hit> {
        self.rollback_doc.as_ref()
    }

    /// What documents say, beyond that they exist.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// The licence, as far as files say.
    pub fn licences(&self) -> &Licences {
        &self.licences
    }

    /// Descriptions of APIs.
    pub fn api(&self) -> &Api {
        &self.api
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

    /// Manifests, lockfiles, update bots and bills of materials.
    pub fn supply(&self) -> &Supply {
        &self.supply
    }

    /// Where something was noted, sorted and bounded.
    pub fn notes(&self, note: Note) -> &[Hit] {
        self.notes.get(&note).map_or(&[], Vec::as_slice)
    }

    /// Dockerfiles and what runs their images.
    pub fn containers(&self) -> &Containers {
        &self.containers
    }

    /// What documents say about change.
    pub fn evolution(&self) -> &Evolution {
        &self.evolution
    }

    /// `owner/repository` names that sound like infrastructure, where documents and pipelines name them.
    pub fn infrastructure_repositories(&self) -> &[Hit] {
        &self.infrastructure_repositories
    }

    /// Languages, marks, complexity, README.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// Direct dependencies of every manifest.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.dependencies
    }
}
