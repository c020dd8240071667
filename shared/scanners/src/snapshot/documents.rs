//! What documents say, beyond that they exist: which control they name, by when they answer, which branch they merge.
//!
//! Filled by the topic scan: it calls [`Documents::look`] for each document or section whose name meets a topic,
//! whether or not it has substance.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde::{Deserialize, Serialize};

use super::{
    Hit, TopicId,
    file::{File, line_at},
    operations,
    patterns::Pattern,
};

/// Documents kept per topic, those that say most first.
const MAX_DESCRIBED: usize = 20;
/// Bytes of one document that are looked at; what decisions ask for stands early.
const MAX_TEXT: usize = 256 * 1024;
/// Paths of records or templates kept.
const MAX_HITS: usize = 5;

/// One thing a document may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// How to set the project up or test it.
    Setup,
    /// How to hand in a change.
    Submit,
    /// The main branch.
    MainBranch,
    /// How branches come together.
    Merge,
    /// Hotfix branches.
    HotfixBranch,
    /// A way to report.
    Channel,
    /// A time within which somebody answers.
    Response,
    /// Which versions are supported.
    SupportedVersions,
    /// A named framework or regulation.
    Framework,
    /// An identifier of a control.
    Control,
    /// A date.
    Dated,
    /// A rating.
    Rated,
    /// The newest entry of a changelog.
    Entry,
    /// A status.
    Status,
    /// A decision.
    Decision,
    /// A link to a generated reference.
    Generated,
    /// An item of a checklist.
    Item,
    /// A heading.
    Heading,
    /// A recovery time objective with a duration.
    RecoveryTime,
    /// The words "recovery time objective".
    NamesRecoveryTime,
    /// A recovery point objective with a duration.
    RecoveryPoint,
    /// The words "recovery point objective".
    NamesRecoveryPoint,
    /// How often something is done.
    Schedule,
    /// How long something is kept.
    Retained,
    /// A step of a procedure.
    Step,
    /// That something is restored or recovered.
    Recovery,
    /// A percentage or a latency.
    Target,
    /// A link.
    Link,
    /// A level of severity.
    SeverityLevel,
    /// Who does what in an incident.
    Role,
    /// The word "incident".
    Incident,
}

/// A document or section and what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Described {
    /// Orders documents that say more before those that say less.
    lacks: u8,
    /// Where.
    pub hit: Hit,
    /// What, with the words; several of a kind where they are counted.
    pub says: Vec<(Says, String)>,
}

impl Described {
    /// The first words of a kind.
    pub fn says(&self, what: Says) -> Option<&str> {
        self.all(what).next()
    }

    /// All words of a kind, distinct.
    pub fn all(&self, what: Says) -> impl Iterator<Item = &str> {
        self.says.iter().filter(move |(kind, _)| *kind == what).map(|(_, words)| words.as_str())
    }

    fn in_repository(&self, repository: &str) -> Self {
        let hit = Hit { path: format!("{repository}:{}", self.hit.path), ..self.hit.clone() };
        Self { hit, ..self.clone() }
    }
}

/// Architecture decision records: how many are complete, and how old the newest is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecords {
    /// Numbered records with a status and a decision.
    pub count: u64,
    /// The latest date in any of them, `YYYY-MM-DD`, and where.
    pub newest: Option<(String, Hit)>,
    /// The first few.
    pub first: BTreeSet<Hit>,
}

/// What the documents of a repository say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documents {
    topics: BTreeMap<TopicId, BTreeSet<Described>>,
    pull_request_templates: BTreeSet<Described>,
    issue_templates: BTreeSet<Hit>,
    legacy_issue_template: Option<Hit>,
    records: DecisionRecords,
}

/// What is looked for in documents of a topic.
struct Question {
    says: Says,
    pattern: Pattern,
    /// Distinct answers kept.
    most: usize,
}

const MAIN_BRANCH: &str = r"(?i)\b(?:main|master|trunk|develop|default branch)\b";
const MERGE: &str =
    r"(?i)\b(?:merg(?:e|es|ed|ing)|squash\w*|rebas\w+|fast[- ]forward|pull requests?|merge requests?|PRs?)\b";
