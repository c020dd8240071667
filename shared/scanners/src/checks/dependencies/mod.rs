//! Dependencies: are they known, pinned, watched and kept up to date.

mod findings;
mod locks;
#[cfg(test)]
pub(crate) mod tests;
mod updates;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, Outcome, Scanner, Severity, Threshold},
    snapshot::{DetectorId, Snapshot},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::DEPENDENCIES, checks: CHECKS };

/// `not_applicable` where no manifest exists.
fn without_manifests(files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    if !files.supply().manifests.is_empty() || !files.detector(DetectorId::Manifest).files.is_empty() {
        return Ok(None);
    }
    files.absent()?;
    Ok(Some(Outcome::not_applicable("The repository holds no manifest of a package manager.")))
}

/// `not_applicable` where no manifest names a dependency.
fn without_dependencies(files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    if !files.supply().manifests.is_empty() {
        return Ok(None);
    }
    files.absent()?;
    Ok(Some(Outcome::not_applicable("No manifest of the repository names a dependency.")))
}

const ALERTS_DOC: &str = "https://docs.github.com/en/code-security/dependabot/dependabot-alerts/viewing-and-updating-dependabot-alerts";
const UPDATES_DOC: &str = "https://docs.github.com/en/code-security/dependabot/dependabot-version-updates/configuring-dependabot-version-updates";
const CHAIN_DOC: &str = "https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-supply-chain/about-the-dependency-graph";

