//! Continuous integration as decisions see it: workflows, jobs, steps and the commands their scripts run.
//!
//! What a newcomer gets wrong: a step counts only if its job can run on the event a decision names. Ask
//! [`CiModel::steps_on`] or [`CiModel::steps_with`]; do not walk the tree by hand.

mod condition;
mod expression;
mod github;
mod other;
mod project;
mod read;
mod shell;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub(super) use project::is_project_file;
pub(super) use read::CiFiles;

use super::{Hit, ids::DetectorId};

/// Every pipeline of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CiModel {
    /// Pipelines, sorted by path. Jobs of local reusable workflows stand in the workflow that calls them.
    pub workflows: Vec<Workflow>,
    /// Calls of reusable workflows in other repositories: `owner/repo/.github/workflows/x.yml@ref`.
    pub unresolved: Vec<Hit>,
    /// A limit was reached while expanding; absence proves nothing.
    pub truncated: bool,
}

/// The product that runs a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CiSystem {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Azure Pipelines.
    Azure,
    /// CircleCI.
    CircleCi,
    /// Jenkins.
    Jenkins,
    /// Any other system of detector `ci-config`.
    Other,
}

/// One pipeline file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Path.
    pub path: String,
    /// Who runs it.
    pub system: CiSystem,
    /// `name`.
    pub name: Option<String>,
    /// Why it could not be read, one clause; its jobs are then empty.
    pub problem: Option<String>,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// Its jobs, in file order; those of called local workflows after their caller, as `caller/callee`.
    pub jobs: Vec<Job>,
}

/// What starts a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// GitHub's event name, e.g. `pull_request`; other systems are translated to these.
    pub event: String,
    /// 1-based line.
    pub line: u64,
    /// `paths` or `paths-ignore` is given.
    pub path_filtered: bool,
    /// `types` leaves out the ordinary ones (`opened`, `synchronize`), e.g. only `labeled`.
    pub type_filtered: bool,
    /// `branches`, as written; empty = all.
    pub branches: Vec<String>,
    /// Runs for tags only.
    pub tags_only: bool,
    /// Names of `workflow_dispatch` or `workflow_call` inputs.
    pub inputs: Vec<String>,
    /// `cron` of each entry of `schedule`.
    pub crons: Vec<String>,
}

impl Trigger {
    /// Whether pushes to any branch start it.
    pub fn every_branch(&self) -> bool {
        !self.tags_only && (self.branches.is_empty() || self.branches.iter().any(|b| b == "**" || b == "*"))
    }
}

/// Levels granted to `GITHUB_TOKEN`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Permissions {
    /// No `permissions` key: the repository's default applies.
    #[default]
    Inherited,
    /// `read-all` or `write-all`.
    All(String),
    /// `(scope, level)`.
    Each(Vec<(String, String)>),
}

impl Permissions {
    /// Whether `scope` is granted for writing.
    pub fn writes(&self, scope: &str) -> bool {
        match self {
            Self::Inherited => false,
            Self::All(level) => level == "write-all",
            Self::Each(each) => each.iter().any(|(name, level)| name == scope && level == "write"),
        }
    }
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Key in `jobs`; `caller/callee` for jobs of a called workflow.
    pub id: String,
    /// `name`.
    pub name: Option<String>,
    /// The file it stands in (the callee's for a called workflow).
    pub path: String,
    /// 1-based line.
    pub line: u64,
    /// `if`, as written.
    pub condition: Option<String>,
    /// Events of its workflow on which it can run; empty when it never can (`if: false`).
    pub events: Vec<String>,
    /// `continue-on-error: true` (GitLab `allow_failure: true`).
    pub continue_on_error: bool,
    /// Names of the environments it deploys to, matrix and input values filled in where they are known.
    pub environments: Vec<String>,
    /// `needs`.
    pub needs: Vec<String>,
    /// `permissions`: the job's, else the workflow's.
    pub permissions: Permissions,
    /// `runs-on` labels.
    pub runs_on: Vec<String>,
    /// `runs-on.group`.
    pub runner_group: Option<String>,
    /// `container` and `services` images.
    pub images: Vec<String>,
    /// The reusable workflow it calls: a local path, or `owner/repo/path@ref`.
    pub calls: Option<String>,
    /// `secrets.NAME` it reads, `GITHUB_TOKEN` left out; `secrets: inherit` stands as `*`.
    pub secrets: BTreeSet<String>,
    /// Its steps; those of local composite actions after the step that uses them.
    pub steps: Vec<Step>,
}