const FRAMEWORK: &str = r"(?i)\b(?:SOC ?[123]|ISO(?:/IEC)?[ _-]?27\d{3}|PCI[ -]DSS|HIPAA|GDPR|CCPA|FedRAMP|NIST(?:[ _-]?SP)?[ _-]?800-\d+|NIST CSF|CIS (?:benchmarks?|controls)|HITRUST|DORA|NIS ?2|CMMC|StateRAMP|Cyber Essentials|BSI C5|TISAX|SLSA|OpenSSF|OSPS|FIPS ?140)\b";
const CONTROL: &str = r"(?i)\b(?:CC\d\.\d|A\.\d{1,2}\.\d{1,2}|(?:AC|AU|CM|IA|SC|SI|RA|SA|SR|CP|IR|PE|PL|PM|PS|MA|MP|AT|CA)-\d{1,2}\b|Req(?:uirement)? ?\d+\.\d+|Art(?:icle|\.) ?\d+|PR\.[A-Z]{2}(?:-\d+)?|164\.3\d\d|OSPS-[A-Z]{2}-\d\d(?:\.\d\d)?)";
const DATE: &str = r"\b20\d\d[-/.](?:0[1-9]|1[0-2]|Q[1-4])(?:[-/.][0-3]\d)?\b|(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? (?:[0-3]?\d,? )?20\d\d\b";

/// Topic, what, pattern, how many distinct answers.
const QUESTIONS: &[(TopicId, Says, &str, usize)] = &[
    (
        TopicId::Contributing,
        Says::Setup,
        r"(?i)\b(?:install\w*|set(?:ting)?[ -]?up|build(?:ing)?|clone|(?:run|write|add|unit|integration) (?:the |all )?tests?|tests? (?:suite|pass|locally)|testing)\b",
        1,
    ),
    (
        TopicId::Contributing,
        Says::Submit,
        r"(?i)\b(?:pull requests?|merge requests?|PRs?|patch(?:es)?|fork)\b",
        1,
    ),
    (TopicId::Contributing, Says::MainBranch, MAIN_BRANCH, 1),
    (
        TopicId::Contributing,
        Says::Merge,
        r"(?i)\b(?:merg(?:e|es|ed|ing)|squash\w*|rebas\w+|fast[- ]forward)\b",
        1,
    ),
    (TopicId::Branching, Says::MainBranch, MAIN_BRANCH, 1),
    (TopicId::Branching, Says::Merge, MERGE, 1),
    (TopicId::Branching, Says::HotfixBranch, r"(?i)\bhot-?fix\S*", 1),
    (TopicId::Release, Says::HotfixBranch, r"(?i)\bhot-?fix\S*", 1),
    (TopicId::Hotfix, Says::HotfixBranch, r"(?i)\bhot-?fix\S*", 1),
    (TopicId::ComplianceFrameworks, Says::Framework, FRAMEWORK, 10),
    (
        TopicId::SecurityPolicy,
        Says::Channel,
        r"(?i)[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s)>]+|private(?:ly)? report\w*|security advisor\w+|hackerone|bugcrowd|intigriti",
        1,
    ),
    (
        TopicId::SecurityPolicy,
        Says::Response,
        r"(?i)\b(?:\d+|one|two|three|four|five|seven|ten|fourteen|thirty|sixty|ninety|a few)[ -]?(?:business|working|calendar)?[ -]?(?:hours?|days?|weeks?|months?)\b",
        1,
    ),
    (
        TopicId::SecurityPolicy,
        Says::SupportedVersions,
        r"(?i)\bsupported (?:versions?|releases?)\b|\b(?:latest|newest|last|current) (?:\w+ ){0,2}(?:versions?|releases?)\b",
        1,
    ),
    (
        TopicId::ChangeMgmt,
        Says::Entry,
        r"(?m)^(?:(?:#{1,4}|={1,4}|\*{1,2})[ \t]+)?(?:[Vv]ersion |[Rr]elease )?\[?(?:[\w./@-]{1,40}@)?v?\d+\.\d+[^\n]{0,80}|^#{1,4}[ \t]+\[?20\d\d-\d\d-\d\d[^\n]{0,60}",
        1,
    ),
    (TopicId::VendorRisk, Says::Dated, DATE, 1),
    (
        TopicId::VendorRisk,
        Says::Rated,
        r"(?i)\b(?:risk|rating|rated|criticality|tier|score|impact)\b[^\n]{0,40}?\b(?:low|medium|moderate|high|critical|[1-5])\b|\|\s*(?:low|medium|moderate|high|critical)\s*\|",
        1,
    ),
    (TopicId::RegulatoryMapping, Says::Control, CONTROL, 100),
    (TopicId::RegulatoryMapping, Says::Framework, FRAMEWORK, 5),
    (TopicId::Adr, Says::Status, r"(?im)^(?:#+\s*|\*\*|[-*]\s*)?status\b", 1),
    (
        TopicId::Adr,
        Says::Decision,
        r"(?im)^(?:#+\s*|\*\*)?(?:decision|consequences|rationale|motivation)\b",
        1,
    ),
    (TopicId::Adr, Says::Dated, r"\b20\d\d-[01]\d-[0-3]\d\b", 20),
    (
        TopicId::ApiDoc,
        Says::Generated,
        r"(?i)https?://(?:docs\.rs|pkg\.go\.dev|javadoc\.io|(?:www\.)?rubydoc\.info|hexdocs\.pm|pub\.dev/documentation|[\w-]+\.readthedocs\.io|[\w-]+\.github\.io)/\S+",
        1,
    ),
];

