//! CNTR-005, CNTR-008 to CNTR-010 and CNTR-012: how containers run.

use std::sync::LazyLock;

use regex::Regex;
use scrutineer_core::Gap;

use super::Judged;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{Container, DetectorId, Dockerfile, Hit, Platform, Policy, RunAs, Snapshot, Workload},
};

static STEPS_DOWN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:gosu|su-exec|setpriv|runuser|s6-setuidgid)\b").expect("a constant pattern")
});

/// As whom an image runs, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum User {
    Other,
    StepsDown,
    Root,
}

fn user(file: &Dockerfile) -> (User, Hit) {
    let base = file.base().map_or("", |stage| stage.image.as_str());
    let line = file.stages.last().map_or(1, |stage| stage.line);
    let set = file
        .last("USER")
        .map(|user| (user.line, value(file, user.args.split(':').next().unwrap_or_default())));
    let (found, hit) = match set {
        Some((line, name)) if !matches!(name.as_str(), "root" | "0" | "") => {
            return (User::Other, file.hit(line, format!("USER {name}")));
        }
        Some((line, name)) => (User::Root, file.hit(line, format!("USER {name}"))),
        None if base.contains("nonroot") => return (User::Other, file.hit(line, format!("FROM {base}"))),
        None => (User::Root, file.hit(line, format!("FROM {base}, no USER"))),
    };
    let mut starts = file.shipped().into_iter().flat_map(|stage| &stage.instructions);
    match starts.find(|i| i.keyword != "COPY" && STEPS_DOWN.is_match(&i.args)) {
        Some(step) => (User::StepsDown, file.hit(step.line, format!("{} {}", step.keyword, step.args))),
        None => (found, hit),
    }
}

/// A name, or what `ARG` or `ENV` of the stages that ship say about `$NAME`.
fn value(file: &Dockerfile, text: &str) -> String {
    let Some(name) = text.trim_matches('"').strip_prefix('$') else {
        return text.trim_matches('"').to_owned();
    };
    let name = name.trim_matches(['{', '}']);
    let stages = file.shipped();
    let mut words = stages
        .iter()
        .flat_map(|stage| stage.instructions.iter())
        .filter(|i| matches!(i.keyword.as_str(), "ARG" | "ENV"))
        .flat_map(|i| i.args.split_whitespace());
    let found = words.find_map(|word| word.split_once('=').filter(|(key, _)| *key == name));
    found.map_or_else(|| text.to_owned(), |(_, value)| value.trim_matches(['"', '\'']).to_owned())
}

fn seen(workload: &Workload, container: &Container, what: &str) -> Hit {
    let line = container.line.max(1);
    Hit::at(
        &workload.path,
        line,
        format!("{} {}, container {}: {what}", workload.kind, workload.name, container.name),
    )
}

/// Every container with its workload.
fn containers(workloads: &[Workload]) -> impl Iterator<Item = (&Workload, &Container)> {
    workloads.iter().flat_map(|workload| workload.containers.iter().map(move |c| (workload, c)))
}

/// CNTR-005.
pub(super) fn not_root(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let found = match super::dockerfiles(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let mut users: Vec<(User, Hit)> = found.iter().map(user).collect();
    users.sort_by_key(|(user, _)| std::cmp::Reverse(*user));
    let Some((worst, hit)) = users.first() else { return Err(Gap::unavailable("no stage could be read")) };
    let evidence = || users.iter().map(|(_, hit)| hit.evidence());
    let workloads = &files.containers().workloads;
    let forced = containers(workloads).find(|(_, c)| c.run_as == RunAs::Root);
    if let (User::Other, Some((workload, container))) = (worst, forced) {
        let root = seen(workload, container, "runs as root");
        let detail = format!("{} overrides the image's user with root.", root.source());
        return Ok(Outcome::warning(detail, [root.evidence()]));
    }
    if *worst == User::Other {
        let detail = format!("No image runs as root, e.g. {} ({}).", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, evidence()));
    }
    let users_of =
        |wanted: &dyn Fn(RunAs) -> bool| containers(workloads).filter(|(_, c)| wanted(c.run_as)).count();
    let all = containers(workloads).count();
    if all > 0 && users_of(&|run_as| run_as == RunAs::User) == all && files.containers().unreadable.is_empty()
    {
        let detail = format!("All {all} containers are started as another user than root.");
        let each = containers(workloads).map(|(w, c)| seen(w, c, "another user than root").evidence());
        return Ok(Outcome::passed(detail, each));
    }
    let some = users_of(&|run_as| matches!(run_as, RunAs::User | RunAs::NonRoot));
    Ok(if *worst == User::StepsDown {
        let detail =
            format!("{} starts as root and steps down in its entry point: {}.", hit.source(), hit.what);
        Outcome::warning(detail, evidence())
    } else if some > 0 {
        let detail = format!(
            "{} runs as root ({}); only {some} of {all} containers are started as another user.",
            hit.source(),
            hit.what
        );
        Outcome::warning(detail, evidence())
    } else {
        Outcome::failed(format!("{} runs as root: {}.", hit.source(), hit.what), evidence())
    })
}

