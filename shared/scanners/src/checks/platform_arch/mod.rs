//! Platform & architecture: what the organization's plan and policies make possible or forbid.

mod actions;
mod audit;
mod host;
mod network;
pub(crate) mod plan;
mod policy;
mod roles;
mod runners;
mod security;
#[cfg(test)]
pub(crate) mod tests;
mod visibility;

use crate::{
    category::PLATFORM_ARCH,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: PLATFORM_ARCH, checks: CHECKS };

const CHECKS: &[Check] = &[
    Check {
        id: "PLAT-001",
        title: "Platform type identified",
        severity: Severity::Info,
        weight_halves: 1,
        description: "Is the host that answers GitHub.com, GitHub Enterprise Cloud with data residency (ghe.com) \
            or a GitHub Enterprise Server of a known release?",
        rationale: "Every other verdict reads the platform's own settings; a host that only resembles GitHub can \
            answer anything.",
        remediation: "Point the connection's base URL at https://api.github.com, https://api.SUBDOMAIN.ghe.com or \
            https://HOST/api/v3.",
        references: &[
            "https://docs.github.com/en/rest/meta/meta",
            "SLSA Source L1",
            "CIS Software Supply Chain 1.1.1",
        ],
        needs: &["metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(host::recognised),
    },
    Check {
        id: "PLAT-002",
        title: "API version supported",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is the REST API version that every request is pinned to still offered, current, and, on a \
            server of your own, is the release supported?",
        rationale: "A version that GitHub retires turns reads into errors, and an unsupported server gets no \
            security fixes.",
        remediation: "Update Scrutineer, which pins X-GitHub-Api-Version; upgrade GitHub Enterprise Server to a \
            supported release.",
        references: &[
            "https://docs.github.com/en/rest/about-the-rest-api/api-versions",
            "https://docs.github.com/en/enterprise-server/admin/all-releases",
        ],
        needs: &["metadata"],
        thresholds: &[Threshold {
            key: "newer_for_days",
            default: 365,
            unit: "days",
            description: "How long a newer API version may exist before the pinned one counts as old.",
        }],
        on_archived: false,
        evaluate: Evaluate::Org(host::api_version),
    },
    Check {
        id: "PLAT-003",
        title: "Enterprise features available",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is the organization on a plan with the enterprise controls: SAML, IP allow list, custom \
            roles, audit-log API, internal repositories?",
        rationale: "On smaller plans those controls cannot be switched on, whatever the policy says.",
        remediation: "Organization > Settings > Billing and licensing > Licensing: move to GitHub Enterprise.",
        references: &["https://docs.github.com/en/get-started/learning-about-github/githubs-plans"],
        needs: &["organization_plan"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(plan::enterprise_features),
    },
    Check {
        id: "PLAT-004",
        title: "Default repository visibility is private",
        severity: Severity::High,
        weight_halves: 3,
        description: "Can members publish code: create public repositories, or make an existing one public?",
        rationale: "One wrong click publishes source code and every secret in its history, and forks keep it.",
        remediation: "Organization > Settings > Member privileges: clear Repository creation > Public, and clear \
            Repository visibility change > Allow members to change repository visibilities.",
        references: &[
            "https://docs.github.com/en/organizations/managing-organization-settings/restricting-repository-creation-in-your-organization",
            "https://docs.github.com/en/organizations/managing-organization-settings/restricting-repository-visibility-changes-in-your-organization",
            "CIS Software Supply Chain 1.2.2",
        ],
        needs: &["organization_administration"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(visibility::private_by_default),
    },
    Check {
        id: "PLAT-005",
        title: "IP allow-listing enabled",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is access limited to listed networks, for people and for installed Apps, with no range so \
            wide that it lists nearly everyone?",
        rationale: "With the allow list on, a stolen token or session is useless from the attacker's own \
            network.",
        remediation: "Organization > Settings > Authentication security > IP allow list: add your ranges, enable \
            the list, and enable it for installed GitHub Apps.",
        references: &[
            "https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/managing-allowed-ip-addresses-for-your-organization",
            "CIS Software Supply Chain 1.3.12",
            "DORA Art. 9",
        ],
        needs: &["organization_administration"],
        thresholds: &[
            Threshold {
                key: "min_ipv4_prefix",
                default: 8,
                unit: "bits",
                description: "Shortest IPv4 prefix that is not too wide.",
            },
            Threshold {
                key: "min_ipv6_prefix",
                default: 32,
                unit: "bits",
                description: "Shortest IPv6 prefix that is not too wide.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(network::allow_list),
    },
    Check {
        id: "PLAT-006",
        title: "Org-level security policy exists",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the organization's .github repository hold a SECURITY.md that names a way to report a \
            vulnerability?",
        rationale: "A finder without a private channel reports in public, or not at all.",
        remediation: "Add SECURITY.md with an address or link to the organization's .github repository; it then \
            applies to every repository without its own.",
        references: &[
            "https://docs.github.com/en/code-security/getting-started/adding-a-security-policy-to-your-repository",
            "https://docs.github.com/en/communities/setting-up-your-project-for-healthy-contributions/creating-a-default-community-health-file",
            "Scorecard Security-Policy",
            "CIS Software Supply Chain 1.2.1",
            "OSPS-VM-02.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(policy::security_policy),
    },
    Check {
        id: "PLAT-007",
        title: "GitHub Advanced Security enabled",
        severity: Severity::High,
        weight_halves: 3,
        description: "What share of repositories has code security or Advanced Security on, and do new \
            repositories get it by default?",
        rationale: "A repository that is left out gets no code scanning and no secret scanning, and nobody \
            notices.",
        remediation: "Organization > Settings > Code security > Configurations: enable it in a configuration, \
            apply that to all repositories and make it the default for new ones.",
        references: &[
            "https://docs.github.com/en/code-security/securing-your-organization/enabling-security-features-in-your-organization",
            "CIS Software Supply Chain 1.5.1",
            "CIS Software Supply Chain 1.5.4",
            "CIS Software Supply Chain 1.5.5",
            "DORA Art. 25",
        ],
        needs: &["organization_administration", "administration", "metadata"],
        thresholds: &[
            Threshold {
                key: "pass_percent",
                default: 90,
                unit: "percent",
                description: "Share of repositories from which it passes.",
            },
            Threshold {
                key: "warn_percent",
                default: 50,
                unit: "percent",
                description: "Share of repositories from which it is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(security::advanced_security),
    },
    Check {
        id: "PLAT-008",
        title: "Audit log streaming configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do audit-log events leave GitHub as they happen: by an enterprise stream, by an organization \
            webhook for all events, or by a scheduled export?",
        rationale: "GitHub keeps audit events for 180 days and Git events for 7; an intrusion found later has no \
            trail.",
        remediation: "Enterprise > Settings > Audit log > Log streaming: configure a stream (needs an enterprise \
            owner). Until then: Organization > Settings > Webhooks with all events.",
        references: &[
            "https://docs.github.com/en/enterprise-cloud@latest/admin/monitoring-activity-in-your-enterprise/reviewing-audit-logs-for-your-enterprise/streaming-the-audit-log-for-your-enterprise",
            "CIS Software Supply Chain 1.1.19",
            "DORA Art. 10",
        ],
        needs: &["organization_hooks", "organization_administration"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(audit::streaming),
    },
    Check {
        id: "PLAT-009",
        title: "Custom roles defined",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are there custom repository or organization roles, so that people need not be given more \
            than their work asks for?",
        rationale: "With the built-in roles alone, one missing right is commonly solved by granting admin.",
        remediation: "Organization > Settings > Repository roles (or Organization roles): create a role from the \
            nearest base role plus the one right that is missing.",
        references: &[
            "https://docs.github.com/en/enterprise-cloud@latest/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/about-custom-repository-roles",
        ],
        needs: &["organization_custom_roles", "organization_custom_org_roles"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(roles::custom),
    },
    Check {
        id: "PLAT-010",
        title: "Self-hosted runners available",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are runners of your own (self-hosted or larger hosted ones) available and online, and kept \
            away from public repositories unless ephemeral?",
        rationale: "A lasting runner that public repositories may use runs any stranger's pull request inside \
            your network.",
        remediation: "Organization > Settings > Actions > Runners and Runner groups: bring runners online, clear \
            Allow public repositories, register runners with --ephemeral.",
        references: &[
            "https://docs.github.com/en/actions/concepts/runners/self-hosted-runners",
            "https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners/manage-access",
        ],
        needs: &["organization_self_hosted_runners", "organization_administration"],
        thresholds: &[Threshold {
            key: "require_controlled_runners",
            default: 0,
            unit: "switch",
            description: "1 = the organization must use runners of its own; 0 = shared hosted runners are fine.",
        }],
        on_archived: false,
        evaluate: Evaluate::Org(runners::available),
    },
    Check {
        id: "PLAT-011",
        title: "Actions/runner restrictions configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Which actions and reusable workflows may run, and must they be pinned to a commit?",
        rationale: "An action of a stranger runs with the job's token and secrets; a moved tag changes what \
            runs.",
        remediation: "Organization > Settings > Actions > General > Policies: allow selected actions without \
            wildcards over all owners, and require actions to be pinned to a full-length commit SHA.",
        references: &[
            "https://docs.github.com/en/organizations/managing-organization-settings/disabling-or-limiting-github-actions-for-your-organization",
            "CIS Software Supply Chain 3.1.5",
        ],
        needs: &["organization_administration"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(actions::restricted),
    },
];
