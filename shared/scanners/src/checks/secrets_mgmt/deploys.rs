//! SEC-006: secrets of deploy jobs.

use std::collections::BTreeSet;

use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject, Thresholds},
    finding::Evidence,
    snapshot::{DetectorId, Job, Snapshot},
};

/// Stands in a job's secrets for `secrets: inherit`.
const ALL_SECRETS: &str = "*";

/// SEC-006.
pub(super) fn environment_secrets(subject: &RepoSubject<'_>, _: Thresholds<'_>) -> Result<Outcome, Gap> {
    let files = subject.files.known()?;
    let jobs = deploy_jobs(files);
    let open: Vec<&Job> = jobs.iter().copied().filter(|job| job.environments.is_empty()).collect();
    if let Some(first) = open.first() {
        let detail = format!("Job {} reads secrets without an environment: {}.", first.id, names(first));
        return Ok(Outcome::failed(detail, open.into_iter().map(seen)));
    }
    files.absent()?;
    if files.ci().truncated {
        return Err(Gap::Truncated);
    }
    if jobs.is_empty() {
        return Ok(Outcome::not_applicable("No deploy job reads secrets."));
    }
    let (repository, organization) = (&subject.repo.details.actions_secrets, &subject.org.actions_secrets);
    if let Some(gap) = repository.gap().or(organization.gap()) {
        let detail =
            format!("Deploy jobs declare environments; where their secrets live was not read ({gap}).");
        return Ok(Outcome::warning(detail, jobs.into_iter().map(seen)));
    }
    let wide: BTreeSet<String> = repository
        .ok()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .chain(organization.ok().into_iter().flatten().map(|secret| &secret.name))
        .map(|name| name.to_ascii_uppercase())
        .collect();
    let used: BTreeSet<String> =
        jobs.iter().flat_map(|job| &job.secrets).map(|n| n.to_ascii_uppercase()).collect();
    let shared: Vec<&String> =
        wide.iter().filter(|name| used.contains(*name) || used.contains(ALL_SECRETS)).collect();
    Ok(match shared.first() {
        Some(first) => {
            let detail = format!(
                "Deploy jobs declare environments, but {first} is a repository or organization secret."
            );
            let names = shared.iter().map(|name| Evidence::new("repository or organization secret", name));
            Outcome::warning(detail, names)
        }
        None => {
            let detail = format!("Deploy jobs with secrets: {}, all from their environments.", jobs.len());
            Outcome::passed(detail, jobs.into_iter().map(seen))
        }
    })
}

/// Jobs that deploy and read a secret of their own, each once.
fn deploy_jobs(files: &Snapshot) -> Vec<&Job> {
    let mut jobs: Vec<&Job> = vec![];
    for found in files.ci().steps_with(DetectorId::Deploy, &[]) {
        let known = jobs.iter().any(|job| std::ptr::eq(*job, found.job));
        if !known && !found.job.secrets.is_empty() {
            jobs.push(found.job);
        }
    }
    jobs
}

fn names(job: &Job) -> String {
    job.secrets.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn seen(job: &Job) -> Evidence {
    let environment = match job.environments.first() {
        Some(name) => format!("environment {name}"),
        None => "no environment".to_owned(),
    };
    Evidence::new(
        format!("{}:{}", job.path, job.line),
        format!("job {}: {environment}, secrets {}", job.id, names(job)),
    )
}
