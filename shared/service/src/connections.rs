//! Connections: one organization on one platform with one credential. Credentials go in and never come out.

use jiff::Timestamp;
use scrutineer_aws::{
    AwsError, Condition, Cursor, SealContext, Transaction,
    records::{ActiveScan, Connection, Customer, HttpCache, LatestScan},
};
use scrutineer_core::{
    Failure,
    ids::{ConnectionId, CustomerId, Login},
    provider::{Provider, Validation},
};
use scrutineer_github::{BaseUrl, Credential};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{App, customers, page::Page, text};

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 100;

/// A new connection. `Debug` hides the credential.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    /// A name for people, 1 to 100 characters; the organization's login when left out.
    pub name: Option<String>,
    /// The organization's login.
    pub organization: String,
    /// API root of a GitHub Enterprise Server; github.com when left out.
    pub base_url: Option<String>,
    /// The credential.
    pub credential: CredentialInput,
}

/// Changes to a connection; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionPatch {
    /// A new name.
    pub name: Option<String>,
    /// A new credential; the old one is overwritten.
    pub credential: Option<CredentialInput>,
}

/// A credential as the API takes it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CredentialInput {
    /// A personal access token, fine-grained or classic.
    Token {
        /// The token.
        #[schema(value_type = String, format = Password)]
        token: SecretString,
    },
    /// An installation of a GitHub App.
    GithubApp {
        /// The App's id or client id.
        app_id: String,
        /// The installation's id.
        installation_id: u64,
        /// The App's private key, PEM.
        #[schema(value_type = String, format = Password)]
        private_key: SecretString,
    },
}

/// What is sealed. Older readers must understand every version ever written, so fields are only added.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum SealedCredential {
    Token { token: String },
    GithubApp { app_id: String, installation_id: u64, private_key: String },
}

