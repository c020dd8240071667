//! Pipelines of other systems, as far as the decisions need them: that jobs exist, what their scripts run, and
//! whether pull requests start them.

use std::{cell::RefCell, sync::LazyLock};

use regex::Regex;

use super::{
    CiSystem, Command, Job, Step, Trigger, Workflow, github::Expansion, project::ProjectScripts, shell,
};
use crate::snapshot::yaml::{self, Node, Value};

/// Keys whose scalars are scripts, in any of the systems.
const SCRIPT_KEYS: &[&str] = &[
    "script",
    "before_script",
    "after_script",
    "command",
    "commands",
    "run",
    "bash",
    "powershell",
    "pwsh",
    "sh",
    "build_script",
    "test_script",
    "deploy_script",
    "before_install",
    "install",
    "before_deploy",
    "after_success",
    "after_deploy",
    "args",
];
/// Keys that name a ready-made action of a system.
const USES_KEYS: &[&str] = &["task", "uses", "image"];

/// Which system a path of detector `ci-config` belongs to.
pub(in crate::snapshot) fn system(path: &str) -> CiSystem {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        _ if path.starts_with(".github/workflows/") => CiSystem::GitHub,
        ".gitlab-ci.yml" => CiSystem::GitLab,
        "Jenkinsfile" => CiSystem::Jenkins,
        _ if path.starts_with(".circleci/") => CiSystem::CircleCi,
        _ if path.starts_with(".azure-pipelines/") || name.starts_with("azure-pipelines.") => CiSystem::Azure,
        _ => CiSystem::Other,
    }
}

/// Reads a pipeline of any system but GitHub's.
pub(super) fn workflow(
    path: &str,
    text: &str,
    scripts: &ProjectScripts,
    expansion: &mut Expansion,
) -> Workflow {
    let system = system(path);
    let mut found = Workflow {
        path: path.to_owned(),
        system,
        name: None,
        problem: None,
        triggers: Vec::new(),
        jobs: Vec::new(),
    };
    if system == CiSystem::Jenkins {
        found.triggers = ordinary_triggers();
        found.jobs = jenkins(path, text, scripts, expansion);
        return found;
    }
    if !path.ends_with(".yml") && !path.ends_with(".yaml") {
        found.problem = Some("a format that is not read".to_owned());
        return found;
    }
    let root = match yaml::parse(text) {
        Ok(root) => root,
        Err(problem) => {
            expansion.truncated |= problem == yaml::Unreadable::Limit;
            return Workflow { problem: Some(problem.to_string()), ..found };
        }
    };
    let read = Read { path, scripts, expansion: RefCell::new(expansion) };
    match system {
        CiSystem::GitLab => {
            found.triggers = ordinary_triggers();
            found.jobs = gitlab(&root, &read);
        }
        CiSystem::Azure => {
            found.triggers = azure_triggers(&root);
            found.jobs = read.keyed_jobs(&root, "job");
        }
        CiSystem::CircleCi => {
            found.triggers = ordinary_triggers();
            found.jobs = root.get("jobs").entries().iter().map(|(id, node)| read.job(id, node)).collect();
        }
        _ => {
            found.triggers = ordinary_triggers();
            found.jobs = vec![read.job("pipeline", &root)];
            found.jobs.retain(|job| !job.steps.is_empty());
        }
    }
    let events: Vec<String> = found.triggers.iter().map(|t| t.event.clone()).collect();
    for job in found.jobs.iter_mut().filter(|job| job.events.is_empty() && job.condition.is_none()) {
        job.events.clone_from(&events);
    }
    found
}

/// Most systems build every push of every branch, and pull requests with them.
fn ordinary_triggers() -> Vec<Trigger> {
    let trigger = |event: &str| Trigger { event: event.to_owned(), line: 1, ..Trigger::default() };
    vec![trigger("push"), trigger("pull_request")]
}

/// Pushes and pull requests start a pipeline unless it says `trigger: none` or `pr: none`.
fn azure_triggers(root: &Node) -> Vec<Trigger> {
    let mut found = Vec::new();
    for (key, event) in [("trigger", "push"), ("pr", "pull_request")] {
        let node = root.get(key);
        if node.text() == Some("none") {
            continue;
        }
        let mut branches = node.texts();
        branches.extend(node.get("branches").get("include").texts());
        branches.extend(node.get("branches").texts());
        let path_filtered = !node.get("paths").is_null();
        let line = node.line.max(1);
        found.push(Trigger { event: event.to_owned(), line, branches, path_filtered, ..Trigger::default() });
    }
    if !root.get("schedules").is_null() {
        let line = root.get("schedules").line;
        found.push(Trigger { event: "schedule".to_owned(), line, ..Trigger::default() });
    }
    found
}

struct Read<'a> {
    path: &'a str,
    scripts: &'a ProjectScripts,
    expansion: RefCell<&'a mut Expansion>,
}

