//! `scrutineer doctor`: whether a scan would work, and what the credential costs it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use scrutineer_core::{
    Failure, Permission,
    evidence::org::CredentialKind,
    provider::{Budget, Provider as _, Validation},
};
use scrutineer_scanners::registry;
use scrutineer_service::{App, connections};

use scrutineer_aws::records::Connection;

use super::{probe, target};
use crate::{
    cli::{Outcome, credential::CredentialArgs, output::print},
    http::HttpClient,
    report::verdict::Verdict,
    runtime::{Data, Options, Runtime},
};

/// A clock further off than this breaks the tokens of GitHub Apps.
/// Source: <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
const MAX_SKEW: SignedDuration = SignedDuration::from_secs(30);

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Login of the organization.
    #[arg(value_name = "ORG")]
    organization: String,
    #[command(flatten)]
    credential: CredentialArgs,
    /// API to talk to; github.com without it.
    #[arg(long, value_name = "URL")]
    github_api: Option<String>,
    /// Look at this data directory as well.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What was found, line by line.
#[derive(Default)]
struct Findings {
    text: String,
    broken: bool,
    gaps: bool,
}

impl Findings {
    fn ok(&mut self, what: &str, detail: &str) {
        let _ = writeln!(self.text, "ok       {what}: {detail}");
    }

    fn gap(&mut self, what: &str, detail: &str) {
        self.gaps = true;
        let _ = writeln!(self.text, "missing  {what}: {detail}");
    }

    fn broken(&mut self, what: &str, detail: &str) {
        self.broken = true;
        let _ = writeln!(self.text, "broken   {what}: {detail}");
    }
}

/// Looks and prints: exit code 0 when all is well, 12 when permissions are missing, 1 when a scan would fail.
pub(crate) async fn run(args: Args) -> Outcome {
    let credential = args.credential.read()?;
    let mut findings = Findings::default();
    if let Some(dir) = &args.data {
        data_directory(&mut findings, dir);
    }
    let runtime = Runtime::open(Options { github_api: args.github_api.clone(), ..Options::default() })?;
    let app = runtime.app();
    server(&mut findings, app).await;
    let connection = target::connection(app, &args.organization, credential).await?;
    match connections::validate(app, connection.customer, connection.id).await {
        Ok(validation) => {
            let detail = format!("{} ({})", validation.actor, kind(validation.kind));
            findings.ok("credential", &detail);
            if validation.granted.is_some() {
                permissions(&mut findings, &validation);
            } else {
                probed(&mut findings, &runtime, &connection).await;
            }
            match budget(app, &connection).await {
                Ok(left) => report_budget(&mut findings, left),
                Err(failure) => findings.broken("budget", &failure.public_text()),
            }
        }
        Err(failure) => findings.broken("credential", &failure.public_text()),
    }
    print(&findings.text)?;
    Ok(match &findings {
        Findings { broken: true, .. } => ExitCode::FAILURE,
        Findings { gaps: true, .. } => Verdict::Incomplete.into(),
        _ => ExitCode::SUCCESS,
    })
}

fn data_directory(findings: &mut Findings, dir: &Path) {
    if !dir.exists() {
        findings.ok("data directory", "not there yet; the first run creates it");
        return;
    }
    match Runtime::open(Options { data: Data::Dir(dir.to_owned()), ..Options::default() }) {
        Ok(_) => findings.ok("data directory", "readable, and nobody uses it"),
        Err(error) => findings.broken("data directory", &error.to_string()),
    }
}

/// Whether the API answers at all, and whether its clock is ours.
async fn server(findings: &mut Findings, app: &App) {
    let url = app.settings.github_api.as_str();
    let headers = match HttpClient::new().headers(&format!("{url}/")).await {
        Ok(headers) => headers,
        Err(error) => {
            findings.broken("API", &crate::cli::error::Error::caused(&error).text());
            return;
        }
    };
    findings.ok("API", &format!("{url} answers"));
    let date = headers.get(http::header::DATE).and_then(|value| value.to_str().ok());
    let Some(theirs) = date.and_then(|text| rfc2822::parse(text).ok()).map(|date| date.timestamp()) else {
        return;
    };
    let skew = app.clock.now().duration_since(theirs);
    if skew.abs() > MAX_SKEW {
        let detail = format!("{} s off GitHub's; App credentials will be refused", skew.as_secs());
        findings.broken("clock", &detail);
    } else {
        findings.ok("clock", &format!("within {} s of GitHub's", skew.abs().as_secs().max(1)));
    }
}

fn kind(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AppInstallation => "installation token",
        CredentialKind::FineGrainedPat => "fine-grained token",
        CredentialKind::ClassicPat => "classic token",
    }
}

fn permissions(findings: &mut Findings, validation: &Validation) {
    if validation.missing.is_empty() {
        findings.ok("permissions", "everything a scan reads with");
    }
    for permission in &validation.missing {
        findings.gap(&permission.to_string(), &cost(permission));
    }
}

/// GitHub does not say what this credential may read: a look at one repository does.
async fn probed(findings: &mut Findings, runtime: &Runtime, connection: &Connection) {
    match probe::probe(runtime, connection).await {
        Ok(missing) if missing.is_empty() => {
            findings.ok("permissions", "nothing was refused while one repository was scanned");
        }
        Ok(missing) => {
            for (permission, checks) in missing {
                let checks = checks.into_iter().collect::<Vec<_>>().join(", ");
                findings.gap(&permission.to_string(), &format!("would let {checks} decide"));
            }
        }
        Err(failure) => findings.broken("permissions", &failure.public_text()),
    }
}

/// Which checks a missing permission costs.
fn cost(permission: &Permission) -> String {
    let mut blind = Vec::new();
    let mut weaker = Vec::new();
    for (_, check) in registry::checks() {
        match check.needs.iter().position(|key| *key == permission.key()) {
            Some(0) => blind.push(check.id),
            Some(_) => weaker.push(check.id),
            None => {}
        }
    }
    match (blind.is_empty(), weaker.is_empty()) {
        (true, true) => "no check of this version needs it".to_owned(),
        (false, true) => format!("would let {} decide", blind.join(", ")),
        (true, false) => format!("would add evidence to {}", weaker.join(", ")),
        (false, false) => {
            format!("would let {} decide, and add evidence to {}", blind.join(", "), weaker.join(", "))
        }
    }
}

async fn budget(app: &App, connection: &Connection) -> Result<Budget, Failure> {
    app.providers.of(app, connection).await?.budget().await
}

fn report_budget(findings: &mut Findings, budget: Budget) {
    let at = |time: Timestamp| time.strftime("%H:%M:%S UTC").to_string();
    let detail = format!(
        "{} REST requests until {}, {} GraphQL points until {}",
        budget.rest_remaining,
        at(budget.rest_resets_at),
        budget.graphql_remaining,
        at(budget.graphql_resets_at)
    );
    findings.ok("budget", &detail);
}
