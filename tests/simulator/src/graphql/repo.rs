//! `Repository`: its own fields. Lists are in `repo_lists`, commits in `history`, protection in `rules`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::node::{Args, Node, Object, Problem};
use super::org::OrgObject;
use super::{Scope, history, repo_lists, rules};
use crate::digest;
use crate::forge;
use crate::rest::language;
use crate::world::{Org, Repo};

/// A user, or a bot when the login says so.
pub(crate) fn user(login: &str) -> Value {
    let (kind, prefix, login) = match login.strip_suffix("[bot]") {
        Some(app) => ("Bot", "BOT", app),
        None => ("User", "U", login),
    };
    let id = digest::database_id("user", login);
    json!({
        "__typename": kind,
        "id": digest::node_id(prefix, id),
        "databaseId": id,
        "login": login,
        "name": login,
        "createdAt": "2020-01-01T00:00:00Z",
    })
}

/// Bytes of a blob's text that are shown.
const LONGEST_TEXT: usize = 512 * 1024;

#[derive(Clone)]
pub(crate) struct RepoObject {
    pub(super) scope: Arc<Scope>,
    pub(super) org: Arc<Org>,
    pub(super) repo: Arc<Repo>,
}

impl RepoObject {
    pub(crate) fn new(scope: &Arc<Scope>, org: &Arc<Org>, repo: &Arc<Repo>) -> Self {
        Self { scope: scope.clone(), org: org.clone(), repo: repo.clone() }
    }

    fn identity(&self, name: &str) -> Option<Value> {
        let (repo, file) = (&self.repo, &self.repo.file);
        Some(match name {
            "id" => json!(repo.node_id()),
            "databaseId" => json!(repo.id),
            "name" => json!(repo.name),
            "nameWithOwner" => json!(repo.full_name()),
            "url" => json!(self.url()),
            "description" => json!(file.description),
            "visibility" => json!(file.visibility.rest().to_uppercase()),
            "isPrivate" => json!(!repo.is_public()),
            "isInOrganization" => json!(true),
            "isArchived" => json!(file.archived),
            "isEmpty" => json!(repo.is_empty()),
            "isFork" => json!(file.fork_of.is_some()),
            "isTemplate" => json!(file.template),
            "isMirror" => json!(file.mirror_url.is_some()),
            "mirrorUrl" => json!(file.mirror_url),
            "createdAt" => json!(file.created.0),
            "pushedAt" => {
                if repo.is_empty() {
                    Value::Null
                } else {
                    json!(file.pushed.0)
                }
            }
            "updatedAt" => json!(file.updated_at()),
            "diskUsage" => json!(file.disk_usage.unwrap_or_else(|| repo.tree.size().div_ceil(1024))),
            "homepageUrl" => json!(file.homepage),
            "primaryLanguage" => language(repo).map_or(Value::Null, |name| json!({"id": name, "name": name})),
            "viewerPermission" => json!("READ"),
            _ => return None,
        })
    }

    fn settings(&self, name: &str) -> Option<Value> {
        let file = &self.repo.file;
        Some(match name {
            "hasWikiEnabled" => json!(file.features.wiki),
            "hasDiscussionsEnabled" => json!(file.features.discussions),
            "hasProjectsEnabled" => json!(file.features.projects),
            "hasIssuesEnabled" => json!(file.features.issues),
            "hasVulnerabilityAlertsEnabled" => json!(file.vulnerability_alerts),
            "mergeCommitAllowed" => json!(file.merge.merge_commit),
            "squashMergeAllowed" => json!(file.merge.squash),
            "rebaseMergeAllowed" => json!(file.merge.rebase),
            "autoMergeAllowed" => json!(file.merge.auto_merge),
            "deleteBranchOnMerge" => json!(file.merge.delete_branch),
            "forkingAllowed" => json!(file.allow_forking),
            "webCommitSignoffRequired" => json!(file.web_commit_signoff),
            "isSecurityPolicyEnabled" => json!(self.security_policy().is_some()),
            "securityPolicyUrl" => json!(self.security_policy()),
            "licenseInfo" => file.license.as_ref().map_or(
                Value::Null,
                |spdx| json!({"id": spdx, "spdxId": spdx, "pseudoLicense": spdx == "NOASSERTION"}),
            ),
            _ => return None,
        })
    }

