//! Sealing credentials with KMS.
//!
//! The encryption context binds a sealed text to its customer and connection: moved to another one it does not open.
//! KMS takes at most 4,096 bytes of plaintext in `Encrypt`; credentials are far smaller, so there are no data keys.

use std::{collections::HashMap, fmt};

use aws_sdk_kms::{operation::decrypt::DecryptError, primitives::Blob};
use scrutineer_core::ids::{ConnectionId, CustomerId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    Clients, Settings,
    error::{AwsError, Service, classify},
    packed::Bytes,
};

/// Most bytes that `Encrypt` takes. <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>
pub const MAX_PLAINTEXT: usize = 4096;

/// Seals and opens secrets with one KMS key.
#[derive(Clone, Debug)]
pub struct Keys {
    client: aws_sdk_kms::Client,
    key_id: String,
}

/// Whose secret it is; the same values are needed to open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealContext {
    /// The customer.
    pub customer: CustomerId,
    /// The connection.
    pub connection: ConnectionId,
}

impl SealContext {
    fn to_map(self) -> HashMap<String, String> {
        HashMap::from([
            ("customer".to_owned(), self.customer.to_string()),
            ("connection".to_owned(), self.connection.to_string()),
        ])
    }
}

/// A sealed text as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(Bytes);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.as_slice().len())
    }
}

impl Keys {
    /// The key named in `settings`.
    pub fn new(clients: &Clients, settings: &Settings) -> Self {
        Self { client: clients.kms.clone(), key_id: settings.key_id.clone() }
    }

    /// Encrypts `secret` for `context`.
    ///
    /// # Errors
    /// [`AwsError::TooLarge`] beyond 4,096 bytes (the caller's input); else what KMS answers.
    pub async fn seal(&self, secret: &SecretString, context: SealContext) -> Result<Sealed, AwsError> {
        let plaintext = secret.expose_secret().as_bytes();
        if plaintext.len() > MAX_PLAINTEXT {
            let (bytes, limit) = (plaintext.len(), MAX_PLAINTEXT);
            return Err(AwsError::TooLarge { what: "the secret", bytes, limit });
        }
        let answer = self
            .client
            .encrypt()
            .key_id(&self.key_id)
            .plaintext(Blob::new(plaintext))
            .set_encryption_context(Some(context.to_map()))
            .send()
            .await
            .map_err(|error| classify(Service::Kms, error))?;
        let blob = answer
            .ciphertext_blob
            .ok_or_else(|| AwsError::malformed("the answer of KMS", "no ciphertext"))?;
        Ok(Sealed(Bytes::new(blob.into_inner())))
    }

    /// Decrypts what [`Keys::seal`] made for the same context.
    ///
    /// # Errors
    /// [`AwsError::NotSealedHere`] for another context, another key or changed bytes; else what KMS answers.
    pub async fn open(&self, sealed: &Sealed, context: SealContext) -> Result<SecretString, AwsError> {
        let answer = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(sealed.0.as_slice()))
            .set_encryption_context(Some(context.to_map()))
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(
                    DecryptError::InvalidCiphertextException(_) | DecryptError::IncorrectKeyException(_),
                ) => AwsError::NotSealedHere { source: error.into() },
                _ => classify(Service::Kms, error),
            })?;
        let blob =
            answer.plaintext.ok_or_else(|| AwsError::malformed("the answer of KMS", "no plaintext"))?;
        let text = String::from_utf8(blob.into_inner())
            // The error would carry the secret's bytes.
            .map_err(|_| AwsError::malformed("the opened secret", "not UTF-8"))?;
        Ok(SecretString::from(text))
    }
}
