//! One hop: from `npm run test` into package.json, from `make lint` into the Makefile, from `tox` into tox.ini.

use std::collections::BTreeMap;

use super::{
    Command,
    shell::{self, Piece},
};
use crate::snapshot::yaml;

/// A script of a project file: name, text, 1-based line.
type Script = (String, String, u64);

/// The scripts of a repository, by the file that defines them.
#[derive(Clone, Debug, Default)]
pub(in crate::snapshot) struct ProjectScripts {
    files: BTreeMap<String, Vec<Script>>,
    bytes: usize,
    /// Scripts were left out.
    pub(super) truncated: bool,
}

/// More scripts than real repositories have; the rest is left out.
const MAX_FILES: usize = 5_000;
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Prerequisites of a target are followed this far within one file.
const MAX_PREREQUISITES: usize = 20;

/// File names this module reads.
pub(in crate::snapshot) fn is_project_file(name: &str) -> bool {
    matches!(
        name,
        "package.json"
            | "Makefile"
            | "makefile"
            | "GNUmakefile"
            | "justfile"
            | "Justfile"
            | ".justfile"
            | "Taskfile.yml"
            | "Taskfile.yaml"
            | "taskfile.yml"
            | "tox.ini"
            | "noxfile.py"
            | "composer.json"
    )
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl ProjectScripts {
    /// Remembers the scripts of a project file.
    pub(in crate::snapshot) fn add(&mut self, path: &str, text: &str) {
        if self.files.len() >= MAX_FILES || self.bytes >= MAX_BYTES {
            self.truncated = true;
            return;
        }
        let scripts = match file_name(path) {
            "package.json" | "composer.json" => json_scripts(text),
            "justfile" | "Justfile" | ".justfile" | "Makefile" | "makefile" | "GNUmakefile" => recipes(text),
            "tox.ini" => tox(text),
            "noxfile.py" => nox(text),
            _ => taskfile(text),
        };
        self.bytes += scripts.iter().map(|(name, text, _)| name.len() + text.len()).sum::<usize>();
        if !scripts.is_empty() {
            self.files.insert(path.to_owned(), scripts);
        }
    }

    /// What `command`, run in `dir`, runs in turn.
    pub(super) fn follow(&self, command: &str, dir: &str) -> Vec<Command> {
        let words: Vec<&str> = command.split(' ').collect();
        let Some(call) = Call::of(&words) else { return Vec::new() };
        let dir = call.dir.map_or_else(|| dir.to_owned(), |sub| join(dir, sub));
        for path in self.candidates(call.files, &dir) {
            let found = self.run(&path, &call.targets);
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// The project file of the directory, then of the root, then any other that stands deeper.
    fn candidates(&self, names: &[&str], dir: &str) -> Vec<String> {
        let mut paths: Vec<String> = names.iter().map(|name| join(dir, name)).collect();
        paths.extend(names.iter().map(|name| (*name).to_owned()));
        let below = self.files.keys().filter(|path| names.contains(&file_name(path)));
        paths.extend(below.take(200).cloned());
        paths
    }

    fn run(&self, path: &str, targets: &[String]) -> Vec<Command> {
        let Some(scripts) = self.files.get(path) else { return Vec::new() };
        let by_name = |name: &str| scripts.iter().find(|(n, ..)| n == name);
        let wanted: Vec<&Script> = match targets {
            [] if file_name(path) == "tox.ini" || file_name(path) == "noxfile.py" => scripts.iter().collect(),
            [] => scripts.first().into_iter().collect(),
            _ => targets.iter().filter_map(|target| by_name(target)).collect(),
        };
        let mut queue = wanted;
        let mut next = 0;
        while next < queue.len() && queue.len() < MAX_PREREQUISITES {
            for prerequisite in prerequisites(&queue[next].1) {
                if let Some(script) = by_name(prerequisite).filter(|s| !queue.iter().any(|q| q.0 == s.0)) {
                    queue.push(script);
                }
            }
            next += 1;
        }
        let commands = |script: &&Script| {
            let line = script.2;
            let body = script.1.split_once('\u{1}').map_or(script.1.as_str(), |(_, body)| body).to_owned();
            shell::commands(&body)
                .into_iter()
                .map(move |Piece { text, line: offset }| Command {
                    text: text.trim_start_matches(['@', '-']).to_owned(),
                    path: path.to_owned(),
                    line: line + offset,
                })
                .collect::<Vec<_>>()
        };
        queue.iter().flat_map(commands).collect()
    }
}

/// Names before the separator that [`recipes`] and [`taskfile`] put between prerequisites and body.
fn prerequisites(text: &str) -> impl Iterator<Item = &str> {
    text.split_once('\u{1}').map_or("", |(names, _)| names).split_whitespace()
}

fn join(dir: &str, path: &str) -> String {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    match dir.trim_start_matches("./").trim_end_matches('/') {
        "" | "." => path.to_owned(),
        dir if path.is_empty() || path == "." => dir.to_owned(),
        dir => format!("{dir}/{path}"),
    }
}

/// A command that runs project scripts.
struct Call<'a> {
    files: &'static [&'static str],
    targets: Vec<String>,
    dir: Option<&'a str>,
}

const MAKEFILES: &[&str] = &["Makefile", "makefile", "GNUmakefile"];
const JUSTFILES: &[&str] = &["justfile", "Justfile", ".justfile"];
const TASKFILES: &[&str] = &["Taskfile.yml", "Taskfile.yaml", "taskfile.yml"];
/// Options that name a directory.
const DIRECTORY: &[&str] = &["-C", "--directory", "--prefix", "--cwd", "--dir", "-d", "--working-directory"];
/// Commands of package managers that are not scripts.
const NOT_SCRIPTS: &[&str] =
    &["install", "ci", "i", "add", "publish", "exec", "dlx", "audit", "pack", "link", "x", "init", "config"];

impl<'a> Call<'a> {
    fn of(words: &[&'a str]) -> Option<Self> {
        let (program, rest) = words.split_first()?;
        let mut dir = None;
        let mut plain = Vec::new();
        let mut sessions = Vec::new();
        let mut iter = rest.iter();
        while let Some(word) = iter.next() {
            match *word {
                "--" => break,
                option if DIRECTORY.contains(&option) => dir = iter.next().copied(),
                "-e" | "-s" | "--session" | "--sessions" if matches!(*program, "tox" | "nox") => {
                    sessions.extend(iter.next().into_iter().flat_map(|s| s.split(',')).map(str::to_owned));
                }
                "-w" | "--workspace" | "--filter" | "-F" => drop(iter.next()),
                option if option.starts_with('-') || option.contains('=') => {}
                word => plain.push(word),
            }
        }
        let all = || plain.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let (files, targets): (&'static [&'static str], _) = match *program {
            "npm" | "pnpm" | "yarn" | "bun" => (&["package.json"], vec![package_script(&plain)?]),
            "composer" => (&["composer.json"], vec![package_script(&plain)?]),
            "make" | "gmake" => (MAKEFILES, all()),
            "just" => (JUSTFILES, all()),
            "task" | "go-task" => {
                (TASKFILES, if plain.is_empty() { vec!["default".to_owned()] } else { all() })
            }
            "tox" => (&["tox.ini"], sessions),
            "nox" => (&["noxfile.py"], sessions),
            _ => return None,
        };
        Some(Self { files, targets, dir })
    }
}

fn package_script(plain: &[&str]) -> Option<String> {
    let name = match plain {
        ["run" | "run-script", name, ..] | ["workspace", _, "run", name, ..] | ["workspace", _, name, ..] => {
            name
        }
        ["t", ..] => "test",
        [name, ..] if !NOT_SCRIPTS.contains(name) => name,
        _ => return None,
    };
    Some((*name).to_owned())
}

fn line_of(text: &str, offset: usize) -> u64 {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() as u64
}

fn json_scripts(text: &str) -> Vec<Script> {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let Some(scripts) = json.get("scripts").and_then(|s| s.as_object()) else { return Vec::new() };
    let start = text.find("\"scripts\"").unwrap_or(0);
    let body = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(items) => {
            Some(items.iter().filter_map(|i| i.as_str()).collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    };
    let script = |(name, value): (&String, &serde_json::Value)| {
        let offset = text[start..].find(&format!("\"{name}\"")).unwrap_or(0);
        body(value).map(|body| (name.clone(), body, line_of(text, start + offset)))
    };
    scripts.iter().take(500).filter_map(script).collect()
}

/// Targets of a Makefile or recipes of a justfile; `prerequisites\u{1}body`.
fn recipes(text: &str) -> Vec<Script> {
    let mut found: Vec<Script> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    // The last line that belongs to the open recipes.
    let mut last = 0;
    for (number, line) in (1_u64..).zip(text.lines()) {
        if line.starts_with(['\t', ' ']) {
            for index in &open {
                // Blank lines keep the body's line numbers in step with the file's.
                let breaks = usize::try_from(number - last).unwrap_or(1);
                found[*index].1.extend(std::iter::repeat_n('\n', breaks));
                found[*index].1.push_str(line.trim());
            }
            last = number;
            continue;
        }
        let Some((names, rest)) = line.split_once(':').filter(|(_, rest)| !rest.starts_with('=')) else {
            if !line.trim().is_empty() && !line.starts_with('#') {
                open.clear();
            }
            continue;
        };
        open.clear();
        last = number;
        if names.starts_with(['#', '.']) || names.contains(['=', '"', '\'']) || found.len() > 2_000 {
            continue;
        }
        let prerequisites = rest.split(['#', ';']).next().unwrap_or("").trim_start_matches(':');
        // A justfile recipe has parameters after its name; a Makefile rule may name several targets.
        for name in names.split_whitespace().take(8) {
            open.push(found.len());
            found.push((name.trim_start_matches('@').to_owned(), format!("{prerequisites}\u{1}"), number));
        }
    }
    found
}

fn tox(text: &str) -> Vec<Script> {
    let mut found: Vec<Script> = Vec::new();
    let (mut section, mut inside) = (String::new(), false);
    for (number, line) in (1_u64..).zip(text.lines()) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.split_once(']')).map(|(name, _)| name) {
            section = name.strip_prefix("testenv:").unwrap_or(name).to_owned();
            inside = false;
        } else if let Some(rest) = line.strip_prefix("commands").filter(|r| r.trim_start().starts_with('=')) {
            let first = rest.trim_start().trim_start_matches('=').trim().to_owned();
            found.push((section.clone(), first, number));
            inside = true;
        } else if inside && line.starts_with([' ', '\t']) {
            if let Some((_, body, _)) = found.last_mut() {
                body.push('\n');
                // `py312: pytest` runs for one factor.
                body.push_str(line.trim().split_once(": ").map_or(line.trim(), |(_, command)| command));
            }
        } else if !line.trim().is_empty() {
            inside = false;
        }
    }
    found
}

