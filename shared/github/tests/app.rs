//! The GitHub App against the simulator: reading pull requests, writing check runs, setting up required checks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[allow(dead_code, unreachable_pub, reason = "each test file uses its part of the support")]
mod support;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use scrutineer_core::{
    Failure, Kind, Timestamp,
    ids::{InstallationId, PullNumber, RepoName, Sha},
};
use scrutineer_github::{
    AppKey, AppSettings, BaseUrl, Error, GitHubApp,
    app::{
        Annotation, AnnotationLevel, Blob, BlobAt, CheckOutput, CheckRunFilter, CheckRunUpdate, CheckState,
        Conclusion, Diff, Enforcement, FileStatus, Installation, Membership, NewCheckRun, PullState,
        RequiredCheck, RulesetDraft, SarifStatus, SarifUpload,
    },
    webhook::{CheckRunAction, Event, InstallationAction, PullAction, RepositoryAction, Secrets},
};
use scrutineer_simulator::contract::check_requests;
use scrutineer_simulator::{At, Change, Delivering, Fault, Opening, RepoHandle, Simulator, sign};
use serde_json::json;
use support::private_key;

const REPO: &str = "acme/repo-00000";
const MIB: u64 = 1024 * 1024;

struct World {
    sim: Simulator,
    app: GitHubApp,
    repo: RepoName,
}

impl World {
    async fn new() -> Self {
        let sim = Simulator::synthetic("acme", 3).await.unwrap();
        sim.grant_enforcement();
        let key = AppKey::pem(&sim.app_id().to_string(), private_key().into());
        let app = GitHubApp::new(AppSettings::new(key, BaseUrl::for_operator(&sim.base_url()).unwrap()));
        Self { sim, app, repo: REPO.parse().unwrap() }
    }

    fn installation(&self) -> Installation {
        self.app.installation(InstallationId::new(self.sim.installation_id("acme").unwrap()))
    }

    /// The installation with a token already minted, and nothing counted.
    async fn warm(&self) -> Installation {
        let installation = self.installation();
        installation.reader().repository(&self.repo).await.unwrap();
        installation.take_requests();
        self.sim.reset_counters();
        installation
    }

    fn there(&self) -> RepoHandle<'_> {
        self.sim.repo(REPO)
    }

    fn fault(&self, endpoint: &str, what: At) {
        self.sim.faults().set(Fault::At { endpoint: endpoint.to_owned(), every: 1, times: None, what });
    }
}

fn sha(text: &str) -> Sha {
    text.parse().unwrap()
}

fn at(commit: &Sha, path: &str) -> BlobAt {
    BlobAt { commit: commit.clone(), path: path.to_owned() }
}

fn output(summary: &str) -> CheckOutput {
    CheckOutput { title: "PII".into(), summary: summary.into(), text: None }
}

fn new_run(head: &str) -> NewCheckRun {
    NewCheckRun {
        name: "isl-pii-check".into(),
        head_sha: sha(head),
        external_id: "0198-verification".into(),
        state: CheckState::InProgress,
        started_at: Some("2026-09-01T12:00:00Z".parse().unwrap()),
        details_url: Some("https://scrutineer.example.com/v/1".into()),
        output: Some(output("It runs.")),
    }
}

fn done(conclusion: Conclusion, annotations: usize) -> CheckRunUpdate {
    let annotation = |index: usize| Annotation {
        path: "src/a.ts".into(),
        start_line: 1,
        end_line: 1,
        columns: Some((1, 2)),
        level: AnnotationLevel::Failure,
        message: format!("violation {index}"),
        title: Some("PII in a log".into()),
        raw_details: None,
    };
    let at: Timestamp = "2026-09-01T12:01:00Z".parse().unwrap();
    let mut update = CheckRunUpdate::new(CheckState::Completed { conclusion, at }, output("Done."));
    update.annotations = (0..annotations).map(annotation).collect();
    update
}

fn kind(error: Error) -> Kind {
    Failure::from(error).kind
}

