//! A scan beside an earlier one of the same organization, read back from its JSON: what moved, and why.
//!
//! What a newcomer gets wrong: the file comes from another version of this program, so only what is compared is read,
//! and checks that one side does not know are no error.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::FromPrimitive};
use scrutineer_scanners::{
    Status,
    compare::{self, CategoryDelta, Delta, Direction, Move, Said, Standing},
};
use serde::{Deserialize, Serialize};

use super::{Report, ScorePart};

/// What is read of an earlier report.
#[derive(Clone, Debug, Deserialize)]
pub struct Earlier {
    scan: EarlierScan,
    overall: Option<f64>,
    coverage: Option<f64>,
    scores: Vec<EarlierScore>,
    repositories: Vec<EarlierRepository>,
    findings: Vec<EarlierFinding>,
}

#[derive(Clone, Debug, Deserialize)]
struct EarlierScan {
    id: String,
    organization: String,
    status: String,
    completed_at: Option<Timestamp>,
    /// Absent from what versions without profiles wrote.
    #[serde(default)]
    profile: Option<EarlierProfile>,
}

#[derive(Clone, Debug, Deserialize)]
struct EarlierProfile {
    name: String,
    version: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct EarlierScore {
    category: String,
    percentage: Option<f64>,
    coverage: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
struct EarlierRepository {
    name: String,
    status: String,
}

#[derive(Clone, Debug, Deserialize)]
struct EarlierFinding {
    check: String,
    repository: Option<String>,
    status: Status,
    detail: String,
}

/// What moved since an earlier scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The earlier scan's id.
    pub scan: String,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// The profiles of both, by name and version, when they differ: another profile gives another score for the same
    /// evidence.
    pub profiles: Option<[String; 2]>,
    /// The overall score, in per cent.
    pub overall: Delta,
    /// Share of checks that could be decided, in per cent.
    pub coverage: Delta,
    /// By category, in display order.
    pub categories: Vec<CategoryDelta>,
    /// Repositories that only this scan has.
    pub appeared: Vec<String>,
    /// Repositories that only the earlier scan has.
    pub vanished: Vec<String>,
    /// Repositories that one of the two could not scan.
    pub unscanned: Vec<String>,
    /// What moved: the organization's first, then by repository.
    pub moves: Vec<SubjectMove>,
}

/// One check that moved, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubjectMove {
    /// The repository; none for the organization itself.
    pub repository: Option<String>,
    /// What moved.
    #[serde(flatten)]
    pub moved: Move,
}

impl Earlier {
    /// An earlier report, from its JSON.
    ///
    /// # Errors
    /// A sentence saying why this is not the report of a completed scan.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let earlier: Self =
            serde_json::from_slice(json).map_err(|error| format!("it is not the JSON of a scan: {error}"))?;
        if earlier.scan.status != "completed" {
            return Err(format!("its scan is {}, not completed", earlier.scan.status));
        }
        Ok(earlier)
    }

    /// Whether it is a report of this organization.
    pub fn is_of(&self, organization: &str) -> bool {
        self.scan.organization.eq_ignore_ascii_case(organization)
    }
}

/// What moved from `earlier` to `report`.
pub fn compare(earlier: &Earlier, report: &Report) -> Comparison {
    let (old, new) = (earlier.scanned(), scanned(report));
    let only = |a: &Scanned, b: &Scanned| {
        a.iter().filter(|(key, _)| !b.contains_key(*key)).map(|(_, (name, _))| name.clone()).collect()
    };
    let differs = |(key, (_, scanned)): &(&String, &(String, bool))| {
        old.get(*key).is_some_and(|(_, before)| before != scanned)
    };
    let shown = |number: Option<f64>| number.and_then(decimal);
    Comparison {
        scan: earlier.scan.id.clone(),
        completed_at: earlier.scan.completed_at,
        profiles: profiles(earlier, report),
        overall: Delta { before: shown(earlier.overall), after: report.overall },
        coverage: Delta { before: shown(earlier.coverage), after: report.coverage },
        categories: compare::categories(
            &earlier.scores.iter().map(EarlierScore::standing).collect(),
            &report.scores.iter().map(standing).collect(),
        ),
        appeared: only(&new, &old),
        vanished: only(&old, &new),
        unscanned: new.iter().filter(differs).map(|(_, (name, _))| name.clone()).collect(),
        moves: moves(earlier, report, &old, &new),
    }
}

fn profiles(earlier: &Earlier, report: &Report) -> Option<[String; 2]> {
    let named = |name: &str, version: u64| format!("{name}, version {version}");
    let before = earlier.scan.profile.as_ref()?;
    let after = &report.scan.profile;
    let both = [named(&before.name, before.version), named(&after.name, after.version)];
    (both[0] != both[1]).then_some(both)
}

/// Repositories by key: their name, and whether they could be scanned.
type Scanned = BTreeMap<String, (String, bool)>;

impl Earlier {
    fn scanned(&self) -> Scanned {
        let entry = |repo: &EarlierRepository| {
            (repo.name.to_ascii_lowercase(), (repo.name.clone(), repo.status != "failed"))
        };
        self.repositories.iter().map(entry).collect()
    }
}

