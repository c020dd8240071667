//! SDLC-008, SDLC-011 and SDLC-012: flags, decisions and descriptions that outlive a pull request.

use jiff::civil::Date;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{history::is_bot, papers::Papers},
    finding::Evidence,
    snapshot::{ApiDescription, DecisionRecords, DetectorId, Hit, Note, Says, Snapshot, TopicId},
};

/// Files that hold settings, not code.
fn is_settings(hit: &&Hit) -> bool {
    [".json", ".yml", ".yaml", ".toml", ".tf"].iter().any(|extension| hit.path.ends_with(extension))
}

/// SDLC-008.
pub(super) fn feature_flags(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let profile = files.profile();
    if !profile.service && !profile.app {
        files.absent()?;
        return Ok(Outcome::not_applicable("The repository is neither a deployable service nor an app."));
    }
    let flags = files.detector(DetectorId::FeatureFlags);
    let code = flags.files.iter().chain(&flags.content).filter(|hit| !is_settings(hit));
    if let Some(hit) = flags.deps.iter().chain(code).next() {
        let what = if hit.what == "file" { "a flag module" } else { &hit.what };
        let detail = format!("{} brings feature flags: {what}.", hit.source());
        return Ok(Outcome::passed(detail, flags.all().map(Hit::evidence)));
    }
    let settings: Vec<&Hit> = flags.all().chain(files.notes(Note::EnvToggle)).collect();
    if let Some(first) = settings.first() {
        let detail =
            format!("Only settings switch features ({}: {}), no flag framework.", first.source(), first.what);
        return Ok(Outcome::warning(detail, settings.into_iter().map(Hit::evidence)));
    }
    files.absent()?;
    Ok(Outcome::failed("No flag framework, flag file or environment toggle was found.", []))
}

/// People behind the recent commits and merged pull requests.
fn maintainers(subject: &RepoSubject<'_>) -> Result<usize, Gap> {
    let activity = subject.repo.activity.known()?;
    let commits = activity.commits.known()?.items.iter().filter_map(|commit| commit.author.clone());
    let merged = activity.merged.known()?.items.iter();
    let people = merged.filter_map(|pull| pull.author.as_ref()).filter(|author| !is_bot(author));
    let all: std::collections::BTreeSet<String> = commits.chain(people.map(|a| a.login.clone())).collect();
    Ok(all.len())
}

/// SDLC-011.
pub(super) fn decision_records(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let own = papers.files.documents().records();
    let records = if own.count > 0 { own } else { papers.of_org().documents().records() };
    if records.count > 0 {
        return Ok(judge_records(subject, records, limits));
    }
    let profile = papers.files.profile();
    if Decimal::from(profile.code_lines) < limits.get("min_code_lines") {
        papers.files.absent()?;
        return Ok(Outcome::not_applicable(format!(
            "The repository holds {} lines of code.",
            profile.code_lines
        )));
    }
    if profile.library && Decimal::from(maintainers(subject)?) < limits.get("min_maintainers") {
        return Ok(Outcome::not_applicable("A library with one maintainer."));
    }
    papers.complete()?;
    let detail = format!(
        "No numbered decision record with a status and a decision was found; {} lines of code.",
        profile.code_lines
    );
    Ok(Outcome::failed(detail, []))
}

fn judge_records(subject: &RepoSubject<'_>, records: &DecisionRecords, limits: Thresholds<'_>) -> Outcome {
    let count = records.count;
    let seen = || records.first.iter().map(Hit::evidence);
    let newest = records.newest.as_ref().and_then(|(text, hit)| Some((text.parse::<Date>().ok()?, hit)));
    let Some((date, hit)) = newest else {
        return Outcome::warning(format!("{count} decision records, none of which carries a date."), seen());
    };
    let today = subject.repo.observed_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = today.since(date).map_or(0, |span| i64::from(span.get_days()));
    let months = Decimal::from(days) / Decimal::from(30);
    let detail = format!("{count} decision records, the newest dated {date} ({}).", hit.path);
    let fresh = months <= limits.get("max_age_months");
    if Decimal::from(count) >= limits.get("min_records") && fresh {
        Outcome::passed(detail, seen())
    } else {
        Outcome::warning(detail, seen())
    }
}

/// What points to the API's description: a document, or a pipeline that generates or checks it.
fn reference(files: &Snapshot, description: &ApiDescription) -> Option<Hit> {
    let document = files.api().reference(description).cloned();
    document.or_else(|| generating_step(files)).or_else(|| {
        let name = description.hit.path.rsplit('/').next()?;
        let mut steps = files.ci().steps_on(&[]);
        steps.find_map(|found| {
            let command = found.step.commands.iter().find(|command| command.text.contains(name));
            let input = found.step.with.iter().any(|(_, value)| value.contains(name));
            command.map(|c| Hit::at(&c.path, c.line, &c.text)).or_else(|| input.then(|| found.step.hit()))
        })
    })
}

fn generating_step(files: &Snapshot) -> Option<Hit> {
    files.ci().steps_with(DetectorId::ApiDocGenerator, &[]).next().map(|found| found.seen())
}

/// A reference made from the code: a pipeline builds it, or a document links to where it is published.
fn generated(papers: Papers<'_>) -> Option<Hit> {
    let link = || {
        papers
            .about(TopicId::ApiDoc)
            .find_map(|d| Some(Hit { what: d.says(Says::Generated)?.to_owned(), ..d.hit.clone() }))
    };
    generating_step(papers.files).or_else(link)
}

/// SDLC-012.
pub(super) fn api_documented(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let files = papers.files;
    let all: Vec<&ApiDescription> = files.api().descriptions().collect();
    if let Some(bad) = all.iter().find(|description| description.problem.is_some()) {
        let problem = bad.problem.as_deref().unwrap_or_default();
        let detail = format!("{} cannot be used: {problem}.", bad.hit.source());
        return Ok(Outcome::warning(detail, [Evidence::new(bad.hit.source(), problem)]));
    }
    if let Some((description, by)) = all.iter().find_map(|d| Some((d, reference(files, d)?))) {
        let detail = format!("{} describes the API, and {} refers to it.", description.hit.path, by.source());
        return Ok(Outcome::passed(detail, [description.hit.evidence(), by.evidence()]));
    }
    let profile = files.profile();
    let public = profile.http || profile.library || !all.is_empty();
    if public && let Some(hit) = generated(papers) {
        let detail = format!("{} leads to a generated reference: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    if !public {
        files.absent()?;
        return Ok(Outcome::not_applicable("The repository offers no API: no HTTP service and no library."));
    }
    if let Some(description) = all.first() {
        files.absent()?;
        let detail =
            format!("{} describes the API, but no document or pipeline refers to it.", description.hit.path);
        return Ok(Outcome::warning(detail, all.iter().map(|d| d.hit.evidence())));
    }
    let generator = files.detector(DetectorId::ApiDocGenerator).all().next();
    let written = papers.topic(TopicId::ApiDoc).map(|topic| &topic.hit);
    if let Some(hit) = generator.or(written) {
        let detail = format!(
            "{} documents the API ({}), but no description or published reference is referred to.",
            hit.source(),
            hit.what
        );
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    let because = profile.because.iter().find(|(kind, _)| matches!(*kind, "http" | "library"));
    let seen: Vec<Evidence> =
        because.map(|(kind, path)| Evidence::new(path, format!("profile: {kind}"))).into_iter().collect();
    let what = if profile.http { "The HTTP API" } else { "The library" };
    Ok(Outcome::failed(format!("{what} has no description and no reference."), seen))
}
