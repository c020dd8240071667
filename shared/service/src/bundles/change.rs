//! Publishing and pinning. Every change leaves its entry in the audit log, in the same transaction.

use scrutineer_aws::{
    AuditedWrite, Condition, Packed,
    records::{AuditAction, BundleDocument, BundleName, BundleVersion, Pin},
};
use scrutineer_core::{
    Failure,
    ids::{Login, SemVer},
};
use scrutineer_policy::{BUILT_IN, Bundle, Problem, built_in, resolve};

use super::{Pinned, Refused, current_pin, document, shown};
use crate::{
    App,
    audit::{self, By},
    installations, text,
};

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 100;
/// Longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 2_000;

/// What shall be pinned.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// This document; it is published if its version is new.
    Document(Box<Bundle>),
    /// A version that the organization published, or one of a built-in bundle.
    Existing(BundleName),
    /// A built-in bundle as the product has it now.
    BuiltIn(String),
}

/// A version that is published.
#[derive(Clone, Debug)]
pub struct Published {
    /// The version.
    pub version: BundleVersion,
    /// Its document.
    pub bundle: Bundle,
    /// Whether it was published just now.
    pub new: bool,
}

/// Publishes a version. The same content under the same version once more changes nothing.
///
/// # Errors
/// The document's mistakes; permanent `version_published` for other content under a version that is taken.
pub async fn publish(app: &App, org: &Login, by: &By, bundle: Bundle) -> Result<Published, Refused> {
    let bundle = checked(org, bundle).await?;
    let version = version_of(&bundle).map_err(|problem| Refused::Invalid(vec![problem]))?;
    if let Some(known) = published(app, org, &version, &bundle).await? {
        return Ok(known);
    }
    let record = BundleVersion {
        org: org.clone(),
        version: version.clone(),
        name: bundle.name.clone(),
        published_at: app.clock.now(),
        published_by: by.actor.clone(),
    };
    let subject = label(org, &BundleName::own(version.clone()));
    let draft = audit::draft(app, org, by, AuditAction::BUNDLE_PUBLISHED, subject);
    let write = AuditedWrite::new(draft.detail("rules", bundle.rules.len())).put_new(&record).put_new(&kept(
        org,
        &BundleName::own(version.clone()),
        &bundle,
    )?);
    match app.store.write_audited(write).await {
        Ok(_) => Ok(Published { version: record, bundle, new: true }),
        Err(error) => {
            error.conflict()?;
            // Somebody published it at the same moment.
            let known = published(app, org, &version, &bundle).await?;
            known.ok_or_else(|| text::changed_meanwhile().into())
        }
    }
}

/// Pins a bundle; with `expected`, only when that is the revision of the last pin. What is pinned already stays as it is.
///
/// # Errors
/// The document's mistakes; permanent `version_published`, `version_mismatch`, `unknown_bundle`, or `conflict` when
/// somebody else pinned at the same moment and no revision was expected.
pub async fn put(
    app: &App,
    org: &Login,
    by: &By,
    wanted: Wanted,
    expected: Option<u64>,
) -> Result<Pinned, Refused> {
    let before = current_pin(app, org).await?;
    let revision = before.as_ref().map_or(0, |pin| pin.revision);
    if expected.is_some_and(|expected| expected != revision) {
        return Err(text::version_mismatch(revision).into());
    }
    let (name, bundle) = found(app, org, by, wanted).await?;
    if before.as_ref().is_some_and(|pin| pin.bundle == name) {
        return Ok(shown(org, before, bundle));
    }
    let pin = Pin {
        org: org.clone(),
        revision: revision + 1,
        bundle: name,
        pinned_at: app.clock.now(),
        pinned_by: by.actor.clone(),
    };
    let write = write_of(app, by, before.as_ref(), &pin, &bundle)?;
    if let Err(error) = app.store.write_audited(write).await {
        error.conflict()?;
        let failure = match expected {
            Some(_) => text::version_mismatch(revision + 1),
            None => text::changed_meanwhile(),
        };
        return Err(failure.into());
    }
    app.policies.forget(org);
    // The pin holds already; that open pull requests are not evaluated under it at once is no reason to say otherwise.
    if let Err(error) = installations::evaluate_open_pulls(app, org).await {
        tracing::warn!(error = %error, org = %org, "open pull requests are not evaluated under the new pin");
    }
    Ok(shown(org, Some(pin), bundle))
}

