//! PLAT-010: runners of one's own, online and out of reach for strangers.

use rust_decimal::Decimal;
use scrutineer_core::{
    Gap,
    evidence::org::{Runner, RunnerGroup},
};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    contribution::Gathered,
    finding::Evidence,
};

/// PLAT-010.
pub(super) fn available(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let runners = &subject.org.runners;
    let own = runners.self_hosted.known()?;
    let hosted = *runners.hosted.known()?;
    let online = own.items.iter().filter(|r| r.online).count();
    let seen = || {
        let listed = own.items.iter().map(|r| {
            Evidence::new("GET /orgs/{org}/actions/runners", format!("{} ({})", r.name, state(r.online)))
        });
        listed.chain((hosted > 0).then(|| Evidence::new("GET /orgs/{org}/actions/hosted-runners", hosted)))
    };
    if let Some(exposed) = exposed(&own.items, runners.groups.known()?) {
        return Ok(exposed);
    }
    if online > 0 || hosted > 0 {
        let detail = format!(
            "Self-hosted runners online: {online} of {}; larger hosted runners: {hosted}.",
            own.total
        );
        return Ok(Outcome::passed(detail, seen()));
    }
    if !own.is_complete() {
        return Err(Gap::Truncated);
    }
    if own.total > 0 {
        return Ok(Outcome::warning(format!("All {} self-hosted runners are offline.", own.total), seen()));
    }
    shared_only(subject, limits)
}

/// Nothing is registered at the organization: jobs may still target groups that the enterprise shares.
fn shared_only(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let live = subject.repositories.iter().filter(|r| !r.archived);
    let labels = Gathered::facts(live, |r| &r.runner_labels, Vec::as_slice);
    let groups: Vec<Evidence> = labels
        .items
        .iter()
        .flat_map(|(name, labels)| labels.iter().map(move |label| (name, label)))
        .filter(|(_, label)| label.starts_with("group:"))
        .map(|(name, label)| Evidence::new(name.as_str(), label))
        .collect();
    if let Some(first) = groups.first() {
        let detail = format!("Jobs run on a runner group, e.g. in {}: {}.", first.source, first.value);
        return Ok(Outcome::passed(detail, groups));
    }
    labels.complete()?;
    if limits.get("require_controlled_runners") == Decimal::ZERO {
        return Ok(Outcome::not_applicable(
            "Only shared hosted runners are used, and the profile asks for no others.",
        ));
    }
    Ok(Outcome::failed("No runner is registered and no job runs on a runner group.", []))
}

/// Groups that let public repositories use runners that outlive a job.
fn exposed(runners: &[Runner], groups: &[RunnerGroup]) -> Option<Outcome> {
    let open = groups.iter().filter(|group| group.allows_public_repositories);
    let lasting: Vec<(&RunnerGroup, &Runner)> = open
        .flat_map(|group| runners.iter().map(move |runner| (group, runner)))
        .filter(|(group, runner)| runner.group == Some(group.id) && !runner.ephemeral)
        .collect();
    let (group, runner) = lasting.first()?;
    let detail = format!(
        "Group \"{}\" lets public repositories use {}, which is not ephemeral.",
        group.name, runner.name
    );
    let seen = lasting.iter().map(|(group, runner)| {
        Evidence::new("GET /orgs/{org}/actions/runner-groups", format!("{}: {}", group.name, runner.name))
    });
    Some(Outcome::warning(detail, seen))
}

fn state(online: bool) -> &'static str {
    if online { "online" } else { "offline" }
}
