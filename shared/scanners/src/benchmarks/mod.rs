//! A completed scan held against public standards, and its delivery measured as DORA does.
//!
//! Nothing is judged twice: a control's state follows from the findings of the checks whose `references` name it, so
//! the registry is the only mapping. What a newcomer would get wrong: a control without a check is `not_assessed`,
//! never met, and a level is claimed only when every control of it is met.

mod cis;
pub mod dora;
mod osps;
mod scorecard;
mod slsa;
mod standard;
mod tally;

use serde::{Deserialize, Serialize};

pub use dora::{Band, Dora, Metric};
pub use standard::{CheckResult, Control, Group, Standard, State, States};
pub use tally::{Summary, Tally};

/// A scan against the standards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Benchmarks {
    /// OpenSSF Scorecard, SLSA, CIS Software Supply Chain Security, OSPS Baseline.
    pub standards: Vec<Standard>,
    /// The four DORA metrics.
    pub dora: Dora,
}

/// How a repository attests what it builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// It publishes nothing.
    NotShipping,
    /// It publishes without provenance.
    Missing,
    /// A pipeline step makes provenance; no release is seen to carry it.
    Configured,
    /// The newest release with assets carries a provenance file.
    Attached,
}

/// What a scan's summary says against every standard.
pub fn assess(summary: &Summary) -> Benchmarks {
    Benchmarks {
        standards: vec![
            scorecard::assess(summary),
            slsa::assess(summary),
            cis::assess(summary),
            osps::assess(summary),
        ],
        dora: dora::measure(&summary.delivery),
    }
}

#[cfg(test)]
mod tests;
