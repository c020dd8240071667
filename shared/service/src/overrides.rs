//! Departures of a repository from its organization's bundle.
//!
//! What is stricter than the bundle holds at once. What is softer needs the approval of somebody other than who asked,
//! and ends by itself. Every step leaves its entry in the audit log. What a newcomer gets wrong: a departure that was
//! stricter when it was asked for can be softer than the bundle of today; nobody approved that, so it does not hold then.

use jiff::{SignedDuration, Timestamp};
use scrutineer_aws::{
    AuditedWrite, Condition, Cursor,
    records::{AuditAction, Override, OverrideStatus},
};
use scrutineer_core::{
    Failure,
    ids::{Login, OverrideId, RepoName},
};
use scrutineer_policy::{self as policy, Effect, EffectivePolicy, RuleState};
use serde::Deserialize;

use crate::{
    App,
    audit::{self, By},
    effective, orgs,
    page::Page,
    text,
};

/// How long an approved override holds where nobody says.
pub const DEFAULT_DAYS: u32 = 30;
/// Longest reason and comment, in characters.
const MAX_TEXT_CHARS: usize = 1_000;
/// Overrides of one repository that wait or hold at a time.
const MAX_OPEN: usize = 50;

/// A departure to ask for.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideRequest {
    /// A pack (`payments`) or a rule (`pii/console-in-production`).
    pub target: String,
    /// What shall hold instead.
    pub state: RuleState,
    /// Why, 1 to 1,000 characters; whoever approves reads it.
    pub reason: String,
    /// How long, from its approval on. Where approval is needed: 30 days when left out, at most what the organization
    /// allows. Else for as long as nobody takes it back.
    #[schema(minimum = 1)]
    pub expires_in_days: Option<u32>,
}

/// What somebody decides about an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It holds.
    Approve,
    /// It does not.
    Deny,
}

/// The organization of a repository.
pub fn org_of(repository: &RepoName) -> Login {
    repository.owner().parse().expect("the owner of a repository is a login")
}

/// Asks for an override: granted at once when it is stricter than the bundle.
///
/// # Errors
/// Permanent `invalid_override`, `override_pending` or `too_many_overrides`.
pub async fn request(
    app: &App,
    by: &By,
    repository: &RepoName,
    request: &OverrideRequest,
) -> Result<Override, Failure> {
    let org = org_of(repository);
    let reason = checked_text("/reason", &request.reason)?;
    let (policy, _) = effective::policy(app, &org).await?;
    let effect = checked_effect(&policy, request)?;
    let open = open(app, repository).await?;
    if open.len() >= MAX_OPEN {
        return Err(text::too_many_overrides(MAX_OPEN));
    }
    let pending =
        |other: &&Override| other.status == OverrideStatus::Requested && other.target == request.target;
    if let Some(pending) = open.iter().find(pending) {
        return Err(text::override_pending(pending.id, &request.target));
    }
    let maximum = orgs::settings(app, &org).await?.max_override_days;
    let days = checked_days(request.expires_in_days, effect, maximum)?;
    let now = app.clock.now();
    let granted = effect == Effect::Stricter;
    let record = Override {
        id: OverrideId::new(&app.clock),
        org,
        repository: repository.clone(),
        target: request.target.clone(),
        state: state_text(request.state).to_owned(),
        reason,
        days,
        status: if granted { OverrideStatus::Granted } else { OverrideStatus::Requested },
        requested_by: by.actor.clone(),
        requested_at: now,
        decided_by: None,
        comment: None,
        decided_at: granted.then_some(now),
        expires_at: if granted { days.and_then(|days| after_days(now, days)) } else { None },
        ended_at: None,
        version: 1,
    };
    let action = if granted { AuditAction::OVERRIDE_GRANTED } else { AuditAction::OVERRIDE_REQUESTED };
    let draft = draft(app, by, action, &record);
    app.store.write_audited(AuditedWrite::new(draft).put_new(&record)).await?;
    Ok(record)
}

/// Decides about an override that waits. Whoever asked cannot.
///
/// # Errors
/// Permanent `not_found`, `own_request`, `override_decided`, `invalid_override`, or `conflict` when somebody else
/// decided at the same moment.
pub async fn decide(
    app: &App,
    by: &By,
    (repository, id): (&RepoName, OverrideId),
    decision: Decision,
    comment: Option<&str>,
) -> Result<Override, Failure> {
    let before = get(app, repository, id).await?;
    if before.status != OverrideStatus::Requested {
        return Err(text::override_decided(before.status.as_str()));
    }
    if before.requested_by.is(&by.actor) {
        return Err(text::own_request());
    }
    let comment = comment.map(|comment| checked_text("/comment", comment)).transpose()?;
    let now = app.clock.now();
    let decided = Override { decided_by: Some(by.actor.clone()), decided_at: Some(now), comment, ..before };
    let (action, after) = match decision {
        Decision::Approve => {
            // The organization may allow less by now than when it was asked for.
            let maximum = orgs::settings(app, &decided.org).await?.max_override_days;
            let days = decided.days.unwrap_or(DEFAULT_DAYS).min(maximum);
            let expires_at = after_days(now, days);
            let status = OverrideStatus::Approved;
            (AuditAction::OVERRIDE_APPROVED, Override { status, expires_at, days: Some(days), ..decided })
        }
        Decision::Deny => {
            let status = OverrideStatus::Denied;
            (AuditAction::OVERRIDE_DENIED, Override { status, ended_at: Some(now), ..decided })
        }
    };
    replace(app, by, action, after).await?.ok_or_else(text::changed_meanwhile)
}

