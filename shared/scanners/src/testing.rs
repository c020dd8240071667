//! Worlds for tests: fully known, hardened defaults. A test changes only what matters to it.
//!
//! [`Case`] is one row of a check's table: what is changed, the status expected, a piece of its detail. The registry
//! test runs all of them and complains about a check that is missing a status it can have.

use std::fmt;

use crate::{
    check::{OrgSubject, RepoSubject},
    contribution::RepoContribution,
    evaluate::{Tuning, evaluate_org, evaluate_repo},
    finding::{Finding, Status},
};

mod org;
mod repo;
mod tree;
mod world;

pub(crate) use org::{contribution, deploy_key, direct, member, org_evidence, outside, team};
pub(crate) use repo::{bypass, merged_pull, repo_evidence, repo_files, ruleset};
pub(crate) use tree::Tree;
pub(crate) use world::{OrgWorld, RepoWorld};

/// The moment every test world was read.
pub(crate) const NOW: &str = "2026-06-01T12:00:00Z";

/// `days` before [`NOW`].
pub(crate) fn days_ago(days: i64) -> jiff::Timestamp {
    let now: jiff::Timestamp = NOW.parse().unwrap();
    now - jiff::SignedDuration::from_hours(24 * days)
}

/// A gap for tests: the credential lacks `key`.
pub(crate) fn forbidden<T>(key: &'static str) -> scrutineer_core::Fact<T> {
    scrutineer_core::Fact::Unknown(scrutineer_core::Gap::forbidden(key))
}

/// One row of a check's table.
pub(crate) struct Case {
    /// Check id.
    pub(crate) check: &'static str,
    /// Expected status.
    pub(crate) status: Status,
    /// A piece of the expected detail, or of `source: value` of the evidence.
    pub(crate) says: &'static str,
    given: Given,
}

enum Given {
    Org(Box<dyn Fn(&mut OrgWorld)>),
    Repo(Box<dyn Fn(&mut RepoWorld)>),
}

impl Case {
    /// An organization check in the default world as `given` changes it.
    pub(crate) fn org(
        check: &'static str,
        status: Status,
        says: &'static str,
        given: impl Fn(&mut OrgWorld) + 'static,
    ) -> Self {
        Self { check, status, says, given: Given::Org(Box::new(given)) }
    }

    /// A repository check in the default world as `given` changes it.
    pub(crate) fn repo(
        check: &'static str,
        status: Status,
        says: &'static str,
        given: impl Fn(&mut RepoWorld) + 'static,
    ) -> Self {
        Self { check, status, says, given: Given::Repo(Box::new(given)) }
    }

    /// The check's finding in the changed world.
    pub(crate) fn finding(&self) -> Finding {
        self.finding_with(&[])
    }

    /// The same with thresholds set, as `(key, value)`.
    pub(crate) fn finding_with(&self, thresholds: &[(&str, i64)]) -> Finding {
        match &self.given {
            Given::Org(change) => {
                let mut world = OrgWorld::default();
                change(&mut world);
                thresholds.iter().for_each(|(key, value)| world.tune(self.check, key, *value));
                world.finding(self.check)
            }
            Given::Repo(change) => {
                let mut world = RepoWorld::default();
                change(&mut world);
                thresholds.iter().for_each(|(key, value)| world.tune(self.check, key, *value));
                world.finding(self.check)
            }
        }
    }

    /// What differs from the expectation.
    pub(crate) fn mismatch(&self) -> Option<String> {
        let found = self.finding();
        let says = found.detail.contains(self.says)
            || found.evidence.iter().any(|e| format!("{}: {}", e.source, e.value).contains(self.says));
        (found.status != self.status || !says)
            .then(|| format!("{self}\n   found {:?}: {} {:?}", found.status, found.detail, found.evidence))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} \"{}\"", self.check, self.status, self.says)
    }
}

/// Asserts every case, and names all that differ at once.
pub(crate) fn assert_cases(cases: &[Case]) {
    let wrong: Vec<String> = cases.iter().filter_map(Case::mismatch).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
