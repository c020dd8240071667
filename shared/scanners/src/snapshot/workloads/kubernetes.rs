//! Kubernetes objects and ECS task definitions.

use super::{Container, Containers, Platform, Policy, RunAs, Workload};
use crate::snapshot::{
    Hit,
    yaml::{Node, Value},
};

/// Kinds with a pod template.
const WORKLOADS: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
    "Job",
    "CronJob",
    "Pod",
];
/// Kinds of network policies.
const NETWORK: &[&str] = &["NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"];
/// Kinds of policy engines at run time or at admission.
const ENGINES: &[&str] = &[
    "TracingPolicy",
    "FalcoRule",
    "KubeArmorPolicy",
    "SeccompProfile",
    "AppArmorProfile",
    "PodSecurityPolicy",
    "SecurityContextConstraints",
    "ClusterPolicy",
    "ConstraintTemplate",
];
/// Labels that enforce Pod Security.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Adds what one document says.
pub(super) fn read(path: &str, document: &Node, found: &mut Containers) {
    if !document.get("containerDefinitions").is_null() {
        return task(path, document, found);
    }
    let Some(kind) = document.get("kind").text() else { return };
    if kind == "List" {
        document.get("items").items().iter().for_each(|item| read(path, item, found));
        return;
    }
    let name = document.get("metadata").get("name").text().unwrap_or("unnamed").to_owned();
    let hit = |what: &str| Hit::at(path, document.line, what);
    if let Some(policy) = policy(kind, document) {
        found.policies.push((policy, hit(&format!("{kind} {name}"))));
    }
    if !WORKLOADS.contains(&kind) {
        return;
    }
    let (spec, metadata) = pod(kind, document);
    let containers: Vec<Container> =
        spec.get("containers").items().iter().map(|c| container(c, spec, metadata)).collect();
    // A patch of an overlay names containers without their image.
    if containers.iter().any(|container| container.image.is_some()) {
        found.workloads.push(Workload {
            path: path.to_owned(),
            line: document.line,
            platform: Platform::Kubernetes,
            kind: kind.to_owned(),
            name,
            containers,
        });
    }
}

/// The pod's spec and metadata.
fn pod<'a>(kind: &str, document: &'a Node) -> (&'a Node, &'a Node) {
    let template = match kind {
        "Pod" => document,
        "CronJob" => document.get("spec").get("jobTemplate").get("spec").get("template"),
        _ => document.get("spec").get("template"),
    };
    (template.get("spec"), template.get("metadata"))
}

fn policy(kind: &str, document: &Node) -> Option<Policy> {
    let labels = document.get("metadata").get("labels");
    let level = labels.get(ENFORCE).text();
    match kind {
        "LimitRange" if limits_both(document) => Some(Policy::LimitRange),
        "Namespace" if matches!(level, Some("restricted" | "baseline")) => Some(Policy::PodSecurity),
        _ if NETWORK.contains(&kind) => Some(Policy::Network),
        _ if ENGINES.contains(&kind) => Some(Policy::Engine),
        _ => None,
    }
}

/// A `LimitRange` of containers that bounds memory and CPU.
fn limits_both(document: &Node) -> bool {
    let has = |limit: &Node, resource: &str| {
        ["default", "max"].iter().any(|key| !limit.get(key).get(resource).is_null())
    };
    let limits = document.get("spec").get("limits");
    let of_containers = |limit: &&Node| limit.get("type").text().is_none_or(|t| t == "Container");
    limits.items().iter().filter(of_containers).any(|limit| has(limit, "memory") && has(limit, "cpu"))
}

fn is_set(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Scalar(text) => !text.is_empty(),
        Value::Seq(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
    }
}

fn container(node: &Node, pod: &Node, metadata: &Node) -> Container {
    let (own, shared) = (node.get("securityContext"), pod.get("securityContext"));
    let either = |key: &str| if own.get(key).is_null() { shared.get(key) } else { own.get(key) };
    let limits = node.get("resources").get("limits");
    let name = node.get("name").text().unwrap_or("unnamed").to_owned();
    let annotated = metadata.get("annotations").get(&format!("{APPARMOR}{name}"));
    let unconfined = |node: &Node| node.get("type").text() == Some("Unconfined");
    let profiles = ["seccompProfile", "appArmorProfile", "seLinuxOptions"];
    let confined = profiles.iter().any(|key| is_set(either(key)) && !unconfined(either(key)));
    let probes = ["livenessProbe", "readinessProbe", "startupProbe"];
    Container {
        line: node.line,
        image: node.get("image").text().filter(|image| !image.is_empty()).map(str::to_owned),
        builds: false,
        run_as: run_as(either("runAsNonRoot"), either("runAsUser")),
        read_only: own.get("readOnlyRootFilesystem").is_true(),
        memory: is_set(limits.get("memory")),
        cpu: is_set(limits.get("cpu")),
        probe: probes.iter().any(|key| is_set(node.get(key))),
        confined: confined || is_set(annotated),
        drops: is_set(own.get("capabilities").get("drop"))
            || own.get("allowPrivilegeEscalation").text() == Some("false"),
        name,
    }
}

fn run_as(non_root: &Node, user: &Node) -> RunAs {
    match (non_root.is_true(), user.text()) {
        (_, Some("0")) => RunAs::Root,
        (true, Some(_)) => RunAs::User,
        (true, None) | (false, Some(_)) => RunAs::NonRoot,
        (false, None) => RunAs::Unstated,
    }
}

/// An ECS task definition.
fn task(path: &str, document: &Node, found: &mut Containers) {
    let whole = |key: &str| is_set(document.get(key));
    let containers = document.get("containerDefinitions").items().iter().map(|node| {
        let user = node.get("user").text().map(|user| user.split(':').next().unwrap_or(user));
        Container {
            name: node.get("name").text().unwrap_or("unnamed").to_owned(),
            line: node.line,
            image: node.get("image").text().map(str::to_owned),
            builds: false,
            run_as: match user {
                None => RunAs::Unstated,
                Some("0" | "root") => RunAs::Root,
                Some(_) => RunAs::User,
            },
            read_only: node.get("readonlyRootFilesystem").is_true(),
            memory: is_set(node.get("memory")) || whole("memory"),
            cpu: is_set(node.get("cpu")) || whole("cpu"),
            probe: is_set(node.get("healthCheck")),
            confined: is_set(node.get("dockerSecurityOptions")),
            drops: is_set(node.get("linuxParameters").get("capabilities").get("drop")),
        }
    });
    found.workloads.push(Workload {
        path: path.to_owned(),
        line: document.line,
        platform: Platform::Ecs,
        kind: "task".to_owned(),
        name: document.get("family").text().unwrap_or("unnamed").to_owned(),
        containers: containers.collect(),
    });
}
