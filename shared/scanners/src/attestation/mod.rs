//! Human attestation: a second admissible kind of evidence for the checks whose control may live outside of GitHub.
//!
//! A signed, reviewed entry of `.github/assurance.yml` lifts a finding that failed or warned *by absence*; it never
//! overrides a measurement, earns at most three quarters of the weight, and is counted and shown apart. What a newcomer
//! gets wrong: an entry that does not hold is not dropped silently; it is listed on the finding with the reason.

mod acceptance;
mod lift;
mod schema;

use std::collections::BTreeMap;

use globset::Glob;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use scrutineer_core::{
    Fact, Gap,
    evidence::{
        OrgEvidence,
        assurance::{ASSURANCE_PATH, Assurance},
    },
    ids::RepoName,
};
use serde::{Deserialize, Serialize};

use crate::check::{OrgSubject, RepoSubject, Scope};

pub(crate) use lift::lifted;
pub(crate) use schema::MAX_FILE_BYTES;

/// Checks whose control may legitimately live outside of GitHub: there, silence of the repository proves nothing.
pub const ATTESTABLE: [&str; 33] = [
    "IAM-012", "SEC-008", "SEC-010", "DAST-001", "DAST-002", "DAST-003", "DAST-004", "DAST-005", "DAST-006",
    "DAST-007", "DAST-008", "CQ-004", "SDLC-009", "SDLC-010", "COMP-003", "COMP-006", "COMP-008", "COMP-010",
    "DR-001", "DR-002", "DR-003", "DR-004", "DR-005", "DR-006", "DR-008", "DR-009", "DR-010", "MON-001",
    "MON-002", "MON-006", "MON-009", "MON-010", "MON-011",
];

/// The organization's repository for members, whose file may speak of other repositories.
const ORG_REPOSITORY: &str = ".github-private";

/// Days before the end in which an attestation only warns.
const WARN_DAYS: i32 = 30;

/// Whether a check may be attested.
pub fn is_attestable(check: &str) -> bool {
    ATTESTABLE.contains(&check)
}

/// Most days an attestation of a check may hold.
fn longest_validity(check: &str) -> i32 {
    let short = check == "DR-010" || check.starts_with("IAM-") || check.starts_with("SEC-");
    if short { 180 } else { 365 }
}

/// A file of attestations as the snapshot holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssuranceFile {
    /// Its text; `None` when it is larger than is read.
    pub text: Option<String>,
    /// Who owns it according to CODEOWNERS: `@login`, `@org/team`, addresses; empty when CODEOWNERS does not cover it.
    pub owners: Vec<String>,
}

/// A file of attestations and what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssuranceSource {
    /// The repository that it stands in.
    pub repository: RepoName,
    /// The file.
    pub file: AssuranceFile,
    /// How it came to be what it is.
    pub history: Fact<Assurance>,
}

/// What an attestation is judged against.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) org: &'a OrgEvidence,
    pub(crate) now: Timestamp,
    /// The repository that is judged; `None` for the organization.
    pub(crate) repository: Option<&'a RepoName>,
}

/// What the files say about one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    by_check: BTreeMap<String, Vec<Claim>>,
    /// Files that do not hold as a whole: they concern every attestable check.
    broken: Vec<Claim>,
}

/// An attestation of one check for one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// `repository:path` of the organization's file, the path alone of the repository's own.
    source: String,
    /// Who and what; empty for a file that does not hold.
    owner: String,
    statement: String,
    evidence: String,
    until: Option<Date>,
    verdict: Verdict,
}

/// Whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It holds; the pull request and who approved it.
    Accepted { expiring: bool, pull: u64, approved_by: String },
    /// It held until then.
    Expired,
    /// It does not hold.
    Rejected(String),
}

impl Claims {
    /// What the organization's own file says about the organization.
    pub(crate) fn about_org(subject: &OrgSubject<'_>) -> Self {
        let now = subject.org.observed_at;
        Self::of(&subject.docs.assurance(), Subject { org: subject.org, now, repository: None })
    }

