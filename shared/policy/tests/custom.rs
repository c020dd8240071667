//! An organization's own rules: what `ast:` reads, what is refused and where, and what a rule may cost.

use scrutineer_policy::{
    Bundle, ChangeSet, Limits, Problem, SourceFile, Verdict, built_in, resolve, verify_within,
};

/// A rule with these lines of `match:`, and examples that hold.
fn rule(languages: &str, matches: &str, bad: &str, good: &str) -> String {
    let indent = |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    format!(
        "apiVersion: 1\nid: acme/own\ntitle: t\nseverity: error\ntier: hard_block\nrationale: r\nfix: f\n\
         languages: [{languages}]\nmessage: \"found $NAME, $A\"\nmatch:\n{}examples:\n  - languages: [{languages}]\n    \
         bad:\n      - |\n{}    good:\n      - |\n{}",
        indent(matches, "  "),
        indent(bad, "        "),
        indent(good, "        ")
    )
}

fn bundle(rule: String) -> Bundle {
    let mut bundle = built_in("permissive").expect("built in");
    bundle.policies.required = vec!["acme".to_owned()];
    bundle.policies.optional.clear();
    bundle.checks = Default::default();
    bundle.config.clear();
    bundle.rules = vec![rule];
    bundle
}

fn problems(rule: String) -> Vec<Problem> {
    let mut found = resolve(&bundle(rule)).err().unwrap_or_default();
    // A rule that does not compile leaves its pack unknown.
    found.retain(|problem| problem.at.starts_with("rules"));
    found
}

fn judge(rule: String, files: Vec<SourceFile>, threads: usize, limits: &Limits) -> Verdict {
    let policy = resolve(&bundle(rule)).expect("a valid bundle");
    verify_within(&policy, &ChangeSet { files, ..ChangeSet::default() }, &[], threads, limits)
}

#[test]
fn a_pattern_is_read_in_every_language() {
    let cases = [
        ("script", "danger($A, 1)", "danger(x /* c */, 1);", "danger(1, x); safe(x, 1);"),
        ("python", "danger($A, 1)", "danger(x, 1)", "danger(x, 2)"),
        ("go", "danger($A, 1)", "package a\nfunc f() { danger(x, 1) }", "package a\nfunc f() { danger(1) }"),
        (
            "java",
            "danger($A, 1)",
            "class A { void f() { danger(x, 1); } }",
            "class A { void f() { other(x, 1); } }",
        ),
        ("ruby", "danger($A, 1)", "danger(x, 1)", "danger(x, 2)"),
        ("php", "danger($A, 1)", "<?php danger($x, 1);", "<?php danger($x, 2);"),
        (
            "csharp",
            "danger($A, 1)",
            "class A { void F() { danger(x, 1); } }",
            "class A { void F() { danger(1, x); } }",
        ),
        ("rust", "danger($A, 1)", "fn f() { danger(x, 1); }", "fn f() { danger(x, 2); }"),
        ("kotlin", "danger($A, 1)", "fun f() { danger(x, 1) }", "fun f() { danger(x, 2) }"),
    ];
    for (language, pattern, bad, good) in cases {
        let found = problems(rule(language, &format!("ast:\n  pattern: {pattern}"), bad, good));
        assert!(found.is_empty(), "{language}: {found:?}");
    }
}

