//! Scripts split into commands, and commands stripped of what only wraps them.
//!
//! Not a shell: it knows quotes, escapes, comments, continuations, here-documents, substitutions and `${{ … }}`, which
//! is what decides where one command ends. Quadratic work is avoided by looking at every byte once.

/// A command and the 0-based line of the script on which it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) line: u64,
}

/// More commands than any real script has; the rest is dropped.
pub(super) const MAX_COMMANDS: usize = 2_000;
/// Longer commands are data, not something a pattern could say anything about.
const MAX_COMMAND_BYTES: usize = 8 * 1024;

/// Splits at newlines, `;`, `&&`, `||`, `|` and `&`, and removes wrappers. `sh -c "…"` is opened once.
pub(super) fn commands(script: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    for piece in split(script) {
        let text = unwrap(&piece.text);
        if text.is_empty() {
            continue;
        }
        match inner_script(text) {
            Some(inner) => {
                let pieces = split(inner).into_iter().map(|p| (unwrap(&p.text).to_owned(), p.line));
                let at = |(text, line)| Piece { text, line: piece.line + line };
                found.extend(pieces.filter(|(text, _)| !text.is_empty()).map(at));
            }
            None => found.push(Piece { text: text.to_owned(), line: piece.line }),
        }
    }
    found
}

struct Splitter<'a> {
    script: &'a [u8],
    at: usize,
    line: u64,
    start: u64,
    command: Vec<u8>,
    found: Vec<Piece>,
    here: Vec<String>,
    depth: u32,
    /// Position of the next `}}`, as far as it was looked for.
    close: usize,
}

fn split(script: &str) -> Vec<Piece> {
    let mut state = Splitter {
        script: script.as_bytes(),
        at: 0,
        line: 0,
        start: 0,
        command: Vec::new(),
        found: Vec::new(),
        here: Vec::new(),
        depth: 0,
        close: 0,
    };
    while state.at < state.script.len() && state.found.len() < MAX_COMMANDS {
        state.step();
    }
    state.end();
    state.found
}

impl Splitter<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.script.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn step(&mut self) {
        let byte = self.peek(0);
        match byte {
            b'\\' if self.peek(1) == b'\n' || (self.peek(1) == b'\r' && self.peek(2) == b'\n') => {
                self.at += if self.peek(1) == b'\n' { 2 } else { 3 };
                self.line += 1;
                self.command.push(b' ');
            }
            b'\\' => self.take(2),
            b'\'' | b'"' | b'`' => self.quoted(byte),
            b'$' if self.script[self.at..].starts_with(b"${{") => self.expression(),
            b'$' if self.peek(1) == b'(' => {
                self.depth += 1;
                self.take(2);
            }
            b')' if self.depth > 0 => {
                self.depth -= 1;
                self.take(1);
            }
            b'#' if self.at_word_start() => {
                while self.at < self.script.len() && self.peek(0) != b'\n' {
                    self.at += 1;
                }
            }
            b'<' if self.peek(1) == b'<' && self.peek(2) != b'<' => self.here_document(),
            b'\n' => self.newline(),
            b'>' if self.peek(1) == b'&' => self.take(2),
            b'&' if self.peek(1) == b'>' => self.take(2),
            b';' | b'|' | b'&' if self.depth == 0 => {
                self.end();
                self.at += 1;
            }
            _ => self.take(1),
        }
    }

    fn at_word_start(&self) -> bool {
        self.at == 0 || matches!(self.script[self.at - 1], b' ' | b'\t' | b'\n' | b';' | b'&' | b'|')
    }

    fn take(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(byte) = self.script.get(self.at) {
                self.line += u64::from(*byte == b'\n');
                if self.command.len() < MAX_COMMAND_BYTES {
                    self.command.push(*byte);
                }
                self.at += 1;
            }
        }
    }

    /// An unclosed quote ends at the end of its line: a pattern must not swallow the rest of a script.
    fn quoted(&mut self, quote: u8) {
        let rest = &self.script[self.at + 1..];
        let mut end = None;
        let mut escaped = false;
        for (index, byte) in rest.iter().enumerate() {
            if escaped {
                escaped = false;
            } else if *byte == b'\\' && quote != b'\'' {
                escaped = true;
            } else if *byte == quote {
                end = Some(index);
                break;
            }
        }
        match end {
            Some(end) => self.take(end + 2),
            None => self.take(1),
        }
    }

    fn expression(&mut self) {
        // The next end is remembered, or a script of `${{` alone would be read quadratically.
        if self.close <= self.at {
            let rest = &self.script[self.at..];
            self.close = memchr::memmem::find(rest, b"}}").map_or(usize::MAX, |end| self.at + end);
        }
        let end = if self.close == usize::MAX { self.at + 3 } else { self.close + 2 };
        self.take(end - self.at);
    }

    fn here_document(&mut self) {
        let start = self.at + 2 + usize::from(self.peek(2) == b'-');
        let word: Vec<u8> = self.script[start.min(self.script.len())..]
            .iter()
            .copied()
            .take(64)
            .skip_while(|b| *b == b' ')
            .take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b';' | b'|' | b'&' | b')'))
            .filter(|b| !matches!(b, b'"' | b'\'' | b'\\'))
            .collect();
        self.take(2);
        if !word.is_empty() && !word[0].is_ascii_digit() {
            self.here.push(String::from_utf8_lossy(&word).into_owned());
        }
    }

    fn newline(&mut self) {
        if self.depth == 0 {
            self.end();
        }
        self.at += 1;
        self.line += 1;
        for delimiter in std::mem::take(&mut self.here) {
            self.skip_until(delimiter.as_bytes());
        }
        if self.command.is_empty() {
            self.start = self.line;
        } else {
            self.command.push(b' ');
        }
    }

    fn skip_until(&mut self, delimiter: &[u8]) {
        while self.at < self.script.len() {
            let rest = &self.script[self.at..];
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let line = &rest[..end];
            self.at = (self.at + end + 1).min(self.script.len());
            self.line += 1;
            if line.trim_ascii() == delimiter {
                return;
            }
        }
    }

    fn end(&mut self) {
        let text = String::from_utf8_lossy(&self.command);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            self.found.push(Piece { text, line: self.start });
        }
        self.command.clear();
        self.start = self.line;
    }
}

