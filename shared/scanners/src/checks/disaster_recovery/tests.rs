//! Every status of every check, through the public evaluation.

use scrutineer_core::{
    Fact,
    evidence::{
        Page, RepoActivity, RepoPosture,
        activity::{Commit, Deployment, Run, Suite},
        org::Installation,
    },
};

use crate::{
    Status::{self, Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, days_ago, forbidden, repo_files},
};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = backup_cases();
    all.extend(mirror_cases());
    all.extend(runbook_cases());
    all.extend(objective_cases());
    all.extend(schedule_cases());
    all.extend(infrastructure_cases());
    all.extend(region_cases());
    all.extend(failover_cases());
    all.extend(drill_cases());
    for id in (1..=10).filter(|id| *id != 2 && *id != 7) {
        let check: &'static str = format!("DR-{id:03}").leak();
        all.push(Case::repo(check, NotApplicable, "keeps no data", |_| {}));
        all.push(Case::repo(check, Failed, "profile: data", |w| w.tree(database(&[]))));
        all.push(Case::repo(check, Error, "truncated", |w| {
            w.tree(database(&[]));
            w.truncate();
        }));
        all.push(Case::repo(check, Error, "no answer", |w| {
            w.tree(database(&[]));
            w.profile = Fact::Unknown(scrutineer_core::Gap::unavailable("no answer"));
        }));
    }
    for id in 1..=10 {
        let check: &'static str = format!("DR-{id:03}").leak();
        all.push(Case::repo(check, Error, "lacks contents:read", RepoWorld::no_contents));
    }
    all
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

fn files(more: &[(&str, &str)]) -> Tree {
    more.iter().fold(repo_files(), |tree, (path, text)| tree.file(path, text))
}

