//! What a user sees when the token may not read something: an error that names the permission, and a lower coverage.
//!
//! The table is the registry itself: the first permission of a check is the one without which it is an error. What
//! stands here besides are the few checks that other evidence decides as well.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_core::Gap;
use scrutineer_local::report;
use scrutineer_scanners::{Finding, Status, registry};
use scrutineer_scenarios::{Opening, Story};
use scrutineer_service::scan::read::ScanState;
use scrutineer_simulator::{Simulator, World};

/// Checks that decide from other evidence without their first permission, and how good a decision that may be.
const FALLBACKS: &[(&str, &[Status])] = &[
    // Features that only Enterprise Cloud has tell the plan.
    ("PLAT-003", &[Status::Passed, Status::Warning, Status::Failed]),
    // The enterprise's streams need another credential anyway; exports in workflows are seen in files.
    ("PLAT-008", &[Status::Passed, Status::Warning, Status::Failed]),
    // Rules of the branch that anyone may read decide all that they carry.
    ("REPO-001", &[Status::Passed, Status::Warning, Status::Failed]),
    ("REPO-002", &[Status::Passed, Status::Warning, Status::Failed]),
    ("REPO-003", &[Status::Passed, Status::Warning, Status::Failed]),
    ("REPO-004", &[Status::Passed, Status::Warning, Status::Failed]),
    ("REPO-006", &[Status::Passed, Status::Warning, Status::Failed]),
    ("REPO-007", &[Status::Passed, Status::Warning, Status::Failed]),
    ("SAST-007", &[Status::Passed, Status::Warning, Status::Failed]),
    // A scanner in CI is partial protection, whatever GitHub's own does.
    ("SEC-001", &[Status::Warning]),
    // A job that reads secrets without an environment fails by its file alone; passing needs the listing.
    ("SEC-006", &[Status::Warning, Status::Failed]),
    // Pipelines without stored secrets have none to rotate.
    ("SEC-008", &[Status::Passed, Status::Warning]),
    // Auditing set up as code counts by itself.
    ("SEC-010", &[Status::Warning, Status::Failed]),
];

/// Findings by check and repository.
type Findings = BTreeMap<(String, String), Finding>;

/// A scan of the demo organization with everything but `missing`.
async fn without(missing: &str) -> (Story, ScanState, Findings) {
    let github = Simulator::start(World::embedded_demo().unwrap()).await.unwrap();
    let held = Simulator::all_permissions().into_iter().filter(|permission| *permission != missing);
    let token = github.installation_token(held);
    let story = Story::over(github, Opening { token: Some(token), ..Opening::default() }).await.unwrap();
    let state = story.scan().await.unwrap();
    let place = |finding: &Finding| {
        let repository = finding.repository.as_ref().map(|repo| repo.name().to_owned());
        (finding.check.clone(), repository.unwrap_or_default())
    };
    let findings = story.findings(&state.scan).await.unwrap();
    (story, state, findings.into_iter().map(|finding| (place(&finding), finding)).collect())
}

/// The first permission of every check.
fn first_needs() -> BTreeMap<&'static str, &'static str> {
    registry::checks().filter_map(|(_, check)| Some((check.id, *check.needs.first()?))).collect()
}

fn names(finding: &Finding, permission: &str) -> bool {
    let gap = matches!(&finding.gap, Some(Gap::Forbidden { permission: named }) if named.key() == permission);
    gap && finding.detail.contains(&format!("{permission}:read"))
}

/// Whether a finding may look like this without `missing`, its check's first permission.
fn is_allowed(finding: &Finding, before: &Finding, missing: &str) -> bool {
    let fallback = FALLBACKS.iter().find(|(check, _)| *check == finding.check);
    match finding.status {
        Status::Error => names(finding, missing),
        // There is no object, which the permission does not decide: the same was said with it.
        Status::NotApplicable => before.status == Status::NotApplicable,
        status => fallback.is_some_and(|(_, allowed)| allowed.contains(&status)),
    }
}

/// Everything that must hold without `missing`.
async fn holds_without(missing: &str, full: &Findings) {
    let (story, state, findings) = without(missing).await;
    let first = first_needs();
    let wrong = findings.iter().filter(|(place, finding)| {
        let before = &full[*place];
        if first[finding.check.as_str()] == missing {
            !is_allowed(finding, before, missing)
        } else {
            finding.status == Status::Error && before.status != Status::Error && !names(finding, missing)
        }
    });
    let wrong: Vec<String> = wrong
        .map(|(_, found)| {
            format!("{} {:?} {:?}: {}", found.check, found.repository, found.status, found.detail)
        })
        .collect();
    assert!(wrong.is_empty(), "without {missing}:\n{}", wrong.join("\n"));
    scores_say_so(&story, &state, &findings).await;
}

