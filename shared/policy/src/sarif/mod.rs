//! A verdict as SARIF 2.1.0, as GitHub's code scanning takes it.
//!
//! One run per pack, each its own category (`automationDetails.id`), so that one pack's alerts never close another's.
//! What a newcomer would get wrong: a report without results is still a report – without it, alerts would never close;
//! and GitHub opens an alert for a suppressed result, so [`Context::suppressed`] says whether they are written at all.

mod log;
mod result;
mod rule;

use std::collections::BTreeSet;

pub use log::Log;
use log::{
    Artifact, ArtifactLocation, AutomationDetails, BaseDescription, Invocation, MappedTo, Message,
    Notification, NotificationLocation, NotificationPlace, Provenance, Run, RunProperties, Text, Tool,
};

use crate::{
    EffectivePolicy, Language,
    verdict::{PackVerdict, Verdict},
};

/// Results of a run that are written; GitHub shows no more (limits of its SARIF support).
pub const MAX_RESULTS: usize = 5_000;
/// Runs in one file; GitHub rejects a file with more. Packs beyond share the last run.
const MAX_RUNS: usize = 20;
/// Notifications of one kind in a run; the rest is counted.
const MAX_NOTES: usize = 100;
/// Where rules are explained.
const RULE_PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/src/reference/rules");
/// The name that all paths are relative to.
const ROOT: &str = "%SRCROOT%";

/// What a report says about where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// Version of the product, `major.minor.patch`.
    pub version: &'c str,
    /// Folder of the pages that explain rules; `<folder>/<pack>/<rule>.md` is a page.
    pub rule_pages: &'c str,
    /// URL of the repository that was verified.
    pub repository: Option<&'c str>,
    /// Commit that was verified.
    pub revision: Option<&'c str>,
    /// Branch that was verified.
    pub branch: Option<&'c str>,
    /// Whether suppressed findings are written, marked as such. GitHub opens alerts for them all the same.
    pub suppressed: bool,
}

impl Default for Context<'_> {
    fn default() -> Self {
        Context {
            version: env!("CARGO_PKG_VERSION"),
            rule_pages: RULE_PAGES,
            repository: None,
            revision: None,
            branch: None,
            suppressed: true,
        }
    }
}

/// The whole verdict: one run per enabled pack.
pub fn report(verdict: &Verdict, policy: &EffectivePolicy, context: Context<'_>) -> Log {
    let packs: Vec<&PackVerdict> = verdict.packs.iter().collect();
    let own = if packs.len() > MAX_RUNS { MAX_RUNS - 1 } else { packs.len() };
    let (own, shared) = packs.split_at(own);
    let writer = Writer { verdict, policy, context };
    let mut runs: Vec<Run> =
        own.iter().map(|pack| writer.run(&format!("isl-policy/{}/", pack.pack), &[pack])).collect();
    if !shared.is_empty() {
        // No pack can be called that.
        runs.push(writer.run("isl-policy/(more)/", shared));
    }
    Log::new(runs)
}

/// The run of one pack; `None` when the verdict has no such pack.
pub fn pack_report(
    verdict: &Verdict,
    policy: &EffectivePolicy,
    pack: &str,
    context: Context<'_>,
) -> Option<Log> {
    let pack = verdict.packs.iter().find(|known| known.pack == pack)?;
    let run = Writer { verdict, policy, context }.run(&format!("isl-policy/{}/", pack.pack), &[pack]);
    Some(Log::new(vec![run]))
}

struct Writer<'v> {
    verdict: &'v Verdict,
    policy: &'v EffectivePolicy,
    context: Context<'v>,
}

impl Writer<'_> {
    fn run(&self, category: &str, packs: &[&PackVerdict]) -> Run {
        let rules = rule::of_packs(self.policy, packs);
        let (findings, left_out) = result::of_packs(self.verdict, packs, self.context.suppressed);
        let paths: Vec<&str> =
            findings.iter().map(|finding| finding.path()).collect::<BTreeSet<_>>().into_iter().collect();
        let results = findings.iter().map(|finding| finding.result(&rules, &paths)).collect();
        let mut notifications = self.notifications();
        if left_out > 0 {
            let text = format!("{left_out} more results are not listed: the {MAX_RESULTS} most serious are.");
            notifications.insert(0, note("warning", &text, None));
        }
        let driver = rule::driver(&rules, self.policy, self.context);
        Run {
            tool: Tool { driver },
            automation_details: AutomationDetails {
                id: category.to_owned(),
                description: Text::new(&format!("Packs judged under {}", self.policy.bundle)),
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: [(ROOT, BaseDescription::new("The root of the repository."))].into(),
            version_control_provenance: self.provenance(),
            invocations: vec![Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications,
            }],
            artifacts: paths.iter().map(|path| artifact(path)).collect(),
            results,
            properties: RunProperties {
                bundle: self.policy.bundle.clone(),
                packs: packs.iter().map(|pack| (*pack).clone()).collect(),
            },
        }
    }

    fn provenance(&self) -> Vec<Provenance> {
        let provenance = |repository: &str| Provenance {
            repository_uri: repository.to_owned(),
            revision_id: self.context.revision.map(str::to_owned),
            branch: self.context.branch.map(str::to_owned),
            mapped_to: MappedTo { uri_base_id: ROOT },
        };
        self.context.repository.map(provenance).into_iter().collect()
    }

    /// What the reader should know besides results: notices, and files that should have been analysed and were not.
    fn notifications(&self) -> Vec<Notification> {
        let notices = self.verdict.notices.iter().map(|text| note("note", text, None));
        let unseen: Vec<_> = self.verdict.skipped.iter().filter(|skipped| skipped.incomplete).collect();
        let mut notes: Vec<Notification> = notices.take(MAX_NOTES).collect();
        notes
            .extend(unseen.iter().take(MAX_NOTES).map(|s| note("warning", &s.reason, Some(s.path.as_str()))));
        let more =
            self.verdict.notices.len().saturating_sub(MAX_NOTES) + unseen.len().saturating_sub(MAX_NOTES);
        if more > 0 {
            notes.push(note("warning", &format!("{more} more notices are not listed."), None));
        }
        notes
    }
}

fn note(level: &'static str, text: &str, path: Option<&str>) -> Notification {
    let place = |path: &str| NotificationLocation {
        physical_location: NotificationPlace { artifact_location: location(path, None) },
    };
    Notification {
        level,
        message: Message { text: text.to_owned() },
        locations: path.map(place).into_iter().collect(),
    }
}

fn artifact(path: &str) -> Artifact {
    Artifact {
        location: location(path, None),
        roles: ["analysisTarget"],
        source_language: Language::of_path(path).map(Language::key),
    }
}

fn location(path: &str, index: Option<usize>) -> ArtifactLocation {
    ArtifactLocation { uri: uri(path), uri_base_id: ROOT, index }
}

/// A path as a relative URI reference (RFC 3986): everything but unreserved characters and `/` is escaped, so that no
/// `:` in the first segment reads as a scheme.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_relative_reference_whatever_it_contains() {
        assert_eq!(uri("src/a.js"), "src/a.js");
        assert_eq!(uri("a:b/ü c#1?.js"), "a%3Ab/%C3%BC%20c%231%3F.js");
        assert_eq!(uri("app/[id]/100%.ts"), "app/%5Bid%5D/100%25.ts");
    }
}
