//! One test per acceptance rule: what holds lifts the finding, what does not leaves it and says why.

use scrutineer_core::{
    Fact,
    evidence::{
        Page,
        activity::{Author, Review},
        assurance::{Assurance, AssuranceCommit, AssurancePull},
    },
};

use super::*;
use crate::snapshot::OrgDocs;
use crate::{
    finding::{EvidenceKind, Finding, Status},
    profile::Profile,
    score::ScoreVector,
    testing::{OrgWorld, RepoWorld, Tree, forbidden, member, team},
};

const CODEOWNERS: &str = "* @acme/core\n/.github/ @acme/sre @bob dora@example.com\n";

/// An entry that holds, for a check of the repository.
fn entry(check: &str) -> String {
    format!(
        "  - check: {check}\n    statement: The definition of done stands in the handbook, section 4.\n    \
         evidence: https://grc.example.com/evidence/8123\n    owner: \"@acme/sre\"\n    issued: 2026-05-15\n    \
         expires: 2026-11-11\n"
    )
}

fn file(entries: &str) -> String {
    format!("version: 1\nattestations:\n{entries}")
}

fn review(login: &str, state: &str) -> Review {
    let author = Some(Author { login: login.into(), is_bot: false });
    Review { state: state.into(), submitted_at: None, author }
}

fn history() -> Assurance {
    let pull = AssurancePull {
        number: 7,
        merged: true,
        base: "main".into(),
        author: Some(Author { login: "alice".into(), is_bot: false }),
        reviews: Page::all(vec![review("carol", "COMMENTED"), review("Bob", "APPROVED")]),
    };
    let commit = AssuranceCommit {
        oid: "0123456789abcdef0123456789abcdef01234567".into(),
        committed_at: "2026-05-15T10:00:00Z".parse().unwrap(),
        author: Some("alice".into()),
        signature_valid: true,
        pull: Some(pull),
    };
    Assurance { default_branch: "main".into(), commit: Some(commit) }
}

fn tree(text: &str) -> Tree {
    Tree::new().file("README.md", "# x\n").file(".github/CODEOWNERS", CODEOWNERS).file(ASSURANCE_PATH, text)
}

/// Nothing is written down, and the file says what `text` says.
fn world(text: &str) -> RepoWorld {
    let mut world = RepoWorld::default();
    world.tree(tree(text));
    world.repo.assurance = Some(Fact::Known(history()));
    people(&mut world.org);
    world
}

fn people(org: &mut OrgEvidence) {
    org.login = "acme".parse().unwrap();
    let mut sre = team("sre", &[]);
    sre.logins = vec!["carol".into(), "erin".into()];
    sre.members = 2;
    org.teams = Fact::Known(Page::all(vec![sre]));
    org.members = Fact::Known(Page::all(vec![member("alice", true), member("bob", false)]));
}

fn found(world: &RepoWorld) -> Finding {
    world.finding("SDLC-010")
}

fn said(finding: &Finding) -> String {
    let evidence = finding.evidence.iter().map(|e| format!("\n{:?} {}: {}", e.kind, e.source, e.value));
    format!("{:?} {}{}", finding.status, finding.detail, evidence.collect::<String>())
}

/// The history with a change.
fn with(change: impl FnOnce(&mut AssuranceCommit)) -> Option<Fact<Assurance>> {
    let mut history = history();
    change(history.commit.as_mut().unwrap());
    Some(Fact::Known(history))
}

fn with_pull(change: impl FnOnce(&mut AssurancePull)) -> Option<Fact<Assurance>> {
    with(|commit| change(commit.pull.as_mut().unwrap()))
}

#[track_caller]
fn assert_rejected(world: &RepoWorld, why: &str) {
    let finding = found(world);
    assert_eq!(finding.status, Status::Failed, "{}", said(&finding));
    assert!(!finding.is_attested());
    let rejected: Vec<_> =
        finding.evidence.iter().filter(|e| e.kind == EvidenceKind::RejectedAttestation).collect();
    assert!(rejected.iter().any(|e| e.value.contains(why)), "{why} in {}", said(&finding));
}