#[tokio::test]
async fn a_pull_request_of_a_hundred_files_is_read_in_three_requests() {
    let world = World::new().await;
    let paths: Vec<String> = (0..98).map(|index| format!("src/file-{index:02}.ts")).collect();
    let mut change = Change::new().file("src/index.js", "changed\n").remove("README.md");
    for path in &paths {
        change = change.file(path, format!("export const path = {path:?};\n"));
    }
    let opened = world.there().open(Opening::new(change));
    let installation = world.warm().await;
    let reader = installation.reader();
    let pull = reader.pull(&world.repo, PullNumber::new(opened.number)).await.unwrap();
    let changed = reader.changed_files(&world.repo, pull.number).await.unwrap();
    assert_eq!(
        (changed.files.len(), changed.truncated, changed.head),
        (100, false, Some(pull.head.sha.clone()))
    );
    let present = changed.files.iter().filter(|file| file.status != FileStatus::Removed);
    let mut wanted: Vec<BlobAt> = present.map(|file| at(&pull.head.sha, &file.path)).collect();
    let configuration = [".github/scrutineer.yml", "src/index.js", "README.md"];
    wanted.extend(configuration.map(|path| at(&pull.base.sha, path)));
    let blobs = reader.blobs(&world.repo, &wanted, MIB).await.unwrap();
    assert_eq!(blobs[0], Blob::File(b"export const path = \"src/file-00.ts\";\n".to_vec()));
    assert_eq!(blobs[99], Blob::Missing);
    assert!(matches!(&blobs[100..], [Blob::File(_), Blob::File(_)]));
    let requests = installation.take_requests();
    assert_eq!(requests.total(), 3, "{requests:?}");
    assert_eq!(world.sim.counters()["total"], 3);
    check_requests(&world.sim.requests()).unwrap();
}

#[tokio::test]
async fn every_kind_of_change_is_told() {
    let world = World::new().await;
    let long = "x".repeat(600 * 1024);
    let module = "ab".repeat(20);
    let change = Change::new()
        .rename("README.md", "docs/README.md")
        .remove("package.json")
        .file("src/index.js", "changed\n")
        .file("logo.png", b"\x89PNG\0\0")
        .file("latin.txt", b"caf\xe9\n")
        .file("long.txt", &long)
        .file("huge.txt", "y".repeat(2 * 1024 * 1024))
        .file("many.txt", "line\n".repeat(25_000))
        .lfs("model.bin", 5_000_000)
        .submodule("vendor/lib", &module);
    let opened = world.there().open(Opening::new(change).from_fork("mallory"));
    let reader = world.installation().reader();
    let changed = reader.changed_files(&world.repo, PullNumber::new(opened.number)).await.unwrap();
    let of = |path: &str| changed.files.iter().find(|file| file.path == path).unwrap();
    assert_eq!(of("docs/README.md").status, FileStatus::Renamed { from: "README.md".into() });
    assert_eq!(of("docs/README.md").diff, Diff::None);
    assert_eq!(
        (&of("package.json").status, &of("src/index.js").status),
        (&FileStatus::Removed, &FileStatus::Modified)
    );
    assert_eq!(of("src/index.js").diff, Diff::Lines(vec![1..=1]));
    assert_eq!((&of("logo.png").diff, &of("many.txt").diff), (&Diff::None, &Diff::TooLarge));
    assert_eq!((&of("vendor/lib").diff, &of("vendor/lib").blob), (&Diff::Submodule, &Some(sha(&module))));
    let head = sha(&opened.head);
    let paths = ["logo.png", "latin.txt", "long.txt", "huge.txt", "model.bin", "src", "vendor/lib", "none"];
    let wanted: Vec<BlobAt> = paths.iter().map(|path| at(&head, path)).collect();
    let blobs = reader.blobs(&world.repo, &wanted, MIB).await.unwrap();
    assert_eq!(blobs[0], Blob::Binary { size: 6 });
    assert!(matches!(&blobs[1], Blob::Binary { .. } | Blob::File(_)));
    assert_eq!(blobs[2], Blob::File(long.into_bytes()), "GraphQL cuts it, REST gives it whole");
    assert_eq!(blobs[3], Blob::TooLarge { size: 2 * MIB });
    assert!(matches!(blobs[4], Blob::Lfs { size: 5_000_000, .. }));
    assert_eq!(blobs[5..], [Blob::NotAFile, Blob::Missing, Blob::Missing]);
}

