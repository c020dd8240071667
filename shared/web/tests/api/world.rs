//! A store with a few customers, connections and scans, the router over it, and tokens for it.

use std::sync::Arc;

use axum::Router;
use jiff::Timestamp;
use scrutineer_aws::{
    Keys, Packed, Queue, Store,
    records::{
        ActiveScan, Connection, FindingCounts, OrgResult, RepoScan, RepoState, Scan, ScanCounters, ScanScore,
        ScanStatus,
    },
};
use scrutineer_core::{
    Clock, Gap,
    ids::{ConnectionId, CustomerId, ProfileId, RepoName, ScanId},
};
use scrutineer_github::BaseUrl;
use scrutineer_local::local_aws::{Durability, LocalAws, Options};
use scrutineer_scanners::{Evidence, Finding, Status, catalogue};
use scrutineer_service::{
    App, Settings,
    access::{self, Scope, TokenRequest},
    audit::By,
    connections::{self, CredentialInput, NewConnection},
    customers,
    profiles::{self, ProfileInput},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;

use crate::exchange::Call;

/// The API under test.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) router: Router,
    /// The OpenAPI document.
    pub(crate) api: Arc<Value>,
    pub(crate) operator: String,
    _dir: TempDir,
}

/// A customer with a connection, an ended scan and an active one on another connection.
pub(crate) struct Tenant {
    pub(crate) customer: CustomerId,
    /// Of the completed scan. Its credential cannot even be used to ask.
    pub(crate) idle: ConnectionId,
    /// Of the active scan.
    pub(crate) busy: ConnectionId,
    pub(crate) completed: ScanId,
    pub(crate) active: ScanId,
    /// A scan profile.
    pub(crate) profile: ProfileId,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_github("http://127.0.0.1:1").await
    }

    pub(crate) async fn with_github(url: &str) -> Self {
        crate::secrets::listen();
        let dir = tempfile::tempdir().unwrap();
        let options = Options { durability: Durability::Normal, clock: Clock::system() };
        let aws = LocalAws::open_with(dir.path(), options).unwrap();
        let (clients, names) = (aws.clients(), LocalAws::settings());
        let app = App {
            store: Store::new(&clients, &names),
            queue: Queue::new(&clients, &names),
            keys: Keys::new(&clients, &names),
            providers: Arc::default(),
            policies: Arc::default(),
            github: None,
            webhooks: scrutineer_github::webhook::Secrets::new(["canary-webhook-secret".to_owned().into()]),
            clock: Clock::system(),
            settings: Arc::new(Settings {
                github_api: BaseUrl::for_operator(url).unwrap(),
                allow_base_url: Vec::new(),
                concurrency: 4,
            }),
        };
        let first = access::bootstrap(&app).await.unwrap().expect("the store is fresh");
        let router = scrutineer_web::router(app.clone());
        let mut world = Self {
            app,
            router,
            api: Arc::new(Value::Null),
            operator: first.secret.expose_secret().to_owned(),
            _dir: dir,
        };
        let document = world.get("/api/openapi.json").anonymous().unchecked().send().await;
        world.api = Arc::new(document.json);
        world
    }

    pub(crate) fn call(&self, method: &str, path: impl Into<String>) -> Call<'_> {
        Call::new(self, method, path.into())
    }

    pub(crate) fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call("GET", path)
    }

    pub(crate) fn post(&self, path: impl Into<String>, body: Value) -> Call<'_> {
        self.call("POST", path).json(body)
    }

    /// A token with these scopes, for one customer or all.
    pub(crate) async fn token(&self, scopes: &[Scope], customer: Option<CustomerId>) -> String {
        let request = TokenRequest {
            name: "test".into(),
            scopes: scopes.to_vec(),
            customer_id: customer,
            organization: None,
            expires_in_days: Some(1),
        };
        access::create_token(&self.app, &By::system("test"), &request)
            .await
            .unwrap()
            .secret
            .expose_secret()
            .to_owned()
    }

    /// A token with these scopes, for one organization.
    pub(crate) async fn token_of_org(&self, scopes: &[Scope], org: &str) -> String {
        let request = TokenRequest {
            name: "test".into(),
            scopes: scopes.to_vec(),
            customer_id: None,
            organization: Some(org.parse().unwrap()),
            expires_in_days: Some(1),
        };
        access::create_token(&self.app, &By::system("test"), &request)
            .await
            .unwrap()
            .secret
            .expose_secret()
            .to_owned()
    }

    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        let customer = customers::create(&self.app, name).await.unwrap().id;
        let (idle, busy) = (self.connection(customer).await, self.connection(customer).await);
        let completed = self.scan(&idle, ScanStatus::Completed).await;
        let active = self.scan(&busy, ScanStatus::Scanning).await;
        self.results(completed).await;
        let input = ProfileInput { name: "Lenient".into(), ..ProfileInput::default() };
        let profile =
            profiles::create(&self.app, customer, input, &By::system("test")).await.unwrap().row.unwrap().id;
        Tenant { customer, idle: idle.id, busy: busy.id, completed, active, profile }
    }

    async fn connection(&self, customer: CustomerId) -> Connection {
        let key = "-----BEGIN RSA PRIVATE KEY----- nonsense";
        let new = NewConnection {
            name: None,
            organization: "acme".into(),
            base_url: None,
            credential: CredentialInput::GithubApp {
                app_id: "1".into(),
                installation_id: 7654321,
                private_key: key.into(),
            },
        };
        connections::create(&self.app, customer, new).await.unwrap()
    }

    /// A scan as it stands in the store.
    async fn scan(&self, connection: &Connection, status: ScanStatus) -> ScanId {
        let now = self.app.clock.now();
        let id = ScanId::new(&self.app.clock);
        let ended = status.is_final();
        let scan = Scan {
            id,
            customer: connection.customer,
            connection: connection.id,
            organization: connection.organization.clone(),
            status,
            options: Default::default(),
            profile: Default::default(),
            plan: None,
            previous: None,
            requests: Default::default(),
            warnings: vec!["something is missing".into()],
            error: None,
            created_at: now,
            started_at: Some(now),
            completed_at: ended.then_some(now),
            overall: ended.then(|| "81.25".parse().unwrap()),
            coverage: ended.then(|| "97.5".parse().unwrap()),
        };
        self.app.store.put_new(&scan).await.unwrap();
        let counters = ScanCounters { total: Some(3), done: 1, failed: 1, ..ScanCounters::new(id) };
        self.app.store.put_new(&counters).await.unwrap();
        if !ended {
            self.app.store.put_new(&ActiveScan { connection: connection.id, scan: id }).await.unwrap();
        }
        id
    }

    /// A finding per check of the organization, a score, and a repository that failed.
    async fn results(&self, scan: ScanId) {
        #[derive(serde::Serialize)]
        struct Packable {
            findings: Vec<Finding>,
        }
        let checks = catalogue::catalogue().into_iter().take(5);
        let findings: Vec<_> =
            checks.zip(Status::ALL).map(|(check, status)| finding(check.id, status)).collect();
        let result = Packed::pack(&Packable { findings }).unwrap();
        let counts =
            FindingCounts { passed: 1, warning: 1, failed: 1, not_applicable: 1, error: 1, attested: 0 };
        self.app.store.put_new(&OrgResult { scan, findings: counts, result }).await.unwrap();
        let score = ScanScore {
            scan,
            category: "platform_arch".into(),
            score: "1.5".parse().unwrap(),
            max_score: "3".parse().unwrap(),
            percentage: Some("50".parse().unwrap()),
            coverage: Some("75".parse().unwrap()),
            weight: "0.06".parse().unwrap(),
            findings: counts,
        };
        self.app.store.put_new(&score).await.unwrap();
        for name in ["acme/api", "acme/web"] {
            self.app.store.put_new(&failed(scan, name.parse().unwrap(), self.app.clock.now())).await.unwrap();
        }
    }
}

fn finding(check: &str, status: Status) -> Finding {
    Finding {
        check: check.to_owned(),
        repository: None,
        status,
        detail: format!("it is {}", status.as_str()),
        evidence: vec![Evidence::new("GET /orgs/{org}#plan.name", "free")],
        gap: (status == Status::Error).then(|| Gap::forbidden("members")),
    }
}

fn failed(scan: ScanId, repository: RepoName, at: Timestamp) -> RepoScan {
    RepoScan {
        scan,
        repository,
        state: RepoState::Failed,
        reason: Some("the archive is corrupt".into()),
        head: None,
        fingerprint: None,
        findings: None,
        requests: Default::default(),
        findings_in: None,
        evaluated_at: at,
    }
}
