//! Container security: what images are built on, what they contain, and how they run.

mod build;
mod images;
mod pipeline;
mod runtime;
#[cfg(test)]
pub(crate) mod tests;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, Outcome, RepoSubject, Scanner, Severity},
    snapshot::Dockerfile,
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::CONTAINER_SECURITY, checks: CHECKS };

/// Either there is something to judge, or its absence decides.
enum Judged<T> {
    Seen(T),
    Decided(Outcome),
}

/// The Dockerfiles, or `not_applicable` without any.
fn dockerfiles<'a>(subject: &'a RepoSubject<'_>) -> Result<Judged<&'a [Dockerfile]>, Gap> {
    let files = *subject.files.known()?;
    let found = &files.containers().dockerfiles;
    if found.is_empty() {
        files.absent()?;
        return Ok(Judged::Decided(Outcome::not_applicable(
            "The repository has no Dockerfile or Containerfile.",
        )));
    }
    Ok(Judged::Seen(found))
}

const CHECKS: &[Check] = &[
    Check {
        id: "CNTR-001",
        title: "Dockerfile present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a repository whose code runs on a server build an image: a Dockerfile, Containerfile, Buildpacks, Jib, ko, Nix or Bazel?",
        rationale: "Without an image definition the server is set up by hand, and nobody can rebuild or scan what runs.",
        remediation: "Add a Dockerfile at the root (`docker init` writes one), or project.toml for Buildpacks.",
        references: &["https://docs.docker.com/reference/dockerfile/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(images::dockerfile_present),
    },
    Check {
        id: "CNTR-002",
        title: "Base image from trusted registry",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does every base image come from an official or vendor name space, or from the organization's own registry?",
        rationale: "Whoever publishes the base image runs code in every container built on it.",
        remediation: "Change FROM in the Dockerfile to an official image, or copy the image into the organization's registry and use that.",
        references: &[
            "https://docs.docker.com/docker-hub/image-library/trusted-content/",
            "CIS Software Supply Chain 3.1.5",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(images::trusted_registry),
    },
    Check {
        id: "CNTR-003",
        title: "Base image pinned by digest",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does every FROM name its image by digest?",
        rationale: "A tag can be moved to other content at any time; the next build then ships it without a change in the repository.",
        remediation: "Write `FROM image:tag@sha256:…` (`docker buildx imagetools inspect image:tag` shows the digest) and let Dependabot or Renovate (`package-ecosystem: docker`) update it.",
        references: &[
            "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
            "Scorecard Pinned-Dependencies",
            "CIS Software Supply Chain 2.4.2",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(images::pinned),
    },
    Check {
        id: "CNTR-004",
        title: "Multi-stage build used",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the image that ships leave compilers and development dependencies in an earlier build stage?",
        rationale: "Build tools in the image give an intruder what is needed to go on, and add vulnerabilities to patch.",
        remediation: "Build in `FROM … AS build`, begin a second stage with a slim or distroless image, and `COPY --from=build` only the result.",
        references: &["https://docs.docker.com/build/building/multi-stage/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(build::multi_stage),
    },
    Check {
        id: "CNTR-005",
        title: "Container does not run as root",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Does every image end with a user other than root, or every workload start it as one?",
        rationale: "Code that runs as root in a container is one kernel or mount mistake away from root on the host.",
        remediation: "End the Dockerfile with `USER 10001`, or set `runAsNonRoot: true` and `runAsUser` in the pod's securityContext.",
        references: &[
            "https://docs.docker.com/build/building/best-practices/#user",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(runtime::not_root),
    },
    Check {
        id: "CNTR-006",
        title: "Container image scanning in pipeline",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a CI job that can fail scan the built image, or does the registry scan on push?",
        rationale: "Packages of the base image age too; without a scan their known vulnerabilities ship unnoticed.",
        remediation: "After the build add aquasecurity/trivy-action with `image-ref` and `exit-code: 1`, or set `scan_on_push = true` on the registry.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/uploading-a-sarif-file-to-github",
            "CIS Software Supply Chain 3.2.2",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(pipeline::image_scanned),
    },
    Check {
        id: "CNTR-007",
        title: "No secrets embedded in Dockerfile",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Is no credential written in ENV, ARG or RUN, and none copied into the image?",
        rationale: "Everybody who can pull the image can read its layers and history, and so every secret in them.",
        remediation: "Pass secrets with `RUN --mount=type=secret`, list .env and key files in .dockerignore, and rotate what was built in.",
        references: &["https://docs.docker.com/build/building/secrets/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(build::no_secrets),
    },
    Check {
        id: "CNTR-008",
        title: "Container health check defined",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does every image that serves a port define HEALTHCHECK, or does every workload probe it?",
        rationale: "A process that hangs looks alive; without a check traffic keeps going to it until somebody notices.",
        remediation: "Add `HEALTHCHECK CMD …` to the Dockerfile, or livenessProbe and readinessProbe to the container.",
        references: &[
            "https://docs.docker.com/reference/dockerfile/#healthcheck",
            "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(runtime::health_check),
    },
    Check {
        id: "CNTR-009",
        title: "Read-only root filesystem",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does every container of the manifests run with a read-only root file system?",
        rationale: "On a writable file system an intruder can drop tools and change the program that runs.",
        remediation: "Set `securityContext.readOnlyRootFilesystem: true` (Compose `read_only: true`) and mount an emptyDir or tmpfs where files are written.",
        references: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(runtime::read_only),
    },
    Check {
        id: "CNTR-010",
        title: "Resource limits defined",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does every container of the manifests have a memory and a CPU limit?",
        rationale: "One container that leaks memory or spins takes down its neighbours on the same node.",
        remediation: "Set `resources.limits.memory` and `resources.limits.cpu` on each container, or a LimitRange for the namespace.",
        references: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(runtime::limits),
    },
    Check {
        id: "CNTR-011",
        title: "Container image signing enabled",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the job that pushes an image sign or attest it?",
        rationale: "A cluster cannot tell an unsigned image from one that somebody pushed over it.",
        remediation: "After the push add actions/attest-build-provenance with `push-to-registry: true`, or `cosign sign` by digest.",
        references: &[
            "https://docs.github.com/en/actions/how-tos/secure-your-work/use-artifact-attestations/use-artifact-attestations",
            "CIS Software Supply Chain 4.1.1",
            "OSPS-BR-06.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(pipeline::image_signed),
    },
    Check {
        id: "CNTR-012",
        title: "Runtime security policy defined",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are containers confined by seccomp, AppArmor or SELinux, by Pod Security, or watched by a policy engine?",
        rationale: "Without a policy a compromised container may use every system call and reach every neighbour.",
        remediation: "Set `seccompProfile: {type: RuntimeDefault}` in the pod's securityContext, and label the namespace `pod-security.kubernetes.io/enforce: restricted`.",
        references: &["https://kubernetes.io/docs/concepts/security/pod-security-admission/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(runtime::runtime_policy),
    },
];
