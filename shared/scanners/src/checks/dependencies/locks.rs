//! DEP-004, DEP-005, DEP-009 and DEP-011: what is pinned, how firmly, from where, and what is told to users.

use std::collections::{BTreeSet, HashMap};

use scrutineer_core::Gap;

use super::without_dependencies;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd,
    finding::Evidence,
    share::Share,
    snapshot::{
        DetectorId, Hit, Locked, Lockfile, ManifestFile, NameKind, Requirement, Snapshot, name_matches,
    },
};

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The nearest lockfile of the manifest's ecosystem, beside it or above, where a workspace keeps it.
fn lock_of<'a>(files: &'a Snapshot, manifest: &ManifestFile) -> Option<&'a Lockfile> {
    let home = folder(&manifest.path);
    let covers = |lock: &&Lockfile| {
        // `gradle/verification-metadata.xml` speaks for the folder above.
        let place = folder(&lock.path);
        let place = place.strip_suffix("/gradle").unwrap_or(if place == "gradle" { "" } else { place });
        lock.ecosystem == manifest.ecosystem
            && (place.is_empty() || home == place || home.starts_with(&format!("{place}/")))
    };
    let locks = files.supply().lockfiles.iter().filter(covers);
    locks.max_by_key(|lock| (folder(&lock.path).len(), lock.hashed))
}

/// Requirements files that pin every line are their own lock.
fn pins_itself(manifest: &ManifestFile) -> bool {
    let exact = !manifest.requirements.is_empty() && manifest.requirements.iter().all(Requirement::is_exact);
    manifest.path.ends_with(".txt") && exact
}

/// Whether a file like this has a lockfile in its ecosystem.
fn is_lockable(manifest: &ManifestFile) -> bool {
    let name = manifest.path.rsplit('/').next().unwrap_or_default();
    !matches!(name, "pom.xml" | "libs.versions.toml" | "packages.config" | "Directory.Packages.props")
}

/// DEP-004.
pub(super) fn lockfile(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_dependencies(files)? {
        return Ok(outcome);
    }
    let manifests: Vec<&ManifestFile> = files.supply().manifests.iter().filter(|m| is_lockable(m)).collect();
    if manifests.is_empty() {
        return Ok(Outcome::not_applicable("No manifest belongs to an ecosystem that locks."));
    }
    let pinned_beside = |manifest: &ManifestFile| {
        let same = |m: &&&ManifestFile| {
            m.ecosystem == manifest.ecosystem && folder(&m.path) == folder(&manifest.path)
        };
        manifests.iter().filter(same).any(|m| pins_itself(m))
    };
    let missing: Vec<&&ManifestFile> =
        manifests.iter().filter(|m| lock_of(files, m).is_none() && !pinned_beside(m)).collect();
    let lists = missing.iter().map(|m| Evidence::new(&m.path, format!("{}: no lockfile", m.ecosystem)));
    let Some(first) = missing.first() else {
        let seen = manifests.iter().map(|m| {
            let lock = lock_of(files, m).map_or("exact versions", |lock| lock.path.as_str());
            Evidence::new(&m.path, lock)
        });
        return Ok(Outcome::passed(format!("All {} manifests are locked.", manifests.len()), seen));
    };
    files.absent()?;
    let served = files.profile().service;
    let application = missing.iter().find(|m| !m.library || served);
    Ok(match application {
        Some(manifest) => {
            let detail = format!("No lockfile pins the dependencies of {}.", manifest.path);
            Outcome::failed(detail, lists)
        }
        None => {
            let detail = format!("{} describes a library and has no lockfile.", first.path);
            Outcome::warning(detail, lists)
        }
    })
}