/// Words that introduce or group a command without being one.
const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "do", "while", "until", "!", "{", "(", "exec", "command", "time", "nohup",
];

/// Programs that run the rest of the line, and whether options with a value may stand between.
const WRAPPERS: &[&str] = &[
    "npx",
    "pnpm exec",
    "pnpm dlx",
    "pnpx",
    "yarn dlx",
    "yarn exec",
    "bunx",
    "bun x",
    "npm exec",
    "poetry run",
    "uv run",
    "uvx",
    "pipenv run",
    "pdm run",
    "rye run",
    "bundle exec",
    "sudo",
    "env",
    "cross-env",
    "dotenv",
    "xvfb-run",
    "nice",
    "timeout",
    "retry",
    "stdbuf",
    "mise exec",
    "asdf exec",
    "direnv exec",
    "nix develop -c",
    "nix-shell --run",
    "dotnet tool run",
    "doppler run",
    "op run",
];

/// Options of wrappers that are followed by a value.
const VALUED: &[&str] = &[
    "-u",
    "-p",
    "--package",
    "-c",
    "--with",
    "--extra",
    "--group",
    "-n",
    "-k",
    "-s",
    "--directory",
    "-e",
    "-f",
];

/// Removes keywords, assignments and wrappers from the front.
fn unwrap(command: &str) -> &str {
    let mut rest = command.trim();
    // Every round removes something; a command of nothing but wrappers ends empty.
    loop {
        let before = rest;
        rest = strip_keyword(rest);
        rest = strip_assignment(rest);
        rest = strip_wrapper(rest);
        if rest.len() == before.len() {
            return close(rest);
        }
    }
}

/// Removes a bracket at the end that was opened before the command.
fn close(text: &str) -> &str {
    let count = |text: &str, sign: char| text.chars().filter(|c| *c == sign).count();
    let mut rest = text.trim();
    for (open, shut) in [('(', ')'), ('{', '}')] {
        while rest.ends_with(shut) && count(rest, shut) > count(rest, open) {
            rest = rest[..rest.len() - 1].trim_end();
        }
    }
    rest
}

