//! The HTTP side: connections, callers, budgets, faults, the log and the admin port.

pub(crate) mod admin;
pub(crate) mod api;
pub(crate) mod auth;
pub(crate) mod codeload;
pub(crate) mod faults;
pub(crate) mod forge;
pub(crate) mod http1;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod simulator;
