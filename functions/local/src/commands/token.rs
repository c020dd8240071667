//! `scrutineer token`: API tokens of a data directory, while no process uses it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use scrutineer_aws::Cursor;
use scrutineer_core::ids::{CustomerId, Login};
use scrutineer_service::{
    access::{self, Scope, TokenRequest},
    audit::By,
};
use secrecy::ExposeSecret as _;

use crate::{
    cli::{Outcome, error::Error, output::print},
    local_aws,
    runtime::{Data, OpenError, Options, Runtime},
};

/// Tokens read at a time.
const PAGE: usize = 100;

/// Arguments of `token`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a token and print it; it is shown this once.
    Create {
        #[command(flatten)]
        at: At,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may do; may be given more than once.
        #[arg(long = "scope", value_enum, value_name = "SCOPE", required = true)]
        scopes: Vec<ScopeArg>,
        /// Days until it ends, at most 366; never without it.
        #[arg(long, value_name = "N")]
        expires_in_days: Option<u32>,
        /// The only customer that it sees.
        #[arg(long, value_name = "ID")]
        customer: Option<CustomerId>,
        /// The only organization whose policy it sees.
        #[arg(long, value_name = "ORG", conflicts_with = "customer")]
        organization: Option<Login>,
    },
    /// List the tokens: id, scopes, expiry and name. Their text is not stored.
    List {
        #[command(flatten)]
        at: At,
    },
    /// Revoke a token.
    Revoke {
        #[command(flatten)]
        at: At,
        /// Its id as listed.
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct At {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ScopeArg {
    /// Everything, tokens included.
    Operator,
    /// Create and change customers and connections.
    Manage,
    /// Start and cancel scans.
    Scan,
    /// Read customers, connections and scans.
    Read,
    /// Publish and pin policy bundles, change an organization's settings.
    AdministerPolicy,
    /// Ask for overrides of a repository.
    RequestOverrides,
    /// Approve and deny overrides that somebody else asked for.
    ApproveOverrides,
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Operator => Self::Operator,
            ScopeArg::Manage => Self::Manage,
            ScopeArg::Scan => Self::Scan,
            ScopeArg::Read => Self::Read,
            ScopeArg::AdministerPolicy => Self::AdministerPolicy,
            ScopeArg::RequestOverrides => Self::RequestOverrides,
            ScopeArg::ApproveOverrides => Self::ApproveOverrides,
        }
    }
}

/// Does what was asked.
pub(crate) async fn run(args: Args) -> Outcome {
    let text = match args.command {
        Command::Create { at, name, scopes, expires_in_days, customer, organization } => {
            let scopes = scopes.into_iter().map(Scope::from).collect();
            let request = TokenRequest { name, scopes, customer_id: customer, organization, expires_in_days };
            let made = access::create_token(open(&at.data)?.app(), &by(), &request).await?;
            format!("{}\n", made.secret.expose_secret())
        }
        Command::List { at } => list(&open(&at.data)?).await?,
        Command::Revoke { at, id } => {
            access::revoke_token(open(&at.data)?.app(), &by(), &id).await?;
            format!("revoked {id}\n")
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Whoever may open the data directory.
fn by() -> By {
    By::system("command line")
}

/// The runtime of a data directory that is there and not in use.
pub(super) fn open(dir: &Path) -> Result<Runtime, Error> {
    if !dir.is_dir() {
        return Err(Error::tool(format!("there is no data directory {}", dir.display())));
    }
    let options = Options { data: Data::Dir(dir.to_owned()), ..Options::default() };
    Runtime::open(options).map_err(|error| match error {
        OpenError::Data(local_aws::OpenError::InUse { .. }) => Error::tool(format!(
            "{} is in use by a running scrutineer; use its API instead (/api/docs)",
            dir.display()
        )),
        other => other.into(),
    })
}

async fn list(runtime: &Runtime) -> Result<String, Error> {
    let mut text = String::new();
    let mut cursor = None;
    loop {
        let page = access::list_tokens(runtime.app(), PAGE, cursor).await?;
        for token in page.items {
            let ends = token.expires_at.map_or_else(|| "never".to_owned(), |end| end.to_string());
            let scopes = token.scopes.join(",");
            let name = token.name.replace(char::is_control, " ");
            let _ = writeln!(text, "{}  {scopes}  expires {ends}  {name}", token.digest.short());
        }
        cursor = page.next.map(Cursor::new);
        if cursor.is_none() {
            return Ok(text);
        }
    }
}
