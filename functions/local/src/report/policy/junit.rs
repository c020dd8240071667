//! JUnit XML: a suite per pack, a test case per finding, and a suite of what was not analysed.

use std::fmt::Write as _;

use scrutineer_policy::{PackVerdict, Tier, Violation};

use super::{Shown, decision};

pub(super) fn junit(shown: &Shown<'_>) -> String {
    let mut suites = String::new();
    let (mut tests, mut failures) = (0, 0);
    for pack in &shown.verdict.packs {
        let mine: Vec<&Violation> = shown
            .verdict
            .violations
            .iter()
            .filter(|v| v.rule.split('/').next() == Some(&pack.pack))
            .collect();
        let failed = mine.iter().filter(|violation| violation.tier > Tier::Evaluate).count();
        tests += mine.len().max(1);
        failures += failed;
        suite(&mut suites, pack, &mine, failed, shown);
    }
    let errors = unseen(&mut suites, shown);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ISL Policy Packs\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"{errors}\">\n{suites}</testsuites>\n",
        tests + errors
    )
}

fn suite(text: &mut String, pack: &PackVerdict, findings: &[&Violation], failed: usize, shown: &Shown<'_>) {
    let _ = writeln!(
        text,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{}\">",
        escape(&pack.pack),
        findings.len().max(1),
        findings.len() - failed
    );
    if findings.is_empty() {
        let _ = writeln!(text, "    <testcase classname=\"{}\" name=\"no findings\"/>", escape(&pack.pack));
    }
    for violation in findings {
        case(text, violation, shown);
    }
    let _ = writeln!(
        text,
        "    <system-out>{}, score {}, threshold {}</system-out>\n  </testsuite>",
        decision(pack.verdict),
        pack.score,
        pack.threshold
    );
}

fn case(text: &mut String, violation: &Violation, shown: &Shown<'_>) {
    let place = format!("{}:{}:{}", violation.path.as_str(), violation.start_line, violation.start_column);
    let _ = writeln!(
        text,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">",
        escape(&violation.rule),
        escape(&place),
        escape(violation.path.as_str()),
        violation.start_line
    );
    let message = escape(&violation.message);
    let kind = match violation.tier {
        Tier::HardBlock => "hard_block",
        Tier::SoftBlock => "soft_block",
        Tier::Warn => "warn",
        Tier::Evaluate => {
            let _ = writeln!(text, "      <skipped message=\"evaluated: {message}\"/>\n    </testcase>");
            return;
        }
    };
    let fix = shown.policy.rule(&violation.rule).filter(|_| shown.explain).map(|rule| rule.fix.clone());
    let body = escape(&format!("{place}\n{}", fix.unwrap_or_default()));
    let _ = writeln!(
        text,
        "      <failure type=\"{kind}\" message=\"{message}\">{}</failure>\n    </testcase>",
        body.trim_end()
    );
}

fn unseen(text: &mut String, shown: &Shown<'_>) -> usize {
    let unseen: Vec<_> = shown.verdict.skipped.iter().filter(|skipped| skipped.incomplete).collect();
    if unseen.is_empty() {
        return 0;
    }
    let count = unseen.len();
    let _ =
        writeln!(text, "  <testsuite name=\"analysed\" tests=\"{count}\" failures=\"0\" errors=\"{count}\">");
    for skipped in &unseen {
        let (path, reason) = (escape(skipped.path.as_str()), escape(&skipped.reason));
        let _ = writeln!(
            text,
            "    <testcase classname=\"analysed\" name=\"{path}\"><error type=\"incomplete\" message=\"{reason}\"/></testcase>"
        );
    }
    text.push_str("  </testsuite>\n");
    count
}

/// XML 1.0 has no way to write most control characters: they become U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other if other.is_control() && other != '\t' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
