//! People answer for what no repository shows: in a repository's own file, and for several in the organization's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::{fs, path::Path};

use scrutineer_core::{SignedDuration, Timestamp};
use scrutineer_scanners::{EvidenceKind, Status};
use scrutineer_scenarios::{Opening, Story, real_now};
use scrutineer_service::scan::read;
use scrutineer_simulator::{Simulator, World};

const ORG: &str = "login: acme
members: [{ login: alice, admin: true }, { login: bob, admin: true }, { login: carol }]
teams: [{ slug: sre, members: [bob, carol], repositories: { \"*\": WRITE } }]
";

/// A signed commit that a member of the owning team approved.
const REVIEWED: &str = "commits:
  - { author: alice, signed: true, pull_request: 7, files: [.github/assurance.yml] }
pull_requests:
  - { number: 7, author: alice, merged: \"-20d\", reviews: [{ author: carol }] }
";

fn day(from_now: i64) -> String {
    let at: Timestamp = real_now() + SignedDuration::from_hours(24 * from_now);
    at.strftime("%F").to_string()
}

fn attestation(check: &str, days_left: i64, rest: &str) -> String {
    format!(
        "version: 1\nattestations:\n  - check: {check}\n    statement: It stands in the handbook, chapter nine.\n    \
         evidence: https://grc.example.com/9\n    owner: \"@acme/sre\"\n    issued: {}\n    expires: {}\n{rest}",
        day(-100),
        day(days_left)
    )
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn repository(dir: &Path, name: &str, settings: &str, assurance: Option<&str>) {
    write(dir, &format!("repos/{name}.yaml"), settings);
    write(dir, &format!("repos/{name}/README.md"), "# x\n");
    write(dir, &format!("repos/{name}/.github/CODEOWNERS"), "* @acme/sre\n");
    if let Some(text) = assurance {
        write(dir, &format!("repos/{name}/.github/assurance.yml"), text);
    }
}

async fn story() -> Story {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    write(at, "org.yaml", ORG);
    repository(at, "pay", REVIEWED, Some(&attestation("SDLC-010", 100, "")));
    let unsigned = REVIEWED.replace("signed: true", "signed: false");
    repository(at, "hasty", &unsigned, Some(&attestation("SDLC-010", 100, "")));
    repository(at, "late", REVIEWED, Some(&attestation("SDLC-010", 20, "")));
    repository(at, "plain", "visibility: private\n", None);
    let globs = "    repositories: [pl*]\n";
    repository(at, ".github-private", REVIEWED, Some(&attestation("SDLC-010", 100, globs)));
    let github = Simulator::start(World::load(at).unwrap()).await.unwrap();
    Story::over(github, Opening::default()).await.unwrap()
}

#[tokio::test]
async fn what_people_answer_for_counts_less_and_is_counted_apart() {
    let story = story().await;
    let state = story.scan().await.unwrap();
    let of = async |name| story.finding(&state.scan, "SDLC-010", Some(name)).await.unwrap();
    let own = of("pay").await;
    assert_eq!((own.status, own.is_attested()), (Status::Passed, true), "{own:?}");
    assert!(own.evidence.iter().any(|e| e.value.contains("carol")), "{own:?}");
    let by_org = of("plain").await;
    assert_eq!((by_org.status, by_org.is_attested()), (Status::Passed, true), "{by_org:?}");
    let late = of("late").await;
    assert_eq!((late.status, late.is_attested()), (Status::Warning, true), "{late:?}");
    let hasty = of("hasty").await;
    assert_eq!(hasty.status, Status::Failed, "{hasty:?}");
    let rejected = hasty.evidence.iter().find(|e| e.kind == EvidenceKind::RejectedAttestation).unwrap();
    assert!(rejected.value.contains("no valid signature"), "{hasty:?}");
    let scores = read::scores(story.app(), state.scan.id).await.unwrap();
    let score = scores.categories.iter().find(|score| score.category == "sdlc_process").unwrap();
    assert_eq!(score.findings.attested, 3);
    let requests = read::requests(story.app(), state.scan.id).await.unwrap();
    assert_eq!(
        requests["GraphQL RepoAssurance"], 2,
        "one for the repositories, one for the organization's file"
    );
}

#[tokio::test]
async fn who_has_none_is_asked_nothing() {
    let story = Story::synthetic(3).await.unwrap();
    let state = story.scan().await.unwrap();
    let requests = read::requests(story.app(), state.scan.id).await.unwrap();
    assert!(!requests.contains_key("GraphQL RepoAssurance"), "{requests:?}");
}

#[tokio::test]
async fn a_changed_attestation_of_the_organization_judges_its_repositories_anew() {
    let story = story().await;
    story.scan().await.unwrap();
    story.clock.advance(SignedDuration::from_hours(1));
    let none = "version: 1\nattestations: []\n";
    story.github.world().lock().push("acme", ".github-private", ".github/assurance.yml", none.as_bytes());
    let second = story.scan().await.unwrap();
    let plain = story.finding(&second.scan, "SDLC-010", Some("plain")).await.unwrap();
    assert_eq!((plain.status, plain.is_attested()), (Status::Failed, false), "{plain:?}");
}
