//! What the provider authenticates with.

use std::fmt;

use scrutineer_core::evidence::org::CredentialKind;
use secrecy::{ExposeSecret, SecretString};

/// A credential as the customer gave it. `Debug` shows its kind and nothing else.
#[derive(Clone)]
pub enum Credential {
    /// A personal access token (fine-grained or classic), or an installation token minted elsewhere.
    Token(SecretString),
    /// A GitHub App installation; tokens are minted with read permissions only.
    App {
        /// The App's id or client id (`iss` of its JWT).
        app_id: String,
        /// The installation's id.
        installation_id: u64,
        /// The App's RSA private key, PEM.
        private_key: SecretString,
    },
}

impl Credential {
    /// The kind, as far as the credential itself tells: GitHub's token prefixes.
    ///
    /// Source: <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats>
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::App { .. } => CredentialKind::AppInstallation,
            Self::Token(token) => kind_of(token),
        }
    }
}

/// The kind of a token, by its prefix.
pub(crate) fn kind_of(token: &SecretString) -> CredentialKind {
    match token.expose_secret() {
        text if text.starts_with("github_pat_") => CredentialKind::FineGrainedPat,
        text if text.starts_with("ghs_") => CredentialKind::AppInstallation,
        _ => CredentialKind::ClassicPat,
    }
}

/// Whether GitHub's prefix tells the kind; tokens of old servers are 40 hex digits.
pub(crate) fn has_known_prefix(token: &SecretString) -> bool {
    let known = ["ghp_", "gho_", "ghu_", "ghs_", "github_pat_"];
    known.iter().any(|known| token.expose_secret().starts_with(known))
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({:?})", self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_tells_the_kind_and_debug_tells_nothing_more() {
        for (token, kind) in [
            ("github_pat_canary", CredentialKind::FineGrainedPat),
            ("ghp_canary", CredentialKind::ClassicPat),
            ("ghs_canary", CredentialKind::AppInstallation),
            ("0123456789012345678901234567890123456789", CredentialKind::ClassicPat),
        ] {
            let credential = Credential::Token(token.to_owned().into());
            assert_eq!(credential.kind(), kind);
            assert!(!format!("{credential:?}").contains("canary"));
        }
    }
}
