//! A policy verdict, in every format of `scrutineer verify`.
//!
//! Pure functions. Paths and messages come from the repository: every renderer escapes them for its format.

mod explain;
mod github;
mod json;
mod junit;
mod table;

use scrutineer_policy::{
    Decision, EffectivePolicy, Tier, Verdict,
    sarif::{self, Context},
};

use crate::cli::error::Error;

pub(crate) use explain::{explain, rules_table};

/// How a verdict is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    #[default]
    Table,
    /// Everything, for programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that annotate a pull request from GitHub Actions.
    Github,
    /// JUnit XML, for what shows test results.
    Junit,
}

/// What is shown, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'v> {
    pub(crate) verdict: &'v Verdict,
    pub(crate) policy: &'v EffectivePolicy,
    /// Whether rules are explained.
    pub(crate) explain: bool,
    /// Whether suppressed findings are in the SARIF.
    pub(crate) suppressed: bool,
    /// Columns.
    pub(crate) width: u16,
}

/// The verdict as text.
pub(crate) fn render(format: Format, shown: &Shown<'_>) -> Result<String, Error> {
    Ok(match format {
        Format::Table => table::table(shown),
        Format::Json => json::json(shown)?,
        Format::Sarif => {
            let context = Context { suppressed: shown.suppressed, ..Context::default() };
            let mut text = sarif::report(shown.verdict, shown.policy, context).to_json();
            text.push('\n');
            text
        }
        Format::Github => github::commands(shown),
        Format::Junit => junit::junit(shown),
    })
}

impl Shown<'_> {
    /// The verdict in one line.
    pub(crate) fn summary(&self) -> String {
        let verdict = self.verdict;
        let count = |tier: Tier| verdict.violations.iter().filter(|violation| violation.tier == tier).count();
        let mut text = format!(
            "{} under {}: score {}, {} hard, {} soft, {} warnings, {} evaluated, {} suppressed; {} files",
            decision(verdict.verdict),
            self.policy.bundle,
            verdict.score,
            count(Tier::HardBlock),
            count(Tier::SoftBlock),
            count(Tier::Warn),
            count(Tier::Evaluate),
            verdict.suppressed.len(),
            verdict.files
        );
        let unseen = verdict.skipped.iter().filter(|skipped| skipped.incomplete).count();
        if unseen > 0 {
            text.push_str(&format!(", {unseen} that should have been analysed and were not"));
        }
        text
    }

    /// Ids of rules with findings, sorted.
    fn rules_found(&self) -> std::collections::BTreeSet<&str> {
        self.verdict.violations.iter().map(|violation| violation.rule.as_str()).collect()
    }
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Ship => "SHIP",
        Decision::NoShip => "NO_SHIP",
    }
}

fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::HardBlock => "hard block",
        Tier::SoftBlock => "soft block",
        Tier::Warn => "warning",
        Tier::Evaluate => "evaluated",
    }
}

#[cfg(test)]
mod tests {
    use scrutineer_policy::{ChangeSet, EffectivePolicy, SourceFile, Verdict, built_in, resolve, verify};

    use super::*;

    fn judged() -> (Verdict, EffectivePolicy) {
        let policy = resolve(&built_in("default").expect("built in")).expect("valid");
        let files = vec![
            SourceFile::new("src/a,b:\u{1b}[2Jc.js", "log.info(\n  user.email);\nconsole.log('%0A\"<&>');\n"),
            SourceFile::new("src/nul.js", "a\0b"),
            SourceFile::new("logo.png", "\0"),
        ];
        let change = ChangeSet { files, notices: vec!["a notice".to_owned()], ..ChangeSet::default() };
        (verify(&policy, &change, &[]), policy)
    }

    fn rendered(format: Format, explain: bool) -> String {
        let (verdict, policy) = judged();
        let shown = Shown { verdict: &verdict, policy: &policy, explain, suppressed: true, width: 100 };
        render(format, &shown).expect("rendered")
    }

    #[test]
    fn a_table_shows_findings_packs_and_what_was_not_analysed() {
        let text = rendered(Format::Table, false);
        for part in ["pii/logged-sensitive-data", "hard block", "NO_SHIP", "src/nul.js", "NUL", "a notice"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains('\u{1b}') && !text.contains("logo.png"), "{text}");
    }

    #[test]
    fn an_explanation_says_how_to_fix_and_to_suppress() {
        let text = rendered(Format::Table, true);
        assert!(
            text.contains("Log an id") && text.contains("isl-ignore pii/logged-sensitive-data:"),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&rendered(Format::Json, true)).expect("JSON");
        assert!(json["rules"]["pii/logged-sensitive-data"]["fix"].is_string(), "{json}");
    }

    #[test]
    fn json_has_the_promised_names() {
        let json: serde_json::Value = serde_json::from_str(&rendered(Format::Json, false)).expect("JSON");
        assert_eq!(json["verdict"], "NO_SHIP");
        assert!(json["score"].is_number() && json["skipped"].is_array());
        for name in [
            "rule",
            "severity",
            "tier",
            "path",
            "start_line",
            "start_column",
            "end_line",
            "end_column",
            "message",
            "fingerprint",
        ] {
            assert!(!json["violations"][0][name].is_null(), "{name}");
        }
    }

    #[test]
    fn workflow_commands_are_escaped() {
        let text = rendered(Format::Github, false);
        let error = text.lines().find(|line| line.starts_with("::error ")).expect("a hard block");
        assert!(error.contains("file=src/a%2Cb%3A") && error.contains(",col=3,endColumn=13,"), "{error}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn columns_are_said_of_one_line_only() {
        let (mut verdict, policy) = judged();
        verdict.violations.retain(|violation| violation.tier == Tier::HardBlock);
        verdict.violations.iter_mut().for_each(|violation| violation.end_line += 1);
        let shown =
            Shown { verdict: &verdict, policy: &policy, explain: false, suppressed: true, width: 100 };
        let text = render(Format::Github, &shown).expect("rendered");
        assert!(text.contains("::error file=") && !text.contains("col="), "{text}");
    }

    #[test]
    fn junit_is_well_formed_and_counts() {
        let text = rendered(Format::Junit, false);
        assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{text}");
        assert!(text.contains("&lt;") || !text.contains("<&"), "{text}");
        assert!(text.contains("<failure type=\"hard_block\"") && text.contains("<error"), "{text}");
        assert!(!text.contains('\u{1b}'));
        assert_eq!(text.matches("<testsuite ").count(), text.matches("</testsuite>").count());
    }
}
