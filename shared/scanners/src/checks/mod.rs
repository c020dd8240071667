//! The checks, one module per scanner: a table of `Check`s, and the decisions that do not fit in a line.

mod history;
mod papers;

pub mod cicd;
pub mod code_quality;
pub mod collaboration;
pub mod compliance;
pub mod container_security;
pub mod dast;
pub mod dependencies;
pub mod disaster_recovery;
pub mod identity_access;
pub mod migration;
pub mod monitoring;
pub mod platform_arch;
pub mod repo_governance;
pub mod sast;
pub mod sdlc_process;
pub mod secrets_mgmt;
