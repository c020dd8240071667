//! DEP-002, DEP-003, DEP-006 and DEP-010: known vulnerabilities, licences, and packages that nobody maintains.

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;
use rust_decimal::Decimal;
use scrutineer_core::{Fact, Gap, evidence::repo::DependencyAlert};

use super::{without_dependencies, without_manifests};
use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    checks::cicd,
    finding::Evidence,
    snapshot::{CiStep, DetectorId, Hit, Snapshot, Step, Supply},
};

const ENABLED: &str = "Repository.hasVulnerabilityAlertsEnabled";

fn open<'a>(subject: &'a RepoSubject<'_>, severity: &str) -> Result<Vec<&'a DependencyAlert>, Gap> {
    let alerts = subject.repo.listing.dependency_alerts.known()?;
    Ok(alerts.iter().filter(|alert| alert.severity == severity).collect())
}

/// What lockfiles say about the end of a package, by ecosystem and name; the first one where several do.
fn ends(supply: &Supply) -> HashMap<(&'static str, &str), &String> {
    let mut found = HashMap::new();
    for lock in &supply.lockfiles {
        for package in &lock.packages {
            if let Some(text) = &package.deprecated {
                found.entry((lock.ecosystem, package.name.as_str())).or_insert(text);
            }
        }
    }
    found
}

fn listed(alerts: &[&DependencyAlert]) -> Vec<Evidence> {
    let seen = |alert: &&DependencyAlert| {
        Evidence::new(
            format!("Dependabot alert #{}", alert.number),
            format!("{}, since {}", alert.package, alert.created_at.strftime("%F")),
        )
    };
    alerts.iter().map(seen).collect()
}

/// Without an open alert: alerts are on, or a job scans, or nobody looks.
fn none_open(subject: &RepoSubject<'_>, files: &Snapshot, severity: &str) -> Result<Outcome, Gap> {
    let enabled = &subject.repo.posture.known()?.vulnerability_alerts_enabled;
    if let Fact::Known(true) = enabled {
        let seen = Evidence::new(ENABLED, true);
        return Ok(Outcome::passed(
            format!("Dependabot alerts are on, and no {severity} one is open."),
            [seen],
        ));
    }
    enabled.known()?;
    let off = Evidence::new(ENABLED, false);
    let mut scans =
        files.ci().steps_with(DetectorId::Sca, &["push", "pull_request", "merge_group", "schedule"]);
    if let Some(found) = scans.find(|found| !found.ignores_failure()) {
        let detail = format!(
            "Dependabot alerts are off, but {} blocks: {}.",
            found.seen().source(),
            found.seen().what
        );
        return Ok(Outcome::warning(detail, [off, found.seen().evidence()]));
    }
    cicd::absent(subject, files)?;
    Ok(Outcome::failed("Nothing looks for vulnerable dependencies: alerts are off and no job scans.", [off]))
}

/// DEP-002.
pub(super) fn no_critical(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_manifests(files)? {
        return Ok(outcome);
    }
    let critical = open(subject, "critical")?;
    if critical.is_empty() {
        return none_open(subject, files, "critical");
    }
    Ok(Outcome::failed(format!("Open critical alerts: {}.", critical.len()), listed(&critical)))
}

/// DEP-003.
pub(super) fn no_high(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_manifests(files)? {
        return Ok(outcome);
    }
    let high = open(subject, "high")?;
    if high.is_empty() {
        return none_open(subject, files, "high");
    }
    let age = |alert: &&DependencyAlert| subject.repo.observed_at.duration_since(alert.created_at);
    let oldest: SignedDuration = high.iter().map(age).max().unwrap_or_default();
    let young = Decimal::from(oldest.as_secs()) < limits.get("max_age_days") * Decimal::from(86_400);
    let few = Decimal::from(high.len()) <= limits.get("max_alerts");
    let detail = format!("Open high alerts: {}, the oldest {} days old.", high.len(), oldest.as_hours() / 24);
    Ok(if young && few {
        Outcome::warning(detail, listed(&high))
    } else {
        Outcome::failed(detail, listed(&high))
    })
}

