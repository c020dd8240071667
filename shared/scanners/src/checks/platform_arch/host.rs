//! PLAT-001 and PLAT-002: who answers, and is it still supported?

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::org::Platform};

use super::plan::server_release;
use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
};

/// Last day of support of each GitHub Enterprise Server release, as `3.MINOR`, ISO date.
///
/// Source: "GitHub Enterprise Server releases" on docs.github.com. Older releases ended before the first date,
/// newer ones than the last are taken as supported.
const SERVER_SUPPORT_ENDS: &[(u64, &str)] = &[
    (13, "2025-06-19"),
    (14, "2026-04-23"),
    (15, "2026-04-23"),
    (16, "2026-06-25"),
    (17, "2026-08-25"),
    (18, "2026-10-14"),
    (19, "2026-12-09"),
    (20, "2027-03-17"),
    (21, "2027-06-11"),
];

/// PLAT-001.
pub(super) fn recognised(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let name = match subject.org.platform.known()? {
        Platform::GitHubCom => "GitHub.com".to_owned(),
        Platform::GheCom { subdomain } => format!("GitHub Enterprise Cloud at {subdomain}.ghe.com"),
        Platform::Ghes { version } => format!("GitHub Enterprise Server {version}"),
        Platform::Unrecognised { host } => {
            return Err(Gap::unsupported(format!(
                "{host} answers, but is no GitHub host this build recognises"
            )));
        }
    };
    let seen = Evidence::new("GET /orgs/{org}#login", &subject.org.login);
    Ok(Outcome::passed(format!("{name} answers for {}.", subject.org.login), [seen]))
}

/// PLAT-002.
pub(super) fn api_version(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let versions = subject.org.api_versions.known()?;
    let today = today(subject.org.observed_at);
    let pinned = &versions.pinned;
    let offered = [Evidence::new("GET /versions", versions.offered.join(", "))];
    if !versions.offered.contains(pinned) {
        return Ok(Outcome::failed(format!("Version {pinned} is not offered any more."), offered));
    }
    if let Some((release, end)) = server_release(subject.org).and_then(|v| ended(v, today)) {
        let detail =
            format!("Version {pinned} is offered, but support of server release {release} ended {end}.");
        return Ok(Outcome::warning(detail, offered));
    }
    let limit = limits.get("newer_for_days");
    let old = versions.offered.iter().filter(|v| *v > pinned).find(|v| days_since(v, today) > Some(limit));
    Ok(match old {
        Some(newer) => {
            Outcome::warning(format!("Version {pinned} is offered, {newer} replaces it."), offered)
        }
        None => Outcome::passed(format!("Version {pinned} is offered and current."), offered),
    })
}

fn today(observed_at: Timestamp) -> Date {
    observed_at.to_zoned(TimeZone::UTC).date()
}

/// Days since a calendar version came out; none for a version that is not a date.
fn days_since(version: &str, today: Date) -> Option<Decimal> {
    let released: Date = version.parse().ok()?;
    Some(Decimal::from(today.duration_since(released).as_hours() / 24))
}

/// The release as `3.MINOR` and its last day of support, when that is past.
fn ended(version: &str, today: Date) -> Option<(String, &'static str)> {
    let mut parts = version.split('.').map(|part| part.parse::<u64>().ok());
    let (Some(3), Some(minor)) = (parts.next()?, parts.next()?) else { return None };
    let (oldest, first_end) = *SERVER_SUPPORT_ENDS.first()?;
    let end = match SERVER_SUPPORT_ENDS.iter().find(|(release, _)| *release == minor) {
        Some((_, end)) => end,
        None if minor < oldest => first_end,
        None => return None,
    };
    (end.parse::<Date>().ok()? < today).then(|| (format!("3.{minor}"), end))
}
