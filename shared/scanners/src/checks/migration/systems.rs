//! MIG-004 and MIG-006 to MIG-009: databases, compatibility, environments and providers.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{consumed, documented};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd::absent,
    finding::Evidence,
    snapshot::{DetectorId, Hit, Note, Snapshot, TopicId, TopicKind},
};

/// Stores without a schema of their own.
const SCHEMALESS: &[&str] = &[
    "mongo",
    "redis",
    "dynamo",
    "elasticsearch",
    "opensearch",
    "neo4j",
    "memcached",
    "firestore",
    "mongoid",
];

/// What uses a database, or `None` with nothing left unseen.
fn database(files: &Snapshot) -> Result<Vec<Hit>, Gap> {
    let found: Vec<Hit> = files.detector(DetectorId::Db).all().cloned().collect();
    if found.is_empty() {
        files.absent()?;
    }
    Ok(found)
}

/// Whether a path is a migration, not the configuration of a tool.
fn is_migration(path: &str) -> bool {
    let places = ["migrations/", "migrate/", "migration/", "/versions/", "changelog/", "drizzle/"];
    places.iter().any(|place| path.contains(place)) && !path.ends_with("__init__.py")
}

/// MIG-004.
pub(super) fn migration_tool(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let stores = database(files)?;
    let Some(store) = stores.first() else {
        return Ok(Outcome::not_applicable("The repository uses no database."));
    };
    let tool = files.detector(DetectorId::MigrationTool);
    if let Some(hit) = tool.files.iter().find(|hit| is_migration(&hit.path)) {
        let detail = format!("Schema changes stand as migrations, e.g. {}.", hit.path);
        return Ok(Outcome::passed(detail, tool.files.iter().map(Hit::evidence)));
    }
    let step = files.ci().steps_with(DetectorId::MigrationTool, &[]).next().map(|found| found.seen());
    if let Some(hit) = tool.all().next().cloned().or(step) {
        files.absent()?;
        let detail =
            format!("{} names a migration tool ({}), but no migration exists.", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    let managed = |hit: &Hit| {
        let what = hit.what.to_ascii_lowercase();
        hit.path.ends_with(".tf") || SCHEMALESS.iter().any(|name| what.contains(name))
    };
    absent(subject, files)?;
    if stores.iter().all(managed) {
        let detail =
            format!("The store has no schema of its own, or infrastructure code manages it: {}.", store.what);
        return Ok(Outcome::passed(detail, stores.iter().map(Hit::evidence)));
    }
    let changes = files.notes(Note::SchemaChange);
    Ok(match changes.first() {
        Some(hit) => {
            let detail =
                format!("{} changes the schema outside any migration tool ({}).", hit.source(), hit.what);
            Outcome::failed(detail, changes.iter().map(Hit::evidence))
        }
        None => {
            let detail = format!(
                "{} uses an SQL database ({}) whose schema stands nowhere.",
                store.source(),
                store.what
            );
            Outcome::warning(detail, [store.evidence()])
        }
    })
}

/// MIG-006.
pub(super) fn data_export(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let stores = database(files)?;
    let Some(store) = stores.first() else {
        return Ok(Outcome::not_applicable("The repository stores no data."));
    };
    let code = files.detector(DetectorId::DataExport);
    if let Some(hit) = code.content.first() {
        let detail = format!("{} exports data: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, code.content.iter().map(Hit::evidence)));
    }
    let topic = documented(subject, files, TopicId::DataExport);
    let own = |kind: TopicKind| kind != TopicKind::Stub;
    if let Some(topic) = topic.as_ref().ok().and_then(|topic| topic.as_ref()).filter(|topic| own(topic.kind))
    {
        let detail = format!("{} describes how to export data.", topic.hit.source());
        return Ok(Outcome::passed(detail, [topic.hit.evidence()]));
    }
    if let Some(found) = files.ci().steps_with(DetectorId::DataExport, &[]).next() {
        let hit = found.seen();
        let detail = format!("Only a job dumps the database: {} ({}).", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    if let Some(topic) = topic? {
        let detail = format!("{} only links to a description elsewhere.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence()]));
    }
    absent(subject, files)?;
    let detail = format!("Data is stored ({}: {}), and nothing exports it.", store.source(), store.what);
    Ok(Outcome::failed(detail, [store.evidence()]))
}

/// MIG-007.
pub(super) fn compatibility(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let Some(user) = consumed(subject, files)? else {
        return Ok(Outcome::not_applicable(
            "No API, schema or library of the repository is consumed by others.",
        ));
    };
    if let Some(found) = files.ci().steps_with(DetectorId::CompatTest, &[]).next() {
        let hit = found.seen();
        let detail = format!("{} checks compatibility: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let found = files.detector(DetectorId::CompatTest);
    let (matrix, configured): (Vec<&Hit>, Vec<&Hit>) =
        found.all().partition(|hit| hit.path.starts_with(".github/workflows/"));
    if let Some(hit) = matrix.first() {
        let detail = format!("{} runs against several versions: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    absent(subject, files)?;
    Ok(match configured.first() {
        Some(hit) => {
            let detail = format!("{} is about compatibility, but no CI job runs it.", hit.source());
            Outcome::warning(detail, configured.iter().map(|hit| hit.evidence()))
        }
        None => {
            let detail = format!("{} is consumed by others, and nothing checks compatibility.", user.source);
            Outcome::failed(detail, [user])
        }
    })
}

/// Names of environments in paths, and what they stand for.
const ENVIRONMENTS: &[(&[&str], &str)] = &[
    (&["dev", "development", "local"], "development"),
    (&["staging", "stage", "qa", "test", "preprod", "uat"], "staging"),
    (&["prod", "production", "live", "prd"], "production"),
];

fn environment(name: &str) -> Option<&'static str> {
    let mut parts = name.split(['/', '.', '-', '_']);
    parts.find_map(|part| {
        let part = part.to_ascii_lowercase();
        ENVIRONMENTS
            .iter()
            .find(|(names, _)| names.contains(&part.as_str()))
            .map(|(_, stands_for)| *stands_for)
    })
}

/// MIG-008.
pub(super) fn environments(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let parity = &files.detector(DetectorId::EnvParity).files;
    let mut by_path: BTreeMap<&'static str, &Hit> = BTreeMap::new();
    for hit in parity {
        if let Some(name) = environment(&hit.path) {
            by_path.entry(name).or_insert(hit);
        }
    }
    let names = |found: Vec<&str>| found.join(", ");
    if by_path.len() >= 2 {
        let detail = format!("One definition has values for {}.", names(by_path.keys().copied().collect()));
        return Ok(Outcome::passed(detail, by_path.values().map(|hit| hit.evidence())));
    }
    for workflow in files.ci().readable() {
        let of_jobs = workflow.jobs.iter().flat_map(|job| &job.environments);
        let found: BTreeSet<&str> = of_jobs.filter_map(|name| environment(name)).collect();
        if found.len() >= 2 {
            let found = names(found.into_iter().collect());
            let detail = format!("{} deploys the same to {found}.", workflow.path);
            return Ok(Outcome::passed(detail, [Evidence::new(&workflow.path, found)]));
        }
    }
    let Some(deployed) = deployed(subject, files)? else {
        return Ok(Outcome::not_applicable("Nothing of the repository is deployed."));
    };
    if let Some(hit) = parity.first() {
        let detail = format!("{} describes one environment only.", hit.path);
        return Ok(Outcome::warning(detail, parity.iter().map(Hit::evidence)));
    }
    if let Some(topic) = documented(subject, files, TopicId::EnvParity)? {
        let detail =
            format!("Environments are described at {}, but no file defines them.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence()]));
    }
    absent(subject, files)?;
    let detail = format!("{} deploys, and no environment is defined beside it.", deployed.source);
    Ok(Outcome::failed(detail, [deployed]))
}

/// What shows that something is deployed.
fn deployed(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Evidence>, Gap> {
    let step = files.ci().steps_with(DetectorId::Deploy, &[]).next().map(|found| found.seen().evidence());
    let file = files.detector(DetectorId::Deploy).files.first().map(Hit::evidence);
    let workload = files.containers().workloads.first().map(|w| Evidence::new(&w.path, &w.kind));
    if let Some(seen) = step.or(file).or(workload) {
        return Ok(Some(seen));
    }
    absent(subject, files)?;
    let environments = subject.repo.posture.known()?.environments.known()?;
    let pages = |name: &str| name == "github-pages";
    let first = environments.items.iter().find(|environment| !pages(&environment.name));
    Ok(first.map(|environment| Evidence::new("Repository.environments", &environment.name)))
}

/// Files that only hold other files together.
fn is_glue(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    matches!(stem.as_str(), "mod" | "index" | "__init__" | "readme" | "lib" | "types" | "base" | "interface")
}

/// MIG-009.
pub(super) fn abstraction(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let layer = files.detector(DetectorId::Abstraction);
    let direct = files.notes(Note::ProviderSdk);
    let stores = files.detector(DetectorId::Db);
    if direct.is_empty() && stores.is_empty() {
        files.absent()?;
        return Ok(Outcome::not_applicable(
            "The repository uses no storage, queue, database or cloud provider.",
        ));
    }
    let adapters: Vec<&Hit> = layer.files.iter().filter(|hit| !is_glue(&hit.path)).collect();
    let mut by_directory: BTreeMap<&str, Vec<&Hit>> = BTreeMap::new();
    for hit in &adapters {
        by_directory
            .entry(hit.path.rsplit_once('/').map_or("", |(directory, _)| directory))
            .or_default()
            .push(hit);
    }
    if let Some((directory, found)) = by_directory.iter().find(|(_, found)| found.len() >= 2) {
        let detail = format!("{directory} holds {} implementations beside each other.", found.len());
        return Ok(Outcome::passed(detail, found.iter().map(|hit| hit.evidence())));
    }
    if let Some(hit) = layer.deps.first() {
        let detail = format!("{} uses the portability layer {}.", hit.path, hit.what);
        return Ok(Outcome::passed(detail, layer.deps.iter().map(Hit::evidence)));
    }
    if Decimal::from(direct.len()) > limits.get("max_modules") {
        let detail =
            format!("{} modules call a provider's SDK directly, e.g. {}.", direct.len(), direct[0].source());
        return Ok(Outcome::failed(detail, direct.iter().map(Hit::evidence)));
    }
    files.absent()?;
    Ok(match adapters.first() {
        Some(hit) => {
            let detail = format!("{} is the only implementation of its layer.", hit.path);
            Outcome::warning(detail, [hit.evidence()])
        }
        None => {
            let detail = format!(
                "External systems are used without a layer ({} modules import a provider's SDK).",
                direct.len()
            );
            Outcome::warning(detail, direct.iter().chain(stores.all()).map(Hit::evidence))
        }
    })
}
