//! `scrutineer verify`: the policy packs on a working tree or on a change of it, as the App judges a pull request.

mod blobs;
mod change;
mod disk;
mod git;
mod judge;
pub(super) mod policy;
mod tree;

use std::{io::Read as _, num::NonZeroUsize, path::PathBuf, process::ExitCode};

use scrutineer_core::Clock;
use scrutineer_policy::{EffectivePolicy, Tier, Verdict};

use crate::{
    cli::{
        Common, Outcome,
        error::Error,
        output::{check_file, say, width, write_text},
    },
    report::policy::{Format, Shown, render},
    report::verdict::Verdict as Exit,
};
use policy::PolicyArgs;
use tree::{Listing, Place};

/// Longest list of paths on standard input.
const MAX_LIST_BYTES: u64 = 64 << 20;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Directory or file to verify.
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Judge only what changed since this revision left the current one, with the settings of that revision.
    #[arg(long, value_name = "REV", conflicts_with = "stdin_files")]
    base: Option<String>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What ends with exit code 11.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = FailOn::Verdict)]
    fail_on: FailOn,
    /// Say why each rule is there, how to fix its findings and how to suppress them.
    #[arg(long)]
    explain: bool,
    /// Verify the paths on standard input, one a line or separated by NUL, relative to PATH.
    #[arg(long)]
    stdin_files: bool,
    /// Leave suppressed findings out of SARIF: GitHub opens alerts for them all the same.
    #[arg(long)]
    no_suppressed: bool,
    /// Files at a time; as many as there are processors without it. The result is the same.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// What ends with exit code 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// A verdict of NO_SHIP: a required pack blocks.
    Verdict,
    /// Any hard block, of optional packs too.
    HardBlock,
    /// Any soft block, or worse.
    SoftBlock,
    /// Any warning, or worse.
    Warn,
    /// Nothing; findings change nothing.
    Never,
}

impl FailOn {
    fn exit(self, verdict: &Verdict) -> Exit {
        let worst = verdict.violations.iter().map(|violation| violation.tier).max();
        let reaches = |tier: Tier| worst.is_some_and(|worst| worst >= tier);
        let blocks = match self {
            FailOn::Verdict => verdict.verdict == scrutineer_policy::Decision::NoShip,
            FailOn::HardBlock => reaches(Tier::HardBlock),
            FailOn::SoftBlock => reaches(Tier::SoftBlock),
            FailOn::Warn => reaches(Tier::Warn),
            FailOn::Never => false,
        };
        match () {
            () if blocks => Exit::Blocking,
            () if verdict.incomplete => Exit::Incomplete,
            () if self != FailOn::Never && reaches(Tier::Warn) => Exit::Warnings,
            () => Exit::Clean,
        }
    }
}

/// Verifies and prints the result.
pub(crate) fn run(args: &Args, common: Common) -> Outcome {
    check_file(args.output.as_deref())?;
    let policy = args.policy.load()?;
    let place = Place::find(&args.path)?;
    let listing = match (&args.base, args.stdin_files) {
        (Some(base), _) => change::since(&place, base)?,
        (None, true) => Listing::of_paths(&place, &paths_on_stdin()?)?,
        (None, false) => Listing::of_tree(&place)?,
    };
    let (policy, verdict) = judge::judge(&place, listing, &policy, threads(args.threads))?;
    let shown = Shown {
        verdict: &verdict,
        policy: &policy,
        explain: args.explain,
        suppressed: !args.no_suppressed,
        width: if args.output.is_some() { 100 } else { width() },
    };
    write_text(args.output.as_deref(), &render(args.format, &shown)?)?;
    if !common.quiet && (args.output.is_some() || !matches!(args.format, Format::Table | Format::Github)) {
        say(&shown.summary());
    }
    Ok(args.fail_on.exit(&verdict).into())
}

/// The verdict on everything below a place, without any baseline. For `baseline create`.
pub(super) fn whole_tree(
    place: &Place,
    policy: &EffectivePolicy,
) -> Result<(EffectivePolicy, Verdict), Error> {
    let mut listing = Listing::of_tree(place)?;
    listing.base.baseline = None;
    judge::judge(place, listing, policy, threads(None))
}

pub(super) use tree::Place as VerifiedPlace;

fn threads(wanted: Option<NonZeroUsize>) -> usize {
    wanted.or_else(|| std::thread::available_parallelism().ok()).map_or(1, |count| count.get().min(64))
}

fn paths_on_stdin() -> Result<Vec<String>, Error> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_LIST_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::usage("--stdin-files: the list of paths is not UTF-8"))?;
    let separator = if text.contains('\0') { '\0' } else { '\n' };
    Ok(text
        .split(separator)
        .map(|path| path.trim_end_matches('\r').to_owned())
        .filter(|p| !p.is_empty())
        .collect())
}

/// Where a date is needed: the day of the verification.
fn today() -> String {
    Clock::system().now().strftime("%Y-%m-%d").to_string()
}

/// An exit code of the verdict on a whole tree.
pub(super) fn exit_of(verdict: &Verdict) -> ExitCode {
    if verdict.incomplete { Exit::Incomplete.into() } else { Exit::Clean.into() }
}
