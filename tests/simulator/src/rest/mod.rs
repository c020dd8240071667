//! The REST API: a table of routes, written with the published OpenAPI's path templates, and the objects they answer.

mod access;
mod alerts;
mod apps;
mod archive;
mod checks;
mod contents;
pub(crate) mod events;
mod hooks;
mod meta;
mod objects;
mod org;
mod page;
mod pulls;
mod repos;
mod required;
mod sarif;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) use apps::{APP_ID, installation_id};
pub(crate) use archive::{archive_url, serve_archive};
pub(crate) use checks::run_json;
pub(crate) use objects::{language, languages};

use crate::forge::Forge;
use crate::server::auth::{Caller, TokenKind};
use crate::world::{Org, Repo, World};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One request, understood.
pub(crate) struct Ctx<'a> {
    pub(crate) world: &'a World,
    pub(crate) forge: &'a Mutex<Forge>,
    /// `http://host:port` the client reached us at.
    pub(crate) api: &'a str,
    pub(crate) codeload: &'a str,
    pub(crate) caller: &'a Caller,
    pub(crate) path: &'a str,
    pub(crate) params: BTreeMap<&'static str, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: &'a Value,
    pub(crate) installed: &'a BTreeSet<String>,
}

/// An answer, before the headers every answer has.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// A request for the server itself, which owns the tokens.
    pub(crate) mint: Option<Mint>,
}

#[derive(Debug)]
pub(crate) enum Body {
    Json(Value),
    Bytes(Bytes),
}

/// An installation token to be made.
#[derive(Debug)]
pub(crate) struct Mint {
    pub(crate) permissions: BTreeSet<String>,
    pub(crate) granted: Value,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Anyone, even without a token.
    Nothing,
    /// Any token.
    Token,
    /// A token with this permission key (or classic scope).
    Key(&'static str),
    /// An installation token with this permission key: the route refuses personal access tokens.
    AppKey(&'static str),
    /// The App's own JWT.
    App,
}

pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) template: &'static str,
    pub(crate) needs: Needs,
    pub(crate) answer: fn(&Ctx<'_>) -> Reply,
}

const fn get(template: &'static str, needs: Needs, answer: fn(&Ctx<'_>) -> Reply) -> Route {
    Route { method: Method::GET, template, needs, answer }
}

const fn send(method: Method, template: &'static str, needs: Needs, answer: fn(&Ctx<'_>) -> Reply) -> Route {
    Route { method, template, needs, answer }
}

const CHECKS: Needs = Needs::AppKey("checks:write");
const ADMIN: Needs = Needs::Key("administration:write");