/// The API's and the command line's JSON: the rest is scored, and coverage says how much that is.
async fn scores_say_so(story: &Story, state: &ScanState, findings: &Findings) {
    let decided = |finding: &&Finding| !matches!(finding.status, Status::Error | Status::NotApplicable);
    let errors = findings.values().filter(|finding| finding.status == Status::Error).count();
    let decided = findings.values().filter(decided).count();
    assert!(state.scan.overall.is_some(), "the rest is still scored");
    let share = 100.0 * decided as f64 / (decided + errors) as f64;
    let report = report::build::build(story.app(), state.scan.id).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&report::json::json(&report)).unwrap();
    let shown = json["coverage"].as_f64().unwrap();
    assert!((shown - share).abs() < 0.01, "coverage {shown}, but {decided} of {} decided", decided + errors);
    let listed = json["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "error");
    assert_eq!(listed.clone().count(), errors);
    assert!(listed.clone().all(|finding| finding["missing"].is_string()), "each error says what is missing");
    for score in json["scores"].as_array().unwrap() {
        let count = |status: &str| score["findings"][status].as_f64().unwrap();
        let (seen, lost) = (count("passed") + count("warning") + count("failed"), count("error"));
        let share = if seen + lost == 0.0 { None } else { Some(100.0 * seen / (seen + lost)) };
        let agrees = match (score["coverage"].as_f64(), share) {
            (Some(shown), Some(share)) => (shown - share).abs() < 0.01,
            (shown, share) => shown == share,
        };
        assert!(agrees, "{score}");
    }
    let scores = scrutineer_service::scan::read::scores(story.app(), state.scan.id).await.unwrap();
    assert_eq!((scores.overall, scores.coverage), (state.scan.overall, state.scan.coverage));
}

/// One share of the permissions, so that the shares run beside each other.
async fn share(number: usize, of: usize) {
    let (_, _, full) = without("nothing").await;
    let all = Simulator::all_permissions();
    // Every repository permission includes metadata, so no token is without it.
    let rows = all.iter().filter(|permission| **permission != "metadata");
    for missing in rows.skip(number).step_by(of) {
        holds_without(missing, &full).await;
    }
}

#[tokio::test]
async fn without_a_permission_its_checks_are_errors_that_name_it_first_third() {
    share(0, 3).await;
}

#[tokio::test]
async fn without_a_permission_its_checks_are_errors_that_name_it_second_third() {
    share(1, 3).await;
}

#[tokio::test]
async fn without_a_permission_its_checks_are_errors_that_name_it_last_third() {
    share(2, 3).await;
}

#[test]
fn every_permission_that_a_check_needs_is_one_a_token_can_lack() {
    let known: BTreeSet<&str> = Simulator::all_permissions().into_iter().collect();
    let needed: BTreeSet<&str> = registry::checks().flat_map(|(_, check)| check.needs).copied().collect();
    assert!(needed.is_subset(&known), "{:?}", needed.difference(&known));
}

#[tokio::test]
async fn without_contents_nothing_that_needs_files_is_decided() {
    let (_, _, findings) = without("contents").await;
    let first = first_needs();
    let of_files = findings.values().filter(|finding| first[finding.check.as_str()] == "contents");
    let decided = |finding: &&Finding| finding.status != Status::Error;
    // Archived and empty repositories are not asked about.
    let exempt = |finding: &Finding| {
        finding.status == Status::NotApplicable
            && (finding.detail.contains("archived") || finding.detail.contains("empty"))
    };
    let checks: BTreeSet<&str> = of_files.clone().map(|finding| finding.check.as_str()).collect();
    assert_eq!(checks.len(), first.values().filter(|key| **key == "contents").count());
    for finding in of_files.filter(decided) {
        assert!(exempt(finding), "{finding:?}");
    }
}

#[tokio::test]
async fn without_contents_the_protection_of_a_branch_is_still_judged() {
    let (_, _, findings) = without("contents").await;
    for check in ["REPO-001", "REPO-002", "REPO-006"] {
        let finding = &findings[&(check.to_owned(), "payments-api".to_owned())];
        assert_ne!(finding.status, Status::Error, "{finding:?}");
    }
}
