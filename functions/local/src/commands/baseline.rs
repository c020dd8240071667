//! `scrutineer baseline`: take over the findings there are.

use std::{collections::BTreeSet, fs, path::PathBuf, process::ExitCode};

use scrutineer_policy::Baseline;

use super::verify::{VerifiedPlace, exit_of, policy::PolicyArgs, whole_tree};
use crate::cli::{
    Common, Outcome,
    error::Error,
    output::{check_file, say, write_text},
};

/// Arguments of `baseline`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write every finding of the working tree to a baseline; from then on only new ones count.
    Create(Create),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Directory of the repository.
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    policy: PolicyArgs,
    /// File to write instead of `.scrutineer/baseline.json` at the top of the repository; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs `baseline create`.
pub(crate) fn run(args: &Args, common: Common) -> Outcome {
    let Command::Create(create) = &args.command;
    let to_stdout = create.output.as_deref().is_some_and(|path| path.as_os_str() == "-");
    let policy = create.policy.load()?;
    let place = VerifiedPlace::find(&create.path)?;
    let file = create.output.clone().unwrap_or_else(|| place.root.join(Baseline::PATH));
    if create.output.is_none() {
        let folder = file.parent().unwrap_or(&place.root);
        fs::create_dir_all(folder)
            .map_err(|error| Error::tool(format!("cannot create {}: {error}", folder.display())))?;
    }
    check_file(Some(&file).filter(|_| !to_stdout).map(PathBuf::as_path))?;
    let (_, verdict) = whole_tree(&place, &policy)?;
    let baseline = Baseline::create(&verdict);
    let mut text = serde_json::to_string_pretty(&baseline).map_err(|error| Error::caused(&error))?;
    text.push('\n');
    write_text(Some(file.as_path()).filter(|_| !to_stdout), &text)?;
    if !common.quiet {
        let rules: BTreeSet<&str> = baseline.entries.iter().map(|entry| entry.rule.as_str()).collect();
        say(&format!(
            "{} findings of {} rules are in {}",
            verdict.violations.len(),
            rules.len(),
            if to_stdout { "the baseline".to_owned() } else { file.display().to_string() }
        ));
    }
    let code: ExitCode = exit_of(&verdict);
    Ok(code)
}
