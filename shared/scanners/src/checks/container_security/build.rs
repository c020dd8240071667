//! CNTR-004 and CNTR-007: what the build leaves in the image.

use std::sync::LazyLock;

use globset::GlobBuilder;
use regex::Regex;
use scrutineer_core::Gap;

use super::Judged;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    snapshot::{DetectorId, Dockerfile, Hit, Instruction, Snapshot},
};

macro_rules! pattern {
    ($name:ident, $source:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($source).expect("a constant pattern"));
    };
}

pattern!(
    TOOLING,
    concat!(
        r"\b(gcc|g\+\+|clang|build-essential|build-base|cargo (?:build|install)|rustup|go (?:build|install)",
        r"|(?:npm|pnpm|yarn|bun)(?: run)? build|mvn|\./mvnw|gradle|\./gradlew|dotnet (?:build|publish)|cmake|make (?:all|build|install)",
        r"|tsc|webpack|vite build|next build|composer install --dev)\b"
    )
);
pattern!(REMOVED, r"\b(?:apk del|apt(?:-get)? (?:-y )?(?:purge|remove|autoremove))\b");
pattern!(
    DEV_DEPENDENCIES,
    r"\bnpm (?:ci|install|i)(?:\s+-\S+)*\s*(?:$|&&|;|\n)|\b(?:yarn install|pnpm install|poetry install)\b"
);
pattern!(
    PRODUCTION,
    r"--omit[= ]dev|--production|--prod\b|--only[= ](?:main|prod\S*)|--no-dev|--without[= ]\S*dev|NODE_ENV=production|\bprune\b"
);
pattern!(
    SECRET_ARGUMENT,
    r"(?i)^\w*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)\w*$"
);

/// How much of the build stays in the image, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leftover {
    Nothing,
    SingleStage,
    Tooling,
}

