//! A stateful GitHub over HTTP, for tests and for the demo.
//!
//! A [`World`] is loaded from a fixture folder (or generated), a [`Simulator`] serves it: REST v3, GraphQL, tarballs
//! and an admin port. Everything is deterministic given the fixture and its `now`: ids, commit ids, archives.
//! The crate knows nothing of the product it is used to test, so that its answers are GitHub's and not ours.

#[cfg(feature = "contract")]
pub mod contract;
mod digest;
mod forge;
mod graphql;
mod rest;
mod server;
mod world;

pub use forge::Sarif;
pub use forge::checks::CheckRun;
pub use forge::hook::{Attempt, Delivering, Pending, sign};
pub use forge::pull::{Change, Opening};
pub use server::faults::{At, Fault, Faults};
pub use server::forge::{Delivered, Opened, RepoHandle};
pub use server::log::{Kind, RequestLog};
pub use server::simulator::{FaultSwitch, Listen, Simulator, StartError, WorldHandle};
pub use world::load::LoadError;
pub use world::{Org, Repo, World};
