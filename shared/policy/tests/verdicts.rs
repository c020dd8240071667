//! Bundles, overrides, suppressions, baselines and custom rules, end to end.

use scrutineer_policy::{
    BUILT_IN, Baseline, Bundle, ChangeSet, Changed, Decision, Override, Role, RuleState, SourceFile, Tier,
    Verdict, built_in, check_custom_rule, resolve, rules, verify,
};

fn bundle(id: &str) -> Bundle {
    built_in(id).expect("built in")
}

fn change(path: &str, code: &str) -> ChangeSet {
    ChangeSet {
        files: vec![SourceFile::new(path, code)],
        today: "2026-06-01".to_owned(),
        ..ChangeSet::default()
    }
}

fn judge(bundle: &Bundle, change: &ChangeSet) -> Verdict {
    verify(&resolve(bundle).expect("valid"), change, &[])
}

#[test]
fn a_hard_block_of_a_required_pack_does_not_ship() {
    let verdict =
        judge(&bundle("default"), &change("src/a.js", "log.info(user.email);\nlog.info(user.phone);\n"));
    let pii = verdict.packs.iter().find(|pack| pack.pack == "pii").expect("enabled");
    assert_eq!((pii.hard, pii.score, pii.verdict), (2, 50, Decision::NoShip));
    assert_eq!(verdict.verdict, Decision::NoShip);
    let first = &verdict.violations[0];
    assert_eq!((first.start_line, first.start_column, first.end_line, first.end_column), (1, 10, 1, 20));
}

#[test]
fn a_clean_change_ships_with_100() {
    for id in BUILT_IN {
        let verdict = judge(&bundle(id), &change("src/a.js", "export const x = 1;\n"));
        assert_eq!((verdict.verdict, verdict.score), (Decision::Ship, 100), "{id}");
    }
}

#[test]
fn severity_overrides_are_applied() {
    let mut strict = bundle("default");
    strict.policies.optional.clear();
    strict.config.get_mut("pii").expect("there").rule_overrides.insert(
        "pii/logged-sensitive-data".to_owned(),
        scrutineer_policy::RuleOverride {
            severity: Some(scrutineer_policy::Severity::Warning),
            ..Default::default()
        },
    );
    let verdict = judge(&strict, &change("src/a.js", "log.info(user.email);"));
    assert_eq!(verdict.violations[0].tier, Tier::Warn);
    assert_eq!(verdict.violations[0].severity, scrutineer_policy::Severity::Warning);
    assert_eq!(verdict.verdict, Decision::Ship);
}

#[test]
fn evaluate_reports_without_effect() {
    let mut evaluate = bundle("default");
    evaluate.config.get_mut("pii").expect("there").state = Some(RuleState::Evaluate);
    let verdict = judge(&evaluate, &change("src/a.js", "log.info(user.email);"));
    assert!(
        verdict.violations.iter().any(|v| v.rule == "pii/logged-sensitive-data" && v.tier == Tier::Evaluate)
    );
    assert_eq!(verdict.packs.iter().find(|p| p.pack == "pii").expect("enabled").score, 100);
}

#[test]
fn a_suppression_with_a_reason_answers_a_finding_until_it_expires() {
    let code = |tail: &str| {
        format!(
            "// isl-ignore pii/logged-sensitive-data: agreed with the data officer {tail}\nlog.info(user.email);\n"
        )
    };
    let mut only_pii = bundle("default");
    only_pii.policies.optional.clear();
    let valid = judge(&only_pii, &change("src/a.js", &code("expires:2026-06-01 ticket:P-1")));
    assert!(valid.violations.is_empty());
    assert_eq!(valid.suppressed[0].ticket.as_deref(), Some("P-1"));
    let expired = judge(&only_pii, &change("src/a.js", &code("expires:2026-05-31")));
    assert_eq!(expired.violations.len(), 1);
    assert!(expired.notices[0].contains("expired"));
}

#[test]
fn strict_does_not_take_a_suppression_that_the_change_brings() {
    let code = "// isl-ignore quality/no-debug-code: needed for the demo today\ndebugger;\n";
    let fresh = change("src/a.js", code);
    assert_eq!(judge(&bundle("strict"), &fresh).violations.len(), 1);
    let mut known = fresh.clone();
    known.files[0].base = Some(code.as_bytes().to_vec());
    assert!(judge(&bundle("strict"), &known).violations.is_empty());
}

#[test]
fn suppressing_someone_elses_finding_is_reported() {
    let mut other =
        change("src/a.js", "// isl-ignore quality/no-debug-code: not my code, not my problem\ndebugger;\n");
    other.files[0].changed = Changed::Lines(vec![1..=1]);
    other.files[0].base = Some(b"debugger;\n".to_vec());
    let verdict = judge(&bundle("default"), &other);
    assert!(verdict.notices.iter().any(|n| n.contains("did not make")), "{:?}", verdict.notices);
}

#[test]
fn changed_lines_scope_leaves_old_lines_alone() {
    let mut lines = bundle("default");
    lines.scope = scrutineer_policy::Scope::ChangedLines;
    let mut old = change("src/a.js", "debugger;\nx();\n");
    old.files[0].changed = Changed::Lines(vec![2..=2]);
    assert!(judge(&lines, &old).violations.is_empty());
}

