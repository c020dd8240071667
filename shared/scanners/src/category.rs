//! The 16 categories and what each weighs in the overall score.
//!
//! All sixteen are known, whether or not this build has a scanner for them: a category without a scanner is simply
//! never active, so the overall score is the mean over those that are.

use serde::Serialize;

use crate::check::Scope;

/// A category: what one scanner scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Key as in the API, e.g. `platform_arch`.
    pub key: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Weight in the overall score, in hundredths; all 16 sum to 100.
    pub weight_hundredths: u8,
    /// What its checks look at.
    pub scope: Scope,
}

const fn org(key: &'static str, title: &'static str, weight_hundredths: u8) -> Category {
    Category { key, title, weight_hundredths, scope: Scope::Org }
}

const fn repo(key: &'static str, title: &'static str, weight_hundredths: u8) -> Category {
    Category { key, title, weight_hundredths, scope: Scope::Repo }
}

/// Platform & architecture.
pub const PLATFORM_ARCH: Category = org("platform_arch", "Platform & architecture", 6);
/// Identity & access.
pub const IDENTITY_ACCESS: Category = org("identity_access", "Identity & access", 10);
/// Repository governance.
pub const REPO_GOVERNANCE: Category = repo("repo_governance", "Repository governance", 10);
/// CI/CD.
pub const CICD: Category = repo("cicd", "CI/CD", 10);
/// Secrets management.
pub const SECRETS_MGMT: Category = repo("secrets_mgmt", "Secrets management", 8);
/// Dependencies.
pub const DEPENDENCIES: Category = repo("dependencies", "Dependencies", 8);
/// Static analysis.
pub const SAST: Category = repo("sast", "Static analysis", 6);
/// Dynamic analysis.
pub const DAST: Category = repo("dast", "Dynamic analysis", 4);
/// Container security.
pub const CONTAINER_SECURITY: Category = repo("container_security", "Container security", 6);
/// Code quality.
pub const CODE_QUALITY: Category = repo("code_quality", "Code quality", 6);
/// Development process.
pub const SDLC_PROCESS: Category = repo("sdlc_process", "Development process", 6);
/// Compliance.
pub const COMPLIANCE: Category = repo("compliance", "Compliance", 6);
/// Collaboration.
pub const COLLABORATION: Category = repo("collaboration", "Collaboration", 4);
/// Disaster recovery.
pub const DISASTER_RECOVERY: Category = repo("disaster_recovery", "Disaster recovery", 4);
/// Monitoring.
pub const MONITORING: Category = repo("monitoring", "Monitoring", 4);
/// Migration readiness.
pub const MIGRATION: Category = repo("migration", "Migration readiness", 2);

/// All categories, in display order.
pub const CATEGORIES: [Category; 16] = [
    PLATFORM_ARCH,
    IDENTITY_ACCESS,
    REPO_GOVERNANCE,
    CICD,
    SECRETS_MGMT,
    DEPENDENCIES,
    SAST,
    DAST,
    CONTAINER_SECURITY,
    CODE_QUALITY,
    SDLC_PROCESS,
    COMPLIANCE,
    COLLABORATION,
    DISASTER_RECOVERY,
    MONITORING,
    MIGRATION,
];
