//! The words of the house: ids, time, failures, evidence and the `Provider` port.
//!
//! No I/O, no async runtime, no clock reading outside [`clock::Clock`]. What a newcomer gets wrong here:
//! a setting that could not be read is [`fact::Fact::Unknown`], never a default value.

pub mod actor;
pub mod clock;
pub mod evidence;
pub mod fact;
pub mod failure;
pub mod ids;
pub mod provider;

pub use actor::{Actor, ActorKind};
pub use clock::Clock;
pub use fact::{Fact, Gap, Permission};
pub use failure::{Failure, Kind};
pub use jiff::{SignedDuration, Timestamp};
