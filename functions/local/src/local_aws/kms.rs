//! KMS with one key in a file: AES-256-GCM, the encryption context as authenticated data.
//!
//! A sealed blob is `version (1) ‖ key id (16) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`. Nonces are random, so the number
//! of blobs per key must stay far below 2³²; there is one per connection.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest, rand,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{KEY_ALIAS, OpenError, reply::Reply};

/// Name of the key file.
const KEY_FILE: &str = "master.key";
/// Bytes of the key.
const KEY_LEN: usize = 32;
/// First byte of every blob.
const VERSION: u8 = 1;
/// Bytes before the ciphertext.
const HEAD: usize = 1 + 16 + NONCE_LEN;
/// Most bytes that `Encrypt` takes.
const MAX_PLAINTEXT: usize = 4096;

/// The key and its names.
pub(super) struct Kms {
    key: RandomizedNonceKey,
    id: uuid::Uuid,
}

/// A refused request: the error's name and its message.
type Refusal = (&'static str, String);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    key_id: Option<String>,
    plaintext: Option<String>,
    ciphertext_blob: Option<String>,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
    key_spec: Option<String>,
    number_of_bytes: Option<usize>,
}

impl Kms {
    /// Reads the key file; creates it with the first start of a directory.
    pub(super) fn open(dir: &Path, data: &Path) -> Result<Self, OpenError> {
        let path = dir.join(KEY_FILE);
        let known = known_key(data).map_err(|error| OpenError::store(data, error))?;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound && known.is_none() => {
                create(&path).map_err(OpenError::io(&path))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::WrongKey { path });
            }
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        let id = key_id(&bytes);
        let fits = bytes.len() == KEY_LEN && known.as_ref().is_none_or(|known| *known == id.to_string());
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok().filter(|_| fits);
        let Some(key) = key else { return Err(OpenError::WrongKey { path }) };
        remember_key(data, &id.to_string()).map_err(|error| OpenError::store(data, error))?;
        Ok(Self { key, id })
    }

    /// Answers one request.
    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Reply {
        let request: Request = match serde_json::from_slice(body) {
            Ok(request) => request,
            Err(error) => return Reply::error(400, "SerializationException", &error.to_string()),
        };
        let answer = match operation {
            "Encrypt" => self.encrypt(&request),
            "Decrypt" => self.decrypt(&request),
            "GenerateDataKey" => self.generate_data_key(&request),
            "DescribeKey" => self.describe_key(&request),
            _ => Err(("UnsupportedOperationException", format!("{operation} is not supported locally"))),
        };
        match answer {
            Ok(body) => Reply::json(&body),
            Err((kind, message)) => Reply::error(400, kind, &message),
        }
    }

    fn encrypt(&self, request: &Request) -> Result<Value, Refusal> {
        self.require_key(request)?;
        let plaintext = decode("Plaintext", request.plaintext.as_deref())?;
        if plaintext.is_empty() || plaintext.len() > MAX_PLAINTEXT {
            return Err(validation("Plaintext must have between 1 and 4096 bytes"));
        }
        let blob = self.seal(&plaintext, &request.encryption_context)?;
        Ok(json!({
            "CiphertextBlob": STANDARD.encode(blob),
            "KeyId": self.arn(),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    fn decrypt(&self, request: &Request) -> Result<Value, Refusal> {
        if request.key_id.is_some() {
            self.require_key(request)?;
        }
        let blob = decode("CiphertextBlob", request.ciphertext_blob.as_deref())?;
        let plaintext = self.open_blob(blob, &request.encryption_context)?;
        Ok(json!({
            "Plaintext": STANDARD.encode(plaintext),
            "KeyId": self.arn(),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    fn generate_data_key(&self, request: &Request) -> Result<Value, Refusal> {
        self.require_key(request)?;
        let length = match (request.key_spec.as_deref(), request.number_of_bytes) {
            (Some("AES_256"), None) => 32,
            (Some("AES_128"), None) => 16,
            (None, Some(length @ 1..=1024)) => length,
            _ => return Err(validation("exactly one of KeySpec and NumberOfBytes (1 to 1024) is needed")),
        };
        let mut plaintext = vec![0; length];
        rand::fill(&mut plaintext).map_err(|_| internal())?;
        let blob = self.seal(&plaintext, &request.encryption_context)?;
        Ok(json!({
            "Plaintext": STANDARD.encode(plaintext),
            "CiphertextBlob": STANDARD.encode(blob),
            "KeyId": self.arn(),
        }))
    }

    fn describe_key(&self, request: &Request) -> Result<Value, Refusal> {
        self.require_key(request)?;
        Ok(json!({ "KeyMetadata": {
            "KeyId": self.id.to_string(),
            "Arn": self.arn(),
            "Enabled": true,
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyManager": "CUSTOMER",
            "Origin": "AWS_KMS",
        }}))
    }

    fn arn(&self) -> String {
        format!("arn:aws:kms:us-east-1:000000000000:key/{}", self.id)
    }

    fn require_key(&self, request: &Request) -> Result<(), Refusal> {
        let name = request.key_id.as_deref().ok_or_else(|| validation("KeyId is required"))?;
        let short = name.strip_prefix("arn:aws:kms:us-east-1:000000000000:").unwrap_or(name);
        let id = self.id.to_string();
        if short == KEY_ALIAS || short.strip_prefix("key/").unwrap_or(short) == id {
            return Ok(());
        }
        Err(("NotFoundException", format!("Key '{name}' does not exist")))
    }

    fn seal(&self, plaintext: &[u8], context: &BTreeMap<String, String>) -> Result<Vec<u8>, Refusal> {
        let mut sealed = plaintext.to_vec();
        let aad = Aad::from(authenticated(context));
        let nonce = self.key.seal_in_place_append_tag(aad, &mut sealed).map_err(|_| internal())?;
        let mut blob = vec![VERSION];
        blob.extend_from_slice(self.id.as_bytes());
        blob.extend_from_slice(nonce.as_ref());
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    fn open_blob(&self, mut blob: Vec<u8>, context: &BTreeMap<String, String>) -> Result<Vec<u8>, Refusal> {
        let invalid = || ("InvalidCiphertextException", String::new());
        if blob.len() <= HEAD || blob[0] != VERSION || blob[1..17] != *self.id.as_bytes() {
            return Err(invalid());
        }
        let mut sealed = blob.split_off(HEAD);
        let nonce = Nonce::try_assume_unique_for_key(&blob[17..]).map_err(|_| invalid())?;
        let aad = Aad::from(authenticated(context));
        let plaintext = self.key.open_in_place(nonce, aad, &mut sealed).map_err(|_| invalid())?;
        Ok(plaintext.to_vec())
    }
}

/// The context as bytes: sorted, every part preceded by its length, so no two contexts look alike.
fn authenticated(context: &BTreeMap<String, String>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in context.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn decode(name: &str, text: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let text = text.ok_or_else(|| validation(&format!("{name} is required")))?;
    STANDARD.decode(text).map_err(|_| validation(&format!("{name} is not base64")))
}

fn validation(message: &str) -> Refusal {
    ("ValidationException", message.to_owned())
}

fn internal() -> Refusal {
    ("KMSInternalException", "the local key failed".to_owned())
}

/// A fresh key, on disk before it is used.
fn create(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; KEY_LEN];
    rand::fill(&mut bytes).map_err(|_| io::Error::other("no random bytes"))?;
    // Moved into place when it is whole: half a key would look like the wrong key.
    let unfinished = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_dir(path);
    Ok(bytes)
}

/// Makes the file's name durable too; some file systems cannot and need not.
fn sync_dir(path: &Path) {
    if let Some(dir) = path.parent().map(PathBuf::from) {
        let _ = fs::File::open(dir).and_then(|dir| dir.sync_all());
    }
}

/// A name for the key that does not give it away.
fn key_id(bytes: &[u8]) -> uuid::Uuid {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"scrutineer key id\0");
    context.update(bytes);
    let mut id = [0; 16];
    id.copy_from_slice(&context.finish().as_ref()[..16]);
    uuid::Uuid::from_bytes(id)
}

/// The key that this data file was sealed with.
fn known_key(data: &Path) -> rusqlite::Result<Option<String>> {
    let connection = Connection::open(data)?;
    connection.execute_batch("CREATE TABLE IF NOT EXISTS local_key (id TEXT NOT NULL)")?;
    connection
        .query_row("SELECT id FROM local_key", [], |row| row.get(0))
        .map(Some)
        .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(None) } else { Err(error) })
}

fn remember_key(data: &Path, id: &str) -> rusqlite::Result<()> {
    let connection = Connection::open(data)?;
    connection
        .execute("INSERT INTO local_key (id) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM local_key)", [id])
        .map(drop)
}
