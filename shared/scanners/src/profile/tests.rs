use super::*;
use crate::{
    finding::{Finding, Status},
    score::ScoreVector,
    testing::{OrgWorld, RepoWorld},
};

fn settings(text: &str) -> ProfileSettings {
    serde_json::from_str(text).unwrap()
}

fn profile(text: &str) -> Profile {
    Profile::of(&settings(text)).unwrap()
}

#[test]
fn what_does_not_hold_is_refused_with_its_path() {
    let off: Vec<_> = registry::SCANNERS
        .iter()
        .map(|scanner| format!(r#""{}":{{"enabled":false}}"#, scanner.category.key))
        .collect();
    let weightless = off.join(",").replace(r#""enabled":false"#, r#""weight":0"#);
    let worthless: Vec<_> =
        registry::checks().map(|(_, check)| format!(r#""{}":{{"weight":0}}"#, check.id)).collect();
    let cases = [
        (r#"{"categories":{"nope":{}}}"#.to_owned(), "/categories/nope", "no such category"),
        (r#"{"categories":{"a/b~":{}}}"#.to_owned(), "/categories/a~1b~0", "no such category"),
        (r#"{"categories":{"cicd":{"weight":1.01}}}"#.to_owned(), "/categories/cicd/weight", "0 to 1"),
        (r#"{"categories":{"cicd":{"weight":-0.1}}}"#.to_owned(), "/categories/cicd/weight", "0 to 1"),
        (r#"{"checks":{"CICD-999":{}}}"#.to_owned(), "/checks/CICD-999", "no such check"),
        (r#"{"checks":{"cicd-003":{}}}"#.to_owned(), "/checks/cicd-003", "no such check"),
        (r#"{"checks":{"CICD-003":{"weight":10.5}}}"#.to_owned(), "/checks/CICD-003/weight", "0 to 10"),
        (r#"{"checks":{"CICD-003":{"weight":0.005}}}"#.to_owned(), "/checks/CICD-003/weight", "two decimals"),
        (
            r#"{"checks":{"IAM-003":{"thresholds":{"max":1}}}}"#.to_owned(),
            "/checks/IAM-003/thresholds/max",
            "IAM-003 has max_admin_ratio",
        ),
        (
            r#"{"checks":{"IAM-003":{"thresholds":{"max_admin_ratio":101}}}}"#.to_owned(),
            "/checks/IAM-003/thresholds/max_admin_ratio",
            "0 to 100",
        ),
        (
            r#"{"checks":{"PLAT-001":{"thresholds":{"x":1}}}}"#.to_owned(),
            "/checks/PLAT-001/thresholds/x",
            "has no thresholds",
        ),
        (format!(r#"{{"categories":{{{}}}}}"#, off.join(",")), "/categories", "no check would run"),
        (format!(r#"{{"categories":{{{weightless}}}}}"#), "/categories", "categories that run are zero"),
        (format!(r#"{{"checks":{{{}}}}}"#, worthless.join(",")), "/checks", "checks that run are zero"),
    ];
    for (text, path, why) in cases {
        let refusal = Profile::of(&settings(&text)).unwrap_err();
        assert_eq!(refusal.path, path, "{text}");
        assert!(refusal.why.contains(why), "{text}: {refusal}");
    }
}

#[test]
fn unknown_fields_are_refused() {
    for text in [
        r#"{"check":{}}"#,
        r#"{"checks":{"CICD-003":{"wieght":1}}}"#,
        r#"{"categories":{"cicd":{"thresholds":{}}}}"#,
    ] {
        assert!(serde_json::from_str::<ProfileSettings>(text).is_err(), "{text}");
    }
}

#[test]
fn equal_effects_have_equal_fingerprints() {
    let default = Profile::default();
    assert_eq!(default.fingerprint(), Profile::DEFAULT_FINGERPRINT);
    for nothing in [
        "{}",
        r#"{"categories":{"cicd":{"enabled":true,"weight":0.1}}}"#,
        r#"{"checks":{"PLAT-001":{"enabled":true,"weight":0.50}}}"#,
        r#"{"checks":{"IAM-003":{"thresholds":{"max_admin_ratio":5}}}}"#,
    ] {
        assert_eq!(profile(nothing), default, "{nothing}");
    }
    let off = profile(r#"{"checks":{"IAM-003":{"enabled":false}}}"#);
    let also =
        profile(r#"{"checks":{"IAM-003":{"enabled":false,"weight":3,"thresholds":{"max_admin_ratio":7}}}}"#);
    assert_eq!(off.fingerprint(), also.fingerprint());
    let others = [
        profile(r#"{"checks":{"IAM-003":{"weight":3}}}"#),
        profile(r#"{"checks":{"IAM-003":{"thresholds":{"max_admin_ratio":7}}}}"#),
        profile(r#"{"categories":{"cicd":{"weight":0.2}}}"#),
        profile(r#"{"categories":{"cicd":{"enabled":false}}}"#),
        default,
        off,
    ];
    let fingerprints: BTreeSet<_> = others.iter().map(Profile::fingerprint).collect();
    assert_eq!(fingerprints.len(), others.len());
}

#[test]
fn disabled_checks_do_not_run() {
    let profile =
        profile(r#"{"categories":{"cicd":{"enabled":false}},"checks":{"SEC-001":{"enabled":false}}}"#);
    let world = RepoWorld { profile_of_scan: profile.clone(), ..RepoWorld::default() };
    let findings = world.findings();
    let all = RepoWorld::default().findings();
    let expected: Vec<_> =
        all.iter().filter(|f| !f.check.starts_with("CICD-") && f.check != "SEC-001").collect();
    assert_eq!(findings.iter().collect::<Vec<_>>(), expected);
    let disabled = profile.disabled();
    assert_eq!((disabled.categories, disabled.checks), (vec!["cicd"], vec!["SEC-001"]));
    let org = Profile::of(&settings(r#"{"checks":{"IAM-001":{"enabled":false}}}"#)).unwrap();
    let world = OrgWorld { profile_of_scan: org, ..OrgWorld::default() };
    assert!(world.findings().iter().all(|finding| finding.check != "IAM-001"));
}

#[test]
fn thresholds_reach_the_decision() {
    let mut world = OrgWorld {
        profile_of_scan: profile(
            r#"{"checks":{"IAM-003":{"thresholds":{"max_admin_ratio":0,"warn_admin_ratio":0,"small_org_members":0}}}}"#,
        ),
        ..OrgWorld::default()
    };
    assert_eq!(world.finding("IAM-003").status, Status::Failed);
    world.profile_of_scan = Profile::default();
    assert_eq!(world.finding("IAM-003").status, Status::Passed);
}

#[test]
fn categories_of_the_request_narrow_it() {
    let profile = profile(r#"{"checks":{"CICD-003":{"enabled":false}}}"#).narrowed(&["cicd".to_owned()]);
    let world = RepoWorld { profile_of_scan: profile, ..RepoWorld::default() };
    let findings = world.findings();
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|f| f.check.starts_with("CICD-") && f.check != "CICD-003"));
}

#[test]
fn weights_move_the_scores() {
    let found = |check: &str, status| Finding {
        check: check.into(),
        repository: None,
        status,
        detail: String::new(),
        evidence: vec![],
        gap: None,
    };
    let findings = [
        found("PLAT-001", Status::Passed),
        found("PLAT-004", Status::Failed),
        found("IAM-001", Status::Warning),
    ];
    let profile = profile(
        r#"{"categories":{"platform_arch":{"weight":0.3},"identity_access":{"weight":0.1}},
            "checks":{"PLAT-001":{"weight":3.33},"PLAT-004":{"weight":1.11}}}"#,
    );
    let vector = ScoreVector::of(&findings, &profile);
    let scores = vector.categories(&profile);
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    assert_eq!((scores[0].score, scores[0].max_score), (decimal("3.33"), decimal("4.44")));
    assert_eq!((scores[0].percentage, scores[0].weight), (Some(decimal("75")), decimal("0.3")));
    // (75 % × 0.3 + 50 % × 0.1) / 0.4
    assert_eq!(vector.overall(&profile).score, Some(decimal("68.75")));
    let none = Profile::of(&settings(r#"{"categories":{"platform_arch":{"weight":0}}}"#)).unwrap();
    assert_eq!(ScoreVector::of(&findings, &none).overall(&none).score, Some(decimal("50")));
}
