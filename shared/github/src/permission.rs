//! Which permission a refused endpoint or field means: one table, used by every request.
//!
//! Sources: GitHub's "Permissions required for GitHub Apps" for endpoints; GraphQL publishes no such table, so a
//! field has the permission of its REST counterpart.

use std::collections::BTreeMap;

/// `(endpoint, App permission key that unlocks it)`.
const ENDPOINTS: &[(&str, &str)] = &[
    ("GET /orgs/{org}", "organization_administration"),
    ("GET /orgs/{org}/actions/hosted-runners", "organization_administration"),
    ("GET /orgs/{org}/actions/permissions", "organization_administration"),
    ("GET /orgs/{org}/actions/permissions/artifact-and-log-retention", "organization_administration"),
    ("GET /orgs/{org}/actions/permissions/fork-pr-contributor-approval", "organization_administration"),
    ("GET /orgs/{org}/actions/permissions/selected-actions", "organization_administration"),
    ("GET /orgs/{org}/actions/permissions/workflow", "organization_administration"),
    ("GET /orgs/{org}/actions/runner-groups", "organization_self_hosted_runners"),
    ("GET /orgs/{org}/actions/runners", "organization_self_hosted_runners"),
    ("GET /orgs/{org}/actions/secrets", "organization_secrets"),
    ("GET /orgs/{org}/audit-log", "organization_administration"),
    ("GET /orgs/{org}/code-scanning/alerts", "security_events"),
    ("GET /orgs/{org}/code-security/configurations", "organization_administration"),
    ("GET /orgs/{org}/code-security/configurations/defaults", "organization_administration"),
    (
        "GET /orgs/{org}/code-security/configurations/{configuration_id}/repositories",
        "organization_administration",
    ),
    ("GET /orgs/{org}/copilot/billing/seats", "organization_administration"),
    ("GET /orgs/{org}/credential-authorizations", "organization_administration"),
    ("GET /orgs/{org}/custom-repository-roles", "organization_custom_roles"),
    ("GET /orgs/{org}/dependabot/alerts", "vulnerability_alerts"),
    ("GET /orgs/{org}/hooks", "organization_hooks"),
    ("GET /orgs/{org}/installations", "organization_administration"),
    ("GET /orgs/{org}/members", "members"),
    ("GET /orgs/{org}/migrations", "organization_administration"),
    ("GET /orgs/{org}/organization-roles", "organization_custom_org_roles"),
    ("GET /orgs/{org}/organization-roles/{role_id}/teams", "organization_custom_org_roles"),
    ("GET /orgs/{org}/outside_collaborators", "members"),
    ("GET /orgs/{org}/personal-access-tokens", "organization_personal_access_tokens"),
    ("GET /orgs/{org}/private-registries", "organization_private_registries"),
    ("GET /orgs/{org}/properties/schema", "organization_custom_properties"),
    ("GET /orgs/{org}/repos", "metadata"),
    ("GET /orgs/{org}/secret-scanning/alerts", "secret_scanning_alerts"),
    ("GET /orgs/{org}/secret-scanning/custom-patterns", "organization_administration"),
    ("GET /orgs/{org}/settings/immutable-releases", "organization_administration"),
    ("GET /enterprises/{enterprise}/audit-log/streams", "enterprise_administration"),
    ("GET /installation/repositories", "metadata"),
    ("GET /orgs/{org}/memberships/{username}", "members"),
    ("GET /repos/{owner}/{repo}", "metadata"),
    ("GET /repos/{owner}/{repo}/branches/{branch}/protection", "administration"),
    ("GET /repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}", "security_events"),
    ("GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", "pull_requests"),
    ("GET /repos/{owner}/{repo}/commits/{ref}/check-runs", "checks"),
    ("GET /repos/{owner}/{repo}/commits/{ref}/check-suites", "checks"),
    ("GET /repos/{owner}/{repo}/compare/{basehead}", "contents"),
    ("GET /repos/{owner}/{repo}/contents/{path}", "contents"),
    ("GET /repos/{owner}/{repo}/git/blobs/{file_sha}", "contents"),
    ("GET /repos/{owner}/{repo}/pulls", "pull_requests"),
    ("GET /repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests"),
    ("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", "pull_requests"),
    ("GET /repos/{owner}/{repo}/rules/branches/{branch}", "metadata"),
    ("GET /repos/{owner}/{repo}/rulesets", "metadata"),
    ("GET /repos/{owner}/{repo}/rulesets/{ruleset_id}", "metadata"),
    ("PATCH /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks", "administration"),
    ("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", "checks"),
    ("POST /repos/{owner}/{repo}/check-runs", "checks"),
    ("POST /repos/{owner}/{repo}/code-scanning/sarifs", "security_events"),
    ("POST /repos/{owner}/{repo}/rulesets", "administration"),
    ("PUT /repos/{owner}/{repo}/branches/{branch}/protection", "administration"),
    ("PUT /repos/{owner}/{repo}/rulesets/{ruleset_id}", "administration"),
    ("GET /repos/{owner}/{repo}/actions/secrets", "secrets"),
    ("GET /repos/{owner}/{repo}/code-scanning/default-setup", "administration"),
    ("GET /repos/{owner}/{repo}/rulesets/rule-suites", "administration"),
    ("GET /repos/{owner}/{repo}/tarball/{ref}", "contents"),
    ("archive", "contents"),
];

