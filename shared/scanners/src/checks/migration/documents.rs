//! MIG-001 to MIG-003 and MIG-005: what others are told about change.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{consumed, documented};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Note, Snapshot, TopicId, TopicKind},
};

static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\d.])v?(\d{1,4})\.\d+(?:\.\d+)?").expect("a constant pattern"));

/// Major versions of releases and tags; calendar versions are none.
fn majors(subject: &RepoSubject<'_>) -> Result<BTreeSet<u64>, Gap> {
    let activity = subject.repo.activity.known()?;
    let releases = activity.releases.known()?.items.iter().filter(|r| !r.is_draft && !r.is_prerelease);
    let tags = activity.tags.known()?.items.iter().map(|tag| tag.name.as_str());
    let names = releases.map(|release| release.tag.as_str()).chain(tags);
    let major = |name: &str| VERSION.captures(name)?.get(1)?.as_str().parse().ok();
    Ok(names.filter_map(major).filter(|major| *major < 1900).collect())
}

/// MIG-001.
pub(super) fn guide(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let Some(user) = consumed(subject, files)? else {
        return Ok(Outcome::not_applicable("Nothing of the repository is consumed by others."));
    };
    let newest = majors(subject)?.last().copied().unwrap_or(0);
    if newest < 2 {
        return Ok(Outcome::not_applicable(format!("No second major version is out (newest: {newest}).")));
    }
    let guides = &files.evolution().guides;
    if let Some(guide) = guides.iter().find(|guide| guide.majors.contains(&newest)) {
        let detail = format!("{} covers version {newest}.", guide.hit.source());
        return Ok(Outcome::passed(detail, [guide.hit.evidence()]));
    }
    files.absent()?;
    if let Some(guide) = guides.iter().max_by_key(|guide| guide.majors.last().copied()) {
        let detail = format!("{} does not cover version {newest}, the newest major.", guide.hit.source());
        return Ok(Outcome::warning(detail, [guide.hit.evidence()]));
    }
    if let Some(topic) = documented(subject, files, TopicId::Migration)? {
        let detail = format!("{} is about upgrades, but names no version {newest}.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence()]));
    }
    Ok(Outcome::failed(format!("Version {newest} is out, and no document says how to get there."), [user]))
}

/// MIG-002.
pub(super) fn api_versions(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let spec = files.detector(DetectorId::ApiSpec).all().next();
    if spec.is_none() && !files.profile().http {
        files.absent()?;
        return Ok(Outcome::not_applicable("The repository offers no network API."));
    }
    let versions = files.detector(DetectorId::ApiVersion);
    if let Some(hit) = versions.content.first() {
        let detail = format!("{} carries a version: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, versions.content.iter().map(Hit::evidence)));
    }
    files.absent()?;
    if let Some(topic) = documented(subject, files, TopicId::ApiVersioning)? {
        let detail = format!("Versions are described at {}, but no route carries one.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence()]));
    }
    let because =
        files.profile().because.iter().find(|(kind, _)| *kind == "http").map(|(_, path)| path.as_str());
    let seen = spec.map_or_else(|| Evidence::new(because.unwrap_or("profile"), "speaks HTTP"), Hit::evidence);
    Ok(Outcome::failed(format!("The API at {} carries no version.", seen.source), [seen]))
}

/// MIG-003.
pub(super) fn deprecation(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let Some(user) = consumed(subject, files)? else {
        return Ok(Outcome::not_applicable("Nothing of the repository is consumed by others."));
    };
    let marks = files.notes(Note::Deprecated);
    let topic = documented(subject, files, TopicId::Deprecation);
    if let Ok(Some(topic)) = &topic {
        let at = topic.hit.source();
        return Ok(match topic.kind {
            TopicKind::Stub => {
                Outcome::warning(format!("{at} only links to a policy elsewhere."), [topic.hit.evidence()])
            }
            _ => Outcome::passed(format!("A deprecation policy stands at {at}."), [topic.hit.evidence()]),
        });
    }
    if let Some(mark) = marks.first() {
        let detail =
            format!("{} names the removal of a deprecated part, but no policy is written.", mark.source());
        return Ok(Outcome::warning(detail, marks.iter().map(Hit::evidence)));
    }
    topic?;
    files.absent()?;
    let detail =
        format!("{} is consumed by others, and no deprecation or support policy is written.", user.source);
    Ok(Outcome::failed(detail, [user]))
}

/// Two platforms, backends or major versions, as far as tags, runners and clients tell.
fn variants(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Evidence>, Gap> {
    let systems: BTreeSet<&str> = files
        .ci()
        .jobs()
        .flat_map(|(_, job)| &job.runs_on)
        .filter_map(|label| ["ubuntu", "windows", "macos"].into_iter().find(|name| label.contains(name)))
        .collect();
    if systems.len() >= 2 {
        let names: Vec<&str> = systems.into_iter().collect();
        return Ok(Some(Evidence::new("runs-on", names.join(", "))));
    }
    let has = |name: &str| files.paths().iter().find(|path| path.ends_with(name));
    if let (Some(android), Some(_)) = (has("AndroidManifest.xml"), has("Info.plist")) {
        return Ok(Some(Evidence::new(android, "Android and iOS clients")));
    }
    let families = ["postgres", "mysql", "sqlite", "mongo", "mssql"];
    let named = |name: &str| {
        families
            .iter()
            .position(|f| name.contains(f) || *f == "postgres" && (name == "pg" || name.contains("psycopg")))
    };
    let deps = &files.detector(DetectorId::Db).deps;
    let backends: BTreeSet<usize> =
        deps.iter().filter_map(|hit| named(&hit.what.to_ascii_lowercase())).collect();
    if let (true, Some(first)) = (backends.len() >= 2, deps.first()) {
        return Ok(Some(Evidence::new(&first.path, "drivers of several databases")));
    }
    let majors = majors(subject)?;
    let list: Vec<String> = majors.iter().map(u64::to_string).collect();
    Ok((majors.iter().filter(|major| **major > 0).count() >= 2)
        .then(|| Evidence::new("Repository.refs", format!("major versions {}", list.join(", ")))))
}

/// MIG-005.
pub(super) fn parity(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let Some(variant) = variants(subject, files)? else {
        files.absent()?;
        let detail = "Only one platform, backend and major version is known.";
        return Ok(Outcome::not_applicable(detail));
    };
    if let Some((hit, rows)) = files.evolution().matrices.first() {
        let detail = format!("{} lists {rows} rows.", hit.source());
        let evidence = [hit.evidence(), variant];
        return Ok(if Decimal::from(*rows) >= limits.get("min_rows") {
            Outcome::passed(detail, evidence)
        } else {
            Outcome::warning(detail, evidence)
        });
    }
    files.absent()?;
    if let Some(topic) = documented(subject, files, TopicId::FeatureParity)? {
        let detail = format!("{} is about features, but holds no list.", topic.hit.source());
        return Ok(Outcome::warning(detail, [topic.hit.evidence(), variant]));
    }
    let detail = format!("No document says which features {} have ({}).", variant.value, variant.source);
    Ok(Outcome::failed(detail, [variant]))
}
