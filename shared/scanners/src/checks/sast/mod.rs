//! Static analysis: does something read the code for weaknesses, when, and what became of its findings.

mod depth;
mod existence;
mod results;
#[cfg(test)]
pub(crate) mod tests;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, Outcome, RepoSubject, Scanner, Severity, Threshold},
    snapshot::is_analysable,
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::SAST, checks: CHECKS };

/// Events of a change before it is merged.
const PULL: &[&str] = &["pull_request", "pull_request_target", "merge_group"];

/// Languages that an analyser understands, with their bytes, largest first.
fn analysable<'a>(subject: &'a RepoSubject<'_>) -> Result<Vec<(&'a str, u64)>, Gap> {
    let languages = &subject.repo.posture.known()?.languages;
    Ok(languages
        .iter()
        .filter(|(name, _)| is_analysable(name))
        .map(|(name, size)| (name.as_str(), *size))
        .collect())
}

/// `not_applicable` where no language can be analysed.
fn nothing_to_scan(subject: &RepoSubject<'_>) -> Result<Option<Outcome>, Gap> {
    if !analysable(subject)?.is_empty() {
        return Ok(None);
    }
    let all = &subject.repo.posture.known()?.languages;
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    Ok(Some(Outcome::not_applicable(if names.is_empty() {
        "GitHub counts no programming language.".to_owned()
    } else {
        format!("No static analyser reads its languages: {}.", names.join(", "))
    })))
}

const SETUP_DOC: &str = "https://docs.github.com/en/code-security/code-scanning/enabling-code-scanning/configuring-default-setup-for-code-scanning";
const ALERTS_DOC: &str = "https://docs.github.com/en/code-security/code-scanning/managing-code-scanning-alerts/resolving-code-scanning-alerts";

