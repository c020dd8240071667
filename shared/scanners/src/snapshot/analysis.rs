//! Static analysis: which languages tools understand, and which of them a step analyses.

use super::{CiStep, DetectorId};

/// Languages CodeQL analyses, as GitHub's language statistics name them.
const CODEQL: &[&str] = &[
    "C",
    "C#",
    "C++",
    "Go",
    "Java",
    "JavaScript",
    "Kotlin",
    "Python",
    "Ruby",
    "Rust",
    "Svelte",
    "Swift",
    "TypeScript",
    "Vue",
];
/// Languages other engines analyse.
const OTHERS: &[&str] = &["Apex", "Elixir", "Objective-C", "PHP", "Scala", "Solidity"];

/// Tools for particular languages: a word of the action or command, and the languages. Every other tool of the
/// detector is taken to analyse all languages.
const PARTICULAR: &[(&str, &[&str])] = &[
    ("gosec", &["Go"]),
    ("bandit", &["Python"]),
    ("pysa", &["Python"]),
    ("pyre", &["Python"]),
    ("brakeman", &["Ruby"]),
    ("njsscan", &["JavaScript", "TypeScript", "Vue"]),
    ("eslint", &["JavaScript", "TypeScript", "Vue", "Svelte"]),
    ("mobsf", &["Java", "Kotlin", "Swift", "Objective-C"]),
    ("flawfinder", &["C", "C++"]),
    ("cppcheck", &["C", "C++"]),
    ("scan-build", &["C", "C++", "Objective-C"]),
    ("cov-build", &["C", "C++", "C#", "Java"]),
    ("infer", &["C", "C++", "Objective-C", "Java"]),
    ("psalm", &["PHP"]),
    ("spotbugs", &["Java", "Kotlin", "Scala"]),
    ("findsecbugs", &["Java", "Kotlin", "Scala"]),
    ("pmd", &["Java", "Apex", "Kotlin"]),
    ("cargo", &["Rust"]),
    ("bearer", &["Go", "Java", "JavaScript", "TypeScript", "PHP", "Python", "Ruby"]),
];

/// Whether `name` is what CodeQL calls `language`.
pub(super) fn codeql_names(name: &str, language: &str) -> bool {
    CODEQL_NAMES.iter().any(|(known, languages)| *known == name && languages.contains(&language))
}

/// CodeQL's names of languages, and GitHub's.
const CODEQL_NAMES: &[(&str, &[&str])] = &[
    ("c", &["C", "C++"]),
    ("cpp", &["C", "C++"]),
    ("c-cpp", &["C", "C++"]),
    ("csharp", &["C#"]),
    ("go", &["Go"]),
    ("java", &["Java", "Kotlin"]),
    ("kotlin", &["Java", "Kotlin"]),
    ("java-kotlin", &["Java", "Kotlin"]),
    ("javascript", &["JavaScript", "TypeScript", "Vue", "Svelte"]),
    ("typescript", &["JavaScript", "TypeScript", "Vue", "Svelte"]),
    ("javascript-typescript", &["JavaScript", "TypeScript", "Vue", "Svelte"]),
    ("python", &["Python"]),
    ("ruby", &["Ruby"]),
    ("rust", &["Rust"]),
    ("swift", &["Swift"]),
];

/// Whether CodeQL analyses a language.
pub fn codeql_analyses(language: &str) -> bool {
    CODEQL.contains(&language)
}

/// Whether any engine analyses a language.
pub fn is_analysable(language: &str) -> bool {
    CODEQL.contains(&language) || OTHERS.contains(&language)
}

impl CiStep<'_> {
    /// Whether the step, one that meets detector `sast`, is CodeQL's.
    pub fn is_codeql(&self) -> bool {
        let action = self.step.uses.as_deref().is_some_and(|uses| uses.starts_with("github/codeql-action/"));
        action || self.step.commands.iter().any(|command| command.text.starts_with("codeql "))
    }

    /// Whether the step, one that meets detector `sast`, analyses `language`.
    pub fn analyses(&self, language: &str) -> bool {
        if self.is_codeql() {
            return codeql_analyses(language) && self.codeql_includes(language);
        }
        let tool = match self.step.detectors.iter().find(|(id, _)| *id == DetectorId::Sast) {
            Some((_, hit)) => hit.what.to_ascii_lowercase(),
            None => return false,
        };
        // A script may start several tools, of which only the first met the detector.
        let further = self.step.commands.iter().filter_map(|command| {
            let word = command.text.split_whitespace().next()?;
            PARTICULAR.iter().find(|(known, _)| word == *known)
        });
        let main = PARTICULAR.iter().find(|(word, _)| tool.contains(word));
        let understands = |(_, languages): &(&str, &[&str])| languages.contains(&language);
        main.map_or_else(|| is_analysable(language), understands) || further.into_iter().any(understands)
    }

    /// The `languages` of the job's `init` step; none, or those of a matrix, are taken to be all.
    fn codeql_includes(&self, language: &str) -> bool {
        let init =
            self.job.steps.iter().find(|step| step.uses.as_deref() == Some("github/codeql-action/init"));
        let Some(list) = init.and_then(|step| step.input("languages")) else { return true };
        let mut names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
        names.any(|name| name.contains("${{") || codeql_names(&name, language))
    }
}
