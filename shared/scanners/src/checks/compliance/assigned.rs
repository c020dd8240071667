//! COMP-002, COMP-003 and COMP-005: what applies to a repository, and whether actions are recorded.

use std::sync::LazyLock;

use regex::Regex;
use scrutineer_core::{Fact, Gap};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::papers::Papers,
    finding::Evidence,
    snapshot::{DetectorId, Hit, NameKind, Says, TopicId, TopicKind, name_matches},
};

const AUDIT_LOG: &str = "GET /orgs/{org}/audit-log#[].action";
const PROPERTIES: &str = "GET /orgs/{org}/repos#[].custom_properties";
const TOPICS: &str = "Repository.repositoryTopics";

/// COMP-002.
pub(super) fn audit_log(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let platform = &subject.org.audit_log;
    let log = |on: bool| Evidence::new(AUDIT_LOG, if on { "readable" } else { "no entry" });
    let profile = files.profile();
    if !profile.service && !profile.infra {
        return Ok(if *platform.known()? {
            Outcome::passed("Changes to the repository are in the organization's audit log.", [log(true)])
        } else {
            Outcome::failed("The organization's audit log holds nothing.", [log(false)])
        });
    }
    let code = files.detector(DetectorId::AuditLogCode);
    let seen = || code.all().take(5).map(Hit::evidence);
    let Some(first) = code.all().next() else {
        let on = *platform.known()?;
        files.absent()?;
        return Ok(if on {
            Outcome::warning(
                "Only the platform keeps an audit log; the product writes no audit events.",
                [log(true)],
            )
        } else {
            Outcome::failed("Neither the product nor the platform keeps an audit log.", [log(false)])
        });
    };
    let writes = format!("The product writes audit events ({}: {})", first.source(), first.what);
    Ok(match platform {
        Fact::Known(true) => {
            Outcome::passed(format!("{writes}, and the platform keeps its log."), seen().chain([log(true)]))
        }
        Fact::Known(false) => Outcome::warning(
            format!("{writes}, but the platform's log holds nothing."),
            seen().chain([log(false)]),
        ),
        Fact::Unknown(gap) => {
            Outcome::warning(format!("{writes}; the platform's log could not be read ({gap})."), seen())
        }
    })
}

static FRAMEWORK: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)(?:^|[^a-z0-9])(?:soc[ _-]?[123]|iso(?:/iec)?[ _-]?27\d{3}|pci(?:[ _-]?dss)?|hipaa|gdpr|ccpa|fedramp|nist(?:[ _-]?(?:sp)?[ _-]?800[ _-]?\d+|[ _-]?csf)?|cis[ _-](?:benchmarks?|controls|v8)|hitrust|dora|nis[ _-]?2|cmmc|stateramp|tisax|c5|slsa|osps)(?:$|[^a-z0-9])";
    Regex::new(pattern).expect("a constant pattern")
});

/// COMP-003.
pub(super) fn frameworks(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let papers = Papers::of(subject)?;
    let assigned = subject.repo.listing.custom_properties.iter().find(|(_, value)| FRAMEWORK.is_match(value));
    if let Some((name, value)) = assigned {
        let detail = format!("The property {name} assigns {value}.");
        return Ok(Outcome::passed(detail, [Evidence::new(PROPERTIES, format!("{name}: {value}"))]));
    }
    let topics = subject.repo.posture.ok().map(|posture| &posture.topics);
    if let Some(topic) = topics.and_then(|topics| topics.iter().find(|topic| FRAMEWORK.is_match(topic))) {
        return Ok(Outcome::passed(
            format!("The topic {topic} assigns a framework."),
            [Evidence::new(TOPICS, topic)],
        ));
    }
    let id = TopicId::ComplianceFrameworks;
    if let Some(found) = papers.topic(id) {
        let words =
            papers.about(id).find(|d| d.hit == found.hit).map(|d| d.all(Says::Framework).collect::<Vec<_>>());
        let names = words.filter(|words| !words.is_empty()).unwrap_or_else(|| vec!["a framework"]).join(", ");
        let detail = format!("{} names {names}.", found.hit.source());
        return Ok(Outcome::passed(detail, [found.hit.evidence()]));
    }
    if let Some(hit) =
        papers.stub(id).map(|stub| &stub.hit).or_else(|| papers.about(id).next().map(|d| &d.hit))
    {
        let detail =
            format!("{} is about compliance, but says too little about any framework.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    papers.complete()?;
    subject.org.property_schema.known()?;
    subject.repo.posture.known()?;
    Ok(Outcome::failed("No property, topic or document assigns a framework to the repository.", []))
}

/// Values that classify nothing.
fn is_blank(value: &str) -> bool {
    matches!(
        value.trim().to_ascii_lowercase().as_str(),
        "" | "none" | "unknown" | "unclassified" | "n/a" | "tbd"
    )
}

/// COMP-005.
pub(super) fn classification(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let id = DetectorId::DataClassification;
    let properties = &subject.repo.listing.custom_properties;
    let carried = properties
        .iter()
        .find(|(name, value)| name_matches(id, NameKind::Property, name) && !is_blank(value));
    if let Some((name, value)) = carried {
        let detail = format!("The property {name} classifies the repository: {value}.");
        return Ok(Outcome::passed(detail, [Evidence::new(PROPERTIES, format!("{name}: {value}"))]));
    }
    subject.org.property_schema.known()?;
    let topics = subject.repo.posture.ok().map(|posture| &posture.topics);
    let named = |topic: &&String| name_matches(id, NameKind::Topic, topic);
    if let Some(topic) = topics.and_then(|topics| topics.iter().find(named)) {
        return Ok(Outcome::passed(
            format!("The topic {topic} classifies it."),
            [Evidence::new(TOPICS, topic)],
        ));
    }
    let papers = Papers::of(subject)?;
    let (prose, metadata): (Vec<&Hit>, Vec<&Hit>) =
        papers.files.detector(id).content.iter().partition(|hit| is_prose(&hit.path));
    if let Some(hit) = metadata.first() {
        let detail = format!("{} classifies the data: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, metadata.iter().map(|hit| hit.evidence())));
    }
    let topic =
        papers.topic(TopicId::DataClassification).or_else(|| papers.stub(TopicId::DataClassification));
    if let Some(hit) = topic.map(|topic| &topic.hit).or_else(|| prose.first().copied()) {
        let pointer = topic.is_some_and(|topic| topic.kind == TopicKind::Stub);
        let what = if pointer { "points to a policy elsewhere" } else { "describes classes" };
        let detail = format!("{} {what}, but the repository carries none.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    subject.repo.posture.known()?;
    papers.complete()?;
    Ok(Outcome::failed("No property, topic or metadata classifies the repository's data.", []))
}

fn is_prose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.starts_with("readme") || [".md", ".rst", ".adoc", ".txt"].iter().any(|e| name.ends_with(e))
}
