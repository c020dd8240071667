//! `scrutineer checks`: what is checked, and why.

use std::process::ExitCode;

use scrutineer_scanners::catalogue;

use crate::{
    cli::{
        Outcome,
        error::Error,
        output::{print, width},
    },
    report,
};

/// Arguments of `checks`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// How the list is written.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say everything about one check.
    Explain {
        /// Id of the check, e.g. `CICD-003`.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For a terminal.
    Table,
    /// An array, for programs.
    Json,
    /// Tables by category.
    Markdown,
}

/// Prints the checks.
pub(crate) fn run(args: &Args) -> Outcome {
    let text = match &args.command {
        Some(Command::Explain { id, json }) => explain(id, *json)?,
        None => list(args.format)?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn list(format: Format) -> Result<String, Error> {
    let checks = catalogue::catalogue();
    match format {
        Format::Table => Ok(report::checks_table(&checks, width())),
        Format::Json => json(&checks),
        Format::Markdown => Ok(report::checks_markdown(&checks)),
    }
}

fn explain(id: &str, as_json: bool) -> Result<String, Error> {
    let check = catalogue::find(&id.to_ascii_uppercase())
        .ok_or_else(|| Error::usage(format!("there is no check `{id}`; `scrutineer checks` lists them")))?;
    if as_json { json(&check) } else { Ok(report::explain(&check)) }
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Error::caused(&error))?;
    text.push('\n');
    Ok(text)
}