/// `(GraphQL field below an organization or repository, App permission key)`.
const FIELDS: &[(&str, &str)] = &[
    // Organization
    ("requiresTwoFactorAuthentication", "organization_administration"),
    ("ipAllowListEnabledSetting", "organization_administration"),
    ("ipAllowListForInstalledAppsEnabledSetting", "organization_administration"),
    ("ipAllowListEntries", "organization_administration"),
    ("samlIdentityProvider", "members"),
    ("domains", "organization_administration"),
    ("projectsV2", "organization_projects"),
    ("membersWithRole", "members"),
    ("hasTwoFactorEnabled", "members"),
    ("contributionsCollection", "members"),
    ("teams", "members"),
    // Repository settings
    ("branchProtectionRule", "administration"),
    ("collaborators", "members"),
    ("outside", "members"),
    ("direct", "members"),
    ("deployKeys", "administration"),
    ("rulesets", "administration"),
    ("bypassActors", "administration"),
    ("rules", "metadata"),
    ("refUpdateRule", "metadata"),
    ("environments", "actions"),
    ("hasVulnerabilityAlertsEnabled", "administration"),
    ("vulnerabilityAlerts", "vulnerability_alerts"),
    ("discussions", "discussions"),
    ("codeowners", "contents"),
    ("assurance", "contents"),
    ("associatedPullRequests", "pull_requests"),
    ("defaultBranchRef", "contents"),
    // Repository activity
    ("merged", "pull_requests"),
    ("open", "pull_requests"),
    ("staleIssues", "issues"),
    ("debtIssues", "issues"),
    ("releases", "contents"),
    ("tags", "contents"),
    ("branches", "contents"),
    ("deployments", "deployments"),
    ("status", "statuses"),
    ("headSuites", "checks"),
    ("checkSuites", "checks"),
    ("workflowRun", "actions"),
    ("history", "contents"),
];

/// What a token may be minted with, at most: permission key and level.
pub(crate) type Wanted = &'static [(&'static str, &'static str)];

/// What verifying pull requests takes. `administration` is there for organizations that let the App set up required
/// checks; an installation that was not granted a permission gets tokens without it.
pub(crate) const ENFORCEMENT: Wanted = &[
    ("metadata", "read"),
    ("checks", "write"),
    ("contents", "read"),
    ("pull_requests", "read"),
    ("security_events", "write"),
    ("members", "read"),
    ("administration", "write"),
];

/// The part of `wanted` that an installation holds, at the lower of the two levels.
pub(crate) fn within<'w>(
    wanted: &'w [(&'w str, &'w str)],
    held: &BTreeMap<String, String>,
) -> BTreeMap<&'w str, &'w str> {
    let levels = wanted.iter().filter_map(|(key, level)| {
        let level = match held.get(*key)?.as_str() {
            "read" => "read",
            _ => level,
        };
        Some((*key, level))
    });
    levels.collect()
}

