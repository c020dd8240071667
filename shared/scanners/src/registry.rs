//! Every scanner, in display order. A category is added by one line here.

use crate::check::{Check, Evaluate, Scanner, Scope};
use crate::checks;

/// The scanners of this build.
pub const SCANNERS: &[&Scanner] = &[
    &checks::platform_arch::SCANNER,
    &checks::identity_access::SCANNER,
    &checks::repo_governance::SCANNER,
    &checks::cicd::SCANNER,
    &checks::secrets_mgmt::SCANNER,
    &checks::dependencies::SCANNER,
    &checks::sast::SCANNER,
    &checks::dast::SCANNER,
    &checks::container_security::SCANNER,
    &checks::code_quality::SCANNER,
    &checks::sdlc_process::SCANNER,
    &checks::compliance::SCANNER,
    &checks::collaboration::SCANNER,
    &checks::disaster_recovery::SCANNER,
    &checks::monitoring::SCANNER,
    &checks::migration::SCANNER,
];

/// Every check with its scanner, in display order.
pub fn checks() -> impl Iterator<Item = (&'static Scanner, &'static Check)> {
    SCANNERS.iter().flat_map(|scanner| scanner.checks.iter().map(move |check| (*scanner, check)))
}

/// The check with `id`, and its scanner.
pub fn find(id: &str) -> Option<(&'static Scanner, &'static Check)> {
    checks().find(|(_, check)| check.id == id)
}

impl Check {
    /// What it looks at.
    pub fn scope(&self) -> Scope {
        match self.evaluate {
            Evaluate::Org(_) => Scope::Org,
            Evaluate::Repo(_) => Scope::Repo,
        }
    }
}

#[cfg(test)]
mod tests;
