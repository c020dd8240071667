//! The report as JSON: the fields of [`Report`], in their order.

use super::Report;

/// The report as indented JSON with a final line break.
pub fn json(report: &Report) -> String {
    let mut text =
        serde_json::to_string_pretty(report).expect("a report has string keys and plain values only");
    text.push('\n');
    text
}
