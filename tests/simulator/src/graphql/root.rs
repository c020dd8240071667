//! The query's entry points.

use std::sync::Arc;

use serde_json::{Value, json};

use super::check::Cost;
use super::node::{Args, Node, Object, Problem};
use super::org::OrgObject;
use super::repo::{self, RepoObject};
use super::{Rate, Scope};
use crate::digest;

pub(crate) struct Root {
    scope: Arc<Scope>,
    rate: Value,
}

impl Root {
    pub(crate) fn new(scope: Arc<Scope>, rate: &Rate, cost: Cost) -> Self {
        let rate = json!({
            "cost": cost.points(),
            "limit": rate.limit,
            "nodeCount": cost.nodes,
            "remaining": rate.remaining,
            "resetAt": rate.reset_at,
            "used": rate.used,
        });
        Self { scope, rate }
    }

    fn organization(&self, login: &str) -> Result<Node<'static>, Problem> {
        match self.scope.world.org(login) {
            Some(org) => Ok(OrgObject::new(&self.scope, org).into()),
            None => {
                Err(not_found(format!("Could not resolve to an Organization with the login of '{login}'.")))
            }
        }
    }

    fn node(&self, id: &str) -> Option<Node<'static>> {
        let number = digest::number_of(id)?;
        for org in self.scope.world.orgs.values() {
            if org.node_id() == id {
                return Some(OrgObject::new(&self.scope, org).into());
            }
            if let Some(found) = org.by_id(number).filter(|repo| repo.node_id() == id) {
                return Some(RepoObject::new(&self.scope, org, found).into());
            }
        }
        None
    }
}

pub(crate) fn not_found(message: String) -> Problem {
    Problem { kind: "NOT_FOUND", message }
}

fn no_node(id: &str) -> String {
    format!("Could not resolve to a node with the global id of '{id}'")
}

impl Object for Root {
    fn type_name(&self) -> &'static str {
        "Query"
    }

    fn field(&self, name: &str, args: &Args) -> Result<Option<Node<'static>>, Problem> {
        let arg = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
        let node = match name {
            "rateLimit" => self.rate.clone().into(),
            "viewer" => repo::user(&self.scope.viewer).into(),
            "organization" => self.organization(arg("login"))?,
            "repository" => {
                let (owner, name) = (arg("owner"), arg("name"));
                let found = self
                    .scope
                    .world
                    .org(owner)
                    .and_then(|org| Some((org, self.scope.world.repo(owner, name)?)));
                let (org, repo) = found.ok_or_else(|| {
                    not_found(format!("Could not resolve to a Repository with the name '{owner}/{name}'."))
                })?;
                RepoObject::new(&self.scope, org, repo).into()
            }
            "node" => self.node(arg("id")).ok_or_else(|| not_found(no_node(arg("id"))))?,
            "nodes" => {
                let ids = args.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
                let ids = ids.iter().map(|id| id.as_str().unwrap_or_default());
                Node::List(
                    ids.map(|id| self.node(id).unwrap_or_else(|| json!({"$problem": no_node(id)}).into()))
                        .collect(),
                )
            }
            _ => return Ok(None),
        };
        Ok(Some(node))
    }
}
