//! SDLC-001, SDLC-002, SDLC-005, SDLC-009 and SDLC-010: what newcomers and colleagues are told.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{
        history::{is_bot, shipped},
        papers::Papers,
    },
    finding::Evidence,
    snapshot::{Described, Hit, Says, TopicId, TopicKind},
};

/// The templates GitHub offers: those of the repository first.
fn templates<'a>(subject: &'a RepoSubject<'_>) -> Vec<&'a Described> {
    let own = subject.files.ok().into_iter().flat_map(|files| files.documents().pull_request_templates());
    own.chain(subject.docs.documents().pull_request_templates()).collect()
}

fn parts(template: &Described) -> usize {
    template.all(Says::Heading).count().max(template.all(Says::Item).count())
}

/// SDLC-001.
pub(super) fn pull_request_template(
    subject: &RepoSubject<'_>,
    limits: Thresholds<'_>,
) -> Result<Outcome, Gap> {
    let found = templates(subject);
    let value = |t: &Described| {
        let (headings, items) = (t.all(Says::Heading).count(), t.all(Says::Item).count());
        format!("{headings} headings, {items} checklist items")
    };
    let seen = || found.iter().map(|t| Evidence::new(t.hit.source(), value(t)));
    let best = found.iter().max_by_key(|template| parts(template));
    if let Some(best) = best {
        let detail = format!("{} holds {}.", best.hit.source(), value(best));
        let full = Decimal::from(parts(best)) >= limits.get("min_parts");
        return Ok(if full { Outcome::passed(detail, seen()) } else { Outcome::warning(detail, seen()) });
    }
    let resolved = &subject.repo.posture.known()?.pull_request_templates;
    if let Some(name) = resolved.first() {
        subject.files.known()?;
        let seen = Evidence::new("Repository.pullRequestTemplates.filename", name);
        return Ok(Outcome::warning(
            format!("GitHub offers the template {name}, whose text is not where it was looked for."),
            [seen],
        ));
    }
    if let Some(files) = subject.files.ok() {
        files.absent()?;
    }
    subject.docs.complete()?;
    Ok(Outcome::failed("Neither the repository nor the organization has a pull-request template.", []))
}

/// SDLC-002.
pub(super) fn contributing(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let id = TopicId::Contributing;
    let covers = |d: &&Described| d.says(Says::Setup).is_some() && d.says(Says::Submit).is_some();
    if let Some(guide) = papers.about(id).find(covers) {
        let setup = guide.says(Says::Setup).unwrap_or_default();
        let submit = guide.says(Says::Submit).unwrap_or_default();
        let detail = format!(
            "{} tells how to prepare a change (\"{setup}\") and hand it in (\"{submit}\").",
            guide.hit.source()
        );
        return Ok(Outcome::passed(detail, [guide.hit.evidence()]));
    }
    if let Some(guide) = papers.about(id).next() {
        let lacking = match (guide.says(Says::Setup), guide.says(Says::Submit)) {
            (None, None) => "setup, tests, nor how to submit a change",
            (None, _) => "setup nor tests",
            _ => "how to submit a change",
        };
        let detail = format!("{} does not tell {lacking}.", guide.hit.source());
        return Ok(Outcome::warning(detail, [guide.hit.evidence()]));
    }
    if let Some(url) = subject.repo.posture.ok().and_then(|posture| posture.contributing_url.as_ref()) {
        let seen = Evidence::new("Repository.contributingGuidelines.url", url);
        return Ok(Outcome::warning(
            format!("GitHub shows a contributing guide ({url}) whose text was not found."),
            [seen],
        ));
    }
    papers.complete()?;
    Ok(Outcome::failed("Neither the repository nor the organization has a contributing guide.", []))
}

/// People who committed or opened a pull request lately.
fn contributors(subject: &RepoSubject<'_>, days: Decimal) -> Result<BTreeSet<String>, Gap> {
    let activity = subject.repo.activity.known()?;
    let seconds = days * Decimal::from(86_400);
    let recent = |at: jiff::Timestamp| {
        let age: SignedDuration = subject.repo.observed_at.duration_since(at);
        Decimal::from(age.as_secs()) <= seconds
    };
    let commits = activity.commits.known()?.items.iter().filter(|c| recent(c.committed_at));
    let mut people: BTreeSet<String> = commits.filter_map(|c| c.author.clone()).collect();
    let merged = activity.merged.known()?.items.iter().filter(|p| recent(p.merged_at));
    people.extend(merged.filter_map(|p| p.author.as_ref()).filter(|a| !is_bot(a)).map(|a| a.login.clone()));
    let open = activity.open.known()?.items.iter().filter(|p| recent(p.created_at));
    people.extend(open.filter_map(|p| p.author.as_ref()).filter(|a| !is_bot(a)).map(|a| a.login.clone()));
    Ok(people)
}

