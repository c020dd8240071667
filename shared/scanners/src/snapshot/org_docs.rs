//! Documents of the organization's profile repositories, which count for every repository.

use std::collections::BTreeMap;

use scrutineer_core::{Fact, Gap, evidence::Assurance, ids::RepoName};
use serde::{Deserialize, Serialize};

use crate::attestation::{AssuranceFile, AssuranceSource};

use super::{Documents, Hit, Snapshot, ids::TopicId, topics::TopicHit};

/// What `.github` and `.github-private` document. A topic that was not seen is unknown, not absent, while one of
/// the two could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgDocs {
    topics: BTreeMap<TopicId, TopicHit>,
    security_policy: Option<SecurityPolicy>,
    rollback: Option<Hit>,
    documents: Documents,
    /// Of `.github-private`.
    #[serde(default)]
    assurance: Option<AssuranceFile>,
    /// Where it stands, and how it came to be what it is.
    #[serde(default)]
    assurance_proof: Option<(RepoName, Fact<Assurance>)>,
    gap: Option<Gap>,
}

/// SECURITY.md at the root, in `.github/` or in `docs/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityPolicy {
    /// Where.
    pub hit: Hit,
    /// The address, link or phrase through which to report; none when the file names no channel.
    pub channel: Option<String>,
}

impl OrgDocs {
    /// Reads the profile repositories; `Known(None)` = the organization has no such repository.
    pub fn from_snapshots(
        dot_github: Fact<Option<&Snapshot>>,
        dot_github_private: Fact<Option<&Snapshot>>,
    ) -> Self {
        let mut docs = Self {
            topics: BTreeMap::new(),
            security_policy: None,
            rollback: None,
            documents: Documents::default(),
            assurance: None,
            assurance_proof: None,
            gap: None,
        };
        docs.add(".github", dot_github);
        docs.assurance = dot_github_private.ok().and_then(|files| files.as_ref()?.assurance().cloned());
        docs.add(".github-private", dot_github_private);
        docs
    }

    fn add(&mut self, repository: &str, snapshot: Fact<Option<&Snapshot>>) {
        let snapshot = match snapshot {
            Fact::Known(None) => return,
            Fact::Known(Some(snapshot)) => snapshot,
            Fact::Unknown(gap) => {
                self.gap.get_or_insert(gap);
                return;
            }
        };
        for (id, hit) in snapshot.topics() {
            let hit = hit.in_repository(repository);
            match self.topics.get(&id) {
                Some(known) if known.kind <= hit.kind => {}
                _ => drop(self.topics.insert(id, hit)),
            }
        }
        let better = |old: &Option<SecurityPolicy>| old.as_ref().is_none_or(|p| p.channel.is_none());
        if let Some(policy) = snapshot.security_policy().filter(|_| better(&self.security_policy)) {
            let mut policy = policy.clone();
            policy.hit.path = format!("{repository}:{}", policy.hit.path);
            self.security_policy = Some(policy);
        }
        if let Some(hit) = snapshot.rollback_doc().filter(|_| self.rollback.is_none()) {
            self.rollback = Some(Hit { path: format!("{repository}:{}", hit.path), ..hit.clone() });
        }
        self.documents.add(repository, snapshot.documents());
        if let Err(gap) = snapshot.absent() {
            self.gap.get_or_insert(gap);
        }
    }

    /// The best hit for a topic. Unknown when it was not met and something could not be read.
    pub fn topic(&self, id: TopicId) -> Fact<Option<&TopicHit>> {
        match (self.topics.get(&id), &self.gap) {
            (None, Some(gap)) => Fact::Unknown(gap.clone()),
            (hit, _) => Fact::Known(hit),
        }
    }

    /// What the documents say that were seen; whether there are more, [`OrgDocs::complete`] tells.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Whether there are attestations, whose history is then asked for.
    pub fn has_assurance(&self) -> bool {
        self.assurance.is_some()
    }

    /// Adds how the attestations of `repository` came to be.
    pub fn prove_assurance(&mut self, repository: RepoName, history: Fact<Assurance>) {
        self.assurance_proof = Some((repository, history));
    }

    /// The organization's attestations and what proves them.
    pub fn assurance(&self) -> Option<AssuranceSource> {
        let file = self.assurance.clone()?;
        let (repository, history) = self.assurance_proof.clone()?;
        Some(AssuranceSource { repository, file, history })
    }

    /// Allows a decision by absence.
    ///
    /// # Errors
    /// The gap, when one of the profile repositories could not be read.
    pub fn complete(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }

    /// A hotfix procedure or runbook that says how to roll back. Unknown like a topic.
    pub fn rollback_doc(&self) -> Fact<Option<&Hit>> {
        match (&self.rollback, &self.gap) {
            (None, Some(gap)) => Fact::Unknown(gap.clone()),
            (hit, _) => Fact::Known(hit.as_ref()),
        }
    }

    /// SECURITY.md, the one with a channel first. Unknown when there is none and something could not be read.
    pub fn security_policy(&self) -> Fact<Option<&SecurityPolicy>> {
        match (&self.security_policy, &self.gap) {
            (None, Some(gap)) => Fact::Unknown(gap.clone()),
            (policy, _) => Fact::Known(policy.as_ref()),
        }
    }
}
