//! What disaster recovery and monitoring ask of files, beside the detectors: places to note, and what documents say.

use super::{
    documents::Says,
    ids::TopicId,
    notes::{CODE, Note, note},
    patterns::Owner,
};

const YAML: &[&str] = &["**/*.{yml,yaml}"];
const TERRAFORM: &[&str] = &["**/*.{tf,tfvars,hcl}"];

/// What is noted, where, and by which pattern.
pub(super) const NOTES: &[(Owner, &[&str], &str)] = &[
    (
        note(Note::Backup),
        TERRAFORM,
        r#"resource\s+"(?:aws_backup_(?:plan|selection)|aws_dlm_lifecycle_policy|azurerm_(?:data_protection_)?backup_\w+|google_(?:gke_backup|backup_dr|compute_resource_policy)\w*|mongodbatlas_cloud_backup_schedule)"|\bbackup_retention_(?:period|days)\s*=\s*(?:[1-9]|var\.|local\.)|point_in_time_recovery\s*\{[^}]*enabled\s*=\s*true|point_in_time_recovery_enabled\s*=\s*true|backup_configuration\s*\{[^}]*enabled\s*=\s*true|\bsnapshot_retention_limit\s*=\s*[1-9]|\bbackup_policy\s*\{"#,
    ),
    (
        note(Note::Backup),
        YAML,
        r#"(?s)velero\.io/.*?\bkind:\s*["']?Schedule\b|\bkind:\s*["']?(?:ScheduledBackup|BackupSchedule)\b|AWS::Backup::BackupPlan|BackupRetentionPeriod:\s*[1-9]|PointInTimeRecoveryEnabled:\s*["']?true|barmanObjectStore:|\bkind:\s*["']?CronJob\b.*?\b(?:pg_dump|mysqldump|mongodump|wal-g|pgbackrest|restic|borgmatic|etcdctl snapshot save)|image:\s*["']?[\w./-]*(?:postgres-backup|docker-volume-backup|db-backup|mysql-backup)"#,
    ),
    (
        note(Note::Backup),
        &[
            "**/pgbackrest*.conf",
            "**/.walg.json",
            "**/wal-g*.{yml,yaml,json}",
            "**/borgmatic*.{yml,yaml}",
            "**/restic*.{yml,yaml,toml,conf}",
            "**/litestream.y*ml",
        ],
        r"(?i)repo|stanza|walg_|replicas|bucket",
    ),
    (
        note(Note::Backup),
        &["**/crontab*", "**/cron.d/**", "**/*.cron"],
        r"(?m)^[ \t]*(?:[\d*/,-]+[ \t]+){5}.*(?:pg_dump|mysqldump|mongodump|restic|borg|backup)",
    ),
    (
        note(Note::RestoreSchedule),
        YAML,
        r#"(?s)\bkind:\s*["']?CronJob\b.*?\b(?:pg_restore|velero restore|wal-g backup-fetch|restic restore|mongorestore|restore[-_](?:test|drill|check|verif\w*))"#,
    ),
    (note(Note::RegionSpread), YAML, r#"topologyKey:\s*["']?topology\.kubernetes\.io/region"#),
    (
        note(Note::ZoneSpread),
        TERRAFORM,
        r#"\bmulti_az\s*=\s*true|\bavailability_zones?\s*=\s*\[[^\]]+,|\bzone_redundan\w*\s*=\s*true|\bavailability_type\s*=\s*"REGIONAL"|\bvpc_zone_identifier\b"#,
    ),
    (note(Note::ZoneSpread), YAML, r#"\bMultiAZ:\s*["']?true"#),
    (
        note(Note::Failover),
        TERRAFORM,
        r#"failover_routing_policy|aws_rds_global_cluster|aws_dynamodb_global_table|global_cluster_identifier|\bmulti_az\s*=\s*true|\bavailability_type\s*=\s*"REGIONAL"|automatic_failover_enabled\s*=\s*true|enable_automatic_failover\s*=\s*true|\bmode\s*=\s*"(?:ZoneRedundant|SameZone)"|failover_group|\bfailover_(?:location|priority)\b"#,
    ),
    (
        note(Note::Failover),
        YAML,
        r#"(?s)\bMultiAZ:\s*["']?true|AutomaticFailoverEnabled:\s*["']?true|AWS::RDS::GlobalCluster|AWS::DynamoDB::GlobalTable|postgresql\.cnpg\.io.*?\binstances:\s*[2-9]|\bFailover:\s*["']?PRIMARY|\bPATRONI_"#,
    ),
    (
        note(Note::PlatformMonitoring),
        TERRAFORM,
        r"performance_insights_enabled\s*=\s*true|\bmonitoring_interval\s*=\s*[1-9]|\bcontainerInsights\b|\bmonitoring\s*=\s*true|\bmonitoring_service\s*=|\benable_monitoring\s*=\s*true",
    ),
    (
        note(Note::PlatformMonitoring),
        YAML,
        r#"EnablePerformanceInsights:\s*["']?true|\bcontainerInsights\b|MonitoringInterval:\s*[1-9]"#,
    ),
    (note(Note::PlatformMonitoring), &["**/fly.toml"], r"(?m)^\[\[?metrics\]"),
    (note(Note::PlatformMonitoring), &["**/package.json"], r"@vercel/(?:analytics|speed-insights)"),
    (
        note(Note::AlertRule),
        YAML,
        r#"(?s)\balert:\s*["']?\w.*?\bexpr:|kind:\s*["']?DatadogMonitor\b.*?\bquery:|AWS::CloudWatch::Alarm.*?(?:Threshold|ComparisonOperator)|kind:\s*["']?(?:AlertPolicy|GrafanaAlertRuleGroup|PrometheusServiceLevel)\b"#,
    ),
    (note(Note::AlertRule), &["**/grafana/**/alerting/**"], r"(?s)\brules:.*?\bcondition:"),
    (note(Note::AlertRule), &["**/monitors/**/*.{yml,yaml,json}"], r#"\bquery["']?\s*:"#),
    (
        note(Note::AlertRule),
        TERRAFORM,
        r#"resource\s+"(?:aws_cloudwatch_(?:metric_alarm|composite_alarm)|google_monitoring_alert_policy|azurerm_monitor_(?:metric_alert|scheduled_query_rules_alert\w*|activity_log_alert)|datadog_monitor\w*|newrelic_(?:nrql_)?alert_condition|grafana_rule_group|honeycombio_trigger|signalfx_detector)""#,
    ),
    (note(Note::AlertRule), &[CODE], r"new\s+(?:cloudwatch\.)?Alarm\(|cloudwatch\.Alarm\("),
    (
        note(Note::AlertRoute),
        YAML,
        r#"(?s)(?:\balert:\s*["']?\w|kind:\s*["']?(?:PrometheusRule|AlertmanagerConfig|DatadogMonitor|VMRule|GrafanaAlertRuleGroup|AlertPolicy|PrometheusServiceLevel)|AWS::CloudWatch::Alarm).*?(?:\bseverity:|\breceivers?:|AlarmActions:|\bpriority:|notificationTargets:|@(?:slack|pagerduty|opsgenie|teams)-)"#,
    ),
    (
        note(Note::AlertRoute),
        &["**/alertmanager*.{yml,yaml}", "**/grafana/**/alerting/**", "**/monitors/**/*.{yml,yaml,json}"],
        r"\breceivers?:|contactPoints:|\bseverity\b|\bpriority\b|@(?:slack|pagerduty|opsgenie|teams)-",
    ),
    (
        note(Note::AlertRoute),
        TERRAFORM,
        r#"(?s)\balarm_actions\s*=\s*\[\s*[^\]\s]|notification_channels\s*=\s*\[\s*[^\]\s]|\bcontact_point\b|\baction_group|resource\s+"(?:pagerduty_service|opsgenie_\w+)|@(?:slack|pagerduty|opsgenie|teams)-|(?:metric_alert|scheduled_query_rules_alert|datadog_monitor|nrql_alert_condition|grafana_rule_group|signalfx_detector).*?\b(?:severity|priority|notification_settings|recipient)\b"#,
    ),
    (note(Note::AlertRoute), &[CODE], r"addAlarmAction\("),
    (
        note(Note::StructuredLog),
        &[CODE],
        r"JSONFormatter|JsonFormatter|pythonjsonlogger|format\.json\(|NewJSONHandler|NewTextHandler|zap\.NewProduction|NewJSONEncoder|zerolog\.New|structlog\.|serialize\s*=\s*True|LogstashEncoder|CompactJsonFormatter|RenderedCompactJson|AddJsonConsole|SemanticLogger|Lograge|LoggerJSON|(?s:tracing_subscriber.*?\.json\(\))|BunyanFormattingLayer",
    ),
    (
        note(Note::StructuredLog),
        &[
            "**/logback*.xml",
            "**/log4j2*.*",
            "**/nlog.config",
            "**/log4rs.y*ml",
            "**/logging.{yml,yaml,conf,ini,json,toml}",
        ],
        r"(?i)json\w*(?:layout|encoder|formatter|template)|logstash|encoder:\s*\n?\s*kind:\s*json|json_?formatter|format:\s*json",
    ),
    (
        note(Note::StructuredLog),
        &["**/application*.{properties,yml,yaml}", "**/appsettings*.json"],
        r"logging\.structured\.format|Formatting\.Compact|JsonFormatter|(?s)structured:\s*\n\s*format:",
    ),
    (note(Note::StructuredLog), &["**/Cargo.toml"], r#"tracing-subscriber[^\n]*"json""#),
    (
        note(Note::PlainLog),
        &[CODE],
        r"\blogging\.getLogger\(|java\.util\.logging|\bLogger\.getLogger\(|\blog\.(?:Printf|Println|Fatalf?)\(|\blog::(?:info|warn|error)!|\bos_log\(|\bsyslog\(|\bLogger\.new\b",
    ),
    (
        note(Note::Print),
        &[CODE],
        r"\bconsole\.(?:log|error|warn|info|debug)\(|\bprint(?:ln|f)?\(|\be?print(?:ln)?!\(|fmt\.F?[Pp]rint\w*\(|System\.(?:out|err)\.print|Console\.Write|(?m)^\s*(?:puts|echo) \S|\berror_log\(",
    ),
    (
        note(Note::ErrorTrackingStart),
        &[CODE],
        r#"Sentry\.(?:init|Init|start)\b|sentry_sdk\.init|sentry::init|sentry\.Init|SentrySdk\.Init|UseSentry|[Rr]ollbar\.(?:init|configure)|new Rollbar|[Bb]ugsnag\.(?:start|[Cc]onfigure|init)|[Hh]oneybadger\.configure|[Rr]aygun\w*\.(?:init|Init)|Airbrake\.configure|Appsignal\.start|new Appsignal|newrelic\.(?:agent|initialize|NewApplication)|require\(["']newrelic["']\)|ddtrace|require\(["']dd-trace["']\)|datadogRum\.init|Crashlytics|posthog\.init|LogRocket\.init|new ErrorReporting|error_reporting\.Client|applicationInsights\.setup|AddApplicationInsightsTelemetry"#,
    ),
    (
        note(Note::ServiceLevel),
        YAML,
        r#"(?m)^kind:\s*["']?(?:PrometheusServiceLevel|ServiceLevelObjective|SLO|DatadogSLO)\b|apiVersion:\s*["']?(?:openslo/|pyrra\.dev/|sloth\.slok\.dev/)|(?s:version:\s*["']?prometheus/v1.*?\bslos:)"#,
    ),
    (
        note(Note::ServiceLevel),
        TERRAFORM,
        r#"resource\s+"(?:datadog_service_level_objective|google_monitoring_slo|nobl9_slo|newrelic_service_level|grafana_slo|dynatrace_slo\w*|honeycombio_slo|signalfx_slo|aws_applicationsignals_service_level_objective)""#,
    ),
    (
        note(Note::OnCall),
        &["**/*.{tf,yml,yaml}"],
        r#"resource\s+"(?:pagerduty_(?:schedule|escalation_policy)|opsgenie_(?:schedule|escalation)\w*|grafana_oncall_(?:schedule|escalation\w*|on_call_shift)|betteruptime_(?:policy|on_call_calendar)|aws_ssmcontacts_(?:rotation|plan)|squadcast_(?:schedule|escalation_policy)\w*|incident_(?:schedule|escalation_path))"|AWS::SSMContacts::(?:Rotation|Plan)"#,
    ),
    (
        note(Note::OnCallLink),
        &["**/catalog-info.y*ml"],
        r"pagerduty\.com/(?:service-id|integration-key)|opsgenie\.com/|grafana-oncall|victorops\.com/|squadcast\.com/",
    ),
    (
        note(Note::OnCallLink),
        &["CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"],
        r"(?i)https?://\S*(?:pagerduty|opsgenie|escalation|on-?call)\S*",
    ),
    (note(Note::PerformanceBudget), &["**/angular.json"], r#""maximumError""#),
    (note(Note::PerformanceBudget), &["**/webpack*.{js,ts,cjs,mjs}"], r#"hints:\s*["']error"#),
];

/// Topics whose documents may state recovery objectives.
pub fn recovery_topics() -> &'static [TopicId] {
    RECOVERY
}

const RECOVERY: &[TopicId] = &[
    TopicId::Rto,
    TopicId::Rpo,
    TopicId::Dr,
    TopicId::Backup,
    TopicId::BackupTest,
    TopicId::Failover,
    TopicId::MultiRegion,
    TopicId::Runbook,
    TopicId::Slo,
    TopicId::Architecture,
];

const RTO: &str = r"(?i)\b(?:RTO|recovery time objective)\b[^\n]{0,160}?\b\d+(?:\.\d+)?\s*(?:min(?:ute)?s?|h|hr|hrs|hours?|days?)\b|\|[^\n]*\b(?:RTO|recovery time objective)\b[^\n]*\n[ \t|:-]+\n[^\n]*\b\d+(?:\.\d+)?\s*(?:min(?:ute)?s?|h|hr|hrs|hours?|days?)\b";
const RPO: &str = r"(?i)\b(?:RPO|recovery point objective)\b[^\n]{0,160}?\b(?:\d+(?:\.\d+)?\s*(?:s|sec(?:ond)?s?|min(?:ute)?s?|h|hr|hrs|hours?|days?)|zero|0)\b|\|[^\n]*\b(?:RPO|recovery point objective)\b[^\n]*\n[ \t|:-]+\n[^\n]*\b(?:\d+(?:\.\d+)?\s*(?:s|sec(?:ond)?s?|min(?:ute)?s?|h|hr|hrs|hours?|days?)|zero|0)\b";
const STEP: &str = r"(?im)^[ \t]*(?:\d+[.)]|[-*+]|\[[ x]\]|step \d)[ \t]+\S[^\n]{0,80}";
const DATE: &str = r"\b20\d\d[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:[12]\d|3[01]|0?[1-9]))?\b|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2},? 20\d\d\b|\bQ[1-4] 20\d\d\b";

/// Topics, what, pattern, how many distinct answers.
pub(super) const QUESTIONS: &[(&[TopicId], Says, &str, usize)] = &[
    (RECOVERY, Says::RecoveryTime, RTO, 1),
    (RECOVERY, Says::NamesRecoveryTime, r"(?i)\b(?:RTO|recovery time objective)\b", 1),
    (RECOVERY, Says::RecoveryPoint, RPO, 1),
    (RECOVERY, Says::NamesRecoveryPoint, r"(?i)\b(?:RPO|recovery point objective)\b", 1),
    (
        &[TopicId::Backup],
        Says::Schedule,
        r"(?i)\b(?:hourly|daily|nightly|weekly|monthly|every (?:\d+ )?(?:minutes?|hours?|days?|nights?|weeks?|sunday|saturday|monday)|continuous(?:ly)?|point[- ]in[- ]time|pitr|cron|scheduled?)\b",
        1,
    ),
    (
        &[TopicId::Backup],
        Says::Retained,
        r"(?i)\b(?:retention|retain(?:ed|s)?|keep|keeps|kept|stored|expires?d?)\b[^\n]{0,80}?\b(?:\d+|one|two|three|four|six|seven|twelve|thirty|ninety)[ -]?(?:days?|weeks?|months?|years?|generations?|copies|versions|snapshots)\b|\b\d+[- ](?:days?|weeks?|months?|years?) (?:of )?(?:retention|backups|snapshots)\b",
        1,
    ),
    (&[TopicId::Dr, TopicId::Runbook, TopicId::Failover, TopicId::Incident], Says::Step, STEP, 20),
    (
        &[TopicId::Runbook],
        Says::Recovery,
        r"(?i)\b(?:restor(?:e|es|ing|ation)|recover(?:y|ing)?|disaster|rebuild)\b",
        1,
    ),
    (
        &[TopicId::BackupTest],
        Says::Schedule,
        r"(?i)\b(?:daily|weekly|bi-?weekly|monthly|quarterly|semi-?annual(?:ly)?|annual(?:ly)?|yearly|every (?:\d+ )?(?:days?|weeks?|months?|quarter)|cron|schedule[ds]?)\b",
        1,
    ),
    (&[TopicId::RestoreTested], Says::Dated, DATE, 100),
    (
        &[TopicId::Slo],
        Says::Target,
        r"(?i)\b\d{1,3}(?:\.\d+)?\s?%|\b\d+(?:\.\d+)?\s?(?:ms|milliseconds?|s|seconds?)\b",
        3,
    ),
    (&[TopicId::Oncall], Says::Link, r"https?://[^\s)>]+", 1),
    (
        &[TopicId::Incident, TopicId::Runbook],
        Says::SeverityLevel,
        r"(?i)\bsev(?:erity)?[ -]?[0-4]\b|\bseverity (?:levels?|matrix)\b|\bP[0-4]\b",
        5,
    ),
    (
        &[TopicId::Incident, TopicId::Runbook],
        Says::Role,
        r"(?i)\b(?:incident (?:commander|manager|lead(?:er)?|coordinator)|commander|scribe|comm(?:unication)?s? lead|on-call engineer|first responder)\b",
        5,
    ),
    (&[TopicId::Runbook], Says::Incident, r"(?i)\bincidents?\b", 1),
];
