//! A stateful GitHub over HTTP, for tests and for the demo.