/// Permissions of the request plan, for `validate` and for minting.
pub(crate) const PLAN: &[&str] = &[
    "metadata",
    "contents",
    "administration",
    "actions",
    "checks",
    "pull_requests",
    "issues",
    "deployments",
    "statuses",
    "secrets",
    "discussions",
    "repository_projects",
    "security_events",
    "secret_scanning_alerts",
    "vulnerability_alerts",
    "members",
    "organization_administration",
    "organization_plan",
    "organization_custom_roles",
    "organization_custom_org_roles",
    "organization_self_hosted_runners",
    "organization_personal_access_tokens",
    "organization_hooks",
    "organization_secrets",
    "organization_projects",
    "organization_custom_properties",
    "organization_private_registries",
];

/// [`PLAN`] as a token is minted with it: nothing of a scan writes.
pub(crate) const PLAN_READ: Wanted = {
    const LEVELS: [(&str, &str); PLAN.len()] = {
        let mut levels = [("", "read"); PLAN.len()];
        let mut index = 0;
        while index < PLAN.len() {
            levels[index].0 = PLAN[index];
            index += 1;
        }
        levels
    };
    &LEVELS
};

/// The permission that unlocks a REST endpoint.
pub(crate) fn of_endpoint(endpoint: &str) -> Option<&'static str> {
    find(ENDPOINTS, endpoint)
}

/// The permission that unlocks a GraphQL field, by its response key.
pub(crate) fn of_field(field: &str) -> Option<&'static str> {
    find(FIELDS, field)
}

/// Classic scopes that include an App permission: any one of them suffices.
///
/// Source: <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>
fn scopes_of(key: &str) -> &'static [&'static str] {
    match key {
        "metadata" => &[],
        "members"
        | "organization_custom_roles"
        | "organization_custom_org_roles"
        | "organization_custom_properties" => &["admin:org", "write:org", "read:org"],
        "organization_projects" | "repository_projects" => &["project", "read:project"],
        "organization_hooks" => &["admin:org_hook"],
        "security_events" | "secret_scanning_alerts" | "vulnerability_alerts" => &["repo", "security_events"],
        "enterprise_administration" => &["admin:enterprise", "read:enterprise", "read:audit_log"],
        _ if key.starts_with("organization_") => &["admin:org"],
        _ => &["repo"],
    }
}

/// Whether a classic token's scopes include an App permission. `public_repo` covers public repositories only, which
/// the platform knows and we do not, so it counts.
pub(crate) fn scopes_suffice(scopes: &[String], key: &str) -> bool {
    let needed = scopes_of(key);
    needed.is_empty()
        || needed.iter().any(|scope| scopes.iter().any(|held| held == scope))
        || (needed.contains(&"repo") && scopes.iter().any(|held| held == "public_repo"))
}

/// Whether a permission is about repositories, whose public ones anyone may read.
pub(crate) fn is_of_repository(key: &str) -> bool {
    scopes_of(key).contains(&"repo")
}

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(entry, _)| *entry == name).map(|(_, key)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_classic_scope_includes_its_permissions() {
        assert!(scopes_suffice(&scopes(&["repo", "read:org"]), "contents"));
        assert!(scopes_suffice(&scopes(&["read:org"]), "members"));
        assert!(!scopes_suffice(&scopes(&["read:org"]), "organization_administration"));
        assert!(!scopes_suffice(&scopes(&["repo"]), "organization_hooks"));
        assert!(scopes_suffice(&[], "metadata"));
    }

    #[test]
    fn a_token_is_never_asked_for_more_than_is_held() {
        let held = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, level)| ((*key).to_owned(), (*level).to_owned())).collect()
        };
        let held = held(&[
            ("checks", "write"),
            ("contents", "write"),
            ("security_events", "read"),
            ("issues", "write"),
        ]);
        let asked: Vec<_> = within(ENFORCEMENT, &held).into_iter().collect();
        assert_eq!(asked, [("checks", "write"), ("contents", "read"), ("security_events", "read")]);
        assert!(within(PLAN_READ, &held).values().all(|level| *level == "read"));
    }

    #[test]
    fn every_permission_of_the_tables_is_asked_for_when_a_token_is_minted() {
        let named = ENDPOINTS.iter().chain(FIELDS).map(|(_, key)| *key);
        let unasked: Vec<&str> =
            named.filter(|key| !PLAN.contains(key) && *key != "enterprise_administration").collect();
        assert!(unasked.is_empty(), "{unasked:?}");
    }
}
