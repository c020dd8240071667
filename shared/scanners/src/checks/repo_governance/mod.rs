//! Repository governance: what may reach the default branch, and who decides.

use crate::{category::REPO_GOVERNANCE, check::Scanner};
/// The scanner.
pub static SCANNER: Scanner = Scanner { category: REPO_GOVERNANCE, checks: &[] };
