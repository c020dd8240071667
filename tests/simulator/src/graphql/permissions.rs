//! Which App permission a field needs.
//!
//! GitHub publishes no such table for GraphQL; this follows the permission of the field's REST counterpart
//! (<https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps>).

const REQUIRED: &[(&str, &str, &str)] = &[
    ("Organization", "requiresTwoFactorAuthentication", "organization_administration"),
    ("Organization", "ipAllowListEnabledSetting", "organization_administration"),
    ("Organization", "ipAllowListForInstalledAppsEnabledSetting", "organization_administration"),
    ("Organization", "ipAllowListEntries", "organization_administration"),
    ("Organization", "samlIdentityProvider", "members"),
    ("Organization", "domains", "organization_administration"),
    ("Organization", "rulesets", "organization_administration"),
    ("Organization", "membersWithRole", "members"),
    ("Organization", "teams", "members"),
    ("Organization", "team", "members"),
    ("Organization", "projectsV2", "organization_projects"),
    ("Repository", "deployKeys", "administration"),
    ("Repository", "collaborators", "members"),
    ("Repository", "branchProtectionRules", "administration"),
    ("Ref", "branchProtectionRule", "administration"),
    ("Ref", "target", "contents"),
    ("Repository", "object", "contents"),
    ("Repository", "codeowners", "contents"),
    ("Repository", "environments", "actions"),
    ("Repository", "deployments", "deployments"),
    ("Repository", "pullRequests", "pull_requests"),
    ("Commit", "associatedPullRequests", "pull_requests"),
    ("Repository", "issues", "issues"),
    ("Repository", "discussions", "discussions"),
    ("Repository", "projectsV2", "repository_projects"),
    ("Repository", "vulnerabilityAlerts", "vulnerability_alerts"),
    ("Repository", "hasVulnerabilityAlertsEnabled", "metadata"),
    ("Commit", "checkSuites", "checks"),
    ("PullRequest", "statusCheckRollup", "checks"),
    ("CheckSuite", "workflowRun", "actions"),
    ("Commit", "status", "statuses"),
    ("Repository", "releases", "contents"),
    ("Repository", "refs", "contents"),
];

pub(crate) fn required(ty: &str, field: &str) -> Option<&'static str> {
    REQUIRED.iter().find(|(on, name, _)| *on == ty && *name == field).map(|(_, _, key)| *key)
}