/// SDLC-005.
pub(super) fn branching(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let both = |d: &&Described| d.says(Says::MainBranch).is_some() && d.says(Says::Merge).is_some();
    let described = papers.about(TopicId::Branching).find(both);
    if let Some(found) = described.or_else(|| papers.about(TopicId::Contributing).find(both)) {
        let main = found.says(Says::MainBranch).unwrap_or_default();
        let merge = found.says(Says::Merge).unwrap_or_default();
        let detail = format!("{} names the main branch (\"{main}\") and \"{merge}\".", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let people = contributors(subject, limits.get("active_days"))?;
    if Decimal::from(people.len()) < limits.get("min_contributors") {
        return Ok(Outcome::not_applicable(format!("Contributors within the year: {}.", people.len())));
    }
    if let Some(found) = papers.about(TopicId::Branching).next() {
        let detail = format!(
            "{} speaks of branches, but not of both the main branch and how branches merge.",
            found.hit.source()
        );
        return Ok(Outcome::warning(detail, [found.hit.evidence()]));
    }
    papers.complete()?;
    let detail = format!("No document describes branches, which {} people share.", people.len());
    Ok(Outcome::failed(detail, []))
}

/// SDLC-009.
pub(super) fn hotfix(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(found) = papers.topic(TopicId::Hotfix) {
        let kind = if found.kind == TopicKind::Document { "document" } else { "section" };
        let detail = format!("{} ({kind}) describes the way of an urgent change.", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let Some(shipped) = shipped(subject, papers.files)? else {
        return Ok(Outcome::not_applicable("Nothing is released or deployed from here."));
    };
    if let Some(found) = papers.stub(TopicId::Hotfix) {
        let detail = format!("{} only points to another place.", found.hit.source());
        return Ok(Outcome::warning(detail, [found.hit.evidence()]).by_absence());
    }
    let named = [TopicId::Branching, TopicId::Release, TopicId::Hotfix].into_iter().find_map(|id| {
        papers.about(id).find_map(|d| d.says(Says::HotfixBranch).map(|words| (&d.hit, words.to_owned())))
    });
    if let Some((hit, words)) = named {
        let detail = format!("{} names \"{words}\", but no path for an urgent change.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    let detail =
        format!("{} is shipped, but no document says how an urgent change gets out.", shipped.source);
    Ok(Outcome::failed(detail, [shipped]).by_absence())
}

fn covers(template: &Described) -> (usize, bool) {
    let items: Vec<String> = template.all(Says::Item).map(str::to_lowercase).collect();
    let any = |words: &[&str]| items.iter().any(|item| words.iter().any(|word| item.contains(word)));
    let tested = any(&["test"]);
    let read = any(&["doc", "readme", "changelog", "review", "approv"]);
    (items.len(), tested && read)
}

/// SDLC-010.
pub(super) fn definition_of_done(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(found) = papers.topic(TopicId::Dod) {
        let detail = format!("{} says when a change is done.", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let all = templates(subject);
    let most = all.iter().max_by_key(|template| covers(template));
    if let Some(template) = most {
        let (items, complete) = covers(template);
        let seen = || [Hit::at(&template.hit.path, 0, format!("{items} checklist items")).evidence()];
        if complete && Decimal::from(items) >= limits.get("min_items") {
            let detail = format!(
                "The checklist of {} has {items} items, tests and documentation or review among them.",
                template.hit.source()
            );
            return Ok(Outcome::passed(detail, seen()));
        }
        if items > 0 {
            let lack = if complete { "" } else { ", without tests or without documentation and review" };
            let detail = format!("The checklist of {} has {items} items{lack}.", template.hit.source());
            return Ok(Outcome::warning(detail, seen()));
        }
    }
    if let Some(found) = papers.stub(TopicId::Dod) {
        let detail = format!("{} only points to another place.", found.hit.source());
        return Ok(Outcome::warning(detail, [found.hit.evidence()]).by_absence());
    }
    papers.complete()?;
    Ok(Outcome::failed("No definition of done is written, and no template carries a checklist.", []))
}