#[test]
fn the_rule_object_means_what_it_means_in_ast_grep() {
    let cases = [
        ("pattern: f($A, $A)", "f(a.b, a.b)", "f(a, b)"),
        ("pattern: f($$$A)", "f(1, 2, 3)", "g(1)"),
        ("pattern: f($$$, 9)", "f(1, 2, 9)", "f(9, 1)"),
        ("pattern: f(1, $$$A)", "f(1, 2, 3)", "f(2, 1)"),
        ("pattern: $A && $A()", "go && go()", "go && stop()"),
        ("kind: debugger_statement", "debugger;", "'debugger'"),
        ("kind: identifier\nregex: ^evil", "evilThing()", "x.evilProp"),
        ("pattern: f($A)\ninside:\n  kind: while_statement\n  stopBy: end", "while (1) { f(1) }", "f(1)"),
        ("kind: call_expression\ninside: {kind: expression_statement}", "f(1)", "a = f(1)"),
        (
            "kind: return_statement\ninside:\n  kind: catch_clause\n  stopBy: {kind: function_declaration}",
            "try {} catch { return }",
            "try {} catch { function f() { return } }",
        ),
        ("kind: number\ninside: {kind: pair, field: value}", "x = {a: 1}", "x = {1: a}"),
        (
            "kind: function_declaration\nhas: {pattern: evil(), stopBy: end}",
            "function f() { if (a) evil() }",
            "function f() {}",
        ),
        ("kind: pair\nhas: {field: key, regex: secret}", "x = {secret: 1}", "x = {a: secret}"),
        ("pattern: a()\nfollows: {pattern: b(), stopBy: end}", "f(b(), a())", "f(a(), b())"),
        ("pattern: a()\nprecedes: {pattern: b(), stopBy: end}", "f(a(), b())", "f(b(), a())"),
        ("kind: number\nnthChild: 2\ninside: {kind: arguments}", "f(a, 1)", "f(1, a)"),
        (
            "kind: number\nnthChild: {position: 1, reverse: true}\ninside: {kind: arguments}",
            "f(a, 1)",
            "f(1, a)",
        ),
        (
            "kind: string\nnthChild: {position: odd, ofRule: {kind: string}}\ninside: {kind: array}",
            "x = [1, 'a']",
            "x = [1]",
        ),
        ("any:\n  - pattern: f()\n  - pattern: g()", "g()", "h()"),
        (
            "all:\n  - kind: call_expression\n  - not: {has: {kind: arguments, regex: '^.0.$'}}",
            "f(1)",
            "f(0)",
        ),
        (
            "pattern: {context: 'class A { x = $A }', selector: field_definition}",
            "class B { x = 1 }",
            "let x = 1",
        ),
    ];
    for (object, bad, good) in cases {
        let object: String = object.lines().map(|line| format!("  {line}\n")).collect();
        let found = problems(rule("javascript", &format!("ast:\n{object}"), bad, good));
        assert!(found.is_empty(), "{object}: {found:?}");
    }
}

