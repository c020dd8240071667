//! What a credential may not read, where GitHub does not say: a scan of one repository tells.

use std::collections::{BTreeMap, BTreeSet};

use scrutineer_aws::records::Connection;
use scrutineer_core::{Failure, Gap, Permission, evidence::RepoListing, provider::Provider as _};
use scrutineer_scanners::Status;
use scrutineer_service::{
    App,
    scan::{
        read::{self, FindingFilter},
        select::Selection,
        start::{self, ScanRequest},
    },
};

use super::following::follow;
use crate::{cli::progress::Progress, runtime::Runtime};

/// More findings than one repository and its organization have.
const ALL: usize = 1000;

/// The checks that each missing permission leaves undecided.
pub(super) type Missing = BTreeMap<Permission, BTreeSet<String>>;

/// Scans the repository that was pushed to last, and collects what was refused.
pub(super) async fn probe(runtime: &Runtime, connection: &Connection) -> Result<Missing, Failure> {
    let app = runtime.app();
    let request = ScanRequest {
        connection_id: connection.id,
        repositories: Selection { include: liveliest(app, connection).await?, ..Selection::default() },
        categories: Vec::new(),
        profile: None,
    };
    let scan = start::start(app, connection.customer, &request, None).await?.id;
    let workers = runtime.start();
    let followed = follow(app, scan, &mut Progress::Quiet).await;
    drop(workers);
    followed?;
    let errors = FindingFilter { statuses: vec![Status::Error], ..FindingFilter::default() };
    let mut missing = Missing::new();
    for finding in read::findings(app, scan, &errors, ALL, None).await?.items {
        if let Some(Gap::Forbidden { permission }) = finding.gap {
            missing.entry(permission).or_default().insert(finding.check);
        }
    }
    Ok(missing)
}

/// The name of the repository with the latest push, as a selection; empty when there is none.
async fn liveliest(app: &App, connection: &Connection) -> Result<Vec<String>, Failure> {
    let provider = app.providers.of(app, connection).await?;
    let org = provider.org_evidence(&connection.organization).await?;
    let listings = provider.repositories(&org).await?;
    let alive = |repo: &&RepoListing| !repo.archived && !repo.empty && !repo.disabled;
    let latest = listings.iter().filter(alive).max_by_key(|repo| repo.pushed_at);
    Ok(latest.map(|repo| repo.name.name().to_owned()).into_iter().collect())
}
