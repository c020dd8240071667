//! GitHub Actions: workflows, local reusable workflows and local composite actions.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CiSystem, Command, Job, Permissions, Step, Trigger, Workflow, condition, expression,
    project::ProjectScripts, shell,
};
use crate::snapshot::{
    Hit,
    yaml::{self, Node, Unreadable},
};

/// Reusable workflows may be nested; GitHub allows ten levels.
const MAX_CALL_DEPTH: usize = 10;
/// Composite actions inside composite actions.
const MAX_ACTION_DEPTH: usize = 4;
/// All steps of all workflows after expansion.
pub(super) const MAX_STEPS: usize = 20_000;
/// All commands of all steps, those of project scripts included; each is matched against some hundred patterns.
pub(super) const MAX_COMMANDS: usize = 100_000;

/// What expansion reads besides the workflow itself.
pub(super) struct Files<'a> {
    /// Workflow files by path.
    pub(super) workflows: BTreeMap<&'a str, Result<Node, Unreadable>>,
    /// `action.yml` files by path.
    pub(super) actions: &'a BTreeMap<String, String>,
    pub(super) scripts: &'a ProjectScripts,
}

/// What expansion has found and used up.
#[derive(Default)]
pub(super) struct Expansion {
    pub(super) unresolved: Vec<Hit>,
    pub(super) steps: usize,
    pub(super) commands: usize,
    pub(super) truncated: bool,
}

impl Expansion {
    /// Whether nothing more is read; that is then remembered.
    pub(super) fn is_full(&mut self) -> bool {
        let full = self.steps >= MAX_STEPS || self.commands >= MAX_COMMANDS;
        self.truncated |= full;
        full
    }

    /// Counts a step.
    pub(super) fn add(&mut self, step: &Step) {
        self.steps += 1;
        self.commands += step.commands.len();
        self.truncated |= step.commands.len() >= shell::MAX_COMMANDS;
    }
}

/// Inputs of a call, or defaults and options of a dispatch: each name with the values it can take.
type Inputs = BTreeMap<String, Vec<String>>;

/// What surrounds a job.
#[derive(Clone)]
struct Around<'a> {
    path: &'a str,
    root: &'a Node,
    events: Vec<String>,
    prefix: String,
    inputs: Inputs,
    /// Workflows entered so far, so that a cycle ends.
    entered: Vec<String>,
    continue_on_error: bool,
}

/// Reads one workflow, its calls resolved.
pub(super) fn workflow(path: &str, files: &Files<'_>, expansion: &mut Expansion) -> Workflow {
    let mut found = Workflow {
        path: path.to_owned(),
        system: CiSystem::GitHub,
        name: None,
        problem: None,
        triggers: Vec::new(),
        jobs: Vec::new(),
    };
    let root = match files.workflows.get(path) {
        Some(Ok(root)) if !root.entries().is_empty() => root,
        Some(Err(problem)) => return Workflow { problem: Some(problem.to_string()), ..found },
        _ => return Workflow { problem: Some("not a mapping".to_owned()), ..found },
    };
    found.name = root.get("name").text().map(str::to_owned);
    found.triggers = triggers(root.get("on"));
    let around = Around {
        path,
        root,
        events: found.triggers.iter().map(|t| t.event.clone()).filter(|e| e != "workflow_call").collect(),
        prefix: String::new(),
        inputs: declared_inputs(root),
        entered: vec![path.to_owned()],
        continue_on_error: false,
    };
    found.jobs = jobs(&around, files, expansion);
    found
}

fn triggers(on: &Node) -> Vec<Trigger> {
    if on.entries().is_empty() {
        return on
            .texts()
            .into_iter()
            .map(|event| Trigger { event, line: on.line, ..Trigger::default() })
            .collect();
    }
    on.entries().iter().map(|(event, node)| trigger(event, node, on.line)).collect()
}

fn trigger(event: &str, node: &Node, line: u64) -> Trigger {
    let types = node.get("types").texts();
    let ordinary = ["opened", "synchronize", "reopened", "ready_for_review", "checks_requested"];
    let given = |key: &str| !node.get(key).is_null();
    Trigger {
        event: event.to_owned(),
        line: if node.line == 0 { line } else { node.line },
        path_filtered: given("paths") || given("paths-ignore"),
        type_filtered: event.starts_with("pull_request")
            && !types.is_empty()
            && !types.iter().any(|t| ordinary.contains(&t.as_str())),
        branches: node.get("branches").texts(),
        tags_only: (given("tags") || given("tags-ignore")) && !given("branches") && !given("branches-ignore"),
        inputs: node.get("inputs").entries().iter().map(|(name, _)| name.clone()).collect(),
        crons: node.items().iter().filter_map(|item| item.get("cron").text()).map(str::to_owned).collect(),
    }
}