#[tokio::test]
async fn single_files_are_read_at_a_branch_or_commit() {
    let world = World::new().await;
    let opened = world
        .there()
        .open(Opening::new(Change::new().file("ä b/c#.ts", "1\n").file("big", "z".repeat(1_100_000))));
    let reader = world.installation().reader();
    let file = async |path: &str, reference: &str, largest: u64| {
        reader.file(&world.repo, path, (reference, largest)).await.unwrap()
    };
    assert_eq!(file("ä b/c#.ts", &opened.head, MIB).await, Blob::File(b"1\n".to_vec()));
    assert_eq!(file("ä b/c#.ts", "main", MIB).await, Blob::Missing);
    assert_eq!(file("src", "main", MIB).await, Blob::NotAFile);
    assert_eq!(file("big", &opened.head, MIB).await, Blob::TooLarge { size: 1_100_000 });
    assert!(
        matches!(file("big", &opened.head, 2 * MIB).await, Blob::File(bytes) if bytes.len() == 1_100_000)
    );
    for outside in ["../../../user", "a//b", "./a", ""] {
        assert_eq!(file(outside, "main", MIB).await, Blob::Missing, "{outside}");
    }
}

#[tokio::test]
async fn pull_requests_are_found_by_commit_and_by_state() {
    let world = World::new().await;
    let there = world.there();
    let ours = there.open(Opening::new(Change::new().file("a", "1")).draft());
    let theirs = there.open(Opening::new(Change::new().file("b", "1")).from_fork("mallory"));
    let old = there.open(Opening::new(Change::new().file("c", "1")));
    there.act(old.number, "merged");
    let reader = world.installation().reader();
    let open = reader.open_pulls(&world.repo).await.unwrap();
    assert_eq!(open.iter().map(|pull| pull.number.get()).collect::<Vec<_>>(), [ours.number, theirs.number]);
    assert_eq!((open[0].draft, open[0].is_fork(), open[1].is_fork()), (true, false, true));
    assert_eq!(open[1].author.as_ref().unwrap().as_str(), "mallory");
    let found = reader.pulls_for_commit(&world.repo, &sha(&theirs.head)).await.unwrap();
    assert_eq!(found.iter().map(|pull| pull.number.get()).collect::<Vec<_>>(), [theirs.number]);
    let newer = there.push_to(theirs.number, &Change::new().file("b", "2"));
    assert_eq!(
        reader.pulls_for_commit(&world.repo, &sha(&theirs.head)).await.unwrap(),
        [],
        "no longer its head"
    );
    assert_eq!(reader.pulls_for_commit(&world.repo, &sha(&newer)).await.unwrap().len(), 1);
    assert_eq!(reader.pulls_for_commit(&world.repo, &sha(&"0".repeat(40))).await.unwrap(), []);
    let merged = reader.pull(&world.repo, PullNumber::new(old.number)).await.unwrap();
    assert_eq!((merged.state, merged.changed_files), (PullState::Merged, Some(1)));
}

#[tokio::test]
async fn pushes_and_merge_groups_are_compared() {
    let world = World::new().await;
    let there = world.there();
    let before = sha(&there.open(Opening::new(Change::new().file("x", "1"))).head);
    let reader = world.installation().reader();
    let base = reader.pulls_for_commit(&world.repo, &before).await.unwrap()[0].base.sha.clone();
    let after = sha(&there.push(&Change::new().file("src/new.ts", "1\n2\n")));
    let compared = reader.compare(&world.repo, &base, &after).await.unwrap();
    assert_eq!((compared.merge_base, compared.ahead_by, compared.behind_by), (base, 1, 0));
    assert_eq!(
        (compared.changed.files.len(), &compared.changed.files[0].diff),
        (1, &Diff::Lines(vec![1..=2]))
    );
    let group = there.queue(&[1]);
    let compared = reader.compare(&world.repo, &after, &sha(&group)).await.unwrap();
    assert_eq!(compared.changed.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["x"]);
    check_requests(&world.sim.requests()).unwrap();
}

#[tokio::test]
async fn annotations_go_in_fifties_and_the_last_ones_with_the_conclusion() {
    let world = World::new().await;
    let opened = world.there().open(Opening::new(Change::new().file("src/a.ts", "one\n")));
    let installation = world.warm().await;
    let writer = installation.writer();
    let run = writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap();
    assert!(!run.completed && run.external_id.as_deref() == Some("0198-verification"));
    let run = writer.update_check_run(&world.repo, run.id, &done(Conclusion::Failure, 120)).await.unwrap();
    assert_eq!((run.completed, run.conclusion, run.annotations), (true, Some(Conclusion::Failure), 120));
    assert_eq!(installation.take_requests().total(), 4, "one to create, three with 50, 50 and 20");
    let there = world.there().check_runs(&opened.head);
    assert_eq!((there.len(), there[0].completions, there[0].annotations.len()), (1, 1, 120));
    assert_eq!(there[0].annotations[119]["message"], "violation 119");
    // With 50 or fewer a check run takes two requests in all.
    let run = writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap();
    writer.update_check_run(&world.repo, run.id, &done(Conclusion::Neutral, 50)).await.unwrap();
    assert_eq!(installation.take_requests().total(), 2);
    check_requests(&world.sim.requests()).unwrap();
}