impl Read<'_> {
    fn job(&self, id: &str, node: &Node) -> Job {
        let mut job = Job {
            id: id.to_owned(),
            path: self.path.to_owned(),
            line: node.line,
            continue_on_error: node.first(&["allow_failure", "continueOnError"]).is_true(),
            ..Job::default()
        };
        let environment = node.get("environment");
        let name = environment.text().or_else(|| environment.get("name").text());
        job.environments.extend(name.map(str::to_owned));
        let image = node.get("image");
        job.images.extend(image.text().or_else(|| image.get("name").text()).map(str::to_owned));
        self.steps(node, &mut job.steps);
        job
    }

    /// Every mapping with a script or a ready-made action becomes a step.
    fn steps(&self, node: &Node, steps: &mut Vec<Step>) {
        if self.expansion.borrow_mut().is_full() {
            return;
        }
        match &node.value {
            Value::Map(entries) => {
                let mut step =
                    Step { path: self.path.to_owned(), line: node.line, can_run: true, ..Step::default() };
                step.name = node.first(&["name", "displayName"]).text().map(str::to_owned);
                step.continue_on_error = node.first(&["continueOnError", "allow_failure"]).is_true();
                for (key, value) in entries {
                    if SCRIPT_KEYS.contains(&key.as_str()) {
                        self.commands(value, &mut step.commands);
                    } else if USES_KEYS.contains(&key.as_str()) && value.text().is_some() {
                        step.uses = value.text().map(str::to_owned);
                    }
                }
                if !step.commands.is_empty() || node.get("task").text().is_some() {
                    self.expansion.borrow_mut().add(&step);
                    steps.push(step);
                }
                entries.iter().for_each(|(_, value)| self.steps(value, steps));
            }
            Value::Seq(items) => items.iter().for_each(|item| self.steps(item, steps)),
            _ => {}
        }
    }

    fn commands(&self, node: &Node, found: &mut Vec<Command>) {
        let mut scalars = Vec::new();
        match &node.value {
            // CircleCI: `run: {name, command}`; the mapping's own keys are read where it is visited.
            Value::Map(_) => return,
            _ => node.items().iter().filter(|i| i.text().is_some()).for_each(|i| i.scalars(&mut scalars)),
        }
        for (text, line) in scalars {
            found.extend(commands(text, line, self.path, self.scripts));
        }
    }

    /// Azure nests `stages`, `jobs` and `steps`; a mapping with `job` or `deployment` is a job.
    fn keyed_jobs(&self, root: &Node, key: &str) -> Vec<Job> {
        let mut found = Vec::new();
        let mut queue = vec![root];
        while let Some(node) = queue.pop() {
            let id = node.first(&[key, "deployment"]).text();
            if let Some(id) = id {
                found.push(self.job(id, node));
                continue;
            }
            queue.extend(node.get("jobs").items().iter().rev());
            queue.extend(node.get("stages").items().iter().rev());
        }
        if found.is_empty() && !root.get("steps").is_null() {
            found.push(self.job("steps", root));
        }
        found
    }
}

fn commands(text: &str, line: u64, path: &str, scripts: &ProjectScripts) -> Vec<Command> {
    let mut found = Vec::new();
    for piece in shell::commands(text) {
        let hop = scripts.follow(&piece.text, "");
        found.push(Command { text: piece.text, path: path.to_owned(), line: line + piece.line });
        found.extend(hop);
    }
    found
}

/// Top-level keys of `.gitlab-ci.yml` that are not jobs.
const GITLAB_RESERVED: &[&str] = &[
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
];

fn gitlab(root: &Node, read: &Read<'_>) -> Vec<Job> {
    let mut found = Vec::new();
    for (id, node) in root.entries() {
        if id.starts_with('.') || GITLAB_RESERVED.contains(&id.as_str()) || node.entries().is_empty() {
            continue;
        }
        let mut job = read.job(id, node);
        // One level of `extends`: the usual way to share a script.
        for base in node.get("extends").texts() {
            read.steps(root.get(&base), &mut job.steps);
        }
        let mut scalars = Vec::new();
        [node.get("rules"), node.get("only")].iter().for_each(|n| n.scalars(&mut scalars));
        let says = |word: &str| scalars.iter().any(|(text, _)| text.contains(word));
        let event = |word: &str, event: &str| says(word).then(|| event.to_owned());
        job.events.extend(event("merge_request", "pull_request"));
        job.events.extend(event("schedule", "schedule"));
        job.events.extend(event("tags", "push").or_else(|| event("CI_COMMIT_BRANCH", "push")));
        if node.get("when").text() == Some("manual") {
            job.events = vec!["workflow_dispatch".to_owned()];
        }
        found.push(job);
    }
    found
}

/// `sh '…'`, `bat "…"` and triple-quoted scripts of a Jenkinsfile.
fn jenkins(path: &str, text: &str, scripts: &ProjectScripts, expansion: &mut Expansion) -> Vec<Job> {
    // Up to the opening quote only: the search for each closing one would read the rest of the file again and again.
    static OPENING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\b(?:sh|bat|powershell|pwsh)\s*\(?\s*(?:script:\s*)?('''|"""|'|")"#)
            .expect("a constant pattern")
    });
    if !text.contains("pipeline") && !text.contains("node") {
        return Vec::new();
    }
    let mut job = Job {
        id: "pipeline".to_owned(),
        path: path.to_owned(),
        line: 1,
        events: vec!["push".to_owned(), "pull_request".to_owned()],
        ..Job::default()
    };
    let (mut at, mut line) = (0, 1);
    while !expansion.is_full() {
        let Some(quote) = OPENING.captures_at(text, at).and_then(|found| found.get(1)) else { break };
        let script = quoted(&text[quote.end()..], quote.as_str());
        line += text[at..quote.end()].matches('\n').count() as u64;
        at = quote.end();
        let commands = commands(script, line, path, scripts);
        let step = Step { path: path.to_owned(), line, can_run: true, commands, ..Step::default() };
        expansion.add(&step);
        job.steps.push(step);
        line += script.matches('\n').count() as u64;
        at += script.len();
        at += if text[at..].starts_with(quote.as_str()) { quote.len() } else { 0 };
    }
    vec![job]
}

/// What stands before the closing quote; a simple one closes on its line, an unclosed one ends where it may no longer.
fn quoted<'a>(text: &'a str, quote: &str) -> &'a str {
    let within = if quote.len() == 3 { text } else { text.lines().next().unwrap_or_default() };
    &within[..within.find(quote).unwrap_or(within.len())]
}
