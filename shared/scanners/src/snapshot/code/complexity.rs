//! Cyclomatic complexity of functions, measured on tokens: one linear walk over the bytes, no syntax tree.
//!
//! Functions are told by their keyword (`fn`, `func`, `fun`, `function`, `def`), or by `name(…) {` where a language
//! has none; each `if`, loop, `case`, `catch`, `&&`, `||` and `? :` adds one. The figure is meant for a percentile
//! over a repository, not for judging one function.

use crate::snapshot::{Hit, file::File};

/// How complex the functions are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complexity {
    /// How many functions have a complexity, by complexity.
    counts: std::collections::BTreeMap<u64, u64>,
    /// The most complex function.
    worst: Option<(u64, Hit)>,
}

impl Complexity {
    /// How many functions were measured.
    pub fn functions(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The complexity that 95 % of the functions do not exceed.
    pub fn p95(&self) -> u64 {
        let wanted = (self.functions() * 95).div_ceil(100);
        let mut seen = 0;
        let reached = self.counts.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        reached.map_or(0, |(complexity, _)| *complexity)
    }

    /// The most complex function and its complexity.
    pub fn worst(&self) -> Option<&(u64, Hit)> {
        self.worst.as_ref()
    }

    fn add(&mut self, complexity: u64, path: &str, line: u64) {
        *self.counts.entry(complexity).or_default() += 1;
        let hit = || Hit::at(path, line, format!("complexity {complexity}"));
        let worse = self.worst.as_ref().is_none_or(|(most, known)| {
            complexity > *most || complexity == *most && (path, line) < (known.path.as_str(), known.line)
        });
        if worse {
            self.worst = Some((complexity, hit()));
        }
    }

    /// Measures a file in a language that is understood.
    pub(super) fn measure(&mut self, file: &File<'_>, language: &str) {
        match language {
            "Python" => python(file, |complexity, line| self.add(complexity, file.path, line)),
            "Rust" | "Go" | "JavaScript" | "TypeScript" | "Java" | "Kotlin" | "C#" | "C" | "C++"
            | "Swift" | "PHP" | "Scala" | "Dart"
                if !matches!(file.extension, "vue" | "svelte") =>
            {
                braces(file, language, |complexity, line| self.add(complexity, file.path, line));
            }
            _ => {}
        }
    }
}

const DECISIONS: &[&[u8]] =
    &[b"if", b"for", b"foreach", b"while", b"case", b"catch", b"elseif", b"when", b"guard"];
const FUNCTION: &[&[u8]] = &[b"fn", b"func", b"fun", b"function", b"def"];
/// What begins a block with parentheses that is no function.
const CONTROL: &[&[u8]] = &[
    b"if",
    b"for",
    b"foreach",
    b"while",
    b"switch",
    b"catch",
    b"match",
    b"else",
    b"do",
    b"try",
    b"class",
    b"struct",
    b"enum",
    b"impl",
    b"trait",
    b"interface",
    b"namespace",
    b"new",
    b"return",
    b"using",
    b"lock",
    b"synchronized",
    b"with",
    b"loop",
    b"unsafe",
    b"object",
    b"record",
    b"extern",
    b"macro_rules",
];
/// Blocks open at once; a file that nests deeper is no code that people write.
const MAX_DEPTH: usize = 200;

/// What stands between the last `;`, `{` or `}` and here.
#[derive(Default)]
struct Header {
    function: bool,
    control: bool,
    call: bool,
    arrow: bool,
    assigned: bool,
    line: u64,
}

impl Header {
    fn word(&mut self, word: &[u8], line: u64) {
        self.line = if self.line == 0 { line } else { self.line };
        self.function |= FUNCTION.contains(&word);
        self.control |= CONTROL.contains(&word);
    }