/// Every call that is served.
pub(crate) static ROUTES: &[Route] = &[
    get("/meta", Needs::Nothing, meta::meta),
    get("/versions", Needs::Nothing, meta::versions),
    get("/rate_limit", Needs::Token, meta::rate_limit),
    get("/user", Needs::Token, meta::user),
    get("/app", Needs::App, apps::app),
    get("/app/installations", Needs::App, apps::installations),
    get("/app/installations/{installation_id}", Needs::App, apps::installation_by_id),
    get("/orgs/{org}/installation", Needs::App, apps::org_installation),
    get("/repos/{owner}/{repo}/installation", Needs::App, apps::repo_installation),
    Route {
        method: Method::POST,
        template: "/app/installations/{installation_id}/access_tokens",
        needs: Needs::App,
        answer: apps::access_token,
    },
    get("/installation/repositories", Needs::Token, apps::repositories),
    get("/orgs/{org}", Needs::Token, org::org),
    get("/orgs/{org}/repos", Needs::Token, repos::list),
    get("/orgs/{org}/actions/permissions", ORG_ADMIN, org::actions_permissions),
    get("/orgs/{org}/actions/permissions/selected-actions", ORG_ADMIN, org::selected_actions),
    get("/orgs/{org}/actions/permissions/workflow", ORG_ADMIN, org::workflow_permissions),
    get("/orgs/{org}/actions/permissions/artifact-and-log-retention", ORG_ADMIN, org::retention),
    get("/orgs/{org}/actions/permissions/fork-pr-contributor-approval", ORG_ADMIN, org::fork_approval),
    get("/orgs/{org}/actions/runners", Needs::Key("organization_self_hosted_runners"), org::runners),
    get(
        "/orgs/{org}/actions/runner-groups",
        Needs::Key("organization_self_hosted_runners"),
        org::runner_groups,
    ),
    get("/orgs/{org}/actions/hosted-runners", ORG_ADMIN, org::hosted_runners),
    get("/orgs/{org}/actions/secrets", Needs::Key("organization_secrets"), org::secrets),
    get("/orgs/{org}/code-security/configurations", ORG_ADMIN, org::configurations),
    get("/orgs/{org}/code-security/configurations/defaults", ORG_ADMIN, org::configuration_defaults),
    get(
        "/orgs/{org}/code-security/configurations/{configuration_id}/repositories",
        ORG_ADMIN,
        org::configuration_repositories,
    ),
    get("/orgs/{org}/secret-scanning/custom-patterns", ORG_ADMIN, org::secret_patterns),
    get(
        "/orgs/{org}/custom-repository-roles",
        Needs::Key("organization_custom_roles"),
        access::repository_roles,
    ),
    get(
        "/orgs/{org}/organization-roles",
        Needs::Key("organization_custom_org_roles"),
        access::organization_roles,
    ),
    get(
        "/orgs/{org}/organization-roles/{role_id}/teams",
        Needs::Key("organization_custom_org_roles"),
        access::role_teams,
    ),
    get("/orgs/{org}/installations", ORG_ADMIN, org::installations),
    get("/orgs/{org}/hooks", Needs::Key("organization_hooks"), org::hooks),
    get(
        "/orgs/{org}/private-registries",
        Needs::Key("organization_private_registries"),
        org::private_registries,
    ),
    get("/orgs/{org}/properties/schema", Needs::Key("organization_custom_properties"), org::properties),
    get("/orgs/{org}/settings/immutable-releases", ORG_ADMIN, org::immutable_releases),
    get("/orgs/{org}/audit-log", ORG_ADMIN, access::audit_log),
    get("/enterprises/{enterprise}/audit-log/streams", Needs::Key("read:audit_log"), access::audit_streams),
    get("/orgs/{org}/members", Needs::Key("members"), access::members),
    get("/orgs/{org}/outside_collaborators", Needs::Key("members"), access::outside_collaborators),
    get("/orgs/{org}/copilot/billing/seats", ORG_ADMIN, access::copilot_seats),
    get("/orgs/{org}/migrations", Needs::Key("admin:org"), access::migrations),
    get(
        "/orgs/{org}/personal-access-tokens",
        Needs::AppKey("organization_personal_access_tokens"),
        access::personal_access_tokens,
    ),
    get("/orgs/{org}/credential-authorizations", ORG_ADMIN, access::credential_authorizations),
    get("/orgs/{org}/secret-scanning/alerts", Needs::Key("secret_scanning_alerts"), alerts::secret_scanning),
    get("/orgs/{org}/code-scanning/alerts", Needs::Key("security_events"), alerts::code_scanning),
    get("/orgs/{org}/dependabot/alerts", Needs::Key("vulnerability_alerts"), alerts::dependabot),
    get("/repos/{owner}/{repo}", Needs::Token, repos::one),
    get("/repos/{owner}/{repo}/actions/secrets", Needs::Key("secrets"), repos::secrets),
    get(
        "/repos/{owner}/{repo}/code-scanning/default-setup",
        Needs::Key("administration"),
        repos::default_setup,
    ),
    get("/repos/{owner}/{repo}/rulesets/rule-suites", Needs::Key("administration"), repos::rule_suites),
    get("/repos/{owner}/{repo}/tarball/{ref}", Needs::Key("contents"), archive::redirect),
    get("/repos/{owner}/{repo}/pulls", Needs::Key("pull_requests"), pulls::list),
    get("/repos/{owner}/{repo}/pulls/{pull_number}", Needs::Key("pull_requests"), pulls::one),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/files", Needs::Key("pull_requests"), pulls::files),
    get("/repos/{owner}/{repo}/commits/{commit_sha}/pulls", Needs::Key("pull_requests"), pulls::of_commit),
    get("/repos/{owner}/{repo}/compare/{basehead}", Needs::Key("contents"), pulls::compare),
    get("/repos/{owner}/{repo}/contents/{path}", Needs::Key("contents"), contents::contents),
    get("/repos/{owner}/{repo}/git/blobs/{file_sha}", Needs::Key("contents"), contents::blob),
    get("/repos/{owner}/{repo}/git/trees/{tree_sha}", Needs::Key("contents"), contents::tree),
    send(Method::POST, "/repos/{owner}/{repo}/check-runs", CHECKS, checks::create),
    send(Method::PATCH, "/repos/{owner}/{repo}/check-runs/{check_run_id}", CHECKS, checks::update),
    get("/repos/{owner}/{repo}/check-runs/{check_run_id}", Needs::Key("checks"), checks::one),
    get(
        "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations",
        Needs::Key("checks"),
        checks::annotations,
    ),
    send(
        Method::POST,
        "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest",
        CHECKS,
        checks::rerequest_run,
    ),
    send(
        Method::POST,
        "/repos/{owner}/{repo}/check-suites/{check_suite_id}/rerequest",
        CHECKS,
        checks::rerequest_suite,
    ),
    get("/repos/{owner}/{repo}/commits/{ref}/check-runs", Needs::Key("checks"), checks::of_commit),
    get("/repos/{owner}/{repo}/commits/{ref}/check-suites", Needs::Key("checks"), checks::suites_of_commit),
    send(
        Method::POST,
        "/repos/{owner}/{repo}/code-scanning/sarifs",
        Needs::Key("security_events:write"),
        sarif::upload,
    ),
    get(
        "/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}",
        Needs::Key("security_events"),
        sarif::status,
    ),
    get("/repos/{owner}/{repo}/rulesets", Needs::Token, required::list),
    get("/repos/{owner}/{repo}/rulesets/{ruleset_id}", Needs::Token, required::one),
    send(Method::POST, "/repos/{owner}/{repo}/rulesets", ADMIN, required::create),
    send(Method::PUT, "/repos/{owner}/{repo}/rulesets/{ruleset_id}", ADMIN, required::update),
    get("/repos/{owner}/{repo}/rules/branches/{branch}", Needs::Token, required::rules_of_branch),
    get(
        "/repos/{owner}/{repo}/branches/{branch}/protection",
        Needs::Key("administration"),
        required::protection,
    ),
    send(Method::PUT, "/repos/{owner}/{repo}/branches/{branch}/protection", ADMIN, required::protect),
    send(
        Method::PATCH,
        "/repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks",
        ADMIN,
        required::require,
    ),
    get("/orgs/{org}/memberships/{username}", Needs::Key("members"), access::membership),
    get("/app/hook/deliveries", Needs::App, hooks::deliveries),
    send(Method::POST, "/app/hook/deliveries/{delivery_id}/attempts", Needs::App, hooks::redeliver),
];

