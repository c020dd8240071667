//! What the command line scans: one customer of its own, and a connection per organization and address.

use scrutineer_aws::{
    Cursor,
    records::{Connection, Customer},
};
use scrutineer_core::{Failure, ids::CustomerId};
use scrutineer_service::{
    App,
    connections::{self, ConnectionPatch, CredentialInput, NewConnection},
    customers,
};

use crate::cli::error::Error;

/// The customer that owns what the command line does in a data directory.
const CUSTOMER: &str = "Command line";
/// Entries read at a time.
const PAGE: usize = 100;
/// Longest name of a connection.
const MAX_NAME_CHARS: usize = 100;

/// The connection for `organization`, with this credential: found again when the data directory knows it.
pub(super) async fn connection(
    app: &App,
    organization: &str,
    credential: CredentialInput,
) -> Result<Connection, Error> {
    let customer = customer(app).await?.id;
    let name = name(app, organization);
    let connection = match find(app, customer, &name).await? {
        Some(known) => {
            let patch = ConnectionPatch { name: None, credential: Some(credential) };
            connections::change(app, customer, known.id, patch, None).await
        }
        None => {
            let new = NewConnection {
                name: Some(name),
                organization: organization.to_owned(),
                base_url: None,
                credential,
            };
            connections::create(app, customer, new).await
        }
    };
    connection.map_err(as_usage)
}

/// The organization and where it is: the same login elsewhere is another one.
fn name(app: &App, organization: &str) -> String {
    let name = format!("{} at {}", organization.to_ascii_lowercase(), app.settings.github_api.as_str());
    name.chars().take(MAX_NAME_CHARS).collect()
}

async fn customer(app: &App) -> Result<Customer, Failure> {
    let mut cursor = None;
    loop {
        let page = customers::list(app, PAGE, cursor).await?;
        if let Some(found) = page.items.into_iter().find(|customer| customer.name == CUSTOMER) {
            return Ok(found);
        }
        cursor = page.next.map(Cursor::new);
        if cursor.is_none() {
            return customers::create(app, CUSTOMER).await;
        }
    }
}

async fn find(app: &App, customer: CustomerId, name: &str) -> Result<Option<Connection>, Failure> {
    let mut cursor = None;
    loop {
        let page = connections::list(app, customer, PAGE, cursor).await?;
        if let Some(found) = page.items.into_iter().find(|connection| connection.name == name) {
            return Ok(Some(found));
        }
        cursor = page.next.map(Cursor::new);
        if cursor.is_none() {
            return Ok(None);
        }
    }
}

/// What a use case refuses here was typed by the user; the JSON path of its field is not theirs to see.
pub(super) fn as_usage(failure: Failure) -> Error {
    if failure.code().is_some_and(|code| code.starts_with("invalid_")) {
        let text = failure.public_text();
        let why = scrutineer_service::text::field_of(&text).map_or(text.as_str(), |(_, why)| why);
        return Error::usage(why);
    }
    failure.into()
}
