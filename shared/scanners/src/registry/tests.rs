//! The registry against the contract, and the checks against their own tables.

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_core::{Fact, Gap};
use serde::Deserialize;

use super::*;
use crate::{
    category::CATEGORIES,
    check::Severity,
    finding::{Evidence, Finding, Status},
    permission,
    testing::{Case, OrgWorld, RepoWorld},
};

/// One row of `data/contract.json`: what was agreed for each of the 169 checks.
#[derive(Deserialize)]
struct Agreed {
    id: String,
    name: String,
    category: String,
    scope: Scope,
    severity: Severity,
    weight: f64,
    category_weight: f64,
    needs: Vec<String>,
    #[serde(default)]
    attestable: bool,
}

fn contract() -> Vec<Agreed> {
    serde_json::from_str(include_str!("../../data/contract.json")).unwrap()
}

/// The statuses each decision names: p(assed), w(arning), f(ailed), n(ot applicable), e(rror).
const STATUSES: &[(&str, &str)] = &[
    ("PLAT-001", "pe"),
    ("PLAT-002", "pwfe"),
    ("PLAT-003", "pwfe"),
    ("PLAT-004", "pwfe"),
    ("PLAT-005", "pwfne"),
    ("PLAT-006", "pwfe"),
    ("PLAT-007", "pwfe"),
    ("PLAT-008", "pwfe"),
    ("PLAT-009", "pfne"),
    ("PLAT-010", "pwfne"),
    ("PLAT-011", "pwfe"),
    ("IAM-001", "pwfe"),
    ("IAM-002", "pwfne"),
    ("IAM-003", "pwfe"),
    ("IAM-004", "pwfe"),
    ("IAM-005", "pwfe"),
    ("IAM-006", "pwfne"),
    ("IAM-007", "pwfne"),
    ("IAM-008", "pwfe"),
    ("IAM-009", "pwfne"),
    ("IAM-010", "pwfe"),
    ("IAM-011", "pfe"),
    ("IAM-012", "pwfne"),
    ("REPO-001", "pwfne"),
    ("REPO-002", "pwfne"),
    ("REPO-003", "pwfne"),
    ("REPO-004", "pwfne"),
    ("REPO-005", "pwfne"),
    ("REPO-006", "pwfne"),
    ("REPO-007", "pwfne"),
    ("REPO-008", "pwfe"),
    ("REPO-009", "pwfne"),
    ("REPO-010", "pwfne"),
    ("REPO-011", "pwfe"),
    ("REPO-012", "pfe"),
    ("CICD-001", "pwfne"),
    ("CICD-002", "pwfe"),
    ("CICD-003", "pwfne"),
    ("CICD-004", "pwfne"),
    ("CICD-005", "pwfe"),
    ("CICD-006", "pfne"),
    ("CICD-007", "pwfne"),
    ("CICD-008", "pwfne"),
    ("CICD-009", "pfne"),
    ("CICD-010", "pwfne"),
    ("CICD-011", "pfne"),
    ("CICD-012", "pwfne"),
    ("CICD-013", "pwfne"),
    ("CICD-014", "pwfne"),
    ("SEC-001", "pwfe"),
    ("SEC-002", "pwfe"),
    ("SEC-003", "pwfe"),
    ("SEC-004", "pwfne"),
    ("SEC-005", "pwfne"),
    ("SEC-006", "pwfne"),
    ("SEC-007", "pwfe"),
    ("SEC-008", "pwfne"),
    ("SEC-009", "pwfne"),
    ("SEC-010", "pwfe"),
    ("DEP-001", "pwfne"),
    ("DEP-002", "pwfne"),
    ("DEP-003", "pwfne"),
    ("DEP-004", "pwfne"),
    ("DEP-005", "pwfne"),
    ("DEP-006", "pwfne"),
    ("DEP-007", "pwfne"),
    ("DEP-008", "pwfne"),
    ("DEP-009", "pwfne"),
    ("DEP-010", "pwfne"),
    ("DEP-011", "pwfne"),
    ("SAST-001", "pfne"),
    ("SAST-002", "pwfne"),
    ("SAST-003", "pwfne"),
    ("SAST-004", "pfne"),
    ("SAST-005", "pwfne"),
    ("SAST-006", "pwfne"),
    ("SAST-007", "pwfe"),
    ("SAST-008", "pwfne"),
    ("SAST-009", "pwfne"),
    ("SAST-010", "pwfne"),
    ("DAST-001", "pfne"),
    ("DAST-002", "pwfne"),
    ("DAST-003", "pwfne"),
    ("DAST-004", "pfne"),
    ("DAST-005", "pwfne"),
    ("DAST-006", "pwfne"),
    ("DAST-007", "pwfne"),
    ("DAST-008", "pwfne"),
    ("CNTR-001", "pfne"),
    ("CNTR-002", "pwfne"),
    ("CNTR-003", "pwfne"),
    ("CNTR-004", "pwfne"),
    ("CNTR-005", "pwfne"),
    ("CNTR-006", "pwfne"),
    ("CNTR-007", "pwfne"),
    ("CNTR-008", "pwfne"),
    ("CNTR-009", "pwfne"),
    ("CNTR-010", "pwfne"),
    ("CNTR-011", "pwfne"),
    ("CNTR-012", "pwfne"),
    ("CQ-001", "pwfne"),
    ("CQ-002", "pwfne"),
    ("CQ-003", "pwfne"),
    ("CQ-004", "pwfne"),
    ("CQ-005", "pwfe"),
    ("CQ-006", "pwfne"),
    ("CQ-007", "pwfne"),
    ("CQ-008", "pwfne"),
    ("CQ-009", "pwfe"),
    ("SDLC-001", "pwfe"),
    ("SDLC-002", "pwfe"),
    ("SDLC-003", "pwfne"),
    ("SDLC-004", "pwfne"),
    ("SDLC-005", "pwfne"),
    ("SDLC-006", "pwfne"),
    ("SDLC-007", "pwfne"),
    ("SDLC-008", "pwfne"),
    ("SDLC-009", "pwfne"),
    ("SDLC-010", "pwfe"),
    ("SDLC-011", "pwfne"),
    ("SDLC-012", "pwfne"),
    ("COMP-001", "pwfne"),
    ("COMP-002", "pwfe"),
    ("COMP-003", "pwfe"),
    ("COMP-004", "pwfe"),
    ("COMP-005", "pwfe"),
    ("COMP-006", "pwfne"),
    ("COMP-007", "pwfne"),
    ("COMP-008", "pwfne"),
    ("COMP-009", "pwfne"),
    ("COMP-010", "pwfe"),
    ("COMP-011", "pwfne"),
    ("COLLAB-001", "pwfne"),
    ("COLLAB-002", "pwfne"),
    ("COLLAB-003", "pwfe"),
    ("COLLAB-004", "pwfe"),
    ("COLLAB-005", "pwfe"),
    ("COLLAB-006", "pwfne"),
    ("COLLAB-007", "pwfne"),
    ("DR-001", "pwfne"),
    ("DR-002", "pwfe"),
    ("DR-003", "pwfne"),
    ("DR-004", "pwfne"),
    ("DR-005", "pwfne"),
    ("DR-006", "pwfne"),
    ("DR-007", "pwfne"),
    ("DR-008", "pwfne"),
    ("DR-009", "pwfne"),
    ("DR-010", "pwfne"),
    ("MON-001", "pwfne"),
    ("MON-002", "pwfne"),
    ("MON-003", "pwfne"),
    ("MON-004", "pwfne"),
    ("MON-005", "pwfne"),
    ("MON-006", "pwfne"),
    ("MON-007", "pwfne"),
    ("MON-008", "pwfne"),
    ("MON-009", "pfne"),
    ("MON-010", "pwfne"),
    ("MON-011", "pwfne"),
    ("MIG-001", "pwfne"),
    ("MIG-002", "pwfne"),
    ("MIG-003", "pwfne"),
    ("MIG-004", "pwfne"),
    ("MIG-005", "pwfne"),
    ("MIG-006", "pwfne"),
    ("MIG-007", "pwfne"),
    ("MIG-008", "pwfne"),
    ("MIG-009", "pwfne"),
];