#[test]
fn what_holds_takes_the_place_of_missing_evidence() {
    let finding = found(&world(&file(&entry("SDLC-010"))));
    assert_eq!(finding.status, Status::Passed, "{}", said(&finding));
    assert!(finding.is_attested());
    let said = said(&finding);
    for part in ["@acme/sre attests until 2026-11-11", "pull request #7", "code owner Bob", "grc.example.com"]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    let none = found(&world("version: 1\nattestations: []\n"));
    assert_eq!((none.status, none.evidence.len()), (Status::Failed, 0));
}

#[test]
fn it_earns_three_quarters_and_is_counted_apart() {
    let finding = found(&world(&file(&entry("SDLC-010"))));
    let vector = ScoreVector::of(&[finding], &Profile::default());
    let scores = vector.categories(&Profile::default());
    let score = scores.iter().find(|score| score.category == "sdlc_process").unwrap();
    assert_eq!((score.attested, score.counts.passed), (1, 1));
    assert_eq!(score.percentage, Some("75.00".parse().unwrap()));
    assert_eq!(vector.overall(&Profile::default()).attested, 1);
    let stored = serde_json::to_string(&vector).unwrap();
    assert_eq!(serde_json::from_str::<ScoreVector>(&stored).unwrap(), vector);
}

#[test]
fn the_last_thirty_days_warn_and_then_it_has_failed() {
    let until = |day: &str| {
        let text = entry("SDLC-010").replace("2026-11-11", day).replace("2026-05-15", "2026-01-01");
        found(&world(&file(&text)))
    };
    assert_eq!(until("2026-07-02").status, Status::Passed, "31 days left");
    let expiring = until("2026-07-01");
    assert_eq!((expiring.status, expiring.is_attested()), (Status::Warning, true));
    assert_eq!(until("2026-06-01").status, Status::Warning, "the last day");
    let expired = until("2026-05-31");
    assert_eq!(expired.status, Status::Failed);
    assert!(expired.detail.starts_with("The attestation expired on 2026-05-31."), "{}", expired.detail);
    assert!(said(&expired).contains("RejectedAttestation"));
}

#[test]
fn a_measurement_is_never_overridden() {
    let mut world = world(&file(&entry("DAST-004")));
    world.repo.listing.code_alerts = Fact::Known(vec![scrutineer_core::evidence::repo::CodeAlert {
        number: 3,
        state: "open".into(),
        severity: Some("critical".into()),
        tool: "OWASP ZAP".into(),
        created_at: world.repo.observed_at,
        dismissed_reason: None,
        has_dismissed_comment: false,
    }]);
    let docker = "FROM rust\nEXPOSE 8080\nCMD [\"api\"]\n";
    let files = tree(&file(&entry("DAST-004"))).code().file("Dockerfile", docker);
    world.tree(files.clone());
    let finding = world.finding("DAST-004");
    assert_eq!(finding.status, Status::Failed, "{}", said(&finding));
    assert!(said(&finding).contains("what was measured says otherwise"), "{}", said(&finding));
    world.repo.listing.code_alerts = Fact::Known(vec![]);
    let finding = world.finding("DAST-004");
    assert_eq!(finding.status, Status::Passed, "nothing scans, which says nothing: {}", said(&finding));
    world.repo.listing.code_alerts = forbidden("security_events");
    assert_eq!(world.finding("DAST-004").status, Status::Error, "what was not read stays unread");
}

#[test]
fn only_attestable_checks_can_be_attested() {
    let mut world = world(&file(&entry("SDLC-002")));
    if let Fact::Known(posture) = &mut world.repo.posture {
        posture.contributing_url = None;
    }
    let finding = world.finding("SDLC-002");
    assert_eq!(finding.status, Status::Failed);
    assert!(said(&finding).contains("decided from evidence only"), "{}", said(&finding));
}