const CHECKS: &[Check] = &[
    Check {
        id: "DEP-001",
        title: "Dependabot/Renovate enabled",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Does Dependabot or Renovate watch every ecosystem that has a manifest?",
        rationale: "Nobody reads advisories for hundreds of packages; what is not watched stays vulnerable.",
        remediation: "Add .github/dependabot.yml with one `updates:` entry per package manager, or switch on Repository > \
            Settings > Advanced Security > Dependabot security updates.",
        references: &[
            UPDATES_DOC,
            "Scorecard Dependency-Update-Tool",
            "CIS Software Supply Chain 1.5.5",
            "CIS Software Supply Chain 3.2.2",
        ],
        needs: &["contents", "administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(updates::enabled),
    },
    Check {
        id: "DEP-002",
        title: "No critical vulnerabilities",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Are Dependabot alerts on, and is no critical one open?",
        rationale: "Exploits for critical advisories are public within days, and scanners try them everywhere.",
        remediation: "Repository > Security > Dependabot > filter `severity:critical`; merge the proposed update, or raise \
            the version in the manifest and its lockfile.",
        references: &[
            ALERTS_DOC,
            "Scorecard Vulnerabilities",
            "SLSA Dependency L2 (draft; part)",
            "CIS Software Supply Chain 1.5.5",
            "CIS Software Supply Chain 3.2.2",
            "DORA Art. 25",
        ],
        needs: &["vulnerability_alerts", "contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(findings::no_critical),
    },
    Check {
        id: "DEP-003",
        title: "No high vulnerabilities",
        severity: Severity::High,
        weight_halves: 3,
        description: "Are Dependabot alerts on, and is no high one open, or are the few open ones young?",
        rationale: "High advisories left open for weeks are found by those who scan for them.",
        remediation: "Repository > Security > Dependabot > filter `severity:high`; merge the proposed update, or raise the \
            version in the manifest and its lockfile.",
        references: &[
            ALERTS_DOC,
            "Scorecard Vulnerabilities",
            "SLSA Dependency L2 (draft; part)",
            "CIS Software Supply Chain 1.5.5",
            "CIS Software Supply Chain 3.2.2",
            "DORA Art. 25",
        ],
        needs: &["vulnerability_alerts", "contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_alerts",
                default: 2,
                unit: "count",
                description: "Open high alerts up to which it warns.",
            },
            Threshold {
                key: "max_age_days",
                default: 30,
                unit: "days",
                description: "Age of the oldest open high alert below which it warns.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(findings::no_high),
    },
    Check {
        id: "DEP-004",
        title: "Lock file present",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a tracked lockfile pin the dependencies of every manifest?",
        rationale: "Without a lockfile each build may ship other code, and a poisoned release arrives unasked.",
        remediation: "Run the package manager once (`npm install`, `cargo generate-lockfile`, `uv lock`, `bundle lock`, `go \
            mod tidy`) and commit the file it writes.",
        references: &[
            CHAIN_DOC,
            "SLSA Dependency L1 (draft; part)",
            "CIS Software Supply Chain 2.4.2",
            "CIS Software Supply Chain 3.1.7",
            "OSPS-QA-02.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(locks::lockfile),
    },
    Check {
        id: "DEP-005",
        title: "Dependencies pinned to specific versions",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Has every direct dependency an upper limit, or a lockfile with integrity hashes?",
        rationale: "An open requirement installs whatever its author, or a thief of the account, publishes next.",
        remediation: "Replace `*`, `latest`, a bare `>=` or a branch by a range such as `^1.2` or `~=1.2` in the manifest, \
            and commit a lockfile with hashes.",
        references: &["https://scorecard.dev/", "CIS Software Supply Chain 3.1.7"],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "max_unbounded_percent",
            default: 10,
            unit: "percent",
            description: "Share of open requirements up to which it warns.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(locks::pinned),
    },
    Check {
        id: "DEP-006",
        title: "Licence compliance checked",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a CI job compare the licences of dependencies with a list of allowed or denied ones?",
        rationale: "A copyleft licence deep in the tree can oblige the owner to publish the product's source.",
        remediation: "Add actions/dependency-review-action with `allow-licenses:` to the pull_request workflow, or `cargo \
            deny check licenses` with a deny.toml.",
        references: &[
            "https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-supply-chain/customizing-your-dependency-review-action-configuration",
            "CIS Software Supply Chain 1.5.6",
            "CIS Software Supply Chain 3.2.3",
            "OSPS-VM-05.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(findings::licences),
    },
    Check {
        id: "DEP-007",
        title: "Dependency update PRs auto-created",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Did an update bot open a pull request lately, with none of its ecosystems silenced?",
        rationale: "A configured bot that opens nothing is broken or muted, and the packages grow old unnoticed.",
        remediation: "Insights > Dependency graph > Dependabot shows the log of each run; remove \
            `open-pull-requests-limit: 0` from .github/dependabot.yml.",
        references: &[UPDATES_DOC, "Scorecard Dependency-Update-Tool"],
        needs: &["contents", "pull_requests", "metadata"],
        thresholds: &[Threshold {
            key: "max_age_days",
            default: 180,
            unit: "days",
            description: "Age of a bot's pull request up to which it counts.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(updates::proposed),
    },
    Check {
        id: "DEP-008",
        title: "Outdated dependencies addressed within 30 days",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How long do pull requests of update bots wait, open or until they are merged?",
        rationale: "Updates that pile up become one large jump that nobody dares to make.",
        remediation: "Pull requests > filter `author:app/dependabot`; merge or close what waits, group minor updates with \
            `groups:` and allow auto-merge.",
        references: &[
            "https://docs.github.com/en/code-security/dependabot/working-with-dependabot/automating-dependabot-with-github-actions",
            "DORA metric: lead time for changes (dependency changes only)",
        ],
        needs: &["pull_requests", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_age_days",
                default: 30,
                unit: "days",
                description: "Age of an open pull request, and median wait of merged ones, up to which it passes.",
            },
            Threshold {
                key: "max_old_percent",
                default: 25,
                unit: "percent",
                description: "Share of older open pull requests up to which it warns.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(updates::addressed),
    },
    Check {
        id: "DEP-009",
        title: "SBOM generated",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the job that ships generate a bill of materials, or does the newest release carry one?",
        rationale: "When the next log4j appears, only a bill of materials tells at once which releases contain it.",
        remediation: "Add anchore/sbom-action to the release workflow and attach its file, or set `sbom: true` on \
            docker/build-push-action.",
        references: &[
            "https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-supply-chain/exporting-a-software-bill-of-materials-for-your-repository",
            "Scorecard SBOM",
            "SLSA Dependency L1 (draft)",
            "CIS Software Supply Chain 2.4.5",
            "OSPS-QA-02.02",
            "DORA Art. 8",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(locks::sbom),
    },
    Check {
        id: "DEP-010",
        title: "No deprecated dependencies",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is a direct dependency deprecated by its registry, or known to be given up by its authors?",
        rationale: "An abandoned package gets no fix, and its name may pass to somebody else.",
        remediation: "Replace each package by the successor its registry page names, e.g. `npm uninstall request && npm \
            install undici`, and commit the lockfile.",
        references: &["https://docs.npmjs.com/deprecating-and-undeprecating-packages-or-package-versions"],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "max_deprecated",
            default: 2,
            unit: "count",
            description: "Deprecated direct dependencies up to which it warns.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(findings::deprecated),
    },
    Check {
        id: "DEP-011",
        title: "Private registry used for internal packages",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Do packages named after the organization resolve from a host where not everybody may publish?",
        rationale: "An internal name that a public registry may serve is taken over by publishing it there.",
        remediation: "Bind the scope in .npmrc (`@acme:registry=https://npm.pkg.github.com`), install again, and commit the \
            lockfile with its `resolved` addresses.",
        references: &[
            "https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-npm-registry",
            "SLSA Dependency L3 (draft; part)",
            "CIS Software Supply Chain 3.1.5",
            "CIS Software Supply Chain 4.4.2",
        ],
        needs: &["contents", "organization_private_registries", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(locks::private_registry),
    },
];
