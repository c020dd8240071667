//! Use cases: what the product does, over the store, the queues, the keys and a provider.
//!
//! Every use case is `async fn(&App, …) -> Result<_, Failure>`. Handlers of messages may run twice, in any order and
//! half-way: each says in its documentation why a second run is harmless. Only [`consume`] decides what a failure
//! means for the queue.

pub mod access;
pub mod audit;
pub mod bundles;
pub mod connections;
pub mod consume;
pub mod customers;
pub mod deliveries;
pub mod effective;
pub mod installations;
pub mod messages;
pub mod orgs;
mod outbox;
pub mod overrides;
pub mod page;
mod policy;
pub mod profiles;
pub mod providers;
pub mod required_checks;
pub mod scan;
pub mod sweep;
pub mod text;
pub mod verify;

use std::sync::Arc;

use scrutineer_aws::{Keys, Queue, Store};
use scrutineer_core::Clock;

/// The stored records that use cases return.
pub mod records {
    pub use scrutineer_aws::records::{
        AuditAction, AuditDraft, AuditEntry, AuditHash, AuditHead, BundleName, BundleVersion, CheckRow,
        Connection, Customer, Delivery, DeliveryState, FindingCounts, OnTrouble, Org, Override,
        OverrideStatus, Pin, Replay, ReplayState, RepoState, SarifState, Scan, ScanError, ScanOptions,
        ScanPlan, ScanProfile, ScanScore, ScanStatus, Token, Verification, VerificationState,
    };
}

pub use scrutineer_aws::{AwsError, Cursor};

/// Everything a use case needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The single table.
    pub store: Store,
    /// The queues.
    pub queue: Queue,
    /// Seals and opens credentials.
    pub keys: Keys,
    /// Platform clients, one per connection.
    pub providers: Arc<providers::Providers>,
    /// Compiled policies, one per organization.
    pub policies: Arc<effective::Policies>,
    /// The GitHub App; none where it is not set up.
    pub github: Option<scrutineer_github::GitHubApp>,
    /// Proves that a delivery comes from GitHub; none where no secret is configured.
    pub webhooks: Option<scrutineer_github::webhook::Secrets>,
    /// The only now.
    pub clock: Clock,
    /// Limits and operator choices.
    pub settings: Arc<Settings>,
}

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The API that connections without a `base_url` of their own talk to.
    pub github_api: scrutineer_github::BaseUrl,
    /// Hosts that a customer's `base_url` may name although they are not public.
    pub allow_base_url: Vec<String>,
    /// Requests to the platform at a time, per connection; GitHub allows 100.
    pub concurrency: usize,
}