/// Creates a connection and seals its credential. Nothing is asked of the platform: see [`validate`].
///
/// # Errors
/// Permanent `not_found`, `invalid_organization`, `invalid_base_url`, `invalid_credential`, `invalid_name`.
pub async fn create(app: &App, customer: CustomerId, new: NewConnection) -> Result<Connection, Failure> {
    customers::get(app, customer).await?;
    let organization: Login = new
        .organization
        .parse()
        .map_err(|error| text::invalid_field("invalid_organization", "/organization", &format!("{error}")))?;
    let base_url = match &new.base_url {
        Some(url) => Some(checked_base_url(app, url).await?),
        None => None,
    };
    let id = ConnectionId::new(&app.clock);
    let credential = checked_credential(new.credential)?;
    let now = app.clock.now();
    let connection = Connection {
        id,
        customer,
        name: checked_name(new.name.as_deref().unwrap_or(organization.as_str()))?,
        organization,
        base_url,
        credential_kind: credential.kind(),
        last4: last_four(&credential),
        credentials: seal(app, customer, id, &credential).await?,
        last_validated_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let transaction =
        Transaction::new().check(&Customer::key_of(customer), Condition::present()).put_new(&connection);
    match app.store.transact(transaction).await {
        Ok(()) => Ok(connection),
        Err(error) => match error.conflict() {
            Ok(_) => Err(text::not_found("customer", customer)),
            Err(error) => Err(error.into()),
        },
    }
}

/// A connection of a customer.
///
/// # Errors
/// Permanent `not_found`, also for another customer's connection.
pub async fn get(app: &App, customer: CustomerId, id: ConnectionId) -> Result<Connection, Failure> {
    let found = app.store.get(&Connection::key_of(customer, id)).await?;
    found.ok_or_else(|| text::not_found("connection", id))
}

/// A connection by its own id.
///
/// # Errors
/// Permanent `not_found`.
pub async fn by_id(app: &App, id: ConnectionId) -> Result<Connection, Failure> {
    let found = app.store.query(&Connection::by_id(id), 1, None).await?.records.pop();
    found.ok_or_else(|| text::not_found("connection", id))
}

/// Connections of a customer, oldest first.
///
/// # Errors
/// Permanent `not_found` or `invalid_cursor`.
pub async fn list(
    app: &App,
    customer: CustomerId,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<Connection>, Failure> {
    customers::get(app, customer).await?;
    Ok(app.store.query(&Connection::of_customer(customer), limit, cursor.as_ref()).await?.into())
}

/// Changes a connection's name or credential. With `expected`, only when that is its version.
///
/// # Errors
/// Permanent `not_found`, `invalid_name`, `invalid_credential`, `version_mismatch`, or `conflict` when it was changed
/// at the same moment.
pub async fn change(
    app: &App,
    customer: CustomerId,
    id: ConnectionId,
    patch: ConnectionPatch,
    expected: Option<u64>,
) -> Result<Connection, Failure> {
    let before = get(app, customer, id).await?;
    let version = before.version;
    if expected.is_some_and(|expected| expected != version) {
        return Err(text::version_mismatch(version));
    }
    let mut after = Connection { version: version + 1, updated_at: app.clock.now(), ..before };
    if let Some(name) = &patch.name {
        after.name = checked_name(name)?;
    }
    if let Some(input) = patch.credential {
        let credential = checked_credential(input)?;
        after.credential_kind = credential.kind();
        after.last4 = last_four(&credential);
        after.credentials = seal(app, customer, id, &credential).await?;
        after.last_validated_at = None;
    }
    app.store.put_if(&after, Condition::is("version", version)).await.map_err(changed_meanwhile)?;
    Ok(after)
}

/// Deletes a connection that no scan runs on. Its finished scans stay readable.
///
/// # Errors
/// Permanent `not_found` or `scan_active`.
pub async fn delete(app: &App, customer: CustomerId, id: ConnectionId) -> Result<(), Failure> {
    get(app, customer, id).await?;
    let transaction = Transaction::new()
        .check(&ActiveScan::key_of(id), Condition::absent())
        .delete(&Connection::key_of(customer, id), Condition::none())
        .delete(&LatestScan::key_of(id), Condition::none());
    match app.store.transact(transaction).await {
        Ok(()) => Ok(app.store.delete(&HttpCache::key_of(id)).await?),
        Err(error) => Err(active_scan(error)),
    }
}

/// Asks the platform whether the credential works, and records that it did.
///
/// # Errors
/// Permanent `not_found`, `credential_rejected`, `organization_not_found`; Transient when the platform is away.
pub async fn validate(app: &App, customer: CustomerId, id: ConnectionId) -> Result<Validation, Failure> {
    let connection = get(app, customer, id).await?;
    let provider = app.providers.of(app, &connection).await?;
    let validation = Box::pin(provider.validate(&connection.organization)).await?;
    record_validated(app, &connection, app.clock.now()).await?;
    Ok(validation)
}

/// Notes that the platform accepted the credential; a second note overwrites the first.
pub(crate) async fn record_validated(
    app: &App,
    connection: &Connection,
    at: Timestamp,
) -> Result<(), Failure> {
    let update = scrutineer_aws::Update::new().set("last_validated_at", at);
    let key = Connection::key_of(connection.customer, connection.id);
    match app.store.update(&key, update, Condition::none()).await {
        Ok(_) => Ok(()),
        // Deleted meanwhile: nothing to note.
        Err(error) => error.conflict().map(|_| ()).map_err(Failure::from),
    }
}

/// Opens a connection's credential.
pub(crate) async fn open(app: &App, connection: &Connection) -> Result<Credential, Failure> {
    let context = SealContext { customer: connection.customer, connection: connection.id };
    let plain = app.keys.open(&connection.credentials, context).await?;
    let sealed: SealedCredential = serde_json::from_str(plain.expose_secret()).map_err(|_| {
        // The decoder's error could quote the credential.
        Failure::permanent("credential_unreadable", "the stored credential cannot be read; enter it again")
    })?;
    Ok(match sealed {
        SealedCredential::Token { token } => Credential::Token(token.into()),
        SealedCredential::GithubApp { app_id, installation_id, private_key } => {
            Credential::App { app_id, installation_id, private_key: private_key.into() }
        }
    })
}

async fn seal(
    app: &App,
    customer: CustomerId,
    connection: ConnectionId,
    credential: &Credential,
) -> Result<scrutineer_aws::Sealed, Failure> {
    let sealed = match credential {
        Credential::Token(token) => SealedCredential::Token { token: token.expose_secret().to_owned() },
        Credential::App { app_id, installation_id, private_key } => SealedCredential::GithubApp {
            app_id: app_id.clone(),
            installation_id: *installation_id,
            private_key: private_key.expose_secret().to_owned(),
        },
    };
    let plain = serde_json::to_string(&sealed).map_err(Failure::transient)?;
    match app.keys.seal(&SecretString::from(plain), SealContext { customer, connection }).await {
        Err(AwsError::TooLarge { limit, .. }) => Err(invalid_credential(&format!(
            "the credential is too large: at most {limit} bytes can be sealed"
        ))),
        other => Ok(other?),
    }
}

fn checked_credential(input: CredentialInput) -> Result<Credential, Failure> {
    match input {
        CredentialInput::Token { token } => {
            let text = token.expose_secret().trim();
            let fits = (8..=1024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
            if !fits {
                return Err(invalid_credential("a token has 8 to 1,024 printable characters"));
            }
            Ok(Credential::Token(text.to_owned().into()))
        }
        CredentialInput::GithubApp { app_id, installation_id, private_key } => {
            let app_id_fits =
                (1..=64).contains(&app_id.len()) && app_id.bytes().all(|b| b.is_ascii_alphanumeric());
            if !app_id_fits {
                return Err(invalid_credential("an app_id has 1 to 64 letters and digits"));
            }
            if !private_key.expose_secret().contains("PRIVATE KEY") {
                return Err(invalid_credential("private_key is not a PEM private key"));
            }
            Ok(Credential::App { app_id, installation_id, private_key })
        }
    }
}

fn invalid_credential(why: &str) -> Failure {
    text::invalid_field("invalid_credential", "/credential", why)
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        let why = format!("a name has 1 to {MAX_NAME_CHARS} characters");
        Err(text::invalid_field("invalid_name", "/name", &why))
    }
}

async fn checked_base_url(app: &App, url: &str) -> Result<String, Failure> {
    match BaseUrl::for_customer(url, &app.settings.allow_base_url).await {
        Ok(base) => Ok(base.as_str().to_owned()),
        Err(error) => Err(text::invalid_field("invalid_base_url", "/base_url", &error.to_string())),
    }
}

/// To recognize a token by; of an App, its installation id says more than its key.
fn last_four(credential: &Credential) -> String {
    let text = match credential {
        Credential::Token(token) => token.expose_secret().to_owned(),
        Credential::App { installation_id, .. } => installation_id.to_string(),
    };
    let skip = text.chars().count().saturating_sub(4);
    text.chars().skip(skip).collect()
}

fn changed_meanwhile(error: AwsError) -> Failure {
    match error.conflict() {
        Ok(_) => text::changed_meanwhile(),
        Err(error) => error.into(),
    }
}

fn active_scan(error: AwsError) -> Failure {
    match error.conflict() {
        Ok(conflict) => match conflict.existing::<ActiveScan>() {
            Ok(Some(active)) => text::scan_active(active.scan),
            _ => Failure::transient(anyhow::anyhow!("the connection was deleted by somebody else")),
        },
        Err(error) => error.into(),
    }
}
