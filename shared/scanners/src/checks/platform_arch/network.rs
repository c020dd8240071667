//! PLAT-005: is access limited to listed networks?

use std::net::IpAddr;

use rust_decimal::Decimal;
use scrutineer_core::{Gap, evidence::org::IpAllowList};

use super::plan;
use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
};

/// PLAT-005.
pub(super) fn allow_list(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    if plan::server_release(subject.org).is_some() {
        return Ok(Outcome::not_applicable(
            "A server of one's own is limited by its network, not by an allow list.",
        ));
    }
    if plan::lacks_enterprise(subject.org) {
        return Ok(Outcome::not_applicable("The organization's plan has no IP allow list."));
    }
    let list = subject.org.security.ip_allow_list.known()?;
    if list.enabled {
        return Ok(enabled(list, limits));
    }
    // Off is only a failure where it could be on.
    plan::tier(subject.org)?;
    let off = Evidence::new("Organization.ipAllowListEnabledSetting", "DISABLED");
    Ok(Outcome::failed("The IP allow list is off: any network may connect.", [off]))
}

fn enabled(list: &IpAllowList, limits: Thresholds<'_>) -> Outcome {
    let active: Vec<&str> =
        list.entries.iter().filter(|(_, on)| *on).map(|(range, _)| range.as_str()).collect();
    let entry = |range: &&str| Evidence::new("Organization.ipAllowListEntries", range);
    let wide: Vec<&str> = active.iter().copied().filter(|range| is_wide(range, limits)).collect();
    if active.is_empty() {
        let on = Evidence::new("Organization.ipAllowListEnabledSetting", "ENABLED");
        return Outcome::warning("The IP allow list is on, but has no active entry.", [on]);
    }
    if let Some(range) = wide.first() {
        let detail = format!("The IP allow list is on, but {range} lets nearly everyone in.");
        return Outcome::warning(detail, wide.iter().map(entry));
    }
    if !list.applies_to_apps {
        let exempt = Evidence::new("Organization.ipAllowListForInstalledAppsEnabledSetting", "DISABLED");
        return Outcome::warning("The IP allow list is on, but installed Apps are exempt.", [exempt]);
    }
    let detail = format!("The IP allow list is on for people and Apps, active entries: {}.", active.len());
    Outcome::passed(detail, active.iter().map(entry))
}

/// Whether a range is wider than the limit of its family; a single address is not.
fn is_wide(range: &str, limits: Thresholds<'_>) -> bool {
    let Some((address, prefix)) = range.split_once('/') else { return false };
    let (Ok(address), Ok(prefix)) = (address.trim().parse::<IpAddr>(), prefix.trim().parse::<u8>()) else {
        return false;
    };
    let limit = match address {
        IpAddr::V4(_) => limits.get("min_ipv4_prefix"),
        IpAddr::V6(_) => limits.get("min_ipv6_prefix"),
    };
    Decimal::from(prefix) < limit
}
