//! Runs the checks of one subject, in registry order. Same evidence, same bytes.
//!
//! What a newcomer would get wrong: a gap is not a verdict. `Err(Gap)` becomes status `error` here and nowhere else.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use scrutineer_core::{Gap, ids::RepoName};

use crate::{
    attestation::{Claims, lifted},
    check::{Check, Evaluate, OrgSubject, Outcome, RepoSubject, Thresholds, Verdict},
    finding::{Finding, Status},
    permission,
    profile::Profile,
    registry,
};

/// A customer's thresholds: check id → `(key, value)`. Empty = the defaults of every check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tuning(BTreeMap<String, Vec<(String, Decimal)>>);

impl Tuning {
    /// Largest value of a threshold; beyond it arithmetic on counts could leave the range of a decimal.
    pub const MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

    /// Sets `key` of `check`, replacing an earlier value; held between 0 and [`Tuning::MAX`].
    pub fn set(&mut self, check: &str, key: &str, value: Decimal) {
        let value = value.clamp(Decimal::ZERO, Self::MAX);
        let values = self.0.entry(check.to_owned()).or_default();
        values.retain(|(name, _)| name != key);
        values.push((key.to_owned(), value));
        values.sort();
    }

    /// Keeps the values that `keep` wants: check, key, value.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str, &str, Decimal) -> bool) {
        for (check, values) in &mut self.0 {
            values.retain(|(key, value)| keep(check, key, *value));
        }
        self.0.retain(|_, values| !values.is_empty());
    }

    /// Every value, by check and key.
    pub(crate) fn values(&self) -> &BTreeMap<String, Vec<(String, Decimal)>> {
        &self.0
    }

    pub(crate) fn of<'a>(&'a self, check: &'a Check) -> Thresholds<'a> {
        let overrides = self.0.get(check.id).map_or(&[][..], Vec::as_slice);
        Thresholds { defaults: check.thresholds, overrides }
    }
}

/// The organization checks that the profile runs on one organization, in registry order.
pub fn evaluate_org(subject: &OrgSubject<'_>, profile: &Profile) -> Vec<Finding> {
    let claims = Claims::about_org(subject);
    registry::checks()
        .filter(|(_, check)| profile.runs(check))
        .filter_map(|(_, check)| match check.evaluate {
            Evaluate::Org(decide) => Some(finding(
                check,
                None,
                claimed(check, decide(subject, profile.thresholds(check)), &claims),
            )),
            Evaluate::Repo(_) => None,
        })
        .collect()
}

/// The repository checks that the profile runs on one repository, in registry order.
pub fn evaluate_repo(subject: &RepoSubject<'_>, profile: &Profile) -> Vec<Finding> {
    let claims = Claims::about_repo(subject);
    let name = &subject.repo.listing.name;
    registry::checks()
        .filter(|(_, check)| profile.runs(check))
        .filter_map(|(_, check)| match check.evaluate {
            Evaluate::Repo(decide) => {
                let decided = match exempt(check, subject) {
                    Some(outcome) => Ok(outcome),
                    None => {
                        readable(check, subject).and_then(|()| decide(subject, profile.thresholds(check)))
                    }
                };
                Some(finding(check, Some(name.clone()), claimed(check, decided, &claims)))
            }
            Evaluate::Org(_) => None,
        })
        .collect()
}

/// Repositories that are not asked: empty ones by no check, archived ones only by those marked `on_archived`.
fn exempt(check: &Check, subject: &RepoSubject<'_>) -> Option<Outcome> {
    let listing = &subject.repo.listing;
    if listing.empty {
        return Some(Outcome::not_applicable("The repository is empty: it has no commit yet."));
    }
    (listing.archived && !check.on_archived).then(|| {
        Outcome::not_applicable("The repository is archived: read-only, judged for exposed secrets only.")
    })
}

/// A check that rests on files is not decided without them, even where a setting alone would do: the same check
/// then means the same in every repository.
fn readable(check: &Check, subject: &RepoSubject<'_>) -> Result<(), Gap> {
    if check.needs.first() == Some(&"contents") { subject.files.known().map(|_| ()) } else { Ok(()) }
}

/// The decision with what people attest taken into account; what could not be read stays unread.
fn claimed(check: &Check, decided: Result<Outcome, Gap>, claims: &Claims) -> Result<Outcome, Gap> {
    decided.map(|outcome| lifted(check.id, outcome, claims))
}

