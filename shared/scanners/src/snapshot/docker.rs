//! Dockerfiles: stages, instructions, and the image each stage begins with.
//!
//! The format is lines: comments, continuations, here-documents and `ARG` defaults are resolved here, the rest is
//! left to the decisions.

use std::collections::BTreeMap;

use super::Hit;

/// A Dockerfile or Containerfile outside tests and examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// Path.
    pub path: String,
    /// Its stages, in order; the last one is what ships.
    pub stages: Vec<Stage>,
}

/// A stage of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// 1-based line of `FROM`.
    pub line: u64,
    /// The image, `ARG` defaults filled in; a `$` is left where there is none.
    pub image: String,
    /// `AS name`, lower case.
    pub alias: Option<String>,
    /// The earlier stage it begins with, when `FROM` names one.
    pub parent: Option<usize>,
    /// Its instructions, in order.
    pub instructions: Vec<Instruction>,
}

/// An instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instruction {
    /// Upper case, e.g. `RUN`.
    pub keyword: String,
    /// What follows, continued lines joined.
    pub args: String,
    /// 1-based line.
    pub line: u64,
}

/// Instructions read per file, and characters kept of each.
const MAX_INSTRUCTIONS: usize = 2_000;
const MAX_ARGS: usize = 16 * 1024;

/// What the final stage says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FinalStage {
    /// CMD or ENTRYPOINT.
    pub(super) starts: bool,
    /// EXPOSE.
    pub(super) listens: bool,
}

/// Whether a file name is a Dockerfile's.
pub(super) fn is_dockerfile(name: &str, extension: &str) -> bool {
    let starts = ["Dockerfile", "Containerfile"]
        .iter()
        .any(|base| name.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    let ignore = extension.eq_ignore_ascii_case("dockerignore");
    (starts || extension.eq_ignore_ascii_case("dockerfile")) && !ignore
}

/// Reads the final stage.
pub(super) fn final_stage(text: &str) -> FinalStage {
    let (file, _) = parse("", text);
    let has = |word: &[&str]| {
        let last = file.stages.last();
        last.is_some_and(|stage| stage.instructions.iter().any(|i| word.contains(&i.keyword.as_str())))
    };
    FinalStage { starts: has(&["CMD", "ENTRYPOINT"]), listens: has(&["EXPOSE"]) }
}

impl Stage {
    /// Instructions with this keyword.
    pub fn all<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = &'a Instruction> {
        self.instructions.iter().filter(move |i| i.keyword == keyword)
    }
}

impl Dockerfile {
    /// The stage that ships, and the stages of the file that it begins with, nearest first.
    pub fn shipped(&self) -> Vec<&Stage> {
        let mut chain = Vec::new();
        let mut next = self.stages.len().checked_sub(1);
        while let Some(index) = next {
            chain.push(&self.stages[index]);
            next = self.stages[index].parent;
        }
        chain
    }

    /// The image that ships is built on.
    pub fn base(&self) -> Option<&Stage> {
        self.shipped().into_iter().next_back()
    }

    /// The last instruction with this keyword that holds for what ships.
    pub fn last(&self, keyword: &str) -> Option<&Instruction> {
        self.shipped()
            .into_iter()
            .find_map(|stage| stage.instructions.iter().rev().find(|i| i.keyword == keyword))
    }

    /// Stages that begin with an image from elsewhere, `scratch` left out.
    pub fn external(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().filter(|stage| stage.parent.is_none() && stage.image != "scratch")
    }

    /// A place in the file.
    pub fn hit(&self, line: u64, what: impl AsRef<str>) -> Hit {
        Hit::at(&self.path, line, what)
    }
}

/// Reads a Dockerfile, and says whether it was read to its end.
pub(super) fn parse(path: &str, text: &str) -> (Dockerfile, bool) {
    let mut file = Dockerfile { path: path.to_owned(), stages: Vec::new() };
    let mut arguments: BTreeMap<String, String> = BTreeMap::new();
    let instructions = instructions(text);
    let whole = instructions.len() < MAX_INSTRUCTIONS;
    for instruction in instructions {
        match (instruction.keyword.as_str(), file.stages.last_mut()) {
            ("FROM", _) => {
                let stage = stage(&instruction, &arguments, &file.stages);
                file.stages.push(stage);
            }
            ("ARG", None) => {
                for word in instruction.args.split_whitespace() {
                    if let Some((name, value)) = word.split_once('=') {
                        let value = fill(value.trim_matches(['"', '\'']), &arguments);
                        arguments.insert(name.to_owned(), value);
                    }
                }
            }
            (_, Some(stage)) => stage.instructions.push(instruction),
            (_, None) => {}
        }
    }
    (file, whole)
}

fn stage(from: &Instruction, arguments: &BTreeMap<String, String>, earlier: &[Stage]) -> Stage {
    let mut words = from.args.split_whitespace().filter(|word| !word.starts_with("--"));
    let image = fill(words.next().unwrap_or_default().trim_matches(['"', '\'']), arguments);
    let named = words.next().is_some_and(|word| word.eq_ignore_ascii_case("as"));
    let alias = words.next().filter(|_| named).map(str::to_ascii_lowercase);
    let lower = image.to_ascii_lowercase();
    let parent = earlier.iter().rposition(|stage| stage.alias.as_deref() == Some(lower.as_str()));
    Stage { line: from.line, image, alias, parent, instructions: Vec::new() }
}

