//! How much work a verification may be.
//!
//! Every bound is a count of steps, never a time: the same input stops at the same place on any machine and with any
//! number of threads. A clock is the last resort of the caller ([`Limits::stop`]); what it cuts off is reported.

use std::{fmt, sync::Arc};

/// Bounds of the match phase. The parser has its own, also in steps.
#[derive(Clone)]
pub struct Limits {
    /// Steps through one file's tree by all built-in rules together. The default, 5,000,000, is a quarter of a second on
    /// the machine it was measured on and 20 times what the largest ordinary file of 1 MiB takes.
    pub match_steps: u64,
    /// Steps of one custom rule in one file.
    pub custom_steps: u64,
    /// Steps of all custom rules in one file; shared evenly by those that can fire there.
    pub custom_file_steps: u64,
    /// Steps of one custom rule in all files. A rule beyond it is left out as a whole.
    pub custom_run_steps: u64,
    /// Asked before each file; `true` = stop here. For deadlines of the process, which make a result depend on the
    /// machine: every file that is left out is reported, and the verdict is incomplete.
    pub stop: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            match_steps: 5_000_000,
            custom_steps: 2_000_000,
            custom_file_steps: 20_000_000,
            custom_run_steps: 200_000_000,
            stop: None,
        }
    }
}

impl Limits {
    /// What one of `rules` custom rules may spend in one file.
    pub(crate) fn share(&self, rules: usize) -> u64 {
        let each = self.custom_file_steps / u64::try_from(rules.max(1)).unwrap_or(u64::MAX);
        each.min(self.custom_steps)
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("match_steps", &self.match_steps)
            .field("custom_steps", &self.custom_steps)
            .field("custom_file_steps", &self.custom_file_steps)
            .field("custom_run_steps", &self.custom_run_steps)
            .field("stop", &self.stop.is_some())
            .finish()
    }
}
