//! Every status of every check, through the public evaluation.

use scrutineer_core::{
    Fact,
    evidence::activity::{HeadStatus, HeadSuite},
};

use crate::{
    Status::{Error, Failed, NotApplicable, Passed, Warning},
    testing::{Case, RepoWorld, Tree, assert_cases, forbidden},
};

#[test]
fn each_check_has_each_of_its_statuses() {
    assert_cases(&cases());
}

/// A repository with code, a test, and one workflow that runs a command.
fn runs(command: &str) -> Tree {
    let text = format!("on: push\njobs:\n  main:\n    steps:\n      - run: {command}\n");
    tested().file(".github/workflows/ci.yml", &text)
}

fn tested() -> Tree {
    Tree::new().code().file("tests/api.rs", "#[test]\nfn works() {}\n")
}

fn docs() -> Tree {
    Tree::new().file("README.md", "# Handbook\n")
}

/// Sixty lines in a language.
fn lines(path: &str) -> Tree {
    Tree::new().file(path, &"x = 1\n".repeat(60))
}

fn activity(world: &mut RepoWorld) -> &mut scrutineer_core::evidence::RepoActivity {
    match &mut world.repo.activity {
        Fact::Known(activity) => activity,
        Fact::Unknown(_) => panic!("the default world knows its activity"),
    }
}

fn check_run(world: &mut RepoWorld, name: &str, title: &str) {
    activity(world).head_suites = Fact::Known(vec![HeadSuite {
        app: Some("codecov".into()),
        conclusion: Some("SUCCESS".into()),
        runs: vec![(name.into(), Some(title.into()), Some("SUCCESS".into()))],
    }]);
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = tools();
    all.extend(formats_and_types());
    all.extend(coverage());
    all.extend(readme());
    all.extend(complexity());
    all.extend(debt());
    for id in 1..=9 {
        let check: &'static str = format!("CQ-{id:03}").leak();
        all.push(Case::repo(check, Error, "lacks contents:read", RepoWorld::no_contents));
    }
    all
}

fn tools() -> Vec<Case> {
    vec![
        Case::repo("CQ-001", Passed, "needs no configuration", |w| w.tree(runs("cargo clippy"))),
        Case::repo("CQ-001", Passed, "eslint.config.js configures it", |w| {
            w.tree(runs("npx eslint .").file("eslint.config.js", "export default []\n"));
        }),
        Case::repo("CQ-001", Warning, "no configuration", |w| w.tree(runs("npx eslint ."))),
        Case::repo("CQ-001", Warning, "no CI job runs", |w| w.tree(tested().file("clippy.toml", ""))),
        Case::repo("CQ-001", Failed, "No linter", |w| w.tree(tested())),
        Case::repo("CQ-001", NotApplicable, "lines of code", |w| w.tree(docs())),
        Case::repo("CQ-001", Error, "truncated", |w| w.tree(tested().truncated("too many entries"))),
        Case::repo("CQ-002", Passed, "runs the tests (cargo test)", |w| w.tree(runs("cargo test"))),
        Case::repo("CQ-002", Warning, "no CI job runs them", |w| w.tree(tested())),
        Case::repo("CQ-002", Warning, "has no test", |w| {
            let text = "on: push\njobs: {a: {steps: [{run: cargo test}]}}\n";
            w.tree(Tree::new().code().file(".github/workflows/ci.yml", text));
        }),
        Case::repo("CQ-002", Failed, "No test framework", |w| w.tree(Tree::new().code())),
        Case::repo("CQ-002", NotApplicable, "lines of code", |w| w.tree(docs())),
    ]
}

