//! PLAT-007: how many repositories have code security on, and do new ones get it?

use scrutineer_core::{Gap, evidence::org::SecurityConfiguration};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    contribution::RepoContribution,
    finding::Evidence,
    share::Share,
};

/// How many repositories have it, and how many could not be read.
struct Spread {
    on: usize,
    unknown: usize,
    total: usize,
    gap: Option<Gap>,
    off: Vec<Evidence>,
}

/// PLAT-007.
pub(super) fn advanced_security(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let default = default_for_new(subject.org.security_configurations.known()?);
    let spread = spread(subject.repositories);
    let least = Share::of(spread.on, spread.total);
    let most = Share::of(spread.on + spread.unknown, spread.total);
    let (pass, warn) = (limits.get("pass_percent"), limits.get("warn_percent"));
    let new = match &default {
        Some(name) => format!("new repositories get configuration \"{name}\""),
        None => "no default configuration enables it for new repositories".to_owned(),
    };
    let detail = format!("{least} repositories have code security or Advanced Security on; {new}.");
    if !most.at_least(warn) {
        return Ok(Outcome::failed(detail, spread.off));
    }
    let settled =
        least.at_least(pass) || (least.at_least(warn) && (default.is_none() || !most.at_least(pass)));
    match spread.gap {
        Some(gap @ Gap::Forbidden { .. }) if !settled => {
            Ok(Outcome::warning(format!("Only the configuration could be read ({gap}): {new}."), []))
        }
        Some(gap) if !settled => Err(gap),
        _ if least.at_least(pass) && default.is_some() => Ok(Outcome::passed(detail, spread.off)),
        _ => Ok(Outcome::warning(detail, spread.off)),
    }
}

/// The configuration that new repositories get and that enables it.
fn default_for_new(configurations: &[SecurityConfiguration]) -> Option<String> {
    let enables = |c: &&SecurityConfiguration| {
        let default = c.default_for_new_repos.as_deref().is_some_and(|set| set != "none");
        default && matches!(c.advanced_security.as_str(), "enabled" | "code_security" | "secret_protection")
    };
    configurations.iter().find(enables).map(|c| c.name.clone())
}

fn spread(repositories: &[RepoContribution]) -> Spread {
    let mut spread = Spread { on: 0, unknown: 0, total: 0, gap: None, off: vec![] };
    for repository in repositories.iter().filter(|r| !r.archived) {
        spread.total += 1;
        match is_on(repository) {
            Ok(true) => spread.on += 1,
            Ok(false) => spread.off.push(Evidence::new(repository.name.as_str(), "off")),
            Err(gap) => {
                spread.unknown += 1;
                spread.gap.get_or_insert(gap);
            }
        }
    }
    spread
}

/// Public repositories get the features free of charge, so there the features themselves are asked for.
fn is_on(repository: &RepoContribution) -> Result<bool, Gap> {
    let settings = repository.security_and_analysis.known()?;
    let licensed = settings.advanced_security == Some(true) || settings.code_security == Some(true);
    if licensed || repository.visibility != "public" {
        return Ok(licensed);
    }
    Ok(settings.secret_scanning == Some(true) && *repository.code_scanning.known()?)
}
