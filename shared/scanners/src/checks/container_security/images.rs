//! CNTR-001 to CNTR-003: there is an image, and what it is built on.

use std::sync::LazyLock;

use regex::Regex;
use scrutineer_core::Gap;

use super::Judged;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    snapshot::{DetectorId, Dockerfile, Hit, Platform, Snapshot, Stage},
};

/// Manifests of functions and static sites, which are not deployed as containers.
const FUNCTIONS: &[&str] = &[
    "serverless.",
    "samconfig.toml",
    "vercel.json",
    "netlify.toml",
    "wrangler.",
    "firebase.json",
    "cdk.json",
    "amplify.yml",
];

/// CNTR-001.
pub(super) fn dockerfile_present(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let found = files.containers();
    if let Some(first) = found.dockerfiles.first() {
        let detail = match found.dockerfiles.len() {
            1 => format!("{} builds an image.", first.path),
            count => format!("{count} Dockerfiles build images, e.g. {}.", first.path),
        };
        let seen =
            |file: &Dockerfile| Hit::at(&file.path, 0, format!("{} stages", file.stages.len())).evidence();
        return Ok(Outcome::passed(detail, found.dockerfiles.iter().map(seen)));
    }
    if let Some(first) = found.builders.first() {
        let detail = format!("{} builds an image with {}.", first.path, first.what);
        return Ok(Outcome::passed(detail, found.builders.iter().map(Hit::evidence)));
    }
    files.absent()?;
    let profile = files.profile();
    let runs = containers_or_servers(files);
    Ok(match runs.first().filter(|_| profile.code && !profile.app) {
        Some(first) => {
            let detail = format!("{} deploys the code to a server, but no file builds an image.", first.path);
            Outcome::failed(detail, runs.iter().map(Hit::evidence))
        }
        None => Outcome::not_applicable("The repository is no server that could run in a container."),
    })
}

/// What shows that the repository runs as a container or on a server.
fn containers_or_servers(files: &Snapshot) -> Vec<Hit> {
    let own = |platform: Platform| platform != Platform::Compose;
    let workloads = files.containers().workloads.iter().filter(|workload| own(workload.platform));
    let workloads = workloads.map(|w| Hit::at(&w.path, w.line, format!("{} {}", w.kind, w.name)));
    let function = |hit: &&Hit| {
        let name = hit.path.rsplit('/').next().unwrap_or_default();
        FUNCTIONS.iter().any(|prefix| name.starts_with(prefix))
    };
    let servers = files.detector(DetectorId::Deploy).files.iter().filter(|hit| !function(hit)).cloned();
    workloads.chain(servers).collect()
}

/// An image reference, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    registry: &'a str,
    repository: String,
    tag: Option<&'a str>,
    digest: bool,
}

fn reference(image: &str) -> Reference<'_> {
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let digest = digest.strip_prefix("sha256:");
    let digest = digest.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name[last..].find(':') {
        Some(at) => (&name[..last + at], Some(&name[last + at + 1..])),
        None => (name, None),
    };
    let host = |first: &str| first.contains(['.', ':']) || first == "localhost";
    match name.split_once('/') {
        Some((first, rest)) if host(first) => {
            Reference { registry: first, repository: rest.to_ascii_lowercase(), tag, digest }
        }
        _ => Reference { registry: "docker.io", repository: name.to_ascii_lowercase(), tag, digest },
    }
}

