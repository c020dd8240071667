//! `Organization` and its teams.

use std::sync::Arc;

use serde_json::{Value, json};

use super::node::{Args, Node, Object, Problem};
use super::repo::{RepoObject, user};
use super::{Scope, rules};
use crate::digest;
use crate::world::Org;
use crate::world::org_file::{Member, Team};

#[derive(Clone)]
pub(crate) struct OrgObject {
    scope: Arc<Scope>,
    org: Arc<Org>,
}

impl OrgObject {
    pub(crate) fn new(scope: &Arc<Scope>, org: &Arc<Org>) -> Self {
        Self { scope: scope.clone(), org: org.clone() }
    }

    fn setting(&self, name: &str) -> Value {
        self.org.file.settings.get(name).cloned().unwrap_or(json!(false))
    }

    fn repository(&self, name: &str) -> Node<'static> {
        match self.org.repos.get(&name.to_lowercase()) {
            Some(repo) => RepoObject::new(&self.scope, &self.org, repo).into(),
            None => Node::NULL,
        }
    }

    fn repositories(&self) -> Node<'static> {
        let repos = self.org.repos.values().map(|repo| RepoObject::new(&self.scope, &self.org, repo).into());
        Node::List(repos.collect())
    }

    fn member(&self, member: &Member) -> Value {
        let mut node = user(&member.login);
        if let Some(created) = member.created {
            node["createdAt"] = json!(created.0);
        }
        node["contributionsCollection"] =
            json!({"hasAnyContributions": member.active, "hasAnyRestrictedContributions": member.active});
        let role = if member.admin { "ADMIN" } else { "MEMBER" };
        node["$edge"] = json!({"role": role, "hasTwoFactorEnabled": member.two_factor});
        node
    }

    fn teams(&self) -> Node<'static> {
        Node::List(self.org.file.teams.iter().map(|team| TeamObject::new(self, team).into()).collect())
    }

    fn saml(&self) -> Value {
        let Some(saml) = &self.org.file.saml else { return Value::Null };
        let linked = saml.identities.unwrap_or(self.org.file.members.len());
        json!({
            "id": digest::node_id("OIP", self.org.id),
            "ssoUrl": saml.sso_url,
            "issuer": saml.issuer,
            "externalIdentities": {"$items": [], "totalCount": linked},
        })
    }

    fn ip_allow_list(&self) -> Value {
        let entries = self.org.file.ip_allow_list.entries.iter();
        entries.map(|entry| json!({"id": entry, "allowListValue": entry, "isActive": true})).collect()
    }
}

fn switch(on: bool) -> Value {
    json!(if on { "ENABLED" } else { "DISABLED" })
}

impl Object for OrgObject {
    fn type_name(&self) -> &'static str {
        "Organization"
    }

    fn field(&self, name: &str, args: &Args) -> Result<Option<Node<'static>>, Problem> {
        let file = &self.org.file;
        let value = match name {
            "id" => json!(self.org.node_id()),
            "databaseId" => json!(self.org.id),
            "login" => json!(file.login),
            "name" => json!(file.name.as_ref().unwrap_or(&file.login)),
            "description" => json!(file.description),
            "url" => json!(format!("https://github.com/{}", file.login)),
            "createdAt" => json!(file.created.map_or(self.scope.world.now, |created| created.0)),
            "isVerified" => json!(file.verified),
            "requiresTwoFactorAuthentication" => self.setting("two_factor_requirement_enabled"),
            "membersCanForkPrivateRepositories" => self.setting("members_can_fork_private_repositories"),
            "webCommitSignoffRequired" => self.setting("web_commit_signoff_required"),
            "ipAllowListEnabledSetting" => switch(file.ip_allow_list.enabled),
            "ipAllowListForInstalledAppsEnabledSetting" => switch(file.ip_allow_list.apps),
            "ipAllowListEntries" => self.ip_allow_list(),
            "notificationDeliveryRestrictionEnabledSetting" => switch(file.notifications_restricted),
            "samlIdentityProvider" => self.saml(),
            "domains" => json!(file.domains),
            "projectsV2" => json!({"$items": [], "totalCount": file.projects}),
            "membersWithRole" => file.members.iter().map(|member| self.member(member)).collect(),
            "rulesets" => rules::org_rulesets(&self.scope, &self.org),
            "teams" => return Ok(Some(self.teams())),
            "team" => {
                let team =
                    file.teams.iter().find(|team| args.get("slug").is_some_and(|slug| *slug == team.slug));
                return Ok(Some(team.map_or(Node::NULL, |team| TeamObject::new(self, team).into())));
            }
            "repositories" => return Ok(Some(self.repositories())),
            "repository" => {
                return Ok(Some(self.repository(args.get("name").and_then(Value::as_str).unwrap_or(""))));
            }
            _ => return Ok(None),
        };
        Ok(Some(value.into()))
    }
}

struct TeamObject {
    org: OrgObject,
    team: Team,
}

impl TeamObject {
    fn new(org: &OrgObject, team: &Team) -> Self {
        Self { org: org.clone(), team: team.clone() }
    }

    fn repositories(&self) -> Node<'static> {
        let everywhere = self.team.repositories.get("*");
        let grants = self.org.org.repos.values().filter_map(|repo| {
            let permission = self.team.repositories.get(&repo.name).or(everywhere)?;
            let node = RepoObject::new(&self.org.scope, &self.org.org, repo).into();
            Some(Node::Edge { fields: json!({"permission": permission}), node: Box::new(node) })
        });
        Node::List(grants.collect())
    }

    fn members(&self) -> Value {
        let member = |login: &String| {
            let mut node = user(login);
            node["$edge"] = json!({"role": "MEMBER"});
            node
        };
        self.team.members.iter().map(member).collect()
    }
}

impl Object for TeamObject {
    fn type_name(&self) -> &'static str {
        "Team"
    }

    fn field(&self, name: &str, _: &Args) -> Result<Option<Node<'static>>, Problem> {
        let team = &self.team;
        let id = digest::database_id("team", &format!("{}/{}", self.org.org.file.login, team.slug));
        let value = match name {
            "id" => json!(digest::node_id("T", id)),
            "databaseId" => json!(id),
            "slug" | "name" => json!(team.slug),
            "description" => json!(team.description),
            "privacy" => json!(if team.secret { "SECRET" } else { "VISIBLE" }),
            "notificationSetting" => json!(match team.notifications_disabled {
                true => "NOTIFICATIONS_DISABLED",
                false => "NOTIFICATIONS_ENABLED",
            }),
            "reviewRequestDelegationEnabled" => json!(team.review_delegation),
            "members" => self.members(),
            "repositories" => return Ok(Some(self.repositories())),
            "parentTeam" => {
                let parent =
                    self.org.org.file.teams.iter().find(|other| Some(&other.slug) == team.parent.as_ref());
                return Ok(Some(parent.map_or(Node::NULL, |parent| Self::new(&self.org, parent).into())));
            }
            _ => return Ok(None),
        };
        Ok(Some(value.into()))
    }
}
