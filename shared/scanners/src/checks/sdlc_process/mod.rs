//! Development process: how changes are proposed, reviewed, decided, released and documented.

mod design;
mod guides;
mod pulls;
mod releases;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    category,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::SDLC_PROCESS, checks: CHECKS };

const MIN_PULLS: Threshold = Threshold {
    key: "min_pulls",
    default: 3,
    unit: "count",
    description: "Merged pull requests by people below which it is not applicable.",
};

const CHECKS: &[Check] = &[
    Check {
        id: "SDLC-001",
        title: "PR template exists",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a pull request start from a template with at least two headings or checklist items?",
        rationale: "Without a template each author forgets something else: the reason, the test, the risk.",
        remediation: "Add .github/pull_request_template.md with headings such as What, Why, Tests, or put it once into \
            the organization's .github repository.",
        references: &[
            "https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/creating-a-pull-request-template-for-your-repository",
        ],
        needs: &["metadata", "contents"],
        thresholds: &[Threshold {
            key: "min_parts",
            default: 2,
            unit: "count",
            description: "Headings or checklist items of a full template.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(guides::pull_request_template),
    },
    Check {
        id: "SDLC-002",
        title: "Contributing guide exists",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a contributing guide of the repository or the organization tell how to set up or test, and \
            how to submit a change?",
        rationale: "What is not written is asked again by every newcomer, or guessed wrong.",
        remediation: "Write CONTRIBUTING.md with setup, tests and how to open a pull request; one in the organization's \
            .github repository counts for all.",
        references: &[
            "https://docs.github.com/en/communities/setting-up-your-project-for-healthy-contributions/setting-guidelines-for-repository-contributors",
            "OSPS-GV-03.01",
            "OSPS-GV-03.02",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(guides::contributing),
    },
    Check {
        id: "SDLC-003",
        title: "PRs have reviews before merge",
        severity: Severity::High,
        weight_halves: 3,
        description: "How many of the newest 30 merged pull requests by people were reviewed by another person before \
            the merge?",
        rationale: "What nobody else looked at carries its mistakes, or a stolen account's change, to the default branch.",
        remediation: "Settings > Rules > Rulesets: require a pull request with at least one approval on the default \
            branch, and let nobody bypass it.",
        references: &[
            "https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/about-pull-request-reviews",
            "Scorecard Code-Review",
            "SLSA Source L4 (observed; part)",
            "OSPS-QA-07.01",
            "DORA metric: lead time for changes (driver)",
        ],
        needs: &["pull_requests", "metadata"],
        thresholds: &[
            MIN_PULLS,
            Threshold {
                key: "min_percent",
                default: 75,
                unit: "percent",
                description: "Share of reviewed pull requests that must be exceeded.",
            },
            Threshold {
                key: "warn_percent",
                default: 50,
                unit: "percent",
                description: "Share that must be exceeded for a warning instead of a failure.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(pulls::reviewed_before_merge),
    },
    Check {
        id: "SDLC-004",
        title: "Average PR size less than 500 lines",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How many lines do the newest 30 merged pull requests by people change on average? Those of \
            dependency bots are left out.",
        rationale: "Large changes are skimmed instead of read, merge late and are hard to undo.",
        remediation: "Split work into pull requests that do one thing, behind a feature flag where needed; mark generated \
            files in .gitattributes.",
        references: &[
            "https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/getting-started/best-practices-for-pull-requests",
            "DORA metric: lead time for changes (driver)",
        ],
        needs: &["pull_requests", "metadata"],
        thresholds: &[
            MIN_PULLS,
            Threshold {
                key: "max_lines",
                default: 500,
                unit: "lines",
                description: "Mean below which it passes.",
            },
            Threshold {
                key: "warn_lines",
                default: 1_000,
                unit: "lines",
                description: "Mean below which it is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(pulls::small),
    },
    Check {
        id: "SDLC-005",
        title: "Branching strategy documented",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does a document name the main branch and say how other branches come into it?",
        rationale: "Without an agreed model releases are cut from the wrong branch and fixes get lost between branches.",
        remediation: "Add a section \"Branching\" to CONTRIBUTING.md: the main branch, what branches are for, how they \
            are merged.",
        references: &["https://docs.github.com/en/get-started/using-github/github-flow"],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_contributors",
                default: 2,
                unit: "count",
                description: "Contributors below which it is not applicable.",
            },
            Threshold {
                key: "active_days",
                default: 365,
                unit: "days",
                description: "Time in which contributors are counted.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(guides::branching),
    },
    Check {
        id: "SDLC-006",
        title: "Release process defined",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is it written how a release is made, or does a workflow make it by itself and has it done so?",
        rationale: "A release only one person can make waits for that person, also on the day it is urgent.",
        remediation: "Write RELEASING.md (version, changelog, tag, publish), or add release-please, semantic-release or \
            a workflow that a tag starts.",
        references: &[
            "https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases",
            "DORA metric: deployment frequency (precondition)",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(releases::process),
    },
    Check {
        id: "SDLC-007",
        title: "Semantic versioning used",
        severity: Severity::Low,
        weight_halves: 1,
        description: "How many of the newest 30 version tags are semantic versions, and do they rise within their line?",
        rationale: "Users and tools that update by themselves read from the number whether a change can break them.",
        remediation: "Tag releases as vMAJOR.MINOR.PATCH, e.g. `git tag -s v1.4.0`; let release-please or changesets \
            choose the number.",
        references: &["https://semver.org/spec/v2.0.0.html", "OSPS-BR-02.01"],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_percent",
                default: 95,
                unit: "percent",
                description: "Share of semantic versions needed to pass.",
            },
            Threshold {
                key: "warn_percent",
                default: 70,
                unit: "percent",
                description: "Share of semantic or documented calendar versions needed for a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(releases::semantic_versions),
    },
    Check {
        id: "SDLC-008",
        title: "Feature flags framework present",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does the code of a service or app use a feature-flag library, OpenFeature or a flag module of its \
            own?",
        rationale: "With a flag a bad feature is switched off in seconds; without one it takes a deployment.",
        remediation: "Add an OpenFeature SDK with a provider (flagd, Unleash, LaunchDarkly, …) and ship risky changes \
            behind a flag.",
        references: &["https://openfeature.dev/docs/reference/intro"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(design::feature_flags),
    },
    Check {
        id: "SDLC-009",
        title: "Hotfix process documented",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a document of the repository or the organization describe how an urgent change gets out?",
        rationale: "Under pressure people do what is written down; without it they skip review, or wait for it.",
        remediation: "Add docs/hotfix.md: who decides, from which branch or tag, which checks may be shortened, how it \
            gets back to main.",
        references: &[
            "https://docs.github.com/en/get-started/using-github/github-flow",
            "DORA Art. 11",
            "DORA metric: failed deployment recovery time (enabler)",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(guides::hotfix),
    },
    Check {
        id: "SDLC-010",
        title: "Definition of done documented",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is it written when a change is done, in a document or as a checklist in the pull-request template?",
        rationale: "Otherwise tests, documentation and review are what each author thinks is enough.",
        remediation: "Put a checklist into .github/pull_request_template.md: `- [ ] tests`, `- [ ] documentation`, \
            `- [ ] reviewed`.",
        references: &[
            "https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/about-issue-and-pull-request-templates",
            "OSPS-QA-06.03",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_items",
            default: 3,
            unit: "count",
            description: "Checklist items of a full definition.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(guides::definition_of_done),
    },
    Check {
        id: "SDLC-011",
        title: "Architecture Decision Records present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Are there at least three numbered decision records with a status and a decision, the newest from \
            the last two years?",
        rationale: "Decisions whose reasons are lost are taken again, or kept out of fear.",
        remediation: "Keep one Markdown file per decision in docs/adr (0001-title.md) with Status, Context, Decision, \
            Consequences and a date.",
        references: &["https://adr.github.io/madr/"],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_records",
                default: 3,
                unit: "count",
                description: "Records needed to pass.",
            },
            Threshold {
                key: "max_age_months",
                default: 24,
                unit: "months",
                description: "Age of the newest record, in months of 30 days.",
            },
            Threshold {
                key: "min_code_lines",
                default: 1_000,
                unit: "lines",
                description: "Lines of code below which it is not applicable.",
            },
            Threshold {
                key: "min_maintainers",
                default: 2,
                unit: "count",
                description: "Maintainers below which it is not applicable to a library.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(design::decision_records),
    },
    Check {
        id: "SDLC-012",
        title: "API documentation maintained",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does an API have a description that can be parsed, or a generated reference, and does a document \
            or pipeline refer to it?",
        rationale: "Callers of an undocumented API depend on what it happens to do, and break when that changes.",
        remediation: "Commit an openapi.yaml (or .proto, GraphQL schema), check it in CI (`redocly lint`), and link it \
            from README.md; for libraries publish the generated reference.",
        references: &["https://spec.openapis.org/oas/latest.html", "OSPS-SA-02.01"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(design::api_documented),
    },
];
