//! SDLC-006 and SDLC-007: how versions come about and what they are called.

use std::{cmp::Ordering, collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{history::shipped, papers::Papers},
    finding::Evidence,
    share::Share,
    snapshot::{CiStep, DetectorId, NameKind, Note, TopicId, name_matches},
};

/// Tools that make a release from the commits, without a person.
const AUTOMATIC: &[&str] = &[
    "release-please",
    "semantic-release",
    "changeset",
    "goreleaser",
    "release-plz",
    "jreleaser",
    "cargo-dist",
];

/// A step that releases by itself: one of the tools, or a publication that a tag or release starts.
fn automatic(found: &CiStep<'_>) -> bool {
    let hit = found.seen().what.to_ascii_lowercase();
    let tool = AUTOMATIC.iter().any(|tool| hit.contains(tool));
    let by_tag = found.workflow.triggers.iter().any(|t| t.tags_only || t.event == "release");
    tool || by_tag
}

/// SDLC-006.
pub(super) fn process(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(found) = papers.topic(TopicId::Release) {
        let detail = format!("{} describes how a release is made.", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let step = papers.files.ci().steps_with(DetectorId::Publish, &[]).find(automatic).map(|s| s.seen());
    let newest = match &step {
        // A release is asked for only where a workflow could have made it.
        Some(_) => {
            let releases = subject.repo.activity.known()?.releases.known()?;
            releases.items.iter().find(|release| !release.is_draft)
        }
        None => None,
    };
    if let (Some(step), Some(release)) = (&step, newest) {
        let detail = format!("{} releases by itself ({}), last {}.", step.source(), step.what, release.tag);
        let seen = Evidence::new("Repository.releases.tagName", &release.tag);
        return Ok(Outcome::passed(detail, [step.evidence(), seen]));
    }
    let Some(shipped) = shipped(subject, papers.files)? else {
        return Ok(Outcome::not_applicable("Nothing is released or deployed from here."));
    };
    let thin = papers.stub(TopicId::Release).map(|stub| &stub.hit);
    if let Some(hit) = thin.or_else(|| papers.about(TopicId::Release).next().map(|found| &found.hit)) {
        let detail = format!("{} names the release process without describing it.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    Ok(match step {
        Some(step) => {
            let detail = format!(
                "{} would release by itself ({}), but there is no release, and no document describes one.",
                step.source(),
                step.what
            );
            Outcome::failed(detail, [step.evidence()])
        }
        None => {
            let detail = format!(
                "{} is shipped, but no document or release workflow says how a version is made.",
                shipped.source
            );
            Outcome::failed(detail, [shipped])
        }
    })
}

/// Tags looked at, newest first.
const TAGS: usize = 30;

static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d+\.\d+|^[vV]\d").expect("a constant pattern"));
static CALENDAR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[-/@v])20\d\d[.-]\d{1,2}(?:[.-]\d+)*").expect("a constant pattern"));
static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?<line>(?:.*?[-/@])?)v?(?<major>\d+)\.(?<minor>\d+)\.(?<patch>\d+)(?:-(?<pre>[0-9A-Za-z.-]+))?(?:\+.*)?$")
        .expect("a constant pattern")
});

/// A release line: prefix, major and minor.
type Line = (String, u64, u64);
/// A version within its line: patch and pre-release.
type Version = (u64, String);

/// A version in its release line.
fn in_line(tag: &str) -> Option<(Line, Version)> {
    let parts = PARTS.captures(tag)?;
    let number = |name: &str| parts[name].parse().ok();
    let line = (parts["line"].to_owned(), number("major")?, number("minor")?);
    Some((
        line,
        (number("patch")?, parts.name("pre").map_or_else(String::new, |pre| pre.as_str().to_owned())),
    ))
}

