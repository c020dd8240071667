//! The whole product in one process, and the command line.
//!
//! [`local_aws`] stands in for AWS, [`runtime`] works the queues, [`server`] answers HTTP, [`report`] shows a scan,
//! [`cli`] is the program `scrutineer`. Everything between them is the code that runs on AWS.

pub mod cli;
mod commands;
mod http;
pub mod local_aws;
pub mod report;
pub mod runtime;
pub mod server;
