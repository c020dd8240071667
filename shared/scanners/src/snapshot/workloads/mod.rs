//! Workloads: what Kubernetes manifests, Helm charts, Compose files and ECS task definitions run, and how.
//!
//! What a newcomer gets wrong: a chart's template is not YAML. It is filled in from `values.yaml` first, as far as
//! that goes ([`helm`]), and only then parsed.

mod compose;
mod helm;
mod kubernetes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{
    Hit,
    docker::{self, Dockerfile},
    file::File,
    yaml,
};

/// Who runs a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// Kubernetes, from a manifest or a chart.
    Kubernetes,
    /// Docker Compose.
    Compose,
    /// Amazon ECS.
    Ecs,
}

/// Something that runs containers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// Path.
    pub path: String,
    /// 1-based line.
    pub line: u64,
    /// Who runs it.
    pub platform: Platform,
    /// `Deployment`, `CronJob`, `service`, `task`, …
    pub kind: String,
    /// Name.
    pub name: String,
    /// Its containers, init containers left out.
    pub containers: Vec<Container>,
}

/// As whom a container runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunAs {
    /// Not said.
    #[default]
    Unstated,
    /// As root.
    Root,
    /// Not as root, but the user is the image's.
    NonRoot,
    /// As a user other than root, enforced.
    User,
}

/// A container of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// Name.
    pub name: String,
    /// 1-based line.
    pub line: u64,
    /// Image as written.
    pub image: Option<String>,
    /// Built from the repository (Compose `build`).
    pub builds: bool,
    /// As whom it runs.
    pub run_as: RunAs,
    /// Its root file system is read-only.
    pub read_only: bool,
    /// A memory limit is set.
    pub memory: bool,
    /// A CPU limit is set.
    pub cpu: bool,
    /// A liveness, readiness or startup probe, or a health check.
    pub probe: bool,
    /// Seccomp, AppArmor or SELinux is set.
    pub confined: bool,
    /// Capabilities are dropped, or privilege escalation is not allowed.
    pub drops: bool,
}

/// An object that holds for a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// `LimitRange` with defaults or maxima for memory and CPU.
    LimitRange,
    /// A label that enforces Pod Security `restricted` or `baseline`.
    PodSecurity,
    /// `NetworkPolicy` of any vendor.
    Network,
    /// An object of a policy engine: Kyverno, Gatekeeper, Falco, Tetragon, KubeArmor, …
    Engine,
}

/// What the repository says about containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Containers {
    /// Dockerfiles, by path.
    pub dockerfiles: Vec<Dockerfile>,
    /// Workloads, by path and line.
    pub workloads: Vec<Workload>,
    /// Objects that hold for a namespace.
    pub policies: Vec<(Policy, Hit)>,
    /// Ways to build an image without a Dockerfile: Buildpacks, Jib, ko, Nix, Bazel.
    pub builders: Vec<Hit>,
    /// Bots that update base images: Renovate, or Dependabot with the ecosystem `docker`.
    pub bots: Vec<Hit>,
    /// Manifests that could not be read, and why.
    pub unreadable: Vec<Hit>,
    /// `.dockerignore` files by directory (empty for the root), and their lines.
    pub ignores: BTreeMap<String, Vec<String>>,
}

/// Most files of each kind, and of bytes in charts.
const MAX_FILES: usize = 2_000;
const MAX_WORKLOADS: usize = 5_000;
const MAX_BYTES: usize = 8 * 1024 * 1024;
const MAX_FILE: usize = 512 * 1024;
/// What is said when one of them is reached.
const LIMIT: &str = "more container manifests than a scan reads";

/// Collects containers while the tree streams by.
#[derive(Debug, Default)]
pub(super) struct ContainerScan {
    found: Containers,
    templates: BTreeMap<String, String>,
    values: BTreeMap<String, String>,
    bytes: usize,
    limit: Option<&'static str>,
}

/// What a YAML or JSON file may hold.
fn is_manifest(file: &File<'_>) -> bool {
    let holds = |word: &[u8]| memchr::memmem::find(file.text, word).is_some();
    match file.extension {
        "yml" | "yaml" | "tpl" => holds(b"apiVersion") && holds(b"kind"),
        "json" => holds(b"containerDefinitions") || holds(b"apiVersion") && holds(b"\"containers\""),
        _ => false,
    }
}

fn is_compose(file: &File<'_>) -> bool {
    let named = file.name.starts_with("docker-compose") || file.name.starts_with("compose");
    named && matches!(file.extension, "yml" | "yaml")
}

/// The directory of the chart a template stands in.
fn chart_of(path: &str) -> Option<&str> {
    let at = if path.starts_with("templates/") { Some(0) } else { path.rfind("/templates/") };
    at.map(|at| &path[..at])
}

