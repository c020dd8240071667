//! Identity & access: who gets in, with which credentials, and how far.
//!
//! What a newcomer would get wrong: evidence about access comes from every repository; when some could not be read,
//! a check decides only if they cannot change the verdict.

mod access;
mod activity;
mod factors;
mod keys;
mod machines;
mod owners;
mod sso;
#[cfg(test)]
pub(crate) mod tests;
mod tokens;

use crate::{
    category::IDENTITY_ACCESS,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: IDENTITY_ACCESS, checks: CHECKS };

const CHECKS: &[Check] = &[
    Check {
        id: "IAM-001",
        title: "MFA/2FA enforced org-wide",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Must every member and outside collaborator use two-factor authentication?",
        rationale: "A phished or reused password alone then opens no account of the organization.",
        remediation: "Organization > Settings > Authentication security: select Require two-factor authentication \
            for everyone in the organization.",
        references: &[
            "https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-two-factor-authentication-for-your-organization/requiring-two-factor-authentication-in-your-organization",
            "CIS Software Supply Chain 1.3.4",
            "CIS Software Supply Chain 1.3.5",
            "OSPS-AC-01.01",
            "DORA Art. 9",
        ],
        needs: &["organization_administration", "members"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(factors::two_factor),
    },
    Check {
        id: "IAM-002",
        title: "SSO configured",
        severity: Severity::High,
        weight_halves: 3,
        description: "Is single sign-on configured, and how many members are linked to an identity of the \
            provider?",
        rationale: "Without it, a leaver keeps access until somebody remembers GitHub.",
        remediation: "Organization > Settings > Authentication security: enable SAML authentication, test it, then \
            require it so that unlinked members are removed.",
        references: &[
            "https://docs.github.com/en/enterprise-cloud@latest/organizations/managing-saml-single-sign-on-for-your-organization/enabling-and-testing-saml-single-sign-on-for-your-organization",
            "DORA Art. 9",
        ],
        needs: &["members", "organization_administration"],
        thresholds: &[Threshold {
            key: "min_linked_percent",
            default: 95,
            unit: "percent",
            description: "Share of members with a linked identity from which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Org(sso::configured),
    },
    Check {
        id: "IAM-003",
        title: "Admin count <= 5% of members",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How many of the members are organization owners?",
        rationale: "Every owner account is a full compromise when stolen; a single owner is a lock-out waiting \
            to happen.",
        remediation: "Organization > People: keep two to five owners, change the others to Member and grant what \
            they need with organization roles.",
        references: &[
            "https://docs.github.com/en/organizations/managing-peoples-access-to-your-organization-with-roles/roles-in-an-organization",
            "CIS Software Supply Chain 1.3.3",
        ],
        needs: &["members"],
        thresholds: &[
            Threshold {
                key: "max_admin_ratio",
                default: 5,
                unit: "percent",
                description: "Share of owners up to which it passes.",
            },
            Threshold {
                key: "warn_admin_ratio",
                default: 10,
                unit: "percent",
                description: "Share of owners up to which it is a warning.",
            },
            Threshold {
                key: "small_org_members",
                default: 60,
                unit: "count",
                description: "Below this many members, a few owners always pass.",
            },
            Threshold {
                key: "small_org_owners",
                default: 3,
                unit: "count",
                description: "How many owners a small organization may have.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(owners::ratio),
    },
    Check {
        id: "IAM-004",
        title: "No outside collaborators with admin access",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does anybody outside the organization administer or maintain one of its repositories?",
        rationale: "An outside admin can change protection, add people and delete the repository, and no leaver \
            process reaches them.",
        remediation: "Repository > Settings > Collaborators and teams: lower outside collaborators to Write or \
            less, or invite them as members of a team.",
        references: &[
            "https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-outside-collaborators/adding-outside-collaborators-to-repositories-in-your-organization",
            "DORA Art. 9",
        ],
        needs: &["members", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(access::outside_admins),
    },
    Check {
        id: "IAM-005",
        title: "Bot accounts use service tokens",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do accounts that are run by machines hold only expiring fine-grained tokens, or does \
            automation run as Apps?",
        rationale: "A machine user's classic token reaches every repository of the account, never rotates, and \
            nobody misses it.",
        remediation: "Replace machine users by a GitHub App or GITHUB_TOKEN; until then give them fine-grained \
            tokens with an expiry and remove classic tokens and SSH keys.",
        references: &[
            "https://docs.github.com/en/apps/creating-github-apps/about-creating-github-apps/deciding-when-to-build-a-github-app",
            "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens",
        ],
        needs: &["members", "organization_personal_access_tokens", "organization_administration"],
        thresholds: &[Threshold {
            key: "min_unreviewed_pulls",
            default: 20,
            unit: "count",
            description: "Pull requests in 180 days, without one review, from which an account counts as a machine.",
        }],
        on_archived: false,
        evaluate: Evaluate::Org(machines::service_tokens),
    },
    Check {
        id: "IAM-006",
        title: "Deploy keys are read-only",
        severity: Severity::High,
        weight_halves: 3,
        description: "Can deploy keys write, and how old are they?",
        rationale: "A deploy key has no owner, no expiry and no second factor; a writable one pushes code past \
            every review.",
        remediation: "Repository > Settings > Deploy keys: delete writable and old keys; use a GitHub App, or \
            disable deploy keys in Organization > Settings > Deploy keys.",
        references: &[
            "https://docs.github.com/en/authentication/connecting-to-github-with-ssh/managing-deploy-keys",
            "https://docs.github.com/en/organizations/managing-organization-settings/restricting-deploy-keys-in-your-organization",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_writable_percent",
                default: 1,
                unit: "percent",
                description: "Share of writable keys up to which it is a warning.",
            },
            Threshold {
                key: "max_age_days",
                default: 730,
                unit: "days",
                description: "Age from which a read-only key is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(keys::read_only),
    },
    Check {
        id: "IAM-007",
        title: "Personal access tokens have expiry",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do all personal access tokens that reach the organization expire, within a year?",
        rationale: "A token without expiry that leaks in a log or laptop backup works until somebody notices.",
        remediation: "Organization > Settings > Personal access tokens > Settings: set a maximum lifetime of 366 \
            days for fine-grained and classic tokens, or restrict classic tokens altogether.",
        references: &[
            "https://docs.github.com/en/organizations/managing-programmatic-access-to-your-organization/setting-a-personal-access-token-policy-for-your-organization",
        ],
        needs: &["organization_personal_access_tokens", "organization_administration"],
        thresholds: &[Threshold {
            key: "max_lifetime_days",
            default: 366,
            unit: "days",
            description: "Time to expiry up to which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Org(tokens::expire),
    },
    Check {
        id: "IAM-008",
        title: "RBAC roles properly scoped",
        severity: Severity::High,
        weight_halves: 3,
        description: "What share of access grants to repositories is admin, does one team administer most \
            repositories, and what may every member do?",
        rationale: "Who administers a repository can switch its protection off; the fewer, the fewer ways around \
            review.",
        remediation: "Organization > Settings > Member privileges: base permission Read or None. Organization > \
            Teams: lower team roles to Maintain or Write, and drop direct admin grants.",
        references: &[
            "https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization",
            "https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/setting-base-permissions-for-an-organization",
            "DORA Art. 9",
        ],
        needs: &["members", "organization_custom_org_roles", "organization_administration"],
        thresholds: &[
            Threshold {
                key: "max_admin_percent",
                default: 10,
                unit: "percent",
                description: "Share of admin grants up to which it passes.",
            },
            Threshold {
                key: "warn_admin_percent",
                default: 25,
                unit: "percent",
                description: "Share of admin grants up to which it is a warning.",
            },
            Threshold {
                key: "max_team_percent",
                default: 50,
                unit: "percent",
                description: "Share of repositories that one team may administer.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(access::admin_share),
    },
    Check {
        id: "IAM-009",
        title: "Team-based access (not individual)",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do members reach repositories through teams, or were they added one by one?",
        rationale: "Access given to a person outlives the role it was given for; access given to a team ends \
            with membership.",
        remediation: "Repository > Settings > Collaborators and teams: add a team with the same role, then remove \
            the person.",
        references: &["https://docs.github.com/en/organizations/organizing-members-into-teams/about-teams"],
        needs: &["members", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_individual_percent",
                default: 5,
                unit: "percent",
                description: "Share of individual grants up to which it passes.",
            },
            Threshold {
                key: "warn_individual_percent",
                default: 20,
                unit: "percent",
                description: "Share of individual grants up to which it is a warning.",
            },
            Threshold {
                key: "min_members",
                default: 3,
                unit: "count",
                description: "Below this many members teams make no sense.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(access::by_team),
    },
    Check {
        id: "IAM-010",
        title: "Inactive users reviewed",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are there members who did nothing for half a year: no contribution, no credential used, no \
            Copilot?",
        rationale: "Nobody notices when a forgotten account is taken over.",
        remediation: "Organization > People: remove members who left or no longer need access; lower inactive \
            owners first.",
        references: &[
            "https://docs.github.com/en/organizations/managing-membership-in-your-organization/removing-a-member-from-your-organization",
            "CIS Software Supply Chain 1.3.1",
            "DORA Art. 9",
        ],
        needs: &["members", "organization_administration"],
        thresholds: &[
            Threshold {
                key: "inactive_days",
                default: 180,
                unit: "days",
                description: "Time without a credential or Copilot used after which a member is inactive.",
            },
            Threshold {
                key: "max_inactive_percent",
                default: 2,
                unit: "percent",
                description: "Share of inactive members up to which it passes.",
            },
            Threshold {
                key: "warn_inactive_percent",
                default: 10,
                unit: "percent",
                description: "Share of inactive members up to which it is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(activity::inactive),
    },
    Check {
        id: "IAM-011",
        title: "Least privilege verified",
        severity: Severity::High,
        weight_halves: 3,
        description: "What may every member do with every repository by default?",
        rationale: "A base permission of write lets one compromised member account push to everything.",
        remediation: "Organization > Settings > Member privileges > Base permissions: Read or No permission; grant \
            more by team.",
        references: &[
            "https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/setting-base-permissions-for-an-organization",
            "CIS Software Supply Chain 1.3.8",
            "OSPS-AC-02.01",
            "DORA Art. 9",
        ],
        needs: &["organization_administration"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Org(access::base_permission),
    },
    Check {
        id: "IAM-012",
        title: "Emergency access procedure exists",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is it written down how owners get in when single sign-on is down, and are there two to five \
            of them?",
        rationale: "During an outage of the identity provider nobody can fix GitHub unless recovery codes and a \
            second owner exist.",
        remediation: "Document the procedure (who, recovery codes, approval, rotation) in the organization's \
            .github-private repository, e.g. docs/break-glass.md, and keep two to five owners.",
        references: &[
            "https://docs.github.com/en/enterprise-cloud@latest/organizations/managing-saml-single-sign-on-for-your-organization/downloading-your-organizations-saml-single-sign-on-recovery-codes",
            "https://docs.github.com/en/organizations/managing-peoples-access-to-your-organization-with-roles/maintaining-ownership-continuity-for-your-organization",
            "DORA Art. 11",
        ],
        needs: &["contents", "members", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_owners",
                default: 2,
                unit: "count",
                description: "Fewest owners that can recover the organization.",
            },
            Threshold {
                key: "max_owners",
                default: 5,
                unit: "count",
                description: "Most owners that still pass.",
            },
            Threshold {
                key: "too_many_owners",
                default: 10,
                unit: "count",
                description: "More owners than this fail.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Org(owners::break_glass),
    },
];
