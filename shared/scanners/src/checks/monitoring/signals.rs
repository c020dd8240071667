//! MON-001 to MON-004, MON-007 and MON-009: metrics, alerts, logs, traces, errors and dashboards.

use scrutineer_core::Gap;

use super::{operates_nothing, serves_nothing, shown};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Note, Snapshot},
};

/// Infrastructure that keeps logs without watching anything.
fn only_keeps_logs(hit: &&Hit) -> bool {
    hit.what.contains("aws_cloudwatch_log_group")
}

/// MON-001.
pub(super) fn monitored(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = operates_nothing(subject, files)? {
        return Ok(outcome);
    }
    let of = |id: DetectorId| files.detector(id).all();
    let all = of(DetectorId::Metrics).chain(of(DetectorId::Alerting)).chain(of(DetectorId::Dashboards));
    let (kept, watched): (Vec<&Hit>, Vec<&Hit>) = all.partition(only_keeps_logs);
    if let Some(first) = watched.first() {
        let what = if first.what == "file" { "monitoring configuration" } else { &first.what };
        let detail = format!("{} monitors: {what}.", first.source());
        return Ok(Outcome::passed(detail, watched.iter().map(|hit| hit.evidence())));
    }
    let platform: Vec<&Hit> = files.notes(Note::PlatformMonitoring).iter().chain(kept).collect();
    if let Some(first) = platform.first() {
        let detail = format!(
            "Only what the platform watches by itself is switched on: {} ({}).",
            first.source(),
            first.what
        );
        return Ok(Outcome::warning(detail, platform.iter().map(|hit| hit.evidence())));
    }
    files.absent()?;
    let detail = "No metrics library and no monitoring configuration was found.";
    Ok(Outcome::failed(detail, shown(files)))
}

/// MON-002.
pub(super) fn alerts(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = operates_nothing(subject, files)? {
        return Ok(outcome);
    }
    let alerting = files.detector(DetectorId::Alerting);
    let (rules, routes) = (files.notes(Note::AlertRule), files.notes(Note::AlertRoute));
    let evidence = || rules.iter().take(5).chain(routes.iter().take(5)).map(Hit::evidence);
    if let (Some(rule), Some(route)) = (rules.first(), routes.first()) {
        let detail = format!(
            "{} defines an alert, and {} says how severe it is or whom it reaches.",
            rule.source(),
            route.source()
        );
        return Ok(Outcome::passed(detail, evidence()));
    }
    files.absent()?;
    if let Some(rule) = rules.first() {
        let detail = format!("{} defines an alert that reaches nobody.", rule.source());
        return Ok(Outcome::warning(detail, evidence()));
    }
    if let Some(first) = alerting.all().next() {
        let detail = format!("{} is about alerts, but no rule with a condition was found.", first.source());
        return Ok(Outcome::warning(detail, alerting.all().map(Hit::evidence)));
    }
    Ok(Outcome::failed("No alert is defined as code.", shown(files)))
}

/// Libraries whose output is JSON or key-value pairs unless told otherwise.
const STRUCTURED: &[&str] = &[
    "pino",
    "bunyan",
    "structlog",
    "eliot",
    "python-json-logger",
    "go.uber.org/zap",
    "github.com/rs/zerolog",
    "github.com/hashicorp/go-hclog",
    "github.com/go-kit/log",
    "net.logstash.logback",
    "lograge",
    "semantic_logger",
    "ougai",
    "logger_json",
    "aws-lambda-powertools",
    "@aws-lambda-powertools/logger",
    "serilog.formatting.compact",
];

fn is_structured(dependency: &&Hit) -> bool {
    let name = dependency.what.to_ascii_lowercase();
    STRUCTURED.iter().any(|known| name.starts_with(known))
}

