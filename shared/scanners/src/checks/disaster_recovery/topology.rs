//! DR-007 and DR-008: whether what runs can be built again from code, and whether it stands in several regions.

use scrutineer_core::Gap;

use super::{keeps_nothing, shown};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{cicd, history::deployed, papers::Papers},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Note, Snapshot, TopicId},
};

/// Libraries, documents and clients run nowhere that code could define.
fn runs_nowhere(files: &Snapshot) -> Option<&'static str> {
    let profile = files.profile();
    if profile.service || profile.infra {
        return None;
    }
    [(profile.library, "a library"), (profile.app, "a client app"), (profile.docs, "documents")]
        .iter()
        .find_map(|(holds, what)| holds.then_some(*what))
}

/// Definitions of infrastructure: files first, then content.
fn definitions(files: &Snapshot) -> Vec<&Hit> {
    let of = |id: DetectorId| files.detector(id).all();
    of(DetectorId::Iac).chain(of(DetectorId::K8s)).collect()
}

/// A repository of the same owner that documents or pipelines name and that sounds like infrastructure.
fn named_repository<'a>(subject: &RepoSubject<'_>, files: &'a Snapshot) -> Option<&'a Hit> {
    let own = &subject.repo.listing.name;
    files.infrastructure_repositories().iter().find(|hit| {
        let (owner, name) = hit.what.split_once('/').unwrap_or_default();
        owner.eq_ignore_ascii_case(own.owner()) && !name.eq_ignore_ascii_case(own.name())
    })
}

/// DR-007.
pub(super) fn infrastructure_as_code(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(what) = runs_nowhere(files) {
        files.absent()?;
        return Ok(Outcome::not_applicable(format!("The repository holds {what}, no service.")));
    }
    let defined = definitions(files);
    if let Some(first) = defined.first() {
        let detail = format!("{} defines infrastructure ({}).", first.source(), first.what);
        return Ok(Outcome::passed(detail, defined.iter().map(|hit| hit.evidence())));
    }
    if let Some(hit) = named_repository(subject, files) {
        let detail = format!("{} names the infrastructure repository {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let partial = [DetectorId::Compose, DetectorId::Dockerfile, DetectorId::Deploy];
    let partial: Vec<&Hit> = partial.iter().flat_map(|id| &files.detector(*id).files).collect();
    let step = files.ci().steps_with(DetectorId::Deploy, &[]).next().map(|found| found.seen().evidence());
    if let Some(first) = partial.first() {
        cicd::absent(subject, files)?;
        let detail = format!("Only {} says how it runs, not what it runs on.", first.path);
        return Ok(Outcome::warning(detail, partial.iter().map(|hit| hit.evidence())));
    }
    let record = || Evidence::new("Repository.deployments", "production");
    let seen = match step {
        Some(seen) => Some(seen),
        None => deployed(subject)?.then(record),
    };
    cicd::absent(subject, files)?;
    Ok(match seen {
        Some(seen) => {
            let detail = format!("{} deploys, and no code defines what it deploys to.", seen.source);
            Outcome::failed(detail, [seen])
        }
        None => Outcome::not_applicable("Nothing of the repository is deployed."),
    })
}

/// Matches of the detector that stay within one region.
fn within_one_region(hit: &&Hit) -> bool {
    let zones =
        ["topology.kubernetes.io/zone", "topologySpreadConstraints", "failure-domain.", "replication_group"];
    zones.iter().any(|zone| hit.what.starts_with(zone))
}

/// DR-008.
pub(super) fn several_regions(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let files = papers.files;
    if let Some(outcome) = keeps_nothing(files)? {
        return Ok(outcome);
    }
    let found = files.detector(DetectorId::MultiRegion).content.iter();
    let (zones, regions): (Vec<&Hit>, Vec<&Hit>) = found.partition(within_one_region);
    let regions: Vec<&Hit> = regions.into_iter().chain(files.notes(Note::RegionSpread)).collect();
    if let Some(first) = regions.first() {
        let detail = format!("{} reaches several regions: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, regions.iter().map(|hit| hit.evidence())));
    }
    let zones: Vec<&Hit> = zones.into_iter().chain(files.notes(Note::ZoneSpread)).collect();
    if let Some(first) = zones.first() {
        let detail = format!("{} spreads over zones of one region: {}.", first.source(), first.what);
        return Ok(Outcome::warning(detail, zones.iter().map(|hit| hit.evidence())));
    }
    let id = TopicId::MultiRegion;
    if let Some(topic) = papers.topic(id).or_else(|| papers.stub(id)) {
        let detail = format!("{} describes it, but no configuration shows it.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence()]));
    }
    papers.complete()?;
    let detail = "Neither configuration nor a document places anything in a second region.";
    Ok(Outcome::failed(detail, shown(files)))
}