#[tokio::test]
async fn a_check_run_that_was_left_half_done_is_finished_and_not_doubled() {
    let world = World::new().await;
    let opened = world.there().open(Opening::new(Change::new().file("src/a.ts", "one\n")));
    let installation = world.warm().await;
    let writer = installation.writer();
    let filter =
        CheckRunFilter { name: Some("isl-pii-check".into()), app: Some(world.app.app().await.unwrap().id) };
    let find = async || writer.reader().check_runs(&world.repo, &sha(&opened.head), &filter).await.unwrap();
    // The answer to the creation is lost: it is not made a second time, it is looked for.
    world.fault("POST /repos/{owner}/{repo}/check-runs", At::LostAnswer);
    let lost = writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap_err();
    assert_eq!(kind(lost), Kind::Transient);
    let found = find().await;
    assert_eq!((found.len(), found[0].external_id.as_deref()), (1, Some("0198-verification")));
    // The answer to the second batch is lost: what is there already is not sent again.
    world.sim.faults().clear();
    let endpoint = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}".to_owned();
    world.sim.faults().set(Fault::At { endpoint, every: 2, times: Some(1), what: At::LostAnswer });
    let mut update = done(Conclusion::Failure, 120);
    let lost = writer.update_check_run(&world.repo, found[0].id, &update).await.unwrap_err();
    assert_eq!(kind(lost), Kind::Transient);
    let found = find().await;
    assert_eq!((found[0].completed, found[0].annotations), (false, 100));
    update.already_annotated = found[0].annotations;
    writer.update_check_run(&world.repo, found[0].id, &update).await.unwrap();
    let there = world.there().check_runs(&opened.head);
    assert_eq!((there.len(), there[0].completions, there[0].annotations.len()), (1, 1, 120));
}

#[tokio::test]
async fn githubs_trouble_is_never_permanent() {
    let world = World::new().await;
    let opened = world.there().open(Opening::new(Change::new().file("src/a.ts", "one\n")));
    let installation = world.warm().await;
    let (reader, writer) = (installation.reader(), installation.writer());
    let run = writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap();
    let number = PullNumber::new(opened.number);
    for (what, deferred) in [
        (At::Status { status: 500 }, false),
        (At::Status { status: 502 }, false),
        (At::Status { status: 503 }, false),
        (At::Reset, false),
        (At::Secondary { retry_after: Some(120) }, true),
    ] {
        // A secondary limit closes everything for its minutes, so each kind of trouble meets a new client.
        let fresh = |world: &World| {
            let key = AppKey::pem(&world.sim.app_id().to_string(), private_key().into());
            let settings = AppSettings::new(key, BaseUrl::for_operator(&world.sim.base_url()).unwrap());
            GitHubApp::new(settings).installation(installation.id())
        };
        let mut kinds = Vec::new();
        world.fault("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", what);
        kinds.push(kind(fresh(&world).reader().changed_files(&world.repo, number).await.unwrap_err()));
        world.fault("Blobs", what);
        let wanted = [at(&sha(&opened.head), "src/a.ts")];
        kinds.push(kind(fresh(&world).reader().blobs(&world.repo, &wanted, MIB).await.unwrap_err()));
        world.fault("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", what);
        let update = done(Conclusion::Success, 0);
        kinds.push(kind(
            fresh(&world).writer().update_check_run(&world.repo, run.id, &update).await.unwrap_err(),
        ));
        world.fault("POST /repos/{owner}/{repo}/code-scanning/sarifs", what);
        let upload = fresh(&world)
            .writer()
            .upload_sarif(&world.repo, (&sha(&opened.head), "refs/heads/main"), b"{}")
            .await;
        kinds.push(kind(upload.unwrap_err()));
        let expected = |kind: &Kind| {
            matches!((kind, deferred), (Kind::Transient, false) | (Kind::Deferred { .. }, true))
        };
        assert!(kinds.iter().all(expected), "{what:?}: {kinds:?}");
        world.sim.faults().clear();
    }
    assert!(reader.pull(&world.repo, number).await.is_ok());
}

