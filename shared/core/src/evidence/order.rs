//! One order for lists whose order means nothing, so that the same facts give the same bytes however they arrived.
//!
//! Lists that are histories (pull requests, releases, tags, deployments, commits) or ranked (languages) keep theirs.

use super::{
    OrgEvidence, Page, RepoActivity, RepoListing, RepoPosture,
    posture::{BranchRule, Collaborator, RuleParameters},
};
use crate::fact::Fact;

fn by<T, K: Ord>(list: &mut Fact<Vec<T>>, key: impl FnMut(&T) -> K) {
    if let Fact::Known(items) = list {
        items.sort_by_cached_key(key);
    }
}

fn page_by<T, K: Ord>(list: &mut Fact<Page<T>>, key: impl FnMut(&T) -> K) {
    if let Fact::Known(page) = list {
        page.items.sort_by_cached_key(key);
    }
}

fn sort<T: Ord>(list: &mut Fact<Vec<T>>) {
    if let Fact::Known(items) = list {
        items.sort();
    }
}

/// Parameters of rules have no order of their own; two rules of one type and ruleset are rare.
fn shown(parameters: &RuleParameters) -> String {
    format!("{parameters:?}")
}

impl OrgEvidence {
    /// The same evidence with its unordered lists in order.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        page_by(&mut self.members, |member| member.login.clone());
        sort(&mut self.without_two_factor);
        if let Fact::Known(page) = &mut self.teams {
            page.items.sort_by(|a, b| a.slug.cmp(&b.slug));
            page.items.iter_mut().for_each(|team| team.repositories.items.sort());
        }
        by(&mut self.custom_secret_patterns, |pattern| (pattern.published, pattern.push_protection));
        by(&mut self.repository_roles, |role| (role.name.clone(), role.base_role.clone()));
        if let Fact::Known(roles) = &mut self.organization_roles {
            roles.sort_by(|a, b| (&a.name, &a.source).cmp(&(&b.name, &b.source)));
            roles.iter_mut().for_each(|role| sort(&mut role.teams));
        }
        by(&mut self.installations, |app| {
            (app.app_slug.clone(), app.repository_selection.clone(), app.suspended)
        });
        if let Fact::Known(hooks) = &mut self.hooks {
            hooks.iter_mut().for_each(|hook| hook.events.sort());
            hooks.sort_by(|a, b| (&a.events, a.active).cmp(&(&b.events, b.active)));
        }
        by(&mut self.actions_secrets, |secret| (secret.name.clone(), secret.visibility.clone()));
        sort(&mut self.private_registries);
        sort(&mut self.property_schema);
        by(&mut self.audit_streams, |stream| (stream.stream_type.clone(), stream.enabled, stream.paused));
        by(&mut self.fine_grained_tokens, |token| {
            (token.owner.clone(), token.expires_at, token.last_used_at, token.expired)
        });
        by(&mut self.credential_authorizations, |credential| {
            let kind = credential.credential_type.clone();
            (credential.login.clone(), kind, credential.accessed_at, credential.expires_at)
        });
        sort(&mut self.migrations);
        self.settings_in_order();
        self
    }

    fn settings_in_order(&mut self) {
        if let Fact::Known(list) = &mut self.security.ip_allow_list {
            list.entries.sort();
        }
        sort(&mut self.security.domains);
        if let Fact::Known(sets) = &mut self.security.rulesets {
            sets.iter_mut().for_each(|set| set.rules.sort());
            sets.sort_by(|a, b| {
                (&a.name, &a.target, &a.enforcement).cmp(&(&b.name, &b.target, &b.enforcement))
            });
        }
        if let Fact::Known(Some(selected)) = &mut self.actions.selected {
            selected.patterns.sort();
        }
        page_by(&mut self.runners.self_hosted, |runner| (runner.name.clone(), runner.group, runner.online));
        by(&mut self.runners.groups, |group| group.id);
        if let Fact::Known(configurations) = &mut self.security_configurations {
            configurations.iter_mut().for_each(|configuration| configuration.repositories.sort());
            configurations.sort_by_key(|configuration| configuration.id);
        }
    }
}

impl RepoListing {
    /// The same listing with its unordered lists in order.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.custom_properties.sort();
        by(&mut self.secret_alerts, |alert| alert.number);
        by(&mut self.code_alerts, |alert| alert.number);
        by(&mut self.dependency_alerts, |alert| alert.number);
        self
    }
}

impl RepoPosture {
    /// The same posture with its unordered lists in order.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        let lists = [
            &mut self.issue_templates,
            &mut self.pull_request_templates,
            &mut self.contact_links,
            &mut self.topics,
            &mut self.labels,
        ];
        lists.into_iter().for_each(|list| list.sort());
        if let Fact::Known(Some(errors)) = &mut self.codeowners_errors {
            errors.sort_by(|a, b| (&a.path, a.line, &a.kind).cmp(&(&b.path, b.line, &b.kind)));
        }
        page_by(&mut self.deploy_keys, |key| (key.title.clone(), key.created_at, key.read_only));
        for list in [&mut self.outside_collaborators, &mut self.direct_collaborators] {
            page_by(list, |person: &Collaborator| (person.login.clone(), person.permission.clone()));
        }
        if let Fact::Known(page) = &mut self.environments {
            let kind = |a: &super::posture::EnvironmentRule| (a.rule_type.clone(), a.prevent_self_review);
            page.items.iter_mut().for_each(|environment| environment.rules.sort_by_cached_key(kind));
            page.items.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.rules_in_order();
        self
    }

    fn rules_in_order(&mut self) {
        if let Fact::Known(page) = &mut self.rulesets {
            for set in &mut page.items {
                set.include.sort();
                set.exclude.sort();
                set.rules.sort_by_cached_key(|(kind, parameters)| (kind.clone(), shown(parameters)));
                page_by(&mut set.bypass_actors, |actor| format!("{actor:?}"));
            }
            page.items.sort_by(|a, b| (a.id, &a.name).cmp(&(b.id, &b.name)));
        }
        let Some(branch) = &mut self.default_branch else { return };
        let key = |rule: &BranchRule| (rule.ruleset_id, rule.rule_type.clone(), shown(&rule.parameters));
        by(&mut branch.rules, key);
        if let Fact::Known(Some(rule)) = &mut branch.protection {
            rule.required_status_checks.sort();
            rule.required_deployment_environments.sort();
        }
        if let Fact::Known(Some(rule)) = &mut branch.update_rule {
            rule.required_status_check_contexts.sort();
        }
    }
}

impl RepoActivity {
    /// The same activity with its unordered lists in order.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        if let Fact::Known(page) = &mut self.branches {
            page.items.sort();
        }
        sort(&mut self.head_statuses);
        if let Fact::Known(suites) = &mut self.head_suites {
            suites.iter_mut().for_each(|suite| suite.runs.sort());
            suites.sort_by(|a, b| (&a.app, &a.conclusion, &a.runs).cmp(&(&b.app, &b.conclusion, &b.runs)));
        }
        self
    }
}
