//! Scans. PK `SCAN#id`, SK `SCAN`; a customer's scans, newest last, through the index.
//!
//! What changes with every repository stands in [`ScanCounters`](super::ScanCounters): an update costs write units
//! by the size of the whole item, and this one grows with its plan and warnings.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use rust_decimal::Decimal;
use scrutineer_core::ids::{ConnectionId, CustomerId, Login, ProfileId, ScanId};
use serde::{Deserialize, Serialize};

use crate::store::{IndexKey, KeyOf, RangeOf, Record};

/// One posture scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// Its id.
    pub id: ScanId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// The organization, as it was called when the scan was started.
    pub organization: Login,
    /// Where it stands.
    pub status: ScanStatus,
    /// What was asked for.
    pub options: ScanOptions,
    /// Which checks run and what they weigh.
    #[serde(default)]
    pub profile: ScanProfile,
    /// What it will take, known once the repositories are listed.
    pub plan: Option<ScanPlan>,
    /// The completed scan whose results unchanged repositories may reuse.
    pub previous: Option<ScanId>,
    /// Requests made for the organization as a whole, by endpoint.
    #[serde(default)]
    pub requests: BTreeMap<String, u64>,
    /// What went wrong without ending the scan; safe text.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Why it failed.
    pub error: Option<ScanError>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the coordinator took it up.
    pub started_at: Option<Timestamp>,
    /// When it ended, in whatever status.
    pub completed_at: Option<Timestamp>,
    /// Overall score in per cent, two decimals.
    pub overall: Option<Decimal>,
    /// Share of checks that could be decided, in per cent, two decimals.
    pub coverage: Option<Decimal>,
}

/// Where a scan stands: `pending → scanning → completed | failed | cancelled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanStatus {
    /// Asked for; its job is on the way.
    Pending,
    /// Taken up.
    Scanning,
    /// All repositories are accounted for.
    Completed,
    /// Ended by an error.
    Failed,
    /// Ended by its owner.
    Cancelled,
}

impl ScanStatus {
    /// The name as in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Scanning => "scanning",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it will not change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for ScanStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ScanStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Pending, Self::Scanning, Self::Completed, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(())
    }
}

/// What was asked for. Empty lists mean "all".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanOptions {
    /// Globs of repository names to scan.
    #[serde(default)]
    pub include: Vec<String>,
    /// Globs of repository names to leave out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Categories to scan.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Whether archived repositories are scanned.
    #[serde(default)]
    pub archived: bool,
    /// Whether forks are scanned.
    #[serde(default)]
    pub forks: bool,
}

/// The version of a profile that a scan uses, pinned when it was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanProfile {
    /// The profile; `None` for the built-in one.
    pub id: Option<ProfileId>,
    /// Its name at that time.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// Stands for its effect: profiles of equal effect have equal fingerprints.
    pub fingerprint: String,
    /// Categories that do not run.
    #[serde(default)]
    pub disabled_categories: Vec<String>,
    /// Checks of other categories that do not run.
    #[serde(default)]
    pub disabled_checks: Vec<String>,
    /// Weights of checks that differ from the registry's.
    #[serde(default)]
    pub check_weights: BTreeMap<String, Decimal>,
}

impl ScanProfile {
    /// Name of the built-in profile.
    pub const DEFAULT: &'static str = "default";
}

impl Default for ScanProfile {
    /// The built-in profile: everything as the registry has it.
    fn default() -> Self {
        Self {
            id: None,
            name: Self::DEFAULT.to_owned(),
            version: 1,
            fingerprint: Self::DEFAULT.to_owned(),
            disabled_categories: Vec::new(),
            disabled_checks: Vec::new(),
            check_weights: BTreeMap::new(),
        }
    }
}

/// What a scan will take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPlan {
    /// Repositories to scan.
    pub repositories: u64,
    /// GitHub requests that it will need at most.
    pub requests: u64,
    /// Requests left in the budget when it was made; `None` when the platform does not say.
    pub budget: Option<u64>,
    /// When the budget is full again.
    pub budget_resets_at: Option<Timestamp>,
    /// When it should be done.
    pub eta: Option<Timestamp>,
}

/// Why a scan failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanError {
    /// A stable machine-readable code.
    pub code: String,
    /// A sentence for the user.
    pub message: String,
}

impl Scan {
    /// The scan with this id.
    pub fn key_of(id: ScanId) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{id}"), "SCAN")
    }

    /// The scans of a customer, oldest first.
    pub fn of_customer(customer: CustomerId) -> RangeOf<Self> {
        RangeOf::index(format_args!("CUSTOMER#{customer}#SCANS"))
    }
}

impl Record for Scan {
    const KIND: &'static str = "Scan";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.id)
    }

    fn index(&self) -> Option<IndexKey> {
        Some(IndexKey::new(format_args!("CUSTOMER#{}#SCANS", self.customer), self.id))
    }
}