/// DEP-005.
pub(super) fn pinned(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_dependencies(files)? {
        return Ok(outcome);
    }
    let (mut total, mut loose) = (0, Vec::new());
    for manifest in &files.supply().manifests {
        total += manifest.requirements.len();
        if lock_of(files, manifest).is_some_and(|lock| lock.hashed) {
            continue;
        }
        let unbounded = manifest.requirements.iter().filter(|requirement| requirement.is_unbounded());
        loose.extend(unbounded.map(|requirement| {
            let versions =
                if requirement.versions.is_empty() { "any version" } else { &requirement.versions };
            Evidence::new(&manifest.path, format!("{}: {versions}", requirement.name))
        }));
    }
    let share = Share::of(loose.len(), total);
    if loose.is_empty() {
        files.absent()?;
        let locks = files.supply().lockfiles.iter().map(|lock| Evidence::new(&lock.path, lock.ecosystem));
        return Ok(Outcome::passed(format!("None of {total} direct dependencies is left open."), locks));
    }
    let detail =
        format!("{share} direct dependencies may become any newer version, e.g. {}.", loose[0].value);
    Ok(if share.at_most(limits.get("max_unbounded_percent")) {
        Outcome::warning(detail, loose)
    } else {
        Outcome::failed(detail, loose)
    })
}

/// DEP-009.
pub(super) fn sbom(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let activity = subject.repo.activity.as_ref().map(|activity| &activity.releases);
    let releases = activity.ok().and_then(|releases| releases.ok());
    let newest = releases.and_then(|page| page.items.iter().find(|release| !release.is_draft));
    if !files.profile().ships && newest.is_none() {
        files.absent()?;
        subject.repo.activity.known()?.releases.known()?;
        return Ok(Outcome::not_applicable("The repository publishes and deploys nothing."));
    }
    let steps: Vec<_> = files.ci().steps_with(DetectorId::Sbom, &[]).collect();
    let releasing = |id: &DetectorId| matches!(id, DetectorId::Publish | DetectorId::Deploy);
    let ships = steps.iter().find(|found| {
        let tagged = found.workflow.triggers.iter().any(|t| t.event == "release" || t.tags_only);
        let mut all = found.workflow.jobs.iter().flat_map(|job| &job.steps).flat_map(|step| &step.detectors);
        tagged || all.any(|(id, _)| releasing(id))
    });
    if let Some(found) = ships {
        let detail = format!("{} generates an SBOM: {}.", found.seen().source(), found.seen().what);
        return Ok(Outcome::passed(detail, [found.seen().evidence()]));
    }
    if let Some(hit) = files.detector(DetectorId::Sbom).content.first() {
        let detail = format!("{} generates an SBOM: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let is_sbom = |name: &&String| name_matches(DetectorId::SbomAsset, NameKind::Asset, name);
    if let Some((release, asset)) = newest.and_then(|r| Some((r, r.assets.items.iter().find(is_sbom)?))) {
        let seen = Evidence::new(format!("release {}", release.tag), asset);
        return Ok(Outcome::passed(format!("Release {} carries {asset}.", release.tag), [seen]));
    }
    let own = subject.repo.listing.name.name().to_ascii_lowercase();
    let sboms = &files.supply().sboms;
    let names_it =
        |subject: &Option<String>| subject.as_ref().is_some_and(|s| s.to_ascii_lowercase().contains(&own));
    if let Some(found) = sboms.iter().find(|sbom| names_it(&sbom.subject)) {
        let detail = format!("{} describes the project ({}).", found.hit.source(), found.hit.what);
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    if let Some(found) = steps.first() {
        let detail = format!("{} generates an SBOM, but no job that ships does.", found.seen().source());
        return Ok(Outcome::warning(detail, [found.seen().evidence()]));
    }
    if let Some(found) = sboms.first() {
        let detail = format!("{} is an SBOM, but does not name the project.", found.hit.source());
        return Ok(Outcome::warning(detail, [found.hit.evidence()]));
    }
    cicd::absent(subject, files)?;
    subject.repo.activity.known()?.releases.known()?;
    let tag = newest.map_or("no release", |release| release.tag.as_str());
    Ok(Outcome::failed(
        "No job generates an SBOM and the newest release carries none.",
        [Evidence::new("newest release", tag)],
    ))
}

/// Hosts of registries where everybody may publish.
const PUBLIC: &[&str] = &[
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "packagist.org",
    "repo.packagist.org",
    "pypi.org",
    "files.pythonhosted.org",
    "rubygems.org",
    "pub.dev",
];

/// An internal package: who asks for it, and the hosts it comes from.
struct Internal<'a> {
    name: &'a str,
    manifest: &'a str,
    hosts: BTreeSet<&'a str>,
}

/// Packages named after the organization that do not stand in this repository.
fn internal<'a>(files: &'a Snapshot, owner: &str) -> Vec<Internal<'a>> {
    let scopes = [("npm", format!("@{owner}/")), ("composer", format!("{owner}/"))];
    let mut found = Vec::new();
    let mut pinned: HashMap<(&str, &str), Vec<&Locked>> = HashMap::new();
    for lock in &files.supply().lockfiles {
        for package in &lock.packages {
            pinned.entry((lock.ecosystem, package.name.as_str())).or_default().push(package);
        }
    }
    for manifest in &files.supply().manifests {
        let Some((_, scope)) = scopes.iter().find(|(ecosystem, _)| *ecosystem == manifest.ecosystem) else {
            continue;
        };
        for requirement in &manifest.requirements {
            if !requirement.name.to_ascii_lowercase().starts_with(scope) {
                continue;
            }
            let key = (manifest.ecosystem, requirement.name.as_str());
            let pins = pinned.get(&key).map_or(&[][..], Vec::as_slice);
            if pins.iter().any(|package| package.local) {
                continue;
            }
            let hosts = pins.iter().filter_map(|package| package.host.as_deref()).collect();
            found.push(Internal { name: &requirement.name, manifest: &manifest.path, hosts });
        }
    }
    found
}

