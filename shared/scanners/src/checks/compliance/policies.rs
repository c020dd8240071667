//! COMP-004, COMP-006, COMP-008 and COMP-010: policies that are written down.

use rust_decimal::Decimal;
use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::papers::Papers,
    finding::Evidence,
    snapshot::{Described, DetectorId, Hit, Note, Says, Snapshot, TopicId},
};

/// How much a security policy says: a channel, and a response time or supported versions.
fn completeness(policy: &Described) -> (bool, bool) {
    let expectation = policy.says(Says::Response).or_else(|| policy.says(Says::SupportedVersions));
    (policy.says(Says::Channel).is_some(), expectation.is_some())
}

/// COMP-004.
pub(super) fn security(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let id = TopicId::SecurityPolicy;
    let own = subject.files.ok().into_iter().flat_map(|files| files.documents().about(id));
    let all: Vec<&Described> = own.chain(subject.docs.documents().about(id)).collect();
    if let Some(policy) = all.iter().find(|policy| completeness(policy) == (true, true)) {
        let channel = policy.says(Says::Channel).unwrap_or_default();
        let words = policy.says(Says::Response).or_else(|| policy.says(Says::SupportedVersions));
        let detail = format!(
            "{} names where to report ({channel}) and what to expect (\"{}\").",
            policy.hit.source(),
            words.unwrap_or_default()
        );
        return Ok(Outcome::passed(detail, [policy.hit.evidence()]));
    }
    if let Some(policy) = all.iter().max_by_key(|policy| completeness(policy)) {
        let lacks = match completeness(policy) {
            (true, _) => "neither a response time nor supported versions",
            (false, true) => "no way to report",
            (false, false) => "neither a way to report nor what to expect",
        };
        let detail = format!("{} names {lacks}.", policy.hit.source());
        return Ok(Outcome::warning(detail, [policy.hit.evidence()]));
    }
    let enabled = subject.repo.posture.known()?.security_policy_enabled;
    if enabled == Some(true) {
        subject.files.known()?;
        let seen = Evidence::new("Repository.isSecurityPolicyEnabled", true);
        return Ok(Outcome::warning("GitHub shows a security policy whose text was not found.", [seen]));
    }
    if let Some(files) = subject.files.ok() {
        files.absent()?;
    }
    subject.docs.complete()?;
    let seen = enabled.map(|enabled| Evidence::new("Repository.isSecurityPolicyEnabled", enabled));
    Ok(Outcome::failed("Neither the repository nor the organization has a security policy.", seen))
}

/// Where configuration limits how long something is kept.
fn retention_settings(files: &Snapshot) -> Vec<Hit> {
    let mut found = files.notes(Note::RetentionSetting).to_vec();
    let steps = files.ci().steps_on(&[]);
    found.extend(steps.filter_map(|found| {
        let days = found.step.input("retention-days")?;
        Some(Hit::at(&found.step.path, found.step.line, format!("retention-days: {days}")))
    }));
    found
}

/// COMP-006.
pub(super) fn retention(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let profile = papers.files.profile();
    if (profile.library || profile.docs) && !profile.data && !profile.service {
        papers.files.absent()?;
        let what = if profile.library { "A library" } else { "A repository of documents" };
        return Ok(Outcome::not_applicable(format!("{what} holds no data.")));
    }
    let settings = retention_settings(papers.files);
    let document = papers.topic(TopicId::Retention).map(|topic| &topic.hit);
    let seen = || document.into_iter().chain(settings.iter().take(5)).map(Hit::evidence);
    Ok(match (document, settings.first()) {
        (Some(written), Some(set)) => {
            let detail = format!(
                "{} names retention periods, and {} sets one ({}).",
                written.source(),
                set.source(),
                set.what
            );
            Outcome::passed(detail, seen())
        }
        (Some(written), None) if !profile.data => {
            Outcome::passed(format!("{} names retention periods.", written.source()), seen())
        }
        (Some(written), None) => {
            papers.files.absent()?;
            let detail =
                format!("{} names retention periods, but no configuration sets one.", written.source());
            Outcome::warning(detail, seen())
        }
        (None, Some(set)) => {
            let detail = format!("{} sets a period ({}), but no document names one.", set.source(), set.what);
            Outcome::warning(detail, seen())
        }
        (None, None) => {
            if let Some(stub) = papers.stub(TopicId::Retention) {
                let detail = format!("{} only points to another place.", stub.hit.source());
                return Ok(Outcome::warning(detail, [stub.hit.evidence()]).by_absence());
            }
            papers.complete()?;
            Outcome::failed("No retention period is written down or set.", [])
        }
    })
}

