//! CICD-012: what is published is signed.

use scrutineer_core::{Fact, Gap, evidence::activity::Release};

use super::absent;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit, NameKind, Snapshot, Workflow, name_matches},
};

/// Detectors of steps that sign or attest.
const SIGNING: &[DetectorId] = &[DetectorId::Sign, DetectorId::Provenance, DetectorId::ImageSign];
/// Releases looked at, newest first.
const RELEASES: usize = 5;

/// CICD-012.
pub(super) fn artifacts_signed(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let published = files.ci().steps_with(DetectorId::Publish, &[]).next().map(|found| found.seen());
    if let Some(hit) = signing_step(files) {
        let detail = format!("The release job signs: {} ({}).", hit.what, hit.source());
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    if let (Some(publish), Some(hit)) = (&published, files.detector(DetectorId::Sign).content.first()) {
        let detail = format!(
            "{} publishes, and {} configures signing ({}).",
            publish.source(),
            hit.source(),
            hit.what
        );
        return Ok(Outcome::passed(detail, [publish.evidence(), hit.evidence()]));
    }
    let releases = releases(subject);
    if let Some(outcome) = releases.ok().and_then(|releases| judge(releases)) {
        return Ok(outcome);
    }
    absent(subject, files)?;
    let releases = releases.known()?;
    let shown: Vec<Evidence> =
        published.iter().map(Hit::evidence).chain(releases.iter().map(|r| seen(r))).collect();
    Ok(match shown.first() {
        Some(first) => {
            let detail =
                format!("Artifacts are published ({}), but neither signed nor attested.", first.source);
            Outcome::failed(detail, shown)
        }
        None => Outcome::not_applicable("No job publishes, and no release carries artifacts."),
    })
}

/// A signing step in a pipeline that publishes, or that releases and tags start.
fn signing_step(files: &Snapshot) -> Option<Hit> {
    let publishing = |workflow: &Workflow| {
        let released = workflow.triggers.iter().any(|t| t.event == "release" || t.tags_only);
        let publishes = |id: &DetectorId| matches!(id, DetectorId::Publish | DetectorId::Deploy);
        let mut steps = workflow.jobs.iter().flat_map(|job| &job.steps).flat_map(|step| &step.detectors);
        released || steps.any(|(id, _)| publishes(id))
    };
    let mut steps = SIGNING.iter().flat_map(|id| files.ci().steps_with(*id, &[]));
    steps.find(|found| publishing(found.workflow)).map(|found| found.seen())
}

/// The newest releases that carry assets, drafts left out.
fn releases<'a>(subject: &'a RepoSubject<'_>) -> Fact<Vec<&'a Release>> {
    let page = subject.repo.activity.known().and_then(|activity| activity.releases.known());
    let with_assets = |release: &&Release| !release.is_draft && release.assets.total > 0;
    Fact::from(page).map(|page| page.items.iter().filter(with_assets).take(RELEASES).collect())
}

fn is_signature(asset: &str) -> bool {
    name_matches(DetectorId::SignAsset, NameKind::Asset, asset)
}

/// How much of a release is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signed {
    No,
    Partly,
    Fully,
}

/// A signed list of checksums or a provenance file covers every asset; otherwise each needs its own signature.
fn signed(release: &Release) -> Signed {
    let assets = &release.assets.items;
    let lower = |name: &String| name.to_ascii_lowercase();
    let is_list =
        |name: &str| name.contains("sha256") || name.contains("sha512") || name.contains("checksum");
    let signatures: Vec<String> = assets.iter().filter(|name| is_signature(name)).map(lower).collect();
    if signatures.is_empty() {
        return Signed::No;
    }
    let whole = |name: &String| {
        is_list(name)
            || name.contains("intoto")
            || name.contains("provenance")
            || name.contains("attestation")
    };
    let rest: Vec<String> =
        assets.iter().filter(|name| !is_signature(name)).map(lower).filter(|name| !is_list(name)).collect();
    let own = |asset: &String| signatures.iter().any(|signature| signature.starts_with(asset.as_str()));
    if signatures.iter().any(whole) || rest.iter().all(own) { Signed::Fully } else { Signed::Partly }
}

fn seen(release: &Release) -> Evidence {
    let signatures: Vec<&str> =
        release.assets.items.iter().map(String::as_str).filter(|name| is_signature(name)).collect();
    let value = if signatures.is_empty() { "no signature".to_owned() } else { signatures.join(", ") };
    Evidence::new(format!("release {}", release.tag), value)
}

/// `None` when no release carries a signature.
fn judge(releases: &[&Release]) -> Option<Outcome> {
    let count = |level: Signed| releases.iter().filter(|release| signed(release) == level).count();
    let (fully, partly) = (count(Signed::Fully), count(Signed::Partly));
    let evidence = || releases.iter().map(|release| seen(release));
    let all = releases.len();
    if fully + partly == 0 {
        return None;
    }
    Some(if fully == all {
        Outcome::passed(format!("Each of the newest {all} releases carries a signature."), evidence())
    } else if fully + partly == all {
        let detail =
            format!("Signatures cover only part of the assets of {partly} of the newest {all} releases.");
        Outcome::warning(detail, evidence())
    } else {
        let detail = format!("{} of the newest {all} releases carry a signature.", fully + partly);
        Outcome::warning(detail, evidence())
    })
}
