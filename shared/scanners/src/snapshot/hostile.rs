//! Files that are made to be expensive or to break the reader: each ends in bounded time, and what was left out is said.

use std::{fs, time::Duration};

use scrutineer_core::evidence::snapshot::{Entry, EntryKind, SnapshotSink, SnapshotSummary};

use super::SnapshotPass;
use crate::{
    finding::Status,
    registry,
    testing::{RepoWorld, Tree},
};

/// Quadratic work shows at this size; the longest file that is read has 1 MiB.
const SIZE: usize = 256 * 1024;

/// Time of one file in an unoptimized build, which is some twenty times slower than a release build and its 250 ms.
const PATIENCE: Duration = Duration::from_secs(5);

fn fill(unit: &str) -> String {
    unit.repeat(SIZE / unit.len())
}

fn alias_bomb() -> String {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..20 {
        let refs = vec![format!("*a{}", n - 1); 9].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{refs}]\n"));
    }
    bomb
}

/// Time of this thread on a processor; neighbours on the machine do not count.
fn cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Peak memory of this process, in MiB; 0 where there is no `/proc`.
fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[test]
fn expensive_files_end_in_time() {
    let nested =
        |text: String| (text, &["package.json", "Cargo.toml", "pom.xml", "openapi.json", "a.yml"][..]);
    let script = &["Jenkinsfile", "Makefile", "src/a.sh", "Dockerfile", "noxfile.py"][..];
    let prose = &["README.md", "docs/runbook.md", "CONTRIBUTING.md"][..];
    let code = &["src/a.rs", "src/a.py", "src/a.ts", "src/a.cs", "src/a.php"][..];
    let yaml = &[".github/workflows/a.yml", ".gitlab-ci.yml", "docker-compose.yml", "pnpm-lock.yaml"][..];
    let lists = &["CODEOWNERS", "requirements.txt", "yarn.lock", "go.sum", "Gemfile.lock", ".env"][..];
    let cases: Vec<(String, &[&str])> = vec![
        nested(fill("[")),
        nested(fill("{\"a\":")),
        nested(fill("<a>")),
        nested(format!("{}a = 1", fill("a."))),
        nested((0..700).map(|n| format!("{}k:\n", " ".repeat(n))).collect()),
        (alias_bomb(), yaml),
        (fill("- "), yaml),
        (format!("a: &a \"{}\"\nb: [{}]\n", fill("x"), "*a, ".repeat(900)), yaml),
        (fill("sh '''\n"), script),
        (format!("a b c d e f g h:\n{}", fill("\tx\n")), script),
        (fill("RUN a \\\n"), script),
        (fill("RUN <<E\n"), script),
        (fill("npm run a; "), script),
        (fill("${{ secrets.A }} "), script),
        (fill("# a\n"), prose),
        (fill("1. restore the backup within 4 hours\n"), prose),
        (fill("[a](https://x.atlassian.net/wiki) "), prose),
        (fill("if x { "), code),
        (fill("a || b && "), code),
        (fill("password = \"hunter2hunter2\"\n"), code),
        (fill("TODO "), code),
        (fill("\""), code),
        (fill("a"), lists),
        (fill("* @a\n"), lists),
        (fill("a@b.c "), lists),
        (include_str!("../../data/detectors.json").to_owned(), code),
    ];
    // The patterns are compiled once per process, not per file.
    let _ = Tree::new().file("README.md", "# a\n").snapshot();
    for (text, paths) in cases {
        for path in paths {
            let before = cpu();
            let _ = Tree::new().file(path, &text).snapshot();
            let took = cpu() - before;
            assert!(
                took < PATIENCE,
                "{path} took {took:?}: {:?}…",
                text.chars().take(40).collect::<String>()
            );
        }
    }
}

