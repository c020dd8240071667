//! "2 of 12 (16.7 %)": parts of a whole, compared exactly and shown alike everywhere.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

/// `part` of `whole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// The part.
    pub(crate) part: u64,
    /// The whole.
    pub(crate) whole: u64,
}

impl Share {
    /// `part` of `whole`.
    pub(crate) fn of(part: usize, whole: usize) -> Self {
        Self { part: part as u64, whole: whole as u64 }
    }

    /// Whether the share is at most `percent`, compared without division; nothing of nothing is at most anything.
    pub(crate) fn at_most(self, percent: Decimal) -> bool {
        Decimal::from(self.part) * Decimal::ONE_HUNDRED <= percent * Decimal::from(self.whole)
    }

    /// Whether the share is at least `percent`, compared without division; nothing of nothing is at least anything.
    pub(crate) fn at_least(self, percent: Decimal) -> bool {
        Decimal::from(self.part) * Decimal::ONE_HUNDRED >= percent * Decimal::from(self.whole)
    }

    /// The share in percent with one decimal, e.g. `16.7`; 0 of 0 is 0.
    fn percent(self) -> Decimal {
        (Decimal::from(self.part) * Decimal::ONE_HUNDRED)
            .checked_div(Decimal::from(self.whole))
            .unwrap_or(Decimal::ZERO)
            .round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero)
            .normalize()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} ({} %)", self.part, self.whole, self.percent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_with_its_percentage() {
        assert_eq!(Share::of(2, 12).to_string(), "2 of 12 (16.7 %)");
        assert_eq!(Share::of(0, 0).to_string(), "0 of 0 (0 %)");
    }

    #[test]
    fn limits_are_compared_exactly() {
        let third = Decimal::new(333, 1);
        assert!(!Share::of(1, 3).at_most(third), "1/3 is a little more than 33.3 %");
        assert!(Share::of(1, 20).at_most(Decimal::from(5)) && Share::of(1, 20).at_least(Decimal::from(5)));
        assert!(Share::of(0, 0).at_most(Decimal::ZERO));
    }
}