/// MON-003.
pub(super) fn logging(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let profile = files.profile();
    if !profile.code || profile.library && !profile.app {
        files.absent()?;
        let what = if profile.code { "a library, which its user logs for" } else { "no runtime code" };
        return Ok(Outcome::not_applicable(format!("The repository holds {what}.")));
    }
    let library = files.detector(DetectorId::LoggingLib);
    let structured = files.notes(Note::StructuredLog).iter();
    let structured: Vec<&Hit> = structured.chain(library.deps.iter().filter(is_structured)).collect();
    if let Some(first) = structured.first() {
        let detail = format!("{} logs in a structured form: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, structured.iter().map(|hit| hit.evidence())));
    }
    files.absent()?;
    let plain: Vec<&Hit> = library.all().chain(files.notes(Note::PlainLog)).collect();
    if let Some(first) = plain.first() {
        let detail = format!(
            "{} logs ({}), but nothing makes its lines JSON or key-value pairs.",
            first.source(),
            first.what
        );
        return Ok(Outcome::warning(detail, plain.iter().map(|hit| hit.evidence())));
    }
    let prints = files.notes(Note::Print);
    Ok(match prints.first() {
        Some(first) => {
            let detail = format!("Only print statements tell what happens, e.g. {}.", first.source());
            Outcome::failed(detail, prints.iter().map(Hit::evidence))
        }
        None => {
            let lines = profile.code_lines;
            Outcome::failed(format!("None of {lines} lines of code logs anything."), [])
        }
    })
}

/// MON-004.
pub(super) fn tracing(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    let found = files.detector(DetectorId::TracingLib);
    let of_collector = |hit: &&Hit| found.files.iter().any(|file| file.path == hit.path);
    let enabled: Vec<&Hit> =
        found.deps.iter().chain(found.content.iter().filter(|hit| !of_collector(hit))).collect();
    if let Some(first) = enabled.first() {
        let detail = format!("{} traces requests: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, enabled.iter().map(|hit| hit.evidence())));
    }
    files.absent()?;
    Ok(match found.files.first() {
        Some(file) => {
            let detail = format!("{} configures a collector, but the service sends no traces.", file.path);
            Outcome::warning(detail, found.files.iter().map(Hit::evidence))
        }
        None => Outcome::failed("No tracing library and no tracing setting was found.", shown(files)),
    })
}

/// MON-007.
pub(super) fn error_tracking(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let profile = files.profile();
    if !profile.service && !profile.app {
        files.absent()?;
        let detail = "The repository is neither a deployable service nor an app.";
        return Ok(Outcome::not_applicable(detail));
    }
    let found = files.detector(DetectorId::ErrorTracking);
    let set: Vec<&Hit> =
        files.notes(Note::ErrorTrackingStart).iter().chain(&found.files).chain(&found.content).collect();
    if let (Some(library), Some(start)) = (found.deps.first(), set.first()) {
        let detail =
            format!("{} brings {}, and {} sets it up.", library.source(), library.what, start.source());
        return Ok(Outcome::passed(detail, [library.evidence(), start.evidence()]));
    }
    files.absent()?;
    if let Some(library) = found.deps.first() {
        let detail = format!("{} brings {}, but nothing starts it.", library.source(), library.what);
        return Ok(Outcome::warning(detail, [library.evidence()]));
    }
    let step = files.ci().steps_with(DetectorId::ErrorTracking, &[]).next().map(|found| found.seen());
    let traces: Vec<Evidence> = set.iter().copied().chain(&step).map(Hit::evidence).collect();
    Ok(match traces.first() {
        Some(first) => {
            let detail = format!(
                "{} names an error tracker ({}), but no library reports to it.",
                first.source, first.value
            );
            Outcome::warning(detail, traces)
        }
        None => Outcome::failed("Nothing reports errors to a tracker.", shown(files)),
    })
}

/// MON-009.
pub(super) fn dashboards(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files: &Snapshot = subject.files.known()?;
    if let Some(outcome) = operates_nothing(subject, files)? {
        return Ok(outcome);
    }
    let found = files.detector(DetectorId::Dashboards);
    if let Some(first) = found.all().next() {
        let detail = format!("{} defines a dashboard.", first.source());
        return Ok(Outcome::passed(detail, found.all().map(Hit::evidence)));
    }
    files.absent()?;
    Ok(Outcome::failed("No dashboard is defined as code.", shown(files)))
}
