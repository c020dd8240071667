//! From findings to a verdict.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

use crate::{
    bundle::{EffectivePolicy, Override, Scope},
    change::{ChangeSet, RepoPath, SourceFile},
    engine::{Analysis, Budget, Finding, Plan, own_tier},
    fingerprint::fingerprint,
    limits::Limits,
    project::Project,
    suppress::{Parsed, Suppression},
    tree::Parsers,
    verdict::{Decision, PackVerdict, Severity, Skipped, Suppressed, Tier, Verdict, Violation, score},
};

/// Judge a change. Pure: the same input gives the same bytes.
pub fn verify(policy: &EffectivePolicy, change: &ChangeSet, overrides: &[Override]) -> Verdict {
    verify_on(policy, change, overrides, 1)
}

/// As [`verify`], on several threads; the result does not depend on how many.
pub fn verify_on(
    policy: &EffectivePolicy,
    change: &ChangeSet,
    overrides: &[Override],
    threads: usize,
) -> Verdict {
    verify_within(policy, change, overrides, threads, &Limits::default())
}

/// As [`verify_on`], with other bounds than the default ones.
pub fn verify_within(
    policy: &EffectivePolicy,
    change: &ChangeSet,
    overrides: &[Override],
    threads: usize,
    limits: &Limits,
) -> Verdict {
    let verifier = Verifier::new(policy, change, overrides).with_limits(limits.clone());
    let threads = threads.clamp(1, change.files.len().max(1));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut desk = Desk::default();
        let mut done = Vec::new();
        while let Some(file) = change.files.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(verifier.file(file, &mut desk));
        }
        done
    };
    let reports = if threads == 1 {
        work()
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
        })
    };
    verifier.finish(reports)
}

/// A verification in progress, for callers that read files one by one and do not keep them.
pub struct Verifier {
    policy: EffectivePolicy,
    plan: Plan,
    project: Project,
    today: String,
    baseline: Option<crate::Baseline>,
    notices: Vec<String>,
    unread: Vec<Skipped>,
    limits: Limits,
    /// Steps that each rule spent so far, in any order of files.
    spent: Vec<AtomicU64>,
}

/// What one thread works with.
#[derive(Default)]
pub struct Desk {
    parsers: Parsers,
}

/// What one file gave; kept until [`Verifier::finish`].
#[derive(Clone, Debug, Default)]
pub struct FileReport {
    path: String,
    violations: Vec<Violation>,
    suppressed: Vec<Suppressed>,
    skipped: Vec<Skipped>,
    notices: Vec<String>,
    analysed: bool,
}

impl FileReport {
    /// A file that the caller's deadline left no time for.
    fn cut_off(file: &SourceFile) -> Self {
        let reason = "the time for this verification was over before this file was read".to_owned();
        FileReport {
            path: file.path.as_str().to_owned(),
            skipped: vec![Skipped { path: file.path.clone(), reason, incomplete: true }],
            ..FileReport::default()
        }
    }
}

/// Files that decide what the gate does; a change of them is reported.
const GATE_FILES: &[&str] = &[".scrutineer/", ".github/scrutineer"];

/// Whether a path decides what the gate does.
pub(crate) fn is_gate_file(path: &str) -> bool {
    GATE_FILES.iter().any(|prefix| path.starts_with(prefix))
}

/// What is said of a change of a file that decides what the gate does.
pub(crate) fn edited(path: &str) -> String {
    format!("{path}: this change edits the gate's own settings; those of the base branch were used")
}

impl FileReport {
    /// The report on a file of a change that was passed over: that it decides what the gate does is said all the same.
    pub fn of_a_change(mut self) -> Self {
        if is_gate_file(&self.path) {
            self.notices.push(edited(&self.path));
        }
        self
    }
}

impl From<Skipped> for FileReport {
    fn from(skipped: Skipped) -> Self {
        FileReport { path: skipped.path.as_str().to_owned(), skipped: vec![skipped], ..FileReport::default() }
    }
}

impl Verifier {
    /// Begin. `change` gives the context, the baseline and the day; its files may be empty and handed in later.
    pub fn new(policy: &EffectivePolicy, change: &ChangeSet, overrides: &[Override]) -> Self {
        let (policy, mut notices) = policy.with_overrides(overrides, &change.today);
        notices.extend(change.notices.iter().cloned());
        let plan = Plan::new(policy.active());
        let unread = change.unread.iter().map(|(path, reason)| Skipped {
            path: path.clone(),
            reason: reason.clone(),
            incomplete: true,
        });
        let unread = unread.chain(change.passed_over.iter().cloned()).collect();
        let spent = plan.rules.iter().map(|_| AtomicU64::new(0)).collect();
        Verifier {
            policy,
            plan,
            project: Project::of(change),
            today: change.today.clone(),
            baseline: change.baseline.clone(),
            notices,
            unread,
            limits: Limits::default(),
            spent,
        }
    }

