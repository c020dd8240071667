//! CICD-007, CICD-013 and CICD-014: where deployments go, who approves them, and how they are undone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::SignedDuration;
use regex::Regex;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use scrutineer_core::{
    Fact, Gap,
    evidence::{Page, activity::Deployment, posture::Environment},
};

use super::absent;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Job, Snapshot, Workflow},
};

/// Half a year: deployments that are older say nothing about how things are done now.
const RECENT_DAYS: i64 = 180;
/// GitHub's own environment for Pages: a website, not a deployment of a service.
const PAGES: &str = "github-pages";

/// Deployments of the last `days` days.
pub(super) fn recorded<'a>(subject: &'a RepoSubject<'_>, days: Decimal) -> Fact<Vec<&'a Deployment>> {
    let days = days.to_i64().unwrap_or(RECENT_DAYS).clamp(0, 36_500);
    let longest = SignedDuration::from_hours(24 * days);
    let page = subject.repo.activity.known().and_then(|activity| activity.deployments.known());
    let observed = subject.repo.observed_at;
    let recent = |d: &&Deployment| d.environment != PAGES && observed.duration_since(d.created_at) <= longest;
    Fact::from(page).map(|page| page.items.iter().filter(recent).collect())
}

/// Jobs that deploy, and deployments on record.
struct Deployments<'a> {
    jobs: Vec<(&'a Workflow, &'a Job)>,
    records: Vec<&'a Deployment>,
}

impl<'a> Deployments<'a> {
    /// `None` without deployments. An error when no job deploys and deployments on record cannot be read.
    fn of(subject: &'a RepoSubject<'_>, files: &'a Snapshot) -> Result<Option<Self>, Gap> {
        let records = recorded(subject, Decimal::from(RECENT_DAYS));
        match Self::known(subject, files)? {
            None => records.known().map(|_| None),
            some => Ok(some),
        }
    }

    /// The same; deployments that cannot be read count as none.
    fn known(subject: &'a RepoSubject<'_>, files: &'a Snapshot) -> Result<Option<Self>, Gap> {
        let deploys = |job: &Job| {
            let mut steps = job.steps.iter().filter(|step| step.can_run).flat_map(|step| &step.detectors);
            let named = job.environments.iter().any(|name| name != PAGES);
            !job.events.is_empty() && (named || steps.any(|(id, _)| *id == DetectorId::Deploy))
        };
        let jobs: Vec<_> = files.ci().jobs().filter(|(_, job)| deploys(job)).collect();
        let records = recorded(subject, Decimal::from(RECENT_DAYS)).ok().cloned().unwrap_or_else(Vec::new);
        if jobs.is_empty() && records.is_empty() {
            absent(subject, files)?;
            return Ok(None);
        }
        Ok(Some(Self { jobs, records }))
    }

    /// Names of environments with where they are named; expressions stand for any environment of the repository.
    fn environments(&self, listed: &'a Page<Environment>) -> BTreeMap<String, Evidence> {
        let mut found = BTreeMap::new();
        for (_, job) in &self.jobs {
            let source = format!("{}:{}", job.path, job.line);
            for name in job.environments.iter().filter(|name| *name != PAGES) {
                if name.contains("${{") {
                    let any = listed.items.iter().map(|environment| environment.name.clone());
                    found.extend(any.filter(|n| n != PAGES).map(|n| {
                        let evidence = Evidence::new(&source, format!("environment: {n} (from {name})"));
                        (n, evidence)
                    }));
                } else {
                    found.insert(name.clone(), Evidence::new(&source, format!("environment: {name}")));
                }
            }
        }
        for record in &self.records {
            let evidence = || {
                Evidence::new(
                    "Deployment.environment",
                    format!("{} at {}", record.environment, record.created_at),
                )
            };
            found.entry(record.environment.clone()).or_insert_with(evidence);
        }
        found
    }

    fn first(&self) -> Option<Evidence> {
        let job = self
            .jobs
            .first()
            .map(|(_, job)| Evidence::new(format!("{}:{}", job.path, job.line), format!("job {}", job.id)));
        job.or_else(|| self.records.first().map(|d| Evidence::new("Deployment.environment", &d.environment)))
    }
}

fn no_deployments() -> Outcome {
    Outcome::not_applicable("No job deploys, and no deployment is on record in 180 days.")
}

/// Whether an environment of this name is production.
pub(crate) fn is_production(name: &str) -> bool {
    static PRODUCTION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(?:^|[^a-z])(?:prod|production|live)(?:$|[^a-z])").expect("a constant pattern")
    });
    PRODUCTION.is_match(name)
}

fn environments<'a>(subject: &'a RepoSubject<'_>) -> Result<&'a Page<Environment>, Gap> {
    subject.repo.posture.known()?.environments.known()
}

/// What guards an environment, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Guard {
    None,
    Partly,
    Approved,
}

fn guard(listed: &Page<Environment>, name: &str) -> Result<(Guard, String), Gap> {
    let Some(environment) =
        listed.items.iter().find(|environment| environment.name.eq_ignore_ascii_case(name))
    else {
        return if listed.is_complete() {
            Ok((Guard::None, "not configured".to_owned()))
        } else {
            Err(Gap::Truncated)
        };
    };
    let types: Vec<&str> = environment.rules.iter().map(|rule| rule.rule_type.as_str()).collect();
    let partly = |kind: &&str| matches!(*kind, "WAIT_TIMER" | "BRANCH_POLICY");
    let level = match types.as_slice() {
        [] => Guard::None,
        kinds if kinds.iter().all(partly) => Guard::Partly,
        _ => Guard::Approved,
    };
    let review = environment.rules.iter().any(|rule| rule.prevent_self_review);
    let note = if review { ", self-review prevented" } else { "" };
    Ok((
        level,
        if types.is_empty() {
            "no protection rule".to_owned()
        } else {
            format!("{}{note}", types.join(", "))
        },
    ))
}

