//! MON-005, MON-006 and MON-008: whether the service says it is well, what it promises, and how fast it is.

use scrutineer_core::Gap;

use super::{operates_nothing, serves_nothing, shown};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{cicd, papers::Papers},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Note, Says, Snapshot, TopicId},
};

/// Manifests and platform files, as opposed to code.
fn is_manifest(hit: &&Hit) -> bool {
    let name = hit.path.rsplit('/').next().unwrap_or(&hit.path);
    let settings = [".yml", ".yaml", ".tpl", ".tf", ".hcl", ".toml", ".json", ".template", "ockerfile"];
    settings.iter().any(|end| name.ends_with(end)) || name.contains("ockerfile") || name == "Containerfile"
}

/// What could ask a service whether it is well.
fn manifest(files: &Snapshot) -> Option<Evidence> {
    let workload = files.containers().workloads.first();
    let workload =
        workload.map(|w| Evidence::new(format!("{}:{}", w.path, w.line), format!("{} {}", w.kind, w.name)));
    workload.or_else(|| files.detector(DetectorId::Deploy).files.first().map(Hit::evidence))
}

/// MON-005.
pub(super) fn health(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = serves_nothing(subject, files)? {
        return Ok(outcome);
    }
    let found = files.detector(DetectorId::Health);
    let (asking, serving): (Vec<&Hit>, Vec<&Hit>) = found.content.iter().partition(is_manifest);
    let serving: Vec<&Hit> = serving.into_iter().chain(&found.deps).collect();
    if let Some(first) = asking.first() {
        let detail = format!("{} asks the service whether it is well: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, asking.iter().chain(&serving).map(|hit| hit.evidence())));
    }
    files.absent()?;
    let Some(first) = serving.first() else {
        let detail = "No health endpoint and no probe was found in code or manifests.";
        return Ok(Outcome::failed(detail, shown(files)));
    };
    let what = format!("{} answers whether the service is well ({})", first.source(), first.what);
    let evidence = serving.iter().map(|hit| hit.evidence());
    Ok(match manifest(files) {
        Some(unasked) => {
            let detail = format!("{what}, but {} does not ask.", unasked.source);
            Outcome::warning(detail, evidence.take(5).chain([unasked]))
        }
        None => Outcome::passed(format!("{what}."), evidence),
    })
}

/// MON-006.
pub(super) fn objectives(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(outcome) = operates_nothing(subject, papers.files)? {
        return Ok(outcome);
    }
    let code = papers.files.notes(Note::ServiceLevel);
    if let Some(first) = code.first() {
        let detail = format!("{} defines a service level: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, code.iter().map(Hit::evidence)));
    }
    let id = TopicId::Slo;
    if let Some((found, target)) = papers.about(id).find_map(|d| Some((d, d.says(Says::Target)?))) {
        let detail = format!("{} states a target: {target}.", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let named = papers.about(id).next().map(|d| &d.hit);
    if let Some(hit) = named.or_else(|| papers.stub(id).map(|stub| &stub.hit)) {
        let detail = format!("{} speaks of service levels without a target.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    Ok(Outcome::failed("No service level is written down or defined as code.", shown(papers.files)))
}

/// MON-008.
pub(super) fn benchmarks(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let files = papers.files;
    if !files.profile().code {
        files.absent()?;
        return Ok(Outcome::not_applicable("The repository holds documents or configuration, no code."));
    }
    if let Some(found) = files.ci().steps_with(DetectorId::Bench, &[]).next() {
        let hit = found.seen();
        let detail = format!("{} measures performance: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let budgets = files.notes(Note::PerformanceBudget);
    if let Some(first) = budgets.first() {
        let detail = format!("{} makes the build enforce a budget.", first.source());
        return Ok(Outcome::passed(detail, budgets.iter().map(Hit::evidence)));
    }
    let found = files.detector(DetectorId::Bench);
    cicd::absent(subject, files)?;
    if let Some(first) = found.all().next() {
        let detail = format!("{} measures performance, but no CI job runs it.", first.source());
        return Ok(Outcome::warning(detail, found.all().map(Hit::evidence)));
    }
    if let Some(topic) = files.topic(TopicId::Benchmarks) {
        let detail = format!("{} tells results, but nothing measures them again.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence()]));
    }
    Ok(Outcome::failed("No benchmark, load test or performance budget was found.", []))
}
