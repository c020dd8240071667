//! The only crate with octocrab: authentication, limits, evidence.