/// Verified publishers and sponsored projects on Docker Hub.
const HUB: &[&str] = &[
    "library",
    "bitnami",
    "bitnamilegacy",
    "grafana",
    "hashicorp",
    "nginxinc",
    "nginx",
    "amazon",
    "amazoncorretto",
    "google",
    "gradle",
    "circleci",
    "datadog",
    "elastic",
    "docker",
    "ubuntu",
    "redhat",
    "rockylinux",
    "oraclelinux",
    "intel",
    "nvidia",
    "jenkins",
    "jetbrains",
    "atlassian",
    "portainer",
    "traefik",
    "prom",
    "otel",
    "apache",
    "moby",
    "pulumi",
    "snyk",
    "aquasec",
    "alpine",
    "debian",
    "denoland",
    "oven",
    "selenium",
    "mongodb",
    "redis",
    "confluentinc",
    "timescale",
    "clickhouse",
    "cypress",
    "phpmyadmin",
    "rootpublic",
    "dhi",
];
/// Vendors on quay.io and ghcr.io.
const VENDORS: &[&str] = &[
    "prometheus",
    "coreos",
    "centos",
    "centos7",
    "fedora",
    "podman",
    "buildah",
    "skopeo",
    "redhat",
    "keycloak",
    "strimzi",
    "argoproj",
    "cilium",
    "jetstack",
    "operator-framework",
    "quarkus",
    "astral-sh",
    "actions",
    "home-assistant",
    "open-telemetry",
    "sigstore",
    "aquasecurity",
    "fluxcd",
    "helm",
    "kyverno",
    "puppeteer",
    "graalvm",
    "cloudnative-pg",
    "gleam-lang",
    "dotnet",
];
/// Hosts on which anybody gets a name space, and `registry/owner` on them that are vendors'.
const SHARED: &[&str] = &[
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "quay.io",
    "ghcr.io",
    "gcr.io",
    "registry.gitlab.com",
    "lscr.io",
];

/// Who publishes an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Publisher {
    /// A vendor, an official image, or the organization's own registry.
    Trusted,
    /// Not known before the build: an argument without default.
    Open,
    /// Any other name space, pinned by digest.
    Pinned,
    /// Any other name space, or a registry without TLS.
    Unknown,
}

fn publisher(image: &str, organization: &str) -> Publisher {
    if image.contains('$') {
        return Publisher::Open;
    }
    let reference = reference(image);
    let plain = image.starts_with("http:")
        || reference.registry.ends_with(":80")
        || reference.registry.split(':').next() == Some("localhost");
    if plain {
        return Publisher::Unknown;
    }
    let owner = match reference.repository.split_once('/') {
        Some((owner, _)) => owner,
        None if reference.registry.ends_with("docker.io") => "library",
        None => "",
    };
    let registry = reference.registry;
    let trusted = owner.eq_ignore_ascii_case(organization)
        || match registry {
            _ if !SHARED.contains(&registry) => true,
            "gcr.io" => matches!(owner, "distroless" | "google.com" | "google-containers" | "cloud-builders"),
            "quay.io" | "ghcr.io" => VENDORS.contains(&owner),
            _ if registry.ends_with("docker.io") => HUB.contains(&owner),
            _ => false,
        };
    match (trusted, reference.digest) {
        (true, _) => Publisher::Trusted,
        (false, true) => Publisher::Pinned,
        (false, false) => Publisher::Unknown,
    }
}

/// Every image from elsewhere, with its file.
fn external(found: &[Dockerfile]) -> impl Iterator<Item = (&Dockerfile, &Stage)> {
    found.iter().flat_map(|file| file.external().map(move |stage| (file, stage)))
}

/// CNTR-002.
pub(super) fn trusted_registry(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let found = match super::dockerfiles(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let owner = subject.repo.listing.name.owner().to_ascii_lowercase();
    let mut images: Vec<(Publisher, Hit)> = external(found)
        .map(|(file, stage)| (publisher(&stage.image, &owner), file.hit(stage.line, &stage.image)))
        .collect();
    images.sort_by_key(|(publisher, _)| std::cmp::Reverse(*publisher));
    let evidence = images.iter().map(|(_, hit)| hit.evidence());
    let Some((worst, hit)) = images.first() else {
        let detail = format!("{} begins with scratch: no base image.", found[0].path);
        return Ok(Outcome::passed(detail, [found[0].hit(1, "FROM scratch").evidence()]));
    };
    let at = hit.source();
    Ok(match worst {
        Publisher::Trusted => Outcome::passed(
            format!(
                "All {} base images come from vendors or own registries, e.g. {}.",
                images.len(),
                hit.what
            ),
            evidence,
        ),
        Publisher::Open => Outcome::warning(
            format!("{at} names an image by an argument without default: {}.", hit.what),
            evidence,
        ),
        Publisher::Pinned => Outcome::warning(
            format!("{at} builds on another publisher's image, pinned by digest: {}.", hit.what),
            evidence,
        ),
        Publisher::Unknown => Outcome::failed(
            format!("{at} builds on an image of no known publisher, without a digest: {}.", hit.what),
            evidence,
        ),
    })
}

static FULL_VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[-_v])\d+\.\d+\.\d+").expect("a constant pattern"));
/// Dates and other tags that are as exact as a version: `2024-05-01`, `20250113`, `jammy-20240111`.
static DATED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[-_.])20\d{2}-?\d{2}-?\d{2}").expect("a constant pattern"));

