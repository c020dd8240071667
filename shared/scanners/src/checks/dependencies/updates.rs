//! DEP-001, DEP-007 and DEP-008: a bot that watches, its pull requests, and how long they wait.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use scrutineer_core::{
    Fact, Gap,
    evidence::activity::{Author, RepoActivity},
};

use super::without_manifests;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    share::Share,
    snapshot::{DetectorId, Hit, NameKind, Snapshot, name_matches},
};

/// Dependabot's names of ecosystems, and ours.
const ECOSYSTEMS: &[(&str, &str)] = &[
    ("npm", "npm"),
    ("bun", "npm"),
    ("pip", "pypi"),
    ("uv", "pypi"),
    ("cargo", "cargo"),
    ("gomod", "go"),
    ("maven", "maven"),
    ("gradle", "maven"),
    ("bundler", "rubygems"),
    ("composer", "composer"),
    ("nuget", "nuget"),
    ("mix", "hex"),
    ("pub", "pub"),
];

/// The configuration of a bot other than Dependabot.
fn other_bot(files: &Snapshot) -> Option<Hit> {
    let found = files.detector(DetectorId::DepBot);
    let file = found.files.iter().chain(&found.content).find(|hit| !hit.path.contains("dependabot"));
    let step = || files.ci().steps_with(DetectorId::DepBot, &[]).next().map(|found| found.seen());
    file.cloned().or_else(step)
}

/// Ecosystems with a manifest that Dependabot's configuration leaves out, and whether it names any that has one.
fn coverage(files: &Snapshot) -> Option<(Vec<&'static str>, bool)> {
    let config = files.supply().dependabot.as_ref()?;
    let covers = |ours: &str| {
        let known = |written: &str| ECOSYSTEMS.iter().any(|(theirs, own)| *theirs == written && *own == ours);
        config.updates.iter().any(|update| known(&update.ecosystem))
    };
    let mut present: Vec<&'static str> = files.supply().manifests.iter().map(|m| m.ecosystem).collect();
    present.sort_unstable();
    present.dedup();
    let (covered, missed): (Vec<_>, Vec<_>) = present.into_iter().partition(|ours| covers(ours));
    Some((missed, !covered.is_empty()))
}