fn letter(status: Status) -> char {
    match status {
        Status::Passed => 'p',
        Status::Warning => 'w',
        Status::Failed => 'f',
        Status::NotApplicable => 'n',
        Status::Error => 'e',
    }
}

fn all_cases() -> Vec<Case> {
    let mut cases = checks::platform_arch::tests::cases();
    cases.extend(checks::identity_access::tests::cases());
    cases.extend(checks::repo_governance::tests::cases());
    cases.extend(checks::cicd::tests::cases());
    cases.extend(checks::secrets_mgmt::tests::cases());
    cases.extend(checks::dependencies::tests::cases());
    cases.extend(checks::sast::tests::cases());
    cases.extend(checks::dast::tests::cases());
    cases.extend(checks::container_security::tests::cases());
    cases.extend(checks::code_quality::tests::cases());
    cases.extend(checks::sdlc_process::tests::cases());
    cases.extend(checks::compliance::tests::cases());
    cases.extend(checks::collaboration::tests::cases());
    cases.extend(checks::disaster_recovery::tests::cases());
    cases.extend(checks::monitoring::tests::cases());
    cases.extend(checks::migration::tests::cases());
    cases
}

#[test]
fn ids_are_unique_and_in_order() {
    for scanner in SCANNERS {
        let ids: Vec<&str> = scanner.checks.iter().map(|check| check.id).collect();
        let prefix = ids.first().and_then(|id| id.split_once('-')).unwrap().0;
        let expected: Vec<String> = (1..=ids.len()).map(|n| format!("{prefix}-{n:03}")).collect();
        assert_eq!(ids, expected, "{}", scanner.category.key);
    }
    let ids: BTreeSet<&str> = super::checks().map(|(_, check)| check.id).collect();
    assert_eq!(ids.len(), super::checks().count());
}