/// Inputs that a dispatch or call declares, with their options or default.
fn declared_inputs(root: &Node) -> Inputs {
    let mut inputs = Inputs::new();
    for event in ["workflow_dispatch", "workflow_call"] {
        for (name, input) in root.get("on").get(event).get("inputs").entries() {
            let mut values = input.get("options").texts();
            values.extend(input.get("default").text().map(str::to_owned));
            values.dedup();
            inputs.insert(name.clone(), values);
        }
    }
    inputs
}

fn jobs(around: &Around<'_>, files: &Files<'_>, expansion: &mut Expansion) -> Vec<Job> {
    let mut found: Vec<Job> = Vec::new();
    for (id, node) in around.root.get("jobs").entries() {
        if expansion.is_full() {
            break;
        }
        let job = job(id, node, around, files, expansion);
        let called = called(&job, node, around, files, expansion);
        found.push(job);
        found.extend(called);
    }
    skip_dependents(&mut found);
    found
}

/// A job is skipped when one that it needs cannot run, unless its condition says otherwise.
fn skip_dependents(jobs: &mut [Job]) {
    // Each round settles at least one job; `needs` has no cycles in a valid workflow.
    for _ in 0..jobs.len() {
        let dead: BTreeSet<String> =
            jobs.iter().filter(|j| j.events.is_empty()).map(|j| j.id.clone()).collect();
        let mut changed = false;
        for job in jobs.iter_mut().filter(|job| !job.events.is_empty()) {
            let condition = job.condition.as_deref().unwrap_or_default();
            let forced = condition.contains("always()") || condition.contains("cancelled()");
            if !forced && job.needs.iter().any(|need| dead.contains(need)) {
                job.events.clear();
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

fn job(id: &str, node: &Node, around: &Around<'_>, files: &Files<'_>, expansion: &mut Expansion) -> Job {
    let condition = node.get("if").text().map(str::to_owned);
    let can_run = |event: &&String| condition::can_hold(condition.as_deref(), event);
    let events: Vec<String> = around.events.iter().filter(can_run).cloned().collect();
    let values = expression::Values { inputs: &around.inputs, matrix: expression::matrix(node) };
    let runs_on = node.get("runs-on");
    let labels = if runs_on.entries().is_empty() { runs_on } else { runs_on.get("labels") };
    let environment = node.get("environment");
    let environment = environment.text().or_else(|| environment.get("name").text());
    let permissions = node.get("permissions");
    let mut job = Job {
        id: format!("{}{id}", around.prefix),
        name: node.get("name").text().map(str::to_owned),
        path: around.path.to_owned(),
        line: node.line,
        events,
        continue_on_error: around.continue_on_error || node.get("continue-on-error").is_true(),
        environments: environment.map(|name| values.fill(name)).unwrap_or_default(),
        needs: node.get("needs").texts().into_iter().map(|need| format!("{}{need}", around.prefix)).collect(),
        permissions: self::permissions(if permissions.is_null() {
            around.root.get("permissions")
        } else {
            permissions
        }),
        runs_on: labels.texts().iter().flat_map(|label| values.fill(label)).collect(),
        runner_group: runs_on.get("group").text().map(str::to_owned),
        images: images(node),
        calls: node.get("uses").text().map(str::to_owned),
        secrets: secrets(&[node, around.root.get("env")]),
        steps: Vec::new(),
        condition,
    };
    let dir = working_directory(node).or_else(|| working_directory(around.root)).unwrap_or_default();
    let place = Place { path: around.path, dir, depth: 0, can_run: true, continue_on_error: false };
    job.steps = steps(node.get("steps"), &place, files, expansion);
    job
}

fn working_directory(node: &Node) -> Option<String> {
    node.get("defaults").get("run").get("working-directory").text().map(str::to_owned)
}

fn permissions(node: &Node) -> Permissions {
    if node.is_null() {
        return Permissions::Inherited;
    }
    match node.text() {
        Some(level) => Permissions::All(level.to_owned()),
        None => {
            let each = node.entries().iter();
            Permissions::Each(each.filter_map(|(k, v)| Some((k.clone(), v.text()?.to_owned()))).collect())
        }
    }
}

fn images(node: &Node) -> Vec<String> {
    let container = node.get("container");
    let image = container.text().or_else(|| container.get("image").text());
    let services = node.get("services").entries().iter().filter_map(|(_, s)| s.get("image").text());
    image.into_iter().chain(services).map(str::to_owned).collect()
}

fn secrets(nodes: &[&Node]) -> BTreeSet<String> {
    let mut scalars = Vec::new();
    nodes.iter().for_each(|node| node.scalars(&mut scalars));
    let mut found: BTreeSet<String> =
        scalars.iter().flat_map(|(text, _)| expression::secrets(text)).collect();
    if nodes.iter().any(|node| node.get("secrets").text() == Some("inherit")) {
        found.insert("*".to_owned());
    }
    found
}

/// The jobs of a local reusable workflow that `job` calls, or a note that it calls one elsewhere.
fn called(
    job: &Job,
    node: &Node,
    around: &Around<'_>,
    files: &Files<'_>,
    expansion: &mut Expansion,
) -> Vec<Job> {
    let Some(target) = &job.calls else { return Vec::new() };
    let Some(path) = target.strip_prefix("./") else {
        expansion.unresolved.push(Hit::at(&job.path, job.line, target));
        return Vec::new();
    };
    let Some(Ok(root)) = files.workflows.get(path) else { return Vec::new() };
    if around.entered.len() > MAX_CALL_DEPTH || around.entered.iter().any(|entered| entered == path) {
        return Vec::new();
    }
    let mut inputs = declared_inputs(root);
    let values = expression::Values { inputs: &around.inputs, matrix: expression::matrix(node) };
    for (name, value) in node.get("with").entries() {
        if let Some(text) = value.text() {
            inputs.insert(name.clone(), values.fill(text));
        }
    }
    let mut entered = around.entered.clone();
    entered.push(path.to_owned());
    let inner = Around {
        path,
        root,
        events: job.events.clone(),
        prefix: format!("{}/", job.id),
        inputs,
        entered,
        continue_on_error: job.continue_on_error,
    };
    jobs(&inner, files, expansion)
}

/// What surrounds a step.
struct Place<'a> {
    path: &'a str,
    dir: String,
    depth: usize,
    can_run: bool,
    continue_on_error: bool,
}

fn steps(node: &Node, place: &Place<'_>, files: &Files<'_>, expansion: &mut Expansion) -> Vec<Step> {
    let mut found = Vec::new();
    for item in node.items().iter().filter(|item| !item.entries().is_empty()) {
        if expansion.is_full() {
            break;
        }
        let step = step(item, place, files);
        expansion.add(&step);
        let inner = composite(&step, place, files, expansion);
        found.push(step);
        found.extend(inner);
    }
    found
}

fn step(node: &Node, place: &Place<'_>, files: &Files<'_>) -> Step {
    let condition = node.get("if").text().map(str::to_owned);
    // `can_hold` for an event that no condition names: only a condition that is false for all is false here.
    let never =
        condition.as_deref().is_some_and(|c| matches!(c.trim(), "false" | "${{ false }}" | "${{false}}"));
    let (uses, version) = node.get("uses").text().map_or((None, None), split_version);
    let with = node.get("with").entries().iter().filter_map(|(k, v)| Some((k.clone(), v.text()?.to_owned())));
    let mut with: Vec<(String, String)> = with.collect();
    with.sort();
    let run = node.get("run");
    let dir = node.get("working-directory").text().map_or_else(|| place.dir.clone(), str::to_owned);
    let commands = run.text().map(|text| commands(text, run.line, &dir, place, files)).unwrap_or_default();
    Step {
        name: node.get("name").text().map(str::to_owned),
        path: place.path.to_owned(),
        line: node.line,
        uses,
        version,
        with,
        commands,
        condition,
        can_run: place.can_run && !never,
        continue_on_error: place.continue_on_error || node.get("continue-on-error").is_true(),
        secrets: secrets(&[node]),
        detectors: Vec::new(),
    }
}

/// `owner/action@ref`, `docker://image:tag`, `./local`.
fn split_version(uses: &str) -> (Option<String>, Option<String>) {
    let separator = if uses.starts_with("docker://") { ':' } else { '@' };
    match uses.rsplit_once(separator) {
        Some((action, version)) if !action.is_empty() && action != "docker" => {
            (Some(action.to_owned()), Some(version.to_owned()))
        }
        _ => (Some(uses.to_owned()), None),
    }
}

fn commands(text: &str, line: u64, dir: &str, place: &Place<'_>, files: &Files<'_>) -> Vec<Command> {
    let mut dir = dir.to_owned();
    let mut found = Vec::new();
    for piece in shell::commands(text) {
        if let Some(target) = piece.text.strip_prefix("cd ") {
            dir = format!("{dir}/{}", target.trim()).trim_start_matches('/').to_owned();
        }
        let hop = files.scripts.follow(&piece.text, &dir);
        found.push(Command { text: piece.text, path: place.path.to_owned(), line: line + piece.line });
        found.extend(hop);
    }
    found
}

/// The steps of a local composite action.
fn composite(step: &Step, place: &Place<'_>, files: &Files<'_>, expansion: &mut Expansion) -> Vec<Step> {
    let Some(dir) = step.uses.as_deref().and_then(|uses| uses.strip_prefix("./")) else { return Vec::new() };
    if place.depth >= MAX_ACTION_DEPTH {
        return Vec::new();
    }
    let dir = dir.trim_end_matches('/');
    let file = ["action.yml", "action.yaml"].iter().find_map(|name| {
        let path = if dir.is_empty() { (*name).to_owned() } else { format!("{dir}/{name}") };
        files.actions.get_key_value(&path)
    });
    let Some((path, text)) = file else { return Vec::new() };
    let Ok(root) = yaml::parse(text) else { return Vec::new() };
    let inner = Place {
        path,
        dir: String::new(),
        depth: place.depth + 1,
        can_run: step.can_run,
        continue_on_error: step.continue_on_error,
    };
    steps(root.get("runs").get("steps"), &inner, files, expansion)
}
