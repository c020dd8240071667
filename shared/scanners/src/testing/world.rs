//! What a check sees, owned, so that a test can change it.

use rust_decimal::Decimal;
use scrutineer_core::{
    Fact, Gap,
    evidence::{OrgEvidence, RepoEvidence},
};

use super::{
    Finding, OrgSubject, RepoContribution, RepoSubject, Tree, Tuning, contribution, evaluate_org,
    evaluate_repo, org_evidence, repo_evidence, repo_files,
};
use crate::{profile::Profile, snapshot::OrgDocs};

/// Documents of a hardened organization.
pub(crate) fn profile_files() -> Tree {
    let break_glass = "# Break-glass access\n\nWhen the identity provider is down an owner signs in with a recovery \
        code.\n\n1. Ask the second owner to approve.\n2. Take the sealed recovery codes from the vault.\n3. Sign in \
        with one of the codes and note the time.\n4. Rotate the codes and write an audit entry afterwards.\n\nContact \
        the security team for every use; the sealed envelope is checked each quarter by an owner.\n";
    let security = "# Security policy\n\n## Reporting a vulnerability\n\nWrite to security@example.com. You get an \
        answer within two working days, and a fix or a plan within thirty. Please do not open a public issue for \
        it.\n";
    Tree::new().file("SECURITY.md", security).file("docs/break-glass.md", break_glass)
}

/// An organization check's world: hardened, three repositories.
pub(crate) struct OrgWorld {
    pub(crate) org: OrgEvidence,
    /// Files of `.github`; none when it does not exist.
    pub(crate) profile: Fact<Option<Tree>>,
    pub(crate) repositories: Vec<RepoContribution>,
    pub(crate) tuning: Tuning,
    /// Used when no threshold is set by hand.
    pub(crate) profile_of_scan: Profile,
}

impl Default for OrgWorld {
    fn default() -> Self {
        Self {
            org: org_evidence(),
            profile: Fact::Known(Some(profile_files())),
            repositories: ["api", "infra", "web"].map(contribution).into(),
            tuning: Tuning::default(),
            profile_of_scan: Profile::default(),
        }
    }
}

impl OrgWorld {
    /// Every organization check's finding.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let docs = docs(&self.profile);
        let subject = OrgSubject { org: &self.org, docs: &docs, repositories: &self.repositories };
        evaluate_org(&subject, &effective(&self.profile_of_scan, &self.tuning))
    }

    /// One check's finding.
    pub(crate) fn finding(&self, check: &str) -> Finding {
        self.findings().into_iter().find(|f| f.check == check).unwrap()
    }

    /// Sets a threshold.
    pub(crate) fn tune(&mut self, check: &str, key: &str, value: i64) {
        self.tuning.set(check, key, Decimal::from(value));
    }

    /// The contribution of the repository at `index`.
    pub(crate) fn repository(&mut self, index: usize) -> &mut RepoContribution {
        &mut self.repositories[index]
    }
}

/// A repository check's world: hardened, with one workflow.
pub(crate) struct RepoWorld {
    pub(crate) repo: RepoEvidence,
    pub(crate) files: Fact<Tree>,
    pub(crate) org: OrgEvidence,
    /// Files of `.github`; none when it does not exist.
    pub(crate) profile: Fact<Option<Tree>>,
    pub(crate) tuning: Tuning,
    /// Used when no threshold is set by hand.
    pub(crate) profile_of_scan: Profile,
}

impl Default for RepoWorld {
    fn default() -> Self {
        Self {
            repo: repo_evidence(),
            files: Fact::Known(repo_files()),
            org: org_evidence(),
            profile: Fact::Known(None),
            tuning: Tuning::default(),
            profile_of_scan: Profile::default(),
        }
    }
}

impl RepoWorld {
    /// Every repository check's finding.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let docs = docs(&self.profile);
        let snapshot = self.files.as_ref().map(Tree::snapshot);
        let subject = RepoSubject { repo: &self.repo, files: snapshot.as_ref(), org: &self.org, docs: &docs };
        evaluate_repo(&subject, &effective(&self.profile_of_scan, &self.tuning))
    }

    /// One check's finding.
    pub(crate) fn finding(&self, check: &str) -> Finding {
        self.findings().into_iter().find(|f| f.check == check).unwrap()
    }

    /// Sets a threshold.
    pub(crate) fn tune(&mut self, check: &str, key: &str, value: i64) {
        self.tuning.set(check, key, Decimal::from(value));
    }

    /// Replaces the files.
    pub(crate) fn tree(&mut self, tree: Tree) {
        self.files = Fact::Known(tree);
    }

    /// The pass over the files ended early.
    pub(crate) fn truncate(&mut self) {
        if let Fact::Known(tree) = &self.files {
            self.files = Fact::Known(tree.clone().truncated("too many entries"));
        }
    }

    /// The files could not be read.
    pub(crate) fn no_contents(&mut self) {
        self.files = Fact::Unknown(Gap::forbidden("contents"));
    }
}

fn effective(profile: &Profile, tuning: &Tuning) -> Profile {
    if *tuning == Tuning::default() { profile.clone() } else { Profile::tuned(tuning.clone()) }
}

fn docs(profile: &Fact<Option<Tree>>) -> OrgDocs {
    let snapshot = profile.as_ref().map(|tree| tree.as_ref().map(Tree::snapshot));
    OrgDocs::from_snapshots(snapshot.as_ref().map(Option::as_ref), Fact::Known(None))
}
