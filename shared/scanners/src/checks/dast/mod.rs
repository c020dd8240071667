//! Dynamic analysis: is the running service attacked before others do it, how deep, and what became of the findings.

mod depth;
mod running;
mod scans;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    category,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::DAST, checks: CHECKS };

const ZAP_DOC: &str = "https://www.zaproxy.org/docs/docker/about/";
const WSTG: &str = "https://owasp.org/www-project-web-security-testing-guide/stable/";

const CHECKS: &[Check] = &[
    Check {
        id: "DAST-001",
        title: "DAST tool configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a file or a pipeline configure a scanner of the running service?",
        rationale: "Missing headers, open endpoints and broken logins show only in the service that runs.",
        remediation: "Add .github/workflows/dast.yml with `uses: zaproxy/action-full-scan` against the staging address, or \
            a stackhawk.yml.",
        references: &[ZAP_DOC, "DORA Art. 25"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(running::configured),
    },
    Check {
        id: "DAST-002",
        title: "DAST runs in CI/CD pipeline",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a job scan the running service on a change, after a deployment or on a schedule?",
        rationale: "A scan that somebody must remember to start is not made when it matters.",
        remediation: "Start the scan by `on: deployment_status` or `on: schedule` in .github/workflows/dast.yml instead of \
            workflow_dispatch alone.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#deployment_status",
            "DORA Art. 25",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(running::runs_in_pipeline),
    },
    Check {
        id: "DAST-003",
        title: "API security testing enabled",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a scan read the description of the API, so that it reaches every operation?",
        rationale: "A crawler finds links, not operations: most of an API stays untested without its description.",
        remediation: "Add `uses: zaproxy/action-api-scan` with `target: openapi.yaml`, or `schemathesis run openapi.yaml`, \
            to the pipeline.",
        references: &["https://owasp.org/API-Security/editions/2023/en/0x11-t10/", "DORA Art. 25"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(running::api_testing),
    },
    Check {
        id: "DAST-004",
        title: "No critical DAST findings",
        severity: Severity::High,
        weight_halves: 3,
        description: "Do results of a dynamic scan exist, and is none of them an open critical alert?",
        rationale: "What a scanner can exploit from outside, others can as well.",
        remediation: "Repository > Security > Code scanning > filter by the scanner's name and `severity:critical`; upload \
            its SARIF with github/codeql-action/upload-sarif.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/uploading-a-sarif-file-to-github",
            "DORA Art. 25",
        ],
        needs: &["security_events", "issues", "contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(depth::no_critical),
    },
    Check {
        id: "DAST-005",
        title: "Authenticated scanning configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does every scan log in with a credential from the secrets?",
        rationale: "A scan that stops at the login page sees the smallest and best defended part of the service.",
        remediation: "Set ZAP_AUTH_HEADER_VALUE from a secret in the env of the scan step, or `authentication:` in \
            stackhawk.yml or the ZAP plan.",
        references: &["https://www.zaproxy.org/docs/authentication/", "DORA Art. 25"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(depth::authenticated),
    },
    Check {
        id: "DAST-006",
        title: "OWASP Top 10 coverage",
        severity: Severity::High,
        weight_halves: 3,
        description: "Is the scan an active one whose policy covers the OWASP Top 10, with no kind of attack left out?",
        rationale: "A passive scan reads headers; injection and broken access control show only under attack.",
        remediation: "Use zaproxy/action-full-scan or action-api-scan instead of action-baseline, and remove IGNORE lines \
            of active rules from the rules file.",
        references: &["https://owasp.org/www-project-top-ten/", WSTG, "DORA Art. 25"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(depth::owasp),
    },
    Check {
        id: "DAST-007",
        title: "Regular DAST scan schedule",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does the scan run at least monthly or with each deployment, and did it run lately?",
        rationale: "New attacks and changed dependencies make yesterday's clean result worthless.",
        remediation: "Add `schedule: [{cron: '0 3 * * 1'}]` to the workflow of the scan; Actions > the workflow > Enable \
            where GitHub switched it off.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule",
            "DORA Art. 25",
        ],
        needs: &["contents", "actions", "checks", "metadata"],
        thresholds: &[Threshold {
            key: "max_run_age_days",
            default: 31,
            unit: "days",
            description: "Age of the last run up to which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(running::scheduled),
    },
    Check {
        id: "DAST-008",
        title: "DAST results integrated with issue tracker",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Do the findings of the scan become issues, code scanning alerts or entries of a tracker?",
        rationale: "A finding in a log or an artifact has no owner and no date.",
        remediation: "Leave `allow_issue_writing` of the ZAP action on, or add github/codeql-action/upload-sarif or a \
            DefectDojo import after the scan.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/uploading-a-sarif-file-to-github",
        ],
        needs: &["contents", "issues", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(depth::tracked),
    },
];