/// A service with a database, and these files besides.
fn database(more: &[(&str, &str)]) -> Tree {
    files(more).file("package.json", r#"{"dependencies":{"pg":"8"}}"#)
}

/// A workflow that runs a command on an event.
fn workflow(on: &str, command: &str) -> String {
    format!("on:\n  {on}\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {command}\n")
}

const PATH: &str = ".github/workflows/job.yml";
const NIGHTLY: &str = "schedule:\n    - cron: '0 3 * * *'";

/// The newest commit carries a run of [`PATH`] that ended so many days ago.
fn ran(world: &mut RepoWorld, days: i64, conclusion: &str) {
    let run = Run {
        event: "schedule".into(),
        path: Some(PATH.into()),
        workflow: "job".into(),
        created_at: days_ago(days),
        updated_at: days_ago(days),
    };
    let suite = Suite {
        status: "COMPLETED".into(),
        conclusion: Some(conclusion.into()),
        app: Some("github-actions".into()),
        created_at: days_ago(days),
        updated_at: days_ago(days),
        run: Fact::Known(Some(run)),
    };
    first_commit(world).suites = Fact::Known(vec![suite]);
}

fn first_commit(world: &mut RepoWorld) -> &mut Commit {
    match &mut activity(world).commits {
        Fact::Known(page) => &mut page.items[0],
        Fact::Unknown(_) => panic!("the default world knows its commits"),
    }
}

fn unreadable_runs(world: &mut RepoWorld) {
    if let Fact::Known(page) = &mut activity(world).commits {
        page.items.iter_mut().for_each(|commit| commit.suites = forbidden("checks"));
    }
}

/// With a database and one document.
fn document(
    check: &'static str,
    status: Status,
    says: &'static str,
    path: &'static str,
    text: impl Into<String>,
) -> Case {
    let text = text.into();
    Case::repo(check, status, says, move |w| w.tree(database(&[(path, &text)])))
}

/// The same document, of the organization.
fn of_org(check: &'static str, says: &'static str, path: &'static str, text: impl Into<String>) -> Case {
    let text = text.into();
    Case::repo(check, Passed, says, move |w| {
        w.tree(database(&[]));
        w.profile = Fact::Known(Some(Tree::new().file(path, &text)));
    })
}

fn elsewhere(title: &str) -> String {
    format!("# {title}\n\nSee https://acme.atlassian.net/wiki/x\n")
}

fn backup_cases() -> Vec<Case> {
    let strategy =
        "# Backup\n\nThe database is dumped nightly; dumps are kept for 30 days in another account.\n";
    let case = |path: &'static str, text: &'static str| document("DR-001", Passed, path, path, text);
    vec![
        document("DR-001", Passed, "nightly", "docs/backup.md", strategy),
        of_org("DR-001", ".github:docs/backup.md", "docs/backup.md", strategy),
        document(
            "DR-001",
            Warning,
            "how long they are kept",
            "README.md",
            "# x\n\n## Backups\n\nMade nightly.\n",
        ),
        document(
            "DR-001",
            Warning,
            "when they are made",
            "README.md",
            "# x\n\n## Backups\n\nKept for 30 days.\n",
        ),
        document(
            "DR-001",
            Warning,
            "neither a schedule",
            "README.md",
            format!("# x\n\n## Backup\n\n{}\n", "Dumps go to a bucket of the team. ".repeat(8)),
        ),
        document("DR-001", Warning, "neither a schedule", "docs/backup.md", elsewhere("Backup")),
        document("DR-001", Failed, "neither code nor a document", "README.md", "# x\n\n## Backup\n\nTBD\n"),
        case("main.tf", "resource \"aws_db_instance\" \"x\" {\n  backup_retention_period = 7\n}\n"),
        document(
            "DR-001",
            Failed,
            "profile",
            "main.tf",
            "resource \"aws_db_instance\" \"x\" {\n  backup_retention_period = 0\n}\n",
        ),
        case("k8s/velero.yaml", "apiVersion: velero.io/v1\nkind: Schedule\nspec:\n  schedule: '0 1 * * *'\n"),
        case(
            "k8s/dump.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec: {command: [pg_dump, -Fc]}\n",
        ),
        case("ops/crontab", "0 3 * * * pg_dump orders > /backup/orders.sql\n"),
        Case::repo("DR-001", Passed, "pg_dump", |w| {
            w.tree(database(&[(PATH, &workflow(NIGHTLY, "pg_dump -Fc \"$URL\" -f dump"))]));
        }),
        Case::repo("DR-001", Failed, "backed up", |w| {
            w.tree(database(&[(PATH, &workflow("push:", "pg_dump -Fc \"$URL\" -f dump"))]));
        }),
    ]
}

fn mirror_cases() -> Vec<Case> {
    let mirror = || files(&[(PATH, &workflow(NIGHTLY, "git push --mirror git@gitlab.com:acme/api.git"))]);
    let after = |status, says, days, conclusion: &'static str| {
        Case::repo("DR-002", status, says, move |w| {
            w.tree(mirror());
            ran(w, days, conclusion);
        })
    };
    let app = |status, says, slug: &'static str, selection: &'static str, suspended| {
        Case::repo("DR-002", status, says, move |w| {
            w.org.installations = Fact::Known(vec![Installation {
                app_slug: slug.into(),
                repository_selection: selection.into(),
                suspended,
            }]);
        })
    };
    let export = |status, says, days| {
        Case::repo("DR-002", status, says, move |w| w.org.migrations = Fact::Known(vec![days_ago(days)]))
    };
    vec![
        after(Passed, "last with success 7 days ago", 7, "SUCCESS"),
        after(Warning, "last with success 8 days ago", 8, "SUCCESS"),
        after(Warning, "no successful run", 1, "FAILURE"),
        Case::repo("DR-002", Warning, "could not be read", move |w| {
            w.tree(mirror());
            unreadable_runs(w);
        }),
        app(Passed, "backs up all repositories", "rewind-backups-for-github", "all", false),
        app(Warning, "selected repositories", "cloudback", "selected", false),
        app(Failed, "no backup App", "cloudback", "all", true),
        app(Failed, "no backup App", "renovate", "all", false),
        export(Passed, "29 days ago", 29),
        export(Warning, "30 days ago", 30),
        Case::repo("DR-002", Passed, "itself a mirror", |w| posture(w).is_mirror = true),
        Case::repo("DR-002", Failed, "No job of 0 pipeline files", |_| {}),
        Case::repo("DR-002", Failed, "list of Apps could not be read", |w| {
            w.org.installations = forbidden("organization_administration");
        }),
        Case::repo("DR-002", Error, "truncated", RepoWorld::truncate),
    ]
}

/// A procedure of so many steps, long enough to be one.
fn procedure(title: &str, steps: usize) -> String {
    let list: String = (1..=steps).map(|n| format!("{n}. Restore part {n} and check it.\n")).collect();
    let why =
        "The service is down and the standby did not take over; the lead of the day decides. ".repeat(8);
    format!("# {title}\n\n{why}\n\n{list}")
}

fn runbook_cases() -> Vec<Case> {
    let id = "DR-003";
    vec![
        document(id, Passed, "in 3 steps", "docs/disaster-recovery.md", procedure("Disaster recovery", 3)),
        document(id, Passed, "runbook.md:1 describes", "docs/runbook.md", procedure("Runbook", 4)),
        of_org(
            id,
            ".github:docs/disaster-recovery.md",
            "docs/disaster-recovery.md",
            procedure("Recovery", 3),
        ),
        document(id, Warning, "(2)", "docs/disaster-recovery.md", procedure("Disaster recovery", 2)),
        document(id, Warning, "without steps", "README.md", "# x\n\n## Disaster recovery\n\nCall Ann.\n"),
        document(id, Warning, "only points", "docs/disaster-recovery.md", elsewhere("Disaster recovery")),
        Case::repo(id, NotApplicable, "covers its recovery", |w| {
            w.tree(files(&[("Dockerfile", "FROM scratch\nCMD [\"/api\"]\n")]));
            let text = procedure("Recovery", 3);
            w.profile = Fact::Known(Some(Tree::new().file("docs/disaster-recovery.md", &text)));
        }),
        Case::repo(id, Failed, "profile: infra", |w| {
            w.tree(Tree::new().file("main.tf", "resource \"aws_vpc\" \"x\" {}\n"));
        }),
    ]
}

