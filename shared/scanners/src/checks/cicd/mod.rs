//! CI/CD: does a pipeline exist, what does it run, and how does it ship.

mod delivery;
mod deployments;
mod existence;
mod reuse;
mod runs;
mod scanning;
mod signing;
#[cfg(test)]
pub(crate) mod tests;
mod work;

pub(crate) use deployments::is_production;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, RepoSubject, Scanner, Severity, Threshold},
    snapshot::Snapshot,
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::CICD, checks: CHECKS };

/// Events on which a change is judged before or when it reaches a branch.
const ON_CHANGE: &[&str] = &["pull_request", "pull_request_target", "merge_group", "push"];

/// Allows a decision by absence: everything was seen, and no pipeline of the same organization was called unseen.
pub(crate) fn absent(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<(), Gap> {
    files.absent()?;
    let owner = format!("{}/", subject.repo.listing.name.owner().to_ascii_lowercase());
    let own = |call: &&crate::snapshot::Hit| call.what.to_ascii_lowercase().starts_with(&owner);
    match files.ci().unresolved.iter().find(own) {
        Some(call) => Err(Gap::unavailable(format!(
            "{} calls the reusable workflow {}, which stands in another repository and was not read",
            call.source(),
            call.what
        ))),
        None => Ok(()),
    }
}

const MIN_RUNS: Threshold = Threshold {
    key: "min_runs",
    default: 5,
    unit: "count",
    description: "Runs below which it is not applicable.",
};

const CHECKS: &[Check] = &[
    Check {
        id: "CICD-001",
        title: "CI pipeline exists",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Does the repository define a pipeline, of any of the common systems, that has a job and starts by \
            itself?",
        rationale: "Without a pipeline nothing checks a change before it ships, and every release is made by hand.",
        remediation: "Add .github/workflows/ci.yml with `on: [push, pull_request]` and a job that builds and tests; \
            Actions > New workflow offers one per language.",
        references: &[
            "https://docs.github.com/en/actions/get-started/quickstart",
            "CIS Software Supply Chain 2.3.1",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(existence::pipeline_exists),
    },
    Check {
        id: "CICD-002",
        title: "Pipeline runs on PRs",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a pull request start a job that builds, tests or lints it?",
        rationale: "What only runs after the merge finds the mistake when it is already on the default branch.",
        remediation: "In .github/workflows/ci.yml add `on: pull_request:` without `paths:` (use a job condition to skip \
            work), and `merge_group:` where a merge queue is used.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request",
            "Scorecard CI-Tests",
            "OSPS-QA-06.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(existence::runs_on_pull_requests),
    },
    Check {
        id: "CICD-003",
        title: "Pipeline includes tests",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a job on pull requests or pushes run the tests, and are there tests to run?",
        rationale: "Untested changes reach users as defects; a test that nobody runs protects as little as none.",
        remediation: "Add a step with the test command of the project (`npm test`, `cargo test`, `pytest`, `go test \
            ./...`) to the job that runs on pull_request.",
        references: &[
            "https://docs.github.com/en/actions/tutorials/build-and-test-code",
            "Scorecard CI-Tests",
            "OSPS-QA-06.01",
            "DORA Art. 25",
            "DORA metric: change failure rate (driver)",
        ],
        needs: &["contents", "checks", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(work::tests_run),
    },
    Check {
        id: "CICD-004",
        title: "Pipeline includes linting",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a CI job run a linter or a formatter check that can fail?",
        rationale: "A linter that only runs on some machines lets defects and style arguments into every review.",
        remediation: "Add a step such as `eslint .`, `ruff check`, `golangci-lint run` or `cargo clippy -- -D warnings` \
            without continue-on-error to the CI workflow.",
        references: &["https://docs.github.com/en/actions/tutorials/build-and-test-code"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(work::lint_runs),
    },
    Check {
        id: "CICD-005",
        title: "Pipeline includes security scanning",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a CI job, or code scanning default setup, run a code, dependency, secret, container or \
            infrastructure scanner on changes or on a schedule?",
        rationale: "Known vulnerabilities that no scanner looks for are found by those who exploit them.",
        remediation: "Repository > Settings > Advanced Security > Code scanning > Set up > Default, or add a step with \
            github/codeql-action, semgrep, osv-scanner, trivy or gitleaks to the CI workflow.",
        references: &[
            "https://docs.github.com/en/code-security/code-scanning/enabling-code-scanning/configuring-default-setup-for-code-scanning",
            "Scorecard SAST",
            "CIS Software Supply Chain 1.1.18",
            "DORA Art. 25",
        ],
        needs: &["contents", "administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(scanning::security_scan_runs),
    },
    Check {
        id: "CICD-006",
        title: "Deployment automation exists",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is what the repository ships deployed or published by a job, by GitOps, or recorded as a \
            deployment?",
        rationale: "Manual releases are slow, differ each time, and need people who hold production credentials.",
        remediation: "Move the deploy or publish command into a workflow job with `environment:` \
            (.github/workflows/deploy.yml).",
        references: &[
            "https://docs.github.com/en/actions/how-tos/deploy",
            "Scorecard Packaging",
            "CIS Software Supply Chain 5.2.1",
            "DORA metric: deployment frequency (precondition)",
        ],
        needs: &["contents", "deployments", "metadata"],
        thresholds: &[Threshold {
            key: "max_age_days",
            default: 180,
            unit: "days",
            description: "Age up to which a recorded deployment counts.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(delivery::deployment_automated),
    },
    Check {
        id: "CICD-007",
        title: "Environment approvals configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Must somebody, or a custom gate, approve a deployment to every production environment?",
        rationale: "Without an approval whoever can push, or edit a workflow, deploys to production unseen.",
        remediation: "Repository > Settings > Environments > production > Required reviewers, Prevent self-review; name \
            the environment in the deploy job with `environment: production`.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments",
            "CIS Software Supply Chain 5.2.3",
        ],
        needs: &["actions", "contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(deployments::approvals_configured),
    },
    Check {
        id: "CICD-008",
        title: "Pipeline success rate >95%",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How many of the GitHub Actions runs on the last 20 commits of the default branch succeed?",
        rationale: "A pipeline that is often red is ignored, and then a real failure is ignored with it.",
        remediation: "Actions > filter `branch:main is:failure`; fix or delete what fails, quarantine flaky tests, and \
            require the checks before merging.",
        references: &[
            "https://docs.github.com/en/actions/how-tos/monitor-workflows",
            "DORA metric: change failure rate (proxy: CI failures, not production failures)",
        ],
        needs: &["checks", "actions", "contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "pass_percent",
                default: 95,
                unit: "percent",
                description: "Success rate from which it passes.",
            },
            Threshold {
                key: "warn_percent",
                default: 80,
                unit: "percent",
                description: "Success rate from which it warns; below, it fails.",
            },
            MIN_RUNS,
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(runs::success_rate),
    },
    Check {
        id: "CICD-009",
        title: "Average build time <10 min",
        severity: Severity::Low,
        weight_halves: 1,
        description: "How long do the GitHub Actions runs on the last 20 commits of the default branch take on average?",
        rationale: "Slow feedback makes changes larger and rarer, and tempts people to merge without waiting.",
        remediation: "Cache dependencies, split the job (`strategy.matrix`, test sharding), run only what a change \
            touches, and cancel superseded runs with `concurrency:`.",
        references: &[
            "https://docs.github.com/en/actions/concepts/workflows-and-actions/dependency-caching",
            "DORA metric: lead time for changes (part: build time)",
        ],
        needs: &["checks", "actions", "contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_seconds",
                default: 600,
                unit: "seconds",
                description: "Mean duration below which it passes.",
            },
            Threshold {
                key: "max_run_hours",
                default: 6,
                unit: "hours",
                description: "Runs that took longer were re-run later and are left out.",
            },
            MIN_RUNS,
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(runs::build_time),
    },
    Check {
        id: "CICD-010",
        title: "Reusable workflows used",
        severity: Severity::Low,
        weight_halves: 1,
        description: "With three workflows or more, is shared work called from a reusable workflow or a composite action?",
        rationale: "Copied steps drift apart: a fix or a pinned version reaches one workflow and misses the others.",
        remediation: "Move shared steps to .github/actions/NAME/action.yml (`runs.using: composite`) or shared jobs to a \
            workflow with `on: workflow_call`, and call them with `uses: ./…`.",
        references: &["https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows"],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_workflows",
                default: 3,
                unit: "count",
                description: "Workflows below which it is not applicable.",
            },
            Threshold {
                key: "min_identical_steps",
                default: 3,
                unit: "count",
                description: "Steps that stand alike in that many workflows, from which it warns.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(reuse::workflows_reused),
    },
    Check {
        id: "CICD-011",
        title: "Pipeline caching configured",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a job that installs dependencies cache them?",
        rationale: "Every run that downloads everything again is slower, and fails when a registry has a bad hour.",
        remediation: "Set the cache input of the setup action (`actions/setup-node` with `cache: npm`), or add \
            actions/cache or Swatinem/rust-cache before the install step.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(reuse::caches),
    },
    Check {
        id: "CICD-012",
        title: "Artifact signing enabled",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Are published artifacts signed or attested by the job that publishes them, or do the newest five \
            releases carry signatures?",
        rationale: "Users cannot tell an unsigned artifact from one that somebody replaced on its way.",
        remediation: "Add `actions/attest-build-provenance` (permissions `id-token: write`, `attestations: write`) or \
            `cosign sign` to the release job.",
        references: &[
            "https://docs.github.com/en/actions/how-tos/secure-your-work/use-artifact-attestations/use-artifact-attestations",
            "Scorecard Signed-Releases",
            "SLSA Build L1 (only when the signature covers provenance)",
            "CIS Software Supply Chain 2.4.1",
            "CIS Software Supply Chain 4.1.1",
            "OSPS-BR-06.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(signing::artifacts_signed),
    },
    Check {
        id: "CICD-013",
        title: "Deployment rollback capability",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Can the last good version be brought back by a command, an automatic rollback, or a deploy job that \
            takes a version?",
        rationale: "When a release breaks production, the time to undo it is the length of the outage.",
        remediation: "Add `on: workflow_dispatch: inputs: version:` to the deploy workflow and check that reference out, \
            or use `helm upgrade --rollback-on-failure` or an Argo Rollout.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_dispatch",
            "DORA Art. 11",
            "DORA metric: failed deployment recovery time (enabler)",
        ],
        needs: &["contents", "deployments", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(deployments::rollback_possible),
    },
    Check {
        id: "CICD-014",
        title: "Multi-environment pipeline",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do deployments go through at least two environments, one of which is production?",
        rationale: "Where production is the only environment, users are the first to see every mistake.",
        remediation: "Create `staging` and `production` under Repository > Settings > Environments and deploy to them in \
            two jobs, the second with `needs:` the first.",
        references: &[
            "https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments",
        ],
        needs: &["actions", "contents", "deployments", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(deployments::several_environments),
    },
];
