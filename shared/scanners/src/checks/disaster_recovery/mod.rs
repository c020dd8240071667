//! Disaster recovery: copies, plans, objectives, drills, and infrastructure that can be built again.

mod backups;
mod drills;
mod plans;
#[cfg(test)]
pub(crate) mod tests;
mod topology;

use scrutineer_core::Gap;

use crate::{
    category,
    check::{Check, Evaluate, Outcome, Scanner, Severity, Threshold},
    finding::Evidence,
    snapshot::Snapshot,
};

/// The scanner.
pub static SCANNER: Scanner = Scanner { category: category::DISASTER_RECOVERY, checks: CHECKS };

/// `not_applicable` unless the repository keeps data or is infrastructure.
fn keeps_nothing(files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    let profile = files.profile();
    if profile.data || profile.infra {
        return Ok(None);
    }
    files.absent()?;
    let detail = "The repository keeps no data and is no infrastructure code.";
    Ok(Some(Outcome::not_applicable(detail)))
}

/// What shows that there is something to recover.
fn shown(files: &Snapshot) -> Vec<Evidence> {
    let because = files.profile().because.iter().filter(|(kind, _)| matches!(*kind, "data" | "infra"));
    because.map(|(kind, path)| Evidence::new(path, format!("profile: {kind}"))).collect()
}

const MIN_STEPS: Threshold = Threshold {
    key: "min_steps",
    default: 3,
    unit: "count",
    description: "Fewer steps do not make a procedure.",
};