fn objective_cases() -> Vec<Case> {
    let both = "# Recovery objectives\n\nRTO: 4 hours. RPO: 15 minutes.\n";
    let table = "# Disaster recovery\n\n| Service | RTO | RPO |\n|---|---|---|\n| orders | 1 h | 5 min |\n";
    let named = "# Disaster recovery\n\nRTO and RPO are agreed with the customer.\n";
    let mut all = Vec::new();
    for (id, value) in [("DR-004", "RTO: 4 hours"), ("DR-005", "RPO: 15 minutes")] {
        all.extend([
            document(id, Passed, value, "docs/recovery-objectives.md", both),
            document(id, Passed, "orders | 1 h | 5 min", "docs/disaster-recovery.md", table),
            of_org(id, ".github:docs/disaster-recovery.md", "docs/disaster-recovery.md", table),
            document(id, Warning, "gives no value", "docs/disaster-recovery.md", named),
            document(
                id,
                Failed,
                "No document states",
                "docs/disaster-recovery.md",
                "# Disaster recovery\n\nIn 4 hours.\n",
            ),
        ]);
    }
    all.push(document("DR-004", Warning, "gives no value", "docs/recovery-time.md", elsewhere("RTO")));
    all.push(document(
        "DR-005",
        Passed,
        "zero",
        "docs/rpo.md",
        "# RPO\n\nThe RPO of the ledger is zero: writes are synchronous.\n",
    ));
    all
}

fn schedule_cases() -> Vec<Case> {
    let id = "DR-006";
    let test = |rhythm: &str| {
        let why =
            "An engineer restores the newest dump into an empty account and compares the counts. ".repeat(6);
        format!("# Restore test\n\n{why}{rhythm}\n")
    };
    let job = |status, says, on: &'static str| {
        Case::repo(id, status, says, move |w| {
            w.tree(database(&[(PATH, &workflow(on, "pg_restore -d scratch dump"))]));
        })
    };
    vec![
        document(id, Passed, "\"quarterly\"", "docs/restore-test.md", test("It happens quarterly.")),
        of_org(id, ".github:docs/restore-test.md", "docs/restore-test.md", test("It happens monthly.")),
        document(id, Warning, "not of how often", "docs/restore-test.md", test("It happens.")),
        document(id, Warning, "not of how often", "docs/restore-test.md", elsewhere("Restore test")),
        document(
            id,
            Passed,
            "k8s/restore.yaml:2 restores a backup on a schedule",
            "k8s/restore.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nspec: {command: [./restore-test.sh]}\n",
        ),
        job(Passed, "on a schedule: pg_restore", NIGHTLY),
        job(Warning, "only when something starts it", "workflow_dispatch:"),
    ]
}