    /// Files GitHub understands, found in the tree.
    fn community(&self, name: &str) -> Option<Value> {
        Some(match name {
            "codeowners" => match self.first(&[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]) {
                Some(path) => json!({"errors": self.codeowners_errors(path)}),
                None => Value::Null,
            },
            "issueTemplates" => self.templates(".github/ISSUE_TEMPLATE/"),
            "pullRequestTemplates" => {
                let paths = [
                    ".github/PULL_REQUEST_TEMPLATE.md",
                    ".github/pull_request_template.md",
                    "PULL_REQUEST_TEMPLATE.md",
                ];
                let found = paths.into_iter().filter(|path| self.repo.tree.read(path).is_some());
                found.map(|path| json!({"filename": path, "body": self.text(path)})).collect()
            }
            "contributingGuidelines" => {
                match self.first(&["CONTRIBUTING.md", ".github/CONTRIBUTING.md", "docs/CONTRIBUTING.md"]) {
                    Some(path) => json!({"url": self.blob(path)}),
                    None => Value::Null,
                }
            }
            "codeOfConduct" => match self.first(&["CODE_OF_CONDUCT.md", ".github/CODE_OF_CONDUCT.md"]) {
                Some(path) => json!({"id": "coc", "key": "contributor_covenant", "url": self.blob(path)}),
                None => Value::Null,
            },
            "contactLinks" => match self.first(&[".github/ISSUE_TEMPLATE/config.yml"]) {
                Some(_) => json!([{"name": "Security", "url": format!("{}/security", self.url())}]),
                None => json!([]),
            },
            _ => return None,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("https://github.com/{}", self.repo.full_name())
    }

    fn blob(&self, path: &str) -> String {
        format!("{}/blob/{}/{path}", self.url(), self.repo.file.branch())
    }

    fn first<'p>(&self, paths: &[&'p str]) -> Option<&'p str> {
        paths.iter().copied().find(|path| self.repo.tree.read(path).is_some())
    }

    fn text(&self, path: &str) -> Option<String> {
        self.repo.tree.read(path).map(|content| String::from_utf8_lossy(content).into_owned())
    }

    /// The repository's own policy, or the one of `.github` in the organization.
    fn security_policy(&self) -> Option<String> {
        let places = ["SECURITY.md", ".github/SECURITY.md", "docs/SECURITY.md"];
        let own = self.first(&places);
        let inherited = || {
            self.org
                .repos
                .get(".github")
                .is_some_and(|repo| places.iter().any(|path| repo.tree.read(path).is_some()))
        };
        (own.is_some() || inherited()).then(|| format!("{}/security/policy", self.url()))
    }

    fn codeowners_errors(&self, path: &str) -> Value {
        let text = self.text(path).unwrap_or_default();
        let bad = text.lines().enumerate().filter(|(_, line)| {
            let owners: Vec<&str> =
                line.split('#').next().unwrap_or_default().split_whitespace().skip(1).collect();
            owners.iter().any(|owner| !owner.contains('@'))
        });
        bad.map(|(index, _)| json!({"kind": "Invalid owner", "line": index + 1, "path": path})).collect()
    }

    fn templates(&self, folder: &str) -> Value {
        let paths = self.repo.tree.paths().filter_map(|path| path.strip_prefix(folder));
        let templates = paths.filter(|path| !path.starts_with("config."));
        templates.map(|path| json!({"filename": path, "name": path.split('.').next()})).collect()
    }

    fn object(&self, expression: &str) -> Node<'static> {
        let Some((reference, path)) = expression.split_once(':') else {
            return history::CommitObject::head(self);
        };
        let resolved = forge::resolve(&self.scope.shared.forge(), &self.repo, reference);
        let Some((_, tree)) = resolved else { return Node::NULL };
        let Some(content) = tree.read(path) else {
            let prefix = format!("{path}/");
            let is_folder = tree.paths().any(|path| path.starts_with(&prefix));
            let tree = json!({"__typename": "Tree", "oid": digest::oid(&["tree", reference, path])});
            return if is_folder { tree.into() } else { Node::NULL };
        };
        let text = std::str::from_utf8(content).ok().filter(|text| !text.contains('\0'));
        // GitHub cuts long texts; where exactly it does is not documented.
        let shown = text.map(|text| &text[..text.floor_char_boundary(LONGEST_TEXT)]);
        let blob = json!({
            "__typename": "Blob",
            "id": path,
            "oid": forge::blob_oid(content),
            "byteSize": content.len(),
            "isBinary": text.is_none(),
            "isTruncated": shown.map(str::len) != text.map(str::len),
            "text": shown,
        });
        blob.into()
    }
}

impl Object for RepoObject {
    fn type_name(&self) -> &'static str {
        "Repository"
    }

    fn field(&self, name: &str, args: &Args) -> Result<Option<Node<'static>>, Problem> {
        let plain = self.identity(name).or_else(|| self.settings(name)).or_else(|| self.community(name));
        if let Some(value) = plain.or_else(|| repo_lists::list(self, name, args)) {
            return Ok(Some(value.into()));
        }
        let arg = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
        let node = match name {
            "owner" => OrgObject::new(&self.scope, &self.org).into(),
            "parent" => Node::NULL,
            "defaultBranchRef" if self.repo.is_empty() => Node::NULL,
            "defaultBranchRef" => history::DefaultBranch(self.clone()).into(),
            "ref" => history::branch(self, arg("qualifiedName")),
            "object" => self.object(arg("expression")),
            "branchProtectionRules" => rules::protection(&self.repo).into_iter().collect::<Value>().into(),
            "rulesets" => rules::repo_rulesets(self, args).into(),
            _ => return Ok(None),
        };
        Ok(Some(node))
    }
}
