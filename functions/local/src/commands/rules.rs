//! `scrutineer rules`: what the packs look for, and whether one's own rules do what they say.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use scrutineer_policy::{
    Rule,
    catalogue::{Example, examples, suppress_with},
    check_custom_rule, rules, test_rules,
};
use serde::Serialize;

use crate::{
    cli::{
        Outcome,
        error::Error,
        output::{print, width},
    },
    report::{
        policy::{explain, rules_table},
        verdict::Verdict as Exit,
    },
};

/// Largest rule file that is read: beyond what a rule may be, so that the rule's own limit is what is reported.
const MAX_RULE_BYTES: u64 = 4 << 20;

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the built-in rules.
    List {
        /// How the list is written.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Say everything about one rule.
    Explain {
        /// Id of the rule, e.g. `pii/logged-sensitive-data`.
        id: String,
        /// How it is written.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Compile the custom rules in a directory and run their examples.
    Test {
        /// Directory with rules, one `.yml` or `.yaml` file each; folders in it are read too.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How the result is written.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For a terminal.
    Table,
    /// For programs.
    Json,
}

/// Runs `rules`.
pub(crate) fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::List { format } => list(*format),
        Command::Explain { id, format } => explained(id, *format),
        Command::Test { folder, format } => test(folder, *format),
    }
}

/// A rule, for programs.
#[derive(Serialize)]
struct Entry<'r> {
    id: &'r str,
    pack: &'r str,
    title: &'r str,
    severity: scrutineer_policy::Severity,
    tier: scrutineer_policy::Tier,
    languages: Vec<&'static str>,
    rationale: &'r str,
    fix: &'r str,
    references: &'r [String],
    suppress_with: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<Example>,
}

impl<'r> Entry<'r> {
    fn new(rule: &'r Rule, examples: Vec<Example>) -> Self {
        Entry {
            id: &rule.id,
            pack: rule.pack(),
            title: &rule.title,
            severity: rule.severity,
            tier: rule.tier,
            languages: rule.languages.iter().map(|language| language.key()).collect(),
            rationale: &rule.rationale,
            fix: &rule.fix,
            references: &rule.references,
            suppress_with: suppress_with(&rule.id),
            examples,
        }
    }
}

fn list(format: Format) -> Outcome {
    let text = match format {
        Format::Table => rules_table(rules().iter().map(|rule| &**rule), width()),
        Format::Json => json(&rules().iter().map(|rule| Entry::new(rule, Vec::new())).collect::<Vec<_>>())?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn explained(id: &str, format: Format) -> Outcome {
    let rule = rules().iter().find(|rule| rule.id == id.to_ascii_lowercase()).ok_or_else(|| {
        Error::usage(format!("there is no rule `{id}`; `scrutineer rules list` lists them"))
    })?;
    let text = match format {
        Format::Json => json(&Entry::new(rule, examples(&rule.id)))?,
        Format::Table => {
            let mut text = explain(rule);
            let examples = examples(&rule.id);
            for (title, bad) in [("Found", true), ("Not found", false)] {
                text.push_str(&format!("\n{title}\n"));
                for example in examples.iter().filter(|example| example.bad == bad).take(3) {
                    for line in example.code.lines() {
                        text.push_str(&format!("  {line}\n"));
                    }
                }
            }
            text
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with a rule file.
#[derive(Serialize)]
struct Failure {
    file: String,
    /// Rule, field or example.
    at: String,
    line: Option<u32>,
    column: Option<u32>,
    message: String,
}

/// What `rules test` says, for programs.
#[derive(Serialize)]
struct Tested {
    files: usize,
    failures: Vec<Failure>,
}

fn test(folder: &Path, format: Format) -> Outcome {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    if files.is_empty() {
        return Err(Error::usage(format!("{}: there is no .yml or .yaml file in it", folder.display())));
    }
    files.sort();
    let mut tested = Tested { files: files.len(), failures: Vec::new() };
    for file in &files {
        let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
        tested.failures.extend(failures(&name, &read(file)?));
    }
    let text = match format {
        Format::Json => json(&tested)?,
        Format::Table => lines(&tested),
    };
    print(&text)?;
    Ok(if tested.failures.is_empty() { Exit::Clean.into() } else { Exit::Blocking.into() })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let refused = |error: std::io::Error| Error::usage(format!("{}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(refused)?);
        if kind.is_dir() {
            collect(&path, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|ext| ext == "yml" || ext == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Error> {
    let refused = |why: String| Error::usage(format!("{}: {why}", file.display()));
    let length = fs::metadata(file).map_err(|error| refused(error.to_string()))?.len();
    if length > MAX_RULE_BYTES {
        return Err(refused("the file is too large for a rule".to_owned()));
    }
    fs::read_to_string(file).map_err(|error| refused(error.to_string()))
}

/// Rules in the layout of the built-in ones keep their examples in a second document.
fn failures(file: &str, text: &str) -> Vec<Failure> {
    if text.contains("\n---\n") {
        let failed = test_rules([(file, text)]);
        return failed
            .into_iter()
            .map(|failure| Failure {
                file: file.to_owned(),
                at: format!("{} {}", failure.rule, failure.example).trim_end().to_owned(),
                line: None,
                column: None,
                message: failure.what,
            })
            .collect();
    }
    let failed = |problem: scrutineer_policy::Problem| Failure {
        file: file.to_owned(),
        at: problem.at,
        line: problem.line,
        column: problem.column,
        message: problem.message,
    };
    check_custom_rule(text).into_iter().map(failed).collect()
}

fn lines(tested: &Tested) -> String {
    let mut text = String::new();
    for failure in &tested.failures {
        let place = match (failure.line, failure.column) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            _ => String::new(),
        };
        let at = if failure.at.is_empty() { String::new() } else { format!("{}: ", failure.at) };
        text.push_str(&format!("{}{place}: {at}{}\n", failure.file, failure.message.trim_end()));
    }
    text.push_str(&format!("{} rules, {} failures\n", tested.files, tested.failures.len()));
    text
}

fn json(value: &impl Serialize) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Error::caused(&error))?;
    text.push('\n');
    Ok(text)
}