#[test]
fn the_published_statuses_are_those_that_are_tested() {
    for (id, statuses) in STATUSES {
        let tested: Vec<Status> = Status::ALL
            .into_iter()
            .zip("pwfne".chars())
            .filter(|(_, c)| statuses.contains(*c))
            .map(|(s, _)| s)
            .collect();
        let published: Vec<Status> = crate::decisions::find(id).unwrap().statuses().collect();
        assert_eq!(published, tested, "{id} in data/decisions.json");
    }
}

#[test]
fn exactly_the_agreed_checks_can_be_attested() {
    let agreed: BTreeSet<_> = contract().into_iter().filter(|c| c.attestable).map(|c| c.id).collect();
    let known: BTreeSet<_> = crate::attestation::ATTESTABLE.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(known, agreed);
}

#[test]
fn every_check_is_what_was_agreed() {
    let contract: BTreeMap<String, Agreed> = contract().into_iter().map(|a| (a.id.clone(), a)).collect();
    for (scanner, check) in super::checks() {
        let agreed = &contract[check.id];
        assert_eq!(check.title, agreed.name, "{}", check.id);
        assert_eq!(scanner.category.key, agreed.category, "{}", check.id);
        assert_eq!(check.scope(), agreed.scope, "{}", check.id);
        assert_eq!(scanner.category.scope, agreed.scope, "{}", check.id);
        assert_eq!(check.severity, agreed.severity, "{}", check.id);
        assert_eq!(f64::from(check.weight_halves) / 2.0, agreed.weight, "{}", check.id);
        assert_eq!(check.needs, agreed.needs, "{}", check.id);
    }
}

#[test]
fn exactly_the_agreed_checks_of_the_scanned_categories_exist() {
    let scanned: BTreeSet<&str> = SCANNERS.iter().map(|scanner| scanner.category.key).collect();
    let agreed: Vec<Agreed> = contract();
    assert_eq!(agreed.len(), 169);
    let expected = agreed.into_iter().filter(|a| scanned.contains(a.category.as_str())).map(|a| a.id);
    let existing = super::checks().map(|(_, check)| check.id.to_owned());
    assert_eq!(existing.collect::<BTreeSet<_>>(), expected.collect::<BTreeSet<_>>());
}

#[test]
fn category_weights_are_agreed_and_sum_to_one() {
    let mut agreed: BTreeMap<String, f64> = BTreeMap::new();
    for row in contract() {
        agreed.insert(row.category, row.category_weight);
    }
    let ours =
        CATEGORIES.iter().map(|c| (c.key.to_owned(), f64::from(c.weight_hundredths) / 100.0)).collect();
    assert_eq!(agreed, ours);
    assert_eq!(CATEGORIES.iter().map(|c| u32::from(c.weight_hundredths)).sum::<u32>(), 100);
}

#[test]
fn every_check_says_why_how_and_where() {
    for (_, check) in super::checks() {
        let id = check.id;
        for text in [check.description, check.rationale, check.remediation] {
            assert!(text.len() > 25 && text.ends_with(['.', '?']), "{id}: {text}");
            assert!(!text.contains("  "), "{id}: {text}");
        }
        assert!(check.rationale.len() <= 220, "{id}: a rationale is two lines at most");
        assert!(check.references.iter().any(|r| r.starts_with("https://")), "{id} has no primary source");
        assert!(!check.needs.is_empty(), "{id} reads with some permission");
        assert!(check.needs.iter().all(|key| permission::is_known(key)), "{id} needs an unknown permission");
        let keys: BTreeSet<_> = check.thresholds.iter().map(|t| t.key).collect();
        assert_eq!(keys.len(), check.thresholds.len(), "{id} declares a threshold twice");
        assert!(check.thresholds.iter().all(|t| !t.unit.is_empty() && !t.description.is_empty()), "{id}");
    }
}