#[test]
fn the_file_must_hold_as_a_whole() {
    let good = entry("SDLC-010");
    let many = (0..101).map(|_| good.clone()).collect::<String>();
    let cases = [
        (file(&good).replace("version: 1", "version: 2"), "version is 2"),
        (file(&good.replace("owner:", "ownr:")), "ownr"),
        (file(&good.replace("https://", "http://")), "attestations[0].evidence"),
        (file(&good.replace("https://grc", "https://me@grc")), "attestations[0].evidence"),
        (
            file(&good.replace("The definition of done stands in the handbook, section 4.", "Done.")),
            "statement",
        ),
        (file(&good.replace("\"@acme/sre\"", "sre")), "attestations[0].owner"),
        (file(&good.replace("2026-11-11", "2026-05-15")), "expires"),
        (file(&good.replace("2026-11-11", "soon")), "the file does not hold"),
        (file(&format!("{good}    repositories: []\n")), "repositories"),
        (file(&many), "more than 100"),
        (format!("{}# {}\n", file(&good), "x".repeat(65_536)), "larger than 64 KiB"),
        ("version: 1\n".to_owned(), "attestations"),
        (file(&good).replace("attestations:", "attestations: &a [*a]\nother:"), "the file does not hold"),
    ];
    for (text, why) in cases {
        assert_rejected(&world(&text), why);
    }
}

#[test]
fn it_holds_for_a_year_at_most_and_half_a_year_for_access_and_restores() {
    let text = entry("SDLC-010").replace("2026-11-11", "2027-05-15");
    assert_eq!(found(&world(&file(&text))).status, Status::Passed, "365 days");
    assert_rejected(&world(&file(&text.replace("2027-05-15", "2027-05-16"))), "more than 365 days");
    for (check, most) in
        [("DR-010", 180), ("IAM-012", 180), ("SEC-008", 180), ("DR-009", 365), ("MON-001", 365)]
    {
        assert_eq!(longest_validity(check), most, "{check}");
    }
    assert_rejected(&world(&file(&entry("SDLC-010").replace("2026-05-15", "2026-06-02"))), "it begins on");
}

#[test]
fn the_last_commit_must_be_signed() {
    let mut world = world(&file(&entry("SDLC-010")));
    world.repo.assurance = with(|commit| commit.signature_valid = false);
    assert_rejected(&world, "(0123456) has no valid signature");
}

#[test]
fn it_must_have_come_by_a_pull_request_into_the_default_branch() {
    let mut world = world(&file(&entry("SDLC-010")));
    world.repo.assurance = with(|commit| commit.pull = None);
    assert_rejected(&world, "without a pull request");
    world.repo.assurance = with_pull(|pull| pull.merged = false);
    assert_rejected(&world, "#7 did not bring it to the default branch");
    world.repo.assurance = with_pull(|pull| pull.base = "release".into());
    assert_rejected(&world, "#7 did not bring it to the default branch");
    let nothing = Assurance { commit: None, ..history() };
    world.repo.assurance = Some(Fact::Known(nothing));
    assert_rejected(&world, "no commit of the default branch");
}

#[test]
fn a_code_owner_other_than_the_author_must_have_approved() {
    let mut world = world(&file(&entry("SDLC-010")));
    let none = "no code owner of the file other than its author approved";
    let reviews = |list: Vec<Review>| with_pull(|pull| pull.reviews = Page::all(list));
    world.repo.assurance = reviews(vec![]);
    assert_rejected(&world, none);
    world.repo.assurance = reviews(vec![review("mallory", "APPROVED")]);
    assert_rejected(&world, none);
    world.repo.assurance = reviews(vec![review("bob", "APPROVED"), review("bob", "CHANGES_REQUESTED")]);
    assert_rejected(&world, none);
    world.repo.assurance = reviews(vec![review("bob", "APPROVED"), review("bob", "COMMENTED")]);
    assert_eq!(found(&world).status, Status::Passed, "a comment takes nothing back");
    world.repo.assurance = reviews(vec![review("erin", "APPROVED")]);
    assert_eq!(found(&world).status, Status::Passed, "a member of the owning team");
    world.repo.assurance =
        with_pull(|pull| pull.author = Some(Author { login: "BOB".into(), is_bot: false }));
    assert_rejected(&world, none);
    world.repo.assurance = with(|commit| commit.author = Some("bob".into()));
    assert_rejected(&world, none);
    world.repo.assurance = with_pull(|pull| pull.author = None);
    assert_rejected(&world, none);
    let robot =
        Review { author: Some(Author { login: "bob".into(), is_bot: true }), ..review("bob", "APPROVED") };
    world.repo.assurance = reviews(vec![robot]);
    assert_rejected(&world, none);
}

