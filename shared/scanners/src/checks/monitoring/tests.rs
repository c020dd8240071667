//! Every status of every check, through the public evaluation.

use scrutineer_core::{
    Fact, Gap,
    evidence::{Page, RepoActivity, activity::Deployment},
};

use crate::{
    Status::{self, Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, days_ago, forbidden, repo_files},
};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

/// Checks about what runs, and what they say of a repository where nothing does.
const RUNNING: &[(&str, &str)] = &[
    ("MON-001", "neither a deployable service"),
    ("MON-002", "neither a deployable service"),
    ("MON-004", "no service that others reach"),
    ("MON-005", "no service that others reach"),
    ("MON-006", "neither a deployable service"),
    ("MON-007", "neither a deployable service"),
    ("MON-009", "neither a deployable service"),
    ("MON-010", "neither a deployable service"),
    ("MON-011", "neither a deployable service"),
];

pub(crate) fn cases() -> Vec<Case> {
    let mut all = monitoring_cases();
    all.extend(alert_cases());
    all.extend(logging_cases());
    all.extend(tracing_cases());
    all.extend(health_cases());
    all.extend(objective_cases());
    all.extend(error_cases());
    all.extend(benchmark_cases());
    all.extend(dashboard_cases());
    all.extend(on_call_cases());
    all.extend(incident_cases());
    for (check, says) in RUNNING {
        all.push(Case::repo(check, NotApplicable, says, |_| {}));
        all.push(Case::repo(check, Failed, "profile: service", |w| w.tree(server(&[]))));
        all.push(Case::repo(check, Error, "truncated", |w| {
            w.tree(server(&[]));
            w.truncate();
        }));
    }
    for check in ["MON-006", "MON-010", "MON-011"] {
        all.push(Case::repo(check, Error, "no answer", |w| {
            w.tree(server(&[]));
            w.profile = Fact::Unknown(Gap::unavailable("no answer"));
        }));
    }
    for id in 1..=11 {
        let check: &'static str = format!("MON-{id:03}").leak();
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

fn files(more: &[(&str, &str)]) -> Tree {
    more.iter().fold(repo_files(), |tree, (path, text)| tree.file(path, text))
}

/// A service in a network, with these files besides.
fn server(more: &[(&str, &str)]) -> Tree {
    files(more).file("Dockerfile", "FROM scratch\nEXPOSE 8080\nCMD [\"/api\"]\n")
}

/// A service with one more file.
fn with(
    check: &'static str,
    status: Status,
    says: &'static str,
    path: &'static str,
    text: impl Into<String>,
) -> Case {
    let text = text.into();
    Case::repo(check, status, says, move |w| w.tree(server(&[(path, &text)])))
}

/// A service, and a document of the organization.
fn of_org(check: &'static str, says: &'static str, path: &'static str, text: impl Into<String>) -> Case {
    let text = text.into();
    Case::repo(check, Passed, says, move |w| {
        w.tree(server(&[]));
        w.profile = Fact::Known(Some(Tree::new().file(path, &text)));
    })
}

fn elsewhere(title: &str) -> String {
    format!("# {title}\n\nSee https://acme.atlassian.net/wiki/x\n")
}

fn production(world: &mut RepoWorld) {
    let deployment = Deployment {
        environment: "production".into(),
        created_at: days_ago(179),
        task: None,
        git_ref: None,
        latest_status: None,
    };
    activity(world).deployments = Fact::Known(Page::all(vec![deployment]));
}

fn monitoring_cases() -> Vec<Case> {
    let id = "MON-001";
    vec![
        with(id, Passed, "prom-client", "package.json", r#"{"dependencies":{"prom-client":"15"}}"#),
        with(id, Passed, "ServiceMonitor", "k8s/monitor.yaml", "kind: ServiceMonitor\nspec: {}\n"),
        with(id, Passed, "aws_cloudwatch_metric_alarm", "main.tf", ALARM),
        with(id, Passed, "monitoring configuration", "ops/prometheus.yml", "scrape_configs: []\n"),
        with(
            id,
            Warning,
            "aws_cloudwatch_log_group",
            "main.tf",
            "resource \"aws_cloudwatch_log_group\" \"x\" {}\n",
        ),
        with(id, Warning, "[metrics]", "fly.toml", "app = 'x'\n[metrics]\nport = 9091\n"),
        with(id, Warning, "monitoring_interval", "main.tf", "monitoring_interval = 60\n"),
        with(id, Failed, "No metrics library", "main.tf", "monitoring_interval = 0\n"),
        Case::repo(id, Failed, "No metrics library", production),
        Case::repo(id, NotApplicable, "neither", |w| activity(w).deployments = forbidden("deployments")),
    ]
}

const ALARM: &str = "resource \"aws_cloudwatch_metric_alarm\" \"errors\" {\n  threshold = 5\n}\n";

fn alert_cases() -> Vec<Case> {
    let id = "MON-002";
    let rule = |labels: &str| {
        format!(
            "groups:\n  - name: api\n    rules:\n      - alert: Errors\n        expr: rate(errors[5m]) > 1\n{labels}"
        )
    };
    let route = "  alarm_actions = [aws_sns_topic.pager.arn]\n}\n";
    vec![
        with(
            id,
            Passed,
            "prometheus-rules.yml",
            "ops/prometheus-rules.yml",
            rule("        labels:\n          severity: page\n"),
        ),
        with(id, Warning, "reaches nobody", "ops/prometheus-rules.yml", rule("")),
        Case::repo(id, Passed, "alertmanager.yml", move |w| {
            w.tree(server(&[
                ("ops/prometheus-rules.yml", &rule("")),
                ("ops/alertmanager.yml", "receivers:\n  - name: pager\n"),
            ]));
        }),
        with(id, Passed, "main.tf", "main.tf", ALARM.replace("}\n", route)),
        with(id, Warning, "reaches nobody", "main.tf", ALARM),
        with(
            id,
            Warning,
            "no rule with a condition",
            "ops/alertmanager.yml",
            "receivers:\n  - name: pager\n",
        ),
        with(
            id,
            Passed,
            "cfn.yaml:3 says",
            "cfn.yaml",
            "Resources:\n  A:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      Threshold: 1\n      AlarmActions: [x]\n",
        ),
        with(id, Failed, "No alert", ".semgrep.yml", "rules:\n  - id: x\n    severity: ERROR\n"),
    ]
}

fn logging_cases() -> Vec<Case> {
    let id = "MON-003";
    let code = |status, says, path: &'static str, text: &'static str| {
        Case::repo(id, status, says, move |w| w.tree(files(&[(path, text)])))
    };
    vec![
        code(Passed, "pino", "package.json", r#"{"dependencies":{"pino":"9"}}"#),
        code(
            Passed,
            "NewJSONHandler",
            "main.go",
            "import \"log/slog\"\nvar l = slog.New(slog.NewJSONHandler(os.Stdout, nil))\n",
        ),
        code(
            Passed,
            "logback.xml",
            "src/main/resources/logback.xml",
            "<encoder class=\"net.logstash.logback.encoder.LogstashEncoder\"/>\n",
        ),
        code(Warning, "winston", "package.json", r#"{"dependencies":{"winston":"3"}}"#),
        code(
            Warning,
            "logging.getLogger(",
            "src/app.py",
            "import logging\nlog = logging.getLogger(__name__)\n",
        ),
        code(Failed, "Only print statements", "src/app.py", "print('started')\n"),
        Case::repo(id, Failed, "None of 60 lines", |_| {}),
        code(NotApplicable, "a library", "package.json", r#"{"name":"x","version":"1.0.0"}"#),
        Case::repo(id, NotApplicable, "no runtime code", |w| w.tree(Tree::new().file("README.md", "# x\n"))),
        Case::repo(id, Error, "truncated", RepoWorld::truncate),
    ]
}

fn tracing_cases() -> Vec<Case> {
    let id = "MON-004";
    let otel = r#"{"dependencies":{"@opentelemetry/sdk-node":"1"}}"#;
    vec![
        with(id, Passed, "@opentelemetry/sdk-node", "package.json", otel),
        with(id, Passed, "OTEL_EXPORTER", "k8s/app.yaml", "env:\n  - name: OTEL_EXPORTER_OTLP_ENDPOINT\n"),
        with(id, Warning, "configures a collector", "ops/otel-collector.yaml", "env: OTEL_SERVICE_NAME\n"),
        Case::repo(id, Failed, "No tracing", |w| {
            w.tree(files(&[("package.json", r#"{"dependencies":{"express":"4"}}"#)]));
            production(w);
        }),
    ]
}

fn health_cases() -> Vec<Case> {
    let id = "MON-005";
    let endpoint = ("src/main.go", "mux.HandleFunc(\"/healthz\", ok)\n");
    let workload = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: x\n          image: x\n";
    let probed = format!("{workload}          livenessProbe: {{httpGet: {{path: /up}}}}\n");
    vec![
        with(id, Passed, "src/main.go:1 answers", endpoint.0, endpoint.1),
        with(id, Passed, "livenessProbe", "k8s/app.yaml", probed),
        Case::repo(id, Passed, "HEALTHCHECK", |w| {
            let image = "FROM scratch\nEXPOSE 80\nHEALTHCHECK CMD [\"/api\", \"ping\"]\nCMD [\"/api\"]\n";
            w.tree(files(&[("Dockerfile", image)]));
        }),
        with(id, Passed, "@nestjs/terminus", "package.json", r#"{"dependencies":{"@nestjs/terminus":"10"}}"#),
        Case::repo(id, Warning, "k8s/app.yaml:1 does not ask", move |w| {
            w.tree(server(&[endpoint, ("k8s/app.yaml", workload)]));
        }),
        Case::repo(id, Warning, "fly.toml does not ask", move |w| {
            w.tree(server(&[endpoint, ("fly.toml", "app = 'x'\n")]));
        }),
        with(id, Failed, "No health endpoint", "k8s/app.yaml", workload),
    ]
}

fn objective_cases() -> Vec<Case> {
    let id = "MON-006";
    let target = "# Service levels\n\n99.9 % of requests succeed within 300 ms, over 30 days.\n";
    vec![
        with(id, Passed, "99.9 %", "docs/slo.md", target),
        of_org(id, ".github:docs/slo.md", "docs/slo.md", target),
        with(id, Passed, "openslo/", "ops/slo.yaml", "apiVersion: openslo/v1\nkind: SLO\n"),
        with(id, Passed, "google_monitoring_slo", "main.tf", "resource \"google_monitoring_slo\" \"x\" {}\n"),
        with(
            id,
            Warning,
            "without a target",
            "README.md",
            "# x\n\n## SLO\n\nHigh availability is our aim.\n",
        ),
        with(id, Warning, "without a target", "docs/slo.md", elsewhere("SLO")),
    ]
}

fn error_cases() -> Vec<Case> {
    let id = "MON-007";
    let sdk = ("package.json", r#"{"dependencies":{"@sentry/node":"8"}}"#);
    let release = "on: push\njobs:\n  x:\n    steps:\n      - uses: getsentry/action-release@v3\n";
    vec![
        Case::repo(id, Passed, "src/app.js:1 sets it up", move |w| {
            w.tree(server(&[sdk, ("src/app.js", "Sentry.init({ dsn });\n")]));
        }),
        Case::repo(id, Passed, ".env.example", move |w| {
            w.tree(server(&[sdk, (".env.example", "SENTRY_DSN=\n")]));
        }),
        with(id, Warning, "nothing starts it", sdk.0, sdk.1),
        with(id, Warning, "SENTRY_DSN", ".env.example", "SENTRY_DSN=\n"),
        with(id, Warning, "getsentry/action-release", ".github/workflows/cd.yml", release),
        Case::repo(id, Failed, "Nothing reports errors", |w| {
            w.tree(files(&[("app/AndroidManifest.xml", "<manifest/>\n")]));
        }),
    ]
}

fn benchmark_cases() -> Vec<Case> {
    let id = "MON-008";
    let bench = ("benches/parse.rs", "fn main() {}\n");
    let runs = "on: push\njobs:\n  x:\n    steps:\n      - run: cargo bench\n";
    let results = "# Benchmarks\n\nParsing takes 12 ms on a laptop and 9 ms on the build machine, measured in spring \
        with the release build; the first version of it took 40 ms for the same input.\n";
    let code = |status, says, more: Vec<(&'static str, &'static str)>| {
        Case::repo(id, status, says, move |w| w.tree(files(&more)))
    };
    vec![
        code(Passed, "cargo bench", vec![bench, (".github/workflows/ci.yml", runs)]),
        code(Passed, "angular.json", vec![("angular.json", "{\"budgets\":[{\"maximumError\":\"1mb\"}]}\n")]),
        code(Warning, "no CI job runs it", vec![bench]),
        code(Warning, "tells results", vec![("docs/benchmarks.md", results)]),
        code(Failed, "No benchmark", vec![]),
        Case::repo(id, NotApplicable, "no code", |w| w.tree(Tree::new().file("README.md", "# x\n"))),
        Case::repo(id, Error, "truncated", RepoWorld::truncate),
    ]
}

fn dashboard_cases() -> Vec<Case> {
    let id = "MON-009";
    vec![
        with(id, Passed, "ops/api.json", "ops/api.json", "{\"panels\": [], \"schemaVersion\": 39}\n"),
        with(id, Passed, "main.tf", "main.tf", "resource \"aws_cloudwatch_dashboard\" \"x\" {}\n"),
        with(id, Failed, "No dashboard", "tests/api.json", "{\"panels\": [], \"schemaVersion\": 39}\n"),
    ]
}

fn on_call_cases() -> Vec<Case> {
    let id = "MON-010";
    let rotation = "# On-call\n\nThe primary changes each Monday, the secondary follows after 15 minutes without an \
        answer; after 30 minutes the page escalates to the head of engineering.\nSwaps are agreed in the channel of \
        the team and entered in the calendar the same day.\n";
    vec![
        with(id, Passed, "docs/on-call.md:1", "docs/on-call.md", rotation),
        of_org(id, ".github:docs/on-call.md", "docs/on-call.md", rotation),
        with(id, Passed, "pagerduty_schedule", "main.tf", "resource \"pagerduty_schedule\" \"x\" {}\n"),
        with(
            id,
            Warning,
            "kept elsewhere",
            "README.md",
            "# x\n\n## On-call\n\nhttps://acme.pagerduty.com/s\n",
        ),
        with(id, Warning, "kept elsewhere", "docs/on-call.md", elsewhere("On-call")),
        with(
            id,
            Warning,
            "pagerduty.com/service-id",
            "catalog-info.yaml",
            "annotations:\n  pagerduty.com/service-id: P1\n",
        ),
        with(id, Failed, "who is called", "README.md", "# x\n\n## On-call\n\nTBD\n"),
    ]
}

fn incident_cases() -> Vec<Case> {
    let id = "MON-011";
    let steps =
        |count: usize| -> String { (1..=count).map(|n| format!("{n}. Do part {n} of it.\n")).collect() };
    let playbook = move |who: &str, count| format!("# Incident response\n\n{who}\n\n{}", steps(count));
    vec![
        with(
            id,
            Passed,
            "in 3 steps (\"SEV1\")",
            "docs/incident-response.md",
            playbook("SEV1 pages all.", 3),
        ),
        with(
            id,
            Passed,
            "incident commander",
            "docs/incident-response.md",
            playbook("An incident commander decides.", 3),
        ),
        of_org(
            id,
            ".github:docs/incident-response.md",
            "docs/incident-response.md",
            playbook("SEV1 pages all.", 3),
        ),
        with(
            id,
            Passed,
            "docs/runbook.md",
            "docs/runbook.md",
            format!("# Runbook\n\nIn an incident of SEV1:\n\n{}", steps(3)),
        ),
        with(id, Warning, "no steps", "docs/incident-response.md", playbook("SEV1 pages all.", 2)),
        with(
            id,
            Warning,
            "neither levels of severity nor roles",
            "docs/incident-response.md",
            playbook("All hands.", 3),
        ),
        with(id, Warning, "nor steps", "docs/incident-response.md", elsewhere("Incident response")),
        with(id, Failed, "No document", "docs/postmortems/2026-05-01.md", playbook("SEV1", 3)),
    ]
}
