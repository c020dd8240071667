//! Input made to hurt: nothing crashes, nothing takes long, nothing is silent.

use std::time::Instant;

use scrutineer_policy::{ChangeSet, Decision, SourceFile, Verdict, built_in, resolve, verify, verify_on};

fn judge(path: &str, bytes: impl Into<Vec<u8>>) -> Verdict {
    let policy = resolve(&built_in("strict").expect("built in")).expect("valid");
    let change = ChangeSet { files: vec![SourceFile::new(path, bytes)], ..ChangeSet::default() };
    verify(&policy, &change, &[])
}

/// Debug builds of engine and grammars are ten times slower than what ships; the bound is that of the product times
/// ten, on a machine shared with other builds.
const SECONDS: f64 = 10.0;

#[test]
fn nested_and_chained_input_of_130_kb_is_bounded() {
    let repeat = |unit: &str| unit.repeat(130_000 / unit.len());
    let inputs: Vec<(&str, String)> = vec![
        ("chain.js", format!("a{}", repeat(".b(1)"))),
        ("nested-log.js", repeat("console.log(")),
        ("nested-return.js", repeat("return{")),
        ("nested-parens.js", format!("{}1{}", repeat("(").split_at(60_000).0, ")".repeat(60_000))),
        ("nested-arrays.py", repeat("[")),
        ("unclosed.ts", repeat("function f(){")),
        ("nested-if.go", format!("package a\nfunc f() {{ {}", repeat("if a {"))),
        ("chain.rs", format!("fn f() {{ a{} }}", repeat(".b(1)"))),
        ("macros.rs", repeat("println!(")),
        ("templates.js", repeat("`${")),
        ("concat.js", format!("x = 'a'{}", repeat(" + user.email"))),
        ("nested-log-args.js", repeat("console.log(user.name, ")),
        ("assigns.js", repeat("a=b;b=a;console.log(a);")),
        ("routes.js", repeat("app.post('/login',x);")),
        ("middleware.js", repeat("app.use(x);app.get('/a',y);")),
        ("functions.js", repeat("function f(a){console.log(a)}f(b);")),
        ("nested.kt", format!("fun f() {{ {}", repeat("run {"))),
        ("strings.rb", repeat("\"#{")),
        ("attributes.php", format!("<?php {}", repeat("#[A] "))),
        ("generics.cs", repeat("A<")),
        ("classes.java", repeat("class A {")),
        ("one-line.json", format!("{{{}", repeat("\"password\":\"x\","))),
        ("digits.txt", repeat("4539148803436467 ")),
        ("dashes.yml", repeat("- ")),
        ("cards.txt", repeat("1234-")),
    ];
    for (path, text) in inputs {
        let start = Instant::now();
        let verdict = judge(path, text);
        let took = start.elapsed().as_secs_f64();
        assert!(took < SECONDS, "{path} took {took:.1} s");
        assert!(verdict.files == 1 || !verdict.skipped.is_empty(), "{path} was passed over in silence");
    }
}

#[test]
fn what_is_not_analysed_is_reported() {
    let cases: Vec<(&str, Vec<u8>, &str, bool)> = vec![
        ("a.js", b"var a = 1;\0".to_vec(), "NUL", true),
        ("logo.png", vec![0; 100], "NUL", false),
        ("big.js", "x = 1;\n".repeat(150_000).into_bytes(), "1 MiB", true),
        ("a.py", b"x = '\xff\xfe'\n".to_vec(), "UTF-8", false),
        ("node_modules/a.js", b"debugger".to_vec(), "vendored", false),
        ("dist/a.js", b"debugger".to_vec(), "generated", false),
        ("a.min.js", b"debugger".to_vec(), "minified", false),
        ("b.js", format!("var a=1;{}", "f();".repeat(5_000)).into_bytes(), "minified", false),
    ];
    for (path, bytes, reason, incomplete) in cases {
        let verdict = judge(path, bytes);
        let skipped = verdict.skipped.first().unwrap_or_else(|| panic!("{path}: nothing is said"));
        assert!(skipped.reason.contains(reason), "{path}: {}", skipped.reason);
        assert_eq!(verdict.incomplete, incomplete, "{path}");
    }
}

#[test]
fn a_file_of_100_000_lines_is_read_to_its_end() {
    let text = format!("{}debugger;\n", "x = 1;\n".repeat(100_000));
    let verdict = judge("long.js", text);
    assert_eq!(verdict.violations.len(), 1, "{:?}", verdict.skipped);
    assert_eq!(verdict.violations[0].start_line, 100_001);
    assert_eq!(verdict.verdict, Decision::NoShip);
}

#[test]
fn invalid_bytes_do_not_hide_what_stands_after_them() {
    let verdict = judge("a.js", b"// \xff\xff\ndebugger;\n".to_vec());
    assert_eq!((verdict.violations[0].start_line, verdict.violations[0].start_column), (2, 1));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let policy = resolve(&built_in("strict").expect("built in")).expect("valid");
    let files = (0..40)
        .map(|n| SourceFile::new(&format!("src/f{n}.js"), format!("console.log(user.email, {n}); debugger;")))
        .collect();
    let change = ChangeSet { files, ..ChangeSet::default() };
    let one = serde_json::to_string(&verify(&policy, &change, &[])).expect("serializable");
    for threads in [2, 3, 8] {
        let many = serde_json::to_string(&verify_on(&policy, &change, &[], threads)).expect("serializable");
        assert_eq!(one, many);
    }
}
