//! The pass as a whole: what it finds, and what it does with hostile trees.

use scrutineer_core::{
    Fact, Gap,
    evidence::snapshot::{Entry, EntryKind, SnapshotSink, SnapshotSummary},
};

use super::{DetectorId, OrgDocs, Profile, Snapshot, SnapshotPass, TopicId, contribution, detail_needs};
use crate::testing::{Tree, repo_evidence};

fn profile(tree: Tree) -> Profile {
    tree.snapshot().profile().clone()
}

#[test]
fn profiles_follow_from_the_files() {
    let docker = "FROM rust\nEXPOSE 8080\nCMD [\"api\"]\n";
    let service = profile(Tree::new().code().file("Dockerfile", docker));
    assert!(service.code && service.service && service.http && !service.library && !service.docs);
    let library = profile(Tree::new().code().file("Cargo.toml", "[package]\nname = \"x\"\n"));
    assert!(library.library && library.ships && !library.service);
    let infra = profile(Tree::new().file("main.tf", "resource \"aws_db_instance\" \"x\" {}\n"));
    assert!(infra.infra && infra.data && !infra.code);
    let docs = profile(Tree::new().file("README.md", "# Handbook\n").file("docs/a.md", "text\n"));
    assert!(docs.docs);
    let app = profile(Tree::new().code().file("app/AndroidManifest.xml", "<manifest/>"));
    assert!(app.app);
    let fixture = profile(Tree::new().code().file("tests/fixtures/Dockerfile", docker));
    assert!(!fixture.service, "fixtures are not the product");
    let workload = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  containerPort: 80\n";
    assert!(profile(Tree::new().file("k8s/api.yaml", workload)).http);
}