/// DEP-011.
pub(super) fn private_registry(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let owner = subject.repo.listing.name.owner().to_ascii_lowercase();
    let all = internal(files, &owner);
    if all.is_empty() {
        files.absent()?;
        return Ok(Outcome::not_applicable(
            "The repository consumes no package named after the organization.",
        ));
    }
    let seen = |package: &Internal<'_>| {
        let hosts: Vec<&str> = package.hosts.iter().copied().collect();
        let from = if hosts.is_empty() { "no host on record".to_owned() } else { hosts.join(", ") };
        Evidence::new(package.manifest, format!("{}: {from}", package.name))
    };
    let exposed: Vec<&Internal<'_>> =
        all.iter().filter(|package| package.hosts.iter().any(|host| PUBLIC.contains(host))).collect();
    if let Some(first) = exposed.first() {
        let detail = format!("{} resolves from a public registry.", first.name);
        return Ok(Outcome::failed(detail, exposed.into_iter().map(seen)));
    }
    let unsaid: Vec<&Internal<'_>> = all.iter().filter(|package| package.hosts.is_empty()).collect();
    let Some(first) = unsaid.first() else {
        let detail = format!("All {} internal packages resolve from a private registry.", all.len());
        return Ok(Outcome::passed(detail, all.iter().map(seen)));
    };
    let registries = subject.org.private_registries.ok().map_or(0, Vec::len);
    let files_say = |hit: &&Hit| !hit.path.starts_with(".github/workflows/");
    let configured = files.detector(DetectorId::PrivateRegistry).content.iter().find(files_say);
    if let Some(hit) = configured {
        let detail = format!(
            "{} names a registry, but no lockfile says where {} comes from.",
            hit.source(),
            first.name
        );
        return Ok(Outcome::warning(detail, [hit.evidence(), seen(first)]));
    }
    if registries > 0 {
        let detail = format!(
            "The organization has {registries} registries, but no lockfile says where {} comes from.",
            first.name
        );
        return Ok(Outcome::warning(detail, unsaid.into_iter().map(seen)));
    }
    files.absent()?;
    subject.org.private_registries.known()?;
    let detail =
        format!("Nothing says where {} comes from: whoever publishes the name first decides.", first.name);
    Ok(Outcome::failed(detail, unsaid.into_iter().map(seen)))
}