/// Flags and subcommands by which a licence tool compares with a list.
const LISTS: &[&str] = &[
    "--onlyallow",
    "--failon",
    "--fail-on",
    "--allow-only",
    "--allow",
    "--deny",
    "--allowed",
    "--disallowed",
    "go-licenses check",
    "liccheck",
    "license_finder",
    "licensed status",
    "fossa test",
    "ort evaluate",
    "license-eye dep",
    "checklicense",
    "license:check",
];

/// DEP-006.
pub(super) fn licences(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_dependencies(files)? {
        return Ok(outcome);
    }
    let review = |found: &CiStep<'_>| {
        let list = ["allow-licenses", "deny-licenses", "config-file"];
        found.step.uses.as_deref() == Some("actions/dependency-review-action")
            && list.iter().any(|key| found.step.input(key).is_some())
    };
    if let Some(found) = files.ci().steps_on(&[]).find(review) {
        let hit = found.step.hit();
        let detail = format!("{} checks licences against a list: {}.", hit.source(), hit.what);
        return Ok(Outcome::passed(detail, [hit.evidence()]));
    }
    let steps: Vec<CiStep<'_>> = files.ci().steps_with(DetectorId::LicenseScan, &[]).collect();
    let policy = &files.detector(DetectorId::LicenseScan).content;
    if let Some(found) = steps.iter().find(|found| compares(found.step, policy)) {
        let seen = found.seen();
        let detail = format!("{} checks licences against a list: {}.", seen.source(), seen.what);
        return Ok(Outcome::passed(detail, [seen.evidence()]));
    }
    if let Some(found) = steps.first() {
        let detail = format!("{} lists licences, but compares them with nothing.", found.seen().source());
        return Ok(Outcome::warning(detail, [found.seen().evidence()]));
    }
    cicd::absent(subject, files)?;
    if let Some(hit) = files.detector(DetectorId::LicenseScan).all().next() {
        let detail = format!("{} configures licences, but no job checks them.", hit.source());
        return Ok(Outcome::warning(detail, [hit.evidence()]));
    }
    let count = files.ci().workflows.len();
    let seen = files.supply().manifests.iter().map(|m| Evidence::new(&m.path, m.ecosystem));
    Ok(Outcome::failed(format!("No job of {count} pipeline files checks licences."), seen))
}

/// A list in the command, or in a policy file that the tool reads by itself.
fn compares(step: &Step, policy: &[Hit]) -> bool {
    let deny = policy.iter().any(|hit| hit.path.ends_with("deny.toml"));
    let uses = step.uses.as_deref().unwrap_or_default().to_ascii_lowercase();
    let cargo =
        uses.contains("cargo-deny") || step.commands.iter().any(|c| c.text.contains("cargo deny check"));
    let listed = |text: &str| {
        let text = text.to_ascii_lowercase();
        LISTS.iter().any(|mark| text.contains(mark))
    };
    cargo && deny || uses.contains("licensed-ci") || step.commands.iter().any(|command| listed(&command.text))
}

