//! The commands, one per file: arguments and what is done with them.

pub(crate) mod audit;
pub(crate) mod baseline;
pub(crate) mod checks;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
mod following;
mod probe;
pub(crate) mod rules;
pub(crate) mod scan;
pub(crate) mod serve;
mod target;
pub(crate) mod token;
pub(crate) mod verify;
