//! PLAT-008: do audit events leave GitHub as they happen?

use scrutineer_core::Gap;

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    contribution::Gathered,
    finding::Evidence,
};

/// PLAT-008.
pub(super) fn streaming(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let streams = &subject.org.audit_streams;
    let live = streams.ok().and_then(|list| list.iter().find(|s| s.enabled && !s.paused));
    if let Some(stream) = live {
        let seen = Evidence::new("GET /enterprises/{enterprise}/audit-log/streams", &stream.stream_type);
        return Ok(Outcome::passed(format!("The audit log is streamed to {}.", stream.stream_type), [seen]));
    }
    let without = match streams.gap() {
        // The stream listing is open to classic tokens of enterprise owners only, so its absence cannot block.
        Some(gap) => {
            format!("enterprise streams were not read ({gap}; a classic token with read:audit_log can)")
        }
        None => "no enterprise stream is running".to_owned(),
    };
    if let Some(export) = export(subject) {
        return Ok(Outcome::warning(
            format!("A scheduled workflow exports the audit log; {without}."),
            [export],
        ));
    }
    let forwards =
        subject.org.hooks.known()?.iter().any(|hook| hook.active && hook.events.iter().any(|e| e == "*"));
    if forwards {
        let hook = Evidence::new("GET /orgs/{org}/hooks#[].events", "*");
        return Ok(Outcome::warning(format!("A webhook forwards all events; {without}."), [hook]));
    }
    exports(subject).complete()?;
    Ok(Outcome::failed(format!("No webhook for all events, no scheduled export, and {without}."), []))
}

fn exports<'a>(subject: &OrgSubject<'a>) -> Gathered<'a, Option<&'a str>> {
    let live = subject.repositories.iter().filter(|r| !r.archived);
    Gathered::facts(live, |r| &r.audit_export, Option::as_deref)
}

fn export(subject: &OrgSubject<'_>) -> Option<Evidence> {
    let found = exports(subject).items.into_iter().find_map(|(name, place)| Some((name, place?)));
    found.map(|(name, place)| Evidence::new(format!("{name}:{place}"), "scheduled audit-log export"))
}
