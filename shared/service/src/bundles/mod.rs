//! Policy bundles of organizations: published once, pinned, rolled back, compared.
//!
//! An organization that pinned nothing has the built-in bundle `default`. A version never changes once it is published;
//! a built-in bundle is copied when it is pinned, so that an update of the product does not change what holds.
//! Going back is pinning an earlier version.

mod change;

use scrutineer_aws::{
    AwsError, Cursor,
    records::{BundleDocument, BundleName, BundleVersion, Pin},
};
use scrutineer_core::{Failure, ids::Login};
use scrutineer_policy::{BUILT_IN, Bundle, BundleDiff, Problem, built_in};

pub use change::{Published, Wanted, publish, put};

use crate::{App, page::Page, text};

/// The bundle of an organization that pinned none.
const DEFAULT: &str = "default";

/// Why a bundle was not taken.
#[derive(Debug)]
pub enum Refused {
    /// It has mistakes.
    Invalid(Vec<Problem>),
    /// Anything else.
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<AwsError> for Refused {
    fn from(error: AwsError) -> Self {
        Self::Failed(error.into())
    }
}

/// What holds for an organization.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// The pin; none when nothing was ever pinned.
    pub pin: Option<Pin>,
    /// The bundle, with its organization and the time of the pin.
    pub bundle: Bundle,
}

impl Pinned {
    /// The optimistic lock of edits; 0 before the first pin.
    pub fn revision(&self) -> u64 {
        self.pin.as_ref().map_or(0, |pin| pin.revision)
    }
}

/// The bundles that come with the product.
pub fn built_ins() -> Vec<Bundle> {
    BUILT_IN.iter().filter_map(|id| built_in(id)).collect()
}

/// A bundle that comes with the product.
///
/// # Errors
/// Permanent `not_found`.
pub fn built_in_bundle(id: &str) -> Result<Bundle, Failure> {
    built_in(id).ok_or_else(|| text::not_found("bundle", id.chars().take(64).collect::<String>()))
}

/// The bundle that an organization pinned.
///
/// # Errors
/// When the store does not answer, or what is pinned cannot be read.
pub async fn pinned(app: &App, org: &Login) -> Result<Pinned, Failure> {
    let pin = current_pin(app, org).await?;
    let bundle = match &pin {
        Some(pin) => document(app, org, &pin.bundle).await?.ok_or_else(|| unreadable("it is not there"))?,
        None => built_in_bundle(DEFAULT)?,
    };
    Ok(shown(org, pin, bundle))
}

/// The last pin of an organization.
pub(crate) async fn current_pin(app: &App, org: &Login) -> Result<Option<Pin>, Failure> {
    Ok(app.store.query(&Pin::of_org(org).descending(), 1, None).await?.records.pop())
}

/// Every pin of an organization, newest first.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn history(
    app: &App,
    org: &Login,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<Pin>, Failure> {
    Ok(app.store.query(&Pin::of_org(org).descending(), limit, cursor.as_ref()).await?.into())
}

/// The versions that an organization published, highest first.
///
/// # Errors
/// Permanent `invalid_cursor`.
pub async fn versions(
    app: &App,
    org: &Login,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<BundleVersion>, Failure> {
    let range = BundleVersion::of_org(org).descending();
    Ok(app.store.query(&range, limit, cursor.as_ref()).await?.into())
}

/// A bundle by the name that people write: `1.2.0`, `default@1.0.0`, or `strict` for what the product has now.
///
/// # Errors
/// Permanent `not_found`.
pub async fn named(app: &App, org: &Login, name: &str) -> Result<Bundle, Failure> {
    let not_found = || text::not_found("bundle", name.chars().take(80).collect::<String>());
    if let Some(bundle) = built_in(name) {
        return Ok(bundle);
    }
    let name: BundleName = name.parse().map_err(|_| not_found())?;
    document(app, org, &name).await?.ok_or_else(not_found)
}

/// What differs between two bundles.
///
/// # Errors
/// Permanent `not_found`; the mistakes of a bundle that this version of the product does not take any more.
pub async fn compare(app: &App, org: &Login, before: &str, after: &str) -> Result<BundleDiff, Refused> {
    let (mut before, mut after) = (named(app, org, before).await?, named(app, org, after).await?);
    for bundle in [&mut before, &mut after] {
        bundle.org = Some(org.to_string());
    }
    // Custom rules are compiled and tried for it.
    let diff = tokio::task::spawn_blocking(move || scrutineer_policy::diff(&before, &after));
    diff.await.map_err(Failure::transient)?.map_err(Refused::Invalid)
}

/// The document of a bundle: as kept by the organization, or else as the product has it.
pub(crate) async fn document(app: &App, org: &Login, name: &BundleName) -> Result<Option<Bundle>, Failure> {
    if let Some(kept) = app.store.get(&BundleDocument::key_of(org, name)).await? {
        let text: String = kept.document.unpack()?;
        return serde_json::from_str(&text).map(Some).map_err(unreadable);
    }
    let current = name.built_in.as_deref().and_then(built_in);
    Ok(current.filter(|bundle| bundle.version == name.version.to_string()))
}

/// With what the server knows.
fn shown(org: &Login, pin: Option<Pin>, mut bundle: Bundle) -> Pinned {
    bundle.org = Some(org.to_string());
    bundle.pinned_at = pin.as_ref().map(|pin| pin.pinned_at.to_string());
    bundle.pinned_by = pin.as_ref().map(|pin| pin.pinned_by.to_string());
    Pinned { pin, bundle }
}

fn unreadable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    AwsError::Malformed { what: "the bundle", source: source.into() }.into()
}