#[test]
fn what_could_not_be_read_proves_nothing() {
    let mut world = world(&file(&entry("SDLC-010")));
    world.repo.assurance = Some(forbidden("pull_requests"));
    assert_rejected(&world, "how the file came to be could not be read");
    world.repo.assurance = None;
    assert_rejected(&world, "it was not there when the repository was listed");
    world.repo.assurance = with_pull(|pull| pull.reviews = Page::all(vec![review("zoe", "APPROVED")]));
    if let Fact::Known(teams) = &mut world.org.teams {
        teams.items[0].members = 200;
    }
    assert_rejected(&world, "the members of the owning team could not be read");
    world.repo.assurance = Some(Fact::Known(history()));
    world.org.teams = forbidden("members");
    assert_rejected(&world, "the organization's teams could not be read");
}

#[test]
fn codeowners_must_cover_the_file() {
    let mut world = world("");
    world.tree(Tree::new().file("README.md", "# x\n").file(ASSURANCE_PATH, &file(&entry("SDLC-010"))));
    assert_rejected(&world, "CODEOWNERS does not cover the file");
    let elsewhere = tree(&file(&entry("SDLC-010"))).file(".github/CODEOWNERS", "/src/ @bob\n");
    world.tree(elsewhere);
    assert_rejected(&world, "CODEOWNERS does not cover the file");
}

#[test]
fn the_owner_must_be_a_team_or_member() {
    let owned = |owner: &str| world(&file(&entry("SDLC-010").replace("@acme/sre", owner)));
    assert_eq!(found(&owned("@alice")).status, Status::Passed);
    assert_rejected(&owned("@acme/nobody"), "neither a team nor a member");
    assert_rejected(&owned("@other/sre"), "no team of the organization");
    assert_rejected(&owned("@mallory"), "neither a team nor a member");
}

/// The organization's file, as it stands in `.github-private`.
fn of_org(text: &str) -> OrgDocs {
    let files = tree(text).snapshot();
    let mut docs = OrgDocs::from_snapshots(Fact::Known(None), Fact::Known(Some(&files)));
    docs.prove_assurance("acme/.github-private".parse().unwrap(), Fact::Known(history()));
    docs
}

fn under(docs: &OrgDocs, world: &RepoWorld) -> Finding {
    let files = Tree::new().file("README.md", "# x\n").snapshot();
    let subject = RepoSubject { repo: &world.repo, files: Fact::Known(&files), org: &world.org, docs };
    let found = crate::evaluate_repo(&subject, &Profile::default());
    found.into_iter().find(|finding| finding.check == "SDLC-010").unwrap()
}

#[test]
fn the_organizations_file_speaks_of_repositories_by_globs() {
    let world = world("");
    let name = world.repo.listing.name.name().to_owned();
    let globs = |glob: &str| of_org(&file(&format!("{}    repositories: [\"{glob}\"]\n", entry("SDLC-010"))));
    let met = under(&globs(&format!("{}*", &name[..1])), &world);
    assert_eq!(met.status, Status::Passed, "{}", said(&met));
    assert!(said(&met).contains(".github-private:.github/assurance.yml"), "{}", said(&met));
    let other = under(&globs("other-*"), &world);
    assert_eq!((other.status, other.evidence.len()), (Status::Failed, 0));
    let without = under(&of_org(&file(&entry("SDLC-010"))), &world);
    assert!(said(&without).contains("it names no `repositories`"), "{}", said(&without));
    let own = super::tests::world(&file(&format!("{}    repositories: [\"*\"]\n", entry("SDLC-010"))));
    assert_rejected(&own, "in the organization's file only");
}

#[test]
fn the_organizations_own_checks_are_attested_there() {
    let mut world = OrgWorld { profile: Fact::Known(None), ..OrgWorld::default() };
    let before = world.finding("IAM-012");
    assert_eq!(before.status, Status::Warning, "{}", said(&before));
    people(&mut world.org);
    world.org.members = Fact::Known(Page::all(vec![member("alice", true), member("bob", true)]));
    let docs = of_org(&file(&entry("IAM-012")));
    let subject = OrgSubject { org: &world.org, docs: &docs, repositories: &world.repositories };
    let found = crate::evaluate_org(&subject, &Profile::default());
    let after = found.into_iter().find(|finding| finding.check == "IAM-012").unwrap();
    assert_eq!((after.status, after.is_attested()), (Status::Passed, true), "{}", said(&after));
}
