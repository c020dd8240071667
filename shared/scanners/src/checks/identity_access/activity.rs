//! IAM-010: members who do nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_core::{
    Gap,
    evidence::{OrgEvidence, org::Member},
};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
    share::Share,
};

/// IAM-010.
pub(super) fn inactive(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let org = subject.org;
    let members = org.members.known()?;
    let used = last_used(org);
    let limit = limits.get("inactive_days");
    let recent = |at: &Timestamp| {
        Decimal::from(org.observed_at.duration_since(*at).as_secs()) <= limit * Decimal::from(86_400)
    };
    let active =
        |m: &Member| m.contributed.ok() == Some(&true) || used.get(&m.login.key()).is_some_and(recent);
    let idle: Vec<&Member> = members.items.iter().filter(|m| !active(m)).collect();
    let only_contributions = org.credential_authorizations.gap().is_some()
        && org.copilot_seats.gap().is_some()
        && org.fine_grained_tokens.gap().is_some();
    let (known, hidden): (Vec<&Member>, Vec<&Member>) =
        idle.into_iter().partition(|m| m.contributed.gap().is_none());
    let share = Share { part: known.len() as u64, whole: members.total };
    let owners = known.iter().filter(|m| m.is_owner).count();
    let seen = known.iter().map(|m| Evidence::new(if m.is_owner { "owner" } else { "member" }, &m.login));
    let detail = format!("{share} members inactive for {limit} days, owners among them: {owners}.");
    let over = owners > 0 || !share.at_most(limits.get("warn_inactive_percent"));
    if over && !only_contributions {
        return Ok(Outcome::failed(detail, seen));
    }
    // Those whose contributions are hidden, or who were not listed, may be inactive too.
    if let Some(gap) = hidden.first().and_then(|m| m.contributed.gap()) {
        return Err(gap.clone());
    }
    if !members.is_complete() {
        return Err(Gap::Truncated);
    }
    Ok(if owners == 0 && share.at_most(limits.get("max_inactive_percent")) {
        Outcome::passed(detail, seen)
    } else if only_contributions {
        Outcome::warning(format!("{detail} Only contributions could be seen."), seen)
    } else {
        Outcome::warning(detail, seen)
    })
}

/// The last use of a credential or of Copilot, by lower-case login.
fn last_used(org: &OrgEvidence) -> BTreeMap<String, Timestamp> {
    let authorized = org.credential_authorizations.ok().into_iter().flatten();
    let authorized = authorized.filter_map(|c| Some((c.login.key(), c.accessed_at?)));
    let tokens = org.fine_grained_tokens.ok().into_iter().flatten();
    let tokens = tokens.filter_map(|t| Some((t.owner.key(), t.last_used_at?)));
    let seats = org.copilot_seats.ok().into_iter().flatten();
    let seats = seats.filter_map(|(login, at)| Some((login.to_ascii_lowercase(), (*at)?)));
    let mut last = BTreeMap::new();
    for (login, at) in authorized.chain(tokens).chain(seats) {
        let latest = last.entry(login).or_insert(at);
        *latest = (*latest).max(at);
    }
    last
}
