//! PLAT-011: whose actions may run?

use scrutineer_core::{Gap, evidence::org::SelectedActions};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    finding::Evidence,
};

/// PLAT-011.
pub(super) fn restricted(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let policy = &subject.org.actions;
    let Some(allowed) = policy.allowed_actions.known()? else {
        let off = policy
            .enabled_repositories
            .ok()
            .map(|set| Evidence::new("GET /orgs/{org}/actions/permissions#enabled_repositories", set));
        return Ok(Outcome::passed("GitHub Actions is off: no action runs.", off));
    };
    let seen = Evidence::new("GET /orgs/{org}/actions/permissions#allowed_actions", allowed);
    match allowed.as_str() {
        "local_only" => Ok(Outcome::passed("Only the organization's own actions may run.", [seen])),
        "all" => all(subject, "Every action may run", seen),
        "selected" => {
            let Some(selected) = policy.selected.known()? else {
                return Err(Gap::unavailable("the list of selected actions was not returned"));
            };
            selected_actions(subject, selected, seen)
        }
        _ => Err(Gap::unsupported("the policy for actions has a value this build does not know")),
    }
}

fn all(subject: &OrgSubject<'_>, what: &str, seen: Evidence) -> Result<Outcome, Gap> {
    let pinned = *subject.org.actions.sha_pinning_required.known()?;
    let pinning = Evidence::new("GET /orgs/{org}/actions/permissions#sha_pinning_required", pinned);
    Ok(if pinned {
        Outcome::warning(format!("{what}, pinned to a commit."), [seen, pinning])
    } else {
        Outcome::failed(format!("{what}, from any tag or branch."), [seen, pinning])
    })
}

fn selected_actions(
    subject: &OrgSubject<'_>,
    selected: &SelectedActions,
    seen: Evidence,
) -> Result<Outcome, Gap> {
    let pattern = |p: &&String| Evidence::new("GET /orgs/{org}/actions/permissions/selected-actions", *p);
    let allowed: Vec<&String> = selected.patterns.iter().filter(|p| !p.starts_with('!')).collect();
    if let Some(any) = allowed.iter().find(|p| matches!(name(p), "*" | "*/*")) {
        return all(subject, &format!("Pattern {any} lets every action run"), pattern(any));
    }
    let open: Vec<&String> = allowed.iter().copied().filter(|p| is_open(p, subject)).collect();
    if let Some(first) = open.first() {
        let detail =
            format!("Selected actions only, but {first} lets everything of an unverified owner run.");
        return Ok(Outcome::warning(detail, open.iter().map(pattern)));
    }
    let detail = format!("Selected actions only, patterns: {}.", allowed.len());
    Ok(Outcome::passed(detail, std::iter::once(seen).chain(allowed.iter().map(pattern))))
}

/// A pattern without its version: `octo/*@v1` → `octo/*`.
fn name(pattern: &str) -> &str {
    pattern.split_once('@').map_or(pattern, |(name, _)| name)
}

/// `owner/*` of somebody else than the organization and GitHub. Verified owners have a switch of their own
/// (`verified_allowed`), so a wildcard is taken as one for an unverified owner.
fn is_open(pattern: &str, subject: &OrgSubject<'_>) -> bool {
    let Some((owner, "*" | "**")) = name(pattern).split_once('/') else { return false };
    let trusted = [subject.org.login.as_str(), "actions", "github"];
    !trusted.iter().any(|known| known.eq_ignore_ascii_case(owner))
}