fn first_word(text: &str) -> (&str, &str) {
    text.split_once(' ').map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

fn strip_keyword(text: &str) -> &str {
    let (word, rest) = first_word(text);
    if KEYWORDS.contains(&word) {
        return rest;
    }
    text.strip_prefix('(').map_or(text, str::trim_start)
}

/// `NAME=value`, `NAME="a b"`, `NAME=$(…)`.
fn strip_assignment(text: &str) -> &str {
    let name = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    if name == 0 || text.as_bytes()[0].is_ascii_digit() || text.as_bytes().get(name) != Some(&b'=') {
        return text;
    }
    let (mut quote, mut depth) = (0_u8, 0_u32);
    for (index, byte) in text.bytes().enumerate().skip(name + 1) {
        match byte {
            b'"' | b'\'' if quote == 0 => quote = byte,
            _ if byte == quote => quote = 0,
            b'(' | b'{' if quote == 0 => depth += 1,
            b')' | b'}' if quote == 0 => depth = depth.saturating_sub(1),
            b' ' if quote == 0 && depth == 0 => return text[index..].trim_start(),
            _ => {}
        }
    }
    ""
}

fn strip_wrapper(text: &str) -> &str {
    let after = |wrapper: &&&str| text.strip_prefix(**wrapper).filter(|rest| rest.starts_with(' '));
    let Some(wrapper) = WRAPPERS.iter().find(|w| after(w).is_some()) else { return text };
    let mut rest = after(&wrapper).unwrap_or_default().trim_start();
    while rest.starts_with('-') {
        let (option, tail) = first_word(rest);
        rest = if VALUED.contains(&option) { first_word(tail).1 } else { tail };
    }
    // `timeout 10m make`, `retry 3 make`, `nice 10 make`
    if matches!(*wrapper, "timeout" | "retry" | "nice") && rest.starts_with(|c: char| c.is_ascii_digit()) {
        rest = first_word(rest).1;
    }
    rest
}

/// The script in `bash -c "…"`.
fn inner_script(command: &str) -> Option<&str> {
    let (shell, rest) = first_word(command);
    if !matches!(shell.rsplit('/').next(), Some("bash" | "sh" | "zsh" | "dash")) {
        return None;
    }
    let at =
        ["-c ", "-lc ", "-ec ", "-exc ", "-euc "].iter().find_map(|f| rest.find(f).map(|at| at + f.len()))?;
    let script = rest[at..].trim();
    let quote = script.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    script[1..].rfind(quote).map(|end| &script[1..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<String> {
        commands(script).into_iter().map(|p| p.text).collect()
    }

    #[test]
    fn scripts_are_split_where_a_command_ends() {
        for (script, expected) in [
            ("a && b || c; d | e & f", vec!["a", "b", "c", "d", "e", "f"]),
            ("echo 'a && b' \"c; d\"", vec!["echo 'a && b' \"c; d\""]),
            ("cargo test \\\n  --all \\\n  --locked\nnext", vec!["cargo test --all --locked", "next"]),
            ("a # b && c\nd", vec!["a", "d"]),
            ("cat <<EOF\nnpm test && x\nEOF\nmake", vec!["cat <<EOF", "make"]),
            ("cat <<-'END' > f\n  go test\n  END\nmake", vec!["cat <<-'END' > f", "make"]),
            ("x=$(a | b && c) pytest", vec!["pytest"]),
            ("echo ${{ a && b || 'c' }} | d", vec!["echo ${{ a && b || 'c' }}", "d"]),
            ("a 2>&1 | tee x", vec!["a 2>&1", "tee x"]),
            ("if [ -f x ]; then npm test; else go test; fi", vec!["[ -f x ]", "npm test", "go test", "fi"]),
            ("it's fine\nnpm test", vec!["it's fine", "npm test"]),
            ("bash -c 'npm ci && npm test'", vec!["npm ci", "npm test"]),
            ("( cd x && make test )", vec!["cd x", "make test"]),
            ("", vec![]),
        ] {
            assert_eq!(texts(script), expected, "{script}");
        }
    }

    #[test]
    fn wrappers_are_removed() {
        for (script, expected) in [
            ("sudo -E env A=1 B='x y' npx --yes eslint .", "eslint ."),
            ("poetry run pytest -q", "pytest -q"),
            ("uv run --with x pytest", "pytest"),
            ("bundle exec rspec", "rspec"),
            ("CI=true yarn test", "yarn test"),
            ("time pnpm exec vitest", "vitest"),
            ("timeout 10m go test ./...", "go test ./..."),
            ("npx -p typescript tsc", "tsc"),
            ("! pipenv run flake8", "flake8"),
        ] {
            assert_eq!(texts(script), [expected], "{script}");
        }
    }

    #[test]
    fn lines_are_counted() {
        let lines: Vec<_> = commands("a\n\nb \\\n c\nd && e").into_iter().map(|p| p.line).collect();
        assert_eq!(lines, [0, 2, 4, 4]);
    }

    #[test]
    fn hostile_scripts_stay_in_bounds() {
        assert!(commands(&"a;".repeat(100_000)).len() <= MAX_COMMANDS);
        assert!(commands(&"'".repeat(20_001)).len() <= 1);
        assert!(commands(&"sudo ".repeat(50_000)).len() <= 1);
        assert_eq!(commands(&"$(".repeat(20_000)).len(), 1);
        assert_eq!(commands(&"${{".repeat(30_000)).len(), 1);
        assert_eq!(commands(&"<<a".repeat(30_000)).len(), 1);
        assert!(commands(&"x".repeat(100_000))[0].text.len() <= MAX_COMMAND_BYTES);
    }
}