#[test]
fn facts_and_syntax_are_combined_by_place() {
    let facts =
        "all:\n  - call: {receiver: [logger], name: [info]}\n  - inside:\n      ast: {kind: for_statement}";
    let found = problems(rule("javascript", facts, "for (;;) { logger.info(x) }", "logger.info(x)"));
    assert!(found.is_empty(), "{found:?}");
    let syntax =
        "all:\n  - ast: {pattern: $A.info($$$)}\n  - not: {string: {regex: ok}}\n  - call: {name: [info]}";
    let found = problems(rule("javascript", syntax, "l.info('no')", "l.info('ok')"));
    assert!(found.is_empty(), "{found:?}");
    let routes = "all:\n  - route: {method: [POST]}\n  - has:\n      ast: {pattern: eval($A)}";
    let found = problems(rule(
        "javascript",
        routes,
        "app.post('/x', (q) => eval(q))",
        "app.get('/x', (q) => eval(q))",
    ));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_message_names_what_the_variables_stand_for() {
    let own = rule("javascript", "ast:\n  pattern: danger($A)", "danger(1)", "x");
    let verdict = judge(own, vec![SourceFile::new("a.js", "f(danger(user.name))")], 1, &Limits::default());
    assert_eq!(verdict.violations[0].message, "found danger(user.name), user.name");
    assert_eq!((verdict.violations[0].start_column, verdict.violations[0].end_column), (3, 20));
}

#[test]
fn a_mistake_is_named_with_line_and_column() {
    let cases = [
        ("ast:\n  kind: no_such_kind", (12, 11), "`no_such_kind` is no kind of javascript"),
        ("ast:\n  kind: identifier\n  regex: '('", (13, 12), "unclosed group"),
        ("ast:\n  pattern: 'if ('", (12, 14), "no javascript code"),
        ("ast:\n  pattern: a; b", (12, 14), "2 nodes"),
        ("ast:\n  regex: a", (12, 5), "any node could match"),
        ("ast:\n  kind: pair\n  has: {field: nope, kind: pair}", (13, 18), "`nope` is no field"),
        ("ast:\n  kind: pair\n  matches: x", (13, 5), "unknown field"),
        ("all:\n  - call: {name: [a]}\n  - ast: {any: []}", (13, 18), "the list is empty"),
        ("call: {arg: {class: [x]}}", (11, 23), "`x` is no class"),
        ("not:\n  call: {name: [a]}", (11, 3), "conditions"),
        ("all:\n  - regex: a\n  - call: {name: [a]}", (11, 3), "reads lines"),
    ];
    for (matches, place, reason) in cases {
        let found = problems(rule("javascript", matches, "x", "y"));
        let problem = found.first().unwrap_or_else(|| panic!("{matches}: accepted"));
        assert!(problem.message.contains(reason), "{matches}: {}", problem.message);
        assert!(problem.at.starts_with("rules[0]"), "{}", problem.at);
        assert_eq!((problem.line, problem.column), (Some(place.0), Some(place.1)), "{matches}: {problem:?}");
    }
}

#[test]
fn examples_that_do_not_hold_are_refused_where_they_stand() {
    let found = problems(rule("javascript", "call: {name: [evil]}", "good()", "evil()"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].at.contains("examples[0].bad[0] in javascript") && found[0].line == Some(16),
        "{found:?}"
    );
    assert!(
        found[1].at.contains("examples[0].good[0] in javascript") && found[1].line == Some(19),
        "{found:?}"
    );
}

#[test]
fn bounds_of_a_rule_are_checked() {
    let deep = format!("ast: {}kind: pair{}", "{kind: pair, has: ".repeat(13) + "{", "}".repeat(14));
    let wide = format!("ast:\n  any:\n{}", "    - kind: pair\n".repeat(201));
    let cases = [
        (deep, "deeper than 12"),
        (wide, "more than 200 conditions"),
        (format!("ast:\n  pattern: f({})", "1, ".repeat(2_000)), "at most 4096"),
        (format!("comment: {}", "a".repeat(501)), "at most 500"),
        ("comment: '(\\w{1000}){1000}'".to_owned(), "size limit"),
    ];
    for (matches, reason) in cases {
        let found = problems(rule("javascript", &matches, "x", "y"));
        assert!(found.iter().any(|p| p.message.contains(reason)), "{reason}: {found:?}");
    }
    let long =
        format!("{}# {}", rule("javascript", "call: {name: [evil]}", "evil()", "x"), "x".repeat(70_000));
    assert!(problems(long)[0].message.contains("at most 65536"));
    let mut many = bundle(String::new());
    many.rules = vec![String::new(); 201];
    assert!(resolve(&many).is_err_and(|found| found.iter().any(|p| p.message.contains("at most 200"))));
}

/// Quadratic on nested code: each call asks for the text of everything in it.
fn greedy() -> String {
    let object =
        "ast:\n  kind: call_expression\n  has:\n    kind: identifier\n    regex: nothing\n    stopBy: end";
    rule("javascript", object, "a(nothing)", "a(b)")
}

#[test]
fn a_rule_over_its_budget_is_reported_and_the_verdict_incomplete() {
    let nested = SourceFile::new("nested.js", "a(\n".repeat(20_000) + &")".repeat(20_000));
    let plain = SourceFile::new("plain.js", "a(nothing)");
    let verdict = judge(greedy(), vec![nested, plain], 1, &Limits::default());
    assert!(verdict.incomplete, "{:?}", verdict.skipped);
    assert!(verdict.skipped[0].reason.contains("acme/own spent its budget"), "{:?}", verdict.skipped);
    assert_eq!(verdict.violations.len(), 1, "the other file is judged");
}

#[test]
fn a_rule_over_its_budget_for_the_run_is_left_out_whatever_the_order() {
    let files: Vec<SourceFile> =
        (0..60).map(|n| SourceFile::new(&format!("f{n}.js"), "a(nothing);\n".repeat(n + 1))).collect();
    let limits = Limits { custom_run_steps: 5_000, ..Limits::default() };
    let one = judge(greedy(), files.clone(), 1, &limits);
    assert!(one.incomplete && one.violations.is_empty(), "{one:?}");
    assert!(one.skipped[0].reason.contains("whole verification"), "{:?}", one.skipped);
    let mut backwards = files;
    backwards.reverse();
    for threads in [1, 4] {
        assert_eq!(judge(greedy(), backwards.clone(), threads, &limits), one);
    }
}

#[test]
fn built_in_rules_have_a_budget_too() {
    let policy = resolve(&built_in("strict").expect("built in")).expect("valid");
    let files = vec![
        SourceFile::new("src/a.js", "console.log(user.email);\n".repeat(500)),
        SourceFile::new("src/b.js", "debugger;\n"),
    ];
    let change = ChangeSet { files, ..ChangeSet::default() };
    let limits = Limits { match_steps: 2_000, ..Limits::default() };
    let verdict = verify_within(&policy, &change, &[], 1, &limits);
    assert!(
        verdict.incomplete && verdict.skipped[0].reason.contains("not applied:"),
        "{:?}",
        verdict.skipped
    );
    assert!(verdict.violations.iter().any(|v| v.path.as_str() == "src/b.js"));
}

#[test]
fn a_deadline_of_the_caller_is_reported_file_by_file() {
    let own = rule("javascript", "call: {name: [evil]}", "evil()", "x");
    let limits = Limits { stop: Some(std::sync::Arc::new(|| true)), ..Limits::default() };
    let verdict = judge(own, vec![SourceFile::new("a.js", "evil()")], 1, &limits);
    assert!(verdict.incomplete && verdict.skipped[0].reason.contains("time"), "{:?}", verdict.skipped);
}