/// How many containers meet a demand.
struct Count {
    met: usize,
    all: usize,
    evidence: Vec<Evidence>,
}

fn count<'a>(
    of: impl Iterator<Item = (&'a Workload, &'a Container)>,
    meets: impl Fn(&Container) -> bool,
    name: &str,
) -> Count {
    let mut counted = Count { met: 0, all: 0, evidence: Vec::new() };
    let mut fine = Vec::new();
    for (workload, container) in of {
        counted.all += 1;
        if meets(container) {
            counted.met += 1;
            fine.push(seen(workload, container, name).evidence());
        } else {
            counted.evidence.push(seen(workload, container, &format!("no {name}")).evidence());
        }
    }
    counted.evidence.extend(fine);
    counted
}

/// Workloads, or `not_applicable` without any.
fn workloads<'a>(subject: &'a RepoSubject<'_>) -> Result<Judged<&'a [Workload]>, Gap> {
    let files = *subject.files.known()?;
    let found = files.containers();
    if !found.workloads.is_empty() {
        return Ok(Judged::Seen(&found.workloads));
    }
    files.absent()?;
    if let Some(hit) = found.unreadable.first() {
        return Err(Gap::unavailable(format!("{} is no YAML that can be read: {}", hit.path, hit.what)));
    }
    Ok(Judged::Decided(Outcome::not_applicable(
        "No Kubernetes, Compose or ECS manifest of the repository runs a container.",
    )))
}

/// Passed when every container does; a manifest that could not be read makes it a warning.
fn all_of(files: &Snapshot, counted: Count, name: &str) -> Outcome {
    let Count { met, all, evidence } = counted;
    let unread = files.containers().unreadable.first();
    match unread {
        _ if met == 0 => Outcome::failed(format!("None of {all} containers has {name}."), evidence),
        Some(hit) if met == all => {
            let detail =
                format!("All {all} containers read have {name}, but {} could not be read.", hit.path);
            Outcome::warning(detail, evidence)
        }
        _ if met == all => Outcome::passed(format!("All {all} containers have {name}."), evidence),
        _ => Outcome::warning(format!("{met} of {all} containers have {name}."), evidence),
    }
}

