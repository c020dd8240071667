//! What protects the default branch, effectively: the maximum over the classic rule and every ACTIVE ruleset rule.
//!
//! What a newcomer would get wrong: without `administration:read` the classic rule is hidden, but `refUpdateRule`
//! shows part of it. What that part does not carry is unknown, not off. Rules in EVALUATE mode protect nothing.

use scrutineer_core::{
    Fact, Gap,
    evidence::posture::{BranchProtection, BranchRule, DefaultBranch, RefUpdateRule, RuleParameters},
};

use crate::{finding::Evidence, snapshot::CiStep};

/// The protection of a default branch.
pub(crate) struct Protection<'a> {
    classic: Classic<'a>,
    rules: Vec<&'a BranchRule>,
    gap: Option<Gap>,
}

/// The classic rule as far as it can be seen.
enum Classic<'a> {
    /// All of it.
    Full(&'a BranchProtection),
    /// What `metadata:read` shows, and why not more.
    Part(&'a RefUpdateRule, Gap),
    /// There is none, or nothing of it could be read.
    None,
}

/// Whether something is required: yes and where, no, or hidden.
pub(crate) enum Required {
    Yes(Evidence),
    No,
    Hidden(Gap),
}

impl Required {
    /// Where it is required; none when it is not.
    ///
    /// # Errors
    /// The gap, when it could not be seen.
    pub(crate) fn known(self) -> Result<Option<Evidence>, Gap> {
        match self {
            Self::Yes(evidence) => Ok(Some(evidence)),
            Self::No => Ok(None),
            Self::Hidden(gap) => Err(gap),
        }
    }
}

impl<'a> Protection<'a> {
    /// What protects `branch`.
    pub(crate) fn of(branch: &'a DefaultBranch) -> Self {
        let (classic, hidden) = match (&branch.protection, &branch.update_rule) {
            (Fact::Known(rule), _) => (rule.as_ref().map_or(Classic::None, Classic::Full), None),
            (Fact::Unknown(gap), Fact::Known(Some(part))) => (Classic::Part(part, gap.clone()), None),
            (Fact::Unknown(_), Fact::Known(None)) => (Classic::None, None),
            (Fact::Unknown(gap), Fact::Unknown(_)) => (Classic::None, Some(gap.clone())),
        };
        let rules =
            branch.rules.ok().into_iter().flatten().filter(|rule| rule.enforcement == "ACTIVE").collect();
        Self { classic, rules, gap: hidden.or_else(|| branch.rules.gap().cloned()) }
    }

    /// The classic rule, when all of it could be read.
    pub(crate) fn classic(&self) -> Option<&'a BranchProtection> {
        match self.classic {
            Classic::Full(rule) => Some(rule),
            Classic::Part(..) | Classic::None => None,
        }
    }

    /// The classic rule or what is seen of it, as evidence.
    pub(crate) fn classic_seen(&self) -> Option<Evidence> {
        match self.classic {
            Classic::Full(rule) => Some(classic("pattern", &rule.pattern)),
            Classic::Part(..) => Some(Evidence::new("Ref.refUpdateRule", "the branch has a protection rule")),
            Classic::None => None,
        }
    }

    /// Rules of active rulesets.
    pub(crate) fn rules(&self) -> &[&'a BranchRule] {
        &self.rules
    }

    /// The first active rule of one of `kinds`.
    pub(crate) fn rule(&self, kinds: &[&str]) -> Option<Evidence> {
        self.rules
            .iter()
            .find(|rule| kinds.contains(&rule.rule_type.as_str()))
            .map(|rule| ruled(rule, &rule.rule_type))
    }

    /// Allows a decision by absence.
    ///
    /// # Errors
    /// The gap, when a source of protection could not be read.
    pub(crate) fn complete(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }

    /// The most approvals that anything requires, and what does; 0 when a pull request needs none; none when no
    /// pull request is required as far as could be seen.
    pub(crate) fn approvals(&self) -> Option<(u64, Evidence)> {
        let classic = match self.classic {
            Classic::Full(rule) => {
                rule.requires_approving_reviews.then_some(rule.required_approving_review_count)
            }
            Classic::Part(part, _) => part.required_approving_review_count,
            Classic::None => None,
        };
        let classic =
            classic.map(|n| (n, Evidence::new("BranchProtectionRule.requiredApprovingReviewCount", n)));
        let ruled = self.rules.iter().filter_map(|rule| match rule.parameters {
            RuleParameters::PullRequest { approvals, .. } => {
                Some((approvals, ruled(rule, format!("requiredApprovingReviewCount {approvals}"))))
            }
            _ => None,
        });
        // The first of equals, so that the classic rule stays the evidence.
        classic.into_iter().chain(ruled).reduce(|best, next| if next.0 > best.0 { next } else { best })
    }

    /// Whether a code owner must review.
    pub(crate) fn code_owner(&self) -> Required {
        let part = |part: &RefUpdateRule| Some(part.requires_code_owner_reviews);
        let ruled = |p: &RuleParameters| matches!(p, RuleParameters::PullRequest { code_owner: true, .. });
        self.required("requiresCodeOwnerReviews", |rule| rule.requires_code_owner_reviews, part, ruled)
    }

    /// Whether somebody else must approve the last push.
    pub(crate) fn last_push(&self) -> Required {
        let ruled = |p: &RuleParameters| matches!(p, RuleParameters::PullRequest { last_push: true, .. });
        self.required("requireLastPushApproval", |rule| rule.require_last_push_approval, |_| None, ruled)
    }

    /// Whether approvals end with a push.
    pub(crate) fn stale_dismissed(&self) -> Required {
        let ruled = |p: &RuleParameters| matches!(p, RuleParameters::PullRequest { dismiss_stale: true, .. });
        self.required("dismissesStaleReviews", |rule| rule.dismisses_stale_reviews, |_| None, ruled)
    }

    /// Whether commits must be signed.
    pub(crate) fn signatures(&self) -> Required {
        let part = |part: &RefUpdateRule| Some(part.requires_signatures);
        let found = self.required(
            "requiresCommitSignatures",
            |rule| rule.requires_commit_signatures,
            part,
            |_| false,
        );
        self.or_rule(found, "REQUIRED_SIGNATURES")
    }

    /// Whether history must be linear.
    pub(crate) fn linear_history(&self) -> Required {
        let part = |part: &RefUpdateRule| Some(part.requires_linear_history);
        let found =
            self.required("requiresLinearHistory", |rule| rule.requires_linear_history, part, |_| false);
        self.or_rule(found, "REQUIRED_LINEAR_HISTORY")
    }

    /// Whether force pushes are forbidden, and whether some may still: allowances are hidden with the classic rule.
    pub(crate) fn force_push_forbidden(&self) -> Required {
        let part = |part: &RefUpdateRule| if part.allows_force_pushes { Some(false) } else { None };
        let found = self.required("allowsForcePushes", |rule| !rule.allows_force_pushes, part, |_| false);
        self.or_rule(found, "NON_FAST_FORWARD")
    }

    /// Names of the status checks that must pass.
    pub(crate) fn required_checks(&self) -> Vec<&'a str> {
        let classic: &'a [String] = match self.classic {
            Classic::Full(rule) if rule.requires_status_checks => &rule.required_status_checks,
            Classic::Part(part, _) => &part.required_status_check_contexts,
            Classic::Full(_) | Classic::None => &[],
        };
        let ruled = self.rules.iter().flat_map(|rule| match &rule.parameters {
            RuleParameters::StatusChecks { contexts, .. } => contexts.as_slice(),
            _ => &[],
        });
        classic.iter().chain(ruled).map(String::as_str).collect()
    }

    /// Paths of the workflows that must pass.
    pub(crate) fn required_workflows(&self) -> Vec<&'a str> {
        let ruled = self.rules.iter().flat_map(|rule| match &rule.parameters {
            RuleParameters::Workflows { paths } => paths.as_slice(),
            _ => &[],
        });
        ruled.map(String::as_str).collect()
    }

    /// Whether the check run of a step's job must pass, or its workflow: runs are named after their job, those of a
    /// matrix with its values in parentheses.
    pub(crate) fn requires_run_of(&self, found: &CiStep<'_>) -> bool {
        let name = found.job.name.as_deref().unwrap_or(&found.job.id);
        let is_run = |context: &&str| {
            context.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
        };
        self.required_checks().iter().any(is_run)
            || self.required_workflows().contains(&found.workflow.path.as_str())
    }

    /// Whether any check or workflow must pass.
    pub(crate) fn requires_checks(&self) -> bool {
        !self.required_checks().is_empty() || !self.required_workflows().is_empty()
    }

    fn required(
        &self,
        field: &str,
        full: fn(&BranchProtection) -> bool,
        part: impl Fn(&RefUpdateRule) -> Option<bool>,
        by_rule: impl Fn(&RuleParameters) -> bool,
    ) -> Required {
        let rule = self.rules.iter().find(|rule| by_rule(&rule.parameters));
        let seen = match &self.classic {
            Classic::Full(rule) => Ok(full(rule)),
            Classic::Part(carried, gap) => part(carried).ok_or(gap),
            Classic::None => Ok(false),
        };
        match (seen, rule, &self.gap) {
            (Ok(true), ..) => Required::Yes(Evidence::new(format!("BranchProtectionRule.{field}"), "set")),
            (_, Some(rule), _) => Required::Yes(ruled(rule, field)),
            (Err(gap), None, _) | (Ok(false), None, Some(gap)) => Required::Hidden(gap.clone()),
            (Ok(false), None, None) => Required::No,
        }
    }

    fn or_rule(&self, found: Required, kind: &str) -> Required {
        match (found, self.rule(&[kind])) {
            (Required::No | Required::Hidden(_), Some(rule)) => Required::Yes(rule),
            (found, _) => found,
        }
    }
}

fn classic(field: &str, value: impl ToString) -> Evidence {
    Evidence::new(format!("BranchProtectionRule.{field}"), value)
}

fn ruled(rule: &BranchRule, what: impl ToString) -> Evidence {
    match rule.ruleset_id {
        Some(id) => Evidence::new(format!("ruleset {id}: {}", rule.rule_type), what),
        None => Evidence::new(format!("ruleset: {}", rule.rule_type), what),
    }
}