    /// What the repository's file and the organization's say about a repository.
    pub(crate) fn about_repo(subject: &RepoSubject<'_>) -> Self {
        let name = &subject.repo.listing.name;
        // There, the file is the organization's.
        let own = subject.files.ok().filter(|_| !name.name().eq_ignore_ascii_case(ORG_REPOSITORY));
        let own = own.and_then(|files| files.assurance()).map(|file| AssuranceSource {
            repository: name.clone(),
            file: file.clone(),
            history: subject.repo.assurance.clone().unwrap_or_else(|| {
                Fact::Unknown(Gap::unavailable("it was not there when the repository was listed"))
            }),
        });
        let sources: Vec<AssuranceSource> = own.into_iter().chain(subject.docs.assurance()).collect();
        let now = subject.repo.observed_at;
        Self::of(&sources, Subject { org: subject.org, now, repository: Some(name) })
    }

    /// Judges every attestation of `sources` that concerns `subject`.
    pub(crate) fn of<'a>(
        sources: impl IntoIterator<Item = &'a AssuranceSource>,
        subject: Subject<'_>,
    ) -> Self {
        let mut claims = Self::default();
        for source in sources {
            claims.add(source, subject);
        }
        for list in claims.by_check.values_mut() {
            // The best one first: accepted, then the longest.
            list.sort_by(|a, b| (&a.verdict, b.until).cmp(&(&b.verdict, a.until)));
        }
        claims
    }

    fn add(&mut self, source: &AssuranceSource, subject: Subject<'_>) {
        let own = subject.repository.is_some_and(|name| name.key() == source.repository.key());
        let place = match own {
            true => ASSURANCE_PATH.to_owned(),
            false => format!("{}:{ASSURANCE_PATH}", source.repository.name()),
        };
        let text = source.file.text.as_deref().ok_or_else(|| "it is larger than 64 KiB".to_owned());
        let file = match text.and_then(schema::parse) {
            Ok(file) => file,
            Err(why) => {
                let why = Verdict::Rejected(format!("the file does not hold: {why}"));
                let (owner, statement, evidence) = Default::default();
                self.broken.push(Claim {
                    source: place,
                    owner,
                    statement,
                    evidence,
                    until: None,
                    verdict: why,
                });
                return;
            }
        };
        let proof = acceptance::proven(source, subject.org);
        for entry in file.attestations {
            if !concerns(&entry, subject.repository, own) {
                continue;
            }
            let verdict = acceptance::judge(&entry, own, &proof, subject);
            let claim = Claim {
                source: place.clone(),
                owner: entry.owner,
                statement: entry.statement,
                evidence: entry.evidence,
                until: Some(entry.expires),
                verdict,
            };
            self.by_check.entry(entry.check).or_default().push(claim);
        }
    }

    /// What is claimed about a check, the best claim first.
    pub(crate) fn about(&self, check: &str) -> impl Iterator<Item = &Claim> {
        let broken = is_attestable(check).then_some(&self.broken).into_iter().flatten();
        self.by_check.get(check).into_iter().flatten().chain(broken)
    }
}

/// Whether an entry speaks of the subject. The organization's file speaks of repositories by globs, and of the
/// organization itself without any.
fn concerns(entry: &schema::Entry, repository: Option<&RepoName>, own: bool) -> bool {
    let Some(repository) = repository else { return scope(&entry.check) != Some(Scope::Repo) };
    if own {
        return true;
    }
    let name = repository.name().to_ascii_lowercase();
    let meets = |glob: &String| {
        Glob::new(&glob.to_ascii_lowercase()).is_ok_and(|glob| glob.compile_matcher().is_match(&name))
    };
    // Without globs it would silently speak of every repository: it is judged, and refused with the reason.
    scope(&entry.check) != Some(Scope::Org)
        && entry.repositories.as_ref().is_none_or(|globs| globs.iter().any(meets))
}

fn scope(check: &str) -> Option<Scope> {
    crate::registry::find(check).map(|(_, check)| check.scope())
}

fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests;
