//! Builds the CI model from the kept files and marks which detectors each step meets.

use std::collections::BTreeMap;

use super::{CiModel, CiSystem, Step, github, other, project::ProjectScripts};
use crate::snapshot::{DetectorId, Hit, patterns::patterns, yaml};

/// Files that the model is built from, kept while the snapshot streams by.
#[derive(Clone, Debug, Default)]
pub(in crate::snapshot) struct CiFiles {
    /// Pipelines by path.
    pub(in crate::snapshot) pipelines: BTreeMap<String, String>,
    /// `action.yml` files by path.
    pub(in crate::snapshot) actions: BTreeMap<String, String>,
    /// Scripts of project files.
    pub(in crate::snapshot) scripts: ProjectScripts,
}

impl CiFiles {
    /// Reads everything.
    pub(in crate::snapshot) fn model(&self) -> CiModel {
        let is_github = |path: &str| other::system(path) == CiSystem::GitHub;
        let own = self.pipelines.iter().filter(|(path, _)| is_github(path));
        let files = github::Files {
            workflows: own.map(|(path, text)| (path.as_str(), yaml::parse(text))).collect(),
            actions: &self.actions,
            scripts: &self.scripts,
        };
        let mut expansion = github::Expansion::default();
        let mut model = CiModel::default();
        for (path, text) in &self.pipelines {
            model.workflows.push(if is_github(path) {
                github::workflow(path, &files, &mut expansion)
            } else {
                other::workflow(path, text, &self.scripts, &mut expansion)
            });
        }
        model.unresolved = expansion.unresolved;
        let limit =
            |read: &Result<yaml::Node, yaml::Unreadable>| matches!(read, Err(yaml::Unreadable::Limit));
        model.truncated =
            expansion.truncated || self.scripts.truncated || files.workflows.values().any(limit);
        model.workflows.iter_mut().flat_map(|w| &mut w.jobs).for_each(mark_job);
        model
    }
}

fn mark_job(job: &mut super::Job) {
    // A call of a reusable workflow elsewhere is judged by its name, like an action.
    if let Some(target) = job.calls.clone().filter(|target| !target.starts_with("./")) {
        let (uses, version) =
            target.split_once('@').map_or((target.as_str(), None), |(u, v)| (u, Some(v.to_owned())));
        job.steps.push(Step {
            path: job.path.clone(),
            line: job.line,
            uses: Some(uses.to_owned()),
            version,
            can_run: true,
            ..Step::default()
        });
    }
    let images = job.images.clone();
    for (index, step) in job.steps.iter_mut().enumerate() {
        mark_step(step, if index == 0 { &images } else { &[] });
    }
}

/// Actions that a detector lists although what they do depends on an input: `(detector, action, input, words)`. The
/// input must hold one of the words; without words the action alone never counts, since its effect is a command that
/// the detector sees anyway.
const BY_INPUT: &[(DetectorId, &str, &str, &[&str])] = &[
    (DetectorId::Test, "actions-rs/cargo", "command", &["test", "nextest", "tarpaulin", "llvm-cov"]),
    (DetectorId::Test, "taiki-e/install-action", "tool", &[]),
    (DetectorId::Deploy, "hashicorp/setup-terraform", "", &[]),
];

fn does(step: &Step, uses: &str, id: DetectorId) -> bool {
    let Some((_, _, input, words)) = BY_INPUT.iter().find(|(d, action, ..)| *d == id && *action == uses)
    else {
        return true;
    };
    step.input(input).is_some_and(|value| words.iter().any(|word| value.contains(word)))
}

fn mark_step(step: &mut Step, images: &[String]) {
    let all = &patterns().steps;
    let mut found: Vec<(DetectorId, Hit)> = Vec::new();
    if let Some(uses) = &step.uses {
        let met = all
            .uses
            .iter()
            .filter(|(id, pattern)| pattern.is_match(uses.as_bytes()) && does(step, uses, *id));
        found.extend(met.map(|(id, _)| (*id, Hit::at(&step.path, step.line, format!("uses: {uses}")))));
    }
    for command in &step.commands {
        let hit = || Hit::at(&command.path, command.line, shortened(&command.text));
        found.extend(all.run(&command.text).into_iter().map(|id| (id, hit())));
    }
    let docker = step.uses.iter().filter_map(|uses| uses.strip_prefix("docker://"));
    let run =
        step.commands.iter().filter(|c| c.text.starts_with("docker run") || c.text.starts_with("podman run"));
    let images = images.iter().map(String::as_str).chain(docker).chain(run.map(|c| c.text.as_str()));
    for image in images {
        let met = all.image.iter().filter(|(_, pattern)| pattern.is_match(image.as_bytes()));
        found.extend(
            met.map(|(id, _)| (*id, Hit::at(&step.path, step.line, format!("image: {}", shortened(image))))),
        );
    }
    // The first hit of each detector is enough to decide; order is that of the detectors.
    found.sort_by_key(|(id, _)| *id);
    found.dedup_by_key(|(id, _)| *id);
    step.detectors = found;
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}
