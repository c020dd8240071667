//! GitHub's published contract: the OpenAPI description and the GraphQL schema, as Octokit packages them.
//!
//! `tests/setup.sh` installs the packages; without them everything here fails with [`ContractError::Missing`] rather
//! than passing quietly.

mod graphql;
mod openapi;

use std::path::{Path, PathBuf};

pub use graphql::GraphqlContract;
pub use openapi::OpenApi;

use crate::{Kind, RequestLog};

/// Why something does not agree with the contract.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The published schemas are not there.
    #[error("GitHub's published schemas are not installed at {0}: run tests/setup.sh first")]
    Missing(PathBuf),
    /// A published file is not what it should be.
    #[error("cannot read {file}: {reason}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A request or an answer breaks the contract; one line per breach.
    #[error("{}", .0.join("\n"))]
    Broken(Vec<String>),
}

/// Where `tests/setup.sh` puts the packages.
fn package(name: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/node_modules/@octokit").join(name).join(file)
}

fn read(path: &Path) -> Result<String, ContractError> {
    std::fs::read_to_string(path).map_err(|_| ContractError::Missing(path.to_owned()))
}

/// Checks recorded requests: every REST path and query parameter is one that OpenAPI describes, every GraphQL
/// document is valid against the schema.
///
/// # Errors
/// [`ContractError::Broken`] names every request that GitHub would not understand; the other variants mean that the
/// published schemas could not be read.
pub fn check_requests(requests: &[RequestLog]) -> Result<(), ContractError> {
    let (api, schema) = (OpenApi::load()?, GraphqlContract::load()?);
    let mut broken = Vec::new();
    for request in requests {
        let checked = match request.kind {
            Kind::Rest => api.check_request(&request.method, &request.path, &request.query),
            Kind::Graphql => {
                schema.check_document(request.document.as_deref().unwrap_or_default()).map(|_| ())
            }
            Kind::Tarball if request.authorized => {
                Err(format!("{}: an archive was asked for with Authorization", request.path))
            }
            Kind::Tarball => Ok(()),
        };
        if let Err(reason) = checked
            && !broken.contains(&reason)
        {
            broken.push(reason);
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(ContractError::Broken(broken)) }
}

/// Every REST call that the simulator serves: method and path template.
pub fn served() -> Vec<(String, &'static str)> {
    crate::rest::ROUTES.iter().map(|route| (route.method.to_string(), route.template)).collect()
}

/// The part of GitHub's GraphQL schema that the simulator serves.
pub fn served_schema() -> &'static str {
    crate::graphql::schema::SDL
}
