//! The connections of a repository.

use serde_json::{Value, json};

use super::history;
use super::node::Args;
use super::repo::{RepoObject, user};
use crate::digest;
use crate::rest::languages;
use crate::world::Repo;
use crate::world::org_file::Team;
use crate::world::repo_file::{Collaborator, Issue, PullRequest, Release};

/// The items of the connection `name`, or `None` when it is none of these.
pub(crate) fn list(object: &RepoObject, name: &str, args: &Args) -> Option<Value> {
    let repo = &object.repo;
    let file = &repo.file;
    let wanted = |argument: &str| args.get(argument).and_then(Value::as_array).cloned();
    let arg = |argument: &str| args.get(argument).and_then(Value::as_str).unwrap_or_default();
    Some(match name {
        "deployKeys" => file.deploy_keys.iter().map(|key| {
            json!({"id": key.title, "title": key.title, "readOnly": key.read_only, "createdAt": key.created.0,
                "enabled": key.enabled, "verified": true})
        }).collect(),
        "collaborators" => collaborators(object, arg("affiliation")),
        "environments" => file.environments.iter().map(|environment| {
            json!({"id": environment.name, "name": environment.name, "protectionRules": environment.protection})
        }).collect(),
        "languages" => language_list(repo),
        "repositoryTopics" => file.topics.iter().map(|topic| {
            json!({"id": topic, "topic": {"id": topic, "name": topic}})
        }).collect(),
        "labels" => file.labels.iter().map(|label| json!({"id": label, "name": label})).collect(),
        "projectsV2" => json!({"$items": [], "totalCount": file.projects}),
        "discussions" => file.discussions.iter().map(|item| json!({"id": "D_1", "createdAt": item.created.0})).collect(),
        "vulnerabilityAlerts" => vulnerability_alerts(repo),
        "pullRequests" => {
            let states = wanted("states");
            let pulls = file.pull_requests.iter().enumerate().map(|(index, pull)| pull_json(object, index, pull));
            pulls.filter(|pull| states.as_ref().is_none_or(|states| states.contains(&pull["state"]))).collect()
        }
        "issues" => {
            let (states, labels) = (wanted("states"), wanted("labels"));
            let issues = file.issues.iter().enumerate().filter(|(_, issue)| labels.as_ref().is_none_or(|labels| {
                issue.labels.iter().any(|label| labels.contains(&json!(label)))
            }));
            issues.map(|(index, item)| issue(index, item))
                .filter(|issue| states.as_ref().is_none_or(|states| states.contains(&issue["state"])))
                .collect()
        }
        "releases" => file.releases.iter().enumerate().map(|(index, item)| release(object, index, item)).collect(),
        "refs" => refs(repo, arg("refPrefix")),
        "deployments" => file.deployments.iter().map(|deployment| {
            json!({
                "id": digest::node_id("DE", repo.id), "environment": deployment.environment,
                "createdAt": deployment.created.0, "task": deployment.task.as_deref().unwrap_or("deploy"),
                "ref": {"id": "REF", "name": file.branch(), "prefix": "refs/heads/"},
                "latestStatus": {"id": "DES", "state": deployment.state, "createdAt": deployment.created.0},
            })
        }).collect(),
        _ => return None,
    })
}

fn language_list(repo: &Repo) -> Value {
    let sizes = languages(repo);
    let total: u64 = sizes.iter().map(|(_, size)| size).sum();
    let items = sizes.iter().map(|(name, size)| json!({"id": name, "name": name, "$edge": {"size": size}}));
    json!({"$items": items.collect::<Value>(), "totalSize": total})
}

fn vulnerability_alerts(repo: &Repo) -> Value {
    let open = repo.file.dependabot_alerts.iter().filter(|alert| alert["state"] == "open").count();
    json!({"$items": [], "totalCount": open})
}

fn collaborators(object: &RepoObject, affiliation: &str) -> Value {
    let wanted = |collaborator: &&Collaborator| affiliation != "OUTSIDE" || collaborator.outside;
    let direct = object.repo.file.collaborators.iter().filter(wanted).map(|collaborator| {
        let sources = sources(object, collaborator);
        collaborator_node(&collaborator.login, &collaborator.permission, sources)
    });
    let mut nodes: Vec<Value> = direct.collect();
    if affiliation == "ALL" {
        let known: Vec<Value> = nodes.iter().map(|node| node["login"].clone()).collect();
        let members = object.org.file.members.iter().filter(|member| !known.contains(&json!(member.login)));
        nodes.extend(members.map(|member| {
            collaborator_node(&member.login, if member.admin { "ADMIN" } else { "READ" }, json!([]))
        }));
    }
    Value::Array(nodes)
}

fn collaborator_node(login: &str, permission: &str, sources: Value) -> Value {
    let mut node = user(login);
    node["$edge"] = json!({"permission": permission, "permissionSources": sources});
    node
}

/// Where a direct collaborator's access comes from: the repository, and the teams that give it too.
fn sources(object: &RepoObject, collaborator: &Collaborator) -> Value {
    let organization = json!({"id": object.org.node_id(), "login": object.org.file.login});
    let source = |permission: &str, source: Value| {
        let level = if permission == "MAINTAIN" || permission == "TRIAGE" { "WRITE" } else { permission };
        json!({"organization": organization, "permission": level, "roleName": permission.to_lowercase(), "source": source})
    };
    let repository = json!({"__typename": "Repository", "id": object.repo.node_id(), "nameWithOwner": object.repo.full_name()});
    let mut sources = vec![source(&collaborator.permission, repository)];
    let grant =
        |team: &Team| team.repositories.get(&object.repo.name).or(team.repositories.get("*")).cloned();
    for team in object.org.file.teams.iter().filter(|team| team.members.contains(&collaborator.login)) {
        if let Some(permission) = grant(team) {
            sources
                .push(source(&permission, json!({"__typename": "Team", "id": team.slug, "slug": team.slug})));
        }
    }
    Value::Array(sources)
}

