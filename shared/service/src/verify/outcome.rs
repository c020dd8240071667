//! From a verdict to check runs: a conclusion, annotations and words for each pack. Pure.

use scrutineer_github::app::{Annotation, AnnotationLevel, CheckOutput, Conclusion};
use scrutineer_policy::{
    Decision, EffectivePolicy, PackPolicy, PackVerdict, Problem, Tier, Verdict, Violation,
};

use super::text;

/// Annotations of one check run. GitHub shows them one by one; beyond some hundred nobody reads them, and each 50 cost
/// a request.
const MOST_ANNOTATIONS: usize = 500;

/// How a check run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckOutcome {
    /// Its name.
    pub(super) name: String,
    /// The pack behind it.
    pub(super) pack: String,
    /// Its conclusion.
    pub(super) conclusion: Conclusion,
    /// What it shows.
    pub(super) output: CheckOutput,
    /// What it shows in the diff.
    pub(super) annotations: Vec<Annotation>,
}

/// What was judged, and how.
pub(super) struct Judged<'a> {
    pub(super) policy: &'a EffectivePolicy,
    pub(super) verdict: &'a Verdict,
    /// Whether nothing may block.
    pub(super) evaluate: bool,
}

/// One outcome for each pack of the policy.
pub(super) fn of_verdict(judged: &Judged<'_>) -> Vec<CheckOutcome> {
    judged.verdict.packs.iter().map(|pack| of_pack(judged, pack)).collect()
}

fn of_pack(judged: &Judged<'_>, pack: &PackVerdict) -> CheckOutcome {
    let mut violations: Vec<&Violation> =
        judged.verdict.violations.iter().filter(|violation| is_of(violation, &pack.pack)).collect();
    // The most serious first, then by place: the same on every try, because annotations are sent in batches.
    violations.sort_by(|a, b| {
        b.tier.cmp(&a.tier).then_with(|| {
            (&a.path, a.start_line, a.start_column, &a.rule).cmp(&(
                &b.path,
                b.start_line,
                b.start_column,
                &b.rule,
            ))
        })
    });
    let conclusion = conclusion(judged, pack);
    let name = judged
        .policy
        .packs
        .get(&pack.pack)
        .map_or_else(|| format!("isl-{}-check", pack.pack), |policy| policy.check.clone());
    CheckOutcome {
        name,
        pack: pack.pack.clone(),
        conclusion,
        output: text::of_pack(judged, pack, &violations, conclusion),
        annotations: violations.iter().take(MOST_ANNOTATIONS).map(|v| annotation(v)).collect(),
    }
}

fn is_of(violation: &Violation, pack: &str) -> bool {
    violation.rule.split('/').next() == Some(pack)
}

/// `failure` takes a blocking violation of a pack that decides. What was not analysed is no violation and no pass
/// either: `action_required`.
fn conclusion(judged: &Judged<'_>, pack: &PackVerdict) -> Conclusion {
    let blocked = pack.verdict == Decision::NoShip;
    let warned = pack.soft + pack.warn + pack.hard > 0;
    match (blocked, pack.required) {
        _ if judged.evaluate => Conclusion::Neutral,
        (true, true) => Conclusion::Failure,
        (false, true) if judged.verdict.incomplete => Conclusion::ActionRequired,
        _ if blocked || warned || judged.verdict.incomplete => Conclusion::Neutral,
        _ => Conclusion::Success,
    }
}

fn annotation(violation: &Violation) -> Annotation {
    let one_line = violation.start_line == violation.end_line;
    // GitHub counts the last column in, the engine does not.
    let last = violation.end_column.saturating_sub(1).max(violation.start_column);
    Annotation {
        path: violation.path.as_str().to_owned(),
        start_line: violation.start_line,
        end_line: violation.end_line,
        columns: one_line.then_some((violation.start_column, last)),
        level: match violation.tier {
            Tier::HardBlock => AnnotationLevel::Failure,
            Tier::SoftBlock => AnnotationLevel::Warning,
            Tier::Warn | Tier::Evaluate => AnnotationLevel::Notice,
        },
        message: violation.message.clone(),
        title: Some(violation.rule.clone()),
        raw_details: Some(text::details(violation)),
    }
}

/// Every check run when the configuration of the base branch cannot be used.
pub(super) fn of_problems(policy: &EffectivePolicy, problems: &[Problem]) -> Vec<CheckOutcome> {
    all(policy, Conclusion::ActionRequired, &text::misconfigured(problems))
}

/// Every check run with one conclusion.
pub(super) fn all(
    policy: &EffectivePolicy,
    conclusion: Conclusion,
    output: &CheckOutput,
) -> Vec<CheckOutcome> {
    let outcome = |(pack, policy): (&String, &PackPolicy)| CheckOutcome {
        name: policy.check.clone(),
        pack: pack.clone(),
        conclusion,
        output: output.clone(),
        annotations: Vec::new(),
    };
    policy.packs.iter().map(outcome).collect()
}
