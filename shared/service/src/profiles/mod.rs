//! Scan profiles of a customer: created, replaced (each change is a version), deleted, and found for a scan.
//!
//! What a newcomer gets wrong: a scan never reads the profile as it is now. It names a version when it is started, and
//! versions are never changed or deleted.

pub mod schema;

use scrutineer_aws::{
    AuditedWrite, AwsError, Condition, Cursor, Transaction,
    records::{AuditAction, Customer, Profile as Row, ProfileName, ProfileVersion, ScanProfile, Slug},
};
use scrutineer_core::{
    Failure,
    ids::{CustomerId, Login, ProfileId},
};
use scrutineer_scanners::{
    Profile, ProfileSettings,
    profile::{CategorySettings, CheckSettings},
};
use serde::{Deserialize, Serialize};

use crate::{
    App,
    audit::{self, By},
    customers,
    page::Page,
    text,
};

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 100;
/// Longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 1_000;
/// Code of every refusal of a profile's content.
const INVALID: &str = "invalid_profile";

/// A profile as it is sent. What is left out stays as the registry of checks has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileInput {
    /// 1 to 100 characters, at least one letter or digit; unique within the customer, `default` is taken.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it is for, at most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// By category key: whether its checks run, and its weight in the overall score.
    #[serde(default)]
    #[schema(schema_with = schema::categories)]
    pub categories: std::collections::BTreeMap<String, CategorySettings>,
    /// By check id: whether it runs, its weight in its category, and its thresholds.
    #[serde(default)]
    #[schema(schema_with = schema::checks)]
    pub checks: std::collections::BTreeMap<String, CheckSettings>,
}

/// A profile, or a version of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileState {
    /// What is stored; `None` for the built-in profile.
    pub row: Option<Row>,
    /// What it sets.
    pub settings: ProfileSettings,
}

/// Creates a profile.
///
/// # Errors
/// Permanent `not_found` (customer), `invalid_profile`, `profile_name_taken`.
pub async fn create(
    app: &App,
    customer: CustomerId,
    input: ProfileInput,
    by: &By,
) -> Result<ProfileState, Failure> {
    customers::get(app, customer).await?;
    let (slug, settings) = checked(&input)?;
    let row = Row {
        id: ProfileId::new(&app.clock),
        customer,
        slug,
        name: input.name.trim().to_owned(),
        description: input.description,
        settings: json(&settings)?,
        version: 1,
        changed_at: app.clock.now(),
        changed_by: by.actor.name.clone(),
    };
    let others = Transaction::new()
        .check(&Customer::key_of(customer), Condition::present())
        .put_new(&guard(&row))
        .put_new(&ProfileVersion(row.clone()));
    write(app, &row, change(app, &row, by, "created").put_new(&row).with(others)).await?;
    Ok(ProfileState { row: Some(row), settings })
}

