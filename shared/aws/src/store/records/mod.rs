//! The records: one file per noun, each with its keys.
//!
//! | record | PK | SK | GSI1 |
//! |---|---|---|---|
//! | [`Customer`] | `CUSTOMER#id` | `CUSTOMER` | `CUSTOMERS` / name#id |
//! | [`SlugGuard`] | `SLUG#slug` | `SLUG` | |
//! | [`Connection`] | `CUSTOMER#id` | `CONNECTION#id` | `CONNECTION#id` / `CONNECTION` |
//! | [`ActiveScan`] | `CONNECTION#id` | `ACTIVE` | |
//! | [`LatestScan`] | `CONNECTION#id` | `LATEST` | |
//! | [`HttpCache`] | `CONNECTION#id` | `HTTPCACHE` (`#2`, …) | (TTL) |
//! | [`IdempotencyGuard`] | `CUSTOMER#id` | `IDEMPOTENCY#key` | (TTL) |
//! | [`Profile`] | `CUSTOMER#id` | `PROFILE#id` | |
//! | [`ProfileVersion`] | `CUSTOMER#id` | `PROFILEVERSION#id#number` | |
//! | [`ProfileName`] | `CUSTOMER#id` | `PROFILENAME#slug` | |
//! | [`Scan`] | `SCAN#id` | `SCAN` | `CUSTOMER#id#SCANS` / id |
//! | [`ScanCounters`] | `SCAN#id` | `COUNTERS` | |
//! | [`OrgResult`] | `SCAN#id` | `ORG` | |
//! | [`RepoScan`] | `SCAN#id` | `REPO#owner/name` | |
//! | [`RepoFindings`] | `SCAN#id` | `FINDINGS#owner/name` (`#2`, `#3`, … for large results) | |
//! | [`OrgEvidence`] | `SCAN#id` | `ORGEVIDENCE` (`#2`, …) | (TTL) |
//! | [`ScanBatch`] | `SCAN#id` | `BATCH#number` (`#2`, …) | (TTL) |
//! | [`RepoEvidence`] | `SCAN#id` | `EVIDENCE#owner/name` (`#2`, …) | (TTL) |
//! | [`ScanScore`] | `SCAN#id` | `SCORE#category` | |
//! | [`Outbox`] | `OUTBOX#shard` | time#id | (TTL) |
//! | [`Watch`] | `WATCH` | scan id | |
//! | [`Delivery`] | `DELIVERY#guid` | `DELIVERY#guid` | `DELIVERIES#open` or `DELIVERIES#day` / time#guid (TTL) |
//! | [`Org`] | `ORG#org` | `SETTINGS` | |
//! | [`BundleVersion`] | `ORG#org` | `BUNDLE#version` | |
//! | [`BundleDocument`] | `ORG#org` | `BUNDLEDOC#name` (`#2`, …) | |
//! | [`Pin`] | `ORG#org` | `PIN#revision` | |
//! | [`Override`] | `REPO#owner/name` | `OVERRIDE#id` | `ORG#org#OVERRIDES` / status#id (TTL) |
//! | [`AuditEntry`] | `ORG#org#AUDIT` | sequence | |
//! | [`AuditHead`] | `ORG#org` | `AUDITHEAD` | |
//! | [`Verification`] | `REPO#owner/name` | `VERIFY#id` (`#2`, …) | `VERIFYING` or `ORG#org#VERIFY` / id |
//! | [`VerifiedHead`] | `REPO#owner/name` | `HEAD#subject` | |
//! | [`Replay`] | `ORG#org` | `REPLAY#id` (`#2`, …) | (TTL) |
//! | [`SweepMark`] | `SWEEP` | what | |
//! | [`Token`] | `TOKEN#sha256` | `TOKEN#sha256` | `TOKENS` / created (TTL) |

mod audit;
mod bundle;
mod connection;
mod customer;
mod delivery;
mod guard;
mod http_cache;
mod latest;
mod org;
mod org_evidence;
mod org_result;
mod outbox;
mod overrides;
mod profile;
mod replay;
mod repo_evidence;
mod repo_findings;
mod repo_scan;
mod scan;
mod scan_batch;
mod scan_counters;
mod scan_score;
mod sweep_mark;
mod token;
mod verification;
mod watch;

pub use audit::{AuditAction, AuditDraft, AuditEntry, AuditHash, AuditHead};
pub use bundle::{BundleDocument, BundleName, BundleVersion, Pin};
pub use connection::Connection;
pub use customer::{Customer, Slug, SlugGuard};
pub use delivery::{Delivery, DeliveryState};
pub use guard::{ActiveScan, IdempotencyGuard};
pub use http_cache::HttpCache;
pub use latest::LatestScan;
pub use org::{OnTrouble, Org};
pub use org_evidence::OrgEvidence;
pub use org_result::OrgResult;
pub use outbox::Outbox;
pub use overrides::{Override, OverrideStatus};
pub use profile::{Profile, ProfileName, ProfileVersion};
pub use replay::{Replay, ReplayState};
pub use repo_evidence::RepoEvidence;
pub use repo_findings::RepoFindings;
pub use repo_scan::{FindingCounts, RepoScan, RepoState};
pub use scan::{Scan, ScanError, ScanOptions, ScanPlan, ScanProfile, ScanStatus};
pub use scan_batch::ScanBatch;
pub use scan_counters::ScanCounters;
pub use scan_score::ScanScore;
pub use sweep_mark::SweepMark;
pub use token::{Token, TokenDigest};
pub use verification::{CheckRow, SarifState, Verification, VerificationState, VerifiedHead};
pub use watch::Watch;