/// Fills `$NAME`, `${NAME}` and `${NAME:-default}` in.
fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        filled.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let (reference, end) = match after.strip_prefix('{').and_then(|inner| Some((inner, inner.find('}')?)))
        {
            Some((inner, close)) => (&inner[..close], close + 2),
            None => {
                let plain = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
                let end = after.find(plain).unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        let (name, default) = match reference.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (reference, None),
        };
        match values.get(name).map(String::as_str).or(default) {
            Some(value) => filled.push_str(value),
            None => filled.push_str(&rest[start..=start + end]),
        }
        rest = &after[end..];
    }
    filled.push_str(rest);
    filled.chars().take(400).collect()
}

/// The instructions of a file, continued lines joined, comments and blank lines left out.
fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape(text);
    let mut found = Vec::new();
    let mut lines = (1_u64..).zip(text.lines());
    while let Some((line, first)) = lines.next() {
        if is_blank(first) {
            continue;
        }
        if found.len() >= MAX_INSTRUCTIONS {
            break;
        }
        let mut joined = first.trim().to_owned();
        while joined.ends_with(escape) {
            joined.pop();
            let Some((_, next)) = lines.by_ref().find(|(_, next)| !is_blank(next)) else { break };
            push(&mut joined, " ", next.trim());
        }
        for end in here_documents(&joined) {
            let body = lines.by_ref().map(|(_, text)| text).take_while(|text| text.trim() != end);
            body.for_each(|text| push(&mut joined, "\n", text));
        }
        let (keyword, args) = joined.split_once(char::is_whitespace).unwrap_or((&joined, ""));
        found.push(Instruction { keyword: keyword.to_ascii_uppercase(), args: args.trim().to_owned(), line });
    }
    found
}

fn push(joined: &mut String, between: &str, text: &str) {
    if joined.len() + text.len() <= MAX_ARGS {
        joined.push_str(between);
        joined.push_str(text);
    }
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// The continuation sign: a directive before the first instruction may change it.
fn escape(text: &str) -> char {
    let directives = text.lines().take_while(|line| line.trim_start().starts_with('#'));
    let mut values = directives.filter_map(|line| line.trim_start_matches('#').trim().split_once('='));
    let escape = values.find(|(key, _)| key.trim().eq_ignore_ascii_case("escape"));
    if escape.is_some_and(|(_, value)| value.trim() == "`") { '`' } else { '\\' }
}

/// The words that end the here-documents an instruction opens.
fn here_documents(instruction: &str) -> Vec<String> {
    let keyword = instruction.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let words = instruction.split_whitespace().filter_map(|word| word.strip_prefix("<<"));
    let names = words.map(|word| word.trim_start_matches('-').trim_matches(['"', '\'']));
    names.filter(|name| name.chars().next().is_some_and(char::is_alphabetic)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_final_stage_counts() {
        let text = "FROM a AS build\nCMD x\nFROM b\nRUN a \\\n  CMD\nEXPOSE 80\n";
        assert_eq!(final_stage(text), FinalStage { starts: false, listens: true });
        assert!(final_stage("FROM a\nENTRYPOINT [\"x\"]").starts);
        assert!(is_dockerfile("Dockerfile.prod", "prod") && is_dockerfile("api.Dockerfile", "Dockerfile"));
        assert!(!is_dockerfile("Dockerfile.dockerignore", "dockerignore"));
    }

    #[test]
    fn arguments_aliases_and_parents_are_resolved() {
        let text = "ARG V=1.2.3\nARG R=docker.io\nFROM --platform=$BUILDPLATFORM ${R}/library/rust:$V AS Build\n\
            FROM build AS test\nFROM ${MISSING:-alpine}:3\nFROM x:${NONE}\n";
        let file = parse("Dockerfile", text).0;
        let images: Vec<_> = file.stages.iter().map(|s| s.image.as_str()).collect();
        assert_eq!(images, ["docker.io/library/rust:1.2.3", "build", "alpine:3", "x:${NONE}"]);
        assert_eq!(file.stages[1].parent, Some(0));
        assert_eq!(file.external().count(), 3);
    }

    #[test]
    fn continuations_comments_and_here_documents_are_one_instruction() {
        let text = "FROM a\nRUN one \\\n  # why\n\n  && two\nRUN <<EOF\nUSER nobody\nEOF\nUSER app\n";
        let file = parse("Dockerfile", text).0;
        let seen: Vec<_> = file.stages[0].instructions.iter().map(|i| (i.line, i.keyword.as_str())).collect();
        assert_eq!(seen, [(2, "RUN"), (6, "RUN"), (9, "USER")]);
        assert_eq!(file.stages[0].instructions[0].args, "one  && two");
        assert_eq!(file.last("USER").unwrap().args, "app");
        let windows = parse("Dockerfile", "# escape=`\nFROM a\nRUN dir `\n c:\\\nUSER b\n").0;
        assert_eq!(windows.stages[0].instructions.len(), 2);
    }

    #[test]
    fn what_ships_inherits_from_the_stages_it_begins_with() {
        let file = parse("Dockerfile", "FROM a AS base\nUSER app\nFROM base\nCMD x\n").0;
        assert_eq!(file.last("USER").unwrap().line, 2);
        assert_eq!(file.base().unwrap().image, "a");
    }

    #[test]
    fn hostile_files_are_read_in_bounds() {
        let file = parse("Dockerfile", &format!("FROM a\n{}", "RUN x \\\n".repeat(100_000))).0;
        assert!(file.stages[0].instructions[0].args.len() <= MAX_ARGS);
        assert!(parse("Dockerfile", &"FROM a\n".repeat(100_000)).0.stages.len() <= MAX_INSTRUCTIONS);
        assert!(parse("Dockerfile", &format!("FROM {}", "${".repeat(100_000))).0.stages.len() == 1);
    }
}