/// Packages that their authors gave up, by ecosystem; `true` where that matters for security.
const ABANDONED: &[(&str, &str, bool)] = &[
    ("npm", "request", true),
    ("npm", "request-promise", true),
    ("npm", "request-promise-native", true),
    ("npm", "node-uuid", false),
    ("npm", "crypto", true),
    ("npm", "node-sass", false),
    ("npm", "tslint", false),
    ("npm", "istanbul", false),
    ("npm", "babel-eslint", false),
    ("npm", "gulp-util", false),
    ("npm", "har-validator", false),
    ("npm", "phantomjs", true),
    ("npm", "phantomjs-prebuilt", true),
    ("npm", "popper.js", false),
    ("npm", "bower", false),
    ("npm", "left-pad", false),
    ("npm", "csurf", true),
    ("npm", "vm2", true),
    ("npm", "protractor", false),
    ("pypi", "pycrypto", true),
    ("pypi", "nose", false),
    ("pypi", "sklearn", false),
    ("pypi", "bs4", false),
    ("pypi", "distribute", false),
    ("pypi", "oauth2client", true),
    ("cargo", "failure", false),
    ("cargo", "structopt", false),
    ("cargo", "rustc-serialize", false),
    ("cargo", "tempdir", false),
    ("cargo", "rust-crypto", true),
    ("cargo", "serde_yaml", false),
    ("rubygems", "therubyracer", false),
    ("rubygems", "paperclip", true),
    ("rubygems", "protected_attributes", true),
    ("rubygems", "sass", false),
    ("go", "github.com/dgrijalva/jwt-go", true),
    ("go", "github.com/satori/go.uuid", true),
    ("go", "github.com/pkg/errors", false),
    ("go", "github.com/golang/protobuf", false),
    ("maven", "log4j:log4j", true),
    ("maven", "commons-httpclient:commons-httpclient", true),
    ("maven", "org.codehaus.jackson:jackson-mapper-asl", true),
    ("composer", "swiftmailer/swiftmailer", true),
    ("composer", "phpunit/phpunit-mock-objects", false),
    ("composer", "zendframework/zendframework", true),
    ("composer", "fzaninotto/faker", false),
    ("nuget", "Microsoft.Azure.Storage.Blob", false),
    ("nuget", "WindowsAzure.Storage", false),
    ("nuget", "Microsoft.IdentityModel.Clients.ActiveDirectory", true),
];

/// Ecosystems whose abandoned packages can be told.
const TOLD: &[&str] = &["npm", "pypi", "cargo", "rubygems", "go", "maven", "composer", "nuget"];

/// DEP-010.
pub(super) fn deprecated(subject: &RepoSubject<'_>, limits: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = *subject.files.known()?;
    if let Some(outcome) = without_dependencies(files)? {
        return Ok(outcome);
    }
    let supply = files.supply();
    let told = |ecosystem: &str| TOLD.contains(&ecosystem);
    if !supply.manifests.iter().any(|manifest| told(manifest.ecosystem)) {
        let names: Vec<&str> = supply.manifests.iter().map(|m| m.ecosystem).collect();
        let detail = format!("Nothing tells about abandoned packages of {}.", names.join(", "));
        return Ok(Outcome::not_applicable(detail));
    }
    let (mut found, mut grave) = (Vec::new(), false);
    let manifests: HashSet<&str> = supply.manifests.iter().map(|manifest| manifest.path.as_str()).collect();
    let ends = ends(supply);
    for dependency in files.dependencies() {
        if !manifests.contains(dependency.manifest.as_str()) {
            continue;
        }
        let listed =
            ABANDONED.iter().find(|(e, name, _)| *e == dependency.ecosystem && *name == dependency.name);
        let said = ends.get(&(dependency.ecosystem, dependency.name.as_str())).copied();
        if listed.is_none() && said.is_none() {
            continue;
        }
        grave |= listed.is_some_and(|(.., grave)| *grave)
            || said.is_some_and(|text| {
                let text = text.to_ascii_lowercase();
                text.contains("vulnerab") || text.contains("security")
            });
        let why = said.map_or("abandoned", String::as_str);
        found.push(Evidence::new(&dependency.manifest, format!("{}: {why}", dependency.name)));
    }
    files.absent()?;
    let count = found.len();
    if count == 0 {
        let direct = files.dependencies().len();
        let seen = supply.manifests.iter().map(|m| Evidence::new(&m.path, m.ecosystem));
        return Ok(Outcome::passed(format!("None of {direct} direct dependencies is given up."), seen));
    }
    let few = Decimal::from(count) <= limits.get("max_deprecated");
    let names: Vec<&str> =
        found.iter().take(3).map(|e| e.value.split(':').next().unwrap_or_default()).collect();
    let names = names.join(", ");
    Ok(if few && !grave {
        Outcome::warning(format!("Given up by their authors: {count}, e.g. {names}."), found)
    } else {
        let why = if grave { " (security-relevant)" } else { "" };
        Outcome::failed(format!("Given up by their authors: {count}, e.g. {names}{why}."), found)
    })
}
