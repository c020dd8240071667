//! Documentation topics: a dedicated document, a section with substance, or a stub that points elsewhere.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::{
    Documents, Hit, SecurityPolicy, TopicId,
    file::{File, line_at},
    gates::Gates,
    headings::{Heading, headings},
    patterns::Pattern,
};

const TOPICS: &str = include_str!("../../data/topics.json");

/// Places where documents live outside GitHub.
const ELSEWHERE: &str = r"(?i)(?:atlassian\.net/wiki|\bconfluence\.|notion\.(?:so|site)|docs\.google\.com|drive\.google\.com|sharepoint\.com)";

/// How a topic is met, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicKind {
    /// A dedicated document.
    Document,
    /// A section of another document.
    Section,
    /// A heading or file that only links to Confluence, Notion, Google Docs or SharePoint.
    Stub,
}

/// Where a topic is documented.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TopicHit {
    /// How.
    pub kind: TopicKind,
    /// Where: the heading, or line 1 of a dedicated document.
    pub hit: Hit,
}

impl TopicHit {
    /// The same hit, its path prefixed with the repository it stands in.
    pub(super) fn in_repository(&self, repository: &str) -> Self {
        let mut hit = self.hit.clone();
        hit.path = format!("{repository}:{}", hit.path);
        Self { kind: self.kind, hit }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopic {
    path: String,
    heading: Option<String>,
    substance: Option<String>,
    min_doc: usize,
    min_sec: usize,
}

#[derive(Debug)]
struct Topic {
    id: TopicId,
    path: Pattern,
    heading: Option<Pattern>,
    substance: Option<Pattern>,
    /// Matches of the substance that are needed: three for lists of steps.
    matches: usize,
    min_doc: usize,
    min_sec: usize,
}

#[derive(Debug)]
struct Topics {
    all: Vec<Topic>,
    path_gates: Gates,
    heading_gates: Gates,
    exclude: Pattern,
    elsewhere: Pattern,
    rollback: Pattern,
}

fn topics() -> &'static Topics {
    static ALL: LazyLock<Topics> = LazyLock::new(Topics::load);
    &ALL
}

impl Topics {
    fn load() -> Self {
        let mut raw: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(TOPICS).expect("the embedded topics are JSON, which a test asserts");
        let exclude = raw.remove("_exclude").and_then(|v| v.as_str().map(Pattern::new));
        let topic = |id: &TopicId| {
            let value = raw.remove(id.as_str()).expect("every topic id is in the embedded data, by a test");
            let raw: RawTopic =
                serde_json::from_value(value).expect("the embedded topics are well-formed, by a test");
            let steps = raw.substance.as_deref().is_some_and(|s| s.contains(r"step \d"));
            Topic {
                id: *id,
                path: Pattern::folded(&raw.path),
                heading: raw.heading.as_deref().map(Pattern::folded),
                substance: raw.substance.as_deref().map(Pattern::new),
                matches: if steps { 3 } else { 1 },
                min_doc: raw.min_doc,
                min_sec: raw.min_sec,
            }
        };
        let all: Vec<Topic> = TopicId::ALL.iter().map(topic).collect();
        // A topic without a heading pattern must never open: the empty alternative is an unmatched literal.
        let never = [vec![0_u8, 0]];
        let heading = |topic: &Topic| match &topic.heading {
            Some(pattern) => pattern.literals.clone(),
            None => Some(never.to_vec()),
        };
        let heading_literals: Vec<_> = all.iter().map(heading).collect();
        Self {
            path_gates: Gates::new(all.iter().map(|t| t.path.literals.as_deref())),
            heading_gates: Gates::new(heading_literals.iter().map(|l| l.as_deref())),
            exclude: exclude.expect("the embedded topics say what to leave out, which a test asserts"),
            elsewhere: Pattern::new(ELSEWHERE),
            rollback: Pattern::new(r"(?i)\b(?:roll(?:ing|ed|s)?[- ]?back|revert(?:ing)? (?:the|to|a))"),
            all,
        }
    }
}

impl Topic {
    fn has_substance(&self, text: &[u8]) -> bool {
        match &self.substance {
            None => true,
            Some(pattern) => {
                pattern.regex().is_some_and(|r| r.find_iter(text).take(self.matches).count() == self.matches)
            }
        }
    }

