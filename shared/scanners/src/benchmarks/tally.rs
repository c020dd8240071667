//! What a scan boils down to for the benchmarks: small enough to be kept beside the organization's result.

use std::collections::BTreeMap;

use scrutineer_core::Fact;
use serde::{Deserialize, Serialize};

use super::{Provenance, dora::Totals};
use crate::{
    contribution::RepoContribution,
    finding::{Finding, Status},
    score::Counts,
};

/// Subjects named per check that are not in order; the rest is counted.
const NAMED: usize = 3;

/// The findings of one check, counted, with a few names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// By status.
    #[serde(rename = "n")]
    pub counts: Counts,
    /// Where it failed or warned: the first few repositories, in the order they were added.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub worst: Vec<String>,
}

/// Repositories by how they attest what they build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// Publish without provenance.
    pub missing: u64,
    /// Have a step that makes provenance.
    pub configured: u64,
    /// Carry provenance on the newest release.
    pub attached: u64,
    /// Could not be read.
    pub unread: u64,
}

/// Everything the benchmarks need of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// By check id.
    pub checks: BTreeMap<String, Tally>,
    /// Provenance of what is published.
    pub provenance: Attested,
    /// Deployments, changes and failures.
    pub delivery: Totals,
}

impl Summary {
    /// Adds the findings of a subject.
    pub fn add(&mut self, findings: &[Finding]) {
        for finding in findings {
            let tally = self.checks.entry(finding.check.clone()).or_default();
            tally.counts.add_one(finding.status);
            if matches!(finding.status, Status::Failed | Status::Warning) && tally.worst.len() < NAMED {
                tally.worst.extend(finding.repository.as_ref().map(ToString::to_string));
            }
        }
    }

    /// Takes in what the repositories that are not archived of the scan contribute; call it once, with all of them.
    pub fn contributions(&mut self, repositories: &[RepoContribution]) {
        let active = || repositories.iter().filter(|repository| !repository.archived);
        for repository in active() {
            match &repository.provenance {
                Fact::Unknown(_) => self.provenance.unread += 1,
                Fact::Known(Provenance::NotShipping) => {}
                Fact::Known(Provenance::Missing) => self.provenance.missing += 1,
                Fact::Known(Provenance::Configured) => self.provenance.configured += 1,
                Fact::Known(Provenance::Attached) => self.provenance.attached += 1,
            }
        }
        self.delivery = Totals::of(active().map(|repository| &repository.delivery));
    }
}
