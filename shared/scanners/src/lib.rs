//! Scanners, checks and scoring: evidence in, verdicts out.
