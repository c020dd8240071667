//! Credentials in files: where, of which kind, and never their value.

use serde::{Deserialize, Serialize};

/// What kind of pattern met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// A token format of a provider, or a private key.
    Provider,
    /// A literal bound to a credential name, or a password in a URL.
    Generic,
}

/// A credential in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretHit {
    /// Path.
    pub path: String,
    /// 1-based line.
    pub line: u64,
    /// Provider pattern or generic.
    pub kind: SecretKind,
    /// What it looks like, e.g. `GitHub token`.
    pub label: String,
    /// First four characters and a short SHA-256, e.g. `ghp_… (sha256 1f2e3d4c)`.
    pub fingerprint: String,
}
