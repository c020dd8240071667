//! Places that single checks ask for, beside the detectors: configuration of scanners and marks in code.

use super::patterns::{Extra, Owner};

/// What was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    /// An own rule or query of a static analyser.
    SastRule,
    /// A CodeQL configuration that names queries of the repository.
    SastRuleUse,
    /// A CodeQL configuration with an extended suite or a pack.
    SastExtended,
    /// A finding suppressed in code, with a reason beside it.
    SuppressionReason,
    /// Authentication in the configuration of a dynamic scan.
    DastAuth,
    /// An active scan in a plan of ZAP's automation framework.
    DastActive,
    /// Kinds of attacks that a dynamic scan leaves out.
    DastDisabled,
    /// A security scheme in an API description.
    ApiAuth,
}

const CODE: &str = "**/*.{ts,tsx,js,jsx,mjs,py,go,rs,java,kt,rb,php,cs,swift,c,cc,cpp,h,hpp,scala}";
const DAST: &[&str] = &[
    ".zap/**",
    "**/zap*.{conf,yml,yaml,tsv}",
    "**/automation-framework*.y*ml",
    "**/stackhawk*.y*ml",
    ".nuclei*",
    "**/nuclei-config.y*ml",
    "{.dast,dast,dast-config}.y*ml",
];

const fn note(note: Note) -> Owner {
    Owner::Extra(Extra::Note(note))
}

/// What is noted, where, and by which pattern.
pub(super) const NOTES: &[(Owner, &[&str], &str)] = &[
    (note(Note::SastRule), &["**/*.ql"], r"(?m)^\s*(?:from|select)\b"),
    (
        note(Note::SastRule),
        &[".semgrep/**", "semgrep/**/*.y*ml", ".semgrep.y*ml", "**/semgrep*.y*ml", ".opengrep/**"],
        r"(?m)^rules:",
    ),
    (note(Note::SastRule), &["sgconfig.y*ml"], r"(?m)^ruleDirs:"),
    (note(Note::SastRuleUse), &["**/codeql-config.y*ml", ".github/codeql/**/*.y*ml"], r#"uses:\s*["']?\./"#),
    (
        note(Note::SastExtended),
        &["**/codeql-config.y*ml", ".github/codeql/**/*.y*ml"],
        r"(?m)security-extended|security-and-quality|^packs:",
    ),
    (
        note(Note::SuppressionReason),
        &[CODE, ".semgrepignore", "**/sonar-project.properties"],
        r"(?:nosec|nosemgrep|NOSONAR|codeql\[[\w/-]+\])[^\n]{0,80}?\s(?:--?|—|because|reason:?)\s[^\n]*\w{3}",
    ),
    (
        note(Note::DastAuth),
        DAST,
        r"(?im)^\s*-?\s*(?:authentication|auth|sessionManagement|secrets?-file)\s*:|\bAuthorization\b|ZAP_AUTH_",
    ),
    (note(Note::DastActive), DAST, r#"(?m)type:\s*["']?activeScan"#),
    (
        note(Note::DastDisabled),
        DAST,
        r#"(?im)^\s*(?:6|7|400\d\d|900\d\d)\s+(?:IGNORE|OFF)\b|defaultThreshold:\s*["']?off|exclude-?(?:tags|d?plugins)\s*:"#,
    ),
    (
        note(Note::ApiAuth),
        &["**/{openapi,swagger}*.{yml,yaml,json}", "**/*.openapi.{yml,yaml,json}"],
        r"securitySchemes|securityDefinitions",
    ),
];
