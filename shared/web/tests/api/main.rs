//! The API over the embedded services, through the router. Every exchange of every test is compared with the OpenAPI
//! document: its status must be documented and its body must fit the schema.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

mod anonymous;
mod connections;
mod customers;
mod document;
mod exchange;
mod headers;
mod policy;
mod policy_roles;
mod problems;
mod profiles;
mod roles;
mod scans;
mod secrets;
mod tokens;
mod webhooks;
mod world;
