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
    /// A deprecation in code that names the version of its removal.
    Deprecated,
    /// A change of an SQL schema outside a migration.
    SchemaChange,
    /// An import of a cloud provider's SDK.
    ProviderSdk,
    /// A limit of complexity in the configuration of a linter.
    ComplexityLimit,
    /// A feature switched by an environment variable.
    EnvToggle,
    /// A public channel of the community: chat, forum or mailing list.
    CommunityChannel,
    /// Calendar versioning, in a document.
    CalendarVersions,
    /// A retention period in configuration.
    RetentionSetting,
    /// A backup in configuration or infrastructure code.
    Backup,
    /// A scheduled workload that restores a backup.
    RestoreSchedule,
    /// Replicas spread over regions.
    RegionSpread,
    /// Replicas spread over the zones of one region.
    ZoneSpread,
    /// A failover that needs nobody.
    Failover,
    /// Monitoring that the platform brings along.
    PlatformMonitoring,
    /// An alert with a condition.
    AlertRule,
    /// Where alerts go, or how severe they are.
    AlertRoute,
    /// Log lines as JSON or key-value pairs.
    StructuredLog,
    /// A logger of a standard library.
    PlainLog,
    /// A print statement.
    Print,
    /// The start of an error tracker.
    ErrorTrackingStart,
    /// A service level objective as code.
    ServiceLevel,
    /// A rotation or an escalation as code.
    OnCall,
    /// A link to a rotation kept elsewhere.
    OnCallLink,
    /// A limit of size or time that a build enforces.
    PerformanceBudget,
}

pub(super) const CODE: &str =
    "**/*.{ts,tsx,js,jsx,mjs,py,go,rs,java,kt,rb,php,cs,swift,c,cc,cpp,h,hpp,scala}";
const PROSE: &str = "**/*.{md,mdx,rst,adoc,txt}";
const DAST: &[&str] = &[
    ".zap/**",
    "**/zap*.{conf,yml,yaml,tsv}",
    "**/automation-framework*.y*ml",
    "**/stackhawk*.y*ml",
    ".nuclei*",
    "**/nuclei-config.y*ml",
    "{.dast,dast,dast-config}.y*ml",
];

pub(super) const fn note(note: Note) -> Owner {
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
    (
        note(Note::EnvToggle),
        &[CODE, "**/.env.example", "**/*.{yml,yaml}"],
        r"\b(?:FEATURE|FF|ENABLE|TOGGLE)_[A-Z][A-Z0-9_]{2,}\b|\b[A-Z][A-Z0-9_]{2,}_(?:ENABLED|FEATURE_FLAG)\b",
    ),
    (
        note(Note::CommunityChannel),
        &[
            "README*",
            "docs/README*",
            ".github/README*",
            "SUPPORT*",
            ".github/SUPPORT*",
            ".github/ISSUE_TEMPLATE/config.y*ml",
        ],
        r"(?i)https?://(?:join\.)?[\w-]*\.?slack\.com\S*|https?://(?:www\.)?discord\.(?:gg|com/invite)/\S+|https?://matrix\.to/\S+|https?://(?:app\.)?gitter\.im/\S+|https?://groups\.google\.com/\S+|https?://[\w.-]+\.zulipchat\.com\S*|https?://lists\.[\w.-]+\S*|https?://(?:discourse|forum|community)\.[\w.-]+\S*",
    ),
    (note(Note::CalendarVersions), &[PROSE], r"(?i)\bcal(?:endar )?ver(?:sioning|sion)?s?\b"),
    (
        note(Note::RetentionSetting),
        &["**/*.{tf,yml,yaml,json,ts,py,go,rs,java,sql,toml,conf}"],
        r"(?i)\b(?:retention[_-](?:in[_-])?days|retentionInDays|backup_retention_period|log_retention\w*|retention\.ms|retention_period|expireAfterSeconds|lifecycle_rule|s3_bucket_lifecycle_configuration|LifecycleConfiguration|TimeToLiveSpecification|message_retention_seconds|point_in_time_recovery_retention|ilm_policy)\b|(?m)^[ \t]*ttl\s*\{",
    ),
    (
        note(Note::ComplexityLimit),
        &["**/.eslintrc*", "**/eslint.config.*", "**/package.json", "**/biome.json*"],
        r#"(?s)["']?(?:\bcomplexity|cognitive-complexity|maxAllowedComplexity)["']?\s*:[^\d\n]{0,40}(?:\n[^\d\n]{0,40})?\d+"#,
    ),
    (
        note(Note::ComplexityLimit),
        &["**/pyproject.toml", "**/setup.cfg", "**/.flake8", "**/tox.ini", "**/ruff.toml", "**/.ruff.toml"],
        r"(?m)max-(?:cognitive-)?complexity\s*=\s*\d+",
    ),
    (note(Note::ComplexityLimit), &["**/.golangci.y*ml"], r"(?:min|max)-complexity:\s*\d+"),
    (
        note(Note::ComplexityLimit),
        &["**/clippy.toml", "**/.clippy.toml", "**/.swiftlint.yml", "**/.clang-tidy"],
        r"cognitive[-_]complexity[-_]threshold\s*=\s*\d+|cyclomatic_complexity:\s*\d+",
    ),
    (
        note(Note::Deprecated),
        &[CODE],
        r#"(?i)(?:@deprecated|#\[deprecated|\[Obsolete|DeprecationWarning|Deprecated:)[^\n]{0,160}(?:remov\w+|sunset)[^\n]{0,60}\d|["'`]Sunset["'`]"#,
    ),
    (
        note(Note::SchemaChange),
        &["**/*.{sql,py,ts,js,mjs,go,rs,java,kt,rb,php,cs,sh}"],
        r"(?i)\b(?:CREATE|ALTER|DROP) TABLE\b",
    ),
    (
        note(Note::ProviderSdk),
        &[CODE],
        r#"(?m)@aws-sdk/|["']aws-sdk["']|\bboto3\b|\baws_sdk_\w+|aws-sdk-go|software\.amazon\.awssdk|com\.amazonaws|\bAmazon\.\w+;|["']@google-cloud/|google\.cloud\b|cloud\.google\.com/go|com\.google\.cloud|["']@azure/|\bazure\.(?:storage|identity|cosmos|keyvault)|azure-sdk-for-go|com\.azure|firebase-admin"#,
    ),
];
