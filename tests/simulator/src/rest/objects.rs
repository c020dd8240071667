//! The objects that appear everywhere: users, repositories.

use serde_json::{Map, Value, json};

use super::Ctx;
use crate::digest;
use crate::world::Repo;

pub(crate) const HTML: &str = "https://github.com";

/// What GitHub calls a simple user; organizations and bots look the same.
pub(crate) fn user(api: &str, login: &str, kind: &str) -> Value {
    let id = digest::database_id(if kind == "Organization" { "org" } else { "user" }, login);
    let url = format!("{api}/users/{login}");
    json!({
        "login": login,
        "id": id,
        "node_id": digest::node_id(if kind == "Organization" { "O" } else { "U" }, id),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{HTML}/{login}"),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": kind,
        "user_view_type": "public",
        "site_admin": false,
    })
}

/// User, bot or organization, told by the login.
pub(crate) fn account(ctx: &Ctx<'_>, login: &str) -> Value {
    match login {
        login if ctx.world.org(login).is_some() => {
            let mut account = user(ctx.api, login, "Organization");
            account["id"] = json!(ctx.world.org(login).map(|org| org.id));
            account
        }
        login if login.ends_with("[bot]") => user(ctx.api, login, "Bot"),
        login => user(ctx.api, login, "User"),
    }
}

/// Link name → what follows the repository's URL.
const LINKS: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// The part of a repository that alerts carry with them.
pub(crate) fn simple_repository(ctx: &Ctx<'_>, repo: &Repo) -> Value {
    let full = repo.full_name();
    let url = format!("{}/repos/{full}", ctx.api);
    let mut object: Map<String, Value> =
        LINKS.iter().map(|(key, tail)| ((*key).into(), json!(format!("{url}{tail}")))).collect();
    object.extend([
        ("id".into(), json!(repo.id)),
        ("node_id".into(), json!(repo.node_id())),
        ("name".into(), json!(repo.name)),
        ("full_name".into(), json!(full)),
        ("owner".into(), account(ctx, &repo.owner)),
        ("private".into(), json!(!repo.is_public())),
        ("html_url".into(), json!(format!("{HTML}/{full}"))),
        ("description".into(), json!(repo.file.description)),
        ("fork".into(), json!(repo.file.fork_of.is_some())),
    ]);
    Value::Object(object)
}

/// Links, users and repositories that a stored object only names.
pub(crate) fn finish(ctx: &Ctx<'_>, value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('{') => {
            json!(text.replace("{api}", ctx.api).replace("{html}", HTML))
        }
        Value::Array(items) => items.into_iter().map(|item| finish(ctx, item)).collect(),
        Value::Object(map) => match (map.get("$user"), map.get("$repo").and_then(Value::as_str)) {
            (Some(Value::String(login)), _) => account(ctx, login),
            (Some(_), _) => Value::Null,
            (_, Some(full)) => {
                let repo = full.split_once('/').and_then(|(owner, name)| ctx.world.repo(owner, name));
                repo.map_or(Value::Null, |repo| simple_repository(ctx, repo))
            }
            _ => {
                let served = map.into_iter().filter(|(key, _)| !key.starts_with('$'));
                Value::Object(served.map(|(key, item)| (key, finish(ctx, item))).collect())
            }
        },
        other => other,
    }
}

/// Languages by size, largest first, told by file extension.
pub(crate) fn languages(repo: &Repo) -> Vec<(&'static str, u64)> {
    let mut sizes: Vec<(&'static str, u64)> = Vec::new();
    for (path, content) in repo.tree.files() {
        let Some(name) = path.rsplit_once('.').and_then(|(_, extension)| by_extension(extension)) else {
            continue;
        };
        match sizes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, size)) => *size += content.len() as u64,
            None => sizes.push((name, content.len() as u64)),
        }
    }
    sizes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    sizes
}

/// What the fixture says, or the largest language.
pub(crate) fn language(repo: &Repo) -> Option<String> {
    repo.file.language.clone().or_else(|| languages(repo).first().map(|(name, _)| (*name).to_owned()))
}

fn by_extension(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "js" | "mjs" | "cjs" | "jsx" => "JavaScript",
        "ts" | "tsx" => "TypeScript",
        "py" => "Python",
        "go" => "Go",
        "rs" => "Rust",
        "php" => "PHP",
        "tf" => "HCL",
        "sh" => "Shell",
        "rb" => "Ruby",
        "java" => "Java",
        "kt" => "Kotlin",
        "swift" => "Swift",
        "cs" => "C#",
        "html" => "HTML",
        "css" => "CSS",
        "ipynb" => "Jupyter Notebook",
        _ => return None,
    })
}