/// A customer's profiles, oldest first. The built-in one is not among them.
///
/// # Errors
/// Permanent `not_found` or `invalid_cursor`.
pub async fn list(
    app: &App,
    customer: CustomerId,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<ProfileState>, Failure> {
    customers::get(app, customer).await?;
    let page = app.store.query(&Row::of_customer(customer), limit, cursor.as_ref()).await?;
    states(page)
}

/// A profile by id, or the built-in one as `default`.
///
/// # Errors
/// Permanent `not_found`.
pub async fn get(app: &App, customer: CustomerId, id: &str) -> Result<ProfileState, Failure> {
    customers::get(app, customer).await?;
    if id == ScanProfile::DEFAULT {
        return Ok(built_in());
    }
    state(row(app, customer, id).await?)
}

/// Every version of a profile, newest first.
///
/// # Errors
/// Permanent `not_found` or `invalid_cursor`.
pub async fn versions(
    app: &App,
    customer: CustomerId,
    id: &str,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<ProfileState>, Failure> {
    customers::get(app, customer).await?;
    if id == ScanProfile::DEFAULT {
        return Ok(Page { items: vec![built_in()], next: None });
    }
    let id = row(app, customer, id).await?.id;
    let range = ProfileVersion::of_profile(customer, id).descending();
    let page = app.store.query(&range, limit, cursor.as_ref()).await?;
    let records = page.records.into_iter().map(|version| version.0).collect();
    states(scrutineer_aws::store::Page { records, next: page.next })
}

/// One version of a profile; also of one that was deleted, because scans refer to it.
///
/// # Errors
/// Permanent `not_found`.
pub async fn version(
    app: &App,
    customer: CustomerId,
    id: &str,
    version: u64,
) -> Result<ProfileState, Failure> {
    customers::get(app, customer).await?;
    let missing = || text::not_found("version", version);
    if id == ScanProfile::DEFAULT {
        return if version == ScanProfile::default().version { Ok(built_in()) } else { Err(missing()) };
    }
    let id = id.parse().map_err(|_| unknown(id))?;
    let found = app.store.get(&ProfileVersion::key_of(customer, id, version)).await?;
    state(found.ok_or_else(missing)?.0)
}

/// Replaces a profile: a new version, unless nothing is different. With `expected`, only when that is its version.
///
/// # Errors
/// Permanent `not_found`, `profile_built_in`, `invalid_profile`, `profile_name_taken`, `version_mismatch`, or
/// `conflict` when it was changed at the same moment.
pub async fn replace(
    app: &App,
    customer: CustomerId,
    id: &str,
    expected: Option<u64>,
    (input, by): (ProfileInput, &By),
) -> Result<ProfileState, Failure> {
    let before = changeable(app, customer, id, expected).await?;
    let (slug, settings) = checked(&input)?;
    let content = (input.name.trim().to_owned(), input.description, json(&settings)?);
    if (&before.name, &before.description, &before.settings) == (&content.0, &content.1, &content.2) {
        return Ok(ProfileState { row: Some(before), settings });
    }
    let after = Row {
        slug,
        name: content.0,
        description: content.1,
        settings: content.2,
        version: before.version + 1,
        changed_at: app.clock.now(),
        changed_by: by.actor.name.clone(),
        ..before.clone()
    };
    let mut others = Transaction::new().put_new(&ProfileVersion(after.clone()));
    if before.slug != after.slug {
        let old = ProfileName::key_of(customer, &before.slug);
        others = others.put_new(&guard(&after)).delete(&old, Condition::none());
    }
    let change = change(app, &after, by, "replaced");
    let unchanged = Condition::is("version", before.version);
    write(app, &after, change.put(&after, unchanged).with(others)).await?;
    Ok(ProfileState { row: Some(after), settings })
}

/// Deletes a profile. Its versions stay readable: scans refer to them.
///
/// # Errors
/// Permanent `not_found`, `profile_built_in`, `version_mismatch`, `conflict`.
pub async fn delete(
    app: &App,
    customer: CustomerId,
    id: &str,
    expected: Option<u64>,
    by: &By,
) -> Result<(), Failure> {
    let row = changeable(app, customer, id, expected).await?;
    let name = ProfileName::key_of(customer, &row.slug);
    let change = change(app, &row, by, "deleted")
        .delete(&Row::key_of(customer, row.id), Condition::is("version", row.version))
        .with(Transaction::new().delete(&name, Condition::none()));
    write(app, &row, change).await
}

/// The profile of this name with this content: found, replaced or created. For callers that hold profiles in files.
///
/// # Errors
/// As [`create`] and [`replace`].
pub async fn ensure(
    app: &App,
    customer: CustomerId,
    input: ProfileInput,
    by: &By,
) -> Result<ProfileState, Failure> {
    let (slug, _) = checked(&input)?;
    match app.store.get(&ProfileName::key_of(customer, &slug)).await? {
        Some(name) => replace(app, customer, &name.profile.to_string(), None, (input, by)).await,
        None => create(app, customer, input, by).await,
    }
}

/// The profile that a scan names, by id or name, as it is pinned; the built-in one when it names none.
///
/// # Errors
/// Permanent `invalid_profile`, at `/profile`.
pub async fn pinned(app: &App, customer: CustomerId, wanted: Option<&str>) -> Result<ScanProfile, Failure> {
    let Some(wanted) = wanted.filter(|wanted| *wanted != ScanProfile::DEFAULT) else {
        return Ok(ScanProfile::default());
    };
    let none = || text::invalid_field(INVALID, "/profile", "there is no such profile");
    let row = by_id_or_name(app, customer, wanted).await?.ok_or_else(none)?;
    let settings = state(row.clone())?.settings;
    let profile = Profile::of(&settings).map_err(|refusal| {
        let why = format!("it does not fit this version's checks any more ({refusal}); replace it");
        text::invalid_field(INVALID, "/profile", &why)
    })?;
    let disabled = profile.disabled();
    let owned = |keys: Vec<&'static str>| keys.into_iter().map(str::to_owned).collect();
    Ok(ScanProfile {
        id: Some(row.id),
        name: row.name,
        version: row.version,
        fingerprint: profile.fingerprint(),
        disabled_categories: owned(disabled.categories),
        disabled_checks: owned(disabled.checks),
        check_weights: profile.check_weights(),
    })
}

/// What a pinned profile sets.
///
/// # Errors
/// Permanent `stored_data_unreadable` when its version is gone, which nothing does.
pub(crate) async fn settings_of(
    app: &App,
    customer: CustomerId,
    pinned: &ScanProfile,
) -> Result<ProfileSettings, Failure> {
    let Some(id) = pinned.id else { return Ok(ProfileSettings::default()) };
    let row = app.store.get(&ProfileVersion::key_of(customer, id, pinned.version)).await?;
    let row = row.ok_or_else(|| Failure::permanent("profile_lost", "the scan's profile version is gone"))?;
    Ok(state(row.0)?.settings)
}

/// Settings that were checked when the scan was started; a build that came since may know other checks.
///
/// # Errors
/// Permanent `invalid_profile`.
pub(crate) fn compiled(settings: &ProfileSettings) -> Result<Profile, Failure> {
    Profile::of(settings).map_err(|refusal| {
        let why = format!("the scan's profile does not fit this version's checks any more: {refusal}");
        Failure::permanent(INVALID, why)
    })
}

/// Where changes of a customer's profiles are recorded: a log of its own, named by the customer's id. An organization's
/// log would be the wrong one: a customer has any number of them, and none at first.
pub fn log_of(customer: CustomerId) -> Login {
    customer.to_string().parse().expect("36 letters, digits and inner hyphens are a valid login")
}

fn change(app: &App, row: &Row, by: &By, what: &'static str) -> AuditedWrite {
    let log = log_of(row.customer);
    let draft = audit::draft(app, &log, by, AuditAction::PROFILE_CHANGED, row.id.to_string());
    let draft = draft.detail("change", what).detail("name", &row.name).detail("version", row.version);
    AuditedWrite::new(draft.detail("settings", &row.settings))
}

async fn write(app: &App, row: &Row, change: AuditedWrite) -> Result<(), Failure> {
    app.store.write_audited(change).await.map_err(|error| refused(error, &row.name))?;
    tracing::info!(customer.id = %row.customer, profile.id = %row.id, version = row.version, "profile changed");
    Ok(())
}

fn refused(error: AwsError, name: &str) -> Failure {
    match error.conflict() {
        Ok(conflict) if matches!(conflict.existing::<ProfileName>(), Ok(Some(_))) => name_taken(name),
        Ok(_) => text::changed_meanwhile(),
        Err(error) => error.into(),
    }
}

fn name_taken(name: &str) -> Failure {
    Failure::permanent("profile_name_taken", format!("another profile of the customer is called `{name}`"))
}

fn unknown(id: &str) -> Failure {
    text::not_found("profile", id.chars().take(40).collect::<String>())
}

async fn row(app: &App, customer: CustomerId, id: &str) -> Result<Row, Failure> {
    let parsed: ProfileId = id.parse().map_err(|_| unknown(id))?;
    app.store.get(&Row::key_of(customer, parsed)).await?.ok_or_else(|| unknown(id))
}

async fn by_id_or_name(app: &App, customer: CustomerId, wanted: &str) -> Result<Option<Row>, Failure> {
    if let Ok(id) = wanted.parse() {
        return Ok(app.store.get(&Row::key_of(customer, id)).await?);
    }
    let Some(slug) = Slug::from_name(wanted) else { return Ok(None) };
    let Some(name) = app.store.get(&ProfileName::key_of(customer, &slug)).await? else { return Ok(None) };
    Ok(app.store.get(&Row::key_of(customer, name.profile)).await?)
}

async fn changeable(
    app: &App,
    customer: CustomerId,
    id: &str,
    expected: Option<u64>,
) -> Result<Row, Failure> {
    customers::get(app, customer).await?;
    if id == ScanProfile::DEFAULT {
        return Err(Failure::permanent(
            "profile_built_in",
            "the profile `default` is built in; create another one and name it when a scan is started",
        ));
    }
    let row = row(app, customer, id).await?;
    match expected {
        Some(expected) if expected != row.version => Err(text::version_mismatch(row.version)),
        _ => Ok(row),
    }
}

fn built_in() -> ProfileState {
    ProfileState { row: None, settings: ProfileSettings::default() }
}

fn state(row: Row) -> Result<ProfileState, Failure> {
    let unreadable = |error| {
        Failure::permanent("stored_data_unreadable", "the stored profile cannot be read").caused_by(error)
    };
    let settings = serde_json::from_str(&row.settings).map_err(unreadable)?;
    Ok(ProfileState { row: Some(row), settings })
}

fn states(page: scrutineer_aws::store::Page<Row>) -> Result<Page<ProfileState>, Failure> {
    let page: Page<Row> = page.into();
    let items = page.items.into_iter().map(state).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

fn json(settings: &ProfileSettings) -> Result<String, Failure> {
    serde_json::to_string(settings).map_err(Failure::transient)
}

fn guard(row: &Row) -> ProfileName {
    ProfileName { customer: row.customer, slug: row.slug.clone(), profile: row.id }
}

/// The short name and the settings of a profile that holds.
///
/// # Errors
/// Permanent `invalid_profile`, naming the JSON path.
pub fn checked(input: &ProfileInput) -> Result<(Slug, ProfileSettings), Failure> {
    let invalid = |path: &str, why: &str| text::invalid_field(INVALID, path, why);
    let name = input.name.trim();
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        let why = format!("a name has at most {MAX_NAME_CHARS} characters, none of them control characters");
        return Err(invalid("/name", &why));
    }
    let slug =
        Slug::from_name(name).ok_or_else(|| invalid("/name", "a name has at least one letter or digit"))?;
    if slug.as_str() == ScanProfile::DEFAULT {
        return Err(invalid("/name", "the name `default` is taken by the built-in profile"));
    }
    if name.parse::<ProfileId>().is_ok() {
        return Err(invalid("/name", "a name must not look like an id"));
    }
    if input.description.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARS) {
        let why = format!("a description has at most {MAX_DESCRIPTION_CHARS} characters");
        return Err(invalid("/description", &why));
    }
    let settings = ProfileSettings { categories: input.categories.clone(), checks: input.checks.clone() };
    Profile::of(&settings).map_err(|refusal| invalid(&refusal.path, &refusal.why))?;
    Ok((slug, settings))
}