#[tokio::test]
async fn a_write_whose_token_was_refused_is_tried_again_with_another() {
    let world = World::new().await;
    let opened = world.there().open(Opening::new(Change::new().file("src/a.ts", "one\n")));
    let installation = world.warm().await;
    let endpoint = "POST /repos/{owner}/{repo}/check-runs".to_owned();
    world.sim.faults().set(Fault::At {
        endpoint,
        every: 1,
        times: Some(1),
        what: At::Status { status: 401 },
    });
    let writer = installation.writer();
    let refused = writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap_err();
    assert_eq!(kind(refused), Kind::Transient);
    writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap();
    assert_eq!(world.there().check_runs(&opened.head).len(), 1);
}

#[tokio::test]
async fn refusals_name_what_is_missing() {
    let world = World::new().await;
    let opened = world.there().open(Opening::new(Change::new().file("src/a.ts", "one\n")));
    world.sim.grant_installation(["metadata", "contents", "pull_requests", "checks"]);
    let installation = world.installation();
    let writer = installation.writer();
    let refused = writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Forbidden { permission, .. } if permission == "checks:write"),
        "{refused:?}"
    );
    let failure = Failure::from(refused);
    assert_eq!(failure.code(), Some("permission_missing"));
    assert!(failure.public_text().contains("checks:write"));
    let sarif =
        writer.upload_sarif(&world.repo, (&sha(&opened.head), "refs/heads/main"), b"{}").await.unwrap();
    assert_eq!(sarif, SarifUpload::NotAvailable { lacks_permission: true });
    // Granted meanwhile: the token that is kept knows nothing of it until it is renewed.
    world.sim.grant_enforcement();
    assert!(writer.create_check_run(&world.repo, &new_run(&opened.head)).await.is_err());
    installation.renew_token();
    writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap();
    assert_eq!(installation.granted().unwrap()["contents"], "read", "never more than is used");
    let gone = installation.reader().pull(&world.repo, PullNumber::new(999)).await.unwrap_err();
    assert_eq!(Failure::from(gone).code(), Some("not_found_on_github"));
    let invalid = writer.create_check_run(&world.repo, &new_run(&"f".repeat(40))).await.unwrap_err();
    assert!(
        matches!(&invalid, Error::Invalid { reason, .. } if reason.contains("No commit found")),
        "{invalid:?}"
    );
}

