//! Violations as results.

use super::{
    MAX_RESULTS,
    log::{
        Fingerprints, Level, Location, Message, PhysicalLocation, Region, ResultObject, ResultProperties,
        Suppression,
    },
    rule::Listed,
};
use crate::verdict::{PackVerdict, Suppressed, Verdict, Violation};

/// A violation, and what answers it.
#[derive(Clone, Copy)]
pub(super) struct Finding<'v> {
    violation: &'v Violation,
    answer: Option<&'v Suppressed>,
}

/// The findings of packs in the order of the verdict, and how many there are beyond the cap. What falls is the least
/// serious: suppressed ones first, then by tier.
pub(super) fn of_packs<'v>(
    verdict: &'v Verdict,
    packs: &[&PackVerdict],
    suppressed: bool,
) -> (Vec<Finding<'v>>, usize) {
    let mine = |violation: &Violation| {
        let pack = violation.rule.split('/').next().unwrap_or("");
        packs.iter().any(|known| known.pack == pack)
    };
    let open = verdict.violations.iter().map(|violation| Finding { violation, answer: None });
    let answered = verdict
        .suppressed
        .iter()
        .filter(|_| suppressed)
        .map(|answer| Finding { violation: &answer.violation, answer: Some(answer) });
    let all: Vec<Finding<'v>> = open.chain(answered).filter(|finding| mine(finding.violation)).collect();
    let left_out = all.len().saturating_sub(MAX_RESULTS);
    if left_out == 0 {
        return (all, 0);
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|at| (all[*at].answer.is_some(), std::cmp::Reverse(all[*at].violation.tier), *at));
    order.truncate(MAX_RESULTS);
    order.sort_unstable();
    (order.into_iter().map(|at| all[at]).collect(), left_out)
}

impl<'v> Finding<'v> {
    pub(super) fn path(&self) -> &'v str {
        self.violation.path.as_str()
    }

    /// `paths` is sorted and holds the finding's.
    pub(super) fn result(&self, rules: &[Listed], paths: &[&str]) -> ResultObject {
        let violation = self.violation;
        ResultObject {
            rule_id: violation.rule.clone(),
            rule_index: rules.iter().position(|listed| listed.rule.id == violation.rule),
            level: Level::of(violation.tier),
            message: Message { text: violation.message.clone() },
            locations: [Location {
                physical_location: PhysicalLocation {
                    artifact_location: super::location(self.path(), paths.binary_search(&self.path()).ok()),
                    region: Region {
                        start_line: violation.start_line,
                        start_column: violation.start_column,
                        end_line: violation.end_line,
                        end_column: violation.end_column,
                    },
                },
            }],
            partial_fingerprints: Fingerprints {
                // GitHub's form is a hash and which of several equal ones it is; ours already tells equal ones apart.
                primary: format!("{}:1", violation.fingerprint),
                own: violation.fingerprint.clone(),
            },
            suppressions: self.answer.map(suppression).into_iter().collect(),
            properties: ResultProperties { tier: violation.tier },
        }
    }
}

fn suppression(answer: &Suppressed) -> Suppression {
    let kind = if answer.reason == "baseline" { "external" } else { "inSource" };
    let mut justification = answer.reason.clone();
    if let Some(ticket) = &answer.ticket {
        justification.push_str(&format!(" (ticket {ticket})"));
    }
    if let Some(day) = &answer.expires {
        justification.push_str(&format!(" (until {day})"));
    }
    Suppression { kind, status: "accepted", justification }
}
