//! Every status of every check, through the public evaluation.

mod images;
mod runtime;

use crate::testing::{Case, RepoWorld, Tree, assert_cases};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = images::cases();
    all.extend(runtime::cases());
    for id in 1..=12 {
        let check: &'static str = format!("CNTR-{id:03}").leak();
        all.push(Case::repo(check, crate::Status::Error, "lacks contents:read", RepoWorld::no_contents));
    }
    all
}

/// A repository with code and this Dockerfile.
fn docker(text: &str) -> Tree {
    Tree::new().code().file("Dockerfile", text)
}

/// A repository with code, a Dockerfile of a server, and these files.
fn with(files: &[(&str, &str)]) -> Tree {
    files.iter().fold(docker("FROM node:22\nEXPOSE 80\nCMD x\n"), |tree, (path, text)| tree.file(path, text))
}