/// How exactly an image is named, loosest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pin {
    Digest,
    Version,
    Floating,
}

fn pin(image: &str) -> Pin {
    let reference = reference(image);
    match reference.tag {
        _ if reference.digest => Pin::Digest,
        Some(tag) if FULL_VERSION.is_match(tag) || DATED.is_match(tag) => Pin::Version,
        _ => Pin::Floating,
    }
}

/// CNTR-003.
pub(super) fn pinned(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let found = match super::dockerfiles(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let mut images: Vec<(Pin, Hit)> = external(found)
        .map(|(file, stage)| (pin(&stage.image), file.hit(stage.line, &stage.image)))
        .collect();
    images.sort_by_key(|(pin, _)| std::cmp::Reverse(*pin));
    let evidence = images.iter().map(|(_, hit)| hit.evidence());
    let Some((worst, hit)) = images.first() else {
        let detail = format!("{} begins with scratch: no base image.", found[0].path);
        return Ok(Outcome::passed(detail, [found[0].hit(1, "FROM scratch").evidence()]));
    };
    let at = hit.source();
    let bot = files.containers().bots.first();
    Ok(match (worst, bot) {
        (Pin::Digest, _) => {
            Outcome::passed(format!("All {} base images are pinned by digest.", images.len()), evidence)
        }
        (Pin::Version, Some(bot)) => {
            let detail =
                format!("{at} names a version, not a digest ({}); {} updates it.", hit.what, bot.source());
            Outcome::warning(detail, evidence)
        }
        (Pin::Version, None) => {
            files.absent()?;
            let detail = format!("{at} names a version, not a digest ({}), and no bot updates it.", hit.what);
            Outcome::failed(detail, evidence)
        }
        (Pin::Floating, _) => {
            Outcome::failed(format!("{at} follows a tag that moves: {}.", hit.what), evidence)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let found = reference("registry.acme.example:5000/base/node:22.1");
        assert_eq!(
            (found.registry, found.repository.as_str(), found.tag),
            ("registry.acme.example:5000", "base/node", Some("22.1"))
        );
        assert_eq!(reference("Node").repository, "node");
    }

    #[test]
    fn publishers_are_known_by_their_name_space() {
        for image in [
            "node:22",
            "grafana/grafana",
            "gcr.io/distroless/static",
            "mcr.microsoft.com/dotnet/sdk",
            "ghcr.io/acme/base",
            "123.dkr.ecr.eu-west-1.amazonaws.com/base",
            "quay.io/keycloak/keycloak",
        ] {
            assert_eq!(publisher(image, "acme"), Publisher::Trusted, "{image}");
        }
        for image in [
            "someone/node",
            "ghcr.io/someone/x",
            "localhost:5000/x",
            "gcr.io/my-project/x",
            "registry.example.com:80/x",
        ] {
            assert_eq!(publisher(image, "acme"), Publisher::Unknown, "{image}");
        }
    }

    #[test]
    fn tags_that_move_are_told_from_versions() {
        for image in ["node", "node:latest", "node:22", "golang:1.25", "node:22-alpine", "alpine:edge"] {
            assert_eq!(pin(image), Pin::Floating, "{image}");
        }
        for image in ["node:22.19.0", "python:3.13.1-slim", "x:v1.2.3", "ubuntu:jammy-20240111"] {
            assert_eq!(pin(image), Pin::Version, "{image}");
        }
    }
}