#[test]
fn a_baseline_covers_as_many_findings_as_it_counts() {
    let before = judge(&bundle("default"), &change("src/a.js", "debugger;\n"));
    let baseline = Baseline::create(&before);
    let mut moved = change("src/a.js", "\n\n  debugger;\n");
    moved.baseline = Some(baseline.clone());
    let verdict = judge(&bundle("default"), &moved);
    assert!(verdict.violations.is_empty() && verdict.suppressed.len() == 1);
    let mut second = change("src/a.js", "debugger;\ndebugger;\n");
    second.baseline = Some(baseline);
    assert_eq!(judge(&bundle("default"), &second).violations.len(), 1);
}

#[test]
fn an_approved_override_holds_until_its_day() {
    let policy = resolve(&bundle("default")).expect("valid");
    let out = |expires: &str| Override {
        id: "o-1".into(),
        target: "quality".into(),
        state: RuleState::Off,
        expires: Some(expires.into()),
    };
    let debugger = change("src/a.js", "debugger;");
    assert_eq!(verify(&policy, &debugger, &[out("2026-06-01")]).verdict, Decision::Ship);
    let expired = verify(&policy, &debugger, &[out("2026-05-31")]);
    assert_eq!(expired.verdict, Decision::NoShip);
    assert!(expired.notices[0].contains("expired"));
}

#[test]
fn mistakes_in_a_bundle_are_named_by_their_path() {
    let mut wrong = bundle("default");
    wrong.policies.required.push("pi".into());
    wrong.checks.required.push("pii".into());
    wrong
        .config
        .entry("auth".into())
        .or_default()
        .rule_overrides
        .insert("auth/nope".into(), Default::default());
    wrong.config.entry("quality".into()).or_default().threshold = Some(101);
    let problems = resolve(&wrong).expect_err("four mistakes");
    let at: Vec<&str> = problems.iter().map(|p| p.at.as_str()).collect();
    assert_eq!(
        at,
        [
            "checks.required[3]",
            "config.auth.ruleOverrides.auth/nope",
            "config.quality.threshold",
            "policies.required[3]"
        ]
    );
    assert!(serde_json::from_str::<Bundle>(r#"{"version":"1","policies":{},"nope":1}"#).is_err());
}

const CUSTOM: &str = r"
apiVersion: 1
id: acme/no-legacy-client
title: The legacy client is gone
severity: error
tier: hard_block
rationale: It signs with a retired key.
fix: Use the new client.
languages: [script, python]
message: legacy client $NAME
match:
  all:
    - call: { name: [legacyFetch, legacy_fetch] }
    - not: { call: { name: [allowLegacy] } }
examples:
  - languages: [script]
    bad: ['legacyFetch(x);']
    good: ['fetch(x);', 'legacyFetch(allowLegacy(x));']
  - languages: [python]
    bad: ['legacy_fetch(x)']
    good: ['fetch(x)']
";

#[test]
fn a_custom_rule_runs_in_its_own_pack() {
    let mut own = bundle("default");
    own.rules.push(CUSTOM.to_owned());
    own.policies.required.push("acme".into());
    let verdict = judge(&own, &change("src/a.ts", "legacyFetch(url);"));
    assert_eq!(verdict.violations[0].rule, "acme/no-legacy-client");
    assert_eq!(verdict.violations[0].message, "legacy client legacyFetch");
    assert_eq!(verdict.verdict, Decision::NoShip);
}

#[test]
fn a_custom_rule_that_does_not_hold_is_refused_with_its_reason() {
    let cases = [
        (CUSTOM.replace("match:", "mach:"), "unknown"),
        (CUSTOM.replace("languages: [script, python]", "languages: [cobol]"), "cobol"),
        (CUSTOM.replace("bad: ['legacyFetch(x);']", "bad: ['fetch(x);']"), "0 findings"),
        (CUSTOM.replace("acme/no-legacy-client", "pii/logged-sensitive-data"), "built-in"),
        (CUSTOM.replace("call: { name: [legacyFetch, legacy_fetch] }", "regex: '('"), "unclosed"),
        (CUSTOM.replace("tier: hard_block", "tier: evaluate"), "evaluate"),
        (format!("{CUSTOM}#{}", " ".repeat(70_000)), "bytes"),
    ];
    for (text, reason) in cases {
        let problems = check_custom_rule(&text);
        assert!(problems.iter().any(|p| p.message.contains(reason)), "{reason}: {problems:?}");
    }
    let problems = check_custom_rule("apiVersion: 1\nid: [\n");
    assert!(problems[0].line.is_some(), "{problems:?}");
    assert!(check_custom_rule(CUSTOM).is_empty());
}

#[test]
fn a_secret_never_leaves() {
    let secret = "k9J2mX7qLp4wZ81v";
    let verdict = judge(&bundle("strict"), &change("src/a.js", &format!("const apiKey = '{secret}';")));
    assert!(!verdict.violations.is_empty());
    assert!(!serde_json::to_string(&verdict).expect("serializable").contains(secret));
}

#[test]
fn a_test_path_informs_about_a_guess_and_warns_of_a_provider_key() {
    let key = format!("ghp_{}", "x8Kq2mVbT4wZ7yRn1LcJ9dPfA3sGh6UeQ0iW");
    let verdict = judge(
        &bundle("strict"),
        &change("src/a.test.js", &format!("const password = 'Tr0ub4dor&3'; const x = '{key}';")),
    );
    let tiers: Vec<Tier> = verdict.violations.iter().map(|v| v.tier).collect();
    assert_eq!(tiers, [Tier::Evaluate, Tier::Warn]);
}

#[test]
fn rules_say_what_a_role_does() {
    for rule in rules() {
        assert!(!rule.title.is_empty() && !rule.fix.is_empty() && !rule.rationale.is_empty(), "{}", rule.id);
    }
    let _ = Role::Test;
}
