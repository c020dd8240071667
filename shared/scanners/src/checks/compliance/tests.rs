//! Every status of every check, through the public evaluation.

use scrutineer_core::{
    Fact,
    evidence::{Page, RepoActivity, RepoPosture, activity::Release},
};

use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, days_ago, forbidden, repo_files},
};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

fn activity(world: &mut RepoWorld) -> &mut RepoActivity {
    match &mut world.repo.activity {
        Fact::Known(activity) => activity,
        Fact::Unknown(_) => panic!("the default world knows its activity"),
    }
}

fn posture(world: &mut RepoWorld) -> &mut RepoPosture {
    match &mut world.repo.posture {
        Fact::Known(posture) => posture,
        Fact::Unknown(_) => panic!("the default world knows its posture"),
    }
}

/// The default files and these.
fn files(more: &[(&str, &str)]) -> Tree {
    more.iter().fold(repo_files(), |tree, (path, text)| tree.file(path, text))
}

/// A service with these files besides.
fn service(more: &[(&str, &str)]) -> Tree {
    files(more).file("Dockerfile", "FROM scratch\nCMD [\"/api\"]\n")
}

/// Files of the organization's profile repository.
fn of_org(world: &mut RepoWorld, path: &str, text: &str) {
    world.profile = Fact::Known(Some(Tree::new().file(path, text)));
}

fn property(world: &mut RepoWorld, name: &str, value: &str) {
    world.repo.listing.custom_properties = vec![(name.into(), value.into())];
}