/// DEP-001.
pub(super) fn enabled(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_manifests(files)? {
        return Ok(outcome);
    }
    if let Some(hit) = other_bot(files) {
        return Ok(Outcome::passed(format!("{} configures an update bot.", hit.source()), [hit.evidence()]));
    }
    let config = files.supply().dependabot.as_ref().map(|config| Hit::file(&config.path));
    let coverage = coverage(files);
    if let (Some(hit), Some((missed, true))) = (&config, &coverage)
        && missed.is_empty()
    {
        let detail = format!("{} covers every ecosystem with a manifest.", hit.source());
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let alerts = subject.repo.posture.known().map(|posture| posture.vulnerability_alerts_enabled.clone());
    let alerts = alerts.unwrap_or_else(Fact::Unknown);
    let settings = &subject.repo.listing.security_and_analysis;
    let updates = settings.as_ref().map(|settings| settings.dependabot_security_updates == Some(true));
    let seen = [
        Evidence::new("Repository.hasVulnerabilityAlertsEnabled", shown(&alerts)),
        Evidence::new("security_and_analysis.dependabot_security_updates.status", shown(&updates)),
    ];
    if let (Fact::Known(true), Fact::Known(true)) = (&alerts, &updates) {
        return Ok(Outcome::passed("Dependabot alerts and security updates are on.", seen));
    }
    if let (Some(hit), Some((missed, _))) = (config, coverage) {
        let missed = if missed.is_empty() { "every manifest".to_owned() } else { missed.join(", ") };
        let detail = format!("{} leaves out {missed}.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    files.absent()?;
    let on = *alerts.known()?;
    if on {
        updates.known()?;
        return Ok(Outcome::warning("Dependabot alerts are on, but nothing proposes updates.", seen));
    }
    Ok(Outcome::failed("No bot is configured, and Dependabot alerts are off.", seen))
}

fn shown(fact: &Fact<bool>) -> &'static str {
    match fact {
        Fact::Known(true) => "enabled",
        Fact::Known(false) => "disabled",
        Fact::Unknown(_) => "not read",
    }
}

/// Whether a pull request is a bot's about dependencies. The login comes without `[bot]`.
fn is_bots(author: Option<&Author>, head: &str) -> bool {
    let Some(author) = author else { return false };
    let full = if author.is_bot { format!("{}[bot]", author.login) } else { author.login.clone() };
    let known = name_matches(DetectorId::DepBotLogin, NameKind::Login, &full)
        || name_matches(DetectorId::DepBotLogin, NameKind::Login, &author.login);
    let head = head.to_ascii_lowercase();
    let about =
        ["dependabot/", "renovate/", "deps", "dependenc", "update"].iter().any(|mark| head.contains(mark));
    known && (author.login != "github-actions" || about)
}

/// A pull request of a bot: number, opened, merged.
type Proposal = (u64, Timestamp, Option<Timestamp>);

fn proposals(activity: &RepoActivity) -> Result<Vec<Proposal>, Gap> {
    let merged = activity.merged.known()?.items.iter();
    let merged = merged.filter(|pull| is_bots(pull.author.as_ref(), &pull.head));
    let open = activity.open.known()?.items.iter();
    let open = open.filter(|pull| is_bots(pull.author.as_ref(), &pull.head));
    let mut found: Vec<Proposal> =
        merged.map(|pull| (pull.number, pull.created_at, Some(pull.merged_at))).collect();
    found.extend(open.map(|pull| (pull.number, pull.created_at, None)));
    Ok(found)
}

fn opened((number, at, _): &Proposal) -> Evidence {
    Evidence::new(format!("pull request #{number}"), format!("opened {}", at.strftime("%F")))
}

fn days(age: SignedDuration) -> Decimal {
    Decimal::from(age.as_secs()) / Decimal::from(86_400)
}

/// DEP-007.
pub(super) fn proposed(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_manifests(files)? {
        return Ok(outcome);
    }
    let config = files.supply().dependabot.as_ref();
    let silenced =
        config.and_then(|config| config.updates.iter().find(|update| update.silenced).map(|u| (config, u)));
    if let Some((config, update)) = silenced {
        let hit =
            Hit::at(&config.path, update.line, format!("{}: open-pull-requests-limit 0", update.ecosystem));
        let detail = format!("{} opens no pull request for {}.", hit.source(), update.ecosystem);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    let limit = limits.get("max_age_days");
    let age = |at: Timestamp| days(subject.repo.observed_at.duration_since(at));
    let found = proposals(subject.repo.activity.known()?)?;
    let recent: Vec<&Proposal> = found.iter().filter(|(_, at, _)| age(*at) <= limit).collect();
    if !recent.is_empty() {
        let detail = format!("A bot opened {} of the pull requests that were read.", recent.len());
        return Ok(Outcome::passed(detail, recent.into_iter().map(opened)));
    }
    let bot = config.map(|config| Hit::file(&config.path)).or_else(|| other_bot(files));
    if let Some(hit) = bot {
        let detail = format!("{} configures a bot, but none of its pull requests was seen.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    files.absent()?;
    Ok(Outcome::failed(
        "No update bot is configured, and none opened a pull request.",
        found.iter().map(opened),
    ))
}

/// DEP-008.
pub(super) fn addressed(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let found = proposals(subject.repo.activity.known()?)?;
    if found.is_empty() {
        return Ok(Outcome::not_applicable("No pull request of an update bot was seen."));
    }
    let limit = limits.get("max_age_days");
    let age = |at: Timestamp| days(subject.repo.observed_at.duration_since(at));
    let open: Vec<&Proposal> = found.iter().filter(|(.., merged)| merged.is_none()).collect();
    let old: Vec<&&Proposal> = open.iter().filter(|(_, at, _)| age(*at) > limit).collect();
    let mut waits: Vec<Decimal> =
        found.iter().filter_map(|(_, at, merged)| Some(days(merged.as_ref()?.duration_since(*at)))).collect();
    waits.sort_unstable();
    let median = waits.get(waits.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    let share = Share::of(old.len(), open.len());
    let detail = format!(
        "{share} open update pull requests are older than {limit} days; merged ones waited {} days (median).",
        median.round_dp(1).normalize()
    );
    let seen: Vec<Evidence> = if old.is_empty() {
        found.iter().take(5).map(opened).collect()
    } else {
        old.iter().map(|proposal| opened(proposal)).collect()
    };
    Ok(if old.is_empty() && median <= limit {
        Outcome::passed(detail, seen)
    } else if share.at_most(limits.get("max_old_percent")) {
        Outcome::warning(detail, seen)
    } else {
        Outcome::failed(detail, seen)
    })
}
