//! Secrets management: where secrets live, who finds the lost ones, and how long they last.

use crate::{category::SECRETS_MGMT, check::Scanner};
/// The scanner.
pub static SCANNER: Scanner = Scanner { category: SECRETS_MGMT, checks: &[] };
