//! IAM-005: accounts that machines use, and what they hold.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use scrutineer_core::{
    Gap,
    evidence::org::{CredentialAuthorization, FineGrainedToken},
};

use super::tokens;
use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    contribution::Gathered,
    finding::Evidence,
    snapshot::{DetectorId, NameKind, name_matches},
};

/// The machine accounts and why some may be missing.
struct Machines {
    /// Lower-case logins, with what made them machines.
    accounts: BTreeMap<String, String>,
    gap: Option<Gap>,
}

/// IAM-005.
pub(super) fn service_tokens(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let machines = machines(subject, limits)?;
    let long_lived = long_lived(subject, &machines);
    if let Some(first) = long_lived.first() {
        let detail = format!("{} holds a {}.", first.source, first.value);
        return Ok(Outcome::failed(detail, long_lived));
    }
    if let Some(gap) = machines.gap {
        return Err(gap);
    }
    let seen = || machines.accounts.iter().map(|(login, why)| Evidence::new(login, why));
    let count = machines.accounts.len();
    if count == 0 {
        let apps = subject.org.installations.ok().into_iter().flatten();
        let apps = apps.map(|app| Evidence::new("GET /orgs/{org}/installations", &app.app_slug));
        return Ok(Outcome::passed(
            "No machine account: automation runs as Apps or with GITHUB_TOKEN.",
            apps,
        ));
    }
    let hidden = subject.org.credential_authorizations.gap().or(subject.org.fine_grained_tokens.gap());
    Ok(match hidden {
        Some(gap) => Outcome::warning(
            format!("Machine accounts: {count}; what they hold cannot be seen ({gap})."),
            seen(),
        ),
        None => Outcome::passed(
            format!("Machine accounts: {count}; each holds expiring fine-grained tokens."),
            seen(),
        ),
    })
}

/// Accounts with access whose name or behaviour is a machine's.
fn machines(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Machines, Gap> {
    let members = subject.org.members.known()?;
    let outside = Gathered::pages(subject.repositories, |r| &r.outside_collaborators);
    let direct = Gathered::pages(subject.repositories, |r| &r.direct_collaborators);
    let authors = Gathered::facts(subject.repositories, |r| &r.authors, Vec::as_slice);
    let incomplete = (!members.is_complete()).then_some(Gap::Truncated);

    let mut people: BTreeSet<String> = members.items.iter().map(|m| m.login.key()).collect();
    people.extend(outside.items.iter().chain(&direct.items).map(|(_, p)| p.login.to_ascii_lowercase()));
    let mut work: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (login, pulls, reviews) in authors.items.iter().flat_map(|(_, list)| *list) {
        let (opened, reviewed) = work.entry(login.to_ascii_lowercase()).or_default();
        *opened += pulls;
        *reviewed += reviews;
    }
    let accounts = people.into_iter().filter_map(|login| {
        let (opened, reviewed) = work.get(&login).copied().unwrap_or_default();
        let busy = reviewed == 0 && Decimal::from(opened) >= limits.get("min_unreviewed_pulls");
        let why = if name_matches(DetectorId::BotLogin, NameKind::Login, &login) {
            "named like a machine".to_owned()
        } else if busy {
            format!("{opened} pull requests and no review in 180 days")
        } else {
            return None;
        };
        Some((login, why))
    });
    let gap = incomplete.or(outside.gap).or(direct.gap).or(authors.gap);
    Ok(Machines { accounts: accounts.collect(), gap })
}

/// Credentials of machines that do not end by themselves, as account → what.
fn long_lived(subject: &OrgSubject<'_>, machines: &Machines) -> Vec<Evidence> {
    let org = subject.org;
    let authorized = org.credential_authorizations.ok().into_iter().flatten();
    let authorized = authorized.filter_map(|c| Some((&c.login, lasting(c)?)));
    let fine = org.fine_grained_tokens.ok().into_iter().flatten();
    let fine = fine.filter(|t| never_ends(t)).map(|t| (&t.owner, "fine-grained token without expiry"));
    let held = authorized.chain(fine).filter(|(login, _)| machines.accounts.contains_key(&login.key()));
    held.map(|(login, what)| Evidence::new(login.as_str(), what)).collect()
}

fn lasting(credential: &CredentialAuthorization) -> Option<&'static str> {
    if tokens::is_classic(credential) {
        Some("classic personal access token")
    } else if credential.credential_type.eq_ignore_ascii_case("ssh key") && credential.expires_at.is_none() {
        Some("SSH key without expiry")
    } else {
        None
    }
}

fn never_ends(token: &FineGrainedToken) -> bool {
    !token.expired && token.expires_at.is_none()
}
