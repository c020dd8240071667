//! Webhook deliveries: proven to come from GitHub, then read into the few events that concern the product.
//!
//! The order matters and is the caller's: [`Secrets::verify`] over the raw bytes first, [`Event::parse`] only on what
//! it accepted. What a newcomer gets wrong: re-serialized JSON has another signature than the bytes that arrived; a
//! delivery without `installation` comes from a repository's or organization's own webhook, not from the App.
//!
//! ```
//! # use scrutineer_github::webhook::{Event, Secrets};
//! # let (signature, body) = (Some("sha256=00"), &b"{}"[..]);
//! let secrets = Secrets::new(["current".to_owned().into(), "previous".to_owned().into()]).unwrap();
//! match secrets.verify(signature, body) {
//!     Ok(()) => drop(Event::parse("ping", body)), // an error here is the sender's: 400
//!     Err(_) => {}                                // 401
//! }
//! ```
//!
//! Sources: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>,
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

mod event;
mod parse;
mod signature;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

pub use event::{
    AssociatedPull, CheckRunAction, CheckRunEvent, CheckSuiteAction, CheckSuiteEvent, Event,
    InstallationAction, InstallationEvent, InstallationRepositoriesEvent, MergeGroupEvent, Origin, Ping,
    PullAction, PullRequestEvent, PushEvent, RepositoryAction, RepositoryEvent, RepositoryRef, Side,
};
pub use parse::EventError;
pub use signature::{Secrets, SignatureError};

/// Names the event.
pub const EVENT_HEADER: &str = "x-github-event";

/// The delivery's GUID ([`scrutineer_core::ids::DeliveryId`]).
pub const DELIVERY_HEADER: &str = "x-github-delivery";

/// The HMAC-SHA-256 of the body. `X-Hub-Signature` (SHA-1) is never looked at.
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// The longest body that is read, 6 MiB: the limit of a Lambda's request. GitHub cuts payloads off at 25 MB.
pub const LONGEST_BODY: usize = 6 * 1024 * 1024;

/// The deepest JSON that is read. GitHub's own payloads stay below 12.
pub const DEEPEST: usize = 128;
