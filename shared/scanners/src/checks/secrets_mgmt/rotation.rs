//! SEC-008: how old Actions secrets are, and whether rotation is written down.

use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::logins;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    share::Share,
    snapshot::{Hit, Snapshot, TopicId, TopicKind},
};

/// SEC-008.
pub(super) fn policy(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = subject.files.known()?;
    let names = files.ci().secrets();
    if names.is_empty() {
        return without_secrets(subject, files);
    }
    let secrets = listed(subject, files)?;
    let hidden = subject.org.actions_secrets.gap();
    if secrets.is_empty() {
        if let Some(gap) = hidden {
            return Err(gap.clone());
        }
        return Err(Gap::unsupported("what it reads are environment secrets, whose dates are not listed"));
    }
    let limit = limits.get("max_age_days") * Decimal::from(86_400);
    let age = |at: &Timestamp| Decimal::from(subject.repo.observed_at.duration_since(*at).as_secs());
    let old: Vec<_> = secrets.iter().filter(|(_, at)| age(at) > limit).collect();
    let share = Share::of(old.len(), secrets.len());
    let seen: Vec<Evidence> = if old.is_empty() {
        secrets.iter().map(dated).collect()
    } else {
        old.into_iter().map(dated).collect()
    };
    if !share.at_most(limits.get("max_older_percent")) {
        return Ok(Outcome::failed(format!("Actions secrets older than a year: {share}."), seen));
    }
    let documented = documented(subject, files)?;
    let detail = match &documented {
        Some(hit) => {
            format!("{share} Actions secrets are too old; rotation is described in {}.", hit.source())
        }
        None => format!("{share} Actions secrets are too old; rotation is described nowhere."),
    };
    Ok(match (share.part, documented, hidden) {
        (0, Some(_), Some(gap)) => {
            let detail = format!("{detail} Those of the organization were not read ({gap}).");
            Outcome::warning(detail, seen)
        }
        (0, Some(hit), None) => Outcome::passed(detail, std::iter::once(hit.evidence()).chain(seen)),
        (0, None, _) => Outcome::warning(detail, seen).by_absence(),
        (_, Some(_), _) => Outcome::warning(detail, seen),
        (_, None, _) => Outcome::failed(detail, seen),
    })
}

/// CI reads no stored secret: because it logs in by OIDC, or because it needs none.
fn without_secrets(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Outcome, Gap> {
    files.absent()?;
    let logins = logins::short_lived_logins(files);
    let Some(first) = logins.first() else {
        return Ok(Outcome::not_applicable("The repository uses no Actions secret."));
    };
    let login = first.source();
    Ok(match documented(subject, files)? {
        Some(hit) => {
            let detail = format!(
                "No Actions secret to rotate: {login} logs in by OIDC; {} describes it.",
                hit.source()
            );
            Outcome::passed(detail, [first.evidence(), hit.evidence()])
        }
        None => {
            let detail = format!(
                "No Actions secret to rotate: {login} logs in by OIDC; rotation is described nowhere."
            );
            Outcome::warning(detail, [first.evidence()]).by_absence()
        }
    })
}

/// Secrets of the repository, and those of the organization that CI names.
fn listed(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Vec<(String, Timestamp)>, Gap> {
    let names = files.ci().secrets();
    let named = |name: &str| names.iter().any(|used| used.eq_ignore_ascii_case(name));
    let own = subject.repo.details.actions_secrets.known()?.iter().cloned();
    let of_org = subject.org.actions_secrets.ok().into_iter().flatten();
    let of_org = of_org.filter(|secret| named(&secret.name)).map(|s| (s.name.clone(), s.updated_at));
    Ok(own.chain(of_org).collect())
}

fn dated((name, at): &(String, Timestamp)) -> Evidence {
    Evidence::new(format!("Actions secret {name}"), format!("updated {}", at.strftime("%F")))
}

/// Where rotation is described, in the repository or for the whole organization; a link elsewhere is not enough.
fn documented(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Hit>, Gap> {
    let full = |found: &&crate::snapshot::TopicHit| found.kind != TopicKind::Stub;
    if let Some(own) = files.topic(TopicId::SecretRotation).filter(full) {
        return Ok(Some(own.hit.clone()));
    }
    let of_org = subject.docs.topic(TopicId::SecretRotation);
    if let Some(found) = of_org.ok().copied().flatten().filter(full) {
        return Ok(Some(found.hit.clone()));
    }
    of_org.known()?;
    files.absent()?;
    Ok(None)
}
