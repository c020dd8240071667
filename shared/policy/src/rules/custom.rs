//! Custom rules: compiled, bounded and tried on their own examples before a bundle with them is accepted.

use super::{Rule, RuleDoc};
use crate::bundle::Problem;

/// Bytes of one rule document.
const MAX_BYTES: usize = 64 * 1024;
/// Examples of each kind that a custom rule must bring.
const MIN_EXAMPLES: usize = 1;

/// Compile a custom rule and run its examples.
///
/// # Errors
/// Every mistake with rule, line, column and reason.
pub(crate) fn compile_custom(text: &str) -> Result<Rule, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        return Err(vec![Problem::new("", format!("{} bytes; a rule has at most {MAX_BYTES}", text.len()))]);
    }
    let doc: RuleDoc = serde_saphyr::from_str(text).map_err(|error| vec![syntax(&error, "")])?;
    checked(&doc).map_err(|mut problems| {
        problems.iter_mut().for_each(|problem| place(problem, &doc.id, text));
        problems
    })
}

/// Line and column of a problem, by the path in its name.
fn place(problem: &mut Problem, id: &str, text: &str) {
    let path = problem.at.strip_prefix(id).unwrap_or("").trim_start();
    let path = path.split(' ').next().unwrap_or("");
    if let Some((line, column)) = super::place::find(text, path) {
        (problem.line, problem.column) = (Some(line), Some(column));
    }
}

fn checked(doc: &RuleDoc) -> Result<Rule, Vec<Problem>> {
    let rule = doc.compile(false)?;
    let Some(examples) = &doc.examples else {
        return Err(vec![Problem::new(
            format!("{} examples", rule.id),
            "examples are missing: at least one `bad` and one `good`",
        )]);
    };
    let mut problems = Vec::new();
    for (kind, count) in [("bad", examples.count_bad()), ("good", examples.count_good())] {
        if count < MIN_EXAMPLES {
            problems.push(Problem::new(
                format!("{} examples.{kind}", rule.id),
                format!("at least {MIN_EXAMPLES} is needed"),
            ));
        }
    }
    for failure in examples.run(&rule) {
        problems.push(Problem::new(format!("{} {}", rule.id, failure.example), failure.what));
    }
    if problems.is_empty() { Ok(rule) } else { Err(problems) }
}

/// What is wrong with a custom rule; empty = nothing. For `rules test` and for `PUT`.
pub fn compile_custom_report(text: &str) -> Vec<Problem> {
    compile_custom(text).err().unwrap_or_default()
}

/// What a YAML reader complains about, with its place.
pub(crate) fn syntax(error: &serde_saphyr::Error, file: &str) -> Problem {
    let at = error.location();
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Problem {
        at: file.to_owned(),
        line: at.map(|at| number(at.line())),
        column: at.map(|at| number(at.column())),
        message: error.to_string().lines().next().unwrap_or("not a rule document").to_owned(),
    }
}
