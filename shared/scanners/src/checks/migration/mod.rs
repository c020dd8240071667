//! Migration readiness: can users, data and platforms move.

mod documents;
mod systems;
#[cfg(test)]
pub(crate) mod tests;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, RepoSubject, Scanner, Severity, Threshold},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Snapshot, TopicHit, TopicId},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::MIGRATION, checks: CHECKS };

/// Where a topic is documented: in the repository, else in the organization's profile repository.
fn documented<'a>(
    subject: &'a RepoSubject<'_>,
    files: &'a Snapshot,
    id: TopicId,
) -> Result<Option<&'a TopicHit>, Gap> {
    match files.topic(id) {
        Some(hit) => Ok(Some(hit)),
        None => subject.docs.topic(id).known().copied(),
    }
}

/// What others consume: a package, an API description, or releases.
fn consumed(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Evidence>, Gap> {
    let profile = files.profile();
    let library = profile.because.iter().find(|(kind, _)| *kind == "library");
    let package = library.map(|(_, path)| Evidence::new(path, "publishable package"));
    let spec = || files.detector(DetectorId::ApiSpec).all().next().map(Hit::evidence);
    if let Some(seen) = package.or_else(spec) {
        return Ok(Some(seen));
    }
    files.absent()?;
    let releases = subject.repo.activity.known()?.releases.known()?;
    let release = releases.items.iter().find(|release| !release.is_draft);
    Ok(release.map(|release| Evidence::new("Repository.releases", &release.tag)))
}

const CHECKS: &[Check] = &[
    Check {
        id: "MIG-001",
        title: "Migration guide present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does an upgrade guide, or a section about breaking changes, cover the newest major version?",
        rationale: "Without a guide users stay on old versions, which then have to be supported and patched.",
        remediation: "Add docs/upgrading.md with a section per major version, or `### Breaking changes` to the release in CHANGELOG.md.",
        references: &[
            "https://semver.org/",
            "https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(documents::guide),
    },
    Check {
        id: "MIG-002",
        title: "API versioning implemented",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do routes, packages or resource definitions of the network API carry a version?",
        rationale: "Without a version every change of the API breaks all clients at once.",
        remediation: "Prefix the routes with `/v1`, name the package `….v1`, or read a version header; say so in the API description's `servers`.",
        references: &["https://google.aip.dev/185"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(documents::api_versions),
    },
    Check {
        id: "MIG-003",
        title: "Deprecation policy documented",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a policy say how long a deprecated part stays, or which versions are supported?",
        rationale: "Users who do not know when something goes away are broken by its removal.",
        remediation: "Write docs/deprecation-policy.md: how it is announced, and after how many months or versions the part is removed.",
        references: &["https://baseline.openssf.org/", "OSPS-DO-04.01", "OSPS-DO-05.01"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(documents::deprecation),
    },
    Check {
        id: "MIG-004",
        title: "Database migration tool configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do changes of the database schema stand as migrations of a tool?",
        rationale: "Schema changes made by hand differ between environments and cannot be repeated or undone.",
        remediation: "Add a tool of the stack (Flyway, Alembic, Prisma Migrate, sqlx migrate) and put the present schema into its first migration.",
        references: &["https://documentation.red-gate.com/flyway"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(systems::migration_tool),
    },
    Check {
        id: "MIG-005",
        title: "Feature parity documentation",
        severity: Severity::Low,
        weight_halves: 1,
        description: "With several platforms, backends or major versions: does a matrix say what each supports?",
        rationale: "Users find out what is missing after they moved, and move back.",
        remediation: "Add a table to docs/feature-matrix.md: one row per feature, one column per platform or version.",
        references: &["https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases"],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_rows",
            default: 5,
            unit: "rows",
            description: "Length from which a matrix passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(documents::parity),
    },
    Check {
        id: "MIG-006",
        title: "Data export capability",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Can the data that is stored be exported by an endpoint, a command, or a documented way?",
        rationale: "Without an export users cannot leave, and requests for their data are answered by hand.",
        remediation: "Add an endpoint or command that writes the user's data as JSON or CSV, and describe it in docs/data-export.md.",
        references: &["https://gdpr-info.eu/art-20-gdpr/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(systems::data_export),
    },
    Check {
        id: "MIG-007",
        title: "Backwards compatibility testing",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a CI job find breaking changes of the API, schema or library, or test several supported versions?",
        rationale: "A change that breaks users is otherwise found by them, after the release.",
        remediation: "Add a CI step: `cargo semver-checks`, `buf breaking`, `oasdiff breaking`, api-extractor, or a matrix of supported versions.",
        references: &[
            "https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(systems::compatibility),
    },
    Check {
        id: "MIG-008",
        title: "Environment parity (dev/staging/prod)",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do development, staging and production share one definition with values for each?",
        rationale: "What differs between environments fails first in production.",
        remediation: "Keep one base with overlays/ per environment (Kustomize), values-NAME.yaml (Helm) or NAME.tfvars, and deploy the same image to each.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments",
            "https://12factor.net/dev-prod-parity",
        ],
        needs: &["contents", "actions", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(systems::environments),
    },
    Check {
        id: "MIG-009",
        title: "Platform abstraction layer present",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are storage, queues, databases and cloud providers reached through a layer with several implementations?",
        rationale: "Code that calls one provider everywhere can neither be moved nor tested without it.",
        remediation: "Put an interface in front of the provider (adapters/), with one implementation for it and one in memory for tests.",
        references: &["https://alistair.cockburn.us/hexagonal-architecture/"],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "max_modules",
            default: 5,
            unit: "modules",
            description: "Modules that may import a provider's SDK directly.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(systems::abstraction),
    },
];