    /// The same with other bounds.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Verifier { limits, ..self }
    }

    /// Judge one file.
    pub fn file(&self, file: &SourceFile, desk: &mut Desk) -> FileReport {
        if self.limits.stop.as_ref().is_some_and(|stop| stop()) {
            return FileReport::cut_off(file);
        }
        // Beyond its budget a rule is left out of the verdict whatever the order of files; it need not run on.
        let over = |rule: usize| self.spent[rule].load(Ordering::Relaxed) > self.limits.custom_run_steps;
        let budget = Budget { limits: &self.limits, over: &over };
        let analysis = self.plan.analyse(file, &self.project, &mut desk.parsers, &budget);
        for (rule, steps) in &analysis.spent {
            self.spent[*rule].fetch_add(*steps, Ordering::Relaxed);
        }
        let mut report = FileReport {
            path: file.path.as_str().to_owned(),
            analysed: analysis.analysed,
            ..FileReport::default()
        };
        if is_gate_file(&report.path) && file.base.as_ref() != Some(&file.bytes) {
            report.notices.push(edited(&report.path));
        }
        let violations = self.violations(file, &analysis);
        let suppressions = self.suppressions(&analysis, &mut report);
        for violation in violations {
            self.settle((file, desk), violation, &suppressions, &mut report);
        }
        report.skipped = analysis.skipped;
        report
    }

    fn violations(&self, file: &SourceFile, analysis: &Analysis) -> Vec<Violation> {
        let mut order: Vec<&Finding> = analysis.findings.iter().collect();
        order.sort_by_key(|finding| (finding.start, finding.end, finding.rule));
        let mut seen: BTreeMap<(usize, &str, &str), u32> = BTreeMap::new();
        let mut violations = Vec::new();
        for finding in order {
            let nth = seen.entry((finding.rule, &finding.symbol, &finding.snippet)).or_default();
            let (rule, setting) = &self.plan.rules[finding.rule];
            let print = fingerprint(&rule.id, file.path.as_str(), &finding.symbol, &finding.snippet, *nth);
            *nth += 1;
            if self.policy.scope == Scope::ChangedLines
                && !file.changed.touches(finding.start.0, finding.end.0)
            {
                continue;
            }
            let own =
                if finding.informs { Severity::Info } else { finding.hit.severity.unwrap_or(rule.severity) };
            let (severity, tier) = setting.apply(own, own_tier(rule, finding));
            violations.push(Violation {
                rule: rule.id.clone(),
                severity,
                tier,
                path: file.path.clone(),
                start_line: finding.start.0,
                start_column: finding.start.1,
                end_line: finding.end.0,
                end_column: finding.end.1,
                message: finding.hit.message.clone(),
                fingerprint: print,
            });
        }
        violations
    }

    fn suppressions(&self, analysis: &Analysis, report: &mut FileReport) -> Vec<Suppression> {
        let mut valid = Vec::new();
        for directive in &analysis.directives {
            match directive {
                Parsed::Valid(suppression) if suppression.expired(&self.today) => {
                    report.notices.push(format!(
                        "{}:{}: the suppression of {} expired on {}",
                        report.path,
                        suppression.line,
                        suppression.rule,
                        suppression.expires.as_deref().unwrap_or("")
                    ))
                }
                Parsed::Valid(suppression) => valid.push(suppression.clone()),
                Parsed::Invalid { line, problem } => {
                    report.notices.push(format!(
                        "{}:{line}: this isl-ignore suppresses nothing: {problem}",
                        report.path
                    ));
                }
            }
        }
        valid
    }

    fn settle(
        &self,
        (file, desk): (&SourceFile, &mut Desk),
        violation: Violation,
        suppressions: &[Suppression],
        report: &mut FileReport,
    ) {
        let Some(by) = suppressions.iter().find(|s| s.answers(&violation.rule, violation.start_line)) else {
            report.violations.push(violation);
            return;
        };
        let new = is_new(file, by, &mut desk.parsers);
        let old_finding = !file.changed.touches(violation.start_line, violation.end_line);
        if new && !self.policy.allow_new_suppressions {
            report.notices.push(format!(
                "{}:{}: a suppression that this change adds does not count here",
                report.path, by.line
            ));
            report.violations.push(violation);
            return;
        }
        if new && old_finding {
            report.notices.push(format!(
                "{}:{}: this change suppresses {}, a finding it did not make",
                report.path, by.line, by.rule
            ));
        }
        report.suppressed.push(Suppressed {
            violation,
            reason: by.reason.clone(),
            ticket: by.ticket.clone(),
            expires: by.expires.clone(),
        });
    }

    /// The verdict over all reports, in any order.
    pub fn finish(self, mut reports: Vec<FileReport>) -> Verdict {
        reports.sort_by(|a, b| a.path.cmp(&b.path));
        let overspent = self.leave_out_overspent(&mut reports);
        let mut verdict = Verdict {
            verdict: Decision::Ship,
            score: 100,
            violations: Vec::new(),
            skipped: self.unread.clone(),
            packs: Vec::new(),
            suppressed: Vec::new(),
            notices: self.notices.clone(),
            incomplete: false,
            files: u32::try_from(reports.iter().filter(|report| report.analysed).count()).unwrap_or(u32::MAX),
        };
        for report in reports {
            verdict.violations.extend(report.violations);
            verdict.suppressed.extend(report.suppressed);
            verdict.skipped.extend(report.skipped);
            verdict.notices.extend(report.notices);
        }
        verdict.skipped.extend(overspent);
        self.take_off_baseline(&mut verdict);
        verdict.skipped.sort();
        verdict.incomplete = verdict.skipped.iter().any(|skipped| skipped.incomplete);
        verdict.packs = self.pack_verdicts(&verdict.violations);
        verdict.score = verdict.packs.iter().map(|pack| pack.score).min().unwrap_or(100);
        if verdict.packs.iter().any(|pack| pack.required && pack.verdict == Decision::NoShip) {
            verdict.verdict = Decision::NoShip;
        }
        verdict
    }

    /// Custom rules that spent more than a verification may: their findings go, and what is missing is said once.
    fn leave_out_overspent(&self, reports: &mut [FileReport]) -> Vec<Skipped> {
        let mut skipped = Vec::new();
        for (at, (rule, _)) in self.plan.rules.iter().enumerate().filter(|(_, (rule, _))| rule.custom) {
            if self.spent[at].load(Ordering::Relaxed) <= self.limits.custom_run_steps {
                continue;
            }
            for report in reports.iter_mut() {
                report.violations.retain(|violation| violation.rule != rule.id);
                report.suppressed.retain(|suppressed| suppressed.violation.rule != rule.id);
            }
            let budget = self.limits.custom_run_steps;
            let reason = format!(
                "{} spent its budget of {budget} steps for the whole verification: its findings are left out",
                rule.id
            );
            skipped.push(Skipped { path: RepoPath::new("*"), reason, incomplete: true });
        }
        skipped
    }

    fn take_off_baseline(&self, verdict: &mut Verdict) {
        let Some(baseline) = &self.baseline else { return };
        let mut allowance = baseline.allowance();
        for violation in std::mem::take(&mut verdict.violations) {
            if allowance.covers(&violation) {
                verdict.suppressed.push(Suppressed {
                    violation,
                    reason: "baseline".to_owned(),
                    ticket: None,
                    expires: None,
                });
            } else {
                verdict.violations.push(violation);
            }
        }
    }

    fn pack_verdicts(&self, violations: &[Violation]) -> Vec<PackVerdict> {
        let of_pack = |pack: &str, tier: Tier| {
            let mine = violations.iter().filter(|v| v.tier == tier && v.rule.split('/').next() == Some(pack));
            u32::try_from(mine.count()).unwrap_or(u32::MAX)
        };
        let judge = |(id, policy): (&String, &crate::bundle::PackPolicy)| {
            let (hard, soft, warn) =
                (of_pack(id, Tier::HardBlock), of_pack(id, Tier::SoftBlock), of_pack(id, Tier::Warn));
            let score = score(hard, soft, warn);
            let blocks = hard > 0 || (policy.fail_on_warning && soft + warn > 0) || score < policy.threshold;
            PackVerdict {
                pack: id.clone(),
                verdict: if blocks { Decision::NoShip } else { Decision::Ship },
                score,
                threshold: policy.threshold,
                required: policy.required,
                hard,
                soft,
                warn,
                evaluated: of_pack(id, Tier::Evaluate),
            }
        };
        self.policy.packs.iter().map(judge).collect()
    }
}

/// Whether the change itself brought a suppression: the base has no such comment.
fn is_new(file: &SourceFile, suppression: &Suppression, parsers: &mut Parsers) -> bool {
    let Some(base) = &file.base else { return true };
    let base = String::from_utf8_lossy(base);
    !crate::suppress::of_file(file.path.as_str(), &base, parsers).iter().any(|known| {
        matches!(known, Parsed::Valid(s) if s.rule == suppression.rule && s.reason == suppression.reason && s.expires == suppression.expires)
    })
}
