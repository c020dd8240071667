//! COLLAB-001, COLLAB-002, COLLAB-003 and COLLAB-005: where people ask, discuss, hear of changes and read.

use scrutineer_core::{
    Gap,
    evidence::{RepoPosture, org::Team},
};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Hit, Note, Snapshot},
};

/// COLLAB-001.
pub(super) fn issue_templates(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let posture = subject.repo.posture.known()?;
    if !posture.has_issues {
        return Ok(Outcome::not_applicable("Issues are disabled."));
    }
    let legacy = |name: &&String| name.eq_ignore_ascii_case("issue_template.md");
    let (old, resolved): (Vec<&String>, Vec<&String>) = posture.issue_templates.iter().partition(legacy);
    if let Some(first) = resolved.first() {
        let seen = resolved.iter().map(|name| Evidence::new("Repository.issueTemplates.filename", name));
        return Ok(Outcome::passed(
            format!("GitHub offers {} templates, e.g. {first}.", resolved.len()),
            seen,
        ));
    }
    let own = subject.files.ok().map(|files| files.documents());
    let of_org = subject.docs.documents();
    let found: Vec<&Hit> =
        own.into_iter().flat_map(|own| own.issue_templates()).chain(of_org.issue_templates()).collect();
    if let Some(first) = found.first() {
        let detail = format!("{} is offered for new issues.", first.source());
        return Ok(Outcome::passed(detail, found.into_iter().map(Hit::evidence)));
    }
    let single = own.and_then(|own| own.legacy_issue_template()).or_else(|| of_org.legacy_issue_template());
    if let Some(hit) = single {
        let detail = format!("{} is the single template of old, which offers no choice.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    if let Some(name) = old.first() {
        let seen = Evidence::new("Repository.issueTemplates.filename", name);
        return Ok(Outcome::warning(format!("{name} is the single template of old."), [seen]));
    }
    if let Some(files) = subject.files.ok() {
        files.absent()?;
    }
    subject.docs.complete()?;
    Ok(Outcome::failed("GitHub offers no template or form for issues.", []))
}

/// A link to Discussions of the organization or of its community repository.
fn is_discussions(link: &str, owner: &str) -> bool {
    let link = link.to_ascii_lowercase();
    let owner = owner.to_ascii_lowercase();
    let own = link.contains(&format!("/{owner}/")) || link.contains(&format!("/orgs/{owner}"));
    own && link.trim_end_matches('/').contains("/discussions")
}

/// COLLAB-002.
pub(super) fn discussions(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let posture = subject.repo.posture.known()?;
    if posture.has_discussions {
        let count = posture.discussions.ok().map(|(count, _)| *count);
        let shown = count.map_or_else(|| "not counted".to_owned(), |count| count.to_string());
        let seen = Evidence::new("Repository.hasDiscussionsEnabled", true);
        return Ok(Outcome::passed(format!("Discussions are enabled (threads: {shown})."), [seen]));
    }
    let owner = subject.repo.listing.name.owner();
    let links = &posture.contact_links;
    if let Some(link) = links.iter().find(|link| is_discussions(link, owner)) {
        let seen = Evidence::new("Repository.contactLinks.url", link);
        return Ok(Outcome::passed(
            format!("New issues are pointed to the community's discussions: {link}."),
            [seen],
        ));
    }
    if let Some(link) = links.first() {
        let seen = Evidence::new("Repository.contactLinks.url", link);
        return Ok(Outcome::warning(
            format!("Discussions are off; another channel is linked: {link}."),
            [seen],
        ));
    }
    if let Some(files) = subject.files.ok() {
        if let Some(hit) = files.notes(Note::CommunityChannel).first() {
            let detail = format!("Discussions are off; {} links {}.", hit.source(), hit.what);
            return Ok(Outcome::warning(detail, [hit.evidence()]));
        }
        files.absent()?;
    }
    let seen = Evidence::new("Repository.hasDiscussionsEnabled", false);
    Ok(Outcome::failed("Discussions are off, and no other channel is linked.", [seen]))
}

/// Apps that carry events to a chat.
const CHAT_APPS: &[&str] =
    &["slack", "microsoft-teams", "ms-teams", "discord", "google-chat", "mattermost", "webex"];

/// What carries events to a chat channel: a step of a pipeline, or an App.
fn chat(subject: &RepoSubject<'_>) -> Option<Evidence> {
    let step = subject.files.ok().and_then(|files| {
        let found = files.ci().steps_with(DetectorId::ChatNotify, &[]).next();
        found.map(|found| found.seen().evidence())
    });
    step.or_else(|| {
        let apps = subject.org.installations.ok()?;
        let chats = |slug: &str| CHAT_APPS.iter().any(|name| slug.contains(name));
        let app = apps.iter().find(|app| !app.suspended && chats(&app.app_slug))?;
        Some(Evidence::new("GET /orgs/{org}/installations#installations[].app_slug", &app.app_slug))
    })
}

/// The team, when CODEOWNERS names it or reviews are assigned within it.
fn addressed(team: &Team, files: &Snapshot) -> Option<Evidence> {
    let named = |owner: &str| {
        let slug = owner.rsplit_once('/').map(|(_, slug)| slug);
        owner.starts_with('@') && slug.is_some_and(|slug| slug.eq_ignore_ascii_case(&team.slug))
    };
    let rule = files.codeowners().and_then(|file| {
        let rule = file.rules.iter().find(|rule| rule.owners.iter().any(|owner| named(owner)))?;
        Some(Evidence::new(format!("{}:{}", file.path, rule.line), rule.owners.join(" ")))
    });
    let delegated = || Evidence::new(format!("team {}", team.slug), "reviewRequestDelegationEnabled: true");
    rule.or_else(|| team.review_delegation.then(delegated))
}

/// COLLAB-003.
pub(super) fn notifications(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    if let Some(seen) = chat(subject) {
        let detail = format!("Events reach a chat channel: {} ({}).", seen.value, seen.source);
        return Ok(Outcome::passed(detail, [seen]));
    }
    let teams = subject.org.teams.known()?;
    let name = subject.repo.listing.name.name();
    let with_access: Vec<&Team> = teams
        .items
        .iter()
        .filter(|team| {
            team.repositories.items.iter().any(|(repository, _)| repository.eq_ignore_ascii_case(name))
        })
        .collect();
    let seen = |team: &&Team| {
        let setting = match team.notifications {
            Some(true) => "NOTIFICATIONS_ENABLED",
            Some(false) => "NOTIFICATIONS_DISABLED",
            None => "not shown",
        };
        Evidence::new(format!("team {}", team.slug), setting)
    };
    let enabled: Vec<&&Team> = with_access.iter().filter(|team| team.notifications == Some(true)).collect();
    if !enabled.is_empty() {
        let files = *subject.files.known()?;
        if let Some((team, by)) = enabled.iter().find_map(|team| Some((team, addressed(team, files)?))) {
            let detail = format!("Team {} is notified, addressed by {}.", team.slug, by.source);
            return Ok(Outcome::passed(detail, [seen(team), by]));
        }
    }
    let complete = teams.is_complete() && teams.items.iter().all(|team| team.repositories.is_complete());
    if !complete {
        return Err(Gap::Truncated);
    }
    if enabled.is_empty() && with_access.iter().any(|team| team.notifications.is_none()) {
        return Err(Gap::unsupported("the host does not say whether teams are notified"));
    }
    Ok(if with_access.is_empty() {
        Outcome::warning("No team has access: only individual watchers hear of events.", [])
    } else if enabled.is_empty() {
        let detail =
            format!("Each of the {} teams with access has notifications disabled.", with_access.len());
        Outcome::failed(detail, with_access.iter().map(seen))
    } else {
        let detail = "Teams could be notified, but neither CODEOWNERS nor review assignment addresses one.";
        Outcome::warning(detail, with_access.iter().map(seen))
    })
}

/// Files that configure a documentation site.
const SITES: &[&str] = &[
    "mkdocs.yml",
    "mkdocs.yaml",
    "docs/conf.py",
    "docs/source/conf.py",
    "antora.yml",
    ".readthedocs.yml",
    ".readthedocs.yaml",
    "docs/_config.yml",
    "docs/.vitepress/config.ts",
    "docs/.vitepress/config.mts",
    "docs/.vitepress/config.js",
];

fn site(files: &Snapshot) -> Option<&String> {
    files.paths().iter().find(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let shallow = path.matches('/').count() <= 2;
        SITES.contains(&path.as_str())
            || shallow && (name.starts_with("docusaurus.config.") || name == "book.toml")
    })
}

