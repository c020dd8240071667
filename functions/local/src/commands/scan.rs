//! `scrutineer scan`: one organization, once, from the command line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use scrutineer_aws::records::{Connection, Scan};
use scrutineer_core::{Failure, ids::ScanId};
use scrutineer_service::{
    App,
    audit::By,
    profiles,
    scan::{
        end, read,
        select::Selection,
        start::{self, ScanRequest},
    },
};

use super::{following::follow, serve::Stop, target};
use crate::{
    cli::{
        Common, Outcome,
        credential::CredentialArgs,
        error::Error,
        output::{Format, Output, say},
        profile,
        progress::Progress,
    },
    http::must_be_reachable,
    report::{
        Report,
        build::build,
        compare::{Earlier, compare},
        table::summary,
        verdict::{FailOn, Verdict},
    },
    runtime::{Data, Options, Runtime},
};

/// What is under way may take this long after an interruption.
const GRACE: Duration = Duration::from_secs(5);

/// Arguments of `scan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Login of the organization.
    #[arg(value_name = "ORG")]
    organization: String,
    #[command(flatten)]
    credential: CredentialArgs,
    /// API to talk to, such as https://github.example.com/api/v3; github.com without it.
    #[arg(long, value_name = "URL")]
    github_api: Option<String>,
    #[command(flatten)]
    output: Output,
    /// Scan only repositories whose name matches; may be given more than once.
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// Leave out repositories whose name matches; may be given more than once, wins over --include.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Which checks run, their weights and thresholds: a scan profile in YAML or JSON.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Requests to GitHub at a time.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u8).range(1..=100))]
    concurrency: u8,
    /// Keep results in this directory: the next scan asks only for what changed, and an interrupted one goes on. The
    /// credential is kept there too, sealed with the directory's key.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Say what moved since an earlier scan of the organization: the JSON that `scan --format json` wrote.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Exit with 11 when a check of this severity, or a worse one, failed.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::High)]
    fail_on: FailOn,
}

/// Scans and prints the result.
pub(crate) async fn run(args: Args, common: Common) -> Outcome {
    args.output.check()?;
    let earlier = args.compare.as_deref().map(|file| earlier(file, &args.organization)).transpose()?;
    let profile = args.profile.as_deref().map(profile::read).transpose()?;
    let credential = args.credential.read()?;
    let mut stop = Stop::new()?;
    let runtime = Runtime::open(Options {
        data: args.data.clone().map_or(Data::Temporary, Data::Dir),
        github_api: args.github_api.clone(),
        concurrency: args.concurrency.into(),
        ..Options::default()
    })?;
    let app = runtime.app();
    let connection = target::connection(app, &args.organization, credential).await?;
    must_be_reachable(app.settings.github_api.as_str()).await?;
    let profile = match profile {
        Some(input) => {
            let state = profiles::ensure(app, connection.customer, input, &By::system("command line")).await;
            state.map_err(target::as_usage)?.row.map(|row| row.id.to_string())
        }
        None => None,
    };
    let request = request(&connection, &args, profile);
    let scan = start_or_resume(app, &connection, &request, common.quiet).await?;
    let workers = runtime.start();
    let mut progress = Progress::start(common.quiet, &format!("scanning {}", connection.organization));
    let ended = tokio::select! {
        ended = follow(app, scan, &mut progress) => Some(ended),
        () = stop.wait() => None,
    };
    progress.finish();
    workers.stop(GRACE).await;
    let Some(ended) = ended else { return Ok(interrupted(args.data.is_some())) };
    ended?;
    let mut report = build(app, scan).await?;
    report.comparison = earlier.map(|earlier| compare(&earlier, &report));
    finish(&report, &args, common.quiet)
}

/// The report that this one is compared with, read before anything is asked of GitHub.
fn earlier(file: &Path, organization: &str) -> Result<Earlier, Error> {
    let refuse = |why: String| Error::usage(format!("--compare: {}: {why}", file.display()));
    let json = fs::read(file).map_err(|error| refuse(error.to_string()))?;
    let earlier = Earlier::parse(&json).map_err(refuse)?;
    if !earlier.is_of(organization) {
        return Err(refuse(format!("it is of another organization than {organization}")));
    }
    Ok(earlier)
}

fn finish(report: &Report, args: &Args, quiet: bool) -> Outcome {
    args.output.write(report)?;
    // The table ends with the numbers; beside a file or another format they are still worth a look.
    if !quiet && (args.output.output.is_some() || args.output.format != Format::Table) {
        say(summary(report).trim_end());
    }
    if let Some(error) = &report.scan.error {
        say(&format!("error: {}", error.message));
    }
    Ok(Verdict::of(report, args.fail_on).into())
}

fn interrupted(kept: bool) -> ExitCode {
    say(if kept {
        "interrupted; the same command goes on where it stopped"
    } else {
        "interrupted; with --data DIR the next run would go on where this one stopped"
    });
    Verdict::Incomplete.into()
}

fn request(connection: &Connection, args: &Args, profile: Option<String>) -> ScanRequest {
    ScanRequest {
        connection_id: connection.id,
        repositories: Selection {
            include: args.include.clone(),
            exclude: args.exclude.clone(),
            ..Selection::default()
        },
        categories: Vec::new(),
        profile,
    }
}

/// Starts a scan, or takes up the one that was interrupted in this data directory. One with another selection or
/// profile is cancelled: it is not what was asked for now.
async fn start_or_resume(
    app: &App,
    connection: &Connection,
    request: &ScanRequest,
    quiet: bool,
) -> Result<ScanId, Error> {
    if let Some(open) = unfinished(app, connection).await? {
        if is_asked_for(app, &open, request).await? {
            if !quiet {
                say(&format!("scan {} was interrupted; it goes on", open.id));
            }
            return Ok(open.id);
        }
        end::cancel(app, open.id).await?;
    }
    let scan = start::start(app, connection.customer, request, None).await.map_err(target::as_usage)?;
    Ok(scan.id)
}

async fn is_asked_for(app: &App, open: &Scan, request: &ScanRequest) -> Result<bool, Error> {
    let profile = profiles::pinned(app, open.customer, request.profile.as_deref()).await;
    let profile = profile.map_err(target::as_usage)?;
    Ok(open.options.include == request.repositories.include
        && open.options.exclude == request.repositories.exclude
        && open.profile.fingerprint == profile.fingerprint)
}

/// The scan of this connection that did not end.
async fn unfinished(app: &App, connection: &Connection) -> Result<Option<Scan>, Failure> {
    /// An unfinished scan is the connection's newest; the newest of a few dozen connections are looked at.
    const NEWEST: usize = 100;
    let page = read::list(app, connection.customer, NEWEST, None).await?;
    let mut scans = page.items.into_iter().map(|state| state.scan);
    Ok(scans.find(|scan| scan.connection == connection.id && !scan.status.is_final()))
}
