//! SARIF to code scanning.
//!
//! Source: <https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data>

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use http::StatusCode;
use scrutineer_core::ids::{RepoName, Sha};
use serde::Deserialize;
use serde_json::json;

use super::{CheckWriter, PullReader};
use crate::{client::Call, error::Error};

/// Most bytes GitHub takes, compressed and before base64: 10 MB.
const MOST: usize = 10 * 1024 * 1024;

const UPLOAD: &str = "POST /repos/{owner}/{repo}/code-scanning/sarifs";

/// An upload, for asking how it went.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, Deserialize)]
#[serde(transparent)]
pub struct SarifId(pub String);

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SarifUpload {
    /// GitHub works on it.
    Accepted(SarifId),
    /// Code scanning cannot be used here.
    NotAvailable {
        /// Because the installation lacks the permission `security_events:write`; else the feature is off, or not part
        /// of the plan.
        lacks_permission: bool,
    },
    /// It is larger than GitHub takes.
    TooLarge {
        /// Bytes, compressed.
        bytes: usize,
    },
}

/// How far GitHub is with an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SarifStatus {
    /// It works on it, or does not know it yet.
    Pending,
    /// Its results are there.
    Complete,
    /// It could not be used.
    Failed {
        /// What GitHub says about it.
        errors: Vec<String>,
    },
}

#[derive(Deserialize)]
struct Receipt {
    id: String,
}

#[derive(Deserialize)]
struct WireStatus {
    processing_status: Option<String>,
    #[serde(default)]
    errors: Option<Vec<String>>,
}

impl CheckWriter {
    /// Uploads the results for a commit. `reference` is `refs/heads/…` or `refs/pull/{number}/head`. A second upload
    /// of the same category for the same commit replaces the first.
    ///
    /// # Errors
    /// [`Error::Invalid`] when GitHub does not accept it; GitHub's trouble.
    pub async fn upload_sarif(
        &self,
        repo: &RepoName,
        (commit, reference): (&Sha, &str),
        sarif: &[u8],
    ) -> Result<SarifUpload, Error> {
        let packed = gzip(sarif);
        if packed.len() > MOST {
            return Ok(SarifUpload::TooLarge { bytes: packed.len() });
        }
        let body = json!({ "commit_sha": commit, "ref": reference, "sarif": STANDARD.encode(&packed) });
        let call = Call::to(UPLOAD, &[repo.owner(), repo.name()]).carrying(&body).repeatable();
        match self.client.json::<Receipt>(&call).await {
            Ok(receipt) => Ok(SarifUpload::Accepted(SarifId(receipt.id))),
            Err(Error::Refused { status: StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, .. }) => {
                let granted = self.client.context().auth.granted();
                let writes = granted.is_none_or(|granted| {
                    granted.get("security_events").is_some_and(|level| level == "write")
                });
                Ok(SarifUpload::NotAvailable { lacks_permission: !writes })
            }
            Err(Error::Refused { status: StatusCode::PAYLOAD_TOO_LARGE, .. }) => {
                Ok(SarifUpload::TooLarge { bytes: packed.len() })
            }
            Err(error) => Err(error),
        }
    }
}

impl PullReader {
    /// How far GitHub is with an upload. Right after the upload GitHub may not know it yet.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the permission `security_events`; GitHub's trouble.
    pub async fn sarif_status(&self, repo: &RepoName, id: &SarifId) -> Result<SarifStatus, Error> {
        let values = [repo.owner(), repo.name(), &id.0];
        let call = Call::to("GET /repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}", &values);
        match self.client.ask::<WireStatus>(&call).await {
            Ok(status) => Ok(match status.processing_status.as_deref() {
                Some("complete") => SarifStatus::Complete,
                Some("failed") => SarifStatus::Failed { errors: status.errors.unwrap_or_default() },
                _ => SarifStatus::Pending,
            }),
            Err(Error::NotFound { .. }) => Ok(SarifStatus::Pending),
            Err(error) => Err(error),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("a Vec takes it")
}