/// CNTR-008.
pub(super) fn health_check(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let found = match super::dockerfiles(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let exposes = |file: &&Dockerfile| file.last("EXPOSE").is_some();
    let servers: Vec<&Dockerfile> = if found.iter().any(|file| exposes(&file)) {
        found.iter().filter(exposes).collect()
    } else if files.profile().http {
        found.iter().collect()
    } else {
        files.absent()?;
        let detail = format!("No image serves anything: {} exposes no port.", found[0].path);
        return Ok(Outcome::not_applicable(detail));
    };
    let check = |file: &&&Dockerfile| {
        file.last("HEALTHCHECK").is_some_and(|check| !check.args.trim().eq_ignore_ascii_case("none"))
    };
    let checked: Vec<&&Dockerfile> = servers.iter().filter(check).collect();
    let defined = |file: &Dockerfile| {
        file.last("HEALTHCHECK").map(|c| file.hit(c.line, format!("HEALTHCHECK {}", c.args)))
    };
    let mut evidence: Vec<Evidence> =
        checked.iter().filter_map(|f| defined(f)).map(|hit| hit.evidence()).collect();
    if checked.len() == servers.len() {
        let detail = format!("{} of {} server images define HEALTHCHECK.", checked.len(), servers.len());
        return Ok(Outcome::passed(detail, evidence));
    }
    let serves = |(workload, container): &(&Workload, &Container)| {
        let job = matches!(workload.kind.as_str(), "Job" | "CronJob");
        !job && (workload.platform != Platform::Compose || container.builds)
    };
    let counted =
        count(containers(&files.containers().workloads).filter(serves), |c| c.probe, "health probe");
    evidence.extend(counted.evidence.iter().cloned());
    if counted.all > 0 && counted.met == counted.all {
        return Ok(Outcome::passed(
            format!("All {} containers that run the images have health probes.", counted.all),
            evidence,
        ));
    }
    if !checked.is_empty() || counted.met > 0 {
        let detail = format!(
            "{} of {} server images define HEALTHCHECK, {} of {} containers have probes.",
            checked.len(),
            servers.len(),
            counted.met,
            counted.all
        );
        return Ok(Outcome::warning(detail, evidence));
    }
    files.absent()?;
    if let (0, Some(hit)) = (counted.all, files.containers().unreadable.first()) {
        return Err(Gap::unavailable(format!("{} is no YAML that can be read: {}", hit.path, hit.what)));
    }
    let lacking = servers.iter().map(|file| Hit::at(&file.path, 0, "no HEALTHCHECK").evidence());
    let detail = format!("{} serves without HEALTHCHECK, and no manifest probes it.", servers[0].path);
    Ok(Outcome::failed(detail, lacking.chain(evidence)))
}

/// CNTR-009.
pub(super) fn read_only(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    Ok(match workloads(subject)? {
        Judged::Decided(outcome) => outcome,
        Judged::Seen(found) => {
            let name = "read-only root file system";
            all_of(files, count(containers(found), |c| c.read_only, name), &format!("a {name}"))
        }
    })
}

/// CNTR-010.
pub(super) fn limits(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let found = match workloads(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let range = files.containers().policies.iter().find(|(policy, _)| *policy == Policy::LimitRange);
    let covered = |workload: &Workload| range.is_some() && workload.platform == Platform::Kubernetes;
    let open = || containers(found).filter(|(workload, _)| !covered(workload));
    if let (Some((_, hit)), None) = (range, open().next()) {
        let detail = format!("{} limits memory and CPU of every container ({}).", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let counted = count(open(), |c| c.memory && c.cpu, "memory and CPU limit");
    let partly = open().filter(|(_, c)| c.memory != c.cpu).count();
    if counted.met == 0 && partly > 0 {
        let detail = format!("{partly} of {} containers limit only one of memory and CPU.", counted.all);
        return Ok(Outcome::warning(detail, counted.evidence));
    }
    Ok(all_of(files, counted, "memory and CPU limits"))
}

/// CNTR-012.
pub(super) fn runtime_policy(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    let detected = files.detector(DetectorId::RuntimePolicy);
    let network = |hit: &&Hit| hit.path.contains("network") || hit.what.contains("network_policy");
    let terraform = |hit: &&Hit| hit.path.ends_with(".tf");
    let configured = || detected.files.iter().chain(detected.content.iter().filter(terraform));
    let policies = &files.containers().policies;
    let of =
        |wanted: &[Policy]| policies.iter().filter(|(p, _)| wanted.contains(p)).map(|(_, hit)| hit).next();
    let engine =
        of(&[Policy::PodSecurity, Policy::Engine]).or_else(|| configured().find(|hit| !network(hit)));
    if let Some(hit) = engine {
        let detail = format!("{} restricts containers at run time ({}).", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let found = match workloads(subject)? {
        Judged::Decided(outcome) => return Ok(outcome),
        Judged::Seen(found) => found,
    };
    let counted = count(containers(found), |c| c.confined, "seccomp, AppArmor or SELinux profile");
    if counted.met > 0 {
        return Ok(all_of(files, counted, "a seccomp, AppArmor or SELinux profile"));
    }
    if let Some(hit) = of(&[Policy::Network]).or_else(|| configured().find(network)) {
        let detail = format!("{} restricts the network only; no container is confined.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    let drops = count(containers(found), |c| c.drops, "dropped capabilities");
    if drops.met > 0 {
        let detail =
            format!("{} of {} containers drop capabilities; none is confined.", drops.met, drops.all);
        return Ok(Outcome::warning(detail, drops.evidence));
    }
    files.absent()?;
    Ok(Outcome::failed(
        format!("None of {} containers is confined in any way.", counted.all),
        counted.evidence,
    ))
}
