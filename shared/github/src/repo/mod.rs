//! Evidence about repositories: the listing, the GraphQL documents, and the calls of one repository.

pub(crate) mod activity;
mod alerts;
pub(crate) mod assurance;
pub(crate) mod branch;
pub(crate) mod details;
pub(crate) mod listing;
pub(crate) mod posture;
mod rules;
