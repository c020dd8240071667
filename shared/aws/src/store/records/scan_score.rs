//! A scan's score in one category. PK `SCAN#id`, SK `SCORE#category`.

use rust_decimal::Decimal;
use scrutineer_core::ids::ScanId;
use serde::{Deserialize, Serialize};

use super::FindingCounts;
use crate::store::{KeyOf, RangeOf, Record};

/// The score of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanScore {
    /// The scan.
    pub scan: ScanId,
    /// Id of the category.
    pub category: String,
    /// Points earned.
    pub score: Decimal,
    /// Points that could be earned.
    pub max_score: Decimal,
    /// Earned of possible in per cent, two decimals; `None` when nothing could be earned.
    pub percentage: Option<Decimal>,
    /// Share of checks that could be decided, in per cent, two decimals; `None` when there were none.
    pub coverage: Option<Decimal>,
    /// The category's weight in the overall score.
    pub weight: Decimal,
    /// Findings by status.
    pub findings: FindingCounts,
}

impl ScanScore {
    /// The score of this category.
    pub fn key_of(scan: ScanId, category: &str) -> KeyOf<Self> {
        KeyOf::new(format_args!("SCAN#{scan}"), format_args!("SCORE#{category}"))
    }

    /// All categories of a scan.
    pub fn of_scan(scan: ScanId) -> RangeOf<Self> {
        RangeOf::table(format_args!("SCAN#{scan}"), "SCORE#")
    }
}

impl Record for ScanScore {
    const KIND: &'static str = "ScanScore";

    fn key(&self) -> KeyOf<Self> {
        Self::key_of(self.scan, &self.category)
    }
}
