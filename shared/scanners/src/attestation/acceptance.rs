//! When an attestation holds. Each rule is one function; the first that does not hold is the reason.

use std::collections::HashMap;

use scrutineer_core::{
    Gap,
    evidence::{
        OrgEvidence,
        activity::Review,
        assurance::{AssuranceCommit, AssurancePull},
    },
};

use super::{
    AssuranceSource, Subject, Verdict, WARN_DAYS, is_attestable, longest_validity, schema::Entry, today,
};

/// The pull request that brought a file, and the code owner who approved it; or why that is not so.
pub(super) type Proof = Result<(u64, String), String>;

/// What holds for every entry of a file: signed, reviewed by a code owner, on the default branch.
pub(super) fn proven(source: &AssuranceSource, org: &OrgEvidence) -> Proof {
    let owners = &source.file.owners;
    if owners.is_empty() {
        return Err("CODEOWNERS does not cover the file".to_owned());
    }
    let history = source.history.known().map_err(|gap| unread("how the file came to be", &gap))?;
    let commit = history.commit.as_ref().ok_or("no commit of the default branch touches the file")?;
    if !commit.signature_valid {
        return Err(format!(
            "the last commit that touches the file ({}) has no valid signature",
            short(commit)
        ));
    }
    let pull = commit.pull.as_ref().ok_or_else(|| {
        format!("the last commit that touches the file ({}) came without a pull request", short(commit))
    })?;
    if !pull.merged || pull.base != history.default_branch {
        return Err(format!("pull request #{} did not bring it to the default branch", pull.number));
    }
    approver(commit, pull, owners, org).map(|login| (pull.number, login))
}

/// A code owner whose last word is an approval, and who wrote neither the pull request nor the commit.
fn approver(
    commit: &AssuranceCommit,
    pull: &AssurancePull,
    owners: &[String],
    org: &OrgEvidence,
) -> Result<String, String> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let wrote = |login: &str| {
        pull.author.as_ref().is_none_or(|author| same(&author.login, login))
            || commit.author.as_deref().is_some_and(|author| same(author, login))
    };
    let approved: Vec<String> =
        last_words(&pull.reviews.items).into_iter().filter(|login| !wrote(login)).collect();
    let mut unread = None;
    for login in &approved {
        match is_owner(login, owners, org) {
            Ok(true) => return Ok(login.clone()),
            Ok(false) => {}
            Err(gap) => unread = Some(gap),
        }
    }
    if let Some(gap) = unread {
        return Err(self::unread("the members of the owning team", &gap));
    }
    let number = pull.number;
    Err(format!("no code owner of the file other than its author approved pull request #{number}"))
}

/// Logins of people whose last review that says yes or no is an approval.
fn last_words(reviews: &[Review]) -> Vec<String> {
    let mut last: HashMap<String, (usize, bool)> = HashMap::new();
    for (at, review) in reviews.iter().enumerate() {
        let opinion = matches!(review.state.as_str(), "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED");
        if let (true, Some(author)) = (opinion, review.author.as_ref().filter(|author| !author.is_bot)) {
            last.insert(author.login.clone(), (at, review.state == "APPROVED"));
        }
    }
    let mut approved: Vec<(usize, String)> =
        last.into_iter().filter(|(_, (_, yes))| *yes).map(|(login, (at, _))| (at, login)).collect();
    approved.sort();
    approved.into_iter().map(|(_, login)| login).collect()
}

/// Whether CODEOWNERS means this person, directly or through a team.
fn is_owner(login: &str, owners: &[String], org: &OrgEvidence) -> Result<bool, Gap> {
    let mut unread = None;
    for owner in owners.iter().filter_map(|owner| owner.strip_prefix('@')) {
        let Some((_, slug)) = team_of(owner, org) else {
            if owner.eq_ignore_ascii_case(login) {
                return Ok(true);
            }
            continue;
        };
        match org.teams.known() {
            Err(gap) => unread = Some(gap),
            Ok(teams) => {
                let team = teams.items.iter().find(|team| team.slug.eq_ignore_ascii_case(slug));
                let Some(team) = team else { continue };
                if team.logins.iter().any(|member| member.eq_ignore_ascii_case(login)) {
                    return Ok(true);
                }
                if (team.logins.len() as u64) < team.members {
                    unread = Some(Gap::Truncated);
                }
            }
        }
    }
    unread.map_or(Ok(false), Err)
}

/// `acme/sre` as a team of the organization.
fn team_of<'a>(owner: &'a str, org: &OrgEvidence) -> Option<(&'a str, &'a str)> {
    owner.split_once('/').filter(|(login, _)| login.eq_ignore_ascii_case(org.login.as_str()))
}

/// Whether one entry holds.
pub(super) fn judge(entry: &Entry, own: bool, proof: &Proof, subject: Subject<'_>) -> Verdict {
    if let Err(why) = stands(entry, own, subject) {
        return Verdict::Rejected(why);
    }
    let (pull, approved_by) = match proof {
        Ok((pull, approved_by)) => (*pull, approved_by.clone()),
        Err(why) => return Verdict::Rejected(why.clone()),
    };
    let left = days(today(subject.now), entry.expires);
    if left < 0 {
        return Verdict::Expired;
    }
    Verdict::Accepted { expiring: left <= WARN_DAYS, pull, approved_by }
}

/// What the entry itself must satisfy.
fn stands(entry: &Entry, own: bool, subject: Subject<'_>) -> Result<(), String> {
    if !is_attestable(&entry.check) {
        return Err(format!("{} is decided from evidence only and cannot be attested", entry.check));
    }
    if own && entry.repositories.is_some() {
        return Err("`repositories` belongs in the organization's file only".to_owned());
    }
    if !own && subject.repository.is_some() && entry.repositories.is_none() {
        return Err("it names no `repositories`".to_owned());
    }
    if entry.issued > today(subject.now) {
        return Err(format!("it begins on {}", entry.issued));
    }
    let most = longest_validity(&entry.check);
    if days(entry.issued, entry.expires) > most {
        return Err(format!("it would hold for more than {most} days"));
    }
    resolves(&entry.owner, subject.org)
}

/// The owner is a team or a member of the organization.
fn resolves(owner: &str, org: &OrgEvidence) -> Result<(), String> {
    let name = owner.strip_prefix('@').unwrap_or(owner);
    let found = match name.split_once('/') {
        Some(_) => {
            let Some((_, slug)) = team_of(name, org) else {
                return Err(format!("{owner} is no team of the organization"));
            };
            let teams = org.teams.known().map_err(|gap| unread("the organization's teams", &gap))?;
            teams.items.iter().any(|team| team.slug.eq_ignore_ascii_case(slug))
        }
        None => {
            let members = org.members.known().map_err(|gap| unread("the organization's members", &gap))?;
            members.items.iter().any(|member| member.login.as_str().eq_ignore_ascii_case(name))
        }
    };
    if found { Ok(()) } else { Err(format!("{owner} is neither a team nor a member of the organization")) }
}

fn unread(what: &str, gap: &Gap) -> String {
    format!("{what} could not be read ({gap})")
}

fn days(from: jiff::civil::Date, to: jiff::civil::Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

fn short(commit: &AssuranceCommit) -> &str {
    commit.oid.get(..7).unwrap_or(&commit.oid)
}