fn write_of(
    app: &App,
    by: &By,
    before: Option<&Pin>,
    pin: &Pin,
    bundle: &Bundle,
) -> Result<AuditedWrite, Failure> {
    let org = &pin.org;
    let from = before.map_or_else(|| "nothing".to_owned(), |before| label(org, &before.bundle));
    let draft = audit::draft(app, org, by, AuditAction::BUNDLE_PINNED, label(org, &pin.bundle));
    let write = AuditedWrite::new(draft.detail("from", from).detail("revision", pin.revision)).put_new(pin);
    Ok(match pin.bundle.built_in {
        // The product may have another version tomorrow.
        Some(_) => write.put(&kept(org, &pin.bundle, bundle)?, Condition::none()),
        None => write,
    })
}

/// What is wanted, published if need be.
async fn found(app: &App, org: &Login, by: &By, wanted: Wanted) -> Result<(BundleName, Bundle), Refused> {
    let name = match wanted {
        Wanted::Document(bundle) => {
            let published = publish(app, org, by, *bundle).await?;
            return Ok((BundleName::own(published.version.version), published.bundle));
        }
        Wanted::BuiltIn(id) => {
            let bundle = built_in(&id).ok_or_else(|| text::unknown_bundle("/id", &id))?;
            let version = version_of(&bundle).map_err(|problem| Refused::Invalid(vec![problem]))?;
            return Ok((BundleName { built_in: Some(id), version }, bundle));
        }
        Wanted::Existing(name) => name,
    };
    let bundle = document(app, org, &name).await?;
    Ok((name.clone(), bundle.ok_or_else(|| text::unknown_bundle("/version", &name.to_string()))?))
}

/// The version as it is published, when it is; other content is refused.
async fn published(
    app: &App,
    org: &Login,
    version: &SemVer,
    bundle: &Bundle,
) -> Result<Option<Published>, Failure> {
    let Some(known) = document(app, org, &BundleName::own(version.clone())).await? else { return Ok(None) };
    let record = app.store.get(&BundleVersion::key_of(org, version)).await?;
    match record {
        Some(version) if known == *bundle => Ok(Some(Published { version, bundle: known, new: false })),
        _ => Err(text::version_published(version)),
    }
}

/// The document without what only the server knows, when it has no mistake.
async fn checked(org: &Login, mut bundle: Bundle) -> Result<Bundle, Refused> {
    let mut problems = mistakes(org, &bundle);
    bundle.org = None;
    bundle.pinned_at = None;
    bundle.pinned_by = None;
    // Custom rules are compiled and run over their own examples.
    let resolved = tokio::task::spawn_blocking(move || (resolve(&bundle).err(), bundle));
    let (found, bundle) = resolved.await.map_err(Failure::transient)?;
    problems.extend(found.into_iter().flatten());
    if problems.is_empty() { Ok(bundle) } else { Err(Refused::Invalid(problems)) }
}

/// Mistakes that have nothing to do with rules.
fn mistakes(org: &Login, bundle: &Bundle) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |at: &str, why: String| problems.push(problem(at, why));
    if let Err(found) = version_of(bundle) {
        wrong("version", found.message);
    }
    if bundle.org.as_ref().is_some_and(|named| !named.eq_ignore_ascii_case(org.as_str())) {
        wrong("org", format!("this is the bundle of {org}; leave `org` out"));
    }
    let id = bundle.id.as_deref();
    let fits = |id: &str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if id.is_some_and(|id| !fits(id)) {
        wrong("id", "an id has 1 to 64 lower-case letters, digits and hyphens".to_owned());
    }
    if let Some(id) = id.filter(|id| BUILT_IN.contains(id)) {
        let why = format!(
            "`{id}` comes with the product: give yours another id, or pin it as {{\"id\": \"{id}\"}}"
        );
        wrong("id", why);
    }
    let texts =
        [("name", &bundle.name, MAX_NAME_CHARS), ("description", &bundle.description, MAX_DESCRIPTION_CHARS)];
    for (at, value, limit) in texts {
        if value.as_ref().is_some_and(|text| text.chars().count() > limit) {
            wrong(at, format!("at most {limit} characters"));
        }
    }
    problems
}

fn version_of(bundle: &Bundle) -> Result<SemVer, Problem> {
    let wrong = "a version is semantic, without build metadata: 1.2.3 or 1.2.3-rc.1";
    bundle.version.parse().map_err(|_| problem("version", wrong.to_owned()))
}

fn problem(at: &str, message: String) -> Problem {
    Problem { at: at.to_owned(), line: None, column: None, message }
}

fn kept(org: &Login, name: &BundleName, bundle: &Bundle) -> Result<BundleDocument, Failure> {
    let text = serde_json::to_string(bundle).map_err(Failure::transient)?;
    Ok(BundleDocument { org: org.clone(), bundle: name.clone(), document: Packed::pack(&text)? })
}

/// `acme@1.2.0` or `default@1.0.0`.
fn label(org: &Login, name: &BundleName) -> String {
    match name.built_in {
        Some(_) => name.to_string(),
        None => format!("{org}@{name}"),
    }
}