#[tokio::test]
async fn sarif_is_uploaded_and_followed() {
    let world = World::new().await;
    let opened = world.there().open(Opening::new(Change::new().file("src/a.ts", "one\n")));
    let writer = world.installation().writer();
    let reference = format!("refs/pull/{}/head", opened.number);
    let upload = async |document: &[u8]| {
        writer.upload_sarif(&world.repo, (&sha(&opened.head), &reference), document).await.unwrap()
    };
    let good = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ISL Policy Packs"}}, "results": []}]});
    let SarifUpload::Accepted(id) = upload(good.to_string().as_bytes()).await else { panic!("not accepted") };
    assert_eq!(writer.reader().sarif_status(&world.repo, &id).await.unwrap(), SarifStatus::Pending);
    assert_eq!(writer.reader().sarif_status(&world.repo, &id).await.unwrap(), SarifStatus::Complete);
    assert_eq!(world.there().sarifs()[0].document, good);
    let SarifUpload::Accepted(id) = upload(br#"{"version": "1.0"}"#).await else { panic!("not accepted") };
    writer.reader().sarif_status(&world.repo, &id).await.unwrap();
    assert!(
        matches!(writer.reader().sarif_status(&world.repo, &id).await.unwrap(), SarifStatus::Failed { errors } if !errors.is_empty())
    );
    world.there().set_code_scanning(false);
    assert_eq!(upload(b"{}").await, SarifUpload::NotAvailable { lacks_permission: false });
    check_requests(&world.sim.requests()).unwrap();
}

fn check(context: &str) -> RequiredCheck {
    RequiredCheck { context: context.into(), app_id: Some(scrutineer_core::ids::AppId::new(424_242)) }
}

#[tokio::test]
async fn a_ruleset_is_created_found_and_updated() {
    let world = World::new().await;
    let writer = world.installation().writer();
    let mut draft = RulesetDraft {
        name: "ISL policy checks".into(),
        enforcement: Enforcement::Active,
        include: vec!["~DEFAULT_BRANCH".into()],
        exclude: vec![],
        checks: vec![check("isl-pii-check")],
        strict: false,
    };
    let made = writer.create_ruleset(&world.repo, &draft).await.unwrap();
    assert!(
        matches!(writer.create_ruleset(&world.repo, &draft).await, Err(Error::Invalid { .. })),
        "the name is taken"
    );
    let listed = writer.reader().rulesets(&world.repo).await.unwrap();
    assert!(listed.iter().any(|one| one.id == made.summary.id && one.of_repository));
    assert_eq!(
        writer.reader().required_by_rules(&world.repo, "main").await.unwrap(),
        [check("isl-pii-check")]
    );
    draft.checks.push(check("isl-auth-check"));
    let current = writer.reader().ruleset(&world.repo, made.summary.id).await.unwrap().unwrap();
    writer.update_ruleset(&world.repo, &current, &draft).await.unwrap();
    assert!(world.there().required_checks("main").contains(&"isl-auth-check".to_owned()));
    let opened = world.there().open(Opening::new(Change::new().file("src/a.ts", "1\n")));
    let waiting =
        |name: &str| world.there().blockers(opened.number).iter().any(|blocker| blocker.starts_with(name));
    assert!(waiting("isl-pii-check"));
    let run = writer.create_check_run(&world.repo, &new_run(&opened.head)).await.unwrap();
    assert!(waiting("isl-pii-check: in progress"));
    writer.update_check_run(&world.repo, run.id, &done(Conclusion::Success, 0)).await.unwrap();
    assert!(!waiting("isl-pii-check") && waiting("isl-auth-check"));
    check_requests(&world.sim.requests()).unwrap();
}

#[tokio::test]
async fn required_checks_are_added_to_a_protection_and_nothing_else_changes() {
    let world = World::new().await;
    let there = world.there();
    let rest = json!({"enforce_admins": true, "required_linear_history": true,
        "restrictions": {"users": [], "teams": ["core"], "apps": []},
        "required_pull_request_reviews": {"required_approving_review_count": 2, "dismiss_stale_reviews": true,
            "require_code_owner_reviews": false, "require_last_push_approval": false}});
    let mut with_checks = rest.clone();
    with_checks["required_status_checks"] =
        json!({"strict": true, "checks": [{"context": "ci", "app_id": null}]});
    there.protect("with", with_checks);
    there.protect("without", rest);
    let writer = world.installation().writer();
    let reader = writer.reader();
    for (branch, expected) in [("with", vec!["ci", "isl-pii-check"]), ("without", vec!["isl-pii-check"])] {
        let before = reader.protection(&world.repo, branch).await.unwrap().unwrap();
        let add = [check("isl-pii-check")];
        writer.add_required_checks(&world.repo, branch, (&before, &add)).await.unwrap();
        assert_eq!(there.required_checks(branch), expected);
        let after = reader.protection(&world.repo, branch).await.unwrap().unwrap();
        assert_eq!((after.strict, after.checks.unwrap()), (before.strict, before.with(&add)));
    }
    let read = async |branch: &str| {
        let url = format!("{}/repos/{REPO}/branches/{branch}/protection", world.sim.base_url());
        let token = world.sim.installation_token(["administration"]);
        let answer = support::get(&url, &token).await;
        (
            answer["required_pull_request_reviews"]["required_approving_review_count"].clone(),
            answer["restrictions"]["teams"][0]["slug"].clone(),
            answer["required_linear_history"]["enabled"].clone(),
        )
    };
    for branch in ["with", "without"] {
        assert_eq!(read(branch).await, (json!(2), json!("core"), json!(true)), "{branch}");
    }
    assert_eq!(reader.protection(&world.repo, "free").await.unwrap(), None);
    check_requests(&world.sim.requests()).unwrap();
}

#[tokio::test]
async fn the_app_knows_itself_and_its_installations() {
    let world = World::new().await;
    let id = world.installation().id();
    assert_eq!(world.app.app().await.unwrap().id.get(), world.sim.app_id());
    let installations = world.app.installations().await.unwrap();
    assert_eq!((installations.len(), installations[0].id, installations[0].is_organization), (1, id, true));
    assert_eq!(installations[0].permissions["checks"], "write");
    assert_eq!(world.app.org_installation(&"acme".parse().unwrap()).await.unwrap().unwrap().id, id);
    assert_eq!(world.app.org_installation(&"nobody".parse().unwrap()).await.unwrap(), None);
    assert_eq!(world.app.installation_info(InstallationId::new(1)).await.unwrap(), None);
    let reader = world.installation().reader();
    assert_eq!(reader.installation_repositories().await.unwrap().len(), 3);
    let repo = reader.repository(&world.repo).await.unwrap();
    assert_eq!((repo.default_branch.as_deref(), repo.archived), (Some("main"), Some(false)));
    let org = "acme".parse().unwrap();
    let membership = async |login: &str| reader.membership(&org, &login.parse().unwrap()).await.unwrap();
    assert_eq!(membership("member-0000").await, Membership::Admin);
    assert_eq!(membership("member-0004").await, Membership::Member);
    assert_eq!(membership("stranger").await, Membership::None);
    check_requests(&world.sim.requests()).unwrap();
}

#[tokio::test]
async fn a_suspended_installation_is_said_to_be_rejected() {
    let world = World::new().await;
    world.sim.installation_event("acme", "suspend");
    let refused = world.installation().reader().repository(&world.repo).await.unwrap_err();
    assert_eq!(Failure::from(refused).code(), Some("credential_rejected"));
    world.sim.installation_event("acme", "unsuspend");
    assert!(world.installation().reader().repository(&world.repo).await.is_ok());
}

#[tokio::test]
async fn a_key_that_stays_elsewhere_signs() {
    let sim = Simulator::synthetic("acme", 1).await.unwrap();
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (pair, count) = (std::sync::Arc::new(KeyPair::generate(KeySize::Rsa2048).unwrap()), asked.clone());
    let public = pair.public_key().as_ref().to_vec();
    let key = AppKey::signed_by("424242", move |message| {
        let (pair, count) = (pair.clone(), count.clone());
        Box::pin(async move {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature).unwrap();
            Ok(signature)
        })
    });
    sim.set_app_key(&public);
    let app = GitHubApp::new(AppSettings::new(key, BaseUrl::for_operator(&sim.base_url()).unwrap()));
    for _ in 0..3 {
        app.app().await.unwrap();
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1, "one signature serves for minutes");
    let broken = AppKey::signed_by("424242", |_| {
        Box::pin(async { Err(Failure::transient(std::io::Error::other("no key"))) })
    });
    let app = GitHubApp::new(AppSettings::new(broken, BaseUrl::for_operator(&sim.base_url()).unwrap()));
    assert_eq!(kind(app.app().await.unwrap_err()), Kind::Transient);
}

