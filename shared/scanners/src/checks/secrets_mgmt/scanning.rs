//! SEC-001 to SEC-004 and SEC-007: who looks for secrets, and what was found. Unscanned is not clean.

use scrutineer_core::{Fact, Gap, evidence::repo::SecurityAndAnalysis};

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::{platform_arch::plan, repo_governance::protection::Protection},
    finding::Evidence,
    snapshot::{CiStep, DetectorId, Hit, SecretHit, SecretKind, Trigger},
};

const SECRET_SCANNING: &str = "security_and_analysis.secret_scanning.status";
const EVENTS: [&str; 2] = ["push", "pull_request"];

fn setting(name: &str, on: Option<bool>) -> Evidence {
    let value = match on {
        Some(true) => "enabled",
        Some(false) => "disabled",
        None => "not offered",
    };
    Evidence::new(name, value)
}

/// A scanner that runs in CI on every push or pull request.
fn ci_scanner(subject: &RepoSubject<'_>) -> Fact<Option<Hit>> {
    subject.files.clone().map(|files| {
        let mut steps = files.ci().steps_with(DetectorId::SecretScan, &EVENTS);
        steps
            .find(|found| found.workflow.triggers.iter().any(|t| is_every(t, found)))
            .map(|found| found.seen())
    })
}

/// Whether a trigger leaves nothing out that a scanner should see.
fn is_every(trigger: &Trigger, found: &CiStep<'_>) -> bool {
    let complete = !trigger.path_filtered && !trigger.type_filtered;
    let all = match trigger.event.as_str() {
        "pull_request" => true,
        "push" => trigger.every_branch(),
        _ => false,
    };
    complete && all && found.job.events.contains(&trigger.event)
}

