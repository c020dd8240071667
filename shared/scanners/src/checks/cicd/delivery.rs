//! CICD-006: what is shipped is shipped by a machine.

use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{absent, deployments::recorded};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Snapshot},
};

/// CICD-006.
pub(super) fn deployment_automated(
    subject: &RepoSubject<'_>,
    thresholds: Thresholds<'_>,
) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let website = is_website(subject, files);
    let mut detectors = vec![(DetectorId::Deploy, "deploys"), (DetectorId::Publish, "publishes")];
    if website {
        detectors.push((DetectorId::PagesDeploy, "deploys the website"));
    }
    for (id, verb) in detectors {
        if let Some(found) = files.ci().steps_with(id, &[]).next() {
            let hit = found.seen();
            let detail = format!("Job {} in {} {verb}: {}.", found.job.id, hit.source(), hit.what);
            return Ok(Outcome::passed(detail, [hit.evidence()]));
        }
    }
    if let Some(hit) = files.detector(DetectorId::Gitops).content.first() {
        let detail = format!("{} hands the repository to a GitOps controller ({}).", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let records = recorded(subject, thresholds.get("max_age_days"));
    if let Some(newest) = records.ok().and_then(|records| records.iter().max_by_key(|d| d.created_at)) {
        let evidence = Evidence::new(
            "Repository.deployments",
            format!("{} at {}", newest.environment, newest.created_at),
        );
        return Ok(Outcome::passed(
            format!("A deployment to {} is on record.", newest.environment),
            [evidence],
        ));
    }
    absent(subject, files)?;
    let Some(ships) = ships(subject, files)? else {
        return Ok(Outcome::not_applicable(
            "The repository ships nothing: no service, package, client, infrastructure or release.",
        ));
    };
    records.known()?;
    let days: Decimal = thresholds.get("max_age_days");
    let detail = format!(
        "{} is shipped, but no job deploys or publishes, and no deployment is on record in {days} days.",
        ships.source
    );
    Ok(Outcome::failed(detail, [ships]))
}

fn is_website(subject: &RepoSubject<'_>, files: &Snapshot) -> bool {
    let listing = &subject.repo.listing;
    listing.has_pages || listing.name.name().ends_with(".github.io") || files.profile().docs
}

/// What shows that the repository ships something; an error when releases would tell and cannot be read.
fn ships(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Evidence>, Gap> {
    let kinds = ["service", "infra", "library", "app", "ships"];
    let shown = files.profile().because.iter().find(|(kind, _)| kinds.contains(kind));
    if let Some((kind, path)) = shown {
        return Ok(Some(Hit::at(path, 0, format!("profile: {kind}")).evidence()));
    }
    let releases = subject.repo.activity.known()?.releases.known()?;
    let newest = releases.items.iter().find(|release| !release.is_draft);
    Ok(newest.map(|release| Evidence::new("Repository.releases", &release.tag)))
}
