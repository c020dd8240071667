//! What a scan's result means for the exit code.

use rust_decimal::Decimal;
use scrutineer_scanners::{Severity, Status};

use scrutineer_service::scan::finish::INCOMPLETE_BELOW;

use super::Report;

/// From which severity on a failed finding blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Critical ones.
    Critical,
    /// High ones and worse.
    #[default]
    High,
    /// Medium ones and worse.
    Medium,
    /// Low ones and worse.
    Low,
    /// Findings change nothing: 0 or 12.
    Never,
}

/// How a scan ended, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A failed finding at or above the chosen severity. Certain even when not everything was seen.
    Blocking,
    /// The scan failed, repositories failed, or too little could be decided.
    Incomplete,
    /// Other failed findings, or warnings.
    Warnings,
    /// Nothing to say.
    Clean,
}

impl Verdict {
    /// The verdict on a report.
    pub fn of(report: &Report, fail_on: FailOn) -> Self {
        if report.scan.status != "completed" {
            return Self::Incomplete;
        }
        if report.findings.iter().any(|f| f.status == Status::Failed && fail_on.blocks(f.severity)) {
            return Self::Blocking;
        }
        let too_little = report.coverage.is_some_and(|coverage| coverage < Decimal::from(INCOMPLETE_BELOW));
        if too_little || report.scan.repositories.failed > 0 {
            return Self::Incomplete;
        }
        let found = |f: &super::FindingPart| matches!(f.status, Status::Failed | Status::Warning);
        if fail_on != FailOn::Never && report.findings.iter().any(found) {
            return Self::Warnings;
        }
        Self::Clean
    }

    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Warnings => 10,
            Self::Blocking => 11,
            Self::Incomplete => 12,
        }
    }
}

impl FailOn {
    fn blocks(self, severity: Severity) -> bool {
        let from = match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::Never => return false,
        };
        // The worst severity orders first.
        severity <= from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_exit_code_follows_the_worst_that_is_certain() {
        let report = sample::report();
        assert_eq!(Verdict::of(&report, FailOn::High), Verdict::Blocking);
        assert_eq!(Verdict::of(&report, FailOn::Never), Verdict::Incomplete);
        let mut whole = report.clone();
        whole.coverage = Some(Decimal::from(99));
        whole.scan.repositories.failed = 0;
        assert_eq!(Verdict::of(&whole, FailOn::Never), Verdict::Clean);
        whole.findings.retain(|finding| finding.status != Status::Failed);
        assert_eq!(Verdict::of(&whole, FailOn::High), Verdict::Warnings);
        whole.findings.clear();
        assert_eq!(Verdict::of(&whole, FailOn::High), Verdict::Clean);
        let mut failed = report;
        failed.scan.status = "failed";
        assert_eq!(Verdict::of(&failed, FailOn::High).exit_code(), 12);
    }
}
