//! Findings gathered by check, and gaps by what would close them: what every readable format shows.

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_scanners::{
    Gain, Severity, Standing, Status,
    catalogue::{CheckDescription, catalogue},
};

use super::{FindingPart, Report};

/// A check with its findings.
pub(crate) struct Group<'a> {
    pub(crate) check: CheckDescription,
    /// Failed, then warning, then error; each in the report's order.
    pub(crate) problems: Vec<&'a FindingPart>,
    pub(crate) passed: Vec<&'a FindingPart>,
    pub(crate) not_applicable: Vec<&'a FindingPart>,
    /// What fixing all that failed or warns adds to the scores.
    pub(crate) gain: Option<Gain>,
}

impl Group<'_> {
    /// How many findings have `status`.
    pub(crate) fn count(&self, status: Status) -> usize {
        match status {
            Status::Passed => self.passed.len(),
            Status::NotApplicable => self.not_applicable.len(),
            Status::Failed | Status::Warning | Status::Error => {
                self.problems.iter().filter(|finding| finding.status == status).count()
            }
        }
    }

    /// The worst status among its findings.
    pub(crate) fn status(&self) -> Status {
        match self.problems.first() {
            Some(finding) => finding.status,
            None if self.passed.is_empty() => Status::NotApplicable,
            None => Status::Passed,
        }
    }
}

/// Checks that have findings, in the order of the registry.
pub(crate) fn by_check(report: &Report) -> Vec<Group<'_>> {
    let mut found: BTreeMap<&str, Vec<&FindingPart>> = BTreeMap::new();
    for finding in &report.findings {
        found.entry(finding.check).or_default().push(finding);
    }
    let standing = report.standing();
    let checks = catalogue().into_iter();
    checks.filter_map(|check| Some(group(found.remove(check.id)?, check, &standing))).collect()
}

fn group<'a>(findings: Vec<&'a FindingPart>, check: CheckDescription, standing: &Standing) -> Group<'a> {
    let with = |status: Status| findings.iter().copied().filter(move |finding| finding.status == status);
    Group {
        problems: with(Status::Failed).chain(with(Status::Warning)).chain(with(Status::Error)).collect(),
        passed: with(Status::Passed).collect(),
        not_applicable: with(Status::NotApplicable).collect(),
        gain: standing.gain(check.id, with(Status::Failed).chain(with(Status::Warning)).map(|f| f.status)),
        check,
    }
}

/// Checks with a failed or warning finding: failed before warning, then by severity, then by how often.
pub(crate) fn worst(report: &Report) -> Vec<Group<'_>> {
    let mut groups = by_check(report);
    groups.retain(|group| matches!(group.status(), Status::Failed | Status::Warning));
    groups.sort_by_key(|group| {
        let failed = group.count(Status::Failed);
        (failed == 0, group.check.severity, std::cmp::Reverse(failed))
    });
    groups
}

/// Something that could not be read, and the checks it concerns.
pub(crate) struct Missing<'a> {
    /// What would help, e.g. `grant members:read`.
    pub(crate) what: &'a str,
    pub(crate) checks: BTreeSet<&'static str>,
    /// Findings with status `error` because of it.
    pub(crate) findings: usize,
}

/// What could not be read, most findings first.
pub(crate) fn missing(report: &Report) -> Vec<Missing<'_>> {
    let mut found: BTreeMap<&str, Missing<'_>> = BTreeMap::new();
    for finding in &report.findings {
        let Some(what) = finding.missing.as_deref() else { continue };
        let entry =
            found.entry(what).or_insert_with(|| Missing { what, checks: BTreeSet::new(), findings: 0 });
        entry.checks.insert(finding.check);
        entry.findings += 1;
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by_key(|missing| std::cmp::Reverse(missing.findings));
    found
}

/// Failed findings of at least this severity: the number a reader looks for first.
pub(crate) fn failed_at(report: &Report, severity: Severity) -> usize {
    let counts = |finding: &&FindingPart| finding.status == Status::Failed && finding.severity == severity;
    report.findings.iter().filter(counts).count()
}

/// Findings that rest on an attestation: shown apart, because a person answers for them and nothing measured them.
pub(crate) fn attested(report: &Report) -> Vec<&FindingPart> {
    report.findings.iter().filter(|finding| finding.attested).collect()
}
