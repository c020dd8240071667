//! Ending a scan before it is complete: cancelled by its owner, or failed for good.

use scrutineer_aws::{
    Condition, Transaction, Update,
    records::{ActiveScan, Scan, ScanBatch, ScanError, ScanStatus, Watch},
};
use scrutineer_core::{
    Failure,
    ids::{RepoName, ScanId},
    provider::RequestCounts,
};

use super::settle;
use crate::App;

const OPEN: [ScanStatus; 2] = [ScanStatus::Pending, ScanStatus::Scanning];

/// Cancels a scan. Its partial results stay readable; work under way is dropped when it looks at the scan.
///
/// # Errors
/// Permanent `not_found`, or `scan_ended` when there is nothing left to cancel.
pub async fn cancel(app: &App, id: ScanId) -> Result<Scan, Failure> {
    let scan = super::get(app, id).await?;
    if !end(app, &scan, ScanStatus::Cancelled, None).await? {
        let now = super::get(app, id).await?;
        return Err(Failure::permanent("scan_ended", crate::text::scan_over(now.status)));
    }
    super::get(app, id).await
}

/// Ends a scan as failed. A scan that ended already stays as it is.
///
/// # Errors
/// Transient when the store does not answer.
pub async fn fail(app: &App, id: ScanId, code: &str, message: &str) -> Result<(), Failure> {
    let Some(scan) = app.store.get(&Scan::key_of(id)).await? else { return Ok(()) };
    let error = ScanError { code: code.to_owned(), message: message.to_owned() };
    end(app, &scan, ScanStatus::Failed, Some(error)).await?;
    Ok(())
}

/// Settles a repository as failed, with the reason.
///
/// # Errors
/// Transient when the store does not answer.
pub async fn fail_repository(
    app: &App,
    scan: ScanId,
    repository: RepoName,
    reason: &str,
) -> Result<(), Failure> {
    if super::active(app, scan).await?.is_none() {
        return Ok(());
    }
    let row = settle::failed_row(app, scan, repository, reason);
    settle::settle(app, &row, &RequestCounts::default()).await
}

/// Settles every open repository of a batch as failed.
///
/// # Errors
/// Transient when the store does not answer.
pub async fn fail_batch(app: &App, scan: ScanId, batch: u32, reason: &str) -> Result<(), Failure> {
    let Some(batch) = app.store.get(&ScanBatch::key_of(scan, batch)).await? else { return Ok(()) };
    for repository in batch.repositories {
        fail_repository(app, scan, repository, reason).await?;
    }
    Ok(())
}

/// Whether this call ended it.
async fn end(app: &App, scan: &Scan, status: ScanStatus, error: Option<ScanError>) -> Result<bool, Failure> {
    let update = Update::new().set("status", status).set("completed_at", app.clock.now()).set("error", error);
    let transaction = Transaction::new()
        .update(&Scan::key_of(scan.id), update, Condition::one_of("status", &OPEN))
        .delete(&Watch::key_of(scan.id), Condition::none())
        .delete(&ActiveScan::key_of(scan.connection), Condition::is("scan", scan.id));
    match app.store.transact(transaction).await {
        Ok(()) => Ok(true),
        Err(error) => {
            error.conflict()?;
            Ok(false)
        }
    }
}
