//! The whole product in one process, and the command line.

pub mod local_aws;
