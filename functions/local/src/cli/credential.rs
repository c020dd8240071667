//! The credential to scan with: a token from the environment or a file, or an App's key from a file.

use std::{fs, path::Path, path::PathBuf};

use scrutineer_service::connections::CredentialInput;
use secrecy::{ExposeSecret as _, SecretString};

use super::{error::Error, settings};

/// Largest key or token file that is read.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Where the credential is. A token is never an argument: other users of the machine could read it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CredentialArgs {
    /// File with the token; without it the token is taken from the variable `GITHUB_TOKEN`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["app_id", "installation_id", "app_key"])]
    token_file: Option<PathBuf>,
    /// Id or client id of a GitHub App, to scan as its installation.
    #[arg(long, value_name = "ID", requires_all = ["installation_id", "app_key"])]
    app_id: Option<String>,
    /// Id of the App's installation on the organization.
    #[arg(long, value_name = "ID", requires = "app_id")]
    installation_id: Option<u64>,
    /// File with the App's private key, PEM.
    #[arg(long, value_name = "FILE", requires = "app_id")]
    app_key: Option<PathBuf>,
}

impl CredentialArgs {
    /// Reads it.
    pub(crate) fn read(&self) -> Result<CredentialInput, Error> {
        if let (Some(app_id), Some(installation_id), Some(key)) =
            (&self.app_id, self.installation_id, &self.app_key)
        {
            let private_key = secret_file("--app-key", key)?;
            return Ok(CredentialInput::GithubApp { app_id: app_id.clone(), installation_id, private_key });
        }
        let token = match &self.token_file {
            Some(path) => secret_file("--token-file", path)?,
            None => settings::github_token().ok_or_else(|| {
                Error::usage("no credential: set GITHUB_TOKEN, or give --token-file or --app-id")
            })?,
        };
        Ok(CredentialInput::Token { token: trimmed(&token) })
    }
}

/// A secret that is one line in a file of its own.
pub(crate) fn secret_line(option: &str, path: &Path) -> Result<SecretString, Error> {
    secret_file(option, path).map(|secret| trimmed(&secret))
}

fn secret_file(option: &str, path: &Path) -> Result<SecretString, Error> {
    let refused = |why: String| Error::usage(format!("{option} {}: {why}", path.display()));
    let length = fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if length > MAX_FILE_BYTES {
        return Err(refused("the file is too large for a credential".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    if text.trim().is_empty() {
        return Err(refused("the file is empty".to_owned()));
    }
    Ok(SecretString::from(text))
}

/// A token file usually ends with a line break.
fn trimmed(token: &SecretString) -> SecretString {
    SecretString::from(token.expose_secret().trim().to_owned())
}
