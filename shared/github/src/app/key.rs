//! The App's RSA key: in memory, or wherever a signer keeps it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use octocrab::jsonwebtoken::{Algorithm, EncodingKey, crypto};
use scrutineer_core::Failure;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{auth::bearer, error::Error};

/// GitHub allows a JWT 10 minutes; one minute is left for clocks that differ.
const LIFE: SignedDuration = SignedDuration::from_mins(9);

/// A JWT is used again until this long before it expires: a signature elsewhere costs a request.
const EARLY: SignedDuration = SignedDuration::from_mins(1);

/// What the App proves itself with. Clones share the JWT in use.
#[derive(Clone)]
pub struct AppKey(Arc<Inner>);

struct Inner {
    issuer: String,
    signer: Signer,
    in_use: Mutex<Option<(HeaderValue, Timestamp)>>,
}

type Sign = dyn Fn(Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> + Send + Sync;

enum Signer {
    Pem(SecretString),
    Elsewhere(Box<Sign>),
}

impl AppKey {
    /// The private key that GitHub generated, PEM. `issuer` is the App's id or client id.
    pub fn pem(issuer: &str, private_key: SecretString) -> Self {
        Self::new(issuer, Signer::Pem(private_key))
    }

    /// A key that stays where it is: `sign` makes an RS256 signature (RSASSA-PKCS1-v1_5 with SHA-256) of the bytes it
    /// is given. One signature serves for 8 minutes.
    pub fn signed_by(
        issuer: &str,
        sign: impl Fn(Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> + Send + Sync + 'static,
    ) -> Self {
        Self::new(issuer, Signer::Elsewhere(Box::new(sign)))
    }

    fn new(issuer: &str, signer: Signer) -> Self {
        Self(Arc::new(Inner { issuer: issuer.to_owned(), signer, in_use: Mutex::new(None) }))
    }

    /// `Authorization` that speaks for the App.
    pub(crate) async fn jwt(&self, now: Timestamp) -> Result<HeaderValue, Error> {
        let in_use = self.in_use().clone();
        if let Some((header, _)) = in_use.filter(|(_, expires)| *expires - EARLY > now) {
            return Ok(header);
        }
        let expires = now + LIFE;
        // 60 s in the past, for a GitHub whose clock is behind ours.
        let claims = json!({ "iss": self.0.issuer, "iat": now.as_second() - 60, "exp": expires.as_second() });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
        let signature = self.sign(signed.as_bytes()).await?;
        let header = bearer(&format!("{signed}.{signature}"))?;
        *self.in_use() = Some((header.clone(), expires));
        Ok(header)
    }

    /// The signature in base64.
    async fn sign(&self, bytes: &[u8]) -> Result<String, Error> {
        match &self.0.signer {
            Signer::Pem(pem) => {
                let key = EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes())
                    .map_err(|_| Error::PrivateKey)?;
                crypto::sign(bytes, &key, Algorithm::RS256).map_err(|_| Error::PrivateKey)
            }
            Signer::Elsewhere(sign) => {
                let signature = sign(bytes.to_vec()).await;
                signature
                    .map(|signature| URL_SAFE_NO_PAD.encode(signature))
                    .map_err(|failure| Error::Signing { source: failure.into() })
            }
        }
    }

    fn in_use(&self) -> std::sync::MutexGuard<'_, Option<(HeaderValue, Timestamp)>> {
        self.0.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppKey({})", self.0.issuer)
    }
}
