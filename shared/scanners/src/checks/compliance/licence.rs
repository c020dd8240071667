//! COMP-001: under which licence the repository stands.

use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{Hit, Licences},
};

/// What a manifest declares when nobody outside may use the code.
fn reserves(expression: &str) -> bool {
    let lower = expression.to_ascii_lowercase();
    ["unlicensed", "proprietary", "commercial", "see license in"].iter().any(|word| lower.contains(word))
}

/// Whether an SPDX expression names `id`.
fn names(expression: &str, id: &str) -> bool {
    let stem = |text: &str| {
        text.to_ascii_lowercase().trim_end_matches("-only").trim_end_matches("-or-later").to_owned()
    };
    let ids = expression.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '/'));
    ids.map(stem).any(|part| part == stem(id))
}

/// A custom property that says no licence is needed, e.g. `licence: internal`.
fn waiver<'a>(subject: &'a RepoSubject<'_>) -> Option<&'a (String, String)> {
    subject.repo.listing.custom_properties.iter().find(|(name, value)| {
        let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
        (name.contains("license") || name.contains("licence"))
            && matches!(
                value.as_str(),
                "none" | "waived" | "not-required" | "not required" | "internal" | "exempt"
            )
    })
}

/// COMP-001.
pub(super) fn present(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let detected = subject.repo.posture.known()?.license.as_deref();
    let found = subject.files.ok().map(|files| files.licences());
    let declared = found.and_then(|found| found.declared.as_ref());
    if let Some(id) = detected.filter(|id| *id != "NOASSERTION") {
        let seen = Evidence::new("Repository.licenseInfo.spdxId", id);
        return Ok(match declared.filter(|hit| !names(&hit.what, id)) {
            Some(other) => {
                let detail = format!("The licence file is {id}, but {} declares {}.", other.path, other.what);
                Outcome::warning(detail, [seen, other.evidence()])
            }
            None => Outcome::passed(format!("Licensed under {id}."), [seen]),
        });
    }
    let private = subject.repo.listing.visibility != "public";
    if let Some(outcome) = found.and_then(|found| from_files(found, private)) {
        return Ok(outcome);
    }
    if detected.is_some() {
        let seen = Evidence::new("Repository.licenseInfo.spdxId", "NOASSERTION");
        return Ok(Outcome::warning(
            "GitHub sees a licence file, but does not recognise the licence.",
            [seen],
        ));
    }
    if let Some(files) = subject.files.ok() {
        files.absent()?;
    }
    let visibility = Evidence::new("GET /orgs/{org}/repos#[].visibility", &subject.repo.listing.visibility);
    if !private {
        return Ok(Outcome::failed("A public repository without a licence.", [visibility]));
    }
    Ok(match waiver(subject) {
        Some((name, value)) => {
            Outcome::not_applicable(format!("The property {name} waives a licence: {value}."))
        }
        None => Outcome::warning(
            "Neither a licence nor a proprietary notice; the repository is private.",
            [visibility],
        ),
    })
}

fn from_files(found: &Licences, private: bool) -> Option<Outcome> {
    let notice = found.proprietary.as_ref();
    let notice = notice.or_else(|| found.declared.as_ref().filter(|hit| reserves(&hit.what)));
    if let Some(hit) = notice.filter(|_| private) {
        let detail = format!("{} reserves the rights: \"{}\".", hit.source(), hit.what);
        return Some(Outcome::passed(detail, [hit.evidence()]));
    }
    let listed = found.files.iter().find(|hit| hit.path.to_ascii_uppercase().starts_with("LICENSES/"));
    if let Some(hit) = listed {
        let name = hit.path.rsplit('/').next().unwrap_or_default();
        let id = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        return Some(Outcome::passed(format!("Licensed under {id} ({}).", hit.path), [hit.evidence()]));
    }
    let seen = || found.files.iter().chain(&found.declared).map(Hit::evidence);
    if let Some(file) = found.files.first() {
        return Some(Outcome::warning(
            format!("{} is not a licence that GitHub recognises.", file.path),
            seen(),
        ));
    }
    let declared = found.declared.as_ref()?;
    let detail = format!("{} declares {}, but no licence file is there.", declared.path, declared.what);
    Some(Outcome::warning(detail, seen()))
}
