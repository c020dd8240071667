//! gitleaks' rules: read once, compiled one by one when their keyword is seen.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::{MAX_LINE, Secret, value::entropy};

/// Bytes that a compiled pattern may take; three of the rules exceed the default of 10 MB.
const MAX_PROGRAM: usize = 64 << 20;
/// The rule that only guesses.
pub const GENERIC: &str = "generic-api-key";

#[derive(Deserialize)]
struct File {
    allowlist: Allowlist,
    rules: Vec<RuleDoc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleDoc {
    id: String,
    #[serde(default)]
    regex: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    secret_group: usize,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    allowlists: Vec<Allowlist>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allowlist {
    #[serde(default)]
    condition: String,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    regexes: Vec<String>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    regex_target: String,
    #[serde(skip)]
    compiled: OnceLock<(Vec<Regex>, Vec<Regex>)>,
}

fn keyword_gate(words: &[String]) -> AhoCorasick {
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).expect("keywords are short")
}

struct Rule {
    doc: RuleDoc,
    keywords: OnceLock<AhoCorasick>,
    regex: OnceLock<Option<Regex>>,
    path: OnceLock<Option<Regex>>,
}

struct Rules {
    allowlist: Allowlist,
    rules: Vec<Rule>,
    gate: AhoCorasick,
    /// Per keyword: its rules.
    owners: Vec<Vec<usize>>,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut file: File =
        toml::from_str(include_str!("../gitleaks.toml")).expect("a test reads the vendored file");
    // Stop words are compared in lower case.
    let own = file.rules.iter_mut().flat_map(|rule| &mut rule.allowlists);
    for list in own.chain([&mut file.allowlist]) {
        list.stopwords.iter_mut().for_each(|word| word.make_ascii_lowercase());
    }
    let rules: Vec<Rule> = file
        .rules
        .into_iter()
        .map(|doc| Rule { doc, keywords: OnceLock::new(), regex: OnceLock::new(), path: OnceLock::new() })
        .collect();
    let mut keywords: Vec<&str> = Vec::new();
    let mut owners: Vec<Vec<usize>> = Vec::new();
    for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.doc.regex.is_some()) {
        for keyword in &rule.doc.keywords {
            let place = keywords.iter().position(|known| known == keyword).unwrap_or_else(|| {
                keywords.push(keyword);
                owners.push(Vec::new());
                keywords.len() - 1
            });
            owners[place].push(at);
        }
    }
    let gate =
        AhoCorasick::builder().ascii_case_insensitive(true).build(&keywords).expect("keywords are short");
    Rules { allowlist: file.allowlist, gate, owners, rules }
});

/// Go's `\w` is ASCII, so Unicode classes would be both slower and wrong.
fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).size_limit(MAX_PROGRAM).build().ok()
}

impl Allowlist {
    fn parts(&self) -> &(Vec<Regex>, Vec<Regex>) {
        self.compiled.get_or_init(|| {
            let all = |list: &[String]| list.iter().filter_map(|pattern| compile(pattern)).collect();
            (all(&self.paths), all(&self.regexes))
        })
    }

    fn allows(&self, path: &str, secret: &[u8], whole: &[u8], line: &[u8]) -> bool {
        let (paths, regexes) = self.parts();
        let target = match self.regex_target.as_str() {
            "match" => whole,
            "line" => line,
            _ => secret,
        };
        let lower = secret.to_ascii_lowercase();
        let by_path = paths.iter().any(|regex| regex.is_match(path.as_bytes()));
        let by_regex = regexes.iter().any(|regex| regex.is_match(target));
        let by_word = self.stopwords.iter().any(|word| memmem::find(&lower, word.as_bytes()).is_some());
        if self.condition.eq_ignore_ascii_case("and") {
            let asked = [
                (!paths.is_empty(), by_path),
                (!regexes.is_empty(), by_regex),
                (!self.stopwords.is_empty(), by_word),
            ];
            asked.iter().all(|(asked, holds)| !asked || *holds)
        } else {
            by_path || by_regex || by_word
        }
    }
}

/// Matches of all rules, unordered.
pub(crate) fn find(path: &str, text: &str) -> Vec<Secret> {
    let rules = &*RULES;
    let mut open = vec![false; rules.rules.len()];
    for found in rules.gate.find_overlapping_iter(text) {
        for owner in &rules.owners[found.pattern().as_usize()] {
            open[*owner] = true;
        }
    }
    if !open.contains(&true) || rules.allowlist.parts().0.iter().any(|regex| regex.is_match(path.as_bytes()))
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (rule, _) in rules.rules.iter().zip(&open).filter(|(_, open)| **open) {
        rule.find(path, text, &rules.allowlist, &mut found);
    }
    found
}

