//! A small report with every status in it, and text that no renderer may pass through.

use scrutineer_scanners::{Status, catalogue, finding::Evidence};

use super::*;

/// The report.
pub(crate) fn report() -> Report {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut report = Report {
        scan: ScanPart {
            id: "0197a000-0000-7000-8000-000000000001".into(),
            organization: "acme".into(),
            status: "completed",
            created_at: at("2026-01-01T00:00:00Z"),
            started_at: Some(at("2026-01-01T00:00:01Z")),
            completed_at: Some(at("2026-01-01T00:00:05Z")),
            seconds: Some(4.0),
            profile: ProfilePart {
                id: "0197a000-0000-7000-8000-000000000002".into(),
                name: "Cards <b>".into(),
                version: 3,
                disabled_categories: vec!["dast".into()],
                disabled_checks: vec!["CICD-003".into(), "CICD-004".into()],
                check_weights: BTreeMap::new(),
            },
            repositories: CountsPart { total: Some(3), done: 2, failed: 1, unchanged: 0 },
            warnings: vec!["1 repositories could not be scanned; their rows say why".into()],
            error: None,
        },
        overall: Some(Decimal::new(5833, 2)),
        coverage: Some(Decimal::new(8000, 2)),
        scores: vec![score("identity_access", "Identity & access", Some(50)), score("cicd", "CI/CD", None)],
        repositories: vec![
            repository("acme/payments", "done", None),
            repository("acme/docs", "done", None),
            repository("acme/broken", "failed", Some("the archive is damaged")),
        ],
        findings: vec![
            finding("IAM-001", None, Status::Failed, "two-factor authentication is not required"),
            finding("IAM-003", None, Status::Warning, "4 of 20 members are <b>owners</b> | @octocat"),
            FindingPart {
                attested: true,
                ..finding("IAM-012", None, Status::Passed, "@acme/sre attests until 2026-06-01: <b>vault</b>")
            },
            finding("IAM-004", Some("acme/payments"), Status::Passed, "every member was active"),
            finding("IAM-005", Some("acme/docs"), Status::NotApplicable, "there is nothing to look at"),
            FindingPart {
                missing: Some("grant members:read".into()),
                ..finding("IAM-002", None, Status::Error, "missing")
            },
        ],
        github_requests: RequestsPart {
            total: 12,
            by_endpoint: [("GET /orgs/{org}".to_owned(), 2), ("GraphQL RepoPosture".to_owned(), 10)].into(),
            by_kind: [("rest".to_owned(), 2), ("graphql".to_owned(), 10), ("downloads".to_owned(), 2)].into(),
        },
        benchmarks: None,
        comparison: None,
    };
    report.benchmarks = Some(benchmarks(&report));
    let standing = report.standing();
    for finding in &mut report.findings {
        finding.gain = standing.gain(finding.check, [finding.status]);
    }
    report
}

/// The sample's findings against the standards; nobody deployed.
fn benchmarks(report: &Report) -> scrutineer_scanners::benchmarks::Benchmarks {
    let mut summary = scrutineer_scanners::benchmarks::Summary::default();
    for found in &report.findings {
        summary.add(&[scrutineer_scanners::Finding {
            check: found.check.to_owned(),
            repository: found.repository.as_ref().map(|name| name.parse().expect("owner/name")),
            status: found.status,
            detail: String::new(),
            evidence: vec![],
            gap: None,
        }]);
    }
    scrutineer_scanners::benchmarks::assess(&summary)
}

/// The same organization later: one finding worse, one better, one repository new and one gone.
pub(crate) fn later() -> Report {
    let mut report = report();
    report.scan.id = "0197a000-0000-7000-8000-000000000002".into();
    report.overall = Some(Decimal::from(60));
    report.repositories[1].name = "acme/new".into();
    for finding in &mut report.findings {
        match finding.check {
            "IAM-001" => (finding.status, finding.detail) = (Status::Passed, "it is required".into()),
            "IAM-004" => (finding.status, finding.detail) = (Status::Failed, "3 | were idle".into()),
            "IAM-005" => finding.repository = Some("acme/new".into()),
            _ => {}
        }
    }
    report.comparison = None;
    report
}

fn score(category: &str, name: &'static str, percentage: Option<i64>) -> ScorePart {
    ScorePart {
        category: category.into(),
        name,
        weight: Decimal::new(10, 2),
        score: Decimal::new(35, 1),
        max_score: Decimal::from(7),
        percentage: percentage.map(Decimal::from),
        coverage: percentage.map(|_| Decimal::from(80)),
        findings: FindingsPart { passed: 1, warning: 1, failed: 1, not_applicable: 1, error: 1, attested: 1 },
    }
}

fn repository(name: &str, status: &'static str, reason: Option<&str>) -> RepositoryPart {
    RepositoryPart {
        name: name.into(),
        status,
        reason: reason.map(str::to_owned),
        head: None,
        findings: (status == "done").then(FindingsPart::default),
    }
}

fn finding(check: &str, repository: Option<&str>, status: Status, detail: &str) -> FindingPart {
    let known = catalogue::find(check).expect("a check of this build");
    FindingPart {
        check: known.id,
        name: known.name,
        category: known.category,
        repository: repository.map(str::to_owned),
        status,
        severity: known.severity,
        attested: false,
        detail: detail.to_owned(),
        evidence: vec![Evidence::new("README.md:1", "<img src=x onerror=alert(1)>")],
        gain: None,
        missing: None,
    }
}