const CHECKS: &[Check] = &[
    Check {
        id: "DR-001",
        title: "Backup strategy documented",
        severity: Severity::High,
        weight_halves: 3,
        description: "Are backups of what the repository keeps configured in code, or does a document say when they are \
            made and how long they are kept?",
        rationale: "What nobody backs up is gone with the first deleted volume, ransomware or wrong migration.",
        remediation: "Configure backups in code (aws_backup_plan, backup_retention_period, a Velero Schedule), or write \
            docs/backup.md with the schedule and the retention.",
        references: &["https://csrc.nist.gov/pubs/sp/800/34/r1/upd1/final", "DORA Art. 12"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(backups::documented),
    },
    Check {
        id: "DR-002",
        title: "Repository mirroring configured",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Is the repository copied outside GitHub: by a job that succeeds, by a backup App, or by an export of \
            the organization?",
        rationale: "A deleted or locked organization takes its only copy of history, issues and releases along.",
        remediation: "Schedule a workflow that runs `git push --mirror` to another host, or install a backup App for all \
            repositories.",
        references: &[
            "https://docs.github.com/en/repositories/archiving-a-github-repository/backing-up-a-repository",
            "DORA Art. 12",
        ],
        needs: &["contents", "organization_administration", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_run_age_days",
                default: 7,
                unit: "days",
                description: "An older successful copy is a warning.",
            },
            Threshold {
                key: "max_export_age_days",
                default: 30,
                unit: "days",
                description: "An export this old or older is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(backups::mirrored),
    },
    Check {
        id: "DR-003",
        title: "DR runbook present",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does a runbook of the repository or the organization tell in ordered steps how to recover what is \
            kept here?",
        rationale: "In an outage nobody has the time to find out how to restore, in which order, and who may do it.",
        remediation: "Add docs/disaster-recovery.md with numbered steps, or one for all repositories in the organization's \
            `.github` repository.",
        references: &["https://csrc.nist.gov/pubs/sp/800/34/r1/upd1/final", "DORA Art. 11"],
        needs: &["contents", "metadata"],
        thresholds: &[MIN_STEPS],
        on_archived: false,
        evaluate: Evaluate::Repo(plans::runbook),
    },
    Check {
        id: "DR-004",
        title: "Recovery time objective defined",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a document state within which time the service is back after a disaster?",
        rationale: "Without a number nobody can tell whether backups and procedures are fast enough.",
        remediation: "State it in docs/disaster-recovery.md, e.g. \"RTO: 4 hours\".",
        references: &[
            "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html",
            "DORA metric: failed deployment recovery time (target only)",
            "DORA Art. 11",
            "DORA Art. 12",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(plans::recovery_time),
    },
    Check {
        id: "DR-005",
        title: "Recovery point objective defined",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a document state how much data may be lost in a disaster, as a time?",
        rationale: "The number decides how often to back up; without it the loss is found out afterwards.",
        remediation: "State it in docs/disaster-recovery.md, e.g. \"RPO: 15 minutes\".",
        references: &[
            "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html",
            "DORA Art. 12",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(plans::recovery_point),
    },
    Check {
        id: "DR-006",
        title: "Backup testing schedule documented",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does a document say how often restoring is practised, or does a scheduled job restore a backup?",
        rationale: "Backups that nobody restores turn out to be empty, encrypted or incomplete when they are needed.",
        remediation: "Write the rhythm into docs/restore-test.md (\"quarterly\"), or schedule a workflow that runs \
            `pg_restore` into a throwaway database.",
        references: &["https://csrc.nist.gov/pubs/sp/800/34/r1/upd1/final", "DORA Art. 12", "DORA Art. 24"],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(drills::scheduled),
    },
    Check {
        id: "DR-007",
        title: "Infrastructure as Code present",
        severity: Severity::High,
        weight_halves: 3,
        description: "Does the repository, or an infrastructure repository it names, define what the service runs on?",
        rationale: "Infrastructure made by hand cannot be built again after it is lost, and drifts until then.",
        remediation: "Define the runtime in Terraform, Pulumi, CloudFormation, Helm or Kubernetes manifests, or name the \
            repository that does in README.md.",
        references: &[
            "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/plan-for-disaster-recovery-dr.html",
            "CIS Software Supply Chain 5.2.2",
            "CIS Software Supply Chain 5.1.2",
            "DORA Art. 7",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(topology::infrastructure_as_code),
    },
    Check {
        id: "DR-008",
        title: "Multi-region deployment capable",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does infrastructure code or platform configuration place the service in two regions, or replicate \
            its data to a second?",
        rationale: "Regions fail as a whole; what stands in one of them is away as long as it is.",
        remediation: "Add a second region in code: an aliased provider, a global table or cluster, `regions` in fly.toml.",
        references: &[
            "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/use-fault-isolation-to-protect-your-workload.html",
            "DORA Art. 12",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[],
        on_archived: false,
        evaluate: Evaluate::Repo(topology::several_regions),
    },
    Check {
        id: "DR-009",
        title: "Failover procedure documented",
        severity: Severity::Medium,
        weight_halves: 2,
        description: "Does the infrastructure fail over by itself, or does a document tell how to switch over in steps?",
        rationale: "A standby that nobody knows how to promote is no standby.",
        remediation: "Enable it in code (multi_az, automatic_failover_enabled, a failover routing policy), or write \
            docs/failover.md with numbered steps.",
        references: &[
            "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/plan-for-disaster-recovery-dr.html",
            "DORA Art. 11",
        ],
        needs: &["contents", "metadata"],
        thresholds: &[MIN_STEPS],
        on_archived: false,
        evaluate: Evaluate::Repo(plans::failover),
    },
    Check {
        id: "DR-010",
        title: "Data restoration tested",
        severity: Severity::Low,
        weight_halves: 1,
        description: "Did a job that restores a backup succeed lately, or is a drill on record with its date?",
        rationale: "Only a restore that worked shows that the backup, the credentials and the procedure do.",
        remediation: "Restore a backup, and note the date, the duration and the result in docs/restore-log.md; or let a \
            scheduled workflow do it.",
        references: &["https://csrc.nist.gov/pubs/sp/800/34/r1/upd1/final", "DORA Art. 12", "DORA Art. 24"],
        needs: &["contents", "actions", "checks", "metadata"],
        thresholds: &[
            Threshold {
                key: "max_run_age_days",
                default: 180,
                unit: "days",
                description: "An older successful restore is a warning.",
            },
            Threshold {
                key: "max_record_age_days",
                default: 365,
                unit: "days",
                description: "An older record of a drill is a warning.",
            },
        ],
        on_archived: false,
        evaluate: Evaluate::Repo(drills::tested),
    },
];