/// Repositories of which a part was left out.
fn oversized() -> Vec<(&'static str, Tree)> {
    let workflow = |text: &str| Tree::new().file(".github/workflows/a.yml", text);
    let steps = |count: usize| "    - run: npm test\n".repeat(count);
    let many = |count: usize, path: fn(usize) -> String, text: &str| {
        (0..count).fold(Tree::new(), |tree, n| tree.file(&path(n), text))
    };
    vec![
        ("100,000 steps", workflow(&format!("on: push\njobs:\n  a:\n    steps:\n{}", steps(100_000)))),
        (
            "30,000 steps",
            workflow(&format!("on: push\njobs: {{a: {{steps: [{}]}}}}", "{run: a},".repeat(30_000))),
        ),
        (
            "a script of 3,000 commands",
            workflow(&format!("on: push\njobs: {{a: {{steps: [{{run: '{}'}}]}}}}", "a;".repeat(3_000))),
        ),
        ("an alias bomb", workflow(&alias_bomb())),
        ("a deep workflow", workflow(&"[".repeat(1_000))),
        (
            "a Dockerfile of 100,000 instructions",
            Tree::new().file("Dockerfile", &format!("FROM a\n{}", "RUN a\n".repeat(100_000))),
        ),
        (
            "a Dockerfile of 3,000 instructions",
            Tree::new().file("Dockerfile", &format!("FROM a\n{}", "RUN a\n".repeat(3_000))),
        ),
        (
            "a Jenkinsfile of 30,000 scripts",
            Tree::new().file("Jenkinsfile", &format!("pipeline\n{}", "sh 'a'\n".repeat(30_000))),
        ),
        (
            "jobs that extend a long one",
            Tree::new().file(
                ".gitlab-ci.yml",
                &format!(
                    ".a: {{script: '{}'}}\n{}",
                    "b;".repeat(1_500),
                    (0..3_000).map(|n| format!("j{n}: {{extends: .a}}\n")).collect::<String>()
                ),
            ),
        ),
        ("an alias bomb for containers", Tree::new().file("docker-compose.yml", &alias_bomb())),
        (
            "a deep manifest",
            Tree::new().file("k8s/a.yaml", &format!("kind: Pod\napiVersion: v1\na: {}", "[".repeat(1_000))),
        ),
        ("2,001 manifests", many(2_001, |n| format!("p{n}/requirements.txt"), "flask\n")),
        ("2,001 lockfiles", many(2_001, |n| format!("p{n}/go.sum"), "example.com/a v1.0.0 h1:x=\n")),
        ("6,000 owners", Tree::new().file("CODEOWNERS", &"*.rs @acme/core\n".repeat(6_000))),
        ("5,001 project files", many(5_001, |n| format!("p{n}/Makefile"), "test:\n\ttrue\n")),
    ]
}

#[test]
fn what_was_left_out_is_said() {
    for (what, tree) in oversized() {
        let snapshot = tree.snapshot();
        assert!(snapshot.truncated().is_some(), "{what}");
        assert!(snapshot.absent().is_err(), "{what}");
    }
    assert!(peak_mib() < 1024, "{} MiB", peak_mib());
    let packages: String = (0..20_001).map(|n| format!("example.com/p{n} v1.0.0 h1:x=\n")).collect();
    let snapshot = Tree::new().file("go.sum", &packages).snapshot();
    assert!(!snapshot.supply().lockfiles[0].read, "a lockfile that pins too much is listed, not read");
}

#[test]
fn what_was_left_out_is_never_a_failure_by_absence() {
    let mut world = RepoWorld::default();
    world.tree(Tree::new().code().file("Dockerfile", "FROM a\nCMD a\n"));
    let whole = world.findings();
    let absent =
        whole.iter().filter(|finding| finding.status == Status::Failed && finding.evidence.is_empty());
    let absent: Vec<String> = absent.map(|finding| finding.check.clone()).collect();
    assert!(absent.len() > 20, "{absent:?}");
    world.truncate();
    for finding in world.findings().iter().filter(|finding| absent.contains(&finding.check)) {
        let of_files = registry::find(&finding.check).is_some_and(|(_, check)| check.needs[0] == "contents");
        assert!(!of_files || finding.status == Status::Error, "{finding:?}");
    }
}

#[test]
fn names_that_other_systems_refuse_are_only_names() {
    let names = [
        "CON",
        "nul.txt",
        "aux/prn",
        "COM1",
        "README.md",
        "readme.md",
        "ReadMe.MD",
        "a:b",
        "a\\b",
        "trailing. ",
        "\u{202e}txt",
        "\u{fffd}",
        "-rf",
        "$(id)",
        "a\nb",
        "src/CON.rs",
    ];
    let pass = |order: &mut dyn Iterator<Item = &&str>| {
        let mut pass = SnapshotPass::new();
        for path in order {
            let content = Some(path.as_bytes());
            pass.entry(Entry { path, kind: EntryKind::File, size: path.len() as u64, content });
        }
        pass.finish(SnapshotSummary::default())
    };
    let (one, other) = (pass(&mut names.iter()), pass(&mut names.iter().rev()));
    assert_eq!(one.paths().len(), names.len());
    assert_eq!(format!("{one:?}"), format!("{other:?}"), "case-colliding files do not depend on their order");
}

#[test]
fn what_is_no_utf_8_is_read_as_far_as_it_goes() {
    let mut tree = Tree::new();
    for path in [
        "README.md",
        "Dockerfile",
        ".github/workflows/a.yml",
        "package.json",
        "Cargo.toml",
        "pom.xml",
        "CODEOWNERS",
        "src/a.rs",
        "src/a.py",
        "go.sum",
        "k8s/a.yaml",
        "openapi.yaml",
        "Jenkinsfile",
        "requirements.txt",
        ".env",
    ] {
        let mut text = b"kind: Pod\napiVersion: v1\n# caf\xe9 \xff\xfe\n".to_vec();
        text.extend([0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf8, 0x88].repeat(1_000));
        tree = tree.bytes(path, &text);
    }
    let mut world = RepoWorld::default();
    world.tree(tree);
    assert_eq!(world.findings().len(), RepoWorld::default().findings().len());
}