/// A part of a file.
struct Place<'t> {
    path: &'t str,
    text: &'t str,
    from: usize,
    to: usize,
}

impl Rule {
    fn find(&self, path: &str, text: &str, global: &Allowlist, found: &mut Vec<Secret>) {
        let pattern = self.regex.get_or_init(|| self.doc.regex.as_deref().and_then(compile));
        let Some(regex) = pattern else { return };
        let place = self.path.get_or_init(|| self.doc.path.as_deref().and_then(compile));
        if place.as_ref().is_some_and(|place| !place.is_match(path.as_bytes())) {
            return;
        }
        if self.doc.id == GENERIC {
            // It guesses on nearly every file, and its pattern is slow: ask only lines that could hold a secret.
            let mut offset = 0;
            for line in text.split_inclusive('\n') {
                let could = line.len() <= 4_096
                    && line.bytes().any(|b| b.is_ascii_digit())
                    && line.contains(['=', ':', '>', ',', '|']);
                if could && self.keywords.get_or_init(|| keyword_gate(&self.doc.keywords)).is_match(line) {
                    self.find_in(
                        &Place { path, text, from: offset, to: offset + line.len() },
                        regex,
                        global,
                        found,
                    );
                }
                offset += line.len();
            }
        } else {
            self.find_in(&Place { path, text, from: 0, to: text.len() }, regex, global, found);
        }
    }

    fn find_in(&self, place: &Place<'_>, regex: &Regex, global: &Allowlist, found: &mut Vec<Secret>) {
        let Place { path, text, from, to } = *place;
        let bytes = &text.as_bytes()[from..to];
        for captures in regex.captures_iter(bytes).take(100) {
            let whole = captures.get(0).expect("group 0 is the match");
            let group = match self.doc.secret_group {
                0 => (1..captures.len())
                    .find_map(|at| captures.get(at).filter(|group| !group.is_empty()))
                    .unwrap_or(whole),
                wanted => captures.get(wanted).unwrap_or(whole),
            };
            let secret = group.as_bytes();
            let (line_start, line_end) = line_around(bytes, whole.start(), whole.end());
            let line = &bytes[line_start..line_end];
            // Prose between two markers of a key is documentation.
            let prose = self.doc.id == "private-key"
                && secret.split(|b| *b == b' ').filter(|word| word.len() < 20).count() > 12;
            // John Doe's token is the sample of the JWT site.
            let sample = memmem::find(secret, b"eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l").is_some();
            if prose || sample {
                continue;
            }
            // Two markers with nothing between them are code that looks for keys.
            if self.doc.id == "private-key" && !has_key_body(secret) {
                continue;
            }
            let weak = self.doc.entropy > 0.0 && entropy(secret) < self.doc.entropy;
            let guess = self.doc.id == GENERIC;
            if weak || line.len() > MAX_LINE || (guess && !secret.iter().any(u8::is_ascii_digit)) {
                continue;
            }
            let allowed = self
                .doc
                .allowlists
                .iter()
                .chain([global])
                .any(|list| list.allows(path, secret, whole.as_bytes(), line));
            let (start, end) = (from + group.start(), from + group.end());
            if !allowed && text.is_char_boundary(start) && text.is_char_boundary(end) {
                found.push(Secret::new(&self.doc.id, text, (start, end), !guess));
            }
        }
    }
}

/// Whether something stands between the markers that could be a key: 64 characters of Base64 in long runs.
fn has_key_body(key: &[u8]) -> bool {
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let runs = key.split(|b| !base64(b)).map(<[u8]>::len).filter(|length| *length >= 16);
    runs.sum::<usize>() >= 64
}

fn line_around(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let from = bytes[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let to = bytes[end..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| end + at);
    (from, to)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_vendored_file_is_the_one_named() {
        let sum = Sha256::digest(include_bytes!("../gitleaks.toml"));
        let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(include_str!("../README.md").contains(&hex), "{hex}");
    }

    #[test]
    fn every_pattern_compiles() {
        let bad: Vec<&str> = RULES
            .rules
            .iter()
            .filter(|rule| rule.doc.regex.as_deref().is_some_and(|pattern| compile(pattern).is_none()))
            .map(|rule| rule.doc.id.as_str())
            .collect();
        assert!(bad.is_empty(), "{bad:?}");
        assert!(RULES.rules.len() > 200);
    }
}
