//! CNTR-006 and CNTR-011: images are scanned and signed where they are built.

use scrutineer_core::Gap;

use super::Judged;
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd::absent,
    snapshot::{CiStep, DetectorId, Hit, Snapshot, Step},
};

/// What a scan step is worth, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scan {
    /// Scans the image and fails the job.
    Blocks,
    /// Scans the image, but cannot fail.
    Reports,
    /// Scans files only.
    Files,
}

/// CNTR-006.
pub(super) fn image_scanned(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Judged::Decided(outcome) = super::dockerfiles(subject)? {
        return Ok(outcome);
    }
    let steps = files.ci().steps_with(DetectorId::ContainerScan, &[]);
    let mut scans: Vec<(Scan, Hit)> = steps.map(|found| (worth(&found), found.seen())).collect();
    scans.sort();
    let evidence = || scans.iter().map(|(_, hit)| hit.evidence());
    if let Some((Scan::Blocks, hit)) = scans.first() {
        let detail = format!("{} scans the image: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, evidence()));
    }
    if let Some(hit) = files.detector(DetectorId::ContainerScan).content.first() {
        let detail = format!("The registry scans images on push: {} ({}).", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    if let Some((scan, hit)) = scans.first() {
        let why =
            if *scan == Scan::Files { "scans files only, not the image" } else { "cannot fail the job" };
        return Ok(Outcome::warning(format!("{} {why}: {}.", hit.source(), hit.what), evidence()));
    }
    absent(subject, files)?;
    let count = files.ci().workflows.len();
    Ok(Outcome::failed(format!("No job of {count} pipeline files scans the image."), []))
}

fn worth(found: &CiStep<'_>) -> Scan {
    let step = found.step;
    let text = found.seen().what;
    let uses = step.uses.as_deref().unwrap_or_default();
    let of_files = match uses {
        "aquasecurity/trivy-action" => !matches!(step.input("scan-type"), None | Some("image")),
        "anchore/scan-action" => step.input("image").is_none() && step.input("sbom").is_none(),
        "" => {
            ["trivy fs", "trivy rootfs", "trivy sbom", "grype dir:"].iter().any(|word| text.starts_with(word))
        }
        _ => false,
    };
    if of_files {
        return Scan::Files;
    }
    if found.ignores_failure() || !can_fail(step, uses, &text) { Scan::Reports } else { Scan::Blocks }
}

/// Whether findings end the step with an error; Trivy, Grype and Docker Scout do so only when asked.
fn can_fail(step: &Step, uses: &str, text: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match uses {
        "aquasecurity/trivy-action" => step.input("exit-code").is_some_and(|code| code != "0"),
        "docker/scout-action" => step.input("exit-code") == Some("true"),
        "anchore/scan-action" => step.input("fail-build") != Some("false"),
        "" if text.starts_with("trivy ") => {
            says(&["--exit-code"]) && !says(&["--exit-code 0", "--exit-code=0"])
        }
        "" if text.starts_with("grype ") => says(&["--fail-on", " -f "]),
        "" if text.starts_with("docker scout") => says(&["--exit-code", " -e"]),
        _ => !says(&["|| true"]),
    }
}

/// Commands that push an image.
const PUSHES: &[&str] = &[
    "docker push",
    "podman push",
    "buildah push",
    "crane push",
    "ko build",
    "ko publish",
    "ko apply",
    "skopeo copy",
];

/// The command or action of a step that pushes an image.
fn pushes(step: &Step) -> Option<Hit> {
    let action = step.uses.as_deref().is_some_and(|uses| {
        matches!(uses, "docker/build-push-action" | "docker/bake-action" | "redhat-actions/push-to-registry")
            && (uses.starts_with("redhat") || step.input("push").is_some_and(|push| push != "false"))
    });
    if action {
        return Some(step.hit());
    }
    let pushing = |text: &str| {
        PUSHES.iter().any(|word| text.starts_with(word))
            || text.starts_with("docker ") && text.contains("build") && text.contains("--push")
    };
    step.commands.iter().find(|c| pushing(&c.text)).map(|c| Hit::at(&c.path, c.line, &c.text))
}

/// Whether a step signs or attests an image.
fn signs(step: &Step) -> Option<Hit> {
    let uses = step.uses.as_deref().unwrap_or_default();
    let attests = matches!(uses, "actions/attest-build-provenance" | "actions/attest")
        && step.input("push-to-registry") == Some("true");
    let container = uses.starts_with("slsa-framework/slsa-github-generator") && uses.contains("container");
    if attests || container || uses.starts_with("notaryproject/notation-action/sign") {
        return Some(step.hit());
    }
    let words = ["cosign sign", "cosign attest", "notation sign", "docker trust sign"];
    let signing = |text: &str| {
        words.iter().any(|word| text.starts_with(word)) && !text.starts_with("cosign sign-blob")
            || text.starts_with("skopeo copy") && text.contains("--sign-by")
    };
    step.commands.iter().find(|c| signing(&c.text)).map(|c| Hit::at(&c.path, c.line, &c.text))
}

/// CNTR-011.
pub(super) fn image_signed(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Judged::Decided(outcome) = super::dockerfiles(subject)? {
        return Ok(outcome);
    }
    let steps = || files.ci().steps_on(&[]);
    let pushed: Vec<(CiStep<'_>, Hit)> =
        steps().filter_map(|found| Some((found, pushes(found.step)?))).collect();
    let Some((_, first)) = pushed.first() else {
        absent(subject, files)?;
        return Ok(Outcome::not_applicable("No job of the repository pushes an image."));
    };
    let near = |signer: &CiStep<'_>| {
        pushed.iter().any(|(pusher, _)| {
            let same = pusher.workflow.path == signer.workflow.path;
            same && (pusher.job.id == signer.job.id || signer.job.needs.contains(&pusher.job.id))
        })
    };
    let own = steps().filter(near).find_map(|found| signs(found.step));
    let configured = files.detector(DetectorId::ImageSign).content.iter();
    let configured = configured
        .clone()
        .find(|hit| hit.what.contains("docker_signs") || hit.what.contains("CONTENT_TRUST"))
        .cloned();
    if let Some(hit) = own.or(configured) {
        let detail =
            format!("{} pushes the image, and {} signs it ({}).", first.source(), hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [first.evidence(), hit.evidence()]));
    }
    if let Some(hit) = elsewhere(files) {
        let detail = format!(
            "{} pushes an image unsigned; {} ({}) covers something else.",
            first.source(),
            hit.source(),
            hit.what
        );
        return Ok(Outcome::warning(detail, [first.evidence(), hit.evidence()]));
    }
    absent(subject, files)?;
    let detail =
        format!("{} pushes an image that nothing signs or attests ({}).", first.source(), first.what);
    Ok(Outcome::failed(detail, pushed.iter().map(|(_, hit)| hit.evidence())))
}

/// Signatures of other artifacts, or a policy that verifies images.
fn elsewhere(files: &Snapshot) -> Option<Hit> {
    let detectors = [DetectorId::ImageSign, DetectorId::Provenance, DetectorId::Sign];
    let step = detectors.iter().find_map(|id| files.ci().steps_with(*id, &[]).next());
    step.map(|found| found.seen()).or_else(|| files.detector(DetectorId::ImageSign).content.first().cloned())
}