impl ContainerScan {
    /// Looks at one file.
    pub(super) fn look(&mut self, file: &File<'_>) {
        if file.non_product {
            return;
        }
        self.builder(file);
        if file.name == ".dockerignore" {
            let text = String::from_utf8_lossy(&file.text[..file.text.len().min(64 * 1024)]).into_owned();
            let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
            self.found.ignores.insert(directory.to_owned(), lines.take(500).map(str::to_owned).collect());
        }
        let dockerfile = docker::is_dockerfile(file.name, file.extension);
        let values = file.name == "values.yaml";
        if !(dockerfile || values || is_compose(file) || is_manifest(file)) {
            return;
        }
        if file.text.len() > MAX_FILE || self.bytes + file.text.len() > MAX_BYTES || self.is_full() {
            self.limit = Some(LIMIT);
            return;
        }
        self.bytes += file.text.len();
        let text = String::from_utf8_lossy(file.text);
        if dockerfile {
            let (dockerfile, whole) = docker::parse(file.path, &text);
            self.limit = self.limit.or((!whole).then_some(LIMIT));
            self.found.dockerfiles.push(dockerfile);
        } else if values {
            self.values.insert(file.path.to_owned(), text.into_owned());
        } else if is_compose(file) {
            self.read(file.path, &text, compose::read);
        } else if chart_of(file.path).is_some() || text.contains("{{") {
            self.templates.insert(file.path.to_owned(), text.into_owned());
        } else {
            self.read(file.path, &text, kubernetes::read);
        }
    }

    fn is_full(&self) -> bool {
        self.found.dockerfiles.len() + self.templates.len() >= MAX_FILES
            || self.found.workloads.len() >= MAX_WORKLOADS
    }

    fn builder(&mut self, file: &File<'_>) {
        let holds = |word: &[u8]| memchr::memmem::find(file.text, word).is_some();
        let what = match file.name {
            "project.toml" if holds(b"[_]") || holds(b"[build]") || holds(b"buildpacks") => "Buildpacks",
            ".ko.yaml" | ".ko.yml" => "ko",
            "pom.xml" if holds(b"jib-maven-plugin") => "Jib",
            "build.gradle" | "build.gradle.kts" if holds(b"com.google.cloud.tools.jib") => "Jib",
            _ if file.extension == "nix" && holds(b"dockerTools.") => "Nix dockerTools",
            "BUILD" | "BUILD.bazel" if holds(b"oci_image(") => "Bazel oci_image",
            _ => return self.bot(file),
        };
        if self.found.builders.len() < 50 {
            self.found.builders.push(Hit::at(file.path, 0, what));
        }
    }

    fn bot(&mut self, file: &File<'_>) {
        let renovate = matches!(
            file.path,
            "renovate.json"
                | "renovate.json5"
                | ".renovaterc"
                | ".renovaterc.json"
                | ".github/renovate.json"
                | ".github/renovate.json5"
        );
        if renovate {
            self.found.bots.push(Hit::at(file.path, 0, "Renovate"));
        } else if matches!(file.path, ".github/dependabot.yml" | ".github/dependabot.yaml") {
            let text = String::from_utf8_lossy(&file.text[..file.text.len().min(MAX_FILE)]);
            let lines = (1_u64..).zip(text.lines()).filter(|(_, line)| line.contains("package-ecosystem"));
            let docker = lines.filter(|(_, line)| line.contains("docker")).take(1);
            self.found.bots.extend(docker.map(|(line, text)| Hit::at(file.path, line, text)));
        }
    }

    fn read(&mut self, path: &str, text: &str, by: fn(&str, &yaml::Node, &mut Containers)) {
        match yaml::parse_all(text) {
            Ok(documents) => documents.iter().for_each(|document| by(path, document, &mut self.found)),
            Err(yaml::Unreadable::Limit) => self.limit = Some(LIMIT),
            Err(why) => self.found.unreadable.push(Hit::at(path, 0, why.to_string())),
        }
    }

    /// Ends the scan: fills the charts in and sorts. With it the limit that was reached, if any.
    pub(super) fn finish(mut self) -> (Containers, Option<&'static str>) {
        for (path, text) in std::mem::take(&mut self.templates) {
            let chart = chart_of(&path).unwrap_or_default();
            let values =
                if chart.is_empty() { "values.yaml".to_owned() } else { format!("{chart}/values.yaml") };
            let values = self.values.get(&values).and_then(|text| yaml::parse(text).ok());
            let filled = helm::fill(&text, values.as_ref());
            self.read(&path, &filled, kubernetes::read);
        }
        let mut found = self.found;
        let limit = self.limit.or((found.workloads.len() > MAX_WORKLOADS).then_some(LIMIT));
        found.dockerfiles.sort_by(|a, b| a.path.cmp(&b.path));
        found.workloads.sort();
        found.workloads.truncate(MAX_WORKLOADS);
        found.policies.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        found.builders.sort();
        found.bots.sort();
        found.unreadable.sort();
        (found, limit)
    }
}