/// `session.run("pytest", "-q")` under `def tests(session)`.
fn nox(text: &str) -> Vec<Script> {
    let mut found: Vec<Script> = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        if let Some(name) = line.strip_prefix("def ").and_then(|l| l.split_once('(')).map(|(name, _)| name) {
            found.push((name.to_owned(), String::new(), number));
        } else if let Some((_, arguments)) = line.split_once("session.run(") {
            let words =
                arguments.split('"').skip(1).step_by(2).chain(arguments.split('\'').skip(1).step_by(2));
            if let Some((_, body, _)) = found.last_mut() {
                body.push('\n');
                body.push_str(&words.collect::<Vec<_>>().join(" "));
            }
        }
    }
    found
}

fn taskfile(text: &str) -> Vec<Script> {
    let Ok(root) = yaml::parse(text) else { return Vec::new() };
    let script = |(name, task): &(String, yaml::Node)| {
        let commands = if task.text().is_some() || !task.items().is_empty() && task.entries().is_empty() {
            task.items()
        } else {
            task.first(&["cmds", "cmd"]).items()
        };
        let mut needs = task.get("deps").texts();
        needs.extend(commands.iter().filter_map(|c| c.get("task").text().map(str::to_owned)));
        let body: Vec<&str> =
            commands.iter().filter_map(|c| c.text().or_else(|| c.get("cmd").text())).collect();
        (name.clone(), format!("{}\u{1}{}", needs.join(" "), body.join("\n")), task.line)
    };
    root.get("tasks").entries().iter().map(script).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(path: &str, text: &str, command: &str, dir: &str) -> Vec<String> {
        let mut scripts = ProjectScripts::default();
        scripts.add(path, text);
        let seen = |c: Command| format!("{}:{} {}", c.path, c.line, c.text);
        scripts.follow(command, dir).into_iter().map(seen).collect()
    }

    #[test]
    fn package_scripts_are_followed() {
        let text = "{\n \"scripts\": {\n  \"test\": \"jest && tsc\",\n  \"lint:ci\": \"eslint .\"\n }\n}";
        assert_eq!(
            follow("package.json", text, "npm test", ""),
            ["package.json:3 jest", "package.json:3 tsc"]
        );
        assert_eq!(
            follow("package.json", text, "pnpm run lint:ci -- --fix", ""),
            ["package.json:4 eslint ."]
        );
        assert_eq!(follow("web/package.json", text, "yarn --cwd web test", "")[0], "web/package.json:3 jest");
        assert_eq!(follow("web/package.json", text, "npm t", "web")[0], "web/package.json:3 jest");
        assert!(follow("package.json", text, "npm install", "").is_empty());
    }

    #[test]
    fn make_targets_and_prerequisites_are_followed() {
        let text = "all: build\n\nci: lint test\n\nlint:\n\t@golangci-lint run\n\ntest:\n\tgo vet ./...\n\tgo test ./...\nX := 1\n";
        assert_eq!(
            follow("Makefile", text, "make ci", ""),
            ["Makefile:6 golangci-lint run", "Makefile:9 go vet ./...", "Makefile:10 go test ./..."]
        );
        assert_eq!(
            follow("justfile", "check *args:\n    cargo test\n", "just check", ""),
            ["justfile:2 cargo test"]
        );
    }

    #[test]
    fn task_tox_and_nox_are_followed() {
        let task = "version: 3\ntasks:\n  test:\n    deps: [lint]\n    cmds:\n      - go test ./...\n  lint: golangci-lint run\n";
        let found = follow("Taskfile.yml", task, "task test", "");
        assert!(found[0].ends_with("go test ./...") && found[1].ends_with("golangci-lint run"), "{found:?}");
        let tox = "[tox]\nenvlist = py312\n\n[testenv]\ncommands =\n    pytest -q\n[testenv:lint]\ncommands = ruff check\n";
        assert_eq!(follow("tox.ini", tox, "tox", ""), ["tox.ini:6 pytest -q", "tox.ini:8 ruff check"]);
        assert_eq!(follow("tox.ini", tox, "tox -e lint", ""), ["tox.ini:8 ruff check"]);
        let nox = "import nox\n@nox.session\ndef tests(session):\n    session.run(\"pytest\", \"-q\")\n";
        assert_eq!(follow("noxfile.py", nox, "nox -s tests", ""), ["noxfile.py:4 pytest -q"]);
    }
}
