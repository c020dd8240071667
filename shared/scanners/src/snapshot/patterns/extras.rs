//! What content patterns are for, and the questions that are asked besides the detectors.

use super::Pattern;
use crate::snapshot::{DetectorId, Note};

/// What a content pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::snapshot) enum Owner {
    /// A detector of the data file.
    Detector(DetectorId),
    /// A question of ours that is answered in the same pass.
    Extra(Extra),
}

/// Questions beyond the detectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::snapshot) enum Extra {
    /// `kind: Secret`.
    K8sSecret,
    /// A secret consumed at run time.
    SecretUse,
    /// An own rule of a secret scanner.
    SecretRule,
    /// A hook that looks at branch names.
    BranchHook,
    /// A port that a container listens on.
    Port,
    /// HTTP route code.
    Route,
    /// A note.
    Note(Note),
}

/// Questions that are answered in the same pass: for what, where, pattern.
pub(super) const EXTRAS: &[(Owner, &[&str], &str)] = &[
    (Owner::Extra(Extra::K8sSecret), &["**/*.{yml,yaml}"], r#"(?m)^kind:\s*["']?Secret["']?\s*$"#),
    (
        Owner::Extra(Extra::SecretUse),
        &["**/*.{yml,yaml,tpl}"],
        r"\b(secretKeyRef|secretRef|secretName)\s*:|kind:\s*SecretStore",
    ),
    (
        Owner::Extra(Extra::SecretUse),
        &["**/*.{ts,tsx,js,jsx,mjs,cjs,py,go,rs,java,kt,rb,php,cs,ex,exs,scala,swift,sh}"],
        r#"(?:process\.env(?:\.|\[["'])|environ(?:\.get\(|\[)["']|[gG]et[eE]nv\(["']|env::var(?:_os)?\("|ENV(?:\.fetch\(|\[)["']|EnvironmentVariable\("|System\.get_env\(")\w*(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?|DATABASE_URL|DSN)"#,
    ),
    (
        Owner::Extra(Extra::SecretRule),
        &[".gitleaks.toml", "gitleaks.toml", "**/.gitleaks.toml"],
        r"(?m)^\s*\[\[rules\]\]",
    ),
    (Owner::Extra(Extra::SecretRule), &[".trufflehog*.y*ml", "trufflehog*.y*ml"], r"(?m)^\s*detectors\s*:"),
    (
        Owner::Extra(Extra::SecretRule),
        &[".semgrep.y*ml", ".semgrep/**", "semgrep/**/*.y*ml"],
        r"(?im)^\s*-?\s*id:\s*\S*(?:secret|credential|token|password|api[-_]?key)",
    ),
    (
        Owner::Extra(Extra::BranchHook),
        &[
            ".husky/**",
            ".githooks/**",
            "lefthook.y*ml",
            ".lefthook.y*ml",
            ".pre-commit-config.yaml",
            "**/package.json",
            ".overcommit.yml",
        ],
        r"validate-branch-name|branch-name-lint|branchlint|git branch --show-current|git rev-parse --abbrev-ref HEAD|git symbolic-ref|no-commit-to-branch",
    ),
    (Owner::Extra(Extra::Port), &["**/*.{yml,yaml,tpl}"], r"(?m)^\s*-?\s*(?:containerPort|targetPort)\s*:"),
    (
        Owner::Extra(Extra::Route),
        &["**/*.{ts,js,mjs,py,go,rs,java,kt,rb,php,cs,ex,scala}"],
        r#"(?:app|router|server|api|r|e|mux)\.(?:get|post|put|patch|delete|GET|POST|PUT|DELETE|HandleFunc|Handle|route)\(\s*["'`]/|@(?:Get|Post|Put|Patch|Delete|Request)Mapping|\.route\("/|@(?:app|router|bp|blueprint)\.(?:route|get|post)"#,
    ),
    // Rust keeps its unit tests beside the code, where no file name tells.
    (Owner::Detector(DetectorId::Test), &["**/*.rs"], r"(?m)^\s*#\[(?:cfg\(test\)|test|tokio::test)"),
];

/// A content pattern and what it is for.
#[derive(Debug)]
pub(in crate::snapshot) struct Content {
    pub(in crate::snapshot) owner: Owner,
    pub(in crate::snapshot) pattern: Pattern,
}