/// One workflow, of one job with these steps.
fn steps(steps: &str) -> Tree {
    let text = format!("on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
    files(&[(".github/workflows/ci.yml", &text)])
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = licence_cases();
    all.extend(audit_cases());
    all.extend(framework_cases());
    all.extend(policy_cases());
    all.extend(classification_cases());
    all.extend(retention_cases());
    all.extend(change_cases());
    all.extend(vendor_cases());
    all.extend(scan_cases());
    all.extend(mapping_cases());
    all.extend(evidence_cases());
    for id in [2, 3, 5, 6, 7, 8, 9, 10, 11] {
        let check: &'static str = format!("COMP-{id:03}").leak();
        all.push(Case::repo(check, Error, "lacks contents:read", RepoWorld::no_contents));
    }
    for id in [3, 5, 8, 9, 10] {
        let check: &'static str = format!("COMP-{id:03}").leak();
        all.push(Case::repo(check, Error, "truncated", RepoWorld::truncate));
    }
    all
}

fn licence_cases() -> Vec<Case> {
    let set = |w: &mut RepoWorld, id: &str| posture(w).license = Some(id.into());
    let public = |w: &mut RepoWorld| w.repo.listing.visibility = "public".into();
    let manifest = |licence: &str| files(&[("package.json", &format!(r#"{{"license":"{licence}"}}"#))]);
    vec![
        Case::repo("COMP-001", Passed, "under MIT", move |w| {
            set(w, "MIT");
            w.tree(manifest("MIT OR Apache-2.0"));
        }),
        Case::repo("COMP-001", Passed, "under GPL-3.0", move |w| {
            set(w, "GPL-3.0");
            w.tree(manifest("GPL-3.0-only"));
        }),
        Case::repo("COMP-001", Passed, "All rights reserved", |w| {
            w.tree(files(&[("LICENSE", "Copyright Acme. All rights reserved.\n")]));
        }),
        Case::repo("COMP-001", Passed, "UNLICENSED", move |w| w.tree(manifest("UNLICENSED"))),
        Case::repo("COMP-001", Passed, "LICENSES/MIT.txt", move |w| {
            public(w);
            w.tree(files(&[("LICENSES/MIT.txt", "MIT License\n")]));
        }),
        Case::repo("COMP-001", Warning, "package.json declares ISC", move |w| {
            set(w, "MIT");
            w.tree(manifest("ISC"));
        }),
        Case::repo("COMP-001", Warning, "not a licence that GitHub", move |w| {
            public(w);
            w.tree(files(&[("LICENSE", "Copyright Acme. All rights reserved.\n")]));
        }),
        Case::repo("COMP-001", Warning, "no licence file is there", move |w| {
            public(w);
            w.tree(manifest("MIT"));
        }),
        Case::repo("COMP-001", Warning, "NOASSERTION", move |w| set(w, "NOASSERTION")),
        Case::repo("COMP-001", Warning, "is private", |_| {}),
        Case::repo("COMP-001", Failed, "public repository without", public),
        Case::repo("COMP-001", Failed, "public repository without", move |w| {
            public(w);
            w.no_contents();
        }),
        Case::repo("COMP-001", NotApplicable, "waives a licence", |w| property(w, "licence", "internal")),
        Case::repo("COMP-001", Error, "lacks metadata:read", |w| w.repo.posture = forbidden("metadata")),
        Case::repo("COMP-001", Error, "truncated", move |w| {
            public(w);
            w.truncate();
        }),
    ]
}

fn audit_cases() -> Vec<Case> {
    let audited = || service(&[("src/audit.py", "AuditLogger().record(user)\n")]);
    let off = |w: &mut RepoWorld| w.org.audit_log = Fact::Known(false);
    let hidden = |w: &mut RepoWorld| w.org.audit_log = forbidden("organization_administration");
    vec![
        Case::repo("COMP-002", Passed, "AuditLogger", move |w| w.tree(audited())),
        Case::repo("COMP-002", Passed, "organization's audit log", |_| {}),
        Case::repo("COMP-002", Warning, "Only the platform", |w| w.tree(service(&[]))),
        Case::repo("COMP-002", Warning, "platform's log holds nothing", move |w| {
            w.tree(audited());
            off(w);
        }),
        Case::repo("COMP-002", Warning, "could not be read", move |w| {
            w.tree(audited());
            hidden(w);
        }),
        Case::repo("COMP-002", Failed, "Neither", move |w| {
            w.tree(service(&[]));
            off(w);
        }),
        Case::repo("COMP-002", Failed, "holds nothing", off),
        Case::repo("COMP-002", Error, "lacks organization_administration:read", hidden),
        Case::repo("COMP-002", Error, "truncated", |w| w.tree(service(&[]).truncated("too large"))),
    ]
}

fn framework_cases() -> Vec<Case> {
    let text = "# Compliance\n\nThe service is in scope of SOC 2 and ISO 27001; the security team keeps the evidence \
        and reviews it twice a year together with the auditor. Questions go to the compliance channel, where one of \
        the owners answers within a working day.\n";
    vec![
        Case::repo("COMP-003", Passed, "assigns soc2", |w| property(w, "compliance", "soc2")),
        Case::repo("COMP-003", Passed, "pci-dss", |w| posture(w).topics = vec!["pci-dss".into()]),
        Case::repo("COMP-003", Passed, "SOC 2, ISO 27001", move |w| {
            w.tree(files(&[("docs/compliance.md", text)]));
        }),
        Case::repo("COMP-003", Passed, ".github:docs/compliance.md", move |w| {
            of_org(w, "docs/compliance.md", text);
        }),
        Case::repo("COMP-003", Warning, "too little", |w| {
            w.tree(files(&[("docs/compliance.md", "# Compliance\n\nWe comply.\n")]));
        }),
        Case::repo("COMP-003", Failed, "No property", |w| property(w, "tier", "1")),
        Case::repo("COMP-003", Error, "lacks organization_custom_properties", |w| {
            w.org.property_schema = forbidden("organization_custom_properties");
        }),
    ]
}

const POLICY: &str =
    "# Security policy\n\nWrite to security@example.com. We answer within two working days.\n";

fn policy_cases() -> Vec<Case> {
    let none = |w: &mut RepoWorld| posture(w).security_policy_enabled = Some(false);
    vec![
        Case::repo("COMP-004", Passed, "security@example.com", |w| w.tree(files(&[("SECURITY.md", POLICY)]))),
        Case::repo("COMP-004", Passed, ".github:SECURITY.md", |w| of_org(w, "SECURITY.md", POLICY)),
        Case::repo("COMP-004", Passed, "supported versions", |w| {
            let text =
                "# Security\n\n## Supported versions\n\n1.x\n\nReport privately to security@example.com.\n";
            w.tree(files(&[("SECURITY.md", &text.replace("Supported", "supported"))]));
        }),
        Case::repo("COMP-004", Warning, "neither a response time", |w| {
            w.tree(files(&[("SECURITY.md", "# Security\n\nWrite to security@example.com.\n")]));
        }),
        Case::repo("COMP-004", Warning, "no way to report", |w| {
            w.tree(files(&[("SECURITY.md", "# Security\n\nWe answer within two days.\n")]));
        }),
        Case::repo("COMP-004", Warning, "nor what to expect", |w| {
            w.tree(files(&[("SECURITY.md", "# Security\n\nWe care.\n")]));
        }),
        Case::repo("COMP-004", Warning, "text was not found", |_| {}),
        Case::repo("COMP-004", Failed, "Neither the repository", none),
        Case::repo("COMP-004", Error, "lacks metadata:read", |w| w.repo.posture = forbidden("metadata")),
        Case::repo("COMP-004", Error, "lacks contents:read", RepoWorld::no_contents),
    ]
}

fn classification_cases() -> Vec<Case> {
    let catalog = "metadata:\n  annotations:\n    data-classification: confidential\n";
    let text = "# Data classification\n\nData is public, internal, confidential or restricted. Personal data is always \
        confidential at least, and payment data is restricted; the owner of a dataset decides in doubt, and writes it \
        down.\n";
    vec![
        Case::repo("COMP-005", Passed, "internal", |w| property(w, "data-classification", "internal")),
        Case::repo("COMP-005", Passed, "contains-pii", |w| posture(w).topics = vec!["contains-pii".into()]),
        Case::repo("COMP-005", Passed, "catalog-info.yaml:3", move |w| {
            w.tree(files(&[("catalog-info.yaml", catalog)]));
        }),
        Case::repo("COMP-005", Warning, "describes classes", move |w| {
            w.tree(files(&[("docs/data-classification.md", text)]));
        }),
        Case::repo("COMP-005", Warning, "points to a policy elsewhere", |w| {
            let stub = "# Data classification\n\nhttps://acme.atlassian.net/wiki/x\n";
            of_org(w, "docs/data-classification.md", stub);
        }),
        Case::repo("COMP-005", Failed, "No property", |w| property(w, "data-classification", "none")),
        Case::repo("COMP-005", Error, "lacks organization_custom_properties", |w| {
            w.org.property_schema = forbidden("organization_custom_properties");
        }),
    ]
}

fn retention_cases() -> Vec<Case> {
    let text = "# Data retention\n\nOrders are kept for 10 years, logs for 30 days, backups for 35 days; a job deletes \
        what is older each night and reports what it could not delete to the on-call engineer.\n";
    let terraform = "resource \"aws_cloudwatch_log_group\" \"x\" {\n  retention_in_days = 30\n}\n";
    let stateful = "services:\n  db:\n    image: postgres:16\n";
    vec![
        Case::repo("COMP-006", Passed, "retention_in_days", move |w| {
            w.tree(service(&[("docs/data-retention.md", text), ("infra/log.tf", terraform)]));
        }),
        Case::repo("COMP-006", Passed, ".github:docs/data-retention.md", move |w| {
            of_org(w, "docs/data-retention.md", text);
        }),
        Case::repo("COMP-006", Warning, "no document names one", move |w| {
            w.tree(service(&[("infra/log.tf", terraform)]));
        }),
        Case::repo("COMP-006", Warning, "no configuration sets one", move |w| {
            w.tree(service(&[
                ("docs/data-retention.md", text),
                ("compose.yaml", stateful),
                ("package.json", r#"{"private":true,"dependencies":{"pg":"8"}}"#),
            ]));
        }),
        Case::repo("COMP-006", Warning, "retention-days: 30", |w| {
            w.tree(steps(
                "      - uses: actions/upload-artifact@v4\n        with:\n          retention-days: 30\n",
            ));
        }),
        Case::repo("COMP-006", Failed, "No retention period", |w| w.tree(service(&[]))),
        Case::repo("COMP-006", NotApplicable, "library", |w| {
            w.tree(files(&[("package.json", r#"{"name":"x","version":"1.0.0"}"#)]));
        }),
        Case::repo("COMP-006", NotApplicable, "documents", |w| {
            w.tree(Tree::new().file("README.md", "# x\n"))
        }),
    ]
}

/// Releases with these tags, newest first, and notes of this length.
fn released(world: &mut RepoWorld, tags: &[&str], chars: u64) {
    let release = |tag: &&str| Release {
        tag: (*tag).into(),
        is_draft: false,
        is_prerelease: false,
        created_at: days_ago(5),
        published_at: Some(days_ago(5)),
        description_chars: chars,
        signed_commit: true,
        assets: Page::all(vec![]),
    };
    activity(world).releases = Fact::Known(Page::all(tags.iter().map(release).collect()));
}

/// A changelog with this newest entry.
fn changelog(entry: &str) -> Tree {
    files(&[("CHANGELOG.md", &format!("# Changelog\n\n## [Unreleased]\n\n## {entry}\n\n- Fixed.\n"))])
}

fn change_cases() -> Vec<Case> {
    vec![
        Case::repo("COMP-007", Passed, "[1.2.0]", |w| {
            released(w, &["v1.2.0"], 0);
            w.tree(changelog("[1.2.0] - 2020-01-01"));
        }),
        Case::repo("COMP-007", Passed, "[1.0.0]", |w| w.tree(changelog("[1.0.0]"))),
        // The newest commit is of 2026-05-31.
        Case::repo("COMP-007", Passed, "2026-03-02", |w| {
            released(w, &["v2.0.0"], 0);
            w.tree(changelog("[1.2.0] - 2026-03-02"));
        }),
        Case::repo("COMP-007", Warning, "is behind v2.0.0", |w| {
            released(w, &["v2.0.0"], 0);
            w.tree(changelog("[1.2.0] - 2026-03-01"));
        }),
        Case::repo("COMP-007", Passed, "newest 2 releases have notes", |w| released(w, &["v2", "v1"], 100)),
        Case::repo("COMP-007", Failed, "99 characters", |w| released(w, &["v2", "v1"], 99)),
        Case::repo("COMP-007", Failed, "There is no changelog", |_| {}),
        Case::repo("COMP-007", Warning, "speaks of changes", |w| {
            let text = "Each change to production has a ticket, a reviewer and a plan to undo it. ".repeat(4);
            w.tree(files(&[("docs/change-management.md", &format!("# Change management\n\n{text}\n"))]));
        }),
        Case::repo("COMP-007", NotApplicable, "Nothing is released", |w| {
            activity(w).tags = Fact::Known(Page::all(vec![]));
        }),
        Case::repo("COMP-007", Error, "truncated", RepoWorld::truncate),
        Case::repo("COMP-007", Error, "lacks contents:read", |w| w.repo.activity = forbidden("contents")),
    ]
}

fn vendor_cases() -> Vec<Case> {
    let uses = |more: &[(&str, &str)]| {
        files(more).file("package.json", r#"{"private":true,"dependencies":{"stripe":"1"}}"#)
    };
    let table =
        "# Vendor risk\n\n| Vendor | Risk | Reviewed |\n|---|---|---|\n| Stripe | high | 2026-02-01 |\n";
    vec![
        Case::repo("COMP-008", Passed, "docs/vendor-risk.md", move |w| {
            w.tree(uses(&[("docs/vendor-risk.md", table)]));
        }),
        Case::repo("COMP-008", Passed, ".github:docs/vendor-risk.md", move |w| {
            w.tree(uses(&[]));
            of_org(w, "docs/vendor-risk.md", table);
        }),
        Case::repo("COMP-008", Warning, "no dated or rated", move |w| {
            w.tree(uses(&[("docs/vendor-policy.md", "# Vendors\n\nWe look at each vendor.\n")]));
        }),
        Case::repo("COMP-008", Failed, "1 direct dependencies", move |w| w.tree(uses(&[]))),
        Case::repo("COMP-008", Failed, "Third-party services", |w| w.tree(service(&[]))),
        Case::repo("COMP-008", NotApplicable, "No third-party", |_| {}),
    ]
}

fn scan_cases() -> Vec<Case> {
    let review = "      - uses: actions/dependency-review-action@v4\n        with:\n          deny-licenses: GPL-3.0\n";
    vec![
        Case::repo("COMP-009", Passed, "conftest test", |w| {
            w.tree(steps("      - run: conftest test k8s\n"))
        }),
        Case::repo("COMP-009", Passed, "deny-licenses", move |w| w.tree(steps(review))),
        Case::repo("COMP-009", Warning, "cannot fail", |w| {
            w.tree(steps("      - run: checkov -d .\n        continue-on-error: true\n"));
        }),
        Case::repo("COMP-009", Warning, "cannot fail", |w| {
            w.tree(steps("      - run: checkov -d . --soft-fail\n"))
        }),
        Case::repo("COMP-009", Warning, "no CI job runs", |w| {
            w.tree(files(&[("deny.toml", "[licenses]\n")]))
        }),
        Case::repo("COMP-009", Failed, "No CI job checks", |_| {}),
        Case::repo("COMP-009", NotApplicable, "no code", |w| w.tree(Tree::new().file("README.md", "# x\n"))),
        Case::repo("COMP-009", Error, "was not read", |w| {
            let call = "on: push\njobs:\n  x:\n    uses: acme/ci/.github/workflows/scan.yml@v1\n";
            w.tree(files(&[(".github/workflows/ci.yml", call)]));
        }),
    ]
}

fn mapping_cases() -> Vec<Case> {
    let text = |controls: &str| format!("# Control mapping\n\nSOC 2: {controls}\n");
    vec![
        Case::repo("COMP-010", Passed, "lists 5 control identifiers", move |w| {
            w.tree(files(&[("docs/control-mapping.md", &text("CC6.1 CC6.2 CC6.3 CC7.1 CC8.1"))]));
        }),
        Case::repo("COMP-010", Passed, "policy/access.rego", |w| {
            let rego = "package access\n# NIST 800-53 controls: AC-2 AC-3 AC-5 AC-6 AU-2\n";
            w.tree(files(&[("policy/access.rego", rego)]));
        }),
        Case::repo("COMP-010", Warning, "lists 4 control identifiers", move |w| {
            w.tree(files(&[("docs/control-mapping.md", &text("CC6.1 CC6.2 CC6.3 CC7.1 CC7.1"))]));
        }),
        Case::repo("COMP-010", Warning, "no named framework", |w| {
            let text = "# Control mapping\n\nAC-2 AC-3 AC-5 AC-6 AU-2\n";
            w.tree(files(&[("docs/control-mapping.md", text)]));
        }),
        Case::repo("COMP-010", Warning, "lists no control", |w| {
            of_org(w, "docs/control-mapping.md", "# Control mapping\n\nhttps://acme.atlassian.net/wiki/x\n");
        }),
        Case::repo("COMP-010", Failed, "No document or policy", |_| {}),
    ]
}

fn evidence_cases() -> Vec<Case> {
    let upload = |name: &str, days: u32| {
        steps(&format!(
            "      - uses: actions/upload-artifact@v4\n        with:\n          name: {name}\n          path: out\n          retention-days: {days}\n"
        ))
    };
    vec![
        Case::repo("COMP-011", Passed, "actions/attest-build-provenance", |w| {
            w.tree(steps("      - uses: actions/attest-build-provenance@v2\n"));
        }),
        Case::repo("COMP-011", Passed, "aws s3 cp", |w| {
            w.tree(steps("      - run: aws s3 cp out s3://acme/evidence --recursive\n"));
        }),
        Case::repo("COMP-011", Passed, "for 365 days", move |w| w.tree(upload("compliance-evidence", 365))),
        Case::repo("COMP-011", Warning, "for 364 days", move |w| w.tree(upload("compliance-evidence", 364))),
        Case::repo("COMP-011", Warning, "test-report", move |w| w.tree(upload("test-report", 400))),
        Case::repo("COMP-011", Warning, "upload-sarif", |w| {
            w.tree(steps("      - uses: github/codeql-action/upload-sarif@v3\n"));
        }),
        Case::repo("COMP-011", Failed, "No job of 1 pipeline files", |w| {
            w.tree(steps("      - run: make\n"))
        }),
        Case::repo("COMP-011", NotApplicable, "no pipeline", |_| {}),
    ]
}