#[test]
fn detectors_meet_files_content_and_dependencies() {
    let snapshot = Tree::new()
        .file("package.json", r#"{"dependencies": {"express": "4", "@sentry/node": "8"}}"#)
        .file("deploy/values-prod.yaml", "a: 1\n")
        .file("src/app.ts", "app.get('/healthz', ok)\n")
        .file("examples/app.ts", "app.get('/healthz', ok)\n")
        .file("node_modules/x/package.json", r#"{"dependencies": {"koa": "2"}}"#)
        .snapshot();
    let deps: Vec<_> =
        snapshot.detector(DetectorId::WebFramework).deps.iter().map(|h| h.what.as_str()).collect();
    assert_eq!(deps, ["express"]);
    assert_eq!(snapshot.detector(DetectorId::ErrorTracking).deps[0].source(), "package.json");
    assert_eq!(snapshot.detector(DetectorId::EnvParity).files.len(), 1);
    let health: Vec<_> =
        snapshot.detector(DetectorId::Health).content.iter().map(super::Hit::source).collect();
    assert_eq!(health, ["src/app.ts:1"]);
    assert!(snapshot.detector(DetectorId::Fuzz).is_empty());
    assert_eq!(snapshot.dependencies().len(), 3);
}

#[test]
fn the_order_of_entries_does_not_matter() {
    let files: Vec<(String, String)> = (0..120)
        .map(|n| {
            (
                format!("svc{n}/main.py"),
                format!("password = \"kq8Zr2vXw9LmTt{n:02}B\"\nimport logging.config\n"),
            )
        })
        .collect();
    let forward = files.iter().fold(Tree::new(), |tree, (path, text)| tree.file(path, text));
    let backward = files.iter().rev().fold(Tree::new(), |tree, (path, text)| tree.file(path, text));
    assert_eq!(format!("{:?}", forward.snapshot()), format!("{:?}", backward.snapshot()));
}

#[test]
fn bytes_that_are_not_text_do_no_harm() {
    let mut workflow = b"on: push\njobs: {a: {steps: [{run: npm test}]}}\n# ".to_vec();
    workflow.extend([0xff, 0xfe, 0xc3, 0x28]);
    let snapshot = Tree::new()
        .bytes(".github/workflows/a.yml", &workflow)
        .bytes("logo.md", &[0, 1, 2, 3])
        .bytes("README.md", b"# Break glass\n\xff\xff\n")
        .bytes("package.json", b"\xff{")
        .snapshot();
    assert_eq!(snapshot.ci().readable().count(), 1);
    assert!(snapshot.topic(TopicId::BreakGlass).is_none());
}

#[test]
fn one_endless_line_is_read_in_bounds() {
    let long = "password=".repeat(100_000);
    let quotes = "'\"`$({".repeat(50_000);
    let script = format!("on: push\njobs: {{a: {{steps: [{{run: \"{}\"}}]}}}}\n", "a && ".repeat(20_000));
    let snapshot = Tree::new()
        .file("a.yml", &long)
        .file("b.md", &format!("# {}", "Incident response ".repeat(50_000)))
        .file("Jenkinsfile", &quotes)
        .file(".github/workflows/a.yml", &script)
        .file("CODEOWNERS", &"* @a ".repeat(100_000))
        .file("pom.xml", &"<a>".repeat(150_000))
        .file("package.json", &"[".repeat(500_000))
        .file("Cargo.toml", &format!("a = {}", "[".repeat(500_000)))
        .file("pyproject.toml", &format!("{}= 1", "a.".repeat(100_000)))
        .file("pubspec.yaml", &"- ".repeat(200_000))
        .file("Taskfile.yml", &"{a: ".repeat(100_000))
        .snapshot();
    assert!(snapshot.ci().jobs().flat_map(|(_, job)| &job.steps).all(|step| step.commands.len() <= 2_000));
    assert!(snapshot.topics().all(|(_, hit)| hit.hit.what.len() <= 400));
}

#[test]
fn very_many_files_stay_in_bounds_and_are_reported() {
    let mut pass = SnapshotPass::new();
    for n in 0..200_050 {
        let path = format!("d{}/x{n}", n % 100);
        pass.entry(Entry { path: &path, kind: EntryKind::File, size: 1, content: Some(b"x") });
    }
    let snapshot = pass.finish(SnapshotSummary::default());
    assert_eq!(snapshot.paths().len(), 200_000);
    assert_eq!(snapshot.absent(), Err(Gap::Truncated));
}

#[test]
fn links_and_devices_are_names_only() {
    let mut pass = SnapshotPass::new();
    let entry = |path| Entry { path, kind: EntryKind::Symlink, size: 0, content: None };
    for path in ["Dockerfile", "CON", "NUL.txt", "a/a", "A/A"] {
        pass.entry(entry(path));
    }
    let snapshot = pass.finish(SnapshotSummary::default());
    assert_eq!(snapshot.paths().len(), 5);
    assert!(snapshot.detector(DetectorId::Dockerfile).is_empty());
}

#[test]
fn org_documents_are_unknown_while_a_repository_is() {
    let text =
        "We keep sealed credentials in the vault; every use needs approval by an owner and is audited.\n"
            .repeat(3);
    let snapshot = Tree::new().file("docs/break-glass.md", &text).snapshot();
    let docs = |own: Fact<Option<&Snapshot>>| {
        OrgDocs::from_snapshots(own, Fact::Unknown(Gap::forbidden("contents")))
    };
    let both = docs(Fact::Known(Some(&snapshot)));
    assert_eq!(
        both.topic(TopicId::BreakGlass).known().unwrap().unwrap().hit.path,
        ".github:docs/break-glass.md"
    );
    assert_eq!(both.topic(TopicId::Slo), Fact::Unknown(Gap::forbidden("contents")));
    assert_eq!(both.security_policy(), Fact::Unknown(Gap::forbidden("contents")));
    let none = OrgDocs::from_snapshots(Fact::Known(None), Fact::Known(None));
    assert_eq!(none.topic(TopicId::Slo), Fact::Known(None));
    let text = serde_json::to_string(&both).unwrap();
    assert_eq!(serde_json::from_str::<OrgDocs>(&text).unwrap(), both);
}

#[test]
fn contributions_carry_runners_and_the_audit_export() {
    let text = "on: {schedule: [{cron: '0 1 * * *'}]}\njobs:\n  a:\n    runs-on: [self-hosted, ubuntu-latest]\n    steps:\n      \
        - run: gh api /orgs/acme/audit-log > log.json\n";
    let snapshot = Tree::new().file(".github/workflows/audit.yml", text).snapshot();
    let found = contribution(&repo_evidence(), &Fact::Known(&snapshot));
    assert_eq!(found.runner_labels, Fact::Known(vec!["self-hosted".to_owned()]));
    assert_eq!(found.audit_export, Fact::Known(Some(".github/workflows/audit.yml:6".to_owned())));
    let blind = contribution(&repo_evidence(), &Fact::Unknown(Gap::forbidden("contents")));
    assert_eq!(blind.runner_labels, Fact::Unknown(Gap::forbidden("contents")));
}

#[test]
fn calls_are_needed_only_where_they_decide() {
    let mut repo = repo_evidence();
    repo.listing.default_setup_configuration = None;
    let quiet = Tree::new().snapshot();
    let needs = detail_needs(&repo, &Fact::Known(&quiet));
    assert!(!needs.actions_secrets && needs.default_setup && !needs.rule_bypasses);
    let text = "on: push\njobs: {a: {steps: [{uses: github/codeql-action/analyze@v3}, {run: 'x ${{ secrets.KEY }}'}]}}\n";
    let busy = Tree::new().file(".github/workflows/a.yml", text).snapshot();
    let needs = detail_needs(&repo, &Fact::Known(&busy));
    assert!(needs.actions_secrets && !needs.default_setup);
}