impl EarlierScore {
    fn standing(&self) -> (String, Standing) {
        let standing = Standing {
            percentage: self.percentage.and_then(decimal),
            coverage: self.coverage.and_then(decimal),
        };
        (self.category.clone(), standing)
    }
}

fn scanned(report: &Report) -> Scanned {
    let entry = |repo: &super::RepositoryPart| {
        (repo.name.to_ascii_lowercase(), (repo.name.clone(), repo.status != "failed"))
    };
    report.repositories.iter().map(entry).collect()
}

fn standing(score: &ScorePart) -> (String, Standing) {
    (score.category.clone(), Standing { percentage: score.percentage, coverage: score.coverage })
}

/// A number as it was written: two decimals.
fn decimal(number: f64) -> Option<Decimal> {
    Decimal::from_f64(number).map(|value| value.round_dp(2))
}

fn moves(earlier: &Earlier, report: &Report, old: &Scanned, new: &Scanned) -> Vec<SubjectMove> {
    let mut before: BTreeMap<Option<String>, Vec<Said<'_>>> = BTreeMap::new();
    for found in &earlier.findings {
        let said = Said { check: &found.check, status: found.status, detail: &found.detail };
        before.entry(found.repository.as_deref().map(str::to_ascii_lowercase)).or_default().push(said);
    }
    let mut after: BTreeMap<Option<String>, Vec<Said<'_>>> = BTreeMap::new();
    for found in &report.findings {
        let said = Said { check: found.check, status: found.status, detail: &found.detail };
        after.entry(found.repository.as_deref().map(str::to_ascii_lowercase)).or_default().push(said);
    }
    let subjects: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    let in_both = |subject: &Option<String>| match subject {
        None => true,
        Some(key) => old.get(key).is_some_and(|(_, ok)| *ok) && new.get(key).is_some_and(|(_, ok)| *ok),
    };
    let mut moves = Vec::new();
    for subject in subjects.into_iter().filter(in_both) {
        let name = subject.as_ref().and_then(|key| new.get(key)).map(|(name, _)| name.clone());
        let old = before.remove(&subject).unwrap_or_default();
        let new = after.remove(&subject).unwrap_or_default();
        let found = compare::moves(old, new).into_iter();
        moves.extend(found.map(|moved| SubjectMove { repository: name.clone(), moved }));
    }
    moves
}

impl Comparison {
    /// How many checks moved this way.
    pub fn count(&self, direction: Direction) -> usize {
        self.moves.iter().filter(|entry| entry.moved.direction == direction).count()
    }

    /// Worsened first, then improved, then the rest; each in the comparison's order.
    pub fn by_direction(&self) -> Vec<&SubjectMove> {
        let mut moves: Vec<_> = self.moves.iter().collect();
        moves.sort_by_key(|entry| entry.moved.direction);
        moves
    }
}

impl SubjectMove {
    /// `passed → failed`; what was not asked is `not asked`.
    pub fn statuses(&self) -> String {
        let name = |verdict: &Option<compare::Verdict>| {
            verdict.as_ref().map_or("not asked", |verdict| super::status_name(verdict.status))
        };
        format!("{} → {}", name(&self.moved.before), name(&self.moved.after))
    }

    /// Where it moved, for people.
    pub fn place(&self) -> &str {
        self.repository.as_deref().unwrap_or("(organization)")
    }

    /// The sentences of both sides.
    pub fn reasons(&self) -> [Option<&str>; 2] {
        [&self.moved.before, &self.moved.after]
            .map(|verdict| verdict.as_ref().map(|verdict| verdict.detail.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json::json, sample};

    fn earlier(report: &Report) -> Earlier {
        Earlier::parse(json(report).as_bytes()).unwrap()
    }

    #[test]
    fn a_scan_beside_itself_did_not_move() {
        let report = sample::report();
        let found = compare(&earlier(&report), &report);
        assert!(found.moves.is_empty() && found.appeared.is_empty() && found.vanished.is_empty());
        assert!(found.overall.is_still() && found.categories.iter().all(|c| c.percentage.is_still()));
    }

    #[test]
    fn what_moved_is_told_with_both_sentences() {
        let before = sample::report();
        let found = compare(&earlier(&before), &sample::later());
        let told: Vec<_> = found
            .by_direction()
            .iter()
            .map(|m| (m.moved.check.as_str(), m.place(), m.moved.direction, m.statuses()))
            .collect();
        assert_eq!(
            told,
            [
                ("IAM-004", "acme/payments", Direction::Worsened, "passed → failed".to_owned()),
                ("IAM-001", "(organization)", Direction::Improved, "failed → passed".to_owned()),
            ]
        );
        assert_eq!(found.moves[0].reasons()[0], Some("two-factor authentication is not required"));
        assert_eq!(
            (found.appeared, found.vanished),
            (vec!["acme/new".to_owned()], vec!["acme/docs".to_owned()])
        );
        assert_eq!(found.overall.difference(), Some(Decimal::new(167, 2)));
    }

    #[test]
    fn only_a_completed_scan_is_compared_with() {
        assert!(Earlier::parse(b"{}").unwrap_err().contains("not the JSON of a scan"));
        let mut report = sample::report();
        report.scan.status = "failed";
        assert!(Earlier::parse(json(&report).as_bytes()).unwrap_err().contains("failed, not completed"));
    }
}
