//! Secrets management: where secrets live, who finds the lost ones, and how long they last.

mod audit;
mod deploys;
mod logins;
mod rotation;
mod scanning;
mod storage;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    category::SECRETS_MGMT,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: SECRETS_MGMT, checks: CHECKS };

const CHECKS: &[Check] = &[
    Check {
        id: "SEC-001",
        title: "Secret scanning enabled",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Does GitHub's secret scanning watch the repository, or at least a scanner in CI on every \
            push or pull request?",
        rationale: "A pushed credential is found by strangers within minutes; somebody on your side has to find \
            it first.",
        remediation: "Repository > Settings > Advanced Security > Secret Protection: enable; for all repositories \
            in Organization > Settings > Code security > Configurations.",
        references: &[
            "https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning",
            "CIS Software Supply Chain 1.5.1",
            "OSPS-BR-07.01",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: true,
        evaluate: Evaluate::Repo(scanning::enabled),
    },
    Check {
        id: "SEC-002",
        title: "No exposed secrets detected",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Are there open secret-scanning alerts, and does anything scan at all?",
        rationale: "An open alert is a credential in the history that may work today.",
        remediation: "Repository > Security > Secret scanning: revoke the credential at its provider first, then \
            close the alert as revoked.",
        references: &[
            "https://docs.github.com/en/code-security/secret-scanning/managing-alerts-from-secret-scanning/resolving-alerts",
        ],
        needs: &["secret_scanning_alerts", "administration", "metadata"],
        thresholds: &[],
        on_archived: true,
        evaluate: Evaluate::Repo(scanning::no_open_alert),
    },
    Check {
        id: "SEC-003",
        title: "Push protection enabled",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Are pushes that contain a credential refused, or at least pull requests by a required check?",
        rationale: "A secret that never lands needs no rotation; one that lands must be taken for stolen.",
        remediation: "Repository > Settings > Advanced Security > Secret Protection > Push protection: enable.",
        references: &[
            "https://docs.github.com/en/code-security/secret-scanning/introduction/about-push-protection",
            "CIS Software Supply Chain 1.5.1",
            "OSPS-BR-07.01",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(scanning::push_protection),
    },
    Check {
        id: "SEC-004",
        title: "Custom secret patterns defined",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Are there patterns for credentials of your own making, which no provider pattern finds?",
        rationale: "Internal tokens and connection strings look like nothing that a vendor's list knows.",
        remediation: "Organization > Settings > Advanced Security > Global settings > Custom patterns: define, dry \
            run, publish; or add [[rules]] to .gitleaks.toml.",
        references: &[
            "https://docs.github.com/en/code-security/secret-scanning/using-advanced-secret-scanning-and-push-protection-features/custom-patterns/defining-custom-patterns-for-secret-scanning",
            "CIS Software Supply Chain 1.5.1",
        ],
        needs: &["organization_administration", "contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(scanning::custom_patterns),
    },
    Check {
        id: "SEC-005",
        title: "Secrets stored in vault (not repository)",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does the running system read its secrets from a secret manager, with none tracked in plain \
            text?",
        rationale: "A secret in a file is copied with every clone and cannot be rotated without a release.",
        remediation: "Move secrets to a manager (Vault, AWS Secrets Manager, Azure Key Vault, External Secrets), \
            git rm --cached the plain files, add them to .gitignore and rotate what they held.",
        references: &[
            "https://docs.github.com/en/actions/concepts/security/secrets",
            "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
            "DORA Art. 9",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(storage::vault),
    },
    Check {
        id: "SEC-006",
        title: "Environment secrets used for deployments",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do deploy jobs take their secrets from an environment, so that its reviewers and branch \
            rules guard them?",
        rationale: "A repository secret is readable by any workflow on any branch; an environment secret waits \
            for its approval.",
        remediation: "Add `environment: production` to the deploy job, move its secrets to Repository > Settings > \
            Environments, and delete the repository and organization secrets of the same name.",
        references: &[
            "https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments",
        ],
        needs: &["secrets", "contents", "organization_secrets", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(deploys::environment_secrets),
    },
    Check {
        id: "SEC-007",
        title: "No hardcoded credentials in code",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Do the files of the default branch hold credentials, by our own scan of every text file and \
            by open alerts?",
        rationale: "Whoever can read the code, today or after a leak, can use the credential.",
        remediation: "Revoke the credential, read it from the environment or a secret manager instead, and rewrite \
            history only after revoking.",
        references: &[
            "https://docs.github.com/en/code-security/secret-scanning/working-with-secret-scanning-and-push-protection/remediating-a-leaked-secret",
            "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository",
            "OSPS-BR-07.01",
        ],
        needs: &["contents", "secret_scanning_alerts", "metadata"],
        thresholds: &[],
        on_archived: true,
        evaluate: Evaluate::Repo(scanning::no_hardcoded),
    },
    Check {
        id: "SEC-008",
        title: "API keys have rotation policy",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How old are the Actions secrets that the repository uses, and is it written down when they \
            are rotated?",
        rationale: "The older a credential, the more laptops, logs and leavers know it.",
        remediation: "Rotate old secrets (gh secret set NAME), prefer OIDC to stored keys, and describe the \
            intervals in docs/secret-rotation.md.",
        references: &[
            "https://docs.github.com/en/actions/reference/security/secure-use",
            "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
            "OSPS-BR-07.02",
            "DORA Art. 9",
        ],
        needs: &["secrets", "organization_secrets", "contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_age_days",
                default: 365,
                unit: "days",
                description: "Age up to which a secret counts as rotated.",
            },
            Threshold {
                key: "max_older_percent",
                default: 20,
                unit: "percent",
                description: "Share of older secrets up to which documented rotation is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(rotation::policy),
    },
    Check {
        id: "SEC-009",
        title: "Service accounts use short-lived tokens",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do pipelines log in to clouds and registries with short-lived identities (OIDC, trusted \
            publishing, App tokens) or with stored keys?",
        rationale: "A stored key works from anywhere for as long as it exists; an OIDC token works for one job.",
        remediation: "Use aws-actions/configure-aws-credentials with role-to-assume, azure/login with client-id, \
            google-github-actions/auth with workload_identity_provider, or trusted publishing; then \
            delete the stored keys.",
        references: &["https://docs.github.com/en/actions/concepts/security/openid-connect"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(logins::short_lived),
    },
    Check {
        id: "SEC-010",
        title: "Secret audit trail available",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Can it be seen afterwards who used which secret: in the organization's audit log and in the \
            secret manager's own?",
        rationale: "Without a trail on both sides a stolen secret's use cannot be told from ordinary use.",
        remediation: "Stream the audit log (Enterprise > Settings > Audit log > Log streaming) and switch auditing \
            on in code: aws_cloudtrail, vault_audit, azurerm_monitor_diagnostic_setting, \
            google_project_iam_audit_config.",
        references: &[
            "https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/reviewing-the-audit-log-for-your-organization",
            "DORA Art. 10",
        ],
        needs: &["organization_administration", "contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(audit::trail),
    },
];