/// SEC-001.
pub(super) fn enabled(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let settings = &subject.repo.listing.security_and_analysis;
    let on = settings.ok().map(|s| s.secret_scanning);
    if on == Some(Some(true)) {
        let seen = setting(SECRET_SCANNING, Some(true));
        return Ok(Outcome::passed("GitHub's secret scanning is on.", [seen]));
    }
    let scanner = ci_scanner(subject);
    if let Fact::Known(Some(hit)) = &scanner {
        let detail = format!("A scanner runs in CI ({}), GitHub's own is not known to be on.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    let on = settings.known()?.secret_scanning;
    scanner.known()?;
    subject.files.known()?.absent()?;
    Ok(Outcome::failed("Nothing scans pushes or pull requests for secrets.", [setting(SECRET_SCANNING, on)]))
}

/// SEC-002.
pub(super) fn no_open_alert(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let alerts = subject.repo.listing.secret_alerts.known()?;
    let seen = alerts.iter().map(|alert| {
        let leaked = if alert.publicly_leaked { ", publicly leaked" } else { "" };
        Evidence::new(
            format!("secret-scanning alert #{}", alert.number),
            format!("{}, {}{leaked}", alert.secret_type, alert.validity),
        )
    });
    let harmless = alerts.iter().filter(|a| a.validity == "inactive" && !a.publicly_leaked).count();
    if harmless < alerts.len() {
        let detail =
            format!("Open alerts: {}, of which may still work: {}.", alerts.len(), alerts.len() - harmless);
        return Ok(Outcome::failed(detail, seen));
    }
    if !alerts.is_empty() {
        let detail = format!("Open alerts: {}, all of revoked secrets.", alerts.len());
        return Ok(Outcome::warning(detail, seen));
    }
    let on = subject.repo.listing.security_and_analysis.known()?.secret_scanning;
    if on == Some(true) {
        return Ok(Outcome::passed(
            "Secret scanning is on and no alert is open.",
            [setting(SECRET_SCANNING, on)],
        ));
    }
    let scanner = ci_scanner(subject);
    if let Some(hit) = scanner.known()? {
        let detail = format!("No alert is open, but only a scanner in CI looks ({}).", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    subject.files.known()?.absent()?;
    Ok(Outcome::failed("No alert is open, because nothing scans.", [setting(SECRET_SCANNING, on)]))
}

/// SEC-003.
pub(super) fn push_protection(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let settings = subject.repo.listing.security_and_analysis.known()?;
    let seen =
        setting("security_and_analysis.secret_scanning_push_protection.status", settings.push_protection);
    if settings.push_protection == Some(true) {
        let bypass = setting(
            "security_and_analysis.secret_scanning_delegated_bypass.status",
            settings.delegated_bypass,
        );
        return Ok(Outcome::passed("Pushes that contain a known secret are refused.", [seen, bypass]));
    }
    let none =
        Outcome::failed("Neither push protection nor a required check stops a secret.", [seen.clone()]);
    let posture = subject.repo.posture.known()?;
    let Some(protection) = posture.default_branch.as_ref().map(Protection::of) else { return Ok(none) };
    if !protection.requires_checks() {
        protection.complete()?;
        return Ok(none);
    }
    let files = subject.files.known()?;
    let mut blocking = files.ci().steps_with(DetectorId::SecretScan, &["pull_request"]);
    if let Some(found) = blocking.find(|found| !found.ignores_failure() && protection.requires_run_of(found))
    {
        let detail = format!(
            "Pushes are not protected, but a required check scans pull requests ({}).",
            found.seen().source()
        );
        return Ok(Outcome::warning(detail, [seen, found.seen().evidence()]));
    }
    protection.complete()?;
    files.absent()?;
    Ok(none)
}

/// SEC-004.
pub(super) fn custom_patterns(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let patterns = subject.org.custom_secret_patterns.known()?;
    let published = patterns.iter().filter(|p| p.published).count();
    let counts = Evidence::new(
        "GET /orgs/{org}/secret-scanning/custom-patterns",
        format!("{published} published of {}", patterns.len()),
    );
    if published > 0 {
        return Ok(Outcome::passed(
            format!("The organization publishes {published} custom patterns."),
            [counts],
        ));
    }
    let files = subject.files.known()?;
    if let Some(rule) = files.own_secret_rules().first() {
        let seen = files.own_secret_rules().iter().map(Hit::evidence);
        return Ok(Outcome::passed(format!("{} defines rules of its own.", rule.source()), seen));
    }
    files.absent()?;
    if !patterns.is_empty() {
        return Ok(Outcome::warning("Custom patterns exist, but none is published.", [counts]));
    }
    let settings = subject.repo.listing.security_and_analysis.known()?;
    let generic = setting(
        "security_and_analysis.secret_scanning_non_provider_patterns.status",
        settings.non_provider_patterns,
    );
    if settings.non_provider_patterns == Some(true) {
        return Ok(Outcome::warning("Generic patterns are on, custom ones do not exist.", [generic]));
    }
    if unlicensed(subject, settings) {
        return Ok(Outcome::not_applicable(
            "No product that knows custom patterns is licensed for the repository.",
        ));
    }
    Ok(Outcome::failed("No custom pattern looks for the organization's own secrets.", [counts, generic]))
}

/// A private repository on a plan without the product, where neither GitHub nor CI scans.
fn unlicensed(subject: &RepoSubject<'_>, settings: &SecurityAndAnalysis) -> bool {
    subject.repo.listing.visibility != "public"
        && settings.secret_scanning != Some(true)
        && plan::lacks_enterprise(subject.org)
        && !matches!(ci_scanner(subject), Fact::Known(Some(_)))
}

/// SEC-007. The own scan decides; alerts, where they can be read, only add to it.
pub(super) fn no_hardcoded(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = subject.files.known()?;
    let alerts = subject.repo.listing.secret_alerts.ok().map_or(&[][..], Vec::as_slice);
    let (provider, generic): (Vec<_>, Vec<_>) =
        files.secret_hits().iter().partition(|hit| hit.kind == SecretKind::Provider);
    let alerted =
        alerts.iter().map(|a| Evidence::new(format!("secret-scanning alert #{}", a.number), &a.secret_type));
    if let Some(first) = provider.first() {
        let detail = format!(
            "{} at {}:{}; credentials found: {}.",
            first.label,
            first.path,
            first.line,
            provider.len()
        );
        return Ok(Outcome::failed(detail, provider.into_iter().map(found).chain(alerted)));
    }
    if !alerts.is_empty() {
        let detail = format!("Our scan found no provider's credential, but open alerts: {}.", alerts.len());
        return Ok(Outcome::failed(detail, alerted));
    }
    files.absent()?;
    if let Some(first) = generic.first() {
        let detail = format!(
            "Literals that look like credentials: {}, e.g. at {}:{}.",
            generic.len(),
            first.path,
            first.line
        );
        return Ok(Outcome::warning(detail, generic.into_iter().map(found)));
    }
    let unseen =
        subject.repo.listing.secret_alerts.gap().map(|gap| format!("; alerts were not read ({gap})"));
    let detail = format!("No credential in {} files{}.", files.paths().len(), unseen.unwrap_or_default());
    Ok(Outcome::passed(detail, []))
}

fn found(hit: &SecretHit) -> Evidence {
    Evidence::new(format!("{}:{}", hit.path, hit.line), format!("{}: {}", hit.label, hit.fingerprint))
}
