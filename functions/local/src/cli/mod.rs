//! The program `scrutineer`: its arguments, and what every command shares.
//!
//! Results go to standard output, progress and errors to standard error. An error is one line. No secret is ever an
//! argument, printed (but for a token that is just made) or logged.

pub(crate) mod credential;
pub(crate) mod error;
mod logging;
pub(crate) mod output;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    audit, baseline, checks, completions, demo, doctor, rules, scan, serve, token, verify,
};
use error::Error;
use logging::LogFormat;

/// What every command answers: an exit code, or an error in one line.
pub(crate) type Outcome = Result<ExitCode, Error>;

/// Inspects how a GitHub organization and its repositories are set up, scores it, and judges changes of code.
#[derive(Debug, Parser)]
#[command(
    name = "scrutineer",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 clean, 1 error of the tool, 2 wrong usage, 10 warnings, 11 blocking findings, \
                  12 incomplete.\nSCRUTINEER_LOG sets what is logged, e.g. `info` or `scrutineer_service=debug`."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Common {
    /// Show no progress.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// How log lines are written to standard error.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    pub(crate) log: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Scan a bundled organization: no account, no token, no network.
    Demo(demo::Args),
    /// Run the HTTP API and the workers on a data directory.
    Serve(serve::Args),
    /// Scan an organization and print the result.
    Scan(Box<scan::Args>),
    /// Judge a working tree, or a change of it, by the policy packs.
    Verify(Box<verify::Args>),
    /// Take over the findings there are, so that only new ones count.
    Baseline(baseline::Args),
    /// List the rules of the policy packs, explain one, or test your own.
    Rules(rules::Args),
    /// List the checks, or explain one.
    Checks(checks::Args),
    /// Say what a credential may not read, and which checks that costs.
    Doctor(doctor::Args),
    /// Make, list and revoke API tokens of a data directory that is not in use.
    Token(token::Args),
    /// Verify the audit log of an organization.
    Audit(audit::Args),
    /// Print completions for a shell.
    Completions(completions::Args),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let default = match &cli.command {
        Command::Serve(_) => "info",
        // A scan says in its result what went wrong; log lines would run into its progress.
        _ => "off",
    };
    let outcome = logging::start(cli.common.log, default).and_then(|()| run(cli));
    match outcome {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

fn run(cli: Cli) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::tool(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(dispatch(cli));
    // What is still under way was given its time; a blocking thread must not hold the process.
    runtime.shutdown_background();
    outcome
}

async fn dispatch(cli: Cli) -> Outcome {
    let Cli { common, command } = cli;
    match command {
        Command::Demo(args) => demo::run(args, common).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Scan(args) => scan::run(*args, common).await,
        Command::Verify(args) => verify::run(&args, common),
        Command::Baseline(args) => baseline::run(&args, common),
        Command::Rules(args) => rules::run(&args),
        Command::Checks(args) => checks::run(&args),
        Command::Doctor(args) => doctor::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::Audit(args) => audit::run(args).await,
        Command::Completions(args) => completions::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