/// CICD-007.
pub(super) fn approvals_configured(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let listed = environments(subject)?;
    let files = *subject.files.known()?;
    let Some(deployments) = Deployments::known(subject, files)? else { return Ok(no_deployments()) };
    let used = deployments.environments(listed);
    let mut guarded = Vec::new();
    for name in used.keys().filter(|name| is_production(name)) {
        let (level, rules) = guard(listed, name)?;
        guarded.push((level, name, rules));
    }
    let evidence: Vec<Evidence> =
        guarded.iter().map(|(_, name, rules)| Evidence::new(format!("Environment {name}"), rules)).collect();
    let Some((level, name, rules)) = guarded.iter().min_by_key(|(level, ..)| *level) else {
        let named = used.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let named = if named.is_empty() { "no environment".to_owned() } else { format!("only {named}") };
        let detail =
            format!("Deployments name {named}, so no production environment can ask for an approval.");
        return Ok(Outcome::failed(detail, deployments.first()));
    };
    let detail = format!("Environment {name}: {rules}.");
    Ok(match level {
        Guard::Approved => Outcome::passed(detail, evidence),
        Guard::Partly => Outcome::warning(format!("{detail} Nobody approves a deployment to it."), evidence),
        Guard::None => Outcome::failed(detail, evidence),
    })
}

/// CICD-014.
pub(super) fn several_environments(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let listed = environments(subject)?;
    let files = *subject.files.known()?;
    let Some(deployments) = Deployments::of(subject, files)? else { return Ok(no_deployments()) };
    let used = deployments.environments(listed);
    let names = used.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let evidence: Vec<Evidence> = used.values().cloned().collect();
    let production = used.keys().any(|name| is_production(name));
    match used.len() {
        0 => {}
        1 => {
            return Ok(Outcome::warning(
                format!("Deployments go to one environment only: {names}."),
                evidence,
            ));
        }
        _ if production => return Ok(Outcome::passed(format!("Deployments go to {names}."), evidence)),
        _ => {
            let detail = format!("Deployments go to {names}, none of which is production.");
            return Ok(Outcome::warning(detail, evidence));
        }
    }
    let overlays = overlays(files);
    if overlays.len() >= 2 {
        let detail = format!("Several environments exist only as configuration, e.g. {}.", overlays[0].path);
        return Ok(Outcome::warning(detail, overlays.iter().map(Hit::evidence)));
    }
    files.absent()?;
    Ok(Outcome::failed("Deployments name no environment.", deployments.first()))
}

/// Configuration per environment, as detector `env-parity` finds it; tools for local work left out.
fn overlays(files: &Snapshot) -> Vec<Hit> {
    let per_environment = [
        "overlays/",
        "environments/",
        "envs/",
        "env/",
        "values-",
        "values.",
        ".tfvars",
        "appsettings.",
        "settings/",
        "config/",
        ".env.",
    ];
    let hits = files.detector(DetectorId::EnvParity).files.iter();
    hits.filter(|hit| per_environment.iter().any(|part| hit.path.contains(part))).cloned().collect()
}

/// CICD-013.
pub(super) fn rollback_possible(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let Some(deployments) = Deployments::of(subject, files)? else { return Ok(no_deployments()) };
    let step = files.ci().steps_with(DetectorId::Rollback, &[]).next().map(|found| found.seen());
    let automated = step.or_else(|| files.detector(DetectorId::Rollback).content.first().cloned());
    if let Some(hit) = automated {
        return Ok(Outcome::passed(format!("{} rolls back: {}.", hit.source(), hit.what), [hit.evidence()]));
    }
    if let Some((workflow, job, input)) =
        deployments.jobs.iter().find_map(|(w, j)| Some((*w, *j, version_input(w, j)?)))
    {
        let detail = format!(
            "{} can be started by hand with input {input}, and job {} deploys it.",
            workflow.path, job.id
        );
        return Ok(Outcome::passed(
            detail,
            [Evidence::new(&workflow.path, format!("workflow_dispatch input {input}"))],
        ));
    }
    let elsewhere = subject.docs.rollback_doc();
    let documented = files.rollback_doc().or_else(|| elsewhere.ok().copied().flatten());
    if let Some(hit) = documented {
        let detail = format!("Rolling back is a manual procedure, described in {}.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    absent(subject, files)?;
    elsewhere.known()?;
    let detail =
        "Deployments exist, but no rollback command, automatic rollback, dispatchable version or procedure.";
    Ok(Outcome::failed(detail, deployments.first()))
}

/// The input of a dispatch that names what to deploy.
fn version_input<'a>(workflow: &'a Workflow, job: &Job) -> Option<&'a str> {
    let words: BTreeSet<&str> =
        ["version", "ref", "tag", "sha", "commit", "revision", "release", "image"].into();
    let dispatch = workflow.triggers.iter().find(|trigger| trigger.event == "workflow_dispatch")?;
    let names =
        |input: &&String| input.to_ascii_lowercase().split(['_', '-']).any(|part| words.contains(part));
    let input = dispatch.inputs.iter().find(names)?;
    job.events.iter().any(|event| event == "workflow_dispatch").then_some(input)
}

#[cfg(test)]
mod tests {
    use super::is_production;

    #[test]
    fn production_has_many_names() {
        for name in ["production", "prod", "Prod-EU", "live", "aws_prod", "prod1"] {
            assert!(is_production(name), "{name}");
        }
        for name in ["staging", "product", "delivery", "preproduction-x", "olive"] {
            assert!(!is_production(name), "{name}");
        }
    }
}