/// Order of versions in a line, by SemVer: a pre-release precedes its release, numbers compare as numbers.
fn order(a: &Version, b: &Version) -> Ordering {
    let pre = |a: &str, b: &str| match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let identifiers = |text: &str| {
                let number = |id: &str| {
                    id.parse::<u64>().map_or_else(|_| (1, 0, id.to_owned()), |n| (0, n, String::new()))
                };
                text.split('.').map(number).collect::<Vec<_>>()
            };
            identifiers(a).cmp(&identifiers(b))
        }
    };
    a.0.cmp(&b.0).then_with(|| pre(&a.1, &b.1))
}

/// The first pair of tags, newer and older, whose versions run backwards in their line.
fn backwards<'a>(newest_first: &[&'a str]) -> Option<(&'a str, &'a str)> {
    let mut last: BTreeMap<Line, (&str, Version)> = BTreeMap::new();
    for tag in newest_first {
        let Some((line, version)) = in_line(tag) else { continue };
        if let Some((newer, known)) = last.get(&line)
            && order(known, &version) != Ordering::Greater
        {
            return Some((newer, tag));
        }
        last.insert(line, (tag, version));
    }
    None
}

/// SDLC-007.
pub(super) fn semantic_versions(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let tags = subject.repo.activity.known()?.tags.known()?;
    if tags.items.is_empty() {
        return Ok(Outcome::not_applicable("The repository has no tag."));
    }
    let names: Vec<&str> = tags
        .items
        .iter()
        .map(|tag| tag.name.as_str())
        .filter(|name| VERSION.is_match(name))
        .take(TAGS)
        .collect();
    if names.is_empty() {
        let seen = tags.items.iter().map(|tag| Evidence::new("tag", &tag.name));
        return Ok(Outcome::failed("No tag looks like a version.", seen));
    }
    let (good, odd): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| name_matches(DetectorId::SemverTag, NameKind::Tag, name));
    let share = Share::of(good.len(), names.len());
    let seen = || odd.iter().map(|name| Evidence::new("tag", name));
    if share.at_least(limits.get("min_percent")) {
        return Ok(match backwards(&names) {
            None => Outcome::passed(
                format!("{share} version tags are semantic versions, each above the last."),
                seen(),
            ),
            Some((newer, older)) => {
                let detail =
                    format!("{share} version tags are semantic versions, but {newer} came after {older}.");
                Outcome::warning(detail, [Evidence::new("tag", newer), Evidence::new("tag", older)])
            }
        });
    }
    if share.at_least(limits.get("warn_percent")) {
        return Ok(Outcome::warning(format!("{share} version tags are semantic versions."), seen()));
    }
    let dated = names.iter().filter(|name| CALENDAR.is_match(name)).count();
    if Share::of(dated, names.len()).at_least(limits.get("warn_percent")) {
        let files = *subject.files.known()?;
        if let Some(hit) = files.notes(Note::CalendarVersions).first() {
            let detail = format!("Versions are dates, as {} says ({}).", hit.source(), hit.what);
            return Ok(Outcome::warning(detail, [hit.evidence()]));
        }
        files.absent()?;
        return Ok(Outcome::failed("Versions are dates, which no document explains.", seen()));
    }
    Ok(Outcome::failed(format!("{share} version tags are semantic versions."), seen()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_rise_within_their_line() {
        assert_eq!(backwards(&["v1.3.0", "v1.2.1", "v1.2.0", "v1.2.0-rc.2", "v1.2.0-rc.1"]), None);
        assert_eq!(backwards(&["v1.2.9", "v1.3.0", "v1.2.8"]), None, "an older line is still maintained");
        assert_eq!(backwards(&["v1.2.0", "v1.2.1"]), Some(("v1.2.0", "v1.2.1")));
        assert_eq!(backwards(&["v1.2.0-rc.1", "v1.2.0"]), Some(("v1.2.0-rc.1", "v1.2.0")));
        assert_eq!(backwards(&["a@1.0.0", "b@1.0.1", "a@0.9.0"]), None);
        assert_eq!(backwards(&["v1.0.0-rc.10", "v1.0.0-rc.9"]), None);
    }
}