const ORG_ADMIN: Needs = Needs::Key("organization_administration");

/// The route for a path, with its parameters.
pub(crate) fn find(method: &Method, path: &str) -> Option<(&'static Route, BTreeMap<&'static str, String>)> {
    ROUTES
        .iter()
        .filter(|route| route.method == *method)
        .find_map(|route| Some((route, matches(route.template, path)?)))
}

fn matches(template: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut params = BTreeMap::new();
    let mut given = path.trim_end_matches('/').split('/');
    let mut parts = template.split('/').peekable();
    while let Some(part) = parts.next() {
        let value = given.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            // A ref or a path may hold slashes: as the last parameter it takes the rest.
            Some(name @ ("ref" | "path" | "basehead")) if parts.peek().is_none() => {
                let rest: Vec<&str> = std::iter::once(value).chain(given.by_ref()).collect();
                params.insert(name, unescape(&rest.join("/")));
            }
            Some(name) => {
                params.insert(name, unescape(value));
            }
            None if part == value => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(params)
}

/// `%2F` and its like.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let escaped = (*byte == b'%').then(|| tail.get(..2)).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Answers a request whose caller is known, or refuses it the way GitHub does.
pub(crate) fn answer(route: &Route, ctx: &Ctx<'_>) -> Reply {
    let caller = ctx.caller;
    let allowed = match route.needs {
        Needs::Nothing => true,
        Needs::Token => caller.is_authenticated(),
        Needs::Key(key) => caller.has(key),
        Needs::AppKey(key) => caller.kind == TokenKind::Installation && caller.has(key),
        Needs::App => {
            if caller.kind != TokenKind::App {
                return Reply::error(StatusCode::UNAUTHORIZED, "A JSON web token could not be decoded");
            }
            true
        }
    };
    if let Some(owner) = ctx.params.get("org").or(ctx.params.get("owner"))
        && ctx.world.org(owner).is_none()
    {
        return Reply::not_found();
    }
    match allowed {
        true => (route.answer)(ctx),
        false if hides(route, ctx) => Reply::not_found(),
        false => {
            Reply::error(StatusCode::FORBIDDEN, &format!("Resource not accessible by {}", caller.refusal()))
        }
    }
}

/// The content of a private repository does not exist for those who may not read it.
fn hides(route: &Route, ctx: &Ctx<'_>) -> bool {
    route.needs == Needs::Key("contents") && ctx.repo().is_none_or(|repo| !repo.is_public())
}

impl Ctx<'_> {
    /// What requests change, locked until the guard is dropped.
    pub(crate) fn forge(&self) -> MutexGuard<'_, Forge> {
        self.forge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Whether the parameter is this number.
    pub(crate) fn names(&self, param: &str, id: &Value) -> bool {
        id.as_u64().is_some_and(|id| self.param(param).parse() == Ok(id))
    }

    pub(crate) fn org(&self) -> Option<&Arc<Org>> {
        self.world.org(self.params.get("org").or(self.params.get("owner"))?)
    }

    pub(crate) fn repo(&self) -> Option<&Arc<Repo>> {
        self.world.repo(self.param("owner"), self.param("repo"))
    }

    /// The organization's list of that kind, complete.
    pub(crate) fn list(&self, kind: &str) -> Vec<Value> {
        let items = self.org().and_then(|org| org.file.lists.get(kind)).cloned().unwrap_or_default();
        items.into_iter().map(|item| objects::finish(self, item)).collect()
    }

    /// What only Enterprise Cloud has.
    pub(crate) fn is_enterprise(&self) -> bool {
        self.org().is_some_and(|org| org.file.plan.as_deref() == Some("enterprise"))
    }
}

impl Reply {
    pub(crate) fn json(value: Value) -> Self {
        Self { status: StatusCode::OK, headers: vec![], body: Body::Json(value), mint: None }
    }

    pub(crate) fn error(status: StatusCode, message: &str) -> Self {
        let body = json!({
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": status.as_str(),
        });
        Self { status, ..Self::json(body) }
    }

    /// An answer with another status than 200.
    pub(crate) fn made(status: StatusCode, value: Value) -> Self {
        Self { status, ..Self::json(value) }
    }

    /// 422 with what is wrong.
    pub(crate) fn invalid(message: &str, errors: Value) -> Self {
        let mut reply = Self::error(StatusCode::UNPROCESSABLE_ENTITY, message);
        if let Body::Json(body) = &mut reply.body {
            body["errors"] = errors;
        }
        reply
    }

    pub(crate) fn not_found() -> Self {
        Self::error(StatusCode::NOT_FOUND, "Not Found")
    }
}
