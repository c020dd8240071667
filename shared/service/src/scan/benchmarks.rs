//! A completed scan against public standards and the DORA metrics.

use scrutineer_aws::records::{OrgResult as OrgResultRow, Scan, ScanStatus};
use scrutineer_core::Failure;
use scrutineer_scanners::{
    Finding,
    benchmarks::{self, Benchmarks, Summary},
};

use super::{OrgResult, finish};
use crate::{App, text};

/// What `scan` says against the standards. The summary was written when the scan was completed; the standards are those
/// of this version.
///
/// # Errors
/// Permanent `scan_not_completed`.
pub async fn read(app: &App, scan: &Scan) -> Result<Benchmarks, Failure> {
    if scan.status != ScanStatus::Completed {
        return Err(text::not_completed(scan.id, scan.status));
    }
    let row = app.store.get(&OrgResultRow::key_of(scan.id)).await?;
    let result: Option<OrgResult> = row.map(|row| row.result.unpack()).transpose()?;
    let summary = match result {
        Some(OrgResult { summary: Some(summary), .. }) => summary,
        earlier => summed(app, scan, &earlier.map(|result| result.findings).unwrap_or_default()).await?,
    };
    Ok(benchmarks::assess(&summary))
}

/// Of a scan that an earlier version completed: every repository's result is read again.
async fn summed(app: &App, scan: &Scan, org: &[Finding]) -> Result<Summary, Failure> {
    let mut summary = finish::sum(app, scan.id).await?.summary;
    summary.add(org);
    Ok(summary)
}
