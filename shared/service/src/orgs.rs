//! What an organization decides for itself.

use scrutineer_aws::{
    AuditedWrite, Condition,
    records::{AuditAction, OnTrouble, Org},
};
use scrutineer_core::{
    Failure,
    ids::{InstallationId, Login},
};
use serde::Deserialize;

use crate::{
    App,
    audit::{self, By},
    text,
};

/// Longest life of an override that an organization may allow, in days.
pub const MAX_OVERRIDE_DAYS: u32 = 365;

/// Settings as they shall be.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettings {
    /// What a check says while GitHub keeps a verification from its end: `fail_closed` (action required) or `fail_open`
    /// (neutral).
    #[schema(value_type = String)]
    pub on_trouble: OnTrouble,
    /// Longest life of an override that needs approval, 1 to 365 days.
    #[schema(minimum = 1, maximum = 365)]
    pub max_override_days: u32,
}

/// An organization's settings; the defaults when it decided nothing.
///
/// # Errors
/// When the store does not answer.
pub async fn settings(app: &App, org: &Login) -> Result<Org, Failure> {
    let stored = app.store.get(&Org::key_of(org)).await?;
    Ok(stored.unwrap_or_else(|| Org::defaults(org.clone())))
}

/// Changes them; with `expected`, only when that is their version.
///
/// # Errors
/// Permanent `invalid_settings`, `version_mismatch`, or `conflict` when they were changed at the same moment.
pub async fn change(
    app: &App,
    org: &Login,
    by: &By,
    new: &NewSettings,
    expected: Option<u64>,
) -> Result<Org, Failure> {
    if !(1..=MAX_OVERRIDE_DAYS).contains(&new.max_override_days) {
        let why = format!("an override lives 1 to {MAX_OVERRIDE_DAYS} days");
        return Err(text::invalid_field("invalid_settings", "/max_override_days", &why));
    }
    let before = settings(app, org).await?;
    if expected.is_some_and(|expected| expected != before.version) {
        return Err(text::version_mismatch(before.version));
    }
    let NewSettings { on_trouble, max_override_days } = *new;
    write(app, by, before.clone(), Org { on_trouble, max_override_days, ..before }).await
}

/// Notes the installation of the App, or that there is none any more. Noting the same once more changes nothing.
///
/// # Errors
/// Permanent `conflict` when the settings were changed at the same moment.
pub async fn note_installation(
    app: &App,
    org: &Login,
    by: &By,
    installation: Option<InstallationId>,
) -> Result<Org, Failure> {
    let before = settings(app, org).await?;
    if before.installation == installation {
        return Ok(before);
    }
    write(app, by, before.clone(), Org { installation, ..before }).await
}

async fn write(app: &App, by: &By, before: Org, after: Org) -> Result<Org, Failure> {
    let after = Org { version: before.version + 1, updated_at: app.clock.now(), ..after };
    let draft = audit::draft(app, &after.org, by, AuditAction::SETTINGS_CHANGED, "settings");
    let draft = differences(&before, &after)
        .into_iter()
        .fold(draft, |draft, (name, old, new)| draft.detail(name, format!("{old} → {new}")));
    let stands = match before.version {
        0 => Condition::absent(),
        version => Condition::is("version", version),
    };
    match app.store.write_audited(AuditedWrite::new(draft).put(&after, stands)).await {
        Ok(_) => Ok(after),
        Err(error) => {
            error.conflict()?;
            Err(text::changed_meanwhile())
        }
    }
}

fn differences(before: &Org, after: &Org) -> Vec<(&'static str, String, String)> {
    let of = |org: &Org| {
        let installation = org.installation.map_or_else(|| "none".to_owned(), |id| id.to_string());
        [
            ("on_trouble", org.on_trouble.as_str().to_owned()),
            ("max_override_days", org.max_override_days.to_string()),
            ("installation", installation),
        ]
    };
    let pairs = of(before).into_iter().zip(of(after));
    pairs.filter(|(old, new)| old != new).map(|((name, old), (_, new))| (name, old, new)).collect()
}