    /// How a text that names the topic meets it.
    fn judge(&self, text: &[u8], least: usize, met: TopicKind) -> Option<TopicKind> {
        if text.len() >= least && self.has_substance(text) {
            return Some(met);
        }
        // A page of links is a pointer; a long text without substance is neither.
        (text.len() < 4 * least.max(200) && topics().elsewhere.is_match(text)).then_some(TopicKind::Stub)
    }
}

/// Collects the best hit of each topic; independent of the order of files.
#[derive(Debug, Default)]
pub(super) struct TopicScan {
    best: BTreeMap<TopicId, TopicHit>,
    security_policy: Option<SecurityPolicy>,
    rollback: Option<Hit>,
    pub(super) documents: Documents,
}

/// What a scan of the documents found.
pub(super) struct FoundTopics {
    pub(super) best: BTreeMap<TopicId, TopicHit>,
    pub(super) security_policy: Option<SecurityPolicy>,
    /// A hotfix procedure or runbook that says how to roll back.
    pub(super) rollback: Option<Hit>,
    pub(super) documents: Documents,
}

impl TopicScan {
    /// Looks at one document.
    pub(super) fn look(&mut self, file: &File<'_>) {
        if !file.is_document() {
            return;
        }
        self.policy(file);
        let all = topics();
        if all.exclude.is_match(file.path.as_bytes()) {
            return;
        }
        let open = all.path_gates.open(file.path.as_bytes());
        for topic in open.into_iter().map(|index| &all.all[usize::from(index)]) {
            if !topic.path.is_match(file.path.as_bytes()) {
                continue;
            }
            self.documents.look(topic.id, Hit::at(file.path, 1, "document"), file.text);
            if let Some(kind) = topic.judge(file.text, topic.min_doc, TopicKind::Document) {
                self.offer(topic.id, TopicHit { kind, hit: Hit::at(file.path, 1, "document") }, file.text);
            }
        }
        for heading in headings(file) {
            self.section(file, &heading);
        }
    }

    fn section(&mut self, file: &File<'_>, heading: &Heading<'_>) {
        let all = topics();
        for topic in all.heading_gates.open(heading.title).into_iter().map(|i| &all.all[usize::from(i)]) {
            let named = topic.heading.as_ref().is_some_and(|pattern| pattern.is_match(heading.title));
            if !named {
                continue;
            }
            let title = String::from_utf8_lossy(heading.title);
            self.documents.look(topic.id, Hit::at(file.path, heading.line, &title), heading.body);
            if let Some(kind) = topic.judge(heading.body, topic.min_sec, TopicKind::Section) {
                let title = String::from_utf8_lossy(heading.title);
                self.offer(
                    topic.id,
                    TopicHit { kind, hit: Hit::at(file.path, heading.line, title) },
                    heading.body,
                );
            }
        }
    }

    fn offer(&mut self, id: TopicId, hit: TopicHit, text: &[u8]) {
        let procedure = matches!(id, TopicId::Hotfix | TopicId::Runbook) && hit.kind != TopicKind::Stub;
        let earlier = self.rollback.as_ref().is_none_or(|known| hit.hit < *known);
        if procedure && earlier && topics().rollback.is_match(text) {
            self.rollback = Some(hit.hit.clone());
        }
        match self.best.get(&id) {
            Some(best) if *best <= hit => {}
            _ => drop(self.best.insert(id, hit)),
        }
    }

