//! Whether a delivery comes from GitHub: HMAC-SHA-256 over the bytes as they arrived, compared in constant time.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// Webhook secrets that are valid now: the current one and, while it is rotated, the previous one.
#[derive(Clone)]
pub struct Secrets(Vec<hmac::Key>);

/// Why a delivery is not accepted. The caller answers 401 without telling which.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SignatureError {
    /// No `X-Hub-Signature-256`; a SHA-1 signature is none.
    #[error("the delivery carries no sha256 signature")]
    Missing,
    /// Not `sha256=` and 64 hex digits.
    #[error("the signature is not sha256= and 64 hex digits")]
    Malformed,
    /// Made with none of the secrets, or for another body.
    #[error("the signature does not fit the body")]
    Mismatch,
}

impl Secrets {
    /// Keys from the secrets; `None` without any, and an empty secret is none: anyone could sign with it.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Option<Self> {
        let secrets = secrets.into_iter().filter(|secret| !secret.expose_secret().is_empty());
        let keys: Vec<_> = secrets
            .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()))
            .collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Accepts a body that was signed with one of the secrets. `header` is the value of
    /// [`super::SIGNATURE_HEADER`].
    ///
    /// # Errors
    /// [`SignatureError`]: missing, malformed, or made with another secret or for another body.
    pub fn verify(&self, header: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
        let digits = header.ok_or(SignatureError::Missing)?;
        let digits = digits.strip_prefix("sha256=").ok_or(SignatureError::Malformed)?;
        let mut signature = [0; 32];
        hex::decode_to_slice(digits, &mut signature).map_err(|_| SignatureError::Malformed)?;
        // `any` stops at the first that fits, which tells nothing about the others.
        let fits = self.0.iter().any(|key| hmac::verify(key, body, &signature).is_ok());
        if fits { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn secrets(texts: &[&str]) -> Secrets {
        Secrets::new(texts.iter().map(|text| (*text).to_owned().into())).unwrap()
    }

    #[test]
    fn githubs_own_example_is_accepted_under_the_current_and_the_previous_secret() {
        for known in [&[SECRET][..], &["next", SECRET], &[SECRET, "next"]] {
            assert_eq!(secrets(known).verify(Some(SIGNATURE), BODY), Ok(()));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let known = secrets(&[SECRET]);
        let cases = [
            (None, SignatureError::Missing),
            (Some("sha1=9c0bb1ba5a3d1cfc1e6ee7a1e1ee7d0d4b1d1a5d"), SignatureError::Malformed),
            (Some(""), SignatureError::Malformed),
            (Some("sha256="), SignatureError::Malformed),
            (Some(&SIGNATURE[..SIGNATURE.len() - 2]), SignatureError::Malformed),
            (Some(&SIGNATURE["sha256=".len()..]), SignatureError::Malformed),
            (
                Some("sha256=zz7107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
                SignatureError::Malformed,
            ),
            (
                Some("sha256=857107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
                SignatureError::Mismatch,
            ),
        ];
        for (header, expected) in cases {
            assert_eq!(known.verify(header, BODY), Err(expected), "{header:?}");
        }
        assert_eq!(known.verify(Some(SIGNATURE), b"Hello, World"), Err(SignatureError::Mismatch));
        assert_eq!(secrets(&["other"]).verify(Some(SIGNATURE), BODY), Err(SignatureError::Mismatch));
    }

    #[test]
    fn an_empty_secret_is_none_and_debug_shows_no_key() {
        assert!(Secrets::new([]).is_none());
        assert!(Secrets::new([String::new().into()]).is_none());
        assert_eq!(format!("{:?}", secrets(&[SECRET, ""])), "Secrets(1)");
    }
}
