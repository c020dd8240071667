//! Collaboration: where people ask and read, and whether they are answered.

mod channels;
mod flow;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    category,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::COLLABORATION, checks: CHECKS };

const CHECKS: &[Check] = &[
    Check {
        id: "COLLAB-001",
        title: "Issue templates configured",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does GitHub offer at least one issue template or form, of the repository or the organization?",
        rationale: "Reports without version and steps cost a round of questions each, and many are never answered.",
        remediation: "Settings > General > Features > Issues > Set up templates, or add .github/ISSUE_TEMPLATE/bug.yml; \
            once in the organization's .github repository serves all.",
        references: &[
            "https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/configuring-issue-templates-for-your-repository",
            "OSPS-DO-02.01",
        ],
        needs: &["metadata", "contents"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(channels::issue_templates),
    },
    Check {
        id: "COLLAB-002",
        title: "Discussion board enabled",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are Discussions enabled here, or are people pointed to those of the organization or another public \
            channel?",
        rationale: "Questions without a place become issues or private messages, where nobody finds the answer again.",
        remediation: "Settings > General > Features > Discussions, or link the community's board as a contact link in \
            .github/ISSUE_TEMPLATE/config.yml.",
        references: &["https://docs.github.com/en/discussions/quickstart", "OSPS-GV-02.01"],
        needs: &["metadata", "discussions"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(channels::discussions),
    },
    Check {
        id: "COLLAB-003",
        title: "Team notifications configured",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is a team with access notified and addressed by CODEOWNERS or review assignment, or do events reach \
            a chat channel?",
        rationale: "What reaches only the one person who watches the repository waits while that person is away.",
        remediation: "Organization > Teams > Settings > Team notifications: enabled; name the team in .github/CODEOWNERS, \
            or install the Slack or Microsoft Teams app.",
        references: &["https://docs.github.com/en/organizations/organizing-members-into-teams/about-teams"],
        needs: &["members", "organization_administration", "contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(channels::notifications),
    },
    Check {
        id: "COLLAB-004",
        title: "Project boards used",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is a project linked to the repository, or do branches of merged pull requests carry the keys of an \
            external tracker?",
        rationale: "Work that is tied to no plan cannot be ordered, and a change without a reason cannot be explained.",
        remediation: "Repository > Projects > Link a project, or name branches after the ticket (`feat/ABC-123-search`).",
        references: &[
            "https://docs.github.com/en/issues/planning-and-tracking-with-projects/managing-your-project/adding-your-project-to-a-repository",
            "CIS Software Supply Chain 1.1.2",
        ],
        needs: &["metadata", "repository_projects", "organization_projects"],
        thresholds: &[Threshold {
            key: "min_keyed_percent",
            default: 50,
            unit: "percent",
            description: "Share of merged pull requests with a tracker key.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(flow::boards),
    },
    Check {
        id: "COLLAB-005",
        title: "Wiki or documentation site",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Is a documentation site configured or published, or does docs/ hold at least three pages?",
        rationale: "What only the authors know leaves with them.",
        remediation: "Write docs/ (getting started, operation, reference) and publish it with MkDocs or Docusaurus under \
            Settings > Pages.",
        references: &[
            "https://docs.github.com/en/pages/getting-started-with-github-pages/what-is-github-pages",
            "OSPS-DO-01.01",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_pages",
            default: 3,
            unit: "count",
            description: "Pages below docs/ that count as documentation.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(channels::documentation),
    },
    Check {
        id: "COLLAB-006",
        title: "Response time to PRs < 24h",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "How many of the newest 30 merged pull requests by people had a first review by another person within \
            24 hours, weekends left out?",
        rationale: "Changes that wait grow, conflict and get merged unread.",
        remediation: "Turn on scheduled reminders (Organization > Teams > Settings > Scheduled reminders) and review \
            assignment, and agree that reviews come before own work.",
        references: &[
            "https://docs.github.com/en/organizations/organizing-members-into-teams/managing-scheduled-reminders-for-your-team",
            "DORA metric: lead time for changes (part: review wait)",
        ],
        needs: &["pull_requests", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_pulls",
                default: 3,
                unit: "count",
                description: "Merged pull requests by people below which it is not applicable.",
            },
            Threshold {
                key: "max_hours",
                default: 24,
                unit: "hours",
                description: "Hours to the first review, weekends left out.",
            },
            Threshold {
                key: "min_percent",
                default: 90,
                unit: "percent",
                description: "Share answered in time that must be exceeded.",
            },
            Threshold {
                key: "warn_percent",
                default: 75,
                unit: "percent",
                description: "Share that must be exceeded for a warning instead of a failure.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(flow::response_time),
    },
    Check {
        id: "COLLAB-007",
        title: "Stale issue/PR management",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Does automation close what is stale, or is no open issue untouched for a year and no open pull \
            request for 90 days?",
        rationale: "A list full of dead entries hides the living ones, and reporters learn that nobody answers.",
        remediation: "Add a scheduled workflow with actions/stale, or go through the oldest issues and pull requests and \
            close them with a reason.",
        references: &["https://docs.github.com/en/actions/tutorials/manage-your-work/close-inactive-issues"],
        needs: &["issues", "pull_requests", "contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_issue_days",
                default: 365,
                unit: "days",
                description: "Days after which an untouched issue is stale.",
            },
            Threshold {
                key: "max_pull_days",
                default: 90,
                unit: "days",
                description: "Days after which an untouched pull request is stale.",
            },
            Threshold {
                key: "max_stale_percent",
                default: 20,
                unit: "percent",
                description: "Share of stale entries up to which it is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(flow::stale),
    },
];