const CHECKS: &[Check] = &[
    Check {
        id: "SAST-001",
        title: "SAST tool configured",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a file, a pipeline or code scanning default setup configure a static analyser?",
        rationale: "Injection, path traversal and unsafe deserialization are found in the code long before an attacker tries them.",
        remediation: "Repository > Settings > Advanced Security > Code scanning > Set up > Default, or add \
            .github/workflows/semgrep.yml with `semgrep ci`.",
        references: &[SETUP_DOC, "Scorecard SAST", "CIS Software Supply Chain 1.5.4"],
        needs: &["contents", "administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(existence::configured),
    },
    Check {
        id: "SAST-002",
        title: "SAST runs in CI pipeline",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does the static analyser run on pull requests or on pushes to the default branch?",
        rationale: "An analysis that nobody starts finds a weakness after it was shipped.",
        remediation: "Give the workflow of the analyser `on: [pull_request, push]` and remove continue-on-error, or switch \
            on default setup under Settings > Advanced Security.",
        references: &[
            SETUP_DOC,
            "Scorecard SAST",
            "CIS Software Supply Chain 1.1.18",
            "CIS Software Supply Chain 1.5.4",
            "OSPS-VM-06.02",
            "DORA Art. 25",
        ],
        needs: &["contents", "administration", "checks", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(existence::runs_in_pipeline),
    },
    Check {
        id: "SAST-003",
        title: "CodeQL or Semgrep analysis enabled",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Did CodeQL, Semgrep or another engine report results for the default branch lately?",
        rationale: "A configured analyser that stopped reporting protects nobody and looks as if it did.",
        remediation: "Repository > Security > Code scanning > Tool status shows why an analysis is missing; start the \
            workflow with `gh workflow run codeql.yml`.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/managing-your-code-scanning-configuration/about-the-tool-status-page",
            "Scorecard SAST",
            "CIS Software Supply Chain 1.5.4",
            "OSPS-VM-06.02",
        ],
        needs: &["security_events", "administration", "contents", "metadata"],
        thresholds: &[Threshold {
            key: "max_age_days",
            default: 30,
            unit: "days",
            description: "Age of the newest analysis up to which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(results::analysed),
    },
    Check {
        id: "SAST-004",
        title: "No critical SAST findings",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Is the code analysed, and is no critical code scanning alert open?",
        rationale: "A critical finding is usually exploitable by whoever can reach the service.",
        remediation: "Repository > Security > Code scanning > filter `severity:critical is:open`; fix each, or dismiss it \
            with a comment that says why it is no risk.",
        references: &[ALERTS_DOC, "CIS Software Supply Chain 1.5.4"],
        needs: &["security_events", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(results::no_critical),
    },
    Check {
        id: "SAST-005",
        title: "No high SAST findings",
        severity: Severity::High,
        weight_halves: 3,
        description: "Is the code analysed, and is no high code scanning alert open, or are the few open ones young?",
        rationale: "High findings left open for weeks become part of an attack together with others.",
        remediation: "Repository > Security > Code scanning > filter `severity:high is:open`; fix each, or dismiss it with \
            a comment that says why it is no risk.",
        references: &[ALERTS_DOC, "CIS Software Supply Chain 1.5.4"],
        needs: &["security_events", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_alerts",
                default: 2,
                unit: "count",
                description: "Open high alerts up to which it warns.",
            },
            Threshold {
                key: "max_age_days",
                default: 30,
                unit: "days",
                description: "Age of the oldest open high alert below which it warns.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(results::no_high),
    },
    Check {
        id: "SAST-006",
        title: "Custom SAST rules defined",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does the repository define analysis rules of its own that the analyser uses, or at least an \
            extended suite?",
        rationale: "Only own rules know the project's dangerous functions and the mistakes it made before.",
        remediation: "Put a query into .github/codeql/ and name it under `queries:` in codeql-config.yml, or a rule into \
            .semgrep/ and run `semgrep scan --config .semgrep`.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/creating-an-advanced-setup-for-code-scanning/customizing-your-advanced-setup-for-code-scanning",
        ],
        needs: &["contents", "administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(depth::own_rules),
    },
    Check {
        id: "SAST-007",
        title: "SAST results block merge on critical findings",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a code scanning rule or a required status check keep a pull request with critical findings from \
            being merged?",
        rationale: "A finding that does not stop a merge is read when the code is already in production.",
        remediation: "Repository > Settings > Rules > Rulesets > Require code scanning results, with CodeQL at \"High or \
            higher\", for the default branch.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/managing-your-code-scanning-configuration/set-code-scanning-merge-protection",
            "CIS Software Supply Chain 1.1.18",
            "OSPS-VM-06.02",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(depth::blocks_merge),
    },
    Check {
        id: "SAST-008",
        title: "Incremental scanning enabled",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does the analyser look at the change of a pull request rather than at the whole tree?",
        rationale: "Reviewers read five findings in their own change and ignore five hundred old ones.",
        remediation: "Run `semgrep ci` or CodeQL on pull_request, or give the tool a baseline such as \
            `--baseline-commit` or `only-new-issues: true`.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/managing-code-scanning-alerts/triaging-code-scanning-alerts-in-pull-requests",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "max_seconds",
            default: 600,
            unit: "seconds",
            description: "Mean duration of the workflow below which an analysis of the whole tree warns.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(existence::incremental),
    },
    Check {
        id: "SAST-009",
        title: "Multi-language SAST coverage",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How much of the code, by language, does a configured analyser understand?",
        rationale: "The language that no tool reads is where weaknesses stay unseen.",
        remediation: "Add the missing languages to `languages:` of github/codeql-action/init, or run a tool that knows \
            them, such as `semgrep ci`.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/introduction-to-code-scanning/about-code-scanning-with-codeql",
        ],
        needs: &["contents", "administration", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_language_percent",
                default: 5,
                unit: "percent",
                description: "Share of the code from which a language counts.",
            },
            Threshold {
                key: "warn_percent",
                default: 75,
                unit: "percent",
                description: "Share of analysed bytes from which it warns; below, it fails.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(depth::languages),
    },
    Check {
        id: "SAST-010",
        title: "False positive management process",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are dismissed findings explained, or is there a written process for false positives?",
        rationale: "A dismissal without a reason hides a real weakness as easily as a false one.",
        remediation: "Write docs/false-positives.md (who decides, on what grounds, for how long) and enter a comment with \
            each dismissal under Security > Code scanning.",
        references: &[ALERTS_DOC, "OSPS-VM-06.01"],
        needs: &["security_events", "contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_commented_percent",
            default: 80,
            unit: "percent",
            description: "Share of dismissed alerts with a comment from which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(results::dismissals),
    },
];
