//! What each GitHub permission lets us read, in words.

/// `(key, label in GitHub's settings, what is read with it)`.
///
/// Source: "Permissions required for GitHub Apps" on docs.github.com.
const PERMISSIONS: &[(&str, &str, &str)] = &[
    ("actions", "Repository > Actions: read", "workflow runs and environments"),
    ("administration", "Repository > Administration: read", "repository settings and branch protection"),
    ("checks", "Repository > Checks: read", "check suites and runs"),
    ("contents", "Repository > Contents: read", "the repository's files"),
    ("deployments", "Repository > Deployments: read", "deployments"),
    ("discussions", "Repository > Discussions: read", "discussions"),
    ("issues", "Repository > Issues: read", "issues"),
    ("members", "Organization > Members: read", "members, teams and their access"),
    ("metadata", "Repository > Metadata: read", "basic information"),
    ("organization_administration", "Organization > Administration: read", "organization settings"),
    ("organization_custom_org_roles", "Organization > Custom organization roles: read", "organization roles"),
    (
        "organization_custom_properties",
        "Organization > Custom properties: read",
        "the organization's custom properties",
    ),
    ("organization_custom_roles", "Organization > Custom repository roles: read", "custom repository roles"),
    ("organization_hooks", "Organization > Webhooks: read", "organization webhooks"),
    (
        "organization_personal_access_tokens",
        "Organization > Personal access tokens: read",
        "fine-grained personal access tokens",
    ),
    ("organization_plan", "Organization > Plan: read", "the organization's plan"),
    ("organization_private_registries", "Organization > Private registries: read", "private registries"),
    ("organization_projects", "Organization > Projects: read", "organization projects"),
    ("organization_secrets", "Organization > Secrets: read", "names of organization secrets"),
    (
        "organization_self_hosted_runners",
        "Organization > Self-hosted runners: read",
        "runners and runner groups",
    ),
    ("pull_requests", "Repository > Pull requests: read", "pull requests and reviews"),
    ("repository_projects", "Repository > Projects: read", "repository projects"),
    ("secret_scanning_alerts", "Repository > Secret scanning alerts: read", "secret-scanning alerts"),
    ("secrets", "Repository > Secrets: read", "names of repository secrets"),
    ("security_events", "Repository > Code scanning alerts: read", "code-scanning alerts"),
    ("statuses", "Repository > Commit statuses: read", "commit statuses"),
    ("vulnerability_alerts", "Repository > Dependabot alerts: read", "Dependabot alerts"),
];

/// The label of a permission and what is read with it. A key unknown here stands for itself.
pub(crate) fn describe(key: &str) -> (&str, &str) {
    let known = PERMISSIONS.iter().find(|(name, ..)| *name == key);
    known.map_or((key, "the evidence"), |(_, label, reads)| (label, reads))
}

/// Whether `key` is a permission this product knows.
#[cfg(test)]
pub(crate) fn is_known(key: &str) -> bool {
    PERMISSIONS.iter().any(|(name, ..)| *name == key)
}