fn formats_and_types() -> Vec<Case> {
    vec![
        Case::repo("CQ-006", Passed, "rustfmt.toml", |w| w.tree(tested().file("rustfmt.toml", ""))),
        Case::repo("CQ-006", Passed, "cargo fmt --check", |w| w.tree(runs("cargo fmt --check"))),
        Case::repo("CQ-006", Passed, ".editorconfig rules", |w| {
            w.tree(tested().file(".editorconfig", "[*]\nindent_style = space\n"));
        }),
        Case::repo("CQ-006", Warning, "neither line ends", |w| {
            w.tree(tested().file(".editorconfig", "root = true\n"));
        }),
        Case::repo("CQ-006", Warning, "does not format Rust", |w| w.tree(tested().file(".prettierrc", "{}"))),
        Case::repo("CQ-006", Failed, "No formatter", |w| w.tree(tested())),
        Case::repo("CQ-006", NotApplicable, "lines of code", |w| w.tree(docs())),
        Case::repo("CQ-007", Passed, "Rust, is statically typed", |w| w.tree(tested())),
        Case::repo("CQ-007", Passed, "tsconfig.json:1", |w| {
            w.tree(lines("a.ts").file("tsconfig.json", "{\"compilerOptions\": {\"strict\": true}}"));
        }),
        Case::repo("CQ-007", Passed, "checks the types of Python (mypy", |w| {
            let text = "on: push\njobs: {a: {steps: [{run: mypy src}]}}\n";
            w.tree(lines("a.py").file(".github/workflows/ci.yml", text));
        }),
        Case::repo("CQ-007", Warning, "no tsconfig sets strict", |w| w.tree(lines("a.ts"))),
        Case::repo("CQ-007", Warning, "mypy.ini configures", |w| {
            w.tree(lines("a.py").file("mypy.ini", "[mypy]\n"))
        }),
        Case::repo("CQ-007", Failed, "60 lines of Python", |w| w.tree(lines("a.py"))),
        Case::repo("CQ-007", NotApplicable, "Shell, has no type checker", |w| w.tree(lines("a.sh"))),
        Case::repo("CQ-007", NotApplicable, "lines of code", |w| w.tree(docs())),
    ]
}

/// Tests run in CI behind a gate of so many percent.
fn gate(percent: u32) -> Tree {
    runs("pytest").file("pyproject.toml", &format!("[tool.coverage.report]\nfail_under = {percent}\n"))
}

fn coverage() -> Vec<Case> {
    let status = |status: &'static str| {
        move |w: &mut RepoWorld| {
            w.tree(tested());
            activity(w).head_statuses = Fact::Known(vec![HeadStatus {
                context: status.into(),
                state: "SUCCESS".into(),
                description: None,
            }]);
        }
    };
    vec![
        Case::repo("CQ-003", Passed, "cargo llvm-cov", |w| w.tree(runs("cargo llvm-cov"))),
        Case::repo("CQ-003", Passed, "codecov/project reports", status("codecov/project")),
        Case::repo("CQ-003", Warning, "codecov.yml configures", |w| {
            w.tree(tested().file("codecov.yml", "x: 1\n"))
        }),
        Case::repo("CQ-003", Failed, "nothing measures", |w| w.tree(tested())),
        Case::repo("CQ-003", NotApplicable, "no test", |w| w.tree(Tree::new().code())),
        Case::repo("CQ-003", Error, "statuses:read", |w| {
            w.tree(tested());
            activity(w).head_statuses = forbidden("statuses");
        }),
        Case::repo("CQ-004", Passed, "85.2 % according to check codecov/project", |w| {
            w.tree(tested());
            check_run(w, "codecov/project", "85.2% (+0.1%) compared to abc");
        }),
        Case::repo("CQ-004", Warning, "48.7 % according to check coverage/coveralls", |w| {
            w.tree(tested());
            activity(w).head_statuses = Fact::Known(vec![HeadStatus {
                context: "coverage/coveralls".into(),
                state: "SUCCESS".into(),
                description: Some("First build on main at 48.7%".into()),
            }]);
        }),
        Case::repo("CQ-004", Passed, "Coverage is 61.5 %", |w| {
            w.tree(tested().file("coverage.xml", "<coverage line-rate=\"0.615\">\n"));
        }),
        Case::repo("CQ-004", Passed, "Coverage is 60 %", |w| w.tree(gate(60))),
        Case::repo("CQ-004", Warning, "Coverage is 59 %", |w| w.tree(gate(59))),
        Case::repo("CQ-004", Warning, "Coverage is 40 %", |w| w.tree(gate(40))),
        Case::repo("CQ-004", Warning, "no number is on record", |w| w.tree(runs("cargo llvm-cov"))),
        Case::repo("CQ-004", Failed, "Coverage is 39 %", |w| w.tree(gate(39))),
        Case::repo("CQ-004", Failed, "nothing measures", |w| w.tree(runs("cargo test"))),
        Case::repo("CQ-004", NotApplicable, "no test", |w| w.tree(Tree::new().code())),
    ]
}

