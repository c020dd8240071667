//! Which repositories a scan covers.

use globset::{Glob, GlobSet, GlobSetBuilder};
use scrutineer_core::{Failure, evidence::RepoListing};
use serde::{Deserialize, Serialize};

/// Longest glob accepted, in bytes.
const MAX_GLOB_BYTES: usize = 200;
/// Most globs accepted per list.
const MAX_GLOBS: usize = 100;

/// Include and exclude globs over repository names without the owner. Empty `include` = all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Globs of names to scan, e.g. `payments-*`.
    #[serde(default)]
    pub include: Vec<String>,
    /// Globs of names to leave out; wins over `include`.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Leave archived repositories out.
    #[serde(default)]
    pub skip_archived: bool,
    /// Leave forks out.
    #[serde(default)]
    pub skip_forks: bool,
}

/// A selection whose globs compiled.
pub struct Selector {
    include: Option<GlobSet>,
    exclude: GlobSet,
    skip_archived: bool,
    skip_forks: bool,
}

impl Selection {
    /// Compiles the globs; names compare without case.
    ///
    /// # Errors
    /// Permanent `invalid_glob`, naming the JSON path of the glob.
    pub fn compile(&self) -> Result<Selector, Failure> {
        let include = compile(&self.include, "include")?;
        Ok(Selector {
            include: (!self.include.is_empty()).then_some(include),
            exclude: compile(&self.exclude, "exclude")?,
            skip_archived: self.skip_archived,
            skip_forks: self.skip_forks,
        })
    }
}

impl Selector {
    /// Whether the scan covers `repo`.
    pub fn covers(&self, repo: &RepoListing) -> bool {
        let name = repo.name.name().to_ascii_lowercase();
        let included = self.include.as_ref().is_none_or(|globs| globs.is_match(&name));
        let left_out = self.exclude.is_match(&name)
            || self.skip_archived && repo.archived
            || self.skip_forks && repo.fork;
        included && !left_out
    }
}

fn compile(globs: &[String], list: &str) -> Result<GlobSet, Failure> {
    if globs.len() > MAX_GLOBS {
        return Err(invalid(&format!("/repositories/{list}"), &format!("at most {MAX_GLOBS} globs")));
    }
    let mut set = GlobSetBuilder::new();
    for (index, text) in globs.iter().enumerate() {
        let at = format!("/repositories/{list}/{index}");
        if text.is_empty() || text.len() > MAX_GLOB_BYTES {
            return Err(invalid(&at, &format!("a glob has 1 to {MAX_GLOB_BYTES} bytes")));
        }
        let glob = Glob::new(&text.to_ascii_lowercase()).map_err(|error| invalid(&at, error.kind()))?;
        set.add(glob);
    }
    set.build().map_err(|error| invalid(&format!("/repositories/{list}"), error.kind()))
}

fn invalid(path: &str, why: &impl std::fmt::Display) -> Failure {
    crate::text::invalid_field("invalid_glob", path, &why.to_string())
}