impl Job {
    /// Whether it can run on one of `events`; an empty list asks for any event.
    pub fn runs_on_event(&self, events: &[&str]) -> bool {
        if events.is_empty() {
            return !self.events.is_empty();
        }
        self.events.iter().any(|event| events.contains(&event.as_str()))
    }
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// `name`.
    pub name: Option<String>,
    /// The file it stands in.
    pub path: String,
    /// 1-based line.
    pub line: u64,
    /// The action, without its version: `actions/checkout`, `./.github/actions/x`, `docker://image`.
    pub uses: Option<String>,
    /// What stands after `@`.
    pub version: Option<String>,
    /// `with`, scalars only, sorted by key.
    pub with: Vec<(String, String)>,
    /// What its script runs, wrappers removed, one hop into project scripts followed.
    pub commands: Vec<Command>,
    /// `if`, as written.
    pub condition: Option<String>,
    /// False for `if: false`.
    pub can_run: bool,
    /// `continue-on-error: true`.
    pub continue_on_error: bool,
    /// `secrets.NAME` it reads, `GITHUB_TOKEN` left out.
    pub secrets: BTreeSet<String>,
    /// Detectors whose `uses`, `run` or `image` patterns it meets, and what met them.
    pub detectors: Vec<(DetectorId, Hit)>,
}

impl Step {
    /// The value of an input.
    pub fn input(&self, key: &str) -> Option<&str> {
        self.with.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Where it stands.
    pub fn hit(&self) -> Hit {
        let what = self.uses.clone().or_else(|| self.commands.first().map(|c| c.text.clone()));
        Hit::at(
            &self.path,
            self.line,
            what.or_else(|| self.name.clone()).unwrap_or_else(|| "step".to_owned()),
        )
    }
}

/// One command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The command with wrappers (`npx`, `sudo`, `poetry run` …) removed.
    pub text: String,
    /// Where it stands: the script, or the project file it was followed into.
    pub path: String,
    /// 1-based line.
    pub line: u64,
}

/// A step with what encloses it.
#[derive(Clone, Copy, Debug)]
pub struct CiStep<'a> {
    /// The pipeline.
    pub workflow: &'a Workflow,
    /// The job.
    pub job: &'a Job,
    /// The step.
    pub step: &'a Step,
    /// What met the detector; none for [`CiModel::steps_on`].
    pub hit: Option<&'a Hit>,
}

impl CiStep<'_> {
    /// Where it was seen.
    pub fn seen(&self) -> Hit {
        self.hit.cloned().unwrap_or_else(|| self.step.hit())
    }

    /// Whether its failure is ignored.
    pub fn ignores_failure(&self) -> bool {
        self.job.continue_on_error || self.step.continue_on_error
    }
}

impl CiModel {
    /// Pipelines that could be read.
    pub fn readable(&self) -> impl Iterator<Item = &Workflow> {
        self.workflows.iter().filter(|w| w.problem.is_none())
    }

    /// Every job with its pipeline.
    pub fn jobs(&self) -> impl Iterator<Item = (&Workflow, &Job)> {
        self.workflows.iter().flat_map(|w| w.jobs.iter().map(move |j| (w, j)))
    }

    /// Steps that can run on one of `events` (any event when empty).
    pub fn steps_on<'a>(&'a self, events: &'a [&'a str]) -> impl Iterator<Item = CiStep<'a>> {
        self.jobs().filter(move |(_, job)| job.runs_on_event(events)).flat_map(|(workflow, job)| {
            let steps = job.steps.iter().filter(|step| step.can_run);
            steps.map(move |step| CiStep { workflow, job, step, hit: None })
        })
    }

    /// Steps that can run on one of `events` (any event when empty) and meet `detector`.
    pub fn steps_with<'a>(
        &'a self,
        detector: DetectorId,
        events: &'a [&'a str],
    ) -> impl Iterator<Item = CiStep<'a>> {
        self.steps_on(events).filter_map(move |found| {
            let (_, hit) = found.step.detectors.iter().find(|(id, _)| *id == detector)?;
            Some(CiStep { hit: Some(hit), ..found })
        })
    }

    /// Every secret a pipeline reads, `GITHUB_TOKEN` left out.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.jobs().flat_map(|(_, job)| job.secrets.iter().map(String::as_str)).collect()
    }
}
