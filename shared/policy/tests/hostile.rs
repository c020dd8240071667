//! Input made to hurt: nothing crashes, nothing takes long, nothing is silent.

use std::time::Instant;

use scrutineer_policy::{ChangeSet, Decision, SourceFile, Verdict, built_in, resolve, verify, verify_on};

fn judge(path: &str, bytes: impl Into<Vec<u8>>) -> Verdict {
    let policy = resolve(&built_in("strict").expect("built in")).expect("valid");
    let change = ChangeSet { files: vec![SourceFile::new(path, bytes)], ..ChangeSet::default() };
    verify(&policy, &change, &[])
}

/// A second of the product. Debug builds of engine and grammars are ten times slower than what ships.
const SECONDS: f64 = 10.0;

/// CPU seconds of this thread: tests share their machine. Wall time where the system does not tell.
fn cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

fn seconds(work: impl FnOnce()) -> f64 {
    let (wall, before) = (Instant::now(), cpu());
    work();
    match (before, cpu()) {
        (Some(before), Some(after)) => after - before,
        _ => wall.elapsed().as_secs_f64(),
    }
}

/// What breaks engines that walk, match or backtrack without a bound: nested, chained, unclosed and repeated code.
const UNITS: &[(&str, &str, &str)] = &[
    ("chain.js", "a", ".b(1)"),
    ("nested-log.js", "", "console.log("),
    ("nested-return.js", "", "return{"),
    ("nested-parens.js", "", "("),
    ("nested-arrays.py", "", "["),
    ("unclosed.ts", "", "function f(){"),
    ("nested-if.go", "package a\nfunc f() { ", "if a {"),
    ("chain.rs", "fn f() { a", ".b(1)"),
    ("macros.rs", "", "println!("),
    ("templates.js", "", "`${"),
    ("concat.js", "x = 'a'", " + user.email"),
    ("nested-log-args.js", "", "console.log(user.name, "),
    ("assigns.js", "", "a=b;b=a;console.log(a);"),
    ("saves.js", "", "user.ssn=form.ssn;user.save();"),
    ("routes.js", "", "app.post('/login',x);"),
    ("middleware.js", "", "app.use(x);app.get('/a',y);"),
    ("functions.js", "", "function f(a){console.log(a)}f(b);"),
    ("handlers.js", "", "function h(req){};app.post('/login',h);"),
    ("nested.kt", "fun f() { ", "run {"),
    ("strings.rb", "", "\"#{"),
    ("attributes.php", "<?php ", "#[A] "),
    ("generics.cs", "", "A<"),
    ("generics-open.java", "", "a<"),
    ("generics-open.ts", "", "a<"),
    ("classes.java", "", "class A {"),
    ("catches.py", "", "try: a()\nexcept E: pass\n"),
    ("comments.js", "", "/* TODO */ // FIXME\n"),
    ("one-line.json", "{", "\"password\":\"x\","),
    ("digits.txt", "", "4539148803436467 "),
    ("dashes.yml", "", "- "),
    ("cards.txt", "", "1234-"),
    ("keys.env", "", "API_KEY=9f8d7s6a5f4d3s2a1q\n"),
    ("urls.txt", "", "postgres://a:b@c/ "),
];

fn bounded(path: &str, text: String, limit: f64) {
    let size = text.len();
    eprintln!("{path}, {size} bytes");
    let took = seconds(|| {
        let verdict = judge(path, text);
        assert!(verdict.files == 1 || !verdict.skipped.is_empty(), "{path} was passed over in silence");
    });
    assert!(took < limit, "{path}, {size} bytes, took {took:.1} s of CPU");
}

#[test]
fn one_line_of_130_kb_is_bounded() {
    for (path, first, unit) in UNITS {
        bounded(path, format!("{first}{}", unit.repeat(130_000 / unit.len())), SECONDS);
    }
}

/// Long lines are taken for minified code and left alone; broken into lines, the same input is analysed.
#[test]
fn lines_of_130_kb_are_bounded() {
    for (path, first, unit) in UNITS {
        bounded(path, format!("{first}{}", format!("{unit}\n").repeat(130_000 / (unit.len() + 1))), SECONDS);
    }
}

#[test]
fn larger_input_takes_longer_in_proportion() {
    let lines = |unit: &str, bytes: usize| format!("{unit}\n").repeat(bytes / (unit.len() + 1));
    bounded("chain.js", format!("a{}", lines(".b(1)", 500_000)), 4.0 * SECONDS);
    bounded("deep.js", lines("[", 400_000), 4.0 * SECONDS);
    bounded("unclosed.js", lines("{", 120_000), SECONDS);
    bounded("return.js", "return{".repeat(60_000), 4.0 * SECONDS);
}

/// Bytes without a meaning, the same on every run.
#[test]
fn garbage_of_900_kb_ends_at_the_budget_of_the_parser() {
    let mut state = 12_345_u32;
    let text: String = (0..900_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b" \n(){}[];'\"`/*+=<>$ab1.,:"[(state >> 16) as usize % 25])
        })
        .collect();
    bounded("garbage.js", text, 8.0 * SECONDS);
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
