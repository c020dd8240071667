//! DR-003 to DR-005 and DR-009: how to recover, how fast, with how much lost, and how to switch over.

use rust_decimal::Decimal;
use scrutineer_core::Gap;

use super::{keeps_nothing, shown};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::papers::Papers,
    snapshot::{Described, Hit, Note, Says, TopicId, TopicKind, recovery_topics},
};

/// Steps of a described procedure.
fn steps(described: &Described) -> usize {
    described.all(Says::Step).count()
}

/// The best procedure about a topic that is documented with substance and has enough steps.
fn procedure<'a>(
    papers: Papers<'a>,
    id: TopicId,
    least: Decimal,
    also: impl Fn(&Described) -> bool,
) -> Option<&'a Described> {
    papers.topic(id)?;
    papers
        .about(id)
        .filter(|d| Decimal::from(steps(d)) >= least && also(d))
        .min_by_key(|d| std::cmp::Reverse(steps(d)))
}

/// DR-003.
pub(super) fn runbook(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(outcome) = keeps_nothing(papers.files)? {
        let of_org = papers.of_org().topic(TopicId::Dr).ok().copied().flatten();
        let covered = of_org.filter(|hit| papers.files.profile().service && hit.kind != TopicKind::Stub);
        return Ok(covered.map_or(outcome, |hit| {
            let detail = format!("The service keeps no state, and {} covers its recovery.", hit.hit.source());
            Outcome::not_applicable(detail)
        }));
    }
    let least = limits.get("min_steps");
    let own = procedure(papers, TopicId::Dr, least, |_| true);
    let recovers = |d: &Described| d.says(Says::Recovery).is_some();
    let found = own.or_else(|| procedure(papers, TopicId::Runbook, least, recovers));
    if let Some(found) = found {
        let detail = format!("{} describes the recovery in {} steps.", found.hit.source(), steps(found));
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    if let Some(stub) = papers.stub(TopicId::Dr) {
        let detail = format!("{} only points to another place.", stub.hit.source());
        return Ok(Outcome::warning(detail, [stub.hit.evidence()]));
    }
    let runbooks = papers.about(TopicId::Runbook).filter(|d| recovers(d));
    if let Some(found) = papers.about(TopicId::Dr).chain(runbooks).min_by_key(|d| std::cmp::Reverse(steps(d)))
    {
        let detail = format!(
            "{} speaks of recovery without steps that could be followed ({}).",
            found.hit.source(),
            steps(found)
        );
        return Ok(Outcome::warning(detail, [found.hit.evidence()]));
    }
    papers.complete()?;
    Ok(Outcome::failed("No document tells how to recover what is kept here.", shown(papers.files)))
}

/// A recovery objective: where it stands and how it reads.
struct Objective {
    id: TopicId,
    stated: Says,
    named: Says,
    name: &'static str,
}

/// DR-004.
pub(super) fn recovery_time(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    objective(
        subject,
        &Objective {
            id: TopicId::Rto,
            stated: Says::RecoveryTime,
            named: Says::NamesRecoveryTime,
            name: "recovery time objective",
        },
    )
}

/// DR-005.
pub(super) fn recovery_point(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    objective(
        subject,
        &Objective {
            id: TopicId::Rpo,
            stated: Says::RecoveryPoint,
            named: Says::NamesRecoveryPoint,
            name: "recovery point objective",
        },
    )
}

fn objective(subject: &RepoSubject<'_>, objective: &Objective) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(outcome) = keeps_nothing(papers.files)? {
        return Ok(outcome);
    }
    let says = |what: Says| {
        let mut all = recovery_topics().iter().flat_map(|id| papers.about(*id));
        all.find_map(|d| Some((&d.hit, d.says(what)?)))
    };
    let name = objective.name;
    if let Some((hit, words)) = says(objective.stated) {
        let detail = format!("{} states a {name}: \"{words}\".", hit.source());
        return Ok(Outcome::passed(detail, [Hit::at(&hit.path, hit.line, words).evidence()]));
    }
    let stub = papers.stub(objective.id).map(|stub| &stub.hit);
    if let Some(hit) = says(objective.named).map(|(hit, _)| hit).or(stub) {
        let detail = format!("{} names the {name}, but gives no value.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    Ok(Outcome::failed(format!("No document states a {name}."), shown(papers.files)))
}

/// DR-009.
pub(super) fn failover(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    if let Some(outcome) = keeps_nothing(papers.files)? {
        return Ok(outcome);
    }
    let automatic = papers.files.notes(Note::Failover);
    if let Some(first) = automatic.first() {
        let detail = format!("{} fails over by itself: {}.", first.source(), first.what);
        return Ok(Outcome::passed(detail, automatic.iter().map(Hit::evidence)));
    }
    let id = TopicId::Failover;
    if let Some(found) = procedure(papers, id, limits.get("min_steps"), |_| true) {
        let detail = format!("{} describes the failover in {} steps.", found.hit.source(), steps(found));
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    let named = papers.stub(id).map(|stub| &stub.hit);
    if let Some(hit) = named.or_else(|| papers.about(id).next().map(|d| &d.hit)) {
        let detail = format!("{} speaks of failover without steps that could be followed.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    let detail = "Nothing fails over by itself, and no document tells how to switch over.";
    Ok(Outcome::failed(detail, shown(papers.files)))
}
