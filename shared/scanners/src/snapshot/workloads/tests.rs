//! Manifests as they are written, read by the real pass.

use super::{Container, Containers, Platform, Policy, RunAs};
use crate::testing::Tree;

fn read(files: &[(&str, &str)]) -> Containers {
    files.iter().fold(Tree::new(), |tree, (path, text)| tree.file(path, text)).snapshot().containers().clone()
}

fn only(files: &[(&str, &str)]) -> Container {
    let found = read(files);
    assert_eq!(found.workloads.len(), 1, "{found:?}");
    found.workloads[0].containers[0].clone()
}

const HARDENED: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  template:
    spec:
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: api
          image: api:1
          securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          resources: { limits: { memory: 64Mi, cpu: 1 } }
          livenessProbe: { httpGet: { path: /, port: 80 } }
";

#[test]
fn a_pod_s_security_context_holds_for_its_containers() {
    let found = only(&[("k8s/api.yaml", HARDENED)]);
    assert_eq!(found.run_as, RunAs::User);
    assert!(found.read_only && found.memory && found.cpu && found.probe && found.confined && found.drops);
    assert_eq!(found.line, 9);
    let bare = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: x\n";
    assert_eq!(
        only(&[("pod.yaml", bare)]),
        Container { name: "unnamed".into(), line: 5, image: Some("x".into()), ..Container::default() }
    );
}

#[test]
fn compose_and_ecs_say_the_same_in_their_words() {
    let compose = "services:\n  api:\n    build: .\n    read_only: true\n    user: '10:10'\n    cap_drop: [ALL]\n    mem_limit: 1g\n    \
        cpus: 1\n    healthcheck: { test: x }\n    security_opt: ['seccomp:profile.json']\n";
    let found = only(&[("compose.yaml", compose)]);
    assert!(
        found.builds
            && found.read_only
            && found.memory
            && found.cpu
            && found.probe
            && found.confined
            && found.drops
    );
    assert_eq!(found.run_as, RunAs::User);
    let task = r#"{"family": "x", "memory": "512", "cpu": "256", "containerDefinitions": [{"name": "a", "image": "i",
        "readonlyRootFilesystem": true, "user": "root"}]}"#;
    let found = read(&[("ecs/task.json", task)]);
    assert_eq!(found.workloads[0].platform, Platform::Ecs);
    let container = &found.workloads[0].containers[0];
    assert!(container.read_only && container.memory && container.cpu && container.run_as == RunAs::Root);
}

#[test]
fn charts_are_filled_in_from_their_values() {
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include \"api.name\" . }}\n  labels:\n    \
        {{- include \"api.labels\" . | nindent 4 }}\nspec:\n  template:\n    spec:\n      containers:\n        - name: {{ .Chart.Name }}\n          \
        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"\n          \
        {{- with .Values.securityContext }}\n          securityContext:\n            {{- toYaml . | nindent 12 }}\n          {{- end }}\n          \
        resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n          {{- if .Values.probes.enabled }}\n          livenessProbe:\n            \
        httpGet: { path: /, port: 80 }\n          {{- end }}\n";
    let values = "image: { repository: acme/api, tag: 1.2.0 }\nsecurityContext: { readOnlyRootFilesystem: true }\nresources:\n  limits: { memory: 1Gi, cpu: 1 }\nprobes: { enabled: false }\n";
    let found = only(&[("charts/api/templates/d.yaml", template), ("charts/api/values.yaml", values)]);
    assert_eq!(found.image.as_deref(), Some("acme/api:1.2.0"));
    assert!(found.read_only && found.memory && found.cpu && !found.probe);
    let bare =
        only(&[("charts/api/templates/d.yaml", template), ("charts/api/values.yaml", "resources: {}\n")]);
    assert!(!bare.read_only && !bare.memory);
}

#[test]
fn objects_that_hold_for_a_namespace_are_kept() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels: { pod-security.kubernetes.io/enforce: restricted }\n---\n\
        apiVersion: v1\nkind: LimitRange\nmetadata: { name: l }\nspec: { limits: [{ type: Container, default: { memory: 1Gi, cpu: 1 } }] }\n---\n\
        apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: n }\n";
    let kinds: Vec<Policy> =
        read(&[("k8s/ns.yaml", text)]).policies.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Policy::LimitRange, Policy::PodSecurity, Policy::Network]);
}

#[test]
fn patches_and_tests_are_not_workloads() {
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{ name: a }] } } }\n";
    assert!(
        read(&[("overlays/prod/patch.yaml", patch), ("tests/k8s/api.yaml", HARDENED)]).workloads.is_empty()
    );
}

#[test]
fn hostile_manifests_end_in_bounds() {
    let bomb = "apiVersion: v1\nkind: &a [x]\n".to_owned() + &"b: *a\n".repeat(5_000);
    let templates = format!(
        "apiVersion: v1\nkind: Pod\n{}{}",
        "{{ if .Values.a }}\n".repeat(5_000),
        "{{ toYaml .Values.a }}\n".repeat(50_000)
    );
    let found =
        read(&[("a.yaml", &bomb), ("templates/b.yaml", &templates), ("values.yaml", "a: {b: {c: 1}}\n")]);
    assert!(found.workloads.is_empty());
}
