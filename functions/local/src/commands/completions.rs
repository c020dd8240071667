//! `scrutineer completions`: a script for the shell.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::cli::{Cli, Outcome, output::print};

/// Arguments of `completions`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &Args) -> Outcome {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "scrutineer", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