/// Takes an override back: what the bundle says holds again.
///
/// # Errors
/// Permanent `not_found`, `override_decided` when it is over already, or `conflict` when it was changed at the same
/// moment.
pub async fn withdraw(
    app: &App,
    by: &By,
    repository: &RepoName,
    id: OverrideId,
) -> Result<Override, Failure> {
    let before = get(app, repository, id).await?;
    if before.status != OverrideStatus::Requested && !before.status.holds() {
        return Err(text::override_decided(before.status.as_str()));
    }
    let after = Override { status: OverrideStatus::Withdrawn, ended_at: Some(app.clock.now()), ..before };
    replace(app, by, AuditAction::OVERRIDE_WITHDRAWN, after).await?.ok_or_else(text::changed_meanwhile)
}

/// An override.
///
/// # Errors
/// Permanent `not_found`.
pub async fn get(app: &App, repository: &RepoName, id: OverrideId) -> Result<Override, Failure> {
    let found = app.store.get(&Override::key_of(repository, id)).await?;
    settled(app, found.ok_or_else(|| text::not_found("override", id))?).await
}

/// Overrides of a repository, newest first.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn of_repository(
    app: &App,
    repository: &RepoName,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<Override>, Failure> {
    let range = Override::of_repository(repository).descending();
    let page = app.store.query(&range, limit, cursor.as_ref()).await?;
    all_settled(app, page.into()).await
}

/// Overrides of all repositories of an organization, by status, newest first in each; of one status when one is given.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn of_org(
    app: &App,
    org: &Login,
    status: Option<OverrideStatus>,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<Override>, Failure> {
    let range = Override::of_org(org, status).descending();
    let page = app.store.query(&range, limit, cursor.as_ref()).await?;
    let mut page = all_settled(app, page.into()).await?;
    page.items.retain(|item| status.is_none_or(|status| item.status == status));
    Ok(page)
}

/// The overrides that hold now, in the order in which they were asked for, and those whose end was noticed just now.
pub(crate) async fn in_force(
    app: &App,
    repository: &RepoName,
    policy: &EffectivePolicy,
) -> Result<(Vec<policy::Override>, Vec<Override>), Failure> {
    let (mut holding, mut ended) = (Vec::new(), Vec::new());
    for record in app.store.query_all(&Override::of_repository(repository)).await? {
        if !record.status.holds() {
            continue;
        }
        if is_over(&record, app.clock.now()) {
            ended.extend(expire(app, record).await?);
            continue;
        }
        let Some(item) = as_policy(&record) else { continue };
        let unapproved = record.status == OverrideStatus::Granted;
        if !(unapproved && policy.effect_of(&item) == Effect::Softer) {
            holding.push(item);
        }
    }
    Ok((holding, ended))
}

/// Lets the open overrides of a repository follow it to another name. One that went to another organization is judged by
/// that one's policy: nothing follows it. Run again it finds nothing left.
pub(crate) async fn moved(app: &App, from: &RepoName, to: &RepoName, by: &By) -> Result<(), Failure> {
    if !from.owner().eq_ignore_ascii_case(to.owner()) {
        return Ok(());
    }
    for before in open(app, from).await? {
        let after = Override { repository: to.clone(), ..before.clone() };
        let draft = audit::draft(app, &before.org, by, AuditAction::OVERRIDE_MOVED, before.id.to_string())
            .repository(to)
            .detail("from", from);
        let stands = Condition::is("version", before.version);
        let key = Override::key_of(from, before.id);
        let write = AuditedWrite::new(draft).put(&after, Condition::none()).delete(&key, stands);
        if let Err(error) = app.store.write_audited(write).await {
            // Decided or moved at the same moment; what comes again sees it as it is.
            error.conflict()?;
            return Err(Failure::transient(anyhow::anyhow!("an override changed while it was moved")));
        }
    }
    Ok(())
}

async fn open(app: &App, repository: &RepoName) -> Result<Vec<Override>, Failure> {
    let all = app.store.query_all(&Override::of_repository(repository)).await?;
    let now = app.clock.now();
    let open = |item: &Override| {
        item.status == OverrideStatus::Requested || (item.status.holds() && !is_over(item, now))
    };
    Ok(all.into_iter().filter(open).collect())
}

