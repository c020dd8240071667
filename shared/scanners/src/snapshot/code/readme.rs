//! README: how much prose it holds beside badges and code.

use std::sync::LazyLock;

use regex::Regex;

use crate::snapshot::{Hit, file::File, headings::headings};

/// A README and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readme {
    /// Where.
    pub hit: Hit,
    /// 0 = root, 1 = `.github/`, 2 = `docs/`.
    pub(super) rank: u8,
    /// Characters of prose.
    pub chars: u64,
    /// Words of prose.
    pub words: u64,
    /// Headings below the title.
    pub sections: u64,
    /// A sentence that a generator wrote.
    pub template: Option<&'static str>,
}

/// Sentences of generators.
const TEMPLATES: &[&str] = &[
    "This project was bootstrapped with [Create React App]",
    "Getting Started with Create React App",
    "This is a [Next.js](https://nextjs.org) project bootstrapped",
    "This template provides a minimal setup to get React working in Vite",
    "This project was generated with [Angular CLI]",
    "TODO: Give a short introduction of your project",
    "To make it easy for you to get started with GitLab",
    "A new Flutter project.",
    "Everything you need to build a Svelte project",
    "Look at the [Nuxt documentation]",
    "This README would normally document whatever steps",
    "Describe your project here",
];

static NOT_PROSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)```.*?(?:```|$)|<!--.*?-->|\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|<[^>]{1,500}>|\]\([^)]*\)|https?://\S+")
        .expect("a constant pattern")
});

/// Reads a README where GitHub looks for it.
pub(super) fn read(file: &File<'_>) -> Option<Readme> {
    let stem = file.name.split('.').next().unwrap_or_default();
    let rank = match file.path.rsplit_once('/').map_or("", |(directory, _)| directory) {
        "" => 0,
        ".github" => 1,
        "docs" => 2,
        _ => return None,
    };
    if !stem.eq_ignore_ascii_case("readme") {
        return None;
    }
    let text = String::from_utf8_lossy(&file.text[..file.text.len().min(256 * 1024)]);
    let prose = NOT_PROSE.replace_all(&text, " ");
    let lines = prose.lines().filter(|line| !line.trim_start().starts_with(['#', '=']));
    let words: Vec<&str> = lines
        .flat_map(str::split_whitespace)
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .collect();
    Some(Readme {
        hit: Hit::file(file.path),
        rank,
        chars: words.iter().map(|word| word.chars().count() as u64 + 1).sum(),
        words: words.len() as u64,
        sections: (headings(file).len() as u64).saturating_sub(1),
        template: TEMPLATES.iter().copied().find(|sentence| text.contains(sentence)),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::Tree;

    #[test]
    fn badges_and_code_are_no_prose() {
        let text = "# X\n\n[![ci](https://x/y.svg)](https://x) ![b](c)\n\n```sh\nnpm install x\n```\n\n## Use\n\nTwo words, [a link](https://x.example/very/long).\n";
        let tree = Tree::new().file("docs/README.md", "# Docs\n").file("README.md", text);
        let found = tree.snapshot().code().readme.clone().unwrap();
        assert_eq!((found.hit.path.as_str(), found.words, found.sections), ("README.md", 4, 1));
    }
}
