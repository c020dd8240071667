use std::collections::BTreeSet;

use scrutineer_core::Fact;

use super::{standard::by_reference, *};
use crate::{
    finding::{Finding, Status},
    registry,
    testing::OrgWorld,
};

fn finding(check: &str, repository: &str, status: Status) -> Finding {
    Finding {
        check: check.into(),
        repository: Some(repository.parse().unwrap()),
        status,
        detail: String::new(),
        evidence: vec![],
        gap: None,
    }
}

fn assessed(findings: &[Finding]) -> Benchmarks {
    let mut summary = Summary::default();
    summary.add(findings);
    assess(&summary)
}

fn control<'a>(found: &'a Benchmarks, id: &str) -> &'a Control {
    found.standards.iter().flat_map(|standard| &standard.controls).find(|control| control.id == id).unwrap()
}

fn standard<'a>(found: &'a Benchmarks, key: &str) -> &'a Standard {
    found.standards.iter().find(|standard| standard.key == key).unwrap()
}

#[test]
fn every_reference_of_a_check_is_a_control_of_its_standard() {
    let known: BTreeSet<_> = assess(&Summary::default())
        .standards
        .iter()
        .flat_map(|standard| standard.controls.iter().map(|control| control.id.to_owned()))
        .collect();
    let mut mapped = by_reference("Scorecard ");
    for prefix in ["SLSA ", "CIS Software Supply Chain "] {
        mapped.extend(by_reference(prefix));
    }
    mapped.extend(by_reference("").into_iter().filter(|(id, _)| id.starts_with("OSPS-")));
    let unknown: Vec<_> = mapped.iter().filter(|(id, _)| !known.contains(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(mapped.len() > 60, "{}", mapped.len());
}

#[test]
fn the_state_of_a_control_follows_from_its_findings() {
    use Status::{Error, Failed, NotApplicable, Passed, Warning};
    // COMP-001 alone stands behind OSPS-LE-02.01.
    let cases: &[(&[Status], State)] = &[
        (&[], State::NotAssessed),
        (&[NotApplicable], State::NotApplicable),
        (&[Passed, NotApplicable], State::Met),
        (&[Passed, Error], State::Unknown),
        (&[Error], State::Unknown),
        (&[Failed], State::NotMet),
        (&[Failed, Error], State::NotMet),
        (&[Warning], State::Partly),
        (&[Passed, Failed], State::Partly),
    ];
    for (statuses, state) in cases {
        let findings: Vec<_> = statuses
            .iter()
            .enumerate()
            .map(|(n, status)| finding("COMP-001", &format!("acme/r{n}"), *status))
            .collect();
        assert_eq!(control(&assessed(&findings), "OSPS-LE-02.01").state, *state, "{statuses:?}");
    }
}

#[test]
fn the_findings_behind_a_state_are_named() {
    let found = assessed(&[
        finding("COMP-001", "acme/a", Status::Failed),
        finding("COMP-001", "acme/b", Status::Passed),
        finding("COMP-001", "acme/c", Status::Warning),
    ]);
    let behind = &control(&found, "OSPS-LE-02.01").checks;
    assert_eq!((behind.len(), behind[0].check), (1, "COMP-001"));
    assert_eq!(behind[0].worst, ["acme/a", "acme/c"]);
    assert_eq!(behind[0].counts.passed, 1);
}

#[test]
fn everything_passed_still_claims_no_more_than_there_is_evidence_for() {
    let all: Vec<_> =
        registry::checks().map(|(_, check)| finding(check.id, "acme/a", Status::Passed)).collect();
    let found = assessed(&all);
    let scorecard = standard(&found, "scorecard");
    assert_eq!((scorecard.states.total(), scorecard.states.count(State::NotAssessed)), (20, 8));
    assert_eq!(scorecard.states.count(State::Met), 12);
    let osps = standard(&found, "osps");
    assert_eq!(osps.states.total(), 64);
    assert_eq!(osps.groups.iter().map(|group| group.states.total()).collect::<Vec<_>>(), [24, 19, 21]);
    assert!(osps.claim.starts_with("No level is claimed"), "{}", osps.claim);
    let slsa = standard(&found, "slsa");
    assert!(slsa.claim.starts_with("Build: no level is claimed. Source: Source L1."), "{}", slsa.claim);
    assert_eq!(control(&found, "Source L4").state, State::Partly, "the checks are evidence for a part");
    assert_eq!(control(&found, "Build L3").state, State::NotAssessed);
}

#[test]
fn a_build_level_needs_provenance_that_is_seen() {
    let of = |kinds: &[Provenance]| {
        let mut world = OrgWorld::default();
        let one = world.repository(0).clone();
        let repositories: Vec<_> = kinds
            .iter()
            .map(|kind| crate::RepoContribution { provenance: Fact::Known(*kind), ..one.clone() })
            .collect();
        let mut summary = Summary::default();
        summary.add(&[finding("CICD-012", "acme/a", Status::Passed)]);
        summary.contributions(&repositories);
        let found = assess(&summary);
        (control(&found, "Build L1").state, control(&found, "Build L2").state)
    };
    assert_eq!(of(&[Provenance::Attached]), (State::Met, State::Unknown));
    assert_eq!(of(&[Provenance::Attached, Provenance::Missing]), (State::Partly, State::Unknown));
    assert_eq!(of(&[Provenance::Configured]), (State::Partly, State::Unknown));
    assert_eq!(of(&[Provenance::Missing]), (State::NotMet, State::NotMet));
    assert_eq!(of(&[Provenance::NotShipping]).0, State::NotApplicable);
}

#[test]
fn a_summary_survives_storage() {
    let mut summary = Summary::default();
    summary.add(&OrgWorld::default().findings());
    summary.contributions(&OrgWorld::default().repositories);
    let text = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
}