fn readme() -> Vec<Case> {
    let prose = |words: usize| "useful ".repeat(words);
    vec![
        Case::repo("CQ-005", Passed, "2 sections", move |w| {
            w.tree(Tree::new().file("README.md", &format!("# X\n\n{}\n\n## Use\n\n## Own\n", prose(43))));
        }),
        Case::repo("CQ-005", Passed, "80 words", move |w| {
            w.tree(Tree::new().file("docs/README.md", &format!("# X\n\n{}\n", prose(80))));
        }),
        Case::repo("CQ-005", Warning, "only 294 characters", move |w| {
            w.tree(Tree::new().file("README.md", &format!("# X\n\n{}\n\n## Use\n\n## Own\n", prose(42))));
        }),
        Case::repo("CQ-005", Warning, "79 words, 1 sections", move |w| {
            w.tree(Tree::new().file("README.md", &format!("# X\n\n{}\n\n## Use\n", prose(79))));
        }),
        Case::repo("CQ-005", Warning, "text of a generator", move |w| {
            let text = format!("# Getting Started with Create React App\n\n{}\n", prose(90));
            w.tree(Tree::new().file("README.md", &text));
        }),
        Case::repo("CQ-005", Warning, "was not read", |w| w.tree(Tree::new().bytes("README.pdf", &[0, 1]))),
        Case::repo("CQ-005", Failed, "No README", |w| w.tree(Tree::new().code())),
        Case::repo("CQ-005", Error, "truncated", |w| w.tree(Tree::new().truncated("too many entries"))),
    ]
}

/// One function with so many decisions.
fn function(decisions: usize) -> String {
    format!("fn f(x: bool) {{\n{}}}\n", "    if x {}\n".repeat(decisions))
}

fn complexity() -> Vec<Case> {
    let one = |decisions: usize| Tree::new().file("src/a.rs", &function(decisions));
    let mixed = |decisions: usize| Tree::new().code().file("src/a.rs", &function(decisions));
    let limited = |limit: u32, decisions: usize| {
        runs("flake8")
            .file(".flake8", &format!("[flake8]\nmax-complexity = {limit}\n"))
            .file("b.rs", &function(decisions).repeat(80))
    };
    vec![
        Case::repo("CQ-008", Passed, "at most 10", move |w| w.tree(one(9))),
        Case::repo("CQ-008", Passed, "the most complex has 30", move |w| w.tree(mixed(29))),
        Case::repo("CQ-008", Passed, "limits complexity to 15", move |w| w.tree(limited(15, 50))),
        Case::repo("CQ-008", Warning, "at most 11", move |w| w.tree(one(10))),
        Case::repo("CQ-008", Warning, "the most complex has 31", move |w| w.tree(mixed(30))),
        Case::repo("CQ-008", Warning, "at most 15", move |w| w.tree(one(14))),
        Case::repo("CQ-008", Warning, "a limit of 16 only", move |w| w.tree(limited(16, 50))),
        Case::repo("CQ-008", Failed, "at most 16", move |w| w.tree(one(15))),
        Case::repo("CQ-008", NotApplicable, "No function", |w| w.tree(docs())),
    ]
}

/// So many marks in a thousand lines of Python.
fn marked(marks: usize, text: &str) -> Tree {
    let code = format!("{}{}", format!("# TODO {text}\n").repeat(marks), "x = 1\n".repeat(1000 - marks));
    Tree::new().file("a.py", &code)
}

fn debt() -> Vec<Case> {
    let labels = |w: &mut RepoWorld, list: &[&str]| {
        if let Fact::Known(posture) = &mut w.repo.posture {
            posture.labels = list.iter().map(|label| (*label).to_owned()).collect();
        }
    };
    vec![
        Case::repo("CQ-009", Passed, "sonar-project.properties", |w| {
            w.tree(marked(9, "").file("sonar-project.properties", "a=b\n"));
        }),
        Case::repo("CQ-009", Passed, "docs/technical-debt.md", |w| {
            let text =
                "# Technical debt\n\n".to_owned() + &"- The importer still reads the old format.\n".repeat(6);
            w.tree(marked(9, "").file("docs/technical-debt.md", &text));
        }),
        Case::repo("CQ-009", Passed, "2 open issues", |w| {
            w.tree(marked(9, ""));
            activity(w).debt_issues = Fact::Known(2);
        }),
        Case::repo("CQ-009", Passed, "0 TODO marks", |w| w.tree(marked(0, ""))),
        Case::repo("CQ-009", Warning, "The label tech-debt exists", move |w| {
            w.tree(marked(9, ""));
            labels(w, &["bug", "tech-debt"]);
        }),
        Case::repo("CQ-009", Warning, "9 name an issue", |w| w.tree(marked(9, "(#12) x"))),
        Case::repo("CQ-009", Warning, "5 TODO marks", |w| w.tree(marked(5, "x"))),
        Case::repo("CQ-009", Warning, "1 TODO marks", |w| w.tree(marked(1, "x"))),
        Case::repo("CQ-009", Failed, "6 TODO marks", |w| w.tree(marked(6, "x"))),
        Case::repo("CQ-009", Error, "issues:read", |w| {
            w.tree(marked(9, "x"));
            activity(w).debt_issues = forbidden("issues");
        }),
    ]
}
