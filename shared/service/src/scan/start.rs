//! Starting a scan: the scan, its guard and its job are written together.

use jiff::SignedDuration;
use scrutineer_aws::{
    AwsError, Transaction,
    records::{
        ActiveScan, IdempotencyGuard, LatestScan, Scan, ScanCounters, ScanOptions, ScanProfile, ScanStatus,
        Watch,
    },
};
use scrutineer_core::{
    Failure,
    ids::{ConnectionId, CustomerId, ScanId},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::select::Selection;
use crate::{
    App, connections,
    messages::CoordinateScan,
    outbox::{self, Job},
    profiles, text,
};

/// How long an `Idempotency-Key` is remembered.
const IDEMPOTENCY: SignedDuration = SignedDuration::from_hours(24);

/// What to scan.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanRequest {
    /// The connection.
    #[schema(value_type = String, format = "uuid")]
    pub connection_id: ConnectionId,
    /// Which repositories; all when left out.
    #[serde(default)]
    pub repositories: Selection,
    /// Which categories, by key; all when left out.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Which checks run and what they weigh: id or name of a profile of the customer; the built-in `default` when
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// Starts a scan of a connection. With an idempotency key, the same request within a day answers the same scan.
///
/// # Errors
/// Permanent `not_found` (customer, connection), `invalid_glob`, `invalid_category`, `invalid_profile`, `scan_active` (names the other
/// scan), `idempotency_mismatch`.
pub async fn start(
    app: &App,
    customer: CustomerId,
    request: &ScanRequest,
    idempotency_key: Option<&str>,
) -> Result<Scan, Failure> {
    crate::customers::get(app, customer).await?;
    let connection = connections::get(app, customer, request.connection_id).await?;
    request.repositories.compile()?;
    check_categories(&request.categories)?;
    let fingerprint = fingerprint(request)?;
    if let Some(key) = idempotency_key
        && let Some(scan) = remembered(app, customer, key, &fingerprint).await?
    {
        return Ok(scan);
    }
    let profile = profiles::pinned(app, customer, request.profile.as_deref()).await?;
    check_something_runs(&profile, &request.categories)?;
    let latest = app.store.get(&LatestScan::key_of(connection.id)).await?;
    let scan = Scan {
        id: ScanId::new(&app.clock),
        customer,
        connection: connection.id,
        organization: connection.organization.clone(),
        status: ScanStatus::Pending,
        options: options(request),
        profile,
        plan: None,
        previous: latest.map(|latest| latest.scan),
        requests: Default::default(),
        warnings: Vec::new(),
        error: None,
        created_at: app.clock.now(),
        started_at: None,
        completed_at: None,
        overall: None,
        coverage: None,
    };
    let guard = idempotency_key.map(|key| IdempotencyGuard {
        customer,
        key: key.to_owned(),
        request: fingerprint,
        scan: scan.id,
        expires_at: app.clock.now().checked_add(IDEMPOTENCY).unwrap_or(scan.created_at),
    });
    write(app, &scan, guard).await?;
    Ok(scan)
}

/// Writes the scan, the guards and the job in one transaction, then sends the job.
async fn write(app: &App, scan: &Scan, guard: Option<IdempotencyGuard>) -> Result<(), Failure> {
    let job = Job::new(app, &CoordinateScan { scan: scan.id })?;
    let mut transaction = Transaction::new()
        .put_new(&ActiveScan { connection: scan.connection, scan: scan.id })
        .put_new(scan)
        .put_new(&ScanCounters::new(scan.id))
        .put_new(&Watch { scan: scan.id, settled: 0, since: scan.created_at })
        .put_new(&job.row);
    if let Some(guard) = &guard {
        transaction = transaction.put_new(guard);
    }
    app.store.transact(transaction).await.map_err(refused)?;
    if let Err(failure) = outbox::send(app, job).await {
        // Accepted all the same: the job stands in the outbox and the sweeper sends it.
        tracing::warn!(scan.id = %scan.id, error = %failure, "the scan's job is sent later");
    }
    Ok(())
}

fn refused(error: AwsError) -> Failure {
    match error.conflict() {
        Ok(conflict) => match conflict.existing::<ActiveScan>() {
            Ok(Some(active)) => text::scan_active(active.scan),
            // The idempotency guard: the same key at the same moment; the next try finds the scan.
            _ => Failure::transient(anyhow::anyhow!("the same request is being handled")),
        },
        Err(error) => error.into(),
    }
}

async fn remembered(
    app: &App,
    customer: CustomerId,
    key: &str,
    fingerprint: &str,
) -> Result<Option<Scan>, Failure> {
    let found = app.store.get(&IdempotencyGuard::key_of(customer, key)).await?;
    let Some(guard) = found.filter(|guard| guard.expires_at > app.clock.now()) else { return Ok(None) };
    if guard.request != fingerprint {
        return Err(Failure::permanent(
            "idempotency_mismatch",
            "this Idempotency-Key was used for another request; use a new one",
        ));
    }
    Ok(Some(super::get(app, guard.scan).await?))
}

fn check_categories(categories: &[String]) -> Result<(), Failure> {
    let known = |key: &str| scrutineer_scanners::registry::SCANNERS.iter().any(|s| s.category.key == key);
    let most = scrutineer_scanners::registry::SCANNERS.len();
    if categories.len() > most {
        return Err(text::invalid_field(
            "invalid_category",
            "/categories",
            &format!("there are {most} categories; name each once"),
        ));
    }
    match categories.iter().position(|key| !known(key)) {
        None => Ok(()),
        Some(index) => Err(text::invalid_field(
            "invalid_category",
            &format!("/categories/{index}"),
            "there is no such category; GET /api/checks lists them",
        )),
    }
}

/// Categories that the profile leaves out are not scanned by naming them.
fn check_something_runs(profile: &ScanProfile, categories: &[String]) -> Result<(), Failure> {
    let off = |key: &String| profile.disabled_categories.contains(key);
    if categories.is_empty() || !categories.iter().all(off) {
        return Ok(());
    }
    let why = format!("the profile `{}` disables all of these categories", profile.name);
    Err(text::invalid_field("invalid_category", "/categories", &why))
}

fn options(request: &ScanRequest) -> ScanOptions {
    ScanOptions {
        include: request.repositories.include.clone(),
        exclude: request.repositories.exclude.clone(),
        categories: request.categories.clone(),
        archived: !request.repositories.skip_archived,
        forks: !request.repositories.skip_forks,
    }
}

fn fingerprint(request: &ScanRequest) -> Result<String, Failure> {
    let text = serde_json::to_vec(request).map_err(Failure::transient)?;
    Ok(hex::encode(Sha256::digest(text)))
}
