//! Which policy holds: a bundle by name or from a file, and which of its packs.

use std::{fs, path::Path};

use scrutineer_policy::{BUILT_IN, Bundle, EffectivePolicy, Problem, built_in, resolve};

use crate::cli::error::Error;

/// Largest bundle file: 200 custom rules of 64 KiB, and the bundle around them.
const MAX_BUNDLE_BYTES: u64 = 16 << 20;

/// Which policy holds.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PolicyArgs {
    /// Bundle: `default`, `strict`, `permissive`, or a file in YAML or JSON.
    #[arg(long, value_name = "BUNDLE", default_value = "default")]
    bundle: String,
    /// Only these packs, separated by commas. One that the bundle leaves out reports and does not decide.
    #[arg(long, value_name = "PACK", value_delimiter = ',')]
    packs: Vec<String>,
}

impl PolicyArgs {
    /// The policy that the arguments ask for.
    pub(crate) fn load(&self) -> Result<EffectivePolicy, Error> {
        let mut bundle = match built_in(&self.bundle) {
            Some(bundle) => bundle,
            None => from_file(Path::new(&self.bundle))?,
        };
        let whole = resolve(&bundle).map_err(|problems| refused(&self.bundle, &problems))?;
        if self.packs.is_empty() {
            return Ok(whole);
        }
        select(&mut bundle, &self.packs);
        resolve(&bundle).map_err(|problems| refused("--packs", &problems))
    }
}

fn from_file(path: &Path) -> Result<Bundle, Error> {
    let refused = |why: String| Error::usage(format!("--bundle {}: {why}", path.display()));
    let length = fs::metadata(path).map_err(|error| {
        refused(format!("{error}; it is neither a file nor one of {}", BUILT_IN.join(", ")))
    })?;
    if !length.is_file() || length.len() > MAX_BUNDLE_BYTES {
        return Err(refused("not a file of at most 16 MiB".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    Bundle::parse(&text).map_err(|problem| refused(problem_text(&problem)))
}

/// Leaves the named packs; those that the bundle does not list come in as optional.
fn select(bundle: &mut Bundle, packs: &[String]) {
    let named = |pack: &String| packs.contains(pack);
    bundle.policies.required.retain(named);
    bundle.policies.optional.retain(named);
    for pack in packs {
        if !bundle.policies.required.contains(pack) && !bundle.policies.optional.contains(pack) {
            bundle.policies.optional.push(pack.clone());
        }
        if let Some(config) = bundle.config.get_mut(pack) {
            config.enabled = None;
        }
    }
}

/// Mistakes in something that the user wrote, on one line.
pub(crate) fn refused(what: &str, problems: &[Problem]) -> Error {
    let list: Vec<String> = problems.iter().map(problem_text).collect();
    Error::usage(format!("{what}: {}", list.join("; ")))
}

/// A mistake with its place.
pub(crate) fn problem_text(problem: &Problem) -> String {
    let mut text = problem.at.clone();
    if let Some(line) = problem.line {
        text = format!("{text} line {line}, column {}", problem.column.unwrap_or(1)).trim_start().to_owned();
    }
    if text.is_empty() { problem.message.clone() } else { format!("{text}: {}", problem.message) }
}
