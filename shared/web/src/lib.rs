//! The HTTP API on axum: handlers, problem+json, OpenAPI.
