//! IAM-004, IAM-008, IAM-009 and IAM-011: who may do what with the repositories, and by which way.

use std::collections::BTreeSet;

use scrutineer_core::{
    Gap,
    evidence::{org::Team, posture::Collaborator},
    ids::RepoName,
};

use crate::{
    check::{OrgSubject, Outcome, Thresholds},
    contribution::Gathered,
    finding::Evidence,
    share::Share,
};

const BASE_PERMISSION: &str = "GET /orgs/{org}#default_repository_permission";

fn grant((repository, person): &(&RepoName, &Collaborator)) -> Evidence {
    Evidence::new(repository.as_str(), format!("{}: {}", person.login, person.permission))
}

/// IAM-004.
pub(super) fn outside_admins(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let outside = Gathered::pages(subject.repositories, |r| &r.outside_collaborators);
    let with = |permission: &str| {
        let found = outside.items.iter().filter(|(_, person)| person.permission == permission);
        found.map(grant).collect::<Vec<_>>()
    };
    let admins = with("ADMIN");
    if let Some(first) = admins.first() {
        let detail =
            format!("Outside collaborators with admin access: {}, e.g. on {}.", admins.len(), first.source);
        return Ok(Outcome::failed(detail, admins));
    }
    outside.complete()?;
    let maintainers = with("MAINTAIN");
    if let Some(first) = maintainers.first() {
        let detail =
            format!("Outside collaborators who maintain: {}, e.g. {}.", maintainers.len(), first.source);
        return Ok(Outcome::warning(detail, maintainers));
    }
    let detail = format!("Outside collaborators: {}, none may administer or maintain.", outside.items.len());
    Ok(Outcome::passed(detail, outside.items.iter().map(grant)))
}

/// Every team with everything it may reach.
fn teams<'a>(subject: &OrgSubject<'a>) -> Result<&'a [Team], Gap> {
    let teams = subject.org.teams.known()?;
    let complete = teams.is_complete() && teams.items.iter().all(|team| team.repositories.is_complete());
    if complete { Ok(&teams.items) } else { Err(Gap::Truncated) }
}

/// IAM-008.
pub(super) fn admin_share(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let base = &subject.org.settings.default_repository_permission;
    if let Some(wide) = base.ok().filter(|base| matches!(base.as_str(), "write" | "admin")) {
        let seen = Evidence::new(BASE_PERMISSION, wide);
        return Ok(Outcome::failed(format!("Every member has {wide} on every repository."), [seen]));
    }
    let teams = teams(subject)?;
    let people = Gathered::pages(subject.repositories, |r| &r.direct_collaborators);
    people.complete()?;
    let direct: Vec<_> = people
        .items
        .into_iter()
        .filter(|(_, person)| person.sources.iter().any(|s| s == "Repository"))
        .collect();
    let by_team: Vec<_> =
        teams.iter().flat_map(|t| t.repositories.items.iter().map(move |g| (t, g))).collect();
    let admins = by_team.iter().filter(|(_, (_, role))| role == "ADMIN").count()
        + direct.iter().filter(|(_, person)| person.permission == "ADMIN").count();
    let share = Share::of(admins, by_team.len() + direct.len());
    let team_admins = by_team
        .iter()
        .filter(|(_, (_, role))| role == "ADMIN")
        .map(|(team, (repo, role))| Evidence::new(repo, format!("team {}: {role}", team.slug)));
    let seen = team_admins.chain(direct.iter().filter(|(_, p)| p.permission == "ADMIN").map(grant));
    let detail = format!("{share} grants are admin.");
    if !share.at_most(limits.get("warn_admin_percent")) {
        return Ok(Outcome::failed(detail, seen));
    }
    let base = base.known()?;
    if let Some(team) = dominant(subject, teams, limits) {
        return Ok(Outcome::warning(format!("{share} grants are admin; {team}."), seen));
    }
    let detail = format!("{share} grants are admin; every member has {base}.");
    Ok(if share.at_most(limits.get("max_admin_percent")) {
        Outcome::passed(detail, seen)
    } else {
        Outcome::warning(detail, seen)
    })
}

/// A team that administers more than its share of all repositories, alone or by an organization role.
fn dominant(subject: &OrgSubject<'_>, teams: &[Team], limits: Thresholds<'_>) -> Option<String> {
    let all = subject.repositories.len();
    let of_team = teams.iter().find_map(|team| {
        let administered = team.repositories.items.iter().filter(|(_, role)| role == "ADMIN").count();
        let share = Share::of(administered, all);
        let over = administered > 0 && !share.at_most(limits.get("max_team_percent"));
        over.then(|| format!("team {} administers {share} repositories", team.slug))
    });
    let roles = subject.org.organization_roles.ok().into_iter().flatten();
    let of_role = roles.filter(|role| role.name == "all_repo_admin").find_map(|role| {
        let team = role.teams.ok()?.first()?;
        Some(format!("team {team} administers all repositories by organization role"))
    });
    of_team.or(of_role)
}

/// IAM-009.
pub(super) fn by_team(subject: &OrgSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let members = subject.org.members.known()?;
    if rust_decimal::Decimal::from(members.total) < limits.get("min_members") {
        return Ok(Outcome::not_applicable(format!("The organization has {} members.", members.total)));
    }
    let teams = teams(subject)?;
    let people = Gathered::pages(subject.repositories, |r| &r.direct_collaborators);
    people.complete()?;
    if !members.is_complete() {
        return Err(Gap::Truncated);
    }
    let logins: BTreeSet<String> = members.items.iter().map(|m| m.login.key()).collect();
    let is_member = |person: &Collaborator| logins.contains(&person.login.to_ascii_lowercase());
    let of_members: Vec<_> = people.items.into_iter().filter(|(_, person)| is_member(person)).collect();
    let individual: Vec<_> = of_members
        .iter()
        .filter(|(_, p)| !p.sources.is_empty() && p.sources.iter().all(|s| s == "Repository"))
        .collect();
    // Grants by team are counted from the teams: a listing of direct access need not repeat them.
    let by_team: u64 = teams.iter().map(|t| t.members.saturating_mul(t.repositories.total)).sum();
    let others = of_members.iter().filter(|(_, p)| !p.sources.iter().any(|s| s == "Team")).count() as u64;
    let share = Share { part: individual.len() as u64, whole: by_team.saturating_add(others) };
    let detail = format!("{share} member grants were given to a person.");
    let seen = individual.into_iter().map(grant);
    Ok(if share.at_most(limits.get("max_individual_percent")) {
        Outcome::passed(detail, seen)
    } else if share.at_most(limits.get("warn_individual_percent")) {
        Outcome::warning(detail, seen)
    } else {
        Outcome::failed(detail, seen)
    })
}

/// IAM-011.
pub(super) fn base_permission(subject: &OrgSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let base = subject.org.settings.default_repository_permission.known()?;
    let seen = [Evidence::new(BASE_PERMISSION, base)];
    let detail = format!("Every member has {base} on every repository.");
    match base.as_str() {
        "none" | "read" => Ok(Outcome::passed(detail, seen)),
        "write" | "admin" => Ok(Outcome::failed(detail, seen)),
        _ => Err(Gap::unsupported("the base permission has a value this build does not know")),
    }
}