fn questions() -> &'static BTreeMap<TopicId, Vec<Question>> {
    static ALL: LazyLock<BTreeMap<TopicId, Vec<Question>>> = LazyLock::new(|| {
        let mut all: BTreeMap<TopicId, Vec<Question>> = BTreeMap::new();
        for (topic, says, source, most) in QUESTIONS {
            let question = Question { says: *says, pattern: Pattern::new(source), most: *most };
            all.entry(*topic).or_default().push(question);
        }
        for (topics, says, source, most) in operations::QUESTIONS {
            for topic in *topics {
                let question = Question { says: *says, pattern: Pattern::new(source), most: *most };
                all.entry(*topic).or_default().push(question);
            }
        }
        all
    });
    &ALL
}

/// Questions about pull-request templates.
fn template_questions() -> &'static [Question; 2] {
    static ALL: LazyLock<[Question; 2]> = LazyLock::new(|| {
        let question = |says, source: &str| Question { says, pattern: Pattern::new(source), most: 50 };
        [
            question(Says::Item, r"(?m)^[ \t]*[-*+][ \t]*\[[ xX]\][^\n]{1,200}"),
            question(Says::Heading, r"(?m)^#{1,6}[ \t]+[^\n]{1,100}"),
        ]
    });
    &ALL
}

fn answers(question: &Question, text: &[u8]) -> Vec<(Says, String)> {
    let Some(regex) = question.pattern.regex() else { return Vec::new() };
    let mut seen: Vec<String> = Vec::new();
    for found in regex.find_iter(text).take(2_000) {
        let words = Hit::at("", 0, String::from_utf8_lossy(found.as_bytes())).what;
        if !seen.contains(&words) {
            seen.push(words);
        }
        if seen.len() >= question.most {
            break;
        }
    }
    seen.into_iter().map(|words| (question.says, words)).collect()
}

fn described<'a>(hit: Hit, text: &[u8], questions: impl Iterator<Item = &'a Question>) -> Described {
    let text = &text[..text.len().min(MAX_TEXT)];
    let says: Vec<(Says, String)> = questions.flat_map(|question| answers(question, text)).collect();
    let kinds: BTreeSet<Says> = says.iter().map(|(kind, _)| *kind).collect();
    let lacks = u8::MAX - u8::try_from(kinds.len()).unwrap_or(u8::MAX);
    Described { lacks, hit, says }
}

