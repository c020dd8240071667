//! CI/CD: does a pipeline exist, what does it run, and how does it ship.

use crate::{
    category,
    check::{Check, Scanner},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::CICD, checks: CHECKS };

const CHECKS: &[Check] = &[];
