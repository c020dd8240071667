//! Compiles the data file into [`Patterns`].

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use serde::Deserialize;

use super::{
    Content, NameKind, Owner, Pattern, Patterns, StepPatterns, Target,
    globs::{Globs, Subject},
};
use crate::snapshot::{DetectorId, gates::Gates};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContent {
    files: Vec<String>,
    regex: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDetector {
    files: Vec<String>,
    content: Vec<RawContent>,
    deps: Vec<String>,
    uses: Vec<String>,
    run: Vec<String>,
    image: Vec<String>,
    asset: Vec<String>,
    branch: Vec<String>,
    login: Vec<String>,
    tag: Vec<String>,
    topic: Vec<String>,
    values: Vec<String>,
}

#[derive(Default)]
pub(super) struct Build {
    globs: BTreeMap<String, Vec<Target>>,
    everywhere: Vec<u16>,
    content: Vec<Content>,
    deps: Vec<(DetectorId, String)>,
    names: Vec<(DetectorId, NameKind, Pattern)>,
    uses: Vec<(DetectorId, Pattern)>,
    run: Vec<(DetectorId, Pattern)>,
    image: Vec<(DetectorId, Pattern)>,
}

impl Build {
    pub(super) fn add(&mut self, id: DetectorId, raw: RawDetector) {
        raw.files.iter().for_each(|glob| self.glob(glob, Target::File(id)));
        for content in &raw.content {
            let globs: Vec<&str> = content.files.iter().map(String::as_str).collect();
            self.content(Owner::Detector(id), &globs, &content.regex);
        }
        self.deps.extend(raw.deps.into_iter().map(|dep| (id, dep.to_ascii_lowercase())));
        let pairs = |list: Vec<String>| list.into_iter().map(move |source| (id, Pattern::new(&source)));
        self.uses.extend(pairs(raw.uses));
        self.run.extend(pairs(raw.run));
        self.image.extend(pairs(raw.image));
        for (kind, list) in [
            (NameKind::Asset, raw.asset),
            (NameKind::Branch, raw.branch),
            (NameKind::Login, raw.login),
            (NameKind::Tag, raw.tag),
            (NameKind::Topic, raw.topic),
            (NameKind::Property, raw.values),
        ] {
            self.names.extend(pairs(list).map(|(id, pattern)| (id, kind, pattern)));
        }
    }

    pub(super) fn content(&mut self, owner: Owner, globs: &[&str], regex: &str) {
        let index = u16::try_from(self.content.len()).expect("a few hundred content patterns");
        self.content.push(Content { owner, pattern: Pattern::new(regex) });
        if globs.contains(&"**") {
            self.everywhere.push(index);
        } else {
            globs.iter().for_each(|glob| self.glob(glob, Target::Content(index)));
        }
    }

    fn glob(&mut self, glob: &str, target: Target) {
        for simple in expand(glob) {
            self.globs.entry(simple).or_default().push(target);
        }
    }

    pub(super) fn finish(self, non_product: Pattern, scoped: Vec<String>) -> Patterns {
        let (globs, targets): (Vec<_>, Vec<_>) = self.globs.into_iter().unzip();
        let gates =
            |list: &[(DetectorId, Pattern)]| Gates::new(list.iter().map(|(_, p)| p.literals.as_deref()));
        Patterns {
            globs: Globs::new(globs.iter().map(String::as_str), Subject::Paths),
            targets,
            everywhere: self.everywhere,
            content_gates: Gates::new(self.content.iter().map(|c| c.pattern.literals.as_deref())),
            content: self.content,
            classes: Mutex::new(HashMap::new()),
            dependencies: Globs::new(self.deps.iter().map(|(_, dep)| dep.as_str()), Subject::Names),
            dependency_detectors: self.deps.iter().map(|(id, _)| *id).collect(),
            names: self.names,
            steps: StepPatterns {
                run_gates: gates(&self.run),
                uses: self.uses,
                run: self.run,
                image: self.image,
            },
            non_product,
            product_scoped: DetectorId::ALL
                .iter()
                .copied()
                .filter(|id| scoped.iter().any(|s| s == id.as_str()))
                .collect(),
        }
    }
}

/// Writes out `{a,b}` and `y*ml`, so that most globs become plain extensions and names, which a `GlobSet` looks up
/// in a table instead of running a regex.
pub(super) fn expand(glob: &str) -> Vec<String> {
    if let Some((before, after)) = glob.split_once("y*ml") {
        return ["yml", "yaml"].iter().flat_map(|y| expand(&format!("{before}{y}{after}"))).collect();
    }
    let Some((before, rest)) = glob.split_once('{') else { return vec![glob.to_owned()] };
    let Some((choices, after)) = rest.split_once('}') else { return vec![glob.to_owned()] };
    choices.split(',').flat_map(|choice| expand(&format!("{before}{choice}{after}"))).collect()
}