/// The pull request of that number, without its lists.
pub(crate) fn pull_request(object: &RepoObject, number: u64) -> Value {
    let mut pulls = object.repo.file.pull_requests.iter().enumerate();
    let known = pulls.find(|(index, pull)| pull.number.unwrap_or(default_number(object, *index)) == number);
    known.map_or_else(
        || json!({"number": number, "merged": true}),
        |(index, pull)| pull_json(object, index, pull),
    )
}

/// Newest first, so the first of the fixture has the highest number.
fn default_number(object: &RepoObject, index: usize) -> u64 {
    (object.repo.file.pull_requests.len() - index) as u64 + 100
}

fn pull_json(object: &RepoObject, index: usize, pull: &PullRequest) -> Value {
    let number = pull.number.unwrap_or_else(|| default_number(object, index));
    let branch = pull.branch.clone().unwrap_or_else(|| format!("feature/change-{number}"));
    let state = match (&pull.merged, pull.closed) {
        (Some(_), _) => "MERGED",
        (None, true) => "CLOSED",
        (None, false) => "OPEN",
    };
    let updated = pull.updated.or(pull.merged).unwrap_or(pull.created);
    let approved = pull.reviews.iter().any(|review| review.state == "APPROVED");
    let reviews = pull.reviews.iter().enumerate().map(|(at, review)| {
        let submitted = review.at.unwrap_or(updated).0;
        json!({"id": format!("PRR_{at}"), "state": review.state, "submittedAt": submitted, "author": user(&review.author)})
    });
    let author = pull.author.as_deref().unwrap_or("octocat");
    json!({
        "id": digest::node_id("PR", number),
        "number": number,
        "title": pull.title.clone().unwrap_or_else(|| format!("Change {number}")),
        "url": format!("{}/pull/{number}", object.url()),
        "state": state,
        "merged": pull.merged.is_some(),
        "createdAt": pull.created.0,
        "updatedAt": updated.0,
        "mergedAt": pull.merged.map(|merged| merged.0),
        "isDraft": pull.draft,
        "additions": pull.additions.unwrap_or(40),
        "deletions": pull.deletions,
        "changedFiles": pull.files.unwrap_or(3),
        "baseRefName": object.repo.file.branch(),
        "headRefName": branch,
        "headRefOid": digest::oid(&[&object.repo.full_name(), &branch]),
        "author": user(author),
        "mergedBy": pull.merged.map(|_| user(pull.merged_by.as_deref().unwrap_or(author))),
        "reviewDecision": approved.then_some("APPROVED"),
        "statusCheckRollup": pull.checks.as_ref().map(|state| json!({"id": "SCR", "state": state})),
        "reviews": reviews.collect::<Value>(),
    })
}

fn issue(index: usize, issue: &Issue) -> Value {
    let labels = issue.labels.iter().map(|label| json!({"id": label, "name": label}));
    json!({
        "id": digest::node_id("I", index as u64),
        "number": index + 1,
        "title": issue.title,
        "state": if issue.closed { "CLOSED" } else { "OPEN" },
        "createdAt": issue.created.0,
        "updatedAt": issue.updated.unwrap_or(issue.created).0,
        "labels": labels.collect::<Value>(),
    })
}

fn release(object: &RepoObject, index: usize, release: &Release) -> Value {
    let assets = release.assets.iter().map(
        |name| json!({"id": name, "name": name, "contentType": "application/octet-stream", "size": 1024}),
    );
    json!({
        "id": digest::node_id("RE", index as u64),
        "tagName": release.tag,
        "isDraft": release.draft,
        "isPrerelease": release.prerelease,
        "isLatest": index == 0,
        "createdAt": release.published.0,
        "publishedAt": (!release.draft).then_some(release.published.0),
        "description": release.description,
        "tagCommit": history::tagged(object, &release.tag, release.signed),
        "releaseAssets": assets.collect::<Value>(),
    })
}

/// Branches or tags; a release's tag is a tag, a merged pull request's branch stays unless heads are deleted.
pub(crate) fn refs(repo: &Repo, prefix: &str) -> Value {
    let file = &repo.file;
    let id = |name: &str| digest::node_id("REF", digest::database_id("ref", name));
    if prefix.trim_end_matches('/') == "refs/tags" {
        let released = file
            .releases
            .iter()
            .filter(|release| !release.draft)
            .map(|release| (&release.tag, release.published, true));
        let tagged = file.tags.iter().map(|tag| (&tag.name, tag.date, tag.annotated));
        let tags = released.chain(tagged).map(|(name, date, annotated)| {
            let oid = digest::oid(&[&repo.full_name(), name]);
            let target = match annotated {
                true => json!({"__typename": "Tag", "id": oid, "oid": oid, "tagger": {"date": date.0}}),
                false => json!({"__typename": "Commit", "id": oid, "oid": oid}),
            };
            json!({"id": id(name), "name": name, "prefix": "refs/tags/", "target": target, "$date": date.0})
        });
        return tags.collect();
    }
    if repo.is_empty() {
        return json!([]);
    }
    let names = std::iter::once(file.branch()).chain(file.branches.iter().map(String::as_str));
    names.map(|name| {
        let oid = digest::oid(&[&repo.full_name(), name]);
        json!({"id": id(name), "name": name, "prefix": "refs/heads/", "target": {"__typename": "Commit", "id": oid, "oid": oid}})
    }).collect()
}