/// COMP-008.
pub(super) fn vendors(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let id = TopicId::VendorRisk;
    let assessed = |d: &&Described| d.says(Says::Dated).is_some() || d.says(Says::Rated).is_some();
    if let Some(found) = papers.about(id).find(assessed) {
        let words = found.says(Says::Rated).or_else(|| found.says(Says::Dated)).unwrap_or_default();
        let detail = format!("{} holds an assessment (\"{words}\").", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let files = papers.files;
    let images = files.ci().jobs().any(|(_, job)| !job.images.is_empty());
    let Some(first) = files.dependencies().first() else {
        let used = [DetectorId::Db, DetectorId::ErrorTracking, DetectorId::Iac, DetectorId::Dockerfile];
        if !images && used.iter().all(|detector| files.detector(*detector).is_empty()) {
            files.absent()?;
            return Ok(Outcome::not_applicable("No third-party service or dependency is used."));
        }
        return judge_vendors(papers, "Third-party services are used", []);
    };
    let count = files.dependencies().len();
    let used = Evidence::new(&first.manifest, format!("{} and others", first.name));
    judge_vendors(papers, &format!("{count} direct dependencies are used"), [used])
}

fn judge_vendors(
    papers: Papers<'_>,
    used: &str,
    seen: impl IntoIterator<Item = Evidence>,
) -> Result<Outcome, Gap> {
    let id = TopicId::VendorRisk;
    let written = papers.topic(id).or_else(|| papers.stub(id)).map(|topic| &topic.hit);
    if let Some(hit) = written.or_else(|| papers.about(id).next().map(|d| &d.hit)) {
        let detail = format!("{} says how, but holds no dated or rated assessment.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    let detail = format!("{used}, and no assessment of vendors or third parties is written.");
    Ok(Outcome::failed(detail, seen).by_absence())
}

/// COMP-010.
pub(super) fn mapping(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let id = TopicId::RegulatoryMapping;
    let most = |d: &&Described| (d.says(Says::Framework).is_some(), d.all(Says::Control).count());
    let controls = |d: &Described| d.all(Says::Control).count();
    let best = papers.about(id).filter(|d| controls(d) > 0).max_by_key(most);
    if let Some(found) = best {
        let count = controls(found);
        let first: Vec<&str> = found.all(Says::Control).take(5).collect();
        let listed =
            format!("{} lists {count} control identifiers ({} …)", found.hit.source(), first.join(", "));
        let seen = [found.hit.evidence()];
        return Ok(match found.says(Says::Framework) {
            Some(name) if Decimal::from(count) >= limits.get("min_controls") => {
                Outcome::passed(format!("{listed} of {name}."), seen)
            }
            Some(name) => Outcome::warning(format!("{listed} of {name}."), seen),
            None => Outcome::warning(format!("{listed} of no named framework."), seen),
        });
    }
    if let Some(hit) =
        papers.stub(id).map(|stub| &stub.hit).or_else(|| papers.about(id).next().map(|d| &d.hit))
    {
        let detail = format!("{} lists no control identifier.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    Ok(Outcome::failed("No document or policy maps controls of a framework.", []))
}
