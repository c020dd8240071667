//! Secrets in code and configuration: by their shape, and by the name they are bound to.

use scrutineer_secrets::{GENERIC, Secret, find_secrets};

use crate::{
    credential::{Guess, judge},
    facts::Code,
    role::{Role, Roles},
    rules::{Hit, Hits},
    text::Text,
    tree::{Id, Shape},
    verdict::{Severity, Tier},
    vocabulary::{self, Class},
};

pub(super) fn in_text(text: &Text<'_>, hits: &mut Hits) {
    let quiet = is_quiet(text.path, text.roles);
    for secret in find_secrets(text.path, text.src) {
        let guess = if secret.certain { Guess::Strong } else { Guess::Weak };
        // A test changes how serious it is and hides nothing: a provider's own format warns, a guess informs.
        let guessed = secret.kind == GENERIC || secret.kind == "password-in-url";
        let guess = if quiet && !guessed { Guess::Weak } else { guess };
        push(&secret, guess, quiet && guessed, hits);
    }
    for pair in text.pairs() {
        let name = pair.key.rsplit(['.', ':']).next().unwrap_or(pair.key);
        let Some(term) = credential(name, "") else { continue };
        let guess = judge(name, term, pair.value);
        // Words in configuration are labels, mostly in translations.
        let digits = pair.value.bytes().any(|b| b.is_ascii_digit());
        if guess != Guess::No && digits {
            let start = pair.start as usize;
            push(
                &Secret::new(term.label, text.src, (start, start + pair.value.len()), false),
                guess,
                quiet,
                hits,
            );
        }
    }
}

pub(super) fn in_code(code: &Code<'_, '_>, hits: &mut Hits) {
    let m = code.module;
    let quiet = is_quiet(code.path, Roles::of(code.path, m.src));
    let mut bound: Vec<(&str, Id)> = code.bindings().iter().map(|(_, name, value)| (*name, *value)).collect();
    for id in m.all(Shape::Binary) {
        if matches!(m.operator(*id), "==" | "===" | "!=" | "!==") {
            let sides: Vec<Id> = m.values(*id).take(2).map(|side| m.unwrap(side)).collect();
            if let [left, right] = sides[..] {
                bound.push((m.leaf(left), right));
            }
        }
    }
    for call in code.calls() {
        let name = m.call_name(call);
        let setter = name.strip_prefix("set").or_else(|| name.strip_prefix("with")).unwrap_or(name);
        if let [only] = m.args(call)[..]
            && m.receiver(call).is_some()
            && credential(setter, "").is_some()
        {
            bound.push((setter, only));
        }
    }
    for (name, value) in bound {
        let literals = literals(code, value);
        let Some(term) = (!literals.is_empty()).then(|| credential(name, "")).flatten() else { continue };
        for literal in literals {
            let text = m.string_text(literal);
            let guess = judge(name, term, text);
            if guess != Guess::No {
                let start = text.as_ptr() as usize - m.src.as_ptr() as usize;
                push(&Secret::new(term.label, m.src, (start, start + text.len()), false), guess, quiet, hits);
            }
        }
    }
}

/// A name that a credential is bound to. A bare `token` counts here: a strong literal makes it one.
fn credential(name: &str, owner: &str) -> Option<&'static vocabulary::Term> {
    // A name, not a text: `AWS::ApiGateway::ApiKey` is a type, `Your password` a label.
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.$".contains(&b)) {
        return None;
    }
    let term = vocabulary::term(name, owner).or_else(|| {
        let last = vocabulary::words(name).pop();
        (last.as_deref() == Some("token") && name.len() < 24)
            .then(|| vocabulary::term(name, "auth"))
            .flatten()
    })?;
    Class::PASSWORD.or(Class::SECRET).has(term.class).then_some(term)
}

/// The literal a value is, or falls back to: `process.env.X || 'literal'`, `os.getenv("X", "literal")`.
fn literals(code: &Code<'_, '_>, value: Id) -> Vec<Id> {
    let m = code.module;
    let value = m.unwrap(value);
    match m.shape(value) {
        Shape::Str if m.children(value).next().is_none() => vec![value],
        Shape::Binary if matches!(m.operator(value), "||" | "??" | "or" | "?:") => {
            m.values(value).last().map(|last| literals(code, last)).unwrap_or_default()
        }
        Shape::Call => {
            let args = m.args(value);
            let reads = matches!(m.call_name(value), "getenv" | "get" | "env" | "fetch" | "config");
            let wraps = matches!(
                m.call_name(value),
                "from"
                    | "to_string"
                    | "to_owned"
                    | "into"
                    | "String"
                    | "new"
                    | "toCharArray"
                    | "encode"
                    | "SecretString"
                    | "getBytes"
            );
            match (reads, wraps) {
                (true, _) => args.get(1).map(|default| literals(code, *default)).unwrap_or_default(),
                (_, true) => m
                    .receiver(value)
                    .into_iter()
                    .chain(args.first().copied())
                    .flat_map(|inner| if m.shape(inner) == Shape::Str { vec![inner] } else { Vec::new() })
                    .collect(),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// Places where a guess is most often an example.
fn is_quiet(path: &str, roles: Roles) -> bool {
    let lower = path.to_ascii_lowercase();
    let sample = [".example", ".sample", ".template", ".dist"].iter().any(|part| lower.contains(part));
    sample || [Role::Test, Role::Fixture, Role::Example, Role::Docs].iter().any(|role| roles.has(*role))
}

fn push(secret: &Secret, guess: Guess, quiet: bool, hits: &mut Hits) {
    let number = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    let (start, end) = (number(secret.start), number(secret.end));
    if hits.hits.iter().any(|known| known.start < end && start < known.end) {
        return;
    }
    let mut hit = Hit::new(
        start,
        end,
        format!("HARDCODED CREDENTIALS: Potential secret detected in code ({})", secret.describe()),
    );
    hit.stand_in = Some(format!("{} {}", secret.kind, secret.hash));
    hits.push(match (quiet, guess) {
        (true, _) => hit.at(Severity::Info, Tier::Evaluate),
        (false, Guess::Strong) => hit,
        (false, _) => hit.at(Severity::Warning, Tier::Warn),
    });
}