fn infrastructure_cases() -> Vec<Case> {
    let id = "DR-007";
    let code = |status, says, more: &'static [(&str, &str)]| {
        Case::repo(id, status, says, move |w| w.tree(files(more)))
    };
    let deploys = || workflow("push:", "ansible-playbook site.yml");
    vec![
        code(
            Passed,
            "main.tf",
            &[
                ("Dockerfile", "FROM scratch\nCMD [\"/x\"]\n"),
                ("infra/main.tf", "resource \"aws_vpc\" \"x\" {}\n"),
            ],
        ),
        code(
            Passed,
            "k8s/app.yaml:1 defines",
            &[("k8s/app.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {}\n")],
        ),
        code(
            Passed,
            "infrastructure repository acme/infra-live",
            &[
                ("Dockerfile", "FROM scratch\nCMD [\"/x\"]\n"),
                ("docs/run.md", "Defined in https://github.com/acme/infra-live.\n"),
            ],
        ),
        code(
            Warning,
            "Only Dockerfile says",
            &[
                ("Dockerfile", "FROM scratch\nCMD [\"/x\"]\n"),
                ("docs/run.md", "We use https://github.com/hashicorp/terraform.\n"),
            ],
        ),
        code(Warning, "fly.toml", &[("fly.toml", "app = 'x'\n")]),
        Case::repo(id, Failed, "ansible-playbook", move |w| w.tree(files(&[(PATH, &deploys())]))),
        Case::repo(id, Failed, "Repository.deployments", |w| {
            let deployment = Deployment {
                environment: "production".into(),
                created_at: days_ago(3),
                task: None,
                git_ref: None,
                latest_status: None,
            };
            activity(w).deployments = Fact::Known(Page::all(vec![deployment]));
        }),
        code(NotApplicable, "a library", &[("package.json", r#"{"name":"x","version":"1.0.0"}"#)]),
        code(NotApplicable, "a client app", &[("app/AndroidManifest.xml", "<manifest/>\n")]),
        Case::repo(id, NotApplicable, "documents", |w| w.tree(Tree::new().file("README.md", "# Handbook\n"))),
        Case::repo(id, NotApplicable, "Nothing of the repository is deployed", |_| {}),
        Case::repo(id, Error, "lacks deployments:read", |w| {
            activity(w).deployments = forbidden("deployments")
        }),
        Case::repo(id, Error, "truncated", RepoWorld::truncate),
    ]
}

fn region_cases() -> Vec<Case> {
    let id = "DR-008";
    let spread = |key: &str| {
        format!("spec:\n  topologySpreadConstraints:\n    - topologyKey: topology.kubernetes.io/{key}\n")
    };
    vec![
        document(id, Passed, "replica_regions", "main.tf", "replica_regions = [\"eu-west-1\"]\n"),
        document(id, Passed, "fly.toml", "fly.toml", "regions = ['fra', 'iad']\n"),
        document(id, Passed, "topology.kubernetes.io/region", "k8s/app.yaml", spread("region")),
        document(id, Warning, "zones of one region", "k8s/app.yaml", spread("zone")),
        document(
            id,
            Warning,
            "multi_az",
            "main.tf",
            "resource \"aws_db_instance\" \"x\" {\n  multi_az = true\n}\n",
        ),
        document(
            id,
            Warning,
            "replication_group",
            "main.tf",
            "resource \"aws_elasticache_replication_group\" \"x\" {}\n",
        ),
        document(
            id,
            Warning,
            "no configuration shows it",
            "docs/high-availability.md",
            format!(
                "# High availability\n\n{}\n",
                "We run in two regions and switch over by hand. ".repeat(10)
            ),
        ),
    ]
}

fn failover_cases() -> Vec<Case> {
    let id = "DR-009";
    vec![
        document(
            id,
            Passed,
            "multi_az",
            "main.tf",
            "resource \"aws_db_instance\" \"x\" {\n  multi_az = true\n}\n",
        ),
        document(
            id,
            Passed,
            "postgresql.cnpg.io",
            "k8s/db.yaml",
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec:\n  instances: 3\n",
        ),
        document(id, Passed, "in 3 steps", "docs/failover.md", procedure("Failover", 3)),
        of_org(id, ".github:docs/failover.md", "docs/failover.md", procedure("Failover", 3)),
        document(id, Warning, "without steps", "docs/failover.md", procedure("Failover", 2)),
        document(id, Warning, "without steps", "docs/failover.md", elsewhere("Failover")),
        document(
            id,
            Failed,
            "profile",
            "k8s/db.yaml",
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec:\n  instances: 1\n",
        ),
    ]
}

fn drill_cases() -> Vec<Case> {
    let id = "DR-010";
    let after = |status, says, days, conclusion: &'static str| {
        Case::repo(id, status, says, move |w| {
            w.tree(database(&[(PATH, &workflow(NIGHTLY, "./scripts/restore-test.sh"))]));
            ran(w, days, conclusion);
        })
    };
    let record = |status, says, text: &'static str| document(id, status, says, "docs/restore-log.md", text);
    vec![
        after(Passed, "with success 180 days ago", 180, "SUCCESS"),
        after(Warning, "with success 181 days ago", 181, "SUCCESS"),
        after(Failed, "No successful run", 1, "FAILURE"),
        Case::repo(id, Error, "lacks checks:read", |w| {
            w.tree(database(&[(PATH, &workflow(NIGHTLY, "./scripts/restore-test.sh"))]));
            unreadable_runs(w);
        }),
        // The day itself is 2026-06-01.
        record(Passed, "365 days ago", "# Restore log\n\n- 2025-06-01: orders restored in 41 minutes.\n"),
        record(Warning, "366 days ago", "# Restore log\n\n- 2025-05-31: orders restored in 41 minutes.\n"),
        record(Passed, "drill of 2026-05-14", "# Restore log\n\nMay 14, 2026: done. Before: Q1 2025.\n"),
        record(Failed, "no dated record", "# Restore log\n\nThe next drill is on 2027-01-10.\n"),
        of_org(id, ".github:docs/dr-drills.md", "docs/dr-drills.md", "# DR drills\n\n2026-04-01 done.\n"),
    ]
}
