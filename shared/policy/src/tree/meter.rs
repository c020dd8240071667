//! Work, counted: every step through a tree or over text is charged here.
//!
//! Budgets are steps and not seconds, so the same input stops at the same place on any machine. When nothing is left the
//! tree looks childless: loops end by themselves, and whoever set the allowance throws away what was found under it.

use std::cell::Cell;

/// Bytes of text that cost one step when a regular expression reads them.
const BYTES_PER_STEP: usize = 16;

/// What may still be spent.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    left: Cell<u64>,
    out: Cell<bool>,
    /// What facts may still cost; they are shared by rules, so no rule pays for them alone.
    facts: Cell<u64>,
    facts_out: Cell<bool>,
    aside: Cell<bool>,
}

impl Default for Meter {
    fn default() -> Self {
        Meter {
            left: Cell::new(u64::MAX),
            out: Cell::new(false),
            facts: Cell::new(u64::MAX),
            facts_out: Cell::new(false),
            aside: Cell::new(false),
        }
    }
}

impl Meter {
    /// Allow so many steps from here on.
    pub(crate) fn allow(&self, steps: u64) {
        self.left.set(steps);
        self.out.set(false);
    }

    /// Allow facts so many steps from here on.
    pub(crate) fn allow_facts(&self, steps: u64) {
        self.facts.set(steps);
    }

    /// Steps left of the allowance.
    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Whether something was stopped.
    pub(crate) fn is_out(&self) -> bool {
        self.out.get()
    }

    /// Whether facts were stopped: no rule that uses them can be believed.
    pub(crate) fn facts_are_out(&self) -> bool {
        self.facts_out.get()
    }

    /// Spend one step; false when there was none.
    #[inline]
    pub(crate) fn step(&self) -> bool {
        self.charge(1)
    }

    /// Spend steps; false when there were not enough.
    #[inline]
    pub(crate) fn charge(&self, steps: u64) -> bool {
        match self.left.get().checked_sub(steps) {
            Some(left) => {
                self.left.set(left);
                true
            }
            None => {
                self.left.set(0);
                self.out.set(true);
                false
            }
        }
    }

    /// Spend what reading `bytes` of text costs.
    pub(crate) fn read(&self, bytes: usize) -> bool {
        self.charge(u64::try_from(bytes / BYTES_PER_STEP + 1).unwrap_or(u64::MAX))
    }

    /// Collect facts on their own allowance.
    pub(crate) fn aside<T>(&self, collect: impl FnOnce() -> T) -> T {
        if self.aside.replace(true) {
            return collect();
        }
        let (left, out) = (self.left.replace(self.facts.get()), self.out.replace(false));
        let facts = collect();
        self.facts.set(self.left.replace(left));
        if self.out.replace(out) {
            self.facts_out.set(true);
        }
        self.aside.set(false);
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_ends_and_facts_have_their_own() {
        let meter = Meter::default();
        meter.allow(3);
        meter.allow_facts(1);
        assert!(meter.charge(2) && meter.aside(|| meter.step()) && meter.left() == 1);
        assert!(!meter.aside(|| meter.step()) && meter.facts_are_out());
        assert!(!meter.is_out() && meter.step() && !meter.step() && meter.is_out());
        meter.allow(1);
        assert!(!meter.is_out() && !meter.read(16));
    }
}
