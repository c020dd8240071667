//! SLSA: levels only where there is evidence. A workflow is no build level, and a signature that was not verified is
//! no signed provenance.

use super::{
    Summary,
    standard::{Control, Row, Standard, State, States, controls, groups},
    tally::Attested,
};

const BUILD: &str = "Build track";
const SOURCE: &str = "Source track";
const DEPENDENCY: &str = "Dependency track (draft)";

/// Source: <https://slsa.dev/spec/v1.2/>; the dependency track is a draft.
const TABLE: &[Row] = &[
    ("Build L1", "provenance exists for what is published", BUILD),
    ("Build L2", "a hosted platform builds, and signs the provenance", BUILD),
    ("Build L3", "the platform is hardened: runs cannot influence each other", BUILD),
    ("Source L1", "the source is version controlled", SOURCE),
    ("Source L2", "history is kept and changes are attributed", SOURCE),
    ("Source L3", "technical controls are enforced continuously", SOURCE),
    ("Source L4", "every change is reviewed by a second trusted person", SOURCE),
    ("Dependency L1", "an inventory of the dependencies exists", DEPENDENCY),
    ("Dependency L2", "known vulnerabilities are triaged", DEPENDENCY),
    ("Dependency L3", "dependencies come from sources under control", DEPENDENCY),
];

pub(super) fn assess(summary: &Summary) -> Standard {
    let mut controls = controls(TABLE, "SLSA ", summary);
    for control in &mut controls {
        match control.id {
            "Build L1" => exists(control, summary.provenance),
            "Build L2" | "Build L3" => not_verified(control, summary.provenance),
            _ => {}
        }
    }
    Standard {
        key: "slsa",
        title: "SLSA",
        version: "1.2",
        url: "https://slsa.dev/spec/v1.2/",
        claim: format!(
            "Build: {}. Source: {}. A level is claimed only when it and every level below it are met in all \
             repositories; checks that are evidence for a part of a level cannot meet it alone.",
            claimed(&controls, BUILD),
            claimed(&controls, SOURCE)
        ),
        states: States::of(&controls),
        groups: groups(&controls),
        controls,
    }
}

/// Provenance exists where the newest release carries it; a step that would make it is no provenance yet.
fn exists(control: &mut Control, seen: Attested) {
    let shipping = seen.attached + seen.configured + seen.missing;
    control.state = match seen {
        _ if shipping + seen.unread == 0 => match control.checks.is_empty() {
            true => State::NotAssessed,
            false => State::NotApplicable,
        },
        _ if shipping == 0 => State::Unknown,
        _ if seen.attached == shipping && seen.unread == 0 => State::Met,
        _ if seen.attached == shipping => State::Unknown,
        _ if seen.attached + seen.configured > 0 => State::Partly,
        _ => State::NotMet,
    };
    let unread = match seen.unread {
        0 => String::new(),
        n => format!("; {n} could not be read"),
    };
    control.note = Some(format!(
        "{} of {shipping} repositories that publish carry provenance on their newest release; {} more have a step \
         that makes it{unread}.",
        seen.attached, seen.configured
    ));
}

fn not_verified(control: &mut Control, seen: Attested) {
    let published = seen.attached + seen.configured + seen.missing;
    (control.state, control.note) = if seen.attached + seen.configured > 0 {
        (
            State::Unknown,
            Some("Provenance is seen, but its signature and its builder are not verified.".into()),
        )
    } else if published > 0 {
        (State::NotMet, Some("No provenance is seen that could be signed.".into()))
    } else if seen.unread > 0 {
        (State::Unknown, None)
    } else {
        (control.state, None)
    };
}

/// The highest level of a track that is met with all below it.
fn claimed(controls: &[Control], track: &str) -> String {
    let mut levels = controls.iter().filter(|control| control.group == track);
    let met: Vec<_> = levels.by_ref().take_while(|control| control.state == State::Met).collect();
    met.last().map_or_else(|| "no level is claimed".to_owned(), |control| control.id.to_owned())
}
