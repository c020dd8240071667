//! Monitoring: what a running service shows, whom it calls, and what they do then.

mod response;
mod service;
mod signals;
#[cfg(test)]
pub(crate) mod tests;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, Outcome, RepoSubject, Scanner, Severity, Threshold},
    checks::history::deployed,
    finding::Evidence,
    snapshot::{DetectorId, Snapshot},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::MONITORING, checks: CHECKS };

/// Whether a production deployment shows a service that files do not show. These checks decide from files: deployments
/// that cannot be read count as none.
fn is_deployed(subject: &RepoSubject<'_>) -> bool {
    deployed(subject).unwrap_or(false)
}

/// `not_applicable` unless the repository is a deployable service or infrastructure.
fn operates_nothing(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    let profile = files.profile();
    if profile.service || profile.infra || is_deployed(subject) {
        return Ok(None);
    }
    files.absent()?;
    let detail = "The repository is neither a deployable service nor infrastructure code.";
    Ok(Some(Outcome::not_applicable(detail)))
}

/// `not_applicable` unless the repository is a service in a network.
fn serves_nothing(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    let speaks = [DetectorId::WebFramework, DetectorId::ApiSpec];
    let speaks = || speaks.iter().any(|id| !files.detector(*id).is_empty());
    if files.profile().http || is_deployed(subject) && speaks() {
        return Ok(None);
    }
    files.absent()?;
    Ok(Some(Outcome::not_applicable("The repository is no service that others reach over a network.")))
}

/// What shows that there is something to watch.
fn shown(files: &Snapshot) -> Vec<Evidence> {
    let kinds = ["service", "http", "infra", "app"];
    let because = files.profile().because.iter().filter(|(kind, _)| kinds.contains(kind));
    because.map(|(kind, path)| Evidence::new(path, format!("profile: {kind}"))).collect()
}

const CHECKS: &[Check] = &[
    Check {
        id: "MON-001",
        title: "Monitoring configuration present",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does the service export metrics, or is its monitoring configured in the repository?",
        rationale: "What nobody measures breaks unseen, and customers are the first to tell.",
        remediation: "Export metrics (prometheus, OpenTelemetry, a vendor's library), or define monitoring in code: a \
            ServiceMonitor, CloudWatch alarms, Datadog monitors.",
        references: &["https://sre.google/sre-book/monitoring-distributed-systems/", "DORA Art. 10"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(signals::monitored),
    },
    Check {
        id: "MON-002",
        title: "Alerting rules defined",
        severity: Severity::High,
        weight_halves: 3,
        description: "Is at least one alert defined as code, with a condition and a receiver or a severity?",
        rationale: "Metrics that nobody looks at at night need something that wakes somebody up.",
        remediation: "Add a PrometheusRule with `expr` and `labels.severity`, or an alarm with alarm_actions in Terraform.",
        references: &[
            "https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/",
            "DORA Art. 10",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(signals::alerts),
    },
    Check {
        id: "MON-003",
        title: "Logging framework configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the code log through a library whose lines are JSON or key-value pairs?",
        rationale: "Lines of free text cannot be searched by request, user or error when it matters.",
        remediation: "Use a logging library with structured output: pino, structlog, log/slog with NewJSONHandler, \
            tracing_subscriber's json().",
        references: &[
            "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html",
            "DORA Art. 10",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(signals::logging),
    },
    Check {
        id: "MON-004",
        title: "Distributed tracing enabled",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a service in a network depend on a tracing library, or does its deployment switch tracing on?",
        rationale: "Without traces nobody can tell which of many services made a request slow or fail.",
        remediation: "Add OpenTelemetry's SDK or its automatic instrumentation, and set OTEL_EXPORTER_OTLP_ENDPOINT where it \
            is deployed.",
        references: &["https://opentelemetry.io/docs/concepts/signals/traces/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(signals::tracing),
    },
    Check {
        id: "MON-005",
        title: "Health check endpoints defined",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a service in a network answer whether it is well, and does what runs it ask?",
        rationale: "A platform that cannot ask keeps sending requests to instances that hang.",
        remediation: "Serve /healthz and /readyz, and set livenessProbe and readinessProbe, HEALTHCHECK or health_check.",
        references: &["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(service::health),
    },
    Check {
        id: "MON-006",
        title: "SLO/SLA documentation present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a document state a target for availability or latency, or is one defined as code?",
        rationale: "Without a target every outage is argued about: nobody knows how good is good enough.",
        remediation: "Write docs/slo.md with a percentage and a window, or define it as code (Sloth, OpenSLO, \
            datadog_service_level_objective).",
        references: &[
            "https://sre.google/sre-book/service-level-objectives/",
            "DORA metric: failed deployment recovery time (target only)",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(service::objectives),
    },
    Check {
        id: "MON-007",
        title: "Error tracking tool integrated",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the service or app depend on an error tracker's library and set it up?",
        rationale: "Exceptions that end in a log file are found by users, one complaint at a time.",
        remediation: "Add the library of Sentry, Rollbar, Bugsnag or another tracker, start it where the program starts, \
            and set its DSN.",
        references: &["https://docs.sentry.io/product/sentry-basics/", "DORA Art. 10"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(signals::error_tracking),
    },
    Check {
        id: "MON-008",
        title: "Performance benchmarks defined",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Do benchmarks or load tests exist that a pipeline runs, or does the build enforce a budget?",
        rationale: "Slowness arrives a few percent at a time; only a measurement on each change sees it.",
        remediation: "Add benchmarks (criterion, pytest-benchmark, k6, Lighthouse) and a CI job that runs them.",
        references: &["https://github.com/benchmark-action/github-action-benchmark"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(service::benchmarks),
    },
    Check {
        id: "MON-009",
        title: "Dashboards as code present",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is at least one dashboard tracked as code: Grafana JSON, Terraform, Jsonnet or a custom resource?",
        rationale: "A dashboard clicked together is lost with its tool, and nobody reviews what it leaves out.",
        remediation: "Export the dashboard (Grafana > Share > Export) to dashboards/, or define it in Terraform.",
        references: &["https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(signals::dashboards),
    },
    Check {
        id: "MON-010",
        title: "On-call rotation documented",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a document or code say who is called when the service breaks, and who after them?",
        rationale: "An alert without a rotation reaches whoever happens to look, or nobody.",
        remediation: "Write docs/on-call.md with the rotation and the escalation, or define pagerduty_schedule or \
            opsgenie_schedule in Terraform.",
        references: &["https://sre.google/sre-book/being-on-call/", "DORA Art. 17"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(response::on_call),
    },
    Check {
        id: "MON-011",
        title: "Incident response playbook present",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a playbook of the repository or the organization name levels of severity or roles, and steps?",
        rationale: "Without agreed roles and steps the first hour of an incident is spent on finding out who decides.",
        remediation: "Add docs/incident-response.md with levels of severity, an incident commander and numbered steps, or \
            one for all in the organization's `.github` repository.",
        references: &[
            "https://csrc.nist.gov/pubs/sp/800/61/r3/final",
            "DORA metric: failed deployment recovery time (enabler)",
            "DORA Art. 17",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_steps",
            default: 3,
            unit: "count",
            description: "Fewer steps do not make a playbook.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(response::incidents),
    },
];
