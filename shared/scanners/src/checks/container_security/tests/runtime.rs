//! How containers run.

use super::{docker, with};
use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, Tree},
};

/// A Deployment with one container; `pod` and `container` are flow mappings' contents.
fn deployment(pod: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: api }}\nspec:\n  template:\n    spec:\n      \
        securityContext: {{ {pod} }}\n      containers:\n        - {{ name: api, image: x, {container} }}\n"
    )
}

/// One Deployment beside a server's Dockerfile.
fn one(pod: &str, container: &str) -> Tree {
    with(&[("k8s/a.yaml", &deployment(pod, container))])
}

/// Two Deployments.
fn two(first: &str, second: &str) -> Tree {
    with(&[("k8s/a.yaml", &deployment("", first)), ("k8s/b.yaml", &deployment("", second))])
}

const BROKEN: &str = "apiVersion: v1\nkind: Pod\n  bad: [\n";

pub(super) fn cases() -> Vec<Case> {
    let mut all = users();
    all.extend(health());
    all.extend(read_only());
    all.extend(limits());
    all.extend(policies());
    all
}

fn users() -> Vec<Case> {
    vec![
        Case::repo("CNTR-005", Passed, "USER 10001", |w| w.tree(docker("FROM a\nUSER 10001:0\n"))),
        Case::repo("CNTR-005", Passed, "USER app", |w| w.tree(docker("FROM a\nARG U=app\nUSER $U\n"))),
        Case::repo("CNTR-005", Passed, "nonroot", |w| {
            w.tree(docker("FROM gcr.io/distroless/static:nonroot\nCMD x\n"));
        }),
        Case::repo("CNTR-005", Passed, "All 1 containers", |w| {
            w.tree(one("runAsNonRoot: true, runAsUser: 1000", ""));
        }),
        Case::repo("CNTR-005", Warning, "steps down", |w| {
            w.tree(docker("FROM a\nENTRYPOINT [\"su-exec\", \"app\", \"x\"]\n"));
        }),
        Case::repo("CNTR-005", Warning, "only 1 of 1", |w| w.tree(one("runAsNonRoot: true", ""))),
        Case::repo("CNTR-005", Warning, "overrides the image's user", |w| {
            let root = deployment("runAsUser: 0", "");
            w.tree(docker("FROM a\nUSER app\n").file("k8s/a.yaml", &root));
        }),
        Case::repo("CNTR-005", Failed, "no USER", |w| w.tree(docker("FROM a\nCMD x\n"))),
        Case::repo("CNTR-005", Failed, "Dockerfile:3 runs as root", |w| {
            w.tree(docker("FROM a\nUSER app\nUSER root\n"));
        }),
        Case::repo("CNTR-005", Failed, "b/Dockerfile:1", |w| {
            w.tree(docker("FROM a\nUSER app\n").file("b/Dockerfile", "FROM a\n"));
        }),
        Case::repo("CNTR-005", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
    ]
}

fn health() -> Vec<Case> {
    const PROBE: &str = "livenessProbe: { tcpSocket: { port: 80 } }";
    vec![
        Case::repo("CNTR-008", Passed, "1 of 1 server images", |w| {
            w.tree(docker("FROM a\nEXPOSE 80\nHEALTHCHECK --interval=5s CMD curl -f localhost\n"));
        }),
        Case::repo("CNTR-008", Passed, "All 1 containers", |w| w.tree(one("", PROBE))),
        Case::repo("CNTR-008", Warning, "1 of 2 containers have probes", |w| w.tree(two(PROBE, ""))),
        Case::repo("CNTR-008", Failed, "no manifest probes it", |w| {
            w.tree(docker("FROM a\nEXPOSE 80\nHEALTHCHECK NONE\n"));
        }),
        Case::repo("CNTR-008", Failed, "no manifest probes it", |w| {
            let compose = "services:\n  db: { image: postgres, healthcheck: { test: x } }\n";
            w.tree(with(&[("compose.yaml", compose)]));
        }),
        Case::repo("CNTR-008", NotApplicable, "exposes no port", |w| w.tree(docker("FROM a\nUSER x\n"))),
        Case::repo("CNTR-008", NotApplicable, "no Dockerfile", |w| w.tree(Tree::new().code())),
        Case::repo("CNTR-008", Error, "k8s/a.yaml is no YAML", |w| w.tree(with(&[("k8s/a.yaml", BROKEN)]))),
    ]
}

fn read_only() -> Vec<Case> {
    const SET: &str = "securityContext: { readOnlyRootFilesystem: true }";
    vec![
        Case::repo("CNTR-009", Passed, "All 1 containers", |w| w.tree(one("", SET))),
        Case::repo("CNTR-009", Passed, "service api", |w| {
            w.tree(Tree::new().file("compose.yml", "services:\n  api: { build: ., read_only: true }\n"));
        }),
        Case::repo("CNTR-009", Warning, "1 of 2 containers", |w| w.tree(two(SET, ""))),
        Case::repo("CNTR-009", Warning, "k8s/b.yaml could not be read", |w| {
            w.tree(with(&[("k8s/a.yaml", &deployment("", SET)), ("k8s/b.yaml", BROKEN)]));
        }),
        Case::repo("CNTR-009", Failed, "None of 1 containers", |w| w.tree(one("", ""))),
        Case::repo("CNTR-009", NotApplicable, "runs a container", |w| w.tree(docker("FROM a\n"))),
        Case::repo("CNTR-009", Error, "k8s/a.yaml is no YAML", |w| w.tree(with(&[("k8s/a.yaml", BROKEN)]))),
    ]
}

fn limits() -> Vec<Case> {
    const BOTH: &str = "resources: { limits: { memory: 1Gi, cpu: 1 } }";
    const MEMORY: &str = "resources: { limits: { memory: 1Gi } }";
    const RANGE: &str = "apiVersion: v1\nkind: LimitRange\nmetadata: { name: l }\nspec:\n  limits:\n    - { type: Container, default: { memory: 1Gi, cpu: 1 } }\n";
    vec![
        Case::repo("CNTR-010", Passed, "All 1 containers", |w| w.tree(one("", BOTH))),
        Case::repo("CNTR-010", Passed, "LimitRange", |w| {
            w.tree(with(&[("k8s/a.yaml", &deployment("", "")), ("k8s/limits.yaml", RANGE)]));
        }),
        Case::repo("CNTR-010", Warning, "only one of memory and CPU", |w| w.tree(one("", MEMORY))),
        Case::repo("CNTR-010", Warning, "1 of 2 containers", |w| w.tree(two(BOTH, ""))),
        Case::repo("CNTR-010", Failed, "None of 1 containers", |w| w.tree(one("", ""))),
        Case::repo("CNTR-010", NotApplicable, "runs a container", |w| w.tree(docker("FROM a\n"))),
    ]
}

fn policies() -> Vec<Case> {
    const SECCOMP: &str = "seccompProfile: { type: RuntimeDefault }";
    let network = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: n }\n";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels: { pod-security.kubernetes.io/enforce: restricted }\n";
    vec![
        Case::repo("CNTR-012", Passed, "All 1 containers", |w| w.tree(one(SECCOMP, ""))),
        Case::repo("CNTR-012", Passed, "Namespace a", move |w| {
            w.tree(with(&[("k8s/a.yaml", &deployment("", "")), ("k8s/ns.yaml", namespace)]));
        }),
        Case::repo("CNTR-012", Passed, "falco-rules.yaml", |w| {
            w.tree(with(&[("k8s/a.yaml", &deployment("", "")), ("falco-rules.yaml", "- rule: x\n")]));
        }),
        Case::repo("CNTR-012", Warning, "restricts the network only", move |w| {
            w.tree(with(&[("k8s/a.yaml", &deployment("", "")), ("k8s/n.yaml", network)]));
        }),
        Case::repo("CNTR-012", Warning, "drop capabilities", |w| {
            w.tree(one("", "securityContext: { capabilities: { drop: [ALL] } }"));
        }),
        Case::repo("CNTR-012", Failed, "None of 1 containers is confined", |w| w.tree(one("", ""))),
        Case::repo("CNTR-012", Failed, "None of 1 containers is confined", |w| {
            w.tree(one("seccompProfile: { type: Unconfined }", ""));
        }),
        Case::repo("CNTR-012", NotApplicable, "runs a container", |w| w.tree(docker("FROM a\n"))),
    ]
}
