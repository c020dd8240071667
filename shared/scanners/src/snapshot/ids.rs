//! Names of detectors and topics, checked against the data files by a test.

use serde::{Deserialize, Serialize};

/// An enum whose variants are the keys of a data file: one list instead of an enum, its names and its members.
macro_rules! ids {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "a variant means what its key in the data file says")]
        pub enum $name {
            $(#[serde(rename = $key)] $variant,)+
        }

        impl $name {
            /// Every member, in the order of the data file.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The key in the data file.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)+
                }
            }
        }
    };
}

ids! {
    /// A pattern set of `data/detectors.json`.
    DetectorId {
        CiConfig = "ci-config",
        Test = "test",
        Lint = "lint",
        FormatConfig = "format-config",
        Typecheck = "typecheck",
        Sast = "sast",
        SecretScan = "secret-scan",
        Sca = "sca",
        ContainerScan = "container-scan",
        IacScan = "iac-scan",
        Dast = "dast",
        ApiFuzz = "api-fuzz",
        Sbom = "sbom",
        SbomAsset = "sbom-asset",
        Sign = "sign",
        SignAsset = "sign-asset",
        Provenance = "provenance",
        ImageSign = "image-sign",
        Publish = "publish",
        Deploy = "deploy",
        PagesDeploy = "pages-deploy",
        Gitops = "gitops",
        Rollback = "rollback",
        Coverage = "coverage",
        CoverageNumber = "coverage-number",
        LicenseScan = "license-scan",
        PolicyAsCode = "policy-as-code",
        EvidenceCollection = "evidence-collection",
        ReusableWorkflow = "reusable-workflow",
        Cache = "cache",
        Complexity = "complexity",
        Debt = "debt",
        Stale = "stale",
        Mirror = "mirror",
        BackupRepo = "backup-repo",
        Bench = "bench",
        ChatNotify = "chat-notify",
        Dockerfile = "dockerfile",
        Compose = "compose",
        K8s = "k8s",
        Iac = "iac",
        WebFramework = "web-framework",
        ApiSpec = "api-spec",
        ApiDocGenerator = "api-doc-generator",
        Db = "db",
        MigrationTool = "migration-tool",
        LoggingLib = "logging-lib",
        TracingLib = "tracing-lib",
        ErrorTracking = "error-tracking",
        Metrics = "metrics",
        Alerting = "alerting",
        Dashboards = "dashboards",
        Health = "health",
        FeatureFlags = "feature-flags",
        Vault = "vault",
        Oidc = "oidc",
        StaticCloudCred = "static-cloud-cred",
        DepBot = "dep-bot",
        Lockfile = "lockfile",
        Manifest = "manifest",
        PrivateRegistry = "private-registry",
        HardcodedSecret = "hardcoded-secret",
        DockerSecret = "docker-secret",
        Abstraction = "abstraction",
        DataExport = "data-export",
        CompatTest = "compat-test",
        ApiVersion = "api-version",
        MultiRegion = "multi-region",
        EnvParity = "env-parity",
        SemverTag = "semver-tag",
        BotLogin = "bot-login",
        DepBotLogin = "dep-bot-login",
        BranchName = "branch-name",
        DataClassification = "data-classification",
        RoRootfs = "ro-rootfs",
        ResourceLimits = "resource-limits",
        RuntimePolicy = "runtime-policy",
        AuditLogCode = "audit-log-code",
        WorkflowSast = "workflow-sast",
        HardenRunner = "harden-runner",
        Fuzz = "fuzz",
        Binary = "binary",
    }
}

ids! {
    /// A documentation topic of `data/topics.json`.
    TopicId {
        Backup = "backup",
        Dr = "dr",
        Rto = "rto",
        Rpo = "rpo",
        BackupTest = "backup-test",
        RestoreTested = "restore-tested",
        Failover = "failover",
        MultiRegion = "multi-region",
        Slo = "slo",
        Oncall = "oncall",
        Incident = "incident",
        Runbook = "runbook",
        Migration = "migration",
        Deprecation = "deprecation",
        ApiVersioning = "api-versioning",
        FeatureParity = "feature-parity",
        DataExport = "data-export",
        Branching = "branching",
        Release = "release",
        Hotfix = "hotfix",
        Dod = "dod",
        Adr = "adr",
        Contributing = "contributing",
        SecurityPolicy = "security-policy",
        ComplianceFrameworks = "compliance-frameworks",
        Retention = "retention",
        ChangeMgmt = "change-mgmt",
        VendorRisk = "vendor-risk",
        RegulatoryMapping = "regulatory-mapping",
        DataClassification = "data-classification",
        BreakGlass = "break-glass",
        SecretRotation = "secret-rotation",
        FpProcess = "fp-process",
        TechDebt = "tech-debt",
        Logging = "logging",
        ApiDoc = "api-doc",
        Benchmarks = "benchmarks",
        EnvParity = "env-parity",
        Architecture = "architecture",
    }
}
