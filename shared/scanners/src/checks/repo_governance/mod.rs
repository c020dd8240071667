//! Repository governance: what may reach the default branch, and who decides.

mod branch;
mod bypass;
mod naming;
mod owners;
pub(crate) mod protection;
mod reviews;
mod rulesets;
mod tags;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    category::REPO_GOVERNANCE,
    check::{Check, Evaluate, Scanner, Severity, Threshold},
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: REPO_GOVERNANCE, checks: CHECKS };

const CHECKS: &[Check] = &[
    Check {
        id: "REPO-001",
        title: "Default branch protected",
        severity: Severity::Critical,
        weight_halves: 4,
        description: "Is the default branch protected by a branch protection rule or an active ruleset?",
        rationale: "Without protection one person, or one stolen token, changes what is built and shipped, \
            unseen.",
        remediation: "Repository > Settings > Rules > Rulesets > New branch ruleset, target the default branch, \
            enforcement Active, or gh api repos/OWNER/REPO/rulesets.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches",
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
            "Scorecard Branch-Protection",
            "SLSA Source L3 (part)",
            "CIS Software Supply Chain 1.1.15",
            "OSPS-AC-03.01",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(branch::protected),
    },
    Check {
        id: "REPO-002",
        title: "PR reviews required",
        severity: Severity::High,
        weight_halves: 3,
        description: "Must somebody else approve a change before it reaches the default branch?",
        rationale: "A second pair of eyes is what stands between one compromised account and production.",
        remediation: "Repository > Settings > Rules > Rulesets: Require a pull request before merging, required \
            approvals 1 or more.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches",
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
            "Scorecard Branch-Protection",
            "SLSA Source L4 (part)",
            "OSPS-QA-07.01",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[Threshold {
            key: "min_approvals",
            default: 1,
            unit: "count",
            description: "Required approvals from which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(reviews::required),
    },
    Check {
        id: "REPO-003",
        title: "Minimum 2 approvals required",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Must two people approve a change, or one code owner after the last push?",
        rationale: "With a single approval two colluding or compromised accounts suffice, and one friendly \
            glance too.",
        remediation: "Repository > Settings > Rules > Rulesets > Require a pull request before merging: required \
            approvals 2.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches",
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
            "Scorecard Branch-Protection",
            "SLSA Source L4 (part)",
            "CIS Software Supply Chain 1.1.3",
            "OSPS-QA-07.01",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[Threshold {
            key: "min_approvals",
            default: 2,
            unit: "count",
            description: "Required approvals from which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(reviews::two_approvals),
    },
    Check {
        id: "REPO-004",
        title: "Stale reviews dismissed on push",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Do approvals end when new commits are pushed?",
        rationale: "Otherwise approved code is replaced after the review and merged on the old approval.",
        remediation: "Repository > Settings > Rules > Rulesets > Require a pull request before merging: Dismiss \
            stale pull request approvals when new commits are pushed.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches",
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
            "Scorecard Branch-Protection",
            "SLSA Source L4 (part)",
            "CIS Software Supply Chain 1.1.4",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(reviews::stale_dismissed),
    },
    Check {
        id: "REPO-005",
        title: "Admin enforcement enabled",
        severity: Severity::High,
        weight_halves: 3,
        description: "Do the rules hold for administrators too, or may they, or others, bypass them?",
        rationale: "Attackers go for admin accounts first; a rule with an admin bypass stops everybody but them.",
        remediation: "Branch protection: Do not allow bypassing the above settings. Rulesets: remove admin roles \
            and owners from the bypass list, or allow them for pull requests only.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches",
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/creating-rulesets-for-a-repository",
            "Scorecard Branch-Protection",
            "SLSA Source L3 (part)",
            "CIS Software Supply Chain 1.1.14",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(bypass::admins_bound),
    },
    Check {
        id: "REPO-006",
        title: "Force push disabled",
        severity: Severity::High,
        weight_halves: 3,
        description: "Is rewriting the history of the default branch forbidden for everyone?",
        rationale: "A force push removes reviewed commits, or slips others in, and leaves no trace in the \
            branch.",
        remediation: "Repository > Settings > Rules > Rulesets: Block force pushes, and empty the list of those \
            allowed to force push.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches",
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
            "Scorecard Branch-Protection",
            "SLSA Source L2 (part)",
            "CIS Software Supply Chain 1.1.16",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(branch::no_force_push),
    },
    Check {
        id: "REPO-007",
        title: "Signed commits required",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Must commits on the default branch be signed, or are the latest ones signed anyway?",
        rationale: "An unsigned commit carries whatever author name its pusher typed.",
        remediation: "Repository > Settings > Rules > Rulesets: Require signed commits; contributors set git \
            config commit.gpgsign true.",
        references: &[
            "https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification",
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
            "CIS Software Supply Chain 1.1.12",
        ],
        needs: &["administration", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(branch::signed),
    },
    Check {
        id: "REPO-008",
        title: "CODEOWNERS file present",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a CODEOWNERS file without errors give at least half of the tracked files an owner?",
        rationale: "Unowned code is reviewed by whoever has time, and its vulnerabilities wait for nobody in \
            particular.",
        remediation: "Add .github/CODEOWNERS with a last-resort rule such as `* @ORG/TEAM`; fix the errors the \
            file's page shows.",
        references: &[
            "https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners",
            "Scorecard Branch-Protection",
            "CIS Software Supply Chain 1.1.6",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[Threshold {
            key: "min_covered_percent",
            default: 50,
            unit: "percent",
            description: "Share of tracked files with an owner from which it passes.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(owners::codeowners),
    },
    Check {
        id: "REPO-009",
        title: "Branch naming convention enforced",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Do branches follow a naming convention: enforced by a rule or a check, written down, or at \
            least followed?",
        rationale: "Automation and reviewers tell work from releases by branch names; a stray name misses the \
            rules made for its kind.",
        remediation: "Repository > Settings > Rules > Rulesets: Restrict branch names with a pattern, e.g. \
            ^(feat|fix|chore)/; or describe the convention in CONTRIBUTING.md.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[
            Threshold {
                key: "min_branches",
                default: 3,
                unit: "count",
                description: "Below this many branches a convention has no object.",
            },
            Threshold {
                key: "min_following_percent",
                default: 90,
                unit: "percent",
                description: "Share of branch names that follow a convention from which it is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(naming::branches),
    },
    Check {
        id: "REPO-010",
        title: "Tag protection rules configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Can version tags be deleted or moved?",
        rationale: "Whoever moves a tag changes what every user of that version installs or builds next.",
        remediation: "Repository > Settings > Rules > Rulesets > New tag ruleset for v*: Restrict deletions and \
            Restrict updates; or enforce immutable releases in the organization's settings.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets",
            "https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-supply-chain/immutable-releases",
            "SLSA Source L2 (tags part)",
        ],
        needs: &["metadata", "administration"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(tags::protected),
    },
    Check {
        id: "REPO-011",
        title: "Auto-delete head branches enabled",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are branches deleted when their pull request is merged?",
        rationale: "Left-over branches hide live work and keep old, vulnerable code buildable.",
        remediation: "Repository > Settings > General > Pull Requests: Automatically delete head branches, or gh \
            repo edit --delete-branch-on-merge.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-the-automatic-deletion-of-branches",
            "CIS Software Supply Chain 1.1.8",
        ],
        needs: &["metadata"],
        thresholds: &[Threshold {
            key: "max_merged_left",
            default: 10,
            unit: "count",
            description: "Merged branches left over from which it fails.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(branch::deleted_on_merge),
    },
    Check {
        id: "REPO-012",
        title: "Merge strategy restricted",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Are the ways to merge limited, so that history has one shape?",
        rationale: "With every method open the same change can appear as one commit or many, and audits and \
            reverts suffer.",
        remediation: "Repository > Settings > General > Pull Requests: clear at least one of merge commits, squash \
            merging and rebase merging; or require linear history.",
        references: &[
            "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/about-merge-methods-on-github",
        ],
        needs: &["metadata"],
        thresholds: &[Threshold {
            key: "max_methods",
            default: 2,
            unit: "count",
            description: "Merge methods that may stay open.",
        }],
        on_archived: false,
        evaluate: Evaluate::Repo(branch::merge_methods),
    },
];