#[test]
fn only_exposed_secrets_are_judged_on_archived_repositories() {
    let on_archived: Vec<_> = super::checks().filter(|(_, c)| c.on_archived).map(|(_, c)| c.id).collect();
    assert_eq!(on_archived, ["SEC-001", "SEC-002", "SEC-007"]);
}

#[test]
fn every_check_has_a_case_for_every_status_it_can_have() {
    let mut exercised: BTreeMap<&str, BTreeSet<char>> = BTreeMap::new();
    for case in all_cases() {
        exercised.entry(case.check).or_default().insert(letter(case.status));
    }
    let ids: Vec<&str> = super::checks().map(|(_, check)| check.id).collect();
    assert_eq!(STATUSES.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "every check says its statuses");
    let missing: Vec<String> = STATUSES
        .iter()
        .filter_map(|(id, statuses)| {
            let seen = exercised.get(id).cloned().unwrap_or_default();
            let named: BTreeSet<char> = statuses.chars().collect();
            (seen != named).then(|| format!("{id}: decided {named:?}, exercised {seen:?}"))
        })
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_threshold_moves_a_verdict_or_its_words() {
    let cases = all_cases();
    let mut idle = vec![];
    for (_, check) in super::checks() {
        for threshold in check.thresholds {
            let moves = |case: &&Case| {
                let usual = case.finding();
                [0, 1, 1_000_000].iter().any(|value| case.finding_with(&[(threshold.key, *value)]) != usual)
            };
            if !cases.iter().filter(|case| case.check == check.id).any(|case| moves(&case)) {
                idle.push(format!("{} {}", check.id, threshold.key));
            }
        }
    }
    assert!(idle.is_empty(), "declared, but without effect: {idle:?}");
}

#[test]
fn every_threshold_that_is_read_is_declared() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/checks");
    let read = regex::Regex::new(r#"(?:limits|thresholds)\s*\.get\("([a-z0-9_]+)"\)"#).unwrap();
    for scanner in SCANNERS {
        let declared: BTreeSet<&str> =
            scanner.checks.iter().flat_map(|check| check.thresholds.iter().map(|t| t.key)).collect();
        for file in std::fs::read_dir(format!("{root}/{}", scanner.category.key)).unwrap() {
            // Folders beside them hold tests.
            let Ok(text) = std::fs::read_to_string(file.unwrap().path()) else { continue };
            for found in read.captures_iter(&text) {
                assert!(
                    declared.contains(&found[1]),
                    "{}: {} is not declared",
                    scanner.category.key,
                    &found[1]
                );
            }
        }
    }
}

#[test]
fn findings_stay_within_their_bounds() {
    for case in all_cases() {
        let finding = case.finding();
        assert!(finding.evidence.len() <= Finding::MAX_EVIDENCE, "{case}");
        assert!(finding.detail.chars().count() <= Finding::MAX_DETAIL_CHARS + 1, "{case}");
        assert!(finding.detail.ends_with(['.', '…']), "{case}: {}", finding.detail);
        for piece in &finding.evidence {
            assert!(!piece.source.is_empty() && !piece.value.is_empty(), "{case}: {piece:?}");
            assert!(piece.value.chars().count() <= Evidence::MAX_VALUE_CHARS + 1, "{case}");
        }
        assert_eq!(finding.gap.is_some(), finding.status == Status::Error, "{case}");
    }
}

#[test]
fn nothing_read_is_nothing_failed() {
    let gap = || Gap::unavailable("no answer");
    let mut repo = RepoWorld::default();
    repo.repo.posture = Fact::Unknown(gap());
    repo.repo.activity = Fact::Unknown(gap());
    repo.files = Fact::Unknown(gap());
    repo.repo.listing.security_and_analysis = Fact::Unknown(gap());
    repo.repo.listing.secret_alerts = Fact::Unknown(gap());
    repo.repo.listing.default_setup_configuration = None;
    repo.repo.details = scrutineer_core::evidence::RepoDetails::not_asked();
    repo.org.custom_secret_patterns = Fact::Unknown(gap());
    repo.org.audit_streams = Fact::Unknown(gap());
    repo.org.audit_log = Fact::Unknown(gap());
    for finding in repo.findings() {
        assert_eq!(finding.status, Status::Error, "{}: {}", finding.check, finding.detail);
    }
}

#[test]
fn an_organization_without_repositories_is_judged_without_trouble() {
    let mut world = OrgWorld::default();
    world.repositories.clear();
    assert!(world.findings().iter().all(|f| f.status != Status::Error), "{:?}", world.findings());
}