/// Pages of prose below `docs/`.
fn pages(files: &Snapshot) -> Vec<&String> {
    let prose = [".md", ".mdx", ".rst", ".adoc", ".html"];
    let is_page = |path: &&String| {
        (path.starts_with("docs/") || path.starts_with("doc/")) && prose.iter().any(|end| path.ends_with(end))
    };
    files.paths().iter().filter(is_page).collect()
}

/// COLLAB-005.
pub(super) fn documentation(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(path) = site(files) {
        return Ok(Outcome::passed(
            format!("{path} configures a documentation site."),
            [Hit::file(path).evidence()],
        ));
    }
    if subject.repo.listing.has_pages {
        let seen = Evidence::new("GET /orgs/{org}/repos#[].has_pages", true);
        return Ok(Outcome::passed("GitHub Pages publishes a site from here.", [seen]));
    }
    let pages = pages(files);
    if rust_decimal::Decimal::from(pages.len()) >= limits.get("min_pages") && !pages.is_empty() {
        let seen = pages.iter().take(5).map(|path| Hit::file(path.as_str()).evidence());
        return Ok(Outcome::passed(format!("docs/ holds {} pages.", pages.len()), seen));
    }
    let posture = subject.repo.posture.known()?;
    files.absent()?;
    Ok(elsewhere(posture, pages.len()))
}

/// What the settings say; whether a wiki holds pages, they do not.
fn elsewhere(posture: &RepoPosture, pages: usize) -> Outcome {
    let home = posture.homepage_url.as_deref().filter(|url| !url.trim().is_empty());
    if let Some(url) = home {
        let seen = Evidence::new("Repository.homepageUrl", url);
        Outcome::warning(format!("Only a homepage is set: {url}; docs/ holds {pages} pages."), [seen])
    } else if posture.has_wiki {
        let seen = Evidence::new("Repository.hasWikiEnabled", true);
        Outcome::warning(format!("Only the wiki is switched on; docs/ holds {pages} pages."), [seen])
    } else {
        let seen = Evidence::new("Repository.hasWikiEnabled", false);
        Outcome::failed(
            format!("There is no wiki and no documentation site; docs/ holds {pages} pages."),
            [seen],
        )
    }
}
