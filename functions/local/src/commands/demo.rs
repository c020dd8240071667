//! `scrutineer demo`: the product on a bundled organization, with nothing but this program.
//!
//! The scan takes the real path: HTTP API, durable queue, workers, GitHub's API over HTTP (served by the simulator).

use std::{process::ExitCode, time::Duration};

use http::Method;
use scrutineer_core::ids::ScanId;
use scrutineer_service::{App, access};
use scrutineer_simulator::{Simulator, World};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{following::follow, serve::Stop};
use crate::{
    cli::{
        Common, Outcome,
        error::Error,
        output::{print, width},
        progress::Progress,
    },
    http::HttpClient,
    local_aws::Durability,
    report::{Report, build::build, table::table},
    runtime::{Options, Runtime},
    server::Server,
};

/// What is under way may take this long at the end.
const GRACE: Duration = Duration::from_secs(5);

/// Arguments of `demo`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Args {
    /// Leave everything running afterwards, and print where.
    #[arg(long)]
    keep: bool,
    /// Port of the HTTP API; any free one without it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
}

/// Scans the bundled organization.
pub(crate) async fn run(args: Args, common: Common) -> Outcome {
    let mut stop = Stop::new()?;
    let simulator = simulator().await?;
    let runtime = Runtime::open(Options {
        github_api: Some(simulator.base_url()),
        // Nothing here is worth waiting for a disk.
        durability: Durability::Normal,
        ..Options::default()
    })?;
    let app = runtime.app();
    let address = ([127, 0, 0, 1], args.port).into();
    let server = Server::start(app.clone(), address)
        .await
        .map_err(|error| Error::tool(format!("cannot listen on {address}: {error}")))?;
    let token =
        access::bootstrap(app).await?.ok_or_else(|| Error::tool("a fresh store has a token already"))?.secret;
    let workers = runtime.start();
    let api = Api { client: HttpClient::new(), url: server.url(), token: &token };
    let scanned = tokio::select! {
        scanned = scan(app, &api, &simulator, common.quiet) => scanned.map(Some),
        () = stop.wait() => Ok(None),
    };
    if let Some(report) = scanned? {
        print(&shown(&report, args.keep))?;
        if args.keep {
            print(&where_it_runs(&api))?;
            stop.wait().await;
        }
    }
    tokio::join!(server.stop(GRACE), workers.stop(GRACE));
    Ok(ExitCode::SUCCESS)
}

async fn simulator() -> Result<Simulator, Error> {
    let world = World::embedded_demo().map_err(|error| Error::caused(&error))?;
    Simulator::start(world).await.map_err(|error| Error::caused(&error))
}

/// Our own HTTP API.
struct Api<'a> {
    client: HttpClient,
    url: String,
    token: &'a SecretString,
}

impl Api<'_> {
    async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        let url = format!("{}/api{path}", self.url);
        Ok(self.client.json(Method::POST, &url, self.token, Some(body)).await?)
    }

    /// Creates something and gives its id.
    async fn create(&self, path: &str, body: &Value) -> Result<String, Error> {
        let made = self.post(path, body).await?;
        made["id"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Error::tool(format!("{path} answered without an id")))
    }
}

/// Does over HTTP what a user of the API would do.
async fn scan(app: &App, api: &Api<'_>, simulator: &Simulator, quiet: bool) -> Result<Report, Error> {
    let organization = simulator
        .world()
        .lock()
        .logins()
        .into_iter()
        .next()
        .ok_or_else(|| Error::tool("the bundled world has no organization"))?;
    let customer = api.create("/customers", &json!({ "name": "Demo" })).await?;
    let connection = json!({
        "organization": organization,
        "credential": { "kind": "token", "token": simulator.full_token() },
    });
    let connection = api.create(&format!("/customers/{customer}/connections"), &connection).await?;
    let request = json!({ "connection_id": connection });
    let scan: ScanId = api
        .create(&format!("/customers/{customer}/scans"), &request)
        .await?
        .parse()
        .map_err(|error| Error::caused(&error))?;
    let mut progress = Progress::start(quiet, &format!("scanning {organization}"));
    let followed = follow(app, scan, &mut progress).await;
    progress.finish();
    followed?;
    Ok(build(app, scan).await?)
}

fn shown(report: &Report, keep: bool) -> String {
    let mut text = table(report, width());
    if !keep {
        text.push_str(
            "\nThis was a bundled organization. `scrutineer demo --keep` leaves the API running; \
             `GITHUB_TOKEN=… scrutineer scan ORG` scans yours.\n",
        );
    }
    text
}

fn where_it_runs(api: &Api<'_>) -> String {
    let url = &api.url;
    format!(
        "\nAPI:           {url}/api\nDocumentation: {url}/api/docs\nToken:         {}\nStop it with Ctrl-C.\n",
        api.token.expose_secret()
    )
}