#[tokio::test]
async fn a_jwt_is_signed_by_the_key_that_was_given() {
    let sim = Simulator::synthetic("acme", 1).await.unwrap();
    let (pem, public) = support::key_pair();
    sim.set_app_key(&public);
    let app = |issuer: &str, pem: String| {
        let key = AppKey::pem(issuer, pem.into());
        GitHubApp::new(AppSettings::new(key, BaseUrl::for_operator(&sim.base_url()).unwrap()))
    };
    assert!(app("424242", pem.clone()).app().await.is_ok());
    for (issuer, pem) in [("424242", private_key()), ("7", pem), ("424242", "no key".to_owned())] {
        let failure = Failure::from(app(issuer, pem).app().await.unwrap_err());
        assert_eq!(failure.code(), Some("credential_rejected"), "{issuer}");
    }
}

#[tokio::test]
async fn deliveries_that_failed_are_found_and_made_again() {
    let world = World::new().await;
    // Nobody listens at this address.
    world.sim.hook("http://127.0.0.1:9/api/webhooks/github", "secret");
    let start: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    world.there().open(Opening::new(Change::new().file("a", "1")));
    let report = world.sim.deliver(Delivering { lose_every: Some(2), ..Delivering::default() }).await;
    assert_eq!((report.failed, report.lost), (1, 1));
    let failed = world.app.failed_deliveries(start).await.unwrap();
    assert_eq!(
        failed.iter().map(|one| one.event.as_str()).collect::<Vec<_>>(),
        ["pull_request", "check_suite"]
    );
    assert_eq!(failed[0].installation, Some(world.installation().id()));
    world.app.redeliver(failed[0].attempt).await.unwrap();
    let pending = world.sim.pending_deliveries();
    assert_eq!((pending[0].guid.as_str(), pending[0].redelivery), (failed[0].id.as_str(), true));
    let later: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(world.app.failed_deliveries(later).await.unwrap(), []);
}

