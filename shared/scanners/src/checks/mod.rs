//! The checks, one module per scanner: a table of `Check`s, and the decisions that do not fit in a line.

pub mod cicd;
pub mod container_security;
pub mod dast;
mod history;
pub mod identity_access;
mod papers;
pub mod platform_arch;
pub mod repo_governance;
pub mod sast;
pub mod sdlc_process;
pub mod secrets_mgmt;
