//! Printing to the console in product code.

use crate::{
    facts::{Code, Sink},
    lang::Language,
    rules::Hits,
    tree::Shape,
};

pub(super) fn in_production(code: &Code<'_, '_>, hits: &mut Hits) {
    if is_program(code) {
        return;
    }
    let m = code.module;
    for log in code.logs().iter().filter(|log| log.sink == Sink::Console) {
        if m.shape(log.call) == Shape::Print {
            continue;
        }
        let receiver = m.receiver_name(log.call);
        let name = m.call_name(log.call);
        // `process.stdout.write` and `Fprintf(os.Stderr)` choose their stream on purpose.
        if matches!(receiver, "stdout" | "stderr" | "STDOUT" | "STDERR" | "$stdout" | "$stderr")
            || name.starts_with("Fprint")
        {
            continue;
        }
        let what = if receiver.is_empty() { name.to_owned() } else { format!("{receiver}.{name}") };
        hits.at(code, log.call, format!("NO_CONSOLE: {what} found in production code"));
    }
}

/// A file that starts a program: there printing is output, not a forgotten trace.
fn is_program(code: &Code<'_, '_>) -> bool {
    let m = code.module;
    let imports = |names: &[&str]| {
        code.imports()
            .iter()
            .any(|import| names.iter().any(|name| import.from.split(['.', ':', '/']).next() == Some(name)))
    };
    let has_main = || m.all(Shape::Function).iter().any(|id| matches!(m.function_name(*id), "main" | "Main"));
    match m.language {
        Language::Python => {
            m.src.contains("__main__") || imports(&["argparse", "click", "typer", "fire", "cmd", "optparse"])
        }
        Language::Go => m.src.starts_with("package main") || m.src.contains("\npackage main"),
        Language::Rust => has_main() || code.path.ends_with("build.rs") || imports(&["clap"]),
        Language::Java | Language::Kotlin | Language::CSharp => {
            has_main() || code.path.ends_with("Program.cs")
        }
        Language::Ruby => {
            m.src.contains("OptionParser") || code.path.ends_with(".rake") || m.src.contains("$PROGRAM_NAME")
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            imports(&["commander", "yargs", "oclif", "inquirer"])
        }
        Language::Php => m.src.contains("$argv") || m.src.contains("extends Command"),
    }
}