/// Everything that happens to a pull request, its repository and its installation, once.
async fn play(world: &World) {
    let there = world.there();
    let opened = there.open(Opening::new(Change::new().file("src/a.ts", "1\n")).from_fork("mallory"));
    let newer = there.push_to(opened.number, &Change::new().file("src/a.ts", "2\n"));
    for action in ["ready_for_review", "base:develop", "closed", "reopened", "merged"] {
        there.act(opened.number, action);
    }
    there.push(&Change::new().file("b", "1"));
    there.queue(&[opened.number]);
    world.sim.installation_repositories_event("acme", "removed", &["repo-00001"]);
    world.sim.repo("acme/repo-00002").rename("renamed");
    world.sim.repo("acme/renamed").set_default_branch("trunk");
    let run = world.installation().writer().create_check_run(&world.repo, &new_run(&newer)).await.unwrap();
    there.rerun(run.id.get());
    there.press(run.id.get(), "explain");
    there.rerun_all(&newer);
    world.sim.installation_event("acme", "created");
}

/// What waits to be delivered, verified and read.
fn events(world: &World) -> Vec<Event> {
    let secrets = Secrets::new(["current".to_owned().into(), "previous".to_owned().into()]).unwrap();
    let read = |delivery: &scrutineer_simulator::Pending| {
        let body = &delivery.payload;
        secrets.verify(Some(&sign("current", body)), body).unwrap();
        Event::parse(&delivery.event, body).unwrap_or_else(|error| panic!("{}: {error}", delivery.event))
    };
    world.sim.pending_deliveries().iter().map(read).collect()
}

#[tokio::test]
async fn every_event_the_simulator_sends_is_verified_and_read() {
    let world = World::new().await;
    world.sim.hook("http://127.0.0.1:9/", "current");
    play(&world).await;
    let events = events(&world);
    let installation = Some(world.installation().id());
    assert!(events.iter().all(|event| event.installation() == installation), "{events:?}");
    let actions: Vec<&PullAction> = events
        .iter()
        .filter_map(|event| match event {
            Event::PullRequest(event) => Some(&event.action),
            _ => None,
        })
        .collect();
    assert_eq!(
        actions,
        [
            &PullAction::Opened,
            &PullAction::Synchronize,
            &PullAction::ReadyForReview,
            &PullAction::BaseChanged,
            &PullAction::Closed { merged: false },
            &PullAction::Reopened,
            &PullAction::Closed { merged: true },
        ]
    );
    let is = |wanted: fn(&Event) -> bool| events.iter().any(wanted);
    assert!(matches!(&events[0], Event::PullRequest(event) if event.is_fork()));
    assert!(
        matches!(&events[1], Event::CheckSuite(event) if event.pulls.is_empty() && event.app_id.is_some())
    );
    assert!(is(|event| matches!(event, Event::Push(event) if event.before.is_some())));
    assert!(is(|event| matches!(event, Event::MergeGroup(_))));
    assert!(is(|event| matches!(event, Event::InstallationRepositories(event) if event.removed.len() == 1)));
    assert!(is(
        |event| matches!(event, Event::Repository(event) if matches!(&event.action, RepositoryAction::Renamed { from } if from.name() == "repo-00002"))
    ));
    assert!(is(
        |event| matches!(event, Event::Repository(event) if matches!(&event.action, RepositoryAction::DefaultBranchChanged { from } if from == "main"))
    ));
    assert!(is(
        |event| matches!(event, Event::CheckRun(event) if event.action == CheckRunAction::Rerequested && event.external_id.is_some())
    ));
    assert!(is(
        |event| matches!(event, Event::CheckRun(event) if matches!(&event.action, CheckRunAction::RequestedAction { identifier } if identifier == "explain"))
    ));
    assert!(is(
        |event| matches!(event, Event::Installation(event) if event.action == InstallationAction::Created && event.repositories.len() == 3)
    ));
}