fn is_over(record: &Override, now: Timestamp) -> bool {
    record.expires_at.is_some_and(|end| end <= now)
}

async fn all_settled(app: &App, page: Page<Override>) -> Result<Page<Override>, Failure> {
    let mut items = Vec::with_capacity(page.items.len());
    for item in page.items {
        items.push(settled(app, item).await?);
    }
    Ok(Page { items, next: page.next })
}

/// The override as it is: one whose time is over is marked so.
async fn settled(app: &App, record: Override) -> Result<Override, Failure> {
    if !(record.status.holds() && is_over(&record, app.clock.now())) {
        return Ok(record);
    }
    match expire(app, record.clone()).await? {
        Some(expired) => Ok(expired),
        // Somebody else changed it this moment.
        None => Ok(app.store.get(&Override::key_of(&record.repository, record.id)).await?.unwrap_or(record)),
    }
}

/// Marks an override whose time is over; none when somebody else did.
async fn expire(app: &App, before: Override) -> Result<Option<Override>, Failure> {
    let after = Override { status: OverrideStatus::Expired, ended_at: before.expires_at, ..before };
    replace(app, &By::system("expiry"), AuditAction::OVERRIDE_EXPIRED, after).await
}

/// Writes the next version of an override; none when it was changed meanwhile.
async fn replace(
    app: &App,
    by: &By,
    action: AuditAction,
    after: Override,
) -> Result<Option<Override>, Failure> {
    let version = after.version;
    let after = Override { version: version + 1, ..after };
    let write = AuditedWrite::new(draft(app, by, action, &after));
    match app.store.write_audited(write.put(&after, Condition::is("version", version))).await {
        Ok(_) => Ok(Some(after)),
        Err(error) => Ok(error.conflict().map(|_| None)?),
    }
}

fn draft(app: &App, by: &By, action: AuditAction, record: &Override) -> scrutineer_aws::records::AuditDraft {
    let draft = audit::draft(app, &record.org, by, action, record.target.as_str())
        .repository(&record.repository)
        .detail("override", record.id)
        .detail("state", &record.state)
        .detail("reason", &record.reason);
    let draft = match &record.comment {
        Some(comment) => draft.detail("comment", comment),
        None => draft,
    };
    match record.expires_at {
        Some(end) => draft.detail("expires", end),
        None => draft,
    }
}

/// As the rule engine takes it; none for a state of a later version.
fn as_policy(record: &Override) -> Option<policy::Override> {
    let state = [RuleState::Off, RuleState::Evaluate, RuleState::Warn, RuleState::Block]
        .into_iter()
        .find(|state| state_text(*state) == record.state)?;
    let day = |at: Timestamp| at.to_string().chars().take(10).collect();
    Some(policy::Override {
        id: record.id.to_string(),
        target: record.target.clone(),
        state,
        expires: record.expires_at.map(day),
    })
}

fn state_text(state: RuleState) -> &'static str {
    match state {
        RuleState::Off => "off",
        RuleState::Evaluate => "evaluate",
        RuleState::Warn => "warn",
        RuleState::Block => "block",
    }
}

fn checked_effect(policy: &EffectivePolicy, request: &OverrideRequest) -> Result<Effect, Failure> {
    let item = policy::Override {
        id: String::new(),
        target: request.target.clone(),
        state: request.state,
        expires: None,
    };
    match policy.effect_of(&item) {
        Effect::None => {
            let why = "it names no pack or rule that runs here, or asks for what holds already";
            Err(invalid("/target", why))
        }
        effect => Ok(effect),
    }
}

fn checked_days(wanted: Option<u32>, effect: Effect, maximum: u32) -> Result<Option<u32>, Failure> {
    let wrong =
        |limit: u32| Err(invalid("/expires_in_days", &format!("an override lives 1 to {limit} days")));
    match (effect, wanted) {
        (Effect::Stricter, None) => Ok(None),
        (Effect::Stricter, Some(days)) if (1..=3_650).contains(&days) => Ok(Some(days)),
        (Effect::Stricter, Some(_)) => wrong(3_650),
        (_, None) => Ok(Some(DEFAULT_DAYS.min(maximum))),
        (_, Some(days)) if (1..=maximum).contains(&days) => Ok(Some(days)),
        (_, Some(_)) => wrong(maximum),
    }
}

fn checked_text(path: &str, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if (1..=MAX_TEXT_CHARS).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(invalid(path, &format!("1 to {MAX_TEXT_CHARS} characters")))
    }
}

fn invalid(path: &str, why: &str) -> Failure {
    text::invalid_field("invalid_override", path, why)
}

fn after_days(now: Timestamp, days: u32) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
}
