//! Compliance: what applies, what is written down, what is scanned, and what is kept as evidence.

mod assigned;
mod licence;
mod pipeline;
mod policies;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    category,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::COMPLIANCE, checks: CHECKS };

const CHECKS: &[Check] = &[
    Check {
        id: "COMP-001",
        title: "LICENSE file present",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does the repository carry a licence that GitHub recognises, or, when private, a notice that reserves \
            the rights?",
        rationale: "Without a licence nobody may use public code, and nobody knows it; a contradiction invites a dispute.",
        remediation: "Add LICENSE (Add file > Create new file > LICENSE > Choose a license template) and set the same \
            SPDX id in the manifest.",
        references: &[
            "https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/licensing-a-repository",
            "Scorecard License",
            "OSPS-LE-02.01",
            "OSPS-LE-03.01",
        ],
        needs: &["metadata", "contents"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(licence::present),
    },
    Check {
        id: "COMP-002",
        title: "Audit logging available",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a service write audit events or its infrastructure keep audit logs, and can the organization's \
            audit log be read?",
        rationale: "Without a record nobody can tell after an incident who did what, or prove that nobody did.",
        remediation: "Write an audit event for every sign-in, permission change and access to personal data; enable \
            CloudTrail or its counterpart in the infrastructure code.",
        references: &[
            "https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/reviewing-the-audit-log-for-your-organization",
            "DORA Art. 10",
        ],
        needs: &["contents", "organization_administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(assigned::audit_log),
    },
    Check {
        id: "COMP-003",
        title: "Compliance frameworks assigned",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a custom property, a topic or a document say which framework applies to the repository?",
        rationale: "Controls that nobody knows to apply are not kept, and an audit starts with a search.",
        remediation: "Organization > Settings > Repository > Custom properties: add `compliance` with the frameworks as \
            values, or name them in docs/compliance.md.",
        references: &[
            "https://docs.github.com/en/organizations/managing-organization-settings/managing-custom-properties-for-repositories-in-your-organization",
            "DORA Art. 6",
        ],
        needs: &["contents", "organization_custom_properties", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(assigned::frameworks),
    },
    Check {
        id: "COMP-004",
        title: "Security policy present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a security policy name a way to report a vulnerability, and when to expect an answer or which \
            versions are supported?",
        rationale: "Who finds a vulnerability and no address opens a public issue, or sells it.",
        remediation: "Add SECURITY.md with an address, a response time and the supported versions, and enable Settings > \
            Advanced Security > Private vulnerability reporting.",
        references: &[
            "https://docs.github.com/en/code-security/getting-started/adding-a-security-policy-to-your-repository",
            "Scorecard Security-Policy",
            "CIS Software Supply Chain 1.2.1",
            "OSPS-VM-01.01",
            "OSPS-VM-02.01",
            "OSPS-VM-03.01",
        ],
        needs: &["metadata", "contents"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(policies::security),
    },
    Check {
        id: "COMP-005",
        title: "Data classification labels used",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the repository carry a class of data as a custom property, topic, metadata field or tag?",
        rationale: "What is not marked confidential is handled as if it were public.",
        remediation: "Organization > Settings > Repository > Custom properties: add `data-classification` (public, \
            internal, confidential, restricted) and require it.",
        references: &[
            "https://docs.github.com/en/organizations/managing-organization-settings/managing-custom-properties-for-repositories-in-your-organization",
            "DORA Art. 8",
        ],
        needs: &["organization_custom_properties", "metadata", "contents"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(assigned::classification),
    },
    Check {
        id: "COMP-006",
        title: "Data retention policy defined",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is it written how long data is kept, and does configuration set it where the repository holds data?",
        rationale: "Data without an end piles up, costs money and is lost to attackers whole; the law limits it too.",
        remediation: "Write docs/data-retention.md with a period per kind of data, and set it: S3 lifecycle rules, \
            `retention_in_days` of log groups, table TTLs.",
        references: &[
            "https://docs.github.com/en/organizations/managing-organization-settings/configuring-the-retention-period-for-github-actions-artifacts-and-logs-in-your-organization",
            "DORA Art. 12",
        ],
        needs: &["contents", "organization_administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(policies::retention),
    },
    Check {
        id: "COMP-007",
        title: "Change management process documented",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the changelog keep up with the releases, or do the newest releases have notes?",
        rationale: "Without a record of changes an operator cannot tell which one broke the service.",
        remediation: "Keep CHANGELOG.md current (release-please writes it), or let GitHub generate release notes with \
            .github/release.yml.",
        references: &[
            "https://docs.github.com/en/repositories/releasing-projects-on-github/automatically-generated-release-notes",
            "OSPS-BR-04.01",
            "DORA Art. 9",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_behind_days",
                default: 90,
                unit: "days",
                description: "Days the newest entry may be behind the default branch.",
            },
            Threshold {
                key: "min_note_chars",
                default: 100,
                unit: "characters",
                description: "Length of release notes.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(pipeline::changes),
    },
    Check {
        id: "COMP-008",
        title: "Vendor risk assessment available",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a document of the repository or the organization assess vendors or third parties, with a date \
            or a rating?",
        rationale: "An outage or breach at a supplier is yours as well; who was never assessed cannot be replaced in time.",
        remediation: "Keep docs/vendor-risk.md with one row per service and critical dependency: purpose, data, risk, \
            date of the last review.",
        references: &[
            "https://csrc.nist.gov/pubs/sp/800/161/r1/upd1/final",
            "CIS Software Supply Chain 3.2.1",
            "OSPS-DO-06.01",
            "DORA Art. 28",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(policies::vendors),
    },
    Check {
        id: "COMP-009",
        title: "Compliance scanning in pipeline",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a CI job check licences, policies as code or a benchmark, and can it fail?",
        rationale: "A rule that no machine checks is broken by the next change, and found by the next audit.",
        remediation: "Add a job with `conftest test`, Checkov, `cargo deny check licenses`, or dependency-review-action \
            with `deny-licenses`.",
        references: &[
            "https://docs.github.com/en/code-security/how-tos/secure-your-supply-chain/manage-your-dependency-security/configuring-the-dependency-review-action",
            "CIS Software Supply Chain 1.5.6",
            "CIS Software Supply Chain 5.1.5",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(pipeline::scanned),
    },
    Check {
        id: "COMP-010",
        title: "Regulatory mapping documented",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a document, an OSCAL component or policy metadata map at least five controls of a named \
            framework?",
        rationale: "Only a mapping shows which control is covered by what, and which by nothing.",
        remediation: "Write docs/control-mapping.md: one row per control identifier (CC6.1, A.8.28, AC-2 …) and what \
            meets it, or an OSCAL component definition.",
        references: &[
            "https://pages.nist.gov/OSCAL/learn/concepts/layer/implementation/component-definition/",
            "DORA Art. 6",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_controls",
            default: 5,
            unit: "count",
            description: "Distinct control identifiers needed to pass.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(policies::mapping),
    },
    Check {
        id: "COMP-011",
        title: "Evidence collection automated",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a CI job keep evidence of what it checked: attestations, a transparency log, object storage, or \
            artifacts for a year?",
        rationale: "Evidence gathered by hand before an audit is incomplete, and proves the day it was gathered.",
        remediation: "Add actions/attest-build-provenance to the release job, or upload reports with `retention-days: 400` \
            or to an object store with a lock.",
        references: &[
            "https://docs.github.com/en/actions/how-tos/secure-your-work/use-artifact-attestations/use-artifact-attestations",
            "SLSA Build L1 only when the evidence is provenance",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_retention_days",
            default: 365,
            unit: "days",
            description: "Days an artifact is kept to count as durable.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(pipeline::evidence),
    },
];
