//! Code quality: linter, tests, coverage, types, complexity, debt.

mod measures;
#[cfg(test)]
pub(crate) mod tests;
mod tools;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, Outcome, Scanner, Severity, Threshold},
    snapshot::Snapshot,
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::CODE_QUALITY, checks: CHECKS };

/// Either there is code to judge, or its absence decides.
enum Judged {
    Code,
    Decided(Outcome),
}

/// `not_applicable` for repositories without code.
fn code(files: &Snapshot) -> Result<Judged, Gap> {
    if files.profile().code {
        return Ok(Judged::Code);
    }
    files.absent()?;
    let lines = files.profile().code_lines;
    let detail = format!("The repository holds {lines} lines of code, fewer than 50.");
    Ok(Judged::Decided(Outcome::not_applicable(detail)))
}

const CHECKS: &[Check] = &[
    Check {
        id: "CQ-001",
        title: "Linter configuration present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is a linter configured, or built in, and does a CI job run it?",
        rationale: "What a linter finds in a second costs a reviewer minutes, or a user a defect.",
        remediation: "Add the linter's configuration (eslint.config.js, ruff.toml, .golangci.yml, clippy.toml) and a CI step that runs it.",
        references: &["https://docs.github.com/en/actions/tutorials/build-and-test-code"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(tools::linter),
    },
    Check {
        id: "CQ-002",
        title: "Test framework configured",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does the repository declare a test framework, or use a built-in one, and does CI run the tests?",
        rationale: "Without tests every change is a guess, and the first to find a mistake is a user.",
        remediation: "Add a framework (pytest, vitest, JUnit; Rust and Go have one), a first test, and a CI step such as `npm test`.",
        references: &[
            "https://docs.github.com/en/actions/tutorials/build-and-test-code",
            "Scorecard CI-Tests",
            "OSPS-QA-06.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(tools::tests),
    },
    Check {
        id: "CQ-003",
        title: "Code coverage tool present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is coverage measured in CI, or reported by a service on the head commit?",
        rationale: "Without a measure nobody sees which code no test ever ran.",
        remediation: "Add a coverage step to the test job (`pytest --cov`, `cargo llvm-cov`, `vitest --coverage`) and report it, e.g. with codecov/codecov-action.",
        references: &["https://docs.github.com/en/actions/tutorials/build-and-test-code"],
        needs: &["contents", "statuses", "checks", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(measures::coverage_tool),
    },
    Check {
        id: "CQ-004",
        title: "Code coverage > 60%",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "What is the coverage according to the service's check, else a tracked report, else an enforced gate?",
        rationale: "Code that no test runs breaks unnoticed; below a certain share the tests say little about a change.",
        remediation: "Write tests for what is not covered, and enforce the level reached (`fail_under`, `coverageThreshold`, codecov `target`).",
        references: &["https://docs.codecov.com/docs/commit-status"],
        needs: &["contents", "statuses", "checks", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_coverage_pct",
                default: 60,
                unit: "percent",
                description: "Coverage from which it passes.",
            },
            Threshold {
                key: "warn_coverage_pct",
                default: 40,
                unit: "percent",
                description: "Coverage from which it warns; below, it fails.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(measures::coverage),
    },
    Check {
        id: "CQ-005",
        title: "README exists and non-empty",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a README say in its own words what the repository is and how to use it?",
        rationale: "Whoever takes over or depends on the repository starts there; without it knowledge is asked from person to person.",
        remediation: "Write README.md: what it is, how to build and run it, who owns it.",
        references: &[
            "https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-readmes",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_chars",
                default: 300,
                unit: "characters",
                description: "Prose from which it can pass.",
            },
            Threshold {
                key: "min_sections",
                default: 2,
                unit: "count",
                description: "Sections from which it passes.",
            },
            Threshold {
                key: "min_words",
                default: 80,
                unit: "count",
                description: "Words that stand in for sections.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(measures::readme),
    },
    Check {
        id: "CQ-006",
        title: "EditorConfig/Prettier consistent",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a formatter or EditorConfig rule the main language, or does CI check the built-in format?",
        rationale: "Mixed formats hide real changes in noise and start arguments in reviews.",
        remediation: "Add .editorconfig with `indent_style` and `end_of_line`, or the formatter's configuration (.prettierrc, rustfmt.toml, `[tool.ruff.format]`).",
        references: &["https://editorconfig.org/"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(tools::formatting),
    },
    Check {
        id: "CQ-007",
        title: "Type checking configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is the main language statically typed, or does a CI job check types?",
        rationale: "Without types a renamed field or a missing value is found at run time, by a user.",
        remediation: "Add mypy or pyright to the CI job (Python), `\"strict\": true` in tsconfig.json, phpstan or sorbet.",
        references: &[
            "https://www.typescriptlang.org/tsconfig/#strict",
            "https://mypy.readthedocs.io/en/stable/getting_started.html",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(tools::types),
    },
    Check {
        id: "CQ-008",
        title: "Code complexity below threshold",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How complex are the functions (95th percentile and maximum), or which limit does a linter enforce?",
        rationale: "Functions with many branches are where defects gather, and what nobody dares to change.",
        remediation: "Split the functions named in the evidence, and set a limit in the linter (`max-complexity`, `complexity`, gocyclo, `cognitive-complexity-threshold`).",
        references: &["https://csrc.nist.gov/pubs/sp/500/235/final"],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "pass_p95",
                default: 10,
                unit: "count",
                description: "95th percentile of complexity up to which it passes.",
            },
            Threshold {
                key: "warn_p95",
                default: 15,
                unit: "count",
                description: "95th percentile up to which it warns; above, it fails.",
            },
            Threshold {
                key: "max_function",
                default: 30,
                unit: "count",
                description: "Complexity that no function may exceed to pass.",
            },
            Threshold {
                key: "max_limit",
                default: 15,
                unit: "count",
                description: "Enforced limit up to which it passes.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(measures::complexity),
    },
    Check {
        id: "CQ-009",
        title: "Technical debt tracking",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is technical debt tracked by a tool, a register or labelled issues, or are there few TODO marks?",
        rationale: "Debt that stands only in comments is never planned, and grows until it blocks other work.",
        remediation: "Open issues with the label `tech-debt` for the marks (alstr/todo-to-issue-action does it), or keep docs/technical-debt.md.",
        references: &[
            "https://docs.github.com/en/issues/using-labels-and-milestones-to-track-work/managing-labels",
        ],
        needs: &["contents", "issues", "metadata"],
        thresholds: &[
            Threshold {
                key: "low_density_tenths",
                default: 5,
                unit: "tenths of marks per 1,000 lines",
                description: "Density of TODO marks below which it passes.",
            },
            Threshold {
                key: "high_density",
                default: 5,
                unit: "marks per 1,000 lines",
                description: "Density above which untracked marks fail.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(measures::debt),
    },
];
