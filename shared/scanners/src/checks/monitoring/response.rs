//! MON-010 and MON-011: who is called, and what they do then.

use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{operates_nothing, shown};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::papers::Papers,
    snapshot::{Described, Hit, Note, Says, TopicId},
};

/// MON-010.
pub(super) fn on_call(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(outcome) = operates_nothing(subject, papers.files)? {
        return Ok(outcome);
    }
    let code = papers.files.notes(Note::OnCall);
    if let Some(first) = code.first() {
        let detail = format!("{} defines who is called: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, code.iter().map(Hit::evidence)));
    }
    let id = TopicId::Oncall;
    if let Some(topic) = papers.topic(id) {
        let detail = format!("{} says who is called and how it goes on.", topic.hit.source());
        return Ok(Outcome::passed(detail, [topic.hit.evidence()]));
    }
    let linked = papers.about(id).find(|d| d.says(Says::Link).is_some()).map(|d| &d.hit);
    let link = linked.or_else(|| papers.stub(id).map(|stub| &stub.hit));
    if let Some(hit) = link.or_else(|| papers.files.notes(Note::OnCallLink).first()) {
        let detail = format!("{} only points to a rotation kept elsewhere ({}).", hit.source(), hit.what);
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    let detail = "No document, code or annotation tells who is called when it breaks.";
    Ok(Outcome::failed(detail, shown(papers.files)))
}

/// A record of one incident is no plan for the next.
fn is_record(described: &Described) -> bool {
    let path = described.hit.path.to_ascii_lowercase().replace(['-', '_'], "");
    path.contains("postmortem")
}

/// How much of a playbook is there: levels or roles, and steps.
fn completeness(described: &Described, least: Decimal) -> (bool, bool) {
    let who = described.says(Says::SeverityLevel).or_else(|| described.says(Says::Role));
    (who.is_some(), Decimal::from(described.all(Says::Step).count()) >= least)
}

/// MON-011.
pub(super) fn incidents(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(outcome) = operates_nothing(subject, papers.files)? {
        return Ok(outcome);
    }
    let least = limits.get("min_steps");
    let runbooks = papers.about(TopicId::Runbook).filter(|d| d.says(Says::Incident).is_some());
    let plans = papers.about(TopicId::Incident).filter(|d| !is_record(d)).chain(runbooks);
    let best = plans.min_by_key(|d| std::cmp::Reverse(completeness(d, least)));
    if let Some(found) = best {
        let source = found.hit.source();
        let seen = [found.hit.evidence()];
        return Ok(match completeness(found, least) {
            (true, true) => {
                let words = found.says(Says::SeverityLevel).or_else(|| found.says(Says::Role));
                let detail = format!(
                    "{source} tells what to do in {} steps (\"{}\").",
                    found.all(Says::Step).count(),
                    words.unwrap_or_default()
                );
                Outcome::passed(detail, seen)
            }
            (true, false) => Outcome::warning(format!("{source} has no steps that could be followed."), seen),
            (false, true) => {
                Outcome::warning(format!("{source} names neither levels of severity nor roles."), seen)
            }
            (false, false) => {
                Outcome::warning(format!("{source} has neither levels of severity or roles nor steps."), seen)
            }
        });
    }
    papers.complete()?;
    Ok(Outcome::failed("No document tells what to do in an incident.", shown(papers.files)))
}
