//! CICD-001 and CICD-002: a pipeline exists, and pull requests start it.

use scrutineer_core::Gap;

use super::{absent, work};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{CiStep, Snapshot, Trigger, Workflow},
};

/// CICD-001.
pub(super) fn pipeline_exists(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = work::without_code(files)? {
        return Ok(outcome);
    }
    let all = &files.ci().workflows;
    let seen = |workflow: &Workflow| Evidence::new(&workflow.path, described(workflow));
    let with_jobs: Vec<&Workflow> =
        files.ci().readable().filter(|workflow| !workflow.jobs.is_empty()).collect();
    let starts = |workflow: &&&Workflow| workflow.triggers.iter().any(starts_by_itself);
    if let Some(first) = with_jobs.iter().find(starts) {
        let detail = format!("{} defines {}.", first.path, jobs(first.jobs.len()));
        return Ok(Outcome::passed(detail, with_jobs.iter().map(|w| seen(w))));
    }
    if let Some(first) = with_jobs.first() {
        let detail = format!(
            "{} pipeline files exist, but each, like {}, starts only by hand.",
            all.len(),
            first.path
        );
        return Ok(Outcome::warning(detail, with_jobs.iter().map(|w| seen(w))));
    }
    if let Some(first) = all.first() {
        let why = first.problem.as_deref().unwrap_or("it defines no job");
        let detail = format!("{} is not a pipeline that can run: {why}.", first.path);
        return Ok(Outcome::warning(detail, all.iter().map(seen)));
    }
    files.absent()?;
    Ok(Outcome::failed("No pipeline file of any known CI system is in the repository.", []))
}

fn described(workflow: &Workflow) -> String {
    match &workflow.problem {
        Some(problem) => problem.clone(),
        None => {
            let events: Vec<&str> = workflow.triggers.iter().map(|t| t.event.as_str()).collect();
            format!("{}, on {}", jobs(workflow.jobs.len()), events.join(", "))
        }
    }
}

fn jobs(count: usize) -> String {
    if count == 1 { "1 job".to_owned() } else { format!("{count} jobs") }
}

fn starts_by_itself(trigger: &Trigger) -> bool {
    !matches!(trigger.event.as_str(), "workflow_dispatch" | "workflow_call")
}

/// Events of a pull request before it is merged.
const PULL_REQUEST: &[&str] = &["pull_request", "pull_request_target", "merge_group"];

/// CICD-002.
pub(super) fn runs_on_pull_requests(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let mut filtered: Option<Outcome> = None;
    for workflow in files.ci().readable() {
        for trigger in workflow.triggers.iter().filter(|trigger| is_pull_request(trigger)) {
            let Some(step) = working_step(files, workflow, trigger) else { continue };
            let says = format!("{} on {}: {}", step.job.id, trigger.event, step.seen().what);
            let evidence = [
                Evidence::new(format!("{}:{}", workflow.path, trigger.line), &trigger.event),
                step.seen().evidence(),
            ];
            let by_label = step.job.condition.as_deref().is_some_and(|c| c.contains("labels"));
            if !trigger.path_filtered && !trigger.type_filtered && !by_label {
                return Ok(Outcome::passed(format!("{} runs {says}.", workflow.path), evidence));
            }
            let filter = if trigger.path_filtered { "some paths" } else { "some labels or activity types" };
            let detail = format!("{} runs {says}, but only for {filter}.", workflow.path);
            filtered.get_or_insert(Outcome::warning(detail, evidence));
        }
    }
    if let Some(outcome) = filtered {
        return Ok(outcome);
    }
    absent(subject, files)?;
    let count = files.ci().workflows.len();
    let detail = match count {
        0 => "There is no pipeline that a pull request could start.".to_owned(),
        _ => format!("None of {count} pipeline files builds, tests or lints on pull requests."),
    };
    Ok(Outcome::failed(detail, files.ci().workflows.iter().map(|w| Evidence::new(&w.path, described(w)))))
}

/// A pull request starts it, or every push to any branch does.
fn is_pull_request(trigger: &Trigger) -> bool {
    PULL_REQUEST.contains(&trigger.event.as_str())
        || (trigger.event == "push" && trigger.every_branch() && !trigger.path_filtered)
}

fn working_step<'a>(files: &'a Snapshot, workflow: &'a Workflow, trigger: &Trigger) -> Option<CiStep<'a>> {
    let of_workflow = files.ci().steps_on(&[]).filter(|found| found.workflow.path == workflow.path);
    let on_event = of_workflow.filter(|found| found.job.events.contains(&trigger.event));
    on_event.filter_map(work::builds_tests_or_lints).next()
}