    /// Whether the brace that follows opens the body of a function.
    fn opens_function(&self, language: &str) -> bool {
        let keyword_only = matches!(language, "Rust" | "Go" | "Kotlin" | "Swift" | "PHP" | "Scala");
        let script = matches!(language, "JavaScript" | "TypeScript" | "Dart");
        let method = self.call && !self.control && !self.assigned && !keyword_only;
        self.function || method || script && self.arrow
    }
}

/// An open brace; a function has a complexity.
struct Open {
    function: Option<(u64, u64)>,
}

/// Languages with braces.
fn braces(file: &File<'_>, language: &str, mut found: impl FnMut(u64, u64)) {
    let text = file.text;
    let mut open: Vec<Open> = Vec::new();
    let mut header = Header::default();
    let (mut at, mut line) = (0, 1_u64);
    while at < text.len() {
        let byte = text[at];
        match byte {
            b'\n' => line += 1,
            b'/' | b'"' | b'\'' | b'`' | b'#' => {
                let end = skip(text, at, language);
                if end > at {
                    line += memchr::memchr_iter(b'\n', &text[at..end]).count() as u64;
                    at = end;
                    continue;
                }
            }
            b'{' => {
                let function = header.opens_function(language);
                if open.len() >= MAX_DEPTH {
                    return;
                }
                open.push(Open { function: function.then_some((1, header.line.max(1))) });
                header = Header::default();
            }
            b'}' => {
                if let Some(Open { function: Some((complexity, line)) }) = open.pop() {
                    found(complexity, line);
                }
                header = Header::default();
            }
            b';' => header = Header::default(),
            b'(' => header.call = header.line > 0,
            b'=' if text.get(at + 1) == Some(&b'>') => {
                header.arrow = true;
                if language == "Rust" {
                    decide(&mut open, true);
                    header = Header::default();
                }
                at += 1;
            }
            b'=' => header.assigned = true,
            b'&' | b'|' if text.get(at + 1) == Some(&byte) => {
                decide(&mut open, !is_closure(text, at, language));
                at += 1;
            }
            b'?' if language != "Rust" && text.get(at + 1) == Some(&b' ') => decide(&mut open, true),
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                let end = word_end(text, at);
                header.word(&text[at..end], line);
                decide(&mut open, DECISIONS.contains(&&text[at..end]));
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Counts a decision for the innermost function.
fn decide(open: &mut [Open], counts: bool) {
    let innermost = if counts { open.iter_mut().rev().find_map(|open| open.function.as_mut()) } else { None };
    if let Some((complexity, _)) = innermost {
        *complexity += 1;
    }
}

/// `||` before a body is a Rust closure without parameters, not an alternative.
fn is_closure(text: &[u8], at: usize, language: &str) -> bool {
    language == "Rust" && text[at] == b'|' && !operand_before(text, at)
}

fn operand_before(text: &[u8], at: usize) -> bool {
    let before = text[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace());
    before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b")]}_\"'?".contains(byte))
}

fn word_end(text: &[u8], at: usize) -> usize {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    at + text[at..].iter().take_while(|byte| word(byte)).count()
}

/// The end of the comment or string that begins here; `at` when none does.
fn skip(text: &[u8], at: usize, language: &str) -> usize {
    let rest = &text[at..];
    let line_end = || memchr::memchr(b'\n', rest).map_or(text.len(), |offset| at + offset);
    match rest {
        [b'/', b'/', ..] => line_end(),
        [b'#', ..] if language == "PHP" || matches!(language, "C" | "C++" | "C#") => line_end(),
        [b'/', b'*', ..] => memchr::memmem::find(rest, b"*/").map_or(text.len(), |offset| at + offset + 2),
        // A lifetime, not a character.
        [b'\'', ..] if language == "Rust" => match rest {
            [_, b'\\', _, ..] => {
                at + 3 + memchr::memchr(b'\'', &rest[3..rest.len().min(12)]).map_or(0, |o| o + 1)
            }
            [_, _, b'\'', ..] => at + 3,
            _ => at + 1,
        },
        [quote @ (b'"' | b'\'' | b'`'), ..] => string_end(text, at, *quote, *quote == b'`'),
        _ => at,
    }
}

/// The end of a string; one that may not span lines ends at the line's end.
fn string_end(text: &[u8], at: usize, quote: u8, lines: bool) -> usize {
    let mut next = at + 1;
    while let Some(byte) = text.get(next) {
        match byte {
            b'\\' => next += 1,
            b'\n' if !lines && quote == b'\'' => return next,
            _ if *byte == quote => return next + 1,
            _ => {}
        }
        next += 1;
    }
    text.len()
}

/// Python: a function lasts while lines are indented deeper than its `def`.
fn python(file: &File<'_>, mut found: impl FnMut(u64, u64)) {
    let mut open: Vec<(usize, u64, u64)> = Vec::new();
    let mut quoted: Option<&[u8]> = None;
    for (number, raw) in (1_u64..).zip(file.text.split(|byte| *byte == b'\n')) {
        if let Some(quote) = quoted {
            quoted = memchr::memmem::find(raw, quote).is_none().then_some(quote);
            continue;
        }
        let line = raw.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let indent = raw.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let closes = !line.starts_with(b")") && !line.starts_with(b"]") && !line.starts_with(b"}");
        while closes && let Some((_, complexity, start)) = open.pop_if(|(depth, ..)| indent <= *depth) {
            found(complexity, start);
        }
        if line.starts_with(b"def ") || line.starts_with(b"async def ") {
            if open.len() >= MAX_DEPTH {
                return;
            }
            open.push((indent, 1, number));
        }
        if let Some(last) = open.last_mut() {
            last.1 += decisions(line);
        }
        for quote in [b"\"\"\"".as_slice(), b"'''"] {
            if memchr::memmem::find_iter(line, quote).count() % 2 == 1 {
                quoted = Some(quote);
            }
        }
    }
    open.into_iter().rev().for_each(|(_, complexity, start)| found(complexity, start));
}

/// Words of one line that decide, strings and the comment left out.
fn decisions(line: &[u8]) -> u64 {
    const WORDS: &[&[u8]] = &[b"if", b"elif", b"for", b"while", b"except", b"and", b"or", b"case"];
    let (mut at, mut count) = (0, 0);
    while at < line.len() {
        match line[at] {
            b'#' => break,
            quote @ (b'"' | b'\'') => at = string_end(line, at, quote, true),
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let end = word_end(line, at);
                count += u64::from(WORDS.contains(&&line[at..end]));
                at = end;
            }
            _ => at += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use crate::testing::Tree;

    /// Worst complexity, number of functions, line of the worst.
    fn measured(path: &str, text: &str) -> (u64, u64, u64) {
        let found = Tree::new().file(path, text).snapshot().code().complexity.clone();
        let worst = found.worst().cloned().unwrap();
        (worst.0, found.functions(), worst.1.line)
    }

    #[test]
    fn decisions_are_counted_per_function() {
        let rust = "fn a() {}\nfn b(x: &'static str) -> u8 {\n    if x == \"if { for\" && true { 1 } else { 2 }\n}\n";
        assert_eq!(measured("a.rs", rust), (3, 2, 2));
        let arms = "fn a(x: u8) -> u8 {\n    match x { 1 => 2, _ => 3 }\n}\n";
        assert_eq!(measured("a.rs", arms), (3, 1, 1));
        let go = "func (s *S) A(x int) error {\n\tfor i := range x {\n\t\tif i > 1 || i < 0 { return nil }\n\t}\n\treturn nil\n}\n";
        assert_eq!(measured("a.go", go), (4, 1, 1));
        let java = "class A {\n  int b(int x) {\n    // if\n    return x > 1 ? 1 : 2;\n  }\n}\n";
        assert_eq!(measured("A.java", java), (2, 1, 2));
        let script = "const a = (x) => {\n  if (x) { return 1 }\n}\nfunction b() {}\n";
        assert_eq!(measured("a.ts", script), (2, 2, 1));
        let python = "def a(x):\n    '''if if if'''\n    if x and y:\n        return [i for i in x if i]\n\ndef b():\n    pass\n";
        assert_eq!(measured("a.py", python), (5, 2, 1));
    }

    #[test]
    fn a_percentile_is_over_all_functions() {
        let simple: String = (0..95).map(|n| format!("fn f{n}() {{}}\n")).collect();
        let hard: String = (0..5).map(|n| format!("fn g{n}() {{ {} }}\n", "if x {} ".repeat(40))).collect();
        let found =
            Tree::new().file("a.rs", &simple).file("b.rs", &hard).snapshot().code().complexity.clone();
        assert_eq!((found.functions(), found.p95(), found.worst().unwrap().0), (100, 1, 41));
    }

    #[test]
    fn hostile_code_is_measured_in_bounds() {
        for text in [
            "{".repeat(100_000),
            "fn a(){".repeat(100_000),
            "'".repeat(100_001),
            "/*".repeat(100_000),
            "`${".repeat(9_999),
        ] {
            for path in ["a.rs", "a.js", "a.py", "a.c"] {
                let _ = Tree::new().file(path, &text).snapshot();
            }
        }
    }
}