    /// SECURITY.md where GitHub looks for it.
    fn policy(&mut self, file: &File<'_>) {
        let lower = file.path.to_ascii_lowercase();
        let stem = lower
            .split('.')
            .next()
            .map_or(lower.as_str(), |_| lower.rsplit_once('.').map_or(&lower, |(s, _)| s));
        if !matches!(stem, "security" | ".github/security" | "docs/security") {
            return;
        }
        let topic = topics().all.iter().find(|topic| topic.id == TopicId::SecurityPolicy);
        let regex = topic.and_then(|topic| topic.substance.as_ref()).and_then(Pattern::regex);
        let channel = regex.and_then(|regex| regex.find(file.text));
        let line = channel.map_or(1, |found| line_at(file.text, found.start()));
        let text = channel.map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
        let policy = SecurityPolicy {
            hit: Hit::at(file.path, line, text.as_deref().unwrap_or("no reporting channel")),
            channel: text,
        };
        let rank = |p: &SecurityPolicy| (p.channel.is_none(), p.hit.path.clone());
        if self.security_policy.as_ref().is_none_or(|known| rank(&policy) < rank(known)) {
            self.security_policy = Some(policy);
        }
    }

    pub(super) fn finish(self) -> FoundTopics {
        FoundTopics {
            best: self.best,
            security_policy: self.security_policy,
            rollback: self.rollback,
            documents: self.documents,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Tree;

    #[test]
    fn every_topic_compiles_and_is_known() {
        for topic in &topics().all {
            assert!(topic.path.regex().is_some(), "{:?}", topic.id);
            assert!(topic.heading.as_ref().is_none_or(|p| p.regex().is_some()), "{:?}", topic.id);
            assert!(topic.substance.as_ref().is_none_or(|p| p.regex().is_some()), "{:?}", topic.id);
        }
        let raw: BTreeMap<String, serde_json::Value> = serde_json::from_str(TOPICS).unwrap();
        assert_eq!(raw.keys().filter(|k| !k.starts_with('_')).count(), 39);
        assert_eq!(TopicId::ALL.len(), 39);
    }

    fn kind(path: &str, text: &str, id: TopicId) -> Option<TopicKind> {
        Tree::new().file(path, text).snapshot().topic(id).map(|hit| hit.kind)
    }

    #[test]
    fn documents_sections_and_stubs_are_told_apart() {
        let long =
            "We keep sealed credentials in the vault; every use needs approval by an owner and is audited.\n"
                .repeat(3);
        assert_eq!(kind("docs/break-glass.md", &long, TopicId::BreakGlass), Some(TopicKind::Document));
        assert_eq!(
            kind("README.md", &format!("# X\n\n## Break glass\n\n{long}"), TopicId::BreakGlass),
            Some(TopicKind::Section)
        );
        let link = "## Break glass\n\nSee https://acme.atlassian.net/wiki/x\n";
        assert_eq!(kind("README.md", link, TopicId::BreakGlass), Some(TopicKind::Stub));
        assert_eq!(kind("README.md", "## Break glass\n\nTBD\n", TopicId::BreakGlass), None);
        assert_eq!(kind("vendor/x/docs/break-glass.md", &long, TopicId::BreakGlass), None);
    }

    #[test]
    fn runbooks_need_three_steps() {
        let text = |steps: usize| {
            let list: String = (1..=steps).map(|n| format!("{n}. do the thing number {n}\n")).collect();
            format!("# Runbook\n\n{}\n{list}", "Background of the service and its failure modes. ".repeat(12))
        };
        assert_eq!(kind("docs/runbook.md", &text(2), TopicId::Runbook), None);
        assert_eq!(kind("docs/runbook.md", &text(3), TopicId::Runbook), Some(TopicKind::Document));
    }

    #[test]
    fn a_security_policy_may_name_no_channel() {
        let policy = |text: &str| Tree::new().file("SECURITY.md", text).snapshot().security_policy().cloned();
        assert_eq!(policy("# Security\n\nWe care.\n").unwrap().channel, None);
        let found = policy("# Security\n\nMail security@acme.example\n").unwrap();
        assert_eq!((found.channel.as_deref(), found.hit.line), (Some("security@acme.example"), 3));
    }
}