fn finding(check: &Check, repository: Option<RepoName>, decided: Result<Outcome, Gap>) -> Finding {
    let (status, verdict, gap) = match decided {
        Ok(Outcome::Passed(verdict)) => (Status::Passed, verdict, None),
        Ok(Outcome::Warning(verdict)) => (Status::Warning, verdict, None),
        Ok(Outcome::Failed(verdict)) => (Status::Failed, verdict, None),
        Ok(Outcome::NotApplicable(verdict)) => (Status::NotApplicable, verdict, None),
        Err(gap) => (Status::Error, Verdict::new(undecided(check, &gap), []), Some(gap)),
    };
    let Verdict { detail, mut evidence, .. } = verdict.bounded();
    evidence.truncate(Finding::MAX_EVIDENCE);
    Finding { check: check.id.to_owned(), repository, status, detail, evidence, gap }
}

/// What could not be read, and what would unlock it.
fn undecided(check: &Check, gap: &Gap) -> String {
    match gap {
        Gap::Forbidden { permission } => {
            let (label, reads) = permission::describe(permission.key());
            format!("Could not read {reads}: the credential lacks {permission} ({label}).")
        }
        Gap::Unsupported { why } => format!("Not offered here: {why}."),
        Gap::Truncated => {
            "The snapshot is truncated: the repository exceeds a scan limit, so what was read does not decide.".into()
        }
        Gap::Unavailable { why } => match check.needs.first() {
            Some(main) => format!("Could not read {}: {why}.", permission::describe(main).1),
            None => format!("Could not be read: {why}."),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OrgWorld, RepoWorld};

    #[test]
    fn every_check_of_the_scope_answers_once_in_registry_order() {
        let ids = |findings: Vec<Finding>| findings.into_iter().map(|f| f.check).collect::<Vec<_>>();
        let mut all = ids(OrgWorld::default().findings());
        all.extend(ids(RepoWorld::default().findings()));
        let registered: Vec<_> = registry::checks().map(|(_, check)| check.id.to_owned()).collect();
        assert_eq!(all, registered);
    }

    #[test]
    fn an_absurd_threshold_does_no_harm() {
        let mut world = OrgWorld::default();
        for (_, check) in registry::checks() {
            for threshold in check.thresholds {
                world.tuning.set(check.id, threshold.key, Decimal::MAX);
            }
        }
        if let scrutineer_core::Fact::Known(page) = &mut world.org.members {
            page.total = u64::MAX;
        }
        assert_eq!(world.findings().len(), OrgWorld::default().findings().len());
    }

    #[test]
    fn the_same_evidence_gives_the_same_bytes() {
        let bytes = || {
            let findings = (OrgWorld::default().findings(), RepoWorld::default().findings());
            serde_json::to_string(&findings).unwrap()
        };
        assert_eq!(bytes(), bytes());
    }

    #[test]
    fn an_empty_repository_is_not_applicable_throughout() {
        let mut world = RepoWorld::default();
        world.repo.listing.empty = true;
        world.repo.listing.archived = true;
        assert!(
            world.findings().iter().all(|f| f.status == Status::NotApplicable && f.detail.contains("empty"))
        );
    }

    #[test]
    fn an_archived_repository_is_judged_for_secrets_only() {
        let mut world = RepoWorld::default();
        world.repo.listing.archived = true;
        let decided: Vec<_> = world
            .findings()
            .into_iter()
            .filter(|f| f.status != Status::NotApplicable)
            .map(|f| f.check)
            .collect();
        assert_eq!(decided, ["SEC-001", "SEC-002", "SEC-007"]);
    }

    #[test]
    fn forks_are_decided_like_others() {
        let mut world = RepoWorld::default();
        let before = world.findings();
        world.repo.listing.fork = true;
        assert_eq!(world.findings(), before);
    }

    #[test]
    fn an_error_names_what_was_not_read_and_what_unlocks_it() {
        let mut world = RepoWorld::default();
        world.repo.listing.secret_alerts =
            scrutineer_core::Fact::Unknown(Gap::forbidden("secret_scanning_alerts"));
        let finding = world.finding("SEC-002");
        assert_eq!(finding.status, Status::Error);
        assert_eq!(
            finding.detail,
            "Could not read secret-scanning alerts: the credential lacks secret_scanning_alerts:read \
             (Repository > Secret scanning alerts: read)."
        );
        assert_eq!(finding.gap, Some(Gap::forbidden("secret_scanning_alerts")));
    }
}