/// CNTR-004.
pub(super) fn multi_stage(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let found = match super::dockerfiles(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let mut judged: Vec<(Leftover, Hit)> = found.iter().map(leftover).collect();
    judged.sort_by_key(|(leftover, _)| std::cmp::Reverse(*leftover));
    let evidence = judged.iter().map(|(_, hit)| hit.evidence());
    let Some((worst, hit)) = judged.first() else { return Err(Gap::unavailable("no stage could be read")) };
    Ok(match worst {
        Leftover::Nothing => Outcome::passed(
            format!("{} ships without its build stage: {}.", hit.source(), hit.what),
            evidence,
        ),
        Leftover::SingleStage => Outcome::warning(
            format!("{} ships the stage that prepares it, without compilers: {}.", hit.source(), hit.what),
            evidence,
        ),
        Leftover::Tooling => Outcome::failed(
            format!("Build tooling stays in the image: {} ({}).", hit.source(), hit.what),
            evidence,
        ),
    })
}

fn leftover(file: &Dockerfile) -> (Leftover, Hit) {
    let chain = file.shipped();
    let base = file.base();
    let line = chain.first().map_or(1, |stage| stage.line);
    let image = base.map_or("", |stage| stage.image.as_str());
    if image == "scratch" || image.contains("distroless") {
        return (Leftover::Nothing, file.hit(line, format!("FROM {image}")));
    }
    let of_chain = || chain.iter().flat_map(|stage| &stage.instructions);
    let copied = of_chain().find(|i| i.keyword == "COPY" && copies_from_stage(file, i));
    if let Some(copy) = copied {
        return (Leftover::Nothing, file.hit(copy.line, format!("COPY {}", copy.args)));
    }
    match of_chain().filter(|i| i.keyword == "RUN").find(|run| leaves_tooling(&run.args)) {
        Some(run) => (Leftover::Tooling, file.hit(run.line, format!("RUN {}", run.args))),
        None => (Leftover::SingleStage, file.hit(line, format!("FROM {image}"))),
    }
}

fn copies_from_stage(file: &Dockerfile, copy: &Instruction) -> bool {
    let from = copy.args.split_whitespace().find_map(|word| word.strip_prefix("--from="));
    let Some(from) = from.map(str::to_ascii_lowercase) else { return false };
    let number = from.parse::<usize>().is_ok_and(|index| index + 1 < file.stages.len());
    number || file.stages.iter().any(|stage| stage.alias.as_deref() == Some(from.as_str()))
}

fn leaves_tooling(run: &str) -> bool {
    let tools = TOOLING.is_match(run) && !REMOVED.is_match(run);
    tools || DEV_DEPENDENCIES.is_match(run) && !PRODUCTION.is_match(run)
}

/// CNTR-007.
pub(super) fn no_secrets(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let found = match super::dockerfiles(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let is_dockerfile = |path: &str| found.iter().any(|file| file.path == path);
    let literal = files.detector(DetectorId::DockerSecret).content.iter();
    let mut secrets: Vec<Hit> =
        literal.map(|hit| Hit::at(&hit.path, hit.line, "credential in a Dockerfile")).collect();
    let known = files.secret_hits().iter().filter(|hit| is_dockerfile(&hit.path));
    secrets.extend(known.map(|hit| Hit::at(&hit.path, hit.line, "credential in a Dockerfile")));
    secrets.extend(copied_secrets(files, found));
    secrets.sort();
    secrets.dedup();
    if let Some(first) = secrets.first() {
        let detail = format!("{}: {} ({} in all).", first.source(), first.what, secrets.len());
        return Ok(Outcome::failed(detail, secrets.iter().map(Hit::evidence)));
    }
    files.absent()?;
    let arguments: Vec<Hit> = found.iter().flat_map(secret_arguments).collect();
    Ok(match arguments.first() {
        Some(first) => {
            let detail = format!(
                "{} takes {} as a build argument, which stays in the image's history.",
                first.source(),
                first.what
            );
            Outcome::warning(detail, arguments.iter().map(Hit::evidence))
        }
        None => {
            let detail =
                format!("No credential is written or copied into an image by {} Dockerfiles.", found.len());
            Outcome::passed(detail, found.iter().map(|file| file.hit(1, "no credential").evidence()))
        }
    })
}

/// Tracked secret files that `COPY .` takes along because no `.dockerignore` leaves them out.
fn copied_secrets(files: &Snapshot, found: &[Dockerfile]) -> Vec<Hit> {
    let copies_all = |file: &&Dockerfile| {
        let mut copies = file
            .stages
            .iter()
            .flat_map(|s| &s.instructions)
            .filter(|i| matches!(i.keyword.as_str(), "COPY" | "ADD"));
        copies.any(|copy| {
            let own = !copy.args.contains("--from=");
            let source = copy.args.split_whitespace().find(|word| !word.starts_with("--"));
            own && matches!(source, Some("." | "./" | "*"))
        })
    };
    let mut hits = Vec::new();
    for file in found.iter().filter(copies_all) {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for secret in files.plaintext_secret_files() {
            let inside = directory.is_empty() || secret.path.starts_with(&format!("{directory}/"));
            let ignored = ["", directory].iter().any(|context| is_ignored(files, context, &secret.path));
            if inside && !ignored {
                hits.push(Hit::at(&secret.path, 0, format!("copied into the image by {}", file.path)));
            }
        }
    }
    hits
}

/// Whether the `.dockerignore` of a context leaves a path out; the last rule that matches decides.
fn is_ignored(files: &Snapshot, context: &str, path: &str) -> bool {
    let Some(rules) = files.containers().ignores.get(context) else { return false };
    let relative = path.strip_prefix(context).unwrap_or(path).trim_start_matches('/');
    let mut ignored = false;
    for rule in rules {
        let (keep, rule) = rule.strip_prefix('!').map_or((false, rule.as_str()), |rest| (true, rest));
        let rule = rule.trim_start_matches("./").trim_matches('/');
        let matches = |text: &str| {
            let glob = GlobBuilder::new(rule).literal_separator(true).build();
            glob.is_ok_and(|glob| glob.compile_matcher().is_match(text))
        };
        let parents = relative.match_indices('/').map(|(at, _)| &relative[..at]);
        if matches(relative) || parents.into_iter().any(matches) {
            ignored = !keep;
        }
    }
    ignored
}

fn secret_arguments(file: &Dockerfile) -> Vec<Hit> {
    let arguments = file.stages.iter().flat_map(|stage| stage.all("ARG"));
    let names = arguments.flat_map(|arg| arg.args.split_whitespace().map(move |word| (arg.line, word)));
    let open = names.filter(|(_, word)| !word.contains('=') && SECRET_ARGUMENT.is_match(word));
    open.map(|(line, word)| file.hit(line, format!("ARG {word}"))).collect()
}