/// A path up to its last dot.
fn file_stem(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

fn keep<T: Ord>(set: &mut BTreeSet<T>, item: T, most: usize) {
    set.insert(item);
    if set.len() > most {
        set.pop_last();
    }
}

impl Documents {
    /// Looks at a document or section whose name meets a topic.
    pub(super) fn look(&mut self, topic: TopicId, hit: Hit, text: &[u8]) {
        let none: &[Question] = &[];
        let about = questions().get(&topic).map_or(none, Vec::as_slice);
        let found = described(hit, text, about.iter());
        if topic == TopicId::Adr {
            self.records.add(found);
        } else {
            keep(self.topics.entry(topic).or_default(), found, MAX_DESCRIBED);
        }
    }

    /// Looks at a file that is no topic's: templates, and policies that name controls.
    pub(super) fn file(&mut self, file: &File<'_>, policy: bool) {
        let lower = file.path.to_ascii_lowercase();
        let rest = lower.strip_prefix(".github/").or(lower.strip_prefix("docs/")).unwrap_or(&lower);
        let text = matches!(file.extension.to_ascii_lowercase().as_str(), "md" | "txt" | "");
        if text && (file_stem(rest) == "pull_request_template" || rest.starts_with("pull_request_template/"))
        {
            let found = described(Hit::file(file.path), file.text, template_questions().iter());
            keep(&mut self.pull_request_templates, found, MAX_DESCRIBED);
        } else if lower.starts_with(".github/issue_template/")
            && matches!(file.extension, "md" | "yml" | "yaml")
            && !matches!(file.name, "config.yml" | "config.yaml")
        {
            keep(&mut self.issue_templates, Hit::file(file.path), MAX_HITS);
        } else if matches!(rest, "issue_template.md" | "issue_template.txt" | "issue_template") {
            self.legacy_issue_template = Some(Hit::file(file.path));
        } else if policy {
            self.policy(file);
        }
    }

    fn policy(&mut self, file: &File<'_>) {
        let Some(about) = questions().get(&TopicId::RegulatoryMapping) else { return };
        let control = about.iter().find(|question| question.says == Says::Control);
        let text = &file.text[..file.text.len().min(MAX_TEXT)];
        let regex = control.and_then(|question| question.pattern.regex());
        let Some(first) = regex.and_then(|regex| regex.find(text)) else { return };
        let what = String::from_utf8_lossy(first.as_bytes());
        self.look(
            TopicId::RegulatoryMapping,
            Hit::at(file.path, line_at(text, first.start()), what),
            file.text,
        );
    }

    /// Documents and sections about a topic, those that say most first.
    pub fn about(&self, topic: TopicId) -> impl Iterator<Item = &Described> {
        self.topics.get(&topic).into_iter().flatten()
    }

    /// Templates for pull requests.
    pub fn pull_request_templates(&self) -> impl Iterator<Item = &Described> {
        self.pull_request_templates.iter()
    }

    /// Templates and forms for issues.
    pub fn issue_templates(&self) -> impl Iterator<Item = &Hit> {
        self.issue_templates.iter()
    }

    /// The single `ISSUE_TEMPLATE.md` of old.
    pub fn legacy_issue_template(&self) -> Option<&Hit> {
        self.legacy_issue_template.as_ref()
    }

    /// Architecture decision records.
    pub fn records(&self) -> &DecisionRecords {
        &self.records
    }

    /// Adds those of a profile repository, which count where the earlier ones say less.
    pub(super) fn add(&mut self, repository: &str, other: &Self) {
        for (topic, list) in &other.topics {
            let mine = self.topics.entry(*topic).or_default();
            list.iter().for_each(|one| keep(mine, one.in_repository(repository), MAX_DESCRIBED));
        }
        for one in &other.pull_request_templates {
            keep(&mut self.pull_request_templates, one.in_repository(repository), MAX_DESCRIBED);
        }
        let moved = |hit: &Hit| Hit { path: format!("{repository}:{}", hit.path), ..hit.clone() };
        for hit in &other.issue_templates {
            keep(&mut self.issue_templates, moved(hit), MAX_HITS);
        }
        if self.legacy_issue_template.is_none() {
            self.legacy_issue_template = other.legacy_issue_template.as_ref().map(moved);
        }
        if self.records.count < other.records.count {
            let records = &other.records;
            let newest = records.newest.as_ref().map(|(date, hit)| (date.clone(), moved(hit)));
            self.records = DecisionRecords {
                count: records.count,
                newest,
                first: records.first.iter().map(moved).collect(),
            };
        }
    }
}

impl DecisionRecords {
    fn add(&mut self, found: Described) {
        if found.says(Says::Status).is_none() || found.says(Says::Decision).is_none() {
            return;
        }
        self.count += 1;
        if let Some(date) = found.all(Says::Dated).max() {
            let entry = (date.to_owned(), found.hit.clone());
            if self.newest.as_ref().is_none_or(|known| *known < entry) {
                self.newest = Some(entry);
            }
        }
        keep(&mut self.first, found.hit, MAX_HITS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Tree;

    #[test]
    fn every_question_compiles() {
        for question in questions().values().flatten().chain(template_questions()) {
            assert!(question.pattern.regex().is_some(), "{:?}", question.says);
        }
    }

    fn first(path: &str, text: &str, topic: TopicId) -> Option<Described> {
        Tree::new().file(path, text).snapshot().documents().about(topic).next().cloned()
    }

    #[test]
    fn documents_say_what_is_asked() {
        let guide = first("CONTRIBUTING.md", "Clone it, then open a PR.\n", TopicId::Contributing).unwrap();
        assert_eq!((guide.says(Says::Setup), guide.says(Says::Submit)), (Some("Clone"), Some("PR")));
        assert_eq!(guide.says(Says::MainBranch), None);
        let entry = |text: &str| {
            let found = first("CHANGELOG.md", text, TopicId::ChangeMgmt)?;
            found.says(Says::Entry).map(str::to_owned)
        };
        let text = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-05-01\n- x\n";
        assert_eq!(entry(text).as_deref(), Some("## [1.2.0] - 2026-05-01"));
        assert_eq!(entry("# Log\n\n1.0.1 / 2020-01-01\n====\n").as_deref(), Some("1.0.1 / 2020-01-01"));
        assert_eq!(entry("# Changelog\n\nSoon.\n"), None);
    }

    #[test]
    fn controls_are_counted_once_each_and_policies_count() {
        let text = "# Control mapping\nSOC 2: CC6.1, CC6.1, CC7.2 and AC-2\n";
        let found = first("docs/control-mapping.md", text, TopicId::RegulatoryMapping).unwrap();
        assert_eq!(found.all(Says::Control).collect::<Vec<_>>(), ["CC6.1", "CC7.2", "AC-2"]);
        let rego = "package x\n# controls: NIST 800-53 AC-3\n";
        let found = first("policy/x.rego", rego, TopicId::RegulatoryMapping).unwrap();
        assert_eq!((found.hit.line, found.says(Says::Control)), (2, Some("AC-3")));
    }

    #[test]
    fn templates_are_found_where_github_looks() {
        let template = "## What\n- [ ] tests\n- [ ] docs\n";
        let found = |path: &str| {
            let files = Tree::new().file(path, template).snapshot();
            files.documents().pull_request_templates().next().map(|t| t.says.len())
        };
        assert_eq!(found(".github/PULL_REQUEST_TEMPLATE.md"), Some(3));
        assert_eq!(found("docs/pull_request_template/fix.md"), Some(3));
        assert_eq!(found("pull_request_template.md"), Some(3));
        assert_eq!(found("src/pull_request_template.md"), None);
        let files = Tree::new().file(".github/ISSUE_TEMPLATE/bug.yml", "name: x\n").snapshot();
        assert_eq!(files.documents().issue_templates().count(), 1);
    }

    #[test]
    fn complete_records_are_counted() {
        let text =
            "# 1. Use Rust\n\nDate: 2026-01-02\n\n## Status\n\nAccepted\n\n## Decision\n\nWe use it.\n";
        let files =
            Tree::new().file("docs/adr/0001-rust.md", text).file("docs/adr/0002-x.md", "# x\n").snapshot();
        let records = files.documents().records();
        assert_eq!((records.count, records.newest.as_ref().unwrap().0.as_str()), (1, "2026-01-02"));
    }
}
